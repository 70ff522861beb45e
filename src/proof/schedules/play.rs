//! What is done under each schedule: a few clients, a few commands each, on two users.

use fastrand::Rng;

use crate::{
    domain::{Action, Amount, Bounds, Policy, UserId},
    registry::Entry,
    store::Point,
};

/// Something that is done under many schedules.
pub struct Scenario {
    /// In the names of trials.
    pub name: &'static str,
    /// What could go wrong here, and how it would be seen.
    pub reason: &'static str,
    /// Whether a strategy promises what this looks at.
    pub applies_to: fn(&Entry) -> bool,
    /// Draws what its clients do.
    pub play: fn(&mut Rng) -> Play,
}

/// What the clients of one schedule do.
#[derive(Debug, Clone, Default)]
pub struct Play {
    pub(super) policy: Policy,
    /// What is done before the others begin, one after another.
    pub(super) opening: Vec<Errand>,
    /// What each client does, one errand after another.
    pub(super) clients: Vec<Vec<Errand>>,
    /// What clients do who begin when a step is held, and who must end before it may go on.
    pub(super) beside: Vec<Vec<Errand>>,
    /// What further clients do again and again until those in `clients` have ended.
    pub(super) stream: Vec<Errand>,
    /// What happens to one step on the hot user.
    pub(super) deed: Option<Deed>,
}

/// One thing that a client asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Errand {
    pub(super) user: UserId,
    pub(super) ask: Ask,
    /// Polls after which the client goes away; none if it stays to the end.
    pub(super) patience: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Ask {
    Command(Action),
    Balance,
    History,
}

/// What happens to a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deed {
    pub(super) kind: DeedKind,
    pub(super) point: Point,
    /// Steps that pass the point before it happens.
    pub(super) spared: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DeedKind {
    /// It waits until all who are beside it have ended.
    Hold,
    /// The store fails.
    Fail,
    /// It panics.
    Panic,
}

/// Whom the scenarios are about. Its row is there from the beginning.
pub(super) const HOT: UserId = user(1);

/// Somebody else, whose row is made by the first command.
pub(super) const OTHER: UserId = user(2);

const fn user(id: u64) -> UserId {
    match UserId::new(id) {
        Ok(user) => user,
        Err(_) => panic!("a small number is a user's"),
    }
}

fn amount(points: u64) -> Amount {
    Amount::new(points).expect("plays move few points, and never none")
}

/// Charges `points`.
pub(super) fn charge(user: UserId, points: u64) -> Errand {
    Errand { user, ask: Ask::Command(Action::Charge(amount(points))), patience: None }
}

/// Uses `points`.
pub(super) fn spend(user: UserId, points: u64) -> Errand {
    Errand { user, ask: Ask::Command(Action::Use(amount(points))), patience: None }
}

/// Asks for the balance.
pub(super) fn balance(user: UserId) -> Errand {
    Errand { user, ask: Ask::Balance, patience: None }
}

/// Asks for the history.
pub(super) fn history(user: UserId) -> Errand {
    Errand { user, ask: Ask::History, patience: None }
}

/// A charge or a use of up to five points.
pub(super) fn command(user: UserId, dice: &mut Rng) -> Errand {
    match dice.bool() {
        true => charge(user, dice.u64(1..=5)),
        false => spend(user, dice.u64(1..=5)),
    }
}

/// So many clients with so many errands each.
pub(super) fn clients(
    count: usize,
    errands: usize,
    mut errand: impl FnMut() -> Errand,
) -> Vec<Vec<Errand>> {
    (0..count).map(|_| (0..errands).map(|_| errand()).collect()).collect()
}

/// The usual policy, but for the most that an account may hold.
pub(super) fn policy_up_to(balance_max: u64) -> Policy {
    Policy::new(Bounds { balance_max, ..Bounds::default() }).expect("bounds that agree")
}
