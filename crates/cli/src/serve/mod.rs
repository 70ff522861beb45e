//! `hotrow serve`: runs the point service over HTTP until a signal stops it.

mod log;

use std::{io, net::SocketAddr, time::Duration};

use clap::{Args, builder::RangedU64ValueParser};
use tokio::{
    runtime,
    signal::unix::{Signal, SignalKind, signal},
};

use self::log::{Format, Log};
use super::{
    failure::{CliError, Exit, note},
    plan::{
        self,
        builder::{self, STORE},
    },
    stdout,
};
use hotrow::{
    domain::Policy,
    scenario::Latency,
    store::StoreConfig,
    timer::{PreciseTimer, Timer},
};
use hotrow_registry::Entry;
use hotrow_server::{Limits, Origins, REFUSALS_MAX, Server, ServiceInfo, ShutdownSummary, listen};

/// The default strategy in memory. Its order is predictable, it is easy to test, and its time is a
/// small share of an HTTP request.
const STRATEGY: &str = "queue";

/// The default strategy on a database: a queue as well, which several processes may use together.
const STRATEGY_ON_DATABASE: &str = "batched-queue";

/// The largest value of a limit on connections or requests.
const LIMIT_MAX: u64 = 1_000_000;

/// The latency of a call is measured at the start if it is below this. Longer calls are late by
/// less than a tenth.
const MEASURED_BELOW: Duration = Duration::from_millis(2);

/// A call that takes longer than this many times its latency is reported.
const LATE_FACTOR: f64 = 1.1;

/// File descriptors for other uses than open connections: for connections that are being rejected,
/// and some more.
const OTHER_FILES: u64 = REFUSALS_MAX as u64 + 64;

pub(super) const SERVE_HELP: &str = "\
Accounts end with the process, unless --store names a database: sqlite:FILE or
postgres://HOST/DB. The number and the time of requests are limited; a request
beyond a limit gets an error. SIGTERM or Ctrl-C stops the service after the
requests in progress, within five seconds.
Calls of store simulated take the time of --latency, to within a tenth; if this
machine is slower, a message at the start says so.

  GET   /point/{id}              the balance
  GET   /point/{id}/histories    the history of charges and uses
  PATCH /point/{id}/charge       adds points; the body is {\"amount\": 500} or 500
  PATCH /point/{id}/use          subtracts points
  GET   /                        a page to charge, use and race
  GET   /docs                    the documentation; /openapi.json for programs
  GET   /metrics                 metrics for Prometheus; also /healthz, /readyz

Examples:
  hotrow serve
  hotrow serve cas --listen 127.0.0.1:0    on a free port
  hotrow serve --policy unit=100,balance=50000
  hotrow serve unsynchronized --store simulated --latency fixed:20ms
                                           shows lost updates
  hotrow serve --store sqlite:points.db    keeps the accounts

Exit codes:
  0    stopped by a signal
  1    cannot listen, or cannot open the database
  2    wrong usage";

/// Serves the point service over HTTP.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Strategy to serve [default: queue;
    /// batched-queue on a database]
    #[arg(verbatim_doc_comment)]
    strategy: Option<String>,
    /// Where accounts live: memory; simulated, whose
    /// calls take time; a database, as sqlite:FILE or
    /// postgres://HOST/DB [default: memory]
    #[arg(long, verbatim_doc_comment)]
    store: Option<String>,
    /// How long a call of store simulated takes: none,
    /// fixed:5ms, scaled:0.1, assignment
    /// [default: assignment]
    #[arg(long, allow_hyphen_values = true, verbatim_doc_comment)]
    latency: Option<Latency>,
    /// Address to listen on; port 0 is any free port
    /// [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080", hide_default_value = true, value_parser = address, verbatim_doc_comment)]
    listen: SocketAddr,
    /// Limits of amounts and balances, in parts of
    /// amount=1..1000000,unit=1,balance=1000000
    #[arg(long, default_value_t, hide_default_value = true, verbatim_doc_comment)]
    policy: Policy,
    /// Log format on standard error: text, json,
    /// or off
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text, hide_possible_values = true, verbatim_doc_comment)]
    log: Format,
    /// Also log each request
    #[arg(long)]
    log_requests: bool,
    /// Most open connections
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.connections, allow_negative_numbers = true, value_parser = limit())]
    connections: usize,
    /// Most requests in flight
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.in_flight, allow_negative_numbers = true, value_parser = limit())]
    in_flight: usize,
    /// Most of them per account
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.per_account, allow_negative_numbers = true, value_parser = limit())]
    per_account: usize,
    /// Longest time of a request [default: 30s; on a
    /// store with latency, the time of a full queue]
    #[arg(long, allow_hyphen_values = true, value_name = "TIME", value_parser = answer, verbatim_doc_comment)]
    timeout: Option<Duration>,
    /// Web origins that may send requests: loopback
    /// (this machine), any, none, or one such as
    /// https://app.example; can be repeated
    /// [default: loopback]
    #[arg(long, value_name = "ORIGIN", verbatim_doc_comment)]
    cors_origin: Vec<String>,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "give an address and a port, such as 127.0.0.1:8080".to_owned())
}

fn limit() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=LIMIT_MAX)
}

fn answer(text: &str) -> Result<Duration, String> {
    let within = |&answer: &Duration| !answer.is_zero() && answer <= Limits::ANSWER_MAX;
    builder::duration(text)
        .ok()
        .filter(within)
        .ok_or_else(|| "give a time up to 1h, such as 30s".to_owned())
}

