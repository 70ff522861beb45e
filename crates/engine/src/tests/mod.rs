//! Tests of measurements, with strategies that have injected faults.

mod loads;
mod simulated;
mod unreachable;

use std::{
    future,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use parking_lot::Mutex;

use super::{Iteration, Measurement, Schedule, Stop, measure, measure_within};
use hotrow::scenario::{Clients, Scenario};
use hotrow::{
    domain::{
        Account, Command, Failure, Fault, LedgerEntry, Outcome, StoreError, StoreErrorKind, UserId,
    },
    scenario::Latency,
    scenario::Mix,
    store::{FaultInjecting, Memory, Simulated, Store, SyncStore},
    strategy::{Base, ConcurrencyStrategy, Family, Guarantees, Noop, Scope, Unsynchronized},
};
use hotrow_verify::audit::{Audited, Check, Violation};

const TINY: Schedule = Schedule {
    blocks: 1,
    warm_up: Duration::from_millis(1),
    capacity_window: Duration::from_millis(4),
    latency_window: Duration::from_millis(4),
    seed: 11,
};

fn iteration(clients: Clients, users: u64, latency: Latency) -> Iteration {
    let mix = Mix::new(45, 45, 10).unwrap();
    let scenario = Scenario { users, mix, latency, ..Scenario::hot_row(clients) };
    Iteration { scenario, schedule: TINY, block: 0, location: None }
}

fn run<T: ConcurrencyStrategy>(iteration: &Iteration) -> Measurement {
    measure::<T>(iteration, &Stop::new(false))
}

/// Returns whether a time that is recorded to three digits is `ns`.
fn equals_to_three_digits(recorded_ns: u64, ns: u64) -> bool {
    recorded_ns.abs_diff(ns) <= ns / 1_000
}

/// Returns the verdict of a run in which every entry and every request was checked without a
/// violation.
fn pass_of(measured: &Measurement) -> Option<Result<Audited, Violation>> {
    let Measurement { applied, rejected, not_applied, indeterminate, reads, .. } = *measured;
    let operations = applied + rejected + not_applied + indeterminate + reads;
    Some(Ok(Audited { operations, entries: applied }))
}

/// The audit must detect lost updates, the error that concurrency control prevents.
#[test]
fn lost_updates_are_detected_and_named() {
    let clients = Clients::Tasks(4);
    let measurements = [
        run::<Unsynchronized<FaultInjecting<Memory<()>>>>(&iteration(clients, 1, Latency::None)),
        run::<Unsynchronized<Simulated<()>>>(&iteration(clients, 1, Latency::Assignment)),
    ];
    for measured in measurements {
        match measured.verdict {
            Some(Err(violation)) => {
                assert!(!violation.entries.is_empty(), "{violation}")
            }
            verdict => {
                panic!("four unsynchronized tasks lose updates, and the verdict is {verdict:?}")
            }
        }
    }
}

/// Stopping a long run must lose neither its measurements nor their audit.
#[test]
fn a_stopped_run_ends_early_and_is_audited() {
    let endless = Schedule { capacity_window: Duration::from_secs(3_600), ..TINY };
    for clients in [Clients::Threads(2), Clients::Tasks(2)] {
        for latency in [Latency::None, Latency::Assignment] {
            let Iteration { scenario, .. } = iteration(clients, 2, latency);
            let iteration = Iteration { scenario, schedule: endless, block: 0, location: None };
            STOP.store(false, Ordering::Relaxed);
            let measured = measure::<Faulty<StopsAfter<500>>>(&iteration, &STOP);
            assert!(measured.truncated);
            assert!(measured.applied >= 500);
            assert_eq!(measured.verdict, pass_of(&measured));
        }
    }
}

/// A run that is stopped before it begins counts nothing, and is audited all the same.
#[test]
fn a_run_that_is_stopped_before_it_begins_has_an_empty_window() {
    let measured = measure::<Faulty<NoFault>>(
        &iteration(Clients::Threads(2), 3, Latency::None),
        &Stop::new(true),
    );
    assert!(measured.truncated);
    assert_eq!(measured.verdict, pass_of(&measured));
}

/// One lost command in a thousand does not show in any rate.
#[test]
fn a_strategy_that_loses_every_thousandth_command_is_detected() {
    let iteration = iteration(Clients::Tasks(2), 1, Latency::None);
    let measurements = [run::<Forgetful>(&iteration), run::<Faulty<Loses<100>>>(&iteration)];
    for measured in measurements {
        let Some(Err(violation)) = measured.verdict else { panic!("{measured:?}") };
        assert_eq!(violation.step, Check::Correspondence, "{violation}");
        assert!(violation.what.contains(" was acknowledged as version "), "{violation}");
    }
}

/// A command that is certainly not applied is no doubt, and must not be counted as one.
#[test]
fn commands_that_are_not_applied_are_counted_apart() {
    let measured = run::<Faulty<Refuses<7>>>(&iteration(Clients::Tasks(2), 1, Latency::None));
    assert!(measured.not_applied > 0, "{measured:?}");
    assert_eq!((measured.indeterminate, &measured.verdict), (0, &pass_of(&measured)));
}

/// A client sends a command again that it believes not applied. If the answer is a lie, the command
/// is applied twice.
#[test]
fn a_written_command_that_is_answered_as_not_applied_is_detected() {
    let measured = run::<Denying<100>>(&iteration(Clients::Tasks(2), 1, Latency::None));
    let Some(Err(violation)) = measured.verdict else { panic!("{measured:?}") };
    assert_eq!(violation.step, Check::Correspondence, "{violation}");
    let message = ", which was answered as not applied";
    assert!(violation.what.ends_with(message), "{violation}");
}

/// A client that is never answered must not keep a run from ending.
#[test]
fn a_strategy_that_never_answers_is_abandoned() {
    for clients in [Clients::Threads(2), Clients::Tasks(2)] {
        for latency in [Latency::None, Latency::Fixed(Duration::from_millis(2))] {
            let iteration = iteration(clients, 1, latency);
            let drain_timeout = Duration::from_millis(300);
            let measured =
                measure_within::<Faulty<Hangs<5>>>(&iteration, &Stop::new(false), drain_timeout);
            let Some(Err(violation)) = measured.verdict else { panic!("{measured:?}") };
            assert!(violation.what.contains("never answered"), "{violation}");
        }
    }
}

/// A panic must affect only its own command, and neither the client nor the run.
#[test]
fn a_strategy_that_panics_leaves_indeterminate_commands_and_the_run_continues() {
    for clients in [Clients::Threads(2), Clients::Tasks(2)] {
        let measured = run::<Faulty<Panics<7>>>(&iteration(clients, 1, Latency::None));
        assert!(measured.indeterminate > 0, "{measured:?}");
        assert_eq!(measured.verdict, pass_of(&measured));
    }
}

/// Tail latency consists of the longest waits. Here one command in some hundred takes 50 ms more,
/// on a clock that is exact.
#[test]
fn a_stall_of_50_ms_shows_in_the_maximum() {
    let call = Duration::from_millis(2);
    let iteration = iteration(Clients::Tasks(1), 1, Latency::Fixed(call));
    let usual = run::<Faulty<NoFault>>(&iteration).service;
    let stalled = run::<Faulty<Stalls<10>>>(&iteration).service;
    assert!(usual.samples() > 20 && stalled.samples() > 10, "{usual:?}, {stalled:?}");
    assert!(usual.max_ns() < 7_000_000, "{usual:?}");
    assert!((56_000_000..57_000_000).contains(&stalled.max_ns()), "{stalled:?}");
    assert!(stalled.quantile_ns(0.5) < 7_000_000, "{stalled:?}");
}

/// A slow store must not make the run of a reference longer, since a reference calls no store.
#[test]
fn a_reference_does_not_stop_the_simulated_clock() {
    let measured =
        run::<Noop<Simulated<()>>>(&iteration(Clients::Tasks(2), 1, Latency::Assignment));
    assert!(!measured.truncated && measured.verdict.is_none(), "{measured:?}");
}

/// The stop flag of a run that is stopped from within.
static STOP: Stop = Stop::new(false);

/// A fault that is injected into every `EVERY`-th command of a correct strategy.
trait InjectedFault: Send + Sync + 'static {
    const EVERY: u64;
    const KIND: FaultKind;
}

