//! The sweep: every operation once, in the order of calls and returns, beside its ledger.
//!
//! The ledger is the order of writes, and a reply says after which of them it was given. So every
//! operation has a *place*: the write of version v has place v, and a read or a refusal that saw
//! version v lies behind that write and before the next. The places are numbered
//!
//! ```text
//! place   0          1           2        3           4        5
//!         nothing    reads at 0  write 1  reads at 1  write 2  reads at 2
//! ```
//!
//! and no two writes have the same one. The history is linearizable in the order of its ledger if
//! and only if what was told agrees with the ledger, and **whenever X returned before Y was called,
//! Y's place is not before X's**.
//!
//! *Only if*: an order that keeps real time has X before Y, and in an order in which each reply is
//! right each operation stands at its place. *If*: order operations by place, and reads of one place
//! by their calls. Each reply is then right, since it agrees with the ledger at its place. And real
//! time is kept: X that returned before Y was called has no later place, and where it has the same
//! both are reads, since a write's place is its own, and X was called first.
//!
//! There are as many pairs as the square of the operations, and one comparison each will do. Of all
//! that returned before Y was called, the one with the largest place, the *floor* of its user, is
//! before Y exactly if all of them are. So the sweep goes through calls and returns in the order of
//! time, calls first where they are equal: a return raises the floor, and a call is held against it.
//! What a client asked one after another is in order whatever the clock says, so the last place that
//! each client came to is kept as well.
//!
//! An operation whose outcome nobody knows has no return and raises nothing. If it is in the ledger
//! it is a write with a place, held against the floor that was there at its call; if not it may be
//! left out of the order.
//!
//! # Memory
//!
//! Entries are pulled from the ledger as operations come to them, and let go once the floor has
//! passed them: no later operation may have a place there. What is between is kept, up to
//! [`WINDOW_MAX`] entries; an operation that is ahead of that is set aside until the floor comes near.
//! There are never more of them than operations under way. So beside the logs the sweep needs memory
//! for users, clients and what is under way, however long the history is.

mod source;
mod window;
mod wrong;

use std::collections::HashMap;

pub(super) use self::source::{Pages, Source, Terms};
use self::{
    window::{Floor, Row, Slot, WINDOW_MAX, moved, moves},
    wrong::{does_not_follow, unexplained},
};
use super::{log::Outcome, violation::Violation};
use crate::domain::{Account, Action, Command, OperationId, UserId};

/// An operation as the sweep needs it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// What its source knows it by.
    pub(super) who: u64,
    /// Place of its user among those of this sweep.
    pub(super) row: usize,
    /// Place of its client and user among the pairs of both.
    pub(super) lane: usize,
    pub(super) id: OperationId,
    pub(super) action: Option<Action>,
    pub(super) outcome: Outcome,
    pub(super) account: Account,
}

impl Seen {
    /// Where in the order of the ledger it stands; nowhere if nobody knows.
    #[inline(always)]
    fn place(&self) -> u64 {
        self.account.version << 1 | u64::from(self.outcome != Outcome::Applied)
    }
}

/// A command of which nobody knows, with what it must come after.
#[derive(Debug, Clone, Copy)]
struct Open {
    seen: Seen,
    floor: Floor,
}

/// How far a sweep has come.
pub(super) struct Sweep<'a, S, P> {
    source: &'a S,
    page: &'a P,
    terms: Terms,
    rows: Vec<Row>,
    /// The last place of each client with each user.
    lanes: Vec<Floor>,
    /// By id; by user and action where entries do not say whose they are.
    open: HashMap<(u64, u64), Vec<Open>>,
    operations: u64,
}

