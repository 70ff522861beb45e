//! Requests over sockets.

pub(crate) mod crowded;
pub(crate) mod cut_off;
pub(crate) mod drained;
pub(crate) mod early;
pub(crate) mod framed;
pub(crate) mod slow;
pub(crate) mod specified;
pub(crate) mod throng;

use std::{
    future::Future,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use hotrow::{domain::Policy, scenario::Latency, store::StoreConfig};
use hotrow_registry::Entry;
use hotrow_server::{Limits, Server, ShutdownSummary, listen};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

use crate::{
    account_check::{CheckResult, HistoryEntry, ensure},
    answer::Answer,
    app::{about, metric},
    ask::Request,
};

/// Maximum duration of an immediate action; the machine may be busy.
pub(crate) const SLACK: Duration = Duration::from_secs(5);

/// Time-out for slow clients, short enough for tests.
pub(crate) const IO_TIMEOUT: Duration = Duration::from_millis(300);

/// Returns the entry of this strategy on this store.
pub(crate) fn entry(strategy: &str, store: &str) -> &'static Entry {
    let mut entries = hotrow_registry::entries();
    let is_it = |entry: &&Entry| (entry.strategy, entry.store) == (strategy, store);
    entries.find(is_it).expect("the entry is in the registry")
}

/// Open files of this process beside those of one test: tests run in parallel.
const FILES_BESIDE: u64 = 8_192;

/// Lets this process open `files` more files; false, with a message, if the system does not allow
/// it.
pub(crate) fn allow_files(files: u64) -> Result<bool, String> {
    let wanted = files + FILES_BESIDE;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(|error| error.to_string())?;
    if hard < wanted {
        eprintln!("skipped: the test needs {wanted} open files, and the system allows {hard}");
        return Ok(false);
    }
    setrlimit(Resource::RLIMIT_NOFILE, wanted.max(soft), hard)
        .map_err(|error| error.to_string())?;
    Ok(true)
}

/// A listening server.
pub(crate) struct RunningServer {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<ShutdownSummary>,
}

impl RunningServer {
    /// Serves `entry` on a free port. Only the simulated store has latency.
    pub(crate) async fn open(entry: &Entry, latency: Latency, limits: Limits) -> RunningServer {
        RunningServer::with_policy(entry, latency, Policy::default(), limits).await
    }

    /// As [`open`](RunningServer::open), under `policy`.
    pub(crate) async fn with_policy(
        entry: &Entry,
        latency: Latency,
        policy: Policy,
        limits: Limits,
    ) -> RunningServer {
        let setup = StoreConfig { latency, ..StoreConfig::default() };
        let (points, about) = (entry.open_sync(&setup, policy), about(entry, policy));
        let server = Server::new(points, setup.tick, about, limits);
        let listener = listen(([127, 0, 0, 1], 0).into()).expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(server.serve(listener, async move {
            let _ = stopped.await;
        }));
        RunningServer { address, stop, ended }
    }

    /// Serves the strategy `queue` on the memory store, which has no latency.
    pub(crate) async fn in_memory(limits: Limits) -> RunningServer {
        RunningServer::open(entry("queue", "memory"), Latency::None, limits).await
    }

    /// Stops the server; [`Stopping::ended`] waits for its end.
    pub(crate) fn stop(self) -> Stopping {
        let _ = self.stop.send(());
        Stopping { since: Instant::now(), ended: self.ended }
    }

    pub(crate) async fn connect(&self) -> Connection {
        Connection::open(self.address).await.expect("the server listens")
    }
}

/// A server that is stopping.
pub(crate) struct Stopping {
    since: Instant,
    ended: JoinHandle<ShutdownSummary>,
}

impl Stopping {
    /// Waits for the end, and returns the summary and the time since the stop.
    pub(crate) async fn ended(self) -> (ShutdownSummary, Duration) {
        let summary = self.ended.await.expect("the server does not panic");
        (summary, self.since.elapsed())
    }
}

/// One connection of a client.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream: BufReader::new(stream) })
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Reads one answer completely; none if the server has closed the connection.
    ///
    /// # Errors
    /// If the connection breaks or ends in the middle of an answer.
    pub(crate) async fn answer(&mut self) -> io::Result<Option<Answer>> {
        let broken = |what: &str| io::Error::new(io::ErrorKind::UnexpectedEof, what.to_owned());
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if self.stream.read_until(b'\n', &mut head).await? == 0 {
                let is_whole = head.is_empty();
                return if is_whole { Ok(None) } else { Err(broken("the head is incomplete")) };
            }
        }
        let head = String::from_utf8(head).map_err(|_| broken("the head is not UTF-8"))?;
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let status = status.ok_or_else(|| broken("the head has no status"))?;
        let mut headers = HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            let name: HeaderName = name.parse().map_err(|_| broken("a header name is invalid"))?;
            headers.append(name, HeaderValue::from_str(value).map_err(io::Error::other)?);
        }
        let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        let length = length.and_then(|value| value.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok(Some(Answer { status, headers, body }))
    }

    /// Sends a request and reads its answer.
    ///
    /// # Panics
    /// If there is no answer.
    pub(crate) async fn call(&mut self, request: &Request) -> Answer {
        self.send(&request.to_bytes()).await.expect("the server reads");
        let answer = self.answer().await.expect("the server answers");
        answer.expect("the server answers before it closes")
    }

    /// Reads until the server closes, and returns how long that took: more than [`SLACK`] if the
    /// connection stays open.
    pub(crate) async fn wait_for_close(&mut self) -> Duration {
        let began = Instant::now();
        // A reset counts as a close.
        let _ = timeout(SLACK * 2, self.stream.read_to_end(&mut Vec::new())).await;
        began.elapsed()
    }

    /// Waits for the first byte of an answer.
    ///
    /// # Panics
    /// If the server closes first.
    pub(crate) async fn wait_for_answer(&mut self) {
        let first = self.stream.fill_buf().await.expect("the server answers");
        assert!(!first.is_empty(), "the server closed the connection before its answer");
    }

    /// Closes the sending half.
    pub(crate) async fn shutdown_write(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    /// Resets the connection: the next read or write of the server fails.
    pub(crate) fn reset(self) {
        self.stream.get_ref().set_zero_linger().expect("the socket is open");
    }

    /// The value of the metric `name`.
    pub(crate) async fn metric(&mut self, name: &str) -> u64 {
        metric(&self.call(&Request::get("/metrics")).await.text(), name)
    }

    /// Waits until the metric `name` has this value.
    pub(crate) async fn wait_for_metric(&mut self, name: &str, value: u64) -> CheckResult {
        let mut last = 0;
        let reached = async {
            loop {
                last = self.metric(name).await;
                if last == value {
                    break;
                }
            }
        };
        let in_time = timeout(SLACK, reached).await.is_ok();
        ensure(in_time, || format!("{name} is {last}, not {value}, after {SLACK:?}"))
    }

    pub(crate) async fn history(&mut self, user: u64) -> Vec<HistoryEntry> {
        HistoryEntry::read_all(user, async |page| self.call(&page).await).await
    }
}

/// Fails if `work` takes longer than [`SLACK`].
pub(crate) async fn in_time<T>(what: &str, work: impl Future<Output = T>) -> Result<T, String> {
    timeout(SLACK, work).await.map_err(|_| format!("{what}: not within {SLACK:?}"))
}
