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
mod full_says_ok;
mod ids_cut_short;
mod last_come_first_served;
mod line_after_reply;
mod line_before_check;
mod lock_let_go;
mod lock_of_ones_own;
mod never_starts_again;
mod old_balance;
mod one_lock_for_all;
mod poisoned_by_panic;
mod poisoned_chain;
mod stale_copy;
mod strangers_are_errors;
mod tried_again;
mod turn_lost_in_panic;
mod turn_lost_with_waiter;
mod two_locks;
mod write_under_read_lock;

use hotrow::{
    domain::Account,
    proof::Stage,
    registry::{self, Entry},
    store::{Adversary, Slab},
    strategy::{Family, Promises},
    sync::{Mutex, asynchronous, atomic::AtomicU64},
};

/// A strategy that is wrong on purpose.
pub(crate) struct Wrong {
    /// What it does wrong.
    pub(crate) mistake: &'static str,
    pub(crate) entry: fn() -> Entry,
    /// Where it is caught, every time.
    pub(crate) stage: Stage,
    /// The properties that must each catch it.
    pub(crate) killers: &'static [&'static str],
}

/// What every one of them claims.
const ALL_PROMISES: Promises =
    Promises { sound: true, fifo: true, independent: true, idle_free: true };

macro_rules! entry {
    ($file:ident::$strategy:ident keeps $slot:ty) => {
        || {
            Entry::unmeasured::<
                $file::$strategy<Slab<$slot>>,
                $file::$strategy<Adversary<Slab<$slot>>>,
                $file::$strategy<Adversary<Slab<$slot>, false>>,
            >()
        }
    };
}

