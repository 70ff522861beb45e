//! One service, opened, driven and left to be audited.

use std::{
    num::NonZeroU64,
    panic::AssertUnwindSafe,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use tokio::runtime::Runtime;

use super::{
    Clients, Load, Stop, Trial,
    arrival_schedule::ArrivalSchedule,
    client::{Client, Habit, Pace, Report},
    conduct::{Conducted, Conductor},
    course::{Course, Phase},
    crew::{Desk, start_tasks, start_threads},
    prepare,
    watch::Watch,
    windows::Windows,
};
use crate::{
    audit::Log,
    clock::Tick,
    domain::{Account, Command, Failure, Fault, Policy, UserId},
    service::PointService,
    strategy::ConcurrencyStrategy,
    timer::SimulatedClock,
    workload::{Asked, Script},
};

/// How often a run is looked at from outside, to pass on that it is to stop.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Further time, in multiples of the patience, for a simulated run to come to its end.
const SIMULATION_PATIENCE: u32 = 6;

/// Time for the tasks of a strategy to end after the last client has.
const SHUTDOWN: Duration = Duration::from_secs(1);

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
    /// What moves where time is simulated.
    clock: SimulatedClock,
    course: Arc<Course>,
    users: NonZeroU64,
    patience: Duration,
    /// When requests are due, in an open loop.
    schedule: Option<Arc<ArrivalSchedule>>,
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
        let clock = SimulatedClock::default();
        let setup = prepare::setup(trial, outfit, &tick, &clock);
        let clients = prepare::clients(trial);
        let mut run = Run {
            service: Arc::new(PointService::open(&setup, policy.with_work(trial.cell.work))),
            runtime: Arc::new(prepare::runtime(windows, &clock)),
            clock,
            course: Arc::new(Course::new(clients as usize)),
            users,
            patience,
            schedule: prepare::schedule(trial).map(Arc::new),
            scripts: prepare::scripts(trial, users, policy),
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
        let clock = self.clock.clone();
        let threads = matches!(trial.cell.clients, Clients::Threads(_)) && !windows.simulated;
        let prepared = self.clients(trial, outfit, threads);
        let work = {
            let desk = Arc::clone(&desk);
            async move {
                let watch = match windows.simulated {
                    true => {
                        let (start_ns, command) = (clock.now_ns(), windows.command);
                        Watch::Simulated { clock, start_ns, command }
                    }
                    false => Watch::Wall(Instant::now()),
                };
                let clients = prepared.len();
                let prepared =
                    prepared.into_iter().map(|client| Client { watch: watch.clone(), ..client });
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
        self.deal_scripts();
    }

    /// Gives each client of an open loop the script of the requests that it made. Of a client that
    /// was never answered, the last request that it sent is known.
    fn deal_scripts(&mut self) {
        if self.schedule.is_none() {
            return;
        }
        for (client, script) in self.scripts[1..].iter_mut().enumerate() {
            let report = self.reports.iter().find(|report| report.index == client);
            *script = match report {
                Some(report) => script.dealt(&report.dealt),
                None => script.dealt(&[self.course.taken(client)]),
            };
        }
    }

    /// Requests that were due inside the window, if there is a schedule and the window was closed.
    pub(super) fn due_in_window(&self) -> u64 {
        let window = self.course.window();
        let is_known = window.end < u64::MAX;
        self.schedule.as_ref().filter(|_| is_known).map_or(0, |it| it.due_within(window))
    }

    fn clients(&self, trial: &Trial, outfit: &Outfit, threads: bool) -> Vec<Client<T>> {
        let clients = self.scripts[1..].iter().zip(1..);
        let client = |(script, number): (&Script, u32)| Client {
            service: Arc::clone(&self.service),
            course: Arc::clone(&self.course),
            answered: self.course.answered_by(number as usize - 1),
            script: script.clone(),
            index: number as usize - 1,
            gaps: prepare::sampling(trial, number),
            watch: Watch::Wall(Instant::now()),
            gives_way: !threads,
            log: prepare::log(outfit, self.scripts.len() - 1),
            pace: outfit.pace,
            habit: self.habit(trial),
        };
        clients.map(client).collect()
    }

    fn habit(&self, trial: &Trial) -> Habit {
        match (&self.schedule, trial.cell.load) {
            (Some(schedule), _) => Habit::Open(Arc::clone(schedule)),
            (None, Load::Closed { think }) => {
                Habit::Closed { think_ns: u64::try_from(think.as_nanos()).unwrap_or(u64::MAX) }
            }
            (None, Load::Open { .. }) => unreachable!("an open loop has a schedule"),
        }
    }

    /// What every user holds now; the first user whose account could not be read if there is one.
    pub(super) fn accounts(&self) -> Result<Vec<Account>, Unread> {
        let (service, users) = (Arc::clone(&self.service), self.users.get());
        let reading = async move {
            let mut accounts = Vec::new();
            for user in (1..=users).map(prepare::user) {
                match AssertUnwindSafe(service.balance(user)).catch_unwind().await {
                    Ok(Ok(account)) => accounts.push(account),
                    Ok(Err(fault)) => return Err(Unread { user, fault: Some(fault) }),
                    Err(_) => return Err(Unread { user, fault: Some(Fault::Panicked) }),
                }
            }
            Ok(accounts)
        };
        let read = self.attempt(self.patience_for_all(), || (), reading);
        read.unwrap_or(Err(Unread { user: prepare::user(1), fault: None }))
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
