//! One service, opened, driven and left to be audited.

use std::{
    num::NonZeroU64,
    panic::AssertUnwindSafe,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use tokio::runtime::{Builder, Runtime};

use super::{
    Clients, Load, Stop, Trial,
    client::{Client, Habit, Pace, Report},
    conduct::{Conducted, Conductor},
    course::{Course, Phase},
    crew::{Desk, start_tasks, start_threads},
    watch::Watch,
    windows::Windows,
};
use crate::{
    audit::Log,
    clock::Tick,
    domain::{Account, Amount, Command, Failure, Fault, Policy, UserId},
    service::PointService,
    store::Setup,
    strategy::ConcurrencyStrategy,
    workload::{Asked, Gaps, Script, Source},
};

/// How often a run is looked at from outside, to pass on that it is to stop.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Further time, in multiples of the patience, for a simulated run to come to its end.
const SIMULATION_PATIENCE: u32 = 6;

/// Time for the tasks of a strategy to end after the last client has.
const SHUTDOWN: Duration = Duration::from_secs(1);

/// The streams of random numbers that are not those of client 1, 2 and so on.
pub(super) mod streams {
    /// Added to a client's own for the gaps between its timed requests.
    pub(crate) const GAPS: u32 = 1 << 31;
    /// Added to a client's own for the times at which its requests are due.
    pub(crate) const ARRIVALS: u32 = 1 << 29;
    /// What the store's latencies are drawn from.
    pub(crate) const LATENCY: u32 = u32::MAX;
}

/// What a run is made of beside its trial.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outfit {
    pub(super) windows: Windows,
    pub(super) policy: Policy,
    /// Ledger entries whose memory is touched beforehand.
    pub(super) ledger_entries: u64,
    /// What clients keep of what they are told.
    pub(super) keeps: Keeps,
    pub(super) pace: Pace,
    /// How long clients may take to be answered when nobody asks any more.
    pub(super) patience: Duration,
}

/// What clients keep of what they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeps {
    /// Every reply, with memory touched beforehand for so many of all clients together.
    Replies(u64),
    /// How many replies there were of each kind.
    Counts,
}

/// A service whose clients have gone.
pub(super) struct Run<T> {
    pub(super) service: Arc<PointService<T>>,
    runtime: Arc<Runtime>,
    course: Arc<Course>,
    users: NonZeroU64,
    patience: Duration,
    /// The script of the opening, and of each client.
    pub(super) scripts: Vec<Script>,
    /// The log of the opening; none if it was never answered.
    pub(super) opening: Option<Log>,
    /// What clients told, in their order. Those who were never answered are missing.
    pub(super) reports: Vec<Report>,
    pub(super) conducted: Conducted,
}

impl<T: ConcurrencyStrategy> Run<T> {
    /// Opens a service, has each account charged half of what it may hold, and runs clients on it
    /// for the length of the windows.
    pub(super) fn of(trial: &Trial, outfit: &Outfit, stop: &Stop) -> Run<T> {
        let Outfit { windows, policy, patience, .. } = *outfit;
        let users = NonZeroU64::new(trial.cell.users).expect("a cell has at least one user");
        let tick = if windows.simulated { Tick::default() } else { Tick::now() };
        let setup = setup(trial, outfit, &tick);
        let clients = clients(trial);
        let mut run = Run {
            service: Arc::new(PointService::open(&setup, policy.with_work(trial.cell.work))),
            runtime: Arc::new(runtime(windows)),
            course: Arc::new(Course::new(clients as usize)),
            users,
            patience,
            scripts: scripts(trial, users, policy),
            opening: None,
            reports: Vec::new(),
            conducted: Conducted { cut_short: true, ..Conducted::default() },
        };
        run.opening = run.open_accounts();
        if run.opening.is_some() {
            run.drive(trial, outfit, tick, stop);
        }
        run
    }

    fn open_accounts(&self) -> Option<Log> {
        let (service, script, users) =
            (Arc::clone(&self.service), self.scripts[0].clone(), self.users.get());
        let opening = async move {
            let mut log = Log::with_room(users);
            log.stamp(OPENED_NS);
            for number in 0..users {
                let request = script.request(number);
                let id = Asked { client: 0, number }.id();
                let action = request.action.expect("the opening only charges");
                let command = Command { id, user: request.user, action };
                match AssertUnwindSafe(service.execute(command)).catch_unwind().await {
                    Ok(Ok(receipt)) => log.applied(receipt.after),
                    Ok(Err(Failure::Rejected(rejection))) => log.refused(rejection.before),
                    Ok(Err(Failure::Unknown(_))) | Err(_) => log.unknown(),
                }
            }
            log.stamp(OPENED_NS);
            log
        };
        self.attempt(self.patience_for_all(), || (), opening)
    }

