//! The cores of the server and of the load generator.
//!
//! No single placement suits all comparisons. A thread that answers a sleeping generator on another
//! core pays for the wake-up, on a virtual machine nearly as much as for a bare answer. This cost
//! is the same for all servers and hides their differences. If both share a core, no wake-up is
//! needed: the server answers all ready requests, and then the generator reads all answers. So the
//! processor time of a request is measured with **one** core for both, and requests per second,
//! which include the generator there, with a core for **each**. Servers start one worker thread for
//! each core that they see: one thread in both placements, and several only if both have **all**
//! cores. Only there can commands run concurrently.
//!
//! Without `taskset`, or on a single core, only the last placement exists.

use std::{
    fs,
    process::{Command, Stdio},
};

/// The cores of this machine.
pub(crate) struct Cores {
    /// The first and the last core that this process may use; none if it cannot choose cores.
    ends: Option<(usize, usize)>,
    count: usize,
}

/// The cores of the server and of the generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    /// Both run on this core.
    One(usize),
    /// Each runs on its own core.
    Each { server: usize, generator: usize },
    /// Both run on any core.
    All,
}

impl Cores {
    /// Returns the cores that this process may use.
    pub(crate) fn here() -> Cores {
        let count = hotrow_machine::cores().usable;
        let ends = match allowed().filter(|_| has_taskset()).unwrap_or_default()[..] {
            [first, .., last] => Some((first, last)),
            _ => None,
        };
        Cores { ends, count }
    }

    /// Returns the possible placements: one core, a core each, and all. The generator gets the
    /// first core, which often handles interrupts.
    pub(crate) fn placements(&self) -> Vec<Placement> {
        let pinned = self.ends.map(|(first, last)| {
            [Placement::One(last), Placement::Each { server: last, generator: first }]
        });
        pinned.into_iter().flatten().chain([Placement::All]).collect()
    }

    /// Describes the placements.
    pub(crate) fn describe(&self) -> String {
        match self.ends {
            Some((first, last)) => format!(
                "one: both on core {last}; each: the server on core {last}, wrk on core {first}; \
                 all: {} cores",
                self.count
            ),
            None => {
                format!("all: {} cores for the server and wrk", self.count)
            }
        }
    }
}

impl Placement {
    /// The name in scenarios.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Placement::One(_) => "one",
            Placement::Each { .. } => "each",
            Placement::All => "all",
        }
    }

    /// Returns a command that runs `program` on the cores of the server.
    pub(crate) fn server(self, program: &str) -> Command {
        match self {
            Placement::One(core) | Placement::Each { server: core, .. } => on(core, program),
            Placement::All => Command::new(program),
        }
    }

    /// Returns a command that runs `program` on the cores of the generator.
    pub(crate) fn generator(self, program: &str) -> Command {
        match self {
            Placement::One(core) | Placement::Each { generator: core, .. } => on(core, program),
            Placement::All => Command::new(program),
        }
    }
}

/// `taskset` replaces itself by the program, so the child process is the program.
fn on(core: usize, program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string(), program]);
    command
}

fn has_taskset() -> bool {
    let mut command = Command::new("taskset");
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Reads the numbers of the cores that this process may use; Linux lists them as `0-2,4`.
fn allowed() -> Option<Vec<usize>> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let mut cores = Vec::new();
    for range in list.trim().split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        cores.extend(first.parse::<usize>().ok()?..=last.parse().ok()?);
    }
    Some(cores)
}
