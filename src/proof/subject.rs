//! A service that a property is held against, and what a property can ask of it.

use std::{
    any::Any,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    task::Poll,
    thread,
    time::Duration,
};

use futures_util::future::{BoxFuture, join_all, poll_fn};
use tokio::{runtime::Handle, task::JoinHandle};

use crate::{
    domain::{Account, Action, Amount, Command, LedgerEntry, Outcome, Policy, UserId},
    proof::{
        effort::Effort,
        found::{Found, accepted, read},
        plan::Plan,
        properties::Property,
        stage::Stage,
        wander::Wander,
    },
    registry::Entry,
    service::Points,
    store::{Page, Script, Setup},
};

/// Longest that one trial may take. The longest takes a second or two on a machine that is not busy.
const TRIAL_MAX: Duration = Duration::from_secs(90);

/// Looks at what moves on one thread, before it must have come to its end. The longest honest wait
/// takes some ten thousand.
const LOOKS_MAX: usize = 200_000;

/// Commands, reads and looks at histories that have been asked of any service here.
static OPERATIONS: AtomicU64 = AtomicU64::new(0);

/// How many commands, reads and looks at histories trials have asked for since the program began.
pub fn operations_asked() -> u64 {
    OPERATIONS.load(Ordering::Relaxed)
}

fn count() {
    OPERATIONS.fetch_add(1, Ordering::Relaxed);
}

/// One strategy on one store, on one stage.
#[derive(Clone, Copy)]
pub struct Case {
    /// The strategy and the store.
    pub entry: Entry,
    /// The stage.
    pub stage: Stage,
    /// How hard to look.
    pub effort: Effort,
}

/// A service over an empty store.
#[derive(Clone)]
pub(crate) struct Subject {
    points: Arc<dyn Points>,
    stage: Stage,
    /// Whether each caller has a thread of its own, because it may be blocked.
    callers_are_threads: bool,
    /// Commands that have been polled for the first time.
    asked: Arc<AtomicUsize>,
}

impl Case {
    /// Holds `property` against this case, for a minute and a half at most.
    ///
    /// # Errors
    /// What was found to be wrong. Where nothing moves any more, that is found at once if time is
    /// paused, and otherwise when the time is over; the threads that wait for ever are left behind.
    pub fn hold_against(self, property: &Property) -> Found {
        let check = property.check;
        let (tell, told) = mpsc::channel();
        let trial = thread::spawn(move || {
            let found = self.stage.run(check(self));
            // Nobody listens any more if it took too long.
            let _ = tell.send(());
            found
        });
        match told.recv_timeout(TRIAL_MAX) {
            Err(RecvTimeoutError::Timeout) => {
                Err(format!("no end in {TRIAL_MAX:?}: somebody waits or goes round for ever"))
            }
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                trial.join().unwrap_or_else(|panic| Err(format!("a panic: {}", message(&*panic))))
            }
        }
    }

    /// A service under the policy that the assignment suggests.
    pub(crate) fn open(self) -> Subject {
        self.open_with(Policy::default())
    }

    /// A service under a chosen policy.
    pub(crate) fn open_with(self, policy: Policy) -> Subject {
        let setup = self.stage.setup();
        let points = match self.stage {
            Stage::Adversary => (self.entry.open_behind_adversary)(&setup, policy),
            Stage::Delays | Stage::Threads | Stage::Blockade => (self.entry.open)(&setup, policy),
        };
        Subject::new(points, self.stage, false)
    }

    /// A service whose steps can be interfered with.
    pub(crate) async fn open_planned(self) -> Found<(Subject, Arc<Plan>)> {
        let plan = Arc::new(Plan::default());
        let (setup, policy) = (self.stage.setup(), Policy::default());
        let script: Arc<dyn Script> = Arc::clone(&plan) as _;
        let points = match self.stage {
            Stage::Adversary | Stage::Delays => {
                (self.entry.open_suspending)(&setup, policy, script)
            }
            Stage::Threads | Stage::Blockade => (self.entry.open_blocking)(&setup, policy, script),
        };
        let blocks = self.blocks_threads().await?;
        Ok((Subject::new(points, self.stage, blocks), plan))
    }

    /// A service on which `seed` decides who goes on, as far as anybody can on this stage.
    pub(crate) fn open_wandering(self, seed: u64, policy: Policy) -> Subject {
        let setup = Setup { seed, ..self.stage.setup() };
        let points = match self.stage {
            Stage::Adversary => {
                (self.entry.open_suspending)(&setup, policy, Arc::new(Wander::with_seed(seed)))
            }
            Stage::Delays | Stage::Threads | Stage::Blockade => (self.entry.open)(&setup, policy),
        };
        Subject::new(points, self.stage, false)
    }

    /// Whether a command of this strategy blocks its thread even where the store suspends.
    pub(crate) async fn blocks_threads(self) -> Found<bool> {
        let plan = Arc::new(Plan::default());
        let script: Arc<dyn Script> = Arc::clone(&plan) as _;
        let setup = self.stage.setup();
        let points = (self.entry.open_suspending)(&setup, Policy::default(), script);
        accepted(points.charge(user(1), amount(1)).await)?;
        Ok(plan.met_a_thread())
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}::{}", self.stage, self.entry.store, self.entry.strategy)
    }
}

