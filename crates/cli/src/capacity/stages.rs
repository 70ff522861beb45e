//! The stages of a run: closed loops, the objective, the search, and the ladder in blocks.
//!
//! ```text
//! closed loop --> noop --> bisection --> ladder, curve in blocks
//! upper end      objective  middle        what counts
//! ```
//!
//! In every stage all contenders are probed in turn, in a new random order each time.

use std::time::Instant;

use super::{
    objective::{self, Objective},
    probe::{self, Probe},
    setup::Setup,
};
use crate::{
    failure::{CliError, note},
    interrupt,
    plan::PlannedContender,
    progress::Progress,
    rows::BUILD,
    session::command_line,
};
use hotrow::workload::RngStream;
use hotrow_engine::{LatencyHistogram, Measurement, Stop, mean_command};
use hotrow_machine::{CpuCounters, Interference};
use hotrow_report::SHARES;
use hotrow_results::{
    AuditVerdict, CapacityRow, Environment, ProbeKind, StoredRun,
    stats::{Bisection, PROBES_MIN, ladder, median},
};

/// Closed loops of each contender, and probes of `noop` before the objective is chosen.
const ROUNDS: u32 = 3;
const MACHINE_ROUNDS: u32 = 8;

/// The search lies between these multiples of the closed-loop rate, and ends at this factor.
const SEARCH: (f64, f64) = (1.0 / 1_024.0, 1.25);
const SEARCH_RATIO: f64 = 1.05;

/// The most blocks of the ladder, and the blocks of the curve.
const BLOCKS_MAX: u32 = 20;
const CURVE_BLOCKS: u32 = PROBES_MIN;

/// The bound of a simulated store, as a multiple of the mean time of its command.
const SIMULATED_BOUND: u32 = 10;

/// Common rates of a curve, as shares of the slowest closed-loop rate.
const COMMON: [f64; 3] = [0.1, 0.3, 0.9];

/// A contender, what is known of it, and whether it is still probed.
struct Runner {
    contender: PlannedContender,
    closed: f64,
    search: Bisection,
    violated: bool,
}

/// A run in progress.
struct Stages<'a> {
    setup: &'a Setup,
    stop: &'static Stop,
    began: Instant,
    run: StoredRun,
    slo: Option<Objective>,
    runners: Vec<Runner>,
    progress: Progress,
    /// The number of the next order, and of the next random stream.
    orders: u32,
}

/// Measures a whole run. A stopped one is marked partial.
pub(super) fn measure(setup: &Setup) -> Result<StoredRun, CliError> {
    let stop = interrupt::listen()?;
    if cfg!(debug_assertions) {
        note("this is a debug build, whose numbers mean little: use `cargo run --release`");
    }
    let environment = Environment::before(command_line(), setup.seed, BUILD);
    let contender = |contender: &PlannedContender| Runner {
        contender: *contender,
        closed: 0.0,
        search: Bisection::between(1.0, 1.0, SEARCH_RATIO),
        violated: false,
    };
    let mut stages = Stages {
        setup,
        stop,
        began: Instant::now(),
        run: StoredRun::empty(environment),
        slo: None,
        runners: setup.contenders.iter().chain(&setup.noop).map(contender).collect(),
        progress: Progress::new(0),
        orders: 0,
    };
    stages.measure()?;
    drop(stages.progress);
    let environment = stages.run.environment.after(interrupt::requested());
    let run = StoredRun { environment, ..stages.run };
    if let Some(directory) = &setup.results {
        let saved_in = run.save(directory).map_err(cannot_save)?;
        crate::results::report_saved(directory, &saved_in);
    }
    Ok(run)
}

fn cannot_save(error: std::io::Error) -> CliError {
    CliError::failed(format!("cannot write the probes: {error}"))
}

