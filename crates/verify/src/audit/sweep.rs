//! The sweep visits every operation once, in the order of calls and returns, beside its ledger.
//!
//! The ledger is the order of writes, and each reply carries the version that it was decided on. So
//! every operation has a *position*: the write of version v has position 2v. A read or a rejection
//! that saw version v has position 2v + 1, after that write and before the next:
//!
//! ```text
//! position  0          1           2        3           4        5
//!           nothing    reads at 0  write 1  reads at 1  write 2  reads at 2
//! ```
//!
//! No two writes have the same position. The history is linearizable in the order of its ledger if
//! and only if the replies agree with the ledger, and **whenever X returned before Y was called,
//! Y's position is not before X's**.
//!
//! *Only if*: an order that respects real time has X before Y. In an order in which each reply is
//! correct, each operation stands at its position. *If*: order operations by position, and reads at
//! one position by their calls. Each reply is then correct, because it agrees with the ledger at
//! its position. Real time is respected as well: X that returned before Y was called has no later
//! position. If the two positions are equal, both operations are reads, because a write shares its
//! position with no other operation, and X was called first.
//!
//! The number of pairs is the square of the number of operations, but one comparison for each
//! operation is enough. Of all operations that returned before Y was called, the one with the
//! largest position is the *frontier* of the user. It is before Y exactly if all of them are. So
//! the sweep visits calls and returns in the order of time, calls first where times are equal: a
//! return advances the frontier, and a call is compared with it. The operations of one client
//! follow its program order whatever the clock says, so the sweep also keeps the last position of
//! each client.
//!
//! A command that is answered as not applied has no position either, and must own no entry. So the
//! sweep omits it, and an entry with its id finds no owner.
//!
//! An indeterminate operation has no return and advances no frontier. If it is in the ledger, it is
//! a write with a position, and it is compared with the frontier at its call. If it is not, the
//! order may omit it.
//!
//! # Memory
//!
//! The sweep pulls entries from the ledger when operations need them, and evicts them once the
//! frontier has passed them: no later operation may have a position there. It keeps the entries in
//! between, up to [`WINDOW_MAX`]. An operation ahead of this window is deferred until the frontier
//! comes near. There are never more deferred operations than pending ones. So beside the logs the
//! sweep needs memory for users, clients and pending operations, however long the history is.

mod source;
mod window;
mod wrong;

use std::collections::HashMap;

pub(super) use self::source::{Pages, Source, SweepConfig};
use self::{
    window::{Frontier, Slot, UserState, WINDOW_MAX, moved, moves},
    wrong::{account_mismatch, invalid_entry},
};
use super::{log::Outcome, violation::Violation};
use hotrow::domain::{Account, Action, Command, OperationId, UserId};

/// An operation as the sweep needs it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    /// Identifies the operation to its [`Source`].
    pub(super) key: u64,
    /// Index of its user among the users of this sweep.
    pub(super) user_index: usize,
    /// Index of its client and user among the pairs of both.
    pub(super) client_user_pair: usize,
    pub(super) id: OperationId,
    pub(super) action: Option<Action>,
    pub(super) outcome: Outcome,
    pub(super) account: Account,
}

impl Event {
    /// Its position in the order of the ledger. Meaningless if the reply carries no account.
    #[inline(always)]
    fn position(&self) -> u64 {
        self.account.version << 1 | u64::from(self.outcome != Outcome::Applied)
    }
}

/// An indeterminate command, with the frontier that it must follow.
#[derive(Debug, Clone, Copy)]
struct IndeterminateCommand {
    event: Event,
    frontier: Frontier,
}

/// The state of a sweep.
pub(super) struct Sweep<'a, S, P> {
    source: &'a S,
    page: &'a P,
    config: SweepConfig,
    users: Vec<UserState>,
    /// The last position of each client with each user.
    client_user_pairs: Vec<Frontier>,
    /// By id; by user and action where entries record no ids.
    indeterminate: HashMap<(u64, u64), Vec<IndeterminateCommand>>,
    operations: u64,
}

