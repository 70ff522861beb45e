//! What is promised of a measurement, and strategies that are wrong on purpose.

mod loads;
mod simulated;

use std::{
    future,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use parking_lot::Mutex;

use super::{Cell, Clients, Measurement, Schedule, Stop, Trial, Verdict, measure, measure_within};
use crate::{
    audit::Step,
    database::Latency,
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    registry::entries,
    store::{Adversary, ImmediateStore, Slab, Store, Tables},
    strategy::{ConcurrencyStrategy, Family, Null, Promises, Unguarded, step, step_now},
    workload::Mix,
};

const TINY: Schedule = Schedule {
    blocks: 1,
    warm_up: Duration::from_millis(1),
    capacity_window: Duration::from_millis(4),
    latency_window: Duration::from_millis(4),
    seed: 11,
};

fn trial(clients: Clients, users: u64, latency: Latency) -> Trial {
    let mix = Mix::new(45, 45, 10).unwrap();
    let cell = Cell { users, mix, latency, ..Cell::hot_row(clients) };
    Trial { cell, schedule: TINY, block: 0 }
}

fn run<T: ConcurrencyStrategy>(trial: &Trial) -> Measurement {
    measure::<T>(trial, &Stop::new(false))
}

/// Each strategy is measured by threads and by tasks, on one account and on several. A harness
/// that loses, doubles or misattributes a command would call all of them wrong.
#[test]
fn every_sound_strategy_balances_and_its_counts_are_its_books() {
    for entry in entries() {
        for clients in [Clients::Threads(2), Clients::Tasks(3)] {
            for users in [1, 5] {
                let measured =
                    (entry.measure)(&trial(clients, users, Latency::None), &Stop::new(false));
                let name = format!("{} on {}, {clients:?}", entry.strategy, entry.store);
                match &measured.verdict {
                    &Verdict::Balanced { entries, operations } => {
                        assert_eq!(entries, measured.applied, "{name}");
                        assert_eq!(operations, entries + measured.refused + measured.reads);
                    }
                    Verdict::NoBooks => assert!(entry.is_reference(), "{name}"),
                    Verdict::Wrong { violation } => {
                        assert!(!entry.promises.sound, "{name}: {violation}");
                    }
                }
                assert!(!measured.cut_short, "{name}");
                assert_eq!(measured.unknown, 0, "{name}");
                let asked = measured.applied + measured.refused + measured.reads;
                assert!(measured.completed() + users <= asked, "{name}");
            }
        }
    }
}

/// Whether a time that is kept to three digits is this one.
fn is_kept_as(kept_ns: u64, ns: u64) -> bool {
    kept_ns.abs_diff(ns) <= ns / 1_000
}

/// Every entry and every request was examined, and nothing was wrong.
fn balanced(measured: &Measurement) -> Verdict {
    let Measurement { applied, refused, unknown, reads, .. } = *measured;
    Verdict::Balanced { entries: applied, operations: applied + refused + unknown + reads }
}

/// The fault that everything here is about. Were it not found, no verdict would mean anything.
#[test]
fn lost_updates_are_found_and_named() {
    let clients = Clients::Tasks(4);
    let found = [
        run::<Unguarded<Adversary<Slab<()>>>>(&trial(clients, 1, Latency::None)),
        run::<Unguarded<Tables<()>>>(&trial(clients, 1, Latency::Assignment)),
    ];
    for measured in found {
        match measured.verdict {
            Verdict::Wrong { violation } => assert!(!violation.entries.is_empty(), "{violation}"),
            verdict => panic!("four tasks without a guard lose updates, and not {verdict:?}"),
        }
    }
}

/// One command takes one read and two writes, 398.5 ms of the assignment's latency, and whoever
/// serves one user's commands one after another serves 2.51 a second, however many clients ask.
/// A clock that ran away, or stood still, would show another number.
#[test]
fn one_account_of_the_assignment_is_served_two_and_a_half_times_a_second() {
    let schedule = Schedule { capacity_window: Duration::from_millis(100), ..TINY };
    let sound = |entry: &&crate::registry::Entry| entry.promises.sound && entry.store == "tables";
    for entry in entries().filter(sound) {
        for clients in [1, 8] {
            let latency = Latency::Assignment;
            let cell = Cell { latency, ..Cell::hot_row(Clients::Tasks(clients)) };
            let measured = (entry.measure)(&Trial { cell, schedule, block: 0 }, &Stop::new(false));
            let rate = measured.completed() as f64 * 1e9 / measured.window_ns as f64;
            // An optimistic one reads while somebody else writes, and is a little quicker for it.
            let most = if entry.family == Family::Atomic && clients > 1 { 3.6 } else { 2.62 };
            let name = entry.strategy;
            assert!((2.40..most).contains(&rate), "{name} with {clients}: {rate} a second");
            let Verdict::Balanced { .. } = measured.verdict else { panic!("{measured:?}") };
        }
    }
}

/// A simulated figure is quoted without an interval, so it must be the same each time.
#[test]
fn simulated_time_repeats_exactly() {
    for entry in entries().filter(|entry| entry.store == "tables") {
        for latency in [Latency::Assignment, Latency::Fixed(Duration::from_millis(2))] {
            let trial = trial(Clients::Tasks(5), 3, latency);
            let once = (entry.measure)(&trial, &Stop::new(false));
            let again = (entry.measure)(&trial, &Stop::new(false));
            assert_eq!(once, again, "{}", entry.strategy);
            let other = Trial { block: 1, ..trial };
            assert!(
                entry.is_reference() || (entry.measure)(&other, &Stop::new(false)) != once,
                "{} draws the same in another block",
                entry.strategy
            );
        }
    }
}

/// Ctrl-C in the middle of a night's run must not cost what was measured, nor its audit.
#[test]
fn a_run_that_is_stopped_ends_early_and_is_audited() {
    let endless = Schedule { capacity_window: Duration::from_secs(3_600), ..TINY };
    for clients in [Clients::Threads(2), Clients::Tasks(2)] {
        for latency in [Latency::None, Latency::Assignment] {
            let Trial { cell, .. } = trial(clients, 2, latency);
            let trial = Trial { cell, schedule: endless, block: 0 };
            STOP.store(false, Ordering::Relaxed);
            let measured = measure::<Faulty<StopsAfter<500>>>(&trial, &STOP);
            assert!(measured.cut_short);
            assert!(measured.applied >= 500);
            assert_eq!(measured.verdict, balanced(&measured));
        }
    }
}

/// Told to stop before it began, a run has nothing to count and books all the same.
#[test]
fn a_run_that_is_stopped_before_it_begins_has_an_empty_window() {
    let measured =
        measure::<Faulty<Sound>>(&trial(Clients::Threads(2), 3, Latency::None), &Stop::new(true));
    assert!(measured.cut_short);
    assert_eq!(measured.verdict, balanced(&measured));
}

/// One in a thousand is too few to show in any rate.
#[test]
fn a_strategy_that_loses_every_thousandth_command_is_found_wrong() {
    let trial = trial(Clients::Tasks(2), 1, Latency::None);
    let found = [run::<Forgetful>(&trial), run::<Faulty<Loses<100>>>(&trial)];
    for measured in found {
        let Verdict::Wrong { violation } = measured.verdict else { panic!("{measured:?}") };
        assert_eq!(violation.step, Step::Books, "{violation}");
        assert!(violation.what.contains(" was acknowledged as version "), "{violation}");
    }
}

/// A client that nobody answers would keep a run of hours from ever ending.
#[test]
fn a_strategy_that_never_answers_is_given_up() {
    for clients in [Clients::Threads(2), Clients::Tasks(2)] {
        for latency in [Latency::None, Latency::Fixed(Duration::from_millis(2))] {
            let trial = trial(clients, 1, latency);
            let patience = Duration::from_millis(300);
            let measured = measure_within::<Faulty<Hangs<5>>>(&trial, &Stop::new(false), patience);
            let Verdict::Wrong { violation } = measured.verdict else { panic!("{measured:?}") };
            assert!(violation.what.contains("never answered"), "{violation}");
        }
    }
}

/// A panic is that command's, and neither the client's nor the run's.
#[test]
fn a_strategy_that_panics_leaves_unknown_commands_and_a_run_that_goes_on() {
    for clients in [Clients::Threads(2), Clients::Tasks(2)] {
        let measured = run::<Faulty<Panics<7>>>(&trial(clients, 1, Latency::None));
        assert!(measured.unknown > 0, "{measured:?}");
        assert_eq!(measured.verdict, balanced(&measured));
    }
}

/// The longest wait is what a tail is made of. Here one command in some hundred takes 50 ms more,
/// on a clock that is exact.
#[test]
fn a_stall_of_50_ms_shows_in_the_maximum() {
    let usual = Duration::from_millis(2);
    let trial = trial(Clients::Tasks(1), 1, Latency::Fixed(usual));
    let calm = run::<Faulty<Sound>>(&trial).service;
    let stalled = run::<Faulty<Stalls<10>>>(&trial).service;
    assert!(calm.samples() > 20 && stalled.samples() > 10, "{calm:?}, {stalled:?}");
    assert!(calm.max_ns() < 7_000_000, "{calm:?}");
    assert!((56_000_000..57_000_000).contains(&stalled.max_ns()), "{stalled:?}");
    assert!(stalled.quantile_ns(0.5) < 7_000_000, "{stalled:?}");
}

/// A slow store makes the run of a reference, which asks no store, no longer.
#[test]
fn a_reference_does_not_stop_the_simulated_clock() {
    let measured = run::<Null<Tables<()>>>(&trial(Clients::Tasks(2), 1, Latency::Assignment));
    assert!(!measured.cut_short && measured.verdict == Verdict::NoBooks, "{measured:?}");
}

/// What a run is stopped by from within.
static STOP: Stop = Stop::new(false);

/// A fault, planted at every so many commands of a strategy that is sound otherwise.
trait Plant: Send + Sync + 'static {
    const EVERY: u64;
    const KIND: Kind;
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    None,
    Stop,
    Lose,
    Hang,
    Panic,
    Stall,
}

