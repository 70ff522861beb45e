//! Simulated time is exact to the nanosecond, whatever the delay.

use super::*;
use crate::{engine::Load, strategy::AsyncMutex};

/// One client that writes, on a store with this latency.
fn slow(latency: Latency, load: Load) -> Trial {
    let trial = trial(Clients::Tasks(1), 1, latency);
    let schedule = Schedule { capacity_window: Duration::from_millis(40), ..TINY };
    Trial { cell: Cell { mix: Mix::WRITE_ONLY, load, ..trial.cell }, schedule, ..trial }
}

fn measured(trial: &Trial) -> Measurement {
    let measured = run::<AsyncMutex<Tables<tokio::sync::Mutex<()>>>>(trial);
    assert_eq!(measured.verdict, balanced(&measured));
    measured
}

/// A clock of a millisecond's grain makes the same of the first three, and prints what was asked for.
#[test]
fn a_command_takes_three_times_the_delay_of_a_call() {
    for text in ["fixed:1ns", "fixed:1us", "fixed:250us", "fixed:1ms", "fixed:1500us", "fixed:60s"]
    {
        let latency: Latency = text.parse().unwrap();
        let Latency::Fixed(call) = latency else { panic!("{latency} is fixed") };
        let command_ns = 3 * u64::try_from(call.as_nanos()).unwrap();
        let measured = measured(&slow(latency, Load::CLOSED));
        // 40 ms are 300 commands, as many as the window has slices.
        assert_eq!(measured.window_ns, 300 * command_ns, "{text}");
        assert!(measured.completed().abs_diff(300) <= 1, "{text}: {}", measured.completed());
        for quantile in [0.0, 0.5, 1.0] {
            let took_ns = measured.service.quantile_ns(quantile);
            assert!(is_kept_as(took_ns, command_ns), "{text}: {took_ns} and not {command_ns}");
        }
    }
}

/// A thousandth of the assignment is a thousandth of its mean: 0.0995 + 0.1495 + 0.1495 ms.
#[test]
fn a_scaled_latency_has_the_mean_that_it_says() {
    for factor in [1.0, 0.1, 0.001, 0.000_001] {
        let trial = slow(Latency::Scaled(factor), Load::CLOSED);
        let measured = measured(&trial);
        let mean_ms = measured.window_ns as f64 / 1e6 / measured.completed() as f64 / factor;
        // One command deviates by 135 ms, the mean of 300 by 7.8: this is 3.5 of those.
        assert!((mean_ms - 398.5).abs() < 27.5, "{mean_ms} ms times {factor}");
    }
}

/// A pause is as exact as a delay, and as long on a fast store as on a slow one.
#[test]
fn a_client_thinks_as_long_as_it_says() {
    for (call, think) in [(1_000, 20_000), (100_000, 20_000), (2_000_000, 20_000), (1_000, 7)] {
        let (latency, think) = (Duration::from_nanos(call), Duration::from_nanos(think));
        let trial = slow(Latency::Fixed(latency), Load::Closed { think });
        let measured = measured(&trial);
        let each = 3 * latency + think;
        let whole = measured.window_ns as f64 / each.as_nanos() as f64;
        let completed = measured.completed() as f64;
        assert!((completed - whole).abs() <= 1.0, "{completed} of {whole}: {latency:?}, {think:?}");
    }
}

/// A reference asks no store, so it must wait for time itself, and for no longer than a window takes.
#[test]
fn a_reference_waits_in_parts_of_a_command_however_short() {
    for latency in ["fixed:1ns", "fixed:1us", "assignment"] {
        let trial = slow(latency.parse().unwrap(), Load::CLOSED);
        let measured = run::<Null<Tables<()>>>(&trial);
        assert!(!measured.cut_short && measured.completed() > 16, "{latency}: {measured:?}");
    }
}
