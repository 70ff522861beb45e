//! Tests of due times: constant, random, or in bursts, on one schedule for all clients.

use super::*;
use crate::scenario::chi_square::ChiSquare;

const SOURCE: RngStream = RngStream { seed: 7, block: 2, client: 3 };
const ALL: [Arrivals; 5] = [
    Arrivals::Constant,
    Arrivals::Poisson,
    Arrivals::Burst { size: 1 },
    Arrivals::Burst { size: 32 },
    Arrivals::Burst { size: 100 },
];

/// Returns the gaps of one cycle. The last one is the gap before the next cycle.
fn gaps(times: &ArrivalTimes) -> Vec<u64> {
    (0..TIMES as u64).map(|number| times.due_ns(number + 1) - times.due_ns(number)).collect()
}

/// A ring with a slightly wrong total would drift from its rate, and would report saturation by
/// mistake.
#[test]
fn the_offered_load_is_exact_to_a_millionth() {
    for arrivals in ALL {
        for rate in
            [ArrivalTimes::RATE_MIN, 0.7, 333.0, 50_000.0, 1e6 / 3.0, ArrivalTimes::RATE_MAX]
        {
            let sum: u64 = gaps(&ArrivalTimes::draw(SOURCE, arrivals, rate)).iter().sum();
            let achieved = TIMES as f64 * 1e9 / sum as f64;
            assert!((achieved / rate - 1.0).abs() < 1e-6, "{arrivals} at {rate}: {achieved}");
        }
    }
}

/// All strategies of a block get the same due times, and no two blocks do.
#[test]
fn due_times_depend_on_their_stream() {
    for arrivals in ALL {
        let draw = |block| ArrivalTimes::draw(RngStream { block, ..SOURCE }, arrivals, 1_000.0);
        assert_eq!((draw(1).due_ns(0), gaps(&draw(1))), (draw(1).due_ns(0), gaps(&draw(1))));
        assert_ne!(draw(1).due_ns(0), draw(2).due_ns(0), "{arrivals}");
    }
    let (one, other) = (SOURCE, RngStream { block: 3, ..SOURCE });
    let draw = |source| gaps(&ArrivalTimes::draw(source, Arrivals::Poisson, 1_000.0));
    assert_ne!(draw(one), draw(other));
}

/// The number of due requests is counted from the times. A count that misses a border would be
/// reported as requests without an answer.
#[test]
fn the_count_of_due_requests_matches_their_due_times() {
    for arrivals in ALL {
        let times = ArrivalTimes::draw(SOURCE, arrivals, 333.0);
        let cycle = TIMES as u64;
        for number in [0, 1, 99, 100, cycle - 1, cycle, 3 * cycle + 7] {
            let due_ns = times.due_ns(number);
            let more = (0..).find(|more| times.due_ns(number + more + 1) > due_ns).unwrap();
            assert_eq!(times.due_by(due_ns), number + more + 1, "{arrivals}, {number}");
            let before = (0..=number).rev().find(|&before| times.due_ns(before) < due_ns);
            assert_eq!(times.due_by(due_ns - 1), before.map_or(0, |it| it + 1), "{arrivals}");
        }
        assert_eq!(times.due_by(0), 0, "{arrivals}");
    }
}

/// Gaps must differ by rounding only, at a rate that does not divide a second.
#[test]
fn constant_gaps_differ_by_at_most_one_nanosecond() {
    let times = ArrivalTimes::draw(SOURCE, Arrivals::Constant, 30_000.0);
    assert!(gaps(&times).iter().all(|gap| (33_333..=33_334).contains(gap)));
    assert!(times.due_ns(0) < 33_334);
}

