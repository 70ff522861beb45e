//! The messages of the violations that a sweep finds. Speed does not matter here: an audit ends at
//! its first violation.

use std::fmt;

use super::{
    Event, IndeterminateCommand, Pages, Source, Sweep,
    window::{Frontier, Slot, UserState},
};
use crate::{
    audit::{
        display::DisplayOperation,
        log::Outcome,
        violation::{Check, Violation},
    },
    history::{Operation, Reply},
};
use hotrow::domain::{Account, Action, LedgerEntry, OperationId, Policy, UserId};

impl<S: Source, P: Pages> Sweep<'_, S, P> {
    /// Reports an operation whose position is before that of one that returned before its call.
    #[cold]
    #[inline(never)]
    pub(super) fn order_violation(&self, event: &Event, frontier: Frontier) -> Box<Violation> {
        let user = self.users[event.user_index].user;
        let later = self.source.operation(event.key);
        let (reply, position) = (DisplayReply(&later), event.position());
        if frontier.position == 0 {
            let what = format!("{reply}, but entries have versions from 1");
            return Box::new(Violation::new(Check::Correspondence, user, what).with([later]));
        }
        let earlier = self.source.operation(frontier.key);
        let (check, what) = match (frontier.position & 1, position & 1) {
            (0, 0) if frontier.position == position => {
                (Check::Correspondence, format!("{reply}, and {} as well", DisplayReply(&earlier)))
            }
            (first, second) => {
                let check = match (first, second) {
                    (0, 0) => Check::RealTime,
                    (1, 1) => Check::ReadOrder,
                    _ => Check::ReadPlacement,
                };
                (check, format!("{reply}, but was called after {}", DisplayReply(&earlier)))
            }
        };
        let entry = self.entry(user, event.account.version);
        Box::new(Violation::new(check, user, what).with([earlier, later]).at(entry))
    }

    /// Reports a reply that differs from the entry of its version.
    #[cold]
    #[inline(never)]
    pub(super) fn reply_mismatch(&self, event: &Event, slot: Slot) -> Box<Violation> {
        let user = self.users[event.user_index].user;
        let operation = self.source.operation(event.key);
        let reply = DisplayReply(&operation);
        let entry = self.entry(user, event.account.version);
        let (applied, balance) = (event.outcome == Outcome::Applied, event.account.balance);
        let mut others = Vec::new();
        let (check, what) = if applied && slot.claimed {
            let other = self.source.operation(slot.owner);
            others.push(other);
            (Check::Correspondence, format!("{reply}, and {} as well", DisplayReply(&other)))
        } else if applied && self.config.ids && slot.owner != event.id.0 {
            let other = self.source.find(OperationId(slot.owner));
            others.extend(other);
            let about_other =
                other.map_or(", which no client sent".to_owned(), |other| match other.reply {
                    Reply::Indeterminate => String::new(),
                    _ => format!("; {}", DisplayReply(&other)),
                });
            let owner = DisplayOperation(OperationId(slot.owner));
            (
                Check::Correspondence,
                format!("{reply}, but the ledger has {owner} at this version{about_other}"),
            )
        } else if applied && !self.config.ids {
            let left = slot.balance;
            (
                Check::Correspondence,
                format!(
                    "{reply} with balance {balance}, but the entry of this version has balance \
                     {left}"
                ),
            )
        } else if u64::from(slot.balance) != balance {
            (
                Check::Replay,
                format!(
                    "{reply} with balance {balance}, but the ledger has balance {} at this version",
                    slot.balance
                ),
            )
        } else if applied {
            (
                Check::Correspondence,
                format!("{reply}, but the ledger has another command at this version"),
            )
        } else {
            (Check::Replay, format!("{reply} with balance {balance}, but no rule rejects it"))
        };
        Box::new(Violation::new(check, user, what).with(others).with([operation]).at(entry))
    }

    /// Reports a reply with a version that its ledger never reached.
    #[cold]
    #[inline(never)]
    pub(super) fn version_past_end(&self, event: &Event) -> Box<Violation> {
        let UserState { user, account, last, .. } = self.users[event.user_index];
        let operation = self.source.operation(event.key);
        let check =
            if event.outcome == Outcome::Applied { Check::Correspondence } else { Check::Replay };
        let what = format!(
            "{}, but the ledger ends at version {}",
            DisplayReply(&operation),
            account.version
        );
        Box::new(Violation::new(check, user, what).with([operation]).at(last))
    }

    /// Reports an entry that no reply claims and that no indeterminate command may have written.
    #[cold]
    #[inline(never)]
    pub(super) fn unowned_entry(
        &self,
        index: usize,
        version: u64,
        id: OperationId,
        action: Action,
        candidate: Option<IndeterminateCommand>,
    ) -> Box<Violation> {
        let UserState { user, frontier, .. } = self.users[index];
        let entry = self.entry(user, version);
        let correspondence = |what| Violation::new(Check::Correspondence, user, what).at(entry);
        if !self.config.ids {
            let what = format!(
                "version {version} is {action}, but no client sent a command that explains it"
            );
            return Box::new(correspondence(what));
        }
        let Some(found) = self.source.find(id) else {
            return Box::new(correspondence(format!(
                "version {version} belongs to {}, which no client sent",
                DisplayOperation(id)
            )));
        };
        let written = format!("version {version} is {action} of {}", DisplayOperation(id));
        if found.user != user || found.action != Some(action) {
            let what = match found.action {
                Some(sent) => {
                    format!("{written}, which was sent as {sent} for user {}", found.user)
                }
                None => format!("{written}, which was sent as a read"),
            };
            return Box::new(correspondence(what).with([found]));
        }
        let earlier = candidate.map_or(frontier, |candidate| candidate.frontier);
        let earlier = (earlier.position > 0).then(|| (earlier, self.source.operation(earlier.key)));
        let is_its_own = match found.reply {
            Reply::Applied(account) => account.version == version,
            Reply::Indeterminate => true,
            Reply::Refused(_) | Reply::Read(_) | Reply::NotApplied => false,
        };
        if let Some((frontier, earlier)) = earlier
            && is_its_own
            && (candidate.is_some() || earlier.returned < found.called)
        {
            let check =
                if frontier.position & 1 == 0 { Check::RealTime } else { Check::ReadPlacement };
            let what = format!("{written}, which was called after {}", DisplayReply(&earlier));
            return Box::new(Violation::new(check, user, what).with([earlier, found]).at(entry));
        }
        let what = match found.reply {
            Reply::Refused(_) => format!("{written}, which was rejected"),
            Reply::NotApplied => format!("{written}, which was answered as not applied"),
            _ => format!("{written} a second time: {}", DisplayReply(&found)),
        };
        Box::new(correspondence(what).with([found]))
    }

    fn entry(&self, user: UserId, version: u64) -> Option<LedgerEntry> {
        let after = version.checked_sub(1)?;
        (self.page)(user, after, 1).ok()?.first().copied()
    }
}

