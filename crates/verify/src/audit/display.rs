//! Displays operations in messages.

use std::fmt;

use hotrow::{domain::OperationId, workload::OperationKey};

/// `operation 2-1187`, or the plain number of an id that no client of this crate generates.
pub(super) struct DisplayOperation(pub(super) OperationId);

impl fmt::Display for DisplayOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match OperationKey::of(self.0) {
            None => write!(f, "an operation without an id"),
            Some(OperationKey { client: 0, .. }) => write!(f, "operation {}", self.0.0),
            Some(key) => write!(f, "operation {key}"),
        }
    }
}
