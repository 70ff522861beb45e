//! Results on disk: one row for each measurement, and the environment of the run.
//!
//! Rows are the only interface between measuring and reporting. A report reads nothing else, so
//! this program or another one can compute every number in it again from the files.
//!
//! ```text
//! results/SCHEMA.md                         the columns
//! results/<machine>/<run>/env.json          an Environment
//! results/<machine>/<run>/measurements.csv  MeasurementRows: one for each measurement
//! results/<machine>/<run>/quantiles.csv     QuantileRows: of measurements that timed all requests
//! results/<machine>/<run>/capacity.csv      CapacityRows, of `hotrow capacity`
//! results/<machine>/<run>/memory.csv        MemoryRows, of `cargo bench --bench memory`
//! results/<machine>/<run>/checks.csv        CheckRows, of `hotrow verify`
//! ```

#![deny(missing_docs)]

mod capacity;
mod environment;
mod folder;
#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub mod golden;
mod quantiles;
mod replace;
mod rounds;
mod row;
mod run_writer;
#[cfg(any(test, feature = "testing"))]
pub mod sample;
mod schema1;
pub mod stats;
mod stored_run;
mod tables;

pub use hotrow_machine::LoadAverage;

pub use self::{
    capacity::{CapacityRow, ProbeKind},
    environment::{Build, Environment},
    folder::Earlier,
    quantiles::{LADDER_PPM, QuantileRow, TimeKind},
    replace::{check_writable, replace},
    rounds::{ReadError, read_rows, write_capacity, write_rows},
    row::{AuditVerdict, ClientKind, Kind, MeasurementRow, Role, RowContext, SCHEMA},
    run_writer::RunWriter,
    stored_run::StoredRun,
    tables::{CheckRow, MemoryRow},
};
