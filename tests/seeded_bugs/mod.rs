//! Seeded bugs: strategies with one known mistake each, and the properties that must detect it.
//!
//! The mistakes are those that people make in this exercise. Each is a [`bug::Bug`] in a file of its
//! own, and has a row in one of three tables: [`exclusion`], [`answers`] and [`waiting`]. A mistake
//! that a named property does not detect is a gap in the suite. A property that detects no mistake
//! is not known to detect anything.

mod aba;
mod ack_before_flush;
mod ack_before_write;
mod answers;
mod batch_collapses_entries;
mod blind_write_on_retry;
mod broken_promise_chain;
mod bug;
mod cancel_between_writes;
mod dirty_read_then_rollback;
mod drop_on_full_but_ack;
mod error_fails_whole_batch;
mod exclusion;
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
mod not_applied_but_written;
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
mod waiting;
mod worker_not_restarted;
mod wrapping_overflow;
mod write_under_shared_lock;
mod writer_mark_left;

use hotrow::strategy::Family;
use hotrow_verify::contract::{Candidate, ExecutionMode};

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

/// Returns every seeded bug, and the negative control of the registry.
pub(crate) fn seeded_bugs() -> impl Iterator<Item = &'static SeededBug> {
    [exclusion::BUGS, answers::BUGS, waiting::BUGS].into_iter().flatten()
}

/// The strategy of the registry that guarantees nothing.
fn negative_control_on(store: &str) -> Candidate {
    let mut controls =
        hotrow_registry::entries().filter(|entry| entry.family == Family::NegativeControl);
    **controls
        .find(|entry| entry.store == store)
        .expect("the registry has a negative control on each store")
}
