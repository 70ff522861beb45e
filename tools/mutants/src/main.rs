//! Tests the test suite: changes the package in one place at a time, and runs tests until one
//! fails.
//!
//! cargo-mutants generates the mutants. This tool weaves all of them into one copy of the package
//! and builds it once for each configuration; an environment variable selects the active mutant.
//! Each suite runs once without a mutant, which measures its time and the functions that it
//! reaches. Then each mutant runs with the suites that reach its function, the fastest first, until
//! one fails.

mod configuration;
mod generated;
mod outcome;
mod package;
mod run;
mod weave;

use std::{
    collections::{BTreeMap, VecDeque},
    fs::{self, File},
    path::PathBuf,
    process::ExitCode,
    sync::Mutex,
    thread,
};

use clap::Parser;

use self::{
    configuration::{Configuration, Kind, Suite},
    generated::Mutant,
    outcome::{Fate, Outcome},
    package::{Copy, Source},
    run::{Baseline, End},
};

/// Changes the package in one place at a time, and checks that a test fails
#[derive(Debug, Parser)]
struct Options {
    /// Only mutants with this in their name, which begins with file and line
    #[arg(short = 'F', long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only files that match, such as `src/strategy/**`. Can be repeated; mutants run in this order
    #[arg(short, long = "file", value_name = "GLOB", default_values_t = files())]
    files: Vec<String>,
    /// Print the mutants and run none
    #[arg(short, long)]
    list: bool,
    /// Only mutants that no earlier run has caught
    #[arg(short, long)]
    iterate: bool,
    /// Only the tests of this build; by default those of all builds
    #[arg(short, long, value_name = "BUILD")]
    build: Option<Configuration>,
    /// Number of mutants to run at the same time
    #[arg(short, long, value_name = "COUNT", default_value_t = 2)]
    jobs: usize,
}

/// The files to change by default, the most important first.
const FILES: &[&str] = &[
    "src/strategy/**",
    "src/store/**",
    "src/sync/**",
    "src/domain/**",
    "crates/verify/src/audit/**",
];

impl Options {
    /// Whether the options select `mutant`, with the outcomes `known` from earlier runs.
    fn selects(&self, mutant: &Mutant, known: &BTreeMap<String, Outcome>) -> bool {
        let is_caught = known.get(&mutant.name).is_some_and(|known| !known.fate.is_survivor());
        self.filter.as_ref().is_none_or(|text| mutant.name.contains(text))
            && !(self.iterate && is_caught)
    }

    fn configurations(&self) -> Vec<Configuration> {
        self.build.map_or(Configuration::ALL.to_vec(), |build| vec![build])
    }
}

fn files() -> Vec<String> {
    FILES.iter().map(|&file| file.to_owned()).collect()
}

/// The folder of copies, builds and outcomes, relative to the package.
const WORK: &str = "target/mutants";

/// The file in it with the outcomes of all runs.
const OUTCOMES: &str = "outcomes.jsonl";

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let root = std::env::current_dir().map_err(|error| error.to_string())?;
    let all = generated::mutants(&root, &options.files)?;
    let work = root.join(WORK);
    let known = outcome::load(&work.join(OUTCOMES));
    let selected: Vec<Mutant> =
        all.iter().filter(|m| options.selects(m, &known)).cloned().collect();
    if options.list {
        selected.iter().for_each(|mutant| println!("{}", mutant.name));
        return Ok(());
    }
    if !selected.is_empty() {
        // Only selected mutants are woven and built.
        let source = Source::new(&root, selected)?;
        Session::prepare(source, work.clone(), &options.configurations())?.all(options.jobs)?;
    }
    let known = outcome::load(&work.join(OUTCOMES));
    let outcomes: Vec<Outcome> =
        all.iter().filter_map(|mutant| known.get(&mutant.name).cloned()).collect();
    println!("{}", outcome::summary(&outcomes));
    Ok(())
}

/// Everything that is needed to run a mutant.
struct Session {
    source: Source,
    work: PathBuf,
    copies: BTreeMap<Configuration, Copy>,
    /// The baselines of all configurations, the fastest first.
    baselines: Vec<Baseline>,
    /// For each mutant the first mutant of its function.
    functions: BTreeMap<u32, u32>,
    file: Mutex<File>,
}

impl Session {
    /// Builds every configuration, and runs every suite once.
    fn prepare(
        source: Source,
        work: PathBuf,
        configurations: &[Configuration],
    ) -> Result<Session, String> {
        fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
        let (mut copies, mut baselines) = (BTreeMap::new(), Vec::new());
        for &configuration in configurations {
            eprintln!("building {} mutants into {}", source.mutants.len(), configuration.name());
            let copy = source.build_woven(configuration, &work)?;
            eprintln!("{} do not compile; {} suites", copy.dropped.len(), copy.suites.len());
            for suite in &copy.suites {
                baselines.push(run::baseline(suite.clone(), &copy.folder, &work)?);
            }
            copies.insert(configuration, copy);
        }
        baselines.sort_by_key(|baseline| baseline.time);
        for Baseline { suite, time, reached } in &baselines {
            eprintln!("{time:>8.2?} {:>4} functions {}", reached.len(), suite.name);
        }
        let functions = source
            .functions()
            .flat_map(|(_, first, mutants)| mutants.iter().map(move |&number| (number, first)))
            .collect();
        let file = Mutex::new(outcome::open(&work.join(OUTCOMES))?);
        Ok(Session { source, work, copies, baselines, functions, file })
    }

