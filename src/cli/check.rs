//! The proof for a person: every property held against every strategy that promises to keep it.

use std::{
    cmp::Reverse,
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::mpsc::{self, RecvTimeoutError},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    arguments::Check,
    failure::{Exit, Failure, note},
    interrupt, plan, printed,
    progress::Progress,
    results,
    run::{command_line, marked},
};
use crate::{
    proof::{Effort, Found, PROPERTIES, Property, Stage, Trial, operations_asked},
    record::{CheckRow, Environment, SCHEMA, SavedRun},
    registry::{self, Entry},
    report::grouped,
    strategy::{Family, Promises},
};

/// Counter-examples that are told of one strategy on one store. The others are of the same mistake
/// more often than not.
const TOLD_MAX: usize = 2;

/// Names of columns, narrow enough for a table of all strategies in 80 columns.
fn letters() -> impl Iterator<Item = char> {
    ('a'..='z').chain('A'..='Z')
}

/// How long it takes to see that the work is to stop.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Holds every property against each strategy that was asked for.
pub(super) fn check(asked: &Check) -> Result<Exit, Failure> {
    let entries = entries(asked)?;
    let effort = Effort { seed: asked.seed, schedules: asked.schedules };
    if let Some(directory) = &asked.results {
        results::prepare(directory, asked.overwrite, results::OVERWRITE)?;
    }
    interrupt::listen()?;
    let environment = Environment::before(command_line(), asked.seed);
    let trials: Vec<Trial> =
        entries.iter().flat_map(|entry| Trial::all_of(entry, effort)).collect();
    let began = Instant::now();
    let played = play(&trials);
    let planned = trials.len();
    let checked = Checked { entries, trials, played, effort, took: began.elapsed() };
    if let Some(directory) = &asked.results {
        checked.save(directory, environment)?;
    }
    let text = match asked.json {
        true => format!("{:#}\n", checked.object()),
        false => marked(&checked.told(), checked.is_partial()),
    };
    printed::print(&text).map_err(Failure::of_output)?;
    let partial = checked.is_partial();
    if partial {
        note(format_args!("stopped: partial, {} of {planned} trials", checked.played.len()));
    }
    for missed in checked.missed_controls(asked).into_iter().filter(|_| !partial) {
        note(format_args!("{missed}, wrong on purpose, was not caught"));
    }
    let lost =
        checked.lost().filter(|(trial, _)| !is_to_be_caught(asked, &trial.case.entry)).count();
    if lost == 0 {
        return Ok(if partial { Exit::Interrupted } else { Exit::Done });
    }
    note(format_args!("{lost} of {} trials are lost", checked.played.len()));
    Ok(Exit::Wrong)
}

/// Plays all trials, or those that come to their end before the work is to stop: one may take hours,
/// and is then left to the end of this program.
fn play(trials: &[Trial]) -> Vec<Played> {
    let progress = Progress::of(trials.len() as u64);
    let (sender, results) = mpsc::channel();
    for (number, trial) in trials.iter().enumerate() {
        let (trial, sender) = (*trial, sender.clone());
        rayon::spawn_fifo(move || {
            if !interrupt::requested() {
                let found = catch_unwind(AssertUnwindSafe(|| trial.play()));
                // No receiver is left where the work was stopped.
                let _ = sender.send((number, trial, found));
            }
        });
    }
    drop(sender);
    let mut played = Vec::new();
    loop {
        match results.recv_timeout(LOOK_EVERY) {
            Ok((number, trial, found)) => {
                progress.finished(trial.case.entry.strategy);
                let found = found.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                played.push((number, (trial, found)));
            }
            Err(RecvTimeoutError::Timeout) if !interrupt::requested() => {}
            Err(_) => break,
        }
    }
    played.sort_by_key(|(number, _)| *number);
    played.into_iter().map(|(_, played)| played).collect()
}

/// Whether an entry is there only because controls were asked for as such. Who is asked for by name
/// is held to what it would have to promise, and fails if it does not keep it.
fn is_to_be_caught(asked: &Check, entry: &Entry) -> bool {
    let is_named = asked.strategies.iter().any(|name| name == entry.strategy);
    asked.with_controls && entry.family == Family::Control && !is_named
}

