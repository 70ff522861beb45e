//! The most requests a second within a service level objective, from the probes of
//! `hotrow capacity`.
//!
//! Everything is computed again from the rows: which probes pass, the capacity with its interval,
//! and why it ends there. Only probes of the ladder decide.

mod chart;
mod contender;
mod render;

#[cfg(test)]
mod tests;

pub(super) use self::chart::response_by_load;
pub use self::{
    chart::{SHARES, capacity_chart},
    contender::{Limit, SloContender},
};

use hotrow_results::{CapacityRow, ProbeKind, Role, StoredRun};

use super::figures;

/// The contenders of one scenario under one objective.
#[derive(Debug, Clone, PartialEq)]
pub struct SloCapacity<'a> {
    /// A row of the ladder, for the scenario and the objective.
    pub row: &'a CapacityRow,
    /// Contenders with a capacity, the highest first, and then the others.
    pub contenders: Vec<SloContender<'a>>,
    /// The reference `noop`, which shows what the clients themselves can send.
    pub noop: Option<SloContender<'a>>,
    /// Blocks of the ladder that count.
    pub blocks: usize,
    /// Blocks of the ladder that are excluded, and the first reason.
    pub excluded: (usize, Option<&'a str>),
    /// Why a block would be excluded without `--accept-noise`.
    pub noise: Option<&'a str>,
    /// The probes of the curve.
    pub(super) curve: Vec<&'a CapacityRow>,
}

/// Computes the capacities of every scenario and objective of a run, in the order of the rows.
pub fn slo_capacities(rows: &[CapacityRow]) -> Vec<SloCapacity<'_>> {
    let key = |row: &CapacityRow| {
        (row.scenario.clone(), row.slo_quantile_ppm, row.slo_ns, row.achieved_min_ppm)
    };
    let mut keys = Vec::new();
    for row in rows.iter().filter(|row| row.slo_quantile_ppm > 0) {
        if !keys.contains(&key(row)) {
            keys.push(key(row));
        }
    }
    // The closed loop is measured before the objective is chosen, and may have a violation.
    let is_of = |row: &CapacityRow, wanted: &(String, u32, u64, u32)| {
        key(row) == *wanted || row.slo_quantile_ppm == 0 && row.scenario == wanted.0
    };
    let of_key = |wanted| rows.iter().filter(|row| is_of(row, &wanted)).collect::<Vec<_>>();
    keys.into_iter().filter_map(|key| SloCapacity::new(&of_key(key))).collect()
}

/// Renders the capacities of a run for a page.
///
/// # Errors
/// If the run has no probes.
pub(super) fn markdown(run: &StoredRun) -> Result<String, String> {
    let capacities = slo_capacities(&run.capacity);
    match capacities.is_empty() {
        true => Err("the run has no probes of `hotrow capacity`".to_owned()),
        false => Ok(capacities.iter().map(SloCapacity::markdown).collect::<Vec<_>>().join("\n")),
    }
}

impl<'a> SloCapacity<'a> {
    fn new(rows: &[&'a CapacityRow]) -> Option<SloCapacity<'a>> {
        let row = *rows.iter().find(|row| row.slo_quantile_ppm > 0)?;
        let mut names: Vec<&str> = Vec::new();
        for row in rows {
            if !names.contains(&row.strategy.as_str()) {
                names.push(&row.strategy);
            }
        }
        let of_name = |name: &str| {
            let own: Vec<&CapacityRow> =
                rows.iter().filter(|row| row.strategy == name).copied().collect();
            SloContender::new(&own)
        };
        let all: Vec<SloContender<'a>> = names.iter().filter_map(|name| of_name(name)).collect();
        let (noop, mut contenders): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|it| it.role == Role::Reference);
        let noop = noop.into_iter().next();
        for contender in &mut contenders {
            contender.compare_with(noop.as_ref());
        }
        contenders.sort_by(|one, other| other.order().total_cmp(&one.order()));
        let ladder = || rows.iter().filter(|row| row.probe == ProbeKind::Ladder);
        let blocks = |counts: bool| {
            let mut blocks: Vec<u32> =
                ladder().filter(|row| row.counts() == counts).map(|row| row.block).collect();
            blocks.sort_unstable();
            blocks.dedup();
            blocks.len()
        };
        let reason = |row: &&&'a CapacityRow| !row.excluded_because.is_empty();
        Some(SloCapacity {
            row,
            contenders,
            noop,
            blocks: blocks(true),
            excluded: (
                blocks(false),
                ladder().find(reason).map(|row| row.excluded_because.as_str()),
            ),
            noise: ladder().map(|row| row.noise.as_str()).find(|noise| !noise.is_empty()),
            curve: rows.iter().filter(|row| row.probe == ProbeKind::Curve).copied().collect(),
        })
    }

    /// Returns the contender with the highest capacity.
    fn leader(&self) -> Option<&SloContender<'a>> {
        self.contenders.first().filter(|first| first.capacity().is_some())
    }

    /// Returns the objective as it is typed: `p99<1ms`.
    pub fn objective(&self) -> String {
        objective(self.row.slo_quantile_ppm, self.row.slo_ns)
    }
}

/// Formats an objective as it is typed: `p99<1ms`.
pub fn objective(quantile_ppm: u32, bound_ns: u64) -> String {
    let bound = figures::duration(bound_ns as f64).replace(' ', "");
    let (digits, unit) = bound.split_at(bound.find(char::is_alphabetic).unwrap_or(bound.len()));
    let digits = match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.'),
        false => digits,
    };
    format!("{}<{digits}{unit}", quantile_name(quantile_ppm))
}

/// Formats a quantile: `p99.9`.
fn quantile_name(ppm: u32) -> String {
    format!("p{}", f64::from(ppm) / 1e4)
}
