//! What the clients of a run and its coordinator tell each other while it runs.
//!
//! Clients read one word and write one word each, all on cache lines of their own. The coordinator
//! writes the first four times in a run and reads the others when somebody does not answer.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Nothing counts yet.
    WarmUp,
    /// Requests are counted.
    Capacity,
    /// Some requests are timed.
    Latency,
    /// Nobody asks any more.
    Over,
}

const PHASES: [Phase; 4] = [Phase::WarmUp, Phase::Capacity, Phase::Latency, Phase::Over];

/// The state of one run.
pub(super) struct Course {
    phase: Padded<AtomicU32>,
    stopped: AtomicBool,
    running: AtomicU32,
    /// For each client the requests that it was answered.
    answered: Box<[Padded<AtomicU64>]>,
}

/// A cache line of its own, with the one that is fetched beside it.
#[derive(Default)]
#[repr(align(128))]
struct Padded<T>(T);

impl Course {
    pub(super) fn new(clients: usize) -> Course {
        Course {
            phase: Padded(AtomicU32::new(Phase::WarmUp as u32)),
            stopped: AtomicBool::new(false),
            running: AtomicU32::new(0),
            answered: (0..clients).map(|_| Padded::default()).collect(),
        }
    }

    /// Where the run is.
    #[inline]
    pub(super) fn phase(&self) -> Phase {
        // Relaxed, as is all that is exchanged here: it says when, and publishes nothing. What
        // clients have to tell at the end goes through the desk's lock.
        PHASES[self.phase.0.load(Ordering::Relaxed) as usize & 3]
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.0.store(phase as u32, Ordering::Relaxed);
    }

    /// Asks the coordinator to end the run early.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Says that one more client runs.
    pub(super) fn report_running(&self) {
        self.running.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn all_run(&self) -> bool {
        self.running.load(Ordering::Relaxed) as usize >= self.answered.len()
    }

    /// Says that a client was answered so many requests.
    #[inline]
    pub(super) fn report_answered(&self, client: usize, requests: u64) {
        self.answered[client].0.store(requests, Ordering::Relaxed);
    }

    /// How many requests a client was answered, as it last said.
    pub(super) fn answered(&self, client: usize) -> u64 {
        self.answered[client].0.load(Ordering::Relaxed)
    }
}
