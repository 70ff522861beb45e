//! Work that runs to its end even if the future that waits for it is dropped.
//!
//! A command that has begun must not be interrupted when its client disconnects. Spawning a task
//! for every command would also achieve this, but tokio runs a new task before the task that waits
//! for it. With an actor strategy the runtime would then run the actor last, behind every
//! connection that is ready, and the commands of all connections would queue up at the account. So
//! the work is polled by the task of the request, and becomes a task of its own only when the
//! request is dropped.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;

/// Work that continues as a task if this future is dropped before its end.
pub(super) struct RunToCompletion<T: Send + 'static>(Option<BoxFuture<'static, T>>);

impl<T: Send + 'static> RunToCompletion<T> {
    pub(super) fn new(work: impl Future<Output = T> + Send + 'static) -> RunToCompletion<T> {
        RunToCompletion(Some(Box::pin(work)))
    }
}

impl<T: Send + 'static> Future for RunToCompletion<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        // Taken out: after a panic in `poll`, `drop` must not spawn the work again.
        let mut work = self.0.take().expect("a future is not polled after it has completed");
        let polled = work.as_mut().poll(cx);
        if polled.is_pending() {
            self.0 = Some(work);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for RunToCompletion<T> {
    fn drop(&mut self) {
        // Without a runtime the process is about to end, and the work ends with it.
        if let Some(work) = self.0.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::poll_immediate;
    use tokio::sync::oneshot;

    use super::*;

    /// A command that has begun must continue when its client disconnects.
    #[tokio::test]
    async fn dropped_work_runs_to_its_end() {
        let ((start, started), (end, ended)) = (oneshot::channel::<()>(), oneshot::channel());
        let mut work = RunToCompletion::new(async {
            started.await.expect("the sender is alive");
            end.send(5).expect("the receiver is alive");
        });
        assert!(poll_immediate(&mut work).await.is_none());
        drop(work);
        start.send(()).expect("the work is still running");
        assert_eq!(ended.await, Ok(5));
    }
}
