//! The paths beside the accounts: HTML pages, and endpoints for monitoring.
//!
//! The pages load nothing from other servers. Their content security policy allows them only to
//! call the service that they came from.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderName, Uri, header},
    response::{Html, IntoResponse},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    app_state::AppState,
    json::Json,
    metrics,
    problem::{Code, Problem},
    spec::{CommonProblems, ReadyProblems},
};
use hotrow::domain::Bounds;

const LIVE: &str = include_str!("pages/live.html");
const DOCS: &str = include_str!("pages/docs.html");

/// Content security policy of the pages: inline scripts and styles, and calls of their own service.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
    connect-src 'self'; img-src data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 3] = [
    (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
];

/// The service and its policy.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Service {
    /// Version of the program.
    #[schema(examples("0.1.0"))]
    version: &'static str,
    /// The concurrency strategy that makes load, decide and commit one atomic step.
    #[schema(examples("queue"))]
    strategy: &'static str,
    /// Family of the strategy.
    #[schema(examples("Queue"))]
    family: String,
    /// Whether the strategy guarantees linearizability. One that does not may lose updates.
    linearizable: bool,
    /// The store of the accounts.
    #[schema(examples("memory"))]
    store: &'static str,
    /// Latency of the calls of the store.
    #[schema(examples("none"))]
    latency: String,
    policy: PolicyInForce,
}

/// The limits of amounts and balances.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Policy)]
pub(super) struct PolicyInForce {
    /// Minimum amount of a command.
    amount_min: u64,
    /// Maximum amount of a command.
    amount_max: u64,
    /// An amount must be a multiple of this.
    unit: u64,
    /// Maximum balance of an account.
    balance_max: u64,
}

/// The state of the service.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`.
    #[schema(examples("ok"))]
    status: &'static str,
}

const HEALTHY: Health = Health { status: "ok" };

/// Describe the service
///
/// The strategy, its store, and the policy.
#[utoipa::path(
    get,
    path = "/service",
    tag = "service",
    responses((status = 200, description = "The service", body = Service), CommonProblems)
)]
pub(super) async fn service(State(state): State<Arc<AppState>>) -> Json<Service> {
    let info = state.info.clone();
    let Bounds { amount_min, amount_max, unit, balance_max } = info.policy.bounds();
    Json(Service {
        version: info.version,
        strategy: info.strategy,
        family: info.family,
        linearizable: info.linearizable,
        store: info.store,
        latency: info.latency,
        policy: PolicyInForce { amount_min, amount_max, unit, balance_max },
    })
}

/// Check liveness
///
/// The process is alive if it answers.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "service",
    responses((status = 200, description = "The process is alive", body = Health), CommonProblems)
)]
pub(super) async fn healthz() -> Json<Health> {
    Json(HEALTHY)
}

/// Check readiness
///
/// The service is ready until it begins to shut down.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "service",
    responses((status = 200, description = "The service is ready", body = Health), ReadyProblems)
)]
pub(super) async fn readyz(State(state): State<Arc<AppState>>) -> Result<Json<Health>, Problem> {
    match state.is_open() {
        true => Ok(Json(HEALTHY)),
        false => {
            let problem = Problem::new(Code::ShuttingDown, "the service is shutting down");
            Err(problem.retry_after(state.limits.drain))
        }
    }
}

/// Read the metrics
///
/// The metrics in the OpenMetrics text format, for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "service",
    responses(
        (
            status = 200,
            description = "The metrics",
            body = String,
            content_type = "application/openmetrics-text"
        ),
        CommonProblems
    )
)]
pub(super) async fn metrics(State(state): State<Arc<AppState>>) -> impl IntoResponse {
    let text = state.metrics.text(state.limit.in_flight(), state.keys.len());
    ([(header::CONTENT_TYPE, metrics::MEDIA_TYPE)], text)
}

/// The page that shows one account and runs races.
pub(super) async fn live() -> impl IntoResponse {
    (HEADERS, Html(LIVE))
}

/// The page that documents the service.
///
/// It is our own: Scalar, Redoc and RapiDoc load their script from a network, and Swagger UI embeds
/// 1.7 MB, fifty times this page, without the problems and their sections.
pub(super) async fn docs() -> impl IntoResponse {
    (HEADERS, Html(DOCS))
}

/// Answers a request for an unknown path.
pub(super) async fn not_found(uri: Uri) -> Problem {
    let path = uri.path();
    let detail = if path.len() > 1 && path.ends_with('/') {
        "write the path without a slash at the end; GET /docs lists all paths"
    } else if path.contains("//") {
        "write one slash between the parts of the path; GET /docs lists all paths"
    } else if path.contains('%') {
        "write the path without percent-encoding; GET /docs lists all paths"
    } else {
        "GET /docs lists all paths"
    };
    Problem::new(Code::NotFound, detail)
}

/// Answers a request with a method that the path does not support.
pub(super) async fn not_allowed() -> Problem {
    Problem::new(Code::MethodNotAllowed, "the header Allow names the methods of this path")
}
