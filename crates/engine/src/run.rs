//! A run: a service is opened, driven by clients, and left for the audit.

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
    Iteration, Stop,
    arrival_schedule::ArrivalSchedule,
    client::{Client, LoadModel, Report, TimestampMode},
    client_threads::{ReportCollector, start_tasks, start_threads},
    coordinate::{Coordinator, RunTimes},
    phases::Phases,
    prepare,
    run_clock::RunClock,
    run_state::{Phase, RunState},
};
use hotrow::scenario::{Clients, Load};
use hotrow::{
    clock::CoarseClock,
    domain::{Account, Command, Fault, Policy, StoreError, UserId},
    service::PointService,
    store::Store,
    strategy::ConcurrencyStrategy,
    timer::SimulatedClock,
    workload::{OperationKey, RequestSequence},
};
use hotrow_verify::audit::Log;

/// How often the supervising thread checks whether the run must stop.
const STOP_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The timeout of a simulated run, in multiples of the drain timeout.
const SIMULATED_DRAIN_TIMEOUT: u32 = 6;

/// The time for a strategy's tasks to end after the last client.
const SHUTDOWN: Duration = Duration::from_secs(1);

/// The parameters of a run beside its iteration.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunConfig {
    pub(super) windows: Phases,
    pub(super) policy: Policy,
    /// Ledger entries whose memory is touched in advance.
    pub(super) ledger_entries: u64,
    /// What clients log.
    pub(super) log_mode: LogMode,
    pub(super) timestamps: TimestampMode,
    /// How long clients may wait for their last answers after the windows.
    pub(super) drain_timeout: Duration,
}

/// What clients log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogMode {
    /// Every reply, with memory touched in advance for this number of replies of all clients
    /// together.
    Replies(u64),
    /// Only the number of replies of each kind.
    Counts,
}

/// A finished run: its service, and the reports of its clients.
pub(super) struct Run<T> {
    pub(super) service: Arc<PointService<T>>,
    runtime: Arc<Runtime>,
    /// The clock of a simulated run.
    clock: SimulatedClock,
    run_state: Arc<RunState>,
    users: NonZeroU64,
    drain_timeout: Duration,
    /// The due times of an open loop.
    schedule: Option<Arc<ArrivalSchedule>>,
    /// The sequence that opens the accounts, and that of each client.
    pub(super) sequences: Vec<RequestSequence>,
    /// The log of the opening; `None` if it was never answered.
    pub(super) opening: Option<Log>,
    /// The reports of clients, in their order. Clients that were never answered are missing.
    pub(super) reports: Vec<Report>,
    pub(super) times: RunTimes,
}

impl<T: ConcurrencyStrategy> Run<T> {
    /// Opens a service, charges each account half of the maximum balance, and runs clients on it
    /// for the length of the windows.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be opened.
    pub(super) fn execute(
        iteration: &Iteration,
        config: &RunConfig,
        stop: &Stop,
    ) -> Result<Run<T>, StoreError> {
        let RunConfig { windows, policy, drain_timeout, .. } = *config;
        let users =
            NonZeroU64::new(iteration.scenario.users).expect("a scenario has at least one user");
        let coarse_clock =
            if windows.simulated { CoarseClock::default() } else { CoarseClock::now() };
        let clock = SimulatedClock::default();
        let store_config = prepare::store_config(iteration, config, &coarse_clock, &clock);
        let clients = prepare::clients(iteration);
        let runtime = prepare::runtime(windows, &clock, T::Store::PERFORMS_IO);
        let policy = policy.with_work(iteration.scenario.work);
        let service = runtime.block_on(PointService::open(&store_config, policy))?;
        let mut run = Run {
            service: Arc::new(service),
            runtime: Arc::new(runtime),
            clock,
            run_state: Arc::new(RunState::new(clients as usize)),
            users,
            drain_timeout,
            schedule: prepare::schedule(iteration).map(Arc::new),
            sequences: prepare::sequences(iteration, users, policy),
            opening: None,
            reports: Vec::new(),
            times: RunTimes { truncated: true, ..RunTimes::default() },
        };
        run.opening = run.open_accounts();
        if run.opening.is_some() {
            run.drive(iteration, config, coarse_clock, stop);
        }
        Ok(run)
    }

