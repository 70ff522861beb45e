//! The life of a server: it listens, bounds what each connection may cost, and goes when it is told.
//!
//! The stack waits for ever by default: for the head of a request, for its body, for a client that
//! does not read. Here each of these ends within [`Limits::patience`]. A connection past the bound is
//! answered and closed, not left in a line that nobody sees. Told to stop, the server takes nothing
//! new, answers what has begun, and within [`Limits::drain`] is gone: who still waits is told so
//! just before the end.

use std::{
    convert::Infallible, future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration,
};

use axum::Router;
use futures_util::FutureExt;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;

use super::{
    About, Limits, Origins,
    connection::Connection,
    desk::{Desk, Life},
    lingering::{Lingering, Owed},
    observe::observe,
    patience::Patience,
    routing::Routes,
};
use crate::{clock::Tick, service::Points};

/// The longest head of a request, in bytes: four times what a browser sends.
const HEAD_MAX: usize = 32 * 1024;

/// Connections that are being refused at once. Past it one is closed without an answer.
pub const REFUSALS_MAX: usize = 1_024;

/// How long a connection lingers at the most: a client that still sends reads its refusal within this.
const LINGER_MAX: Duration = Duration::from_secs(5);

/// Connections that the system may hold until they are accepted: more than a crowd of a thousand
/// that comes at the same moment. A system may allow fewer (`net.core.somaxconn`).
const BACKLOG: u32 = 4_096;

/// How long one that is turned away has to read why.
const REFUSAL_PATIENCE: Duration = Duration::from_secs(1);

/// How long to wait before accepting again where the system had nothing left to accept with.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// What is left of the time to drain when those who still wait are told to go.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What a connection past the bound is told. It has asked nothing yet, so all of it is fixed.
const REFUSAL: &str = concat!(
    "HTTP/1.1 503 Service Unavailable\r\n",
    "content-type: application/problem+json\r\n",
    "retry-after: 1\r\n",
    "connection: close\r\n",
    "content-length: 165\r\n\r\n",
    r#"{"type":"/docs#overloaded","title":"Too many are waiting","status":503,"#,
    r#""detail":"too many connections are open: ask again in 1 s","code":"overloaded","retryAfter":1}"#,
);

/// Listens at `address`, with room for a crowd that comes at the same moment.
///
/// # Errors
/// If the address cannot be listened at.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // As for any server: one that is started again must not wait for old connections to time out.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The service over HTTP, before it listens.
pub struct Server {
    desk: Arc<Desk>,
    origins: Origins,
}

/// What a server did in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// Commands that were applied.
    pub applied: u64,
    /// Requests that the strategy had not answered in time: their senders were told so, or had gone.
    pub unanswered: usize,
}

impl Server {
    /// A server of `points`, which is what `about` says, and which is told the time by `tick`.
    pub fn new(points: Arc<dyn Points>, tick: Tick, about: About, limits: Limits) -> Server {
        let desk = Arc::new(Desk::new(points, tick, about, limits));
        Server { desk, origins: Origins::default() }
    }

    /// The same server, which pages of `origins` may ask.
    pub fn with_origins(self, origins: Origins) -> Server {
        Server { origins, ..self }
    }

    fn routes(&self) -> Arc<Routes> {
        Arc::new(Routes::of(Arc::clone(&self.desk), self.origins.clone()))
    }

    /// What answers a request, for those who bring requests of their own.
    pub fn router(&self) -> Router {
        let routes = self.routes();
        let observed = move |request| {
            let routes = Arc::clone(&routes);
            async move { Ok::<_, Infallible>(observe(&routes, request).await) }
        };
        Router::new().fallback_service(tower::service_fn(observed))
    }

