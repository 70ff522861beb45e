//! Decides whether a block is excluded, by the interference of other processes.
//!
//! A process that takes a core slows only the contender that runs at that time, so the contenders
//! of that block cannot be compared. The decision uses operating-system counters and the noop
//! baseline, and never the results of strategies.

use super::{
    Measurement,
    blocks::{BlockValidator, Contender, PositionedMeasurement},
};
use hotrow::scenario::Latency;
use hotrow::scenario::{Clients, Load, Scenario};
use hotrow_machine::{CpuCounters, Interference};

/// The contender that answers at once, and so never waits for anything but a core.
const NOOP: &str = "noop";

/// The smallest share of its cores that the noop baseline must get in a closed loop.
const OWN_MIN: f64 = 0.95;

/// The largest error of the system's count of a running thread's time, in nanoseconds: one tick.
const TICK_NS: f64 = 4e6;

/// The smallest share of the offered load that the noop baseline must achieve.
const ACHIEVED_MIN: f64 = 0.99;

/// Reads the machine's counters before and after each block.
#[derive(Debug, Default)]
pub struct Machine {
    before: Option<CpuCounters>,
}

impl BlockValidator for Machine {
    fn begin(&mut self) {
        self.before = Some(CpuCounters::now());
    }

    fn exclusion_reason(
        &mut self,
        scenario: &Scenario,
        contenders: &[Contender],
        placed: &[PositionedMeasurement],
    ) -> Option<String> {
        // Other processes do not affect a simulated clock.
        if scenario.latency != Latency::None {
            return None;
        }
        // The server of a database takes the processor too, and is no interference.
        if contenders.iter().any(|contender| contender.performs_io) {
            return None;
        }
        let before = self.before.take()?;
        let noop = placed.iter().find(|positioned| contenders[positioned.contender].name == NOOP);
        Interference::between(&before, &CpuCounters::now())
            .exclusion_reason()
            .or_else(|| noop_exclusion_reason(scenario, &noop?.measurement))
    }
}

/// Returns the reason to exclude the block that the noop baseline shows, if there is one.
fn noop_exclusion_reason(scenario: &Scenario, measured: &Measurement) -> Option<String> {
    match (scenario.load, &measured.open) {
        (Load::CLOSED, _) => {
            let window_ns = measured.window_ns as f64;
            let share =
                measured.cpu_ns as f64 / (window_ns * f64::from(busy_cores(scenario.clients)));
            let is_known = measured.cpu_ns > 0 && measured.window_ns > 0;
            (is_known && share + TICK_NS / window_ns < OWN_MIN)
                .then(|| format!("the noop baseline got {:.0} % of its cores", share * 100.0))
        }
        (_, Some(open)) if open.due > 0 => {
            let share = measured.completed() as f64 / open.due as f64;
            (share < ACHIEVED_MIN)
                .then(|| format!("the noop baseline achieved {:.0} % of the load", share * 100.0))
        }
        _ => None,
    }
}

/// Returns the number of cores that the clients can keep busy.
fn busy_cores(clients: Clients) -> u32 {
    let (Clients::Threads(count) | Clients::Tasks(count)) = clients;
    count.min(u32::try_from(usable_cores()).unwrap_or(u32::MAX))
}

fn usable_cores() -> usize {
    hotrow_machine::cores().usable
}
