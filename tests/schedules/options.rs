//! What is typed after `cargo schedules --`, beside what the harness itself understands.

use std::{env, path::PathBuf};

/// Schedules of each strategy, unless told otherwise: some minutes for all of them.
const SCHEDULES: u64 = 1_000;

/// What is to be explored, and where it is written down.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// What all schedules are drawn from.
    pub(crate) seed: u64,
    /// Schedules of each strategy, shared by its scenarios.
    pub(crate) schedules: u64,
    /// The one schedule that is to be run again.
    pub(crate) schedule: Option<u64>,
    /// Where the summary is written.
    pub(crate) save: Option<PathBuf>,
}

impl Options {
    /// Takes its own options from the command line and gives back the rest.
    pub(crate) fn take() -> (Options, Vec<String>) {
        let mut options = Options {
            seed: number("HOTROW_SEED", env::var("HOTROW_SEED").ok()).unwrap_or(1),
            schedules: number("HOTROW_SCHEDULES", env::var("HOTROW_SCHEDULES").ok())
                .unwrap_or(SCHEDULES),
            schedule: None,
            save: env::var_os("HOTROW_SAVE").map(PathBuf::from),
        };
        let mut rest = Vec::new();
        let mut arguments = env::args();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--seed" => options.seed = needed("--seed", arguments.next()),
                "--schedules" => options.schedules = needed("--schedules", arguments.next()),
                "--schedule" => options.schedule = Some(needed("--schedule", arguments.next())),
                "--save" => options.save = arguments.next().map(PathBuf::from),
                _ => rest.push(argument),
            }
        }
        (options, rest)
    }
}

fn needed(name: &str, text: Option<String>) -> u64 {
    number(name, text).unwrap_or_else(|| panic!("{name} needs a number"))
}

fn number(name: &str, text: Option<String>) -> Option<u64> {
    let number = text?.replace('_', "").parse();
    Some(number.unwrap_or_else(|_| panic!("{name} needs a whole number")))
}
