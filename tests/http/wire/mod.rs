//! Requests that come down real sockets.

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
use hotrow::{
    database::Latency,
    domain::Policy,
    http::{Limits, Served, Server, listen},
    registry::{self, Entry},
    store::Setup,
};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

use crate::{
    answer::Answer,
    app::{about, metric},
    ask::Ask,
    books::{Found, Line, ensure},
};

/// Longest that anything here may take that should be done at once: the machine may have much else to do.
pub(crate) const SLACK: Duration = Duration::from_secs(5);

/// Patience for clients, short enough to be waited out.
pub(crate) const PATIENCE: Duration = Duration::from_millis(300);

/// The entry of this strategy on this store.
pub(crate) fn entry(strategy: &str, store: &str) -> &'static Entry {
    let mut entries = registry::entries();
    let is_it = |entry: &&Entry| (entry.strategy, entry.store) == (strategy, store);
    entries.find(is_it).expect("the entry is in the registry")
}

/// Files that this process has open beside those of one trial: other trials run at the same time.
const FILES_BESIDE: u64 = 8_192;

/// Lets this process open `files` more. It cannot where the system allows too few, which is said.
pub(crate) fn allow_files(files: u64) -> Result<bool, String> {
    let wanted = files + FILES_BESIDE;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(|error| error.to_string())?;
    if hard < wanted {
        eprintln!("skipped: {wanted} files are needed, and the system allows {hard}");
        return Ok(false);
    }
    setrlimit(Resource::RLIMIT_NOFILE, wanted.max(soft), hard)
        .map_err(|error| error.to_string())?;
    Ok(true)
}

/// A server that listens.
pub(crate) struct Serving {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Served>,
}

impl Serving {
    /// Serves `entry` on a port that is free. Only tables take as long as `latency` says.
    pub(crate) async fn open(entry: &Entry, latency: Latency, limits: Limits) -> Serving {
        Serving::of_policy(entry, latency, Policy::default(), limits).await
    }

    /// As [`open`](Serving::open), under `policy`.
    pub(crate) async fn of_policy(
        entry: &Entry,
        latency: Latency,
        policy: Policy,
        limits: Limits,
    ) -> Serving {
        let setup = Setup { latency, ..Setup::default() };
        let (points, about) = ((entry.open)(&setup, policy), about(entry, policy));
        let server = Server::new(points, setup.tick, about, limits);
        let listener = listen(([127, 0, 0, 1], 0).into()).expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(server.serve(listener, async move {
            let _ = stopped.await;
        }));
        Serving { address, stop, ended }
    }

    /// A queue in memory, which answers at once.
    pub(crate) async fn quick(limits: Limits) -> Serving {
        Serving::open(entry("queue", "slab"), Latency::None, limits).await
    }

    /// Tells it to stop. What comes of that is what [`Stopping`] gives.
    pub(crate) fn stop(self) -> Stopping {
        let _ = self.stop.send(());
        Stopping { told: Instant::now(), ended: self.ended }
    }

    pub(crate) async fn connect(&self) -> Wire {
        Wire::to(self.address).await.expect("the server is there")
    }
}

/// A server that was told to stop.
pub(crate) struct Stopping {
    told: Instant,
    ended: JoinHandle<Served>,
}

impl Stopping {
    /// What it did, and how long it took to go.
    pub(crate) async fn ended(self) -> (Served, Duration) {
        let served = self.ended.await.expect("a server does not panic");
        (served, self.told.elapsed())
    }
}

/// One connection.
pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
}

impl Wire {
    pub(crate) async fn to(address: SocketAddr) -> io::Result<Wire> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Wire { stream: BufReader::new(stream) })
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Reads one answer whole. There is none if the other side has closed.
    ///
    /// # Errors
    /// If the connection breaks, or ends in the middle of an answer.
    pub(crate) async fn answer(&mut self) -> io::Result<Option<Answer>> {
        let broken = |what: &str| io::Error::new(io::ErrorKind::UnexpectedEof, what.to_owned());
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if self.stream.read_until(b'\n', &mut head).await? == 0 {
                let is_whole = head.is_empty();
                return if is_whole { Ok(None) } else { Err(broken("the head broke off")) };
            }
        }
        let head = String::from_utf8(head).map_err(|_| broken("the head is no text"))?;
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let status = status.ok_or_else(|| broken("there is no status"))?;
        let mut headers = HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            let name: HeaderName = name.parse().map_err(|_| broken("a header has no name"))?;
            headers.append(name, HeaderValue::from_str(value).map_err(io::Error::other)?);
        }
        let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        let length = length.and_then(|value| value.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await?;
        Ok(Some(Answer { status, headers, body }))
    }

    /// Sends, and reads what comes back.
    ///
    /// # Panics
    /// If nothing does.
    pub(crate) async fn ask(&mut self, ask: &Ask) -> Answer {
        self.send(&ask.bytes()).await.expect("the server reads");
        let answer = self.answer().await.expect("the server answers");
        answer.expect("the server does not close before it has answered")
    }

    /// Waits until the other side closes, having read whatever it said before, and says how long that
    /// took: more than [`SLACK`] if it does not.
    pub(crate) async fn closed(&mut self) -> Duration {
        let began = Instant::now();
        // One that is reset is closed as well.
        let _ = timeout(SLACK * 2, self.stream.read_to_end(&mut Vec::new())).await;
        began.elapsed()
    }

    /// Waits until an answer begins to come.
    ///
    /// # Panics
    /// If none does.
    pub(crate) async fn heard(&mut self) {
        let begun = self.stream.fill_buf().await.expect("the server answers");
        assert!(!begun.is_empty(), "the server closes before it has answered");
    }

    /// Says no more.
    pub(crate) async fn finish(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    /// Leaves without a good-bye: the other side's next look at it is an error.
    pub(crate) fn reset(self) {
        self.stream.get_ref().set_zero_linger().expect("a socket that is open takes options");
    }

    /// What `/metrics` says of `name`.
    pub(crate) async fn metric(&mut self, name: &str) -> u64 {
        metric(&self.ask(&Ask::get("/metrics")).await.text(), name)
    }

    /// Asks until `/metrics` says `value` of `name`.
    pub(crate) async fn until(&mut self, name: &str, value: u64) -> Found {
        let mut last = 0;
        let become_so = async {
            loop {
                last = self.metric(name).await;
                if last == value {
                    break;
                }
            }
        };
        let in_time = timeout(SLACK, become_so).await.is_ok();
        ensure(in_time, || format!("{name} is {last} and does not become {value}"))
    }

    pub(crate) async fn history(&mut self, user: u64) -> Vec<Line> {
        Line::of_all_pages(user, async |page| self.ask(&page).await).await
    }
}

/// Finds wrong what is not done in time.
pub(crate) async fn soon<T>(what: &str, work: impl Future<Output = T>) -> Result<T, String> {
    timeout(SLACK, work).await.map_err(|_| format!("{what}: not in {SLACK:?}"))
}
