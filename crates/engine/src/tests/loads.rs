//! Tests of think times, due times, and unusual scenarios.

use super::*;
use crate::OpenLoop;
use hotrow::{
    domain::Action,
    scenario::Arrivals,
    scenario::Latency,
    scenario::Load,
    store::Versioned,
    strategy::{Cas, Mutex as BlockingMutex},
};

/// The duration of a call of the store below. A command makes three calls.
const CALL: Duration = Duration::from_millis(2);

/// Returns an iteration with one client, on a store that takes 6 ms per command and on a clock that
/// is exact.
fn slow(load: Load) -> Iteration {
    let iteration = iteration(Clients::Tasks(1), 1, Latency::Fixed(CALL));
    Iteration {
        scenario: Scenario { mix: Mix::WRITE_ONLY, load, ..iteration.scenario },
        ..iteration
    }
}

fn open_loop(per_second: f64) -> Load {
    Load::Open { arrivals: Arrivals::Constant, per_second }
}

fn open_results(measured: Measurement) -> (u64, OpenLoop) {
    let completed = measured.completed();
    (completed, measured.open.expect("an open loop has results"))
}

/// At a low load no request is late, and the response time equals the service time.
#[test]
fn a_low_offered_load_is_achieved_without_delay() {
    let measured = run::<Faulty<NoFault>>(&slow(open_loop(50.0)));
    let service_ns = measured.service.quantile_ns(0.5);
    let window_s = measured.window_ns as f64 / 1e9;
    let (completed, results) = open_results(measured);
    let expected = window_s * 50.0;
    assert!((results.due as f64 - expected).abs() <= 1.0, "{results:?} in {window_s} s");
    assert!(completed.abs_diff(results.due) <= 1);
    assert_eq!(results.response.samples(), results.due);
    assert_eq!((results.late_starts, results.backlog_max), (0, 0));
    assert_eq!(results.response.quantile_ns(0.5), service_ns);
}

/// The duration of a command of [`slow_clients`].
const COMMAND_NS: u64 = 30_000_000;

/// Returns an iteration with clients that write to a store whose calls take 10 ms, so that a
/// command takes 30 ms.
fn slow_clients(clients: u32, users: u64, load: Load) -> Iteration {
    let latency = Latency::Fixed(Duration::from_millis(10));
    let iteration = iteration(Clients::Tasks(clients), users, latency);
    let schedule = Schedule { capacity_window: Duration::from_millis(40), ..TINY };
    Iteration {
        scenario: Scenario { mix: Mix::WRITE_ONLY, load, ..iteration.scenario },
        schedule,
        ..iteration
    }
}

/// One request is due every 50 ms and takes 30 ms, so none waits, for any number of clients. If
/// each client drew its own due times, the requests of eight clients would overlap.
#[test]
fn constant_arrivals_of_many_clients_do_not_overlap() {
    for clients in [1, 8, 64] {
        for seed in 0..5 {
            let iteration = slow_clients(clients, 1, open_loop(20.0));
            let schedule = Schedule { seed, ..iteration.schedule };
            let measured = run::<Faulty<NoFault>>(&Iteration { schedule, ..iteration });
            assert_eq!(measured.verdict, pass_of(&measured));
            let (_, results) = open_results(measured);
            assert!(results.due > 150, "{results:?}");
            assert_eq!(results.response.samples(), results.due);
            for quantile in [0.0, 0.5, 1.0] {
                let took_ns = results.response.quantile_ns(quantile);
                let is_exact = equals_to_three_digits(took_ns, COMMAND_NS);
                assert!(is_exact, "{clients} clients, seed {seed}: {took_ns}");
            }
            assert_eq!((results.late_starts, results.backlog_max), (0, 0));
        }
    }
}

/// A burst has several concurrent callers. Without concurrency control none waits for another. With
/// fewer clients than requests, the other requests wait for a client, and the row shows that.
#[test]
fn a_burst_is_sent_by_as_many_clients_as_are_free() {
    let load = Load::Open { arrivals: Arrivals::Burst { size: 10 }, per_second: 10.0 };
    let at = |clients| {
        let measured = run::<Unsynchronized<Simulated<()>>>(&slow_clients(clients, 1_000, load));
        let (completed, results) = open_results(measured);
        assert!(results.due >= 80, "{results:?}");
        assert_eq!(completed, results.due, "the end of the window must not cut a burst");
        results
    };
    let many_clients = at(64);
    assert!(
        equals_to_three_digits(many_clients.response.quantile_ns(1.0), COMMAND_NS),
        "{many_clients:?}"
    );
    assert_eq!((many_clients.late_starts, many_clients.backlog_max), (0, 0));
    let few_clients = at(4);
    // Four are sent at once, four after 30 ms, and two after 60 ms.
    for (quantile, commands) in [(0.39, 1), (0.41, 2), (0.79, 2), (0.81, 3)] {
        let took_ns = few_clients.response.quantile_ns(quantile);
        assert!(equals_to_three_digits(took_ns, commands * COMMAND_NS), "{quantile}: {took_ns}");
    }
    assert_eq!(few_clients.late_starts * 10, few_clients.due * 6);
    assert_eq!(few_clients.backlog_max, 5, "six wait, and the first of them is sent at that time");
}

