//! What every request gets: a number, a place in the metrics, a line in the log if one is wanted,
//! and an answer even if a handler panics.
//!
//! A line says which route was asked for and never what was sent: what a stranger can write into a
//! log is a way to forge it.

use std::{panic::AssertUnwindSafe, time::Instant};

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, Method, header},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;

use super::{
    problem::{Code, Problem},
    routing::{Route, Routes},
};

/// What the lines of requests are filed under in the log, apart from the events of the service.
pub const REQUEST_LOG: &str = "request";

/// The header that names a request, in its answer and in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Has a request answered, and notes that it was.
pub(super) async fn observe(routes: &Routes, request: Request) -> Response {
    let desk = &routes.desk;
    let began = Instant::now();
    let route = Route::of(request.uri().path(), request.method());
    let method = known(request.method());
    let id = desk.request_ids.next();

    // Unwind safe: strategies keep their promises through a panic, and the desk has no lock that one
    // could leave half done.
    let answered = AssertUnwindSafe(routes.answer(route, request)).catch_unwind().await;
    let mut response = match answered {
        Ok(answered) => answered,
        // What it panicked with is for the log alone, where the panic hook puts it.
        Err(_) => {
            Problem::new(Code::Internal, "the handler of this request failed").into_response()
        }
    };

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
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id.header());
    // What a page may read of it depends on the page, and a cache has to know.
    if !headers.contains_key(header::VARY) {
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
    }
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
