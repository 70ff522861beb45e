//! The outcome of each mutant, saved from one run of this tool to the next.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::Write,
    path::Path,
};

use serde::{Deserialize, Serialize};

/// The outcome of one mutant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// The name of the mutant, in the format of cargo-mutants.
    pub mutant: String,
    /// Its fate.
    pub fate: Fate,
    /// The suite that caught it; empty if none did.
    pub suite: String,
    /// The number of suites that ran.
    pub runs: usize,
}

/// The fate of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It does not compile.
    Unviable,
    /// A unit test fails.
    Unit,
    /// A test of the contract suite fails.
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
        (Fate::Unit, "caught by a unit test"),
        (Fate::Contract, "caught by the contract suite"),
        (Fate::Model, "caught by a model"),
        (Fate::Schedules, "caught by random schedules"),
        (Fate::Timeout, "timeout: a test never ends"),
        (Fate::Survived, "survived"),
        (Fate::Unreached, "survived: no test reaches it"),
    ];

    /// Whether no test caught the mutant.
    pub fn is_survivor(self) -> bool {
        matches!(self, Fate::Survived | Fate::Unreached)
    }
}

/// The outcomes of earlier runs, the last one of each mutant.
pub fn load(path: &Path) -> BTreeMap<String, Outcome> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let outcomes = text.lines().filter_map(|line| serde_json::from_str::<Outcome>(line).ok());
    outcomes.map(|outcome| (outcome.mutant.clone(), outcome)).collect()
}

/// Opens the file of outcomes. Each is appended at once, so that a stopped run keeps them.
pub fn open(path: &Path) -> Result<File, String> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.map_err(|error| format!("{}: {error}", path.display()))
}

/// Appends an outcome to the file.
pub fn add(file: &mut File, outcome: &Outcome) -> Result<(), String> {
    let line = serde_json::to_string(outcome).expect("an outcome is valid JSON") + "\n";
    file.write_all(line.as_bytes()).map_err(|error| format!("cannot save an outcome: {error}"))
}

/// The tables of `outcomes` by fate and by file, and the list of survivors.
pub fn summary(outcomes: &[Outcome]) -> String {
    let count = |fate: Fate| outcomes.iter().filter(|outcome| outcome.fate == fate).count();
    let mut text = String::from("| | mutants |\n|---|--:|\n");
    text += &format!("| generated | {} |\n", outcomes.len());
    for (fate, label) in Fate::ALL {
        text += &format!("| {label} | {} |\n", count(fate));
    }
    let mut files = BTreeMap::<&str, Vec<Fate>>::new();
    for outcome in outcomes {
        files.entry("all").or_default().push(outcome.fate);
        files.entry(outcome.file()).or_default().push(outcome.fate);
    }
    text += "\n| file | generated | viable | caught | survived |\n|---|--:|--:|--:|--:|\n";
    for (file, fates) in files {
        let viable = fates.iter().filter(|&&fate| fate != Fate::Unviable).count();
        let survived = fates.iter().filter(|fate| fate.is_survivor()).count();
        let (generated, caught) = (fates.len(), viable - survived);
        text += &format!("| `{file}` | {generated} | {viable} | {caught} | {survived} |\n");
    }
    for Outcome { fate, mutant, .. } in outcomes.iter().filter(|outcome| outcome.fate.is_survivor())
    {
        text += &format!("\n{fate:?}: {mutant}");
    }
    text
}

impl Outcome {
    /// The file of the mutant, with which its name begins.
    fn file(&self) -> &str {
        self.mutant.split(':').next().unwrap_or_default()
    }
}
