//! One client: asks, waits for the answer, and asks again, from the first phase to the last.
//!
//! The loop is one future for the whole run, the same for a thread that blocks on it and for a task
//! that a runtime polls. It lives through all phases without a pause, so nothing has to be started
//! inside a window. What it does for each request beside asking it is to read the phase and to write
//! down what it was told; it reads the clock for requests that are to be timed, and once in many for
//! the auditor, who then knows of each request between which two times it was under way. A client
//! that thinks between requests, or whose requests have due times, stops before each.

mod pacing;

use std::{panic::AssertUnwindSafe, sync::Arc};

use fastrand::Rng;
use futures_util::FutureExt;

use super::{
    OpenLoop,
    arrival_schedule::{ArrivalSchedule, Taken},
    course::{Answered, Course, Phase},
    times::Times,
    watch::Watch,
};
use crate::{
    audit::Log,
    domain::{Command, Failure},
    service::PointService,
    strategy::ConcurrencyStrategy,
    workload::{Asked, Script},
};

/// Requests between two that are timed: 1 to 127, so one in 64 is, and none that comes round
/// with the script.
const GAP_MAX: u64 = 127;

/// Requests between two time stamps in the log: reading the clock takes some thirty nanoseconds, a
/// quarter of one for each request.
const STAMP_EVERY: u64 = 128;

/// The same for requests that had to wait, each of which takes some hundred nanoseconds at least.
const STAMP_EVERY_WAITING: u64 = 8;

/// Panics after which a client asks no more. Each prints its message, and a strategy that panics
/// again and again is not worth measuring.
const PANICS_MAX: u32 = 8;

/// How long after it was due a request is late: a hundred times what asking takes, and less than
/// waking a thread does.
const LATE_NS: u64 = 10_000;

/// The same on a simulated clock, which is exact.
const LATE_SIMULATED_NS: u64 = 0;

/// What a client asks, whom, and when.
pub(super) struct Client<T> {
    pub(super) service: Arc<PointService<T>>,
    pub(super) course: Arc<Course>,
    /// Where it says how many requests it was answered.
    pub(super) answered: Answered,
    /// What it asks; in an open loop, what all clients ask.
    pub(super) script: Script,
    /// Its place among the clients, from 0.
    pub(super) index: usize,
    /// What the gaps between timed requests are drawn from.
    pub(super) gaps: Rng,
    pub(super) watch: Watch,
    /// Whether it shares its thread with others, and must let them run.
    pub(super) gives_way: bool,
    /// Where it writes down what it is told.
    pub(super) log: Log,
    /// How much it asks for, and how exactly it notes the time.
    pub(super) pace: Pace,
    /// When it asks.
    pub(super) habit: Habit,
}

/// When a client asks.
#[derive(Clone)]
pub(super) enum Habit {
    /// So many nanoseconds after it was answered.
    Closed { think_ns: u64 },
    /// When the requests are due that it takes of those of all clients.
    Open(Arc<ArrivalSchedule>),
}

/// How much a client asks for, and how exactly it notes the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// As much as it can, with a stamp for many requests.
    Measured,
    /// So many requests once all clients run, with two stamps for each.
    Recorded {
        /// Requests.
        most: u64,
    },
}

/// What a client has to tell when it is done.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) index: usize,
    pub(super) log: Log,
    /// In an open loop, which requests of the schedule it made, in its own order.
    pub(super) dealt: Vec<u64>,
    /// Requests of the capacity window: answered in it, or sent in it in an open loop.
    pub(super) completed: u64,
    /// Service times.
    pub(super) service: Times,
    /// What an open loop shows beside.
    pub(super) open: Option<OpenLoop>,
}

impl<T: ConcurrencyStrategy> Client<T> {
    /// Asks until the run is over, and tells what came of it.
    pub(super) async fn live(self) -> Report {
        let mut turn = Turn::new(self);
        turn.client.course.report_running();
        for _ in 0..PANICS_MAX {
            // Unwind safe: a request that panics is noted as unknown, and all that was noted before
            // it stands.
            match AssertUnwindSafe(turn.ask_until_over()).catch_unwind().await {
                Ok(()) => break,
                Err(_) => turn.fail(),
            }
        }
        turn.enter(Phase::Over);
        let open = turn.open_loop();
        let Turn { client, log, dealt, completed, service, .. } = turn;
        Report { index: client.index, log, dealt, completed, service, open }
    }
}