/// On one account the requests of a burst wait for each other, so the response time grows with the
/// position in the queue.
#[test]
fn a_burst_on_one_account_is_served_one_by_one() {
    let load = Load::Open { arrivals: Arrivals::Burst { size: 10 }, per_second: 10.0 };
    let measured = run::<Faulty<NoFault>>(&slow_clients(64, 1, load));
    assert_eq!(measured.verdict, pass_of(&measured));
    let (_, results) = open_results(measured);
    for position in 1..=10_u32 {
        let quantile = (f64::from(position) - 0.5) / 10.0;
        let took_ns = results.response.quantile_ns(quantile);
        assert!(
            equals_to_three_digits(took_ns, u64::from(position) * COMMAND_NS),
            "{position}: {took_ns}"
        );
    }
    assert_eq!((results.late_starts, results.backlog_max), (0, 0));
}

/// An M/D/1 queue has a known mean wait: half of the service time times load / (1 - load). Arrivals
/// that are too regular, or bunched, would give another mean.
#[test]
fn poisson_arrivals_wait_as_queueing_theory_predicts() {
    let load = Load::Open { arrivals: Arrivals::Poisson, per_second: 20.0 };
    let mut means = Vec::new();
    for seed in 0..4 {
        let iteration = slow_clients(256, 1, load);
        let capacity_window = Duration::from_millis(400);
        let schedule = Schedule { seed, capacity_window, ..iteration.schedule };
        let measured = run::<Faulty<NoFault>>(&Iteration { schedule, ..iteration });
        assert_eq!(measured.verdict, pass_of(&measured));
        let (_, results) = open_results(measured);
        assert_eq!(results.late_starts, 0, "256 clients are never all busy");
        means.push(results.response.histogram().mean() / 1e6);
    }
    // 30 ms at a load of 0.6: 30 + 15 * 0.6 / 0.4 = 52.5.
    let mean = means.iter().sum::<f64>() / means.len() as f64;
    assert!((mean - 52.5).abs() < 4.0, "{means:?}");
}

/// A request of the schedule is the same whichever client takes it. So strategies of one block have
/// the same load, and the audit finds each client's own requests.
#[test]
fn a_request_is_the_same_whichever_client_sends_it() {
    let load = Load::Open { arrivals: Arrivals::Constant, per_second: 100.0 };
    let requests = |clients| {
        let iteration = slow_clients(clients, 1_000_000, load);
        let iteration =
            Iteration { scenario: Scenario { users: 100, ..iteration.scenario }, ..iteration };
        let history =
            super::super::record::<Faulty<NoFault>>(&iteration, 10_000, &Stop::new(false)).unwrap();
        let client_operations = history.operations.iter().filter(|operation| operation.client > 0);
        let mut requests: Vec<_> = client_operations
            .map(|operation| {
                (operation.called, operation.user, operation.action.map(Action::amount))
            })
            .collect();
        requests.sort_unstable();
        requests.into_iter().map(|(_, user, amount)| (user, amount)).collect::<Vec<_>>()
    };
    let (few, many) = (requests(33), requests(64));
    assert!(few.len() > 100, "{}", few.len());
    let same = few.len().min(many.len());
    assert_eq!(few[..same], many[..same]);
}

/// One request is due every hundred seconds, and a client that waits for it must not count as lost.
#[test]
fn a_rate_of_one_in_a_hundred_seconds_is_achieved() {
    let iteration = slow_clients(64, 1, open_loop(0.01));
    let schedule = Schedule { capacity_window: Duration::from_millis(4_000), ..iteration.schedule };
    let measured = run::<Faulty<NoFault>>(&Iteration { schedule, ..iteration });
    assert_eq!(measured.verdict, pass_of(&measured));
    let (_, results) = open_results(measured);
    assert!((9..=10).contains(&results.due), "900 s contain nine due times: {results:?}");
    assert_eq!(results.response.samples(), results.due);
}

/// A closed loop leaves out the requests that would have queued behind a stall (coordinated
/// omission). Only one of its requests is slow; in an open loop, all requests that were due
/// meanwhile are.
#[test]
fn a_stall_of_50_ms_delays_all_requests_that_were_due_meanwhile() {
    let closed = run::<Faulty<Stalls<20>>>(&slow(Load::CLOSED));
    let (_, results) = open_results(run::<Faulty<Stalls<20>>>(&slow(open_loop(100.0))));
    let slow_ns = 12_000_000;
    assert!(closed.service.quantile_ns(0.9) < slow_ns, "{:?}", closed.service.quantile_ns(0.9));
    assert!(results.response.quantile_ns(0.7) > slow_ns, "{:?}", results.response.quantile_ns(0.7));
    assert!(results.late_starts > 0 && results.backlog_max >= 3, "{results:?}");
}

