//! Renders rates along one axis as tables: the numbers of the capacity charts.

use super::{
    comparison::Comparison,
    contender_summary::ContenderSummary,
    figures::{short_rate, short_ratio, with_thousands_separators},
    scenarios::{AxisPoint, Scenarios},
    table::{Align, Column, Table},
};
use hotrow_results::StoredRun;

/// Renders a table for each axis that the run has scenarios on.
///
/// # Errors
/// If the run has no scenario on any axis.
pub(super) fn markdown(run: &StoredRun) -> Result<String, String> {
    let scenarios = Scenarios::new(run);
    let threads = |stop: &AxisPoint<'_>| stop.scenario.title.clients();
    let rows = |stop: &AxisPoint<'_>| match stop.scenario.title.row.users {
        1 => "1 row".to_owned(),
        users => format!("{} rows", with_thousands_separators(users)),
    };
    let distribution = |stop: &AxisPoint<'_>| stop.scenario.title.row.distribution.to_string();
    let clients = scenarios.hot_row().map(|hot| hot.title.clients()).unwrap_or_default();
    let skew = scenarios.skew();
    let skewed_rows = skew.first().map_or(0, |stop| stop.scenario.title.row.users);
    let tables = [
        (format!("By number of rows, {clients}"), table(&scenarios.users(), rows)),
        (
            "By number of threads on one row, up to the number of cores".to_owned(),
            table(&scenarios.parallel(), threads),
        ),
        (
            "By number of threads on one row, more threads than cores".to_owned(),
            table(&scenarios.oversubscribed(), threads),
        ),
        (
            format!("By skew, {} rows, {clients}", with_thousands_separators(skewed_rows)),
            table(&skew, distribution),
        ),
    ];
    let shown = tables.into_iter().filter_map(|(title, table)| Some((title, table?)));
    let text: String =
        shown.map(|(title, table)| format!("**{title}**\n\n{}\n", table.markdown())).collect();
    match text.is_empty() {
        true => Err("the run has no scenario for a capacity table".to_owned()),
        false => Ok(text + CAPTION),
    }
}

/// Tabulates strategies against scenarios, in the order of the first scenario.
fn table(stops: &[AxisPoint<'_>], heading: impl Fn(&AxisPoint<'_>) -> String) -> Option<Table> {
    let mut names: Vec<&str> = Vec::new();
    for contender in stops.iter().flat_map(|stop| stop.scenario.contenders.iter()) {
        if !names.contains(&contender.strategy.as_str()) {
            names.push(&contender.strategy);
        }
    }
    if names.is_empty() {
        return None;
    }
    let mut columns = vec![Column::new("strategy", Align::Left, 0)];
    columns.extend(stops.iter().map(|stop| Column::new(heading(stop), Align::Right, 0)));
    let mut table = Table::new(columns);
    for name in names {
        let mut fields = vec![name.to_owned()];
        fields.extend(stops.iter().map(|stop| entry(stop.scenario, name)));
        table.push(fields);
    }
    Some(table)
}

/// `41.4 M, 1.83 x (1)`.
fn entry(scenario: &Comparison, strategy: &str) -> String {
    if !scenario.is_shown() {
        return "not measured".to_owned();
    }
    if scenario.unranked.iter().any(|unranked| unranked.strategy == strategy) {
        return "VIOLATION".to_owned();
    }
    let contender = scenario.contenders.iter().find(|it| it.strategy == strategy);
    let Some(ContenderSummary { rate: Some(rate), rank, inconclusive, ratio, .. }) = contender
    else {
        return "-".to_owned();
    };
    let rank = rank.map_or_else(|| "-".to_owned(), |rank| rank.to_string());
    let mark = if *inconclusive { "?" } else { "" };
    let is_baseline = scenario.baseline.as_deref() == Some(strategy);
    let ratio = match ratio {
        Some(ratio) if !is_baseline => format!(", {}", short_ratio(ratio.median)),
        _ => String::new(),
    };
    format!("{}{ratio} ({rank}{mark})", short_rate(rate.median))
}

const CAPTION: &str = "Each entry is the median rate in requests a second, the ratio to the \
    baseline (the baseline itself has none), and in brackets the rank in that scenario: equal \
    ranks are ties, `?` is inconclusive (interval wider than a factor of 2), `-` is not ranked. \
    The rankings show the intervals, and the ranks take them into account.\n";

#[cfg(test)]
mod tests {
    use super::*;
    use hotrow_results::{AuditVerdict, sample};

    /// A strategy with a violation in one scenario, or one that did not run there, must not look
    /// slow there.
    #[test]
    fn a_violation_or_a_missing_strategy_is_marked() {
        let mut rows = sample::rows(8);
        let mut many = sample::rows(8);
        many.retain(|row| row.strategy != "actor");
        for row in &mut many {
            (row.users, row.scenario) = (1_024, "many".to_owned());
            if row.strategy == "cas" {
                row.verdict = AuditVerdict::Violation;
            }
        }
        rows.extend(many);
        let text = markdown(&sample::run(&rows)).unwrap();
        assert!(text.contains("| strategy | 1 row | 1,024 rows |"), "{text}");
        assert!(text.contains("| cas | 4.00 M, 2.00 x (1) | VIOLATION |"), "{text}");
        assert!(text.contains("| mutex | 2.00 M (2) | 2.00 M (1) |"), "{text}");
        assert!(text.contains("| actor | 100 k, 0.050 x (3) | - |"), "{text}");
    }

    /// Numbers of a scenario whose blocks are mostly excluded could be quoted as results.
    #[test]
    fn a_scenario_with_most_blocks_excluded_has_no_numbers() {
        let mut rows = sample::rows(8);
        rows.iter_mut()
            .filter(|row| row.block > 1)
            .for_each(|row| row.excluded_because = "steal".to_owned());
        let text = markdown(&sample::run(&rows)).unwrap();
        assert!(text.contains("| cas | not measured |"), "{text}");
    }
}
