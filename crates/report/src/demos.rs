//! Describes the results of the demonstrations of measurement errors.

use std::collections::BTreeSet;

use super::{
    figures::duration,
    row_quantile::{self, RowQuantile},
    table::{Align, Column, Table},
};
use hotrow_results::{
    Kind, MeasurementRow, Role,
    stats::{Blocks, HodgesLehmannShift, Ratio, has_samples_beyond, median},
};

/// The strategy that stalls, and the same strategy without stalls.
const STALLED: &str = "mutex-stalled";
const NOT_STALLED: &str = "mutex";

/// Describes how a stall shows in a closed loop and in an open loop: coordinated omission.
///
/// # Errors
/// If `rows` does not have both strategies in both loops.
pub fn omission(rows: &[MeasurementRow]) -> Result<String, String> {
    let mut table = Table::new(
        ["load", "strategy", "p50", "p99", "p99.9", "max"]
            .map(|heading| Column::new(heading, Align::Left, 0))
            .to_vec(),
    );
    for (name, load) in [("closed loop", CLOSED), ("open loop", OPEN)] {
        for strategy in [NOT_STALLED, STALLED] {
            let mut fields = vec![name.to_owned(), strategy.to_owned()];
            fields.extend(load.medians(rows, strategy)?);
            table.push(fields);
        }
    }
    Ok(format!(
        "The mutex stalls for 20 ms in every 250 ms. A closed loop, which sends the next request \
         after an answer, measures a p99 of {}. An open loop, which sends at fixed due times, \
         measures a p99 of {}.\n\n{}",
        CLOSED.medians(rows, STALLED)?[1],
        OPEN.medians(rows, STALLED)?[1],
        table.markdown()
    ))
}

/// A closed or an open loop, and the times that the table shows of it.
struct Loop {
    kind: Kind,
    times: [RowQuantile; 4],
}

const CLOSED: Loop = Loop { kind: Kind::ClosedLoop, times: row_quantile::SERVICE };

const OPEN: Loop = Loop { kind: Kind::OpenLoop, times: row_quantile::RESPONSE };

impl Loop {
    /// Returns the medians over the blocks: p50, p99, p99.9 and maximum.
    fn medians(&self, rows: &[MeasurementRow], strategy: &str) -> Result<[String; 4], String> {
        let is_of_strategy = |row: &&MeasurementRow| {
            row.kind == self.kind && row.strategy == strategy && !row.truncated
        };
        let found: Vec<&MeasurementRow> = rows.iter().filter(is_of_strategy).collect();
        if found.is_empty() {
            return Err(format!("there is no row of {strategy} of kind {:?}", self.kind));
        }
        let samples: Vec<u64> = found.iter().map(|row| row.samples).collect();
        Ok(self.times.map(|quantile| {
            if !has_samples_beyond(&samples, quantile.beyond_ppm) {
                return "-".to_owned();
            }
            let times: Vec<f64> = found.iter().map(|row| (quantile.ns)(row) as f64).collect();
            duration(median(&times).unwrap_or_default())
        }))
    }
}

/// Describes how many pairs of identical code seem to differ, measured one after the other and in
/// shuffled blocks.
///
/// # Errors
/// If no strategy ran twice.
pub fn order_of_runs(
    one_by_one: &[MeasurementRow],
    shuffled: &[MeasurementRow],
) -> Result<String, String> {
    let [unpaired, paired] = [one_by_one, shuffled].map(pairs);
    if unpaired.is_empty() || paired.is_empty() {
        return Err("no strategy ran twice".to_owned());
    }
    // Runs one after the other share no block, so they are compared as unpaired samples, as most
    // tools do.
    let differs_unpaired = |(original, control): &&(Blocks, Blocks)| {
        HodgesLehmannShift::of(original, control)
            .and_then(|shift| shift.interval)
            .is_some_and(|interval| !interval.contains(1.0))
    };
    let differs_paired = |(original, control): &&(Blocks, Blocks)| {
        Ratio::of(original, control)
            .and_then(|ratio| ratio.interval)
            .is_some_and(|interval| !interval.contains(1.0))
    };
    let largest = |pairs: &[(Blocks, Blocks)]| {
        let shifts = pairs
            .iter()
            .filter_map(|(original, control)| HodgesLehmannShift::of(original, control));
        let difference = shifts.map(|shift| shift.ratio.ln().abs()).fold(0.0, f64::max);
        format!("{:.1} %", (difference.exp() - 1.0) * 100.0)
    };
    let count = |differing: usize, pairs: &[(Blocks, Blocks)]| {
        format!("{differing} of {} pairs of identical code", pairs.len())
    };
    Ok(format!(
        "Measured one after the other, {} differ significantly (95 % confidence), by up to {}. \
         Measured in shuffled blocks, {} differ significantly, by up to {}.",
        count(unpaired.iter().filter(differs_unpaired).count(), &unpaired),
        largest(&unpaired),
        count(paired.iter().filter(differs_paired).count(), &paired),
        largest(&paired),
    ))
}

