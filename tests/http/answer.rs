//! What came back.

use axum::{
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::Response,
};
use http_body_util::BodyExt;
use serde_json::Value;

/// An answer, read whole.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Answer {
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a body in memory does not break off").to_bytes();
        Answer { status: head.status.as_u16(), headers: head.headers, body: body.to_vec() }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body, if it is JSON, and null if it is not.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The value of a header that is there once.
    pub(crate) fn header(&self, name: impl Into<HeaderName>) -> Option<&str> {
        let mut values = self.headers.get_all(name.into()).iter();
        let value = values.next()?.to_str().ok();
        assert!(values.next().is_none(), "a header is there twice: {self:?}");
        value
    }

    /// What kind of problem it is, if it is one.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Whether it is that of a command that was repeated.
    pub(crate) fn is_replayed(&self) -> bool {
        self.header(REPLAYED) == Some("true")
    }

    /// The balance that it tells.
    pub(crate) fn point(&self) -> u64 {
        self.json()["point"].as_u64().unwrap_or_else(|| panic!("no balance is told: {self:?}"))
    }

    /// Says what it lacks of a whole problem of this kind.
    pub(crate) fn is_problem(&self, status: u16, code: &str) -> Result<(), String> {
        let told = self.json();
        let whole = self.status == status
            && self.header(header::CONTENT_TYPE) == Some("application/problem+json")
            && told["type"] == format!("/docs#{code}")
            && told["title"].as_str().is_some_and(|title| !title.is_empty())
            && told["detail"].as_str().is_some_and(|detail| !detail.is_empty())
            && told["status"] == status
            && told["code"] == code
            && (status != 503 || self.headers.contains_key(header::RETRY_AFTER))
            && (status != 405 || self.headers.contains_key(header::ALLOW))
            && self.headers.contains_key(REQUEST_ID);
        match whole {
            true => Ok(()),
            false => Err(format!("no whole problem {status} {code}: {}", self.shown())),
        }
    }

    /// As it is to be read in a message.
    pub(crate) fn shown(&self) -> String {
        let text: String = self.text().chars().take(300).collect();
        format!("{} {:?} {text}", self.status, self.headers)
    }

    /// Whether it says that a command was applied.
    pub(crate) fn is_ok(&self) -> bool {
        self.status == StatusCode::OK.as_u16()
    }
}

pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
