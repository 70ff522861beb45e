//! What every request gets: a number, a place in the metrics, a line in the log if one is wanted,
//! and an answer even if a handler panics.
//!
//! A line says which route was asked for and never what was sent: what a stranger can write into a
//! log is a way to forge it.

use std::{any::Any, sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, Method},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    desk::Desk,
    metrics::Route,
    problem::{Code, Problem},
};

/// What the lines of requests are filed under in the log, apart from the events of the service.
pub const REQUEST_LOG: &str = "request";

/// The header that names a request, in its answer and in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Has the rest answer, and notes that it did.
pub(super) async fn observe(
    State(desk): State<Arc<Desk>>,
    request: Request,
    next: Next,
) -> Response {
    let began = Instant::now();
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let route = Route::of(path, request.method());
    let method = known(request.method());
    let id = desk.request_ids.next();

    let mut response = next.run(request).await;

    let took = began.elapsed();
    let code = response.extensions().get::<Code>().copied();
    desk.metrics.answered(route, took.as_secs_f64(), code);
    tracing::info!(
        target: REQUEST_LOG,
        id = id.as_str(),
        method,
        route = route.name(),
        status = response.status().as_u16(),
        code = code.map(Code::name),
        took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
    response.headers_mut().insert(REQUEST_ID, id.header());
    response
}

/// The method, if it is one that has a name in the standard.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::PATCH => "PATCH",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The answer of a handler that panicked. What it panicked with is for the log alone, where the
/// panic hook puts it.
pub(super) fn panicked(_what: Box<dyn Any + Send>) -> Response {
    Problem::new(Code::Internal, "the handler of this request failed").into_response()
}
