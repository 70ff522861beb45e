//! Seeded streams of what clients ask.
//!
//! A script is drawn before any clock starts, from a seed alone, so that every strategy of a block
//! is asked exactly the same. It knows neither strategies nor stores.

mod arrivals;
mod asked;
#[cfg(test)]
mod chi_square;
mod keys;
mod mix;
mod script;
mod source;

pub use self::{
    arrivals::{ArrivalTimes, Arrivals, ArrivalsError},
    asked::Asked,
    keys::{Keys, KeysError, Sampler},
    mix::{Mix, MixError},
    script::{Request, Script},
    source::Source,
};
