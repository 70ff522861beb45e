//! Writes the page that lists each seeded bug and the properties that detect it.

use std::{collections::BTreeMap, env, fmt::Write as _, fs};

use hotrow_verify::contract::PROPERTIES;
use libtest_mimic::Failed;
use serde_json::Value;

use crate::seeded_bugs::{SeededBug, seeded_bugs};

const PAGE: &str = "docs/SEEDED_BUGS.md";

/// The record of the last full exploration of random schedules.
const SCHEDULES: &str = "results/proof/schedules.json";

const HEAD: &str = "\
# Seeded bugs

A check that has never failed proves nothing. Each strategy here has one known mistake that people
make, and declares every guarantee. The suite checks every property against each of them. Each
mistake names the properties that must detect it. The suite fails if one of them does not, and
also if another property does: a mistake that is detected by accident may be missed next time.
`cargo schedules` must detect a mistake that no property detects.

**Ledger** is the checker that uses ledgers, versions and real time. **Callers** is the checker
that uses only the balances in the replies to callers. Both check what the clients of a mixed load
observed. **Schedules** is the number of random schedules of one workflow until the mistake was
detected (`cargo schedules`, seed 1), if schedules can detect it.

The suite writes this page: `HOTROW_BLESS=1 cargo test --test contract -- seeded_bugs::the_page`.

";

/// The properties that check a complete history.
const HISTORY_PROPERTIES: [&str; 2] = ["replies_match_ledger", "observed_history_is_linearizable"];

/// Most properties of one strategy that the page names. If there are more, it counts them.
const NAMED_MAX: usize = 4;

/// The same table for programs: one row for each mistake and each property that detects it.
const ROWS: &str = "crates/report/src/seeded_bugs.csv";

/// Checks that the page and its rows are what the suite would write.
pub(crate) fn the_page_is_up_to_date() -> Result<(), Failed> {
    for (file, content) in [(PAGE, page()?), (ROWS, rows())] {
        if env::var_os("HOTROW_BLESS").is_some() {
            fs::write(file, content)?;
        } else if fs::read_to_string(file)? != content {
            return Err(format!("{file} is stale: run the command that {PAGE} names").into());
        }
    }
    Ok(())
}

fn rows() -> String {
    let mut rows = "mistake,strategy,store,stage,property\n".to_owned();
    for bug in seeded_bugs() {
        let candidate = (bug.candidate)();
        for property in bug.must_fail {
            let (mistake, mode) = (bug.mistake.replace('"', "\"\""), bug.mode);
            let case = format!("{},{},{mode}", candidate.strategy, candidate.store);
            rows += &format!("\"{mistake}\",{case},{property}\n");
        }
    }
    rows
}

fn page() -> Result<String, Failed> {
    let schedules = schedules()?;
    let mut page = HEAD.to_owned();
    page += "| mistake | strategy | mode | ledger | callers | other properties | schedules |\n";
    page += "|---|---|---|:-:|:-:|---|---|\n";
    for bug in seeded_bugs() {
        let candidate = (bug.candidate)();
        let by_history = HISTORY_PROPERTIES.map(|name| mark(bug.must_fail.contains(&name)));
        let name = format!("{}::{}", candidate.store, candidate.strategy);
        writeln!(
            page,
            "| {} | `{}` | {} | {} | {} | {} | {} |",
            bug.mistake,
            candidate.strategy,
            bug.mode,
            by_history[0],
            by_history[1],
            other_properties(bug),
            schedules.get(&name).map_or("", String::as_str),
        )?;
    }
    let detected = |name: &str| seeded_bugs().filter(|bug| bug.must_fail.contains(&name)).count();
    page += "\n| property | detects |\n|---|--:|\n";
    for property in PROPERTIES {
        writeln!(page, "| {} | {} |", words(property.name), detected(property.name))?;
    }
    Ok(page)
}

fn mark(detected: bool) -> &'static str {
    if detected { "x" } else { "" }
}

fn other_properties(bug: &SeededBug) -> String {
    let others: Vec<&str> = bug
        .must_fail
        .iter()
        .copied()
        .filter(|property| !HISTORY_PROPERTIES.contains(property))
        .collect();
    match others.len() {
        0 if bug.must_fail.is_empty() => "none: only random schedules detect it".to_owned(),
        0..=NAMED_MAX => others.into_iter().map(words).collect::<Vec<_>>().join("; "),
        many => format!("{many}, {} first", words(others[0])),
    }
}

fn words(property: &str) -> String {
    property.replace('_', " ")
}

/// The workflow and the number of schedules that detected each bug, by store and strategy.
fn schedules() -> Result<BTreeMap<String, String>, Failed> {
    let record: Value = serde_json::from_str(&fs::read_to_string(SCHEDULES)?)?;
    let detected = record["seeded_bugs"].as_array().ok_or("the record lists the detected bugs")?;
    let by_name = detected.iter().filter_map(|bug| {
        let (workflow, schedules) = (bug["workflow"].as_str()?, bug["schedules"].as_u64()?);
        Some((bug["entry"].as_str()?.to_owned(), format!("{workflow} {schedules}")))
    });
    Ok(by_name.collect())
}
