//! What was measured, on disk: one row for each measurement, and what it was measured on.
//!
//! Rows are all that measuring and telling have in common. A report reads nothing else, so every
//! number in it can be computed again from the file, by this program or by another.
//!
//! ```text
//! results/SCHEMA.md                    the columns
//! results/<machine>/<run>/env.json     an Environment
//! results/<machine>/<run>/rounds.csv   Rows
//! ```

mod environment;
mod replace;
mod rounds;
mod row;
#[cfg(test)]
pub(crate) mod sample;
mod saved;

pub use crate::machine::LoadAverage;

pub use self::{
    environment::Environment,
    replace::{check_writable, replace},
    rounds::{ReadError, read_rows, write_rows},
    row::{ClientKind, Finding, Place, Role, Row, SCHEMA, Who},
    saved::SavedRun,
};
