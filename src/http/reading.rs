//! What a request says, read strictly: a number is written in plain digits or it is none.
//!
//! A lenient reader turns a mistake of the sender into a charge that nobody meant: `1e3` is a
//! thousand to one parser and one to another, `1.0` an integer here and not there, `"10"` a number
//! in one language, and a member that is there twice the first to some and the last to others. What
//! could be read in two ways is refused, and what is refused changes nothing.

use std::{pin::pin, time::Duration};

use axum::{
    BoxError,
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, HeaderName, HeaderValue, Uri, Version, header},
};
use futures_util::future::poll_immediate;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::timeout;

use super::{
    origins::is_host,
    problem::{Code, Problem},
};
use crate::{
    domain::{Amount, BALANCE_LIMIT, Policy, UserId, VERSION_LIMIT},
    store::Page,
};

/// The longest body that is read, in bytes.
pub const BODY_MAX: usize = 16 * 1024;

/// Most lines of a history in one answer.
pub const PAGE_MAX: usize = 1_000;

/// The longest idempotency key.
pub const KEY_MAX: usize = 255;

/// The header that makes a command safe to repeat.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Sees that a request names one host (RFC 9112, section 3.2). Before HTTP/1.1 it need not name any.
pub(super) fn host(version: Version, headers: &HeaderMap) -> Result<(), Problem> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let is_right = match (hosts.next(), hosts.next()) {
        (Some(host), None) => is_host(host.as_bytes()),
        (None, None) => version < Version::HTTP_11,
        _ => false,
    };
    let detail = "give one Host header, a host with or without a port, as Host: localhost:8080";
    is_right.then_some(()).ok_or_else(|| Problem::new(Code::InvalidHost, detail))
}

/// The user that the path names, as it was sent: a digit that is written as `%37` is none.
pub(super) fn user(uri: &Uri) -> Result<UserId, Problem> {
    let id = uri.path().split('/').nth(2);
    id.and_then(user_id).ok_or_else(|| {
        let max = UserId::MAX;
        let detail = "in plain digits and without percent-encoding";
        Problem::new(Code::InvalidId, format!("give a whole number from 1 to {max}, {detail}"))
    })
}

/// The page of a history that the query asks for.
pub(super) fn page(uri: &Uri) -> Result<Page, Problem> {
    page_of(uri.query().unwrap_or_default())
}

/// Digits as they are shown: no sign, no leading zero, nothing around them.
fn digits(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let has_one_form = text == "0" || !text.starts_with('0');
    (is_plain && has_one_form).then(|| text.parse().ok())?
}

fn user_id(text: &str) -> Option<UserId> {
    UserId::new(digits(text)?).ok()
}

/// Reads `limit` and `after`, each at most once and nothing else: a misspelt parameter that was passed
/// over would answer another question.
fn page_of(query: &str) -> Result<Page, Problem> {
    let refused = |detail: String| Problem::new(Code::InvalidQuery, detail);
    let (mut limit, mut after) = (None, None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (place, least, most) = match name {
            "limit" => (&mut limit, 1, PAGE_MAX as u64),
            "after" => (&mut after, 0, VERSION_LIMIT),
            _ => return Err(refused("give limit, after or neither".to_owned())),
        };
        let value = digits(value).filter(|value| (least..=most).contains(value));
        let value = value.ok_or_else(|| refused(format!("give {least} to {most} as {name}")))?;
        if place.replace(value).is_some() {
            return Err(refused(format!("give {name} once")));
        }
    }
    let limit = limit.map_or(PAGE_MAX, |limit| usize::try_from(limit).unwrap_or(PAGE_MAX));
    Ok(Page { after: after.unwrap_or(0), limit })
}

/// The idempotency key, if there is one. It is compared as it is, quotes and all.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let visible = |key: &&str| key.bytes().all(|byte| byte.is_ascii_graphic());
    match key.to_str().ok().filter(visible) {
        Some(text) if (1..=KEY_MAX).contains(&text.len()) && keys.next().is_none() => {
            Ok(Some(text))
        }
        _ => Err(Problem::new(
            Code::InvalidIdempotencyKey,
            format!("give one key of 1 to {KEY_MAX} visible ASCII characters"),
        )),
    }
}

/// Sees that the body is declared as what it has to be.
pub(super) fn declared_as_json(headers: &HeaderMap) -> Result<(), Problem> {
    let mut declared = headers.get_all(header::CONTENT_TYPE).iter();
    let first = declared.next();
    let is_json = first.is_some_and(is_json) && declared.next().is_none();
    if is_json && !headers.contains_key(header::CONTENT_ENCODING) {
        return Ok(());
    }
    let first = first.and_then(|value| value.to_str().ok()).unwrap_or_default();
    Err(Problem::new(Code::UnsupportedMediaType, instead_of(is_json, first)))
}

