//! Ctrl-C and SIGTERM: the first asks the run to stop, the second does not ask.

use std::{
    process,
    sync::atomic::{AtomicBool, Ordering},
};

use super::failure::{Failure, note};
use crate::engine::Stop;

static STOP: Stop = AtomicBool::new(false);

/// Begins to listen. What it returns is set once somebody wants the run to stop.
pub(super) fn listen() -> Result<&'static Stop, Failure> {
    ctrlc::set_handler(|| {
        // Relaxed: the flag is all that is told.
        if STOP.swap(true, Ordering::Relaxed) {
            process::exit(130);
        }
        note("stopping: what ran is audited and shown; once more to stop at once");
    })
    .map_err(|error| Failure::failed(format!("cannot listen for Ctrl-C: {error}")))?;
    Ok(&STOP)
}

/// Whether somebody wanted the run to stop.
pub(super) fn requested() -> bool {
    STOP.load(Ordering::Relaxed)
}
