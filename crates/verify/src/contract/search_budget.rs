//! How many random schedules a property runs.

use std::env;

/// The random schedules of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchBudget {
    /// The seed of the first schedule. Each later schedule has the next seed.
    pub seed: u64,
    /// The number of schedules.
    pub schedules: u64,
}

/// The budget of the test suite: it detects every seeded bug in a fraction of a second.
impl Default for SearchBudget {
    fn default() -> SearchBudget {
        SearchBudget { seed: 1, schedules: 40 }
    }
}

impl SearchBudget {
    /// Returns the default, or one schedule with the seed in the variable `HOTROW_SEED`.
    pub fn from_environment() -> SearchBudget {
        let seed = env::var("HOTROW_SEED").ok().and_then(|seed| seed.parse().ok());
        seed.map_or_else(SearchBudget::default, |seed| SearchBudget { seed, schedules: 1 })
    }

    /// The seeds of the schedules.
    pub(crate) fn seeds(self) -> impl Iterator<Item = u64> {
        (0..self.schedules).map(move |number| self.seed.wrapping_add(number))
    }
}

/// Says how to run the schedule of `seed` again, alone.
pub(crate) fn how_to_repeat(seed: u64) -> String {
    format!("\nto repeat: HOTROW_SEED={seed} before the test, or --seed {seed} --schedules 1")
}
