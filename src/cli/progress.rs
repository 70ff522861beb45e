//! How far the run is, on standard error and only if that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar that is gone when the run is.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Of so many measurements.
    pub(super) fn of(measurements: u64) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(measurements), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("[{bar:30}] {pos}/{len}, {eta} left  {wide_msg}");
        Progress(bar.with_style(style.expect("the template is well formed").progress_chars("=> ")))
    }

    /// One more is done.
    pub(super) fn finished(&self, strategy: &str) {
        self.0.set_message(strategy.to_owned());
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
