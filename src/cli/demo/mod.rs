//! Two ways to measure wrongly, made to happen on purpose.
//!
//! A rule of measuring is believed more easily by who has seen what comes of breaking it. What is
//! measured is kept as any other run, so that a report can tell of it.

mod stalled;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use self::stalled::Stalled;
use super::{
    arguments::{Demo, Mistake, Output},
    failure::{Exit, Failure, note},
    interrupt,
    keeping::Keeper,
    measuring::measure,
    plan::{Contestant, Plan, PlannedCell, contestants},
    printed, results,
    run::{self, Measured},
};
use crate::{
    database::Latency,
    engine::{Cell, Clients, Load, Schedule},
    record::{Environment, Role, Row, SavedRun},
    registry::Entry,
    report,
    store::{Adversary, Slab},
    sync,
    workload::Arrivals,
};

type Accounts = Slab<sync::Mutex<()>>;

/// The mutex that stalls. It is in no registry: nobody would choose it.
static STALLED: Entry = Entry::of::<
    Stalled<Accounts>,
    Stalled<Adversary<Accounts>>,
    Stalled<Adversary<Accounts, false>>,
>();

/// What is promised where the stall is to be seen: little enough for one client.
const PROMISED_PER_SECOND: f64 = 20_000.0;

/// Repetitions of the stall, each a second long.
const STALL_BLOCKS: u32 = 6;

/// Repetitions of each half of a pair.
const PAIR_BLOCKS: u32 = 10;

/// How often each strategy is a pair.
const PAIRS: u32 = 3;

/// Makes the mistake and tells what came of it.
pub(super) fn demo(asked: &Demo) -> Result<Exit, Failure> {
    match asked.mistake {
        Mistake::Omission => omission(asked),
        Mistake::Order => order(asked),
    }
}

/// A stall of 20 ms, seen by clients who wait for it and by clients who do not.
fn omission(asked: &Demo) -> Result<Exit, Failure> {
    let closed = Cell::hot_row(Clients::Threads(1));
    let load = Load::Open { arrivals: Arrivals::Constant, per_second: PROMISED_PER_SECOND };
    let open = Cell { load, ..closed };
    let named = ["mutex".to_owned(), "null".to_owned()];
    let mut contestants = contestants("slab", Latency::None, &named)?;
    contestants.retain(|one| one.role != Role::Twin);
    contestants.push(Contestant { entry: &STALLED, role: Role::Contender });
    let cells = [closed, open].map(|cell| PlannedCell { cell, contestants: contestants.clone() });
    let schedule = Schedule {
        blocks: STALL_BLOCKS,
        warm_up: Duration::from_millis(20),
        capacity_window: Duration::from_millis(100),
        latency_window: Duration::from_millis(900),
        seed: asked.seed,
    };
    let plan = Plan { cells: cells.to_vec(), schedule, processes: 1, axis: None };
    let Demo { results, seed, overwrite, .. } = asked.clone();
    let output = Output { results, seed, overwrite, ..Output::table() };
    if let Some(directory) = &output.results {
        results::prepare(directory, overwrite, results::OVERWRITE)?;
    }
    let Measured { run, place } = run::measured(&plan, &output)?;
    if let (Some(directory), Some(place)) = (&output.results, &place) {
        results::tell(directory, place);
    }
    tell(report::omission(&run.rows), "the stall was not measured to its end")
}

/// The same code twice, one after the other and in shuffled blocks.
fn order(asked: &Demo) -> Result<Exit, Failure> {
    let stop = interrupt::listen()?;
    let directories = asked.results.as_deref().map(halves).transpose()?;
    for directory in directories.iter().flatten() {
        results::prepare(directory, asked.overwrite, results::OVERWRITE)?;
    }
    // One client: what differs is then the machine, and not who met whom.
    let cell = Cell::hot_row(Clients::Threads(1));
    let mut pairs = contestants("slab", Latency::None, &[])?;
    pairs.retain(|one| one.role == Role::Contender);
    let twins = pairs.iter().map(|one| Contestant { role: Role::Twin, ..*one });
    let shuffled: Vec<Contestant> = pairs.iter().copied().chain(twins).collect();
    let one_by_one =
        pairs.iter().flat_map(|one| [vec![*one], vec![Contestant { role: Role::Twin, ..*one }]]);
    let one_by_one: Vec<Vec<Contestant>> = one_by_one.collect();
    let schedule = Schedule {
        blocks: PAIR_BLOCKS,
        warm_up: Duration::from_millis(5),
        capacity_window: Duration::from_millis(40),
        latency_window: Duration::from_millis(1),
        seed: asked.seed,
    };
    let mut runs = Vec::new();
    for rounds in [one_by_one, vec![shuffled]] {
        let environment = Environment::before(run::command_line(), asked.seed);
        let mut all = SavedRun::empty(environment);
        for (repetition, contestants) in
            (0..PAIRS).flat_map(|repetition| rounds.iter().map(move |round| (repetition, round)))
        {
            if interrupt::requested() {
                break;
            }
            let cells = vec![PlannedCell { cell, contestants: contestants.clone() }];
            let plan = Plan { cells, schedule, processes: 1, axis: None };
            let mut keeper = Keeper::begin(&plan, all.environment.clone(), None)?;
            measure(&plan, 0, &[], stop, &mut keeper);
            let (run, _) = keeper.finish(interrupt::requested())?;
            all.rows.extend(run.rows.into_iter().map(|row| Row { process: repetition, ..row }));
        }
        all.environment = all.environment.after(false);
        runs.push(all);
    }
    // The halves are one demonstration: a part of one makes a part of both.
    let partial = interrupt::requested();
    for (run, directory) in runs.iter_mut().zip(directories.iter().flatten()) {
        run.environment.partial = partial;
        save(run, directory)?;
    }
    tell(report::order_of_runs(&runs[0].rows, &runs[1].rows), "not every pair was measured")
}

/// Where the halves of a pair are kept: `order` and `shuffled` are `order-shuffled`.
pub(in crate::cli) fn halves(directory: &Path) -> Result<[PathBuf; 2], Failure> {
    let Some(name) = directory.file_name() else {
        let directory = directory.display();
        return Err(Failure::usage(format!("--results {directory}: give it a name of its own")));
    };
    Ok(["one-by-one", "shuffled"].map(|half| {
        let mut name = OsString::from(name);
        name.push(format!("-{half}"));
        directory.with_file_name(name)
    }))
}

fn save(run: &SavedRun, directory: &Path) -> Result<(), Failure> {
    let place = run.save(directory).map_err(|error| {
        Failure::failed(format!("cannot save in {}: {error}", directory.display()))
    })?;
    results::tell(directory, &place);
    Ok(())
}

/// Prints sentences in the width there is, and the lines of a table as they are. Work that was
/// stopped is marked as partial, with what there is to show of it.
fn tell(sentences: Result<String, String>, missing: &str) -> Result<Exit, Failure> {
    let partial = interrupt::requested();
    let text = match sentences {
        Ok(text) => run::marked(&text, partial),
        Err(_) if partial => run::marked("There is too little to tell of.\n", true),
        Err(error) => return Err(Failure::failed(error)),
    };
    let line = |line: &str| match line.starts_with('|') || line.is_empty() {
        true => format!("{line}\n"),
        false => report::wrap(line, printed::width(), ""),
    };
    printed::print(&text.lines().map(line).collect::<String>()).map_err(Failure::of_output)?;
    if !partial {
        return Ok(Exit::Done);
    }
    note(format_args!("stopped: partial, {missing}"));
    Ok(Exit::Interrupted)
}
