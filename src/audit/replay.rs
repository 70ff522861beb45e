//! One user's ledger, replayed entry by entry.

use std::fmt;

use super::{Books, Violation, log, seen::Seen, tally::Tally};
use crate::{
    domain::{Account, Action, Command, LedgerEntry, OperationId, UserId},
    workload::Asked,
};

/// How far the replay of one ledger has come.
pub(super) struct Replay<'a> {
    books: &'a Books,
    seen: &'a Seen,
    user: UserId,
    /// What the entries so far leave.
    account: Account,
    last: Option<LedgerEntry>,
    tally: Tally,
    /// Of each sheet, what its answers must have summed up to by the entries so far.
    replies: &'a mut [u64],
}

impl<'a> Replay<'a> {
    pub(super) fn new(
        books: &'a Books,
        seen: &'a Seen,
        user: UserId,
        replies: &'a mut [u64],
    ) -> Replay<'a> {
        let (account, last) = (Account::default(), None);
        Replay { books, seen, user, account, last, tally: Tally::default(), replies }
    }

    /// Entries replayed, which is the version they have come to.
    pub(super) fn entries(&self) -> u64 {
        self.account.version
    }

    /// Takes the next entry of the ledger.
    pub(super) fn entry(&mut self, entry: &LedgerEntry) -> Result<(), Violation> {
        let replayed = entry.receipt.command.decide(self.account, &self.books.policy);
        if replayed != Ok(entry.receipt) || entry.receipt.command.user != self.user {
            return Err(self.wrong(entry, self.why_not(entry)));
        }
        if self.seen.records_ids() {
            self.identify(entry).map_err(|what| self.wrong(entry, what))?;
        } else {
            self.tally.count_entry(entry);
        }
        self.account = entry.receipt.after;
        self.last = Some(*entry);
        Ok(())
    }

    /// Finds the request behind an entry, and checks that it is this one's alone.
    fn identify(&mut self, entry: &LedgerEntry) -> Result<(), String> {
        let Command { id, user, action } = entry.receipt.command;
        let at = entry.receipt.after.version;
        let (asked, place, sheet) = match self.books.request(id) {
            Some(found) => found,
            None => return Err(format!("version {at} is of an operation that nobody asked for")),
        };
        let request = sheet.script.request(asked.number);
        if request.user != user || request.action != Some(action) {
            let written = Told(action, asked);
            return Err(match request.action {
                Some(action) => format!(
                    "version {at} is {written}, which was to {} for user {}",
                    Does(action),
                    request.user
                ),
                None => format!("version {at} is {written}, which only read"),
            });
        }
        if self.seen.mark(place, asked.number) {
            return Err(format!("{} is in the ledger again at version {at}", Told(action, asked)));
        }
        if sheet.log.is_applied(asked.number) {
            let reply = log::reply(id, entry.receipt.after);
            self.replies[place] = self.replies[place].wrapping_add(reply);
        } else if !sheet.log.is_unknown(asked.number) {
            let told = Told(action, asked);
            return Err(format!("{told} was refused, and the ledger has it at version {at}"));
        }
        Ok(())
    }

    /// Which rule is in the way of an entry that does not follow from the one before.
    fn why_not(&self, entry: &LedgerEntry) -> String {
        let Account { balance, version } = self.account;
        let receipt = &entry.receipt;
        let (before, after) = (receipt.before, receipt.after);
        let done = Does(receipt.command.action);
        if receipt.command.user != self.user {
            return format!("version {} is of user {}", after.version, receipt.command.user);
        }
        if after.version != version + 1 {
            return format!("the ledger goes from version {version} to {}", after.version);
        }
        if before != self.account {
            return format!(
                "version {} met {} at version {}, and version {version} left {balance}",
                after.version, before.balance, before.version
            );
        }
        match receipt.command.decide(self.account, &self.books.policy) {
            Err(rejection) => {
                format!("version {} is against the rules: {rejection}", after.version)
            }
            Ok(right) => format!(
                "version {} makes {} of {balance}, where to {done} makes {}",
                after.version, after.balance, right.after.balance
            ),
        }
    }

    /// Checks what can be checked at the end of the ledger: the sums, and the account.
    pub(super) fn end(&self, account: Account) -> Result<(), Violation> {
        if let Some(told) = self.seen.told(self.user)
            && !told.agrees_with(&self.tally)
        {
            let Tally { charges, charged, uses, used, .. } = self.tally;
            return Err(self.wrong_at_end(format!(
                "{} charges of {} points and {} uses of {} were acknowledged, \
                 and the ledger has {charges} of {charged} and {uses} of {used}",
                told.charges, told.charged, told.uses, told.used
            )));
        }
        if account != self.account {
            let Account { balance, version } = self.account;
            return Err(self.wrong_at_end(format!(
                "the account holds {} at version {}, and the ledger leaves {balance} at version \
                 {version}",
                account.balance, account.version
            )));
        }
        Ok(())
    }

    fn wrong(&self, entry: &LedgerEntry, what: String) -> Violation {
        Violation { user: self.user, entry: Some(*entry), what }
    }

    fn wrong_at_end(&self, what: String) -> Violation {
        Violation { user: self.user, entry: self.last, what }
    }
}

