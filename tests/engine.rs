//! Measurements of every strategy of the registry: what holds for each of them.

use std::time::Duration;

use hotrow::{
    scenario::{Clients, Latency, Mix, Scenario},
    strategy::Family,
};
use hotrow_engine::{Iteration, RequestKind, Schedule, Stop};
use hotrow_registry::{Entry, entries};
use hotrow_verify::audit::Audited;

const TINY: Schedule = Schedule {
    blocks: 1,
    warm_up: Duration::from_millis(1),
    capacity_window: Duration::from_millis(4),
    latency_window: Duration::from_millis(4),
    seed: 11,
};

fn iteration(clients: Clients, users: u64, latency: Latency) -> Iteration {
    let mix = Mix::new(45, 45, 10).expect("the shares add up to 100");
    let scenario = Scenario { users, mix, latency, ..Scenario::hot_row(clients) };
    Iteration { scenario, schedule: TINY, block: 0, location: None }
}

/// Each strategy is measured by threads and by tasks, on one account and on several. A harness that
/// loses, doubles or misattributes a command would report a violation for all of them.
#[test]
fn every_linearizable_strategy_passes_and_its_counts_match_its_ledger() {
    for entry in entries() {
        for clients in [Clients::Threads(2), Clients::Tasks(3)] {
            for users in [1, 5] {
                let measured =
                    (entry.measure)(&iteration(clients, users, Latency::None), &Stop::new(false));
                let name = format!("{} on {}, {clients:?}", entry.strategy, entry.store);
                match &measured.verdict {
                    &Some(Ok(Audited { entries, operations })) => {
                        assert_eq!(entries, measured.applied, "{name}");
                        assert_eq!(operations, entries + measured.rejected + measured.reads);
                    }
                    None => assert!(entry.is_reference(), "{name}"),
                    Some(Err(violation)) => {
                        assert!(!entry.guarantees.linearizable, "{name}: {violation}");
                    }
                }
                assert!(!measured.truncated, "{name}");
                assert_eq!(measured.indeterminate, 0, "{name}");
                let answered = measured.applied + measured.rejected + measured.reads;
                assert!(measured.completed() + users <= answered, "{name}");
            }
        }
    }
}

/// A command takes one read and two writes, 398.5 ms of the assignment's latency. So a strategy
/// that executes one user's commands one after another completes 2.51 per second, for any number of
/// clients. A clock that runs away or stands still would give another number.
#[test]
fn one_account_of_the_assignment_completes_two_and_a_half_commands_a_second() {
    let schedule = Schedule { capacity_window: Duration::from_millis(100), ..TINY };
    let is_correct = |entry: &&Entry| entry.guarantees.linearizable && entry.store == "simulated";
    for entry in entries().filter(is_correct) {
        for clients in [1, 8] {
            let latency = Latency::Assignment;
            let scenario = Scenario { latency, ..Scenario::hot_row(Clients::Tasks(clients)) };
            let measured = (entry.measure)(
                &Iteration { scenario, schedule, block: 0, location: None },
                &Stop::new(false),
            );
            let rate = measured.completed() as f64 * 1e9 / measured.window_ns as f64;
            // An optimistic strategy reads while another command writes, and so is a little faster.
            let most = if entry.family == Family::Atomic && clients > 1 { 3.6 } else { 2.62 };
            let name = entry.strategy;
            assert!((2.40..most).contains(&rate), "{name} with {clients}: {rate} a second");
            let Some(Ok(_)) = measured.verdict else { panic!("{measured:?}") };
        }
    }
}

/// A simulated figure is reported without an interval, so it must be the same each time.
#[test]
fn simulated_time_repeats_exactly() {
    for entry in entries().filter(|entry| entry.store == "simulated") {
        for latency in [Latency::Assignment, Latency::Fixed(Duration::from_millis(2))] {
            let iteration = iteration(Clients::Tasks(5), 3, latency);
            let once = (entry.measure)(&iteration, &Stop::new(false));
            let again = (entry.measure)(&iteration, &Stop::new(false));
            assert_eq!(once, again, "{}", entry.strategy);
            let other = Iteration { block: 1, ..iteration };
            assert!(
                entry.is_reference() || (entry.measure)(&other, &Stop::new(false)) != once,
                "{} gives the same result in another block",
                entry.strategy
            );
        }
    }
}

/// A strategy that fails with a single client would stop a benchmark minutes after its start.
#[test]
fn every_entry_serves_a_single_client() {
    for entry in entries() {
        for kind in RequestKind::ALL {
            assert_eq!((entry.single_client)(kind, 0), Duration::ZERO);
            for requests in [1, 301] {
                (entry.single_client)(kind, requests);
            }
        }
    }
}
