//! One ranking over many cells: tempting, and told with what is wrong with it.

use super::{
    comparison::Comparison,
    table::{Align, Column, Table, wrap},
};
use crate::stats::geometric_mean;

/// What one strategy came to over the cells that all share.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    strategy: String,
    /// Its tier in each cell.
    tiers: Vec<Option<usize>>,
    /// The geometric mean of its ratios to the best of each cell.
    mean: f64,
}

/// Strategies over the cells in which all of them are ranked.
#[derive(Debug, Clone, PartialEq)]
pub struct Across {
    cells: Vec<String>,
    lines: Vec<Line>,
}

impl Across {
    /// Ranks those that are in every one of `comparisons` in which anybody is ranked.
    pub fn of(comparisons: &[Comparison]) -> Across {
        let ranked: Vec<&Comparison> =
            comparisons.iter().filter(|one| !one.tiers().is_empty()).collect();
        let Some(first) = ranked.first() else { return Across { cells: vec![], lines: vec![] } };
        let lines = first.contenders.iter().filter_map(|one| Line::of(&one.strategy, &ranked));
        let mut lines: Vec<Line> = lines.collect();
        lines.sort_by(|one, other| other.mean.total_cmp(&one.mean));
        let cells = ranked.iter().map(|comparison| comparison.title.to_string()).collect();
        Across { cells, lines }
    }

    /// Renders for a terminal of `width` columns.
    pub fn terminal(&self, width: usize) -> String {
        let (table, _) = self.table().terminal(width);
        let cells =
            self.cells.iter().zip(1..).map(|(cell, number)| format!("{number:>3}  {cell}\n"));
        format!("{table}\n{}\n{}", cells.collect::<String>(), wrap(CAUTION, width, ""))
    }

    /// Renders for a page.
    pub fn markdown(&self) -> String {
        let cells = self.cells.iter().map(|cell| format!("1. {cell}\n"));
        format!("{}\n{}\n{CAUTION}\n", self.table().markdown(), cells.collect::<String>())
    }

    fn table(&self) -> Table {
        let mut columns = vec![
            Column::new("strategy", Align::Left, 0),
            Column::new("of the best", Align::Right, 0),
        ];
        columns.extend(
            (1..=self.cells.len()).map(|cell| Column::new(cell.to_string(), Align::Right, 1)),
        );
        let mut table = Table::new(columns);
        for Line { strategy, tiers, mean } in &self.lines {
            let mut cells = vec![strategy.clone(), format!("{mean:.3} x")];
            cells.extend(
                tiers.iter().map(|tier| tier.map_or("-".to_owned(), |tier| tier.to_string())),
            );
            table.push(cells);
        }
        table
    }
}

const CAUTION: &str = "Columns are tiers, cell by cell; `of the best` is the geometric mean of the \
    ratios to the best of each cell, by rate or by response time. A mean over cells answers for \
    nobody: it weighs a cell that you never meet as much as the one you live in. Choose by your own \
    cell; this is for who has none.";

impl Line {
    fn of(strategy: &str, ranked: &[&Comparison]) -> Option<Line> {
        let (mut tiers, mut ratios) = (Vec::new(), Vec::new());
        for comparison in ranked {
            let best = comparison.contenders.first()?;
            let ratio = comparison.ratio(strategy, &best.strategy)?.median;
            ratios.push(if comparison.better() == crate::stats::Better::Lower {
                1.0 / ratio
            } else {
                ratio
            });
            tiers.push(comparison.standing(strategy)?.rank);
        }
        Some(Line { strategy: strategy.to_owned(), tiers, mean: geometric_mean(&ratios)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{record::sample, report::comparisons};

    /// Twice as good here and half as good there is as good on the whole; who is missing in one cell
    /// is not in the mean of others.
    #[test]
    fn a_mean_is_over_cells_that_all_share() {
        let mut rows = sample::series("cas", 4_000_000, 8);
        rows.extend(sample::series("mutex", 2_000_000, 8));
        let mut other = sample::series("cas", 1_000_000, 8);
        other.extend(sample::series("mutex", 2_000_000, 8));
        other.extend(sample::series("queue", 2_000_000, 8));
        other.iter_mut().for_each(|row| (row.users, row.cell) = (9, "other".to_owned()));
        rows.extend(other);
        let across = Across::of(&comparisons(&rows));
        let names: Vec<&str> = across.lines.iter().map(|line| line.strategy.as_str()).collect();
        assert_eq!(names, ["cas", "mutex"]);
        assert!((across.lines[0].mean - across.lines[1].mean).abs() < 0.02, "{across:?}");
        assert!(across.terminal(80).contains("answers for nobody"));
    }
}
