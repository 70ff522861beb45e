//! The contract of one strategy as a list of trials: each property in each execution mode.

use std::fmt;

use rayon::prelude::*;

use super::{
    check_result::CheckResult,
    execution_mode::ExecutionMode,
    fixture::TestCase,
    properties::{PROPERTIES, Property},
    search_budget::SearchBudget,
};
use crate::contract::Candidate;

/// One property, checked against one strategy on one store in one execution mode.
#[derive(Clone, Copy)]
pub struct Trial {
    /// The strategy, the store and the execution mode.
    pub case: TestCase,
    /// The property to check.
    pub property: &'static Property,
}

impl Trial {
    /// Lists the trials of `candidate`: each property that it guarantees, in each execution mode
    /// that applies to it. The list is empty if the candidate guarantees nothing.
    pub fn all_of(candidate: &Candidate, budget: SearchBudget) -> Vec<Trial> {
        let mut trials = Vec::new();
        for mode in ExecutionMode::ALL.into_iter().filter(|mode| mode.suits(candidate)) {
            let case = TestCase { candidate: *candidate, mode, budget };
            let guaranteed =
                PROPERTIES.iter().filter(|property| property.is_promised_by(candidate));
            trials.extend(guaranteed.map(|property| Trial { case, property }));
        }
        trials
    }

    /// Runs the trial.
    ///
    /// # Errors
    /// A description of the violation.
    pub fn play(&self) -> CheckResult {
        self.case.run_property(self.property)
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.case, self.property.name)
    }
}

/// Checks every property that `candidate` guarantees, in every execution mode, and returns the
/// number of trials. Another crate checks its own strategy with this call.
///
/// # Errors
/// [`ContractFailure`] with every failed trial and its violation.
///
/// # Examples
/// ```no_run
/// use hotrow::{store::Memory, strategy::{CombiningLock, Queue}};
/// use hotrow_verify::{candidate, contract::check_contract};
///
/// check_contract(&candidate!(Queue keeps CombiningLock, on Memory)).unwrap();
/// ```
pub fn check_contract(candidate: &Candidate) -> Result<usize, ContractFailure> {
    let trials = Trial::all_of(candidate, SearchBudget::from_environment());
    let failed: Vec<(Trial, String)> =
        trials.par_iter().filter_map(|trial| Some((*trial, trial.play().err()?))).collect();
    match failed.is_empty() {
        true => Ok(trials.len()),
        false => Err(ContractFailure { failed, trials: trials.len() }),
    }
}

/// The failed trials of a strategy.
pub struct ContractFailure {
    /// Each failed trial with its violation.
    pub failed: Vec<(Trial, String)>,
    /// The number of all trials.
    pub trials: usize,
}

impl fmt::Display for ContractFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} of {} trials failed", self.failed.len(), self.trials)?;
        for (trial, violation) in &self.failed {
            writeln!(f, "\n{trial}\n{violation}")?;
        }
        Ok(())
    }
}

/// Prints the same text as `Display`, because `unwrap` prints it in a test.
impl fmt::Debug for ContractFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ContractFailure {}
