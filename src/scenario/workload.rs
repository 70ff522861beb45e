//! The built-in workloads, and the scenarios that belong to each.

use std::{fmt, str::FromStr};

use super::{Arrivals, Clients, KeyDistribution, Latency, Load, Mix, Scenario};

/// A built-in workload: scenarios that differ from one hot row in the same part.
///
/// Plans name workloads, rows have the name of theirs, and reports and claims select by it. A
/// scenario that is given part by part, or read from a row without a name, gets one by
/// [`Workload::of`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Workload {
    /// One account, with a thread on each core or with tasks.
    HotRow,
    /// One account, with any other number of threads.
    Clients,
    /// Several accounts.
    Rows,
    /// Several accounts, some of which are requested more often.
    Skew,
    /// Nine reads for each command.
    ReadHeavy,
    /// Decisions that take longer.
    LongCriticalSection,
    /// Accounts that are used until they are empty.
    Drained,
    /// A store without ledgers.
    NoLedger,
    /// An open loop with tasks.
    OpenLoop,
    /// An open loop with threads.
    OpenLoopThreads,
    /// An open loop whose requests are due in bursts.
    Bursts,
    /// One account of a store with latency.
    SimulatedHot,
    /// Several accounts of a store with latency.
    SimulatedRows,
    /// Nine reads for each command, on a store with latency.
    SimulatedReads,
}

impl Workload {
    /// Every workload with its name.
    pub const NAMED: [(&str, Workload); 14] = [
        ("hot-row", Workload::HotRow),
        ("clients", Workload::Clients),
        ("rows", Workload::Rows),
        ("skew", Workload::Skew),
        ("read-heavy", Workload::ReadHeavy),
        ("long-critical-section", Workload::LongCriticalSection),
        ("drained", Workload::Drained),
        ("no-ledger", Workload::NoLedger),
        ("open-loop", Workload::OpenLoop),
        ("open-loop-threads", Workload::OpenLoopThreads),
        ("bursts", Workload::Bursts),
        ("simulated-hot", Workload::SimulatedHot),
        ("simulated-rows", Workload::SimulatedRows),
        ("simulated-reads", Workload::SimulatedReads),
    ];

    /// Returns the workload of a scenario on a machine with this many usable cores. `None` if the
    /// scenario differs from one hot row in parts that no workload changes together.
    pub fn of(scenario: &Scenario, cores: usize) -> Option<Workload> {
        let Scenario { users, distribution, clients, mix, load, work, ledger, latency } = *scenario;
        let changed = [
            (distribution != KeyDistribution::Uniform).then_some(Some(Workload::Skew)),
            (mix != Mix::WRITE_ONLY).then(|| Workload::of_mix(mix)),
            (work > 0).then_some(Some(Workload::LongCriticalSection)),
            (!ledger).then_some(Some(Workload::NoLedger)),
        ];
        let changed: Vec<Option<Workload>> = changed.into_iter().flatten().collect();
        match (load, latency, &changed[..]) {
            (Load::Open { arrivals, .. }, Latency::None, []) => Some(match (arrivals, clients) {
                (Arrivals::Burst { .. }, _) => Workload::Bursts,
                (_, Clients::Threads(_)) => Workload::OpenLoopThreads,
                (_, Clients::Tasks(_)) => Workload::OpenLoop,
            }),
            (Load::CLOSED, Latency::None, []) => Some(match clients {
                _ if users > 1 => Workload::Rows,
                Clients::Threads(_) if clients != Clients::per_core(cores) => Workload::Clients,
                _ => Workload::HotRow,
            }),
            (Load::CLOSED, Latency::None, [only]) => *only,
            (Load::CLOSED, _, []) if users > 1 => Some(Workload::SimulatedRows),
            (Load::CLOSED, _, []) => Some(Workload::SimulatedHot),
            (Load::CLOSED, _, [Some(Workload::ReadHeavy)]) => Some(Workload::SimulatedReads),
            _ => None,
        }
    }

