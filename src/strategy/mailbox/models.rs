//! Models of the mailbox: requests, replies, and callers that are dropped between the two.

use loom::future::block_on;

use super::{Admission, Envelope, Mailbox};
use crate::{
    store::models::poll,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        explored::explore,
        thread,
    },
};

/// Two callers and a server. Each caller gets the reply to its own request. A lost wake-up would
/// leave one waiting; a reply slot that was assigned twice would answer it with the other caller's
/// reply.
#[test]
fn two_callers_of_a_mailbox_are_both_answered() {
    explore(|| {
        let mailbox = Arc::new(Mailbox::<u64, u64>::default());
        let (other, server) = (Arc::clone(&mailbox), Arc::clone(&mailbox));
        let server = thread::spawn(move || serve(&server, 2));
        let thread = thread::spawn(move || ask(&other, 2));
        ask(&mailbox, 1);
        thread.join().unwrap();
        server.join().unwrap();
    });
}

fn ask(mailbox: &Mailbox<u64, u64>, request: u64) {
    let reply = block_on(mailbox.ask(request, || Admission::Enqueue, |_| ()));
    assert_eq!(reply, Some(request * 10));
}

fn serve(mailbox: &Mailbox<u64, u64>, requests: usize) {
    let mut served = 0;
    let mut batch = Vec::new();
    while served < requests {
        mailbox.take(1, &mut batch);
        if batch.is_empty() {
            thread::yield_now();
        }
        for Envelope { request, reply_slot } in batch.drain(..) {
            mailbox.deliver(reply_slot, request * 10);
            served += 1;
        }
    }
}

/// A caller is dropped while its request is taken and answered. Exactly one party gets the reply:
/// the server, to which it is returned, or the handler of orphaned replies. If neither got it, a
/// lock would be lost. If both got it, the lock would have two holders.
#[test]
fn a_reply_to_a_dropped_caller_has_exactly_one_owner() {
    explore(|| {
        let mailbox = Arc::new(Mailbox::<u64, u64>::default());
        let orphaned = Arc::new(AtomicBool::new(false));
        let (other, mark) = (Arc::clone(&mailbox), Arc::clone(&orphaned));
        let thread = thread::spawn(move || {
            let request =
                other.ask(1, || Admission::Enqueue, |_| mark.store(true, Ordering::Relaxed));
            poll(request, 2).is_some()
        });
        let mut batch = Vec::new();
        mailbox.take(1, &mut batch);
        let taken = batch.pop();
        let back = taken.map(|envelope| mailbox.deliver(envelope.reply_slot, 10).is_some());
        let collected = thread.join().unwrap();
        let orphaned = orphaned.load(Ordering::Relaxed);
        match back {
            None => assert!(!collected && !orphaned, "there is no reply yet"),
            Some(back) => {
                let owners = [collected, orphaned, back];
                assert_eq!(owners.iter().filter(|&&owner| owner).count(), 1, "{owners:?}");
            }
        }
    });
}

/// A server answers a caller and closes the mailbox before the caller collects the reply. The reply
/// must stay. Otherwise the caller would find an empty reply slot, or the reply of another request.
#[test]
fn a_reply_that_has_arrived_outlives_its_server() {
    explore(|| {
        let mailbox = Arc::new(Mailbox::<u64, u64>::default());
        let other = Arc::clone(&mailbox);
        let thread = thread::spawn(move || {
            serve(&other, 1);
            other.close(|| (), || 0);
        });
        ask(&mailbox, 1);
        thread.join().unwrap();
    });
}

/// A caller enqueues while the mailbox is closed because it is empty. Either the server sees the
/// request, or `admission` lets the caller proceed. Between the two it would wait forever.
#[test]
fn no_request_enters_a_mailbox_that_is_closed() {
    explore(|| {
        let mailbox = Arc::new(Mailbox::<u64, u64>::default());
        let open = Arc::new(AtomicBool::new(true));
        let (other, is_open) = (Arc::clone(&mailbox), Arc::clone(&open));
        let thread = thread::spawn(move || {
            let admission = || match is_open.load(Ordering::Relaxed) {
                true => Admission::Enqueue,
                false => Admission::Proceed,
            };
            block_on(other.ask(1, admission, |_| ()))
        });
        let closing = mailbox.close_if_empty(|| open.store(false, Ordering::Relaxed));
        if !closing {
            serve(&mailbox, 1);
        }
        assert_eq!(thread.join().unwrap(), (!closing).then_some(10));
    });
}

/// Seeded bugs, each of which a model must detect.
mod wrong {
    use std::task::{Poll, Waker};

    use super::*;
    use crate::sync::{Mutex, explored::assert_model_fails};

    /// A caller looks for its reply, releases the lock, and then stores its waker. A reply that
    /// arrives in between wakes no caller (a lost wake-up).
    #[test]
    fn a_waker_that_is_stored_too_late() {
        assert_model_fails(
            "strategy::mailbox::models::wrong::a_waker_that_is_stored_too_late",
            || {
                let slot = Arc::new(Mutex::new((None::<u64>, None::<Waker>)));
                let other = Arc::clone(&slot);
                let thread = thread::spawn(move || {
                    let mut slot = other.lock();
                    slot.0 = Some(10);
                    let waker = slot.1.take();
                    drop(slot);
                    waker.into_iter().for_each(Waker::wake);
                });
                let reply = block_on(std::future::poll_fn(|cx| {
                    let reply = slot.lock().0.take();
                    match reply {
                        Some(reply) => Poll::Ready(reply),
                        None => {
                            slot.lock().1 = Some(cx.waker().clone());
                            Poll::Pending
                        }
                    }
                }));
                assert_eq!(reply, 10);
                thread.join().unwrap();
            },
        );
    }
}
