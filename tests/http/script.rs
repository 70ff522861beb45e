//! One long conversation, and every answer in it, whoever is asked.
//!
//! What it comes to stands in `tests/expected/http.txt`: each request with its answer. Where answers are
//! to be others, `HOTROW_BLESS=1 cargo test --test http` writes it anew; the difference is then there
//! to be read.

use std::{fmt::Write, fs};

use axum::http::header;
use hotrow::{
    clock::Tick,
    domain::{Bounds, Policy},
    registry::Entry,
    store::Setup,
};

use crate::{
    answer::{Answer, REPLAYED},
    app::{App, Stage},
    ask::Ask,
    books::Found,
};

const EXPECTED: &str = "tests/expected/http.txt";

/// When the conversation begins. A millisecond passes before each request that may change something.
const BEGAN_MILLIS: u64 = 1_764_000_000_000;

/// Longest body that is shown whole.
const SHOWN_MAX: usize = 400;

/// What a user of the rules that are served by default might do.
fn by_default() -> Vec<(usize, Ask)> {
    let mut asks = once(vec![
        Ask::get("/healthz"),
        Ask::get("/readyz"),
        // Nobody yet.
        Ask::balance(7),
        Ask::get("/point/7/histories"),
        Ask::use_points(7, 1),
        Ask::balance(7),
        // Both forms of a body.
        Ask::charge(7, 500),
        Ask::change("/point/7/charge", "300"),
        Ask::change("/point/7/use", " 120\r\n"),
        Ask::change("/point/7/use", "\t{ \"amount\" : 80 }\n"),
        Ask::change("/point/7/use", "{\"\\u0061mount\":1}"),
        Ask::balance(7),
        Ask::get("/point/7/histories"),
        // Every bound from both sides.
        Ask::use_points(7, 600),
        Ask::use_points(7, 599),
        Ask::use_points(7, 1),
        Ask::charge(7, 1_000_001),
        Ask::charge(7, 1_000_000),
        Ask::charge(7, 1),
        Ask::use_points(7, 1_000_001),
        Ask::use_points(7, 1_000_000),
        Ask::charge(7, 0),
        Ask::change("/point/7/charge", "-5"),
        Ask::charge(7, 4_294_967_295),
        Ask::charge(7, 4_294_967_296),
        Ask::change("/point/7/charge", "99999999999999999999999999"),
        Ask::get("/point/7/histories"),
        // Pages.
        Ask::get("/point/7/histories?limit=2"),
        Ask::get("/point/7/histories?after=2&limit=2"),
        Ask::get("/point/7/histories?limit=3&after=5"),
        Ask::get("/point/7/histories?after=8"),
        Ask::get("/point/7/histories?after=1073741823"),
        Ask::get("/point/7/histories?"),
        Ask::get("/point/7/histories?limit=2&"),
        // Commands that are repeated, with answers of every kind.
        Ask::charge(8, 50).key("a"),
        Ask::charge(8, 50).key("a"),
        Ask::change("/point/8/charge", "50").key("a"),
        Ask::charge(8, 51).key("a"),
        Ask::use_points(8, 50).key("a"),
        Ask::charge(9, 50).key("a"),
        Ask::charge(8, 7).key("A"),
        Ask::use_points(8, 58).key("b"),
        Ask::charge(8, 10),
        Ask::use_points(8, 58).key("b"),
        Ask::use_points(8, 58).key("c"),
        Ask::use_points(8, 58).key("c"),
        Ask::charge(8, 0).key("d"),
        Ask::charge(8, 1).key("d"),
        Ask::get("/point/8/histories"),
        // The largest id there can be.
        Ask::charge(9_223_372_036_854_775_807, 1),
        Ask::balance(9_223_372_036_854_775_807),
        Ask::get("/point/9223372036854775807/histories"),
        Ask::balance(9_223_372_036_854_775_806),
        // Another way to write a 7.
        Ask::get("/point/%37"),
        // One problem of each kind that a request can bring on itself.
        Ask::balance(0),
        Ask::get("/point/abc/histories"),
        Ask::charge(0, 5),
        Ask::get("/point/7/histories?limit=0"),
        Ask::get("/point/7/histories?limit=1001"),
        Ask::get("/point/7/histories?after=x"),
        Ask::get("/point/7/histories?limit=1&limit=1"),
        Ask::get("/point/7/histories?page=1"),
        Ask::change("/point/7/charge", ""),
        Ask::change("/point/7/charge", "{\"amount\":\"5\"}"),
        Ask::change("/point/7/charge", " ".repeat(16 * 1024 + 1)),
        Ask::charge(7, 5).key(""),
        Ask::charge(7, 5).key("a").key("b"),
        Ask::plain("PATCH", "/point/7/charge").body("5"),
        Ask::plain("PATCH", "/point/7/charge").header("content-type", "text/plain").body("5"),
        Ask::plain("PUT", "/point/7"),
        Ask::plain("POST", "/point/7/charge").body("5"),
        Ask::plain("DELETE", "/point/7/histories"),
        Ask::plain("HEAD", "/point/7"),
        Ask::get("/point"),
        Ask::get("/point/7/"),
        Ask::get("/nothing/here"),
        Ask::plain("OPTIONS", "/point/7/charge"),
        Ask::change("/point/7/charge/", "5"),
        Ask::plain("PATCH", "/point/7/charge")
            .header("content-type", "application/x-www-form-urlencoded")
            .body("amount=5"),
        // A page of this machine, and one from elsewhere.
        preflight("http://localhost:5173"),
        Ask::balance(7).header("origin", "http://localhost:5173"),
        preflight("https://shop.example"),
        Ask::balance(7).header("origin", "https://shop.example"),
        Ask::balance(7),
    ]);
    // A history that does not fit one page.
    asks.push((1_003, Ask::charge(6, 2)));
    asks.extend(once(vec![
        Ask::get("/point/6/histories"),
        Ask::get("/point/6/histories?limit=1000"),
        Ask::get("/point/6/histories?after=1000&limit=1000"),
        Ask::get("/point/6/histories?after=3&limit=1000"),
        Ask::balance(6),
    ]));
    asks
}

