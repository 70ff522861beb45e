//! The four endpoints.
//!
//! A handler parses the request, calls the [`AppState`] once, and writes the result.
//! `/openapi.json` is generated from the docs and attributes of the handlers.

use std::{mem, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    app_state::{AppState, Replayed},
    extract,
    json::Json,
    problem::Problem,
    spec::{
        Change, ChangeProblems, HistoryProblems, KeyParameter, PageParameters, ReadProblems,
        UserParameter,
    },
};
use hotrow::{
    domain::{Action, Amount, LedgerEntry, UserId},
    service::Statement,
    store::Page,
};

/// The header that marks a replayed answer.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The balance of an account, and the time of its last change.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Point {
    /// The user that owns the account.
    #[schema(minimum = 1, maximum = 9_223_372_036_854_775_807_i64, examples(7))]
    id: u64,
    /// The balance in points.
    #[schema(minimum = 0, maximum = 4_294_967_295_u32, examples(500))]
    point: u64,
    /// Time of the last command, in milliseconds since 1970; 0 if there was none.
    #[schema(minimum = 0, examples(1_764_000_000_000_u64))]
    update_millis: u64,
}

/// One charge or use.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct History {
    /// Position in the history of this user, from 1.
    #[schema(minimum = 1, examples(1))]
    id: u64,
    /// The user that owns the account.
    #[schema(minimum = 1, maximum = 9_223_372_036_854_775_807_i64, examples(7))]
    user_id: u64,
    /// Points added or subtracted.
    #[schema(minimum = 1, maximum = 4_294_967_295_u32, examples(500))]
    amount: u64,
    /// Whether the points were added or subtracted.
    r#type: Transaction,
    /// Time of the command, in milliseconds since 1970.
    #[schema(minimum = 0, examples(1_764_000_000_000_u64))]
    time_millis: u64,
}

/// Whether points were added or subtracted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Transaction {
    /// The points were added.
    Charge,
    /// The points were subtracted.
    Use,
}

/// Read a balance
///
/// An unknown user has a balance of zero. Reading it creates no account.
#[utoipa::path(
    get,
    path = "/point/{id}",
    tag = "points",
    params(UserParameter),
    responses((status = 200, description = "The account", body = Point), ReadProblems)
)]
pub(super) async fn balance(
    State(state): State<Arc<AppState>>,
    request: Request,
) -> Result<Json<Point>, Problem> {
    let user = extract::user(request.uri())?;
    let statement = state.read(user, state.points.statement(user)).await?;
    Ok(Json(point(user, statement)))
}

/// List a history
///
/// Charges and uses of one user, oldest first. The list contains every command that was
/// acknowledged before the request. A page has at most 1,000 entries; the `Link` header names the
/// next page.
#[utoipa::path(
    get,
    path = "/point/{id}/histories",
    tag = "points",
    params(UserParameter, PageParameters),
    responses(
        (
            status = 200,
            description = "The charges and uses",
            body = Vec<History>,
            headers(("Link" = String, description = "The next page, with `rel=\"next\"`"))
        ),
        HistoryProblems
    )
)]
pub(super) async fn histories(
    State(state): State<Arc<AppState>>,
    request: Request,
) -> Result<Response, Problem> {
    let user = extract::user(request.uri())?;
    let page = extract::page(request.uri())?;
    // One entry more than the page shows whether there is a next page.
    let one_more = Page { limit: page.limit + 1, ..page };
    let mut entries = state.read(user, state.points.history(user, one_more)).await?;
    let has_more = page.limit < entries.len();
    entries.truncate(page.limit);
    let shown: Vec<History> = entries.iter().map(history).collect();
    let mut response = Json(shown).into_response();
    if has_more {
        let (after, limit) = (page.after + page.limit as u64, page.limit);
        let link = format!("</point/{user}/histories?after={after}&limit={limit}>; rel=\"next\"");
        let link = HeaderValue::try_from(link).expect("a path of digits is visible ASCII");
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

/// Charge points
///
/// Adds points to the balance, unless the balance would exceed the maximum.
#[utoipa::path(
    patch,
    path = "/point/{id}/charge",
    tag = "points",
    params(UserParameter, KeyParameter),
    request_body = Change,
    responses((status = 200, description = "The changed account", body = Point), ChangeProblems)
)]
pub(super) async fn charge(
    State(state): State<Arc<AppState>>,
    request: Request,
) -> Result<Response, Problem> {
    change(&state, request, Action::Charge).await
}

/// Use points
///
/// Subtracts points from the balance, unless the balance is too small.
#[utoipa::path(
    patch,
    path = "/point/{id}/use",
    operation_id = "use",
    tag = "points",
    params(UserParameter, KeyParameter),
    request_body = Change,
    responses((status = 200, description = "The changed account", body = Point), ChangeProblems)
)]
pub(super) async fn use_points(
    State(state): State<Arc<AppState>>,
    request: Request,
) -> Result<Response, Problem> {
    change(&state, request, Action::Use).await
}

async fn change(
    state: &Arc<AppState>,
    mut request: Request,
    action: fn(Amount) -> Action,
) -> Result<Response, Problem> {
    let body = mem::take(request.body_mut());
    let user = extract::user(request.uri())?;
    extract::check_content_type(request.headers())?;
    let key = extract::idempotency_key(request.headers())?;
    let amount = extract::amount(body, state.limits.io_timeout, &state.info.policy).await?;
    let (answer, Replayed(replayed)) = state.execute(user, action(amount), key).await?;
    let mut response = match answer {
        Ok(statement) => Json(point(user, statement)).into_response(),
        Err(failure) => Problem::from(failure).into_response(),
    };
    if replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

fn point(user: UserId, statement: Statement) -> Point {
    let Statement { account, time_millis } = statement;
    Point { id: user.value(), point: account.balance, update_millis: time_millis }
}

fn history(entry: &LedgerEntry) -> History {
    let command = entry.receipt.command;
    History {
        id: entry.receipt.after.version,
        user_id: command.user.value(),
        amount: command.action.amount().points(),
        r#type: match command.action {
            Action::Charge(_) => Transaction::Charge,
            Action::Use(_) => Transaction::Use,
        },
        time_millis: entry.time_millis,
    }
}
