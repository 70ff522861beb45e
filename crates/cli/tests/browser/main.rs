//! The pages of `hotrow serve`, in a browser, against the running program, and the page of
//! `hotrow report`.
//!
//! A page is correct if its balance is the balance of the service: each test presses the buttons
//! that a person would press, and then reads the service with its own client. On a machine without
//! Chromium the tests say so and pass; with `HOTROW_BROWSER=required` they fail.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod chromium;
mod found;
mod report_page;
mod served;

use serde_json::{Value, json};

use crate::{chromium::Chromium, served::Served};

/// True once the account has been read.
const READ: &str = "document.getElementById('balance').dataset.value !== undefined";

/// True once the race has a verdict.
const JUDGED: &str = "['kept', 'lost', 'unclear', 'nothing']\
    .includes(document.getElementById('verdict').dataset.verdict)";

/// The page could show another account than it names, or a balance that it expects instead of the
/// answer. The test compares the balance and the entries on screen with those that the service
/// gives another client.
#[test]
fn a_button_press_is_in_the_balance_and_in_the_history() {
    let Some(mut page) = Chromium::start("buttons") else { return };
    let served = Served::start("queue");
    open_account(&mut page, &served, 7);
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

    // A rejected command shows the text of the problem and changes nothing.
    page.fill("amount", "5000");
    page.press("use");
    page.wait_until("document.querySelector('#notice [data-code=insufficient-balance]')");
    let notice = text(&mut page, "notice");
    assert!(notice.contains("The balance is too small") && notice.contains("480"), "{notice}");
    page.wait_until(&balance_is(480));
    assert_eq!(served.get("/point/7")["point"], 480);
    assert_eq!(served.get("/point/7/histories").as_array().unwrap().len(), 2);
    assert_well_behaved(&page, &served);
}

/// A page that counted sent charges instead of accepted ones, or read the balance before the last
/// answer, would report losses where there are none. The verdict must be `kept`.
#[test]
fn a_race_under_a_queue_loses_nothing() {
    let Some(mut page) = Chromium::start("kept") else { return };
    let served = Served::start("queue --store simulated --latency fixed:5ms");
    served.charge(3, 12);
    open_account(&mut page, &served, 3);
    let verdict = race(&mut page, 30, 2);
    assert_eq!((&verdict["verdict"], &verdict["missing"]), (&json!("kept"), &json!("0")));
    assert_eq!((&verdict["before"], &verdict["accepted"]), (&json!("12"), &json!("30")));
    assert_eq!(text(&mut page, "race-accepted"), "30");
    assert_eq!(page.value("document.querySelectorAll('#race-grid .accepted').length"), 30);
    assert!(text(&mut page, "verdict").contains("Every accepted charge is in the balance"));
    assert_eq!(served.get("/point/3")["point"], 72);
    assert_eq!(page.value("document.getElementById('balance').dataset.value"), "72");
    assert_eq!(page.value("document.getElementById('warning').hidden"), true);
    assert_well_behaved(&page, &served);
}

/// A page that trusted the answers would call a strategy correct that loses acknowledged updates.
/// The verdict must be `lost`, with the numbers of the service.
#[test]
fn a_race_without_synchronization_loses_and_the_page_says_how_much() {
    let Some(mut page) = Chromium::start("lost") else { return };
    let served = Served::start("unsynchronized --store simulated --latency fixed:20ms");
    open_account(&mut page, &served, 1);
    page.wait_until("!document.getElementById('warning').hidden");
    let verdict = race(&mut page, 30, 1);
    let number = |name: &str| verdict[name].as_str().unwrap().parse::<u64>().unwrap();
    let found = served.get("/point/1")["point"].as_u64().unwrap();
    let lines = served.get("/point/1/histories").as_array().unwrap().len();
    assert_eq!(verdict["verdict"], "lost");
    assert_eq!((number("expected"), number("accepted")), (30, 30));
    assert_eq!((number("found"), number("missing")), (found, 30 - found));
    assert_eq!(number("lines"), u64::try_from(lines).unwrap());
    let expected = format!("LOST: {} of 30 accepted charges", 30 - found);
    assert!(text(&mut page, "verdict").contains(&expected), "{expected}");
    assert_well_behaved(&page, &served);
}

/// Charges of another client during the race can hide a loss or look like a surplus. The page must
/// give no verdict.
#[test]
fn a_race_with_charges_of_another_client_has_no_verdict() {
    let Some(mut page) = Chromium::start("unclear") else { return };
    let served = Served::start("queue --store simulated --latency fixed:5ms");
    open_account(&mut page, &served, 1);
    start_race(&mut page, 200, 1);
    page.wait_until("document.querySelector('#race-grid .accepted')");
    served.charge(1, 7);
    page.wait_until(JUDGED);
    assert_eq!(verdict(&mut page)["verdict"], "unclear");
    assert!(text(&mut page, "verdict").contains("another client"));
    assert_well_behaved(&page, &served);
}

