//! Hands a plan to the engine. TEMPORARY: made-up measurements until it is there.

use std::{sync::atomic::Ordering, thread, time::Duration};

use super::plan::Plan;
use crate::{
    domain::UserId,
    engine::{Measurement, Quantiles, Stop, Verdict},
    record::Role,
};

/// A measurement and where it belongs.
pub(super) struct Finished<'a> {
    pub(super) block: u32,
    pub(super) position: u32,
    pub(super) cell: usize,
    pub(super) subject: usize,
    pub(super) measurement: &'a Measurement,
}

/// Measures all of it, or less if `stop` is set, and tells of each measurement as it is made.
pub(super) fn measure(plan: &Plan, stop: &Stop, mut finished: impl FnMut(Finished<'_>)) {
    let mut rng = fastrand::Rng::with_seed(plan.seed);
    for block in 0..plan.cells[0].schedule.blocks {
        for (cell, planned) in plan.cells.iter().enumerate() {
            for (subject, one) in planned.contestants.iter().enumerate() {
                thread::sleep(Duration::from_millis(10));
                let cut_short = stop.load(Ordering::Relaxed);
                let completed =
                    100_000 + rng.u64(..20_000) + 1_000 * one.entry.strategy.len() as u64;
                let verdict = match one.role {
                    Role::Reference => Verdict::NoBooks,
                    Role::Control => Verdict::Wrong {
                        violation: crate::audit::Violation {
                            user: UserId::new(1).expect("1"),
                            entry: None,
                            what: "made up".to_owned(),
                        },
                    },
                    _ => Verdict::Balanced { entries: completed },
                };
                let measurement = Measurement {
                    completed,
                    window_ns: 40_000_000,
                    completed_by_slowest: completed / 3,
                    completed_by_fastest: completed / 2,
                    latency: Quantiles {
                        samples: 100,
                        ns_p50: 100,
                        ns_p99: 200,
                        ns_p999: 300,
                        ns_max: 400,
                    },
                    applied: completed,
                    refused: 0,
                    unknown: 0,
                    reads: 0,
                    verdict,
                    cut_short,
                };
                finished(Finished { block, position: 0, cell, subject, measurement: &measurement });
                if cut_short {
                    return;
                }
            }
        }
    }
}
