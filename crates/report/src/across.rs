//! Ranks strategies over many scenarios, with a caution about the meaning of such a mean.

use super::{
    comparison::Comparison,
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

/// The strategies that were compared in every ranked scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Across {
    scenarios: Vec<String>,
    lines: Vec<Line>,
}

impl Across {
    /// Compares the strategies that are in every comparison with a ranking. Comparisons without a
    /// ranking are left out.
    pub fn of(comparisons: &[Comparison]) -> Across {
        let ranked: Vec<&Comparison> =
            comparisons.iter().filter(|comparison| !comparison.tiers().is_empty()).collect();
        let Some(first) = ranked.first() else {
            return Across { scenarios: vec![], lines: vec![] };
        };
        let contenders = first.contenders.iter();
        let lines = contenders.filter_map(|contender| Line::new(&contender.strategy, &ranked));
        let mut lines: Vec<Line> = lines.collect();
        lines.sort_by(|a, b| b.mean.total_cmp(&a.mean));
        let scenarios = ranked.iter().map(|comparison| comparison.title.to_string()).collect();
        Across { scenarios, lines }
    }

    /// Renders for a terminal of `width` columns.
    pub fn terminal(&self, width: usize) -> String {
        let (table, _) = self.table().terminal(width);
        let scenarios = self
            .scenarios
            .iter()
            .zip(1..)
            .map(|(scenario, number)| format!("{number:>3}  {scenario}\n"));
        format!("{table}\n{}\n{}", scenarios.collect::<String>(), wrap(CAUTION, width, ""))
    }

    /// Renders as Markdown.
    pub fn markdown(&self) -> String {
        let scenarios = self.scenarios.iter().map(|scenario| format!("1. {scenario}\n"));
        format!("{}\n{}\n{CAUTION}\n", self.table().markdown(), scenarios.collect::<String>())
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
