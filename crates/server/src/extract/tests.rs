//! Bodies, ids, queries and media types, valid and invalid.

use super::*;

fn parse(body: &str) -> Option<ParsedAmount> {
    parse_amount(body.as_bytes())
}

fn amount(points: u64) -> Option<ParsedAmount> {
    Some(ParsedAmount::InRange(Amount::new(points).unwrap()))
}

/// Both forms mean the same, with any white space that JSON allows.
#[test]
fn an_amount_is_a_member_or_the_whole_body() {
    for body in ["500", " 500\n", r#"{"amount":500}"#, "\t{ \"amount\" : 500 }\r\n"] {
        assert_eq!(parse(body), amount(500), "{body:?}");
    }
    assert_eq!(parse("4294967295"), amount(BALANCE_LIMIT));
    assert_eq!(parse(r#"{"\u0061mount":1}"#), amount(1));
}

/// An integer out of range is valid JSON, and its rejection names the range.
#[test]
fn an_integer_out_of_range_is_still_an_integer() {
    for below in ["0", "-0", "-1", "-99999999999999999999999999"] {
        assert_eq!(parse(below), Some(ParsedAmount::TooSmall), "{below}");
    }
    for above in ["4294967296", "18446744073709551616", "99999999999999999999999999"] {
        assert_eq!(parse(above), Some(ParsedAmount::TooLarge), "{above}");
    }
}

/// Input that another parser might read differently is rejected.
#[test]
fn an_ambiguous_body_is_rejected() {
    let invalid = [
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
    for body in invalid {
        assert_eq!(parse(body), None, "{body:?}");
    }
    assert_eq!(parse_amount(b"\xff1"), None);
    assert_eq!(parse_amount(b"1\xff"), None);
}

/// An id has one spelling, so that one account has one URL.
#[test]
fn an_id_has_one_spelling() {
    assert_eq!(parse_user_id("1"), UserId::new(1).ok());
    assert_eq!(parse_user_id("9223372036854775807"), UserId::new(UserId::MAX).ok());
    let invalid = [
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
    for id in invalid {
        assert_eq!(parse_user_id(id), None, "{id:?}");
    }
}

/// A parameter that is misspelt, repeated or out of range must not be replaced by its default.
#[test]
fn an_invalid_query_is_rejected() {
    let whole = Page { after: 0, limit: PAGE_MAX };
    assert_eq!(parse_page(""), Ok(whole));
    assert_eq!(parse_page("limit=1&after=5"), Ok(Page { after: 5, limit: 1 }));
    assert_eq!(parse_page("after=0&limit=1000"), Ok(whole));
    let invalid = [
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
    for query in invalid {
        assert!(parse_page(query).is_err(), "{query}");
    }
}

/// Browsers send form bodies across origins without a preflight request, even if they hold JSON.
#[test]
fn only_json_media_types_are_accepted() {
    let declared = |media_type: &str| is_json_type(&HeaderValue::from_str(media_type).unwrap());
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
