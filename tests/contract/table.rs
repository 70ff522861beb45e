//! The page that lists what is wrong on purpose and what catches it, written from the table of the
//! suite itself.

use std::{collections::BTreeMap, env, fmt::Write as _, fs};

use hotrow::proof::PROPERTIES;
use libtest_mimic::Failed;
use serde_json::Value;

use crate::wrong::{WRONG, Wrong};

const PAGE: &str = "docs/WRONG_ON_PURPOSE.md";

/// The last full exploration of random schedules, which says how many it took.
const SCHEDULES: &str = "results/proof/schedules-1.json";

const HEAD: &str = "\
# Wrong on purpose

A check that has never failed proves nothing. Each strategy here makes one mistake that people make, and
claims to keep every promise. The suite holds every property against each of them, and fails if one
survives, and as well if one dies by a property that is not named for it: a mistake that is caught by
accident may not be caught next time. A mistake that no property sees is there for `cargo schedules`, which
must catch it.

**Ledger** is the judge who has ledgers, versions and real time; **callers** the one who has nothing but
the balances that callers were told. Both are shown what clients of a mixed load saw. **Schedules** is how
many random schedules of one scenario it took to catch it (`cargo schedules`, seed 1), where that can.

This page is written by the suite: `HOTROW_BLESS=1 cargo test --test contract -- wrong::the_page`.

";

/// The properties that put what clients saw before a judge.
const JUDGES: [&str; 2] =
    ["the_ledger_bears_out_every_reply", "callers_see_one_command_after_another"];

/// Properties of one strategy that are named; of more than that, how many there are.
const NAMED_MAX: usize = 4;

/// The same for programs: a line for each mistake and property that catches it.
const ROWS: &str = "results/proof/planted.csv";

/// The trial that passes if the page and its rows say what the suite does.
pub(crate) fn the_page_is_fresh() -> Result<(), Failed> {
    for (file, fresh) in [(PAGE, page()?), (ROWS, rows())] {
        if env::var_os("HOTROW_BLESS").is_some() {
            fs::write(file, fresh)?;
        } else if fs::read_to_string(file)? != fresh {
            return Err(format!("{file} is stale: run the line that {PAGE} names").into());
        }
    }
    Ok(())
}

fn rows() -> String {
    let mut rows = "mistake,strategy,store,stage,property\n".to_owned();
    for wrong in WRONG {
        let entry = (wrong.entry)();
        for killer in wrong.killers {
            let (mistake, stage) = (wrong.mistake.replace('"', "\"\""), wrong.stage);
            let of = format!("{},{},{stage}", entry.strategy, entry.store);
            rows += &format!("\"{mistake}\",{of},{killer}\n");
        }
    }
    rows
}

fn page() -> Result<String, Failed> {
    let schedules = schedules()?;
    let mut page = HEAD.to_owned();
    page += "| mistake | strategy | stage | ledger | callers | other properties | schedules |\n";
    page += "|---|---|---|:-:|:-:|---|---|\n";
    for wrong in WRONG {
        let entry = (wrong.entry)();
        let by_judge = JUDGES.map(|judge| mark(wrong.killers.contains(&judge)));
        let name = format!("{}::{}", entry.store, entry.strategy);
        writeln!(
            page,
            "| {} | `{}` | {} | {} | {} | {} | {} |",
            wrong.mistake,
            entry.strategy,
            wrong.stage,
            by_judge[0],
            by_judge[1],
            others(wrong),
            schedules.get(&name).map_or("", String::as_str),
        )?;
    }
    let victims = |name: &str| WRONG.iter().filter(|w| w.killers.contains(&name)).count();
    page += "\n| property | catches |\n|---|--:|\n";
    for property in PROPERTIES {
        writeln!(page, "| {} | {} |", words(property.name), victims(property.name))?;
    }
    Ok(page)
}

fn mark(caught: bool) -> &'static str {
    if caught { "x" } else { "" }
}

fn others(wrong: &Wrong) -> String {
    let others: Vec<&str> =
        wrong.killers.iter().copied().filter(|killer| !JUDGES.contains(killer)).collect();
    match others.len() {
        0 if wrong.killers.is_empty() => "none: only random schedules show it".to_owned(),
        0..=NAMED_MAX => others.into_iter().map(words).collect::<Vec<_>>().join("; "),
        many => format!("{many}, {} first", words(others[0])),
    }
}

fn words(property: &str) -> String {
    property.replace('_', " ")
}

/// In how many schedules of which scenario each was caught, by store and strategy.
fn schedules() -> Result<BTreeMap<String, String>, Failed> {
    let record: Value = serde_json::from_str(&fs::read_to_string(SCHEDULES)?)?;
    let caught = record["wrong"].as_array().ok_or("the record lists what was caught")?;
    let told = caught.iter().filter_map(|one| {
        let (scenario, schedules) = (one["scenario"].as_str()?, one["schedules"].as_u64()?);
        Some((one["entry"].as_str()?.to_owned(), format!("{scenario} {schedules}")))
    });
    Ok(told.collect())
}
