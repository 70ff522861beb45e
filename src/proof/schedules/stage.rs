//! One performance: a fresh service, its clients, and what was seen of them.

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
    Traffic,
    clock::Clock,
    deed::Doer,
    play::{Ask, DeedKind, Errand, HOT, OTHER, Play, charge},
};
use crate::{
    clock::Tick,
    database::Latency,
    domain::{Action, Command, Failure, LedgerEntry, OperationId, Outcome, UserId},
    history::{History, Ledger, Operation, Reply},
    registry::Entry,
    service::Points,
    store::{Page, Setup},
    sync::task,
};

/// A service over an empty store, and what its clients saw.
pub(super) struct Stage {
    points: Arc<dyn Points>,
    doer: Option<Arc<Doer>>,
    clock: Clock,
    /// The clients that are not part of the stream have ended.
    stream_ends: AtomicBool,
    seen: Mutex<Evidence>,
}

/// What was seen of one schedule.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    pub(super) history: History,
    /// More of each operation, in the same order.
    pub(super) notes: Vec<Note>,
    /// Histories that were asked for meanwhile.
    pub(super) looks: Vec<Look>,
    /// The ledgers as they were found when they were asked for again.
    pub(super) again: Vec<Ledger>,
    /// Commands that may end unknown though their callers stayed: those that were interfered with.
    pub(super) faults_allowed: usize,
    /// What went wrong in the performance itself.
    pub(super) failures: Vec<String>,
}

/// What a history has no place for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Note {
    /// When the first poll came back without a reply: who is called later comes later.
    pub(super) waits_since: Option<u64>,
    pub(super) outcome: Option<Outcome>,
    /// Whether its client went away.
    pub(super) left: bool,
    /// Whether its client stayed and was told of a fault.
    pub(super) faulted: bool,
}

/// A history that was asked for.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) user: UserId,
    pub(super) called: u64,
    pub(super) returned: u64,
    pub(super) entries: Vec<LedgerEntry>,
}

/// The client that opens and closes a performance.
const DIRECTOR: u64 = 0;

/// Above the operations of any client.
const IDS_A_CLIENT: u64 = 100;

/// Number of the first client of the stream.
const STREAM_FIRST: u64 = 40;

impl Stage {
    /// A service over an empty store for `play`.
    pub(super) fn open(entry: &Entry, play: &Play, dice: &mut Rng) -> Stage {
        let doer = play.deed.map(|deed| Arc::new(Doer::of(deed)));
        let points = match &doer {
            None => (entry.open)(&setup(Latency::Fixed(Duration::from_millis(1))), play.policy),
            // The doer suspends where the store would.
            Some(doer) => {
                let open = if dice.bool() { entry.open_suspending } else { entry.open_blocking };
                open(&setup(Latency::None), play.policy, Arc::clone(doer) as _)
            }
        };
        let history = History { policy: play.policy, ..History::default() };
        let faults_allowed = usize::from(play.deed.is_some_and(|deed| deed.kind != DeedKind::Hold));
        let seen = Evidence { history, faults_allowed, ..Evidence::default() };
        let stream_ends = AtomicBool::new(false);
        Stage { points, doer, clock: Clock::default(), stream_ends, seen: Mutex::new(seen) }
    }

    /// Plays `play` to its end and asks for what it left behind.
    pub(super) async fn perform(self: Arc<Stage>, play: Play) {
        for (errand, number) in play.opening.into_iter().zip(1..) {
            self.run(DIRECTOR, number, errand).await;
        }
        let stream = self.launch_stream(play.stream);
        let first = self.launch(play.clients, 1);
        if let (Some(doer), false) = (&self.doer, play.beside.is_empty()) {
            doer.reached().await;
            self.join(self.launch(play.beside, 20)).await;
            doer.open();
        }
        self.join(first).await;
        // Relaxed: all tasks of a schedule share one thread, and to look is no step.
        self.stream_ends.store(true, Ordering::Relaxed);
        self.join(stream).await;
        self.close().await;
    }

    /// What was seen.
    pub(super) fn evidence(&self) -> Evidence {
        self.seen.lock().clone()
    }

    /// What was done.
    pub(super) fn traffic(&self) -> Traffic {
        let seen = self.seen.lock();
        let operations = &seen.history.operations;
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
        Traffic {
            schedules: 1,
            operations: operations.len() as u64,
            overlapping: count(&overlaps),
            refused: count(&|operation| matches!(operation.reply, Reply::Refused(_))),
            unknown: count(&|operation| operation.reply == Reply::Unknown),
            reads: count(&|operation| operation.action.is_none()) + seen.looks.len() as u64,
            steps_max: 0,
        }
    }

    fn launch(
        self: &Arc<Stage>,
        clients: Vec<Vec<Errand>>,
        first: u64,
    ) -> Vec<task::JoinHandle<()>> {
        let launched = clients.into_iter().zip(first..).map(|(errands, client)| {
            let stage = Arc::clone(self);
            task::spawn(async move {
                for (errand, number) in errands.into_iter().zip(1..) {
                    stage.run(client, number, errand).await;
                }
            })
        });
        launched.collect()
    }

