//! What is known of the schedule that is being run, and of those before it.
//!
//! Shared by whoever draws, whoever performs and whoever asks. None of it is taken from
//! [`sync`](crate::sync): to look at it is no step.

use std::sync::Arc;

use parking_lot::Mutex;

use super::{Traffic, judge, stage::Stage, told::told};
use crate::strategy::Promises;

#[derive(Default)]
pub(super) struct Journal(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// Of the schedule that is being run.
    number: u64,
    stage: Option<Arc<Stage>>,
    stuck: Option<Stuck>,
    /// What was wrong with it.
    found: Option<String>,
    traffic: Traffic,
}

/// Why a schedule does not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stuck {
    /// Nobody can go on.
    Deadlock,
    /// They go on and on.
    Livelock,
}

impl Journal {
    /// The number of the schedule that is being run.
    pub(super) fn number(&self) -> u64 {
        self.0.lock().number
    }

    /// The next schedule has this number.
    pub(super) fn number_is(&self, number: u64) {
        let mut kept = self.0.lock();
        (kept.number, kept.stuck, kept.stage) = (number, None, None);
    }

    /// The schedule is played on `stage`. Until now only the watcher was there, and nobody was stuck.
    pub(super) fn begin(&self, stage: Arc<Stage>) {
        let mut kept = self.0.lock();
        (kept.stage, kept.stuck) = (Some(stage), None);
    }

    /// The schedule took so many steps.
    pub(super) fn took(&self, steps: u64) {
        let mut kept = self.0.lock();
        kept.traffic.steps_max = kept.traffic.steps_max.max(steps);
    }

    /// The schedule does not come to its end, unless it has come to it.
    pub(super) fn is_stuck(&self, stuck: Stuck) {
        self.0.lock().stuck = Some(stuck);
    }

    /// Why the schedule is to be given up, which is what is wrong with it.
    pub(super) fn stuck(&self) -> Option<Stuck> {
        let mut kept = self.0.lock();
        kept.found = kept.stuck.map(|stuck| stuck.to_string());
        kept.stuck
    }

    /// The schedule has come to its end: judges what it left behind.
    pub(super) fn end(&self, promises: Promises) {
        let stage = self.0.lock().stage.take().expect("a schedule begins before it ends");
        let found = judge::everything(&stage.evidence(), promises).err();
        {
            let mut kept = self.0.lock();
            kept.traffic.add(&stage.traffic());
            kept.found = found;
            kept.stage = kept.found.is_some().then(|| Arc::clone(&stage));
        }
        // Not with the journal held still: a service that is let go may let others go on.
        drop(stage);
    }

    /// What was wrong.
    pub(super) fn found(&self) -> Option<String> {
        self.0.lock().found.clone()
    }

    /// What the clients of the schedule asked and were told, and what the ledgers held.
    pub(super) fn history(&self) -> String {
        let stage = self.0.lock().stage.clone();
        stage.map(|stage| told(&stage.evidence())).unwrap_or_default()
    }

    pub(super) fn traffic(&self) -> Traffic {
        self.0.lock().traffic
    }
}
