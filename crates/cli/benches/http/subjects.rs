//! The contenders: servers, operations and placements.

use hotrow::scenario::Mix;
use hotrow_results::Role;

use crate::{
    cores::{Cores, Placement},
    hellos,
    load::CONNECTIONS,
};

/// The ranked strategies.
const STRATEGIES: [&str; 4] = [SERVED, "mutex", "cas", "actor"];

/// The default strategy of `hotrow serve`; it also serves reads, and is its own A/A control.
const SERVED: &str = "queue";

/// One server with one operation in one placement.
#[derive(Debug, Clone)]
pub(crate) struct Contender {
    /// A strategy, or one of the servers in [`hellos`].
    pub(crate) server: &'static str,
    /// The operation of the load.
    pub(crate) operation: Operation,
    /// The role in the comparison.
    pub(crate) role: Role,
    /// The cores of the server and the generator.
    pub(crate) placement: Placement,
}

/// The operation of a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// A request with a constant answer.
    Hello,
    /// A charge of one point.
    Charge,
    /// A read of the account.
    Read,
}

/// Returns all contenders that this machine can measure.
pub(crate) fn all(cores: &Cores) -> Vec<Contender> {
    let places = cores.placements();
    let mut all = Vec::new();
    for (number, &placement) in places.iter().enumerate() {
        let is_first = number == 0;
        let is_own_core = matches!(placement, Placement::Each { .. });
        let contender = |server, operation, role| Contender { server, operation, role, placement };
        if is_first || is_own_core {
            let hello = |server| contender(server, Operation::Hello, Role::Reference);
            all.extend(["hyper", "axum"].map(hello));
            all.extend(hellos::node_version().map(|_| hello("node")));
        }
        if is_first {
            all.push(contender(SERVED, Operation::Read, Role::Contender));
            all.extend(
                ["hyper", "noop"].map(|name| contender(name, Operation::Charge, Role::Reference)),
            );
        }
        match is_own_core {
            true => {
                let charge = |name, role| contender(name, Operation::Charge, role);
                all.push(charge(SERVED, Role::Contender));
                all.push(charge("hyper", Role::Reference));
                all.extend(hellos::node_version().map(|_| charge("node", Role::Reference)));
            }
            false => {
                let charge = |name| contender(name, Operation::Charge, Role::Contender);
                all.extend(STRATEGIES.map(charge));
                all.push(contender(SERVED, Operation::Charge, Role::AaControl));
            }
        }
    }
    all
}

impl Contender {
    /// The name, such as `queue charge, cores=one`.
    pub(crate) fn name(&self) -> String {
        let control = if self.role == Role::AaControl { " (A/A control)" } else { "" };
        let (operation, cores) = (self.operation.name(), self.placement.name());
        format!("{}{control} {operation}, cores={cores}", self.server)
    }

    /// The name of the scenario, which is the same in every run.
    pub(crate) fn scenario(&self) -> String {
        let (operation, cores) = (self.operation.name(), self.placement.name());
        format!("http/{operation}/connections={CONNECTIONS}/cores={cores}")
    }

    /// Whether the server keeps accounts that can be audited.
    pub(crate) fn has_accounts(&self) -> bool {
        STRATEGIES.contains(&self.server)
            || (self.server, self.operation) == ("node", Operation::Charge)
    }

    /// The store of the accounts; empty if the server has none.
    pub(crate) fn store(&self) -> &'static str {
        match (self.operation, self.server) {
            (Operation::Hello, _) => "",
            (_, "node") => "map",
            _ => "memory",
        }
    }

    /// The family of the server.
    pub(crate) fn family(&self) -> String {
        let entry = hotrow_registry::entries().find(|entry| entry.strategy == self.server);
        match entry {
            Some(entry) => entry.family.to_string(),
            None if self.has_accounts() => "event loop".to_owned(),
            None => "hello".to_owned(),
        }
    }
}

impl Operation {
    /// The name in scenarios.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Operation::Hello => "hello",
            Operation::Charge => "charge",
            Operation::Read => "read",
        }
    }

    /// The path of the request.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Operation::Hello | Operation::Read => "/point/1",
            Operation::Charge => "/point/1/charge",
        }
    }

    /// The body of the request.
    pub(crate) fn body(self) -> Option<&'static str> {
        (self == Operation::Charge).then_some(r#"{"amount":1}"#)
    }

    /// The mix that corresponds to the operation; empty for a constant answer.
    pub(crate) fn mix(self) -> Option<Mix> {
        match self {
            Operation::Hello => None,
            Operation::Charge => Mix::new(100, 0, 0).ok(),
            Operation::Read => Mix::new(0, 0, 100).ok(),
        }
    }
}
