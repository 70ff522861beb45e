//! The log of the service on standard error, as text or as JSON.
//!
//! A separate thread writes the lines. If standard error is not read, lines are dropped and
//! counted, so that no request waits for a full pipe.

use std::{io, panic};

use clap::ValueEnum;
use tracing::Level;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    Layer, filter::Targets, fmt, layer::SubscriberExt, registry, util::SubscriberInitExt,
};

use crate::failure::note;
use hotrow_server::REQUEST_LOG;

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
    Off,
}

/// The most lines that wait to be written; further lines are dropped.
const LINES_MAX: usize = 16_384;

/// The running log. When it is dropped, it writes the remaining lines.
pub(super) struct Log(Option<(WorkerGuard, ErrorCounter)>);

impl Log {
    /// Starts the log, which also records panics.
    pub(super) fn start(format: Format, with_requests: bool) -> Log {
        if format == Format::Off {
            panic::set_hook(Box::new(|_| {}));
            return Log(None);
        }
        let (writer, guard) = NonBlockingBuilder::default()
            .buffered_lines_limit(LINES_MAX)
            .lossy(true)
            .thread_name("hotrow-log")
            .finish(io::stderr());
        let dropped = writer.error_counter();
        let requests = if with_requests { Some(Level::INFO) } else { None };
        let filter =
            Targets::new().with_target("hotrow", Level::INFO).with_target(REQUEST_LOG, requests);
        let lines = fmt::layer().with_writer(writer).with_target(false);
        let lines = match format {
            Format::Json => lines.json().flatten_event(true).boxed(),
            _ => lines.with_ansi(false).boxed(),
        };
        registry().with(lines.with_filter(filter)).init();
        panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(target: "hotrow", place, "a request panicked: {}", message(panic));
        }));
        Log(Some((guard, dropped)))
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if let Some((guard, dropped)) = self.0.take() {
            drop(guard);
            if dropped.dropped_lines() > 0 {
                note(format!("{} log lines were dropped", dropped.dropped_lines()));
            }
        }
    }
}

/// Returns the message of a panic.
fn message<'a>(panic: &'a panic::PanicHookInfo<'_>) -> &'a str {
    panic.payload_as_str().unwrap_or("no message")
}
