//! Tasks, and how a task yields.
//!
//! As with tokio, a panic ends its task and is reported to the task that joins it. Shuttle's own
//! tasks would end the whole run instead.

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
    /// Unfinished tasks. All tasks of a run share one thread, and a thread has one run at a time.
    static UNFINISHED: Cell<usize> = const { Cell::new(0) };
}

/// Waits for a task. Dropping it detaches the task.
#[derive(Debug)]
pub struct JoinHandle<T>(future::JoinHandle<Result<T, Payload>>);

/// The reason why a task has no result.
#[derive(Debug)]
pub struct JoinError {
    /// The payload of the panic; `None` if the task was cancelled.
    panic: Option<Payload>,
}

type Payload = Box<dyn Any + Send>;

/// Spawns a task that runs independently of its handle.
pub fn spawn<F>(work: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let unfinished = Unfinished::begin();
    JoinHandle(future::spawn(async move {
        let _unfinished = unfinished;
        // Unwind safe: as with tokio, other tasks must not rely on state that they shared with it.
        AssertUnwindSafe(work).catch_unwind().await
    }))
}

/// Returns the number of unfinished tasks that were spawned since [`forget_all`].
pub fn unfinished() -> usize {
    UNFINISHED.get()
}

/// Resets the count: a failed run leaves its tasks unfinished.
pub fn forget_all() {
    UNFINISHED.set(0);
}

impl<T> JoinHandle<T> {
    /// Cancels the task at its next suspension.
    pub fn abort(&self) {
        self.0.abort();
    }

    /// Returns whether the task has ended.
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|result| match result {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(payload)) => Err(JoinError { panic: Some(payload) }),
            Err(_) => Err(JoinError { panic: None }),
        })
    }
}

impl JoinError {
    /// Returns whether the task panicked.
    pub fn is_panic(&self) -> bool {
        self.panic.is_some()
    }

    /// Returns whether the task was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.panic.is_none()
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self.panic {
            Some(_) => "the task panicked",
            None => "the task was cancelled",
        })
    }
}

impl Error for JoinError {}

/// Marks that a task has not ended.
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