macro_rules! plants {
    ($($name:ident plants $kind:ident;)+) => {$(
        struct $name<const EVERY: u64>;

        impl<const N: u64> Plant for $name<N> {
            const EVERY: u64 = N;
            const KIND: Kind = Kind::$kind;
        }
    )+};
}

plants! {
    StopsAfter plants Stop;
    Loses plants Lose;
    Hangs plants Hang;
    Panics plants Panic;
    Stalls plants Stall;
}

/// What a stall reads: 50 ms on a store whose calls take two.
const STALL_LOADS: u32 = 25;

struct Sound;

impl Plant for Sound {
    const EVERY: u64 = u64::MAX;
    const KIND: Kind = Kind::None;
}

/// A lock for each account of the given tables, and a fault inside.
struct Faulted<P, S> {
    store: S,
    policy: Policy,
    commands: AtomicU64,
    plant: std::marker::PhantomData<P>,
}

type Faulty<P> = Faulted<P, Tables<tokio::sync::Mutex<()>>>;

impl<P: Plant, S: Store<Slot = tokio::sync::Mutex<()>>> ConcurrencyStrategy for Faulted<P, S> {
    type Store = S;

    const NAME: &'static str = "faulty";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = Promises {
        sound: false,
        fifo: false,
        starvation_free: true,
        independent: false,
        idle_free: true,
    };

    fn new(store: S, policy: Policy) -> Faulted<P, S> {
        let plant = std::marker::PhantomData;
        Faulted { store, policy, commands: AtomicU64::new(0), plant }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let number = self.commands.fetch_add(1, Ordering::Relaxed) + 1;
        let planted = if number.is_multiple_of(P::EVERY) { P::KIND } else { Kind::None };
        let row = self.store.row(command.user);
        let _turn = row.lock().await;
        match planted {
            Kind::None => {}
            Kind::Stop => STOP.store(true, Ordering::Relaxed),
            Kind::Lose => return Ok(command.decide(self.store.load(&row).await?, &self.policy)?),
            Kind::Hang => future::pending().await,
            Kind::Panic => panic!("planted"),
            Kind::Stall => {
                for _ in 0..STALL_LOADS {
                    self.store.load(&row).await?;
                }
            }
        }
        step(&self.store, &row, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let row = self.store.row(user);
        let _turn = row.lock().await;
        self.store.load(&row).await
    }
}

/// One blocking lock for each account, which forgets to write every so many commands: as `Loses`,
/// on a store that records who did what.
struct Forgetful {
    store: Slab<Mutex<()>>,
    policy: Policy,
    commands: AtomicU64,
}

impl ConcurrencyStrategy for Forgetful {
    type Store = Slab<Mutex<()>>;

    const NAME: &'static str = "forgetful";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = Promises {
        sound: false,
        fifo: false,
        starvation_free: true,
        independent: true,
        idle_free: true,
    };

    fn new(store: Self::Store, policy: Policy) -> Forgetful {
        Forgetful { store, policy, commands: AtomicU64::new(0) }
    }

    fn store(&self) -> &Self::Store {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let _turn = row.lock();
        if self.commands.fetch_add(1, Ordering::Relaxed) % 1_000 == 999 {
            return Ok(command.decide(self.store.load_now(&row), &self.policy)?);
        }
        step_now(&self.store, &row, &self.policy, command)
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        Ok(self.store.load_now(&self.store.row(user)))
    }
}