    fn drive(&mut self, trial: &Trial, outfit: &Outfit, tick: Tick, stop: &Stop) {
        let windows = outfit.windows;
        let desk = Arc::new(Desk::default());
        let (course, patience) = (Arc::clone(&self.course), self.patience);
        let threads = matches!(trial.cell.clients, Clients::Threads(_)) && !windows.simulated;
        let prepared = self.clients(trial, outfit, threads);
        let work = {
            let desk = Arc::clone(&desk);
            async move {
                let watch = match windows.simulated {
                    true => Watch::Simulated(tokio::time::Instant::now()),
                    false => Watch::Wall(Instant::now()),
                };
                let clients = prepared.len();
                let prepared = prepared.into_iter().map(|client| Client { watch, ..client });
                match threads {
                    true => start_threads(prepared.collect(), &desk),
                    false => start_tasks(prepared.collect(), &desk),
                }
                let (course, desk) = (&*course, &*desk);
                Conductor { course, desk, clients, windows, watch, tick, patience }.conduct().await
            }
        };
        let bound = match windows.simulated {
            true => SIMULATION_PATIENCE * patience,
            false => windows.total() + 3 * patience,
        };
        let course = Arc::clone(&self.course);
        let pass_on_stop = || {
            if stop.load(std::sync::atomic::Ordering::Relaxed) {
                course.stop();
            }
        };
        // The coordinator blocks its thread or drives the simulation, so it is no task.
        if let Some(conducted) = self.attempt_on_thread(bound, pass_on_stop, work) {
            self.conducted = conducted;
        }
        self.course.enter(Phase::Over);
        self.reports = desk.take();
    }

    fn clients(&self, trial: &Trial, outfit: &Outfit, threads: bool) -> Vec<Client<T>> {
        let clients = self.scripts[1..].iter().zip(1..);
        let client = |(script, number): (&Script, u32)| Client {
            service: Arc::clone(&self.service),
            course: Arc::clone(&self.course),
            answered: self.course.answered_by(number as usize - 1),
            script: script.clone(),
            index: number as usize - 1,
            gaps: source(trial, number | streams::GAPS).rng(),
            watch: Watch::Wall(Instant::now()),
            gives_way: !threads,
            log: log(outfit, self.scripts.len() - 1),
            pace: outfit.pace,
            habit: habit(trial, number),
        };
        clients.map(client).collect()
    }

    /// What every user holds now; the first user whose account could not be read if there is one.
    pub(super) fn accounts(&self) -> Result<Vec<Account>, Unread> {
        let (service, users) = (Arc::clone(&self.service), self.users.get());
        let reading = async move {
            let mut accounts = Vec::new();
            for user in (1..=users).map(user) {
                match AssertUnwindSafe(service.balance(user)).catch_unwind().await {
                    Ok(Ok(account)) => accounts.push(account),
                    Ok(Err(fault)) => return Err(Unread { user, fault: Some(fault) }),
                    Err(_) => return Err(Unread { user, fault: Some(Fault::Panicked) }),
                }
            }
            Ok(accounts)
        };
        let read = self.attempt(self.patience_for_all(), || (), reading);
        read.unwrap_or(Err(Unread { user: user(1), fault: None }))
    }

    /// Runs `work` where it may block, for whoever needs it now.
    pub(super) fn block_on<F: Future>(&self, work: F) -> F::Output {
        self.runtime.block_on(work)
    }

    /// The first client that was not answered, and how many requests it was answered before.
    pub(super) fn first_unanswered(&self) -> Option<(usize, u64)> {
        let told = |index| self.reports.iter().any(|report| report.index == index);
        let index = (0..self.scripts.len() - 1).find(|&index| !told(index))?;
        Some((index, self.course.answered(index)))
    }

    /// Opening or reading all accounts may take as much longer as there are more of them.
    fn patience_for_all(&self) -> Duration {
        self.patience + Duration::from_micros(20).mul_f64(self.users.get() as f64)
    }

