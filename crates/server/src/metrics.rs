//! The metrics that Prometheus reads at `/metrics`.
//!
//! All series are created when the service starts, so the rate of an event that has not happened
//! yet is zero and not missing. A request finds its series by index and not by name.

use prometheus_client::{
    encoding::text::encode,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
        info::Info,
    },
    registry::{Registry, Unit},
};

use super::{ServiceInfo, problem::Code, route::Route};
use hotrow::domain::{Action, Failure};

/// Media type of `/metrics`.
pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper end of the first bucket: 50 us, about what the fastest answer takes.
const BUCKET_MIN_SECONDS: f64 = 50e-6;

/// Number of buckets. Each upper end is twice the one before, up to 26 s; later answers time out.
const BUCKETS: u16 = 20;

/// The result of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CommandResult {
    Applied,
    Rejected,
    NotApplied,
    Indeterminate,
}

impl CommandResult {
    const ALL: [CommandResult; 4] = [
        CommandResult::Applied,
        CommandResult::Rejected,
        CommandResult::NotApplied,
        CommandResult::Indeterminate,
    ];

    fn name(self) -> &'static str {
        match self {
            CommandResult::Applied => "applied",
            CommandResult::Rejected => "refused",
            CommandResult::NotApplied => "not_applied",
            CommandResult::Indeterminate => "unknown",
        }
    }
}

type Labels = [(&'static str, &'static str); 1];
type TwoLabels = [(&'static str, &'static str); 2];

/// All metrics of the service.
pub(super) struct Metrics {
    registry: Registry,
    /// By action and result.
    commands: [[Counter; 4]; 2],
    /// By route.
    seconds: [Histogram; 5],
    /// By problem code.
    problems: Vec<Counter>,
    queue: Gauge,
    keys: Gauge,
    /// Open connections.
    pub(super) connections: Gauge,
    /// Rejected connections.
    pub(super) connections_refused: Counter,
    /// Replayed answers.
    pub(super) replays: Counter,
}

impl Metrics {
    pub(super) fn new(service: &ServiceInfo) -> Metrics {
        let mut registry = Registry::with_prefix("hotrow");
        let info = Info::new([
            ("version", service.version),
            ("strategy", service.strategy),
            ("store", service.store),
        ]);
        registry.register("service", "The strategy and the store of the service", info);

        let commands = Family::<TwoLabels, Counter>::default();
        let of_action = |action| {
            CommandResult::ALL.map(|result| {
                commands.get_or_create_owned(&[("action", action), ("outcome", result.name())])
            })
        };
        let by_action = ["charge", "use"].map(of_action);
        registry.register("commands", "Completed commands, by action and outcome", commands);

        let buckets = || Histogram::new(exponential_buckets(BUCKET_MIN_SECONDS, 2.0, BUCKETS));
        let seconds = Family::<Labels, Histogram, fn() -> Histogram>::new_with_constructor(buckets);
        let by_route =
            Route::ALL.map(|route| seconds.get_or_create_owned(&[("route", route.name())]));
        let help = "Time from the head of a request to the head of its answer, by route";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, seconds);

        let problems = Family::<Labels, Counter>::default();
        let by_code = |code: &Code| problems.get_or_create_owned(&[("code", code.name())]);
        let by_code = Code::ALL.iter().map(by_code).collect();
        registry.register("http_problems", "Answers with a problem, by code", problems);

        let mut metrics = Metrics {
            registry,
            commands: by_action,
            seconds: by_route,
            problems: by_code,
            queue: Gauge::default(),
            keys: Gauge::default(),
            connections: Gauge::default(),
            connections_refused: Counter::default(),
            replays: Counter::default(),
        };
        metrics.register_unlabelled();
        metrics
    }

    /// Registers the metrics without labels.
    fn register_unlabelled(&mut self) {
        let Metrics { registry, queue, keys, connections, connections_refused, replays, .. } = self;
        let help = "Requests that wait for the strategy";
        registry.register("queue_length", help, queue.clone());
        registry.register("idempotency_keys", "Idempotency keys in memory", keys.clone());
        registry.register("connections", "Open connections", connections.clone());
        let help = "Connections rejected because too many were open";
        registry.register("connections_refused", help, connections_refused.clone());
        let help = "Commands answered with the stored answer of their idempotency key";
        registry.register("idempotency_replays", help, replays.clone());
    }

    /// Counts a completed command.
    pub(super) fn record_command<T>(&self, action: Action, answer: &Result<T, Failure>) {
        let result = match answer {
            Ok(_) => CommandResult::Applied,
            Err(Failure::Rejected(_)) => CommandResult::Rejected,
            Err(Failure::NotApplied(_)) => CommandResult::NotApplied,
            Err(Failure::Indeterminate(_)) => CommandResult::Indeterminate,
        };
        let is_use = matches!(action, Action::Use(_));
        self.commands[usize::from(is_use)][result as usize].inc();
    }

    /// Counts an answered request.
    pub(super) fn record_request(&self, route: Route, seconds: f64, problem: Option<Code>) {
        self.seconds[route as usize].observe(seconds);
        if let Some(code) = problem {
            self.problems[code as usize].inc();
        }
    }

    /// Number of commands applied so far.
    pub(super) fn applied(&self) -> u64 {
        let applied = CommandResult::Applied as usize;
        self.commands.iter().map(|by_result| by_result[applied].get()).sum()
    }

    /// All metrics as text, with the present values of the gauges.
    pub(super) fn text(&self, queue: usize, keys: usize) -> String {
        self.queue.set(i64::try_from(queue).unwrap_or(i64::MAX));
        self.keys.set(i64::try_from(keys).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string cannot fail");
        text
    }
}