#[derive(Clone, Copy, PartialEq)]
enum FaultKind {
    None,
    Stop,
    Lose,
    Refuse,
    Deny,
    Hang,
    Panic,
    Stall,
}

macro_rules! faults {
    ($($name:ident injects $kind:ident;)+) => {$(
        struct $name<const EVERY: u64>;

        impl<const N: u64> InjectedFault for $name<N> {
            const EVERY: u64 = N;
            const KIND: FaultKind = FaultKind::$kind;
        }
    )+};
}

faults! {
    StopsAfter injects Stop;
    Loses injects Lose;
    Refuses injects Refuse;
    Denies injects Deny;
    Hangs injects Hang;
    Panics injects Panic;
    Stalls injects Stall;
}

/// The error of a store that applies no command.
const BUSY: StoreError = StoreError::constant(StoreErrorKind::Busy, "injected fault");

/// The number of loads of a stall: 50 ms on a store whose calls take two.
const STALL_LOADS: u32 = 25;

struct NoFault;

impl InjectedFault for NoFault {
    const EVERY: u64 = u64::MAX;
    const KIND: FaultKind = FaultKind::None;
}

/// One lock for each account of the simulated store, with an injected fault.
struct FaultyLock<P, S> {
    base: Base<S>,
    commands: AtomicU64,
    fault: std::marker::PhantomData<P>,
}

