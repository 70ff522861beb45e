//! A fault script that delays each step at random. Each seed gives another schedule.

use std::thread;

use fastrand::Rng;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;

use hotrow::{
    domain::{StoreError, UserId},
    store::{FailPoint, FaultScript},
};

/// Most yields of a step at a fail point in a usual delay.
const YIELDS_MAX: u32 = 3;

/// Most yields in a long delay. Other commands start and end meanwhile: only such a step meets a
/// balance that changed and changed back.
const LONG_YIELDS_MAX: u32 = 40;

/// One delay in so many is long, on average.
const LONG_EVERY: u32 = 8;

/// Yields a random number of times at each fail point. On one thread nothing else is random, so the
/// seed alone decides which task runs when.
pub(crate) struct RandomYield(Mutex<Rng>);

impl RandomYield {
    pub(crate) fn with_seed(seed: u64) -> RandomYield {
        RandomYield(Mutex::new(Rng::with_seed(seed)))
    }

    fn yields(&self) -> u32 {
        let mut rng = self.0.lock();
        let long = rng.u32(..LONG_EVERY) == 0;
        rng.u32(0..=if long { LONG_YIELDS_MAX } else { YIELDS_MAX })
    }
}

impl FaultScript for RandomYield {
    fn pass(&self, _point: FailPoint, _user: UserId) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async {
            for _ in 0..self.yields() {
                tokio::task::yield_now().await;
            }
            Ok(())
        })
    }

    fn pass_sync(&self, _point: FailPoint, _user: UserId) -> Result<(), StoreError> {
        (0..self.yields()).for_each(|_| thread::yield_now());
        Ok(())
    }
}