impl<'a, S: Source, P: Pages> Sweep<'a, S, P> {
    pub(super) fn new(
        source: &'a S,
        page: &'a P,
        config: SweepConfig,
        users: impl Iterator<Item = UserId>,
        client_user_pairs: usize,
    ) -> Sweep<'a, S, P> {
        Sweep {
            source,
            page,
            config,
            users: users.map(UserState::new).collect(),
            client_user_pairs: vec![Frontier::default(); client_user_pairs],
            indeterminate: HashMap::new(),
            operations: 0,
        }
    }

    pub(super) fn operations(&self) -> u64 {
        self.operations
    }

    /// Takes a call, together with its outcome.
    #[inline(always)]
    pub(super) fn called(&mut self, event: &Event) -> Result<(), Box<Violation>> {
        self.operations += 1;
        if !event.outcome.has_account() {
            self.track_indeterminate(event);
            return Ok(());
        }
        let position = event.position();
        let (frontier, client_frontier) =
            (self.users[event.user_index].frontier, self.client_user_pairs[event.client_user_pair]);
        if frontier.forbids(position) {
            return Err(self.order_violation(event, frontier));
        }
        if client_frontier.forbids(position)
            && self.source.in_program_order(client_frontier.key, event.key)
        {
            return Err(self.order_violation(event, client_frontier));
        }
        self.client_user_pairs[event.client_user_pair] = Frontier { position, key: event.key };
        match self.users[event.user_index].slot(event.account.version) {
            Some(_) => self.compare(event),
            None => self.compare_or_defer(event),
        }
    }

    /// Takes a return: every later call comes after it.
    #[inline(always)]
    pub(super) fn returned(&mut self, event: &Event) -> Result<(), Box<Violation>> {
        let user = &mut self.users[event.user_index];
        let position = event.position();
        if !event.outcome.has_account() || position <= user.frontier.position {
            return Ok(());
        }
        user.frontier = Frontier { position, key: event.key };
        if user.base < event.account.version {
            self.advance_to(event.user_index, event.account.version)
        } else {
            Ok(())
        }
    }

    /// Compares the reply to an operation with the entry of its version, which is in the window.
    #[inline(always)]
    fn compare(&mut self, event: &Event) -> Result<(), Box<Violation>> {
        let user = &mut self.users[event.user_index];
        let version = event.account.version;
        let at = user.start + usize::try_from(version - user.base).expect("a window is small");
        let slot = user.slots[at];
        let mut agrees = u64::from(slot.balance) == event.account.balance;
        match event.outcome {
            Outcome::Applied => {
                // The entry before a write is in the window, because the frontier is before the
                // write.
                let before = u64::from(user.slots[at.wrapping_sub(1)].balance);
                agrees &= !slot.claimed && (!self.config.ids || slot.owner == event.id.0);
                agrees &= event.action.is_some_and(|action| moves(action, before, slot.balance));
                user.slots[at] = Slot { owner: event.key, claimed: true, ..slot };
            }
            Outcome::Rejected => agrees &= self.rules_reject(event),
            Outcome::Read | Outcome::NotApplied | Outcome::Indeterminate => {}
        }
        if agrees { Ok(()) } else { Err(self.reply_mismatch(event, slot)) }
    }

    fn rules_reject(&self, event: &Event) -> bool {
        let user = self.users[event.user_index].user;
        let Some(action) = event.action else { return false };
        Command { id: event.id, user, action }.decide(event.account, &self.config.policy).is_err()
    }

    /// Pulls entries until the window has the version that the reply carries. Defers the operation
    /// if that version is ahead of the window.
    #[cold]
    #[inline(never)]
    fn compare_or_defer(&mut self, event: &Event) -> Result<(), Box<Violation>> {
        let version = event.account.version;
        if !self.config.ledgers {
            return Ok(());
        }
        while self.users[event.user_index].top() < version {
            let user = &mut self.users[event.user_index];
            if user.top() - user.base >= WINDOW_MAX {
                user.deferred.insert((version, event.key), *event);
                return Ok(());
            }
            if !self.pull(event.user_index)? {
                return Err(self.version_past_end(event));
            }
        }
        self.compare(event)
    }

    /// Evicts all entries before `version`, once every operation that may claim one has done so.
    #[inline]
    fn advance_to(&mut self, index: usize, version: u64) -> Result<(), Box<Violation>> {
        while self.config.ledgers {
            self.drain_deferred(index)?;
            let end = version.min(self.users[index].top());
            while self.users[index].base < end {
                self.evict(index)?;
            }
            if end == version {
                break;
            }
            self.pull(index)?;
        }
        Ok(())
    }

    /// Compares the deferred operations whose entries are now in the window.
    #[inline]
    fn drain_deferred(&mut self, index: usize) -> Result<(), Box<Violation>> {
        loop {
            let top = self.users[index].top();
            match self.users[index].deferred.first_entry() {
                Some(first) if first.key().0 <= top => {
                    let event = first.remove();
                    self.compare(&event)?;
                }
                _ => return Ok(()),
            }
        }
    }

    #[inline]
    fn evict(&mut self, index: usize) -> Result<(), Box<Violation>> {
        let user = &self.users[index];
        if !user.slots[user.start].claimed {
            self.match_indeterminate(index)?;
        }
        let user = &mut self.users[index];
        user.start += 1;
        user.base += 1;
        Ok(())
    }

    /// Keeps an indeterminate command, because an entry may turn out to be its own.
    #[cold]
    #[inline(never)]
    fn track_indeterminate(&mut self, event: &Event) {
        let (Outcome::Indeterminate, Some(action)) = (event.outcome, event.action) else { return };
        let (frontier, client_frontier) =
            (self.users[event.user_index].frontier, self.client_user_pairs[event.client_user_pair]);
        let in_program_order = client_frontier.position > 0
            && self.source.in_program_order(client_frontier.key, event.key);
        let frontier = if in_program_order && frontier.position < client_frontier.position {
            client_frontier
        } else {
            frontier
        };
        let key = self.match_key(event.user_index, event.id.0, action);
        let command = IndeterminateCommand { event: *event, frontier };
        self.indeterminate.entry(key).or_default().push(command);
    }

    /// The key that an entry shares with the indeterminate commands that may have written it.
    fn match_key(&self, index: usize, id: u64, action: Action) -> (u64, u64) {
        match self.config.ids {
            true => (id, 0),
            false => {
                let is_use = u64::from(matches!(action, Action::Use(_)));
                (index as u64, action.amount().points() << 1 | is_use)
            }
        }
    }

    /// Finds the indeterminate command that wrote the first entry in the window.
    ///
    /// Any of the candidates for this entry may have written any later one as well, so where
    /// several fit it makes no difference which one is taken. A command that is called later than
    /// this comes after the operation whose return evicts the entry.
    #[cold]
    #[inline(never)]
    fn match_indeterminate(&mut self, index: usize) -> Result<(), Box<Violation>> {
        let user = &self.users[index];
        let (version, slot) = (user.base, user.slots[user.start]);
        let action = moved(user.slots[user.start - 1].balance, slot.balance);
        let key = self.match_key(index, slot.owner, action);
        let fits = |command: &IndeterminateCommand| {
            command.event.user_index == index
                && command.event.action == Some(action)
                && !command.frontier.forbids(version << 1)
        };
        let candidates = self.indeterminate.entry(key).or_default();
        match candidates.iter().position(fits) {
            Some(owner) => drop(candidates.swap_remove(owner)),
            None => {
                let candidate = candidates.first().copied();
                let id = OperationId(slot.owner);
                return Err(self.unowned_entry(index, version, id, action, candidate));
            }
        }
        Ok(())
    }

    /// Takes the rest of each ledger after the last call, compares its end with the account, and
    /// then reads the ends of all ledgers once more. Returns the number of entries.
    pub(super) fn finish(
        &mut self,
        account: impl Fn(usize) -> Account,
    ) -> Result<u64, Box<Violation>> {
        let mut entries = 0;
        if !self.config.ledgers {
            return Ok(entries);
        }
        for index in 0..self.users.len() {
            self.finish_user(index, account(index))?;
            entries += self.users[index].top();
        }
        self.users.iter().try_for_each(|user| self.check_unchanged(user))?;
        Ok(entries)
    }

    fn finish_user(&mut self, index: usize, account: Account) -> Result<(), Box<Violation>> {
        loop {
            self.drain_deferred(index)?;
            while self.users[index].base <= self.users[index].top() {
                self.evict(index)?;
            }
            if !self.pull(index)? {
                break;
            }
        }
        let user = &self.users[index];
        if let Some(event) = user.deferred.values().next() {
            return Err(self.version_past_end(event));
        }
        match user.account == account {
            true => Ok(()),
            false => Err(Box::new(account_mismatch(user, account))),
        }
    }

    /// Checks that a ledger still ends as it did when its end was first read.
    fn check_unchanged(&self, user: &UserState) -> Result<(), Box<Violation>> {
        let after = user.top().saturating_sub(1);
        let again = (self.page)(user.user, after, 2);
        let again = again.map_err(|fault| Violation::unread(user.user, fault))?;
        if again.iter().eq(&user.last) {
            return Ok(());
        }
        let what = format!(
            "the ledger ended at version {}, but its end was different when it was read again",
            user.top()
        );
        Err(Box::new(Violation::late(user.user, what).at(again).at(user.last)))
    }

    /// Pulls a page of entries, each of which must follow from the one before. Returns false at the
    /// end of the ledger.
    fn pull(&mut self, index: usize) -> Result<bool, Box<Violation>> {
        let UserState { user, account, .. } = self.users[index];
        let entries = (self.page)(user, account.version, self.config.page);
        let entries = entries.map_err(|fault| Violation::unread(user, fault))?;
        let state = &mut self.users[index];
        // Keeps the slot before the first one that is needed: the change of an entry is the
        // difference between the two balances.
        state.slots.drain(..state.start.saturating_sub(1));
        state.start = state.start.min(1);
        for entry in &entries {
            let receipt = &entry.receipt;
            let follows = receipt.command.decide(state.account, &self.config.policy);
            if follows != Ok(*receipt) || receipt.command.user != user {
                return Err(Box::new(invalid_entry(state, entry, &self.config.policy)));
            }
            let balance = u32::try_from(receipt.after.balance).unwrap_or(u32::MAX);
            state.slots.push(Slot { owner: receipt.command.id.0, balance, claimed: false });
            state.account = receipt.after;
        }
        state.last = entries.last().copied().or(state.last);
        Ok(!entries.is_empty())
    }
}
