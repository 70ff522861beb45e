//! The page of `hotrow report --html`, opened from disk.

use std::{path::Path, process::Command};

use serde_json::json;

use crate::chromium::Chromium;

/// The first chart of ratios that is shown.
const CHART: &str = "document.querySelector('figure[data-kind=ratios]')";

/// The buttons could hide another series than they name, the address could lose the filter, and a
/// tooltip could show another value than the chart. The page needs no network for any of this.
#[test]
fn the_report_hides_series_switches_scales_and_keeps_its_filter_in_the_address() {
    let Some(mut page) = Chromium::start("report") else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report.html");
    let mut report = Command::new(env!("CARGO_BIN_EXE_hotrow"));
    report.arg("report").arg("--results").arg(root.join("results")).arg("--html").arg(&file);
    assert!(report.arg("reference/standard").status().unwrap().success());
    page.open(&format!("file://{}", file.display()));

    let shown = |what: &str| format!("{CHART}.querySelector('svg:not([hidden])'){what}");
    let label = page.value(&shown(".getAttribute('aria-label')"));
    assert!(label.as_str().unwrap().contains("hot row"), "{label}");

    // A click hides one series, in the chart of every scale.
    let button =
        format!("[...{CHART}.querySelectorAll('button')].find((it) => it.innerText === 'cas')");
    let hidden = format!("{CHART}.querySelectorAll('[data-name][hidden]')");
    page.value(&format!("{button}.click()"));
    assert_eq!(page.value(&format!("{button}.ariaPressed")), "false");
    let names = page.value(&format!("[...new Set([...{hidden}].map((it) => it.dataset.name))]"));
    assert_eq!(names, json!(["cas"]));
    page.value(&format!("{button}.click()"));
    assert_eq!(page.value(&format!("{hidden}.length")), 0);

    let scale = format!("{CHART}.querySelector('.scale')");
    assert_eq!(page.value(&shown(".dataset.x")), "log");
    page.value(&format!("{scale}.click()"));
    assert_eq!(page.value(&shown(".dataset.x")), "linear");
    assert_eq!(page.value(&format!("{scale}.innerText")), "x: linear");

    // The keyboard reaches a value, and the row shows the same one.
    page.value(&shown(".querySelector('.target[tabindex=\"0\"]').focus()"));
    let tip = page.value("document.getElementById('tip').innerText");
    let row = page.value(&shown(".querySelector('.target').closest('g').textContent"));
    let value = tip.as_str().unwrap().lines().nth(1).unwrap();
    assert!(row.as_str().unwrap().contains(value) && value.contains(" x ["), "{tip} in {row}");

    page.value("document.querySelector('[value=drift]').click()");
    page.value("document.querySelector('[name=find]').focus()");
    page.call("Input.insertText", json!({ "text": "slow" }));
    let count = "document.querySelector('.controls output').innerText";
    let filtered = page.value(count);
    assert_eq!(page.value("location.hash"), "#find=slow&without=drift");
    let copy = page.value("location.href");
    page.open("about:blank");
    page.open(copy.as_str().unwrap());
    assert_eq!(page.value(count), filtered);
    assert_eq!(page.value("document.querySelector('[value=drift]').checked"), false);

    let requests: Vec<_> = page.events("Network.requestWillBeSent").collect();
    assert!(requests.iter().all(|it| it["request"]["url"].as_str().unwrap().starts_with("file:")));
    let thrown: Vec<_> = page.events("Runtime.exceptionThrown").collect();
    assert!(thrown.is_empty(), "{thrown:?}");
}
