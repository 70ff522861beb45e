//! Seeded streams of requests and due times.
//!
//! A sequence is drawn from a seed before any clock starts, so every strategy of a block gets
//! exactly the same requests. This module knows neither strategies nor stores.

mod arrival_times;
mod operation_key;
mod request_sequence;
mod rng_stream;

pub use self::{
    arrival_times::ArrivalTimes,
    operation_key::OperationKey,
    request_sequence::{Request, RequestSequence},
    rng_stream::RngStream,
};
