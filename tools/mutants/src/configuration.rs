//! The three builds of the package, and the tests of each that are run.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// A build of the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Configuration {
    /// The build of users: the unit tests and the contract suite.
    Tests,
    /// The build with loom: the models.
    Models,
    /// The build with Shuttle: random schedules.
    Schedules,
}

/// Tests that run in one process.
#[derive(Debug, Clone)]
pub struct Suite {
    /// Its name in reports.
    pub name: String,
    /// The build of its program.
    pub configuration: Configuration,
    /// The kind of its tests.
    pub kind: Kind,
    /// The test program.
    pub program: PathBuf,
    /// The arguments of the program.
    pub arguments: Vec<String>,
}

/// The kind of test that catches a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A unit test.
    Unit,
    /// The contract suite.
    Contract,
    /// A model with loom.
    Model,
    /// Random schedules with Shuttle.
    Schedules,
}

/// The result of a build.
pub enum Built {
    /// The suites of its programs.
    Suites(Vec<Suite>),
    /// The places where it does not compile.
    Errors(Vec<Error>),
}

/// A compiler error.
#[derive(Debug)]
pub struct Error {
    /// The files and lines that it points at, the most important first.
    pub places: Vec<(String, usize)>,
    /// The message of the compiler.
    pub rendered: String,
}

/// Modules whose unit tests are run. The others do not test the changed code, and wait in real
/// time.
const UNIT_MODULES: &[&str] =
    &["audit", "clock", "domain", "service", "store", "strategy", "sync", "workload"];

impl Configuration {
    /// All builds, the one with the fastest tests first.
    pub const ALL: [Configuration; 3] =
        [Configuration::Tests, Configuration::Models, Configuration::Schedules];

    /// Its name in paths and reports.
    pub fn name(self) -> &'static str {
        match self {
            Configuration::Tests => "tests",
            Configuration::Models => "models",
            Configuration::Schedules => "schedules",
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            // Low optimisation levels, because building takes as long as running here.
            Configuration::Tests => &[
                "--package",
                "hotrow",
                "--package",
                "hotrow-verify",
                "--lib",
                "--test",
                "contract",
                "--config",
                "profile.test.package.hotrow.opt-level=0",
                "--config",
                "profile.test.package.hotrow-verify.opt-level=0",
            ],
            Configuration::Models => &[
                "--package",
                "hotrow",
                "--lib",
                "--config",
                "build.rustflags=['--cfg','hotrow_loom']",
            ],
            Configuration::Schedules => &[
                "--package",
                "hotrow",
                "--test",
                "schedules",
                "--profile",
                "schedules",
                "--config",
                "build.rustflags=['--cfg','shuttle']",
                "--config",
                "profile.schedules.opt-level=1",
            ],
        }
    }

    /// Builds the tests of the package at `package`.
    pub fn build(self, package: &Path, target: &Path) -> Result<Built, String> {
        let mut command = Command::new("cargo");
        command.args(["test", "--locked", "--no-run", "--message-format=json"]);
        command.args(self.arguments()).arg("--target-dir").arg(target).current_dir(package);
        // Inherited flags would rebuild all dependencies.
        command.env_remove("RUSTFLAGS").env_remove("CARGO_TARGET_DIR");
        let output = command.output().map_err(|error| format!("cargo test: {error}"))?;
        let messages: Vec<Value> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        let errors: Vec<Error> = messages.iter().filter_map(error).collect();
        if !errors.is_empty() {
            return Ok(Built::Errors(errors));
        }
        if !output.status.success() {
            return Err(format!("cargo test: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let mut suites = Vec::new();
        for program in messages.iter().filter_map(program) {
            suites.extend(self.suites(&program, package)?);
        }
        Ok(Built::Suites(suites))
    }

    /// The tests of `program`, in groups that each run in one process.
    fn suites(self, program: &Path, package: &Path) -> Result<Vec<Suite>, String> {
        let output = Command::new(program)
            .arg("--list")
            .current_dir(package)
            .output()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let tests = text.lines().filter_map(|line| line.strip_suffix(": test"));
        let is_contract = program.file_name().is_some_and(|name| starts_with(name, "contract"));
        let mut groups = BTreeMap::<String, (Kind, Vec<String>)>::new();
        for test in tests {
            let Some((kind, group, arguments)) = self.group(test, is_contract) else { continue };
            groups.entry(group).or_insert((kind, arguments));
        }
        let suites = groups.into_iter().map(|(group, (kind, arguments))| Suite {
            name: format!("{} {group}", self.name()),
            configuration: self,
            kind,
            program: program.to_owned(),
            arguments,
        });
        Ok(suites.collect())
    }

    /// The kind of `test`, its group, and the arguments that run this group. `None` for a test that
    /// is not run: a seeded bug of the models is explored in processes that would outlive their
    /// parent.
    fn group(self, test: &str, is_contract: bool) -> Option<(Kind, String, Vec<String>)> {
        let parts: Vec<&str> = test.split("::").collect();
        let first = |count: usize| (count < parts.len()).then(|| parts[..count].join("::") + "::");
        match self {
            Configuration::Tests if is_contract => {
                let group = first(3)?;
                Some((Kind::Contract, group.clone(), vec![group]))
            }
            Configuration::Tests => {
                let group = first(parts.len() - 1)?;
                let arguments = vec![group.clone(), "--test-threads=2".to_owned()];
                UNIT_MODULES.contains(&parts[0]).then_some((Kind::Unit, group, arguments))
            }
            Configuration::Models => {
                let is_seeded = parts.contains(&"wrong");
                let is_model = parts.contains(&"models") && parts[0] != "sync" && !is_seeded;
                let arguments = vec![test.to_owned(), "--exact".to_owned()];
                is_model.then_some((Kind::Model, test.to_owned(), arguments))
            }
            Configuration::Schedules => {
                let group = first(2)?;
                Some((Kind::Schedules, group.clone(), vec![group]))
            }
        }
    }
}

fn starts_with(name: &OsStr, start: &str) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(start))
}

/// The test program that a message of cargo names, if any.
fn program(message: &Value) -> Option<PathBuf> {
    let is_test = message["profile"]["test"].as_bool()?;
    let program = message["executable"].as_str()?;
    is_test.then(|| program.into())
}

/// The compiler error in a message of cargo, if any.
fn error(message: &Value) -> Option<Error> {
    let message = message.get("message")?;
    if message["level"] != "error" {
        return None;
    }
    let mut places = Vec::new();
    let spans = message["spans"].as_array().into_iter().flatten();
    let (primary, secondary): (Vec<&Value>, Vec<&Value>) =
        spans.partition(|span| span["is_primary"] == true);
    let children = message["children"].as_array().into_iter().flatten();
    let notes = children.filter_map(|child| child["spans"].as_array()).flatten();
    for span in primary.into_iter().chain(secondary).chain(notes) {
        places.extend(place(span));
    }
    let rendered = message["rendered"].as_str().unwrap_or_default().to_owned();
    // An error such as "aborting due to .." points at no place.
    (!places.is_empty()).then_some(Error { places, rendered })
}

fn place(span: &Value) -> Option<(String, usize)> {
    let line = usize::try_from(span["line_start"].as_u64()?).ok()?;
    Some((span["file_name"].as_str()?.to_owned(), line))
}
