//! A TCP proxy between a client and a server: it delays, cuts, stalls and swallows answers.
//!
//! A network between a program and its database adds a round trip to every statement, and loses
//! connections at the worst moment. On one machine neither happens. The proxy makes both happen, on
//! demand and reproducibly.
//!
//! ```text
//! client --> proxy --> server     requests: delayed by half of the round trip, in order
//! client <-- proxy <-- server     answers:  the same, or cut, stalled or swallowed
//! ```
//!
//! A swallowed answer is the sharpest fault: the server has executed the statement, and the client
//! sees a lost connection. Bytes are delayed and never reordered, and a delay takes no bandwidth:
//! what is sent together arrives together.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{Instant, sleep_until},
};

/// Bytes that the proxy reads at a time. An answer to a small statement fits.
const CHUNK: usize = 16 * 1024;

/// Tokio's timer counts in milliseconds. The last part of a delay is spent yielding, so that a delay
/// is exact to a few microseconds.
const TIMER_STEP: Duration = Duration::from_millis(2);

/// What a proxy does to the bytes that pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProxyOptions {
    /// The time that a round trip takes longer, half of it each way.
    pub rtt: Duration,
    /// The seed of the choice which answers are swallowed.
    pub seed: u64,
}

/// A running proxy. It ends, with all its connections, when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    server: SocketAddr,
    half: Duration,
    /// One answer in this number is swallowed; 0 for none.
    swallow_one_in: AtomicU32,
    random: Mutex<fastrand::Rng>,
    is_stalled: AtomicBool,
    swallowed: AtomicU64,
    /// Its value changes when all connections have to end.
    cut: watch::Sender<u64>,
}

impl Proxy {
    /// Starts a proxy on a free port of 127.0.0.1, before the `server`.
    ///
    /// # Errors
    /// The error of the system if no port is free.
    pub async fn start(server: SocketAddr, options: ProxyOptions) -> io::Result<Proxy> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            server,
            half: options.rtt / 2,
            swallow_one_in: AtomicU32::new(0),
            random: Mutex::new(fastrand::Rng::with_seed(options.seed)),
            is_stalled: AtomicBool::new(false),
            swallowed: AtomicU64::new(0),
            cut: watch::Sender::new(0),
        });
        let listener = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Proxy { address, shared, listener })
    }

    /// Returns the address to connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on, swallows one answer in `one_in` on average, and cuts its connection. 0 swallows
    /// none.
    pub fn swallow_one_in(&self, one_in: u32) {
        // Relaxed here and below: a fault may begin a little later.
        self.shared.swallow_one_in.store(one_in, Ordering::Relaxed);
    }

    /// Returns the number of answers that were swallowed.
    pub fn swallowed(&self) -> u64 {
        self.shared.swallowed.load(Ordering::Relaxed)
    }

    /// Holds all answers back until it is called with false.
    pub fn stall(&self, is_stalled: bool) {
        self.shared.is_stalled.store(is_stalled, Ordering::Relaxed);
    }

    /// Closes all connections, in whatever they are. New ones are accepted.
    pub fn cut(&self) {
        self.shared.cut.send_modify(|cuts| *cuts += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listener.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let mut cut = shared.cut.subscribe();
            tokio::select! {
                // Client and server see for themselves that a connection has ended.
                _ = carry(client, &shared) => {}
                _ = cut.changed() => {}
            }
        });
    }
}

/// Carries one connection until either side or a fault ends it.
async fn carry(client: TcpStream, shared: &Shared) -> io::Result<()> {
    let server = TcpStream::connect(shared.server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        ended = pump(from_client, to_server, shared, false) => ended,
        ended = pump(from_server, to_client, shared, true) => ended,
    }
}

/// Bytes, and when they are due.
type Chunk = (Instant, Vec<u8>);

/// Carries one direction: one part stamps what arrives, the other delivers it when it is due.
async fn pump(
    from: OwnedReadHalf,
    to: OwnedWriteHalf,
    shared: &Shared,
    are_answers: bool,
) -> io::Result<()> {
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::select! {
        ended = receive(from, sender, shared, are_answers) => ended,
        ended = deliver(to, receiver, shared, are_answers) => ended,
    }
}

