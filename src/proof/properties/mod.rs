//! What a strategy has to keep, and which promise obliges it to.

mod drops;
mod evidence;
mod faults;
mod histories;
mod limits;
mod reads;
mod rejections;
mod sequential;
mod sums;
mod turns;
mod users;
mod waiting;

use futures_util::future::LocalBoxFuture;

use crate::{
    proof::{found::Found, subject::Case},
    registry::Entry,
    strategy::Promises,
};

/// One property of all strategies that promise it.
pub struct Property {
    /// What is kept, as a name that can be typed.
    pub name: &'static str,
    /// Whether these promises oblige to it.
    applies_to: fn(Promises) -> bool,
    pub(in crate::proof) check: fn(Case) -> LocalBoxFuture<'static, Found>,
}

impl Property {
    /// Whether `entry` promises to keep it. References promise to keep nothing.
    pub fn is_promised_by(&self, entry: &Entry) -> bool {
        !entry.is_reference() && entry.promises.sound && (self.applies_to)(entry.promises)
    }
}

/// A row: where the property is, and the promise that it needs.
macro_rules! properties {
    ($($file:ident::$name:ident needs $promise:ident;)+) => {
        &[$(Property {
            name: stringify!($name),
            applies_to: |promises| promises.$promise,
            check: |case| Box::pin($file::$name(case)),
        },)+]
    };
}

/// Every property.
pub const PROPERTIES: &[Property] = properties! {
    sequential::a_charge_adds_points                     needs sound;
    sequential::a_use_takes_points_away                  needs sound;
    sequential::a_balance_shows_what_was_done            needs sound;
    sequential::a_history_lists_what_was_done            needs sound;
    sums::every_charge_is_applied                        needs sound;
    sums::a_mix_of_commands_balances                     needs sound;
    limits::no_more_is_spent_than_is_held                needs sound;
    limits::no_more_is_held_than_is_allowed              needs sound;
    histories::the_ledger_is_what_was_acknowledged       needs sound;
    histories::a_history_shows_what_was_acknowledged     needs sound;
    histories::a_history_is_not_behind_a_read            needs sound;
    histories::pages_agree_with_the_whole                needs sound;
    evidence::the_ledger_bears_out_every_reply           needs sound;
    evidence::callers_see_one_command_after_another      needs sound;
    rejections::a_rejection_changes_nothing              needs sound;
    rejections::a_rejection_reaches_only_its_caller      needs sound;
    rejections::a_rejected_command_is_never_seen         needs sound;
    reads::a_read_shows_what_was_acknowledged            needs sound;
    reads::reads_do_not_go_back                          needs sound;
    users::strangers_have_nothing                        needs sound;
    users::any_id_is_served                              needs sound;
    turns::users_do_not_wait_for_each_other              needs independent;
    turns::first_come_first_served                       needs fifo;
    turns::a_crowd_past_the_bound_is_served              needs sound;
    turns::an_idle_user_is_served_again                  needs sound;
    waiting::waiting_is_bounded                          needs starvation_free;
    drops::a_dropped_command_is_applied_once_or_not      needs sound;
    drops::who_leaves_the_line_holds_up_nobody           needs sound;
    faults::a_panic_stays_with_its_caller                needs sound;
    faults::a_store_fault_stays_with_its_caller          needs sound;
};
