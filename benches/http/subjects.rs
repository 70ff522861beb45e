//! Who is measured, and what each is asked.

use hotrow::{record::Role, registry, workload::Mix};

use crate::{
    cores::{Cores, Placement},
    hellos,
    load::CONNECTIONS,
};

/// Who is ranked.
const STRATEGIES: [&str; 4] = [SERVED, "mutex", "cas", "actor"];

/// What is served if none is named: it is also asked for the account, and is there twice.
const SERVED: &str = "queue";

/// One server, asked one thing in one place.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// Who serves: a strategy, or one of [`hellos`].
    pub(crate) server: &'static str,
    /// What it is asked.
    pub(crate) asked: Asked,
    /// What it is measured for.
    pub(crate) role: Role,
    /// Where it runs.
    pub(crate) placement: Placement,
}

/// What a server is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To answer.
    Hello,
    /// To charge one point.
    Charge,
    /// For the account.
    Read,
}

/// Everybody there is on this machine.
pub(crate) fn all(cores: &Cores) -> Vec<Subject> {
    let places = cores.placements();
    let mut all = Vec::new();
    for (number, &placement) in places.iter().enumerate() {
        let is_first = number == 0;
        let is_own_core = matches!(placement, Placement::Each { .. });
        let subject = |server, asked, role| Subject { server, asked, role, placement };
        if is_first || is_own_core {
            let hello = |server| subject(server, Asked::Hello, Role::Reference);
            all.extend(["hyper", "axum"].map(hello));
            all.extend(hellos::node_version().map(|_| hello("node")));
        }
        if is_first {
            all.push(subject(SERVED, Asked::Read, Role::Contender));
            all.extend(["hyper", "null"].map(|name| subject(name, Asked::Charge, Role::Reference)));
        }
        match is_own_core {
            true => {
                let charge = |name, role| subject(name, Asked::Charge, role);
                all.push(charge(SERVED, Role::Contender));
                all.push(charge("hyper", Role::Reference));
                all.extend(hellos::node_version().map(|_| charge("node", Role::Reference)));
            }
            false => {
                let charge = |name| subject(name, Asked::Charge, Role::Contender);
                all.extend(STRATEGIES.map(charge));
                all.push(subject(SERVED, Asked::Charge, Role::Twin));
            }
        }
    }
    all
}

impl Subject {
    /// `queue charge, cores=one`.
    pub(crate) fn name(&self) -> String {
        let twin = if self.role == Role::Twin { " (twin)" } else { "" };
        let (asked, cores) = (self.asked.name(), self.placement.name());
        format!("{}{twin} {asked}, cores={cores}", self.server)
    }

    /// The stable name of what it is compared in.
    pub(crate) fn cell(&self) -> String {
        let (asked, cores) = (self.asked.name(), self.placement.name());
        format!("http/{asked}/connections={CONNECTIONS}/cores={cores}")
    }

    /// Whether it keeps accounts, which can be held against what was answered.
    pub(crate) fn keeps_books(&self) -> bool {
        STRATEGIES.contains(&self.server) || (self.server, self.asked) == ("node", Asked::Charge)
    }

    /// Where its accounts live; nothing where it has none.
    pub(crate) fn store(&self) -> &'static str {
        match (self.asked, self.server) {
            (Asked::Hello, _) => "",
            (_, "node") => "map",
            _ => "slab",
        }
    }

    /// What kind of answer it is.
    pub(crate) fn family(&self) -> String {
        let entry = registry::entries().find(|entry| entry.strategy == self.server);
        match entry {
            Some(entry) => entry.family.to_string(),
            None if self.keeps_books() => "event loop".to_owned(),
            None => "hello".to_owned(),
        }
    }
}

impl Asked {
    /// As it is written in the name of a cell.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Asked::Hello => "hello",
            Asked::Charge => "charge",
            Asked::Read => "read",
        }
    }

    /// Where to ask for it.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Asked::Hello | Asked::Read => "/point/1",
            Asked::Charge => "/point/1/charge",
        }
    }

    /// What is sent with it.
    pub(crate) fn body(self) -> Option<&'static str> {
        (self == Asked::Charge).then_some(r#"{"amount":1}"#)
    }

    /// What it is of the four functions; a hello is none.
    pub(crate) fn mix(self) -> String {
        let mix = match self {
            Asked::Hello => return String::new(),
            Asked::Charge => Mix::new(100, 0, 0),
            Asked::Read => Mix::new(0, 0, 100),
        };
        mix.expect("the shares are a hundred").to_string()
    }
}
