//! Runs one schedule: a fresh service, its clients, and the evidence that they leave.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use fastrand::Rng;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;

use super::{
    ExplorationStats,
    clock::Clock,
    fault::FaultInjector,
    play::{ClientRequest, FaultKind, HOT, OTHER, Program, RequestKind, charge},
};
use crate::{
    contract::Candidate,
    history::{History, Ledger, Operation, Reply},
};
use hotrow::{
    clock::CoarseClock,
    domain::{Action, Command, LedgerEntry, OperationId, Outcome, UserId},
    scenario::Latency,
    service::DynPointService,
    store::{Page, StoreConfig},
    sync::task,
};

/// A service over an empty store, and the evidence of its clients.
pub(super) struct ScheduleRunner {
    points: Arc<dyn DynPointService>,
    injector: Option<Arc<FaultInjector>>,
    clock: Clock,
    /// Whether the clients that are not part of the stream have ended.
    stream_ended: AtomicBool,
    evidence: Mutex<Evidence>,
}

/// The observations of one schedule.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    pub(super) history: History,
    /// One note for each operation, in the same order.
    pub(super) notes: Vec<Note>,
    /// Ledger reads while clients run.
    pub(super) ledger_reads: Vec<LedgerRead>,
    /// The final ledgers, read a second time.
    pub(super) ledgers_reread: Vec<Ledger>,
    /// Most commands that may return a fault: those with an injected one.
    pub(super) faults_allowed: usize,
    /// Failures of the runner itself.
    pub(super) failures: Vec<String>,
}

/// Facts about an operation that a history does not contain.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Note {
    /// When the first poll returned pending. Operations that are called later must be served later.
    pub(super) waits_since: Option<u64>,
    pub(super) outcome: Option<Outcome>,
    /// Whether the client cancelled the operation.
    pub(super) cancelled: bool,
    /// Whether the client waited for the answer and received a fault.
    pub(super) faulted: bool,
}

/// One read of a ledger.
#[derive(Debug, Clone)]
pub(super) struct LedgerRead {
    pub(super) user: UserId,
    pub(super) called: u64,
    pub(super) returned: u64,
    pub(super) entries: Vec<LedgerEntry>,
}

/// The client that sends the first and the last requests of a schedule.
const COORDINATOR: u64 = 0;

/// More than the operations of any client.
const IDS_PER_CLIENT: u64 = 100;

/// The id of the first client of the stream.
const STREAM_FIRST: u64 = 40;

impl ScheduleRunner {
    /// Opens a service over an empty store for `program`.
    pub(super) fn open(candidate: &Candidate, program: &Program, rng: &mut Rng) -> ScheduleRunner {
        let injector = program.fault.map(|fault| Arc::new(FaultInjector::new(fault)));
        let points = match &injector {
            None => candidate
                .open_sync(&store_config(Latency::Fixed(Duration::from_millis(1))), program.policy),
            // The injector suspends its caller where the store would.
            Some(injector) => {
                let open = if rng.bool() {
                    candidate.with_faults().suspending
                } else {
                    candidate.with_faults().blocking
                };
                open(&store_config(Latency::None), program.policy, Arc::clone(injector) as _)
            }
        };
        let history = History { policy: program.policy, ..History::default() };
        let faults_allowed =
            usize::from(program.fault.is_some_and(|fault| fault.kind != FaultKind::Hold));
        let evidence = Evidence { history, faults_allowed, ..Evidence::default() };
        let stream_ended = AtomicBool::new(false);
        ScheduleRunner {
            points,
            injector,
            clock: Clock::default(),
            stream_ended,
            evidence: Mutex::new(evidence),
        }
    }

