//! Per-connection state, and the `Connection` and `Keep-Alive` headers of the answers.
//!
//! An answer may be ready before its request was read. If the rest of the body has already arrived,
//! it is dropped and the connection is kept. Otherwise the answer says `Connection: close`, and the
//! connection lingers ([`super::lingering`]).

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderName, HeaderValue, Version, header},
    response::Response,
};
use hyper::body::{Frame, Incoming, SizeHint};

use super::{lingering::UnreadInput, middleware::observe, routing::Routes};

/// The header that states how long an idle connection is kept.
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// One connection. It handles its requests one at a time.
pub(super) struct Connection {
    routes: Arc<Routes>,
    pub(super) unread: Arc<UnreadInput>,
    /// Whether the body of the present request was dropped before all of it had arrived.
    body_incomplete: AtomicBool,
}

impl Connection {
    pub(super) fn new(routes: Arc<Routes>) -> Connection {
        let (unread, body_incomplete) = (Arc::default(), AtomicBool::new(false));
        Connection { routes, unread, body_incomplete }
    }

    /// Handles one request.
    pub(super) async fn handle(
        self: Arc<Connection>,
        request: Request<Incoming>,
    ) -> Result<Response, Infallible> {
        let keeps_alive = keeps_alive(&request);
        let expects = request.headers().contains_key(header::EXPECT);
        let request = request.map(|body| self.watch(body, expects));
        let mut response = observe(&self.routes, request).await;
        // Relaxed: the body was dropped in this task, or in a task that this task waited for.
        let body_incomplete = self.body_incomplete.swap(false, Ordering::Relaxed);
        let headers = response.headers_mut();
        if body_incomplete {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            return Ok(response);
        }
        self.unread.clear();
        let state = &self.routes.state;
        if let Some(keep_alive) = &state.keep_alive
            && keeps_alive
            && state.is_open()
        {
            headers.insert(header::CONNECTION, HeaderValue::from_static("keep-alive"));
            headers.insert(KEEP_ALIVE, keep_alive.clone());
        }
        Ok(response)
    }

    fn watch(self: &Arc<Connection>, body: Incoming, expects: bool) -> Body {
        if body.is_end_stream() {
            return Body::empty();
        }
        let connection = Arc::clone(self);
        Body::new(WatchedBody { body, has_ended: false, awaits_continue: expects, connection })
    }
}

/// Whether the client lets the server keep the connection.
fn keeps_alive(request: &Request<Incoming>) -> bool {
    let values = request.headers().get_all(header::CONNECTION).iter();
    let mut options = values.filter_map(|value| value.to_str().ok()).flat_map(|it| it.split(','));
    request.version() == Version::HTTP_11
        && options.all(|option| !option.trim().eq_ignore_ascii_case("close"))
}

/// A body that reports to its connection if it is dropped before its end.
struct WatchedBody {
    body: Incoming,
    has_ended: bool,
    /// Whether the client waits for `100 Continue`, which the first poll of the body sends.
    awaits_continue: bool,
    connection: Arc<Connection>,
}

impl HttpBody for WatchedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.awaits_continue = false;
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        self.has_ended |= matches!(polled, Poll::Ready(None));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl WatchedBody {
    /// Whether the body has ended. What has arrived of it is read and dropped.
    fn is_complete(&mut self) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        while !self.awaits_continue && !self.has_ended && !self.body.is_end_stream() {
            match Pin::new(&mut self.body).poll_frame(&mut cx) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(None) => self.has_ended = true,
                Poll::Ready(Some(Err(_))) | Poll::Pending => return false,
            }
        }
        !self.awaits_continue
    }
}

impl Drop for WatchedBody {
    fn drop(&mut self) {
        if !self.is_complete() {
            self.connection.body_incomplete.store(true, Ordering::Relaxed);
        }
    }
}
