//! Problems: the answers to requests that fail, as problem details of RFC 9457.
//!
//! One table lists all of them. A client program reads `code`, a person reads `title` and `detail`,
//! and `type` links to the documentation page. A problem never repeats data of the request: its
//! detail names what is wrong and says what to send instead.

use std::{borrow::Cow, time::Duration};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use super::json::Json;
use hotrow::domain::{Failure, Fault, Reason, Rejection, StoreError};

/// Default of `Retry-After` in seconds: many times what a command takes.
const RETRY_AFTER_SECS: u64 = 1;

/// Makes the table: a code, its name, its status, its title, and its cause.
macro_rules! codes {
    ($($(#[doc = $when:literal])+ $code:ident $name:literal $status:ident $title:literal;)+) => {
        /// The codes of all problems.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $when])+ $code,)+
        }

        impl Code {
            /// All codes, in the order of the table.
            pub const ALL: &[Code] = &[$(Code::$code),+];

            /// The name in the `code` member.
            pub fn name(self) -> &'static str {
                match self { $(Code::$code => $name),+ }
            }

            /// The HTTP status.
            pub fn status(self) -> StatusCode {
                match self { $(Code::$code => StatusCode::$status),+ }
            }

            /// The title, the same for every problem with this code.
            pub fn title(self) -> &'static str {
                match self { $(Code::$code => $title),+ }
            }

            /// The cause, as a sentence.
            pub fn when(self) -> &'static str {
                match self { $(Code::$code => concat!($($when),+).trim_ascii()),+ }
            }
        }
    };
}

codes! {
    /// The id in the path is not a whole number from 1 to 2^63 - 1, written in plain digits.
    InvalidId "invalid-id" BAD_REQUEST "The user id is invalid";
    /// The request has no Host header, more than one, or one that is not a host with an optional
    /// port.
    InvalidHost "invalid-host" BAD_REQUEST "The host is invalid";
    /// The query has an unknown parameter, or a parameter whose value is out of range.
    InvalidQuery "invalid-query" BAD_REQUEST "The query is invalid";
    /// The body is neither an integer nor a JSON object whose only member is the integer `amount`.
    InvalidBody "invalid-body" BAD_REQUEST "The body is invalid";
    /// There is more than one Idempotency-Key header, or its value is not 1 to 255 visible ASCII
    /// characters.
    InvalidIdempotencyKey "invalid-idempotency-key" BAD_REQUEST "The idempotency key is invalid";
    /// The preflight request of a page comes from an origin that `--cors-origin` does not allow.
    OriginNotAllowed "origin-not-allowed" FORBIDDEN "The origin is not allowed";
    /// The path does not exist.
    NotFound "not-found" NOT_FOUND "The path does not exist";
    /// The path does not support this method; `Allow` lists the methods that it supports.
    MethodNotAllowed "method-not-allowed" METHOD_NOT_ALLOWED "The method is not allowed";
    /// The body did not arrive in time.
    BodyTooSlow "body-too-slow" REQUEST_TIMEOUT "The body is too slow";
    /// The amount to use exceeds the balance, which is `balance`.
    InsufficientBalance "insufficient-balance" CONFLICT "The balance is too small";
    /// The balance after the charge would exceed the maximum, which is `limit`.
    BalanceAboveMaximum "balance-above-maximum" CONFLICT "The balance would be too large";
    /// The ledger of the account has reached its maximum number of commands, which is `limit`.
    LedgerFull "ledger-full" CONFLICT "The ledger is full";
    /// The body is longer than the maximum.
    BodyTooLarge "body-too-large" PAYLOAD_TOO_LARGE "The body is too large";
    /// The body is not declared as `application/json` in UTF-8 without a content encoding.
    UnsupportedMediaType "unsupported-media-type" UNSUPPORTED_MEDIA_TYPE
        "The body is not declared as JSON";
    /// The amount is below the minimum, which is `limit`.
    AmountBelowMinimum "amount-below-minimum" UNPROCESSABLE_ENTITY "The amount is too small";
    /// The amount is above the maximum, which is `limit`.
    AmountAboveMaximum "amount-above-maximum" UNPROCESSABLE_ENTITY "The amount is too large";
    /// The amount is not a multiple of the unit, which is `limit`.
    AmountNotInUnits "amount-not-in-units" UNPROCESSABLE_ENTITY "The amount is not a multiple of the unit";
    /// The idempotency key was used with another command for the same account.
    IdempotencyKeyReused "idempotency-key-reused" UNPROCESSABLE_ENTITY
        "The idempotency key belongs to another command";
    /// A fault interrupted the command: it was applied once or not at all.
    OutcomeUnknown "outcome-unknown" INTERNAL_SERVER_ERROR "The outcome is not known";
    /// The service failed, and the request changed nothing.
    Internal "internal" INTERNAL_SERVER_ERROR "The service failed";
    /// The store failed before anything was written. The command is not applied: send it again.
    NotApplied "not-applied" SERVICE_UNAVAILABLE "The command is not applied";
    /// Too many requests are waiting, for this account or in all; this request was not begun.
    Overloaded "overloaded" SERVICE_UNAVAILABLE "The service is overloaded";
    /// The command is still waiting and may be applied later: send it again with the same
    /// idempotency key.
    TimedOut "timed-out" SERVICE_UNAVAILABLE "The request timed out";
    /// The service is shutting down. A command that had begun may have been applied.
    ShuttingDown "shutting-down" SERVICE_UNAVAILABLE "The service is shutting down";
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let names = Code::ALL.iter().map(|code| code.name());
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("The kind of problem, for programs"))
            .enum_values(Some(names))
            .into()
    }
}

