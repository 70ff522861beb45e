//! Clients on one hot row, and the audit of the answers that they received.

use std::{sync::Arc, time::Instant};

use hotrow::{
    domain::{Account, Action, Amount, Command, LedgerEntry, OperationId, Outcome, Policy, UserId},
    store::{Page, Store},
    strategy::ConcurrencyStrategy,
};
use hotrow_verify::{
    audit::{Violation, audit_history},
    history::{History, Ledger, Operation, Reply},
};

pub(crate) fn user(id: u64) -> UserId {
    UserId::new(id).unwrap()
}

/// The command with this number of a client: mostly charges and uses that fit, some that do not.
pub(crate) fn command(client: u64, number: u64, random: &mut fastrand::Rng) -> Command {
    let points = Amount::new(random.u64(1..=42)).unwrap();
    let action = if random.bool() { Action::Charge(points) } else { Action::Use(points) };
    let user = user(if random.u8(..) < 230 { 1 } else { random.u64(2..=4) });
    Command { id: OperationId(client << 40 | (number + 1)), user, action }
}

/// Nanoseconds since the start of a run.
pub(crate) fn now(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap()
}

/// What a client saw of one command.
pub(crate) fn operation(
    client: u64,
    command: Command,
    called: u64,
    returned: u64,
    outcome: &Outcome,
) -> Operation {
    let Command { id, user, action } = command;
    Operation {
        client,
        id,
        user,
        action: Some(action),
        called,
        returned,
        reply: Reply::to(outcome),
    }
}

/// Runs `clients` at once, each with `commands` and a read after every fourth, and returns what they
/// saw.
pub(crate) async fn run_clients<T: ConcurrencyStrategy>(
    strategy: &Arc<T>,
    clients: u64,
    commands: u64,
    seed: u64,
) -> Vec<Operation> {
    let start = Instant::now();
    let client = |client: u64| {
        let strategy = Arc::clone(strategy);
        tokio::spawn(async move {
            let mut random = fastrand::Rng::with_seed(seed << 8 | client);
            let mut seen = Vec::new();
            for number in 0..commands {
                let command = command(client, number, &mut random);
                let called = now(start);
                let outcome = strategy.execute(command).await;
                seen.push(operation(client, command, called, now(start), &outcome));
                if number % 4 == 0 {
                    let called = now(start);
                    let account = strategy.read(command.user).await.unwrap();
                    let (user, reply) = (command.user, Reply::Read(account));
                    let (id, action, returned) = (OperationId::UNRECORDED, None, now(start));
                    seen.push(Operation { client, id, user, action, called, returned, reply });
                }
            }
            seen
        })
    };
    let running: Vec<_> = (1..=clients).map(client).collect();
    let mut operations = Vec::new();
    for task in running {
        operations.extend(task.await.unwrap());
    }
    operations
}

/// Reads account and ledger of every user from `store`.
pub(crate) async fn ledgers<S: Store>(store: &S) -> Vec<Ledger> {
    let mut ledgers = Vec::new();
    for user in (1..=4).map(user) {
        let account: Account = store.load(&store.entry(user)).await.unwrap();
        let entries: Vec<LedgerEntry> = store.history(user, Page::ALL).await.unwrap();
        ledgers.push(Ledger { user, account, entries });
    }
    ledgers
}

/// Audits what clients saw against the ledgers in `store`, which is not the one that they used.
pub(crate) async fn audit<S: Store>(
    policy: Policy,
    operations: Vec<Operation>,
    store: &S,
) -> Result<(), Violation> {
    let ledgers = ledgers(store).await;
    let history = History { policy, operations, ledgers };
    let audited = audit_history(&history)?;
    assert_eq!(audited.operations, history.operations.len() as u64);
    Ok(())
}

/// The number of operations with a reply for which `is` holds.
pub(crate) fn count(operations: &[Operation], is: impl Fn(&Reply) -> bool) -> usize {
    operations.iter().filter(|operation| is(&operation.reply)).count()
}
