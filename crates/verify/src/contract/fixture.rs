//! One strategy on one store in one execution mode, and how a property opens services of it.

use std::{
    any::Any,
    fmt,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use tokio::runtime::Handle;

use crate::{
    contract::Candidate,
    contract::{
        check_result::{CheckResult, accepted},
        execution_mode::ExecutionMode,
        fail_points::FailPoints,
        properties::Property,
        random_yield::RandomYield,
        search_budget::SearchBudget,
        service::{Service, amount, user},
    },
};
use hotrow::{
    domain::Policy,
    service::DynPointService,
    store::{FaultScript, StoreConfig},
};

/// Longest time of one trial. The slowest takes one or two seconds on a machine that is not busy.
const TRIAL_MAX: Duration = Duration::from_secs(90);

/// One strategy on one store, in one execution mode.
#[derive(Clone, Copy)]
pub struct TestCase {
    /// The strategy and the store.
    pub candidate: Candidate,
    /// The execution mode.
    pub mode: ExecutionMode,
    /// The random schedules to run.
    pub budget: SearchBudget,
}

impl TestCase {
    /// Checks `property` against this case, for at most 90 seconds.
    ///
    /// # Errors
    /// A description of the violation. A deadlock is detected at once if time is paused, otherwise
    /// after 90 seconds. Threads that wait for ever are left behind.
    pub fn run_property(self, property: &Property) -> CheckResult {
        let check = property.check;
        let (done_sender, done) = mpsc::channel();
        let trial = thread::spawn(move || {
            let result = self.mode.run(check(self));
            // There is no receiver after a timeout.
            let _ = done_sender.send(());
            result
        });
        match done.recv_timeout(TRIAL_MAX) {
            Err(RecvTimeoutError::Timeout) => Err(format!(
                "the trial did not end in {TRIAL_MAX:?}: a command waits or retries for ever"
            )),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => trial.join().unwrap_or_else(|panic| {
                Err(format!("the trial panicked: {}", panic_message(&*panic)))
            }),
        }
    }

    /// Opens a service with the policy that the assignment suggests.
    pub(crate) fn open(self) -> Service {
        self.open_with(Policy::default())
    }

    /// Opens a service with `policy`.
    pub(crate) fn open_with(self, policy: Policy) -> Service {
        let config = self.mode.store_config();
        let points = match self.mode {
            ExecutionMode::FaultInjecting => {
                (self.candidate.with_faults().yielding)(&config, policy)
            }
            ExecutionMode::Delays | ExecutionMode::Threads | ExecutionMode::Blockade => {
                self.candidate.open_sync(&config, policy)
            }
            ExecutionMode::Wire => self.open_database(&config, policy),
        };
        Service::new(points, self.mode, false)
    }

    /// Opens a service with fail points in its store.
    pub(crate) async fn open_with_fail_points(self) -> CheckResult<(Service, Arc<FailPoints>)> {
        let fail_points = Arc::new(FailPoints::default());
        let (config, policy) = (self.mode.store_config(), Policy::default());
        let script: Arc<dyn FaultScript> = Arc::clone(&fail_points) as _;
        let points = match self.mode {
            ExecutionMode::FaultInjecting | ExecutionMode::Delays => {
                (self.candidate.with_faults().suspending)(&config, policy, script)
            }
            ExecutionMode::Threads | ExecutionMode::Blockade | ExecutionMode::Wire => {
                (self.candidate.with_faults().blocking)(&config, policy, script)
            }
        };
        let blocks = self.blocks_threads().await?;
        Ok((Service::new(points, self.mode, blocks), fail_points))
    }

    /// Opens a service in which `seed` decides the schedule, as far as the execution mode allows.
    pub(crate) fn open_with_seed(self, seed: u64, policy: Policy) -> Service {
        let config = StoreConfig { seed, ..self.mode.store_config() };
        let points = match self.mode {
            ExecutionMode::FaultInjecting => (self.candidate.with_faults().suspending)(
                &config,
                policy,
                Arc::new(RandomYield::with_seed(seed)),
            ),
            ExecutionMode::Delays | ExecutionMode::Threads | ExecutionMode::Blockade => {
                self.candidate.open_sync(&config, policy)
            }
            ExecutionMode::Wire => self.open_database(&config, policy),
        };
        Service::new(points, self.mode, false)
    }

    /// Opens a service over a database, on a worker of the runtime of its connections.
    fn open_database(self, config: &StoreConfig, policy: Policy) -> Arc<dyn DynPointService> {
        let opening = (self.candidate.open)(config, policy);
        let opened = tokio::task::block_in_place(|| Handle::current().block_on(opening));
        opened.unwrap_or_else(|error| panic!("the store cannot be opened: {error}"))
    }

    /// Whether a command of this strategy blocks its thread although the store can suspend it.
    pub(crate) async fn blocks_threads(self) -> CheckResult<bool> {
        if self.candidate.performs_io {
            return Ok(false);
        }
        let fail_points = Arc::new(FailPoints::default());
        let script: Arc<dyn FaultScript> = Arc::clone(&fail_points) as _;
        let config = self.mode.store_config();
        let points = (self.candidate.with_faults().suspending)(&config, Policy::default(), script);
        accepted(points.charge(user(1), amount(1)).await)?;
        Ok(fail_points.has_blocking_steps())
    }
}

impl fmt::Display for TestCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}::{}", self.mode, self.candidate.store, self.candidate.strategy)
    }
}

/// Returns the message of a panic.
fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    literal.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
