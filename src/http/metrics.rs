//! What the service counts, for Prometheus to read at `/metrics`.
//!
//! Series are made when the service starts and are all there from the first reading on, so that a
//! rate over one that has not happened yet is zero and not missing. On the path of a request they
//! are found by number and not by name.

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

use super::{About, problem::Code, routing::Route};
use crate::domain::{Action, Failure};

/// What `/metrics` is sent as.
pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The least time that is told from less: 50 us, about what the fastest answer takes.
const BUCKET_MIN_SECONDS: f64 = 50e-6;

/// Upper ends of the histogram, each twice the one before: up to 26 s, past which answers time out.
const BUCKETS: u16 = 20;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Applied,
    Refused,
    Unknown,
}

impl Ending {
    const ALL: [Ending; 3] = [Ending::Applied, Ending::Refused, Ending::Unknown];

    fn name(self) -> &'static str {
        match self {
            Ending::Applied => "applied",
            Ending::Refused => "refused",
            Ending::Unknown => "unknown",
        }
    }
}

type Labels = [(&'static str, &'static str); 1];
type TwoLabels = [(&'static str, &'static str); 2];

/// Everything that is counted.
pub(super) struct Metrics {
    registry: Registry,
    /// By action and ending.
    commands: [[Counter; 3]; 2],
    /// By route.
    seconds: [Histogram; 5],
    /// By code.
    problems: Vec<Counter>,
    queue: Gauge,
    keys: Gauge,
    /// Connections that are open.
    pub(super) connections: Gauge,
    /// Connections that were turned away.
    pub(super) connections_refused: Counter,
    /// Answers that were given from memory.
    pub(super) replays: Counter,
}

impl Metrics {
    pub(super) fn new(about: &About) -> Metrics {
        let mut registry = Registry::with_prefix("hotrow");
        let info = Info::new([
            ("version", about.version),
            ("strategy", about.strategy),
            ("store", about.store),
        ]);
        registry.register("service", "What is served", info);

        let commands = Family::<TwoLabels, Counter>::default();
        let of_action = |action| {
            Ending::ALL.map(|ending| {
                commands.get_or_create_owned(&[("action", action), ("outcome", ending.name())])
            })
        };
        let by_action = ["charge", "use"].map(of_action);
        registry.register("commands", "Commands that ended, by what became of them", commands);

        let buckets = || Histogram::new(exponential_buckets(BUCKET_MIN_SECONDS, 2.0, BUCKETS));
        let seconds = Family::<Labels, Histogram, fn() -> Histogram>::new_with_constructor(buckets);
        let by_route =
            Route::ALL.map(|route| seconds.get_or_create_owned(&[("route", route.name())]));
        let help = "Time from a request's head to its answer's, by route";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, seconds);

        let problems = Family::<Labels, Counter>::default();
        let by_code = |code: &Code| problems.get_or_create_owned(&[("code", code.name())]);
        let by_code = Code::ALL.iter().map(by_code).collect();
        registry.register("http_problems", "Answers that were refusals, by code", problems);

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
        metrics.register_alone();
        metrics
    }

    /// Registers what has no labels.
    fn register_alone(&mut self) {
        let Metrics { registry, queue, keys, connections, connections_refused, replays, .. } = self;
        let help = "Requests that the strategy has not answered yet";
        registry.register("queue_length", help, queue.clone());
        registry.register("idempotency_keys", "Idempotency keys that are kept", keys.clone());
        registry.register("connections", "Connections that are open", connections.clone());
        let help = "Connections turned away, since too many were open";
        registry.register("connections_refused", help, connections_refused.clone());
        let help = "Repeated commands that were answered from memory";
        registry.register("idempotency_replays", help, replays.clone());
    }

    /// Counts a command that ended.
    pub(super) fn command<T>(&self, action: Action, answer: &Result<T, Failure>) {
        let ending = match answer {
            Ok(_) => Ending::Applied,
            Err(Failure::Rejected(_)) => Ending::Refused,
            Err(Failure::Unknown(_)) => Ending::Unknown,
        };
        let is_use = matches!(action, Action::Use(_));
        self.commands[usize::from(is_use)][ending as usize].inc();
    }

    /// Counts an answer.
    pub(super) fn answered(&self, route: Route, seconds: f64, problem: Option<Code>) {
        self.seconds[route as usize].observe(seconds);
        if let Some(code) = problem {
            self.problems[code as usize].inc();
        }
    }

    /// How many commands were applied so far.
    pub(super) fn applied(&self) -> u64 {
        self.commands.iter().map(|by_ending| by_ending[Ending::Applied as usize].get()).sum()
    }

    /// All of it as text, with what is looked up only now.
    pub(super) fn text(&self, queue: usize, keys: usize) -> String {
        self.queue.set(i64::try_from(queue).unwrap_or(i64::MAX));
        self.keys.set(i64::try_from(keys).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string takes all that is written to it");
        text
    }
}
