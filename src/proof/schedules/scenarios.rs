//! The scenarios: small ones, because a race needs few commands, and many schedules of few are more
//! than few of many.

use fastrand::Rng;

use super::play::{
    Deed, DeedKind, Errand, HOT, OTHER, Play, Scenario, balance, charge, clients, command, history,
    policy_up_to, spend,
};
use crate::{domain::UserId, registry::Entry, store::Point};

/// Every scenario.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "charges",
        reason: "two charges read the same balance, and one is lost",
        applies_to: every_strategy,
        play: |dice| Play {
            clients: clients(3, 2, || charge(HOT, dice.u64(1..=9))),
            ..Play::default()
        },
    },
    Scenario {
        name: "spends",
        reason: "the balance is checked and then spent by two, or a refusal leaves something behind",
        applies_to: every_strategy,
        play: |dice| Play {
            opening: vec![charge(HOT, 6)],
            clients: clients(4, 2, || spend(HOT, dice.u64(1..=4))),
            ..Play::default()
        },
    },
    Scenario {
        name: "fills",
        reason: "the maximum is checked and then passed by two",
        applies_to: every_strategy,
        play: |dice| Play {
            policy: policy_up_to(10),
            clients: clients(4, 2, || charge(HOT, dice.u64(1..=5))),
            ..Play::default()
        },
    },
    Scenario {
        name: "mixed",
        reason: "what is right for each kind of command is wrong for two kinds at once",
        applies_to: every_strategy,
        play: |dice| Play {
            clients: clients(3, 4, || {
                let user = if dice.u8(..5) == 0 { OTHER } else { HOT };
                anything(user, dice)
            }),
            ..Play::default()
        },
    },
    Scenario {
        name: "readers",
        reason: "a read shows what is taken back, goes back, or misses what was acknowledged",
        applies_to: every_strategy,
        play: |dice| {
            let mut all = clients(2, 2, || command(HOT, dice));
            all.extend(clients(2, 3, || if dice.bool() { balance(HOT) } else { history(HOT) }));
            Play { opening: vec![charge(HOT, 5)], clients: all, ..Play::default() }
        },
    },
    Scenario {
        name: "newcomers",
        reason: "the first commands of a user make two places for one account",
        applies_to: every_strategy,
        play: |dice| Play { clients: clients(3, 2, || anything(OTHER, dice)), ..Play::default() },
    },
    Scenario {
        name: "crowd",
        reason: "a turn that is handed on past many is lost, or given to two",
        applies_to: every_strategy,
        play: |dice| Play { clients: clients(8, 1, || command(HOT, dice)), ..Play::default() },
    },
    Scenario {
        name: "leavers",
        reason: "a caller that goes away takes its turn along, or is served twice",
        applies_to: every_strategy,
        play: |dice| Play {
            opening: vec![charge(HOT, 5)],
            clients: clients(4, 2, || {
                let patience = dice.bool().then(|| dice.u32(1..=3));
                Errand { patience, ..command(HOT, dice) }
            }),
            ..Play::default()
        },
    },
    Scenario {
        name: "leaving_readers",
        reason: "a turn that is passed to a reader which has left is lost, and all behind it wait",
        applies_to: every_strategy,
        // A deed that never comes, for the sake of its store: half of those never suspend, and then
        // a holder serves the line.
        play: |dice| Play {
            clients: clients(4, 2, || match dice.bool() {
                true => Errand { patience: Some(1), ..balance(HOT) },
                false => charge(HOT, dice.u64(1..=9)),
            }),
            deed: Some(Deed { kind: DeedKind::Fail, point: Point::Loaded, spared: u32::MAX }),
            ..Play::default()
        },
    },
    Scenario {
        name: "quitters",
        reason: "a waiting command that is dropped while a read is inside keeps later reads out",
        applies_to: every_strategy,
        play: |dice| {
            let mut all = clients(2, 2, || balance(HOT));
            all.extend(clients(2, 1, || Errand {
                patience: Some(dice.u32(1..=3)),
                ..command(HOT, dice)
            }));
            Play { opening: vec![charge(HOT, 5)], clients: all, ..Play::default() }
        },
    },
    Scenario {
        name: "stream",
        reason: "newcomers are served before a command that waits, as long as they keep coming",
        applies_to: |entry| entry.promises.starvation_free,
        play: |dice| Play {
            clients: clients(1, 1, || charge(HOT, dice.u64(1..=5))),
            stream: (0..6).map(|_| charge(HOT, dice.u64(1..=5))).collect(),
            ..Play::default()
        },
    },
    Scenario {
        name: "faults",
        reason: "a store that fails once has a command applied twice, or nobody served again",
        applies_to: every_strategy,
        play: |dice| disturbed(DeedKind::Fail, dice),
    },
    Scenario {
        name: "panics",
        reason: "a step that panics leaves its turn taken, or its line without anybody to serve it",
        applies_to: every_strategy,
        play: |dice| disturbed(DeedKind::Panic, dice),
    },
    Scenario {
        name: "apart",
        reason: "users wait for each other, which is seen when one is held",
        applies_to: |entry| entry.promises.independent,
        play: |dice| Play {
            clients: clients(2, 1, || charge(HOT, dice.u64(1..=5))),
            beside: clients(2, 2, || anything(OTHER, dice)),
            deed: Some(Deed { kind: DeedKind::Hold, point: Point::Loaded, spared: 0 }),
            ..Play::default()
        },
    },
];

fn every_strategy(_entry: &Entry) -> bool {
    true
}

fn anything(user: UserId, dice: &mut Rng) -> Errand {
    match dice.u8(..6) {
        0 => balance(user),
        1 => history(user),
        _ => command(user, dice),
    }
}

fn disturbed(kind: DeedKind, dice: &mut Rng) -> Play {
    let points = [Point::Loading, Point::Loaded, Point::Committing, Point::Committed];
    let point = points[dice.usize(..points.len())];
    let deed = Deed { kind, point, spared: dice.u32(..4) };
    Play {
        clients: clients(3, 2, || charge(HOT, dice.u64(1..=9))),
        deed: Some(deed),
        ..Play::default()
    }
}
