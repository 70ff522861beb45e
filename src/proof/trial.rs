//! What has to be shown of one strategy, trial by trial.

use std::fmt;

use rayon::prelude::*;

use super::{
    effort::Effort,
    found::Found,
    properties::{PROPERTIES, Property},
    stage::Stage,
    subject::Case,
};
use crate::registry::Entry;

/// One property, held against one strategy on one store and stage.
#[derive(Clone, Copy)]
pub struct Trial {
    /// The strategy, the store and the stage.
    pub case: Case,
    /// What is to be kept.
    pub property: &'static Property,
}

impl Trial {
    /// Everything that has to be shown of `entry`: each property that it promises to keep, on each
    /// stage on which there is anything to see. Nothing where nothing is promised.
    pub fn all_of(entry: &Entry, effort: Effort) -> Vec<Trial> {
        let mut trials = Vec::new();
        for stage in Stage::ALL.into_iter().filter(|stage| stage.suits(entry)) {
            let case = Case { entry: *entry, stage, effort };
            let promised = PROPERTIES.iter().filter(|property| property.is_promised_by(entry));
            trials.extend(promised.map(|property| Trial { case, property }));
        }
        trials
    }

    /// Plays it.
    ///
    /// # Errors
    /// What was found to be wrong, in words.
    pub fn play(&self) -> Found {
        self.case.hold_against(self.property)
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.case, self.property.name)
    }
}

/// Holds every property against a strategy that it promises to keep, on every stage, and gives the
/// number of trials. This is the suite of this crate, for a strategy of another.
///
/// # Errors
/// Every trial that was lost, with what was found in it.
///
/// # Examples
/// ```no_run
/// # use hotrow::{proof::prove, registry};
/// for entry in registry::entries().filter(|entry| entry.promises.sound) {
///     prove(entry).unwrap();
/// }
/// ```
pub fn prove(entry: &Entry) -> Result<usize, Refuted> {
    let trials = Trial::all_of(entry, Effort::from_environment());
    let lost: Vec<(Trial, String)> =
        trials.par_iter().filter_map(|trial| Some((*trial, trial.play().err()?))).collect();
    match lost.is_empty() {
        true => Ok(trials.len()),
        false => Err(Refuted { lost, trials: trials.len() }),
    }
}

/// A strategy that does not keep what it promises.
pub struct Refuted {
    /// The trials that it lost, with what was found in each.
    pub lost: Vec<(Trial, String)>,
    /// How many there were.
    pub trials: usize,
}

impl fmt::Display for Refuted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} of {} trials are lost", self.lost.len(), self.trials)?;
        for (trial, found) in &self.lost {
            writeln!(f, "\n{trial}\n{found}")?;
        }
        Ok(())
    }
}

/// As it is displayed: it is what `unwrap` shows in a test.
impl fmt::Debug for Refuted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Refuted {}
