//! One line for each user; whoever is at its head serves the ones behind.
//!
//! A command that meets nobody takes the turn with one instruction, runs at once and gives it
//! back with another: there is no task, no allocation and no hand-over. A command that finds the
//! turn taken tries a little longer and then stands in line. The holder, when it is done with its
//! own command, runs the ones in line in order, for a bounded stretch, and then hands the turn to
//! the caller whose command is next. So under contention one thread works with a warm cache while
//! the others wait, instead of each being woken to do its own.
//!
//! It wins on one hot row with more callers than cores, where a lock that is handed over pays for a
//! context switch each time. It loses a little against a mutex when nobody contends, and a holder
//! that serves others answers its own caller later.
//!
//! Order: that of joining the line. A command that finds the turn free goes ahead, and it is free
//! only while the line is empty. The line has no bound: each caller has one request in it at most.
//! Cancellation: a command that is dropped in line is not executed; a holder that is dropped hands
//! the turn on. Rejection: a value for its own caller, and nobody behind it is touched. Panic: its
//! caller gets an unknown outcome, the rest of the line is served. Memory: 24 bytes in the user's
//! row; a line while somebody stands in it.

use std::mem;

use super::{
    ConcurrencyStrategy, Family, Promises,
    mailbox::{Door, Letter, Mailbox},
    step::{caught_at_once, step, step_at_once},
};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    sync::{
        atomic::{AtomicU8, Ordering},
        hint,
    },
};

/// Commands that a holder runs for others before it hands the turn on, so that its own caller
/// gets an answer while others keep coming.
const STRETCH_MAX: usize = if cfg!(hotrow_loom) { 1 } else { 64 };

/// Tries for a turn that is taken before standing in line, which costs a wake-up.
const TRIES_MAX: usize = if cfg!(hotrow_loom) { 1 } else { 8 };

/// Pauses of the processor before each try, some 10 ns each. Whoever looks without a pause takes
/// the cache line from the holder again and again, and slows down the very step that it waits for.
const PAUSES_A_TRY: u32 = 128;

/// One line for each user.
pub struct Queue<S> {
    store: S,
    policy: Policy,
}

/// Whose turn it is, and who waits for it. Idle, it is 24 bytes.
#[derive(Default)]
pub struct Turn {
    state: AtomicU8,
    line: Mailbox<Errand, Called>,
}

/// Nobody holds the turn, and nobody stands in line.
const FREE: u8 = 0;
/// Somebody holds the turn, and nobody stands in line.
const HELD: u8 = 1;
/// Somebody holds the turn and must look at the line before giving it back.
const AWAITED: u8 = 2;

/// What is waited for in line.
#[derive(Clone, Copy)]
enum Errand {
    Execute(Command),
    Read,
}

/// What somebody who stands in line is told.
enum Called {
    /// Your command was run.
    Served(Outcome),
    /// The turn is yours.
    YourTurn,
}

impl<S: Store<Slot = Turn>> ConcurrencyStrategy for Queue<S> {
    type Store = S;

    const NAME: &'static str = "queue";
    const FAMILY: Family = Family::Queue;
    const PROMISES: Promises = Promises {
        sound: true,
        fifo: true,
        starvation_free: true,
        independent: true,
        idle_free: true,
    };

    fn new(store: S, policy: Policy) -> Queue<S> {
        Queue { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    #[inline(always)]
    fn execute_at_once(&self, command: Command) -> Option<Outcome> {
        let row = self.store.row(command.user);
        match !S::SUSPENDS && row.try_take() {
            true => Some(self.run_at_once(Held(&row), &row, command)),
            false => None,
        }
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let held = match self.await_turn(&row, Errand::Execute(command)).await {
            Called::Served(outcome) => return outcome,
            Called::YourTurn => Held(&row),
        };
        match S::SUSPENDS {
            true => step(&self.store, &row, &self.policy, command).await,
            false => self.run_at_once(held, &row, command),
        }
    }

    #[inline(always)]
    fn read_at_once(&self, user: UserId) -> Option<Account> {
        self.store.peek(user).whole()
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.read_in_turn(&row).await,
        }
    }
}

impl<S: Store<Slot = Turn>> Queue<S> {
    #[inline(always)]
    fn run_at_once(&self, held: Held<'_>, row: &S::Row<'_>, command: Command) -> Outcome {
        let outcome = step_at_once(&self.store, row, &self.policy, command);
        if let Err(held) = held.give_back() {
            self.serve_line(held, row);
        }
        outcome
    }

