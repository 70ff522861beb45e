//! The point service over HTTP, as one process: opens what was asked for, listens, and goes when it
//! is told to.

mod log;

use std::{io, net::SocketAddr, time::Duration};

use clap::{Args, builder::RangedU64ValueParser};
use tokio::{
    runtime,
    signal::unix::{Signal, SignalKind, signal},
};

use self::log::{Format, Log};
use super::{
    failure::{Exit, Failure, note},
    plan::{
        self,
        draft::{self, STORE},
    },
    printed,
};
use crate::{
    database::Latency,
    domain::Policy,
    http::{About, Limits, Origins, REFUSALS_MAX, Served, Server, listen},
    registry::{self, Entry},
    store::Setup,
    timer::{PreciseTimer, Timer},
};

/// The strategy that is served if none is named: its order can be predicted, it is easily tested,
/// and of a request over HTTP it is a small share.
const STRATEGY: &str = "queue";

/// The most connections, and requests that wait, that can be asked for.
const PLACES_MAX: u64 = 1_000_000;

/// Calls below this are measured once before they are served. Longer ones are not late by a tenth.
const MEASURED_BELOW: Duration = Duration::from_millis(2);

/// How many times as long as it is to be a call may take without a word.
const LATE_FACTOR: f64 = 1.1;

/// Files that are open beside connections: those of connections that are being refused, and some.
const FILES_BESIDE: u64 = REFUSALS_MAX as u64 + 64;

pub(super) const SERVE_HELP: &str = "\
Accounts live in memory and end with the process. Requests are limited in number
and in time, and what is over a limit is told so; SIGTERM or Ctrl-C lets what
has begun come to its end, for at most five seconds.
A call of tables waits as long as --latency says, within a tenth; where the
machine cannot, it is said at the start.

  GET   /point/{id}              the balance
  GET   /point/{id}/histories    what was charged and used
  PATCH /point/{id}/charge       adds points, as {\"amount\": 500} or 500
  PATCH /point/{id}/use          takes points
  GET   /                        a page to charge, use and race on
  GET   /docs                    what there is to ask; as data, /openapi.json
  GET   /metrics                 for Prometheus; /healthz and /readyz for others

Examples:
  hotrow serve
  hotrow serve cas --listen 127.0.0.1:0    on a port that is free
  hotrow serve --policy unit=100,balance=50000
  hotrow serve unguarded --store tables --latency fixed:20ms
                                           to see updates get lost

Exit codes:
  0    it was told to stop, and did
  1    it could not listen
  2    asked for what cannot be";

/// A service.
#[derive(Debug, Args)]
pub(in crate::cli) struct Serve {
    /// The strategy to serve [default: queue]
    strategy: Option<String>,
    /// Where the accounts live: slab is memory, calls of
    /// tables take time [default: slab]
    #[arg(long, verbatim_doc_comment)]
    store: Option<String>,
    /// How long calls of tables take: none, fixed:5ms,
    /// scaled:0.1, assignment [default: assignment]
    #[arg(long, allow_hyphen_values = true, verbatim_doc_comment)]
    latency: Option<Latency>,
    /// Where to listen; port 0 is one that is free
    /// [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080", hide_default_value = true, value_parser = address, verbatim_doc_comment)]
    listen: SocketAddr,
    /// What may be asked of an account, in parts of
    /// amount=1..1000000,unit=1,balance=1000000
    #[arg(long, default_value_t, hide_default_value = true, verbatim_doc_comment)]
    policy: Policy,
    /// Events as text, as json or not at all (off), on
    /// standard error
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text, hide_possible_values = true, verbatim_doc_comment)]
    log: Format,
    /// A line for each request as well
    #[arg(long)]
    log_requests: bool,
    /// Connections that may be open
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.connections, allow_negative_numbers = true, value_parser = places())]
    connections: usize,
    /// Requests that may wait
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.in_flight, allow_negative_numbers = true, value_parser = places())]
    in_flight: usize,
    /// Those that may for one account
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.per_account, allow_negative_numbers = true, value_parser = places())]
    per_account: usize,
    /// How long a request may wait [default: 30s; on
    /// tables, what a full line at one account takes]
    #[arg(long, allow_hyphen_values = true, value_name = "TIME", value_parser = answer, verbatim_doc_comment)]
    timeout: Option<Duration>,
    /// Web pages that may ask: loopback (this machine),
    /// any, none, or one origin as https://app.example;
    /// can be repeated [default: loopback]
    #[arg(long, value_name = "ORIGIN", verbatim_doc_comment)]
    cors_origin: Vec<String>,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "give an address and a port, as 127.0.0.1:8080".to_owned())
}

fn places() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=PLACES_MAX)
}

fn answer(text: &str) -> Result<Duration, String> {
    let within = |&answer: &Duration| !answer.is_zero() && answer <= Limits::ANSWER_MAX;
    draft::duration(text)
        .ok()
        .filter(within)
        .ok_or_else(|| "give a time up to 1h, as 30s".to_owned())
}

