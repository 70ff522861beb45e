//! What is promised of clients that think, of clients that keep appointments, and of cells that are
//! not as usual.

use super::*;
use crate::{
    database::Latency,
    engine::{Load, OpenLoop},
    store::Versioned,
    strategy::{Cas, Mutex as BlockingMutex},
    workload::Arrivals,
};

/// What a command of the store below takes: three calls.
const CALL: Duration = Duration::from_millis(2);

/// One client on a store that takes 6 ms for each command, on a clock that is exact.
fn slow(load: Load) -> Trial {
    let trial = trial(Clients::Tasks(1), 1, Latency::Fixed(CALL));
    Trial { cell: Cell { mix: Mix::WRITE_ONLY, load, ..trial.cell }, ..trial }
}

fn promised(per_second: f64) -> Load {
    Load::Open { arrivals: Arrivals::Constant, per_second }
}

fn open(measured: Measurement) -> (u64, OpenLoop) {
    let completed = measured.completed();
    (completed, measured.open.expect("the loop is open"))
}

/// A promise that is easily kept is: nobody is late, and a response takes as long as the service.
#[test]
fn a_promise_that_can_be_kept_is() {
    let measured = run::<Faulty<Sound>>(&slow(promised(50.0)));
    let service_ns = measured.service.quantile_ns(0.5);
    let window_s = measured.window_ns as f64 / 1e9;
    let (completed, open) = open(measured);
    let expected = window_s * 50.0;
    assert!((open.scheduled as f64 - expected).abs() <= 1.0, "{open:?} in {window_s} s");
    assert!(completed.abs_diff(open.scheduled) <= 1);
    assert_eq!(open.response.samples(), open.scheduled);
    assert_eq!((open.late, open.backlog_max), (0, 0));
    assert!(open.response.quantile_ns(0.5).abs_diff(service_ns) <= 2_000_000);
}

/// The wait of those who queue behind a stall is what a closed loop leaves out: one request of it
/// is slow, and of the open loop all that came meanwhile are.
#[test]
fn a_stall_of_50_ms_is_seen_by_all_who_came_meanwhile() {
    let closed = run::<Faulty<Stalls<20>>>(&slow(Load::CLOSED));
    let (_, open) = open(run::<Faulty<Stalls<20>>>(&slow(promised(100.0))));
    let slow_ns = 12_000_000;
    assert!(closed.service.quantile_ns(0.9) < slow_ns, "{:?}", closed.service.quantile_ns(0.9));
    assert!(open.response.quantile_ns(0.7) > slow_ns, "{:?}", open.response.quantile_ns(0.7));
    assert!(open.late > 0 && open.backlog_max >= 3, "{open:?}");
}

/// Less than half of what comes can be served. The row must say so: its tail is of no service.
#[test]
fn a_promise_that_cannot_be_kept_shows() {
    let (completed, open) = open(run::<Faulty<Sound>>(&slow(promised(400.0))));
    let achieved = completed as f64 / open.scheduled as f64;
    assert!((0.35..0.5).contains(&achieved), "{achieved}");
    assert!(open.backlog_max > open.scheduled / 3, "{open:?}");
}

/// On the wall's clock as well, by threads and by tasks, and audited as any other run.
#[test]
fn appointments_are_kept_on_the_walls_clock() {
    for clients in [Clients::Threads(2), Clients::Tasks(3)] {
        for arrivals in [Arrivals::Poisson, Arrivals::Burst { size: 8 }] {
            let trial = trial(clients, 1, Latency::None);
            let load = Load::Open { arrivals, per_second: 20_000.0 };
            let trial = Trial { cell: Cell { load, ..trial.cell }, ..trial };
            let measured = run::<BlockingMutex<Slab<Mutex<()>>>>(&trial);
            assert_eq!(measured.verdict, balanced(&measured));
            let (_, open) = open(measured);
            // 8 ms of them are 160 requests; that not all of 8 ms is had on a busy machine is no
            // fault of the schedule.
            assert!(open.scheduled > 20, "{clients:?}, {arrivals}: {open:?}");
            assert!(open.response.samples() <= open.scheduled, "{open:?}");
        }
    }
}

/// Who thinks for 100 ms after each answer asks as much less.
#[test]
fn a_client_that_thinks_asks_less() {
    let trial = slow(Load::Closed { think: Duration::from_millis(100) });
    let schedule = Schedule { capacity_window: Duration::from_millis(40), ..TINY };
    let measured = run::<Faulty<Sound>>(&Trial { schedule, ..trial });
    let each_ms = measured.window_ns as f64 / 1e6 / measured.completed() as f64;
    assert!((100.0..135.0).contains(&each_ms), "{each_ms} ms each");
    assert_eq!(measured.verdict, balanced(&measured));
}

/// Without ledgers the replies alone have to show what a ledger would.
#[test]
fn what_is_lost_without_a_history_is_found_as_well() {
    let trial = trial(Clients::Tasks(2), 1, Latency::None);
    let trial = Trial { cell: Cell { history: false, ..trial.cell }, ..trial };
    let sound = run::<BlockingMutex<Slab<Mutex<()>>>>(&trial);
    assert_eq!(sound.verdict, balanced(&sound));
    let Verdict::Wrong { violation } = run::<Forgetful>(&trial).verdict else {
        panic!("every thousandth command is lost")
    };
    assert!(violation.what.contains("version"), "{violation}");
}

/// A rule that takes ten microseconds cannot be decided a million times a second.
#[test]
fn a_longer_rule_takes_longer() {
    let trial = trial(Clients::Threads(1), 1, Latency::None);
    let rate = |work| {
        let trial = Trial { cell: Cell { work, ..trial.cell }, ..trial };
        let measured = run::<BlockingMutex<Slab<Mutex<()>>>>(&trial);
        assert_eq!(measured.verdict, balanced(&measured));
        measured.completed() as f64 / measured.window_ns as f64
    };
    assert!(rate(0) > 10.0 * rate(10_000));
}

/// Eight clients that all load before anybody commits lose seven races of eight.
#[test]
fn lost_races_are_counted_where_there_are_any() {
    let trial = trial(Clients::Tasks(8), 1, Latency::Fixed(CALL));
    let optimistic = run::<Cas<Versioned<Tables<crate::store::Stamped<()>>>>>(&trial);
    assert!(optimistic.retries.is_some_and(|retries| retries > 0), "{:?}", optimistic.retries);
    assert_eq!(run::<Faulty<Sound>>(&trial).retries, None);
}

/// Who waits for 50 ms is seen to, and who is served all the time is not.
#[test]
fn a_client_that_waits_long_is_seen_to() {
    let stalled = run::<Faulty<Stalls<10>>>(&slow(Load::CLOSED)).stalled_ns_max;
    let calm = run::<Faulty<Sound>>(&slow(Load::CLOSED)).stalled_ns_max;
    assert!((40_000_000..60_000_000).contains(&stalled), "{stalled}");
    assert!(calm < 10_000_000, "{calm}");
}
