//! The server: it listens, limits what each connection may cost, and shuts down gracefully.
//!
//! By default hyper waits without a bound for the head of a request, for its body, and for a client
//! that does not read. Here each of these waits ends within [`Limits::io_timeout`]. A connection
//! past the limit is answered and closed, and does not wait in a queue. A server that stops accepts
//! no new requests, answers those that have begun, and ends within [`Limits::drain`]. Requests that
//! are still waiting shortly before that time are answered with a problem.

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
    Limits, Origins, ServiceInfo,
    app_state::{AppState, LifecycleState},
    connection::Connection,
    connection_timer::ConnectionTimer,
    lingering::{Lingering, UnreadInput},
    middleware::observe,
    routing::Routes,
};
use hotrow::{clock::CoarseClock, service::DynPointService};

/// Maximum length of the head of a request, in bytes: four times what a browser sends.
const HEAD_MAX: usize = 32 * 1024;

/// Maximum number of connections that are being rejected at the same time. Further ones are closed
/// without an answer.
pub const REFUSALS_MAX: usize = 1_024;

/// Maximum time for which a connection lingers: a client that is still sending must read its answer
/// within this time.
const LINGER_MAX: Duration = Duration::from_secs(5);

/// Connections that the system holds until they are accepted: more than a thousand that arrive at
/// the same moment. The system may allow fewer (`net.core.somaxconn`).
const BACKLOG: u32 = 4_096;

/// Time in which a rejected connection must read its answer.
const REJECTION_TIMEOUT: Duration = Duration::from_secs(1);

/// Pause after the system had no resources to accept a connection.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// Time before the end of the drain at which waiting requests are answered with a problem.
const SHUTDOWN_NOTICE: Duration = Duration::from_millis(500);

/// The answer to a connection past the limit. No request has been read, so the answer is constant.
const REJECTION: &str = concat!(
    "HTTP/1.1 503 Service Unavailable\r\n",
    "content-type: application/problem+json\r\n",
    "retry-after: 1\r\n",
    "connection: close\r\n",
    "content-length: 169\r\n\r\n",
    r#"{"type":"/docs#overloaded","title":"The service is overloaded","status":503,"#,
    r#""detail":"too many connections are open: retry after 1 s","#,
    r#""code":"overloaded","retryAfter":1}"#,
);

/// Binds a socket to `address` and listens, with a backlog for many connections at the same moment.
///
/// # Errors
/// The error of the system if the address cannot be bound.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A restarted server need not wait until the old connections have timed out.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The point service over HTTP, before it listens.
pub struct Server {
    state: Arc<AppState>,
    origins: Origins,
}

/// Counts of a server that has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShutdownSummary {
    /// Commands that were applied.
    pub applied: u64,
    /// Requests that the strategy had not answered at the end of the drain.
    pub unanswered: usize,
}

impl Server {
    /// Creates a server of `points`, which `info` describes. The server advances `clock`, which the
    /// store of `points` reads.
    pub fn new(
        points: Arc<dyn DynPointService>,
        clock: CoarseClock,
        info: ServiceInfo,
        limits: Limits,
    ) -> Server {
        let state = Arc::new(AppState::new(points, clock, info, limits));
        Server { state, origins: Origins::default() }
    }

    /// Sets the origins whose pages may call the server.
    pub fn with_origins(self, origins: Origins) -> Server {
        Server { origins, ..self }
    }

    fn routes(&self) -> Arc<Routes> {
        Arc::new(Routes::new(Arc::clone(&self.state), self.origins.clone()))
    }

    /// Returns the service as a router, for requests that do not come from a socket.
    pub fn router(&self) -> Router {
        let routes = self.routes();
        let observed = move |request| {
            let routes = Arc::clone(&routes);
            async move { Ok::<_, Infallible>(observe(&routes, request).await) }
        };
        Router::new().fallback_service(tower::service_fn(observed))
    }

