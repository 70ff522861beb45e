//! Seeded bugs: strategies with one known mistake each, and the properties that must detect it.
//!
//! The mistakes are those that people make in this exercise. Each strategy declares every
//! guarantee, so that the suite checks it like an unknown strategy. A mistake that a named property
//! does not detect is a gap in the suite. A property that detects no mistake is not known to detect
//! anything.

mod aba;
mod ack_before_flush;
mod ack_before_write;
mod batch_collapses_entries;
mod blind_write_on_retry;
mod broken_promise_chain;
mod cancel_between_writes;
mod dirty_read_then_rollback;
mod drop_on_full_but_ack;
mod error_fails_whole_batch;
mod global_lock;
mod ledger_write_outside_lock;
mod lifo_queue;
mod lock_evicted_while_waited_on;
mod lock_leak_on_cancel;
mod lock_leak_on_panic;
mod lock_per_operation_kind;
mod lock_per_request;
mod log_before_validate;
mod lost_handoff_to_cancelled_waiter;
mod lost_wakeup;
mod non_atomic_rmw;
mod overflow_starves;
mod poisoned_lock;
mod readers_first;
mod retry_after_ambiguous_failure;
mod stale_read_cache;
mod stale_reply;
mod stops_outside_lock;
mod task_per_message;
mod test_then_set;
mod thundering_herd_no_recheck;
mod toctou_balance;
mod toctou_maximum;
mod two_consumers_per_user;
mod unknown_user_is_error;
mod user_id_truncated;
mod worker_not_restarted;
mod wrapping_overflow;
mod write_under_shared_lock;
mod writer_mark_left;

use hotrow::{
    domain::Account,
    store::{Memory, Simulated},
    strategy::{Family, Guarantees},
    sync::{
        Mutex, asynchronous,
        atomic::{AtomicBool, AtomicU64},
    },
};
use hotrow_verify::{
    candidate,
    contract::{Candidate, ExecutionMode},
};

/// A strategy with one known mistake.
pub(crate) struct SeededBug {
    /// The mistake, by its classic name.
    pub(crate) mistake: &'static str,
    pub(crate) candidate: fn() -> Candidate,
    /// The execution mode that detects it in every run.
    pub(crate) mode: ExecutionMode,
    /// The properties that must each detect it. Empty if only random schedules detect it.
    pub(crate) must_fail: &'static [&'static str],
}

/// The guarantees that every seeded bug declares.
const ALL_GUARANTEES: Guarantees = Guarantees {
    linearizable: true,
    fifo: true,
    starvation_free: true,
    no_cross_user_blocking: true,
    no_idle_memory: true,
};

