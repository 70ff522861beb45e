//! What the sweep keeps of one user: its floor, and the entries of its ledger that are still needed.

use std::collections::BTreeMap;

use super::Seen;
use crate::domain::{Account, Action, Amount, LedgerEntry, UserId};

/// Most entries of one ledger that are kept at a time, beside one page: 1 MiB.
pub(super) const WINDOW_MAX: u64 = 1 << 16;

/// The least place that an operation may have from now on, and who says so.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Floor {
    pub(super) place: u64,
    pub(super) who: u64,
}

impl Floor {
    /// Whether an operation at `place` would come before this, or be a second write of it.
    #[inline(always)]
    pub(super) fn forbids(self, place: u64) -> bool {
        // Even places are writes, and a write may not be where another is.
        place + (place & 1) <= self.place
    }
}

/// One entry of a ledger, as far as it is still needed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    /// Its command; who has claimed it once it is claimed.
    pub(super) who: u64,
    pub(super) balance: u32,
    pub(super) claimed: bool,
}

/// What is known of one user.
pub(super) struct Row {
    pub(super) user: UserId,
    pub(super) floor: Floor,
    /// The version of the first slot that is still needed, and where it is in `slots`.
    pub(super) base: u64,
    pub(super) start: usize,
    pub(super) slots: Vec<Slot>,
    /// What the entries pulled so far leave.
    pub(super) account: Account,
    pub(super) last: Option<LedgerEntry>,
    /// Operations that are ahead of the window, by version.
    pub(super) ahead: BTreeMap<(u64, u64), Seen>,
}

impl Row {
    pub(super) fn new(user: UserId) -> Row {
        // Version 0, which nobody wrote.
        let nothing = Slot { who: 0, balance: 0, claimed: true };
        Row {
            user,
            floor: Floor::default(),
            base: 0,
            start: 0,
            slots: vec![nothing],
            account: Account::default(),
            last: None,
            ahead: BTreeMap::new(),
        }
    }

    #[inline(always)]
    pub(super) fn slot(&self, version: u64) -> Option<&Slot> {
        let offset = usize::try_from(version.wrapping_sub(self.base)).ok()?;
        self.slots.get(self.start.wrapping_add(offset))
    }

    /// The version of the last slot.
    pub(super) fn top(&self) -> u64 {
        self.account.version
    }
}

/// Whether `action` takes one balance to the other.
#[inline(always)]
pub(super) fn moves(action: Action, before: u64, after: u32) -> bool {
    let (points, after) = (action.amount().points(), u64::from(after));
    let (less, more) = match action {
        Action::Charge(_) => (before, after),
        Action::Use(_) => (after, before),
    };
    less + points == more
}

/// What takes one balance to the other, where the rules have been seen to.
pub(super) fn moved(before: u32, after: u32) -> Action {
    let amount = |points: u32| {
        Amount::new(u64::from(points)).expect("an entry that follows from the rules moves points")
    };
    match before < after {
        true => Action::Charge(amount(after - before)),
        false => Action::Use(amount(before - after)),
    }
}
