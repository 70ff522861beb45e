//! Checks that the models need the orderings that the code asks for.

use std::{
    collections::{BTreeMap, VecDeque},
    env, fs,
    process::Command,
    sync::Mutex,
    thread,
};

use super::{
    explored::{ORDERING, PRINT_ORDERINGS, run_alone},
    weakened::WEAKENED,
};

/// Models that run at the same time.
const WORKERS: usize = 2;

/// Orderings without which no model fails, each with the reason to keep it.
const UNDETECTED: &[(&str, &str)] = &[
    (
        "src/store/memory.rs history: Acquire as Relaxed",
        "the entries and the tail publish themselves; with it a reader finds the chunk of the \
         newest entry and need not make one that is then given back",
    ),
    (
        "src/store/versioned.rs take: Acquire as Relaxed",
        "a caller that claims has loaded the account with acquire; the claim does not rely on that",
    ),
];

/// An ordering in the code, and the models that use it.
#[derive(Debug)]
struct Usage {
    place: String,
    order: String,
    models: Vec<String>,
}

/// An ordering that is stronger than necessary is a cost and a false hint to the reader. An
/// ordering that no model uses is not shown to be strong enough. So each is weakened alone, and a
/// model must fail. The exceptions are listed above with their reasons.
#[test]
fn every_ordering_is_needed() {
    let usages = Mutex::new(usages().into_iter().collect::<VecDeque<Usage>>());
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let Some(usage) = usages.lock().unwrap().pop_front() else { return };
                    for weaker in weaker_than(&usage.order) {
                        let failing_model = failing_model(&usage, weaker);
                        results.lock().unwrap().push((describe(&usage, weaker), failing_model));
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap();
    results.sort();
    for (weakened, failing_model) in &results {
        eprintln!("{weakened}: {}", failing_model.as_deref().unwrap_or("no model fails"));
    }
    let undetected: Vec<&str> = results
        .iter()
        .filter(|(_, failing_model)| failing_model.is_none())
        .map(|(description, _)| &**description)
        .collect();
    let expected: Vec<&str> =
        UNDETECTED.iter().map(|(description, _reason)| *description).collect();
    assert_eq!(undetected, expected);
}

/// Runs every model and collects the orderings stronger than `Relaxed` that it uses.
fn usages() -> Vec<Usage> {
    let mut usages = BTreeMap::<String, Usage>::new();
    for model in models() {
        let output = run_alone(&model, PRINT_ORDERINGS, "1");
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            let Some(ordering) = line.strip_prefix(ORDERING) else { continue };
            let (place, order) =
                ordering.split_once('=').expect("a line has a place and its ordering");
            let new = || Usage { place: place.into(), order: order.into(), models: Vec::new() };
            usages.entry(ordering.to_owned()).or_insert_with(new).models.push(model.clone());
        }
    }
    assert!(!usages.is_empty(), "no model uses an ordering stronger than Relaxed");
    usages.into_values().collect()
}

/// Lists the models of the code, without the seeded bugs.
fn models() -> Vec<String> {
    let program = env::current_exe().expect("a test has the path of its program");
    let output = Command::new(program).arg("--list").output().expect("the program lists its tests");
    let names = String::from_utf8_lossy(&output.stdout);
    let tests = names.lines().filter_map(|line| line.strip_suffix(": test"));
    let is_model = |test: &&str| {
        test.contains("::models::") && !test.contains("::wrong::") && !test.starts_with("sync::")
    };
    tests.filter(is_model).map(str::to_owned).collect()
}

/// Returns the first model that fails with `usage` weakened, and its panic.
fn failing_model(usage: &Usage, weaker: &str) -> Option<String> {
    let requested = format!("{}={weaker}", usage.place);
    usage.models.iter().find_map(|model| {
        let output = run_alone(model, WEAKENED, &requested);
        (!output.status.success()).then(|| format!("{model}: {}", first_panic(&output.stderr)))
    })
}

/// Returns the message of the first panic.
fn first_panic(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let mut lines = text.lines().skip_while(|line| !line.contains(" panicked at ")).skip(1);
    lines.next().unwrap_or("it ended without a panic").to_owned()
}

/// Returns the orderings that are one step weaker.
fn weaker_than(order: &str) -> &'static [&'static str] {
    match order {
        "AcqRel" => &["Acquire", "Release"],
        "Acquire" | "Release" => &["Relaxed"],
        _ => &[],
    }
}

/// Describes a weakening by file, function and ordering, which most edits do not change.
fn describe(usage: &Usage, weaker: &str) -> String {
    let mut parts = usage.place.split(':');
    let (file, line) = (parts.next().unwrap(), parts.next().unwrap().parse::<usize>().unwrap());
    let half = parts.nth(1).unwrap();
    let text = fs::read_to_string(file).expect("models run in the folder of their source");
    let above = text.lines().take(line).collect::<Vec<_>>();
    let function = above.iter().rev().find_map(|line| line.split_once("fn ")).map(|(_, name)| {
        name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
    });
    let half = if half == "Failure" { ", on failure" } else { "" };
    format!("{file} {}{half}: {} as {weaker}", function.unwrap_or("?"), usage.order)
}
