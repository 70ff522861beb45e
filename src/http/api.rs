//! The four endpoints.
//!
//! A handler reads what is asked, asks the desk once, and writes what came of it. Its docs and its
//! attributes are what `/openapi.json` is made of.

use std::{mem, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    desk::{Desk, Replayed},
    json::Json,
    problem::Problem,
    reading,
    spec::{Asking, Change, Changing, KeyParameter, Listing, PageParameters, UserParameter},
};
use crate::{
    domain::{Action, Amount, LedgerEntry, UserId},
    service::Statement,
    store::Page,
};

/// The header of an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// What is held, and since when.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Point {
    /// Whose account it is.
    #[schema(minimum = 1, maximum = 9_223_372_036_854_775_807_i64, examples(7))]
    id: u64,
    /// Points held.
    #[schema(minimum = 0, maximum = 4_294_967_295_u32, examples(500))]
    point: u64,
    /// When the account became what it is, in milliseconds since 1970; 0 if nothing was ever done.
    #[schema(minimum = 0, examples(1_764_000_000_000_u64))]
    update_millis: u64,
}

/// One charge or use.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct History {
    /// Place in the history of this user, from 1.
    #[schema(minimum = 1, examples(1))]
    id: u64,
    /// Whose history it is.
    #[schema(minimum = 1, maximum = 9_223_372_036_854_775_807_i64, examples(7))]
    user_id: u64,
    /// Points moved.
    #[schema(minimum = 1, maximum = 4_294_967_295_u32, examples(500))]
    amount: u64,
    /// Which way.
    r#type: Transaction,
    /// When it was written, in milliseconds since 1970.
    #[schema(minimum = 0, examples(1_764_000_000_000_u64))]
    time_millis: u64,
}

/// Which way points were moved.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Transaction {
    /// They were added.
    Charge,
    /// They were spent.
    Use,
}

/// Read a balance
///
/// An unknown user has a balance of zero, and asking leaves no trace.
#[utoipa::path(
    get,
    path = "/point/{id}",
    tag = "points",
    params(UserParameter),
    responses((status = 200, description = "The account", body = Point), Asking)
)]
pub(super) async fn balance(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Json<Point>, Problem> {
    let user = reading::user(request.uri())?;
    let statement = desk.ask(user, desk.points.statement(user)).await?;
    Ok(Json(point(user, statement)))
}

/// List a history
///
/// Charges and uses of one user, oldest first. Everything acknowledged before the request is in it.
/// At most 1,000 are listed at once; where there are more, a `Link` header leads to the next.
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
            headers(("Link" = String, description = "Where the rest is, with `rel=\"next\"`"))
        ),
        Listing
    )
)]
pub(super) async fn histories(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Response, Problem> {
    let user = reading::user(request.uri())?;
    let page = reading::page(request.uri())?;
    // One more than is shown says whether there is more.
    let and_one_more = Page { limit: page.limit + 1, ..page };
    let mut lines = desk.ask(user, desk.points.history(user, and_one_more)).await?;
    let has_more = page.limit < lines.len();
    lines.truncate(page.limit);
    let shown: Vec<History> = lines.iter().map(history).collect();
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
/// Adds to the balance, unless it would pass the maximum.
#[utoipa::path(
    patch,
    path = "/point/{id}/charge",
    tag = "points",
    params(UserParameter, KeyParameter),
    request_body = Change,
    responses((status = 200, description = "The account after it", body = Point), Changing)
)]
pub(super) async fn charge(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Response, Problem> {
    change(&desk, request, Action::Charge).await
}

/// Use points
///
/// Takes from the balance, unless it holds too little.
#[utoipa::path(
    patch,
    path = "/point/{id}/use",
    operation_id = "use",
    tag = "points",
    params(UserParameter, KeyParameter),
    request_body = Change,
    responses((status = 200, description = "The account after it", body = Point), Changing)
)]
pub(super) async fn use_points(
    State(desk): State<Arc<Desk>>,
    request: Request,
) -> Result<Response, Problem> {
    change(&desk, request, Action::Use).await
}

async fn change(
    desk: &Arc<Desk>,
    mut request: Request,
    action: fn(Amount) -> Action,
) -> Result<Response, Problem> {
    let body = mem::take(request.body_mut());
    let user = reading::user(request.uri())?;
    reading::declared_as_json(request.headers())?;
    let key = reading::idempotency_key(request.headers())?;
    let amount = reading::amount(body, desk.limits.patience, &desk.about.policy).await?;
    let (answer, Replayed(replayed)) = desk.execute(user, action(amount), key).await?;
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
