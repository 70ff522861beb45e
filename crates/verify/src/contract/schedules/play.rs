//! The program of a schedule: a few clients with a few requests each, on two users.

use fastrand::Rng;

use crate::contract::Candidate;
use hotrow::{
    domain::{Action, Amount, Bounds, Policy, UserId},
    store::FailPoint,
};

/// A kind of program that runs under many schedules.
pub struct Workflow {
    /// The name, which is part of trial names.
    pub name: &'static str,
    /// The mistake that the workflow can show.
    pub reason: &'static str,
    /// Whether the strategy gives the guarantee that the workflow checks.
    pub applies_to: fn(&Candidate) -> bool,
    /// Draws the requests of its clients.
    pub play: fn(&mut Rng) -> Program,
}

/// The requests of the clients of one schedule.
#[derive(Debug, Clone, Default)]
pub struct Program {
    pub(super) policy: Policy,
    /// Requests before the clients start, one after another.
    pub(super) setup: Vec<ClientRequest>,
    /// The requests of each client, one after another.
    pub(super) clients: Vec<Vec<ClientRequest>>,
    /// The requests of clients that start when a step is held, and must end before it continues.
    pub(super) during_hold: Vec<Vec<ClientRequest>>,
    /// The requests of further clients, each repeated until the clients in `clients` have ended.
    pub(super) stream: Vec<ClientRequest>,
    /// The fault of one step on the hot user.
    pub(super) fault: Option<FaultAction>,
}

/// One request of a client.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClientRequest {
    pub(super) user: UserId,
    pub(super) operation: RequestKind,
    /// Polls after which the client cancels the request. `None` if it waits for the answer.
    pub(super) polls_max: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum RequestKind {
    Command(Action),
    Balance,
    History,
}

/// A fault of one step.
#[derive(Debug, Clone, Copy)]
pub(super) struct FaultAction {
    pub(super) kind: FaultKind,
    pub(super) point: FailPoint,
    /// Steps that pass the point before the fault happens.
    pub(super) skipped: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// The step waits until the clients in [`Program::during_hold`] have ended.
    Hold,
    /// The store returns a fault.
    Fail,
    /// The store panics.
    Panic,
}

/// The user of most requests. Its row exists from the start.
pub(super) const HOT: UserId = user(1);

/// Another user. Its first command creates its row.
pub(super) const OTHER: UserId = user(2);

const fn user(id: u64) -> UserId {
    match UserId::new(id) {
        Ok(user) => user,
        Err(_) => panic!("small user ids are valid"),
    }
}

fn amount(points: u64) -> Amount {
    Amount::new(points).expect("programs use small amounts above zero")
}

/// Charges `points`.
pub(super) fn charge(user: UserId, points: u64) -> ClientRequest {
    ClientRequest {
        user,
        operation: RequestKind::Command(Action::Charge(amount(points))),
        polls_max: None,
    }
}

/// Uses `points`.
pub(super) fn spend(user: UserId, points: u64) -> ClientRequest {
    ClientRequest {
        user,
        operation: RequestKind::Command(Action::Use(amount(points))),
        polls_max: None,
    }
}

/// Reads the balance.
pub(super) fn balance(user: UserId) -> ClientRequest {
    ClientRequest { user, operation: RequestKind::Balance, polls_max: None }
}

/// Reads the ledger.
pub(super) fn history(user: UserId) -> ClientRequest {
    ClientRequest { user, operation: RequestKind::History, polls_max: None }
}

/// Draws a charge or a use of one to five points.
pub(super) fn command(user: UserId, rng: &mut Rng) -> ClientRequest {
    match rng.bool() {
        true => charge(user, rng.u64(1..=5)),
        false => spend(user, rng.u64(1..=5)),
    }
}

/// Draws `count` clients with this many requests each.
pub(super) fn clients(
    count: usize,
    requests: usize,
    mut request: impl FnMut() -> ClientRequest,
) -> Vec<Vec<ClientRequest>> {
    (0..count).map(|_| (0..requests).map(|_| request()).collect()).collect()
}

/// The default policy with another balance limit.
pub(super) fn policy_up_to(balance_max: u64) -> Policy {
    Policy::new(Bounds { balance_max, ..Bounds::default() })
        .expect("the default amounts fit this limit")
}
