//! Renders the costs of strategies other than time: fairness, processor time, context switches,
//! memory, and the cost of a rejection.

use super::{
    claims::{Evidence, Metric},
    comparison::{Comparison, comparisons},
    contender_summary::ContenderSummary,
    figures::{duration, rate_of, three_digits},
    memory::{MemoryCost, memory_costs},
    scenarios::ScenarioPattern,
    source::RenderContext,
    table::{Align, Column, Table},
};
use crate::comparison::Measured;
use hotrow::scenario::Clients;
use hotrow_results::{
    MeasurementRow,
    stats::{HodgesLehmannShift, Summary},
};

/// Renders the costs of each strategy on one hot row, and its memory.
pub(super) fn costs(context: &RenderContext<'_>) -> Result<String, String> {
    let evidence = Evidence::from_context(context);
    let scenarios = [ScenarioPattern::default(), ScenarioPattern::with_clients(Clients::Tasks(64))];
    let mut found: Vec<Comparison> = Vec::new();
    for scenario in scenarios {
        let rows = scenario.rows(&evidence.run.rows, evidence.run.environment.cores);
        let rows: Vec<MeasurementRow> = rows.unwrap_or_default().into_iter().cloned().collect();
        found.extend(comparisons(&rows));
    }
    let (Some(first), costs) = (found.first(), memory_costs(evidence.memory())) else {
        return Err("the run has no scenario with one hot row".to_owned());
    };
    let tables = found
        .iter()
        .map(|comparison| format!("### {}\n\n{}", comparison.title, effort(comparison)));
    let tables = tables.collect::<Vec<_>>().join("\n");
    let memory = memory(first, &costs);
    Ok(format!("{tables}\n### Memory\n\n{}\n{memory}", evidence.describe()))
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
            "Jain's index",
            "share of the slowest client",
            "requests per CPU second",
            "context switches per 1,000 requests",
            "retries per command",
            "longest wait (5 ms or more)",
        ],
    ));
    for ContenderSummary { strategy, jain, fairness, effort, .. } in &comparison.contenders {
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

fn memory(comparison: &Comparison, costs: &[MemoryCost]) -> String {
    let mut table = Table::new(columns(
        &["strategy"],
        &["bytes per idle user, memory", "simulated", "bytes per receipt, memory", "simulated"],
    ));
    let mut names: Vec<&str> =
        comparison.contenders.iter().map(|contender| &*contender.strategy).collect();
    names.sort_unstable();
    for name in names {
        let bytes = |store: &str, bytes_of: fn(&MemoryCost) -> f64| {
            let is_it = |cost: &&MemoryCost| (&*cost.store, &*cost.strategy) == (store, name);
            or_none(costs.iter().find(is_it).map(bytes_of), three_digits)
        };
        table.push(vec![
            name.to_owned(),
            bytes("memory", |cost| cost.bytes_per_user),
            bytes("simulated", |cost| cost.bytes_per_user),
            bytes("memory", |cost| cost.bytes_per_receipt),
            bytes("simulated", |cost| cost.bytes_per_receipt),
        ]);
    }
    table.markdown()
}

/// Renders the cost of a rejection: the scenario in which accounts are used until they are empty,
/// compared with the default scenario, in which most commands are accepted.
pub(super) fn rejections(context: &RenderContext<'_>) -> Result<String, String> {
    let (run, cores) = (context.run(), context.run().environment.cores);
    let [accepted, drained] = [ScenarioPattern::default(), ScenarioPattern::drained()]
        .map(|scenario| scenario.rows(&run.rows, cores));
    let (accepted, drained) = (accepted?, drained?);
    let title = comparisons(&drained.iter().map(|row| (*row).clone()).collect::<Vec<_>>());
    let title = title.first().map_or_else(String::new, |drained| drained.title.to_string());
    let (accepted, drained) = (Measured::new(&accepted), Measured::new(&drained));
    let mut table = Table::new(columns(
        &["strategy"],
        &["rejected", "requests a second", "ratio to mostly accepted"],
    ));
    for series in
        drained.series.iter().filter(|series| series.role == hotrow_results::Role::Contender)
    {
        let other = accepted
            .series
            .iter()
            .find(|other| (other.strategy, other.role) == (series.strategy, series.role));
        let share = series.blocks(|row| {
            let decided = row.applied + row.rejected;
            (decided > 0).then(|| row.rejected as f64 / decided as f64)
        });
        let rates = Metric::Rate.values(series);
        let shift =
            other.and_then(|other| HodgesLehmannShift::of(&rates, &Metric::Rate.values(other)));
        table.push(vec![
            series.strategy.to_owned(),
            or_none(Summary::of(&share).map(|share| share.median), |share| {
                format!("{:.1} %", share * 100.0)
            }),
            or_none(Summary::of(&rates).map(|rate| rate.median), rate_of),
            shift.map_or_else(|| "-".to_owned(), |shift| shift.to_string()),
        ]);
    }
    Ok(format!("The cost of a rejection: {title}.\n\n{}", table.markdown()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use hotrow::scenario::Mix;
    use hotrow_results::sample;

    /// A cost that was not measured is a dash and not zero. A run without the scenario is an error.
    #[test]
    fn only_measured_costs_are_shown() {
        let mut run = sample::run(&sample::rows(8));
        run.memory = [(10, 0), (90, 0), (10, 160), (10, 640)]
            .map(|(users, receipts)| {
                sample::memory("queue", users, receipts, 64 * users + 24 * receipts)
            })
            .to_vec();
        let source = Source { name: "box/quick", run: &run };
        let text = costs(&RenderContext { source, sources: &[source], rest: "" }).unwrap();
        assert!(text.contains("| queue | 64.0 | - | 24.0 | - |"), "{text}");
        assert!(text.contains("| mutex | - | - | - | - |"), "{text}");
        let empty = sample::run(&[]);
        let source = Source { name: "box/none", run: &empty };
        let context = RenderContext { source, sources: &[source], rest: "" };
        assert!(costs(&context).is_err() && rejections(&context).is_err());
    }

    /// A rejection writes nothing. Here it makes the rate twice as high.
    #[test]
    fn a_rejection_is_compared_with_an_accepted_command() {
        let mut rows = sample::rows(8);
        let mut drained = sample::series("mutex", 4_000_000, 8);
        for row in &mut drained {
            (row.scenario, row.mix) = ("memory/drain".to_owned(), Some(Mix::DRAIN));
            (row.applied, row.rejected) = (1, 99);
        }
        rows.extend(drained);
        let run = sample::run(&rows);
        let source = Source { name: "box/quick", run: &run };
        let text = rejections(&RenderContext { source, sources: &[source], rest: "" }).unwrap();
        assert!(text.contains("| mutex | 99.0 % | 4.00 Mops/s | 2.00 x ["), "{text}");
    }
}