    /// Serves whoever connects to `listener` until `stop` is ready, and then until it has drained.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) -> Served {
        let timekeeper = tokio::spawn(Arc::clone(&self.desk.time).keep());
        let connections = GracefulShutdown::new();
        let routes = self.routes();
        let mut stop = pin!(stop);
        let door = Door::new(self.desk.limits.connections);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok((stream, _)) => match door.admit() {
                    Some(permit) => self.attend(stream, permit, &routes, &connections),
                    None => self.turn_away(stream, &door),
                },
                Err(error) => wait_out(error).await,
            }
        }
        drop(listener);
        let served = self.drain(connections).await;
        timekeeper.abort();
        served
    }

    /// Serves one connection, in a task of its own.
    fn attend(
        &self,
        stream: TcpStream,
        permit: OwnedSemaphorePermit,
        routes: &Arc<Routes>,
        all: &GracefulShutdown,
    ) {
        let patience = self.desk.limits.patience;
        // Small answers go out as they are written; one that fails was closed by the other side.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(patience));
        let connection = Arc::new(Connection::new(Arc::clone(routes)));
        let owed = Arc::clone(&connection.owed);
        let stream = Lingering::new(Box::pin(stream), owed, patience.min(LINGER_MAX));
        let service =
            service_fn(move |request: Request<Incoming>| Arc::clone(&connection).answer(request));
        let connection = http1::Builder::new()
            .timer(Patience::default())
            .header_read_timeout(patience)
            .max_buf_size(HEAD_MAX)
            // Answers are small: to copy one behind its head costs less than to send two pieces.
            .writev(false)
            .serve_connection(TokioIo::new(stream), service);
        let connection = all.watch(connection);
        let desk = Arc::clone(&self.desk);
        desk.metrics.connections.inc();
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
            // In this order, so that whoever reads that there is room finds it.
            drop(permit);
            desk.metrics.connections.dec();
        });
    }

    /// Tells one connection that it is one too many.
    fn turn_away(&self, stream: TcpStream, door: &Door) {
        self.desk.metrics.connections_refused.inc();
        let Ok(permit) = Arc::clone(&door.refusals).try_acquire_owned() else { return };
        // It owes what it has not sent yet, and so is heard to its end.
        let mut stream = Lingering::new(stream, Owed::of_a_request(), REFUSAL_PATIENCE);
        tokio::spawn(async move {
            let last_words = async {
                stream.write_all(REFUSAL.as_bytes()).await?;
                stream.shutdown().await
            };
            // Whether it stayed to listen is its own affair.
            let _ = timeout(REFUSAL_PATIENCE, last_words).await;
            drop(permit);
        });
    }

    async fn drain(self, connections: GracefulShutdown) -> Served {
        let Limits { drain, .. } = self.desk.limits;
        self.desk.life.send_replace(Life::Draining);
        // Those whose senders have gone are waited for as well.
        let mut drained = pin!(connections.shutdown().then(|()| self.desk.gate.emptied()));
        if timeout(drain.saturating_sub(LAST_WORDS), &mut drained).await.is_err() {
            self.desk.life.send_replace(Life::Ending);
            // What is not answered by then is of clients who do not read, or do not send.
            let _ = timeout(LAST_WORDS.min(drain), &mut drained).await;
        }
        Served { applied: self.desk.metrics.applied(), unanswered: self.desk.gate.waiting() }
    }
}

/// How many may come in.
struct Door {
    connections: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
}

impl Door {
    fn new(connections: usize) -> Door {
        Door {
            connections: Arc::new(Semaphore::new(connections)),
            refusals: Arc::new(Semaphore::new(REFUSALS_MAX)),
        }
    }

    fn admit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.connections).try_acquire_owned().ok()
    }
}

/// A connection that broke before it was accepted is no reason to stop; a lack of file descriptors
/// passes when somebody leaves.
async fn wait_out(error: io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if ![ConnectionAborted, ConnectionRefused, ConnectionReset].contains(&error.kind()) {
        tracing::warn!(%error, "cannot accept");
        sleep(ACCEPT_AGAIN).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A length that is not its body's would leave a client waiting, or reading what is not there.
    #[test]
    fn a_refusal_is_as_long_as_it_says() {
        let (head, body) = REFUSAL.split_once("\r\n\r\n").expect("a head ends with an empty line");
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{}", body.len());
        let told: serde_json::Value = serde_json::from_str(body).expect("a problem is JSON");
        assert_eq!(told["code"], "overloaded");
    }
}