    /// Runs `program` to its end and reads the final ledgers.
    pub(super) async fn run(self: Arc<ScheduleRunner>, program: Program) {
        for (request, number) in program.setup.into_iter().zip(1..) {
            self.send(COORDINATOR, number, request).await;
        }
        let stream = self.spawn_stream(program.stream);
        let first = self.spawn_clients(program.clients, 1);
        if let (Some(injector), false) = (&self.injector, program.during_hold.is_empty()) {
            injector.reached().await;
            self.join(self.spawn_clients(program.during_hold, 20)).await;
            injector.open();
        }
        self.join(first).await;
        // Relaxed: all tasks of a schedule share one thread. The access is not a step of the
        // schedule.
        self.stream_ended.store(true, Ordering::Relaxed);
        self.join(stream).await;
        self.finish().await;
    }

    /// Returns a copy of the evidence.
    pub(super) fn evidence(&self) -> Evidence {
        self.evidence.lock().clone()
    }

    /// Counts the operations.
    pub(super) fn traffic(&self) -> ExplorationStats {
        let evidence = self.evidence.lock();
        let operations = &evidence.history.operations;
        let count = |counts: &dyn Fn(&Operation) -> bool| {
            operations.iter().filter(|operation| counts(operation)).count() as u64
        };
        let overlaps = |a: &Operation| {
            operations.iter().any(|b| {
                (a.user, a.client != b.client) == (b.user, true)
                    && a.called < b.returned
                    && b.called < a.returned
            })
        };
        ExplorationStats {
            schedules: 1,
            operations: operations.len() as u64,
            overlapping: count(&overlaps),
            refused: count(&|operation| matches!(operation.reply, Reply::Refused(_))),
            unknown: count(&|operation| operation.reply == Reply::Indeterminate),
            reads: count(&|operation| operation.action.is_none())
                + evidence.ledger_reads.len() as u64,
            steps_max: 0,
        }
    }

    fn spawn_clients(
        self: &Arc<ScheduleRunner>,
        clients: Vec<Vec<ClientRequest>>,
        first: u64,
    ) -> Vec<task::JoinHandle<()>> {
        let spawned = clients.into_iter().zip(first..).map(|(requests, client)| {
            let runner = Arc::clone(self);
            task::spawn(async move {
                for (request, number) in requests.into_iter().zip(1..) {
                    runner.send(client, number, request).await;
                }
            })
        });
        spawned.collect()
    }

    /// Starts clients that repeat one request. Each of them ends at some point, so a client that
    /// waits for a pause of the stream is served in the end, and the check finds that it waited too
    /// long.
    fn spawn_stream(
        self: &Arc<ScheduleRunner>,
        stream: Vec<ClientRequest>,
    ) -> Vec<task::JoinHandle<()>> {
        let spawned = stream.into_iter().zip(STREAM_FIRST..).map(|(request, client)| {
            let runner = Arc::clone(self);
            task::spawn(async move {
                for number in 1..IDS_PER_CLIENT {
                    if runner.stream_ended.load(Ordering::Relaxed) {
                        return;
                    }
                    runner.send(client, number, request).await;
                }
            })
        });
        spawned.collect()
    }

    async fn join(&self, clients: Vec<task::JoinHandle<()>>) {
        for client in clients {
            if let Err(error) = client.await {
                self.record_failure(format!("a client task failed: {error}"));
            }
        }
    }

    /// Reads the ledgers at once, waits until all other tasks have ended, sends one more command
    /// for each user, and reads the final ledgers twice.
    async fn finish(&self) {
        for user in [HOT, OTHER] {
            self.read_ledger(user).await;
        }
        wait_for_other_tasks().await;
        for (user, number) in [HOT, OTHER].into_iter().zip(50..) {
            self.send(COORDINATOR, number, charge(user, 1)).await;
        }
        wait_for_other_tasks().await;
        let ledgers = self.ledgers().await;
        task::yield_now().await;
        let reread = self.ledgers().await;
        let mut evidence = self.evidence.lock();
        (evidence.history.ledgers, evidence.ledgers_reread) = (ledgers, reread);
    }

