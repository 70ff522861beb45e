//! A multi-producer queue in which every request has a slot for its reply.
//!
//! Queues and actors share it. A caller enqueues a request and waits. A server takes requests in
//! order and delivers replies. Queue and reply slots lie in one allocation, made for the first
//! request and kept until the mailbox is closed. So a request costs no allocation of its own, and
//! an idle mailbox takes two words.
//!
//! Requests are served first in, first out, however many wait, so none of them starves. The queue
//! has no capacity, because a capacity would bound nothing: a caller has one request in it and
//! waits for the reply, and a caller that waited for room would cost as much memory as its request
//! does. The number of callers bounds the queue. A request whose caller is dropped before it is
//! taken is never executed. Such requests make up at most half of the queue, so callers that time
//! out and retry do not fill the memory.

#[cfg(all(test, hotrow_loom))]
mod models;

use std::{
    collections::VecDeque,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use slab::Slab;

use crate::sync::Mutex;

/// A queue of requests `Q`, each answered by a reply `R`.
pub(super) struct Mailbox<Q, R> {
    /// `None` while no request waits and no reply is pending.
    inner: Mutex<Option<Box<Inner<Q, R>>>>,
}

struct Inner<Q, R> {
    queue: VecDeque<Envelope<Q>>,
    replies: Slab<Reply<R>>,
    /// An upper bound on the queued requests whose callers were dropped.
    abandoned: usize,
    /// Whether the memory is freed as soon as the last reply is collected.
    closing: bool,
}

/// A request, and the slot for its reply.
#[derive(Clone, Copy)]
pub(super) struct Envelope<Q> {
    pub(super) request: Q,
    pub(super) reply_slot: usize,
}

enum Reply<R> {
    Pending(Waker),
    /// The caller was dropped.
    Abandoned,
    Arrived(R),
}

/// What a caller does with its request, decided under the lock of the queue.
pub(super) enum Admission {
    /// The caller enqueues it and waits for the reply.
    Enqueue,
    /// The caller proceeds without the queue: no request is before it.
    Proceed,
}

enum Enqueued {
    InQueue(usize),
    Proceeded,
}

impl<Q, R> Default for Mailbox<Q, R> {
    fn default() -> Mailbox<Q, R> {
        Mailbox { inner: Mutex::new(None) }
    }
}

impl<Q: Copy, R> Mailbox<Q, R> {
    /// Sends `request` and waits for its reply. The reply is `None` if `admission` lets the caller
    /// proceed.
    ///
    /// `admission` is called under the lock of the queue, so its decision holds until the request
    /// is enqueued. `on_orphaned_reply` receives a reply whose caller was dropped before it was
    /// collected.
    pub(super) fn ask<D, U>(
        &self,
        request: Q,
        admission: D,
        on_orphaned_reply: U,
    ) -> Ask<'_, Q, R, D, U>
    where
        D: FnMut() -> Admission,
        U: FnMut(R),
    {
        Ask { mailbox: self, request, admission, on_orphaned_reply, state: State::NotSent }
    }

    /// Takes up to `max` requests from the head of the queue, in order. It discards requests of
    /// dropped callers.
    pub(super) fn take(&self, max: usize, batch: &mut Vec<Envelope<Q>>) {
        if let Some(inner) = self.inner.lock().as_deref_mut() {
            inner.take(max, batch);
        }
    }

    /// Delivers a reply, or returns it if its caller was dropped.
    pub(super) fn deliver(&self, reply_slot: usize, reply: R) -> Option<R> {
        match self.inner.lock().as_deref_mut() {
            Some(inner) => match inner.deliver(reply_slot, reply) {
                Ok(waker) => {
                    waker.wake();
                    None
                }
                Err(reply) => Some(reply),
            },
            None => Some(reply),
        }
    }

    /// Delivers many replies under one lock, and discards replies to dropped callers. It leaves
    /// both lists empty, ready for reuse.
    pub(super) fn deliver_all(&self, replies: &mut Vec<(usize, R)>, wakers: &mut Vec<Waker>) {
        if let Some(inner) = self.inner.lock().as_deref_mut() {
            wakers.extend(
                replies
                    .drain(..)
                    .filter_map(|(reply_slot, reply)| inner.deliver(reply_slot, reply).ok()),
            );
        }
        wakers.drain(..).for_each(Waker::wake);
    }

    /// Calls `close` and frees the memory, unless the queue holds a request. Returns whether it
    /// closed.
    pub(super) fn close_if_empty(&self, close: impl FnOnce()) -> bool {
        let mut inner = self.inner.lock();
        if inner.as_ref().is_some_and(|inner| !inner.queue.is_empty()) {
            return false;
        }
        close();
        if let Some(open) = inner.as_deref_mut() {
            open.closing = true;
        }
        Self::free_if_unused(&mut inner);
        true
    }

    /// Calls `close` and answers every waiting caller with `reply()`, since no server is left. A
    /// reply that has arrived and is not yet collected stays.
    pub(super) fn close(&self, close: impl FnOnce(), reply: impl Fn() -> R) {
        let mut inner = self.inner.lock();
        close();
        let Some(open) = inner.as_deref_mut() else { return };
        let unanswered = open.replies.iter().filter(|(_, r)| !matches!(r, Reply::Arrived(_)));
        let reply_slots: Vec<usize> = unanswered.map(|(reply_slot, _)| reply_slot).collect();
        open.queue.clear();
        open.abandoned = 0;
        open.closing = true;
        let woken: Vec<Waker> =
            reply_slots.into_iter().filter_map(|slot| open.deliver(slot, reply()).ok()).collect();
        Self::free_if_unused(&mut inner);
        drop(inner);
        woken.into_iter().for_each(Waker::wake);
    }

    fn enqueue(
        &self,
        request: Q,
        waker: &Waker,
        admission: &mut impl FnMut() -> Admission,
    ) -> Enqueued {
        let mut inner = self.inner.lock();
        match admission() {
            Admission::Proceed => Enqueued::Proceeded,
            Admission::Enqueue => {
                let open = inner.get_or_insert_default();
                open.closing = false;
                let reply_slot = open.replies.insert(Reply::Pending(waker.clone()));
                open.queue.push_back(Envelope { request, reply_slot });
                Enqueued::InQueue(reply_slot)
            }
        }
    }

    fn collect(&self, reply_slot: usize, waker: &Waker) -> Option<R> {
        let mut inner = self.inner.lock();
        let open =
            inner.as_deref_mut().expect("a mailbox keeps its memory while a reply is pending");
        if let Reply::Pending(known) = &mut open.replies[reply_slot] {
            known.clone_from(waker);
            return None;
        }
        let reply = open.replies.remove(reply_slot);
        Self::free_if_unused(&mut inner);
        match reply {
            Reply::Arrived(reply) => Some(reply),
            Reply::Pending(_) | Reply::Abandoned => {
                unreachable!("only its caller abandons a request, and that caller polls here")
            }
        }
    }

    /// Stops waiting, and returns the reply if it has already arrived.
    fn abandon(&self, reply_slot: usize) -> Option<R> {
        let mut inner = self.inner.lock();
        let open =
            inner.as_deref_mut().expect("a mailbox keeps its memory while a reply is pending");
        let Reply::Arrived(_) = &open.replies[reply_slot] else {
            open.abandon(reply_slot);
            return None;
        };
        let reply = open.replies.remove(reply_slot);
        Self::free_if_unused(&mut inner);
        match reply {
            Reply::Arrived(reply) => Some(reply),
            Reply::Pending(_) | Reply::Abandoned => None,
        }
    }

    fn free_if_unused(inner: &mut Option<Box<Inner<Q, R>>>) {
        // Each queued request has a reply slot, so without slots the queue is empty.
        inner.take_if(|open| open.closing && open.replies.is_empty());
    }
}

impl<Q, R> Default for Inner<Q, R> {
    fn default() -> Inner<Q, R> {
        Inner { queue: VecDeque::new(), replies: Slab::new(), abandoned: 0, closing: false }
    }
}

impl<Q: Copy, R> Inner<Q, R> {
    fn take(&mut self, max: usize, batch: &mut Vec<Envelope<Q>>) {
        while batch.len() < max {
            let Some(envelope) = self.queue.pop_front() else { break };
            match self.replies[envelope.reply_slot] {
                Reply::Abandoned => drop(self.replies.remove(envelope.reply_slot)),
                _ => batch.push(envelope),
            }
        }
    }

    /// Marks a request whose caller was dropped. The request may be in the queue or already taken.
    fn abandon(&mut self, reply_slot: usize) {
        self.replies[reply_slot] = Reply::Abandoned;
        self.abandoned += 1;
        if self.queue.len() < 2 * self.abandoned {
            self.sweep();
        }
    }

    /// Removes the requests of dropped callers from the queue. It runs once they may be half of the
    /// queue, so its cost per removed request is constant.
    fn sweep(&mut self) {
        let replies = &mut self.replies;
        self.queue.retain(|envelope| {
            let awaited = !matches!(replies[envelope.reply_slot], Reply::Abandoned);
            if !awaited {
                replies.remove(envelope.reply_slot);
            }
            awaited
        });
        self.abandoned = 0;
    }

    /// Stores a reply in its slot and returns the waker of its caller, or the reply itself if its
    /// caller was dropped.
    fn deliver(&mut self, reply_slot: usize, reply: R) -> Result<Waker, R> {
        match mem::replace(&mut self.replies[reply_slot], Reply::Arrived(reply)) {
            Reply::Pending(waker) => Ok(waker),
            Reply::Abandoned | Reply::Arrived(_) => match self.replies.remove(reply_slot) {
                Reply::Arrived(reply) => Err(reply),
                Reply::Pending(_) | Reply::Abandoned => {
                    unreachable!("the reply was stored one statement before")
                }
            },
        }
    }
}

/// The future of [`Mailbox::ask`].
pub(super) struct Ask<'a, Q, R, D, U>
where
    Q: Copy,
    U: FnMut(R),
{
    mailbox: &'a Mailbox<Q, R>,
    request: Q,
    admission: D,
    on_orphaned_reply: U,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    NotSent,
    InQueue(usize),
    Done,
}

impl<Q, R, D, U> Future for Ask<'_, Q, R, D, U>
where
    Q: Copy + Unpin,
    D: FnMut() -> Admission + Unpin,
    U: FnMut(R) + Unpin,
{
    type Output = Option<R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<R>> {
        let ask = self.get_mut();
        let reply = match ask.state {
            State::NotSent => {
                match ask.mailbox.enqueue(ask.request, cx.waker(), &mut ask.admission) {
                    Enqueued::InQueue(reply_slot) => {
                        ask.state = State::InQueue(reply_slot);
                        return Poll::Pending;
                    }
                    Enqueued::Proceeded => None,
                }
            }
            State::InQueue(reply_slot) => match ask.mailbox.collect(reply_slot, cx.waker()) {
                None => return Poll::Pending,
                reply => reply,
            },
            State::Done => panic!("the future of a request is polled again after its reply"),
        };
        ask.state = State::Done;
        Poll::Ready(reply)
    }
}

impl<Q: Copy, R, D, U: FnMut(R)> Drop for Ask<'_, Q, R, D, U> {
    fn drop(&mut self) {
        if let State::InQueue(reply_slot) = self.state
            && let Some(reply) = self.mailbox.abandon(reply_slot)
        {
            (self.on_orphaned_reply)(reply);
        }
    }
}

#[cfg(test)]
mod tests;
