//! The queue before the store keeps the contract in memory too, where every schedule is cheap.
//!
//! The other strategies for databases wait for real time between attempts, which the simulated
//! modes of the contract do not have.

use hotrow::{
    store::Memory,
    strategy::{BatchedQueue, CombiningLock},
};
use hotrow_verify::{candidate, contract::check_contract};

#[test]
fn the_batched_queue_keeps_its_contract() {
    match check_contract(&candidate!(BatchedQueue keeps CombiningLock, on Memory)) {
        Ok(trials) => assert!(trials > 20, "{trials} trials"),
        Err(failure) => panic!("{failure}"),
    }
}
