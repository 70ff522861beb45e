//! How far the run is and how fast each strategy was last, on standard error and only if that is a
//! terminal.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::plan::{Plan, PlannedCell};
use crate::{engine::Measurement, record::Row, report::rate_of};

/// A bar and a line of rates, which are gone when the run is.
pub(super) struct Progress {
    bars: MultiProgress,
    bar: ProgressBar,
    rates: ProgressBar,
    cell: usize,
    /// What each strategy of the cell answered in a second when it was last measured.
    latest: Vec<(&'static str, f64)>,
    /// What the cells are called.
    cells: Vec<String>,
}

impl Progress {
    /// Of a plan of which so many measurements are done.
    pub(super) fn of_plan(plan: &Plan, done: u64) -> Progress {
        let cells = plan.cells.iter().map(PlannedCell::id).collect();
        let mut progress = Progress::of(plan.measurements());
        progress.cells = cells;
        progress.bar.set_position(done);
        progress.bar.reset_eta();
        progress
    }

    /// Of so many things to do.
    pub(super) fn of(count: u64) -> Progress {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let style =
            |template| ProgressStyle::with_template(template).expect("the template is well formed");
        let bar = bars.add(ProgressBar::new(count));
        bar.set_style(
            style("[{bar:30}] {pos}/{len}, {eta} left  {wide_msg}").progress_chars("=> "),
        );
        let rates = bars.add(ProgressBar::new_spinner());
        rates.set_style(style("{wide_msg}"));
        Progress { bars, bar, rates, cell: usize::MAX, latest: Vec::new(), cells: Vec::new() }
    }

    /// One more is done, by or of who has this name.
    pub(super) fn finished(&self, name: &str) {
        self.bar.set_message(name.to_owned());
        self.bar.inc(1);
    }

    /// One more is measured.
    pub(super) fn measured(&mut self, cell: usize, strategy: &'static str, measured: &Measurement) {
        if cell != self.cell {
            self.cell = cell;
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
        self.bar.set_message(self.cells.get(cell).cloned().unwrap_or_default());
        self.bar.inc(1);
    }

    /// A round does not count and will be measured again.
    pub(super) fn objected(&self, objection: &str, measurements: usize) {
        self.bar.set_message(format!("again: {objection}"));
        self.bar.inc_length(measurements as u64);
    }

    /// Another process has measured these.
    pub(super) fn advance(&self, rows: &[Row]) {
        self.bar.set_message(rows.first().map(|row| row.cell.clone()).unwrap_or_default());
        self.bar.inc(rows.len() as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        self.rates.finish_and_clear();
        // Nobody reads a terminal that is gone.
        let _ = self.bars.clear();
    }
}
