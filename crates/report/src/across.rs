//! Ranks strategies over many scenarios, with a caution about the meaning of such a mean.

use super::{
    answer::answer,
    comparison::Comparison,
    contender_summary::AuditSummary,
    table::{Align, Column, Table, wrap},
};
use hotrow_results::stats::geometric_mean;

/// The results of one strategy in every scenario.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    strategy: String,
    /// Its tier in each scenario.
    tiers: Vec<Option<usize>>,
    /// The geometric mean of its ratios to the best contender of each scenario.
    mean: f64,
}

/// The strategies that were ranked in every scenario that has a ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct Across {
    scenarios: Vec<String>,
    lines: Vec<Line>,
    /// What is not in the table, and why: strategies and scenarios.
    hidden: Vec<String>,
}

impl Across {
    /// Compares the strategies that are ranked in every comparison with a ranking. A saturated
    /// strategy is not ranked, so its tail takes no part. Comparisons without a ranking are left
    /// out, and what is left out is listed.
    pub fn of(comparisons: &[Comparison]) -> Across {
        let (ranked, others): (Vec<&Comparison>, Vec<&Comparison>) =
            comparisons.iter().partition(|comparison| !comparison.tiers().is_empty());
        let mut names: Vec<&str> = Vec::new();
        for contender in comparisons.iter().flat_map(|comparison| &comparison.contenders) {
            if !names.contains(&contender.strategy.as_str()) {
                names.push(&contender.strategy);
            }
        }
        let (mut lines, mut hidden) = (Vec::new(), Vec::new());
        for name in names.iter().filter(|_| !ranked.is_empty()) {
            match ranked.iter().filter_map(|it| Some((it, missing(name, it)?))).collect::<Vec<_>>()
            {
                missing if missing.is_empty() => lines.extend(Line::new(name, &ranked)),
                missing => hidden.push(unranked_somewhere(name, &missing)),
            }
        }
        lines.sort_by(|a: &Line, b: &Line| b.mean.total_cmp(&a.mean));
        hidden.extend(others.iter().map(|comparison| answer(comparison)));
        let scenarios = ranked.iter().map(|comparison| comparison.title.to_string()).collect();
        Across { scenarios, lines, hidden }
    }

    /// Whether any strategy is ranked.
    pub fn has_ranking(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Renders for a terminal of `width` columns.
    pub fn terminal(&self, width: usize) -> String {
        let table = self.table();
        let (table, columns) = table.terminal(width);
        let scenarios = self
            .scenarios
            .iter()
            .zip(1..)
            .map(|(scenario, number)| format!("{number:>3}  {scenario}\n"));
        let columns = (!columns.is_empty()).then(|| {
            let columns = columns.join(", ");
            format!("columns {columns}: the terminal has {width} columns; --markdown shows them")
        });
        let hidden: String = columns
            .iter()
            .chain(&self.hidden)
            .map(|line| wrap(&format!("not shown: {line}"), width, "  "))
            .collect();
        let caution = wrap(CAUTION, width, "");
        format!("{table}\n{}\n{hidden}{caution}", scenarios.collect::<String>())
    }

    /// Renders as Markdown.
    pub fn markdown(&self) -> String {
        let scenarios = self.scenarios.iter().map(|scenario| format!("1. {scenario}\n"));
        let hidden: String =
            self.hidden.iter().map(|line| format!("- Not shown: {line}\n")).collect();
        let gap = if hidden.is_empty() { "" } else { "\n" };
        format!(
            "{}\n{}\n{hidden}{gap}{CAUTION}\n",
            self.table().markdown(),
            scenarios.collect::<String>()
        )
    }

    fn table(&self) -> Table {
        let mut columns = vec![
            Column::new("strategy", Align::Left, 0),
            Column::new("mean ratio", Align::Right, 0),
        ];
        columns.extend(
            (1..=self.scenarios.len())
                .map(|scenario| Column::new(scenario.to_string(), Align::Right, 1)),
        );
        let mut table = Table::new(columns);
        for Line { strategy, tiers, mean } in &self.lines {
            let mut fields = vec![strategy.clone(), format!("{mean:.3} x")];
            fields.extend(
                tiers.iter().map(|tier| tier.map_or("-".to_owned(), |tier| tier.to_string())),
            );
            table.push(fields);
        }
        table
    }
}

/// Returns why a strategy has no rank in a comparison; `None` if it has one.
fn missing(strategy: &str, comparison: &Comparison) -> Option<&'static str> {
    match comparison.summary(strategy) {
        None => Some("not measured"),
        Some(summary) if summary.rank.is_some() => None,
        Some(summary) if summary.is_saturated() => Some("saturated"),
        Some(summary) if matches!(summary.audit, AuditSummary::Violation { .. }) => {
            Some("violation")
        }
        Some(_) => Some("insufficient samples"),
    }
}

fn unranked_somewhere(strategy: &str, missing: &[(&&Comparison, &str)]) -> String {
    let (first, why) = missing[0];
    let more = match missing.len() - 1 {
        0 => String::new(),
        more => format!(", and in {more} more"),
    };
    format!("{strategy}: {why} on {}{more}", first.title)
}

const CAUTION: &str = "A number in a column is the tier in that scenario; `mean ratio` is the \
    geometric mean of the ratios to the best contender of each scenario, by rate or by response \
    time. A mean over scenarios is the answer for no system: it gives a scenario that your system never \
    meets the same weight as the one that it meets. Choose by the scenario that is closest to \
    yours.";

impl Line {
    fn new(strategy: &str, ranked: &[&Comparison]) -> Option<Line> {
        let (mut tiers, mut ratios) = (Vec::new(), Vec::new());
        for comparison in ranked {
            let best = comparison.contenders.first()?;
            let ratio = comparison.ratio(strategy, &best.strategy)?.median;
            ratios.push(if comparison.better() == hotrow_results::stats::Better::Lower {
                1.0 / ratio
            } else {
                ratio
            });
            tiers.push(comparison.summary(strategy)?.rank);
        }
        Some(Line { strategy: strategy.to_owned(), tiers, mean: geometric_mean(&ratios)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparisons;
    use hotrow_results::sample;

    /// A strategy that is twice as good in one scenario and half as good in another has the same
    /// mean. A strategy that is missing in one scenario has no mean.
    #[test]
    fn a_mean_needs_every_scenario() {
        let mut rows = sample::series("cas", 4_000_000, 8);
        rows.extend(sample::series("mutex", 2_000_000, 8));
        let mut other = sample::series("cas", 1_000_000, 8);
        other.extend(sample::series("mutex", 2_000_000, 8));
        other.extend(sample::series("queue", 2_000_000, 8));
        other.iter_mut().for_each(|row| (row.users, row.scenario) = (9, "other".to_owned()));
        rows.extend(other);
        let across = Across::of(&comparisons(&rows));
        let names: Vec<&str> = across.lines.iter().map(|line| line.strategy.as_str()).collect();
        assert_eq!(names, ["cas", "mutex"]);
        assert!((across.lines[0].mean - across.lines[1].mean).abs() < 0.02, "{across:?}");
        assert!(across.terminal(80).contains("no system"));
    }
}
