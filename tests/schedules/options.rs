//! The options after `cargo schedules --`, in addition to those of the test harness.

use std::{env, path::PathBuf};

/// Default number of schedules of each strategy. All strategies take some minutes.
const SCHEDULES: u64 = 1_000;

/// What to explore, and where to write the summary.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The seed of all schedules.
    pub(crate) seed: u64,
    /// Number of schedules of each strategy, divided among its workflows.
    pub(crate) schedules: u64,
    /// The number of the only schedule to run, to repeat it.
    pub(crate) schedule: Option<u64>,
    /// The file for the summary.
    pub(crate) save: Option<PathBuf>,
}

impl Options {
    /// Parses these options from the command line, and returns the other arguments.
    pub(crate) fn parse() -> (Options, Vec<String>) {
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
                "--seed" => options.seed = required("--seed", arguments.next()),
                "--schedules" => options.schedules = required("--schedules", arguments.next()),
                "--schedule" => options.schedule = Some(required("--schedule", arguments.next())),
                "--save" => options.save = arguments.next().map(PathBuf::from),
                _ => rest.push(argument),
            }
        }
        (options, rest)
    }
}

fn required(name: &str, text: Option<String>) -> u64 {
    number(name, text).unwrap_or_else(|| panic!("{name} needs a number after it"))
}

fn number(name: &str, text: Option<String>) -> Option<u64> {
    let number = text?.replace('_', "").parse();
    Some(number.unwrap_or_else(|_| panic!("{name} needs a whole number")))
}
