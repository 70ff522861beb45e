//! What is told when a request cannot be answered, as RFC 9457 has it.
//!
//! One table lists everything that can be told. A client goes by `code`, a human by `title` and
//! `detail`, and `type` leads to both on the page of documents. Nothing that was sent is in any of
//! them: a detail names what is wrong with it, and what would do.

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
use crate::domain::{Failure, Fault, Reason, Rejection};

/// After how many seconds to ask again where nothing better is known: many times what a command takes.
const RETRY_AFTER_SECS: u64 = 1;

/// Makes the table: a code, its status, its title, and what leads to it.
macro_rules! codes {
    ($($(#[doc = $when:literal])+ $code:ident $name:literal $status:ident $title:literal;)+) => {
        /// What a client can go by.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $when])+ $code,)+
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Code] = &[$(Code::$code),+];

            /// As it is told.
            pub fn name(self) -> &'static str {
                match self { $(Code::$code => $name),+ }
            }

            /// The status that goes with it.
            pub fn status(self) -> StatusCode {
                match self { $(Code::$code => StatusCode::$status),+ }
            }

            /// The same whenever it happens.
            pub fn title(self) -> &'static str {
                match self { $(Code::$code => $title),+ }
            }

            /// When it is told.
            pub fn when(self) -> &'static str {
                match self { $(Code::$code => concat!($($when),+).trim_ascii()),+ }
            }
        }
    };
}

codes! {
    /// The id in the path is no whole number from 1 to 2^63 - 1, written in plain digits.
    InvalidId "invalid-id" BAD_REQUEST "There can be no such user";
    /// The request has no Host, two, or one that is no host and port.
    InvalidHost "invalid-host" BAD_REQUEST "The host cannot be read";
    /// The query has a parameter that is not known, or one whose value is out of range.
    InvalidQuery "invalid-query" BAD_REQUEST "The query cannot be read";
    /// The body is no JSON object with an integer `amount` and nothing else, and no bare integer.
    InvalidBody "invalid-body" BAD_REQUEST "The body cannot be read";
    /// There is more than one Idempotency-Key, or it is not 1 to 255 visible ASCII characters.
    InvalidIdempotencyKey "invalid-idempotency-key" BAD_REQUEST "The idempotency key cannot be read";
    /// A page of another origin asks for leave, and `--cors-origin` does not name its origin.
    OriginNotAllowed "origin-not-allowed" FORBIDDEN "Pages of this origin may not ask";
    /// Nothing is found under this path.
    NotFound "not-found" NOT_FOUND "There is nothing here";
    /// The path does not know this method; `Allow` names those that it does.
    MethodNotAllowed "method-not-allowed" METHOD_NOT_ALLOWED "The method is not allowed";
    /// The body did not come in time.
    BodyTooSlow "body-too-slow" REQUEST_TIMEOUT "The body is too slow";
    /// More was to be used than is held. `balance` is what is held.
    InsufficientBalance "insufficient-balance" CONFLICT "The balance is too small";
    /// The charge would leave more than an account may hold, which is `limit`.
    BalanceAboveMaximum "balance-above-maximum" CONFLICT "The balance would be too large";
    /// The account has accepted all the commands that it can, which is `limit`.
    LedgerFull "ledger-full" CONFLICT "The ledger is full";
    /// The body is longer than a command can be.
    BodyTooLarge "body-too-large" PAYLOAD_TOO_LARGE "The body is too large";
    /// The body is not declared as `application/json` in UTF-8 with no further encoding.
    UnsupportedMediaType "unsupported-media-type" UNSUPPORTED_MEDIA_TYPE
        "The body is not declared as JSON";
    /// The amount is below the least that a command may move, which is `limit`.
    AmountBelowMinimum "amount-below-minimum" UNPROCESSABLE_ENTITY "The amount is too small";
    /// The amount is above the most that a command may move, which is `limit`.
    AmountAboveMaximum "amount-above-maximum" UNPROCESSABLE_ENTITY "The amount is too large";
    /// The amount is no multiple of the unit, which is `limit`.
    AmountNotInUnits "amount-not-in-units" UNPROCESSABLE_ENTITY "The amount is not in units";
    /// The idempotency key came before with another command for the same account.
    IdempotencyKeyReused "idempotency-key-reused" UNPROCESSABLE_ENTITY
        "The idempotency key belongs to another command";
    /// The command was cut off by a fault: it was applied once, or not at all.
    OutcomeUnknown "outcome-unknown" INTERNAL_SERVER_ERROR "The outcome is not known";
    /// The service is at fault, and what was asked was not begun.
    Internal "internal" INTERNAL_SERVER_ERROR "The service failed";
    /// So many requests wait already, for this account or in all, that this one was not begun.
    Overloaded "overloaded" SERVICE_UNAVAILABLE "Too many are waiting";
    /// The command waits still, and may be applied later: ask again with the same idempotency key.
    TimedOut "timed-out" SERVICE_UNAVAILABLE "The answer takes too long";
    /// The service is going away. A command that had begun may have been applied.
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
            .description(Some("What a client can go by"))
            .enum_values(Some(names))
            .into()
    }
}