    fn open_accounts(&self) -> Option<Log> {
        let (service, sequence, users) =
            (Arc::clone(&self.service), self.sequences[0].clone(), self.users.get());
        let opening = async move {
            let mut log = Log::with_room(users);
            log.stamp(OPENED_NS);
            for number in 0..users {
                let request = sequence.request(number);
                let id = OperationKey { client: 0, number }.id();
                let action = request.action.expect("the opening sequence only charges");
                let command = Command { id, user: request.user, action };
                match AssertUnwindSafe(service.execute(command)).catch_unwind().await {
                    Ok(outcome) => log.record(&outcome),
                    Err(_) => log.indeterminate(),
                }
            }
            log.stamp(OPENED_NS);
            log
        };
        self.run_with_timeout(self.drain_timeout_for_all_users(), || (), opening)
    }

    fn drive(
        &mut self,
        iteration: &Iteration,
        config: &RunConfig,
        coarse_clock: CoarseClock,
        stop: &Stop,
    ) {
        let windows = config.windows;
        let collector = Arc::new(ReportCollector::default());
        let (run_state, drain_timeout) = (Arc::clone(&self.run_state), self.drain_timeout);
        let clock = self.clock.clone();
        let threads =
            matches!(iteration.scenario.clients, Clients::Threads(_)) && !windows.simulated;
        let prepared = self.clients(iteration, config, threads);
        let future = {
            let collector = Arc::clone(&collector);
            async move {
                let run_clock = match windows.simulated {
                    true => {
                        let (start_ns, command) = (clock.now_ns(), windows.command);
                        RunClock::Simulated { clock, start_ns, command }
                    }
                    false => RunClock::Wall(Instant::now()),
                };
                let clients = prepared.len();
                let prepared = prepared
                    .into_iter()
                    .map(|client| Client { run_clock: run_clock.clone(), ..client });
                match threads {
                    true => start_threads(prepared.collect(), &collector),
                    false => start_tasks(prepared.collect(), &collector),
                }
                let (run_state, collector) = (&*run_state, &*collector);
                Coordinator {
                    run_state,
                    collector,
                    clients,
                    windows,
                    run_clock,
                    coarse_clock,
                    drain_timeout,
                }
                .coordinate()
                .await
            }
        };
        let timeout = match windows.simulated {
            true => SIMULATED_DRAIN_TIMEOUT * drain_timeout,
            false => windows.total() + 3 * drain_timeout,
        };
        let run_state = Arc::clone(&self.run_state);
        let pass_on_stop = || {
            if stop.load(std::sync::atomic::Ordering::Relaxed) {
                run_state.stop();
            }
        };
        // The coordinator blocks its thread or drives the simulation, so it is not a task.
        if let Some(times) = self.run_on_thread(timeout, pass_on_stop, future) {
            self.times = times;
        }
        self.run_state.enter(Phase::Over);
        self.reports = collector.take();
        self.assign_sequences();
    }

    /// Replaces the shared sequence of an open loop with the requests that each client sent. For a
    /// client that was never answered, only its last request is known.
    fn assign_sequences(&mut self) {
        if self.schedule.is_none() {
            return;
        }
        for (client, sequence) in self.sequences[1..].iter_mut().enumerate() {
            let report = self.reports.iter().find(|report| report.index == client);
            *sequence = match report {
                Some(report) => sequence.select(&report.request_numbers),
                None => sequence.select(&[self.run_state.taken(client)]),
            };
        }
    }

    /// Returns the number of requests that were due inside the window; 0 without a schedule or a
    /// closed window.
    pub(super) fn due_in_window(&self) -> u64 {
        let window = self.run_state.window();
        let is_closed = window.end < u64::MAX;
        self.schedule.as_ref().filter(|_| is_closed).map_or(0, |it| it.due_within(window))
    }

    fn clients(&self, iteration: &Iteration, config: &RunConfig, threads: bool) -> Vec<Client<T>> {
        let clients = self.sequences[1..].iter().zip(1..);
        let client = |(sequence, number): (&RequestSequence, u32)| Client {
            service: Arc::clone(&self.service),
            run_state: Arc::clone(&self.run_state),
            progress: self.run_state.progress_of(number as usize - 1),
            sequence: sequence.clone(),
            index: number as usize - 1,
            gaps: prepare::sampling(iteration, number),
            run_clock: RunClock::Wall(Instant::now()),
            yields: !threads,
            log: prepare::log(config, self.sequences.len() - 1),
            timestamps: config.timestamps,
            load_model: self.load_model(iteration),
        };
        clients.map(client).collect()
    }

