//! Measures how fast the linearizability search checks histories.
//!
//! Users are independent, so each history here has one user. There are correct histories, histories
//! with one wrong balance near the end, and histories in which one operation in a hundred is
//! indeterminate. The output has the median, minimum and maximum of several rounds.
//!
//! `cargo bench --bench checking` takes some ten seconds. `-- --quick` takes fewer rounds, and
//! `-- --test` one round over short histories, to see that everything runs. `-- --list` prints the
//! names of the histories, and `-- WORD` selects those with the word in their names.

#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use std::{
    env,
    hint::black_box,
    time::{Duration, Instant},
};

use hotrow::domain::Policy;
use hotrow_cli::costs::{Costs, Piece};
use hotrow_results::stats::{median, quantile};
use hotrow_verify::{
    history::{History, HistoryGenerator, Reply},
    linearizability::{AccountModel, Verdict, check},
};

/// A history to check, and its verdict.
struct Case {
    name: &'static str,
    clients: u64,
    operations: u64,
    unknown_per_mille: u32,
    is_wrong: bool,
}

const CASES: &[Case] = &[
    correct("8 clients, 10,000 operations", 8, 10_000),
    correct("8 clients, 100,000 operations", 8, 100_000),
    correct("32 clients, 10,000 operations", 32, 10_000),
    correct("32 clients, 100,000 operations", 32, 100_000),
    wrong("8 clients, 10,000 operations, wrong", 8, 10_000),
    wrong("8 clients, 100,000 operations, wrong", 8, 100_000),
    wrong("32 clients, 100,000 operations, wrong", 32, 100_000),
    indeterminate("8 clients, 10,000 operations, 1 % unknown", 8, 10_000),
    indeterminate("8 clients, 100,000 operations, 1 % unknown", 8, 100_000),
    indeterminate("32 clients, 10,000 operations, 1 % unknown", 32, 10_000),
];

const fn correct(name: &'static str, clients: u64, operations: u64) -> Case {
    Case { name, clients, operations, unknown_per_mille: 0, is_wrong: false }
}

const fn wrong(name: &'static str, clients: u64, operations: u64) -> Case {
    Case { name, clients, operations, unknown_per_mille: 0, is_wrong: true }
}

const fn indeterminate(name: &'static str, clients: u64, operations: u64) -> Case {
    Case { name, clients, operations, unknown_per_mille: 10, is_wrong: false }
}

/// A checker: returns whether a history is correct.
type Checker = fn(&History) -> bool;

/// The checkers to compare, each on every history.
const CHECKERS: &[(&str, Checker)] = &[("search", is_linearizable)];

fn main() {
    let arguments: Vec<String> =
        env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let word =
        arguments.iter().find(|argument| !argument.starts_with("--")).cloned().unwrap_or_default();
    let cases = CASES.iter().filter(|case| case.name.contains(&word));
    if has("--list") {
        return cases.for_each(|case| println!("{}: benchmark", case.name));
    }
    // Cargo passes `--bench` only to a measurement. Without it, as under `cargo test`, one round is
    // enough.
    let is_test = has("--test") || !has("--bench");
    let rounds = match (is_test, has("--quick")) {
        (true, _) => 1,
        (false, true) => 5,
        (false, false) => 15,
    };
    println!("{:<44} {:<8} {:>22}   median of {rounds} rounds [least, most]", "history", "by", "");
    let mut costs = Costs::of("checking");
    for case in cases {
        let history = case.draw(if is_test { 100 } else { 1 });
        for (checker, check) in CHECKERS {
            let took: Vec<Duration> = (0..rounds).map(|_| timed(case, &history, *check)).collect();
            let operations = history.operations.len() as u64;
            let piece =
                Piece { scenario: case.name, store: "", strategy: checker, family: "auditor" };
            took.iter().for_each(|took| costs.add(piece, operations, *took));
            let rate = |took: &Duration| operations as f64 / took.as_secs_f64() / 1e6;
            let rates: Vec<f64> = took.iter().map(rate).collect();
            let [low, middle, high] =
                [quantile(&rates, 0.0), median(&rates), quantile(&rates, 1.0)]
                    .map(|rate| rate.expect("there is at least one round"));
            println!(
                "{:<44} {checker:<8} {middle:>6.2} M operations/s   [{low:.2}, {high:.2}]",
                case.name
            );
        }
    }
    match costs.save() {
        Ok(Some(file)) if !is_test => println!("rows in {}", file.display()),
        Ok(_) => {}
        Err(error) => println!("cannot save the rows: {error}"),
    }
}

/// Measures the time of one check.
fn timed(case: &Case, history: &History, check: Checker) -> Duration {
    let began = Instant::now();
    let is_right = check(black_box(history));
    let took = began.elapsed();
    assert_eq!(is_right, !case.is_wrong, "{}", case.name);
    took
}

impl Case {
    /// Draws the history, or a shorter one: its length is divided by `fraction`.
    fn draw(&self, fraction: u64) -> History {
        let generator = HistoryGenerator {
            seed: 1,
            clients: self.clients,
            users: 1,
            operations: self.operations / fraction,
            amount_max: 1_000,
            reads_percent: 20,
            unknown_per_mille: self.unknown_per_mille,
            policy: Policy::default(),
        };
        let mut history = generator.history();
        if self.is_wrong {
            let late = history.operations.len() * 9 / 10;
            let applied = history.operations[late..].iter_mut().find_map(|operation| {
                match &mut operation.reply {
                    Reply::Applied(account) => Some(account),
                    _ => None,
                }
            });
            applied.expect("some command is applied").balance += 1;
        }
        history
    }
}

/// Searches for an order of each user's operations, one user after another.
fn is_linearizable(history: &History) -> bool {
    let accounts = AccountModel::all_of(history);
    accounts.iter().all(|(model, calls)| check(model, calls) == Verdict::Linearizable)
}
