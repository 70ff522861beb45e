//! Strict parsing of requests: a number is written in plain digits, or it is rejected.
//!
//! A lenient parser can turn a client's mistake into an unintended charge. Parsers disagree about
//! `1e3`, about `1.0` as an integer, about `"10"` as a number, and about which value counts when a
//! member occurs twice. Input that parsers read in different ways is rejected, and a rejected
//! request changes nothing.

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
use hotrow::{
    domain::{Amount, BALANCE_LIMIT, Policy, UserId, VERSION_LIMIT},
    store::Page,
};

/// Maximum length of a body, in bytes.
pub const BODY_MAX: usize = 16 * 1024;

/// Maximum number of history entries in one answer.
pub const PAGE_MAX: usize = 1_000;

/// Maximum length of an idempotency key, in bytes.
pub const KEY_MAX: usize = 255;

/// The header that makes a command safe to repeat.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Checks that a request names one host (RFC 9112, section 3.2). Before HTTP/1.1 it may name none.
pub(super) fn check_host(version: Version, headers: &HeaderMap) -> Result<(), Problem> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let is_valid = match (hosts.next(), hosts.next()) {
        (Some(host), None) => is_host(host.as_bytes()),
        (None, None) => version < Version::HTTP_11,
        _ => false,
    };
    let detail = "give one Host header, a host with or without a port, as Host: localhost:8080";
    is_valid.then_some(()).ok_or_else(|| Problem::new(Code::InvalidHost, detail))
}

/// Parses the user id in the path as it was sent: the digit 7 written as `%37` is rejected.
pub(super) fn user(uri: &Uri) -> Result<UserId, Problem> {
    let id = uri.path().split('/').nth(2);
    id.and_then(parse_user_id).ok_or_else(|| {
        let max = UserId::MAX;
        let detail = "in plain digits and without percent-encoding";
        Problem::new(Code::InvalidId, format!("give a whole number from 1 to {max}, {detail}"))
    })
}

/// Parses the page of a history that the query selects.
pub(super) fn page(uri: &Uri) -> Result<Page, Problem> {
    parse_page(uri.query().unwrap_or_default())
}

/// Parses plain digits: no sign, no leading zero, no white space.
fn parse_digits(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_canonical = text == "0" || !text.starts_with('0');
    (is_plain && is_canonical).then(|| text.parse().ok())?
}

fn parse_user_id(text: &str) -> Option<UserId> {
    UserId::new(parse_digits(text)?).ok()
}

/// Parses `limit` and `after`, each at most once, and no other parameter: if a misspelt parameter
/// were ignored, the answer would be for another question.
fn parse_page(query: &str) -> Result<Page, Problem> {
    let invalid = |detail: String| Problem::new(Code::InvalidQuery, detail);
    let (mut limit, mut after) = (None, None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (parameter, min, max) = match name {
            "limit" => (&mut limit, 1, PAGE_MAX as u64),
            "after" => (&mut after, 0, VERSION_LIMIT),
            _ => return Err(invalid("use only the parameters limit and after".to_owned())),
        };
        let value = parse_digits(value).filter(|value| (min..=max).contains(value));
        let value = value.ok_or_else(|| invalid(format!("give {min} to {max} as {name}")))?;
        if parameter.replace(value).is_some() {
            return Err(invalid(format!("give {name} once")));
        }
    }
    let limit = limit.map_or(PAGE_MAX, |limit| usize::try_from(limit).unwrap_or(PAGE_MAX));
    Ok(Page { after: after.unwrap_or(0), limit })
}

/// Returns the idempotency key, if there is one. Keys are compared byte by byte, quotes included.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next() else { return Ok(None) };
    let is_visible = |key: &&str| key.bytes().all(|byte| byte.is_ascii_graphic());
    match key.to_str().ok().filter(is_visible) {
        Some(text) if (1..=KEY_MAX).contains(&text.len()) && keys.next().is_none() => {
            Ok(Some(text))
        }
        _ => Err(Problem::new(
            Code::InvalidIdempotencyKey,
            format!("give one key of 1 to {KEY_MAX} visible ASCII characters"),
        )),
    }
}

/// Checks that the body is declared as unencoded JSON.
pub(super) fn check_content_type(headers: &HeaderMap) -> Result<(), Problem> {
    let mut declared = headers.get_all(header::CONTENT_TYPE).iter();
    let first = declared.next();
    let is_json = first.is_some_and(is_json_type) && declared.next().is_none();
    if is_json && !headers.contains_key(header::CONTENT_ENCODING) {
        return Ok(());
    }
    let first = first.and_then(|value| value.to_str().ok()).unwrap_or_default();
    Err(Problem::new(Code::UnsupportedMediaType, content_type_advice(is_json, first)))
}

