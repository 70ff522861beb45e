//! A line of requests, each with a place for its reply.
//!
//! What queues and actors share. A caller posts a request and waits; the server of the line takes
//! requests in order and delivers their replies. Line and replies lie in one allocation that is
//! made for the first request and kept until the mailbox is retired, so that a request costs no
//! allocation of its own, and an idle mailbox is two words.
//!
//! Requests are served in the order in which they come, however many wait, so none of them starves.
//! The line has no capacity, because one would bound nothing: a caller has one request in it and
//! waits for the reply, and a caller that waited for room would cost as much memory as its request
//! does. What bounds the callers bounds the line. A request whose caller went away is never taken,
//! and requests like it make up half of the line at most, so that callers which give up and ask
//! again do not fill the memory.

use std::{
    collections::VecDeque,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use slab::Slab;

use crate::sync::Mutex;

/// A line of requests `Q` that are answered by replies `R`.
pub(super) struct Mailbox<Q, R> {
    /// Absent while nobody uses it.
    office: Mutex<Option<Box<Office<Q, R>>>>,
}

struct Office<Q, R> {
    line: VecDeque<Letter<Q>>,
    replies: Slab<Reply<R>>,
    /// At least as many as there are requests in the line whose callers went away.
    abandoned: usize,
    /// Whether it may go as soon as the last reply is collected.
    retired: bool,
}

/// A request, and the number under which its reply is expected.
#[derive(Clone, Copy)]
pub(super) struct Letter<Q> {
    pub(super) request: Q,
    pub(super) ticket: usize,
}

enum Reply<R> {
    Awaited(Waker),
    /// The caller went away.
    Abandoned,
    Arrived(R),
}

/// What a caller that comes to the line is told.
pub(super) enum Door {
    /// Stand in line.
    Join,
    /// Nobody is before you: there is no need for a line.
    GoAhead,
}

enum Joined {
    InLine(usize),
    WentAhead,
}

impl<Q, R> Default for Mailbox<Q, R> {
    fn default() -> Mailbox<Q, R> {
        Mailbox { office: Mutex::new(None) }
    }
}

impl<Q: Copy, R> Mailbox<Q, R> {
    /// Asks `request` and waits for its reply, which is none if `door` let the caller go ahead.
    ///
    /// `door` is called with the line held still, so what it decides is true until the caller
    /// stands in it. `unclaimed` takes a reply that arrived after the caller went away.
    pub(super) fn ask<D, U>(&self, request: Q, door: D, unclaimed: U) -> Ask<'_, Q, R, D, U>
    where
        D: FnMut() -> Door,
        U: FnMut(R),
    {
        Ask { mailbox: self, request, door, unclaimed, stage: Stage::Unasked }
    }

    /// Takes up to `max` requests from the head of the line, in order. Requests whose callers went
    /// away are left out.
    pub(super) fn take(&self, max: usize, batch: &mut Vec<Letter<Q>>) {
        if let Some(office) = self.office.lock().as_deref_mut() {
            office.take(max, batch);
        }
    }

    /// Delivers a reply, or gives it back if its caller went away.
    pub(super) fn deliver(&self, ticket: usize, reply: R) -> Option<R> {
        match self.office.lock().as_deref_mut() {
            Some(office) => match office.deliver(ticket, reply) {
                Ok(waker) => {
                    waker.wake();
                    None
                }
                Err(reply) => Some(reply),
            },
            None => Some(reply),
        }
    }

    /// Delivers many replies at the cost of one lock; those whose callers went away are dropped.
    /// Leaves both lists empty, to be used again.
    pub(super) fn deliver_all(&self, replies: &mut Vec<(usize, R)>, wakers: &mut Vec<Waker>) {
        if let Some(office) = self.office.lock().as_deref_mut() {
            wakers.extend(
                replies.drain(..).filter_map(|(ticket, reply)| office.deliver(ticket, reply).ok()),
            );
        }
        wakers.drain(..).for_each(Waker::wake);
    }

    /// Calls `close` and lets the memory go, unless somebody stands in the line. Says whether.
    pub(super) fn retire(&self, close: impl FnOnce()) -> bool {
        let mut office = self.office.lock();
        if office.as_ref().is_some_and(|office| !office.line.is_empty()) {
            return false;
        }
        close();
        if let Some(open) = office.as_deref_mut() {
            open.retired = true;
        }
        Self::free_if_unused(&mut office);
        true
    }

    /// Calls `close`, and answers everybody who waits with what `reply` says: nobody is left to
    /// serve them. A reply that has arrived and is not yet collected stays.
    pub(super) fn forsake(&self, close: impl FnOnce(), reply: impl Fn() -> R) {
        let mut office = self.office.lock();
        close();
        let Some(open) = office.as_deref_mut() else { return };
        let unanswered = open.replies.iter().filter(|(_, r)| !matches!(r, Reply::Arrived(_)));
        let tickets: Vec<usize> = unanswered.map(|(ticket, _)| ticket).collect();
        open.line.clear();
        open.abandoned = 0;
        open.retired = true;
        let woken: Vec<Waker> =
            tickets.into_iter().filter_map(|t| open.deliver(t, reply()).ok()).collect();
        Self::free_if_unused(&mut office);
        drop(office);
        woken.into_iter().for_each(Waker::wake);
    }

    fn join(&self, request: Q, waker: &Waker, door: &mut impl FnMut() -> Door) -> Joined {
        let mut office = self.office.lock();
        match door() {
            Door::GoAhead => Joined::WentAhead,
            Door::Join => {
                let open = office.get_or_insert_default();
                open.retired = false;
                let ticket = open.replies.insert(Reply::Awaited(waker.clone()));
                open.line.push_back(Letter { request, ticket });
                Joined::InLine(ticket)
            }
        }
    }

    fn collect(&self, ticket: usize, waker: &Waker) -> Option<R> {
        let mut office = self.office.lock();
        let open = office.as_deref_mut().expect("a mailbox stays while a reply is awaited");
        if let Reply::Awaited(known) = &mut open.replies[ticket] {
            known.clone_from(waker);
            return None;
        }
        let reply = open.replies.remove(ticket);
        Self::free_if_unused(&mut office);
        match reply {
            Reply::Arrived(reply) => Some(reply),
            Reply::Awaited(_) | Reply::Abandoned => {
                unreachable!("only its caller abandons a request, and it is here")
            }
        }
    }

    /// Gives up waiting; a reply that has arrived meanwhile is given to nobody else.
    fn abandon(&self, ticket: usize) -> Option<R> {
        let mut office = self.office.lock();
        let open = office.as_deref_mut().expect("a mailbox stays while a reply is awaited");
        let Reply::Arrived(_) = &open.replies[ticket] else {
            open.abandon(ticket);
            return None;
        };
        let reply = open.replies.remove(ticket);
        Self::free_if_unused(&mut office);
        match reply {
            Reply::Arrived(reply) => Some(reply),
            Reply::Awaited(_) | Reply::Abandoned => None,
        }
    }

    fn free_if_unused(office: &mut Option<Box<Office<Q, R>>>) {
        office.take_if(|open| open.retired && open.line.is_empty() && open.replies.is_empty());
    }
}

impl<Q, R> Default for Office<Q, R> {
    fn default() -> Office<Q, R> {
        Office { line: VecDeque::new(), replies: Slab::new(), abandoned: 0, retired: false }
    }
}

impl<Q: Copy, R> Office<Q, R> {
    fn take(&mut self, max: usize, batch: &mut Vec<Letter<Q>>) {
        while batch.len() < max {
            let Some(letter) = self.line.pop_front() else { break };
            match self.replies[letter.ticket] {
                Reply::Abandoned => drop(self.replies.remove(letter.ticket)),
                _ => batch.push(letter),
            }
        }
    }

    /// Notes that the caller of a request went away, which may be in the line or taken out of it.
    fn abandon(&mut self, ticket: usize) {
        self.replies[ticket] = Reply::Abandoned;
        self.abandoned += 1;
        if self.line.len() < 2 * self.abandoned {
            self.sweep();
        }
    }

    /// Removes the requests whose callers went away from the line. It happens after so many of them
    /// that the walk costs each a constant time.
    fn sweep(&mut self) {
        let replies = &mut self.replies;
        self.line.retain(|letter| {
            let awaited = !matches!(replies[letter.ticket], Reply::Abandoned);
            if !awaited {
                replies.remove(letter.ticket);
            }
            awaited
        });
        self.abandoned = 0;
    }

    /// Puts a reply where its caller finds it, and gives who is to be woken, or the reply itself
    /// if its caller went away.
    fn deliver(&mut self, ticket: usize, reply: R) -> Result<Waker, R> {
        match mem::replace(&mut self.replies[ticket], Reply::Arrived(reply)) {
            Reply::Awaited(waker) => Ok(waker),
            Reply::Abandoned | Reply::Arrived(_) => match self.replies.remove(ticket) {
                Reply::Arrived(reply) => Err(reply),
                Reply::Awaited(_) | Reply::Abandoned => {
                    unreachable!("it was put there a line before")
                }
            },
        }
    }
}

/// A request on its way: [`Mailbox::ask`].
pub(super) struct Ask<'a, Q, R, D, U>
where
    Q: Copy,
    U: FnMut(R),
{
    mailbox: &'a Mailbox<Q, R>,
    request: Q,
    door: D,
    unclaimed: U,
    stage: Stage,
}

#[derive(Clone, Copy)]
enum Stage {
    Unasked,
    InLine(usize),
    Over,
}

impl<Q, R, D, U> Future for Ask<'_, Q, R, D, U>
where
    Q: Copy + Unpin,
    D: FnMut() -> Door + Unpin,
    U: FnMut(R) + Unpin,
{
    type Output = Option<R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<R>> {
        let ask = self.get_mut();
        let reply = match ask.stage {
            Stage::Unasked => match ask.mailbox.join(ask.request, cx.waker(), &mut ask.door) {
                Joined::InLine(ticket) => {
                    ask.stage = Stage::InLine(ticket);
                    return Poll::Pending;
                }
                Joined::WentAhead => None,
            },
            Stage::InLine(ticket) => match ask.mailbox.collect(ticket, cx.waker()) {
                None => return Poll::Pending,
                reply => reply,
            },
            Stage::Over => panic!("a request is polled again after its reply"),
        };
        ask.stage = Stage::Over;
        Poll::Ready(reply)
    }
}

impl<Q: Copy, R, D, U: FnMut(R)> Drop for Ask<'_, Q, R, D, U> {
    fn drop(&mut self) {
        if let Stage::InLine(ticket) = self.stage
            && let Some(reply) = self.mailbox.abandon(ticket)
        {
            (self.unclaimed)(reply);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that answers one caller and then goes away must not take the answer with it: the
    /// caller would come for it and find nothing, or what somebody else is told.
    #[test]
    fn a_reply_that_has_arrived_outlives_its_server() {
        let mailbox = Mailbox::<u64, u64>::default();
        let mut asked = Box::pin(mailbox.ask(1, || Door::Join, |_| ()));
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(asked.as_mut().poll(&mut cx), Poll::Pending);
        let mut batch = Vec::new();
        mailbox.take(1, &mut batch);
        assert_eq!(mailbox.deliver(batch[0].ticket, 10), None);
        mailbox.forsake(|| (), || 0);
        assert_eq!(asked.as_mut().poll(&mut cx), Poll::Ready(Some(10)));
        assert!(mailbox.office.lock().is_none(), "an office that is not used is given up");
    }

    /// A client that gives up before its request is taken must not have it executed. Seen by a batch
    /// that holds the request of a future that was dropped.
    #[test]
    fn a_request_that_is_dropped_in_line_is_not_taken() {
        let mailbox = Mailbox::<u64, u64>::default();
        let mut cx = Context::from_waker(Waker::noop());
        let mut dropped = Box::pin(mailbox.ask(1, || Door::Join, |_| ()));
        let mut stays = Box::pin(mailbox.ask(2, || Door::Join, |_| ()));
        assert_eq!(dropped.as_mut().poll(&mut cx), Poll::Pending);
        assert_eq!(stays.as_mut().poll(&mut cx), Poll::Pending);
        drop(dropped);
        let mut batch = Vec::new();
        mailbox.take(2, &mut batch);
        let requests: Vec<u64> = batch.iter().map(|letter| letter.request).collect();
        assert_eq!(requests, [2]);
    }

    /// A client with a deadline asks, gives up and asks again while the holder of the turn is stalled.
    /// Its requests must not pile up. Seen by the length of the line, which the one that waits shares
    /// with one that was given up at most.
    #[test]
    fn requests_that_are_given_up_do_not_fill_the_line() {
        let mailbox = Mailbox::<u64, u64>::default();
        let mut cx = Context::from_waker(Waker::noop());
        let mut stays = Box::pin(mailbox.ask(0, || Door::Join, |_| ()));
        assert_eq!(stays.as_mut().poll(&mut cx), Poll::Pending);
        for request in 1..=1_000 {
            let mut given_up = Box::pin(mailbox.ask(request, || Door::Join, |_| ()));
            assert_eq!(given_up.as_mut().poll(&mut cx), Poll::Pending);
            drop(given_up);
            let (line, replies) = mailbox.lengths();
            assert!(line <= 2 && replies <= 2, "{line} in line, {replies} replies");
        }
        let mut batch = Vec::new();
        mailbox.take(2, &mut batch);
        assert_eq!(batch.iter().map(|letter| letter.request).collect::<Vec<_>>(), [0]);
        assert_eq!(mailbox.deliver(batch[0].ticket, 10), None);
        assert_eq!(stays.as_mut().poll(&mut cx), Poll::Ready(Some(10)));
    }

    /// A request that was taken and then given up is no longer in the line, and its place among the
    /// replies is the server's to free.
    #[test]
    fn a_request_that_is_given_up_after_it_was_taken_keeps_its_place_until_it_is_answered() {
        let mailbox = Mailbox::<u64, u64>::default();
        let mut cx = Context::from_waker(Waker::noop());
        let mut given_up = Box::pin(mailbox.ask(1, || Door::Join, |_| ()));
        assert_eq!(given_up.as_mut().poll(&mut cx), Poll::Pending);
        let mut batch = Vec::new();
        mailbox.take(1, &mut batch);
        drop(given_up);
        assert_eq!(mailbox.lengths(), (0, 1));
        assert_eq!(mailbox.deliver(batch[0].ticket, 10), Some(10), "the reply comes back");
        assert_eq!(mailbox.lengths(), (0, 0));
    }

    impl<Q, R> Mailbox<Q, R> {
        /// How many requests and replies it holds.
        fn lengths(&self) -> (usize, usize) {
            self.office.lock().as_ref().map_or((0, 0), |open| (open.line.len(), open.replies.len()))
        }
    }
}