/// Serves until a signal stops it.
pub(super) fn serve(arguments: &Serve) -> Result<Exit, CliError> {
    let store = arguments.store.as_deref().map(builder::store).transpose()?;
    let (store, location) = store.map_or((STORE, None), |store| (store.name, store.location));
    let latency = builder::latency(store, arguments.latency)?;
    let default = if builder::is_database(store) { STRATEGY_ON_DATABASE } else { STRATEGY };
    let entry = entry(arguments.strategy.as_deref().unwrap_or(default), store)?;
    if entry.performs_io && location.is_none() {
        note(format_args!(
            "the accounts of this {store} are private and end with the service: to keep them, give \
             sqlite:FILE or postgres://HOST/DB"
        ));
    }
    let limits = arguments.limits(latency);
    let origins = arguments.origins()?;
    let _log = Log::start(arguments.log, arguments.log_requests);
    let runtime = runtime::Builder::new_multi_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| CliError::failed(format!("cannot start a runtime: {error}")))?;
    let served = runtime.block_on(run(entry, location, latency, arguments, limits, origins))?;
    let ShutdownSummary { applied, unanswered } = served;
    tracing::info!(applied, unanswered, "stopped");
    // Tasks that are still running belong to closed connections.
    runtime.shutdown_background();
    Ok(Exit::Done)
}

/// Returns the entry of a strategy on a store, if it can be served.
fn entry(strategy: &str, store: &'static str) -> Result<&'static Entry, CliError> {
    plan::check_fits(strategy, Some(store))?;
    let matches = |entry: &&Entry| (entry.strategy, entry.store) == (strategy, store);
    match hotrow_registry::all().find(matches) {
        Some(entry) if !entry.is_reference() => Ok(entry),
        _ => Err(CliError::usage(format!(
            "{strategy} is a reference and keeps no accounts: choose another of `hotrow list`"
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

    fn origins(&self) -> Result<Origins, CliError> {
        if self.cors_origin.is_empty() {
            return Ok(Origins::default());
        }
        let names = self.cors_origin.iter().map(String::as_str);
        Origins::from_names(names)
            .map_err(|error| CliError::usage(format!("--cors-origin: {error}")))
    }
}

/// Raises the limit on open files for `requested` connections, and returns how many connections it
/// allows. If they are fewer, it reports that.
fn connections_within(requested: usize) -> usize {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return requested };
    let wanted = (requested as u64 + OTHER_FILES).clamp(soft, hard.max(soft));
    let granted = setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).map_or(soft, |()| wanted);
    let files = usize::try_from(granted.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX);
    let connections = requested.min(files.max(1));
    if connections < requested {
        note(format!(
            "the system allows {granted} open files: at most {connections} connections are accepted"
        ));
    }
    connections
}

async fn run(
    entry: &Entry,
    location: Option<&str>,
    latency: Latency,
    arguments: &Serve,
    limits: Limits,
    origins: Origins,
) -> Result<ShutdownSummary, CliError> {
    let listener = listen(arguments.listen).map_err(|error| {
        CliError::failed(format!("cannot listen on {}: {error}", arguments.listen))
    })?;
    let address = listener.local_addr().map_err(|error| CliError::failed(error.to_string()))?;
    let mut signals = Signals::listen()
        .map_err(|error| CliError::failed(format!("cannot listen for signals: {error}")))?;

    let timer = PreciseTimer::default();
    warn_if_late(&timer, latency).await;
    let setup = StoreConfig {
        latency,
        timer: Timer::Precise(timer),
        location: location.map(str::to_owned),
        keeps_accounts: location.is_some(),
        ..StoreConfig::default()
    };
    let points = (entry.open)(&setup, arguments.policy).await;
    let points = points.map_err(|error| {
        CliError::failed(format!("cannot open the store {}: {error}", entry.store))
    })?;
    let about = ServiceInfo {
        version: env!("CARGO_PKG_VERSION"),
        strategy: entry.strategy,
        family: entry.family.to_string(),
        linearizable: entry.guarantees.linearizable,
        store: entry.store,
        latency: latency.to_string(),
        policy: arguments.policy,
    };
    tracing::info!(%address, strategy = entry.strategy, store = entry.store, "listening");
    stdout::print(&format!("listening on http://{address}\n")).map_err(CliError::from_output)?;
    let stop = async move {
        signals.next().await;
        tracing::info!("stopping");
        tokio::spawn(async move {
            signals.next().await;
            std::process::exit(130);
        });
    };
    let server = Server::new(points, setup.tick, about, limits).with_origins(origins);
    Ok(server.serve(listener, stop).await)
}

/// Reports if calls take longer on this machine than their latency.
async fn warn_if_late(timer: &PreciseTimer, latency: Latency) {
    let Some(call) = latency.mean_of_read().filter(|call| *call < MEASURED_BELOW) else { return };
    let timer = timer.clone();
    // In a task, because each wake-up of the root future of a runtime goes through the system.
    let measured = tokio::spawn(async move { timer.measure(call).await }).await;
    if let Ok(took) = measured
        && took > call.mul_f64(LATE_FACTOR)
    {
        note(format!("latency {latency}: a wait of {call:?} takes {took:?} on this machine"));
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

    /// Waits for the next signal of either kind.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
