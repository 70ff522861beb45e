//! How hard to look.

use std::env;

/// How many schedules are tried where a property leaves it to chance, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// The seed of the first schedule; each one after it has the next.
    pub seed: u64,
    /// How many.
    pub schedules: u64,
}

/// What the suite does: enough to catch all that is wrong on purpose, in a fraction of a second.
impl Default for Effort {
    fn default() -> Effort {
        Effort { seed: 1, schedules: 40 }
    }
}

impl Effort {
    /// The default, or one schedule alone: that of the seed in the environment's `HOTROW_SEED`.
    pub fn from_environment() -> Effort {
        let seed = env::var("HOTROW_SEED").ok().and_then(|seed| seed.parse().ok());
        seed.map_or_else(Effort::default, |seed| Effort { seed, schedules: 1 })
    }

    /// The seeds of the schedules.
    pub(crate) fn seeds(self) -> impl Iterator<Item = u64> {
        (0..self.schedules).map(move |number| self.seed.wrapping_add(number))
    }
}

/// How to play nothing but the schedule of `seed` again.
pub(crate) fn again(seed: u64) -> String {
    format!("\nagain: HOTROW_SEED={seed} before the test, or --seed {seed} --schedules 1")
}
