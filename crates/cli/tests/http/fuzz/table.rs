//! The table of malformed requests, with the problems that they cause.
//!
//! No answer contains the word `xyzzy` by itself. Where a request contains it, the answer must not
//! echo it.

use crate::ask::Request;

/// The malformed part of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum At {
    /// The user id, at each of the four endpoints.
    User,
    /// The query of a history.
    Query,
    /// The body of a charge, and of a use.
    Body,
    /// As [`Body`](At::Body): a number, and a text that is repeated this number of times.
    Long,
    /// The body of a use only.
    Use,
    /// The media type of a charge, and of a use.
    Media,
    /// A second media type beside a valid one.
    Second,
    /// The content encoding of a body.
    Encoding,
    /// The idempotency key of a charge, and of a use.
    Key,
    /// As a second key.
    Keys,
    /// An idempotency key: a number, and a text that is repeated this number of times.
    Wide,
    /// A method and a path; `7` in the path stands for the user.
    Call,
}

/// A malformed request: its malformed part, the text of that part, and the status and code of the
/// answer.
pub(super) type Row = (At, &'static [u8], u16, &'static str);

/// A user with points, and one without.
pub(super) const USERS: [u64; 2] = [7, 9];

/// A key that was used before with another command.
pub(super) const KNOWN_KEY: &str = "known";

/// Returns the requests of a row for `user`.
pub(super) fn requests((at, what, ..): Row, user: u64) -> Vec<Request> {
    let both = |make: &dyn Fn(Request) -> Request| {
        ["charge", "use"]
            .map(|name| make(Request::change(format!("/point/{user}/{name}"), "5")))
            .into()
    };
    let text = || String::from_utf8_lossy(what);
    match at {
        At::User => vec![
            Request::get(format!("/point/{}", text())),
            Request::get(format!("/point/{}/histories", text())),
            Request::change(format!("/point/{}/charge", text()), "5"),
            Request::change(format!("/point/{}/use", text()), "5"),
        ],
        At::Query => vec![Request::get(format!("/point/{user}/histories?{}", text()))],
        At::Body => both(&|request| request.body(what)),
        At::Long => both(&|request| request.body(repeat(what))),
        At::Use => vec![Request::change(format!("/point/{user}/use"), what)],
        At::Media => {
            both(&|request| Request { headers: vec![("content-type", what.into())], ..request })
        }
        At::Second => both(&|request| request.header("content-type", what)),
        At::Encoding => both(&|request| request.header("content-encoding", what)),
        At::Key => both(&|request| request.key(what)),
        At::Keys => both(&|request| request.key("a").key(what)),
        At::Wide => both(&|request| request.key(repeat(what))),
        At::Call => {
            let call: &'static str = str::from_utf8(what).expect("the row is UTF-8");
            let (method, path) = call.split_once(' ').expect("the row has a method and a path");
            vec![Request { method, ..Request::change(path.replace('7', &user.to_string()), "5") }]
        }
    }
}

/// Repeats the text after the number and the space.
fn repeat(what: &[u8]) -> Vec<u8> {
    let text = str::from_utf8(what).expect("the row is UTF-8");
    let (times, unit) = text.split_once(' ').expect("the row begins with a number and a space");
    unit.repeat(times.parse().expect("the row begins with a number")).into_bytes()
}