/// `charge 37`.
pub(super) struct Does(pub(super) Action);

impl fmt::Display for Does {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Action::Charge(amount) => write!(f, "charge {amount}"),
            Action::Use(amount) => write!(f, "use {amount}"),
        }
    }
}

/// `charge 37 of operation 1-1204`.
pub(super) struct Told(pub(super) Action, pub(super) Asked);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of operation {}", Does(self.0), self.1)
    }
}

/// `operation 2-1187`, or the number of an id that no client can have given.
pub(super) struct Operation(pub(super) OperationId);

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Asked::of(self.0) {
            Some(asked) => write!(f, "operation {asked}"),
            None => write!(f, "operation {}", self.0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        audit::examples::{Example, user},
        domain::{Action, Amount},
    };

    /// Changes one ledger, and gives what the auditor says of it.
    fn complaint(change: impl Fn(&mut Example)) -> String {
        let mut example = Example::of(2, 50);
        change(&mut example);
        example.complaint()
    }

    /// A line that was never written, or written over by a later one.
    #[test]
    fn a_version_that_is_missing_is_seen() {
        let complaint = complaint(|example| {
            example.ledger(2).remove(6);
        });
        assert_eq!(complaint, "user 2: the ledger goes from version 6 to 8");
    }

    /// Two commands that met the same account and both wrote: the second starts from what the first
    /// did not leave.
    #[test]
    fn an_entry_that_starts_from_another_balance_is_seen() {
        let complaint = complaint(|example| example.ledger(2)[6].receipt.before.balance += 9);
        assert!(complaint.starts_with("user 2: version 7 met "), "{complaint}");
        assert!(complaint.contains(" at version 6, and version 6 left "), "{complaint}");
    }

    /// Arithmetic of its own, where there should be the rule's.
    #[test]
    fn an_entry_that_adds_up_wrong_is_seen() {
        let complaint = complaint(|example| example.ledger(2)[6].receipt.after.balance += 9);
        assert!(complaint.starts_with("user 2: version 7 makes "), "{complaint}");
    }

    /// Points that were never there were spent, or more kept than may be.
    #[test]
    fn an_entry_against_the_rules_is_seen() {
        let complaint = complaint(|example| {
            let huge = Amount::new(900_000).unwrap();
            example.ledger(2)[6].receipt.command.action = Action::Use(huge);
        });
        assert!(complaint.starts_with("user 2: version 7 is against the rules: "), "{complaint}");
    }

    /// A ledger into which an entry of somebody else has strayed.
    #[test]
    fn an_entry_of_another_user_is_seen() {
        let complaint = complaint(|example| example.ledger(2)[6].receipt.command.user = user(1));
        assert_eq!(complaint, "user 2: version 7 is of user 1");
    }

    /// The account says one thing and its history another.
    #[test]
    fn an_account_that_its_ledger_does_not_explain_is_seen() {
        let complaint = complaint(|example| example.account(2).balance += 5);
        assert!(complaint.starts_with("user 2: the account holds "), "{complaint}");
    }
}
