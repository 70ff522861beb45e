//! The audit itself: replays every ledger, and then asks for every acknowledgement.

use rayon::prelude::*;

use super::{
    Books, Violation,
    replay::{Operation, Replay, Told},
    seen::Seen,
};
use crate::{
    domain::{Account, Action, Fault, LedgerEntry, UserId},
    workload::Asked,
};

impl Books {
    /// Holds the ledgers against everything else, and gives the number of entries examined.
    ///
    /// `page` gives the entries of a user that come after a version, oldest first, at most
    /// [`PAGE_ENTRIES`](super::PAGE_ENTRIES) of them, and none only at the end. It is called from several threads.
    ///
    /// # Errors
    /// [`Violation`] with the first thing that is wrong, which does not depend on the threads: of
    /// the lowest user who has one, an entry before an acknowledgement that has none, and each
    /// of them by version or by client and number.
    pub fn audit<P>(&self, page: P) -> Result<u64, Violation>
    where
        P: Fn(UserId, u64) -> Result<Vec<LedgerEntry>, Fault> + Sync,
    {
        let seen = Seen::new(self, &page)?;
        let users = self.accounts.par_iter().enumerate();
        let found = users
            .fold(
                || Found::nothing(self.sheets.len()),
                |mut found, (index, account)| {
                    let user = UserId::new(index as u64 + 1).expect("fewer than 2^63 accounts");
                    match self.replay(user, *account, &seen, &mut found.replies, &page) {
                        Ok(entries) => found.entries += entries,
                        Err(violation) => found.note(violation),
                    }
                    found
                },
            )
            .reduce(|| Found::nothing(self.sheets.len()), Found::and);
        self.conclude(found, &seen, &page)
    }

    fn replay<P>(
        &self,
        user: UserId,
        account: Account,
        seen: &Seen,
        replies: &mut [u64],
        page: &P,
    ) -> Result<u64, Violation>
    where
        P: Fn(UserId, u64) -> Result<Vec<LedgerEntry>, Fault>,
    {
        let mut replay = Replay::new(self, seen, user, replies);
        loop {
            let entries =
                page(user, replay.entries()).map_err(|fault| Violation::unread(user, fault))?;
            if entries.is_empty() {
                break;
            }
            entries.iter().try_for_each(|entry| replay.entry(entry))?;
        }
        replay.end(account)?;
        Ok(replay.entries())
    }

    fn conclude<P>(&self, found: Found, seen: &Seen, page: &P) -> Result<u64, Violation>
    where
        P: Fn(UserId, u64) -> Result<Vec<LedgerEntry>, Fault>,
    {
        let missing = self.first_missing(seen);
        match (found.first, missing) {
            (Some(violation), Some((user, _))) if user < violation.user => {
                Err(self.not_in_ledger(missing.expect("it was matched"), page))
            }
            (Some(violation), _) => Err(violation),
            (None, Some(missing)) => Err(self.not_in_ledger(missing, page)),
            (None, None) => match self.first_misled(seen, &found.replies) {
                Some(violation) => Err(violation),
                None => Ok(found.entries),
            },
        }
    }

    /// The acknowledgement without an entry that comes first by user, client and number.
    fn first_missing(&self, seen: &Seen) -> Option<(UserId, Asked)> {
        if !seen.records_ids() {
            return None;
        }
        let mut first = None;
        for (client, sheet) in self.sheets.iter().enumerate() {
            for (word, applied) in sheet.log.words().enumerate() {
                let mut lost = applied & !seen.word(client, word);
                while lost != 0 {
                    let number = word as u64 * 64 + u64::from(lost.trailing_zeros());
                    let user = sheet.script.request(number).user;
                    let found = Some((user, Asked { client: client as u64, number }));
                    if first.is_none_or(|(lowest, _)| user < lowest) {
                        first = found;
                    }
                    lost &= lost - 1;
                }
            }
        }
        first
    }

    /// Says what the ledger has where the entry of an acknowledged operation should be: between the
    /// entries that the same client's requests before and after it have.
    fn not_in_ledger<P>(&self, (user, lost): (UserId, Asked), page: &P) -> Violation
    where
        P: Fn(UserId, u64) -> Result<Vec<LedgerEntry>, Fault>,
    {
        let (_, _, sheet) = self.request(lost.id()).expect("a log only has what was asked for");
        let action = sheet.script.request(lost.number).action;
        let action = action.expect("only commands are acknowledged as applied");
        match place_of(lost, user, page) {
            Err(fault) => Violation::unread(user, fault),
            Ok(None) => Violation {
                user,
                entry: None,
                what: format!(
                    "{} was acknowledged, and the ledger ends before it",
                    Told(action, lost)
                ),
            },
            Ok(Some(entry)) => {
                Violation { user, entry: Some(entry), what: in_its_place(action, lost, &entry) }
            }
        }
    }

