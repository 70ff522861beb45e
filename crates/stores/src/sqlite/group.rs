//! Group commit ([Gray and Reuter 1992](https://dl.acm.org/doi/book/10.5555/573304)): the commands
//! that wait while one transaction is synced become the next transaction together.
//!
//! A sync of the log takes longer than everything else about a command. One sync for all that wait
//! makes the cost of a command fall with the number of clients, on one row as on many. The writer
//! thread decides each command with [`Command::decide`] on the account as the transaction has it,
//! so the rule stands once.

use std::collections::HashMap;

use hotrow::{
    clock::CoarseClock,
    domain::{Account, Command, CommitError, Failure, Fault, Outcome, Policy, StoreError, UserId},
    store::Decision,
};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::statements::{self, Logged};

/// The largest number of commands in one transaction. The bound limits how long the first of them
/// waits for the others.
pub const GROUP_MAX: usize = 64;

/// The store's writer decides all commands that wait, and commits them together.
#[derive(Debug, Clone, Copy, Default)]
pub struct GroupCommit;

impl Decision for GroupCommit {
    const NAME: &'static str = "group-commit";
    const BLOCKS_OTHER_USERS: bool = true;
}

/// A command, and where its outcome goes.
pub(super) struct GroupedCommand {
    pub(super) run: i64,
    pub(super) command: Command,
    pub(super) policy: Policy,
    pub(super) clock: CoarseClock,
    pub(super) reply: oneshot::Sender<Outcome>,
}

/// Executes `commands` in one transaction and replies to each when it is committed.
pub(super) fn execute(connection: &mut Connection, commands: Vec<GroupedCommand>) {
    let decided = decide_all(connection, &commands);
    let committed = match decided {
        Ok(outcomes) => statements::commit(connection).map(|()| outcomes),
        Err(error) => Err(CommitError::NotApplied(error)),
    };
    if committed.is_err() {
        statements::roll_back(connection);
    }
    for (index, command) in commands.into_iter().enumerate() {
        let outcome = match committed {
            Ok(ref outcomes) => outcomes[index],
            Err(CommitError::NotApplied(error)) => Err(Failure::NotApplied(error)),
            Err(CommitError::Indeterminate(error)) => {
                Err(Failure::Indeterminate(Fault::Store(error)))
            }
        };
        // A caller that was dropped needs no reply.
        let _ = command.reply.send(outcome);
    }
}

/// Decides all commands in the order of their arrival, and writes what follows.
fn decide_all(
    connection: &Connection,
    commands: &[GroupedCommand],
) -> Result<Vec<Outcome>, StoreError> {
    statements::begin(connection)?;
    let mut accounts = HashMap::new();
    let mut outcomes = Vec::with_capacity(commands.len());
    for command in commands {
        outcomes.push(decide(connection, command, &mut accounts)?);
    }
    for ((run, user), loaded) in accounts {
        if loaded.changed {
            statements::put(connection, run, user, loaded.account)?;
        }
    }
    Ok(outcomes)
}

/// An account as the transaction has it.
struct Loaded {
    account: Account,
    changed: bool,
}

/// Decides one command. `Err` ends the transaction; the outcome of the command is inside.
fn decide(
    connection: &Connection,
    grouped: &GroupedCommand,
    accounts: &mut HashMap<(i64, UserId), Loaded>,
) -> Result<Outcome, StoreError> {
    let GroupedCommand { run, command, policy, clock, .. } = grouped;
    let loaded = match accounts.entry((*run, command.user)) {
        std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
        std::collections::hash_map::Entry::Vacant(entry) => {
            let account = statements::load(connection, *run, command.user)?;
            entry.insert(Loaded { account, changed: false })
        }
    };
    let receipt = match command.decide(loaded.account, policy) {
        Ok(receipt) => receipt,
        Err(rejection) => return Ok(Err(rejection.into())),
    };
    match statements::log(connection, *run, &receipt, clock.millis())? {
        Logged::Before(row) => Ok(row.first_answer(command.user).map_err(Failure::from)),
        Logged::New(entry) => {
            *loaded = Loaded { account: receipt.after, changed: true };
            Ok(Ok(entry))
        }
    }
}
