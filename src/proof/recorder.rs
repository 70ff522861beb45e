//! Clients that ask a service and write down what they were told, and when.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    thread,
};

use fastrand::Rng;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;

use super::{
    found::{Found, read},
    subject::{Subject, amount, poll_once, user},
};
use crate::{
    domain::{Action, Command, Failure, OperationId, Outcome, Policy, UserId},
    history::{History, Ledger, Operation, Reply},
    store::Page,
    workload::Asked,
};

/// Clients at once. A cycle of who waits for whom needs three.
const CLIENTS: u64 = 4;

/// Users: most ask for the first, so that somebody is always in the way.
const USERS: u64 = 2;

/// Largest amount of a command. With a small maximum both rules are often in the way, and balances
/// come back to what they were.
const AMOUNT_MAX: u64 = 3;

/// Turns of the scheduler in which commands that nobody waits for any more come to their ends. On a
/// slow store each is 20 ms, and a command takes up to a second.
const SETTLED: usize = 2_000;

/// Operations of a client between two that are held up.
const HELD_UP_EVERY: u64 = 4;

/// What clients do.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// Operations of each.
    pub(crate) operations: u64,
    /// Whether some go away before they are answered.
    pub(crate) some_leave: bool,
}

/// A service, and what its clients saw of it.
#[derive(Clone)]
pub(crate) struct Recorder {
    subject: Subject,
    policy: Policy,
    /// Counts calls and returns, which is all that is asked of a clock.
    clock: Arc<AtomicU64>,
    seen: Arc<Mutex<Vec<Operation>>>,
}

impl Recorder {
    pub(crate) fn of(subject: Subject, policy: Policy) -> Recorder {
        Recorder { subject, policy, clock: Arc::default(), seen: Arc::default() }
    }

    /// Has every client ask for a load drawn from `seed`, and gives what they saw. Ledgers are asked for
    /// twice: one that changes when all is quiet was not complete.
    pub(crate) async fn record(self, seed: u64, load: Load) -> Found<History> {
        let clients: Vec<_> = (1..=CLIENTS)
            .map(|client| {
                let rng = Rng::with_seed(seed.wrapping_mul(CLIENTS).wrapping_add(client));
                tokio::spawn(self.clone().ask_all(client, load, rng))
            })
            .collect();
        for client in clients {
            client.await.map_err(|error| format!("a client died: {error}"))??;
        }
        self.settle().await?;
        let mut ledgers = self.ledgers().await?;
        ledgers.extend(self.ledgers().await?);
        let operations = std::mem::take(&mut *self.seen.lock());
        Ok(History { policy: self.policy, operations, ledgers })
    }

    async fn ask_all(self, client: u64, load: Load, mut rng: Rng) -> Found {
        for number in 0..load.operations {
            let user = user(if rng.u8(..4) == 0 { USERS } else { 1 });
            let amount = amount(rng.u64(1..=AMOUNT_MAX));
            match rng.u8(..8) {
                0 | 1 => self.look(client, user).await?,
                2 if load.some_leave => {
                    self.walk_away(client, number, user, Action::Use(amount), &mut rng).await
                }
                3..=5 => self.ask(client, number, user, Action::Charge(amount)).await,
                _ => self.ask(client, number, user, Action::Use(amount)).await,
            }
        }
        Ok(())
    }

    async fn ask(&self, client: u64, number: u64, user: UserId, action: Action) {
        let (id, called) = (Asked { client, number }.id(), self.tick());
        Recorder::be_held_up(number);
        let outcome = self.command(id, user, action).await;
        self.saw(Operation {
            client,
            id,
            user,
            action: Some(action),
            called,
            returned: self.tick(),
            reply: reply(outcome),
        });
    }

    /// Asks, and does not wait for the answer any longer than a few turns.
    async fn walk_away(
        &self,
        client: u64,
        number: u64,
        user: UserId,
        action: Action,
        rng: &mut Rng,
    ) {
        let (id, called) = (Asked { client, number }.id(), self.tick());
        let mut command = self.command(id, user, action);
        let mut told = Reply::Unknown;
        for _ in 0..rng.u32(1..=4) {
            if let Poll::Ready(outcome) = poll_once(&mut command).await {
                told = reply(outcome);
                break;
            }
            self.subject.step_aside().await;
        }
        drop(command);
        let returned = self.tick();
        let action = Some(action);
        self.saw(Operation { client, id, user, action, called, returned, reply: told });
    }

    async fn look(&self, client: u64, user: UserId) -> Found {
        let called = self.tick();
        let account = self.subject.balance(user).await?;
        self.saw(Operation {
            client,
            id: OperationId::UNRECORDED,
            user,
            action: None,
            called,
            returned: self.tick(),
            reply: Reply::Read(account),
        });
        Ok(())
    }

    fn command(
        &self,
        id: OperationId,
        user: UserId,
        action: Action,
    ) -> BoxFuture<'static, Outcome> {
        self.subject.execute(Command { id, user, action })
    }

    /// Waits until commands whose clients walked away have come to their ends, where they go on.
    async fn settle(&self) -> Found {
        let mut before = self.ledgers().await?;
        for _ in 0..SETTLED {
            self.subject.step_aside().await;
        }
        loop {
            let now = self.ledgers().await?;
            if now == before {
                return Ok(());
            }
            before = now;
            self.subject.step_aside().await;
        }
    }

    async fn ledgers(&self) -> Found<Vec<Ledger>> {
        let mut ledgers = Vec::new();
        for user in (1..=USERS).map(user) {
            let account = self.subject.balance(user).await?;
            let entries = read(self.subject.points().history(user, Page::ALL).await)?;
            ledgers.push(Ledger { user, account, entries });
        }
        Ok(ledgers)
    }

    /// Lets other threads run between a call and its work now and then, as a busy machine does: on an
    /// idle one, or on one core, calls may be too short to be ever beside each other.
    fn be_held_up(number: u64) {
        if number.is_multiple_of(HELD_UP_EVERY) {
            thread::yield_now();
        }
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    fn saw(&self, operation: Operation) {
        self.seen.lock().push(operation);
    }
}

fn reply(outcome: Outcome) -> Reply {
    match outcome {
        Ok(receipt) => Reply::Applied(receipt.after),
        Err(Failure::Rejected(rejection)) => Reply::Refused(rejection.before),
        Err(Failure::Unknown(_)) => Reply::Unknown,
    }
}
