//! Bugs in waiting: unfair locks, locks that leak, and wake-ups that are lost.

use hotrow_verify::contract::ExecutionMode;

use super::{
    SeededBug, bug::on_memory, global_lock, lifo_queue, lock_leak_on_cancel, lock_leak_on_panic,
    lost_handoff_to_cancelled_waiter, lost_wakeup, overflow_starves, poisoned_lock, readers_first,
    stops_outside_lock, worker_not_restarted, writer_mark_left,
};

/// The bugs, and the properties that must detect each.
pub(super) const BUGS: &[SeededBug] = &[
    SeededBug {
        mistake: "check-then-act: an idle actor marks itself as stopped outside the lock of its mailbox",
        candidate: on_memory::<stops_outside_lock::StopsOutsideLock>,
        mode: ExecutionMode::FaultInjecting,
        must_fail: &[],
    },
    SeededBug {
        mistake: "last in, first out: the newest waiter is served first",
        candidate: on_memory::<lifo_queue::LifoQueue>,
        mode: ExecutionMode::FaultInjecting,
        must_fail: &["fifo_per_user", "waiting_is_bounded", "panic_is_isolated"],
    },
    SeededBug {
        mistake: "the worker of a drained queue is never restarted",
        candidate: on_memory::<worker_not_restarted::WorkerNotRestarted>,
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
        candidate: on_memory::<lost_handoff_to_cancelled_waiter::LostHandoffToCancelledWaiter>,
        mode: ExecutionMode::Blockade,
        must_fail: &[
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "cancelled_waiter_does_not_block",
            "panic_is_isolated",
        ],
    },
    SeededBug {
        mistake: "poisoned lock: after a panic no command of the user is served",
        candidate: on_memory::<poisoned_lock::PoisonedLock>,
        mode: ExecutionMode::FaultInjecting,
        must_fail: &["panic_is_isolated"],
    },
    SeededBug {
        mistake: "lock leak: the lock is not released when its holder panics",
        candidate: on_memory::<lock_leak_on_panic::LockLeakOnPanic>,
        mode: ExecutionMode::FaultInjecting,
        must_fail: &["panic_is_isolated"],
    },
    SeededBug {
        mistake: "global lock: users block each other",
        candidate: on_memory::<global_lock::GlobalLock>,
        mode: ExecutionMode::FaultInjecting,
        must_fail: &["no_cross_user_blocking"],
    },
    SeededBug {
        mistake: "lock leak: the lock is not released when its holder is cancelled",
        candidate: on_memory::<lock_leak_on_cancel::LockLeakOnCancel>,
        mode: ExecutionMode::Blockade,
        must_fail: &[
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "cancelled_command_is_at_most_once",
        ],
    },
    SeededBug {
        mistake: "lost wakeup: only the first release wakes a waiter",
        candidate: on_memory::<lost_wakeup::LostWakeup>,
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
        mistake: "reader preference: readers enter while a writer waits",
        candidate: on_memory::<readers_first::ReadersFirst>,
        mode: ExecutionMode::FaultInjecting,
        must_fail: &["waiting_is_bounded"],
    },
    SeededBug {
        mistake: "a cancelled writer leaves the lock marked, and blocks readers",
        candidate: on_memory::<writer_mark_left::WriterMarkLeft>,
        mode: ExecutionMode::Blockade,
        must_fail: &[
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "waiting_is_bounded",
        ],
    },
    SeededBug {
        mistake: "starvation: callers that find the queue full are admitted only when it is empty",
        candidate: on_memory::<overflow_starves::OverflowStarves>,
        mode: ExecutionMode::FaultInjecting,
        must_fail: &["waiting_is_bounded"],
    },
];