/// `use 29 of operation 1-6 was acknowledged as version 9`.
struct DisplayReply<'a>(&'a Operation);

impl fmt::Display for DisplayReply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Operation { client, id, action, reply, .. } = self.0;
        match action {
            Some(action) => write!(f, "{action} of {}", DisplayOperation(*id))?,
            None => write!(f, "a read of client {client}")?,
        }
        match reply {
            Reply::Applied(account) => {
                write!(f, " was acknowledged as version {}", account.version)
            }
            Reply::Refused(account) => write!(f, " was rejected at version {}", account.version),
            Reply::Read(account) => write!(f, " returned version {}", account.version),
            Reply::NotApplied => write!(f, " was answered as not applied"),
            Reply::Indeterminate => write!(f, " was never answered"),
        }
    }
}

/// Reports the rule that an entry breaks by not following from the entry before.
pub(super) fn invalid_entry(user: &UserState, entry: &LedgerEntry, policy: &Policy) -> Violation {
    let Account { balance, version } = user.account;
    let receipt = &entry.receipt;
    let (before, after) = (receipt.before, receipt.after);
    let what = if receipt.command.user != user.user {
        format!("version {} belongs to user {}", after.version, receipt.command.user)
    } else if after.version != version + 1 {
        format!("version {} follows version {version} in the ledger", after.version)
    } else if before != user.account {
        format!(
            "version {} starts from balance {} at version {}, but version {version} has balance \
             {balance}",
            after.version, before.balance, before.version
        )
    } else {
        match receipt.command.decide(user.account, policy) {
            Err(rejection) => {
                format!("version {} breaks a rule: {rejection}", after.version)
            }
            Ok(expected) => format!(
                "version {} changes balance {balance} to {}, but {} changes it to {}",
                after.version, after.balance, receipt.command.action, expected.after.balance
            ),
        }
    };
    Violation::new(Check::Replay, user.user, what).at(user.last).at([*entry])
}

/// Reports an account that differs from the end of its ledger.
pub(super) fn account_mismatch(user: &UserState, account: Account) -> Violation {
    let Account { balance, version } = user.account;
    let what = format!(
        "the account holds {} at version {}, but the ledger ends with {balance} at version \
         {version}",
        account.balance, account.version
    );
    Violation::new(Check::Correspondence, user.user, what).at(user.last)
}
