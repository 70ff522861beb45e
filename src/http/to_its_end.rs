//! Work that comes to its end even if what waits for it goes away.
//!
//! A command that has begun must not be cut off with its request. A task of its own for the rest of
//! it would do, but a task that is spawned goes ahead of the one that it waits for: under an actor
//! the runtime then runs the actor last, behind every connection that is ready, and commands of all
//! of them pile up at the account. So the rest is polled where the request is, and becomes a task
//! only when the request is dropped.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;

/// Work that goes on in a task of its own when this is dropped before its end.
pub(super) struct ToItsEnd<T: Send + 'static>(Option<BoxFuture<'static, T>>);

impl<T: Send + 'static> ToItsEnd<T> {
    pub(super) fn new(work: impl Future<Output = T> + Send + 'static) -> ToItsEnd<T> {
        ToItsEnd(Some(Box::pin(work)))
    }
}

impl<T: Send + 'static> Future for ToItsEnd<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        // Taken out, so that work that panics is not polled again when this is dropped.
        let mut work = self.0.take().expect("a future is not polled after its end");
        let polled = work.as_mut().poll(cx);
        if polled.is_pending() {
            self.0 = Some(work);
        }
        polled
    }
}

impl<T: Send + 'static> Drop for ToItsEnd<T> {
    fn drop(&mut self) {
        // Without a runtime the process is about to end, and the work with it.
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

    /// A client that disconnects must not take a command with it that has begun.
    #[tokio::test]
    async fn dropped_work_goes_on() {
        let ((go, gone), (end, ended)) = (oneshot::channel::<()>(), oneshot::channel());
        let mut work = ToItsEnd::new(async {
            gone.await.expect("the sender is kept");
            end.send(5).expect("the receiver is kept");
        });
        assert!(poll_immediate(&mut work).await.is_none());
        drop(work);
        go.send(()).expect("the work goes on");
        assert_eq!(ended.await, Ok(5));
    }
}
