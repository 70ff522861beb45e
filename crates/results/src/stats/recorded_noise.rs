//! The noise of the reference run, for tests that hold a rule against it.
//!
//! Normal noise would flatter every rule: recorded rates are skewed, and some have two regimes.

use std::{collections::BTreeMap, path::Path};

use super::{Blocks, Ratio, ResponseBlock, choose_quantile, median};
use crate::{AuditVerdict, Kind, MeasurementRow, Role, StoredRun};

/// The rows of the reference run.
pub(super) struct RecordedNoise {
    rows: Vec<MeasurementRow>,
}

impl RecordedNoise {
    pub(super) fn load() -> Self {
        let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/reference");
        let load = |name| StoredRun::load(&results.join(name)).expect("the run can be read").rows;
        Self { rows: load("standard") }
    }

    /// Groups the rows that count by scenario, of one kind.
    fn scenarios(&self, kind: Kind) -> BTreeMap<&str, Vec<&MeasurementRow>> {
        let mut scenarios: BTreeMap<&str, Vec<&MeasurementRow>> = BTreeMap::new();
        for row in self.rows.iter().filter(|row| row.kind == kind && row.counts()) {
            scenarios.entry(&row.scenario).or_default().push(row);
        }
        scenarios
    }

    /// Returns the ratio of every strategy that ran twice to itself, in closed loops.
    pub(super) fn aa_ratios(&self) -> Vec<Ratio> {
        let scenarios = [Kind::ClosedLoop, Kind::Simulated].map(|kind| self.scenarios(kind));
        let ratio = |rows: &Vec<&MeasurementRow>| {
            let control = rows.iter().find(|row| row.role == Role::AaControl)?;
            let of = |role| rates(rows, &control.strategy, role);
            Ratio::of(&of(Role::AaControl), &of(Role::Contender))
        };
        scenarios.iter().flat_map(BTreeMap::values).filter_map(ratio).collect()
    }

    /// Returns the noise of each scenario in which clients contend for one row: `ln` of a rate
    /// over the strategy's median and over the drift that all strategies of a block share.
    pub(super) fn contended(&self) -> Vec<Vec<f64>> {
        let scenarios = self.scenarios(Kind::ClosedLoop);
        let contended = scenarios.values().filter(|rows| rows[0].users == 1 && rows[0].clients > 1);
        contended.map(|rows| residuals(rows)).filter(|noise| noise.len() >= 40).collect()
    }

    /// Returns the quantile that each open-loop scenario is ranked by.
    pub(super) fn response_quantiles(&self) -> Vec<(&str, Option<u32>)> {
        let blocks = |rows: &[&MeasurementRow], strategy: &str, role| -> Vec<ResponseBlock> {
            let of = rows.iter().filter(|row| (&*row.strategy, row.role) == (strategy, role));
            of.map(|row| row.response_block()).collect()
        };
        let chosen = |rows: &[&MeasurementRow]| {
            let control = rows.iter().find(|row| row.role == Role::AaControl);
            let aa = control.map(|row| blocks(rows, &row.strategy, Role::AaControl));
            let noop = blocks(rows, "noop", Role::Reference);
            let controls: Vec<_> = [noop].into_iter().chain(aa).collect();
            choose_quantile(&controls, &controls, 1)
        };
        let scenarios = self.scenarios(Kind::OpenLoop).into_iter();
        scenarios.map(|(scenario, rows)| (scenario, chosen(&rows))).collect()
    }
}

fn rates(rows: &[&MeasurementRow], strategy: &str, role: Role) -> Blocks {
    let mut blocks: BTreeMap<(u32, u32), Option<f64>> = BTreeMap::new();
    for row in rows {
        let rate = blocks.entry((row.fork, row.block)).or_default();
        if (&*row.strategy, row.role) == (strategy, role) && row.completed > 0 {
            *rate = Some(row.completed as f64 / row.window_ns as f64);
        }
    }
    Blocks::of(blocks.into_values()).expect("every rate is above zero")
}

fn residuals(rows: &[&MeasurementRow]) -> Vec<f64> {
    let passes =
        |row: &&&MeasurementRow| row.role == Role::Contender && row.verdict == AuditVerdict::Pass;
    let mut names: Vec<&str> = rows.iter().filter(passes).map(|row| &*row.strategy).collect();
    names.sort_unstable();
    names.dedup();
    let logs: Vec<Vec<Option<f64>>> = names
        .iter()
        .map(|name| {
            let rates = rates(rows, name, Role::Contender);
            let middle = median(&rates.measured()).unwrap_or(1.0).ln();
            rates.iter().map(|rate| rate.map(|rate| rate.ln() - middle)).collect()
        })
        .collect();
    let blocks = logs.first().map_or(0, Vec::len);
    let drift: Vec<f64> = (0..blocks)
        .map(|block| {
            median(&logs.iter().filter_map(|log| log[block]).collect::<Vec<_>>()).unwrap_or(0.0)
        })
        .collect();
    let shared = |log: &Vec<Option<f64>>| -> Vec<f64> {
        log.iter().zip(&drift).filter_map(|(log, drift)| Some((*log)? - drift)).collect()
    };
    logs.iter().flat_map(shared).collect()
}
