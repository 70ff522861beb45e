//! Checks of the complete history that clients of a mixed load observe.
//!
//! Every other property checks one kind of mistake. Here clients send all kinds of requests at
//! once, under many schedules, and two independent checkers judge the history.

use std::collections::BTreeMap;

use crate::{
    contract::{
        check_result::CheckResult,
        execution_mode::ExecutionMode,
        fixture::TestCase,
        judge,
        recorder::{Load, Recorder},
        search_budget::how_to_repeat,
    },
    history::{History, Operation, Reply},
};
use hotrow::domain::{Action, Bounds, Policy};

/// A balance limit that the load reaches often.
const BALANCE_MAX: u64 = 6;

/// Every reply to an applied command, a rejected command or a read carries the account that it was
/// decided on. If the ledger contradicts one of them, or its order contradicts real time, a command
/// was lost, applied twice, torn, or visible too early or too late.
pub(super) async fn replies_match_ledger(case: TestCase) -> CheckResult {
    check_histories(case, judge::by_the_ledger).await
}

/// Versions and ledgers could be wrong in the same way as replies. So this uses only the balances
/// in the replies: a sequential order of the commands must explain them.
pub(super) async fn observed_history_is_linearizable(case: TestCase) -> CheckResult {
    check_histories(case, judge::by_what_callers_saw).await
}

async fn check_histories(case: TestCase, judge: fn(&History) -> CheckResult) -> CheckResult {
    // On one thread, commands that block it never overlap.
    let overlap = case.mode == ExecutionMode::Threads || !case.blocks_threads().await?;
    let mut stats = LoadStats::default();
    let mut runs = 0;
    for seed in case.budget.seeds() {
        let recorder = Recorder::new(case.open_with_seed(seed, policy()), policy());
        let history = recorder.record(seed, load(case.mode)).await?;
        judge(&history).map_err(|violation| format!("{violation}{}", how_to_repeat(seed)))?;
        stats.count(&history);
        runs += 1;
        if matches!(case.mode, ExecutionMode::Threads | ExecutionMode::Wire)
            && THREAD_RUNS_MIN <= runs
            && stats.ensure_varied(overlap).is_ok()
        {
            break;
        }
    }
    // A single schedule, as in a repetition, need not contain every kind of operation.
    match case.budget.schedules < VARIED_SCHEDULES_MIN {
        true => Ok(()),
        false => stats.ensure_varied(overlap),
    }
}

/// So many schedules must together contain every kind of operation.
const VARIED_SCHEDULES_MIN: u64 = 20;

/// Schedules on threads, each of which is long. More run if these were not varied enough, as on a
/// machine so busy that its clients run one after another.
const THREAD_RUNS_MIN: u32 = 4;

/// Where the seed decides the schedule, few operations under many schedules show most. Threads
/// overlap only if they have enough work. Among so many operations nothing is cancelled: hundreds
/// of indeterminate commands would have more orders than the search can try.
fn load(mode: ExecutionMode) -> Load {
    match mode {
        ExecutionMode::Threads => Load { operations: 1_000, cancels: false },
        _ => Load { operations: 6, cancels: true },
    }
}

fn policy() -> Policy {
    let bounds = Bounds { balance_max: BALANCE_MAX, ..Policy::default().bounds() };
    Policy::new(bounds).expect("the default amounts fit any maximum that is not zero")
}

/// The operations of a load by kind. A load without one of the kinds shows too little.
#[derive(Debug, Default)]
struct LoadStats {
    operations: usize,
    applied: usize,
    rejected_charges: usize,
    rejected_uses: usize,
    reads: usize,
    /// Operations that were called while another operation on the same user was pending.
    overlapping: usize,
}

/// More than one operation in so many has to be of each kind.
const KIND_SHARE_MIN: usize = 50;

impl LoadStats {
    fn count(&mut self, history: &History) {
        let mut operations: Vec<&Operation> = history.operations.iter().collect();
        operations.sort_by_key(|operation| operation.called);
        // The latest operation of each client.
        let mut latest: BTreeMap<u64, &Operation> = BTreeMap::new();
        for operation in operations {
            self.operations += 1;
            match (operation.reply, operation.action) {
                (Reply::Applied(_), _) => self.applied += 1,
                (Reply::Refused(_), Some(Action::Charge(_))) => self.rejected_charges += 1,
                (Reply::Refused(_), _) => self.rejected_uses += 1,
                (Reply::Read(_), _) => self.reads += 1,
                (Reply::NotApplied | Reply::Indeterminate, _) => {}
            }
            latest.insert(operation.client, operation);
            let overlaps = |other: &&Operation| {
                other.user == operation.user
                    && other.client != operation.client
                    && operation.called < other.returned
            };
            self.overlapping += usize::from(latest.values().any(overlaps));
        }
    }

    fn ensure_varied(&self, overlap: bool) -> CheckResult {
        let LoadStats { operations, applied, rejected_charges, rejected_uses, reads, overlapping } =
            *self;
        let least = operations / KIND_SHARE_MIN;
        let kinds = [applied, rejected_charges, rejected_uses, reads];
        ensure!(
            kinds.iter().all(|&kind| kind > least) && (overlapping > least || !overlap),
            "the load is not varied enough to show a violation: {self:?}"
        );
        Ok(())
    }
}