impl Stages<'_> {
    fn measure(&mut self) -> Result<(), CliError> {
        self.close_loops();
        let (slo, sentence) = self.choose_objective();
        note(sentence);
        self.slo = Some(slo);
        self.search();
        self.save()?;
        self.blocks()
    }

    fn is_stopped(&self) -> bool {
        interrupt::requested()
    }

    /// Measures closed loops, whose rate bounds the search.
    fn close_loops(&mut self) {
        let mut rates: Vec<Vec<f64>> = vec![Vec::new(); self.runners.len()];
        for block in 0..ROUNDS {
            for (position, index) in self.order(self.runners.len()).into_iter().enumerate() {
                if self.runners[index].violated {
                    continue;
                }
                let Some(measured) =
                    self.probe(index, ProbeKind::Closed, (None, 0), (block, position))
                else {
                    return;
                };
                rates[index]
                    .push(measured.completed() as f64 * 1e9 / measured.window_ns.max(1) as f64);
            }
        }
        for (runner, rates) in self.runners.iter_mut().zip(&rates) {
            runner.closed = median(rates).unwrap_or(0.0).max(1.0);
            let end = |factor: f64| probe::offered(factor * runner.closed);
            runner.search = Bisection::between(end(SEARCH.0), end(SEARCH.1), SEARCH_RATIO);
        }
    }

    /// Chooses the objective by what `noop` shows of the machine.
    fn choose_objective(&mut self) -> (Objective, String) {
        let latency = self.setup.scenario.latency;
        let Some(noop) = self.setup.noop else {
            let bound_ns = objective::nanos(mean_command(latency) * SIMULATED_BOUND);
            let chosen = Objective { quantile_ppm: 990_000, bound_ns };
            return match self.setup.slo {
                Some(slo) => (slo, format!("objective {slo}, in simulated time")),
                None => (
                    chosen,
                    format!("objective {chosen}: {SIMULATED_BOUND} times a command of the store"),
                ),
            };
        };
        let slowest = self.runners.iter().map(|runner| runner.closed).fold(f64::INFINITY, f64::min);
        let load = probe::offered(slowest / 2.0);
        let index =
            self.runners.iter().position(|it| it.contender.entry.strategy == noop.entry.strategy);
        let mut times: Vec<LatencyHistogram> = Vec::new();
        for block in 0..MACHINE_ROUNDS {
            let index = index.expect("noop is one of the contenders");
            let place = (block, 0);
            let measured = self.probe(index, ProbeKind::Machine, (Some(load), 0), place);
            times.extend(measured.and_then(|measured| measured.open).map(|open| open.response));
        }
        // Where the response time matters, most strategies take less than their closed rate.
        let samples = probe::requests_at_most(self.setup, load / 8.0);
        objective::choose(self.setup.slo, &times, samples)
    }

    /// Searches the middle of each ladder, one probe of each contender in turn.
    fn search(&mut self) {
        for block in 0.. {
            let due: Vec<usize> = (0..self.runners.len())
                .filter(|&index| !self.runners[index].violated)
                .filter(|&index| self.runners[index].search.next_load().is_some())
                .collect();
            if due.is_empty() || self.is_stopped() {
                return;
            }
            for (position, at) in self.order(due.len()).into_iter().enumerate() {
                let index = due[at];
                let Some(load) = self.runners[index].search.next_load() else { continue };
                let load = Some(probe::offered(load));
                if self.probe(index, ProbeKind::Search, (load, 0), (block, position)).is_none() {
                    return;
                }
                let passed = self.run.capacity.last().is_some_and(CapacityRow::passes);
                self.runners[index].search.record(passed);
            }
        }
    }

    /// Probes the ladders, and the curves in the first blocks, until enough blocks count.
    fn blocks(&mut self) -> Result<(), CliError> {
        let blocks = self.affordable_blocks();
        let (mut counting, mut excluded) = (0, 0);
        let jobs = self.jobs(true).len();
        self.progress = Progress::new(u64::from(blocks) * jobs as u64);
        for block in 0.. {
            if counting == blocks || excluded > blocks || self.is_stopped() {
                break;
            }
            let reason = self.block(block, block < CURVE_BLOCKS + excluded);
            match reason {
                Some(_) => excluded += 1,
                None => counting += 1,
            }
            self.save()?;
        }
        Ok(())
    }

    /// Returns the number of blocks that the rest of the time allows.
    fn affordable_blocks(&self) -> u32 {
        let spent = self.began.elapsed();
        let probes = self.run.capacity.len().max(1);
        let each = spent.as_secs_f64() / probes as f64;
        let jobs = self.jobs(false).len() as f64;
        let curve = (self.jobs(true).len() as f64 - jobs) * f64::from(CURVE_BLOCKS);
        let left = f64::from(self.setup.seconds) - spent.as_secs_f64() - curve * each;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is clamped"
        )]
        let affordable = (left / (jobs * each).max(1e-9)).clamp(0.0, f64::from(BLOCKS_MAX)) as u32;
        let blocks = affordable.max(PROBES_MIN);
        let seconds = f64::from(blocks) * jobs * each + curve * each;
        note(format_args!("{blocks} blocks of {jobs} probes, about {seconds:.0} s more"));
        if affordable < PROBES_MIN {
            note(format_args!(
                "an interval needs {PROBES_MIN} blocks, which take longer than --seconds {}",
                self.setup.seconds
            ));
        }
        blocks
    }

    /// Returns the probes of a block: contender, load and share of the closed-loop rate.
    fn jobs(&self, with_curve: bool) -> Vec<(usize, ProbeKind, f64, u32)> {
        let mut jobs = Vec::new();
        let sound = || self.runners.iter().enumerate().filter(|(_, runner)| !runner.violated);
        let slowest = sound().map(|(_, runner)| runner.closed).fold(f64::INFINITY, f64::min);
        for (index, runner) in sound() {
            let mut loads = ladder(runner.search.middle()).map(probe::offered).to_vec();
            // Beyond the highest offered load, several rungs are one.
            loads.dedup();
            jobs.extend(loads.into_iter().map(|load| (index, ProbeKind::Ladder, load, 0)));
            if with_curve && self.setup.curve {
                let shares = SHARES.map(|ppm| (runner.closed * f64::from(ppm) / 1e6, ppm));
                let common = COMMON.map(|share| (round_rate(slowest * share), 0));
                let loads = shares.into_iter().chain(common);
                // A load that an open loop cannot offer has no probe.
                let loads = loads.filter(|(load, _)| probe::offered(*load) >= load * 0.999);
                jobs.extend(
                    loads.map(|(load, ppm)| (index, ProbeKind::Curve, probe::offered(load), ppm)),
                );
            }
        }
        jobs
    }

    /// Makes one block, and returns why it is excluded, if it is.
    fn block(&mut self, block: u32, with_curve: bool) -> Option<String> {
        let jobs = self.jobs(with_curve);
        let first = self.run.capacity.len();
        let before = CpuCounters::now();
        for (position, at) in self.order(jobs.len()).into_iter().enumerate() {
            let (index, kind, load, share) = jobs[at];
            if self.runners[index].violated {
                continue;
            }
            if self.probe(index, kind, (Some(load), share), (block, position)).is_none() {
                break;
            }
        }
        let reason = match self.setup.is_simulated() {
            true => None,
            false => Interference::between(&before, &CpuCounters::now()).exclusion_reason(),
        };
        let reason = reason?;
        let accepted = self.setup.accept_noise;
        for row in &mut self.run.capacity[first..] {
            let column = if accepted { &mut row.noise } else { &mut row.excluded_because };
            column.clone_from(&reason);
        }
        (!accepted).then_some(reason)
    }

    /// Makes one probe and keeps its row. Returns `None` if the run is stopped.
    fn probe(
        &mut self,
        index: usize,
        kind: ProbeKind,
        (load, share_ppm): (Option<f64>, u32),
        (block, position): (u32, usize),
    ) -> Option<Measurement> {
        if self.is_stopped() {
            return None;
        }
        let position = u32::try_from(position).unwrap_or(u32::MAX);
        let contender = self.runners[index].contender;
        let stream = self.run.capacity.len();
        let stream = u32::try_from(stream).unwrap_or(u32::MAX);
        let probe = Probe { kind, contender, load, share_ppm, block, position, stream };
        let started = self.began;
        let measured = probe::measure(self.setup, &probe, self.slo, self.stop);
        let run = &self.run.environment.run;
        let row = probe::row(self.setup, run, &probe, self.slo, started, &measured);
        if row.verdict == AuditVerdict::Violation {
            self.runners[index].violated = true;
        }
        self.progress.finished(contender.entry.strategy);
        self.run.capacity.push(row);
        Some(measured)
    }

    /// Returns the numbers below `length` in a new random order.
    fn order(&mut self, length: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..length).collect();
        let stream = RngStream { seed: self.setup.seed, block: self.orders, client: ORDERS };
        stream.rng().shuffle(&mut order);
        self.orders += 1;
        order
    }

    fn save(&self) -> Result<(), CliError> {
        match &self.setup.results {
            Some(directory) => self.run.save_unfinished(directory).map_err(cannot_save),
            None => Ok(()),
        }
    }
}

/// The random stream of the orders, which no client has.
const ORDERS: u32 = 1 << 30;

/// Rounds a rate down to 1, 2 or 5 times a power of ten.
fn round_rate(rate: f64) -> f64 {
    let power = 10f64.powf(rate.log10().floor());
    let step = [5.0, 2.0, 1.0].into_iter().find(|step| step * power <= rate).unwrap_or(1.0);
    step * power
}
