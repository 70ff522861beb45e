//! The answer to a request.

use axum::{
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::Response,
};
use http_body_util::BodyExt;
use serde_json::Value;

/// An answer with its whole body.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn from_response(response: Response) -> Answer {
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("a body in memory is complete").to_bytes();
        Answer { status: head.status.as_u16(), headers: head.headers, body: body.to_vec() }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null if it is not JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The value of a header that occurs at most once.
    pub(crate) fn header(&self, name: impl Into<HeaderName>) -> Option<&str> {
        let mut values = self.headers.get_all(name.into()).iter();
        let value = values.next()?.to_str().ok();
        assert!(values.next().is_none(), "a header occurs twice: {self:?}");
        value
    }

    /// The code of the problem; empty if the answer is not a problem.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Whether the answer is a replayed one.
    pub(crate) fn is_replayed(&self) -> bool {
        self.header(REPLAYED) == Some("true")
    }

    /// The balance in the answer.
    pub(crate) fn point(&self) -> u64 {
        self.json()["point"]
            .as_u64()
            .unwrap_or_else(|| panic!("the answer has no balance: {self:?}"))
    }

    /// Checks that the answer is a complete problem with this status and code.
    pub(crate) fn check_problem(&self, status: u16, code: &str) -> Result<(), String> {
        let problem = self.json();
        let is_complete = self.status == status
            && self.header(header::CONTENT_TYPE) == Some("application/problem+json")
            && problem["type"] == format!("/docs#{code}")
            && problem["title"].as_str().is_some_and(|title| !title.is_empty())
            && problem["detail"].as_str().is_some_and(|detail| !detail.is_empty())
            && problem["status"] == status
            && problem["code"] == code
            && (status != 503 || self.headers.contains_key(header::RETRY_AFTER))
            && (status != 405 || self.headers.contains_key(header::ALLOW))
            && self.headers.contains_key(REQUEST_ID);
        match is_complete {
            true => Ok(()),
            false => Err(format!("not a complete problem {status} {code}: {}", self.describe())),
        }
    }

    /// Status, headers and the start of the body, for messages.
    pub(crate) fn describe(&self) -> String {
        let text: String = self.text().chars().take(300).collect();
        format!("{} {:?} {text}", self.status, self.headers)
    }

    /// Whether the status is 200.
    pub(crate) fn is_ok(&self) -> bool {
        self.status == StatusCode::OK.as_u16()
    }
}

pub(crate) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
