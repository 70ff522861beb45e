//! The limits of a search: steps, memory and time.

use std::{
    fmt,
    time::{Duration, Instant},
};

/// Steps between two reads of the clock, so that these cost next to nothing.
const CLOCK_EVERY: usize = 256;

/// The limits for all objects of one history together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Steps. A step linearizes one operation in one configuration.
    pub steps: usize,
    /// Bytes for the configurations that a search has visited.
    pub bytes: usize,
    /// Wall-clock time.
    pub time: Duration,
}

/// Ten million steps, one GiB, and a minute.
impl Default for Budget {
    fn default() -> Budget {
        Budget { steps: 10_000_000, bytes: 1 << 30, time: Duration::from_secs(60) }
    }
}

/// The limit that was reached.
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

/// The part of a budget for one search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) steps: usize,
    pub(super) bytes: usize,
    pub(super) deadline: Option<Instant>,
}

impl Share {
    /// This number of steps, with unlimited memory and time.
    pub(super) fn with_steps(steps: usize) -> Share {
        Share { steps, bytes: usize::MAX, deadline: None }
    }

    /// Takes one step.
    #[inline]
    pub(super) fn take_step(&mut self) -> Result<(), Limit> {
        self.steps = self.steps.checked_sub(1).ok_or(Limit::Steps)?;
        match self.steps.is_multiple_of(CLOCK_EVERY) && self.is_late() {
            true => Err(Limit::Time),
            false => Ok(()),
        }
    }

    /// Takes this number of bytes.
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

    /// The limit has a name, so that a person knows which of the three to raise.
    #[test]
    fn each_limit_is_reported_by_its_name() {
        let mut share = Share { steps: 2, bytes: 10, deadline: None };
        assert_eq!(share.take_step(), Ok(()));
        assert_eq!(share.take_bytes(11), Err(Limit::Bytes));
        assert_eq!(share.take_bytes(10), Ok(()));
        assert_eq!(share.take_step(), Ok(()));
        assert_eq!(share.take_step(), Err(Limit::Steps));
        let mut late = Share { steps: CLOCK_EVERY + 1, bytes: 0, deadline: Some(Instant::now()) };
        assert_eq!(late.take_step(), Err(Limit::Time));
    }
}