/// A client at work.
struct Turn<T> {
    client: Client<T>,
    log: Log,
    phase: Phase,
    /// The number of the next request before which there is something to do: the least of the three
    /// that follow.
    next_stop: u64,
    /// The number of the next request to time; none for now if it is the largest.
    next_timed: u64,
    /// The number of the request before which to let others run.
    next_pause: u64,
    /// The number of the request before which to note the time.
    next_stamp: u64,
    /// Whether there is something to do before every request.
    stops_always: bool,
    /// When the client has thought enough, while it does.
    thinks_until_ns: Option<u64>,
    /// The request of the schedule that the client has taken and not sent, while it has one.
    taken: Option<Taken>,
    /// Whether that one was overdue when the client took it, since every client waited.
    was_overdue: bool,
    /// Which requests of the schedule it has made.
    dealt: Vec<u64>,
    /// How far the request that is made lies ahead in the script, wrapping: nothing in a closed loop,
    /// where the client makes all of its own script.
    ahead: u64,
    open: OpenLoop,
    /// When the request that is being timed was due, where that is fixed.
    due_ns: u64,
    /// When the request that is being timed was asked.
    begun_ns: Option<u64>,
    /// The time of the last pause.
    paused_ns: u64,
    /// Pauses in a row between which the simulated clock stood still.
    still: u32,
    /// Requests answered before the capacity window.
    before_window: u64,
    completed: u64,
    service: Times,
}

impl<T: ConcurrencyStrategy> Turn<T> {
    fn new(mut client: Client<T>) -> Turn<T> {
        let stops_always = match &client.habit {
            Habit::Closed { think_ns } => *think_ns > 0,
            Habit::Open(_) => true,
        };
        let mut turn = Turn {
            stops_always,
            thinks_until_ns: None,
            taken: None,
            was_overdue: false,
            dealt: Vec::new(),
            ahead: 0,
            open: OpenLoop::default(),
            due_ns: 0,
            log: std::mem::take(&mut client.log),
            phase: Phase::WarmUp,
            next_stop: 0,
            next_timed: u64::MAX,
            next_pause: if client.gives_way { 0 } else { u64::MAX },
            next_stamp: 0,
            begun_ns: None,
            paused_ns: 0,
            still: 0,
            before_window: 0,
            completed: 0,
            service: Times::default(),
            client,
        };
        turn.enter(Phase::WarmUp);
        turn
    }

    async fn ask_until_over(&mut self) {
        loop {
            if self.client.course.has_left(self.phase) {
                self.enter(self.client.course.phase());
            }
            let number = self.log.asked();
            if number >= self.next_stop {
                // Who enters a phase stops before the next request, so it is seen here.
                if self.phase == Phase::Over && !self.owes() {
                    return;
                }
                if self.stop(number).await {
                    continue;
                }
            }
            self.ask(number).await;
            if let Some(begun_ns) = self.begun_ns {
                self.record(begun_ns);
            }
            self.client.answered.report(number + 1);
        }
    }

    /// Does what is to be done before request `number`, and says whether to ask it later.
    #[cold]
    async fn stop(&mut self, number: u64) -> bool {
        if number >= self.next_pause {
            self.give_way().await;
        }
        if let Pace::Recorded { most } = self.client.pace {
            if self.phase == Phase::WarmUp || number >= most {
                self.client.watch.linger().await;
                return true;
            }
        } else if number >= self.next_stamp && number < self.next_timed {
            self.stamp();
        }
        if self.stops_always && !self.wait_to_ask().await {
            return true;
        }
        self.plan_stop();
        if number >= self.next_timed {
            self.begun_ns = Some(self.client.watch.ns());
        }
        false
    }

    fn plan_stop(&mut self) {
        self.next_stop = match self.stops_always {
            true => 0,
            false => self.next_timed.min(self.next_pause).min(self.next_stamp),
        };
    }

    fn stamp(&mut self) {
        self.log.stamp(after_opening(self.client.watch.ns()));
        self.next_stamp = self.log.asked() + STAMP_EVERY;
    }

