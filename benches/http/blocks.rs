//! Every server once in each block, in an order that is drawn.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use hotrow::{
    machine::{Evidence, Tally, Usage},
    record::{ClientKind, Finding, Journal, Kind, Row, SCHEMA},
};

use crate::{
    STOP,
    load::{CONNECTIONS, Load, load},
    process::Process,
    subjects::{Asked, Subject},
};

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// Blocks that are to count. As many again are made at most for those that do not.
    pub(crate) blocks: u32,
    /// How long a server is asked before anything is counted; not at all if it is zero.
    pub(crate) warm_up: Duration,
    /// How long it is asked then.
    pub(crate) window: Duration,
}

impl Extent {
    pub(crate) const FULL: Extent =
        Extent { blocks: 10, warm_up: Duration::from_secs(1), window: Duration::from_secs(2) };
    pub(crate) const QUICK: Extent =
        Extent { blocks: 6, warm_up: Duration::from_secs(1), window: Duration::from_secs(1) };
    pub(crate) const TEST: Extent =
        Extent { blocks: 1, warm_up: Duration::ZERO, window: Duration::from_secs(1) };
}

/// What all rows have in common.
pub(crate) struct Machine {
    /// Which run they are of.
    pub(crate) run: String,
    /// What orders are drawn from.
    pub(crate) seed: u64,
}

/// Measures everybody, block by block, until enough blocks count or it is no use.
pub(crate) fn measure(
    subjects: &[Subject],
    extent: &Extent,
    machine: &Machine,
) -> Result<Vec<Row>, String> {
    let began = Instant::now();
    let (mut rows, mut counting) = (Vec::new(), 0);
    for block in 0..extent.blocks * 2 {
        let others = block - counting;
        // Half as many again that do not count, and nothing can be measured now.
        if counting >= extent.blocks || others > counting + extent.blocks / 2 {
            break;
        }
        let made = one_block(subjects, extent, machine, block, began)?;
        let invalid = made.iter().find(|row| !row.counts());
        counting += u32::from(invalid.is_none());
        if let Some(invalid) = invalid {
            println!("block {block} does not count: {}", invalid.invalid);
        }
        rows.extend(made);
        if stopped() {
            break;
        }
    }
    Ok(rows)
}

/// The rows of one block, with the reason why none of them counts, if that is so.
fn one_block(
    subjects: &[Subject],
    extent: &Extent,
    machine: &Machine,
    block: u32,
    began: Instant,
) -> Result<Vec<Row>, String> {
    let mut order: Vec<&Subject> = subjects.iter().collect();
    fastrand::Rng::with_seed(machine.seed ^ u64::from(block) << 32).shuffle(&mut order);
    let before = Tally::with_children();
    let (mut rows, mut objections) = (Vec::new(), Vec::new());
    for (position, subject) in order.into_iter().enumerate() {
        if stopped() {
            break;
        }
        let started_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let measured = Measured::of(subject, extent)?;
        objections
            .extend(measured.objections.iter().map(|why| format!("{}: {why}", subject.name())));
        let position = u32::try_from(position).unwrap_or(u32::MAX);
        rows.push(Row { block, position, started_ms, ..measured.row(subject, machine) });
    }
    let after = Tally::with_children();
    objections.extend(Evidence::between(&before, &after).objection());
    if stopped() {
        objections.push(Journal::INTERRUPTED.to_owned());
    }
    rows.iter_mut().for_each(|row| row.invalid = objections.join(", "));
    Ok(rows)
}

/// Starts every server, and sees that it answers as it should.
pub(crate) fn ask_each_once(subjects: &[Subject]) -> Result<(), String> {
    for subject in subjects {
        let process = Process::start(subject)?;
        let told = process.ask(subject.asked);
        let balance = told.map_err(|error| format!("{}: {error}", subject.name()))?;
        let charged = subject.asked == Asked::Charge && subject.keeps_books();
        if charged && balance != 1 {
            return Err(format!("{}: a charge of 1 left {balance}", subject.name()));
        }
        println!("{} answers", subject.name());
    }
    Ok(())
}

// Relaxed: it says that somebody wants the run to end, and publishes nothing.
fn stopped() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// What one server did in its window.
struct Measured {
    load: Load,
    /// What went wrong with its answers, warm or not.
    objections: Vec<String>,
    usage: Usage,
    verdict: Finding,
    violation: String,
    /// Charges of its whole life.
    applied: u64,
}

impl Measured {
    /// Measures a server that is made for it.
    fn of(subject: &Subject, extent: &Extent) -> Result<Measured, String> {
        let failed = |error: String| format!("{}: {error}", subject.name());
        let process = Process::start(subject)?;
        process.ask(subject.asked).map_err(failed)?;
        let mut warm = None;
        if !extent.warm_up.is_zero() {
            warm = Some(load(subject, &process, extent.warm_up)?);
        }
        let before = process.usage();
        let load = load(subject, &process, extent.window)?;
        let usage = process.usage().since(before);
        let mut measured = Measured {
            load,
            objections: warm.iter().chain([&load]).filter_map(Load::objection).collect(),
            usage,
            verdict: Finding::NoBooks,
            violation: String::new(),
            applied: 0,
        };
        if subject.keeps_books() && subject.asked == Asked::Charge {
            measured.applied = process.ask(Asked::Read).map_err(failed)?;
            measured.audit(warm.iter().chain([&load]));
        }
        Ok(measured)
    }

    /// Whether the balance has grown by what was answered. What was under way when a load ended was
    /// charged or not, and wrk has not counted it.
    fn audit<'a>(&mut self, loads: impl Iterator<Item = &'a Load>) {
        // One was asked for by hand.
        let (mut answered, mut under_way) = (1, 0);
        for load in loads {
            answered += load.answered - load.refused;
            under_way += u64::from(CONNECTIONS);
        }
        self.verdict = Finding::Balanced;
        if !(answered..=answered + under_way).contains(&self.applied) {
            self.verdict = Finding::Wrong;
            self.violation = format!(
                "{answered} charges of 1 were answered and at most {under_way} under way, and the \
                 balance is {}",
                self.applied
            );
        }
    }

    fn row(&self, subject: &Subject, machine: &Machine) -> Row {
        let [ns_p50, ns_p99, ns_p999, ns_max] = self.load.times_ns;
        let reads = if subject.asked == Asked::Read { self.load.answered } else { 0 };
        Row {
            schema: SCHEMA,
            run: machine.run.clone(),
            cell: subject.cell(),
            store: subject.store().to_owned(),
            users: 1,
            clients: CONNECTIONS,
            client_kind: ClientKind::Connections,
            mix: subject.asked.mix(),
            latency: "none".to_owned(),
            strategy: subject.server.to_owned(),
            family: subject.family(),
            role: subject.role,
            seed: machine.seed,
            window_ns: self.load.window_ns,
            completed: self.load.answered,
            samples: self.load.answered,
            ns_p50,
            ns_p99,
            ns_p999,
            ns_max,
            applied: self.applied,
            refused: self.load.refused,
            reads,
            verdict: self.verdict,
            violation: self.violation.clone(),
            kind: Kind::Http,
            keys: "uniform".to_owned(),
            arrivals: "closed".to_owned(),
            history: true,
            cpu_ns: self.usage.cpu_ns,
            switches_voluntary: self.usage.switches_voluntary,
            switches_forced: self.usage.switches_forced,
            ..Row::default()
        }
    }
}
