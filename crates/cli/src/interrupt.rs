//! Ctrl-C and SIGTERM: the first one stops the work, the second one ends the program at once.

use std::{
    process,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use super::failure::{CliError, note};
use hotrow_engine::Stop;

/// The exit code of a stopped program.
const STOPPED: i32 = 130;

static STOP: Stop = AtomicBool::new(false);

/// Installs the handler, and returns the flag that the first signal sets.
pub(super) fn listen() -> Result<&'static Stop, CliError> {
    handle(|| note("stopping: completed work is audited and shown; a second signal ends at once"))
}

/// Installs a handler that prints nothing, for a fork: its parent process prints the message.
pub(super) fn listen_silently() -> Result<&'static Stop, CliError> {
    handle(|| {})
}

/// Ends the program at the first signal, for work without partial results. `missing` describes what
/// was not done.
pub(super) fn end_at_once(missing: &'static str) -> Result<(), CliError> {
    handle(move || {
        note(format_args!("stopped: partial, {missing}"));
        process::exit(STOPPED);
    })
    .map(drop)
}

/// Returns whether the user has stopped the work.
pub(super) fn requested() -> bool {
    STOP.load(Ordering::Relaxed)
}

fn handle(mut first: impl FnMut() + Send + 'static) -> Result<&'static Stop, CliError> {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    // A sub-command may call another one: the first handler serves both.
    if INSTALLED.set(()).is_err() {
        return Ok(&STOP);
    }
    ctrlc::set_handler(move || {
        // Relaxed: the flag publishes no other data.
        if STOP.swap(true, Ordering::Relaxed) {
            process::exit(STOPPED);
        }
        first();
    })
    .map_err(|error| CliError::failed(format!("cannot listen for Ctrl-C: {error}")))?;
    Ok(&STOP)
}
