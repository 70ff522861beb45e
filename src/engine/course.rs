//! What the clients of a run and its coordinator tell each other while it runs.
//!
//! Clients read one word and write one word each, all on cache lines of their own. The coordinator
//! writes the first four times in a run and reads the others when somebody does not answer.

use std::{
    ops::Range,
    sync::Arc,
    sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence},
};

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Nothing counts yet.
    WarmUp,
    /// Requests are counted, and those of an open loop are timed.
    Capacity,
    /// Some requests are timed; in an open loop, those that were due before are answered.
    Latency,
    /// Nobody asks any more.
    Over,
}

const PHASES: [Phase; 4] = [Phase::WarmUp, Phase::Capacity, Phase::Latency, Phase::Over];

/// The state of one run.
pub(super) struct Course {
    phase: Padded<AtomicU32>,
    /// When the capacity window was opened and closed, in nanoseconds of the run.
    window_ns: [AtomicU64; 2],
    stopped: AtomicBool,
    running: AtomicU32,
    /// For each client the requests that it was answered.
    answered: Box<[Answered]>,
}

/// The requests that one client was answered. A copy is of the same client.
#[derive(Clone, Default)]
pub(super) struct Answered(Arc<Padded<Progress>>);

#[derive(Default)]
struct Progress {
    answered: AtomicU64,
    /// Which request of a shared schedule it has sent last.
    taken: AtomicU64,
}

impl Answered {
    /// Says that it was answered so many requests.
    #[inline]
    pub(super) fn report(&self, requests: u64) {
        // Relaxed: somebody looks at it now and then, and concludes nothing about anything else.
        self.0.0.answered.store(requests, Ordering::Relaxed);
    }

    /// Says which request of the schedule it sends.
    #[inline]
    pub(super) fn report_taken(&self, number: u64) {
        self.0.0.taken.store(number, Ordering::Relaxed);
    }
}

/// A cache line of its own, with the one that is fetched beside it.
#[derive(Default)]
#[repr(align(128))]
pub(super) struct Padded<T>(pub(super) T);

impl Course {
    pub(super) fn new(clients: usize) -> Course {
        Course {
            phase: Padded(AtomicU32::new(Phase::WarmUp as u32)),
            window_ns: [const { AtomicU64::new(u64::MAX) }; 2],
            stopped: AtomicBool::new(false),
            running: AtomicU32::new(0),
            answered: (0..clients).map(|_| Answered::default()).collect(),
        }
    }

    /// Where the run is.
    #[inline]
    pub(super) fn phase(&self) -> Phase {
        // Relaxed, as is all that is exchanged here: it says when, and publishes nothing. What
        // clients have to tell at the end goes through the desk's lock.
        PHASES[self.phase.0.load(Ordering::Relaxed) as usize & 3]
    }

    /// Whether the run is no longer in `phase`.
    #[inline]
    pub(super) fn has_left(&self, phase: Phase) -> bool {
        self.phase.0.load(Ordering::Relaxed) != phase as u32
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.0.store(phase as u32, Ordering::Relaxed);
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

    /// Release, with the acquire in [`window`](Course::window): who has seen the phase sees its time.
    fn enter_after(&self, phase: Phase) {
        self.phase.0.store(phase as u32, Ordering::Release);
    }

    /// What of the capacity window is known to whoever has seen the phase: from when to when it was
    /// open, each as large as can be while it is not known.
    pub(super) fn window(&self) -> Range<u64> {
        fence(Ordering::Acquire);
        let [opened_ns, closed_ns] = &self.window_ns;
        opened_ns.load(Ordering::Relaxed)..closed_ns.load(Ordering::Relaxed)
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

    /// Where a client says how many requests it was answered.
    pub(super) fn answered_by(&self, client: usize) -> Answered {
        self.answered[client].clone()
    }

    /// How many requests a client was answered, as it last said.
    pub(super) fn answered(&self, client: usize) -> u64 {
        self.answered[client].0.0.answered.load(Ordering::Relaxed)
    }

    /// Which request of the schedule a client has sent last.
    pub(super) fn taken(&self, client: usize) -> u64 {
        self.answered[client].0.0.taken.load(Ordering::Relaxed)
    }
}