/// Every one of them, and the control of the registry.
pub(crate) const WRONG: &[Wrong] = &[
    Wrong {
        mistake: "nothing is guarded",
        entry: || control_on("slab"),
        stage: Stage::Adversary,
        killers: UNGUARDED,
    },
    Wrong {
        mistake: "nothing is guarded",
        entry: || control_on("tables"),
        stage: Stage::Adversary,
        killers: UNGUARDED,
    },
    Wrong {
        mistake: "nothing is guarded",
        entry: || control_on("tables"),
        stage: Stage::Delays,
        killers: UNGUARDED,
    },
    Wrong {
        mistake: "every command has a lock of its own",
        entry: entry!(lock_of_ones_own::LockOfOnesOwn keeps ()),
        stage: Stage::Adversary,
        killers: &[
            "every_charge_is_applied",
            "no_more_is_spent_than_is_held",
            "no_more_is_held_than_is_allowed",
            "the_ledger_is_what_was_acknowledged",
        ],
    },
    Wrong {
        mistake: "read, compute and write are three steps",
        entry: entry!(atomic_in_name::AtomicInName keeps AtomicU64),
        stage: Stage::Adversary,
        killers: &[
            "every_charge_is_applied",
            "no_more_is_spent_than_is_held",
            "a_mix_of_commands_balances",
        ],
    },
    Wrong {
        mistake: "one rejection breaks the line for ever",
        entry: entry!(poisoned_chain::PoisonedChain keeps asynchronous::Mutex<bool>),
        stage: Stage::Adversary,
        killers: &[
            "a_rejection_changes_nothing",
            "a_rejection_reaches_only_its_caller",
            "an_idle_user_is_served_again",
        ],
    },
    Wrong {
        mistake: "a rejection is given to all who stand in line",
        entry: entry!(contagious_rejection::ContagiousRejection keeps contagious_rejection::Line),
        stage: Stage::Adversary,
        killers: &["a_rejection_reaches_only_its_caller", "no_more_is_spent_than_is_held"],
    },
    Wrong {
        mistake: "all who wait go in together",
        entry: entry!(all_wake_at_once::AllWakeAtOnce keeps all_wake_at_once::Lock),
        stage: Stage::Adversary,
        killers: &["every_charge_is_applied", "no_more_is_spent_than_is_held"],
    },
    Wrong {
        mistake: "the lock leaves its map while others wait for it",
        entry: entry!(lock_let_go::LockLetGo keeps ()),
        stage: Stage::Adversary,
        killers: &["a_mix_of_commands_balances", "a_history_shows_what_was_acknowledged"],
    },
    Wrong {
        mistake: "charges and uses have different locks",
        entry: entry!(two_locks::TwoLocks keeps two_locks::Locks),
        stage: Stage::Adversary,
        killers: &[
            "a_mix_of_commands_balances",
            "the_ledger_is_what_was_acknowledged",
            "a_dropped_command_is_applied_once_or_not",
        ],
    },
    Wrong {
        mistake: "the balance is checked outside the lock",
        entry: entry!(check_outside::CheckOutside keeps asynchronous::Mutex<()>),
        stage: Stage::Adversary,
        killers: &["no_more_is_spent_than_is_held", "no_more_is_held_than_is_allowed"],
    },
    Wrong {
        mistake: "a balance that is taken back can be read",
        entry: entry!(check_after::CheckAfter keeps check_after::Counter),
        stage: Stage::Adversary,
        killers: &[
            "a_rejected_command_is_never_seen",
            "no_more_is_held_than_is_allowed",
            "reads_do_not_go_back",
        ],
    },
    Wrong {
        mistake: "the history lists what was refused",
        entry: entry!(line_before_check::LineBeforeCheck keeps asynchronous::Mutex<()>),
        stage: Stage::Adversary,
        killers: &["a_rejection_changes_nothing", "the_ledger_is_what_was_acknowledged"],
    },
    Wrong {
        mistake: "a command is answered before it is written",
        entry: entry!(line_after_reply::LineAfterReply keeps asynchronous::Mutex<Account>),
        stage: Stage::Adversary,
        killers: &[
            "a_history_shows_what_was_acknowledged",
            "a_history_is_not_behind_a_read",
            "a_history_lists_what_was_done",
            "pages_agree_with_the_whole",
        ],
    },
    Wrong {
        mistake: "a full line drops the command and says ok",
        entry: entry!(full_says_ok::FullSaysOk keeps full_says_ok::Line),
        stage: Stage::Adversary,
        killers: &["a_crowd_past_the_bound_is_served"],
    },
    Wrong {
        mistake: "who comes last is served first",
        entry: entry!(last_come_first_served::LastComeFirstServed keeps Mutex<last_come_first_served::Line>),
        stage: Stage::Adversary,
        killers: &["first_come_first_served"],
    },
    Wrong {
        mistake: "a line that was drained is never served again",
        entry: entry!(never_starts_again::NeverStartsAgain keeps Mutex<never_starts_again::Line>),
        stage: Stage::Adversary,
        killers: &["an_idle_user_is_served_again"],
    },
    Wrong {
        mistake: "a turn that is handed to a dropped caller is lost",
        entry: entry!(turn_lost_with_waiter::TurnLostWithWaiter keeps Mutex<turn_lost_with_waiter::Line>),
        stage: Stage::Blockade,
        killers: &["who_leaves_the_line_holds_up_nobody"],
    },
    Wrong {
        mistake: "commands share the lock",
        entry: entry!(write_under_read_lock::WriteUnderReadLock keeps asynchronous::RwLock<()>),
        stage: Stage::Adversary,
        killers: &["every_charge_is_applied", "a_mix_of_commands_balances"],
    },
    Wrong {
        mistake: "reads come from a copy that may be old",
        entry: entry!(stale_copy::StaleCopy keeps stale_copy::Cached),
        stage: Stage::Adversary,
        killers: &["a_balance_shows_what_was_done", "a_read_shows_what_was_acknowledged"],
    },
    Wrong {
        mistake: "the reply tells the old balance",
        entry: entry!(old_balance::OldBalance keeps asynchronous::Mutex<()>),
        stage: Stage::Adversary,
        killers: &[
            "a_charge_adds_points",
            "a_use_takes_points_away",
            "the_ledger_is_what_was_acknowledged",
        ],
    },
    Wrong {
        mistake: "a panic poisons the lock for ever",
        entry: entry!(poisoned_by_panic::PoisonedByPanic keeps poisoned_by_panic::Lock),
        stage: Stage::Adversary,
        killers: &["a_panic_stays_with_its_caller"],
    },
    Wrong {
        mistake: "a turn is not given back when its holder panics",
        entry: entry!(turn_lost_in_panic::TurnLostInPanic keeps turn_lost_in_panic::Turn),
        stage: Stage::Adversary,
        killers: &["a_panic_stays_with_its_caller"],
    },
    Wrong {
        mistake: "a command is applied again when the store fails",
        entry: entry!(tried_again::TriedAgain keeps asynchronous::Mutex<()>),
        stage: Stage::Adversary,
        killers: &["a_store_fault_stays_with_its_caller"],
    },
    Wrong {
        mistake: "users wait for each other, though none should",
        entry: entry!(one_lock_for_all::OneLockForAll keeps ()),
        stage: Stage::Adversary,
        killers: &["users_do_not_wait_for_each_other"],
    },
    Wrong {
        mistake: "users whose numbers meet share an account",
        entry: entry!(ids_cut_short::IdsCutShort keeps asynchronous::Mutex<()>),
        stage: Stage::Adversary,
        killers: &["any_id_is_served"],
    },
    Wrong {
        mistake: "the balance of an unknown user is an error",
        entry: entry!(strangers_are_errors::StrangersAreErrors keeps asynchronous::Mutex<()>),
        stage: Stage::Adversary,
        killers: &["strangers_have_nothing"],
    },
];

/// What catches a strategy that guards nothing.
const UNGUARDED: &[&str] = &[
    "every_charge_is_applied",
    "a_mix_of_commands_balances",
    "no_more_is_spent_than_is_held",
    "no_more_is_held_than_is_allowed",
    "the_ledger_is_what_was_acknowledged",
    "a_history_shows_what_was_acknowledged",
    "reads_do_not_go_back",
    "a_crowd_past_the_bound_is_served",
];

/// The strategy of the registry that claims nothing.
fn control_on(store: &str) -> Entry {
    let mut controls = registry::entries().filter(|entry| entry.family == Family::Control);
    *controls.find(|entry| entry.store == store).expect("the registry has a control on each store")
}
