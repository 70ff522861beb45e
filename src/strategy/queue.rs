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
//! only while the line is empty; callers past the bound of 1,024 wait outside and join in any order.
//! Cancellation: a command that is dropped in line is not executed; a holder that is dropped hands
//! the turn on. Rejection: a value for its own caller, and nobody behind it is touched. Panic: its
//! caller gets an unknown outcome, the rest of the line is served. Memory: 24 bytes in the user's
//! row; a line while somebody stands in it.

use std::{
    hint,
    sync::atomic::{AtomicU8, Ordering},
};

use super::{
    ConcurrencyStrategy, Family, Promises,
    mailbox::{Door, Mailbox},
    step::{caught, step},
};
use crate::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
};

/// Commands that a holder runs for others before it hands the turn on, so that its own caller
/// gets an answer while others keep coming.
const STRETCH_MAX: usize = 64;

/// Tries for a turn that is taken before standing in line. A step in memory takes some tens of
/// nanoseconds, and so does one try.
const TRIES_MAX: usize = 32;

/// One line for each user.
pub struct Queue<S> {
    store: S,
    policy: Policy,
}

/// Whose turn it is, and who waits for it. Idle, it is 24 bytes.
#[derive(Default)]
pub struct Turn {
    state: AtomicU8,
    line: Mailbox<Task, Called>,
}

/// Nobody holds the turn, and nobody stands in line.
const FREE: u8 = 0;
/// Somebody holds the turn, and nobody stands in line.
const HELD: u8 = 1;
/// Somebody holds the turn and must look at the line before giving it back.
const AWAITED: u8 = 2;

/// What is waited for in line.
#[derive(Clone, Copy)]
enum Task {
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
    const PROMISES: Promises =
        Promises { sound: true, fifo: true, independent: true, idle_free: true };

    fn new(store: S, policy: Policy) -> Queue<S> {
        Queue { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    #[inline]
    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        if !row.try_take() {
            match self.stand_in_line(&row, Task::Execute(command)).await {
                Called::Served(outcome) => return outcome,
                Called::YourTurn => {}
            }
        }
        let held = Held(&row);
        let outcome = step(&self.store, &row, &self.policy, command).await;
        if !held.try_give_back() {
            self.serve_line(&row).await;
        }
        outcome
    }

    #[inline]
    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.read_in_turn(&row).await,
        }
    }
}
