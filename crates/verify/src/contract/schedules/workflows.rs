//! The workflows. They are small: a race needs few commands, and many schedules of few commands
//! show more than few schedules of many.

use fastrand::Rng;

use super::play::{
    ClientRequest, FaultAction, FaultKind, HOT, OTHER, Program, Workflow, balance, charge, clients,
    command, history, policy_up_to, spend,
};
use crate::contract::Candidate;
use hotrow::{domain::UserId, store::FailPoint};

/// Every workflow.
pub const WORKFLOWS: &[Workflow] = &[
    Workflow {
        name: "charges",
        reason: "two charges read the same balance, and one of them is lost",
        applies_to: every_strategy,
        play: |rng| Program {
            clients: clients(3, 2, || charge(HOT, rng.u64(1..=9))),
            ..Program::default()
        },
    },
    Workflow {
        name: "spends",
        reason: "two uses check the same balance, or a rejection changes something",
        applies_to: every_strategy,
        play: |rng| Program {
            setup: vec![charge(HOT, 6)],
            clients: clients(4, 2, || spend(HOT, rng.u64(1..=4))),
            ..Program::default()
        },
    },
    Workflow {
        name: "fills",
        reason: "two charges check the balance limit and together exceed it",
        applies_to: every_strategy,
        play: |rng| Program {
            policy: policy_up_to(10),
            clients: clients(4, 2, || charge(HOT, rng.u64(1..=5))),
            ..Program::default()
        },
    },
    Workflow {
        name: "mixed",
        reason: "each kind of command is correct alone, but not together with another kind",
        applies_to: every_strategy,
        play: |rng| Program {
            clients: clients(3, 4, || {
                let user = if rng.u8(..5) == 0 { OTHER } else { HOT };
                any_request(user, rng)
            }),
            ..Program::default()
        },
    },
    Workflow {
        name: "readers",
        reason: "a read is dirty, goes back in time, or misses an acknowledged command",
        applies_to: every_strategy,
        play: |rng| {
            let mut all = clients(2, 2, || command(HOT, rng));
            all.extend(clients(2, 3, || if rng.bool() { balance(HOT) } else { history(HOT) }));
            Program { setup: vec![charge(HOT, 5)], clients: all, ..Program::default() }
        },
    },
    Workflow {
        name: "newcomers",
        reason: "the first commands of a user create two rows for one account",
        applies_to: every_strategy,
        play: |rng| Program {
            clients: clients(3, 2, || any_request(OTHER, rng)),
            ..Program::default()
        },
    },
    Workflow {
        name: "crowd",
        reason: "a lock that is handed over many times is lost, or granted to two holders",
        applies_to: every_strategy,
        play: |rng| Program { clients: clients(8, 1, || command(HOT, rng)), ..Program::default() },
    },
    Workflow {
        name: "leavers",
        reason: "a cancelled command leaves the lock held, or is applied twice",
        applies_to: every_strategy,
        play: |rng| Program {
            setup: vec![charge(HOT, 5)],
            clients: clients(4, 2, || {
                let polls_max = rng.bool().then(|| rng.u32(1..=3));
                ClientRequest { polls_max, ..command(HOT, rng) }
            }),
            ..Program::default()
        },
    },
    Workflow {
        name: "leaving_readers",
        reason: "a lock that is handed to a cancelled reader is lost, and its waiters block",
        applies_to: every_strategy,
        // The fault never happens. It selects the store with fail points, which in half of the
        // schedules never suspends: then the lock holder serves the waiters.
        play: |rng| Program {
            clients: clients(4, 2, || match rng.bool() {
                true => ClientRequest { polls_max: Some(1), ..balance(HOT) },
                false => charge(HOT, rng.u64(1..=9)),
            }),
            fault: Some(FaultAction {
                kind: FaultKind::Fail,
                point: FailPoint::Loaded,
                skipped: u32::MAX,
            }),
            ..Program::default()
        },
    },
    Workflow {
        name: "quitters",
        reason: "a waiting command that is cancelled during a read blocks later reads",
        applies_to: every_strategy,
        play: |rng| {
            let mut all = clients(2, 2, || balance(HOT));
            all.extend(clients(2, 1, || ClientRequest {
                polls_max: Some(rng.u32(1..=3)),
                ..command(HOT, rng)
            }));
            Program { setup: vec![charge(HOT, 5)], clients: all, ..Program::default() }
        },
    },
    Workflow {
        name: "stream",
        reason: "a waiting command starves while newcomers arrive",
        applies_to: |candidate| candidate.guarantees.starvation_free,
        play: |rng| Program {
            clients: clients(1, 1, || charge(HOT, rng.u64(1..=5))),
            stream: (0..6).map(|_| charge(HOT, rng.u64(1..=5))).collect(),
            ..Program::default()
        },
    },
    Workflow {
        name: "faults",
        reason: "after one store fault a command is applied twice, or no command is served again",
        applies_to: every_strategy,
        play: |rng| with_fault(FaultKind::Fail, rng),
    },
    Workflow {
        name: "panics",
        reason: "a step that panics leaves the lock held, or its waiters without a worker",
        applies_to: every_strategy,
        play: |rng| with_fault(FaultKind::Panic, rng),
    },
    Workflow {
        name: "apart",
        reason: "users block each other, which shows when a step of one is held",
        applies_to: |candidate| candidate.guarantees.no_cross_user_blocking,
        play: |rng| Program {
            clients: clients(2, 1, || charge(HOT, rng.u64(1..=5))),
            during_hold: clients(2, 2, || any_request(OTHER, rng)),
            fault: Some(FaultAction {
                kind: FaultKind::Hold,
                point: FailPoint::Loaded,
                skipped: 0,
            }),
            ..Program::default()
        },
    },
];

fn every_strategy(_candidate: &Candidate) -> bool {
    true
}

fn any_request(user: UserId, rng: &mut Rng) -> ClientRequest {
    match rng.u8(..6) {
        0 => balance(user),
        1 => history(user),
        _ => command(user, rng),
    }
}

fn with_fault(kind: FaultKind, rng: &mut Rng) -> Program {
    let points =
        [FailPoint::Loading, FailPoint::Loaded, FailPoint::Committing, FailPoint::Committed];
    let point = points[rng.usize(..points.len())];
    let fault = FaultAction { kind, point, skipped: rng.u32(..4) };
    Program {
        clients: clients(3, 2, || charge(HOT, rng.u64(1..=9))),
        fault: Some(fault),
        ..Program::default()
    }
}
