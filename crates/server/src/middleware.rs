//! Middleware of every request: an id, metrics, an optional log line, and an answer even if the
//! handler panics.
//!
//! The log line names the route and never contains data from the request: a client could use such
//! data to forge log lines.

use std::{panic::AssertUnwindSafe, time::Instant};

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, Method, header},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;

use super::{
    problem::{Code, Problem},
    route::Route,
    routing::Routes,
};

/// Log target of the request lines, separate from the events of the service.
pub const REQUEST_LOG: &str = "request";

/// The header with the id of a request; the same id is in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Handles a request and records it.
pub(super) async fn observe(routes: &Routes, request: Request) -> Response {
    let state = &routes.state;
    let began = Instant::now();
    let route = Route::from_path(request.uri().path(), request.method());
    let method = method_name(request.method());
    let id = state.request_ids.next();

    // Unwind safe: strategies keep their guarantees through a panic, and the state has no lock that
    // a panic could leave with partial changes.
    let answered = AssertUnwindSafe(routes.handle(route, request)).catch_unwind().await;
    let mut response = match answered {
        Ok(answered) => answered,
        // The panic message goes only to the log, through the panic hook.
        Err(_) => {
            Problem::new(Code::Internal, "the handler of this request failed").into_response()
        }
    };

    let took = began.elapsed();
    let code = response.extensions().get::<Code>().copied();
    state.metrics.record_request(route, took.as_secs_f64(), code);
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
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id.header());
    // The headers of an answer depend on the origin of the page, and a cache must know that.
    if !headers.contains_key(header::VARY) {
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
    }
    response
}

/// Returns the name of a standard method, and `other` for any other method.
fn method_name(method: &Method) -> &'static str {
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
