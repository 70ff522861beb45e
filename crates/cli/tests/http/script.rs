//! One long sequence of requests; every strategy must give the same answers.
//!
//! `tests/expected/http.txt` has each request with its answer. After an intended change of answers,
//! `HOTROW_BLESS=1 cargo test --test http` rewrites the file; review its diff.

use std::{fmt::Write, fs};

use axum::http::header;
use hotrow::{
    clock::CoarseClock,
    domain::{Bounds, Policy},
    store::StoreConfig,
};
use hotrow_registry::Entry;

use crate::{
    account_check::CheckResult,
    answer::{Answer, REPLAYED},
    app::{App, ExecutionMode},
    ask::Request,
};

const EXPECTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/expected/http.txt");

/// Time of the first request. It advances by a millisecond before each request that is not a GET.
const BEGAN_MILLIS: u64 = 1_764_000_000_000;

/// Longest body that is printed completely.
const SHOWN_MAX: usize = 400;

/// Requests under the default policy.
fn by_default() -> Vec<(usize, Request)> {
    let mut requests = once(vec![
        Request::get("/healthz"),
        Request::get("/readyz"),
        // An unknown user.
        Request::balance(7),
        Request::get("/point/7/histories"),
        Request::use_points(7, 1),
        Request::balance(7),
        // Both forms of a body.
        Request::charge(7, 500),
        Request::change("/point/7/charge", "300"),
        Request::change("/point/7/use", " 120\r\n"),
        Request::change("/point/7/use", "\t{ \"amount\" : 80 }\n"),
        Request::change("/point/7/use", "{\"\\u0061mount\":1}"),
        Request::balance(7),
        Request::get("/point/7/histories"),
        // Every limit from both sides.
        Request::use_points(7, 600),
        Request::use_points(7, 599),
        Request::use_points(7, 1),
        Request::charge(7, 1_000_001),
        Request::charge(7, 1_000_000),
        Request::charge(7, 1),
        Request::use_points(7, 1_000_001),
        Request::use_points(7, 1_000_000),
        Request::charge(7, 0),
        Request::change("/point/7/charge", "-5"),
        Request::charge(7, 4_294_967_295),
        Request::charge(7, 4_294_967_296),
        Request::change("/point/7/charge", "99999999999999999999999999"),
        Request::get("/point/7/histories"),
        // Pages of the history.
        Request::get("/point/7/histories?limit=2"),
        Request::get("/point/7/histories?after=2&limit=2"),
        Request::get("/point/7/histories?limit=3&after=5"),
        Request::get("/point/7/histories?after=8"),
        Request::get("/point/7/histories?after=1073741823"),
        Request::get("/point/7/histories?"),
        Request::get("/point/7/histories?limit=2&"),
        // Repeated commands, with answers of every kind.
        Request::charge(8, 50).key("a"),
        Request::charge(8, 50).key("a"),
        Request::change("/point/8/charge", "50").key("a"),
        Request::charge(8, 51).key("a"),
        Request::use_points(8, 50).key("a"),
        Request::charge(9, 50).key("a"),
        Request::charge(8, 7).key("A"),
        Request::use_points(8, 58).key("b"),
        Request::charge(8, 10),
        Request::use_points(8, 58).key("b"),
        Request::use_points(8, 58).key("c"),
        Request::use_points(8, 58).key("c"),
        Request::charge(8, 0).key("d"),
        Request::charge(8, 1).key("d"),
        Request::get("/point/8/histories"),
        // The largest user id.
        Request::charge(9_223_372_036_854_775_807, 1),
        Request::balance(9_223_372_036_854_775_807),
        Request::get("/point/9223372036854775807/histories"),
        Request::balance(9_223_372_036_854_775_806),
        // Percent-encoding of a 7.
        Request::get("/point/%37"),
        // One problem of each kind that a request can cause.
        Request::balance(0),
        Request::get("/point/abc/histories"),
        Request::charge(0, 5),
        Request::get("/point/7/histories?limit=0"),
        Request::get("/point/7/histories?limit=1001"),
        Request::get("/point/7/histories?after=x"),
        Request::get("/point/7/histories?limit=1&limit=1"),
        Request::get("/point/7/histories?page=1"),
        Request::change("/point/7/charge", ""),
        Request::change("/point/7/charge", "{\"amount\":\"5\"}"),
        Request::change("/point/7/charge", " ".repeat(16 * 1024 + 1)),
        Request::charge(7, 5).key(""),
        Request::charge(7, 5).key("a").key("b"),
        Request::new("PATCH", "/point/7/charge").body("5"),
        Request::new("PATCH", "/point/7/charge").header("content-type", "text/plain").body("5"),
        Request::new("PUT", "/point/7"),
        Request::new("POST", "/point/7/charge").body("5"),
        Request::new("DELETE", "/point/7/histories"),
        Request::new("HEAD", "/point/7"),
        Request::get("/point"),
        Request::get("/point/7/"),
        Request::get("/nothing/here"),
        Request::new("OPTIONS", "/point/7/charge"),
        Request::change("/point/7/charge/", "5"),
        Request::new("PATCH", "/point/7/charge")
            .header("content-type", "application/x-www-form-urlencoded")
            .body("amount=5"),
        // A page of this machine, and a page of another one.
        preflight("http://localhost:5173"),
        Request::balance(7).header("origin", "http://localhost:5173"),
        preflight("https://shop.example"),
        Request::balance(7).header("origin", "https://shop.example"),
        Request::balance(7),
    ]);
    // A history that is longer than one page.
    requests.push((1_003, Request::charge(6, 2)));
    requests.extend(once(vec![
        Request::get("/point/6/histories"),
        Request::get("/point/6/histories?limit=1000"),
        Request::get("/point/6/histories?after=1000&limit=1000"),
        Request::get("/point/6/histories?after=3&limit=1000"),
        Request::balance(6),
    ]));
    requests
}

