//! Whether a round may count, by what else the machine did meanwhile.
//!
//! A neighbour that takes a core slows whoever runs just then, and a round in which one subject met
//! it and another did not compares nothing. That is decided by what is seen from outside, and by
//! the references, who do nothing of their own: never by what came out of a strategy.

use super::{
    Cell, Clients, Load, Measurement,
    blocks::{Placed, Subject, Witness},
};
use crate::{
    database::Latency,
    machine::{Evidence, Tally},
};

/// The subject that answers at once, and so never waits for anything but a core.
const NULL: &str = "null";

/// The least share of its cores that a loop must have had that never waits.
const OWN_MIN: f64 = 0.95;

/// How far behind the system's count of a running thread's time may be, in nanoseconds: a tick.
const TICK_NS: f64 = 4e6;

/// The least share of what was due that must be completed by who answers at once.
const ACHIEVED_MIN: f64 = 0.99;

/// Looks at the machine before and after each round.
#[derive(Debug, Default)]
pub struct Machine {
    before: Option<Tally>,
}

impl Witness for Machine {
    fn begin(&mut self) {
        self.before = Some(Tally::now());
    }

    fn objection(
        &mut self,
        cell: &Cell,
        subjects: &[Subject],
        placed: &[Placed],
    ) -> Option<String> {
        // A simulated clock waits for nobody.
        if cell.latency != Latency::None {
            return None;
        }
        let before = self.before.take()?;
        let null = placed.iter().find(|one| subjects[one.subject].name == NULL);
        Evidence::between(&before, &Tally::now())
            .objection()
            .or_else(|| of_null(cell, &null?.measurement))
    }
}

/// What a subject that only has to be let run tells of how it was.
fn of_null(cell: &Cell, measured: &Measurement) -> Option<String> {
    match (cell.load, &measured.open) {
        (Load::CLOSED, _) => {
            let window_ns = measured.window_ns as f64;
            let share = measured.cpu_ns as f64 / (window_ns * f64::from(busy_cores(cell.clients)));
            let is_known = measured.cpu_ns > 0 && measured.window_ns > 0;
            (is_known && share + TICK_NS / window_ns < OWN_MIN)
                .then(|| format!("a loop that never waits had {:.0} % of its cores", share * 100.0))
        }
        (_, Some(open)) if open.scheduled > 0 => {
            let share = measured.completed() as f64 / open.scheduled as f64;
            (share < ACHIEVED_MIN)
                .then(|| format!("answering at once kept {:.0} % of the promise", share * 100.0))
        }
        _ => None,
    }
}

/// Cores that so many clients can keep busy.
fn busy_cores(clients: Clients) -> u32 {
    let (Clients::Threads(count) | Clients::Tasks(count)) = clients;
    count.min(u32::try_from(cores()).unwrap_or(u32::MAX))
}

fn cores() -> usize {
    crate::machine::cores().usable
}
