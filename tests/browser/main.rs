//! The pages of `hotrow serve`, in a browser, against the running program.
//!
//! What a page claims about a balance is worth something only if it is what is there: each test
//! presses the buttons that a person would, and then asks the service by a client of its own. On a
//! machine without Chromium they say so and pass; `HOTROW_BROWSER=required` makes that a failure.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod chromium;
mod found;
mod served;

use serde_json::{Value, json};

use crate::{chromium::Chromium, served::Served};

/// The account, once it has been read.
const READ: &str = "document.getElementById('balance').dataset.value !== undefined";

/// A race that was judged.
const JUDGED: &str = "['kept', 'lost', 'unclear', 'nothing'].includes(document.getElementById('verdict').dataset.verdict)";

/// The page of a service could look at another account than it says, or show what it hopes for
/// instead of what was answered. Seen by a balance or lines on screen that are not those that the
/// service tells another client.
#[test]
fn what_a_button_does_is_in_the_balance_and_in_the_history() {
    let Some(mut page) = Chromium::start("buttons") else { return };
    let served = Served::start("queue");
    look_at(&mut page, &served, 7);
    assert!(text(&mut page, "changed").contains("never"));

    page.fill("amount", "500");
    page.press("charge");
    page.wait_until(&balance_is(500));
    page.fill("amount", "20");
    page.press("use");
    page.wait_until(&balance_is(480));
    let lines = page
        .value("[...document.getElementById('history').rows].map((line) => ({ ...line.dataset }))");
    let newest_first = json!([
        { "id": "2", "type": "USE", "amount": "20" },
        { "id": "1", "type": "CHARGE", "amount": "500" },
    ]);
    assert_eq!(lines, newest_first);

    // What is refused is told in the words of the problem, and leaves everything as it was.
    page.fill("amount", "5000");
    page.press("use");
    page.wait_until("document.querySelector('#notice [data-code=insufficient-balance]')");
    let notice = text(&mut page, "notice");
    assert!(notice.contains("The balance is too small") && notice.contains("480"), "{notice}");
    page.wait_until(&balance_is(480));
    assert_eq!(served.get("/point/7")["point"], 480);
    assert_eq!(served.get("/point/7/histories").as_array().unwrap().len(), 2);
    behaved(&page, &served);
}

/// A page that counted what it sent, and not what was accepted, or that read the balance before the
/// last answer, would tell of losses where there are none. Seen by another verdict than `kept`.
#[test]
fn a_race_under_a_queue_loses_nothing() {
    let Some(mut page) = Chromium::start("kept") else { return };
    let served = Served::start("queue --store tables --latency fixed:5ms");
    served.charge(3, 12);
    look_at(&mut page, &served, 3);
    let verdict = race(&mut page, 30, 2);
    assert_eq!((&verdict["verdict"], &verdict["missing"]), (&json!("kept"), &json!("0")));
    assert_eq!((&verdict["before"], &verdict["accepted"]), (&json!("12"), &json!("30")));
    assert_eq!(text(&mut page, "race-accepted"), "30");
    assert_eq!(page.value("document.querySelectorAll('#race-grid .accepted').length"), 30);
    assert!(text(&mut page, "verdict").contains("Every accepted charge is in the balance"));
    assert_eq!(served.get("/point/3")["point"], 72);
    assert_eq!(page.value("document.getElementById('balance').dataset.value"), "72");
    assert_eq!(page.value("document.getElementById('warning').hidden"), true);
    behaved(&page, &served);
}

/// A page that believed the answers would call a strategy sound that forgets what it answered. Seen
/// by a verdict other than `lost`, or by one whose numbers are not those that the service tells.
#[test]
fn a_race_without_a_guard_loses_and_the_page_says_how_much() {
    let Some(mut page) = Chromium::start("lost") else { return };
    let served = Served::start("unguarded --store tables --latency fixed:20ms");
    look_at(&mut page, &served, 1);
    page.wait_until("!document.getElementById('warning').hidden");
    let verdict = race(&mut page, 30, 1);
    let number = |name: &str| verdict[name].as_str().unwrap().parse::<u64>().unwrap();
    let found = served.get("/point/1")["point"].as_u64().unwrap();
    let lines = served.get("/point/1/histories").as_array().unwrap().len();
    assert_eq!(verdict["verdict"], "lost");
    assert_eq!((number("expected"), number("accepted")), (30, 30));
    assert_eq!((number("found"), number("missing")), (found, 30 - found));
    assert_eq!(number("lines"), u64::try_from(lines).unwrap());
    let told = format!("LOST: {} of 30 accepted charges", 30 - found);
    assert!(text(&mut page, "verdict").contains(&told), "{told}");
    behaved(&page, &served);
}