    /// A client that was told other balances or versions than the ledgers have for its operations.
    fn first_misled(&self, seen: &Seen, replies: &[u64]) -> Option<Violation> {
        if !seen.records_ids() {
            return None;
        }
        let told = self.sheets.iter().map(|sheet| sheet.log.replies());
        let client = told.zip(replies).position(|(told, written)| told != *written)?;
        let sheet = &self.sheets[client];
        let applied = (0..sheet.log.asked()).filter(|&number| sheet.log.is_applied(number));
        let user = applied.map(|number| sheet.script.request(number).user).min()?;
        let what = format!(
            "client {client} was told balances or versions that the ledger has not for its \
             operations, of this user or another"
        );
        Some(Violation { user, entry: None, what })
    }
}

/// The entry that has the place of a lost one: the first that follows the last entry of the same
/// client's earlier requests.
fn place_of<P>(lost: Asked, user: UserId, page: &P) -> Result<Option<LedgerEntry>, Fault>
where
    P: Fn(UserId, u64) -> Result<Vec<LedgerEntry>, Fault>,
{
    let (mut after, mut place) = (0, None);
    loop {
        let entries = page(user, after)?;
        let Some(last) = entries.last() else { return Ok(place) };
        after = last.receipt.after.version;
        for entry in entries {
            match Asked::of(entry.receipt.command.id) {
                Some(asked) if asked.client == lost.client && asked.number < lost.number => {
                    place = None;
                }
                Some(asked) if asked.client == lost.client && place.is_some() => return Ok(place),
                _ => place = place.or(Some(entry)),
            }
        }
    }
}

fn in_its_place(action: Action, lost: Asked, entry: &LedgerEntry) -> String {
    let (told, version) = (Told(action, lost), entry.receipt.after.version);
    let other = Operation(entry.receipt.command.id);
    format!(
        "{told} was acknowledged, and the ledger has {other} at version {version} and it nowhere"
    )
}

/// What the threads of an audit have found.
struct Found {
    entries: u64,
    replies: Vec<u64>,
    first: Option<Violation>,
}

impl Found {
    fn nothing(sheets: usize) -> Found {
        Found { entries: 0, replies: vec![0; sheets], first: None }
    }

    fn note(&mut self, violation: Violation) {
        if self.first.as_ref().is_none_or(|first| violation.user < first.user) {
            self.first = Some(violation);
        }
    }

