//! The blocks: every server once in each block, in random order.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use hotrow_machine::{CpuCounters, Interference, Usage};
use hotrow_results::{AuditVerdict, ClientKind, Kind, MeasurementRow, RunWriter, SCHEMA};

use crate::{
    STOP,
    load::{CONNECTIONS, Load, load},
    process::Process,
    subjects::{Contender, Operation},
};

/// The number and the length of the blocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// Number of counted blocks. As many excluded blocks may be measured in addition.
    pub(crate) blocks: u32,
    /// Length of the warm-up; zero for none.
    pub(crate) warm_up: Duration,
    /// Length of the window.
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

/// The columns that all rows share.
pub(crate) struct Machine {
    /// The id of the run.
    pub(crate) run: String,
    /// Seed of the orders.
    pub(crate) seed: u64,
}

/// Measures all contenders, block by block, until enough blocks count or too many are excluded.
pub(crate) fn measure(
    contenders: &[Contender],
    extent: &Extent,
    machine: &Machine,
) -> Result<Vec<MeasurementRow>, String> {
    let began = Instant::now();
    let (mut rows, mut counting) = (Vec::new(), 0);
    for block in 0..extent.blocks * 2 {
        let others = block - counting;
        // The machine is too busy if the excluded blocks outnumber the counted ones by more than
        // half of the requested ones.
        if counting >= extent.blocks || others > counting + extent.blocks / 2 {
            break;
        }
        let made = one_block(contenders, extent, machine, block, began)?;
        let invalid = made.iter().find(|row| !row.counts());
        counting += u32::from(invalid.is_none());
        if let Some(invalid) = invalid {
            println!("block {block} is excluded: {}", invalid.excluded_because);
        }
        rows.extend(made);
        if stopped() {
            break;
        }
    }
    Ok(rows)
}

/// Measures one block. If it is excluded, all of its rows have the reason.
fn one_block(
    contenders: &[Contender],
    extent: &Extent,
    machine: &Machine,
    block: u32,
    began: Instant,
) -> Result<Vec<MeasurementRow>, String> {
    let mut order: Vec<&Contender> = contenders.iter().collect();
    fastrand::Rng::with_seed(machine.seed ^ u64::from(block) << 32).shuffle(&mut order);
    let before = CpuCounters::with_children();
    let (mut rows, mut reasons) = (Vec::new(), Vec::new());
    for (position, contender) in order.into_iter().enumerate() {
        if stopped() {
            break;
        }
        let started_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let measured = Measured::run(contender, extent)?;
        reasons.extend(measured.reasons.iter().map(|why| format!("{}: {why}", contender.name())));
        let position = u32::try_from(position).unwrap_or(u32::MAX);
        rows.push(MeasurementRow {
            block,
            position,
            started_ms,
            ..measured.row(contender, machine)
        });
    }
    let after = CpuCounters::with_children();
    reasons.extend(Interference::between(&before, &after).exclusion_reason());
    if stopped() {
        reasons.push(RunWriter::INTERRUPTED.to_owned());
    }
    rows.iter_mut().for_each(|row| row.excluded_because = reasons.join(", "));
    Ok(rows)
}

/// Starts every server and checks its answer to one request.
pub(crate) fn call_each_once(contenders: &[Contender]) -> Result<(), String> {
    for contender in contenders {
        let process = Process::start(contender)?;
        let answer = process.call(contender.operation);
        let balance = answer.map_err(|error| format!("{}: {error}", contender.name()))?;
        let charged = contender.operation == Operation::Charge && contender.has_accounts();
        if charged && balance != 1 {
            return Err(format!("{}: a charge of 1 left {balance}", contender.name()));
        }
        println!("{} answers", contender.name());
    }
    Ok(())
}

// Relaxed: the flag publishes no other memory.
fn stopped() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// The measurement of one server.
struct Measured {
    load: Load,
    /// Reasons to exclude the block, from the warm-up or the window.
    reasons: Vec<String>,
    usage: Usage,
    verdict: AuditVerdict,
    violation: String,
    /// Charges applied since the start of the server.
    applied: u64,
}

impl Measured {
    /// Starts a server, measures it and stops it.
    fn run(contender: &Contender, extent: &Extent) -> Result<Measured, String> {
        let failed = |error: String| format!("{}: {error}", contender.name());
        let process = Process::start(contender)?;
        process.call(contender.operation).map_err(failed)?;
        let mut warm = None;
        if !extent.warm_up.is_zero() {
            warm = Some(load(contender, &process, extent.warm_up)?);
        }
        let before = process.usage();
        let load = load(contender, &process, extent.window)?;
        let usage = process.usage().since(before);
        let mut measured = Measured {
            load,
            reasons: warm.iter().chain([&load]).filter_map(Load::exclusion_reason).collect(),
            usage,
            verdict: AuditVerdict::NotAudited,
            violation: String::new(),
            applied: 0,
        };
        if contender.has_accounts() && contender.operation == Operation::Charge {
            measured.applied = process.call(Operation::Read).map_err(failed)?;
            measured.audit(warm.iter().chain([&load]));
        }
        Ok(measured)
    }

    /// Checks that the balance has grown by the number of answered charges. Requests in transit at
    /// the end of a load may have been applied; wrk does not count them.
    fn audit<'a>(&mut self, loads: impl Iterator<Item = &'a Load>) {
        // One charge was sent before the load.
        let (mut answered, mut in_transit) = (1, 0);
        for load in loads {
            answered += load.answered - load.rejected;
            in_transit += u64::from(CONNECTIONS);
        }
        self.verdict = AuditVerdict::Pass;
        if !(answered..=answered + in_transit).contains(&self.applied) {
            self.verdict = AuditVerdict::Violation;
            self.violation = format!(
                "{answered} charges of 1 were answered, at most {in_transit} were in transit, and \
                 the balance is {}",
                self.applied
            );
        }
    }

    fn row(&self, contender: &Contender, machine: &Machine) -> MeasurementRow {
        let [ns_p50, ns_p99, ns_p999, ns_max] = self.load.times_ns;
        let reads = if contender.operation == Operation::Read { self.load.answered } else { 0 };
        MeasurementRow {
            schema: SCHEMA,
            run: machine.run.clone(),
            scenario: contender.scenario(),
            store: contender.store().to_owned(),
            users: 1,
            clients: CONNECTIONS,
            client_kind: ClientKind::Connections,
            mix: contender.operation.mix(),
            strategy: contender.server.to_owned(),
            family: contender.family(),
            role: contender.role,
            seed: machine.seed,
            window_ns: self.load.window_ns,
            completed: self.load.answered,
            samples: self.load.answered,
            ns_p50,
            ns_p99,
            ns_p999,
            ns_max,
            applied: self.applied,
            rejected: self.load.rejected,
            reads,
            verdict: self.verdict,
            violation: self.violation.clone(),
            kind: Kind::Http,
            ledger: true,
            cpu_ns: self.usage.cpu_ns,
            switches_voluntary: self.usage.switches_voluntary,
            switches_forced: self.usage.switches_forced,
            ..MeasurementRow::default()
        }
    }
}