async fn receive(
    mut from: OwnedReadHalf,
    chunks: mpsc::UnboundedSender<Chunk>,
    shared: &Shared,
    are_answers: bool,
) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        if are_answers && shared.swallows() {
            return Ok(());
        }
        let _ = chunks.send((Instant::now() + shared.half, buffer[..length].to_vec()));
    }
}

async fn deliver(
    mut to: OwnedWriteHalf,
    mut chunks: mpsc::UnboundedReceiver<Chunk>,
    shared: &Shared,
    are_answers: bool,
) -> io::Result<()> {
    while let Some((due, bytes)) = chunks.recv().await {
        wait_until(due).await;
        while are_answers && shared.is_stalled.load(Ordering::Relaxed) {
            wait_until(Instant::now() + TIMER_STEP).await;
        }
        to.write_all(&bytes).await?;
    }
    Ok(())
}

async fn wait_until(due: Instant) {
    if due.saturating_duration_since(Instant::now()) > TIMER_STEP {
        sleep_until(due - TIMER_STEP).await;
    }
    while Instant::now() < due {
        tokio::task::yield_now().await;
    }
}

impl Shared {
    fn swallows(&self) -> bool {
        let one_in = self.swallow_one_in.load(Ordering::Relaxed);
        let swallows = one_in > 0 && self.random.lock().u32(..one_in) == 0;
        if swallows {
            self.swallowed.fetch_add(1, Ordering::Relaxed);
        }
        swallows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that sends everything back, and a connection to it through the proxy.
    async fn echo_through(options: ProxyOptions) -> (Proxy, TcpStream) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        let proxy = Proxy::start(address, options).await.unwrap();
        let stream = TcpStream::connect(proxy.address()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        (proxy, stream)
    }

    async fn round_trip(stream: &mut TcpStream) -> io::Result<Duration> {
        let began = Instant::now();
        stream.write_all(b"ping").await?;
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).await?;
        assert_eq!(&answer, b"ping");
        Ok(began.elapsed())
    }

    /// The fastest of many round trips: a slower one also shows what other programs do meanwhile.
    async fn fastest(rtt: Duration) -> Duration {
        let (_proxy, mut stream) = echo_through(ProxyOptions { rtt, seed: 1 }).await;
        let mut times = Vec::new();
        for _ in 0..200 {
            times.push(round_trip(&mut stream).await.unwrap());
        }
        times.into_iter().min().unwrap()
    }

    /// A table with a round trip that is not the one that it names misleads its reader.
    #[tokio::test]
    async fn a_round_trip_takes_as_much_longer_as_was_asked_for() {
        let without = fastest(Duration::ZERO).await;
        let asked = Duration::from_millis(4);
        let added = fastest(asked).await.saturating_sub(without);
        assert!(added >= asked.mul_f64(0.9), "added {added:?}");
        assert!(added <= asked.mul_f64(1.1), "added {added:?}");
    }

    /// A swallowed answer must reach the server and not the client.
    #[tokio::test]
    async fn a_swallowed_answer_ends_the_connection() {
        let (proxy, mut stream) = echo_through(ProxyOptions::default()).await;
        round_trip(&mut stream).await.unwrap();
        proxy.swallow_one_in(1);
        assert!(round_trip(&mut stream).await.is_err());
        assert_eq!(proxy.swallowed(), 1);
        proxy.swallow_one_in(0);
        let mut again = TcpStream::connect(proxy.address()).await.unwrap();
        round_trip(&mut again).await.unwrap();
    }

    /// A cut ends what runs, and a stall only holds it up.
    #[tokio::test]
    async fn a_cut_ends_connections_and_a_stall_delays_them() {
        let (proxy, mut stream) = echo_through(ProxyOptions::default()).await;
        proxy.stall(true);
        stream.write_all(b"ping").await.unwrap();
        let mut answer = [0; 4];
        let early = tokio::time::timeout(Duration::from_millis(30), stream.read_exact(&mut answer));
        assert!(early.await.is_err(), "the answer is held back");
        proxy.stall(false);
        stream.read_exact(&mut answer).await.unwrap();
        proxy.cut();
        assert!(matches!(stream.read(&mut answer).await, Ok(0) | Err(_)));
    }
}