/// Returns the rates of each strategy and of its A/A control, fork by fork. Excluded blocks are
/// included: the demonstration is about interference.
fn pairs(rows: &[MeasurementRow]) -> Vec<(Blocks, Blocks)> {
    let names: BTreeSet<(u32, &str)> =
        rows.iter().map(|row| (row.fork, row.strategy.as_str())).collect();
    let rates = |(fork, strategy): (u32, &str), role: Role| {
        let is_it = |row: &&MeasurementRow| {
            (row.fork, row.strategy.as_str(), row.role) == (fork, strategy, role) && !row.truncated
        };
        let mut found: Vec<&MeasurementRow> = rows.iter().filter(is_it).collect();
        found.sort_by_key(|row| row.block);
        let rates = found.iter().filter(|row| row.completed > 0 && row.window_ns > 0);
        Blocks::of(rates.map(|row| Some(row.completed as f64 * 1e9 / row.window_ns as f64)))
            .expect("both counts are above zero")
    };
    let both = |name| (rates(name, Role::Contender), rates(name, Role::AaControl));
    let pairs = names.into_iter().map(both);
    let has_both = |(original, control): &(Blocks, Blocks)| {
        !original.measured().is_empty() && !control.measured().is_empty()
    };
    pairs.filter(has_both).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotrow_results::sample;

    /// A drift during a run is a difference if the two are measured one after the other, and none
    /// if they are measured in pairs.
    #[test]
    fn drift_makes_identical_code_differ_one_after_the_other() {
        let control = |rows: Vec<MeasurementRow>| {
            rows.into_iter().map(|row| MeasurementRow { role: Role::AaControl, ..row })
        };
        let mut one_by_one = sample::series("mutex", 2_000_000, 10);
        one_by_one.extend(control(sample::series("mutex", 1_800_000, 10)));
        let mut shuffled = sample::series("mutex", 2_000_000, 10);
        shuffled.extend(control(sample::series("mutex", 2_000_000, 10)));
        let text = order_of_runs(&one_by_one, &shuffled).unwrap();
        assert!(text.contains("1 of 1 pairs of identical code differ"), "{text}");
        assert!(text.contains("in shuffled blocks, 0 of 1"), "{text}");
        assert!(order_of_runs(&[], &shuffled).is_err());
    }

    /// The stall is invisible in the closed loop, and most of the tail in the open loop.
    #[test]
    fn a_stall_shows_in_the_open_loop_only() {
        let mut rows = sample::series("mutex", 1_000_000, 8);
        rows.extend(sample::series("mutex-stalled", 900_000, 8));
        let open = rows.clone().into_iter().map(|row| MeasurementRow {
            kind: Kind::OpenLoop,
            scenario: "open".to_owned(),
            due: row.completed,
            response_ns_p99: if row.strategy == STALLED { 17_900_000 } else { 2_000 },
            ..row
        });
        let all: Vec<MeasurementRow> = open.chain(rows.clone()).collect();
        let text = omission(&all).unwrap();
        assert!(text.contains("after an answer, measures a p99 of 1.25 us."), "{text}");
        assert!(text.contains("at fixed due times, measures a p99 of 17.9 ms."), "{text}");
        assert!(omission(&rows).is_err());
    }
}
