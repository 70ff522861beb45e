//! What a service tells of itself, on standard error: as lines to read, or as objects for a program.
//!
//! Lines are written by a thread of their own. If nobody reads them they are dropped and counted: a
//! full pipe must not be what a request waits for.

use std::{io, panic};

use clap::ValueEnum;
use tracing::Level;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    Layer, filter::Targets, fmt, layer::SubscriberExt, registry, util::SubscriberInitExt,
};

use crate::{cli::failure::note, http::REQUEST_LOG};

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    Text,
    Json,
    Off,
}

/// Lines that may wait to be written.
const LINES_MAX: usize = 16_384;

/// The log, while it is kept. Dropped, it writes what is left.
pub(super) struct Log(Option<(WorkerGuard, ErrorCounter)>);

impl Log {
    /// Begins to log, and to log panics too.
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
            tracing::error!(target: "hotrow", place, "a request panicked: {}", told(panic));
        }));
        Log(Some((guard, dropped)))
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if let Some((guard, dropped)) = self.0.take() {
            drop(guard);
            if dropped.dropped_lines() > 0 {
                note(format!("{} lines of the log were dropped", dropped.dropped_lines()));
            }
        }
    }
}

/// What a panic said.
fn told<'a>(panic: &'a panic::PanicHookInfo<'_>) -> &'a str {
    panic.payload_as_str().unwrap_or("no words")
}
