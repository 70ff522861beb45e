//! What was measured, on disk: one row for each measurement, and what it was measured on.
//!
//! Rows are all that measuring and telling have in common. A report reads nothing else, so every
//! number in it can be computed again from the file, by this program or by another.
//!
//! ```text
//! results/SCHEMA.md                    the columns
//! results/<machine>/<run>/env.json       an Environment
//! results/<machine>/<run>/rounds.csv     Rows: one for each measurement
//! results/<machine>/<run>/quantiles.csv  QuantileRows: the tails of those that were timed in full
//! results/<machine>/<run>/memory.csv     MemoryRows, of `cargo bench --bench memory`
//! results/<machine>/<run>/checks.csv     CheckRows, of `hotrow check`
//! ```

mod costs;
mod environment;
mod folder;
mod journal;
mod quantiles;
mod replace;
mod rounds;
mod row;
#[cfg(test)]
pub(crate) mod sample;
mod saved;
mod tables;

pub use crate::machine::LoadAverage;

pub use self::{
    costs::{Costs, Piece},
    environment::Environment,
    folder::Earlier,
    journal::Journal,
    quantiles::{Clocked, LADDER_PPM, QuantileRow},
    replace::{check_writable, replace},
    rounds::{ReadError, read_rows, write_rows},
    row::{ClientKind, Finding, Kind, Place, Role, Row, SCHEMA, Who, cell_id},
    saved::SavedRun,
    tables::{CheckRow, MemoryRow},
};