    /// Clients that do the same again and again. Each has an end of its own, so that a client that
    /// waits for the stream to pause is served in the end, and judged by how long it waited.
    fn launch_stream(self: &Arc<Stage>, stream: Vec<Errand>) -> Vec<task::JoinHandle<()>> {
        let launched = stream.into_iter().zip(STREAM_FIRST..).map(|(errand, client)| {
            let stage = Arc::clone(self);
            task::spawn(async move {
                for number in 1..IDS_A_CLIENT {
                    if stage.stream_ends.load(Ordering::Relaxed) {
                        return;
                    }
                    stage.run(client, number, errand).await;
                }
            })
        });
        launched.collect()
    }

    async fn join(&self, clients: Vec<task::JoinHandle<()>>) {
        for client in clients {
            if let Err(error) = client.await {
                self.failed(format!("a client did not come to its end: {error}"));
            }
        }
    }

    /// Looks at once at what was acknowledged; then waits until all is quiet, asks for one more
    /// command of each user, and for the ledgers twice.
    async fn close(&self) {
        for user in [HOT, OTHER] {
            self.look(user).await;
        }
        all_is_quiet().await;
        for (user, number) in [HOT, OTHER].into_iter().zip(50..) {
            self.run(DIRECTOR, number, charge(user, 1)).await;
        }
        all_is_quiet().await;
        let ledgers = self.ledgers().await;
        task::yield_now().await;
        let again = self.ledgers().await;
        let mut seen = self.seen.lock();
        (seen.history.ledgers, seen.again) = (ledgers, again);
    }

    async fn run(&self, client: u64, number: u64, errand: Errand) {
        let id = OperationId(client * IDS_A_CLIENT + number);
        let Errand { user, ask, patience } = errand;
        match ask {
            Ask::Command(action) => {
                let command = Command { id, user, action };
                let place = self.begin(client, id, user, Some(action));
                let outcome = self.attend(place, self.points.execute(command), patience).await;
                let reply = match outcome {
                    Some(Ok(receipt)) => Reply::Applied(receipt.after),
                    Some(Err(Failure::Rejected(rejection))) => Reply::Refused(rejection.before),
                    Some(Err(Failure::Unknown(_))) | None => Reply::Unknown,
                };
                self.end(place, reply, patience.is_some() && outcome.is_none(), outcome);
            }
            Ask::Balance => {
                let place = self.begin(client, OperationId::UNRECORDED, user, None);
                let account = self.attend(place, self.points.balance(user), patience).await;
                let reply = match account {
                    Some(Ok(account)) => Reply::Read(account),
                    Some(Err(_)) | None => Reply::Unknown,
                };
                self.end(place, reply, account.is_none(), None);
            }
            Ask::History => self.look(user).await,
        }
    }

    async fn look(&self, user: UserId) {
        let called = self.clock.now();
        match self.points.history(user, Page::ALL).await {
            Ok(entries) => {
                let look = Look { user, called, returned: self.clock.now(), entries };
                self.seen.lock().looks.push(look);
            }
            Err(fault) => self.failed(format!("the history of user {user}: {fault}")),
        }
    }

    async fn ledgers(&self) -> Vec<Ledger> {
        let mut ledgers = Vec::new();
        for user in [HOT, OTHER] {
            let account = self.points.balance(user).await;
            let entries = self.points.history(user, Page::ALL).await;
            match (account, entries) {
                (Ok(account), Ok(entries)) => ledgers.push(Ledger { user, account, entries }),
                _ => self
                    .failed(format!("the account of user {user} cannot be read when all is quiet")),
            }
        }
        ledgers
    }

    /// Polls `work` to its end, or as often as its client has patience for. A client that goes away
    /// does so a step after its last poll, so that what comes for it meanwhile comes too late.
    async fn attend<T>(
        &self,
        place: usize,
        mut work: BoxFuture<'_, T>,
        patience: Option<u32>,
    ) -> Option<T> {
        let mut polls = 0;
        poll_fn(|cx| {
            if patience == Some(polls) {
                return Poll::Ready(None);
            }
            if let Poll::Ready(result) = work.as_mut().poll(cx) {
                return Poll::Ready(Some(result));
            }
            polls += 1;
            if polls == 1 {
                self.seen.lock().notes[place].waits_since = Some(self.clock.now());
            }
            if patience.is_some() {
                cx.waker().wake_by_ref();
            }
            Poll::Pending
        })
        .await
    }

    fn begin(&self, client: u64, id: OperationId, user: UserId, action: Option<Action>) -> usize {
        let called = self.clock.now();
        let reply = Reply::Unknown;
        let operation = Operation { client, id, user, action, called, returned: u64::MAX, reply };
        let mut seen = self.seen.lock();
        seen.history.operations.push(operation);
        seen.notes.push(Note::default());
        seen.notes.len() - 1
    }

    fn end(&self, place: usize, reply: Reply, left: bool, outcome: Option<Outcome>) {
        let returned = self.clock.now();
        let mut seen = self.seen.lock();
        let operation = &mut seen.history.operations[place];
        (operation.returned, operation.reply) = (returned, reply);
        let note = &mut seen.notes[place];
        (note.left, note.outcome) = (left, outcome);
        note.faulted = !left && reply == Reply::Unknown;
    }

    fn failed(&self, failure: String) {
        self.seen.lock().failures.push(failure);
    }
}

fn setup(latency: Latency) -> Setup {
    // One row is there from the beginning; whoever else comes has to be given one.
    Setup { dense_users: 1, latency, tick: Tick::default(), ..Setup::default() }
}

/// Waits until no task is left but the one that performs.
async fn all_is_quiet() {
    while 1 < task::unfinished() {
        task::yield_now().await;
    }
}
