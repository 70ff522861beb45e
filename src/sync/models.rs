//! Whether the models need the orderings that the code asks for.

use std::{
    collections::{BTreeMap, VecDeque},
    env, fs,
    process::Command,
    sync::Mutex,
    thread,
};

use super::{
    explored::{ORDERING, TELL_ORDERINGS, alone},
    weakened::WEAKENED,
};

/// Models that run at the same time.
const WORKERS: usize = 2;

/// Orderings that no model fails without, each with the reason why it is there.
const NOT_SEEN: &[(&str, &str)] = &[
    (
        "src/store/slab.rs history: Acquire as Relaxed",
        "the lines and the tail publish themselves; with it a reader finds the chunk of the newest \
         line and need not make one that is then given back",
    ),
    (
        "src/store/versioned.rs take: Acquire as Relaxed",
        "whoever claims has loaded the account with acquire; the claim does not lean on that",
    ),
];

/// An ordering in the code, and the models that pass it.
#[derive(Debug)]
struct Use {
    place: String,
    order: String,
    models: Vec<String>,
}

/// An ordering that is stronger than it must be is a cost and a false hint to the reader, and one
/// that no model passes is not shown to be strong enough. So each is weakened, alone, and a model
/// must fail; what is left is listed above with its reason.
#[test]
fn every_ordering_is_needed() {
    let uses = Mutex::new(uses().into_iter().collect::<VecDeque<Use>>());
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let Some(one) = uses.lock().unwrap().pop_front() else { return };
                    for weaker in weaker_than(&one.order) {
                        let finder = finder(&one, weaker);
                        found.lock().unwrap().push((told(&one, weaker), finder));
                    }
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap();
    found.sort();
    for (weakened, finder) in &found {
        eprintln!("{weakened}: {}", finder.as_deref().unwrap_or("no model fails"));
    }
    let not_seen: Vec<&str> =
        found.iter().filter(|(_, finder)| finder.is_none()).map(|(told, _)| &**told).collect();
    let expected: Vec<&str> = NOT_SEEN.iter().map(|(told, _reason)| *told).collect();
    assert_eq!(not_seen, expected);
}

/// Every ordering stronger than `Relaxed` that a model uses.
fn uses() -> Vec<Use> {
    let mut uses = BTreeMap::<String, Use>::new();
    for model in models() {
        let output = alone(&model, TELL_ORDERINGS, "1");
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            let Some(ordering) = line.strip_prefix(ORDERING) else { continue };
            let (place, order) = ordering.split_once('=').expect("a place and its ordering");
            let new = || Use { place: place.into(), order: order.into(), models: Vec::new() };
            uses.entry(ordering.to_owned()).or_insert_with(new).models.push(model.clone());
        }
    }
    assert!(!uses.is_empty(), "the models use orderings");
    uses.into_values().collect()
}

/// The models of the code as it is.
fn models() -> Vec<String> {
    let program = env::current_exe().expect("a test knows where its program is");
    let output = Command::new(program).arg("--list").output().expect("tests can be listed");
    let names = String::from_utf8_lossy(&output.stdout);
    let tests = names.lines().filter_map(|line| line.strip_suffix(": test"));
    let is_model = |test: &&str| {
        test.contains("::models::") && !test.contains("::wrong::") && !test.starts_with("sync::")
    };
    tests.filter(is_model).map(str::to_owned).collect()
}

/// The first model that fails when `one` is weakened, and what it says.
fn finder(one: &Use, weaker: &str) -> Option<String> {
    let asked = format!("{}={weaker}", one.place);
    one.models.iter().find_map(|model| {
        let output = alone(model, WEAKENED, &asked);
        (!output.status.success()).then(|| format!("{model}: {}", last_words(&output.stderr)))
    })
}

/// What the first panic says.
fn last_words(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let mut lines = text.lines().skip_while(|line| !line.contains(" panicked at ")).skip(1);
    lines.next().unwrap_or("it ended without a word").to_owned()
}

/// What is one step weaker.
fn weaker_than(order: &str) -> &'static [&'static str] {
    match order {
        "AcqRel" => &["Acquire", "Release"],
        "Acquire" | "Release" => &["Relaxed"],
        _ => &[],
    }
}

/// The place of `one` by what does not change with every edit.
fn told(one: &Use, weaker: &str) -> String {
    let mut parts = one.place.split(':');
    let (file, line) = (parts.next().unwrap(), parts.next().unwrap().parse::<usize>().unwrap());
    let half = parts.nth(1).unwrap();
    let text = fs::read_to_string(file).expect("models are run where their source is");
    let above = text.lines().take(line).collect::<Vec<_>>();
    let function = above.iter().rev().find_map(|line| line.split_once("fn ")).map(|(_, name)| {
        name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
    });
    let half = if half == "Failure" { ", where it fails" } else { "" };
    format!("{file} {}{half}: {} as {weaker}", function.unwrap_or("?"), one.order)
}