impl Subject {
    fn new(points: Arc<dyn Points>, stage: Stage, callers_are_threads: bool) -> Subject {
        Subject { points, stage, callers_are_threads, asked: Arc::default() }
    }

    /// The service itself.
    pub(crate) fn points(&self) -> &dyn Points {
        &*self.points
    }

    /// A command that has an id already, and runs only while it is polled.
    pub(crate) fn execute(&self, command: Command) -> BoxFuture<'static, Outcome> {
        count();
        let points = Arc::clone(&self.points);
        Box::pin(async move { points.execute(command).await })
    }

    pub(crate) async fn charge(&self, user: UserId, points: u64) -> Outcome {
        count();
        self.points.charge(user, amount(points)).await
    }

    pub(crate) async fn use_points(&self, user: UserId, points: u64) -> Outcome {
        count();
        self.points.use_points(user, amount(points)).await
    }

    pub(crate) async fn balance(&self, user: UserId) -> Found<Account> {
        count();
        read(self.points.balance(user).await)
    }

    pub(crate) async fn history(&self, user: UserId) -> Found<Vec<LedgerEntry>> {
        self.page(user, Page::ALL).await
    }

    pub(crate) async fn page(&self, user: UserId, page: Page) -> Found<Vec<LedgerEntry>> {
        count();
        read(self.points.history(user, page).await)
    }

    /// A command that runs only while it is polled.
    pub(crate) fn ask(&self, user: UserId, action: Action) -> BoxFuture<'static, Outcome> {
        let (points, asked) = (Arc::clone(&self.points), Arc::clone(&self.asked));
        Box::pin(async move {
            count();
            asked.fetch_add(1, Ordering::Relaxed);
            match action {
                Action::Charge(amount) => points.charge(user, amount).await,
                Action::Use(amount) => points.use_points(user, amount).await,
            }
        })
    }

    /// A read that runs only while it is polled.
    pub(crate) fn ask_balance(&self, user: UserId) -> BoxFuture<'static, Found> {
        let subject = self.clone();
        Box::pin(async move {
            subject.asked.fetch_add(1, Ordering::Relaxed);
            subject.balance(user).await.map(drop)
        })
    }

    /// A command that runs by itself, on a thread of its own where it may be blocked.
    pub(crate) fn launch(&self, user: UserId, action: Action) -> JoinHandle<Outcome> {
        match self.callers_are_threads {
            true => on_a_thread(self.ask(user, action)),
            false => tokio::spawn(self.ask(user, action)),
        }
    }

    /// A command that is going to be held, on a thread of its own where that blocks it.
    pub(crate) fn launch_held(&self, user: UserId, action: Action) -> JoinHandle<Outcome> {
        self.launch_apart(self.ask(user, action))
    }

    /// Work that may be held, on a thread of its own where that blocks it.
    pub(crate) fn launch_apart<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        match self.is_held_by_threads() {
            true => on_a_thread(work),
            false => tokio::spawn(work),
        }
    }

    /// Whether a step that is held keeps a thread from everything else.
    fn is_held_by_threads(&self) -> bool {
        self.callers_are_threads || matches!(self.stage, Stage::Threads | Stage::Blockade)
    }

    /// So many callers that no line holds them all. Where each is a thread the only line is the
    /// system's, and fewer will do.
    pub(crate) fn crowd(&self) -> usize {
        if self.callers_are_threads { 300 } else { 1_500 }
    }

    /// As [`crowd`](Subject::crowd), of callers that may all be held: threads are fewer.
    pub(crate) fn crowd_apart(&self) -> usize {
        if self.is_held_by_threads() { 20 } else { self.crowd() }
    }

    /// Looks again and again while commands run, and once more when they are done.
    pub(crate) async fn watch(
        &self,
        launched: &[JoinHandle<Outcome>],
        mut look: impl AsyncFnMut() -> Found,
    ) -> Found {
        let mut looks = 0;
        loop {
            let over = launched.iter().all(JoinHandle::is_finished);
            look().await?;
            if over {
                return Ok(());
            }
            self.wait_a_moment(&mut looks).await?;
        }
    }

    /// Waits until this many commands have been asked in all.
    pub(crate) async fn until_asked(&self, commands: usize) -> Found {
        let mut looks = 0;
        while self.asked.load(Ordering::Relaxed) < commands {
            // A thread asks as soon as the system runs it.
            match self.is_held_by_threads() {
                true => self.step_aside().await,
                false => self.wait_a_moment(&mut looks).await?,
            }
        }
        Ok(())
    }

    /// Steps aside for somebody who may never come: paused time does not jump to its end while anybody
    /// looks again and again.
    async fn wait_a_moment(&self, looks: &mut usize) -> Found {
        *looks += 1;
        ensure!(
            self.stage == Stage::Threads || self.callers_are_threads || *looks < LOOKS_MAX,
            "nothing moves any more, and it is not over"
        );
        self.step_aside().await;
        Ok(())
    }

    /// Lets everybody else go on, and time pass where it is what they wait for.
    pub(crate) async fn step_aside(&self) {
        match self.stage {
            Stage::Delays => tokio::time::sleep(Duration::from_millis(20)).await,
            Stage::Adversary | Stage::Threads | Stage::Blockade => tokio::task::yield_now().await,
        }
    }
}

