//! [Flat combining](https://doi.org/10.1145/1810479.1810540) (Hendler, Incze, Shavit, Tzafrir
//! 2010): a lock and a queue of requests per user.
//!
//! A caller that finds the lock free takes it with one atomic instruction, executes its own command
//! and unlocks with another instruction: no task, no allocation, no context switch. A caller that
//! finds it taken spins briefly, then enqueues its request. The lock holder executes the enqueued
//! requests in order, up to a bound, and then passes the lock to the caller whose request is next.
//! So under contention one thread works with a warm cache, and the other callers sleep instead of
//! waking for one command each.
//!
//! It wins on one hot row with more callers than cores, where a mutex pays for a context switch at
//! each handoff.
//!
//! It loses a little against a mutex where commands seldom meet, and to compare-and-set in
//! throughput. A caller that combines for others gets its own answer later.
//!
//! It guarantees:
//! - Order: first in, first out. A command overtakes only an empty queue, so no request starves.
//! - Cancellation: a request whose future is dropped before it is taken is not executed. A lock
//!   holder whose future is dropped passes the lock on.
//! - Rejection: a value for its own caller.
//! - Panic: its caller gets an indeterminate outcome, and the lock holder goes on serving the
//!   queue.
//! - Memory: 24 bytes beside the account, and a queue while requests wait.

#[cfg(all(test, hotrow_loom))]
mod models;

use std::mem;

use super::{
    Base, ConcurrencyStrategy, Family, Guarantees, Scope,
    mailbox::{Admission, Envelope, Mailbox},
    step::catch_panic_sync,
};
use crate::{
    domain::{Account, Command, Fault, Outcome, UserId},
    store::{Snapshot, Store},
    sync::{
        atomic::{AtomicU8, Ordering},
        hint,
    },
};

/// Requests that a lock holder executes for other callers before it passes the lock on. The bound
/// lets its own caller get an answer while requests keep coming.
const COMBINE_MAX: usize = if cfg!(hotrow_loom) { 1 } else { 64 };

/// Attempts to take a held lock before a request is enqueued, which costs a wake-up.
const SPIN_ATTEMPTS_MAX: usize = if cfg!(hotrow_loom) { 1 } else { 8 };

/// Spin-loop hints before each attempt, about 10 ns each. An attempt without a pause takes the
/// cache line from the lock holder and slows down the step that it waits for.
const PAUSES_PER_ATTEMPT: u32 = 128;

/// Flat combining: a lock and a queue per user.
pub struct Queue<S>(Base<S>);

/// A lock whose holder executes the requests of the waiting callers. It takes 24 bytes while idle.
///
/// | state | lock | queue |
/// |---|---|---|
/// | `UNLOCKED` | free | empty |
/// | `LOCKED` | held | empty |
/// | `CONTENDED` | held | may hold requests: the holder looks before it unlocks |
#[derive(Default)]
pub struct CombiningLock {
    state: AtomicU8,
    pub(super) queue: Mailbox<Request, Grant>,
}

const UNLOCKED: u8 = 0;
const LOCKED: u8 = 1;
const CONTENDED: u8 = 2;

/// A request to the lock holder.
#[derive(Clone, Copy)]
pub(super) enum Request {
    Execute(Command),
    Read,
}

/// The lock holder's answer to a waiting caller.
pub(super) enum Grant {
    /// The lock holder executed the command.
    Executed(Outcome),
    /// The caller now holds the lock.
    LockHeld,
}

impl<S: Store<PerUserState = CombiningLock>> ConcurrencyStrategy for Queue<S> {
    type Store = S;

    const NAME: &'static str = "queue";
    const FAMILY: Family = Family::Queue;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: true,
        fifo: true,
        starvation_free: true,
        no_cross_user_blocking: true,
        no_idle_memory: true,
        scope: Scope::Process,
    };

    fn over(base: Base<S>) -> Queue<S> {
        Queue(base)
    }

    fn base(&self) -> &Base<S> {
        &self.0
    }

    #[inline(always)]
    fn execute_sync(&self, command: Command) -> Option<Outcome> {
        let entry = self.0.store.entry(command.user);
        match !S::IS_ASYNC && entry.try_lock() {
            true => Some(self.execute_holding(LockGuard(&entry), &entry, command)),
            false => None,
        }
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.0.store.entry(command.user);
        let guard = match entry.lock_or_enqueue::<S>(Request::Execute(command)).await {
            Grant::Executed(outcome) => return outcome,
            Grant::LockHeld => LockGuard(&entry),
        };
        match S::IS_ASYNC {
            true => self.0.step(&entry, command).await,
            false => self.execute_holding(guard, &entry, command),
        }
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.0.store.snapshot(user) {
            Snapshot::Consistent(account) => Ok(account),
            Snapshot::NeedsLoad(entry) => Ok(self.0.store.load(&entry).await?),
            Snapshot::NeedsLock(entry) => self.read_locked(&entry).await,
        }
    }
}

