//! Models of the compare-and-set loop.

use super::Cas;
use crate::{
    store::{Memory, VersionStamped, Versioned},
    strategy::models::{AsyncBare, check_all_are_applied},
    sync::explored::explore,
};

/// Two callers of the compare-and-set loop on the memory store, each of which retries until it
/// commits.
#[test]
fn two_callers_of_cas_are_both_applied() {
    explore(|| check_all_are_applied::<Cas<Memory<()>>>(2));
}

/// The compare-and-set loop on an asynchronous store, where other commands run between load and
/// commit.
#[test]
fn two_callers_of_cas_on_a_versioned_store_are_both_applied() {
    explore(|| check_all_are_applied::<Cas<Versioned<AsyncBare<VersionStamped<()>>>>>(2));
}
