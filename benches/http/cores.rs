//! Where servers and their generator run.
//!
//! There is no one place for everything. Who answers a sleeping generator on another core pays for waking
//! it, on a virtual machine nearly as much as for a bare answer, and whoever answers pays about the same:
//! it is no work of the server, and makes all servers look more alike than they are. Two that share a
//! core wake nobody: all that is ready is answered, and then all answers are read. So the processor time of
//! a request is taken where both have **one** core, and requests a second, which are those of the pair
//! there, where **each** has one. Servers make a thread to answer with for each core that they see: one
//! in either place, and as many as there are where both have **all** of them, which is the one place where
//! commands can meet.
//!
//! Without `taskset`, or on a single core, there is only that last one.

use std::{
    fs,
    process::{Command, Stdio},
};

/// The cores that there are.
pub(crate) struct Cores {
    /// The first and the last that this process may use, where it can choose.
    ends: Option<(usize, usize)>,
    count: usize,
}

/// Who runs where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    /// Both on this core.
    One(usize),
    /// Each on a core of its own.
    Each { server: usize, generator: usize },
    /// Both wherever they are put.
    All,
}

impl Cores {
    /// Those that this process may use.
    pub(crate) fn here() -> Cores {
        let count = hotrow::machine::cores().usable;
        let ends = match allowed().filter(|_| has_taskset()).unwrap_or_default()[..] {
            [first, .., last] => Some((first, last)),
            _ => None,
        };
        Cores { ends, count }
    }

    /// The places that there are: one core, a core each, and all. The first core is left to the
    /// generator, since it is often the one that handles interrupts.
    pub(crate) fn placements(&self) -> Vec<Placement> {
        let pinned = self.ends.map(|(first, last)| {
            [Placement::One(last), Placement::Each { server: last, generator: first }]
        });
        pinned.into_iter().flatten().chain([Placement::All]).collect()
    }

    /// The same in words.
    pub(crate) fn told(&self) -> String {
        match self.ends {
            Some((first, last)) => format!(
                "one core is core {last} for both, a core each core {last} for the server and {first} \
                 for wrk, all cores are {}",
                self.count
            ),
            None => {
                format!("the server and wrk share {} of cores, however they are put", self.count)
            }
        }
    }
}

impl Placement {
    /// As it is written in the name of a cell.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Placement::One(_) => "one",
            Placement::Each { .. } => "each",
            Placement::All => "all",
        }
    }

    /// A command that runs `program` where a server is to run.
    pub(crate) fn server(self, program: &str) -> Command {
        match self {
            Placement::One(core) | Placement::Each { server: core, .. } => on(core, program),
            Placement::All => Command::new(program),
        }
    }

    /// A command that runs `program` where the generator is to run.
    pub(crate) fn generator(self, program: &str) -> Command {
        match self {
            Placement::One(core) | Placement::Each { generator: core, .. } => on(core, program),
            Placement::All => Command::new(program),
        }
    }
}

/// taskset becomes the program, so its process is the program's.
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

/// The numbers of the cores that this process may use, as Linux tells them: `0-2,4`.
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