impl<'a, S: Source, P: Pages> Sweep<'a, S, P> {
    pub(super) fn new(
        source: &'a S,
        page: &'a P,
        terms: Terms,
        users: impl Iterator<Item = UserId>,
        lanes: usize,
    ) -> Sweep<'a, S, P> {
        Sweep {
            source,
            page,
            terms,
            rows: users.map(Row::new).collect(),
            lanes: vec![Floor::default(); lanes],
            open: HashMap::new(),
            operations: 0,
        }
    }

    pub(super) fn operations(&self) -> u64 {
        self.operations
    }

    /// Takes a call, together with what will come of it.
    #[inline(always)]
    pub(super) fn called(&mut self, seen: &Seen) -> Result<(), Box<Violation>> {
        self.operations += 1;
        if seen.outcome == Outcome::Unknown {
            self.leave_open(seen);
            return Ok(());
        }
        let place = seen.place();
        let (floor, lane) = (self.rows[seen.row].floor, self.lanes[seen.lane]);
        if floor.forbids(place) {
            return Err(self.gone_back(seen, floor));
        }
        if lane.forbids(place) && self.source.in_turn(lane.who, seen.who) {
            return Err(self.gone_back(seen, lane));
        }
        self.lanes[seen.lane] = Floor { place, who: seen.who };
        match self.rows[seen.row].slot(seen.account.version) {
            Some(_) => self.compare(seen),
            None => self.reach(seen),
        }
    }

    /// Takes a return: whoever is called from now on comes after it.
    #[inline(always)]
    pub(super) fn returned(&mut self, seen: &Seen) -> Result<(), Box<Violation>> {
        let row = &mut self.rows[seen.row];
        let place = seen.place();
        if seen.outcome == Outcome::Unknown || place <= row.floor.place {
            return Ok(());
        }
        row.floor = Floor { place, who: seen.who };
        if row.base < seen.account.version {
            self.pass(seen.row, seen.account.version)
        } else {
            Ok(())
        }
    }

    /// Holds what an operation was told against the entry of its version, which is in the window.
    #[inline(always)]
    fn compare(&mut self, seen: &Seen) -> Result<(), Box<Violation>> {
        let row = &mut self.rows[seen.row];
        let version = seen.account.version;
        let at = row.start + usize::try_from(version - row.base).expect("a window is small");
        let slot = row.slots[at];
        let mut right = u64::from(slot.balance) == seen.account.balance;
        match seen.outcome {
            Outcome::Applied => {
                // What was written before a write is in the window: the floor is before it.
                let before = u64::from(row.slots[at.wrapping_sub(1)].balance);
                right &= !slot.claimed && (!self.terms.ids || slot.who == seen.id.0);
                right &= seen.action.is_some_and(|action| moves(action, before, slot.balance));
                row.slots[at] = Slot { who: seen.who, claimed: true, ..slot };
            }
            Outcome::Refused => right &= self.is_refused(seen),
            Outcome::Read | Outcome::Unknown => {}
        }
        if right { Ok(()) } else { Err(self.misled(seen, slot)) }
    }

    fn is_refused(&self, seen: &Seen) -> bool {
        let user = self.rows[seen.row].user;
        let Some(action) = seen.action else { return false };
        Command { id: seen.id, user, action }.decide(seen.account, &self.terms.policy).is_err()
    }

    /// Pulls entries until the window has the version that an operation was told, or sets the
    /// operation aside.
    #[cold]
    #[inline(never)]
    fn reach(&mut self, seen: &Seen) -> Result<(), Box<Violation>> {
        let version = seen.account.version;
        if !self.terms.ledgers {
            return Ok(());
        }
        while self.rows[seen.row].top() < version {
            let row = &mut self.rows[seen.row];
            if row.top() - row.base >= WINDOW_MAX {
                row.ahead.insert((version, seen.who), *seen);
                return Ok(());
            }
            if !self.pull(seen.row)? {
                return Err(self.past_end(seen));
            }
        }
        self.compare(seen)
    }

    /// Lets go of all entries before `version`, once everybody who may claim them has.
    #[inline]
    fn pass(&mut self, row: usize, version: u64) -> Result<(), Box<Violation>> {
        while self.terms.ledgers {
            self.settle(row)?;
            let end = version.min(self.rows[row].top());
            while self.rows[row].base < end {
                self.let_go(row)?;
            }
            if end == version {
                break;
            }
            self.pull(row)?;
        }
        Ok(())
    }

    /// Compares those whose entries have come into the window.
    #[inline]
    fn settle(&mut self, row: usize) -> Result<(), Box<Violation>> {
        loop {
            let top = self.rows[row].top();
            match self.rows[row].ahead.first_entry() {
                Some(first) if first.key().0 <= top => {
                    let seen = first.remove();
                    self.compare(&seen)?;
                }
                _ => return Ok(()),
            }
        }
    }

    #[inline]
    fn let_go(&mut self, row: usize) -> Result<(), Box<Violation>> {
        let here = &self.rows[row];
        if !here.slots[here.start].claimed {
            self.find_owner(row)?;
        }
        let here = &mut self.rows[row];
        here.start += 1;
        here.base += 1;
        Ok(())
    }

    /// Keeps a command of which nobody knows, in case that an entry turns out to be its own.
    #[cold]
    #[inline(never)]
    fn leave_open(&mut self, seen: &Seen) {
        let Some(action) = seen.action else { return };
        let (floor, lane) = (self.rows[seen.row].floor, self.lanes[seen.lane]);
        let in_turn = lane.place > 0 && self.source.in_turn(lane.who, seen.who);
        let floor = if in_turn && floor.place < lane.place { lane } else { floor };
        let key = self.key(seen.row, seen.id.0, action);
        self.open.entry(key).or_default().push(Open { seen: *seen, floor });
    }

    /// What an entry and the command of which nobody knows have in common.
    fn key(&self, row: usize, id: u64, action: Action) -> (u64, u64) {
        match self.terms.ids {
            true => (id, 0),
            false => {
                let is_use = u64::from(matches!(action, Action::Use(_)));
                (row as u64, action.amount().points() << 1 | is_use)
            }
        }
    }

    /// Finds the command of which nobody knows that wrote the first entry in the window.
    ///
    /// Whichever of them may have written this entry may have written any later one as well, so
    /// where several would do it makes no difference which is taken; and who is asked later than this
    /// comes after what let go of the entry.
    #[cold]
    #[inline(never)]
    fn find_owner(&mut self, row: usize) -> Result<(), Box<Violation>> {
        let here = &self.rows[row];
        let (version, slot) = (here.base, here.slots[here.start]);
        let action = moved(here.slots[here.start - 1].balance, slot.balance);
        let key = self.key(row, slot.who, action);
        let fits = |open: &Open| {
            open.seen.row == row
                && open.seen.action == Some(action)
                && !open.floor.forbids(version << 1)
        };
        let owners = self.open.entry(key).or_default();
        match owners.iter().position(fits) {
            Some(owner) => drop(owners.swap_remove(owner)),
            None => {
                let open = owners.first().copied();
                return Err(self.without_owner(row, version, OperationId(slot.who), action, open));
            }
        }
        Ok(())
    }

    /// Takes the rest of each ledger when nobody calls any more, and holds its end against the
    /// account; then asks once more for the ends of all. Gives the number of entries.
    pub(super) fn end(
        &mut self,
        account: impl Fn(usize) -> Account,
    ) -> Result<u64, Box<Violation>> {
        let mut entries = 0;
        if !self.terms.ledgers {
            return Ok(entries);
        }
        for row in 0..self.rows.len() {
            self.end_of(row, account(row))?;
            entries += self.rows[row].top();
        }
        self.rows.iter().try_for_each(|row| self.ask_again(row))?;
        Ok(entries)
    }

    fn end_of(&mut self, row: usize, account: Account) -> Result<(), Box<Violation>> {
        loop {
            self.settle(row)?;
            while self.rows[row].base <= self.rows[row].top() {
                self.let_go(row)?;
            }
            if !self.pull(row)? {
                break;
            }
        }
        let here = &self.rows[row];
        if let Some(seen) = here.ahead.values().next() {
            return Err(self.past_end(seen));
        }
        match here.account == account {
            true => Ok(()),
            false => Err(Box::new(unexplained(here, account))),
        }
    }

    /// Whether a ledger ends as it did when it was first read to its end.
    fn ask_again(&self, row: &Row) -> Result<(), Box<Violation>> {
        let after = row.top().saturating_sub(1);
        let again = (self.page)(row.user, after, 2);
        let again = again.map_err(|fault| Violation::unread(row.user, fault))?;
        if again.iter().eq(&row.last) {
            return Ok(());
        }
        let what = format!(
            "the ledger ended at version {}, and when it was asked again it had changed",
            row.top()
        );
        Err(Box::new(Violation::late(row.user, what).at(again).at(row.last)))
    }

    /// Pulls a page of entries, each of which must follow from the one before. False at the end.
    fn pull(&mut self, row: usize) -> Result<bool, Box<Violation>> {
        let Row { user, account, .. } = self.rows[row];
        let entries = (self.page)(user, account.version, self.terms.page);
        let entries = entries.map_err(|fault| Violation::unread(user, fault))?;
        let here = &mut self.rows[row];
        // The slot before the first that is needed stays too: what an entry moved shows beside it.
        here.slots.drain(..here.start.saturating_sub(1));
        here.start = here.start.min(1);
        for entry in &entries {
            let receipt = &entry.receipt;
            let follows = receipt.command.decide(here.account, &self.terms.policy);
            if follows != Ok(*receipt) || receipt.command.user != user {
                return Err(Box::new(does_not_follow(here, entry, &self.terms.policy)));
            }
            let balance = u32::try_from(receipt.after.balance).unwrap_or(u32::MAX);
            here.slots.push(Slot { who: receipt.command.id.0, balance, claimed: false });
            here.account = receipt.after;
        }
        here.last = entries.last().copied().or(here.last);
        Ok(!entries.is_empty())
    }
}
