//! What became of each mutant, kept from one call to the next.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::Write,
    path::Path,
};

use serde::{Deserialize, Serialize};

/// What became of one mutant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// The mutant, as cargo-mutants prints it.
    pub mutant: String,
    /// What became of it.
    pub fate: Fate,
    /// The suite that saw it; empty if none did.
    pub suite: String,
    /// Suites that were run.
    pub runs: usize,
}

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It does not compile.
    Unviable,
    /// A unit test fails.
    Unit,
    /// A trial of the contract suite fails.
    Contract,
    /// A model fails.
    Model,
    /// A schedule fails.
    Schedules,
    /// A test never ends.
    Timeout,
    /// Every suite that reaches it passes.
    Survived,
    /// No suite reaches it.
    Unreached,
}

impl Fate {
    const ALL: [(Fate, &'static str); 8] = [
        (Fate::Unviable, "unviable: do not compile"),
        (Fate::Unit, "seen by a unit test"),
        (Fate::Contract, "seen by the contract suite"),
        (Fate::Model, "seen by a model"),
        (Fate::Schedules, "seen by random schedules"),
        (Fate::Timeout, "timeout: a test never ends"),
        (Fate::Survived, "survived"),
        (Fate::Unreached, "survived: in no test's way"),
    ];

    /// Whether the mutant is not seen.
    pub fn is_survivor(self) -> bool {
        matches!(self, Fate::Survived | Fate::Unreached)
    }
}

/// The outcomes of earlier calls, the last one of each mutant.
pub fn load(path: &Path) -> BTreeMap<String, Outcome> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let outcomes = text.lines().filter_map(|line| serde_json::from_str::<Outcome>(line).ok());
    outcomes.map(|outcome| (outcome.mutant.clone(), outcome)).collect()
}

/// The file that outcomes are added to as they are known, so that a run that is stopped has them.
pub fn open(path: &Path) -> Result<File, String> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.map_err(|error| format!("{}: {error}", path.display()))
}

/// Adds one to the file.
pub fn add(file: &mut File, outcome: &Outcome) -> Result<(), String> {
    let line = serde_json::to_string(outcome).expect("an outcome is plain") + "\n";
    file.write_all(line.as_bytes()).map_err(|error| format!("an outcome cannot be kept: {error}"))
}

/// The counts of `outcomes` by what saw them and by file, as tables, and the survivors.
pub fn summary(outcomes: &[Outcome]) -> String {
    let count = |fate: Fate| outcomes.iter().filter(|outcome| outcome.fate == fate).count();
    let mut text = String::from("| | mutants |\n|---|--:|\n");
    text += &format!("| generated | {} |\n", outcomes.len());
    for (fate, words) in Fate::ALL {
        text += &format!("| {words} | {} |\n", count(fate));
    }
    let mut files = BTreeMap::<&str, Vec<Fate>>::new();
    for outcome in outcomes {
        files.entry("all").or_default().push(outcome.fate);
        files.entry(outcome.file()).or_default().push(outcome.fate);
    }
    text += "\n| file | generated | viable | seen | survived |\n|---|--:|--:|--:|--:|\n";
    for (file, fates) in files {
        let viable = fates.iter().filter(|&&fate| fate != Fate::Unviable).count();
        let survived = fates.iter().filter(|fate| fate.is_survivor()).count();
        let (generated, seen) = (fates.len(), viable - survived);
        text += &format!("| `{file}` | {generated} | {viable} | {seen} | {survived} |\n");
    }
    for Outcome { fate, mutant, .. } in outcomes.iter().filter(|one| one.fate.is_survivor()) {
        text += &format!("\n{fate:?}: {mutant}");
    }
    text
}

impl Outcome {
    /// The file of its mutant, whose name begins with it.
    fn file(&self) -> &str {
        self.mutant.split(':').next().unwrap_or_default()
    }
}
