//! The coordinator: opens and closes the windows of a run, and waits until everybody is done.

use std::time::Duration;

use super::{
    course::{Course, Phase},
    crew::Desk,
    watch::Watch,
    windows::Windows,
};
use crate::{clock::Tick, machine::Usage};

/// How often the coordinator looks for reports once nobody asks any more.
const DRAIN_SLICE: Duration = Duration::from_millis(1);

/// Simulated slices that the drain may take: a day of the assignment's latency, or some ten
/// milliseconds of ours.
const DRAIN_SLICES_SIMULATED: u32 = 100_000;

/// What a coordinator needs to see and tell.
pub(super) struct Conductor<'a> {
    pub(super) course: &'a Course,
    pub(super) desk: &'a Desk,
    pub(super) clients: usize,
    pub(super) windows: Windows,
    pub(super) watch: Watch,
    pub(super) tick: Tick,
    /// How long clients may take to begin, and to end when they are told to.
    pub(super) patience: Duration,
}

/// How a run went.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Conducted {
    /// Length of the capacity window, as it was.
    pub(super) window_ns: u64,
    /// What the process used while the capacity window was open.
    pub(super) usage: Option<Usage>,
    /// The longest that a client was seen to wait in the windows.
    pub(super) stalled_ns_max: u64,
    pub(super) cut_short: bool,
}

/// Looks at clients now and then, to see who waits all the time.
struct Lookout<'a> {
    course: &'a Course,
    /// Requests that each client was answered when it was last seen to be, and when that was.
    seen: Vec<(u64, u64)>,
    /// Looks that lie closer together than this say nothing of who was not answered between them.
    apart_ns: u64,
    longest_ns: u64,
}

impl<'a> Lookout<'a> {
    fn over(course: &'a Course, clients: usize, apart: Duration) -> Lookout<'a> {
        let apart_ns = u64::try_from(apart.as_nanos()).unwrap_or(u64::MAX);
        Lookout { course, seen: vec![(u64::MAX, 0); clients], apart_ns, longest_ns: 0 }
    }

    fn look(&mut self, now_ns: u64) {
        for (client, (answered, since_ns)) in self.seen.iter_mut().enumerate() {
            let now_answered = self.course.answered(client);
            match now_answered == *answered {
                true if now_ns - *since_ns < self.apart_ns => {}
                true => self.longest_ns = self.longest_ns.max(now_ns - *since_ns),
                false => (*answered, *since_ns) = (now_answered, now_ns),
            }
        }
    }
}

impl Conductor<'_> {
    /// Takes the run through its phases and gives it up at the end to whoever has not answered.
    pub(super) async fn conduct(&self) -> Conducted {
        let conducted = match self.wait_until(|| self.course.all_run()).await {
            true => self.pass_windows().await,
            false => Conducted { cut_short: true, ..Conducted::default() },
        };
        self.course.enter(Phase::Over);
        self.wait_until(|| self.desk.reports() == self.clients).await;
        conducted
    }

    async fn pass_windows(&self) -> Conducted {
        let Windows { warm_up, capacity, latency, .. } = self.windows;
        let mut lookout = Lookout::over(self.course, self.clients, self.windows.slice);
        if !self.pass(warm_up, |_| ()).await {
            return Conducted { cut_short: true, ..Conducted::default() };
        }
        let before = Usage::now();
        let opened_ns = self.watch.ns();
        self.course.open(opened_ns);
        let full = self.pass(capacity, |now_ns| lookout.look(now_ns)).await;
        let closed_ns = self.watch.ns();
        self.course.close(closed_ns, if full { Phase::Latency } else { Phase::Over });
        let usage = before.and_then(|before| Some(Usage::now()?.since(before)));
        let cut_short = !full || !self.pass(latency, |now_ns| lookout.look(now_ns)).await;
        let window_ns = closed_ns - opened_ns;
        Conducted { window_ns, usage, stalled_ns_max: lookout.longest_ns, cut_short }
    }

    /// Waits for `time` to pass in slices, telling the time at each. False if it was told to stop.
    async fn pass(&self, time: Duration, mut each: impl FnMut(u64)) -> bool {
        let end_ns = self.watch.ns() + u64::try_from(time.as_nanos()).unwrap_or(u64::MAX / 2);
        loop {
            self.tell_time();
            if self.course.is_stopped() {
                return false;
            }
            let now_ns = self.watch.ns();
            each(now_ns);
            let left = Duration::from_nanos(end_ns.saturating_sub(now_ns));
            if left.is_zero() {
                return true;
            }
            self.watch.wait(left.min(self.windows.slice)).await;
        }
    }

    /// Waits until `done`, within bounds. Says whether it is.
    async fn wait_until(&self, done: impl Fn() -> bool) -> bool {
        let (slice, slices) = match self.windows.simulated {
            true => (self.windows.slice, DRAIN_SLICES_SIMULATED),
            false => (DRAIN_SLICE, u32::try_from(self.patience.as_millis()).unwrap_or(u32::MAX)),
        };
        for _ in 0..slices {
            if done() {
                return true;
            }
            self.watch.wait(slice).await;
        }
        done()
    }

    /// A simulated run tells its own time, so that it repeats to the last timestamp.
    fn tell_time(&self) {
        match self.windows.simulated {
            true => self.tick.advance(self.watch.ns() / 1_000_000),
            false => self.tick.follow_system(),
        }
    }
}
