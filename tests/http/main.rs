//! The service over HTTP: what it answers, to whom, and what is left behind when it goes wrong.
//!
//! A trial is named `place::store::strategy::property`, so any part of a name runs a row or a column:
//! `cargo test --test http -- slab::queue`. In `router` requests are handed to the router of each
//! strategy on each of its stores; in `wire` they come down sockets, cut off, slow and in crowds; in
//! `binary` the program is what answers. No property knows a strategy.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod answer;
mod app;
mod ask;
mod books;
mod interference;
mod nonsense;
mod script;

use std::{env, process::ExitCode};

use hotrow::registry::{self, Entry};
use libtest_mimic::{Arguments, Failed, Trial};

use self::books::Found;

/// What is held against every strategy on each of its stores.
const PROPERTIES: &[(&str, fn(&Entry) -> Found)] = &[
    ("the_same_script_gives_the_same_answers", script::the_same_script_gives_the_same_answers),
    ("nonsense_is_refused_and_changes_nothing", nonsense::nonsense_is_refused_and_changes_nothing),
    ("who_is_unknown_stays_unknown", nonsense::who_is_unknown_stays_unknown),
    ("a_body_of_the_largest_size_is_read", nonsense::a_body_of_the_largest_size_is_read),
];

/// What is held against the tests themselves.
const CHECKS: &[(&str, fn() -> Found)] =
    &[("the_table_is_long_and_says_nothing_twice", nonsense::the_table_is_long_and_says_nothing_twice)];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if env::var_os("HOTROW_BLESS").is_some() {
        script::bless(served().next().expect("something is served"));
    }
    let mut trials = Vec::new();
    for entry in served() {
        for (name, property) in PROPERTIES {
            let name = format!("router::{}::{}::{name}", entry.store, entry.strategy);
            trials.push(trial(name, || property(entry)));
        }
    }
    for (name, check) in CHECKS {
        trials.push(trial(format!("checks::{name}"), check));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Everything that can be served.
fn served() -> impl Iterator<Item = &'static Entry> {
    registry::entries().filter(|entry| !entry.is_reference())
}

/// The trial that passes if nothing is found.
fn trial(name: impl Into<String>, play: impl FnOnce() -> Found + Send + 'static) -> Trial {
    Trial::test(name, || play().map_err(Failed::from))
}