impl ToSchema for Code {}

/// The answer to one request that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    balance: Option<u64>,
    limit: Option<u64>,
    retry_after: Option<u64>,
}

/// The members of a problem, in the order in which they are sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Members {
    /// Link to the documentation of this kind of problem, relative to the service.
    #[schema(format = "uri-reference", examples("/docs#insufficient-balance"))]
    r#type: String,
    /// The same for every problem with this code.
    #[schema(examples("The balance is too small"))]
    title: &'static str,
    /// The HTTP status.
    #[schema(examples(409))]
    status: u16,
    /// What is wrong, and what to send instead.
    #[schema(examples("balance 20 is too small to use 30"))]
    detail: Cow<'static, str>,
    /// The kind of problem, for programs.
    code: Code,
    /// The balance of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, nullable = false, examples(20))]
    balance: Option<u64>,
    /// The limit that the request violates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, nullable = false)]
    limit: Option<u64>,
    /// Seconds to wait before sending the request again, as in `Retry-After`.
    #[serde(rename = "retryAfter", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, nullable = false, examples(1))]
    retry_after: Option<u64>,
}

impl Problem {
    /// Creates a problem. `detail` describes this case.
    pub(super) fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Problem {
        let retry_after =
            (code.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_SECS);
        Problem { code, detail: detail.into(), balance: None, limit: None, retry_after }
    }

    /// Sets the time to wait, if this problem is temporary (status 503).
    pub(super) fn retry_after(self, time: Duration) -> Problem {
        let secs = time.as_secs() + u64::from(time.subsec_nanos() > 0);
        Problem { retry_after: self.retry_after.and(Some(secs.max(RETRY_AFTER_SECS))), ..self }
    }

    fn limit(self, limit: u64) -> Problem {
        Problem { limit: Some(limit), ..self }
    }

    fn balance(self, balance: u64) -> Problem {
        Problem { balance: Some(balance), ..self }
    }

    /// An amount that no policy allows; the account was not read.
    pub(super) fn amount_below(min: u64) -> Problem {
        let detail = format!("the amount is too small: give {min} or more");
        Problem::new(Code::AmountBelowMinimum, detail).limit(min)
    }

