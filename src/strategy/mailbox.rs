//! A bounded line of requests, each with a place for its reply.
//!
//! What queues and actors share. A caller posts a request and waits; whoever serves the line takes
//! requests in order and delivers their replies. Line and replies lie in one allocation that is
//! made for the first request and kept until the mailbox is retired, so that a request costs no
//! allocation of its own, and an idle mailbox is two words.
//!
//! The line holds [`BACKLOG_MAX`] requests. A caller that finds it full waits outside, without a
//! place in the order, and is woken when there is room: a burst costs latency and not memory, and
//! nothing is lost. A caller that goes away before its request is taken has not asked.

use std::{
    collections::VecDeque,
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use slab::Slab;

use crate::sync::Mutex;

/// Requests that may wait in a line. Past this the caller waits outside, so that a burst costs
/// latency and not memory.
pub const BACKLOG_MAX: usize = if cfg!(hotrow_loom) { 1 } else { 1_024 };

/// A bounded line of requests `Q` that are answered by replies `R`.
pub(super) struct Mailbox<Q, R> {
    /// Absent while nobody uses it.
    office: Mutex<Option<Box<Office<Q, R>>>>,
}

struct Office<Q, R> {
    line: VecDeque<Letter<Q>>,
    replies: Slab<Reply<R>>,
    /// Callers that wait for room in the line.
    outside: Vec<Waker>,
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
    LineFull,
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
        Ask { mailbox: self, request, door, unclaimed, stage: Stage::Outside }
    }

    /// Takes up to `max` requests from the head of the line, in order. Requests whose callers went
    /// away are left out.
    pub(super) fn take(&self, max: usize, batch: &mut Vec<Letter<Q>>) {
        let woken = match self.office.lock().as_deref_mut() {
            Some(office) => office.take(max, batch),
            None => Vec::new(),
        };
        woken.into_iter().for_each(Waker::wake);
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
        open.retired = true;
        let mut woken = mem::take(&mut open.outside);
        woken.extend(tickets.into_iter().filter_map(|t| open.deliver(t, reply()).ok()));
        Self::free_if_unused(&mut office);
        drop(office);
        woken.into_iter().for_each(Waker::wake);
    }

    fn join(&self, request: Q, waker: &Waker, door: &mut impl FnMut() -> Door) -> Joined {
        let mut office = self.office.lock();
        if let Some(open) = office.as_deref_mut()
            && open.line.len() == BACKLOG_MAX
        {
            open.wait_outside(waker);
            return Joined::LineFull;
        }
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
            open.replies[ticket] = Reply::Abandoned;
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
        Office { line: VecDeque::new(), replies: Slab::new(), outside: Vec::new(), retired: false }
    }
}

impl<Q: Copy, R> Office<Q, R> {
    fn take(&mut self, max: usize, batch: &mut Vec<Letter<Q>>) -> Vec<Waker> {
        while batch.len() < max {
            let Some(letter) = self.line.pop_front() else { break };
            match self.replies[letter.ticket] {
                Reply::Abandoned => drop(self.replies.remove(letter.ticket)),
                _ => batch.push(letter),
            }
        }
        mem::take(&mut self.outside)
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

    fn wait_outside(&mut self, waker: &Waker) {
        if !self.outside.iter().any(|known| known.will_wake(waker)) {
            self.outside.push(waker.clone());
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
    Outside,
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
            Stage::Outside => match ask.mailbox.join(ask.request, cx.waker(), &mut ask.door) {
                Joined::LineFull => return Poll::Pending,
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
}