/// If first due times were crowded, the windows of all blocks would begin at the same place in a
/// gap.
#[test]
fn schedules_start_anywhere_in_a_gap() {
    let mut tenths = [0; 10];
    for block in 0..1_000 {
        let source = RngStream { block, ..SOURCE };
        let first = ArrivalTimes::draw(source, Arrivals::Constant, 1_000.0).due_ns(0);
        tenths[usize::try_from(first / 100_000).unwrap()] += 1;
    }
    let test = ChiSquare::new(&tenths, &[1.0; 10]);
    assert!(test.passes(), "{test:?}");
}

/// Gaps that vary less than those of a Poisson process understate queueing, and gaps that vary more
/// overstate it.
#[test]
fn poisson_gaps_are_exponential() {
    const BINS: u32 = 40;
    let (mut counts, rate) = (vec![0; 40], 1_000.0);
    for block in 0..2 {
        let times = ArrivalTimes::draw(RngStream { block, ..SOURCE }, Arrivals::Poisson, rate);
        for gap in gaps(&times) {
            // Bins that are equally likely, by the inverse of the distribution.
            let below = 1.0 - (-(gap as f64) / 1e9 * rate).exp();
            let bin = nanos(below * f64::from(BINS)).min(u64::from(BINS) - 1);
            counts[usize::try_from(bin).unwrap()] += 1;
        }
    }
    let test = ChiSquare::new(&counts, &[1.0; 40]);
    assert!(test.passes(), "{test:?}");
}

/// Gaps of the right lengths in an order that is not random would pass the test above.
#[test]
fn the_variance_of_poisson_counts_equals_their_mean() {
    const WINDOW_NS: u64 = 8_000_000;
    let mut counts = Vec::new();
    for block in 0..2 {
        let times = ArrivalTimes::draw(RngStream { block, ..SOURCE }, Arrivals::Poisson, 1_000.0);
        let due_by: Vec<u64> = (0..=8_192).map(|end| times.due_by(end * WINDOW_NS)).collect();
        counts.extend(due_by.windows(2).map(|pair| (pair[1] - pair[0]) as f64));
    }
    let windows = counts.len() as f64;
    let mean = counts.iter().sum::<f64>() / windows;
    let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / windows;
    assert!((mean - 8.0).abs() < 0.02, "{mean}");
    // Of 16,384 counts, the variance has a standard error of 1.2 % of the mean.
    assert!((variance / mean - 1.0).abs() < 0.05, "{variance}");
}

/// Rounding must not spread the requests of a burst.
#[test]
fn the_requests_of_a_burst_are_due_at_once() {
    let bursts = gaps(&ArrivalTimes::draw(SOURCE, Arrivals::Burst { size: 32 }, 1_000.0));
    for (place, gap) in bursts.into_iter().enumerate() {
        assert_eq!(gap, if place % 32 == 31 { 32_000_000 } else { 0 }, "{place}");
    }
    let bursts = gaps(&ArrivalTimes::draw(SOURCE, Arrivals::Burst { size: 100 }, 1_000.0));
    assert_eq!(bursts.iter().filter(|&&gap| gap == 100_000_000).count(), 655);
    assert_eq!(bursts.last(), Some(&36_000_000), "the rest of 65,536");
}

/// Users type arrivals and rows contain them, so the displayed text must parse back.
#[test]
fn arrivals_are_parsed_as_they_are_displayed() {
    for text in ["constant", "poisson", "burst:32"] {
        assert_eq!(text.parse::<Arrivals>().unwrap().to_string(), text);
    }
}

/// The message is one line and says what to write.
#[test]
fn invalid_arrivals_are_reported_with_a_correct_form() {
    let rejected = |text: &str| text.parse::<Arrivals>().unwrap_err().to_string();
    let form = "unknown arrivals `poison`: write constant, poisson or burst:32";
    assert_eq!(rejected("poison"), form);
    for text in ["", "constant:1", "burst", "burst:", "burst:-1", "burst:x"] {
        assert!(rejected(text).starts_with("unknown arrivals"), "{text}");
    }
    for text in ["burst:0", "burst:4097"] {
        assert!(rejected(text).contains("1..=4096: write it like burst:32"), "{text}");
    }
}