type Faulty<P> = FaultyLock<P, Simulated<tokio::sync::Mutex<()>>>;

/// On a store that keeps the ids of operations.
type Denying<const N: u64> = FaultyLock<Denies<N>, Memory<tokio::sync::Mutex<()>>>;

impl<P: InjectedFault, S: Store<PerUserState = tokio::sync::Mutex<()>>> ConcurrencyStrategy
    for FaultyLock<P, S>
{
    type Store = S;

    const NAME: &'static str = "faulty";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: false,
        fifo: false,
        starvation_free: true,
        no_cross_user_blocking: false,
        no_idle_memory: true,
        scope: Scope::Process,
    };

    fn over(base: Base<S>) -> FaultyLock<P, S> {
        let fault = std::marker::PhantomData;
        FaultyLock { base, commands: AtomicU64::new(0), fault }
    }

    fn base(&self) -> &Base<S> {
        &self.base
    }

    async fn execute(&self, command: Command) -> Outcome {
        let number = self.commands.fetch_add(1, Ordering::Relaxed) + 1;
        let injected = if number.is_multiple_of(P::EVERY) { P::KIND } else { FaultKind::None };
        let Base { store, policy } = &self.base;
        let entry = store.entry(command.user);
        let _guard = entry.lock().await;
        match injected {
            FaultKind::None => {}
            FaultKind::Stop => STOP.store(true, Ordering::Relaxed),
            FaultKind::Lose => {
                let receipt = command.decide(store.load(&entry).await?, policy)?;
                return Ok(LedgerEntry { receipt, time_millis: 0 });
            }
            FaultKind::Refuse => return Err(Failure::NotApplied(BUSY)),
            // The write is done, and the answer denies it.
            FaultKind::Deny => {
                self.base.step(&entry, command).await?;
                return Err(Failure::NotApplied(BUSY));
            }
            FaultKind::Hang => future::pending().await,
            FaultKind::Panic => panic!("injected fault"),
            FaultKind::Stall => {
                for _ in 0..STALL_LOADS {
                    store.load(&entry).await?;
                }
            }
        }
        self.base.step(&entry, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        let entry = self.base.store.entry(user);
        let _guard = entry.lock().await;
        Ok(self.base.store.load(&entry).await?)
    }
}

/// One blocking lock per account, which does not write every thousandth command: as `Loses`, on a
/// store that keeps the ids of operations.
struct Forgetful {
    base: Base<Memory<Mutex<()>>>,
    commands: AtomicU64,
}

impl ConcurrencyStrategy for Forgetful {
    type Store = Memory<Mutex<()>>;

    const NAME: &'static str = "forgetful";
    const FAMILY: Family = Family::NegativeControl;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: false,
        fifo: false,
        starvation_free: true,
        no_cross_user_blocking: true,
        no_idle_memory: true,
        scope: Scope::Process,
    };

    fn over(base: Base<Self::Store>) -> Forgetful {
        Forgetful { base, commands: AtomicU64::new(0) }
    }

    fn base(&self) -> &Base<Self::Store> {
        &self.base
    }

    async fn execute(&self, command: Command) -> Outcome {
        let Base { store, policy } = &self.base;
        let entry = store.entry(command.user);
        let _guard = entry.lock();
        if self.commands.fetch_add(1, Ordering::Relaxed) % 1_000 == 999 {
            let receipt = command.decide(store.load_sync(&entry), policy)?;
            return Ok(LedgerEntry { receipt, time_millis: 0 });
        }
        self.base.step_sync(&entry, command)
    }
}