    async fn read_in_turn(&self, row: &S::Row<'_>) -> Result<Account, Fault> {
        self.await_turn(row, Errand::Read).await;
        let _held = Held(row);
        self.store.load(row).await
    }

    async fn await_turn(&self, row: &S::Row<'_>, errand: Errand) -> Called {
        // Where a holder may be suspended, trying for long would only keep it from going on.
        if row.try_take() || (!S::SUSPENDS && row.try_take_soon()) {
            return Called::YourTurn;
        }
        let unclaimed = |called| match called {
            Called::YourTurn => row.hand_over(),
            Called::Served(_) => {}
        };
        let called = row.line.ask(errand, || row.door(), unclaimed).await;
        called.unwrap_or(Called::YourTurn)
    }

    /// Runs what stands in line, in order and for a bounded stretch, and hands the turn over.
    #[cold]
    fn serve_line(&self, held: Held<'_>, row: &S::Row<'_>) {
        for _ in 0..STRETCH_MAX {
            match row.next_in_line() {
                Some(Letter { request: Errand::Execute(command), ticket }) => {
                    let ran =
                        caught_at_once(|| step_at_once(&self.store, row, &self.policy, command));
                    row.line.deliver(ticket, Called::Served(ran));
                }
                Some(Letter { request: Errand::Read, ticket }) => {
                    let passed_on = row.line.deliver(ticket, Called::YourTurn).is_none();
                    if passed_on {
                        return held.forget();
                    }
                }
                None => {
                    let closed = row.try_close();
                    if closed {
                        return held.forget();
                    }
                }
            }
        }
    }
}

impl Turn {
    #[inline]
    fn try_take(&self) -> bool {
        // Acquire, with the release of whoever gave the turn back: what it wrote is seen.
        self.state.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    fn try_take_soon(&self) -> bool {
        (0..TRIES_MAX).any(|_| {
            hint::pause(PAUSES_A_TRY);
            self.state.load(Ordering::Relaxed) == FREE && self.try_take()
        })
    }

    /// Marks the turn as awaited, unless it is free by now. Called with the line held still, so
    /// that the holder, who looks at the line before it gives the turn back, sees who joins it.
    fn door(&self) -> Door {
        loop {
            let marked =
                self.state.compare_exchange(HELD, AWAITED, Ordering::Relaxed, Ordering::Relaxed);
            if marked != Err(FREE) {
                return Door::Join;
            }
            if self.try_take() {
                return Door::GoAhead;
            }
        }
    }

    fn next_in_line(&self) -> Option<Letter<Errand>> {
        let mut next = Vec::with_capacity(1);
        self.line.take(1, &mut next);
        next.pop()
    }

    /// Frees the turn if nobody stands in line. Release, with the acquire in `try_take`.
    fn try_close(&self) -> bool {
        self.line.retire(|| self.state.store(FREE, Ordering::Release))
    }

    /// Gives the turn to the first in line who is still there, or frees it.
    #[cold]
    fn hand_over(&self) {
        loop {
            let done = match self.next_in_line() {
                Some(Letter { ticket, .. }) => {
                    self.line.deliver(ticket, Called::YourTurn).is_none()
                }
                None => self.try_close(),
            };
            if done {
                return;
            }
        }
    }
}

/// That the turn is held. Dropped, as by a holder that panics or is cut off, it hands it over.
struct Held<'a>(&'a Turn);

impl Held<'_> {
    /// Frees the turn, unless somebody stands in line.
    #[inline]
    fn give_back(self) -> Result<(), Self> {
        // Release, with the acquire in `try_take`.
        let freed = self.0.state.compare_exchange(HELD, FREE, Ordering::Release, Ordering::Relaxed);
        if freed.is_err() {
            return Err(self);
        }
        self.forget();
        Ok(())
    }

    /// The turn is free or another's by now.
    #[inline]
    fn forget(self) {
        mem::forget(self);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.hand_over();
    }
}