/// Serves until it is told to stop.
pub(super) fn serve(asked: &Serve) -> Result<Exit, Failure> {
    let store = asked.store.as_deref().map_or(Ok(STORE), draft::store)?;
    let latency = draft::latency(store, asked.latency)?;
    let entry = entry(asked.strategy.as_deref().unwrap_or(STRATEGY), store)?;
    let limits = asked.limits(latency);
    let origins = asked.origins()?;
    let _log = Log::start(asked.log, asked.log_requests);
    let runtime = runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::failed(format!("no runtime: {error}")))?;
    let served = runtime.block_on(run(entry, latency, asked, limits, origins))?;
    let Served { applied, unanswered } = served;
    tracing::info!(applied, unanswered, "stopped");
    // What has not ended by now has nobody to tell it to.
    runtime.shutdown_background();
    Ok(Exit::Done)
}

/// The entry of this strategy on this store, if it is one that can be served.
fn entry(strategy: &str, store: &'static str) -> Result<&'static Entry, Failure> {
    plan::check_fits(strategy, Some(store))?;
    let is_it = |entry: &&Entry| (entry.strategy, entry.store) == (strategy, store);
    match registry::entries().find(is_it) {
        Some(entry) if !entry.is_reference() => Ok(entry),
        _ => Err(Failure::usage(format!(
            "{strategy} is there to be measured and keeps no accounts: `hotrow list` shows others"
        ))),
    }
}

impl Serve {
    fn limits(&self, latency: Latency) -> Limits {
        let limits = Limits {
            connections: connections_within(self.connections),
            in_flight: self.in_flight,
            per_account: self.per_account,
            ..Limits::default()
        };
        match self.timeout {
            Some(answer) => Limits { answer, ..limits },
            None => limits.on_store_with(latency),
        }
    }

    fn origins(&self) -> Result<Origins, Failure> {
        if self.cors_origin.is_empty() {
            return Ok(Origins::default());
        }
        let names = self.cors_origin.iter().map(String::as_str);
        Origins::from_names(names)
            .map_err(|error| Failure::usage(format!("--cors-origin: {error}")))
    }
}

/// As many connections as the system has files for, and tells if those are fewer.
fn connections_within(asked: usize) -> usize {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return asked };
    let wanted = (asked as u64 + FILES_BESIDE).clamp(soft, hard.max(soft));
    let granted = setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).map_or(soft, |()| wanted);
    let files = usize::try_from(granted.saturating_sub(FILES_BESIDE)).unwrap_or(usize::MAX);
    let connections = asked.min(files.max(1));
    if connections < asked {
        note(format!("only {granted} files may be open: at most {connections} connections"));
    }
    connections
}

async fn run(
    entry: &Entry,
    latency: Latency,
    asked: &Serve,
    limits: Limits,
    origins: Origins,
) -> Result<Served, Failure> {
    let listener = listen(asked.listen)
        .map_err(|error| Failure::failed(format!("cannot listen on {}: {error}", asked.listen)))?;
    let address = listener.local_addr().map_err(|error| Failure::failed(error.to_string()))?;
    let mut signals = Signals::listen()
        .map_err(|error| Failure::failed(format!("cannot listen for signals: {error}")))?;

    let timer = PreciseTimer::default();
    tell_if_late(&timer, latency).await;
    let setup = Setup { latency, timer: Timer::Precise(timer), ..Setup::default() };
    let points = (entry.open)(&setup, asked.policy);
    let about = About {
        version: env!("CARGO_PKG_VERSION"),
        strategy: entry.strategy,
        family: entry.family.to_string(),
        sound: entry.promises.sound,
        store: entry.store,
        latency: latency.to_string(),
        policy: asked.policy,
    };
    tracing::info!(%address, strategy = entry.strategy, store = entry.store, "listening");
    printed::print(&format!("listening on http://{address}\n")).map_err(Failure::of_output)?;
    let stop = async move {
        signals.one().await;
        tracing::info!("stopping");
        tokio::spawn(async move {
            signals.one().await;
            std::process::exit(130);
        });
    };
    let server = Server::new(points, setup.tick, about, limits).with_origins(origins);
    Ok(server.serve(listener, stop).await)
}

/// Says so if calls take longer here than they are to.
async fn tell_if_late(timer: &PreciseTimer, latency: Latency) {
    let Some(call) = latency.mean_of_read().filter(|call| *call < MEASURED_BELOW) else { return };
    let timer = timer.clone();
    // A task, since what polls the root of a runtime is woken by way of the system for each look.
    let measured = tokio::spawn(async move { timer.measure(call).await }).await;
    if let Ok(took) = measured
        && took > call.mul_f64(LATE_FACTOR)
    {
        note(format!("latency {latency}: a wait of {call:?} takes {took:?} here"));
    }
}

/// Ctrl-C and SIGTERM.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> io::Result<Signals> {
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for either. A second one is not so patient.
    async fn one(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