    /// Runs all mutants, `jobs` at a time. Those that need a build of their own come last.
    fn all(&self, jobs: usize) -> Result<(), String> {
        let (woven, separate): (VecDeque<u32>, VecDeque<u32>) = (0..)
            .take(self.source.mutants.len())
            .partition(|number| self.functions.contains_key(number));
        let (total, woven) = (woven.len(), Mutex::new(woven));
        let next = || woven.lock().expect("jobs do not panic").pop_front();
        let work = || {
            while let Some(number) = next() {
                let left = woven.lock().expect("jobs do not panic").len();
                self.save(&self.run_woven(number)?, total - left, total)?;
            }
            Ok::<(), String>(())
        };
        thread::scope(|scope| {
            let jobs: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
            jobs.into_iter().try_for_each(|job| job.join().expect("a job does not panic"))
        })?;
        let total = separate.len();
        for (number, position) in separate.into_iter().zip(1..) {
            self.save(&self.run_separately(number)?, position, total)?;
        }
        Ok(())
    }

    fn save(&self, outcome: &Outcome, position: usize, total: usize) -> Result<(), String> {
        eprintln!("{position}/{total} {:?} {} {}", outcome.fate, outcome.mutant, outcome.suite);
        outcome::add(&mut self.file.lock().expect("jobs do not panic"), outcome)
    }

    /// Runs a woven mutant.
    fn run_woven(&self, number: u32) -> Result<Outcome, String> {
        let function = self.functions[&number];
        let is_dropped =
            |configuration: Configuration| self.copies[&configuration].dropped.contains(&number);
        let reaching = self.baselines.iter().filter(|baseline| {
            baseline.reached.contains(&function) && !is_dropped(baseline.suite.configuration)
        });
        let none = match self.copies.keys().copied().any(is_dropped) {
            true => Fate::Unviable,
            false => Fate::Unreached,
        };
        self.run_suites(number, reaching, none)
    }

    /// Runs a mutant with its own builds, against all suites that reach a function of its file.
    fn run_separately(&self, number: u32) -> Result<Outcome, String> {
        let mutant = &self.source.mutants[number as usize];
        let functions: Vec<u32> = self
            .source
            .functions()
            .filter(|(file, ..)| *file == mutant.file)
            .map(|(_, first, _)| first)
            .collect();
        let mut last = self.outcome(number, Fate::Unviable, "", 0);
        for (&configuration, copy) in &self.copies {
            let built = self.source.build_alone(number, configuration, copy, &self.work)?;
            let Some(suites) = built else { continue };
            let program = |suite: &Suite| {
                let same = suites.iter().find(|new| new.name == suite.name)?;
                Some(Suite { program: same.program.clone(), ..suite.clone() })
            };
            let reaching: Vec<Baseline> = self
                .baselines
                .iter()
                .filter(|baseline| functions.iter().any(|first| baseline.reached.contains(first)))
                .filter_map(|b| Some(Baseline { suite: program(&b.suite)?, ..b.clone() }))
                .collect();
            last = self.run_suites(number, reaching.iter(), Fate::Unreached)?;
            if !last.fate.is_survivor() {
                break;
            }
        }
        Ok(last)
    }

    /// Runs suites with a mutant until one fails. Without suites the fate is `none`.
    fn run_suites<'a>(
        &self,
        number: u32,
        suites: impl Iterator<Item = &'a Baseline>,
        none: Fate,
    ) -> Result<Outcome, String> {
        let mut runs = 0;
        for baseline in suites {
            runs += 1;
            let suite = &baseline.suite;
            let folder = &self.copies[&suite.configuration].folder;
            let fate = match run::with_mutant(baseline, number, folder)? {
                End::Passed => continue,
                End::Timeout => Fate::Timeout,
                End::Failed => caught_by(suite.kind),
            };
            return Ok(self.outcome(number, fate, &suite.name, runs));
        }
        let fate = if runs == 0 { none } else { Fate::Survived };
        Ok(self.outcome(number, fate, "", runs))
    }

    fn outcome(&self, number: u32, fate: Fate, suite: &str, runs: usize) -> Outcome {
        let mutant = self.source.mutants[number as usize].name.clone();
        Outcome { mutant, fate, suite: suite.to_owned(), runs }
    }
}

fn caught_by(kind: Kind) -> Fate {
    match kind {
        Kind::Unit => Fate::Unit,
        Kind::Contract => Fate::Contract,
        Kind::Model => Fate::Model,
        Kind::Schedules => Fate::Schedules,
    }
}
