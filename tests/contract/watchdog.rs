//! Ends the suite with the name of a trial that hangs.
//!
//! The only place where real time is looked at. Where time is paused a hang is seen at once and
//! without it; this is for threads that block each other and tasks that spin for ever.

use std::{
    process,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

/// Longest that one trial may take. The longest takes a second or two on a machine that is not busy.
const TRIAL_MAX: Duration = Duration::from_secs(90);

/// A watch over one trial, which ends when it is dropped.
pub(crate) struct Watch {
    _over: Sender<()>,
}

impl Watch {
    pub(crate) fn over(trial: &str) -> Watch {
        let trial = trial.to_owned();
        let (over, dropped) = mpsc::channel();
        thread::spawn(move || {
            if dropped.recv_timeout(TRIAL_MAX) == Err(RecvTimeoutError::Timeout) {
                eprintln!("{trial} hangs: it has not ended in {TRIAL_MAX:?}");
                process::exit(101);
            }
        });
        Watch { _over: over }
    }
}