/// What a panic says of itself.
fn message(panic: &(dyn Any + Send)) -> &str {
    let plain = panic.downcast_ref::<&str>().copied();
    plain.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

fn on_a_thread<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(work))
}

/// What became of commands that were launched, in the order of the launch.
pub(crate) async fn outcomes(launched: Vec<JoinHandle<Outcome>>) -> Found<Vec<Outcome>> {
    let ended = join_all(launched).await;
    ended.into_iter().map(|end| end.map_err(|error| format!("a caller died: {error}"))).collect()
}

/// Polls `command` once.
pub(crate) async fn poll_once(command: &mut BoxFuture<'static, Outcome>) -> Poll<Outcome> {
    poll_fn(|cx| Poll::Ready(command.as_mut().poll(cx))).await
}

/// The user with this number, which is known to be one.
pub(crate) fn user(id: u64) -> UserId {
    UserId::new(id).expect("properties ask only for users that there can be")
}

/// This many points, which are known to be an amount.
pub(crate) fn amount(points: u64) -> Amount {
    Amount::new(points).expect("properties ask only for amounts that there can be")
}

/// Charges this many points.
pub(crate) fn charge(points: u64) -> Action {
    Action::Charge(amount(points))
}

/// Uses this many points.
pub(crate) fn spend(points: u64) -> Action {
    Action::Use(amount(points))
}
