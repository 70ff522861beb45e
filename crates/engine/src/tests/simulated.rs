//! Tests that simulated time is exact to the nanosecond for any delay.

use super::*;
use hotrow::{scenario::Load, strategy::AsyncMutex};

/// Returns an iteration with one client that writes, on a store with this latency.
fn slow(latency: Latency, load: Load) -> Iteration {
    let iteration = iteration(Clients::Tasks(1), 1, latency);
    let schedule = Schedule { capacity_window: Duration::from_millis(40), ..TINY };
    Iteration {
        scenario: Scenario { mix: Mix::WRITE_ONLY, load, ..iteration.scenario },
        schedule,
        ..iteration
    }
}

fn measured(iteration: &Iteration) -> Measurement {
    let measured = run::<AsyncMutex<Simulated<tokio::sync::Mutex<()>>>>(iteration);
    assert_eq!(measured.verdict, pass_of(&measured));
    measured
}

/// A clock with a resolution of a millisecond would give the same result for the first three
/// latencies.
#[test]
fn a_command_takes_three_times_the_delay_of_a_call() {
    for text in ["fixed:1ns", "fixed:1us", "fixed:250us", "fixed:1ms", "fixed:1500us", "fixed:60s"]
    {
        let latency: Latency = text.parse().unwrap();
        let Latency::Fixed(call) = latency else { panic!("{latency} is fixed") };
        let command_ns = 3 * u64::try_from(call.as_nanos()).unwrap();
        let measured = measured(&slow(latency, Load::CLOSED));
        // 40 ms are 300 commands, and the window has as many slices.
        assert_eq!(measured.window_ns, 300 * command_ns, "{text}");
        assert!(measured.completed().abs_diff(300) <= 1, "{text}: {}", measured.completed());
        for quantile in [0.0, 0.5, 1.0] {
            let took_ns = measured.service.quantile_ns(quantile);
            assert!(
                equals_to_three_digits(took_ns, command_ns),
                "{text}: {took_ns} and not {command_ns}"
            );
        }
    }
}

/// A thousandth of the assignment has a thousandth of its mean: 0.0995 + 0.1495 + 0.1495 ms.
#[test]
fn a_scaled_latency_has_the_scaled_mean() {
    for factor in [1.0, 0.1, 0.001, 0.000_001] {
        let iteration = slow(Latency::Scaled(factor), Load::CLOSED);
        let measured = measured(&iteration);
        let mean_ms = measured.window_ns as f64 / 1e6 / measured.completed() as f64 / factor;
        // One command has a standard deviation of 135 ms, the mean of 300 commands 7.8 ms: this is
        // 3.5 of those.
        assert!((mean_ms - 398.5).abs() < 27.5, "{mean_ms} ms times {factor}");
    }
}

/// A think time is as exact as a delay, and as long on a fast store as on a slow one.
#[test]
fn a_think_time_is_exact() {
    for (call, think) in [(1_000, 20_000), (100_000, 20_000), (2_000_000, 20_000), (1_000, 7)] {
        let (latency, think) = (Duration::from_nanos(call), Duration::from_nanos(think));
        let iteration = slow(Latency::Fixed(latency), Load::Closed { think });
        let measured = measured(&iteration);
        let each = 3 * latency + think;
        let consistent = measured.window_ns as f64 / each.as_nanos() as f64;
        let completed = measured.completed() as f64;
        assert!(
            (completed - consistent).abs() <= 1.0,
            "{completed} of {consistent}: {latency:?}, {think:?}"
        );
    }
}

/// A reference calls no store, so its clients must move the clock themselves, and not beyond the
/// window.
#[test]
fn a_reference_waits_in_parts_of_a_command_for_any_latency() {
    for latency in ["fixed:1ns", "fixed:1us", "assignment"] {
        let iteration = slow(latency.parse().unwrap(), Load::CLOSED);
        let measured = run::<Noop<Simulated<()>>>(&iteration);
        assert!(!measured.truncated && measured.completed() > 16, "{latency}: {measured:?}");
    }
}