/// Tells the client what to send instead of a body of this media type.
fn content_type_advice(is_json: bool, media_type: &str) -> &'static str {
    let starts_with =
        |start: &str| media_type.get(..start.len()).is_some_and(|s| s.eq_ignore_ascii_case(start));
    if is_json {
        "send the body as it is, without Content-Encoding, and Content-Type: application/json"
    } else if starts_with("application/x-www-form-urlencoded") || starts_with("multipart/") {
        "form bodies are not supported: send {\"amount\": N} with Content-Type: application/json"
    } else if starts_with("text/plain") {
        "text bodies are not supported: send {\"amount\": N} with Content-Type: application/json"
    } else {
        "send {\"amount\": N} with one header Content-Type: application/json, in UTF-8"
    }
}

fn is_json_type(media_type: &HeaderValue) -> bool {
    // The common spelling needs no parsing.
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

/// Reads the body and parses the amount in it.
///
/// # Errors
/// [`Problem`] if the body is too long, too slow or malformed, or if no policy could allow the
/// amount.
pub(super) async fn amount(
    body: Body,
    io_timeout: Duration,
    policy: &Policy,
) -> Result<Amount, Problem> {
    let too_large = || Problem::new(Code::BodyTooLarge, format!("send at most {BODY_MAX} bytes"));
    // Rejected before the first poll of the body: the client may wait for `100 Continue`.
    if body.size_hint().lower() > BODY_MAX as u64 {
        return Err(too_large());
    }
    let too_slow =
        |_| Problem::new(Code::BodyTooSlow, format!("send the whole body within {io_timeout:?}"));
    let mut collecting = pin!(read_all(Limited::new(body, BODY_MAX)));
    // Most bodies arrive together with their heads and need no timer.
    let body = match poll_immediate(&mut collecting).await {
        Some(body) => body,
        None => Box::pin(timeout(io_timeout, collecting)).await.map_err(too_slow)?,
    };
    let body = body.map_err(|error| match error.downcast_ref::<LengthLimitError>() {
        Some(_) => too_large(),
        None => Problem::new(Code::InvalidBody, "the body ended early: send all of it"),
    })?;
    let bounds = policy.bounds();
    match parse_amount(&body) {
        None => Err(Problem::new(Code::InvalidBody, "give {\"amount\": N} or N, in plain digits")),
        Some(ParsedAmount::TooSmall) => Err(Problem::amount_below(bounds.amount_min)),
        Some(ParsedAmount::TooLarge) => Err(Problem::amount_above(bounds.amount_max)),
        Some(ParsedAmount::InRange(amount)) => Ok(amount),
    }
}

/// Reads all of a body. Most bodies arrive in one frame, which is not copied.
async fn read_all(mut body: Limited<Body>) -> Result<Bytes, BoxError> {
    let Some(first) = body.frame().await.transpose()? else { return Ok(Bytes::new()) };
    let first = first.into_data().unwrap_or_default();
    if body.is_end_stream() {
        return Ok(first);
    }
    let rest = body.collect().await?.to_bytes();
    Ok([first, rest].concat().into())
}

/// An integer, as far as its value matters: an amount that no policy allows keeps no value.
#[derive(Debug, PartialEq, Eq)]
enum ParsedAmount {
    TooSmall,
    InRange(Amount),
    TooLarge,
}

/// The only member of the object. A second member of any name is rejected.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change<'a> {
    #[serde(borrow)]
    amount: &'a RawValue,
}

/// Parses the integer that is the body, or that is the member `amount` of the body.
fn parse_amount(body: &[u8]) -> Option<ParsedAmount> {
    let is_object = body.trim_ascii_start().starts_with(b"{");
    let text = match is_object {
        true => serde_json::from_slice::<Change<'_>>(body).ok()?.amount.get(),
        false => serde_json::from_slice::<&RawValue>(body).ok()?.get(),
    };
    // JSON allows neither leading zeros nor a plus sign, so only a minus sign is possible.
    let (is_negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(match digits.parse() {
        Ok(points) if !is_negative && points <= BALANCE_LIMIT => match Amount::new(points) {
            Ok(amount) => ParsedAmount::InRange(amount),
            Err(_) => ParsedAmount::TooSmall,
        },
        _ if is_negative => ParsedAmount::TooSmall,
        _ => ParsedAmount::TooLarge,
    })
}

#[cfg(test)]
mod tests;
