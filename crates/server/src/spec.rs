//! The parts of `/openapi.json` that the handlers do not declare: parameters, bodies, the problems
//! of each endpoint, and the policy.

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::{
    IntoParams, IntoResponses, OpenApi, PartialSchema, ToSchema,
    openapi::{
        ContentBuilder, Header, ObjectBuilder, OneOfBuilder, Ref, RefOr, Response, ResponseBuilder,
        Type,
        extensions::Extensions,
        schema::{AdditionalProperties, Schema, SchemaType},
    },
};

use super::{
    extract::{KEY_MAX, PAGE_MAX},
    problem::{Code, Members},
};
use hotrow::domain::{Bounds, Policy, UserId, VERSION_LIMIT};

/// The parts of the document that belong to no endpoint.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "hotrow point service",
        description = "Charges and uses points of accounts. The concurrency strategy behind it can \
            be chosen. Numbers are written in plain digits."
    ),
    components(schemas(Members)),
    tags(
        (name = "points", description = "Accounts"),
        (name = "service", description = "The service itself")
    )
)]
pub(super) struct Document;

/// The user in the path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "the derive reads the fields")]
pub(super) struct UserParameter {
    /// The user.
    #[param(minimum = 1, maximum = 9_223_372_036_854_775_807_i64, example = 7)]
    id: u64,
}

/// The page of a history.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the derive reads the fields")]
pub(super) struct PageParameters {
    /// Maximum number of entries; 1,000 by default.
    #[param(required = false, minimum = 1, maximum = 1_000, example = 100)]
    limit: u64,
    /// Id of the last entry before the page; 0 by default.
    #[param(required = false, minimum = 0, maximum = 1_073_741_823_i64, example = 0)]
    after: u64,
}

/// The idempotency key of a command.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "the derive reads the fields")]
pub(super) struct KeyParameter {
    /// Makes the command safe to repeat: commands with the same key for the same account are
    /// applied once, and a repetition gets the answer of the first, with `Idempotency-Replayed:
    /// true`. A key is kept for 24 hours, and the newest 128 keys of an account are kept.
    #[param(
        rename = "Idempotency-Key",
        required = false,
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]{1,255}$",
        example = "8e03978e-40d5-43dd-bc93-6894a57f9324"
    )]
    idempotency_key: String,
}

const _: () = {
    assert!(UserId::MAX == 9_223_372_036_854_775_807 && VERSION_LIMIT == 1_073_741_823);
    assert!(PAGE_MAX == 1_000 && KEY_MAX == 255);
};

/// The body of a charge or use.
pub(super) struct Change;

impl PartialSchema for Change {
    fn schema() -> RefOr<Schema> {
        change(&Policy::default())
    }
}

impl ToSchema for Change {}

/// The schema of an amount that `policy` allows, as a member or as the whole body.
fn change(policy: &Policy) -> RefOr<Schema> {
    let Bounds { amount_min, amount_max, unit, .. } = policy.bounds();
    let amount = || {
        ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::Integer))
            .minimum(Some(amount_min))
            .maximum(Some(amount_max))
            .multiple_of((unit > 1).then_some(unit))
            .examples([json!(amount_min)])
    };
    let named = ObjectBuilder::new()
        .property("amount", amount().description(Some("Points to add or subtract")))
        .required("amount")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .examples([json!({ "amount": amount_min })]);
    let either = OneOfBuilder::new()
        .item(named)
        .item(amount())
        .description(Some("Points to add or subtract, as a member or as the whole body"));
    either.into()
}

/// Makes a type for each list of problems, which endpoints declare.
macro_rules! problems {
    ($($(#[doc = $doc:literal])+ $name:ident: $($code:ident),+;)+) => {$(
        $(#[doc = $doc])+
        pub(super) struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                responses(&[$(Code::$code),+])
            }
        }
    )+};
}

problems! {
    /// The problems of reading a balance.
    ReadProblems: InvalidHost, InvalidId, MethodNotAllowed, Internal, Overloaded, TimedOut,
        ShuttingDown;
    /// The problems of reading a history.
    HistoryProblems: InvalidHost, InvalidId, InvalidQuery, MethodNotAllowed, Internal, Overloaded,
        TimedOut, ShuttingDown;
    /// The problems of changing an account.
    ChangeProblems: InvalidHost, InvalidId, InvalidBody, InvalidIdempotencyKey, MethodNotAllowed,
        BodyTooSlow, InsufficientBalance, BalanceAboveMaximum, LedgerFull, BodyTooLarge,
        UnsupportedMediaType, AmountBelowMinimum, AmountAboveMaximum, AmountNotInUnits,
        IdempotencyKeyReused, OutcomeUnknown, Internal, NotApplied, Overloaded, TimedOut,
        ShuttingDown;
    /// The problems of the endpoints for monitoring.
    CommonProblems: InvalidHost, MethodNotAllowed, Internal;
    /// The problems of the readiness check.
    ReadyProblems: InvalidHost, MethodNotAllowed, Internal, ShuttingDown;
}

/// Groups `codes` by status, one answer for each.
fn responses(codes: &[Code]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status().as_u16()).or_default().push(*code);
    }
    let response_of = |(status, codes): (u16, Vec<Code>)| {
        let lines: Vec<String> =
            codes.iter().map(|code| format!("`{}`: {}", code.name(), code.when())).collect();
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let mut response = ResponseBuilder::new()
            .description(lines.join("\n"))
            .content("application/problem+json", problem);
        let extra_header = match status {
            405 => Some(("Allow", "The methods that this path supports")),
            503 => Some(("Retry-After", "Seconds to wait before sending the request again")),
            _ => None,
        };
        if let Some((name, description)) = extra_header {
            response = response.header(name, header(description));
        }
        (status.to_string(), RefOr::T(response.build()))
    };
    by_status.into_iter().map(response_of).collect()
}

fn header(description: &str) -> Header {
    let mut header = Header::default();
    header.description = Some(description.to_owned());
    header
}

/// Completes the document that was generated from the handlers.
pub(super) fn complete(mut api: utoipa::openapi::OpenApi, policy: &Policy) -> String {
    if let Some(components) = &mut api.components {
        components.schemas.insert("Change".to_owned(), change(policy));
    }
    let operations = api.paths.paths.values_mut().flat_map(|path| [&mut path.get, &mut path.patch]);
    for response in operations.flatten().flat_map(|it| it.responses.responses.values_mut()) {
        if let RefOr::T(response) = response {
            let id = header("The id of the request, which is also in the log");
            response.headers.insert("X-Request-Id".to_owned(), id.into());
        }
    }
    let problems: Vec<_> = Code::ALL
        .iter()
        .map(|code| {
            json!({
                "code": code.name(),
                "status": code.status().as_u16(),
                "title": code.title(),
                "detail": code.when(),
            })
        })
        .collect();
    api.extensions = Some(Extensions::from_iter([("x-problems", problems)]));
    api.to_pretty_json().expect("the document has only string keys")
}
