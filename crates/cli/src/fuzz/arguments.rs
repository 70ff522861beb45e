//! Random lists of arguments: of known words, of valid and invalid values, and of random bytes.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

use clap::{CommandFactory, Parser};

use super::*;
use tempfile::TempDir;

use crate::{
    arguments::{Arguments, Command},
    bench, demo, failure,
    output::Output,
    plan, results, run, session, verify,
};

const LISTS: u64 = 10_000;

/// Values that some flag accepts, and similar invalid ones.
const VALUES: &[&str] = &[
    "",
    "-",
    "--",
    "0",
    "1",
    "-1",
    "2.5",
    "1e9",
    "99999999999999999999",
    "NaN",
    "inf",
    "mutex",
    "cas",
    "unsynchronized",
    "noop",
    "simulated",
    "memory",
    "threads:2",
    "tasks:64",
    "threads:cores",
    "tasks:99999",
    "uniform",
    "zipf:0.99",
    "zipf:NaN",
    "hot:10@90",
    "hot:0@0",
    "balanced",
    "charge:50,use:50,read:0",
    "charge:300,use:-200,read:0",
    "20us",
    "9999999999999999y",
    "none",
    "fixed:5ms",
    "scaled:0.1",
    "scaled:-1",
    "scaled:1e308",
    "assignment",
    "50k",
    "1e300M",
    "poisson",
    "burst:32",
    "burst:0",
    "constant",
    "quick",
    "standard",
    "hot-row",
    "users=1,16,256",
    "users=",
    "=",
    "rate=1,1e999",
    "mix=half,half",
    "10%",
    "-5%",
    "table",
    "json",
    "csv",
    "coordinated-omission",
    "run-order",
    "account",
    "kv",
    "bash",
    "127.0.0.1:0",
    "amount=1..9",
    "amount=9..1",
    "/dev/null",
    "/dev/full",
    "a\nb",
    "\u{1b}[31m",
    "\u{202e}",
    "é",
    "run",
];

/// Returns every flag and sub-command.
fn known_words() -> Vec<String> {
    let mut command = Arguments::command();
    command.build();
    let mut known = BTreeSet::new();
    for command in std::iter::once(&command).chain(command.get_subcommands()) {
        known.insert(command.get_name().to_owned());
        let flags = command.get_arguments();
        known.extend(flags.filter_map(|flag| Some(format!("--{}", flag.get_long()?))));
    }
    known.into_iter().collect()
}

fn list(rng: &mut fastrand::Rng, known: &[String]) -> Vec<OsString> {
    let mut list = vec![OsString::from("hotrow")];
    if rng.u8(..) > 20 {
        let commands: Vec<_> = known.iter().filter(|word| !word.starts_with("--")).collect();
        list.push(commands[rng.usize(..commands.len())].into());
    }
    for _ in 0..rng.usize(..8) {
        let mut pick = || match rng.u8(..10) {
            0..5 => OsString::from(&known[rng.usize(..known.len())]),
            5..9 => VALUES[rng.usize(..VALUES.len())].into(),
            _ => os_string(garbage(rng)),
        };
        let mut next = pick();
        if rng.u8(..10) == 0 {
            next.push("=");
            next.push(os_string(garbage(rng)));
        }
        list.push(next);
    }
    list
}

/// Moves a path into the scratch folder.
fn moved(path: &Path, scratch: &TempDir) -> PathBuf {
    let names = path.components().filter(|part| matches!(part, Component::Normal(_)));
    scratch.path().join(names.collect::<PathBuf>())
}

fn moved_all(output: &Output, scratch: &TempDir) -> Output {
    let moved = |path: &Option<PathBuf>| path.as_deref().map(|path| moved(path, scratch));
    Output {
        results: moved(&output.results),
        export_csv: moved(&output.export_csv),
        export_json: moved(&output.export_json),
        export_markdown: moved(&output.export_markdown),
        ..output.clone()
    }
}

/// Runs the part of a command that precedes its measurements.
fn prepare(arguments: &Arguments, scratch: &TempDir) -> Result<(), CliError> {
    let outputs = |output: &Output, record: Option<&Path>| {
        let output = moved_all(output, scratch);
        let record = record.map(|file| moved(file, scratch));
        run::check_outputs(&output, &run::files(&output, record.as_deref()))
    };
    match &arguments.command {
        None => plan::quick(&arguments.output)
            .and_then(|plan| outputs(&arguments.output, None).map(|()| plan))
            .map(|plan| drop((plan.fingerprint(), session::expectation(&plan)))),
        Some(Command::Run(arguments)) => {
            let plan = plan::plan(arguments)?;
            drop((plan.fingerprint(), session::expectation(&plan)));
            outputs(&arguments.output, arguments.record.as_deref())
        }
        Some(Command::Verify(arguments)) => {
            verify::candidates(arguments)?;
            let folder = arguments.results.as_deref().map(|folder| moved(folder, scratch));
            folder.map_or(Ok(()), |folder| results::prepare(&folder, false, results::OVERWRITE))
        }
        Some(Command::Demo(arguments)) => match &arguments.results {
            Some(folder) => demo::halves(&moved(folder, scratch)).map(drop),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// A typing error, a broken script or a name in another encoding must give an error of one line.
#[test]
fn no_list_of_arguments_causes_a_panic() {
    let known = known_words();
    let mut accepted = 0;
    for number in 0..LISTS {
        let scratch = tempfile::tempdir().unwrap();
        let list = list(&mut rng_of(number), &known);
        let case = (number, list.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>());
        let result = match Arguments::try_parse_from(&list) {
            Ok(arguments) => prepare(&arguments, &scratch),
            Err(error) if error.exit_code() == 0 => {
                assert!(!error.to_string().is_empty(), "{case:?}");
                Ok(())
            }
            Err(error) => failure::from_clap(&error).map(drop),
        };
        match result {
            Ok(()) => accepted += 1,
            Err(error) => check_line(&error, &case),
        }
        // Cargo passes the arguments of every benchmark to this one.
        if let Err(error) = bench::BenchArguments::try_parse_from(&list) {
            assert!(!error.to_string().is_empty(), "{case:?}");
        }
    }
    assert!((LISTS / 100..LISTS).contains(&accepted), "{accepted} of {LISTS} lists are accepted");
}