/// What to send instead of a body of this type.
fn instead_of(is_json: bool, media_type: &str) -> &'static str {
    let starts =
        |with: &str| media_type.get(..with.len()).is_some_and(|it| it.eq_ignore_ascii_case(with));
    if is_json {
        "send the body as it is, without Content-Encoding, and Content-Type: application/json"
    } else if starts("application/x-www-form-urlencoded") || starts("multipart/") {
        "a form is not read: send {\"amount\": N} with Content-Type: application/json"
    } else if starts("text/plain") {
        "text is not read: send {\"amount\": N} with Content-Type: application/json"
    } else {
        "send {\"amount\": N} with one header Content-Type: application/json, in UTF-8"
    }
}

fn is_json(media_type: &HeaderValue) -> bool {
    // Nearly all write it so.
    if media_type == "application/json" {
        return true;
    }
    let Ok(text) = media_type.to_str() else { return false };
    let mut parts = text.split(';').map(str::trim);
    let is_utf8 = |parameter: &str| {
        let known = ["charset=utf-8", "charset=\"utf-8\"", ""];
        known.iter().any(|known| parameter.eq_ignore_ascii_case(known))
    };
    parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"))
        && parts.all(is_utf8)
}

/// Reads the body and the amount in it.
///
/// # Errors
/// [`Problem`] if the body is too long or too slow, cannot be read, or says an amount that no policy
/// could allow.
pub(super) async fn amount(
    body: Body,
    patience: Duration,
    policy: &Policy,
) -> Result<Amount, Problem> {
    let too_large = || Problem::new(Code::BodyTooLarge, format!("send at most {BODY_MAX} bytes"));
    // Refused before it is asked for: its sender may wait for leave to send it.
    if body.size_hint().lower() > BODY_MAX as u64 {
        return Err(too_large());
    }
    let too_slow =
        |_| Problem::new(Code::BodyTooSlow, format!("send the whole body within {patience:?}"));
    let mut collecting = pin!(whole(Limited::new(body, BODY_MAX)));
    // Most bodies come with their heads and need no timer.
    let body = match poll_immediate(&mut collecting).await {
        Some(body) => body,
        None => Box::pin(timeout(patience, collecting)).await.map_err(too_slow)?,
    };
    let body = body.map_err(|error| match error.downcast_ref::<LengthLimitError>() {
        Some(_) => too_large(),
        None => Problem::new(Code::InvalidBody, "the body broke off"),
    })?;
    let bounds = policy.bounds();
    match points(&body) {
        None => Err(Problem::new(Code::InvalidBody, "give {\"amount\": N} or N, in plain digits")),
        Some(Points::Below) => Err(Problem::amount_below(bounds.amount_min)),
        Some(Points::Above) => Err(Problem::amount_above(bounds.amount_max)),
        Some(Points::Of(amount)) => Ok(amount),
    }
}

/// All of a body. Most come in one piece, which is not copied.
async fn whole(mut body: Limited<Body>) -> Result<Bytes, BoxError> {
    let Some(first) = body.frame().await.transpose()? else { return Ok(Bytes::new()) };
    let first = first.into_data().unwrap_or_default();
    if body.is_end_stream() {
        return Ok(first);
    }
    let rest = body.collect().await?.to_bytes();
    Ok([first, rest].concat().into())
}

/// An integer as far as it matters: what no policy allows is not looked at more closely.
#[derive(Debug, PartialEq, Eq)]
enum Points {
    Below,
    Of(Amount),
    Above,
}

/// The one member of the object. A second one, of whatever name, is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change<'a> {
    #[serde(borrow)]
    amount: &'a RawValue,
}

/// The integer that is the body, or that its member `amount` is.
fn points(body: &[u8]) -> Option<Points> {
    let is_object = body.trim_ascii_start().starts_with(b"{");
    let text = match is_object {
        true => serde_json::from_slice::<Change<'_>>(body).ok()?.amount.get(),
        false => serde_json::from_slice::<&RawValue>(body).ok()?.get(),
    };
    // JSON has no leading zeros and no plus, so the sign is all there is to look for.
    let (is_negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(match digits.parse() {
        Ok(points) if !is_negative && points <= BALANCE_LIMIT => match Amount::new(points) {
            Ok(amount) => Points::Of(amount),
            Err(_) => Points::Below,
        },
        _ if is_negative => Points::Below,
        _ => Points::Above,
    })
}

#[cfg(test)]
mod tests;
