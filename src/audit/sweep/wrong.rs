//! What to say of what a sweep has found. Nothing here need be fast: it happens once.

use std::fmt;

use super::{
    Open, Pages, Seen, Source, Sweep,
    window::{Floor, Row, Slot},
};
use crate::{
    audit::{
        log::Outcome,
        told::{Does, Who},
        violation::{Step, Violation},
    },
    domain::{Account, Action, LedgerEntry, OperationId, Policy, UserId},
    history::{Operation, Reply},
};

impl<S: Source, P: Pages> Sweep<'_, S, P> {
    /// An operation that has an earlier place than one that was answered before it was asked.
    #[cold]
    #[inline(never)]
    pub(super) fn gone_back(&self, seen: &Seen, floor: Floor) -> Box<Violation> {
        let user = self.rows[seen.row].user;
        let later = self.source.operation(seen.who);
        let (told, place) = (Told(&later), seen.place());
        if floor.place == 0 {
            let what = format!("{told}, which is no version of an entry");
            return Box::new(Violation::of(Step::Books, user, what).with([later]));
        }
        let earlier = self.source.operation(floor.who);
        let (step, what) = match (floor.place & 1, place & 1) {
            (0, 0) if floor.place == place => {
                (Step::Books, format!("{told}, and {}", Told(&earlier)))
            }
            (first, second) => {
                let step = match (first, second) {
                    (0, 0) => Step::RealTime,
                    (1, 1) => Step::ReadOrder,
                    _ => Step::Place,
                };
                (step, format!("{told}, and was asked after {}", Told(&earlier)))
            }
        };
        let entry = self.entry(user, seen.account.version);
        Box::new(Violation::of(step, user, what).with([earlier, later]).at(entry))
    }

    /// An operation that was told what its entry does not say.
    #[cold]
    #[inline(never)]
    pub(super) fn misled(&self, seen: &Seen, slot: Slot) -> Box<Violation> {
        let user = self.rows[seen.row].user;
        let operation = self.source.operation(seen.who);
        let told = Told(&operation);
        let entry = self.entry(user, seen.account.version);
        let (applied, balance) = (seen.outcome == Outcome::Applied, seen.account.balance);
        let mut others = Vec::new();
        let (step, what) = if applied && slot.claimed {
            let other = self.source.operation(slot.who);
            others.push(other);
            (Step::Books, format!("{told}, and {}", Told(&other)))
        } else if applied && self.terms.ids && slot.who != seen.id.0 {
            let other = self.source.find(OperationId(slot.who));
            others.extend(other);
            let of_it =
                other.map_or(", which nobody asked for".to_owned(), |other| match other.reply {
                    Reply::Unknown => String::new(),
                    _ => format!("; {}", Told(&other)),
                });
            let there = Who(OperationId(slot.who));
            (Step::Books, format!("{told}, and the ledger has {there} there{of_it}"))
        } else if applied && !self.terms.ids {
            let left = slot.balance;
            (
                Step::Books,
                format!("{told} and balance {balance}, and what the ledger has there left {left}"),
            )
        } else if u64::from(slot.balance) != balance {
            (
                Step::Replay,
                format!("{told} and balance {balance}, and the ledger has {} there", slot.balance),
            )
        } else if applied {
            (Step::Books, format!("{told}, and the ledger has another command there"))
        } else {
            (Step::Replay, format!("{told} and balance {balance}, where no rule is in its way"))
        };
        Box::new(Violation::of(step, user, what).with(others).with([operation]).at(entry))
    }

    /// An operation that was told a version to which its ledger never came.
    #[cold]
    #[inline(never)]
    pub(super) fn past_end(&self, seen: &Seen) -> Box<Violation> {
        let Row { user, account, last, .. } = self.rows[seen.row];
        let operation = self.source.operation(seen.who);
        let step = if seen.outcome == Outcome::Applied { Step::Books } else { Step::Replay };
        let what =
            format!("{}, and the ledger ends at version {}", Told(&operation), account.version);
        Box::new(Violation::of(step, user, what).with([operation]).at(last))
    }

    /// An entry that nobody who knows of it has claimed, and that no other may have written.
    #[cold]
    #[inline(never)]
    pub(super) fn without_owner(
        &self,
        row: usize,
        version: u64,
        id: OperationId,
        action: Action,
        open: Option<Open>,
    ) -> Box<Violation> {
        let Row { user, floor, .. } = self.rows[row];
        let entry = self.entry(user, version);
        let books = |what| Violation::of(Step::Books, user, what).at(entry);
        if !self.terms.ids {
            let what =
                format!("nobody was told of version {version}, which is to {}", Does(action));
            return Box::new(books(what));
        }
        let Some(found) = self.source.find(id) else {
            return Box::new(books(format!(
                "version {version} is of {}, which nobody asked for",
                Who(id)
            )));
        };
        let written = format!("version {version} is to {} of {}", Does(action), Who(id));
        if found.user != user || found.action != Some(action) {
            let what = match found.action {
                Some(asked) => {
                    format!("{written}, which was to {} for user {}", Does(asked), found.user)
                }
                None => format!("{written}, which only read"),
            };
            return Box::new(books(what).with([found]));
        }
        let earlier = open.map_or(floor, |open| open.floor);
        let earlier = (earlier.place > 0).then(|| (earlier, self.source.operation(earlier.who)));
        let is_its_own = match found.reply {
            Reply::Applied(account) => account.version == version,
            Reply::Unknown => true,
            Reply::Refused(_) | Reply::Read(_) => false,
        };
        if let Some((floor, earlier)) = earlier
            && is_its_own
            && (open.is_some() || earlier.returned < found.called)
        {
            let step = if floor.place & 1 == 0 { Step::RealTime } else { Step::Place };
            let what = format!("{written}, which was asked after {}", Told(&earlier));
            return Box::new(Violation::of(step, user, what).with([earlier, found]).at(entry));
        }
        let what = match found.reply {
            Reply::Refused(_) => format!("{written}, which was refused"),
            _ => format!("{written} again: {}", Told(&found)),
        };
        Box::new(books(what).with([found]))
    }

    fn entry(&self, user: UserId, version: u64) -> Option<LedgerEntry> {
        let after = version.checked_sub(1)?;
        (self.page)(user, after, 1).ok()?.first().copied()
    }
}

