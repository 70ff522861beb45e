//! A store whose steps take their time, drawn from a seed: each seed is another schedule.

use std::thread;

use fastrand::Rng;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;

use crate::{
    domain::{Fault, UserId},
    store::{Point, Script},
};

/// Most turns of the scheduler for which a step is kept at a point as a rule.
const TURNS_MAX: u32 = 3;

/// Most turns of one that is kept long, so that others come and go meanwhile: a balance that returns to
/// what it was is seen by nobody else.
const LONG_TURNS_MAX: u32 = 40;

/// Points between two at which a step is kept long, on average.
const LONG_EVERY: u32 = 8;

/// Keeps each step at each point for a random number of turns. On one thread, where nothing else is
/// left to chance, the seed decides who goes on and when.
pub(crate) struct Wander(Mutex<Rng>);

impl Wander {
    pub(crate) fn with_seed(seed: u64) -> Wander {
        Wander(Mutex::new(Rng::with_seed(seed)))
    }

    fn turns(&self) -> u32 {
        let mut rng = self.0.lock();
        let long = rng.u32(..LONG_EVERY) == 0;
        rng.u32(0..=if long { LONG_TURNS_MAX } else { TURNS_MAX })
    }
}

impl Script for Wander {
    fn pass(&self, _point: Point, _user: UserId) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async {
            for _ in 0..self.turns() {
                tokio::task::yield_now().await;
            }
            Ok(())
        })
    }

    fn pass_now(&self, _point: Point, _user: UserId) -> Result<(), Fault> {
        (0..self.turns()).for_each(|_| thread::yield_now());
        Ok(())
    }
}