/// Who was asked for, or everybody who claims to be sound. Who claims nothing and is asked for is
/// held to what it would have to promise.
pub(super) fn entries(asked: &Check) -> Result<Vec<Entry>, Failure> {
    let names: BTreeSet<&str> = asked.strategies.iter().map(String::as_str).collect();
    let store = asked.store.as_deref().map(plan::draft::store).transpose()?;
    for name in &names {
        plan::check_fits(name, store)?;
    }
    let chosen = registry::entries().filter(|entry| {
        let wanted = match names.is_empty() {
            true => entry.promises.sound,
            false => names.contains(entry.strategy),
        };
        let wanted = wanted || is_to_be_caught(asked, entry);
        wanted && !entry.is_reference() && store.is_none_or(|store| store == entry.store)
    });
    let entries: Vec<Entry> = chosen.map(held_to_soundness).collect();
    if entries.is_empty() {
        return Err(Failure::usage("a reference keeps no books: there is nothing to check"));
    }
    Ok(entries)
}

fn held_to_soundness(entry: &Entry) -> Entry {
    Entry { promises: Promises { sound: true, ..entry.promises }, ..*entry }
}

type Played = (Trial, Found);

/// What came of it.
struct Checked {
    entries: Vec<Entry>,
    /// Every trial that was to be played.
    trials: Vec<Trial>,
    /// Those that were.
    played: Vec<Played>,
    effort: Effort,
    took: Duration,
}

impl Checked {
    /// Whether the work was stopped before every trial was played.
    fn is_partial(&self) -> bool {
        self.played.len() < self.trials.len()
    }

    /// Whether every trial of a property was played that there is for an entry.
    fn is_complete(&self, entry: &Entry, property: &str) -> bool {
        let is_it = |trial: &&Trial| {
            let case = &trial.case.entry;
            (case.strategy, case.store, trial.property.name)
                == (entry.strategy, entry.store, property)
        };
        let played = self.played.iter().map(|(trial, _)| trial).filter(is_it).count();
        played == self.trials.iter().filter(is_it).count()
    }

    fn lost(&self) -> impl Iterator<Item = (&Trial, &String)> {
        self.played.iter().filter_map(|(trial, found)| Some((trial, found.as_ref().err()?)))
    }

    fn of<'a>(&'a self, entry: &'a Entry) -> impl Iterator<Item = &'a Played> {
        let is_of = |case: &Entry| (case.strategy, case.store) == (entry.strategy, entry.store);
        self.played.iter().filter(move |(trial, _)| is_of(&trial.case.entry))
    }

    /// Controls that keep everything, which says nothing for the others.
    fn missed_controls(&self, asked: &Check) -> Vec<String> {
        let controls = self.entries.iter().filter(|entry| is_to_be_caught(asked, entry));
        let missed = controls.filter(|entry| self.lost_by(entry).next().is_none());
        missed.map(|entry| format!("{} on {}", entry.strategy, entry.store)).collect()
    }

    /// Writes what was found.
    fn save(&self, directory: &Path, environment: Environment) -> Result<(), Failure> {
        let environment = environment.after(self.is_partial());
        let of_entry = |entry| {
            // A row without trials says that the property is not promised.
            let properties = PROPERTIES.iter().filter(|one| self.is_complete(entry, one.name));
            let row = |property| self.row(&environment.run, entry, property);
            properties.map(row).collect::<Vec<CheckRow>>()
        };
        let checks = self.entries.iter().flat_map(of_entry).collect();
        let run = SavedRun { checks, ..SavedRun::empty(environment) };
        let place = run.save(directory).map_err(|error| {
            Failure::failed(format!("cannot save in {}: {error}", directory.display()))
        })?;
        results::tell(directory, &place);
        Ok(())
    }

    /// What came of one property for one entry; no trials where it is not promised.
    fn row(&self, run: &str, entry: &Entry, property: &Property) -> CheckRow {
        let of_property = self.of(entry).filter(|(trial, _)| trial.property.name == property.name);
        let trials = of_property.collect::<Vec<_>>();
        let lost: Vec<(&Trial, &String)> = trials
            .iter()
            .filter_map(|(trial, found)| Some((trial, found.as_ref().err()?)))
            .collect();
        let told = |(trial, found): &(&Trial, &String)| {
            let first = found.lines().map(str::trim).find(|line| !line.is_empty());
            format!("{}: {}", trial.case.stage, first.unwrap_or_default())
        };
        CheckRow {
            schema: SCHEMA,
            run: run.to_owned(),
            store: entry.store.to_owned(),
            strategy: entry.strategy.to_owned(),
            sound: entry.family != Family::Control,
            property: property.name.to_owned(),
            trials: trials.len() as u64,
            broken: lost.len() as u64,
            violation: lost.first().map(told).unwrap_or_default(),
        }
    }

