//! Tasks, and how one lets others run.
//!
//! As tokio's: a panic ends the task that it happens in and is told to whoever waits for it. Shuttle's
//! own tasks would end the whole run instead.

use std::{
    any::Any,
    cell::Cell,
    error::Error,
    fmt,
    panic::AssertUnwindSafe,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::FutureExt;
use shuttle::future;
pub use shuttle::future::yield_now;

thread_local! {
    /// Tasks that have not ended. All tasks of a run share one thread, and no two runs do at a time.
    static UNFINISHED: Cell<usize> = const { Cell::new(0) };
}

/// Waits for a task. Dropped, it lets the task go on alone.
#[derive(Debug)]
pub struct JoinHandle<T>(future::JoinHandle<Result<T, Payload>>);

/// Why a task has no result.
#[derive(Debug)]
pub struct JoinError {
    /// What it panicked with, unless it was cut off.
    panic: Option<Payload>,
}

type Payload = Box<dyn Any + Send>;

/// Starts a task that goes on by itself.
pub fn spawn<F>(work: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let unfinished = Unfinished::begin();
    JoinHandle(future::spawn(async move {
        let _unfinished = unfinished;
        // Unwind safe: as with tokio, what the task shared with others is theirs to doubt.
        AssertUnwindSafe(work).catch_unwind().await
    }))
}

/// Tasks that were started since [`forget_all`] and have not ended.
pub(crate) fn unfinished() -> usize {
    UNFINISHED.get()
}

/// Begins to count anew: a run that fails leaves its tasks where they are.
pub(crate) fn forget_all() {
    UNFINISHED.set(0);
}

impl<T> JoinHandle<T> {
    /// Has the task cut off where it next suspends.
    pub fn abort(&self) {
        self.0.abort();
    }

    /// Whether the task has ended.
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|ended| match ended {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(payload)) => Err(JoinError { panic: Some(payload) }),
            Err(_) => Err(JoinError { panic: None }),
        })
    }
}

impl JoinError {
    /// Whether the task panicked.
    pub fn is_panic(&self) -> bool {
        self.panic.is_some()
    }

    /// Whether the task was cut off.
    pub fn is_cancelled(&self) -> bool {
        self.panic.is_none()
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self.panic {
            Some(_) => "the task panicked",
            None => "the task was cut off",
        })
    }
}

impl Error for JoinError {}

/// That a task has not ended.
struct Unfinished;

impl Unfinished {
    fn begin() -> Unfinished {
        UNFINISHED.set(UNFINISHED.get() + 1);
        Unfinished
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        UNFINISHED.set(UNFINISHED.get().saturating_sub(1));
    }
}
