//! What `/openapi.json` says beyond what the handlers say of themselves: parameters, bodies, the
//! problems of each endpoint, and the policy in force.

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
    problem::{Code, Members},
    reading::{KEY_MAX, PAGE_MAX},
};
use crate::domain::{Bounds, Policy, UserId, VERSION_LIMIT};

/// The parts of the document that belong to no endpoint.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "hotrow point service",
        description = "Charges and uses the points of accounts, behind a concurrency strategy that \
            can be changed for another. Numbers are written in plain digits."
    ),
    components(schemas(Members)),
    tags((name = "points", description = "Accounts"), (name = "service", description = "The service itself"))
)]
pub(super) struct Document;

/// The user that a path names.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "its fields are read by the derive, to be described")]
pub(super) struct UserParameter {
    /// The user.
    #[param(minimum = 1, maximum = 9_223_372_036_854_775_807_i64, example = 7)]
    id: u64,
}

/// The part of a history that is asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "its fields are read by the derive, to be described")]
pub(super) struct PageParameters {
    /// Most lines to list; 1,000 if it is not given.
    #[param(required = false, minimum = 1, maximum = 1_000, example = 100)]
    limit: u64,
    /// Lines up to this id are left out.
    #[param(required = false, minimum = 0, maximum = 1_073_741_823_i64, example = 0)]
    after: u64,
}

/// What makes a command safe to repeat.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "its fields are read by the derive, to be described")]
pub(super) struct KeyParameter {
    /// Makes the command safe to repeat: the same key for the same account is applied once, and a
    /// repetition gets the answer of the first, with `Idempotency-Replayed: true`. It is kept for 24
    /// hours, the newest 128 of an account.
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

/// An amount that `policy` allows, as a member or alone.
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
        .property("amount", amount().description(Some("Points to move")))
        .required("amount")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .examples([json!({ "amount": amount_min })]);
    let either = OneOfBuilder::new()
        .item(named)
        .item(amount())
        .description(Some("Points to move, as a member or as the whole body"));
    either.into()
}

/// Makes a list of problems into what an endpoint declares.
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
    /// What may be in the way of reading a balance.
    Asking: InvalidHost, InvalidId, MethodNotAllowed, Internal, Overloaded, TimedOut, ShuttingDown;
    /// What may be in the way of reading a history.
    Listing: InvalidHost, InvalidId, InvalidQuery, MethodNotAllowed, Internal, Overloaded, TimedOut,
        ShuttingDown;
    /// What may be in the way of changing an account.
    Changing: InvalidHost, InvalidId, InvalidBody, InvalidIdempotencyKey, MethodNotAllowed,
        BodyTooSlow, InsufficientBalance, BalanceAboveMaximum, LedgerFull, BodyTooLarge, UnsupportedMediaType,
        AmountBelowMinimum, AmountAboveMaximum, AmountNotInUnits, IdempotencyKeyReused,
        OutcomeUnknown, Internal, Overloaded, TimedOut, ShuttingDown;
    /// What may be in the way of asking the service about itself.
    Plain: InvalidHost, MethodNotAllowed, Internal;
    /// As [`Plain`], where the answer depends on whether the service is going away.
    Ready: InvalidHost, MethodNotAllowed, Internal, ShuttingDown;
}

/// The answers that `codes` come with, one for each status.
fn responses(codes: &[Code]) -> BTreeMap<String, RefOr<Response>> {
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status().as_u16()).or_default().push(*code);
    }
    let one = |(status, codes): (u16, Vec<Code>)| {
        let lines: Vec<String> =
            codes.iter().map(|code| format!("`{}`: {}", code.name(), code.when())).collect();
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let mut response = ResponseBuilder::new()
            .description(lines.join("\n"))
            .content("application/problem+json", problem);
        let with = match status {
            405 => Some(("Allow", "The methods that this path knows")),
            503 => Some(("Retry-After", "Seconds to wait before asking again")),
            _ => None,
        };
        if let Some((name, description)) = with {
            response = response.header(name, header(description));
        }
        (status.to_string(), RefOr::T(response.build()))
    };
    by_status.into_iter().map(one).collect()
}

fn header(description: &str) -> Header {
    let mut header = Header::default();
    header.description = Some(description.to_owned());
    header
}

/// Completes what was gathered from the handlers.
pub(super) fn complete(mut api: utoipa::openapi::OpenApi, policy: &Policy) -> String {
    if let Some(components) = &mut api.components {
        components.schemas.insert("Change".to_owned(), change(policy));
    }
    let operations = api.paths.paths.values_mut().flat_map(|path| [&mut path.get, &mut path.patch]);
    for response in operations.flatten().flat_map(|one| one.responses.responses.values_mut()) {
        if let RefOr::T(response) = response {
            let id = header("A number by which the request is found in the log");
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
    api.to_pretty_json().expect("a document of texts and numbers can be written")
}