/// A full account rejects charges. A page that took a rejection for a loss would blame the
/// strategy. The verdict must be `kept`, with the numbers of accepted and rejected charges.
#[test]
fn a_rejected_charge_is_not_lost() {
    let Some(mut page) = Chromium::start("rejected") else { return };
    let served = Served::start("queue --policy balance=10");
    open_account(&mut page, &served, 1);
    let verdict = race(&mut page, 30, 1);
    assert_eq!((&verdict["verdict"], &verdict["accepted"]), (&json!("kept"), &json!("10")));
    assert_eq!(text(&mut page, "race-rejected"), "20");
    assert!(text(&mut page, "race-reasons").contains("The balance would be too large"));
    assert_well_behaved(&page, &served);
}

/// The page repeats a charge whose answer is lost. With another key it would be applied twice. The
/// test compares the keys that were sent, and the balance.
#[test]
fn a_charge_whose_answer_was_lost_is_sent_again_and_applied_once() {
    let Some(mut page) = Chromium::start("again") else { return };
    let served = Served::start("queue");
    open_account(&mut page, &served, 1);
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
    assert_well_behaved(&page, &served);
}

/// An invalid id could make the page request another path, or make the service fail. The test
/// checks that no request was sent and that the field is marked.
#[test]
fn invalid_input_never_reaches_the_service() {
    let Some(mut page) = Chromium::start("invalid") else { return };
    let served = Served::start("queue");
    open_account(&mut page, &served, 1);
    let before = page.events("Network.requestWillBeSent").count();
    for invalid in ["", "0", "-1", "07", "1e3", "../service", "9223372036854775808", "<b>1</b>"] {
        page.fill("user", invalid);
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
        assert!(own.iter().any(|own| own == url), "a request to {url}");
    }
    assert_well_behaved(&page, &served);
}

/// Entries beyond one page could be counted wrongly, or all be shown. The test checks the count,
/// the number of rows, and the entry on top.
#[test]
fn only_the_latest_entries_of_a_long_history_are_shown() {
    let Some(mut page) = Chromium::start("long") else { return };
    let served = Served::start("queue");
    for _ in 0..2_100 {
        served.charge(1, 1);
    }
    open_account(&mut page, &served, 1);
    page.wait_until("document.getElementById('history-count').dataset.count === '2100'");
    assert_eq!(page.value("document.getElementById('history').rows.length"), 50);
    assert_eq!(page.value("document.getElementById('history').rows[0].dataset.id"), "2100");
    assert_well_behaved(&page, &served);
}

/// The page could lack operations that it cannot render, or codes without an explanation. The test
/// compares it with the OpenAPI description.
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
            let curl = curl.as_str().unwrap_or_else(|| panic!("the page lacks {method} {path}"));
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
    // A bound that a JavaScript number cannot represent.
    assert!(text(&mut page, "docs").contains("1 to 9,223,372,036,854,775,807"));
    // The `type` of a problem links to this section.
    assert_eq!(page.value("document.querySelector(':target')?.id"), "insufficient-balance");
    assert_well_behaved(&page, &served);
}

/// Opens the page and selects an account.
fn open_account(page: &mut Chromium, served: &Served, user: u64) {
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

/// Runs a race to its end and returns its verdict.
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
    text.as_str().unwrap_or_else(|| panic!("the page has no element #{id}")).to_owned()
}

/// Checks what must hold for every page: it sends requests only to its own service, the service
/// does not fail, and the page has no errors and no violation of its content security policy.
fn assert_well_behaved(page: &Chromium, served: &Served) {
    for sent in page.events("Network.requestWillBeSent") {
        let url = sent["request"]["url"].as_str().unwrap();
        assert!(
            url.starts_with(&served.url("/")) || url.starts_with("data:"),
            "a request to {url}"
        );
    }
    for answer in page.events("Network.responseReceived") {
        let response = &answer["response"];
        assert!(response["status"].as_u64().unwrap() < 500, "{} failed", response["url"]);
    }
    let thrown: Vec<_> = page.events("Runtime.exceptionThrown").collect();
    assert!(thrown.is_empty(), "{thrown:?}");
    let is_error = |entry: &&Value| entry["type"] == "error" || entry["type"] == "assert";
    let logged: Vec<_> = page.events("Runtime.consoleAPICalled").filter(is_error).collect();
    assert!(logged.is_empty(), "{logged:?}");
    // The browser logs each HTTP error as a network error; a policy violation is a security error.
    let of_page = |entry: &&Value| {
        entry["entry"]["level"] == "error" && entry["entry"]["source"] != "network"
    };
    let noted: Vec<_> = page.events("Log.entryAdded").filter(of_page).collect();
    assert!(noted.is_empty(), "{noted:?}");
}