    fn and(mut self, other: Found) -> Found {
        self.entries += other.entries;
        for (sum, more) in self.replies.iter_mut().zip(other.replies) {
            *sum = sum.wrapping_add(more);
        }
        if let Some(violation) = other.first {
            self.note(violation);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        audit::{
            PAGE_ENTRIES,
            examples::{Example, user},
            log,
        },
        domain::OperationId,
    };

    /// An auditor that cries wolf is switched off. The size of a page must not matter.
    #[test]
    fn right_books_balance() {
        for users in [1, 3, 40] {
            let example = Example::of(users, 500);
            let entries: usize = example.ledgers.values().map(Vec::len).sum();
            for limit in [1, 7, PAGE_ENTRIES] {
                assert_eq!(example.audit_in_pages(limit), Ok(entries as u64));
            }
            assert_eq!(example.without_ids().audit(), Ok(entries as u64));
        }
    }

    /// The lost update: two commands met the same account, and the second wrote over the first.
    /// The ledger is whole and so is the account; only the client knows that something is missing.
    #[test]
    fn a_lost_command_is_named_with_what_has_its_place() {
        let mut example = Example::of(1, 50);
        let lost = example.ledger(1).remove(9).receipt.command;
        example.rebalance(1);
        let violation = example.audit().unwrap_err();
        let other = violation.entry.unwrap().receipt;
        assert_eq!(Asked::of(lost.id), Some(Asked { client: 1, number: 5 }));
        assert_eq!(Asked::of(other.command.id), Some(Asked { client: 2, number: 4 }));
        assert_eq!(
            violation.to_string(),
            "user 1: use 29 of operation 1-6 was acknowledged, and the ledger has operation 2-5 at \
             version 9 and it nowhere"
        );
    }

    /// The newest command is lost when a run is cut off before it is written.
    #[test]
    fn a_lost_last_command_is_seen() {
        let mut example = Example::of(1, 50);
        (0..20).for_each(|_| example.ask(1));
        example.ledger(1).pop();
        example.rebalance(1);
        assert!(example.complaint().ends_with("was acknowledged, and the ledger ends before it"));
    }

    /// A retry that does not look whether the first try went through.
    #[test]
    fn a_command_that_is_applied_twice_is_seen() {
        let mut example = Example::of(1, 50);
        let entry = example.ledger(1)[9];
        example.ledger(1).insert(12, entry);
        example.rebalance(1);
        let complaint = example.complaint();
        assert!(complaint.ends_with("is in the ledger again at version 13"), "{complaint}");
    }

    /// A command that was refused to its caller and done all the same.
    #[test]
    fn a_refused_command_in_the_ledger_is_seen() {
        let mut example = Example::of(1, 50);
        let told = example.books.sheets.clone();
        let entries = example.ledger(1).len();
        while example.ledger(1).len() == entries {
            example.ask(1);
        }
        example.books.sheets = told;
        for _ in 0..10 {
            example.books.sheets[1].log.unchanged();
        }
        let complaint = example.complaint();
        assert!(complaint.contains("was refused, and the ledger has it at version"), "{complaint}");
    }

    /// A command of which nobody knows may be in the ledger or not.
    #[test]
    fn an_unknown_command_may_be_applied_or_not() {
        for applied in [true, false] {
            let mut example = Example::of(1, 50);
            while example.next(1).action.is_none() {
                example.ask(1);
            }
            let kept = example.clone();
            example.ask(1);
            if !applied {
                example.ledgers = kept.ledgers;
                example.books.accounts = kept.books.accounts;
            }
            example.books.sheets = kept.books.sheets;
            example.books.sheets[1].log.unknown();
            assert!(example.audit().is_ok());
            assert!(example.without_ids().audit().is_ok());
        }
    }

    /// An entry whose id was made up, or given to another command or another user.
    #[test]
    fn an_entry_that_nobody_asked_for_is_seen() {
        let mut example = Example::of(2, 50);
        example.ledger(2)[4].receipt.command.id = OperationId(9 << 40 | 1);
        assert_eq!(
            example.complaint(),
            "user 2: version 5 is of an operation that nobody asked for"
        );
        let mut example = Example::of(2, 50);
        let of_another = example.ledger(1)[4].receipt.command.id;
        example.ledger(2)[4].receipt.command.id = of_another;
        let complaint = example.complaint();
        assert!(complaint.starts_with("user 2: version 5 is "), "{complaint}");
        assert!(complaint.ends_with(" for user 1"), "{complaint}");
    }

    /// Right numbers in the ledger and wrong ones in the answer: the caller was lied to.
    #[test]
    fn an_answer_that_is_not_what_was_written_is_seen() {
        let mut example = Example::of(1, 50);
        let id = example.ledger(1)[9].receipt.command.id;
        let written = example.ledger(1)[9].receipt.after;
        let told = Account { balance: written.balance + 1, ..written };
        let (_, place, _) = example.books.request(id).unwrap();
        let sheet = &mut example.books.sheets[place];
        sheet.log.misread(log::reply(id, written), log::reply(id, told));
        let complaint = example.complaint();
        assert!(complaint.contains("was told balances or versions that the ledger has not"));
    }

    /// Without ids a lost command shows in the sums, and a balance written over in the account.
    #[test]
    fn without_ids_sums_and_balances_tell() {
        let mut example = Example::of(3, 50).without_ids();
        example.ledger(2).remove(9);
        example.rebalance(2);
        let complaint = example.complaint();
        assert!(complaint.starts_with("user 2: "), "{complaint}");
        assert!(complaint.contains("were acknowledged, and the ledger has"), "{complaint}");

        let mut example = Example::of(3, 50).without_ids();
        example.account(2).balance += 7;
        let complaint = example.complaint();
        assert!(complaint.starts_with("user 2: the account holds"), "{complaint}");
    }

    /// A ledger that cannot be read is not one that balances.
    #[test]
    fn a_ledger_that_cannot_be_read_is_told() {
        let example = Example::of(2, 5);
        let fault = Fault::Store { reason: "no space left" };
        let violation = example.books.audit(|_, _| Err(fault)).unwrap_err();
        assert_eq!(
            violation.to_string(),
            "user 1: the ledger could not be read: the store failed: no space left"
        );
    }

    /// The same run must be told the same way each time, whichever thread is first.
    #[test]
    fn the_first_violation_is_of_the_lowest_user() {
        let mut example = Example::of(40, 4_000);
        for id in [33, 17, 5, 20] {
            example.account(id).balance += 1;
            example.ledger(id)[3].receipt.after.balance += 1;
        }
        // Lost commands are found after all ledgers were read, and come no later for that.
        example.ledger(4).remove(9);
        example.rebalance(4);
        let first = example.audit().unwrap_err();
        assert_eq!(first.user, user(4));
        for _ in 0..20 {
            assert_eq!(example.audit(), Err(first.clone()));
        }
    }
}