    fn of_mix(mix: Mix) -> Option<Workload> {
        match mix {
            Mix::READ_HEAVY => Some(Workload::ReadHeavy),
            Mix::DRAIN => Some(Workload::Drained),
            _ => None,
        }
    }
}

/// Displays `hot-row`.
impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = Workload::NAMED.iter().find(|(_, workload)| workload == self);
        f.write_str(named.map_or("", |(name, _)| name))
    }
}

/// Parses a name of [`Workload::NAMED`]. Other names are workloads that a user defined.
impl FromStr for Workload {
    type Err = UnknownWorkload;

    fn from_str(text: &str) -> Result<Workload, UnknownWorkload> {
        let named = Workload::NAMED.iter().find(|(name, _)| *name == text);
        let unknown = || UnknownWorkload { name: text.to_owned() };
        named.map(|(_, workload)| *workload).ok_or_else(unknown)
    }
}

/// No built-in workload has this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWorkload {
    /// The name.
    pub name: String,
}

impl fmt::Display for UnknownWorkload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no built-in workload is named {:?}", self.name)
    }
}

impl std::error::Error for UnknownWorkload {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const HOT: Scenario = Scenario::hot_row(Clients::Threads(2));
    const OPEN: Load = Load::Open { arrivals: Arrivals::Poisson, per_second: 5.0 };

    /// One changed part decides. Two that no workload changes together have no name: a skewed
    /// distribution of reads is not a claim about skew.
    #[test]
    fn the_part_that_differs_from_one_hot_row_names_the_workload() {
        let skewed = KeyDistribution::Zipf { theta: 0.99 };
        let tasks = Scenario { clients: Clients::Tasks(8), ..HOT };
        let simulated = Scenario { latency: Latency::Assignment, ..tasks };
        let think = Load::Closed { think: Duration::from_millis(1) };
        let burst = Load::Open { arrivals: Arrivals::Burst { size: 32 }, per_second: 5.0 };
        let cases = [
            (HOT, "hot-row"),
            (tasks, "hot-row"),
            (Scenario { clients: Clients::Threads(3), ..HOT }, "clients"),
            (Scenario { users: 9, ..HOT }, "rows"),
            (Scenario { users: 9, distribution: skewed, ..HOT }, "skew"),
            (Scenario { mix: Mix::READ_HEAVY, ..HOT }, "read-heavy"),
            (Scenario { mix: Mix::DRAIN, ..HOT }, "drained"),
            (Scenario { work: 1, ..HOT }, "long-critical-section"),
            (Scenario { ledger: false, ..HOT }, "no-ledger"),
            (Scenario { load: OPEN, ..tasks }, "open-loop"),
            (Scenario { load: OPEN, ..HOT }, "open-loop-threads"),
            (Scenario { load: burst, ..HOT }, "bursts"),
            (simulated, "simulated-hot"),
            (Scenario { users: 9, ..simulated }, "simulated-rows"),
            (Scenario { mix: Mix::READ_HEAVY, ..simulated }, "simulated-reads"),
            (Scenario { work: 1, ledger: false, ..HOT }, ""),
            (Scenario { distribution: skewed, mix: Mix::READ_HEAVY, ..HOT }, ""),
            (Scenario { mix: Mix::new(40, 40, 20).unwrap(), ..HOT }, ""),
            (Scenario { load: think, ..HOT }, ""),
            (Scenario { load: OPEN, work: 1, ..HOT }, ""),
            (Scenario { load: OPEN, ..simulated }, ""),
            (Scenario { work: 1, ..simulated }, ""),
        ];
        for (scenario, name) in cases {
            assert_eq!(Workload::of(&scenario, 2), name.parse().ok(), "{scenario:?}");
        }
        assert_eq!(Workload::of(&HOT, 4), Some(Workload::Clients), "two threads on four cores");
    }

    /// A name in a row must be the one that plans and claims use.
    #[test]
    fn a_workload_is_parsed_as_it_is_displayed() {
        for (name, workload) in Workload::NAMED {
            assert_eq!((workload.to_string().as_str(), name.parse()), (name, Ok(workload)));
        }
    }
}
