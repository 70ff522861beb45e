//! What a connection adds to the answers that go down it: whether it is kept, and for how long.
//!
//! An answer may be ready before its request was read. If the rest of the body is there already it is
//! dropped and the connection kept; if it is not, the answer says `Connection: close`, and the
//! connection lingers ([`super::lingering`]).

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderName, HeaderValue, Version, header},
    response::Response,
};
use hyper::body::{Frame, Incoming, SizeHint};

use super::{lingering::Owed, observe::observe, routing::Routes};

/// The header that says how long an idle connection is kept at least.
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// How much sooner a client should stop to reuse a connection than the server closes it: its next
/// request is then not on its way when that happens.
const MARGIN: Duration = Duration::from_secs(1);

/// What is known of one connection while its requests are answered, one at a time.
pub(super) struct Connection {
    routes: Arc<Routes>,
    pub(super) owed: Arc<Owed>,
    /// Whether the body of the present request was dropped before it was there.
    is_cut: AtomicBool,
}

impl Connection {
    pub(super) fn new(routes: Arc<Routes>) -> Connection {
        Connection { routes, owed: Arc::default(), is_cut: AtomicBool::new(false) }
    }

    /// Has one request answered.
    pub(super) async fn answer(
        self: Arc<Connection>,
        request: Request<Incoming>,
    ) -> Result<Response, Infallible> {
        let is_kept = is_kept(&request);
        let expects = request.headers().contains_key(header::EXPECT);
        let request = request.map(|body| self.watched(body, expects));
        let mut response = observe(&self.routes, request).await;
        // Relaxed: the body was dropped in this very task, or in one that it waited for.
        let is_cut = self.is_cut.swap(false, Ordering::Relaxed);
        let headers = response.headers_mut();
        if is_cut {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            return Ok(response);
        }
        self.owed.note_answered();
        let desk = &self.routes.desk;
        if let Some(idle_time) = &desk.idle_time
            && is_kept
            && desk.is_open()
        {
            headers.insert(header::CONNECTION, HeaderValue::from_static("keep-alive"));
            headers.insert(KEEP_ALIVE, idle_time.clone());
        }
        Ok(response)
    }

    fn watched(self: &Arc<Connection>, body: Incoming, expects: bool) -> Body {
        if body.is_end_stream() {
            return Body::empty();
        }
        Body::new(Watched { body, has_ended: false, is_withheld: expects, of: Arc::clone(self) })
    }
}

/// Whether the client leaves it to the server to keep the connection.
fn is_kept(request: &Request<Incoming>) -> bool {
    let values = request.headers().get_all(header::CONNECTION).iter();
    let mut options = values.filter_map(|value| value.to_str().ok()).flat_map(|it| it.split(','));
    request.version() == Version::HTTP_11
        && options.all(|option| !option.trim().eq_ignore_ascii_case("close"))
}

/// What an answer says of the idle time, if that is long enough to be counted in seconds.
pub(super) fn idle_time(patience: Duration) -> Option<HeaderValue> {
    let secs = patience.checked_sub(MARGIN)?.as_secs();
    let text = format!("timeout={secs}");
    (secs > 0).then(|| HeaderValue::try_from(text).expect("a word and digits are visible"))
}

/// A body that notes on its connection if it is dropped before its end.
struct Watched {
    body: Incoming,
    has_ended: bool,
    /// Whether the client waits for leave to send it, which a first look at it gives.
    is_withheld: bool,
    of: Arc<Connection>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.is_withheld = false;
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

impl Watched {
    /// Whether the body has ended, or what is left of it is there and was taken.
    fn is_whole(&mut self) -> bool {
        let mut nothing = Context::from_waker(Waker::noop());
        while !self.is_withheld && !self.has_ended && !self.body.is_end_stream() {
            match Pin::new(&mut self.body).poll_frame(&mut nothing) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(None) => self.has_ended = true,
                Poll::Ready(Some(Err(_))) | Poll::Pending => return false,
            }
        }
        !self.is_withheld
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if !self.is_whole() {
            self.of.is_cut.store(true, Ordering::Relaxed);
        }
    }
}