/// What a browser asks before it lets a page of `origin` charge.
fn preflight(origin: &str) -> Ask {
    Ask::plain("OPTIONS", "/point/7/charge")
        .header("origin", origin)
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", "content-type")
}

/// What a user might do where points come in hundreds.
fn in_hundreds() -> Vec<(usize, Ask)> {
    once(vec![
        Ask::charge(1, 200),
        Ask::charge(1, 20_000),
        Ask::charge(1, 250),
        Ask::charge(1, 199),
        Ask::charge(1, 20_100),
        Ask::charge(1, 0),
        Ask::use_points(1, 250),
        Ask::use_points(1, 20_100),
        Ask::charge(1, 20_000),
        Ask::charge(1, 20_000),
        Ask::charge(1, 9_800),
        Ask::charge(1, 9_900),
        Ask::use_points(1, 300),
        Ask::balance(1),
        Ask::get("/point/1/histories"),
    ])
}

fn once(asks: Vec<Ask>) -> Vec<(usize, Ask)> {
    asks.into_iter().map(|ask| (1, ask)).collect()
}

/// Two strategies that answer one request in two ways, a store that counts its ledger otherwise than
/// another, a status or a word of a problem that changes unseen: each makes a paragraph differ from
/// the one that is kept.
pub(crate) fn the_same_script_gives_the_same_answers(entry: &Entry) -> Found {
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

/// Keeps what `entry` answers for all to be held against.
pub(crate) fn bless(entry: &Entry) {
    fs::write(EXPECTED, transcript(entry)).expect("the expected answers can be written");
}

fn transcript(entry: &Entry) -> String {
    let bounds = Bounds { amount_min: 200, amount_max: 20_000, unit: 100, balance_max: 50_000 };
    let hundreds = Policy::new(bounds).expect("the bounds agree");
    Stage::Paused.run(async {
        let first = told(entry, Policy::default(), &by_default()).await;
        let second = told(entry, hundreds, &in_hundreds()).await;
        format!("# {}\n\n{first}# {hundreds}\n\n{second}", Policy::default())
    })
}

/// Asks one after the other, and tells all of it. Of a request that is made many times the last
/// answer is told.
async fn told(entry: &Entry, policy: Policy, asks: &[(usize, Ask)]) -> String {
    let tick = Tick::default();
    let setup = Setup { tick: tick.clone(), ..Setup::default() };
    let app = App::with(entry, &setup, policy);
    let (mut told, mut millis) = (String::new(), BEGAN_MILLIS);
    for (times, ask) in asks {
        for time in 1..=*times {
            millis += u64::from(ask.method != "GET");
            tick.advance(millis);
            let answer = app.ask(ask).await;
            if time == *times {
                tell(&mut told, *times, ask, &answer);
            }
        }
    }
    told
}

/// Tells a request and its answer.
fn tell(told: &mut String, times: usize, ask: &Ask, answer: &Answer) {
    let Ask { method, path, headers, body } = ask;
    let mut line = |text: String| writeln!(told, "{text}").expect("a string takes every line");
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

/// The text of a body. One that is too long to be read is known by its ends and a hash.
fn shown(body: &[u8]) -> String {
    let text = body.escape_ascii().to_string().replace("\\\"", "\"");
    if body.len() <= SHOWN_MAX {
        return text;
    }
    // FNV-1a: a few lines, and the same everywhere.
    let hash = body.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    });
    let (start, end) = (&text[..100], &text[text.len() - 100..]);
    format!("{start} .. {end} ({} bytes, {hash:016x})", body.len())
}
