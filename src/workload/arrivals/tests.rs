//! When requests are due: evenly, at random, or in bursts, by one schedule for all clients.

use super::*;
use crate::workload::chi_square::ChiSquare;

const SOURCE: Source = Source { seed: 7, block: 2, client: 3 };
const ALL: [Arrivals; 5] = [
    Arrivals::Constant,
    Arrivals::Poisson,
    Arrivals::Burst { size: 1 },
    Arrivals::Burst { size: 32 },
    Arrivals::Burst { size: 100 },
];

/// The gaps of one turn, the last of which is that before the next turn.
fn gaps(times: &ArrivalTimes) -> Vec<u64> {
    (0..TIMES as u64).map(|number| times.due_ns(number + 1) - times.due_ns(number)).collect()
}

/// A ring that adds up to a little more or less drifts from its offer, and its saturation would
/// be an artefact.
#[test]
fn the_offered_rate_is_met_to_a_millionth() {
    for arrivals in ALL {
        for rate in
            [ArrivalTimes::RATE_MIN, 0.7, 333.0, 50_000.0, 1e6 / 3.0, ArrivalTimes::RATE_MAX]
        {
            let sum: u64 = gaps(&ArrivalTimes::draw(SOURCE, arrivals, rate)).iter().sum();
            let met = TIMES as f64 * 1e9 / sum as f64;
            assert!((met / rate - 1.0).abs() < 1e-6, "{arrivals} at {rate}: {met}");
        }
    }
}

/// All strategies of a block are offered the same, and no two blocks are.
#[test]
fn due_times_are_their_source() {
    for arrivals in ALL {
        let draw = |block| ArrivalTimes::draw(Source { block, ..SOURCE }, arrivals, 1_000.0);
        assert_eq!((draw(1).due_ns(0), gaps(&draw(1))), (draw(1).due_ns(0), gaps(&draw(1))));
        assert_ne!(draw(1).due_ns(0), draw(2).due_ns(0), "{arrivals}");
    }
    let (one, other) = (SOURCE, Source { block: 3, ..SOURCE });
    let draw = |source| gaps(&ArrivalTimes::draw(source, Arrivals::Poisson, 1_000.0));
    assert_ne!(draw(one), draw(other));
}

/// What was offered is counted from the times, and a count that missed a border would be taken for
/// requests that were not answered.
#[test]
fn as_many_are_due_as_there_are_due_times() {
    for arrivals in ALL {
        let times = ArrivalTimes::draw(SOURCE, arrivals, 333.0);
        let turn = TIMES as u64;
        for number in [0, 1, 99, 100, turn - 1, turn, 3 * turn + 7] {
            let due_ns = times.due_ns(number);
            let more = (0..).find(|more| times.due_ns(number + more + 1) > due_ns).unwrap();
            assert_eq!(times.due_by(due_ns), number + more + 1, "{arrivals}, {number}");
            let before = (0..=number).rev().find(|&before| times.due_ns(before) < due_ns);
            assert_eq!(times.due_by(due_ns - 1), before.map_or(0, |it| it + 1), "{arrivals}");
        }
        assert_eq!(times.due_by(0), 0, "{arrivals}");
    }
}

/// Nothing but rounding tells two gaps apart, at a rate that does not divide a second.
#[test]
fn constant_gaps_are_one_nanosecond_apart_at_most() {
    let times = ArrivalTimes::draw(SOURCE, Arrivals::Constant, 30_000.0);
    assert!(gaps(&times).iter().all(|gap| (33_333..=33_334).contains(gap)));
    assert!(times.due_ns(0) < 33_334);
}

/// Were the beginnings crowded, blocks would all meet a window's borders at the same place.
#[test]
fn schedules_begin_anywhere_in_a_gap() {
    let mut tenths = [0; 10];
    for block in 0..1_000 {
        let source = Source { block, ..SOURCE };
        let first = ArrivalTimes::draw(source, Arrivals::Constant, 1_000.0).due_ns(0);
        tenths[usize::try_from(first / 100_000).unwrap()] += 1;
    }
    let test = ChiSquare::of(&tenths, &[1.0; 10]);
    assert!(test.passes(), "{test:?}");
}

/// A schedule whose gaps vary less than those of a Poisson process understates queueing, and one whose gaps
/// vary more overstates it.
#[test]
fn poisson_gaps_are_exponential() {
    const BINS: u32 = 40;
    let (mut found, rate) = (vec![0; 40], 1_000.0);
    for block in 0..2 {
        let times = ArrivalTimes::draw(Source { block, ..SOURCE }, Arrivals::Poisson, rate);
        for gap in gaps(&times) {
            // Bins in which a gap lies equally often, by the distribution's own inverse.
            let below = 1.0 - (-(gap as f64) / 1e9 * rate).exp();
            let bin = nanos(below * f64::from(BINS)).min(u64::from(BINS) - 1);
            found[usize::try_from(bin).unwrap()] += 1;
        }
    }
    let test = ChiSquare::of(&found, &[1.0; 40]);
    assert!(test.passes(), "{test:?}");
}

/// Gaps of the right lengths in an order that is not by chance would pass the test above.
#[test]
fn counts_of_poisson_arrivals_vary_as_their_mean() {
    const WINDOW_NS: u64 = 8_000_000;
    let mut counts = Vec::new();
    for block in 0..2 {
        let times = ArrivalTimes::draw(Source { block, ..SOURCE }, Arrivals::Poisson, 1_000.0);
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

/// A burst that is spread by rounding is none.
#[test]
fn a_burst_comes_at_once() {
    let bursts = gaps(&ArrivalTimes::draw(SOURCE, Arrivals::Burst { size: 32 }, 1_000.0));
    for (place, gap) in bursts.into_iter().enumerate() {
        assert_eq!(gap, if place % 32 == 31 { 32_000_000 } else { 0 }, "{place}");
    }
    let bursts = gaps(&ArrivalTimes::draw(SOURCE, Arrivals::Burst { size: 100 }, 1_000.0));
    assert_eq!(bursts.iter().filter(|&&gap| gap == 100_000_000).count(), 655);
    assert_eq!(bursts.last(), Some(&36_000_000), "what is left of 65,536");
}

/// Arrivals are typed by hand and stand in rows; what they print must be what they read.
#[test]
fn arrivals_read_what_they_print() {
    for text in ["constant", "poisson", "burst:32"] {
        assert_eq!(text.parse::<Arrivals>().unwrap().to_string(), text);
    }
}

/// The message has one line and gives the allowed forms.
#[test]
fn arrivals_that_cannot_be_are_refused() {
    let refused = |text: &str| text.parse::<Arrivals>().unwrap_err().to_string();
    let form = "arrivals cannot be `poison`: write constant, poisson or burst:32";
    assert_eq!(refused("poison"), form);
    for text in ["", "constant:1", "burst", "burst:", "burst:-1", "burst:x"] {
        assert!(refused(text).starts_with("arrivals cannot be"), "{text}");
    }
    for text in ["burst:0", "burst:4097"] {
        assert!(refused(text).contains("1..=4096: write it like burst:32"), "{text}");
    }
}
