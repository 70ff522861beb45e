//! What is served beside the accounts: pages for people, and what machines ask a service about
//! itself.
//!
//! The pages are whole in themselves: they load nothing from elsewhere, and their policy lets them
//! do nothing but talk to the service that they came from.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderName, Uri, header},
    response::{Html, IntoResponse},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    desk::Desk,
    json::Json,
    metrics,
    problem::{Code, Problem},
    spec::{Plain, Ready},
};
use crate::domain::Bounds;

const LIVE: &str = include_str!("pages/live.html");
const DOCS: &str = include_str!("pages/docs.html");

/// What a page may do: run what is written in it, and ask its own service.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
    connect-src 'self'; img-src data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 3] = [
    (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// What is served.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Service {
    /// Version of the program.
    #[schema(examples("0.1.0"))]
    version: &'static str,
    /// What makes reading, deciding and writing one step.
    #[schema(examples("queue"))]
    strategy: &'static str,
    /// What kind of answer it is.
    #[schema(examples("Queue"))]
    family: String,
    /// Whether it promises to keep the books. One that does not loses updates.
    sound: bool,
    /// Where the accounts live.
    #[schema(examples("slab"))]
    store: &'static str,
    /// How long calls of the store take.
    #[schema(examples("none"))]
    latency: String,
    policy: PolicyInForce,
}

/// What an account may be asked for and may hold.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Policy)]
pub(super) struct PolicyInForce {
    /// Least points that a command may move.
    amount_min: u64,
    /// Most points that a command may move.
    amount_max: u64,
    /// An amount must be a multiple of this.
    unit: u64,
    /// Most points that an account may hold.
    balance_max: u64,
}

/// How the service is.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`.
    #[schema(examples("ok"))]
    status: &'static str,
}

const WELL: Health = Health { status: "ok" };

/// Say what is served
///
/// The strategy, its store, and the policy.
#[utoipa::path(
    get,
    path = "/service",
    tag = "service",
    responses((status = 200, description = "What is served", body = Service), Plain)
)]
pub(super) async fn service(State(desk): State<Arc<Desk>>) -> Json<Service> {
    let about = desk.about.clone();
    let Bounds { amount_min, amount_max, unit, balance_max } = about.policy.bounds();
    Json(Service {
        version: about.version,
        strategy: about.strategy,
        family: about.family,
        sound: about.sound,
        store: about.store,
        latency: about.latency,
        policy: PolicyInForce { amount_min, amount_max, unit, balance_max },
    })
}

/// Say whether the service lives
///
/// It does if it answers.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "service",
    responses((status = 200, description = "It does", body = Health), Plain)
)]
pub(super) async fn healthz() -> Json<Health> {
    Json(WELL)
}

/// Say whether requests are welcome
///
/// They are until the service is told to stop.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "service",
    responses((status = 200, description = "They are", body = Health), Ready)
)]
pub(super) async fn readyz(State(desk): State<Arc<Desk>>) -> Result<Json<Health>, Problem> {
    match desk.is_open() {
        true => Ok(Json(WELL)),
        false => {
            let problem = Problem::new(Code::ShuttingDown, "the service is going away");
            Err(problem.retry_after(desk.limits.drain))
        }
    }
}

/// Show what is counted
///
/// In the text format of OpenMetrics, for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "service",
    responses(
        (
            status = 200,
            description = "Counts and times",
            body = String,
            content_type = "application/openmetrics-text"
        ),
        Plain
    )
)]
pub(super) async fn metrics(State(desk): State<Arc<Desk>>) -> impl IntoResponse {
    let text = desk.metrics.text(desk.gate.waiting(), desk.keys.len());
    ([(header::CONTENT_TYPE, metrics::MEDIA_TYPE)], text)
}

/// The page to look at.
pub(super) async fn live() -> impl IntoResponse {
    (HEADERS, Html(LIVE))
}

/// The page that explains the rest.
pub(super) async fn docs() -> impl IntoResponse {
    (HEADERS, Html(DOCS))
}

/// What is under no other path.
pub(super) async fn nothing(uri: Uri) -> Problem {
    let path = uri.path();
    let detail = if path.len() > 1 && path.ends_with('/') {
        "write the path with no slash at the end; GET /docs lists what there is"
    } else if path.contains("//") {
        "write one slash between the parts of the path; GET /docs lists what there is"
    } else if path.contains('%') {
        "write the path without percent-encoding; GET /docs lists what there is"
    } else {
        "GET /docs lists what there is"
    };
    Problem::new(Code::NotFound, detail)
}

/// What a path does not know.
pub(super) async fn not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed, "the header Allow names the methods of this path")
}
