//! What a search may use before it is given up: steps, memory and time.

use std::{
    fmt,
    time::{Duration, Instant},
};

/// Steps between two looks at the clock, which then costs nothing beside them.
const LOOK_EVERY: usize = 256;

/// What the searches of one history may use, all of its keys or users together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Operations placed, counted again for each place in which one is tried.
    pub steps: usize,
    /// Bytes of what was tried, which a search keeps so as not to try it again.
    pub bytes: usize,
    /// Time on the wall.
    pub time: Duration,
}

/// Ten million steps, one GiB, and a minute.
impl Default for Budget {
    fn default() -> Budget {
        Budget { steps: 10_000_000, bytes: 1 << 30, time: Duration::from_secs(60) }
    }
}

/// The part of a budget that ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// See [`Budget::steps`].
    Steps,
    /// See [`Budget::bytes`].
    Bytes,
    /// See [`Budget::time`].
    Time,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Limit::Steps => "steps",
            Limit::Bytes => "memory",
            Limit::Time => "time",
        })
    }
}

/// What one search may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) steps: usize,
    pub(super) bytes: usize,
    pub(super) deadline: Option<Instant>,
}

impl Share {
    /// So many steps, and whatever else they take.
    pub(super) fn of_steps(steps: usize) -> Share {
        Share { steps, bytes: usize::MAX, deadline: None }
    }

    /// Takes one step.
    #[inline]
    pub(super) fn take_step(&mut self) -> Result<(), Limit> {
        self.steps = self.steps.checked_sub(1).ok_or(Limit::Steps)?;
        match self.steps.is_multiple_of(LOOK_EVERY) && self.is_late() {
            true => Err(Limit::Time),
            false => Ok(()),
        }
    }

    /// Takes so many bytes.
    #[inline]
    pub(super) fn take_bytes(&mut self, bytes: usize) -> Result<(), Limit> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(Limit::Bytes)?;
        Ok(())
    }

    fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What runs out is named, so that a person knows which of the three to raise.
    #[test]
    fn each_part_of_a_share_runs_out_by_its_name() {
        let mut share = Share { steps: 2, bytes: 10, deadline: None };
        assert_eq!(share.take_step(), Ok(()));
        assert_eq!(share.take_bytes(11), Err(Limit::Bytes));
        assert_eq!(share.take_bytes(10), Ok(()));
        assert_eq!(share.take_step(), Ok(()));
        assert_eq!(share.take_step(), Err(Limit::Steps));
        let mut late = Share { steps: LOOK_EVERY + 1, bytes: 0, deadline: Some(Instant::now()) };
        assert_eq!(late.take_step(), Err(Limit::Time));
    }
}