/// Less than half of the offered load can be served, and the row must show that.
#[test]
fn saturation_shows_in_the_achieved_share_and_the_backlog() {
    let (completed, results) = open_results(run::<Faulty<NoFault>>(&slow(open_loop(400.0))));
    let achieved = completed as f64 / results.due as f64;
    assert!((0.35..0.5).contains(&achieved), "{achieved}");
    assert!(results.backlog_max > results.due / 3, "{results:?}");
}

/// Due times must also be met on the wall clock, by threads and by tasks, and the run must pass its
/// audit.
#[test]
fn due_times_are_met_on_the_wall_clock() {
    for clients in [Clients::Threads(2), Clients::Tasks(3)] {
        for arrivals in [Arrivals::Poisson, Arrivals::Burst { size: 8 }] {
            let iteration = iteration(clients, 1, Latency::None);
            let load = Load::Open { arrivals, per_second: 20_000.0 };
            let iteration =
                Iteration { scenario: Scenario { load, ..iteration.scenario }, ..iteration };
            let measured = run::<BlockingMutex<Memory<Mutex<()>>>>(&iteration);
            assert_eq!(measured.verdict, pass_of(&measured));
            let (_, results) = open_results(measured);
            // 8 ms are 160 requests. On a busy machine fewer may be sent, which is not an error of
            // the schedule.
            assert!(results.due > 20, "{clients:?}, {arrivals}: {results:?}");
            assert!(results.response.samples() <= results.due, "{results:?}");
        }
    }
}

/// A think time of 100 ms after each answer must lower the request rate accordingly.
#[test]
fn a_client_with_a_think_time_sends_fewer_requests() {
    let iteration = slow(Load::Closed { think: Duration::from_millis(100) });
    let schedule = Schedule { capacity_window: Duration::from_millis(40), ..TINY };
    let measured = run::<Faulty<NoFault>>(&Iteration { schedule, ..iteration });
    let each_ms = measured.window_ns as f64 / 1e6 / measured.completed() as f64;
    assert!((100.0..135.0).contains(&each_ms), "{each_ms} ms each");
    assert_eq!(measured.verdict, pass_of(&measured));
}

/// Without ledgers, the audit must detect lost commands from the replies alone.
#[test]
fn lost_commands_are_detected_without_ledgers() {
    let iteration = iteration(Clients::Tasks(2), 1, Latency::None);
    let iteration =
        Iteration { scenario: Scenario { ledger: false, ..iteration.scenario }, ..iteration };
    let correct = run::<BlockingMutex<Memory<Mutex<()>>>>(&iteration);
    assert_eq!(correct.verdict, pass_of(&correct));
    let Some(Err(violation)) = run::<Forgetful>(&iteration).verdict else {
        panic!("every thousandth command is lost")
    };
    assert!(violation.what.contains("version"), "{violation}");
}

/// A rule that takes ten microseconds cannot be decided a million times per second.
#[test]
fn more_work_per_decision_lowers_the_rate() {
    let iteration = iteration(Clients::Threads(1), 1, Latency::None);
    let rate = |work| {
        let iteration =
            Iteration { scenario: Scenario { work, ..iteration.scenario }, ..iteration };
        let measured = run::<BlockingMutex<Memory<Mutex<()>>>>(&iteration);
        assert_eq!(measured.verdict, pass_of(&measured));
        measured.completed() as f64 / measured.window_ns as f64
    };
    assert!(rate(0) > 10.0 * rate(10_000));
}

/// Eight clients that all load before any of them commits fail seven of eight commits.
#[test]
fn failed_commits_are_counted_if_the_strategy_can_fail() {
    let iteration = iteration(Clients::Tasks(8), 1, Latency::Fixed(CALL));
    let optimistic =
        run::<Cas<Versioned<Simulated<hotrow::store::VersionStamped<()>>>>>(&iteration);
    assert!(optimistic.retries.is_some_and(|retries| retries > 0), "{:?}", optimistic.retries);
    assert_eq!(run::<Faulty<NoFault>>(&iteration).retries, None);
}

/// A client that waits for 50 ms must be detected, and a client that is answered all the time must
/// not.
#[test]
fn a_client_that_waits_long_is_detected() {
    let stalled = run::<Faulty<Stalls<10>>>(&slow(Load::CLOSED)).stalled_ns_max;
    let usual = run::<Faulty<NoFault>>(&slow(Load::CLOSED)).stalled_ns_max;
    assert!((40_000_000..60_000_000).contains(&stalled), "{stalled}");
    assert!(usual < 10_000_000, "{usual}");
}