    /// Serves the connections of `listener` until `stop` is ready, then drains.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
    ) -> ShutdownSummary {
        let clock_task = tokio::spawn(Arc::clone(&self.state.clock_task).run());
        let connections = GracefulShutdown::new();
        let routes = self.routes();
        let mut stop = pin!(stop);
        let limit = ConnectionLimit::new(self.state.limits.connections);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok((stream, _)) => match limit.try_acquire() {
                    Some(permit) => self.serve_connection(stream, permit, &routes, &connections),
                    None => self.reject_connection(stream, &limit),
                },
                Err(error) => pause_if_exhausted(error).await,
            }
        }
        drop(listener);
        let summary = self.drain(connections).await;
        clock_task.abort();
        summary
    }

    /// Serves one connection in its own task.
    fn serve_connection(
        &self,
        stream: TcpStream,
        permit: OwnedSemaphorePermit,
        routes: &Arc<Routes>,
        all: &GracefulShutdown,
    ) {
        let io_timeout = self.state.limits.io_timeout;
        // No delay for small answers. This fails only if the client has closed the connection.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(io_timeout));
        let connection = Arc::new(Connection::new(Arc::clone(routes)));
        let unread = Arc::clone(&connection.unread);
        let stream = Lingering::new(Box::pin(stream), unread, io_timeout.min(LINGER_MAX));
        let service =
            service_fn(move |request: Request<Incoming>| Arc::clone(&connection).handle(request));
        let connection = http1::Builder::new()
            .timer(ConnectionTimer::default())
            .header_read_timeout(io_timeout)
            .max_buf_size(HEAD_MAX)
            // Answers are small: one copy behind the head costs less than a write of two buffers.
            .writev(false)
            .serve_connection(TokioIo::new(stream), service);
        let connection = all.watch(connection);
        let state = Arc::clone(&self.state);
        state.metrics.connections.inc();
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "the connection ended with an error");
            }
            // The permit is released first: when the metric shows a free place, there is one.
            drop(permit);
            state.metrics.connections.dec();
        });
    }

    /// Answers a connection past the limit and closes it.
    fn reject_connection(&self, stream: TcpStream, limit: &ConnectionLimit) {
        self.state.metrics.connections_refused.inc();
        let Ok(permit) = Arc::clone(&limit.rejections).try_acquire_owned() else { return };
        // The client may still be sending its request, so the connection lingers.
        let mut stream = Lingering::new(stream, UnreadInput::pending(), REJECTION_TIMEOUT);
        tokio::spawn(async move {
            let answer = async {
                stream.write_all(REJECTION.as_bytes()).await?;
                stream.shutdown().await
            };
            // A client that does not read its answer is an error of the client only.
            let _ = timeout(REJECTION_TIMEOUT, answer).await;
            drop(permit);
        });
    }

    async fn drain(self, connections: GracefulShutdown) -> ShutdownSummary {
        let Limits { drain, .. } = self.state.limits;
        self.state.lifecycle.send_replace(LifecycleState::Draining);
        // This also waits for commands whose clients have disconnected.
        let all_done = connections.shutdown().then(|()| self.state.limit.wait_until_empty());
        let mut drained = pin!(all_done);
        if timeout(drain.saturating_sub(SHUTDOWN_NOTICE), &mut drained).await.is_err() {
            self.state.lifecycle.send_replace(LifecycleState::Ending);
            // After this, only connections of clients that neither read nor send are left.
            let _ = timeout(SHUTDOWN_NOTICE.min(drain), &mut drained).await;
        }
        ShutdownSummary {
            applied: self.state.metrics.applied(),
            unanswered: self.state.limit.in_flight(),
        }
    }
}

/// Limits the number of open connections.
struct ConnectionLimit {
    connections: Arc<Semaphore>,
    rejections: Arc<Semaphore>,
}

impl ConnectionLimit {
    fn new(connections: usize) -> ConnectionLimit {
        ConnectionLimit {
            connections: Arc::new(Semaphore::new(connections)),
            rejections: Arc::new(Semaphore::new(REFUSALS_MAX)),
        }
    }

    fn try_acquire(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.connections).try_acquire_owned().ok()
    }
}

/// Pauses after an error of `accept`, unless the error concerns only the connection. Errors such as
/// a lack of file descriptors pass when other connections close.
async fn pause_if_exhausted(error: io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if ![ConnectionAborted, ConnectionRefused, ConnectionReset].contains(&error.kind()) {
        tracing::warn!(%error, "cannot accept connections");
        sleep(ACCEPT_RETRY_DELAY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A wrong content length would make the client wait, or read bytes that do not exist.
    #[test]
    fn the_content_length_of_a_rejection_is_correct() {
        let (head, body) =
            REJECTION.split_once("\r\n\r\n").expect("the head ends with an empty line");
        assert!(head.ends_with(&format!("content-length: {}", body.len())), "{}", body.len());
        let problem: serde_json::Value = serde_json::from_str(body).expect("a problem is JSON");
        assert_eq!(problem["code"], "overloaded");
    }
}
