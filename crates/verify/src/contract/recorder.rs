//! Clients that send requests to a service and record each call, each answer and their order.

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
    check_result::{CheckResult, read},
    service::{Service, amount, poll_once, user},
};
use crate::history::{History, Ledger, Operation, Reply};
use hotrow::{
    domain::{Action, Command, OperationId, Outcome, Policy, UserId},
    store::Page,
    workload::OperationKey,
};

/// Concurrent clients. A cycle of clients that wait for each other needs three.
const CLIENTS: u64 = 4;

/// Users. Most requests go to the first, so that clients contend for it.
const USERS: u64 = 2;

/// Largest amount of a command. With the small maximum of a balance, both rules often reject
/// commands and balances often return to earlier values.
const AMOUNT_MAX: u64 = 3;

/// Pauses in which cancelled commands that still run come to their end. On a slow store each pause
/// is 20 ms, and a command takes up to a second.
const SETTLE_PAUSES: usize = 2_000;

/// A client yields its thread in one operation of so many.
const YIELD_EVERY: u64 = 4;

/// What each client does.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// The number of its operations.
    pub(crate) operations: u64,
    /// Whether it cancels some of its commands.
    pub(crate) cancels: bool,
}

/// A service, and the operations that its clients observed.
#[derive(Clone)]
pub(crate) struct Recorder {
    service: Service,
    policy: Policy,
    /// A logical clock: counts calls and returns.
    clock: Arc<AtomicU64>,
    observed: Arc<Mutex<Vec<Operation>>>,
}

impl Recorder {
    pub(crate) fn new(service: Service, policy: Policy) -> Recorder {
        Recorder { service, policy, clock: Arc::default(), observed: Arc::default() }
    }

    /// Runs every client with a load drawn from `seed`, and returns the history. The ledgers are
    /// read twice: a ledger that changes after all commands have ended was not complete.
    pub(crate) async fn record(self, seed: u64, load: Load) -> CheckResult<History> {
        let clients: Vec<_> = (1..=CLIENTS)
            .map(|client| {
                let rng = Rng::with_seed(seed.wrapping_mul(CLIENTS).wrapping_add(client));
                tokio::spawn(self.clone().run_client(client, load, rng))
            })
            .collect();
        for client in clients {
            client.await.map_err(|error| format!("a client task failed: {error}"))??;
        }
        self.settle().await?;
        let mut ledgers = self.ledgers().await?;
        ledgers.extend(self.ledgers().await?);
        let operations = std::mem::take(&mut *self.observed.lock());
        Ok(History { policy: self.policy, operations, ledgers })
    }

    async fn run_client(self, client: u64, load: Load, mut rng: Rng) -> CheckResult {
        for number in 0..load.operations {
            let user = user(if rng.u8(..4) == 0 { USERS } else { 1 });
            let amount = amount(rng.u64(1..=AMOUNT_MAX));
            match rng.u8(..8) {
                0 | 1 => self.read_balance(client, user).await?,
                2 if load.cancels => {
                    self.cancel_early(client, number, user, Action::Use(amount), &mut rng).await
                }
                3..=5 => self.execute(client, number, user, Action::Charge(amount)).await,
                _ => self.execute(client, number, user, Action::Use(amount)).await,
            }
        }
        Ok(())
    }

    async fn execute(&self, client: u64, number: u64, user: UserId, action: Action) {
        let (id, called) = (OperationKey { client, number }.id(), self.now());
        Recorder::yield_sometimes(number);
        let outcome = self.command(id, user, action).await;
        self.record_operation(Operation {
            client,
            id,
            user,
            action: Some(action),
            called,
            returned: self.now(),
            reply: Reply::to(&outcome),
        });
    }

    /// Sends a command, and cancels it unless it returns within a few polls.
    async fn cancel_early(
        &self,
        client: u64,
        number: u64,
        user: UserId,
        action: Action,
        rng: &mut Rng,
    ) {
        let (id, called) = (OperationKey { client, number }.id(), self.now());
        let mut command = self.command(id, user, action);
        let mut reply = Reply::Indeterminate;
        for _ in 0..rng.u32(1..=4) {
            if let Poll::Ready(outcome) = poll_once(&mut command).await {
                reply = Reply::to(&outcome);
                break;
            }
            self.service.let_others_run().await;
        }
        drop(command);
        let returned = self.now();
        let action = Some(action);
        self.record_operation(Operation { client, id, user, action, called, returned, reply });
    }

    async fn read_balance(&self, client: u64, user: UserId) -> CheckResult {
        let called = self.now();
        let account = self.service.balance(user).await?;
        self.record_operation(Operation {
            client,
            id: OperationId::UNRECORDED,
            user,
            action: None,
            called,
            returned: self.now(),
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
        self.service.execute(Command { id, user, action })
    }

    /// Waits until cancelled commands that still run have ended.
    async fn settle(&self) -> CheckResult {
        let mut before = self.ledgers().await?;
        self.pause(SETTLE_PAUSES).await;
        loop {
            let now = self.ledgers().await?;
            if now == before {
                return Ok(());
            }
            before = now;
            self.pause(1).await;
        }
    }

    /// Lets commands end whose callers are gone: in a number of `pauses`, or on a database, where a
    /// strategy may pause before it tries again, in one that is longer than that.
    async fn pause(&self, pauses: usize) {
        if self.service.is_on_database() {
            return self.service.pause_for_dropped_work().await;
        }
        for _ in 0..pauses {
            self.service.let_others_run().await;
        }
    }

    async fn ledgers(&self) -> CheckResult<Vec<Ledger>> {
        let mut ledgers = Vec::new();
        for user in (1..=USERS).map(user) {
            let account = self.service.balance(user).await?;
            let entries = read(self.service.points().history(user, Page::ALL).await)?;
            ledgers.push(Ledger { user, account, entries });
        }
        Ok(ledgers)
    }

    /// Yields the thread between a call and its work now and then, as a busy machine would preempt
    /// it. On an idle machine, or on one core, calls may be too short to overlap.
    fn yield_sometimes(number: u64) {
        if number.is_multiple_of(YIELD_EVERY) {
            thread::yield_now();
        }
    }

    fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    fn record_operation(&self, operation: Operation) {
        self.observed.lock().push(operation);
    }
}
