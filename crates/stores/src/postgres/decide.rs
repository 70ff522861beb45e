//! The rule in the server: one statement, and one function.

use hotrow::{
    domain::{
        Account, Action, Command, Failure, LedgerEntry, Outcome, Policy, Reason, Receipt,
        Rejection, StoreError, StoreErrorKind, VERSION_LIMIT,
    },
    store::{ConditionalUpdate, DecidingStore, Store, StoredFunction},
};

use super::{Postgres, statements};
use crate::rows::{signed_amount, user_column};

/// The parameters of both ways to decide.
struct Decide([i64; 9]);

impl Decide {
    fn new(run: i64, command: Command, policy: &Policy, time_millis: u64) -> Decide {
        let bounds = policy.bounds();
        Decide([
            run,
            user_column(command.user),
            signed_amount(command.action),
            command.id.0.cast_signed(),
            time_millis.cast_signed(),
            bounds.amount_min.cast_signed(),
            bounds.amount_max.cast_signed(),
            // A unit above every amount divides none of them, and would be negative in a column.
            i64::try_from(bounds.unit).unwrap_or(i64::MAX),
            bounds.balance_max.cast_signed(),
        ])
    }

    fn as_sql(&self) -> statements::Parameters<'_, 9> {
        self.0.each_ref().map(|parameter| parameter as _)
    }
}

impl<L: Default + Send + Sync + 'static> DecidingStore<ConditionalUpdate> for Postgres<L> {
    async fn execute(&self, entry: &Self::Entry<'_>, command: Command, policy: &Policy) -> Outcome {
        // The rule is changed by nothing but the account, so a few turns are enough unless the two
        // rules differ.
        const TURNS_MAX: u32 = 1_000;
        for _ in 0..TURNS_MAX {
            if let Some(entry) = self.update_if_allowed(command, policy).await? {
                return Ok(entry);
            }
            // The statement does not say which account it met, so the reason has to be found.
            let before = self.load(entry).await?;
            command.decide(before, policy)?;
            if before.version == 0 {
                self.create(command).await?;
            }
        }
        Err(Failure::NotApplied(StoreError::constant(
            StoreErrorKind::Conflict,
            "the account changed between each update and the load after it",
        )))
    }
}

impl<L: Default + Send + Sync + 'static> DecidingStore<StoredFunction> for Postgres<L> {
    async fn execute(
        &self,
        _entry: &Self::Entry<'_>,
        command: Command,
        policy: &Policy,
    ) -> Outcome {
        let time_millis = self.clock.millis();
        let parameters = Decide::new(self.run, command, policy, time_millis);
        let lease = self.pool.lease().await?;
        let connection = lease.connection();
        let parameters = parameters.as_sql();
        let decided = connection.client.query_one(&connection.statements.decide, &parameters);
        let row = match lease.write(decided).await {
            Ok(row) => row,
            Err(error) => {
                let entry = self.after_failed_write(lease, error, command.user, command.id).await;
                return Ok(entry?);
            }
        };
        lease.give_back();
        let account = statements::account(&row, 1)?;
        match reason(row.get(0), policy) {
            None => Ok(entry(command, account, time_millis)),
            Some(reason) => Err(Rejection { command, before: account, reason }.into()),
        }
    }
}

impl<L: Default + Send + Sync + 'static> Postgres<L> {
    /// Updates the row and writes the ledger entry, if the rule in SQL allows it.
    async fn update_if_allowed(
        &self,
        command: Command,
        policy: &Policy,
    ) -> Result<Option<LedgerEntry>, Failure> {
        let time_millis = self.clock.millis();
        let parameters = Decide::new(self.run, command, policy, time_millis);
        let parameters = parameters.as_sql();
        let lease = self.pool.lease().await?;
        let connection = lease.connection();
        let prepared = &connection.statements.update_if_allowed;
        let updated = connection.client.query_opt(prepared, &parameters);
        let row = match lease.write(updated).await {
            Ok(row) => row,
            Err(error) => {
                let entry = self.after_failed_write(lease, error, command.user, command.id).await;
                return Ok(Some(entry?));
            }
        };
        lease.give_back();
        let after = row.map(|row| statements::account(&row, 0)).transpose()?;
        Ok(after.map(|after| entry(command, after, time_millis)))
    }

    async fn create(&self, command: Command) -> Result<(), StoreError> {
        let lease = self.pool.lease().await?;
        let connection = lease.connection();
        let user = user_column(command.user);
        let parameters: statements::Parameters<'_, 2> = [&self.run, &user];
        let created = connection.client.execute(&connection.statements.create, &parameters);
        lease.read(created).await?;
        lease.give_back();
        Ok(())
    }
}

/// The reason that the function returns as a number; `None` for an applied command.
fn reason(number: i64, policy: &Policy) -> Option<Reason> {
    let bounds = policy.bounds();
    match number {
        0 => None,
        1 => Some(Reason::AmountBelowMinimum { min: bounds.amount_min }),
        2 => Some(Reason::AmountAboveMaximum { max: bounds.amount_max }),
        3 => Some(Reason::AmountNotInUnits { unit: bounds.unit }),
        4 => Some(Reason::InsufficientBalance),
        5 => Some(Reason::BalanceAboveMaximum { max: bounds.balance_max }),
        _ => Some(Reason::LedgerFull { max: VERSION_LIMIT }),
    }
}

fn entry(command: Command, after: Account, time_millis: u64) -> LedgerEntry {
    let points = command.action.amount().points();
    let balance = match command.action {
        Action::Charge(_) => after.balance - points,
        Action::Use(_) => after.balance + points,
    };
    let before = Account { balance, version: after.version - 1 };
    LedgerEntry { receipt: Receipt { command, before, after }, time_millis }
}
