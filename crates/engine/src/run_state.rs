//! The state that the clients of a run and its coordinator share.
//!
//! Each client reads one word and writes one word, all on cache lines of their own. The coordinator
//! writes the first word four times in a run, and reads the others to detect stalled clients.

use std::{
    ops::Range,
    sync::Arc,
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence},
};

use crossbeam_utils::CachePadded;

/// The phase of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Nothing counts yet.
    WarmUp,
    /// Requests are counted, and those of an open loop are timed.
    Capacity,
    /// Some requests are timed. In an open loop, requests that were due before are still answered.
    Latency,
    /// No client sends any more.
    Over,
}

const PHASES: [Phase; 4] = [Phase::WarmUp, Phase::Capacity, Phase::Latency, Phase::Over];

/// The state of one run.
pub(super) struct RunState {
    phase: CachePadded<AtomicU32>,
    /// When the capacity window opened and closed, in nanoseconds of the run.
    window_ns: [AtomicU64; 2],
    stopped: AtomicBool,
    running: AtomicU32,
    /// The number of answered requests of each client.
    answered: Box<[ProgressCounter]>,
}

/// The progress of one client. A clone is of the same client.
#[derive(Clone, Default)]
pub(super) struct ProgressCounter(Arc<CachePadded<Progress>>);

#[derive(Default)]
struct Progress {
    answered: AtomicU64,
    /// The last request of a shared schedule that it has sent.
    taken: AtomicU64,
}

impl ProgressCounter {
    /// Reports the number of answered requests.
    #[inline]
    pub(super) fn report(&self, requests: u64) {
        // Relaxed: the coordinator samples it, and derives nothing about other data from it.
        self.0.answered.store(requests, Ordering::Relaxed);
    }

    /// Reports the request of the schedule that the client sends.
    #[inline]
    pub(super) fn report_taken(&self, number: u64) {
        self.0.taken.store(number, Ordering::Relaxed);
    }
}

impl RunState {
    pub(super) fn new(clients: usize) -> RunState {
        RunState {
            phase: CachePadded::new(AtomicU32::new(Phase::WarmUp as u32)),
            window_ns: [const { AtomicU64::new(u64::MAX) }; 2],
            stopped: AtomicBool::new(false),
            running: AtomicU32::new(0),
            answered: (0..clients).map(|_| ProgressCounter::default()).collect(),
        }
    }

    /// Returns the phase of the run.
    #[inline]
    pub(super) fn phase(&self) -> Phase {
        // Relaxed, as all exchanges here: the value says when, and publishes nothing. The lock of
        // the report collector publishes the clients' results at the end.
        PHASES[self.phase.load(Ordering::Relaxed) as usize & 3]
    }

    /// Returns whether the run is no longer in `phase`.
    #[inline]
    pub(super) fn has_left(&self, phase: Phase) -> bool {
        self.phase.load(Ordering::Relaxed) != phase as u32
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u32, Ordering::Relaxed);
    }

    /// Opens the capacity window.
    pub(super) fn open(&self, now_ns: u64) {
        self.window_ns[0].store(now_ns, Ordering::Relaxed);
        self.enter_after(Phase::Capacity);
    }

    /// Closes the capacity window and enters `phase`.
    pub(super) fn close(&self, now_ns: u64, phase: Phase) {
        self.window_ns[1].store(now_ns, Ordering::Relaxed);
        self.enter_after(phase);
    }

    /// Release, with the acquire in [`window`](RunState::window): a client that sees the phase sees
    /// its time.
    fn enter_after(&self, phase: Phase) {
        self.phase.store(phase as u32, Ordering::Release);
    }

    /// Returns the begin and the end of the capacity window, as known to a caller that has seen the
    /// phase. A time that is not known yet is the largest value.
    pub(super) fn window(&self) -> Range<u64> {
        fence(Ordering::Acquire);
        let [opened_ns, closed_ns] = &self.window_ns;
        opened_ns.load(Ordering::Relaxed)..closed_ns.load(Ordering::Relaxed)
    }

    /// Requests the coordinator to end the run early.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Reports that one more client runs.
    pub(super) fn report_running(&self) {
        self.running.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn all_run(&self) -> bool {
        self.running.load(Ordering::Relaxed) as usize >= self.answered.len()
    }

    /// Returns the counter in which a client reports its progress.
    pub(super) fn progress_of(&self, client: usize) -> ProgressCounter {
        self.answered[client].clone()
    }

    /// Returns the number of answered requests that a client last reported.
    pub(super) fn answered(&self, client: usize) -> u64 {
        self.answered[client].0.answered.load(Ordering::Relaxed)
    }

    /// Returns the last request of the schedule that a client has sent.
    pub(super) fn taken(&self, client: usize) -> u64 {
        self.answered[client].0.taken.load(Ordering::Relaxed)
    }
}