    /// An amount that no policy allows; the account was not read.
    pub(super) fn amount_above(max: u64) -> Problem {
        let detail = format!("the amount is too large: give at most {max}");
        Problem::new(Code::AmountAboveMaximum, detail).limit(max)
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Problem {
        let problem = |code| Problem::new(code, rejection.to_string());
        let balance = rejection.before.balance;
        match rejection.reason {
            Reason::AmountBelowMinimum { min } => Problem::amount_below(min),
            Reason::AmountAboveMaximum { max } => Problem::amount_above(max),
            Reason::AmountNotInUnits { unit } => problem(Code::AmountNotInUnits).limit(unit),
            Reason::InsufficientBalance => problem(Code::InsufficientBalance).balance(balance),
            Reason::BalanceAboveMaximum { max } => {
                problem(Code::BalanceAboveMaximum).balance(balance).limit(max)
            }
            Reason::LedgerFull { max } => problem(Code::LedgerFull).balance(balance).limit(max),
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Problem {
        match failure {
            Failure::Rejected(rejection) => Problem::from(rejection),
            Failure::NotApplied(error) => Problem::new(Code::NotApplied, detail_of(error)),
            Failure::Indeterminate(Fault::Store(error)) => {
                Problem::new(Code::OutcomeUnknown, detail_of(error))
            }
            Failure::Indeterminate(fault) => Problem::new(Code::OutcomeUnknown, fault.to_string()),
        }
    }
}

/// Logs the error of a store, whose message may name hosts and users, and returns its kind.
fn detail_of(error: StoreError) -> String {
    tracing::warn!(%error, "the store failed");
    error.kind().to_string()
}

/// A failed read, which has changed nothing.
impl From<Fault> for Problem {
    fn from(fault: Fault) -> Problem {
        let detail = match fault {
            Fault::Store(error) => detail_of(error),
            fault => fault.to_string(),
        };
        Problem::new(Code::Internal, detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Problem { code, detail, balance, limit, retry_after } = self;
        let detail = match retry_after {
            Some(secs) => Cow::Owned(format!("{detail}: retry after {secs} s")),
            None => detail,
        };
        let members = Members {
            r#type: format!("/docs#{}", code.name()),
            title: code.title(),
            status: code.status().as_u16(),
            detail,
            code,
            balance,
            limit,
            retry_after,
        };
        let mut response = (code.status(), Json(members)).into_response();
        let headers = response.headers_mut();
        let media_type = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, media_type);
        if let Some(secs) = retry_after {
            headers.insert(header::RETRY_AFTER, secs.into());
        }
        // The middleware reads the code for the log and the metrics.
        response.extensions_mut().insert(code);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotrow::domain::StoreErrorKind;

    /// Clients distinguish problems by their name, and the documentation page uses it as an anchor.
    #[test]
    fn every_code_has_a_unique_name_of_lower_case_letters() {
        let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(names.iter().all(|name| name.bytes().all(|b| b == b'-' || b.is_ascii_lowercase())));
    }

    /// A client may repeat a command that is certainly not applied, and must not repeat one of
    /// unknown outcome without its key. Neither answer may show the message of the store.
    #[test]
    fn a_store_error_is_answered_by_what_is_certain() {
        let secret = StoreError::constant(StoreErrorKind::Refused, "no password for root@10.0.0.1");
        let not_applied = Problem::from(Failure::NotApplied(secret));
        let code = Code::NotApplied;
        let detail = Cow::Borrowed("the store refused the connection");
        let (balance, limit, retry_after) = (None, None, Some(RETRY_AFTER_SECS));
        let expected = Problem { code, detail, balance, limit, retry_after };
        assert_eq!(not_applied, expected);
        let unknown = Problem::from(Failure::Indeterminate(Fault::Store(secret)));
        let code = Code::OutcomeUnknown;
        assert_eq!(unknown, Problem { code, retry_after: None, ..expected.clone() });
        let read = Problem::from(Fault::Store(secret));
        assert_eq!(read, Problem { code: Code::Internal, retry_after: None, ..expected });
    }

    /// A problem with a status below 400 would look like a success.
    #[test]
    fn every_code_has_an_error_status_and_a_cause() {
        for code in Code::ALL {
            assert!(code.status().is_client_error() || code.status().is_server_error());
            assert!(code.when().ends_with('.') && !code.title().ends_with('.'), "{code:?}");
        }
    }
}
