//! One run from the plan to stored rows: examines the machine, measures, and stores the rows.

use std::{
    env,
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{
    databases::Databases,
    failure::{CliError, Exit, note},
    forks::{measure, measure_in_fork, read_completed_blocks},
    interrupt,
    output::Output,
    plan::Plan,
    result_sink::{ForkReporter, ResultSink},
    rows::BUILD,
};
use hotrow::scenario::Latency;
use hotrow_engine::{Schedule, Stop};
use hotrow_machine as machine;
use hotrow_machine::{Severity, examine};
use hotrow_results::{Environment, StoredRun};

/// The first line of the output of stopped work.
pub(super) const PARTIAL: &str = "PARTIAL, stopped before its end.";

/// Adds the line [`PARTIAL`] to a text, if it is partial.
pub(super) fn marked(text: &str, is_partial: bool) -> String {
    match is_partial {
        true => format!("{PARTIAL}\n\n{text}"),
        false => text.to_owned(),
    }
}

/// How long the machine is examined before a run.
const EXAMINATION: Duration = Duration::from_millis(300);

/// A measured run, and the folder in which it is stored, if any.
pub(super) struct Measured {
    pub(super) run: StoredRun,
    pub(super) saved_in: Option<PathBuf>,
}

/// Measures a plan, and stores the rows if the output names a folder.
pub(super) fn measured(plan: &Plan, output: &Output) -> Result<Measured, CliError> {
    let stop = interrupt::listen()?;
    let _databases = Databases::open(plan.stores())?;
    if cfg!(debug_assertions) {
        note("this is a debug build, whose numbers mean little: use `cargo run --release`");
    }
    let before = Environment::before(command_line(), plan.schedule.seed, BUILD);
    let examination = examine(EXAMINATION).findings;
    let warnings = examination.iter().filter(|finding| finding.judgement == Severity::Warning);
    for machine::Finding { name, value, .. } in warnings.filter(|_| !cfg!(debug_assertions)) {
        note(format_args!("warning: {name}: {value}; for advice run `hotrow doctor`"));
    }
    let environment = Environment { plan: plan.fingerprint(), examination, ..before };
    let mut sink = match &output.results {
        Some(directory) if output.resume => ResultSink::resume(plan, &environment, directory)?,
        directory => ResultSink::begin(plan, environment, directory.as_deref())?,
    };
    note(expectation(plan));
    measure_all(plan, stop, &mut sink)?;
    let (run, saved_in) = sink.finish(interrupt::requested())?;
    Ok(Measured { run, saved_in })
}

fn measure_all(plan: &Plan, stop: &Stop, sink: &mut ResultSink<'_>) -> Result<(), CliError> {
    if plan.forks == 1 {
        let completed = sink.completed(0);
        measure(plan, 0, &completed, stop, sink);
        return Ok(());
    }
    for fork in (0..plan.forks).take_while(|_| !interrupt::requested()) {
        let (completed, began_ms) = (sink.completed(fork), sink.now_ms());
        measure_in_fork(fork, &completed, stop, |block| sink.add_from_fork(block, began_ms))?;
    }
    Ok(())
}

/// Measures as one fork of several, and sends the rows to the parent process.
pub(super) fn run_as_fork(plan: &Plan, fork: u32) -> Result<Exit, CliError> {
    let completed = read_completed_blocks()?;
    let stop = interrupt::listen_silently()?;
    let mut reporter = ForkReporter { plan, fork, began: Instant::now() };
    measure(plan, fork, &completed, stop, &mut reporter);
    Ok(Exit::Done)
}

/// Describes the planned measurements and their duration, without the time of opening stores and
/// auditing.
pub(super) fn expectation(plan: &Plan) -> String {
    let scenarios = plan.scenarios.len();
    let real = plan.scenarios.iter().filter(|planned| planned.scenario.latency == Latency::None);
    let contenders: usize = real.map(|planned| planned.contenders.len()).sum();
    let Schedule { blocks, warm_up, capacity_window, latency_window, .. } = plan.schedule;
    let iterations = f64::from(plan.forks) * f64::from(blocks) * contenders as f64;
    let seconds = (warm_up + capacity_window + latency_window).as_secs_f64() * iterations;
    let count = plan.measurements();
    let scenarios =
        if scenarios == 1 { "one scenario".to_owned() } else { format!("{scenarios} scenarios") };
    format!("{count} measurements in {scenarios}, {seconds:.0} s and the time to audit them")
}

/// Returns the command line, with quotes around arguments that need them.
pub(super) fn command_line() -> String {
    let mut words = vec!["hotrow".to_owned()];
    words.extend(env::args_os().skip(1).map(|word| {
        let shown = word.to_string_lossy();
        match word.to_str() {
            Some(text) if !text.contains([' ', '\'', '"', '`']) => text.to_owned(),
            _ => format!("{shown:?}"),
        }
    }));
    words.join(" ")
}
