//! The progress of a run and the latest rate of each strategy, on standard error, and only if that
//! is a terminal.

use std::{fmt, time::Duration};

use indicatif::{
    HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle,
};

use super::plan::{Plan, PlannedScenario};
use hotrow_engine::Measurement;
use hotrow_report::rate_of;
use hotrow_results::MeasurementRow;

/// A progress bar and a line of rates, which are removed when this is dropped.
pub(super) struct Progress {
    bars: MultiProgress,
    bar: ProgressBar,
    rates: ProgressBar,
    scenario: usize,
    /// The latest rate of each strategy of the scenario, in requests a second.
    latest: Vec<(&'static str, f64)>,
    /// The identifiers of the scenarios.
    scenarios: Vec<String>,
}

impl Progress {
    /// Creates the progress of a plan of which `done` measurements are done.
    pub(super) fn with_plan(plan: &Plan, done: u64) -> Progress {
        let scenarios = plan.scenarios.iter().map(PlannedScenario::id).collect();
        let mut progress = Progress::new(plan.measurements());
        progress.scenarios = scenarios;
        progress.bar.set_position(done);
        progress.bar.reset_eta();
        progress
    }

    /// Creates the progress of `count` steps.
    pub(super) fn new(count: u64) -> Progress {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let style =
            |template| ProgressStyle::with_template(template).expect("the template is well formed");
        let bar = bars.add(ProgressBar::new(count));
        bar.set_style(
            style("[{bar:30}] {pos}/{len}{left}  {wide_msg}")
                .with_key("left", |state: &ProgressState, out: &mut dyn fmt::Write| {
                    // An error means that the terminal is closed.
                    let _ = out.write_str(&time_left(state.pos(), state.eta()));
                })
                .progress_chars("=> "),
        );
        let rates = bars.add(ProgressBar::new_spinner());
        rates.set_style(style("{wide_msg}"));
        Progress {
            bars,
            bar,
            rates,
            scenario: usize::MAX,
            latest: Vec::new(),
            scenarios: Vec::new(),
        }
    }

    /// Shows that one more step is done, and the name of what it was about.
    pub(super) fn finished(&self, name: &str) {
        self.bar.set_message(name.to_owned());
        self.bar.inc(1);
    }

    /// Shows one more measurement, and its rate.
    pub(super) fn measured(
        &mut self,
        scenario: usize,
        strategy: &'static str,
        measured: &Measurement,
    ) {
        if scenario != self.scenario {
            self.scenario = scenario;
            self.latest.clear();
        }
        let per_second = measured.completed() as f64 * 1e9 / measured.window_ns.max(1) as f64;
        match self.latest.iter_mut().find(|(name, _)| *name == strategy) {
            Some((_, latest)) => *latest = per_second,
            None => self.latest.push((strategy, per_second)),
        }
        self.latest.sort_by(|one, other| other.1.total_cmp(&one.1));
        let rates = self.latest.iter().map(|(name, rate)| format!("{name} {}", rate_of(*rate)));
        self.rates.set_message(rates.collect::<Vec<_>>().join("  "));
        self.bar.set_message(self.scenarios.get(scenario).cloned().unwrap_or_default());
        self.bar.inc(1);
    }

    /// Shows that a block is excluded and will be measured again.
    pub(super) fn excluded(&self, exclusion_reason: &str, measurements: usize) {
        self.bar.set_message(format!("block excluded: {exclusion_reason}"));
        self.bar.inc_length(measurements as u64);
    }

    /// Shows the measurements of another process.
    pub(super) fn advance(&self, rows: &[MeasurementRow]) {
        self.bar.set_message(rows.first().map(|row| row.scenario.clone()).unwrap_or_default());
        self.bar.inc(rows.len() as u64);
    }
}

/// Formats the time that is left. Before the first step it is unknown, and not zero.
fn time_left(done: u64, left: Duration) -> String {
    match done {
        0 => String::new(),
        _ => format!(", {:#} left", HumanDuration(left)),
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        self.rates.finish_and_clear();
        // An error means that the terminal is closed.
        let _ = self.bars.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `0/448, 0s left` would promise that the run ends at once.
    #[test]
    fn the_time_left_is_unknown_before_the_first_step() {
        assert_eq!(time_left(0, Duration::ZERO), "");
        assert_eq!(time_left(3, Duration::from_secs(7_200)), ", 2h left");
    }
}
