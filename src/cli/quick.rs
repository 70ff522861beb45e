//! The comparison that runs when nothing else was asked for: in less than a minute.

use super::{
    arguments::Output,
    failure::Failure,
    plan::{Definitions, Plan},
};
use crate::registry;

/// The built-in plan that it is.
const PLAN: &str = "quick";

/// Every strategy on one hot row, asked by threads and by tasks, on rows enough to go round, under
/// a promised rate, and on the slow tables.
pub(super) fn plan(output: &Output) -> Result<Plan, Failure> {
    Definitions::built_in()?.plan(PLAN, output.seed, &[])
}

/// The same of the strategies that have `filter` in their names, in cells where there is one.
pub(super) fn plan_of(filter: &str, output: &Output) -> Result<Plan, Failure> {
    let picked = registry::entries().filter(|entry| entry.strategy.contains(filter));
    let mut named: Vec<String> = picked.map(|entry| entry.strategy.to_owned()).collect();
    named.dedup();
    if filter.is_empty() {
        named.clear();
    }
    Definitions::built_in()?.plan(PLAN, output.seed, &named)
}
