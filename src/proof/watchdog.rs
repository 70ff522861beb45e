//! Ends the suite with the names of trials that hang.
//!
//! The only place where real time is looked at. Where time is paused a hang is seen at once and
//! without it; this is for threads that block each other and tasks that spin for ever. Who spins
//! also starves the trials beside it, so all that have not ended by then are named, the one that
//! began first at the head.

use std::{
    process,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

use parking_lot::Mutex;

/// Longest that one trial may take. The longest takes a second or two on a machine that is not busy.
const TRIAL_MAX: Duration = Duration::from_secs(90);

/// Trials that have begun and not ended, in the order in which they began.
static RUNNING: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A watch over one trial, which ends when it is dropped.
pub struct Watch {
    trial: String,
    _over: Sender<()>,
}

impl Watch {
    /// Begins to watch the trial of this name.
    pub fn over(trial: &str) -> Watch {
        RUNNING.lock().push(trial.to_owned());
        let (over, dropped) = mpsc::channel();
        thread::spawn(move || {
            if dropped.recv_timeout(TRIAL_MAX) == Err(RecvTimeoutError::Timeout) {
                let running = RUNNING.lock().join(", ");
                eprintln!("no end in {TRIAL_MAX:?}, so one of these hangs: {running}");
                process::exit(101);
            }
        });
        Watch { trial: trial.to_owned(), _over: over }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        RUNNING.lock().retain(|running| *running != self.trial);
    }
}
