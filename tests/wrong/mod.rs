//! Strategies that are wrong on purpose, each with the properties that must catch it.
//!
//! They are the answers that people give to the exercise. Each claims to keep every promise, so
//! that it is treated as any stranger's would be. A mistake that its killer does not see is a hole
//! in the suite, and a property that kills nothing may as well see nothing.

mod all_wake_at_once;
mod atomic_in_name;
mod check_after;
mod check_outside;
mod contagious_rejection;
mod cut_in_two;
mod full_says_ok;
mod ids_cut_short;
mod last_come_first_served;
mod line_after_reply;
mod line_before_check;
mod line_outside_turn;
mod lines_merged;
mod lock_let_go;
mod lock_of_ones_own;
mod maximum_outside;
mod never_flushed;
mod never_starts_again;
mod old_balance;
mod one_lock_for_all;
mod overflow_starves;
mod poisoned_by_panic;
mod poisoned_chain;
mod readers_first;
mod rolls_over;
mod spins_on_a_flag;
mod stale_copy;
mod stops_outside_lock;
mod stores_on_retry;
mod strangers_are_errors;
mod task_each;
mod tried_again;
mod turn_lost_in_panic;
mod turn_lost_when_dropped;
mod turn_lost_with_waiter;
mod two_locks;
mod two_workers;
mod went_and_came_back;
mod woken_once;
mod write_under_read_lock;
mod writer_mark_left;

use hotrow::{
    domain::Account,
    entry,
    proof::Stage,
    registry::{self, Entry},
    strategy::{Family, Promises},
    sync::{
        Mutex, asynchronous,
        atomic::{AtomicBool, AtomicU64},
    },
};

/// A strategy that is wrong on purpose.
pub(crate) struct Wrong {
    /// What it does wrong.
    pub(crate) mistake: &'static str,
    pub(crate) entry: fn() -> Entry,
    /// Where it is caught, every time.
    pub(crate) stage: Stage,
    /// The properties that must each catch it; none if only random schedules show it.
    pub(crate) killers: &'static [&'static str],
}

/// What every one of them claims.
const ALL_PROMISES: Promises =
    Promises { sound: true, fifo: true, starvation_free: true, independent: true, idle_free: true };

