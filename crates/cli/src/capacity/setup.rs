//! What is measured: the scenario, the contenders and the objective, all validated.

use super::{
    Capacity,
    objective::{ACHIEVED_PPM, Objective},
};
use crate::{
    failure::CliError,
    plan::{PlannedContender, check_fits, contenders},
};
use hotrow::scenario::{Latency, Load, Scenario};
use hotrow_results::Role;

/// The default of `--seconds`.
const SECONDS: u32 = 120;

/// The reference that answers at once.
const NOOP: &str = "noop";

/// A validated command line.
pub(super) struct Setup {
    pub(super) scenario: Scenario,
    /// Where the database is, if it is not private.
    pub(super) location: Option<&'static str>,
    pub(super) contenders: Vec<PlannedContender>,
    pub(super) noop: Option<PlannedContender>,
    pub(super) slo: Option<Objective>,
    pub(super) achieved_ppm: u32,
    pub(super) curve: bool,
    pub(super) seconds: u32,
    pub(super) accept_noise: bool,
    pub(super) seed: u64,
    pub(super) results: Option<std::path::PathBuf>,
}

impl Setup {
    /// Validates the arguments.
    pub(super) fn new(arguments: &Capacity) -> Result<Setup, CliError> {
        for name in &arguments.strategies {
            check_fits(name, None)?;
        }
        let builder = arguments.scenario.builder()?;
        let location = builder.store.and_then(|store| store.location);
        let (store, scenario) = builder.finish()?;
        debug_assert_eq!(scenario.load, Load::CLOSED);
        let mut all = contenders(store, scenario.latency, &arguments.strategies)?;
        let is_named = |it: &PlannedContender| {
            arguments.strategies.iter().any(|name| name == it.entry.strategy)
        };
        // A negative control has no capacity, so it runs only if it is named.
        let is_wanted = |it: &PlannedContender| match it.role {
            Role::Contender => true,
            Role::NegativeControl => is_named(it),
            Role::AaControl | Role::Reference => false,
        };
        let noop = all.iter().find(|it| it.entry.strategy == NOOP).copied();
        // With a simulated clock the machine has no noise, and noop no time.
        let noop = noop.filter(|_| scenario.latency == Latency::None);
        all.retain(is_wanted);
        if all.is_empty() {
            return Err(CliError::usage("there is no strategy to measure: name one that decides"));
        }
        Ok(Setup {
            scenario,
            location,
            contenders: all,
            noop,
            slo: arguments.slo,
            achieved_ppm: arguments.achieved.unwrap_or(ACHIEVED_PPM),
            curve: arguments.curve,
            seconds: arguments.seconds.unwrap_or(SECONDS),
            accept_noise: arguments.accept_noise,
            seed: arguments.output.seed,
            results: arguments.output.results.clone(),
        })
    }

    /// Returns whether the run uses a simulated clock.
    pub(super) fn is_simulated(&self) -> bool {
        self.scenario.latency != Latency::None
    }
}