/// `use 29 of operation 1-6 was acknowledged as version 9`.
struct Told<'a>(&'a Operation);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Operation { client, id, action, reply, .. } = self.0;
        match action {
            Some(action) => write!(f, "{} of {}", Does(*action), Who(*id))?,
            None => write!(f, "a read of client {client}")?,
        }
        match reply {
            Reply::Applied(account) => {
                write!(f, " was acknowledged as version {}", account.version)
            }
            Reply::Refused(account) => write!(f, " was refused at version {}", account.version),
            Reply::Read(account) => write!(f, " was told version {}", account.version),
            Reply::Unknown => write!(f, " was never answered"),
        }
    }
}

/// Which rule is in the way of an entry that does not follow from the one before.
pub(super) fn does_not_follow(row: &Row, entry: &LedgerEntry, policy: &Policy) -> Violation {
    let Account { balance, version } = row.account;
    let receipt = &entry.receipt;
    let (before, after) = (receipt.before, receipt.after);
    let what = if receipt.command.user != row.user {
        format!("version {} is of user {}", after.version, receipt.command.user)
    } else if after.version != version + 1 {
        format!("the ledger goes from version {version} to {}", after.version)
    } else if before != row.account {
        format!(
            "version {} met {} at version {}, and version {version} left {balance}",
            after.version, before.balance, before.version
        )
    } else {
        match receipt.command.decide(row.account, policy) {
            Err(rejection) => {
                format!("version {} is against the rules: {rejection}", after.version)
            }
            Ok(right) => format!(
                "version {} makes {} of {balance}, where to {} makes {}",
                after.version,
                after.balance,
                Does(receipt.command.action),
                right.after.balance
            ),
        }
    };
    Violation::of(Step::Replay, row.user, what).at(row.last).at([*entry])
}

/// An account that is not what its ledger leaves.
pub(super) fn unexplained(row: &Row, account: Account) -> Violation {
    let Account { balance, version } = row.account;
    let what = format!(
        "the account holds {} at version {}, and the ledger leaves {balance} at version {version}",
        account.balance, account.version
    );
    Violation::of(Step::Books, row.user, what).at(row.last)
}