#[rustfmt::skip]
pub(super) const TABLE: &[Row] = &[
    // A user is a whole number from 1 to 2^63 - 1, in plain digits.
    (At::User,     b"0",                                     400, "invalid-id"),
    (At::User,     b"00",                                    400, "invalid-id"),
    (At::User,     b"07",                                    400, "invalid-id"),
    (At::User,     b"-7",                                    400, "invalid-id"),
    (At::User,     b"-0",                                    400, "invalid-id"),
    (At::User,     b"+7",                                    400, "invalid-id"),
    (At::User,     b"7.0",                                   400, "invalid-id"),
    (At::User,     b"7e0",                                   400, "invalid-id"),
    (At::User,     b"0x7",                                   400, "invalid-id"),
    (At::User,     b"0b111",                                 400, "invalid-id"),
    (At::User,     b"7_0",                                   400, "invalid-id"),
    (At::User,     b"7,0",                                   400, "invalid-id"),
    (At::User,     b"7;xyzzy",                               400, "invalid-id"),
    (At::User,     b"7xyzzy",                                400, "invalid-id"),
    (At::User,     b"xyzzy",                                 400, "invalid-id"),
    (At::User,     b"null",                                  400, "invalid-id"),
    (At::User,     b"true",                                  400, "invalid-id"),
    (At::User,     b"NaN",                                   400, "invalid-id"),
    (At::User,     b"*",                                     400, "invalid-id"),
    (At::User,     b".",                                     400, "invalid-id"),
    (At::User,     b"..",                                    400, "invalid-id"),
    (At::User,     b"%2e%2e",                                400, "invalid-id"),
    (At::User,     b"{id}",                                  400, "invalid-id"),
    (At::User,     b"9223372036854775808",                   400, "invalid-id"),
    (At::User,     b"18446744073709551615",                  400, "invalid-id"),
    (At::User,     b"18446744073709551616",                  400, "invalid-id"),
    (At::User,     b"18446744073709551623",                  400, "invalid-id"),
    (At::User,     b"77777777777777777777777777777777777777",400, "invalid-id"),
    (At::User,     b"%207",                                  400, "invalid-id"),
    (At::User,     b"7%20",                                  400, "invalid-id"),
    (At::User,     b"%2B7",                                  400, "invalid-id"),
    (At::User,     b"7%00",                                  400, "invalid-id"),
    (At::User,     b"%00",                                   400, "invalid-id"),
    (At::User,     b"7%0A",                                  400, "invalid-id"),
    (At::User,     b"7%0D%0Axyzzy:%201",                     400, "invalid-id"),
    (At::User,     b"7%2Fxyzzy",                             400, "invalid-id"),
    (At::User,     b"%3Cscript%3Exyzzy%3C/script%3E",        404, "not-found"),
    (At::User,     b"%27%20or%207=7%20--xyzzy",              400, "invalid-id"),
    (At::User,     b"%D9%A7",                                400, "invalid-id"),
    (At::User,     b"\xd9\xa7",                              400, "invalid-id"),
    (At::User,     b"%EF%BC%97",                             400, "invalid-id"),
    (At::User,     b"%C2%B2",                                400, "invalid-id"),
    (At::User,     b"%EF%BB%BF7",                            400, "invalid-id"),
    (At::User,     b"%E2%80%AE7",                            400, "invalid-id"),
    (At::User,     b"%ff",                                   400, "invalid-id"),
    (At::User,     b"7%ff",                                  400, "invalid-id"),
    (At::User,     b"%",                                     400, "invalid-id"),
    (At::User,     b"%zzxyzzy",                              400, "invalid-id"),
    (At::User,     b"%3",                                    400, "invalid-id"),
    (At::User,     b"%2537",                                 400, "invalid-id"),

    // The query of a history has `limit` and `after`, each at most once, in plain digits.
    (At::Query,    b"limit",                                 400, "invalid-query"),
    (At::Query,    b"limit=",                                400, "invalid-query"),
    (At::Query,    b"limit=0",                               400, "invalid-query"),
    (At::Query,    b"limit=1001",                            400, "invalid-query"),
    (At::Query,    b"limit=-1",                              400, "invalid-query"),
    (At::Query,    b"limit=+1",                              400, "invalid-query"),
    (At::Query,    b"limit=01",                              400, "invalid-query"),
    (At::Query,    b"limit=1.0",                             400, "invalid-query"),
    (At::Query,    b"limit=1e2",                             400, "invalid-query"),
    (At::Query,    b"limit=0x1",                             400, "invalid-query"),
    (At::Query,    b"limit=%31",                             400, "invalid-query"),
    (At::Query,    b"limit=%D9%A1",                          400, "invalid-query"),
    (At::Query,    b"limit=1%00",                            400, "invalid-query"),
    (At::Query,    b"limit=1%20",                            400, "invalid-query"),
    (At::Query,    b"limit=xyzzy",                           400, "invalid-query"),
    (At::Query,    b"limit==1",                              400, "invalid-query"),
    (At::Query,    b"limit[]=1",                             400, "invalid-query"),
    (At::Query,    b"limit=1,2",                             400, "invalid-query"),
    (At::Query,    b"limit=1;after=1",                       400, "invalid-query"),
    (At::Query,    b"limit=1?after=1",                       400, "invalid-query"),
    (At::Query,    b"limit=1&limit=1",                       400, "invalid-query"),
    (At::Query,    b"limit=1&after=0&limit=2",               400, "invalid-query"),
    (At::Query,    b"limit=18446744073709551617",            400, "invalid-query"),
    (At::Query,    b"after",                                 400, "invalid-query"),
    (At::Query,    b"after=",                                400, "invalid-query"),
    (At::Query,    b"after=-1",                              400, "invalid-query"),
    (At::Query,    b"after=-0",                              400, "invalid-query"),
    (At::Query,    b"after=00",                              400, "invalid-query"),
    (At::Query,    b"after=1073741824",                      400, "invalid-query"),
    (At::Query,    b"after=18446744073709551616",            400, "invalid-query"),
    (At::Query,    b"after=null",                            400, "invalid-query"),
    (At::Query,    b"after=1&after=1",                       400, "invalid-query"),
    (At::Query,    b"Limit=1",                               400, "invalid-query"),
    (At::Query,    b"%6Cimit=1",                             400, "invalid-query"),
    (At::Query,    b"afer=1",                                400, "invalid-query"),
    (At::Query,    b"xyzzy",                                 400, "invalid-query"),
    (At::Query,    b"xyzzy=1",                               400, "invalid-query"),
    (At::Query,    b"limit=1&xyzzy=1",                       400, "invalid-query"),
    (At::Query,    b"=",                                     400, "invalid-query"),
    (At::Query,    b"=1",                                    400, "invalid-query"),

    // A body is an integer, or an object whose only member is the integer `amount`.
    (At::Body,     b"",                                      400, "invalid-body"),
    (At::Body,     b" ",                                     400, "invalid-body"),
    (At::Body,     b"\r\n",                                  400, "invalid-body"),
    (At::Body,     b"xyzzy",                                 400, "invalid-body"),
    (At::Body,     b"amount=5&xyzzy=1",                      400, "invalid-body"),
    (At::Body,     b"amount",                                400, "invalid-body"),
    (At::Body,     b"<amount>5</amount>",                    400, "invalid-body"),
    (At::Body,     b"amount: 5",                             400, "invalid-body"),
    (At::Body,     b"5.0",                                   400, "invalid-body"),
    (At::Body,     b"5.9",                                   400, "invalid-body"),
    (At::Body,     b"5e0",                                   400, "invalid-body"),
    (At::Body,     b"5E+2",                                  400, "invalid-body"),
    (At::Body,     b"-5.0",                                  400, "invalid-body"),
    (At::Body,     b"1e999999999",                           400, "invalid-body"),
    (At::Body,     b"0x5",                                   400, "invalid-body"),
    (At::Body,     b"5_000",                                 400, "invalid-body"),
    (At::Body,     b"5,000",                                 400, "invalid-body"),
    (At::Body,     b"+5",                                    400, "invalid-body"),
    (At::Body,     b"05",                                    400, "invalid-body"),
    (At::Body,     b"-05",                                   400, "invalid-body"),
    (At::Body,     b"- 5",                                   400, "invalid-body"),
    (At::Body,     b"--5",                                   400, "invalid-body"),
    (At::Body,     b"-",                                     400, "invalid-body"),
    (At::Body,     b"5 5",                                   400, "invalid-body"),
    (At::Body,     b"5\n5",                                  400, "invalid-body"),
    (At::Body,     b"5xyzzy",                                400, "invalid-body"),
    (At::Body,     b"5 // xyzzy",                            400, "invalid-body"),
    (At::Body,     b"5 /* xyzzy */",                         400, "invalid-body"),
    (At::Body,     b"\"5\"",                                 400, "invalid-body"),
    (At::Body,     b"'5'",                                   400, "invalid-body"),
    (At::Body,     b"null",                                  400, "invalid-body"),
    (At::Body,     b"true",                                  400, "invalid-body"),
    (At::Body,     b"NaN",                                   400, "invalid-body"),
    (At::Body,     b"Infinity",                              400, "invalid-body"),
    (At::Body,     b"[]",                                    400, "invalid-body"),
    (At::Body,     b"[5]",                                   400, "invalid-body"),
    (At::Body,     b"[{\"amount\":5}]",                      400, "invalid-body"),
    (At::Body,     b"{}",                                    400, "invalid-body"),
    (At::Body,     b"{",                                     400, "invalid-body"),
    (At::Body,     b"{\"amount\"",                           400, "invalid-body"),
    (At::Body,     b"{\"amount\":5",                         400, "invalid-body"),
    (At::Body,     b"{\"amount\":5}}",                       400, "invalid-body"),
    (At::Body,     b"{\"amount\":5}{\"amount\":5}",          400, "invalid-body"),
    (At::Body,     b"{\"amount\":5} xyzzy",                  400, "invalid-body"),
    (At::Body,     b"{\"amount\":5,}",                       400, "invalid-body"),
    (At::Body,     b"{\"amount\":}",                         400, "invalid-body"),
    (At::Body,     b"{\"amount\":05}",                       400, "invalid-body"),
    (At::Body,     b"{\"amount\":+5}",                       400, "invalid-body"),
    (At::Body,     b"{\"amount\":5.0}",                      400, "invalid-body"),
    (At::Body,     b"{\"amount\":5e0}",                      400, "invalid-body"),
    (At::Body,     b"{\"amount\":\"5\"}",                    400, "invalid-body"),
    (At::Body,     b"{\"amount\":null}",                     400, "invalid-body"),
    (At::Body,     b"{\"amount\":true}",                     400, "invalid-body"),
    (At::Body,     b"{\"amount\":[5]}",                      400, "invalid-body"),
    (At::Body,     b"{\"amount\":{\"amount\":5}}",           400, "invalid-body"),
    (At::Body,     b"{\"amount\":5,\"amount\":5}",           400, "invalid-body"),
    (At::Body,     b"{\"amount\":5,\"amount\":6}",           400, "invalid-body"),
    (At::Body,     b"{\"amount\":5,\"\\u0061mount\":6}",     400, "invalid-body"),
    (At::Body,     b"{\"amount\":5,\"xyzzy\":1}",            400, "invalid-body"),
    (At::Body,     b"{\"xyzzy\":1,\"amount\":5}",            400, "invalid-body"),
    (At::Body,     b"{\"amount\":5,\"id\":1}",               400, "invalid-body"),
    (At::Body,     b"{\"amount\":5,\"__proto__\":{}}",       400, "invalid-body"),
    (At::Body,     b"{\"Amount\":5}",                        400, "invalid-body"),
    (At::Body,     b"{\"amount \":5}",                       400, "invalid-body"),
    (At::Body,     b"{\"amount\\u0000\":5}",                 400, "invalid-body"),
    (At::Body,     b"{amount:5}",                            400, "invalid-body"),
    (At::Body,     b"{'amount':5}",                          400, "invalid-body"),
    (At::Body,     b"{\"amount\":5}\0",                      400, "invalid-body"),
    (At::Body,     b"\0",                                    400, "invalid-body"),
    (At::Body,     b"5\0",                                   400, "invalid-body"),
    (At::Body,     b"\x0b5",                                 400, "invalid-body"),
    (At::Body,     b"\xc2\xa05",                             400, "invalid-body"),
    (At::Body,     b"\xef\xbb\xbf5",                         400, "invalid-body"),
    (At::Body,     b"\xef\xbb\xbf{\"amount\":5}",            400, "invalid-body"),
    (At::Body,     b"\xff\xfe5\0",                           400, "invalid-body"),
    (At::Body,     b"\xff",                                  400, "invalid-body"),
    (At::Body,     b"5\xff",                                 400, "invalid-body"),
    (At::Body,     b"{\"amount\xff\":5}",                    400, "invalid-body"),
    (At::Body,     b"\xd9\xa5",                              400, "invalid-body"),
    (At::Body,     b"{\"amount\":\xef\xbc\x95}",             400, "invalid-body"),
    (At::Body,     b"\x1f\x8b\x08xyzzy",                     400, "invalid-body"),
    (At::Long,     b"8192 [",                                400, "invalid-body"),
    (At::Long,     b"1600 {\"amount\":",                     400, "invalid-body"),
    (At::Long,     b"16384 x",                               400, "invalid-body"),
    (At::Long,     b"16384  ",                               400, "invalid-body"),
    (At::Long,     b"16385  ",                               413, "body-too-large"),
    (At::Long,     b"16385 5",                               413, "body-too-large"),
    (At::Long,     b"16385 [",                               413, "body-too-large"),
    (At::Long,     b"200000 xyzzy",                          413, "body-too-large"),

    // An integer outside the policy is parsed, and rejected.
    (At::Body,     b"0",                                     422, "amount-below-minimum"),
    (At::Body,     b"-0",                                    422, "amount-below-minimum"),
    (At::Body,     b"-1",                                    422, "amount-below-minimum"),
    (At::Body,     b"-9223372036854775809",                  422, "amount-below-minimum"),
    (At::Body,     b"{\"amount\":0}",                        422, "amount-below-minimum"),
    (At::Body,     b"{\"amount\":-500}",                     422, "amount-below-minimum"),
    (At::Body,     b"1000001",                               422, "amount-above-maximum"),
    (At::Body,     b"{\"amount\":1000001}",                  422, "amount-above-maximum"),
    (At::Body,     b"4294967295",                            422, "amount-above-maximum"),
    (At::Body,     b"4294967296",                            422, "amount-above-maximum"),
    (At::Body,     b"4294967301",                            422, "amount-above-maximum"),
    (At::Body,     b"9223372036854775807",                   422, "amount-above-maximum"),
    (At::Body,     b"18446744073709551615",                  422, "amount-above-maximum"),
    (At::Body,     b"18446744073709551621",                  422, "amount-above-maximum"),
    (At::Body,     b"{\"amount\":18446744073709551616}",     422, "amount-above-maximum"),
    (At::Long,     b"400 9",                                 422, "amount-above-maximum"),
    (At::Long,     b"16384 9",                               422, "amount-above-maximum"),
    (At::Use,      b"501",                                   409, "insufficient-balance"),
    (At::Use,      b"{\"amount\":1000000}",                  409, "insufficient-balance"),

    // A body is declared as JSON in UTF-8, once, and without an encoding.
    (At::Media,    b"",                                      415, "unsupported-media-type"),
    (At::Media,    b"json",                                  415, "unsupported-media-type"),
    (At::Media,    b"xyzzy",                                 415, "unsupported-media-type"),
    (At::Media,    b"*/*",                                   415, "unsupported-media-type"),
    (At::Media,    b"application/*",                         415, "unsupported-media-type"),
    (At::Media,    b"application/jsonp",                     415, "unsupported-media-type"),
    (At::Media,    b"application/problem+json",              415, "unsupported-media-type"),
    (At::Media,    b"application/merge-patch+json",          415, "unsupported-media-type"),
    (At::Media,    b"application/x-www-form-urlencoded",     415, "unsupported-media-type"),
    (At::Media,    b"application/json; charset=utf-16",      415, "unsupported-media-type"),
    (At::Media,    b"application/json; charset=utf-8x",      415, "unsupported-media-type"),
    (At::Media,    b"application/json; xyzzy=1",             415, "unsupported-media-type"),
    (At::Media,    b"application/json, text/plain",          415, "unsupported-media-type"),
    (At::Media,    b"application / json",                    415, "unsupported-media-type"),
    (At::Media,    b"multipart/form-data; boundary=xyzzy",   415, "unsupported-media-type"),
    (At::Media,    b"text/json",                             415, "unsupported-media-type"),
    (At::Media,    b"text/plain",                            415, "unsupported-media-type"),
    (At::Media,    b"application/json\xff",                  415, "unsupported-media-type"),
    (At::Second,   b"application/json",                      415, "unsupported-media-type"),
    (At::Second,   b"text/plain; xyzzy",                     415, "unsupported-media-type"),
    (At::Encoding, b"gzip",                                  415, "unsupported-media-type"),
    (At::Encoding, b"identity",                              415, "unsupported-media-type"),
    (At::Encoding, b"",                                      415, "unsupported-media-type"),

    // A key has 1 to 255 visible ASCII characters, occurs once, and belongs to one command.
    (At::Key,      b"",                                      400, "invalid-idempotency-key"),
    (At::Key,      b" ",                                     400, "invalid-idempotency-key"),
    (At::Key,      b"xyzzy xyzzy",                           400, "invalid-idempotency-key"),
    (At::Key,      b"xyzzy\tx",                              400, "invalid-idempotency-key"),
    (At::Key,      b"xyzzy\xff",                             400, "invalid-idempotency-key"),
    (At::Key,      b"\xc3\xa9",                              400, "invalid-idempotency-key"),
    (At::Key,      b"\xef\xbb\xbfa",                         400, "invalid-idempotency-key"),
    (At::Keys,     b"a",                                     400, "invalid-idempotency-key"),
    (At::Keys,     b"xyzzy",                                 400, "invalid-idempotency-key"),
    (At::Keys,     b"",                                      400, "invalid-idempotency-key"),
    (At::Wide,     b"256 k",                                 400, "invalid-idempotency-key"),
    (At::Wide,     b"4000 xyzzy",                            400, "invalid-idempotency-key"),
    (At::Key,      KNOWN_KEY.as_bytes(),                     422, "idempotency-key-reused"),

    // Each path supports its own methods.
    (At::Call,     b"POST /point/7",                         405, "method-not-allowed"),
    (At::Call,     b"PUT /point/7",                          405, "method-not-allowed"),
    (At::Call,     b"PATCH /point/7",                        405, "method-not-allowed"),
    (At::Call,     b"DELETE /point/7",                       405, "method-not-allowed"),
    (At::Call,     b"TRACE /point/7",                        405, "method-not-allowed"),
    (At::Call,     b"XYZZY /point/7",                        405, "method-not-allowed"),
    (At::Call,     b"get /point/7",                          405, "method-not-allowed"),
    (At::Call,     b"PATCH /point/7/histories",              405, "method-not-allowed"),
    (At::Call,     b"DELETE /point/7/histories",             405, "method-not-allowed"),
    (At::Call,     b"GET /point/7/charge",                   405, "method-not-allowed"),
    (At::Call,     b"POST /point/7/charge",                  405, "method-not-allowed"),
    (At::Call,     b"PUT /point/7/charge",                   405, "method-not-allowed"),
    (At::Call,     b"patch /point/7/charge",                 405, "method-not-allowed"),
    (At::Call,     b"GET /point/7/use",                      405, "method-not-allowed"),
    (At::Call,     b"POST /point/7/use",                     405, "method-not-allowed"),
    (At::Call,     b"DELETE /service",                       405, "method-not-allowed"),
    (At::Call,     b"POST /metrics",                         405, "method-not-allowed"),
    (At::Call,     b"POST /",                                405, "method-not-allowed"),

    // All other paths do not exist.
    (At::Call,     b"GET /point",                            404, "not-found"),
    (At::Call,     b"GET /point/",                           404, "not-found"),
    (At::Call,     b"GET /point/7/",                         404, "not-found"),
    (At::Call,     b"GET //point/7",                         404, "not-found"),
    (At::Call,     b"GET /point//7",                         404, "not-found"),
    (At::Call,     b"GET /Point/7",                          404, "not-found"),
    (At::Call,     b"GET /p%6Fint/7",                        404, "not-found"),
    (At::Call,     b"GET /points/7",                         404, "not-found"),
    (At::Call,     b"GET /point/7/history",                  404, "not-found"),
    (At::Call,     b"GET /point/7/histories/1",              404, "not-found"),
    (At::Call,     b"PATCH /point//charge",                  400, "invalid-id"),
    (At::Call,     b"PATCH /point/charge",                   405, "method-not-allowed"),
    (At::Call,     b"PATCH /point/7/charge/",                404, "not-found"),
    (At::Call,     b"PATCH /point/7/CHARGE",                 404, "not-found"),
    (At::Call,     b"PATCH /point/7/charge/use",             404, "not-found"),
    (At::Call,     b"PATCH /point/7/refund",                 404, "not-found"),
    (At::Call,     b"PATCH /point/7/xyzzy",                  404, "not-found"),
    (At::Call,     b"GET /xyzzy?xyzzy=1",                    404, "not-found"),
    (At::Call,     b"GET /xyzzy/../point/7",                 404, "not-found"),
    (At::Call,     b"GET /../../../etc/xyzzy",               404, "not-found"),
    (At::Call,     b"GET /service/",                         404, "not-found"),
    (At::Call,     b"GET /docs/xyzzy.html",                  404, "not-found"),
];