    /// Of each property a line, of each entry a column.
    fn told(&self) -> String {
        let width = PROPERTIES.iter().map(|property| property.name.len()).max().unwrap_or_default();
        let mut text = String::new();
        for (entry, letter) in self.entries.iter().zip(letters()) {
            text += &format!(" {letter}  {} on {}\n", entry.strategy, entry.store);
        }
        text += &format!("\n{:width$}", "");
        for (_, letter) in self.entries.iter().zip(letters()) {
            text += &format!(" {letter}");
        }
        for property in PROPERTIES {
            text += &format!("\n{:width$}", property.name.replace('_', " "));
            for entry in &self.entries {
                text += &format!(" {}", self.mark(entry, property.name));
            }
        }
        text + &self.legend() + &self.counter_examples()
    }

    /// Whether an entry keeps a property on every stage.
    fn mark(&self, entry: &Entry, property: &str) -> char {
        let of_property = self.of(entry).filter(|(trial, _)| trial.property.name == property);
        let found: Vec<&Found> = of_property.map(|(_, found)| found).collect();
        match found.iter().all(|found| found.is_ok()) {
            false => 'X',
            true if !self.is_complete(entry, property) => '?',
            true if found.is_empty() => '.',
            true => '+',
        }
    }

    fn lost_by<'a>(&'a self, entry: &'a Entry) -> impl Iterator<Item = (&'a Trial, &'a String)> {
        self.of(entry).filter_map(|(trial, found)| Some((trial, found.as_ref().err()?)))
    }

    fn legend(&self) -> String {
        let Effort { seed, schedules } = self.effort;
        let not_played = if self.is_partial() { ", ? not played to the end" } else { "" };
        let stages = Stage::ALL.map(|stage| stage.to_string()).join(", ");
        format!(
            "\n\n+ kept, X not, . not promised{not_played}, on each of the stages {stages}\n\
             {schedules} schedules from seed {seed} where they are drawn\n\
             {} trials, {} operations, {:.1} s\n",
            self.played.len(),
            grouped(operations_asked()),
            self.took.as_secs_f64()
        )
    }

    fn counter_examples(&self) -> String {
        let mut text = String::new();
        for entry in &self.entries {
            let mut lost: Vec<_> = self.lost_by(entry).collect();
            // What a judge has found comes with a picture.
            lost.sort_by_key(|(_, found)| Reverse(found.lines().count()));
            for (trial, found) in lost.iter().take(TOLD_MAX) {
                text += &format!("\n{trial}\n{}\n", found.trim_end());
            }
            if TOLD_MAX < lost.len() {
                let (more, Entry { strategy, store, .. }) = (lost.len() - TOLD_MAX, entry);
                text += &format!("\n{more} more of {strategy} on {store}: --json tells them all\n");
            }
        }
        text
    }

    fn object(&self) -> Value {
        let entries: Vec<Value> = self.entries.iter().map(|entry| self.object_of(entry)).collect();
        json!({
            "entries": entries,
            "partial": self.is_partial(),
            "seed": self.effort.seed,
            "schedules": self.effort.schedules,
            "operations": operations_asked(),
            "seconds": self.took.as_secs_f64(),
        })
    }

    fn object_of(&self, entry: &Entry) -> Value {
        let lost = self.lost_by(entry).map(|(trial, found)| {
            json!({
                "stage": trial.case.stage.to_string(),
                "property": trial.property.name,
                "found": found,
            })
        });
        let kept: BTreeSet<&str> = self.of(entry).map(|(trial, _)| trial.property.name).collect();
        json!({
            "strategy": entry.strategy,
            "store": entry.store,
            "trials": self.of(entry).count(),
            "properties": kept,
            "lost": lost.collect::<Vec<Value>>(),
        })
    }
}
