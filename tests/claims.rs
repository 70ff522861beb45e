//! The claims of the report, checked against the run that the report cites: the suite fails if the
//! verdict of a claim has changed.
//!
//! `crates/report/src/claims/expected.txt` has the expected verdicts. If a new run is correct and changes
//! verdicts, `HOTROW_BLESS=1 cargo test --test claims` rewrites the file; review its diff. Without
//! the run there is one test, which is ignored and says so.

use std::{env, error::Error, fs, path::Path, process::ExitCode};

use hotrow_report::{Outcome, Source, outcomes};
use hotrow_results::StoredRun;
use libtest_mimic::{Arguments, Failed, Trial};

const RESULTS: &str = "results";
const EXPECTED: &str = "crates/report/src/claims/expected.txt";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::from_args();
    let trials = match load_outcomes()? {
        Some(outcomes) if env::var_os("HOTROW_BLESS").is_some() => {
            let lines = outcomes
                .iter()
                .map(|outcome| format!("{}: {}\n", outcome.id, outcome.verdict.name()));
            fs::write(EXPECTED, lines.collect::<String>())?;
            Vec::new()
        }
        Some(outcomes) => outcomes.into_iter().map(trial).collect(),
        None => vec![
            Trial::test("results/reference/standard does not exist: no claim was checked", || {
                Ok(())
            })
            .with_ignored_flag(true),
        ],
    };
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

fn load_outcomes() -> Result<Option<Vec<Outcome>>, Box<dyn Error>> {
    let results = env::var("HOTROW_RESULTS").unwrap_or_else(|_| RESULTS.to_owned());
    let mut runs = Vec::new();
    for directory in StoredRun::find(Path::new(&results))? {
        let name = directory.strip_prefix(&results)?.to_string_lossy().replace('\\', "/");
        runs.push((name, StoredRun::load(&directory)?));
    }
    let sources: Vec<Source<'_>> = runs.iter().map(|(name, run)| Source { name, run }).collect();
    Ok(outcomes(&sources))
}

/// Makes a trial that passes if the verdict of the claim is the expected one.
fn trial(outcome: Outcome) -> Trial {
    Trial::test(outcome.id.clone(), move || match outcome.is_as_expected() {
        true => Ok(()),
        false => {
            let Outcome { sentence, expected, verdict, measured, .. } = &outcome;
            let (expected, is) = (expected.unwrap_or("missing"), verdict.name());
            Err(Failed::from(format!(
                "{sentence}: expected `{expected}`, and it is `{is}`: {measured}"
            )))
        }
    })
}