    fn load_model(&self, iteration: &Iteration) -> LoadModel {
        match (&self.schedule, iteration.scenario.load) {
            (Some(schedule), _) => LoadModel::Open(Arc::clone(schedule)),
            (None, Load::Closed { think }) => {
                LoadModel::Closed { think_ns: u64::try_from(think.as_nanos()).unwrap_or(u64::MAX) }
            }
            (None, Load::Open { .. }) => unreachable!("an open loop has a schedule"),
        }
    }

    /// Reads all accounts. Returns the first user whose account could not be read, if there is one.
    pub(super) fn accounts(&self) -> Result<Vec<Account>, UnreadableAccount> {
        let (service, users) = (Arc::clone(&self.service), self.users.get());
        let reading = async move {
            let mut accounts = Vec::new();
            for user in (1..=users).map(prepare::user) {
                match AssertUnwindSafe(service.balance(user)).catch_unwind().await {
                    Ok(Ok(account)) => accounts.push(account),
                    Ok(Err(fault)) => return Err(UnreadableAccount { user, fault: Some(fault) }),
                    Err(_) => return Err(UnreadableAccount { user, fault: Some(Fault::Panicked) }),
                }
            }
            Ok(accounts)
        };
        let read = self.run_with_timeout(self.drain_timeout_for_all_users(), || (), reading);
        read.unwrap_or(Err(UnreadableAccount { user: prepare::user(1), fault: None }))
    }

    /// Runs a future to its end on this thread.
    pub(super) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Returns the first client without a report, and the number of requests that it had answers
    /// to.
    pub(super) fn first_unanswered(&self) -> Option<(usize, u64)> {
        let reported = |index| self.reports.iter().any(|report| report.index == index);
        let index = (0..self.sequences.len() - 1).find(|&index| !reported(index))?;
        Some((index, self.run_state.answered(index)))
    }

    /// Returns a timeout for opening or reading all accounts, which grows with their number.
    fn drain_timeout_for_all_users(&self) -> Duration {
        self.drain_timeout + Duration::from_micros(20).mul_f64(self.users.get() as f64)
    }

    /// Runs `future` as a task and waits for its result. Returns `None` after `drain_timeout`; a
    /// thread and the runtime then stay behind with it.
    fn run_with_timeout<R: Send + 'static>(
        &self,
        drain_timeout: Duration,
        on_poll: impl Fn(),
        future: impl Future<Output = R> + Send + 'static,
    ) -> Option<R> {
        // It runs as a task: a future that the root of a runtime polls costs a wake-up of the
        // thread per poll.
        let task = async move { tokio::spawn(future).await.ok() };
        self.run_on_thread(drain_timeout, on_poll, task)?
    }

    fn run_on_thread<R: Send + 'static>(
        &self,
        drain_timeout: Duration,
        on_poll: impl Fn(),
        future: impl Future<Output = R> + Send + 'static,
    ) -> Option<R> {
        let (sender, receiver) = mpsc::channel();
        let runtime = Arc::clone(&self.runtime);
        thread::spawn(move || {
            let done = runtime.block_on(future);
            drop(runtime);
            // After a timeout there is no receiver.
            let _ = sender.send(done);
        });
        let deadline = Instant::now() + drain_timeout;
        loop {
            on_poll();
            match receiver.recv_timeout(STOP_POLL_INTERVAL) {
                Ok(done) => return Some(done),
                Err(mpsc::RecvTimeoutError::Disconnected) => return None,
                Err(mpsc::RecvTimeoutError::Timeout) if deadline < Instant::now() => return None,
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Shuts the runtime down, unless a client that was never answered still holds it.
    pub(super) fn close(self) {
        match Arc::try_unwrap(self.runtime) {
            Ok(runtime) if self.reports.len() + 1 == self.sequences.len() => {
                runtime.shutdown_timeout(SHUTDOWN);
            }
            Ok(runtime) => runtime.shutdown_background(),
            Err(shared) => drop(shared),
        }
    }
}

/// A user whose account could not be read after the run.
pub(super) struct UnreadableAccount {
    pub(super) user: UserId,
    /// The fault; `None` for a timeout.
    pub(super) fault: Option<Fault>,
}

/// The time of the opening in the logs: before clients begin.
const OPENED_NS: u64 = 0;