impl<S: Store<PerUserState = CombiningLock>> Queue<S> {
    #[inline(always)]
    fn execute_holding(
        &self,
        guard: LockGuard<'_>,
        entry: &S::Entry<'_>,
        command: Command,
    ) -> Outcome {
        let outcome = self.0.step_ready(entry, command);
        if let Err(guard) = guard.unlock() {
            self.combine(guard, entry);
        }
        outcome
    }

    async fn read_locked(&self, entry: &S::Entry<'_>) -> Result<Account, Fault> {
        entry.lock_or_enqueue::<S>(Request::Read).await;
        let _guard = LockGuard(entry);
        Ok(self.0.store.load(entry).await?)
    }

    /// Executes enqueued requests in order, up to [`COMBINE_MAX`], and passes the lock on.
    #[cold]
    fn combine(&self, guard: LockGuard<'_>, entry: &S::Entry<'_>) {
        for _ in 0..COMBINE_MAX {
            match entry.next_request() {
                Some(Envelope { request: Request::Execute(command), reply_slot }) => {
                    let ran = catch_panic_sync(|| self.0.step_ready(entry, command));
                    entry.queue.deliver(reply_slot, Grant::Executed(ran));
                }
                Some(Envelope { request: Request::Read, reply_slot }) => {
                    let passed = entry.queue.deliver(reply_slot, Grant::LockHeld).is_none();
                    if passed {
                        return guard.forget();
                    }
                }
                None => {
                    let closed = entry.unlock_if_empty();
                    if closed {
                        return guard.forget();
                    }
                }
            }
        }
    }
}

impl CombiningLock {
    /// Takes the lock, or enqueues `request` and waits for the answer of a lock holder.
    pub(super) async fn lock_or_enqueue<S: Store>(&self, request: Request) -> Grant {
        // On an asynchronous store the holder may be suspended. A spinning caller would keep it
        // from running.
        if self.try_lock() || (!S::IS_ASYNC && self.try_lock_spinning()) {
            return Grant::LockHeld;
        }
        let on_orphaned_reply = |grant| match grant {
            Grant::LockHeld => self.pass_lock(),
            Grant::Executed(_) => {}
        };
        let grant = self.queue.ask(request, || self.admission(), on_orphaned_reply).await;
        grant.unwrap_or(Grant::LockHeld)
    }

    #[inline]
    fn try_lock(&self) -> bool {
        // Acquire, with the release in `unlock` and `unlock_if_empty`: the caller sees all writes
        // of the last holder.
        self.state.compare_exchange(UNLOCKED, LOCKED, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    fn try_lock_spinning(&self) -> bool {
        (0..SPIN_ATTEMPTS_MAX).any(|_| {
            hint::pause(PAUSES_PER_ATTEMPT);
            self.state.load(Ordering::Relaxed) == UNLOCKED && self.try_lock()
        })
    }

    /// Marks the lock as contended, or takes it if it has become free. It is called under the lock
    /// of the queue, so a holder that looks at the queue before it unlocks sees the request that is
    /// enqueued next.
    fn admission(&self) -> Admission {
        loop {
            let marked = self.state.compare_exchange(
                LOCKED,
                CONTENDED,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            if marked != Err(UNLOCKED) {
                return Admission::Enqueue;
            }
            if self.try_lock() {
                return Admission::Proceed;
            }
        }
    }

    fn next_request(&self) -> Option<Envelope<Request>> {
        let mut next = Vec::with_capacity(1);
        self.queue.take(1, &mut next);
        next.pop()
    }

    /// Unlocks if the queue is empty. Release, with the acquire in `try_lock`.
    fn unlock_if_empty(&self) -> bool {
        self.queue.close_if_empty(|| self.state.store(UNLOCKED, Ordering::Release))
    }

    /// Passes the lock to the first caller that still waits, or unlocks.
    #[cold]
    fn pass_lock(&self) {
        loop {
            let done = match self.next_request() {
                Some(Envelope { reply_slot, .. }) => {
                    self.queue.deliver(reply_slot, Grant::LockHeld).is_none()
                }
                None => self.unlock_if_empty(),
            };
            if done {
                return;
            }
        }
    }
}

/// Holds the lock. Dropping it, as after a panic or in a cancelled future, passes the lock on.
pub(super) struct LockGuard<'a>(pub(super) &'a CombiningLock);

impl LockGuard<'_> {
    /// Unlocks, unless the lock is contended: then the guard is returned.
    #[inline]
    fn unlock(self) -> Result<(), Self> {
        // Release, with the acquire in `try_lock`.
        let freed =
            self.0.state.compare_exchange(LOCKED, UNLOCKED, Ordering::Release, Ordering::Relaxed);
        if freed.is_err() {
            return Err(self);
        }
        self.forget();
        Ok(())
    }

    /// Ends the guard without passing the lock on: the lock is free or another caller holds it.
    #[inline]
    fn forget(self) {
        mem::forget(self);
    }
}

impl Drop for LockGuard<'_> {
    fn drop(&mut self) {
        self.0.pass_lock();
    }
}