/// Every one of them, and the control of the registry.
pub(crate) const WRONG: &[Wrong] = &[
    Wrong {
        mistake: "nothing is guarded",
        entry: || control_on("slab"),
        stage: Stage::Adversary,
        killers: LOST_UPDATES,
    },
    Wrong {
        mistake: "nothing is guarded",
        entry: || control_on("tables"),
        stage: Stage::Adversary,
        killers: &[
            "every_charge_is_applied",
            "a_mix_of_commands_balances",
            "no_more_is_spent_than_is_held",
            "no_more_is_held_than_is_allowed",
            "the_ledger_is_what_was_acknowledged",
            "a_history_shows_what_was_acknowledged",
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "a_rejection_reaches_only_its_caller",
            "reads_do_not_go_back",
            "a_crowd_past_the_bound_is_served",
            "an_idle_user_is_served_again",
            "a_dropped_command_is_applied_once_or_not",
            "who_leaves_the_line_holds_up_nobody",
            "a_panic_stays_with_its_caller",
            "a_store_fault_stays_with_its_caller",
        ],
    },
    Wrong {
        mistake: "nothing is guarded",
        entry: || control_on("tables"),
        stage: Stage::Delays,
        killers: &[
            "every_charge_is_applied",
            "a_mix_of_commands_balances",
            "no_more_is_spent_than_is_held",
            "no_more_is_held_than_is_allowed",
            "the_ledger_is_what_was_acknowledged",
            "a_history_shows_what_was_acknowledged",
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "a_rejection_reaches_only_its_caller",
            "reads_do_not_go_back",
            "first_come_first_served",
            "a_crowd_past_the_bound_is_served",
            "an_idle_user_is_served_again",
            "a_dropped_command_is_applied_once_or_not",
            "who_leaves_the_line_holds_up_nobody",
            "a_panic_stays_with_its_caller",
            "a_store_fault_stays_with_its_caller",
        ],
    },
    Wrong {
        mistake: "every command has a lock of its own",
        entry: || entry!(lock_of_ones_own::LockOfOnesOwn keeps (), on Slab),
        stage: Stage::Adversary,
        killers: LOST_UPDATES,
    },
    Wrong {
        mistake: "an idle actor is marked as stopped outside its mailbox's lock",
        entry: || entry!(stops_outside_lock::StopsOutsideLock keeps stops_outside_lock::Actor, on Slab),
        stage: Stage::Adversary,
        killers: &[],
    },
    Wrong {
        mistake: "read, compute and write are three steps",
        entry: || entry!(atomic_in_name::AtomicInName keeps AtomicU64, on Slab),
        stage: Stage::Adversary,
        killers: LOST_UPDATES,
    },
    Wrong {
        mistake: "one rejection breaks the line for ever",
        entry: || entry!(poisoned_chain::PoisonedChain keeps asynchronous::Mutex<bool>, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "a_use_takes_points_away",
            "no_more_is_spent_than_is_held",
            "no_more_is_held_than_is_allowed",
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "a_rejection_changes_nothing",
            "a_rejection_reaches_only_its_caller",
            "a_rejected_command_is_never_seen",
            "an_idle_user_is_served_again",
            "a_store_fault_stays_with_its_caller",
        ],
    },
    Wrong {
        mistake: "a rejection is given to all who stand in line",
        entry: || entry!(contagious_rejection::ContagiousRejection keeps contagious_rejection::Line, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "no_more_is_spent_than_is_held",
            "no_more_is_held_than_is_allowed",
            "a_rejection_reaches_only_its_caller",
            "a_rejected_command_is_never_seen",
            "a_store_fault_stays_with_its_caller",
        ],
    },
    Wrong {
        mistake: "all who wait go in together",
        entry: || entry!(all_wake_at_once::AllWakeAtOnce keeps all_wake_at_once::Lock, on Slab),
        stage: Stage::Adversary,
        killers: LOST_UPDATES,
    },
    Wrong {
        mistake: "the lock leaves its map while others wait for it",
        entry: || entry!(lock_let_go::LockLetGo keeps (), on Slab),
        stage: Stage::Adversary,
        killers: &[
            "a_mix_of_commands_balances",
            "a_history_shows_what_was_acknowledged",
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "a_dropped_command_is_applied_once_or_not",
        ],
    },
    Wrong {
        mistake: "charges and uses have different locks",
        entry: || entry!(two_locks::TwoLocks keeps two_locks::Locks, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "a_mix_of_commands_balances",
            "the_ledger_is_what_was_acknowledged",
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "a_dropped_command_is_applied_once_or_not",
        ],
    },
    Wrong {
        mistake: "the balance is checked outside the lock",
        entry: || entry!(check_outside::CheckOutside keeps asynchronous::Mutex<()>, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "a_mix_of_commands_balances",
            "no_more_is_spent_than_is_held",
            "no_more_is_held_than_is_allowed",
            "the_ledger_is_what_was_acknowledged",
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "first_come_first_served",
        ],
    },
    Wrong {
        mistake: "a balance that is taken back can be read",
        entry: || entry!(check_after::CheckAfter keeps check_after::Counter, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "no_more_is_held_than_is_allowed",
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "a_rejected_command_is_never_seen",
            "reads_do_not_go_back",
            "a_panic_stays_with_its_caller",
            "a_store_fault_stays_with_its_caller",
        ],
    },
    Wrong {
        mistake: "the history lists what was refused",
        entry: || entry!(line_before_check::LineBeforeCheck keeps asynchronous::Mutex<()>, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "a_use_takes_points_away",
            "a_mix_of_commands_balances",
            "no_more_is_spent_than_is_held",
            "no_more_is_held_than_is_allowed",
            "the_ledger_is_what_was_acknowledged",
            "the_ledger_bears_out_every_reply",
            "a_rejection_changes_nothing",
            "a_rejected_command_is_never_seen",
        ],
    },
    Wrong {
        mistake: "a command is answered before it is written",
        entry: || entry!(line_after_reply::LineAfterReply keeps asynchronous::Mutex<Account>, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "a_history_lists_what_was_done",
            "a_mix_of_commands_balances",
            "no_more_is_spent_than_is_held",
            "no_more_is_held_than_is_allowed",
            "the_ledger_is_what_was_acknowledged",
            "a_history_shows_what_was_acknowledged",
            "a_history_is_not_behind_a_read",
            "pages_agree_with_the_whole",
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "a_rejection_changes_nothing",
            "any_id_is_served",
            "a_crowd_past_the_bound_is_served",
            "a_dropped_command_is_applied_once_or_not",
            "a_panic_stays_with_its_caller",
            "a_store_fault_stays_with_its_caller",
        ],
    },
    Wrong {
        mistake: "a full line drops the command and says ok",
        entry: || entry!(full_says_ok::FullSaysOk keeps full_says_ok::Line, on Slab),
        stage: Stage::Adversary,
        killers: &["a_crowd_past_the_bound_is_served"],
    },
    Wrong {
        mistake: "who comes last is served first",
        entry: || entry!(last_come_first_served::LastComeFirstServed keeps Mutex<last_come_first_served::Line>, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "first_come_first_served",
            "waiting_is_bounded",
            "a_panic_stays_with_its_caller",
        ],
    },
    Wrong {
        mistake: "a line that was drained is never served again",
        entry: || entry!(never_starts_again::NeverStartsAgain keeps Mutex<never_starts_again::Line>, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "a_mix_of_commands_balances",
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "a_rejection_reaches_only_its_caller",
            "an_idle_user_is_served_again",
            "who_leaves_the_line_holds_up_nobody",
            "a_panic_stays_with_its_caller",
            "a_store_fault_stays_with_its_caller",
        ],
    },
    Wrong {
        mistake: "a turn that is handed to a dropped caller is lost",
        entry: || entry!(turn_lost_with_waiter::TurnLostWithWaiter keeps Mutex<turn_lost_with_waiter::Line>, on Slab),
        stage: Stage::Blockade,
        killers: &[
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "who_leaves_the_line_holds_up_nobody",
            "a_panic_stays_with_its_caller",
        ],
    },
    Wrong {
        mistake: "commands share the lock",
        entry: || entry!(write_under_read_lock::WriteUnderReadLock keeps asynchronous::RwLock<()>, on Slab),
        stage: Stage::Adversary,
        killers: LOST_UPDATES,
    },
    Wrong {
        mistake: "reads come from a copy that may be old",
        entry: || entry!(stale_copy::StaleCopy keeps stale_copy::Cached, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "a_balance_shows_what_was_done",
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "a_rejection_changes_nothing",
            "a_read_shows_what_was_acknowledged",
            "an_idle_user_is_served_again",
        ],
    },
    Wrong {
        mistake: "the reply tells the old balance",
        entry: || entry!(old_balance::OldBalance keeps asynchronous::Mutex<()>, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "a_charge_adds_points",
            "a_use_takes_points_away",
            "a_balance_shows_what_was_done",
            "a_history_lists_what_was_done",
            "a_mix_of_commands_balances",
            "no_more_is_spent_than_is_held",
            "no_more_is_held_than_is_allowed",
            "the_ledger_is_what_was_acknowledged",
            "a_history_shows_what_was_acknowledged",
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "a_rejection_changes_nothing",
            "a_rejected_command_is_never_seen",
            "any_id_is_served",
            "users_do_not_wait_for_each_other",
            "a_crowd_past_the_bound_is_served",
        ],
    },
    Wrong {
        mistake: "a panic poisons the lock for ever",
        entry: || entry!(poisoned_by_panic::PoisonedByPanic keeps poisoned_by_panic::Lock, on Slab),
        stage: Stage::Adversary,
        killers: &["a_panic_stays_with_its_caller"],
    },
    Wrong {
        mistake: "a turn is not given back when its holder panics",
        entry: || entry!(turn_lost_in_panic::TurnLostInPanic keeps turn_lost_in_panic::Turn, on Slab),
        stage: Stage::Adversary,
        killers: &["a_panic_stays_with_its_caller"],
    },
    Wrong {
        mistake: "a command is applied again when the store fails",
        entry: || entry!(tried_again::TriedAgain keeps asynchronous::Mutex<()>, on Slab),
        stage: Stage::Adversary,
        killers: &["a_store_fault_stays_with_its_caller"],
    },
    Wrong {
        mistake: "users wait for each other, though none should",
        entry: || entry!(one_lock_for_all::OneLockForAll keeps (), on Slab),
        stage: Stage::Adversary,
        killers: &["users_do_not_wait_for_each_other"],
    },
    Wrong {
        mistake: "users whose numbers meet share an account",
        entry: || entry!(ids_cut_short::IdsCutShort keeps asynchronous::Mutex<()>, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "a_history_lists_what_was_done",
            "a_mix_of_commands_balances",
            "no_more_is_spent_than_is_held",
            "no_more_is_held_than_is_allowed",
            "the_ledger_is_what_was_acknowledged",
            "a_history_shows_what_was_acknowledged",
            "a_history_is_not_behind_a_read",
            "pages_agree_with_the_whole",
            "the_ledger_bears_out_every_reply",
            "a_rejection_changes_nothing",
            "a_rejected_command_is_never_seen",
            "any_id_is_served",
            "users_do_not_wait_for_each_other",
            "first_come_first_served",
            "a_crowd_past_the_bound_is_served",
            "a_dropped_command_is_applied_once_or_not",
            "who_leaves_the_line_holds_up_nobody",
            "a_panic_stays_with_its_caller",
            "a_store_fault_stays_with_its_caller",
        ],
    },
    Wrong {
        mistake: "the balance of an unknown user is an error",
        entry: || entry!(strangers_are_errors::StrangersAreErrors keeps asynchronous::Mutex<()>, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "a_balance_shows_what_was_done",
            "no_more_is_held_than_is_allowed",
            "a_history_is_not_behind_a_read",
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "reads_do_not_go_back",
            "strangers_have_nothing",
        ],
    },
    Wrong {
        mistake: "the maximum is checked outside the lock",
        entry: || entry!(maximum_outside::MaximumOutside keeps asynchronous::Mutex<()>, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "no_more_is_held_than_is_allowed",
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "first_come_first_served",
        ],
    },
    Wrong {
        mistake: "the history is written when the turn has been given up",
        entry: || entry!(line_outside_turn::LineOutsideTurn keeps (), on Tables),
        stage: Stage::Delays,
        killers: &[
            "a_mix_of_commands_balances",
            "the_ledger_is_what_was_acknowledged",
            "a_history_shows_what_was_acknowledged",
            "a_history_is_not_behind_a_read",
            "the_ledger_bears_out_every_reply",
            "users_do_not_wait_for_each_other",
            "first_come_first_served",
            "a_crowd_past_the_bound_is_served",
            "who_leaves_the_line_holds_up_nobody",
            "a_panic_stays_with_its_caller",
            "a_store_fault_stays_with_its_caller",
        ],
    },
    Wrong {
        mistake: "commands that waited together are one line of the history",
        entry: || entry!(lines_merged::LinesMerged keeps lines_merged::Line, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "every_charge_is_applied",
            "a_mix_of_commands_balances",
            "no_more_is_spent_than_is_held",
            "no_more_is_held_than_is_allowed",
            "the_ledger_is_what_was_acknowledged",
            "a_history_shows_what_was_acknowledged",
            "pages_agree_with_the_whole",
            "the_ledger_bears_out_every_reply",
            "reads_do_not_go_back",
            "a_crowd_past_the_bound_is_served",
            "a_dropped_command_is_applied_once_or_not",
            "who_leaves_the_line_holds_up_nobody",
            "a_panic_stays_with_its_caller",
            "a_store_fault_stays_with_its_caller",
        ],
    },
    Wrong {
        mistake: "an actor starts a task for each message",
        entry: || entry!(task_each::TaskEach keeps (), on Slab),
        stage: Stage::Adversary,
        killers: LOST_UPDATES,
    },
    Wrong {
        mistake: "a dropped caller leaves a balance without its line",
        entry: || entry!(cut_in_two::CutInTwo keeps asynchronous::Mutex<Account>, on Slab),
        stage: Stage::Blockade,
        killers: &[
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "a_dropped_command_is_applied_once_or_not",
            "a_panic_stays_with_its_caller",
            "a_store_fault_stays_with_its_caller",
        ],
    },
    Wrong {
        mistake: "a turn is not given back when its holder is dropped",
        entry: || entry!(turn_lost_when_dropped::TurnLostWhenDropped keeps turn_lost_when_dropped::Turn, on Slab),
        stage: Stage::Blockade,
        killers: &[
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "a_dropped_command_is_applied_once_or_not",
        ],
    },
    Wrong {
        mistake: "a balance past the maximum begins again at zero",
        entry: || entry!(rolls_over::RollsOver keeps asynchronous::Mutex<()>, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "no_more_is_held_than_is_allowed",
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "a_rejection_changes_nothing",
            "a_rejected_command_is_never_seen",
        ],
    },
    Wrong {
        mistake: "a balance that went away and came back counts as unchanged",
        entry: || entry!(went_and_came_back::WentAndCameBack keeps asynchronous::Mutex<()>, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "the_ledger_bears_out_every_reply",
            "first_come_first_served",
            "waiting_is_bounded",
        ],
    },
    Wrong {
        mistake: "a compare-and-set that has lost writes without comparing",
        entry: || entry!(stores_on_retry::StoresOnRetry keeps (), on Slab),
        stage: Stage::Adversary,
        killers: &[
            "every_charge_is_applied",
            "a_mix_of_commands_balances",
            "no_more_is_spent_than_is_held",
            "no_more_is_held_than_is_allowed",
            "the_ledger_is_what_was_acknowledged",
            "a_history_shows_what_was_acknowledged",
            "pages_agree_with_the_whole",
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "a_rejection_reaches_only_its_caller",
            "a_read_shows_what_was_acknowledged",
            "reads_do_not_go_back",
            "first_come_first_served",
            "a_crowd_past_the_bound_is_served",
            "an_idle_user_is_served_again",
            "a_dropped_command_is_applied_once_or_not",
            "who_leaves_the_line_holds_up_nobody",
            "a_panic_stays_with_its_caller",
            "a_store_fault_stays_with_its_caller",
        ],
    },
    Wrong {
        mistake: "one user has two lines",
        entry: || entry!(two_workers::TwoWorkers keeps two_workers::Lines, on Slab),
        stage: Stage::Adversary,
        killers: &["first_come_first_served"],
    },
    Wrong {
        mistake: "the last batch of acknowledged commands is never written",
        entry: || entry!(never_flushed::NeverFlushed keeps asynchronous::Mutex<never_flushed::Batch>, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "a_mix_of_commands_balances",
            "no_more_is_spent_than_is_held",
            "no_more_is_held_than_is_allowed",
            "a_history_shows_what_was_acknowledged",
            "a_history_is_not_behind_a_read",
            "pages_agree_with_the_whole",
            "the_ledger_bears_out_every_reply",
            "a_rejection_changes_nothing",
            "a_rejected_command_is_never_seen",
            "any_id_is_served",
            "users_do_not_wait_for_each_other",
            "a_crowd_past_the_bound_is_served",
            "a_dropped_command_is_applied_once_or_not",
            "a_panic_stays_with_its_caller",
            "a_store_fault_stays_with_its_caller",
        ],
    },
    Wrong {
        mistake: "of all who wait one is woken, once and for all",
        entry: || entry!(woken_once::WokenOnce keeps woken_once::Lock, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "every_charge_is_applied",
            "a_mix_of_commands_balances",
            "no_more_is_spent_than_is_held",
            "no_more_is_held_than_is_allowed",
            "the_ledger_is_what_was_acknowledged",
            "a_history_shows_what_was_acknowledged",
            "a_history_is_not_behind_a_read",
            "pages_agree_with_the_whole",
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "a_rejection_reaches_only_its_caller",
            "a_rejected_command_is_never_seen",
            "a_read_shows_what_was_acknowledged",
            "reads_do_not_go_back",
            "first_come_first_served",
            "a_crowd_past_the_bound_is_served",
            "an_idle_user_is_served_again",
            "waiting_is_bounded",
            "a_dropped_command_is_applied_once_or_not",
            "who_leaves_the_line_holds_up_nobody",
            "a_panic_stays_with_its_caller",
            "a_store_fault_stays_with_its_caller",
        ],
    },
    Wrong {
        mistake: "a lock is looked at and then taken",
        entry: || entry!(spins_on_a_flag::SpinsOnAFlag keeps AtomicBool, on Slab),
        stage: Stage::Adversary,
        killers: &[
            "every_charge_is_applied",
            "a_mix_of_commands_balances",
            "no_more_is_spent_than_is_held",
            "no_more_is_held_than_is_allowed",
            "the_ledger_is_what_was_acknowledged",
            "a_history_shows_what_was_acknowledged",
            "pages_agree_with_the_whole",
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "a_rejection_reaches_only_its_caller",
            "reads_do_not_go_back",
            "first_come_first_served",
            "a_crowd_past_the_bound_is_served",
            "an_idle_user_is_served_again",
            "a_dropped_command_is_applied_once_or_not",
            "who_leaves_the_line_holds_up_nobody",
            "a_panic_stays_with_its_caller",
            "a_store_fault_stays_with_its_caller",
        ],
    },
    Wrong {
        mistake: "readers go before a writer that waits",
        entry: || entry!(readers_first::ReadersFirst keeps readers_first::Lock, on Slab),
        stage: Stage::Adversary,
        killers: &["waiting_is_bounded"],
    },
    Wrong {
        mistake: "a waiting writer that is dropped leaves the lock marked",
        entry: || entry!(writer_mark_left::WriterMarkLeft keeps writer_mark_left::Lock, on Slab),
        stage: Stage::Blockade,
        killers: &[
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "waiting_is_bounded",
        ],
    },
    Wrong {
        mistake: "a caller that finds the line full gets in only when it is empty",
        entry: || entry!(overflow_starves::OverflowStarves keeps Mutex<overflow_starves::Line>, on Slab),
        stage: Stage::Adversary,
        killers: &["waiting_is_bounded"],
    },
];

/// What catches a strategy that loses updates: next to everything that more than one caller takes part
/// in.
const LOST_UPDATES: &[&str] = &[
    "every_charge_is_applied",
    "a_mix_of_commands_balances",
    "no_more_is_spent_than_is_held",
    "no_more_is_held_than_is_allowed",
    "the_ledger_is_what_was_acknowledged",
    "a_history_shows_what_was_acknowledged",
    "pages_agree_with_the_whole",
    "the_ledger_bears_out_every_reply",
    "callers_see_one_command_after_another",
    "a_rejection_reaches_only_its_caller",
    "reads_do_not_go_back",
    "a_crowd_past_the_bound_is_served",
    "an_idle_user_is_served_again",
    "a_dropped_command_is_applied_once_or_not",
    "who_leaves_the_line_holds_up_nobody",
    "a_panic_stays_with_its_caller",
    "a_store_fault_stays_with_its_caller",
];

/// The strategy of the registry that claims nothing.
fn control_on(store: &str) -> Entry {
    let mut controls = registry::entries().filter(|entry| entry.family == Family::Control);
    *controls.find(|entry| entry.store == store).expect("the registry has a control on each store")
}
