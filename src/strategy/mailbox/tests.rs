//! Tests of `mailbox.rs`.

use futures_util::FutureExt;

use super::*;

/// A reply that has arrived must outlive its server. Otherwise its caller would find no reply,
/// or the reply of another request.
#[test]
fn a_reply_that_has_arrived_outlives_its_server() {
    let mailbox = Mailbox::<u64, u64>::default();
    let mut request = Box::pin(mailbox.ask(1, || Admission::Enqueue, |_| ()));
    assert_eq!(request.as_mut().now_or_never(), None);
    let mut batch = Vec::new();
    mailbox.take(1, &mut batch);
    assert_eq!(mailbox.deliver(batch[0].reply_slot, 10), None);
    mailbox.close(|| (), || 0);
    assert_eq!(request.as_mut().now_or_never(), Some(Some(10)));
    assert!(mailbox.inner.lock().is_none(), "an unused mailbox frees its memory");
}

/// The request of a client that gives up before it is taken must not be executed. The test
/// fails if a batch holds the request of a dropped future.
#[test]
fn a_request_that_is_dropped_in_the_queue_is_not_taken() {
    let mailbox = Mailbox::<u64, u64>::default();
    let mut dropped = Box::pin(mailbox.ask(1, || Admission::Enqueue, |_| ()));
    let mut waiting = Box::pin(mailbox.ask(2, || Admission::Enqueue, |_| ()));
    assert_eq!(dropped.as_mut().now_or_never(), None);
    assert_eq!(waiting.as_mut().now_or_never(), None);
    drop(dropped);
    let mut batch = Vec::new();
    mailbox.take(2, &mut batch);
    let requests: Vec<u64> = batch.iter().map(|envelope| envelope.request).collect();
    assert_eq!(requests, [2]);
}

/// A client with a deadline times out and retries while the lock holder is stalled. Its
/// requests must not pile up. The test checks the length of the queue: the request that waits,
/// and at most one of a dropped caller.
#[test]
fn requests_of_dropped_callers_do_not_fill_the_queue() {
    let mailbox = Mailbox::<u64, u64>::default();
    let mut waiting = Box::pin(mailbox.ask(0, || Admission::Enqueue, |_| ()));
    assert_eq!(waiting.as_mut().now_or_never(), None);
    for request in 1..=1_000 {
        let mut dropped = Box::pin(mailbox.ask(request, || Admission::Enqueue, |_| ()));
        assert_eq!(dropped.as_mut().now_or_never(), None);
        drop(dropped);
        let (queue, replies) = mailbox.lengths();
        assert!(queue <= 2 && replies <= 2, "{queue} in the queue, {replies} replies");
    }
    let mut batch = Vec::new();
    mailbox.take(2, &mut batch);
    assert_eq!(batch.iter().map(|envelope| envelope.request).collect::<Vec<_>>(), [0]);
    assert_eq!(mailbox.deliver(batch[0].reply_slot, 10), None);
    assert_eq!(waiting.as_mut().now_or_never(), Some(Some(10)));
}

/// A request that was taken before its caller was dropped is no longer in the queue, so the
/// server frees its reply slot.
#[test]
fn a_dropped_request_that_was_taken_keeps_its_reply_slot_until_it_is_answered() {
    let mailbox = Mailbox::<u64, u64>::default();
    let mut dropped = Box::pin(mailbox.ask(1, || Admission::Enqueue, |_| ()));
    assert_eq!(dropped.as_mut().now_or_never(), None);
    let mut batch = Vec::new();
    mailbox.take(1, &mut batch);
    drop(dropped);
    assert_eq!(mailbox.lengths(), (0, 1));
    assert_eq!(mailbox.deliver(batch[0].reply_slot, 10), Some(10), "the reply is returned");
    assert_eq!(mailbox.lengths(), (0, 0));
}

impl<Q, R> Mailbox<Q, R> {
    /// Returns the numbers of requests and replies that it holds.
    fn lengths(&self) -> (usize, usize) {
        self.inner.lock().as_ref().map_or((0, 0), |open| (open.queue.len(), open.replies.len()))
    }
}
