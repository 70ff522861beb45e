//! What strategies cost beside time: fairness, processor, switches, memory, code, and what a refusal
//! costs.

use super::{
    blocks::Material,
    claims::{CellPattern, Evidence, Metric, lines_of},
    comparison::{Comparison, comparisons},
    figures::{duration, rate_of, three_digits},
    memory::{MemoryCost, memory_costs},
    standing::Standing,
    table::{Align, Column, Table},
};
use crate::{
    record::Row,
    report::comparison::Measured,
    stats::{Shift, Summary},
};

/// Of each strategy what it takes where all want one row, and what it takes of memory and code.
pub(super) fn costs(material: &Material<'_>) -> Result<String, String> {
    let evidence = Evidence::of(material);
    let cells = [CellPattern::default(), CellPattern::with_tasks(64)];
    let mut found: Vec<Comparison> = Vec::new();
    for cell in cells {
        let rows = cell.rows(&evidence.run.rows, evidence.run.environment.cores);
        let rows: Vec<Row> = rows.unwrap_or_default().into_iter().cloned().collect();
        found.extend(comparisons(&rows));
    }
    let (Some(first), costs) = (found.first(), memory_costs(evidence.memory())) else {
        return Err("the run has no cell with one hot row".to_owned());
    };
    let tables = found.iter().map(|one| format!("### {}\n\n{}", one.title, effort(one)));
    let tables = tables.collect::<Vec<_>>().join("\n");
    let kept = kept(first, &costs);
    Ok(format!("{tables}\n### Memory and code\n\n{}\n{kept}", evidence.told()))
}

fn columns(left: &[&str], right: &[&str]) -> Vec<Column> {
    let left = left.iter().map(|name| Column::new(*name, Align::Left, 0));
    left.chain(right.iter().map(|name| Column::new(*name, Align::Right, 0))).collect()
}

fn or_none(value: Option<f64>, show: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), show)
}

fn effort(comparison: &Comparison) -> String {
    let mut table = Table::new(columns(
        &["strategy"],
        &[
            "Jain",
            "least share",
            "requests per cpu second",
            "switches per 1,000 requests",
            "retries a command",
            "longest wait of 5 ms and more",
        ],
    ));
    for Standing { strategy, jain, fairness, effort, .. } in &comparison.contenders {
        table.push(vec![
            strategy.clone(),
            or_none(*jain, |index| format!("{index:.3}")),
            or_none(*fairness, |share| format!("{share:.2}")),
            or_none(effort.per_cpu_second, rate_of),
            or_none(effort.switches, |switches| three_digits(switches * 1e3)),
            or_none(effort.retries, three_digits),
            or_none(effort.stalled_ns_max.map(|ns| ns as f64), duration),
        ]);
    }
    table.markdown()
}

fn kept(comparison: &Comparison, costs: &[MemoryCost]) -> String {
    let mut table = Table::new(columns(
        &["strategy"],
        &[
            "bytes per idle user, slab",
            "tables",
            "bytes per receipt, slab",
            "tables",
            "lines of code",
        ],
    ));
    let mut names: Vec<&str> = comparison.contenders.iter().map(|one| &*one.strategy).collect();
    names.sort_unstable();
    for name in names {
        let bytes = |store: &str, of: fn(&MemoryCost) -> f64| {
            let is_it = |cost: &&MemoryCost| (&*cost.store, &*cost.strategy) == (store, name);
            or_none(costs.iter().find(is_it).map(of), three_digits)
        };
        table.push(vec![
            name.to_owned(),
            bytes("slab", |cost| cost.bytes_per_user),
            bytes("tables", |cost| cost.bytes_per_user),
            bytes("slab", |cost| cost.bytes_per_receipt),
            bytes("tables", |cost| cost.bytes_per_receipt),
            or_none(lines_of(name).map(|lines| lines as f64), |lines| format!("{lines:.0}")),
        ]);
    }
    table.markdown()
}

/// What a refusal costs beside an accepted command: the cell in which accounts are used until nothing
/// is left, beside the same in which most is accepted.
pub(super) fn refusals(material: &Material<'_>) -> Result<String, String> {
    let (run, cores) = (material.run(), material.run().environment.cores);
    let [usual, drained] =
        [CellPattern::default(), CellPattern::drained()].map(|cell| cell.rows(&run.rows, cores));
    let (usual, drained) = (usual?, drained?);
    let title = comparisons(&drained.iter().map(|row| (*row).clone()).collect::<Vec<_>>());
    let title = title.first().map_or_else(String::new, |one| one.title.to_string());
    let (usual, drained) = (Measured::of(&usual), Measured::of(&drained));
    let mut table = Table::new(columns(
        &["strategy"],
        &["refused", "requests a second", "to those where most are accepted"],
    ));
    for series in
        drained.series.iter().filter(|series| series.role == crate::record::Role::Contender)
    {
        let other = usual
            .series
            .iter()
            .find(|other| (other.strategy, other.role) == (series.strategy, series.role));
        let share = series.blocks(|row| {
            let decided = row.applied + row.refused;
            (decided > 0).then(|| row.refused as f64 / decided as f64)
        });
        let rates = Metric::Rate.of(series, None);
        let shift = other.and_then(|other| Shift::of(&rates, &Metric::Rate.of(other, None)));
        table.push(vec![
            series.strategy.to_owned(),
            or_none(Summary::of(&share).map(|share| share.median), |share| {
                format!("{:.1} %", share * 100.0)
            }),
            or_none(Summary::of(&rates).map(|rate| rate.median), rate_of),
            shift.map_or_else(|| "-".to_owned(), |shift| shift.to_string()),
        ]);
    }
    Ok(format!("What a refusal costs: {title}.\n\n{}", table.markdown()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{record::sample, report::blocks::Source};

    /// What was not counted is a dash and not a nought, and a run without the cell is told so.
    #[test]
    fn costs_are_told_of_what_was_measured() {
        let mut run = sample::run(&sample::rows(8));
        run.memory = [(10, 0), (90, 0), (10, 160), (10, 640)]
            .map(|(users, receipts)| {
                sample::memory("queue", users, receipts, 64 * users + 24 * receipts)
            })
            .to_vec();
        let source = Source { name: "box/quick", run: &run };
        let text = costs(&Material { source, sources: &[source], rest: "" }).unwrap();
        assert!(text.contains("| queue | 64.0 | - | 24.0 | - | "), "{text}");
        assert!(text.contains("| mutex | - | - | - | - | "), "{text}");
        let empty = sample::run(&[]);
        let source = Source { name: "box/none", run: &empty };
        let material = Material { source, sources: &[source], rest: "" };
        assert!(costs(&material).is_err() && refusals(&material).is_err());
    }

    /// Twice as fast where nothing is written: that is what a refusal saves.
    #[test]
    fn a_refusal_is_set_beside_an_accepted_command() {
        let mut rows = sample::rows(8);
        let mut drained = sample::series("mutex", 4_000_000, 8);
        for row in &mut drained {
            (row.cell, row.mix) = ("slab/drain".to_owned(), "charge:0,use:100,read:0".to_owned());
            (row.applied, row.refused) = (1, 99);
        }
        rows.extend(drained);
        let run = sample::run(&rows);
        let source = Source { name: "box/quick", run: &run };
        let text = refusals(&Material { source, sources: &[source], rest: "" }).unwrap();
        assert!(text.contains("| mutex | 99.0 % | 4.00 Mops/s | 2.00 x ["), "{text}");
    }
}