/// Every seeded bug, and the negative control of the registry.
pub(crate) const SEEDED_BUGS: &[SeededBug] = &[
    SeededBug {
        mistake: "no synchronization: load and commit are not atomic",
        candidate: || negative_control_on("memory"),
        mode: ExecutionMode::FaultInjecting,
        must_fail: LOST_UPDATES,
    },
    SeededBug {
        mistake: "no synchronization: load and commit are not atomic",
        candidate: || negative_control_on("simulated"),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "no_lost_updates",
            "conservation_under_mixed_load",
            "no_overdraft",
            "no_balance_above_limit",
            "ledger_equals_acknowledged",
            "history_read_your_writes",
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "rejection_is_isolated",
            "monotonic_reads",
            "queue_overflow_is_served",
            "idle_user_is_served_again",
            "cancelled_command_is_at_most_once",
            "cancelled_waiter_does_not_block",
            "panic_is_isolated",
            "store_fault_is_isolated",
        ],
    },
    SeededBug {
        mistake: "no synchronization: load and commit are not atomic",
        candidate: || negative_control_on("simulated"),
        mode: ExecutionMode::Delays,
        must_fail: &[
            "no_lost_updates",
            "conservation_under_mixed_load",
            "no_overdraft",
            "no_balance_above_limit",
            "ledger_equals_acknowledged",
            "history_read_your_writes",
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "rejection_is_isolated",
            "monotonic_reads",
            "fifo_per_user",
            "queue_overflow_is_served",
            "idle_user_is_served_again",
            "cancelled_command_is_at_most_once",
            "cancelled_waiter_does_not_block",
            "panic_is_isolated",
            "store_fault_is_isolated",
        ],
    },
    SeededBug {
        mistake: "each command creates its own lock, which excludes nothing",
        candidate: || candidate!(lock_per_request::LockPerRequest keeps (), on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: LOST_UPDATES,
    },
    SeededBug {
        mistake: "check-then-act: an idle actor marks itself as stopped outside the lock of its mailbox",
        candidate: || candidate!(stops_outside_lock::StopsOutsideLock keeps stops_outside_lock::Actor, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[],
    },
    SeededBug {
        mistake: "non-atomic read-modify-write: load, compute and store are three steps",
        candidate: || candidate!(non_atomic_rmw::NonAtomicRmw keeps AtomicU64, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: LOST_UPDATES,
    },
    SeededBug {
        mistake: "broken promise chain: after one rejection every later command fails",
        candidate: || candidate!(broken_promise_chain::BrokenPromiseChain keeps asynchronous::Mutex<bool>, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "use_subtracts_points",
            "no_overdraft",
            "no_balance_above_limit",
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "rejection_changes_nothing",
            "rejection_is_isolated",
            "no_dirty_reads",
            "idle_user_is_served_again",
            "store_fault_is_isolated",
        ],
    },
    SeededBug {
        mistake: "one rejection fails every waiting command",
        candidate: || candidate!(error_fails_whole_batch::ErrorFailsWholeBatch keeps error_fails_whole_batch::Queue, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "no_overdraft",
            "no_balance_above_limit",
            "rejection_is_isolated",
            "no_dirty_reads",
            "store_fault_is_isolated",
        ],
    },
    SeededBug {
        mistake: "thundering herd without recheck: all woken waiters enter together",
        candidate: || candidate!(thundering_herd_no_recheck::ThunderingHerdNoRecheck keeps thundering_herd_no_recheck::Lock, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: LOST_UPDATES,
    },
    SeededBug {
        mistake: "a lock is evicted from its map while commands wait for it",
        candidate: || candidate!(lock_evicted_while_waited_on::LockEvictedWhileWaitedOn keeps (), on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "conservation_under_mixed_load",
            "history_read_your_writes",
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "cancelled_command_is_at_most_once",
        ],
    },
    SeededBug {
        mistake: "charges and uses have different locks",
        candidate: || candidate!(lock_per_operation_kind::LockPerOperationKind keeps lock_per_operation_kind::Locks, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "conservation_under_mixed_load",
            "ledger_equals_acknowledged",
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "cancelled_command_is_at_most_once",
        ],
    },
    SeededBug {
        mistake: "time of check to time of use: the balance is checked outside the lock",
        candidate: || candidate!(toctou_balance::ToctouBalance keeps asynchronous::Mutex<()>, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "conservation_under_mixed_load",
            "no_overdraft",
            "no_balance_above_limit",
            "ledger_equals_acknowledged",
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "fifo_per_user",
        ],
    },
    SeededBug {
        mistake: "dirty read: a balance that is rolled back can be read",
        candidate: || candidate!(dirty_read_then_rollback::DirtyReadThenRollback keeps dirty_read_then_rollback::Counter, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "no_balance_above_limit",
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "no_dirty_reads",
            "monotonic_reads",
            "panic_is_isolated",
            "store_fault_is_isolated",
        ],
    },
    SeededBug {
        mistake: "the ledger entry is written before the command is validated",
        candidate: || candidate!(log_before_validate::LogBeforeValidate keeps asynchronous::Mutex<()>, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "use_subtracts_points",
            "conservation_under_mixed_load",
            "no_overdraft",
            "no_balance_above_limit",
            "ledger_equals_acknowledged",
            "replies_match_ledger",
            "rejection_changes_nothing",
            "no_dirty_reads",
        ],
    },
    SeededBug {
        mistake: "a command is acknowledged before it is written",
        candidate: || candidate!(ack_before_write::AckBeforeWrite keeps asynchronous::Mutex<Account>, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "history_lists_commands",
            "conservation_under_mixed_load",
            "no_overdraft",
            "no_balance_above_limit",
            "ledger_equals_acknowledged",
            "history_read_your_writes",
            "history_not_older_than_read",
            "pages_agree_with_full_history",
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "rejection_changes_nothing",
            "any_user_id_is_served",
            "queue_overflow_is_served",
            "cancelled_command_is_at_most_once",
            "panic_is_isolated",
            "store_fault_is_isolated",
        ],
    },
    SeededBug {
        mistake: "a full queue drops the command but acknowledges it",
        candidate: || candidate!(drop_on_full_but_ack::DropOnFullButAck keeps drop_on_full_but_ack::Queue, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &["queue_overflow_is_served"],
    },
    SeededBug {
        mistake: "last in, first out: the newest waiter is served first",
        candidate: || candidate!(lifo_queue::LifoQueue keeps Mutex<lifo_queue::WaitQueue>, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &["fifo_per_user", "waiting_is_bounded", "panic_is_isolated"],
    },
    SeededBug {
        mistake: "the worker of a drained queue is never restarted",
        candidate: || candidate!(worker_not_restarted::WorkerNotRestarted keeps Mutex<worker_not_restarted::WaitQueue>, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "conservation_under_mixed_load",
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "rejection_is_isolated",
            "idle_user_is_served_again",
            "cancelled_waiter_does_not_block",
            "panic_is_isolated",
            "store_fault_is_isolated",
        ],
    },
    SeededBug {
        mistake: "lost handoff: a lock that is handed to a cancelled waiter stays locked",
        candidate: || candidate!(lost_handoff_to_cancelled_waiter::LostHandoffToCancelledWaiter keeps Mutex<lost_handoff_to_cancelled_waiter::WaitQueue>, on Memory),
        mode: ExecutionMode::Blockade,
        must_fail: &[
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "cancelled_waiter_does_not_block",
            "panic_is_isolated",
        ],
    },
    SeededBug {
        mistake: "commands write under a shared lock",
        candidate: || candidate!(write_under_shared_lock::WriteUnderSharedLock keeps asynchronous::RwLock<()>, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: LOST_UPDATES,
    },
    SeededBug {
        mistake: "stale read: reads use a cached copy that commands do not invalidate",
        candidate: || candidate!(stale_read_cache::StaleReadCache keeps stale_read_cache::Cached, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "balance_reflects_commands",
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "rejection_changes_nothing",
            "read_your_writes",
            "idle_user_is_served_again",
        ],
    },
    SeededBug {
        mistake: "stale reply: the receipt shows the balance from before the command",
        candidate: || candidate!(stale_reply::StaleReply keeps asynchronous::Mutex<()>, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "charge_adds_points",
            "use_subtracts_points",
            "balance_reflects_commands",
            "history_lists_commands",
            "conservation_under_mixed_load",
            "no_overdraft",
            "no_balance_above_limit",
            "ledger_equals_acknowledged",
            "history_read_your_writes",
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "rejection_changes_nothing",
            "no_dirty_reads",
            "any_user_id_is_served",
            "no_cross_user_blocking",
            "queue_overflow_is_served",
        ],
    },
    SeededBug {
        mistake: "poisoned lock: after a panic no command of the user is served",
        candidate: || candidate!(poisoned_lock::PoisonedLock keeps poisoned_lock::Lock, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &["panic_is_isolated"],
    },
    SeededBug {
        mistake: "lock leak: the lock is not released when its holder panics",
        candidate: || candidate!(lock_leak_on_panic::LockLeakOnPanic keeps lock_leak_on_panic::Lock, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &["panic_is_isolated"],
    },
    SeededBug {
        mistake: "retry after an ambiguous failure: a command is applied twice",
        candidate: || candidate!(retry_after_ambiguous_failure::RetryAfterAmbiguousFailure keeps asynchronous::Mutex<()>, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &["store_fault_is_isolated"],
    },
    SeededBug {
        mistake: "global lock: users block each other",
        candidate: || candidate!(global_lock::GlobalLock keeps (), on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &["no_cross_user_blocking"],
    },
    SeededBug {
        mistake: "user ids are truncated, so two users share an account",
        candidate: || candidate!(user_id_truncated::UserIdTruncated keeps asynchronous::Mutex<()>, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "history_lists_commands",
            "conservation_under_mixed_load",
            "no_overdraft",
            "no_balance_above_limit",
            "ledger_equals_acknowledged",
            "history_read_your_writes",
            "history_not_older_than_read",
            "pages_agree_with_full_history",
            "replies_match_ledger",
            "rejection_changes_nothing",
            "no_dirty_reads",
            "any_user_id_is_served",
            "no_cross_user_blocking",
            "fifo_per_user",
            "queue_overflow_is_served",
            "cancelled_command_is_at_most_once",
            "cancelled_waiter_does_not_block",
            "panic_is_isolated",
            "store_fault_is_isolated",
        ],
    },
    SeededBug {
        mistake: "a read of an unknown user is an error",
        candidate: || candidate!(unknown_user_is_error::UnknownUserIsError keeps asynchronous::Mutex<()>, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "balance_reflects_commands",
            "no_balance_above_limit",
            "history_not_older_than_read",
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "monotonic_reads",
            "unknown_user_has_zero_balance",
        ],
    },
    SeededBug {
        mistake: "time of check to time of use: the maximum is checked outside the lock",
        candidate: || candidate!(toctou_maximum::ToctouMaximum keeps asynchronous::Mutex<()>, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "no_balance_above_limit",
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "fifo_per_user",
        ],
    },
    SeededBug {
        mistake: "the ledger entry is written after the lock is released",
        candidate: || candidate!(ledger_write_outside_lock::LedgerWriteOutsideLock keeps (), on Simulated),
        mode: ExecutionMode::Delays,
        must_fail: &[
            "conservation_under_mixed_load",
            "ledger_equals_acknowledged",
            "history_read_your_writes",
            "history_not_older_than_read",
            "replies_match_ledger",
            "no_cross_user_blocking",
            "fifo_per_user",
            "queue_overflow_is_served",
            "cancelled_waiter_does_not_block",
            "panic_is_isolated",
            "store_fault_is_isolated",
        ],
    },
    SeededBug {
        mistake: "a batch of commands is written as one ledger entry",
        candidate: || candidate!(batch_collapses_entries::BatchCollapsesEntries keeps batch_collapses_entries::Queue, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "no_lost_updates",
            "conservation_under_mixed_load",
            "no_overdraft",
            "no_balance_above_limit",
            "ledger_equals_acknowledged",
            "history_read_your_writes",
            "pages_agree_with_full_history",
            "replies_match_ledger",
            "monotonic_reads",
            "queue_overflow_is_served",
            "cancelled_command_is_at_most_once",
            "cancelled_waiter_does_not_block",
            "panic_is_isolated",
            "store_fault_is_isolated",
        ],
    },
    SeededBug {
        mistake: "an actor spawns a task for each message, so messages run concurrently",
        candidate: || candidate!(task_per_message::TaskPerMessage keeps (), on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: LOST_UPDATES,
    },
    SeededBug {
        mistake: "a cancellation between two writes leaves a balance without its ledger entry",
        candidate: || candidate!(cancel_between_writes::CancelBetweenWrites keeps asynchronous::Mutex<Account>, on Memory),
        mode: ExecutionMode::Blockade,
        must_fail: &[
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "cancelled_command_is_at_most_once",
            "panic_is_isolated",
            "store_fault_is_isolated",
        ],
    },
    SeededBug {
        mistake: "lock leak: the lock is not released when its holder is cancelled",
        candidate: || candidate!(lock_leak_on_cancel::LockLeakOnCancel keeps lock_leak_on_cancel::Lock, on Memory),
        mode: ExecutionMode::Blockade,
        must_fail: &[
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "cancelled_command_is_at_most_once",
        ],
    },
    SeededBug {
        mistake: "wrapping overflow: a balance above the maximum wraps to zero",
        candidate: || candidate!(wrapping_overflow::WrappingOverflow keeps asynchronous::Mutex<()>, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "no_balance_above_limit",
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "rejection_changes_nothing",
            "no_dirty_reads",
        ],
    },
    SeededBug {
        mistake: "ABA problem: a balance that changed and changed back counts as unchanged",
        candidate: || candidate!(aba::Aba keeps asynchronous::Mutex<()>, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &["replies_match_ledger", "fifo_per_user", "waiting_is_bounded"],
    },
    SeededBug {
        mistake: "blind write: after a failed compare-and-set the retry does not compare",
        candidate: || candidate!(blind_write_on_retry::BlindWriteOnRetry keeps (), on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "no_lost_updates",
            "conservation_under_mixed_load",
            "no_overdraft",
            "no_balance_above_limit",
            "ledger_equals_acknowledged",
            "history_read_your_writes",
            "pages_agree_with_full_history",
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "rejection_is_isolated",
            "read_your_writes",
            "monotonic_reads",
            "fifo_per_user",
            "queue_overflow_is_served",
            "idle_user_is_served_again",
            "cancelled_command_is_at_most_once",
            "cancelled_waiter_does_not_block",
            "panic_is_isolated",
            "store_fault_is_isolated",
        ],
    },
    SeededBug {
        mistake: "two consumers: one user has two queues",
        candidate: || candidate!(two_consumers_per_user::TwoConsumersPerUser keeps two_consumers_per_user::Queues, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &["fifo_per_user"],
    },
    SeededBug {
        mistake: "acknowledged commands are lost: an incomplete batch is never flushed",
        candidate: || candidate!(ack_before_flush::AckBeforeFlush keeps asynchronous::Mutex<ack_before_flush::Batch>, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "conservation_under_mixed_load",
            "no_overdraft",
            "no_balance_above_limit",
            "history_read_your_writes",
            "history_not_older_than_read",
            "pages_agree_with_full_history",
            "replies_match_ledger",
            "rejection_changes_nothing",
            "no_dirty_reads",
            "any_user_id_is_served",
            "no_cross_user_blocking",
            "queue_overflow_is_served",
            "cancelled_command_is_at_most_once",
            "panic_is_isolated",
            "store_fault_is_isolated",
        ],
    },
    SeededBug {
        mistake: "lost wakeup: only the first release wakes a waiter",
        candidate: || candidate!(lost_wakeup::LostWakeup keeps lost_wakeup::Lock, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "no_lost_updates",
            "conservation_under_mixed_load",
            "no_overdraft",
            "no_balance_above_limit",
            "ledger_equals_acknowledged",
            "history_read_your_writes",
            "history_not_older_than_read",
            "pages_agree_with_full_history",
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "rejection_is_isolated",
            "no_dirty_reads",
            "read_your_writes",
            "monotonic_reads",
            "fifo_per_user",
            "queue_overflow_is_served",
            "idle_user_is_served_again",
            "waiting_is_bounded",
            "cancelled_command_is_at_most_once",
            "cancelled_waiter_does_not_block",
            "panic_is_isolated",
            "store_fault_is_isolated",
        ],
    },
    SeededBug {
        mistake: "test, then set: a lock is tested and set in two steps",
        candidate: || candidate!(test_then_set::TestThenSet keeps AtomicBool, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[
            "no_lost_updates",
            "conservation_under_mixed_load",
            "no_overdraft",
            "no_balance_above_limit",
            "ledger_equals_acknowledged",
            "history_read_your_writes",
            "pages_agree_with_full_history",
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "rejection_is_isolated",
            "monotonic_reads",
            "fifo_per_user",
            "queue_overflow_is_served",
            "idle_user_is_served_again",
            "cancelled_command_is_at_most_once",
            "cancelled_waiter_does_not_block",
            "panic_is_isolated",
            "store_fault_is_isolated",
        ],
    },
    SeededBug {
        mistake: "reader preference: readers enter while a writer waits",
        candidate: || candidate!(readers_first::ReadersFirst keeps readers_first::Lock, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &["waiting_is_bounded"],
    },
    SeededBug {
        mistake: "a cancelled writer leaves the lock marked, and blocks readers",
        candidate: || candidate!(writer_mark_left::WriterMarkLeft keeps writer_mark_left::Lock, on Memory),
        mode: ExecutionMode::Blockade,
        must_fail: &[
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "waiting_is_bounded",
        ],
    },
    SeededBug {
        mistake: "starvation: callers that find the queue full are admitted only when it is empty",
        candidate: || candidate!(overflow_starves::OverflowStarves keeps Mutex<overflow_starves::BoundedQueue>, on Memory),
        mode: ExecutionMode::FaultInjecting,
        must_fail: &["waiting_is_bounded"],
    },
];

/// The properties that detect lost updates: nearly every property with more than one caller.
const LOST_UPDATES: &[&str] = &[
    "no_lost_updates",
    "conservation_under_mixed_load",
    "no_overdraft",
    "no_balance_above_limit",
    "ledger_equals_acknowledged",
    "history_read_your_writes",
    "pages_agree_with_full_history",
    "replies_match_ledger",
    "observed_history_is_linearizable",
    "rejection_is_isolated",
    "monotonic_reads",
    "queue_overflow_is_served",
    "idle_user_is_served_again",
    "cancelled_command_is_at_most_once",
    "cancelled_waiter_does_not_block",
    "panic_is_isolated",
    "store_fault_is_isolated",
];

/// The strategy of the registry that guarantees nothing.
fn negative_control_on(store: &str) -> Candidate {
    let mut controls =
        hotrow_registry::entries().filter(|entry| entry.family == Family::NegativeControl);
    **controls
        .find(|entry| entry.store == store)
        .expect("the registry has a negative control on each store")
}