/// The preflight request of a browser before a page of `origin` charges.
fn preflight(origin: &str) -> Request {
    Request::new("OPTIONS", "/point/7/charge")
        .header("origin", origin)
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", "content-type")
}

/// Requests under a policy with a unit of 100.
fn in_hundreds() -> Vec<(usize, Request)> {
    once(vec![
        Request::charge(1, 200),
        Request::charge(1, 20_000),
        Request::charge(1, 250),
        Request::charge(1, 199),
        Request::charge(1, 20_100),
        Request::charge(1, 0),
        Request::use_points(1, 250),
        Request::use_points(1, 20_100),
        Request::charge(1, 20_000),
        Request::charge(1, 20_000),
        Request::charge(1, 9_800),
        Request::charge(1, 9_900),
        Request::use_points(1, 300),
        Request::balance(1),
        Request::get("/point/1/histories"),
    ])
}

fn once(requests: Vec<Request>) -> Vec<(usize, Request)> {
    requests.into_iter().map(|request| (1, request)).collect()
}

/// Strategies that answer one request differently, stores that count ledger entries differently,
/// and an unintended change of a status or a message all change a paragraph of the expected
/// answers.
pub(crate) fn every_strategy_gives_the_same_answers(entry: &Entry) -> CheckResult {
    let expected = fs::read_to_string(EXPECTED).map_err(|error| format!("{EXPECTED}: {error}"))?;
    let here = transcript(entry);
    let paragraphs =
        |text: &str| -> Vec<String> { text.split("\n\n").map(str::to_owned).collect() };
    let (expected, here) = (paragraphs(&expected), paragraphs(&here));
    for (number, (expected, here)) in expected.iter().zip(&here).enumerate() {
        if expected != here {
            return Err(format!("paragraph {number} was\n{expected}\nand is\n{here}"));
        }
    }
    match expected.len() == here.len() {
        true => Ok(()),
        false => Err(format!("there are {} paragraphs, and were {}", here.len(), expected.len())),
    }
}

/// Writes the answers of `entry` as the expected ones.
pub(crate) fn bless(entry: &Entry) {
    fs::write(EXPECTED, transcript(entry)).expect("the expected answers can be written");
}

fn transcript(entry: &Entry) -> String {
    let bounds = Bounds { amount_min: 200, amount_max: 20_000, unit: 100, balance_max: 50_000 };
    let hundreds = Policy::new(bounds).expect("the bounds agree");
    ExecutionMode::Paused.run(async {
        let first = play(entry, Policy::default(), &by_default()).await;
        let second = play(entry, hundreds, &in_hundreds()).await;
        format!("# {}\n\n{first}# {hundreds}\n\n{second}", Policy::default())
    })
}

/// Sends the requests one after another and prints the answers. Of a repeated request only the last
/// answer is printed.
async fn play(entry: &Entry, policy: Policy, requests: &[(usize, Request)]) -> String {
    let tick = CoarseClock::default();
    let setup = StoreConfig { tick: tick.clone(), ..StoreConfig::default() };
    let app = App::with_config(entry, &setup, policy);
    let (mut transcript, mut millis) = (String::new(), BEGAN_MILLIS);
    for (times, request) in requests {
        for time in 1..=*times {
            millis += u64::from(request.method != "GET");
            tick.advance(millis);
            let answer = app.call(request).await;
            if time == *times {
                print(&mut transcript, *times, request, &answer);
            }
        }
    }
    transcript
}

/// Prints a request and its answer.
fn print(transcript: &mut String, times: usize, request: &Request, answer: &Answer) {
    let Request { method, path, headers, body } = request;
    let mut line =
        |text: String| writeln!(transcript, "{text}").expect("writing to a string cannot fail");
    match times {
        1 => line(format!("{method} {path}")),
        _ => line(format!("{method} {path}, {times} times")),
    }
    for (name, value) in headers {
        line(format!("{name}: {}", value.escape_ascii()));
    }
    if method != &"GET" {
        line(shown(body));
    }
    line(format!("-> {}", answer.status));
    let shown_headers = [
        header::CONTENT_TYPE,
        header::LINK,
        header::ALLOW,
        header::RETRY_AFTER,
        REPLAYED,
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        header::ACCESS_CONTROL_ALLOW_METHODS,
        header::ACCESS_CONTROL_ALLOW_HEADERS,
    ];
    for name in shown_headers {
        if let Some(value) = answer.header(name.clone()) {
            line(format!("   {name}: {value}"));
        }
    }
    line(format!("   {}\n", shown(&answer.body)));
}

/// The text of a body. A long body is printed as its ends and a hash.
fn shown(body: &[u8]) -> String {
    let text = body.escape_ascii().to_string().replace("\\\"", "\"");
    if body.len() <= SHOWN_MAX {
        return text;
    }
    // FNV-1a is short, and its result is the same on every platform.
    let hash = body.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    });
    let (start, end) = (&text[..100], &text[text.len() - 100..]);
    format!("{start} .. {end} ({} bytes, {hash:016x})", body.len())
}
