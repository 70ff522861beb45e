//! The state of one user in a sweep: its frontier, and the ledger entries that are still needed.

use std::collections::BTreeMap;

use super::Event;
use hotrow::domain::{Account, Action, Amount, LedgerEntry, UserId};

/// Most entries of one ledger that are kept at a time, beside one page: 1 MiB.
pub(super) const WINDOW_MAX: u64 = 1 << 16;

/// The least position that an operation may have from now on, and the operation that implies it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Frontier {
    pub(super) position: u64,
    pub(super) key: u64,
}

impl Frontier {
    /// Whether an operation at `position` would come before this, or be a second write at it.
    #[inline(always)]
    pub(super) fn forbids(self, position: u64) -> bool {
        // Even positions are writes, and two writes cannot share one.
        position + (position & 1) <= self.position
    }
}

/// The part of a ledger entry that is still needed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    /// The id of its command; the key of the operation that claimed it, once it is claimed.
    pub(super) owner: u64,
    pub(super) balance: u32,
    pub(super) claimed: bool,
}

/// The state of one user.
pub(super) struct UserState {
    pub(super) user: UserId,
    pub(super) frontier: Frontier,
    /// The version of the first slot that is still needed.
    pub(super) base: u64,
    /// The index of that slot in `slots`.
    pub(super) start: usize,
    pub(super) slots: Vec<Slot>,
    /// The account after the entries that were pulled so far.
    pub(super) account: Account,
    pub(super) last: Option<LedgerEntry>,
    /// Operations that are ahead of the window, by version.
    pub(super) deferred: BTreeMap<(u64, u64), Event>,
}

impl UserState {
    pub(super) fn new(user: UserId) -> UserState {
        // Version 0 has no entry, so no operation may claim it.
        let version_0 = Slot { owner: 0, balance: 0, claimed: true };
        UserState {
            user,
            frontier: Frontier::default(),
            base: 0,
            start: 0,
            slots: vec![version_0],
            account: Account::default(),
            last: None,
            deferred: BTreeMap::new(),
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

/// Whether `action` changes the balance `before` to `after`.
#[inline(always)]
pub(super) fn moves(action: Action, before: u64, after: u32) -> bool {
    let (points, after) = (action.amount().points(), u64::from(after));
    let (less, more) = match action {
        Action::Charge(_) => (before, after),
        Action::Use(_) => (after, before),
    };
    less + points == more
}

/// The action that changes the balance `before` to `after`, for an entry that obeys the rules.
pub(super) fn moved(before: u32, after: u32) -> Action {
    let amount = |points: u32| {
        Amount::new(u64::from(points)).expect("an entry that obeys the rules moves points")
    };
    match before < after {
        true => Action::Charge(amount(after - before)),
        false => Action::Use(amount(before - after)),
    }
}
