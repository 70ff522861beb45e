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
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header},
};
use futures_util::future::poll_immediate;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::timeout;

use super::problem::{Code, Problem};
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

/// The user that the path names, as it was sent: a digit that is written as `%37` is none.
pub(super) fn user(uri: &Uri) -> Result<UserId, Problem> {
    let id = uri.path().split('/').nth(2);
    id.and_then(user_id).ok_or_else(|| {
        let max = UserId::MAX;
        Problem::new(Code::InvalidId, format!("give a whole number from 1 to {max}"))
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
    let is_json = declared.next().is_some_and(is_json) && declared.next().is_none();
    if is_json && !headers.contains_key(header::CONTENT_ENCODING) {
        return Ok(());
    }
    let detail = "give Content-Type: application/json, and no Content-Encoding";
    Err(Problem::new(Code::UnsupportedMediaType, detail))
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
    let too_slow =
        |_| Problem::new(Code::BodyTooSlow, format!("send the whole body within {patience:?}"));
    let mut collecting = pin!(whole(Limited::new(body, BODY_MAX)));
    // Most bodies come with their heads and need no timer.
    let body = match poll_immediate(&mut collecting).await {
        Some(body) => body,
        None => Box::pin(timeout(patience, collecting)).await.map_err(too_slow)?,
    };
    let body = body.map_err(|error| match error.downcast_ref::<LengthLimitError>() {
        Some(_) => Problem::new(Code::BodyTooLarge, format!("send at most {BODY_MAX} bytes")),
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
mod tests {
    use super::*;

    fn read(body: &str) -> Option<Points> {
        points(body.as_bytes())
    }

    fn of(points: u64) -> Option<Points> {
        Some(Points::Of(Amount::new(points).unwrap()))
    }

    /// Both forms mean the same, whatever white space JSON allows around them.
    #[test]
    fn an_amount_is_a_member_or_the_whole_body() {
        for body in ["500", " 500\n", r#"{"amount":500}"#, "\t{ \"amount\" : 500 }\r\n"] {
            assert_eq!(read(body), of(500), "{body:?}");
        }
        assert_eq!(read("4294967295"), of(BALANCE_LIMIT));
        assert_eq!(read(r#"{"\u0061mount":1}"#), of(1));
    }

    /// An integer that is out of range was understood, and is told its range.
    #[test]
    fn an_integer_out_of_range_is_still_an_integer() {
        for below in ["0", "-0", "-1", "-99999999999999999999999999"] {
            assert_eq!(read(below), Some(Points::Below), "{below}");
        }
        for above in ["4294967296", "18446744073709551616", "99999999999999999999999999"] {
            assert_eq!(read(above), Some(Points::Above), "{above}");
        }
    }

    /// What another parser might read otherwise is not read at all.
    #[test]
    fn what_could_be_read_in_two_ways_is_not_read() {
        let refused = [
            "",
            " ",
            "1.0",
            "1.9",
            "1e3",
            "1E3",
            "0x10",
            "1_000",
            "+1",
            "01",
            "- 1",
            "1 2",
            "1,",
            "\"10\"",
            "null",
            "true",
            "NaN",
            "Infinity",
            "[]",
            "[1]",
            "{}",
            "{",
            "}",
            "\u{feff}1",
            r#"{"amount":1.0}"#,
            r#"{"amount":"10"}"#,
            r#"{"amount":null}"#,
            r#"{"amount":{}}"#,
            r#"{"amount":1,"amount":1}"#,
            r#"{"amount":1,"amount":2}"#,
            r#"{"amount":1,"a":1}"#,
            r#"{"Amount":1}"#,
            r#"{"amount":1,}"#,
            r#"{'amount':1}"#,
            r#"{"amount":1}{"amount":1}"#,
            r#"{"amount":1} x"#,
            r#"[{"amount":1}]"#,
            "\u{661}",
            "{\"amount\":1}\0",
        ];
        for body in refused {
            assert_eq!(read(body), None, "{body:?}");
        }
        assert_eq!(points(b"\xff1"), None);
        assert_eq!(points(b"1\xff"), None);
    }

    /// An id has one way to be written, so that one account has one address.
    #[test]
    fn an_id_is_written_in_one_way() {
        assert_eq!(user_id("1"), UserId::new(1).ok());
        assert_eq!(user_id("9223372036854775807"), UserId::new(UserId::MAX).ok());
        let refused = [
            "",
            "0",
            "00",
            "01",
            "+1",
            "-1",
            "1abc",
            "abc",
            "1.0",
            "1e3",
            "0x1",
            " 1",
            "1 ",
            "1_0",
            "9223372036854775808",
            "18446744073709551616",
            "\u{661}",
            "1\0",
            "null",
        ];
        for id in refused {
            assert_eq!(user_id(id), None, "{id:?}");
        }
    }

    /// A parameter that is misspelt, doubled or out of range must not be taken for its default.
    #[test]
    fn a_query_is_read_whole_or_not_at_all() {
        let whole = Page { after: 0, limit: PAGE_MAX };
        assert_eq!(page_of(""), Ok(whole));
        assert_eq!(page_of("limit=1&after=5"), Ok(Page { after: 5, limit: 1 }));
        assert_eq!(page_of("after=0&limit=1000"), Ok(whole));
        let refused = [
            "limit",
            "limit=",
            "limit=0",
            "limit=1001",
            "limit=-1",
            "limit=1.0",
            "limit=01",
            "limit=1&limit=1",
            "after=x",
            "after=-1",
            "after=99999999999",
            "afer=1",
            "Limit=1",
            "limit=1&x=2",
            "limit=%31",
        ];
        for query in refused {
            assert!(page_of(query).is_err(), "{query}");
        }
    }

    /// A form that happens to be JSON is what a browser sends across origins without asking.
    #[test]
    fn only_json_is_declared_as_json() {
        let declared = |media_type: &str| is_json(&HeaderValue::from_str(media_type).unwrap());
        for known in ["application/json", "Application/JSON", "application/json; charset=UTF-8"] {
            assert!(declared(known), "{known}");
        }
        for other in [
            "",
            "json",
            "text/json",
            "text/plain",
            "application/jsonp",
            "application/json-patch+json",
            "application/x-www-form-urlencoded",
            "application/json; charset=utf-16",
            "application/json, text/plain",
            "multipart/form-data",
        ] {
            assert!(!declared(other), "{other}");
        }
    }
}
