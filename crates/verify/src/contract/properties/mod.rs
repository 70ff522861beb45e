//! The properties, and the guarantee that each one follows from.

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
    contract::Candidate,
    contract::{check_result::CheckResult, fixture::TestCase},
};
use hotrow::strategy::Guarantees;

/// One property of every strategy that guarantees it.
pub struct Property {
    /// The statement of the property, as a name that can be typed.
    pub name: &'static str,
    /// Whether the property follows from these guarantees.
    applies_to: fn(Guarantees) -> bool,
    /// Whether the check holds a step of the store, or lets it fail.
    injects_faults: bool,
    pub(in crate::contract) check: fn(TestCase) -> LocalBoxFuture<'static, CheckResult>,
}

impl Property {
    /// Whether `candidate` guarantees the property, and its store can show it. A reference guarantees
    /// nothing.
    pub fn is_promised_by(&self, candidate: &Candidate) -> bool {
        !candidate.is_reference()
            && candidate.guarantees.linearizable
            && (self.applies_to)(candidate.guarantees)
            && (!self.injects_faults || candidate.fault_injecting.is_some())
    }
}

/// One row for each property: its function, the guarantee that it follows from, and whether its check
/// injects faults.
macro_rules! properties {
    ($($file:ident::$name:ident needs $guarantee:ident $(, and $faults:ident)?;)+) => {
        &[$(Property {
            name: stringify!($name),
            applies_to: |guarantees| guarantees.$guarantee,
            injects_faults: properties!(@injects $($faults)?),
            check: |case| Box::pin($file::$name(case)),
        },)+]
    };
    (@injects) => { false };
    (@injects faults) => { true };
}

/// Every property.
pub const PROPERTIES: &[Property] = properties! {
    sequential::charge_adds_points             needs linearizable;
    sequential::use_subtracts_points           needs linearizable;
    sequential::balance_reflects_commands      needs linearizable;
    sequential::history_lists_commands         needs linearizable;
    sums::no_lost_updates                      needs linearizable;
    sums::conservation_under_mixed_load        needs linearizable;
    limits::no_overdraft                       needs linearizable;
    limits::no_balance_above_limit             needs linearizable;
    histories::ledger_equals_acknowledged      needs linearizable;
    histories::history_read_your_writes        needs linearizable;
    histories::history_not_older_than_read     needs linearizable;
    histories::pages_agree_with_full_history   needs linearizable;
    evidence::replies_match_ledger             needs linearizable;
    evidence::observed_history_is_linearizable needs linearizable;
    rejections::rejection_changes_nothing      needs linearizable;
    rejections::rejection_is_isolated          needs linearizable;
    rejections::no_dirty_reads                 needs linearizable;
    reads::read_your_writes                    needs linearizable;
    reads::monotonic_reads                     needs linearizable;
    users::unknown_user_has_zero_balance       needs linearizable;
    users::any_user_id_is_served               needs linearizable;
    turns::no_cross_user_blocking              needs no_cross_user_blocking, and faults;
    turns::fifo_per_user                       needs fifo, and faults;
    turns::queue_overflow_is_served            needs linearizable, and faults;
    turns::idle_user_is_served_again           needs linearizable;
    waiting::waiting_is_bounded                needs starvation_free, and faults;
    drops::cancelled_command_is_at_most_once   needs linearizable;
    drops::cancelled_waiter_does_not_block     needs linearizable, and faults;
    faults::panic_is_isolated                  needs linearizable, and faults;
    faults::store_fault_is_isolated            needs linearizable, and faults;
};