    /// Sends one request and records the operation.
    async fn send(&self, client: u64, number: u64, request: ClientRequest) {
        let id = OperationId(client * IDS_PER_CLIENT + number);
        let ClientRequest { user, operation, polls_max } = request;
        match operation {
            RequestKind::Command(action) => {
                let command = Command { id, user, action };
                let index = self.begin(client, id, user, Some(action));
                let outcome =
                    self.poll_with_limit(index, self.points.execute(command), polls_max).await;
                let reply = outcome.as_ref().map_or(Reply::Indeterminate, Reply::to);
                self.end(index, reply, polls_max.is_some() && outcome.is_none(), outcome);
            }
            RequestKind::Balance => {
                let index = self.begin(client, OperationId::UNRECORDED, user, None);
                let account =
                    self.poll_with_limit(index, self.points.balance(user), polls_max).await;
                let reply = match account {
                    Some(Ok(account)) => Reply::Read(account),
                    Some(Err(_)) | None => Reply::Indeterminate,
                };
                self.end(index, reply, account.is_none(), None);
            }
            RequestKind::History => self.read_ledger(user).await,
        }
    }

    async fn read_ledger(&self, user: UserId) {
        let called = self.clock.now();
        match self.points.history(user, Page::ALL).await {
            Ok(entries) => {
                let read = LedgerRead { user, called, returned: self.clock.now(), entries };
                self.evidence.lock().ledger_reads.push(read);
            }
            Err(fault) => {
                self.record_failure(format!("the ledger of user {user} cannot be read: {fault}"))
            }
        }
    }

    async fn ledgers(&self) -> Vec<Ledger> {
        let mut ledgers = Vec::new();
        for user in [HOT, OTHER] {
            let account = self.points.balance(user).await;
            let entries = self.points.history(user, Page::ALL).await;
            match (account, entries) {
                (Ok(account), Ok(entries)) => ledgers.push(Ledger { user, account, entries }),
                _ => {
                    self.record_failure(format!("the final account of user {user} cannot be read"))
                }
            }
        }
        ledgers
    }

    /// Polls `work` to its end, or at most `polls_max` times. A client cancels one step after its
    /// last poll, so that an answer or a lock that arrives in between arrives too late.
    async fn poll_with_limit<T>(
        &self,
        index: usize,
        mut work: BoxFuture<'_, T>,
        polls_max: Option<u32>,
    ) -> Option<T> {
        let mut polls = 0;
        poll_fn(|cx| {
            if polls_max == Some(polls) {
                return Poll::Ready(None);
            }
            if let Poll::Ready(result) = work.as_mut().poll(cx) {
                return Poll::Ready(Some(result));
            }
            polls += 1;
            if polls == 1 {
                self.evidence.lock().notes[index].waits_since = Some(self.clock.now());
            }
            if polls_max.is_some() {
                cx.waker().wake_by_ref();
            }
            Poll::Pending
        })
        .await
    }

    fn begin(&self, client: u64, id: OperationId, user: UserId, action: Option<Action>) -> usize {
        let called = self.clock.now();
        let reply = Reply::Indeterminate;
        let operation = Operation { client, id, user, action, called, returned: u64::MAX, reply };
        let mut evidence = self.evidence.lock();
        evidence.history.operations.push(operation);
        evidence.notes.push(Note::default());
        evidence.notes.len() - 1
    }

    fn end(&self, index: usize, reply: Reply, cancelled: bool, outcome: Option<Outcome>) {
        let returned = self.clock.now();
        let mut evidence = self.evidence.lock();
        let operation = &mut evidence.history.operations[index];
        (operation.returned, operation.reply) = (returned, reply);
        let note = &mut evidence.notes[index];
        (note.cancelled, note.outcome) = (cancelled, outcome);
        note.faulted = !cancelled && matches!(reply, Reply::Indeterminate | Reply::NotApplied);
    }

    fn record_failure(&self, failure: String) {
        self.evidence.lock().failures.push(failure);
    }
}

fn store_config(latency: Latency) -> StoreConfig {
    // The row of the first user exists from the start. The store creates that of any other.
    StoreConfig { dense_users: 1, latency, tick: CoarseClock::default(), ..StoreConfig::default() }
}

/// Waits until the current task is the only one left.
async fn wait_for_other_tasks() {
    while 1 < task::unfinished() {
        task::yield_now().await;
    }
}
