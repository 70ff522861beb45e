//! Accounts and ledger entries as rows of 64-bit columns.
//!
//! An id of an operation may use all 64 bits, so a column holds it as a signed number with the same
//! bits. The amount of a use is negative. Everything else is below 2^63 already.
//!
//! A tombstone is a row of the ledger with user 0, which no account has, and its operation id as
//! the version. So it takes the place of the operation under the unique key, and belongs to no
//! history.

use hotrow::{
    domain::{
        Account, Action, Amount, Command, CommitError, LedgerEntry, OperationId, Receipt,
        StoreError, StoreErrorKind, UserId,
    },
    store::Resolution,
};

/// The user of a tombstone.
pub(crate) const NO_USER: i64 = 0;

// Messages are interned, so they hold no ids.
const FOREIGN: StoreError = StoreError::constant(
    StoreErrorKind::Failed,
    "the operation id belongs to a command of another user: give each command an id of its own",
);
const SETTLED: StoreError = StoreError::constant(
    StoreErrorKind::Failed,
    "the operation was resolved as never applied: send the command with a new id",
);

/// The row of a ledger entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LedgerRow {
    pub(crate) user_id: i64,
    pub(crate) version: i64,
    pub(crate) op_id: i64,
    pub(crate) amount: i64,
    pub(crate) balance: i64,
    pub(crate) time_ms: i64,
}

impl LedgerRow {
    pub(crate) fn new(receipt: &Receipt, time_millis: u64) -> LedgerRow {
        let Receipt { command, after, .. } = receipt;
        LedgerRow {
            user_id: user_column(command.user),
            version: after.version.cast_signed(),
            op_id: command.id.0.cast_signed(),
            amount: signed_amount(command.action),
            balance: after.balance.cast_signed(),
            time_ms: time_millis.cast_signed(),
        }
    }

    /// Returns the entry that the row holds.
    ///
    /// # Errors
    /// [`StoreError`] if no commit can have written the row.
    pub(crate) fn entry(self) -> Result<LedgerEntry, StoreError> {
        let after = account(self.balance, self.version)?;
        let points = Amount::new(self.amount.unsigned_abs()).map_err(|_| unreadable())?;
        let action = if self.amount < 0 { Action::Use(points) } else { Action::Charge(points) };
        let balance = self.balance.checked_sub(self.amount).ok_or_else(unreadable)?;
        let before = account(balance, self.version - 1)?;
        let user = UserId::new(self.user_id.cast_unsigned()).map_err(|_| unreadable())?;
        let command = Command { id: OperationId(self.op_id.cast_unsigned()), user, action };
        let time_millis = self.time_ms.cast_unsigned();
        Ok(LedgerEntry { receipt: Receipt { command, before, after }, time_millis })
    }

    /// Returns what the row under an operation's id says about the operation of `user`.
    ///
    /// # Errors
    /// [`StoreError`] if the id belongs to another user's operation.
    pub(crate) fn resolution(self, user: UserId) -> Result<Resolution, StoreError> {
        match self.user_id {
            NO_USER => Ok(Resolution::Never),
            owner if owner == user_column(user) => Ok(Resolution::Applied(self.entry()?)),
            _ => Err(FOREIGN),
        }
    }

    /// Returns the entry of a command whose id the ledger holds already: a command that is sent
    /// twice has its first answer.
    ///
    /// # Errors
    /// [`CommitError::NotApplied`] if the id was resolved as never applied, or is another command's.
    pub(crate) fn first_answer(self, user: UserId) -> Result<LedgerEntry, CommitError> {
        match self.resolution(user) {
            Ok(Resolution::Applied(entry)) => Ok(entry),
            Ok(Resolution::Never) => Err(CommitError::NotApplied(SETTLED)),
            Err(error) => Err(CommitError::NotApplied(error)),
        }
    }
}

pub(crate) fn user_column(user: UserId) -> i64 {
    user.value().cast_signed()
}

pub(crate) fn signed_amount(action: Action) -> i64 {
    let points = action.amount().points().cast_signed();
    match action {
        Action::Charge(_) => points,
        Action::Use(_) => -points,
    }
}

/// Returns the account in two columns.
///
/// # Errors
/// [`StoreError`] if one of them is negative.
pub(crate) fn account(balance: i64, version: i64) -> Result<Account, StoreError> {
    let balance = u64::try_from(balance).map_err(|_| unreadable())?;
    let version = u64::try_from(version).map_err(|_| unreadable())?;
    Ok(Account { balance, version })
}

#[cold]
fn unreadable() -> StoreError {
    StoreError::constant(
        StoreErrorKind::Failed,
        "a row holds a number that no command can have written: the data is damaged",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(id: u64, action: Action, balance: u64) -> Receipt {
        let command = Command { id: OperationId(id), user: UserId::new(9).unwrap(), action };
        let before = match action {
            Action::Charge(amount) => balance - amount.points(),
            Action::Use(amount) => balance + amount.points(),
        };
        let before = Account { balance: before, version: 6 };
        Receipt { command, before, after: Account { balance, version: 7 } }
    }

    /// An id with its highest bit set is negative in a column, and a use has a negative amount.
    #[test]
    fn an_entry_survives_its_row() {
        let five = Amount::new(5).unwrap();
        for id in [1, u64::MAX, 1 << 63] {
            for action in [Action::Charge(five), Action::Use(five)] {
                let receipt = receipt(id, action, 20);
                let entry = LedgerRow::new(&receipt, 1_234).entry().unwrap();
                assert_eq!(entry, LedgerEntry { receipt, time_millis: 1_234 });
            }
        }
    }

    /// An answer made of a damaged row would be a guess.
    #[test]
    fn a_damaged_row_is_an_error() {
        let row = LedgerRow::new(&receipt(1, Action::Charge(Amount::new(5).unwrap()), 20), 0);
        for damaged in [
            LedgerRow { amount: 0, ..row },
            LedgerRow { balance: 4, ..row },
            LedgerRow { version: 0, ..row },
            LedgerRow { user_id: 0, ..row },
            LedgerRow { balance: i64::MIN, ..row },
        ] {
            assert!(damaged.entry().is_err(), "{damaged:?}");
        }
    }

    /// The id of a command that was resolved as never applied must not be read as applied, nor the
    /// command of another user as this one.
    #[test]
    fn an_operation_id_is_applied_never_or_that_of_another_user() {
        let row = LedgerRow::new(&receipt(3, Action::Charge(Amount::new(5).unwrap()), 20), 0);
        let (owner, other) = (UserId::new(9).unwrap(), UserId::new(8).unwrap());
        assert_eq!(row.resolution(owner), Ok(Resolution::Applied(row.entry().unwrap())));
        assert_eq!(row.resolution(other), Err(FOREIGN));
        let tombstone = LedgerRow { user_id: NO_USER, ..row };
        assert_eq!(tombstone.resolution(owner), Ok(Resolution::Never));
        assert!(matches!(tombstone.first_answer(owner), Err(CommitError::NotApplied(_))));
    }
}
