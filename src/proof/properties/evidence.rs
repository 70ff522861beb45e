//! What clients of a mixed load saw, judged whole.
//!
//! The other properties ask one question each. Here callers do everything at once, under many
//! schedules, and all that they saw is put before two judges.

use std::collections::BTreeMap;

use crate::{
    domain::{Action, Bounds, Policy},
    history::{History, Operation, Reply},
    proof::{
        effort::again,
        found::Found,
        judge,
        recorder::{Load, Recorder},
        stage::Stage,
        subject::Case,
    },
};

/// A maximum that is met often.
const BALANCE_MAX: u64 = 6;

/// Every reply, applied, refused or read, carries the account that it was decided on. A ledger that
/// does not bear out one of them, or an order of the ledger that real time does not allow, is a
/// command lost, doubled, torn, or seen too early or too late.
pub(super) async fn the_ledger_bears_out_every_reply(case: Case) -> Found {
    judged(case, judge::by_the_ledger).await
}

/// Versions and ledgers could be wrong in the same way as replies. From the balances alone that
/// callers were told, there must be an order in which one command after another gives them.
pub(super) async fn callers_see_one_command_after_another(case: Case) -> Found {
    judged(case, judge::by_what_callers_saw).await
}

async fn judged(case: Case, judge: fn(&History) -> Found) -> Found {
    // On one thread those who block it are never beside each other.
    let overlap = case.stage == Stage::Threads || !case.blocks_threads().await?;
    let mut traffic = Traffic::default();
    let mut played = 0;
    for seed in case.effort.seeds() {
        let recorder = Recorder::of(case.open_wandering(seed, policy()), policy());
        let history = recorder.record(seed, load(case.stage)).await?;
        judge(&history).map_err(|found| format!("{found}{}", again(seed)))?;
        traffic.count(&history);
        played += 1;
        if case.stage == Stage::Threads && ON_THREADS <= played && traffic.suffices(overlap).is_ok()
        {
            break;
        }
    }
    // One schedule alone, as when it is played again, need not have something of everything.
    match case.effort.schedules < ENOUGH {
        true => Ok(()),
        false => traffic.suffices(overlap),
    }
}

/// Schedules that together must show something of everything.
const ENOUGH: u64 = 20;

/// Schedules on threads, each a long one. There are more where these were too tame, as on a machine
/// so busy that the clients come to its cores one after another.
const ON_THREADS: u32 = 4;

/// Where the seed decides who goes on, little under many schedules shows most. Threads are beside
/// each other only if they have enough to do; and among so many operations, hundreds that may or may
/// not have been applied would have more orders than can be tried.
fn load(stage: Stage) -> Load {
    match stage {
        Stage::Threads => Load { operations: 1_000, some_leave: false },
        _ => Load { operations: 6, some_leave: true },
    }
}

fn policy() -> Policy {
    let bounds = Bounds { balance_max: BALANCE_MAX, ..Policy::default().bounds() };
    Policy::new(bounds).expect("the default amounts fit any maximum that is not zero")
}

/// What a load consisted of. One that is too tame shows nothing.
#[derive(Debug, Default)]
struct Traffic {
    operations: usize,
    applied: usize,
    refused_charges: usize,
    refused_uses: usize,
    reads: usize,
    /// Operations that were called while another of the same user was under way.
    overlapping: usize,
}

/// One operation in so many has to be of each kind.
const KIND_SHARE_MIN: usize = 50;

impl Traffic {
    fn count(&mut self, history: &History) {
        let mut operations: Vec<&Operation> = history.operations.iter().collect();
        operations.sort_by_key(|operation| operation.called);
        // What each client does now.
        let mut under_way: BTreeMap<u64, &Operation> = BTreeMap::new();
        for operation in operations {
            self.operations += 1;
            match (operation.reply, operation.action) {
                (Reply::Applied(_), _) => self.applied += 1,
                (Reply::Refused(_), Some(Action::Charge(_))) => self.refused_charges += 1,
                (Reply::Refused(_), _) => self.refused_uses += 1,
                (Reply::Read(_), _) => self.reads += 1,
                (Reply::Unknown, _) => {}
            }
            under_way.insert(operation.client, operation);
            let beside = |other: &&Operation| {
                other.user == operation.user
                    && other.client != operation.client
                    && operation.called < other.returned
            };
            self.overlapping += usize::from(under_way.values().any(beside));
        }
    }

    fn suffices(&self, overlap: bool) -> Found {
        let Traffic { operations, applied, refused_charges, refused_uses, reads, overlapping } =
            *self;
        let least = operations / KIND_SHARE_MIN;
        let kinds = [applied, refused_charges, refused_uses, reads];
        ensure!(
            kinds.iter().all(|&kind| kind > least) && (overlapping > least || !overlap),
            "too tame to show anything: {self:?}"
        );
        Ok(())
    }
}
