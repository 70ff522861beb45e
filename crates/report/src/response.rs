//! Renders the response times of each open-loop scenario as tables.

use super::{
    comparison::Comparison,
    contender_summary::ContenderSummary,
    figures::percent_above_one,
    ranking::{rank, time},
    scenarios::Scenarios,
    table::{Align, Column, Table},
};
use hotrow_results::StoredRun;

/// Renders a table for each open-loop scenario.
///
/// # Errors
/// If the run has no open-loop scenario.
pub(super) fn markdown(run: &StoredRun) -> Result<String, String> {
    let scenarios = Scenarios::new(run);
    let tables: String = scenarios.open_loop().map(section).collect();
    match tables.is_empty() {
        true => Err("the run has no open-loop scenario".to_owned()),
        false => Ok(tables + CAPTION),
    }
}

fn section(scenario: &Comparison) -> String {
    let noise = percent_above_one(scenario.noise.ratio());
    let head = format!("**{}**", scenario.title);
    if !scenario.is_shown() {
        return format!("{head}: NOT MEASURED on this machine today.\n\n");
    }
    let blocks = scenario.blocks;
    format!("{head} ({blocks} blocks, A/A noise {noise})\n\n{}\n", table(scenario).markdown())
}

fn table(scenario: &Comparison) -> Table {
    let baseline = scenario.baseline.as_deref();
    let mut table = Table::new(vec![
        Column::new("#", Align::Right, 0),
        Column::new("strategy", Align::Left, 0),
        Column::new("achieved", Align::Right, 0),
        Column::new("p50", Align::Right, 0),
        Column::new("p99", Align::Right, 0),
        Column::new("p99.9", Align::Right, 0),
        Column::new(format!("p99 vs {}", baseline.unwrap_or("none")), Align::Left, 0),
    ]);
    let noop = scenario.references.iter().filter(|reference| reference.strategy == "noop");
    for summary in scenario.contenders.iter().chain(noop) {
        let achieved =
            summary.attainment.map(|attainment| format!("{:.1} %", attainment.achieved * 100.0));
        let ratio = match summary.ratio {
            _ if baseline == Some(summary.strategy.as_str()) => "baseline".to_owned(),
            Some(ratio) => ratio.to_string(),
            None => "-".to_owned(),
        };
        table.push(vec![
            rank(summary),
            name(summary),
            achieved.unwrap_or_else(|| "-".to_owned()),
            time(summary.response[0]),
            time(summary.response[1]),
            time(summary.response[2]),
            ratio,
        ]);
    }
    table
}

fn name(summary: &ContenderSummary) -> String {
    match summary.strategy.as_str() {
        "noop" => "*noop (reference)*".to_owned(),
        strategy => strategy.to_owned(),
    }
}

const CAPTION: &str = "Response time is measured from when a request was due to its answer, not \
    from when its client sent it. `<= noop` is not above the time of `noop`, which answers \
    immediately, on this machine; a p99 below that of `noop` counts as that of `noop`. `sat` is \
    saturated: it achieved less than 99 % of the offered load, so its tail grows as long as the \
    measurement lasts, and it is not ranked. Equal ranks are ties; `?` is inconclusive (interval \
    wider than a factor of 2).\n";

#[cfg(test)]
mod tests {
    use super::*;
    use hotrow::scenario::Arrivals;
    use hotrow_results::{Kind, MeasurementRow, sample};

    /// Rows of an open loop in which `actor` is saturated.
    fn rows() -> Vec<MeasurementRow> {
        let mut rows = sample::rows(8);
        for row in &mut rows {
            row.kind = Kind::OpenLoop;
            (row.arrivals, row.offered_per_s) = (Some(Arrivals::Poisson), 20_000);
            (row.due, row.completed) = (1_000, 1_000);
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

    /// A tail that is not above that of `noop`, or that of a saturated contender, must not be
    /// quoted as the strategy's own.
    #[test]
    fn times_up_to_noop_and_saturated_contenders_are_marked() {
        let text = markdown(&sample::run(&rows())).unwrap();
        let head = "offered load 20,000 requests a second, poisson** (8 blocks";
        assert!(text.contains(head), "{text}");
        let cas = "| cas | 100.0 % | <= noop | <= noop | <= noop | 0.50 x";
        assert!(text.contains(cas), "{text}");
        assert!(text.contains("| mutex | 100.0 % | <= noop | 40.0 us |"), "{text}");
        assert!(text.contains("| sat | actor | 90.0 % | <= noop | 9.00 ms |"), "{text}");
        assert!(text.contains("| - | *noop (reference)* |"), "{text}");
        assert!(markdown(&sample::run(&sample::rows(8))).is_err());
    }
}