/// Whoever else charges meanwhile hides a loss, or looks like the contrary of one. Seen by a verdict
/// that is given nevertheless.
#[test]
fn a_race_that_somebody_else_took_part_in_has_no_verdict() {
    let Some(mut page) = Chromium::start("unclear") else { return };
    let served = Served::start("queue --store tables --latency fixed:5ms");
    look_at(&mut page, &served, 1);
    start_race(&mut page, 200, 1);
    page.wait_until("document.querySelector('#race-grid .accepted')");
    served.charge(1, 7);
    page.wait_until(JUDGED);
    assert_eq!(verdict(&mut page)["verdict"], "unclear");
    assert!(text(&mut page, "verdict").contains("somebody else"));
    behaved(&page, &served);
}

/// An account that is full refuses. A page that took a refusal for a loss would blame the strategy
/// for keeping its policy. Seen by another verdict than `kept`, or by other counts.
#[test]
fn what_is_refused_is_not_lost() {
    let Some(mut page) = Chromium::start("refused") else { return };
    let served = Served::start("queue --policy balance=10");
    look_at(&mut page, &served, 1);
    let verdict = race(&mut page, 30, 1);
    assert_eq!((&verdict["verdict"], &verdict["accepted"]), (&json!("kept"), &json!("10")));
    assert_eq!(text(&mut page, "race-refused"), "20");
    assert!(text(&mut page, "race-reasons").contains("The balance would be too large"));
    behaved(&page, &served);
}

/// A charge whose answer is lost on its way is sent again. If the page did so with another key, it
/// would be applied twice. Seen by the keys that were sent, and by the balance.
#[test]
fn a_charge_whose_answer_was_lost_is_sent_again_and_applied_once() {
    let Some(mut page) = Chromium::start("again") else { return };
    let served = Served::start("queue");
    look_at(&mut page, &served, 1);
    let answers_to = json!([{ "urlPattern": "*/charge", "requestStage": "Response" }]);
    page.call("Fetch.enable", json!({ "patterns": answers_to }));
    page.press("charge");
    let first = page.next("Fetch.requestPaused");
    let lost = json!({ "requestId": first["requestId"], "errorReason": "ConnectionReset" });
    page.call("Fetch.failRequest", lost);
    let second = page.next("Fetch.requestPaused");
    page.call("Fetch.continueRequest", json!({ "requestId": second["requestId"] }));
    page.wait_until(&balance_is(500));
    let key = |paused: &Value| paused["request"]["headers"]["Idempotency-Key"].clone();
    assert_eq!((key(&first), key(&first).is_string()), (key(&second), true));
    assert_eq!(served.get("/point/1")["point"], 500);
    behaved(&page, &served);
}

/// An id that is none could make the page ask for another path, or the service fail. Seen by a
/// request that was made, or by a field that is not marked.
#[test]
fn nonsense_in_a_field_never_reaches_the_service() {
    let Some(mut page) = Chromium::start("nonsense") else { return };
    let served = Served::start("queue");
    look_at(&mut page, &served, 1);
    let before = page.events("Network.requestWillBeSent").count();
    for nonsense in ["", "0", "-1", "07", "1e3", "../service", "9223372036854775808", "<b>1</b>"] {
        page.fill("user", nonsense);
        page.press("show");
        page.wait_until("!document.getElementById('user-wrong').hidden");
        assert_eq!(page.value("document.getElementById('user').ariaInvalid"), "true");
        page.fill("user", "1");
        page.value("document.getElementById('user-wrong').hidden = true");
    }
    page.fill("amount", "1.5");
    page.press("charge");
    page.wait_until("!document.getElementById('amount-wrong').hidden");
    page.fill("race-charges", "501");
    page.press("race-start");
    page.wait_until("!document.getElementById('race-wrong').hidden");
    let own = ["/point/1".to_owned(), "/point/1/histories?after=0&limit=1000".to_owned()];
    let own = own.map(|path| served.url(&path));
    for sent in page.events("Network.requestWillBeSent").skip(before) {
        let url = sent["request"]["url"].as_str().unwrap();
        assert!(own.iter().any(|own| own == url), "asks {url}");
    }
    behaved(&page, &served);
}

/// More lines than one answer holds could be counted wrong, or all be put on screen. Seen by the
/// count, by the number of rows, and by which line is on top.
#[test]
fn of_a_long_history_the_latest_lines_are_shown() {
    let Some(mut page) = Chromium::start("long") else { return };
    let served = Served::start("queue");
    for _ in 0..2_100 {
        served.charge(1, 1);
    }
    look_at(&mut page, &served, 1);
    page.wait_until("document.getElementById('history-count').dataset.count === '2100'");
    assert_eq!(page.value("document.getElementById('history').rows.length"), 50);
    assert_eq!(page.value("document.getElementById('history').rows[0].dataset.id"), "2100");
    behaved(&page, &served);
}

