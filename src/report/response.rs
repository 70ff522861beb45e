//! Response under each promised rate, in numbers.

use super::{
    cells::{Cell, Cells},
    figures::percent_above_one,
    ranking::{rank, service},
    standing::Standing,
    table::{Align, Column, Table},
};
use crate::record::SavedRun;

/// A table for each promised rate.
///
/// # Errors
/// If nothing was promised.
pub(super) fn markdown(run: &SavedRun) -> Result<String, String> {
    let cells = Cells::of(run);
    let tables: String = cells.promised().map(told).collect();
    match tables.is_empty() {
        true => Err("the run has no cell with a promised rate".to_owned()),
        false => Ok(tables + CAPTION),
    }
}

fn told(cell: &Cell<'_>) -> String {
    let comparison = &cell.comparison;
    let floor = percent_above_one(comparison.floor.ratio());
    let head = format!("**{}**", comparison.title);
    if !cell.is_measured() {
        return format!("{head}: NOT MEASURED on this machine today.\n\n");
    }
    let blocks = comparison.blocks;
    format!("{head} ({blocks} blocks, floor {floor})\n\n{}\n", table(cell).markdown())
}

fn table(cell: &Cell<'_>) -> Table {
    let comparison = &cell.comparison;
    let baseline = comparison.baseline.as_deref();
    let mut table = Table::new(vec![
        Column::new("#", Align::Right, 0),
        Column::new("strategy", Align::Left, 0),
        Column::new("kept", Align::Right, 0),
        Column::new("p50", Align::Right, 0),
        Column::new("p99", Align::Right, 0),
        Column::new("p99.9", Align::Right, 0),
        Column::new(format!("p99 vs {}", baseline.unwrap_or("none")), Align::Left, 0),
    ]);
    let null = comparison.limits.iter().filter(|one| one.strategy == "null");
    for one in comparison.contenders.iter().chain(null) {
        let kept = one.promise.map(|promise| format!("{:.1} %", promise.achieved * 100.0));
        let ratio = match one.ratio {
            _ if baseline == Some(one.strategy.as_str()) => "baseline".to_owned(),
            Some(ratio) => ratio.to_string(),
            None => "-".to_owned(),
        };
        table.push(vec![
            rank(one),
            name(one),
            kept.unwrap_or_else(|| "-".to_owned()),
            service(one.response[0]),
            service(one.response[1]),
            service(one.response[2]),
            ratio,
        ]);
    }
    table
}

fn name(one: &Standing) -> String {
    match one.strategy.as_str() {
        "null" => "*null: the floor*".to_owned(),
        strategy => strategy.to_owned(),
    }
}

const CAPTION: &str = "Response runs from when a request was due to its answer, not from when its \
    client got round to asking. `<= floor` is not above what `null`, which answers at once, takes \
    on this machine, and a p99 below that counts as that. `sat` kept less than 99 % of the promise: \
    its tail grows as long as it is measured, and is not ranked. Equal ranks are ties; `?` is too \
    uneven to place.\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Kind, Row, sample};

    /// A contender, a floor and one that does not keep up.
    fn rows() -> Vec<Row> {
        let mut rows = sample::rows(8);
        for row in &mut rows {
            row.kind = Kind::Latency;
            (row.arrivals, row.offered_per_s) = ("poisson".to_owned(), 20_000);
            (row.scheduled, row.completed) = (1_000, 1_000);
            row.response_ns_p50 = 500;
            row.response_ns_p99 = match row.strategy.as_str() {
                "actor" => 9_000_000,
                "mutex" => 40_000,
                _ => 20_000,
            };
            row.response_ns_p999 = row.response_ns_p99;
            if row.strategy == "actor" {
                row.completed = 900;
            }
        }
        rows
    }

    /// A tail below the machine's own, or of what fell behind, must not be quoted as a strategy's.
    #[test]
    fn the_floor_and_what_is_saturated_are_marked() {
        let text = markdown(&sample::run(&rows())).unwrap();
        assert!(text.contains("20,000 requests a second promised, poisson** (8 blocks"), "{text}");
        let cas = "| cas | 100.0 % | <= floor | <= floor | <= floor | 0.50 x";
        assert!(text.contains(cas), "{text}");
        assert!(text.contains("| mutex | 100.0 % | <= floor | 40.0 us |"), "{text}");
        assert!(text.contains("| sat | actor | 90.0 % | <= floor | 9.00 ms |"), "{text}");
        assert!(text.contains("| - | *null: the floor* |"), "{text}");
        assert!(markdown(&sample::run(&sample::rows(8))).is_err());
    }
}
