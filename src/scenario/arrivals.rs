//! Arrival processes of an open loop.
//!
//! | arrivals | when requests are due |
//! |---|---|
//! | `constant` | one after each mean gap |
//! | `poisson` | after exponentially distributed gaps, as with many independent clients |
//! | `burst:32` | 32 at once, and then none for 32 mean gaps |

use std::{error::Error, fmt, str::FromStr};

/// The largest burst, in requests.
pub(crate) const BURST_MAX: u32 = 4_096;

/// An arrival process: how the due times of an open loop lie.
///
/// Sorted by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Arrivals {
    /// Several requests at once, and then none for as many mean gaps.
    Burst {
        /// The number of requests, 1 to 4,096.
        size: u32,
    },
    /// One request after each mean gap.
    Constant,
    /// Exponential gaps.
    #[default]
    Poisson,
}

/// `constant`, `poisson`, `burst:32`.
impl fmt::Display for Arrivals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Arrivals::Constant => write!(f, "constant"),
            Arrivals::Poisson => write!(f, "poisson"),
            Arrivals::Burst { size } => write!(f, "burst:{size}"),
        }
    }
}

impl FromStr for Arrivals {
    type Err = ArrivalsError;

    fn from_str(text: &str) -> Result<Arrivals, ArrivalsError> {
        let form = || ArrivalsError::Form { arrivals: text.to_owned() };
        match text.trim().split_once(':') {
            None if text.trim() == "constant" => Ok(Arrivals::Constant),
            None if text.trim() == "poisson" => Ok(Arrivals::Poisson),
            Some(("burst", size)) => match size.parse().map_err(|_| form())? {
                size @ 1..=BURST_MAX => Ok(Arrivals::Burst { size }),
                size => Err(ArrivalsError::Burst { size }),
            },
            _ => Err(form()),
        }
    }
}

/// The reason why a text is not an [`Arrivals`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArrivalsError {
    /// It has none of the three forms.
    Form {
        /// The text.
        arrivals: String,
    },
    /// The size of the burst is out of bounds.
    Burst {
        /// The size, in requests.
        size: u32,
    },
}

impl fmt::Display for ArrivalsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArrivalsError::Form { arrivals } => {
                write!(f, "unknown arrivals `{arrivals}`: write constant, poisson or burst:32")
            }
            ArrivalsError::Burst { size } => {
                write!(f, "burst of {size} is not in 1..={BURST_MAX}: write it like burst:32")
            }
        }
    }
}

impl Error for ArrivalsError {}
