//! Commands and their senders as they are told of.

use std::fmt;

use crate::{
    domain::{Action, OperationId},
    workload::Asked,
};

/// `charge 37`.
pub(super) struct Does(pub(super) Action);

impl fmt::Display for Does {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Action::Charge(amount) => write!(f, "charge {amount}"),
            Action::Use(amount) => write!(f, "use {amount}"),
        }
    }
}

/// `operation 2-1187`, or the number of an id that no client of ours gives.
pub(super) struct Who(pub(super) OperationId);

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Asked::of(self.0) {
            None => write!(f, "an operation without an id"),
            Some(Asked { client: 0, .. }) => write!(f, "operation {}", self.0.0),
            Some(asked) => write!(f, "operation {asked}"),
        }
    }
}