/// A part of the description that the page does not know, or a code that nobody explained, would be
/// missing from it. Seen by comparing it with the description itself.
#[test]
fn the_docs_show_every_operation_and_every_problem() {
    let Some(mut page) = Chromium::start("docs") else { return };
    let served = Served::start("queue");
    page.open(&served.url("/docs#insufficient-balance"));
    page.wait_until("document.getElementById('docs').getAttribute('aria-busy') === 'false'");
    let description = served.get("/openapi.json");
    let mut operations = 0;
    for (path, methods) in description["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            operations += 1;
            let section = format!("[data-method='{method}'][data-path='{path}']");
            let curl = page
                .value(&format!("document.querySelector(\"{section} .copied pre\")?.textContent"));
            let curl = curl.as_str().unwrap_or_else(|| panic!("{method} {path} is missing"));
            let start = path.split('{').next().unwrap();
            assert!(curl.starts_with("curl ") && curl.contains(&served.url(start)), "{curl}");
        }
    }
    assert_eq!(page.value("document.querySelectorAll('.operation').length"), operations);
    let problems = description["x-problems"].as_array().unwrap();
    assert!(!problems.is_empty() && operations > 0);
    for problem in problems {
        let (code, title) = (problem["code"].as_str().unwrap(), problem["title"].as_str().unwrap());
        let section = text(&mut page, code);
        assert!(section.contains(code) && section.contains(title), "{code}: {section}");
    }
    // A bound that a number of the browser cannot hold.
    assert!(text(&mut page, "docs").contains("1 to 9,223,372,036,854,775,807"));
    // Where the `type` of a problem leads to.
    assert_eq!(page.value("document.querySelector(':target')?.id"), "insufficient-balance");
    behaved(&page, &served);
}

/// Opens the page and goes to an account.
fn look_at(page: &mut Chromium, served: &Served, user: u64) {
    page.open(&served.url("/"));
    page.wait_until(READ);
    page.fill("user", &user.to_string());
    page.press("show");
    page.wait_until(&format!("document.getElementById('race-user').textContent === '{user}'"));
    let point = served.get(&format!("/point/{user}"))["point"].as_u64().unwrap();
    page.wait_until(&balance_is(point));
}

fn balance_is(point: u64) -> String {
    format!("document.getElementById('balance').dataset.value === '{point}'")
}

fn start_race(page: &mut Chromium, charges: u64, amount: u64) {
    page.fill("race-charges", &charges.to_string());
    page.fill("race-amount", &amount.to_string());
    page.press("race-start");
}

/// Runs a race to its end, and returns what was made of it.
fn race(page: &mut Chromium, charges: u64, amount: u64) -> Value {
    start_race(page, charges, amount);
    page.wait_until(JUDGED);
    page.wait_until("document.getElementById('race-start').ariaDisabled === 'false'");
    verdict(page)
}

fn verdict(page: &mut Chromium) -> Value {
    page.value("({ ...document.getElementById('verdict').dataset })")
}

fn text(page: &mut Chromium, id: &str) -> String {
    let text = page.value(&format!("document.getElementById('{id}')?.innerText"));
    text.as_str().unwrap_or_else(|| panic!("there is no #{id}")).to_owned()
}

/// What holds of every page whatever is done to it: it asks nobody but its own service, which never
/// fails, and it breaks neither its own code nor its policy.
fn behaved(page: &Chromium, served: &Served) {
    for sent in page.events("Network.requestWillBeSent") {
        let url = sent["request"]["url"].as_str().unwrap();
        assert!(url.starts_with(&served.url("/")) || url.starts_with("data:"), "asks {url}");
    }
    for answer in page.events("Network.responseReceived") {
        let response = &answer["response"];
        assert!(response["status"].as_u64().unwrap() < 500, "{} failed", response["url"]);
    }
    let thrown: Vec<_> = page.events("Runtime.exceptionThrown").collect();
    assert!(thrown.is_empty(), "{thrown:?}");
    let is_error = |told: &&Value| told["type"] == "error" || told["type"] == "assert";
    let logged: Vec<_> = page.events("Runtime.consoleAPICalled").filter(is_error).collect();
    assert!(logged.is_empty(), "{logged:?}");
    // The browser notes each refusal as an error of the network; a broken policy is one of security.
    let of_page =
        |told: &&Value| told["entry"]["level"] == "error" && told["entry"]["source"] != "network";
    let noted: Vec<_> = page.events("Log.entryAdded").filter(of_page).collect();
    assert!(noted.is_empty(), "{noted:?}");
}
