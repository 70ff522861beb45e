//! What came of measuring wrongly on purpose, in sentences.

use std::collections::BTreeSet;

use super::{
    figures::duration,
    row_quantile::{self, RowQuantile},
    table::{Align, Column, Table},
};
use crate::{
    record::{Kind, Role, Row},
    stats::{Blocks, Ratio, Shift, has_samples_beyond, median},
};

/// Who stalls, and who is the same without.
const STALLED: &str = "mutex-stalled";
const CALM: &str = "mutex";

/// Tells how a stall shows in a closed loop and how under a promised rate.
///
/// # Errors
/// Where one of the two is not among the rows.
pub fn omission(rows: &[Row]) -> Result<String, String> {
    let mut table = Table::new(
        ["who asks", "whom", "p50", "p99", "p99.9", "max"]
            .map(|heading| Column::new(heading, Align::Left, 0))
            .to_vec(),
    );
    for (who, loops) in [("waits for its answer", CLOSED), ("asks anyway", OPEN)] {
        for strategy in [CALM, STALLED] {
            let mut cells = vec![who.to_owned(), strategy.to_owned()];
            cells.extend(loops.told(rows, strategy)?);
            table.push(cells);
        }
    }
    Ok(format!(
        "The stall takes 20 ms in every 250 ms. Whoever waits for an answer before asking again says \
         that p99 is {}; of requests that come whether or not somebody is answered, it is {}.\n\n{}",
        CLOSED.told(rows, STALLED)?[1],
        OPEN.told(rows, STALLED)?[1],
        table.markdown()
    ))
}

/// One of the two ways to ask, and the times that are shown of it.
struct Loop {
    kind: Kind,
    times: [RowQuantile; 4],
}

const CLOSED: Loop = Loop { kind: Kind::Throughput, times: row_quantile::SERVICE };

const OPEN: Loop = Loop { kind: Kind::Latency, times: row_quantile::RESPONSE };

impl Loop {
    /// The medians over the blocks.
    fn told(&self, rows: &[Row], strategy: &str) -> Result<[String; 4], String> {
        let of = |row: &&Row| row.kind == self.kind && row.strategy == strategy && !row.cut_short;
        let found: Vec<&Row> = rows.iter().filter(of).collect();
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

/// Tells how often identical code seems to differ, measured one after the other and in shuffled
/// blocks.
///
/// # Errors
/// Where no strategy ran twice.
pub fn order_of_runs(one_by_one: &[Row], shuffled: &[Row]) -> Result<String, String> {
    let [apart, together] = [one_by_one, shuffled].map(pairs);
    if apart.is_empty() || together.is_empty() {
        return Err("no strategy ran twice".to_owned());
    }
    // What is told of two runs that were not measured in pairs, as most tools tell it.
    let differs_apart = |(one, other): &&(Blocks, Blocks)| {
        Shift::of(one, other).and_then(|it| it.interval).is_some_and(|it| !it.contains(1.0))
    };
    let differs_together = |(one, other): &&(Blocks, Blocks)| {
        Ratio::of(one, other).and_then(|it| it.interval).is_some_and(|it| !it.contains(1.0))
    };
    let farthest = |pairs: &[(Blocks, Blocks)]| {
        let ratios = pairs.iter().filter_map(|(one, other)| Shift::of(one, other));
        let apart = ratios.map(|shift| shift.ratio.ln().abs()).fold(0.0, f64::max);
        format!("{:.1} %", (apart.exp() - 1.0) * 100.0)
    };
    let count = |differing: usize, pairs: &[(Blocks, Blocks)]| {
        format!("{differing} of {} pairs of identical code", pairs.len())
    };
    Ok(format!(
        "Measured one after the other, {} differ beyond 95 % of chance, the farthest by {}; in \
         shuffled blocks {} do, the farthest by {}.",
        count(apart.iter().filter(differs_apart).count(), &apart),
        farthest(&apart),
        count(together.iter().filter(differs_together).count(), &together),
        farthest(&together),
    ))
}

/// The rates of every strategy each time that it ran twice, also in blocks that would not count elsewhere: what
/// the machine does meanwhile is what this is about.
fn pairs(rows: &[Row]) -> Vec<(Blocks, Blocks)> {
    let names: BTreeSet<(u32, &str)> =
        rows.iter().map(|row| (row.process, row.strategy.as_str())).collect();
    let rates = |name: (u32, &str), role: Role| {
        let of = |row: &&Row| {
            (row.process, row.strategy.as_str(), row.role) == (name.0, name.1, role)
                && !row.cut_short
        };
        let mut found: Vec<&Row> = rows.iter().filter(of).collect();
        found.sort_by_key(|row| row.block);
        let rates = found.iter().filter(|row| row.completed > 0 && row.window_ns > 0);
        Blocks::of(rates.map(|row| Some(row.completed as f64 * 1e9 / row.window_ns as f64)))
            .expect("both counts are above zero")
    };
    let both = |name| (rates(name, Role::Contender), rates(name, Role::Twin));
    let pairs = names.into_iter().map(both);
    pairs.filter(|(one, twin)| !one.measured().is_empty() && !twin.measured().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    /// A drift between the two halves of a run is a difference to who measures them one by one, and
    /// none to who measures them in pairs.
    #[test]
    fn identical_code_differs_by_when_it_ran() {
        let twin = |rows: Vec<Row>| rows.into_iter().map(|row| Row { role: Role::Twin, ..row });
        let mut apart = sample::series("mutex", 2_000_000, 10);
        apart.extend(twin(sample::series("mutex", 1_800_000, 10)));
        let mut together = sample::series("mutex", 2_000_000, 10);
        together.extend(twin(sample::series("mutex", 2_000_000, 10)));
        let told = order_of_runs(&apart, &together).unwrap();
        assert!(told.contains("1 of 1 pairs of identical code differ"), "{told}");
        assert!(told.contains("in shuffled blocks 0 of 1"), "{told}");
        assert!(order_of_runs(&[], &together).is_err());
    }

    /// The same stall: invisible to one, and most of the tail to the other.
    #[test]
    fn a_stall_is_told_by_both_kinds_of_clients() {
        let mut rows = sample::series("mutex", 1_000_000, 8);
        rows.extend(sample::series("mutex-stalled", 900_000, 8));
        let open = rows.clone().into_iter().map(|row| Row {
            kind: Kind::Latency,
            cell: "open".to_owned(),
            scheduled: row.completed,
            response_ns_p99: if row.strategy == STALLED { 17_900_000 } else { 2_000 },
            ..row
        });
        let all: Vec<Row> = open.chain(rows.clone()).collect();
        let told = omission(&all).unwrap();
        assert!(told.contains("says that p99 is 1.25 us"), "{told}");
        assert!(told.contains("is answered, it is 17.9 ms."), "{told}");
        assert!(omission(&rows).is_err());
    }
}