    /// Runs `work` as a task and waits for it; nothing if it takes longer than `patience`, and
    /// then a thread and the runtime stay behind with it.
    fn attempt<R: Send + 'static>(
        &self,
        patience: Duration,
        meanwhile: impl Fn(),
        work: impl Future<Output = R> + Send + 'static,
    ) -> Option<R> {
        // A task, since polling from the root of a runtime costs a wake-up of the thread each time.
        let task = async move { tokio::spawn(work).await.ok() };
        self.attempt_on_thread(patience, meanwhile, task)?
    }

    fn attempt_on_thread<R: Send + 'static>(
        &self,
        patience: Duration,
        meanwhile: impl Fn(),
        work: impl Future<Output = R> + Send + 'static,
    ) -> Option<R> {
        let (sender, receiver) = mpsc::channel();
        let runtime = Arc::clone(&self.runtime);
        thread::spawn(move || {
            let done = runtime.block_on(work);
            drop(runtime);
            // Nobody receives it if it came too late.
            let _ = sender.send(done);
        });
        let deadline = Instant::now() + patience;
        loop {
            meanwhile();
            match receiver.recv_timeout(LOOK_EVERY) {
                Ok(done) => return Some(done),
                Err(mpsc::RecvTimeoutError::Disconnected) => return None,
                Err(mpsc::RecvTimeoutError::Timeout) if deadline < Instant::now() => return None,
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Ends the runtime, unless somebody who was never answered still holds on to it.
    pub(super) fn close(self) {
        match Arc::try_unwrap(self.runtime) {
            Ok(runtime) if self.reports.len() + 1 == self.scripts.len() => {
                runtime.shutdown_timeout(SHUTDOWN);
            }
            Ok(runtime) => runtime.shutdown_background(),
            Err(held) => drop(held),
        }
    }
}

/// A user whose account could not be read after everybody was done.
pub(super) struct Unread {
    pub(super) user: UserId,
    /// Why; nobody answered if there is none.
    pub(super) fault: Option<Fault>,
}

/// When the accounts were open, on the clock of the logs: before clients begin.
const OPENED_NS: u64 = 0;

/// When a client asks, by its number from 1.
fn habit(trial: &Trial, number: u32) -> Habit {
    match trial.cell.load {
        Load::Closed { think } => {
            Habit::Closed { think_ns: u64::try_from(think.as_nanos()).unwrap_or(u64::MAX) }
        }
        Load::Open { arrivals, per_second } => {
            let source = source(trial, number | streams::ARRIVALS);
            Habit::Open(Gaps::draw(source, arrivals, per_second / f64::from(clients(trial))))
        }
    }
}

/// An empty log for one of so many clients, who will be asked about equally often.
fn log(outfit: &Outfit, clients: usize) -> Log {
    match outfit.keeps {
        Keeps::Replies(requests) => Log::with_room(requests / clients as u64),
        Keeps::Counts => Log::of_counts(),
    }
}

fn user(id: u64) -> UserId {
    UserId::new(id).expect("users of a cell are numbered from 1 and fewer than 2^63")
}

fn clients(trial: &Trial) -> u32 {
    match trial.cell.clients {
        Clients::Threads(clients) | Clients::Tasks(clients) => clients,
    }
}

fn source(trial: &Trial, client: u32) -> Source {
    Source { seed: trial.schedule.seed, block: trial.block, client }
}

fn setup(trial: &Trial, outfit: &Outfit, tick: &Tick) -> Setup {
    Setup {
        dense_users: trial.cell.users,
        ledger_entries: outfit.ledger_entries,
        history: trial.cell.history,
        latency: trial.cell.latency,
        seed: source(trial, streams::LATENCY).rng().u64(..),
        tick: tick.clone(),
    }
}

fn scripts(trial: &Trial, users: NonZeroU64, policy: Policy) -> Vec<Script> {
    let half = policy.bounds().balance_max / 2;
    let half = Amount::new(half.max(1)).expect("half of a balance is an amount");
    let drawn = (1..=clients(trial))
        .map(|client| Script::draw(source(trial, client), users, trial.cell.keys, trial.cell.mix));
    [Script::opening(users, half)].into_iter().chain(drawn).collect()
}

fn runtime(windows: Windows) -> Runtime {
    let runtime = match windows.simulated {
        true => Builder::new_current_thread().enable_time().start_paused(true).build(),
        false => {
            let cores = crate::machine::cores().usable;
            Builder::new_multi_thread().worker_threads(cores).enable_time().build()
        }
    };
    runtime.expect("the system has threads for a runtime")
}