impl ToSchema for Code {}

/// One answer that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    balance: Option<u64>,
    limit: Option<u64>,
    retry_after: Option<u64>,
}

/// A problem as its members are sent, in this order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Members {
    /// Where this kind of problem is described, relative to the service.
    #[schema(format = "uri-reference", examples("/docs#insufficient-balance"))]
    r#type: String,
    /// The same for every problem of this code.
    #[schema(examples("The balance is too small"))]
    title: &'static str,
    /// The status of the answer.
    #[schema(examples(409))]
    status: u16,
    /// What is wrong, and what would do.
    #[schema(examples("balance 20 is too small to use 30"))]
    detail: Cow<'static, str>,
    /// What to go by.
    code: Code,
    /// What the account held.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, nullable = false, examples(20))]
    balance: Option<u64>,
    /// The bound that was met.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, nullable = false)]
    limit: Option<u64>,
    /// Seconds to wait before asking again, as in `Retry-After`.
    #[serde(rename = "retryAfter", skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, nullable = false, examples(1))]
    retry_after: Option<u64>,
}

impl Problem {
    /// A problem of this kind, and what is wrong in this case.
    pub(super) fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Problem {
        let retry_after =
            (code.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER_SECS);
        Problem { code, detail: detail.into(), balance: None, limit: None, retry_after }
    }

    /// The problem, if it is one that passes, with the advice to wait for `time`.
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

    /// An amount that no policy allows, for which no account was asked.
    pub(super) fn amount_below(min: u64) -> Problem {
        let detail = format!("the amount is too small: give {min} or more");
        Problem::new(Code::AmountBelowMinimum, detail).limit(min)
    }

    /// As [`amount_below`](Problem::amount_below), on the other side.
    pub(super) fn amount_above(max: u64) -> Problem {
        let detail = format!("the amount is too large: give at most {max}");
        Problem::new(Code::AmountAboveMaximum, detail).limit(max)
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Problem {
        let of = |code| Problem::new(code, rejection.to_string());
        let held = rejection.before.balance;
        match rejection.reason {
            Reason::AmountBelowMinimum { min } => Problem::amount_below(min),
            Reason::AmountAboveMaximum { max } => Problem::amount_above(max),
            Reason::AmountNotInUnits { unit } => of(Code::AmountNotInUnits).limit(unit),
            Reason::InsufficientBalance => of(Code::InsufficientBalance).balance(held),
            Reason::BalanceAboveMaximum { max } => {
                of(Code::BalanceAboveMaximum).balance(held).limit(max)
            }
            Reason::LedgerFull { max } => of(Code::LedgerFull).balance(held).limit(max),
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Problem {
        match failure {
            Failure::Rejected(rejection) => Problem::from(rejection),
            Failure::Unknown(fault) => Problem::new(Code::OutcomeUnknown, fault.to_string()),
        }
    }
}

/// A question that could not be answered has changed nothing.
impl From<Fault> for Problem {
    fn from(fault: Fault) -> Problem {
        Problem::new(Code::Internal, fault.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Problem { code, detail, balance, limit, retry_after } = self;
        let detail = match retry_after {
            Some(secs) => Cow::Owned(format!("{detail}: ask again in {secs} s")),
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
        // What the log and the metrics know it by.
        response.extensions_mut().insert(code);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two codes of one name could not be told apart by a client, and a name that is not a plain
    /// word would not do as an anchor.
    #[test]
    fn every_code_has_a_name_of_its_own() {
        let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(names.iter().all(|name| name.bytes().all(|b| b == b'-' || b.is_ascii_lowercase())));
    }

    /// A status below 400 would call a problem a success.
    #[test]
    fn every_code_is_an_error_and_is_explained() {
        for code in Code::ALL {
            assert!(code.status().is_client_error() || code.status().is_server_error());
            assert!(code.when().ends_with('.') && !code.title().ends_with('.'), "{code:?}");
        }
    }
}
