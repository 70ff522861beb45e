//! Every claim of the report, held against the run that the report cites: the suite fails where one
//! has come out otherwise than it did.
//!
//! What it came out as stands in `src/report/claims/expected.txt`. Where that is no longer so and the
//! new run is to be believed, `HOTROW_BLESS=1 cargo test --test claims` writes it anew; the
//! difference is then there to be read. Without the run nothing can be compared, and the one trial that
//! there is says so by being ignored.

use std::{env, error::Error, fs, path::Path, process::ExitCode};

use hotrow::{
    record::SavedRun,
    report::{Outcome, Source, outcomes},
};
use libtest_mimic::{Arguments, Failed, Trial};

const RESULTS: &str = "results";
const EXPECTED: &str = "src/report/claims/expected.txt";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::from_args();
    let trials = match outcomes_here()? {
        Some(outcomes) if env::var_os("HOTROW_BLESS").is_some() => {
            let lines = outcomes.iter().map(|one| format!("{}: {}\n", one.id, one.verdict.name()));
            fs::write(EXPECTED, lines.collect::<String>())?;
            Vec::new()
        }
        Some(outcomes) => outcomes.into_iter().map(trial).collect(),
        None => vec![
            Trial::test(
                "results/reference/standard is not there: no claim was compared",
                || Ok(()),
            )
            .with_ignored_flag(true),
        ],
    };
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

fn outcomes_here() -> Result<Option<Vec<Outcome>>, Box<dyn Error>> {
    let results = env::var("HOTROW_RESULTS").unwrap_or_else(|_| RESULTS.to_owned());
    let mut runs = Vec::new();
    for directory in SavedRun::find(Path::new(&results))? {
        let name = directory.strip_prefix(&results)?.to_string_lossy().replace('\\', "/");
        runs.push((name, SavedRun::load(&directory)?));
    }
    let sources: Vec<Source<'_>> = runs.iter().map(|(name, run)| Source { name, run }).collect();
    Ok(outcomes(&sources))
}

/// The trial that passes if the claim has come out as before.
fn trial(outcome: Outcome) -> Trial {
    Trial::test(outcome.id.clone(), move || match outcome.is_as_expected() {
        true => Ok(()),
        false => {
            let Outcome { sentence, expected, verdict, measured, .. } = &outcome;
            let (was, is) = (expected.unwrap_or("not there"), verdict.name());
            Err(Failed::from(format!("{sentence}: it was `{was}`, and is `{is}`: {measured}")))
        }
    })
}
