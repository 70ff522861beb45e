//! Bodies, ids, queries and media types, each written rightly and wrongly.

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

/// An integer that is out of range is valid JSON, and the refusal names the range.
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
