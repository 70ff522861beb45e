//! Ctrl-C and SIGTERM: the first asks the work to stop, the second ends the program at once.

use std::{
    process,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use super::failure::{Failure, note};
use crate::engine::Stop;

/// The code of a program that was stopped.
const STOPPED: i32 = 130;

static STOP: Stop = AtomicBool::new(false);

/// Begins to listen. What it returns is set once the work is to stop.
pub(super) fn listen() -> Result<&'static Stop, Failure> {
    handle(|| note("stopping: what ran is audited and shown; once more to stop at once"))
}

/// Begins to listen, for a program that another one started, which says what there is to say.
pub(super) fn listen_in_silence() -> Result<&'static Stop, Failure> {
    handle(|| {})
}

/// Ends the program at the first signal: `what` is work that has nothing to show before its end.
pub(super) fn end_at_once(what: &'static str) -> Result<(), Failure> {
    handle(move || {
        note(format_args!("stopped: partial, {what}"));
        process::exit(STOPPED);
    })
    .map(drop)
}

/// Whether the work is to stop.
pub(super) fn requested() -> bool {
    STOP.load(Ordering::Relaxed)
}

fn handle(mut first: impl FnMut() + Send + 'static) -> Result<&'static Stop, Failure> {
    static LISTENS: OnceLock<()> = OnceLock::new();
    // A verb may be made of others, and the first of them listens for all.
    if LISTENS.set(()).is_err() {
        return Ok(&STOP);
    }
    ctrlc::set_handler(move || {
        // Relaxed: the flag is all that is passed on.
        if STOP.swap(true, Ordering::Relaxed) {
            process::exit(STOPPED);
        }
        first();
    })
    .map_err(|error| Failure::failed(format!("cannot listen for Ctrl-C: {error}")))?;
    Ok(&STOP)
}