    #[inline(always)]
    async fn ask(&mut self, number: u64) {
        let request = self.client.script.request(number.wrapping_add(self.ahead));
        let id = Asked { client: self.client.index as u64 + 1, number }.id();
        match request.action {
            Some(action) => {
                let command = Command { id, user: request.user, action };
                let outcome = match self.client.service.execute_at_once(command) {
                    Some(outcome) => outcome,
                    None => {
                        let outcome = self.client.service.execute(command).await;
                        self.stamp_soon(number);
                        outcome
                    }
                };
                match outcome {
                    Ok(receipt) => self.log.applied(receipt.after),
                    Err(Failure::Rejected(rejection)) => self.log.refused(rejection.before),
                    Err(Failure::Unknown(_)) => self.log.unknown(),
                }
            }
            None => {
                let answer = match self.client.service.balance_at_once(request.user) {
                    Some(account) => Ok(account),
                    None => {
                        let answer = self.client.service.balance(request.user).await;
                        self.stamp_soon(number);
                        answer
                    }
                };
                match answer {
                    Ok(account) => self.log.read(account),
                    Err(_) => self.log.unknown(),
                }
            }
        }
    }

    /// Notes the time sooner, now that request `number` had to wait.
    #[inline]
    fn stamp_soon(&mut self, number: u64) {
        self.next_stamp = self.next_stamp.min((number | (STAMP_EVERY_WAITING - 1)) + 1);
        self.next_stop = self.next_stop.min(self.next_stamp);
    }

    /// Closes the accounts of one phase and opens those of another.
    ///
    /// A request of a closed loop belongs to the phase in which it was answered, and it is answered
    /// before the change of phase that is seen after it, or so little later that nothing is lost by it.
    /// A request of an open loop belongs to the window in which it was sent. So the share of the offered
    /// load that was achieved does not depend on whether the end of the window cuts a burst.
    #[cold]
    fn enter(&mut self, phase: Phase) {
        let answered = self.log.asked();
        if self.phase == Phase::Capacity && matches!(self.client.habit, Habit::Closed { .. }) {
            self.completed = answered - self.before_window;
        }
        if phase == Phase::Capacity {
            self.before_window = answered;
        }
        self.phase = phase;
        self.stamp();
        self.next_timed = u64::MAX;
        if self.times_all() || phase == Phase::Latency {
            self.draw_next_timed();
        }
        self.next_stop = 0;
    }

    /// Whether every request has time stamps: they are free, as on a simulated clock, or what the
    /// run is made for.
    fn times_all(&self) -> bool {
        self.client.watch.is_simulated()
            || self.client.pace != Pace::Measured
            || matches!(self.client.habit, Habit::Open(_))
    }

    fn draw_next_timed(&mut self) {
        let gap = if self.times_all() { 1 } else { self.client.gaps.u64(1..=GAP_MAX) };
        self.next_timed = self.log.asked() + gap - 1;
    }

    /// Notes that a request panicked, and that its time is not taken.
    #[cold]
    fn fail(&mut self) {
        self.log.unknown();
        self.begun_ns = None;
        self.next_stop = 0;
    }

    #[cold]
    fn record(&mut self, begun_ns: u64) {
        self.begun_ns = None;
        let watch = &self.client.watch;
        let ended_ns = watch.ns();
        let late_ns = if watch.is_simulated() { LATE_SIMULATED_NS } else { LATE_NS };
        match self.client.habit {
            Habit::Open(_) => {
                let window = self.client.course.window();
                self.completed += u64::from(window.contains(&begun_ns));
                if window.contains(&self.due_ns) {
                    self.service.record(ended_ns - begun_ns);
                    self.open.response.record(ended_ns - self.due_ns);
                    self.open.late += u64::from(self.due_ns + late_ns < begun_ns);
                }
            }
            Habit::Closed { .. } if matches!(self.phase, Phase::Capacity | Phase::Latency) => {
                self.service.record(ended_ns - begun_ns);
            }
            _ => {}
        }
        self.log.stamp_last(after_opening(begun_ns), after_opening(ended_ns));
        self.next_stamp = self.log.asked() + STAMP_EVERY;
        self.draw_next_timed();
        self.plan_stop();
    }
}

/// A time of the run as it stands in the logs: later than the opening of the accounts, at 0.
fn after_opening(ns: u64) -> u64 {
    ns + 1
}
