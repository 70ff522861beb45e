//! Renders the response times of each open-loop scenario as tables.

use super::{
    comparison::Comparison,
    confidence::{aa_pair, signed},
    contender_summary::ContenderSummary,
    figures::duration,
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
    let head = format!("**{}**", scenario.title);
    if !scenario.is_shown() {
        return format!("{head}: NOT MEASURED on this machine today.\n\n");
    }
    let blocks = scenario.blocks;
    let by = match scenario.quantile_name() {
        Some(quantile) => format!("ranked by {quantile}"),
        None => "not ranked: the machine repeats no quantile of noop".to_owned(),
    };
    let noop = noop_tail(scenario).map_or_else(String::new, |noop| format!("\n{noop}\n"));
    let aa = aa_pair(scenario);
    format!("{head} ({blocks} blocks, {by}; {aa})\n\n{}{noop}\n", table(scenario).markdown())
}

fn table(scenario: &Comparison) -> Table {
    let baseline = scenario.baseline.as_deref();
    let ranked = scenario.quantile_name().unwrap_or_else(|| "no quantile".to_owned());
    let mut table = Table::new(vec![
        Column::new("#", Align::Right, 0),
        Column::new("strategy", Align::Left, 0),
        Column::new("achieved", Align::Right, 0),
        Column::new("p50", Align::Right, 0),
        Column::new(format!("ranked: {ranked}"), Align::Right, 0),
        Column::new("above noop", Align::Right, 0),
        Column::new(format!("{ranked} vs {}", baseline.unwrap_or("none")), Align::Left, 0),
        Column::new("p99", Align::Right, 0),
        Column::new("p99.9", Align::Right, 0),
    ]);
    let noop = scenario.references.iter().filter(|reference| reference.strategy == "noop");
    for summary in scenario.contenders.iter().chain(noop) {
        let achieved =
            summary.attainment.map(|attainment| format!("{:.1} %", attainment.load.pooled * 100.0));
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
            summary.ranked_response.map_or_else(|| "-".to_owned(), |(ns, _)| duration(ns)),
            excess(summary),
            ratio,
            time(summary.response[1]),
            time(summary.response[2]),
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

/// Formats the excess of the ranked response time over that of `noop`.
pub(super) fn excess(summary: &ContenderSummary) -> String {
    let excess = summary.ranked_response.and_then(|(_, excess)| excess);
    excess.map_or_else(|| "-".to_owned(), signed)
}

/// Describes what lies beyond the ranked quantile: the tail of `noop`, which is the machine's.
fn noop_tail(comparison: &Comparison) -> Option<String> {
    let quantile = comparison.quantile_name()?;
    let noop = comparison.references.iter().find(|reference| reference.strategy == "noop")?;
    let [_, p99, p999, max] = noop.response.map(time);
    Some(format!(
        "Beyond {quantile} the times are this machine's: noop has a p99 of {p99}, a p99.9 of \
         {p999} and a longest time of {max}."
    ))
}

const CAPTION: &str = "Response time is measured from when a request was due to its answer, not \
    from when its client sent it. Contenders are ranked by the highest quantile with enough \
    samples in each block whose value for `noop`, which answers immediately, and for the A/A pair \
    varies by at most a factor of 1.5. `above noop` is the difference of the two medians. `sat` is \
    saturated: it achieved less than 99 % of the offered load, or less than 95 % in one block, so \
    its tail grows as long as the measurement lasts, and it is not ranked. Members of a tier were \
    not found slower than its leader; `?` is inconclusive (interval wider than a factor of 2).\n";

#[cfg(test)]
mod tests {
    use super::*;
    use hotrow::scenario::Arrivals;
    use hotrow_results::{Kind, MeasurementRow, sample};

    /// Rows of an open loop in which `actor` is saturated in one block.
    fn rows() -> Vec<MeasurementRow> {
        let mut rows = sample::rows(8);
        for row in &mut rows {
            row.kind = Kind::OpenLoop;
            (row.arrivals, row.offered_per_s) = (Some(Arrivals::Poisson), 20_000);
            (row.due, row.completed) = (1_000, 1_000);
            row.response_ns_max = 9_000_000;
            row.response_ns_p50 = 500;
            row.response_ns_p99 = match row.strategy.as_str() {
                "actor" => 9_000_000,
                "mutex" => 40_000,
                _ => 20_000,
            };
            row.response_ns_p999 = row.response_ns_p99;
            if row.strategy == "actor" && row.block == 3 {
                row.completed = 900;
            }
        }
        rows
    }

    /// The tail of a saturated contender must not be quoted as its own, although it kept up in
    /// seven of eight blocks. No time is raised to that of `noop`: the excess is beside it.
    #[test]
    fn excesses_over_noop_and_saturated_contenders_are_marked() {
        let text = markdown(&sample::run(&rows())).unwrap();
        let head = "offered load 20,000 requests a second, poisson** (8 blocks, ranked by p99";
        assert!(text.contains(head), "{text}");
        let cas = "| cas | 100.0 % | 500 ns | 20.0 us | +0 ns | 0.50 x";
        assert!(text.contains(cas), "{text}");
        assert!(text.contains("| mutex | 100.0 % | 500 ns | 40.0 us | +20.0 us |"), "{text}");
        assert!(text.contains("| sat | actor | 98.8 % | 500 ns | 9.00 ms |"), "{text}");
        assert!(text.contains("| - | *noop (reference)* |"), "{text}");
        assert!(text.contains("Beyond p99 the times are this machine's: noop has"), "{text}");
        assert!(markdown(&sample::run(&sample::rows(8))).is_err());
    }

    /// A time below that of `noop` of another moment is a time. Raised to that of `noop`, every
    /// contender below it would have the same one.
    #[test]
    fn times_below_noop_are_compared_as_they_are() {
        let mut faster = rows();
        for row in faster.iter_mut().filter(|row| row.strategy == "cas") {
            row.response_ns_p99 = 10_000;
        }
        let text = markdown(&sample::run(&faster)).unwrap();
        let cas = "| 1 | cas | 100.0 % | 500 ns | 10.0 us | -10.0 us | 0.25 x";
        assert!(text.contains(cas), "{text}");
    }
}
