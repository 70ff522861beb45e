//! One run against another, of whatever is in both.
//!
//! Blocks of two runs are no pairs: they are minutes or weeks apart, and whatever the machine did
//! between them is in every difference. So two things are told of each strategy. How its rate has
//! changed, with the interval of two unpaired samples, beside what identical code that does nothing
//! has changed by in the same time. And whether its ratio to the baseline, which was taken within
//! blocks in each run, is the same in both: that is what a report quotes.

use super::{
    comparison::{Comparison, comparisons},
    figures::{percent_above_one, rate_of},
    table::{Align, Column, Table, wrap},
};
use crate::{
    record::{Kind, Row},
    stats::{Blocks, Floor, Ratio, Shift, Summary, Verdict},
};

/// Two runs, cell by cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    cells: Vec<CellChange>,
}

#[derive(Debug, Clone, PartialEq)]
struct CellChange {
    title: String,
    kind: Kind,
    lines: Vec<Line>,
    /// What answering nothing has changed by.
    null: Option<Shift>,
}

/// One strategy in one cell.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    strategy: String,
    before: Blocks,
    after: Blocks,
    shift: Option<Shift>,
    floor: Floor,
    verdict: Verdict,
    /// Its ratios to the baseline, if both runs have one.
    ratios: Option<[Ratio; 2]>,
}

impl Change {
    /// Compares what both runs have.
    pub fn between(before: &[Row], after: &[Row]) -> Change {
        let (earlier, later) = (comparisons(before), comparisons(after));
        let of_cell = |cell: &str| later.iter().find(|comparison| comparison.cell == cell);
        let shared = earlier.iter().filter_map(|one| Some((one, of_cell(&one.cell)?)));
        Change { cells: shared.map(|(before, after)| CellChange::between(before, after)).collect() }
    }

    /// Cells that both runs have.
    pub fn cells(&self) -> usize {
        self.cells.len()
    }

    /// How many ratios to the baseline are the same in both runs, within their intervals and floors,
    /// and how many there are.
    pub fn agreement(&self) -> (usize, usize) {
        let lines = self.cells.iter().flat_map(|cell| &cell.lines);
        let agree: Vec<bool> = lines.filter_map(Line::agrees).collect();
        (agree.iter().filter(|agrees| **agrees).count(), agree.len())
    }

    /// Who got worse by more than `share`, 0.1 being 10 %, beyond doubt.
    pub fn worse_by(&self, share: f64) -> Vec<String> {
        let mut worse = Vec::new();
        for cell in &self.cells {
            for line in cell.lines.iter().filter(|line| line.is_worse_by(share, cell.kind)) {
                let shift = line.shift.map_or_else(String::new, |shift| shift.to_string());
                worse.push(format!("{} on {}: {shift}", line.strategy, cell.title));
            }
        }
        worse
    }

    /// Renders for a terminal of `width` columns.
    pub fn terminal(&self, width: usize) -> String {
        let cells: Vec<String> = self
            .cells
            .iter()
            .map(|cell| {
                let heading = wrap(&format!("{}:", cell.title), width, "");
                let (table, _) = cell.table().terminal(width);
                format!("{heading}\n{table}{}", wrap(&cell.caption(), width, ""))
            })
            .collect();
        let (agree, all) = self.agreement();
        let summary = format!(
            "{agree} of {all} ratios to a baseline are the same in both runs, within their intervals \
             and floors."
        );
        cells.join("\n") + "\n" + &wrap(&summary, width, "")
    }
}

impl CellChange {
    fn between(before: &Comparison, after: &Comparison) -> CellChange {
        let nulls = (before.values("null"), after.values("null"));
        let null = nulls.0.zip(nulls.1).and_then(|(before, after)| Shift::of(after, before));
        let baseline = before.baseline.as_deref().filter(|_| before.baseline == after.baseline);
        let names = before.contenders.iter().map(|one| one.strategy.as_str());
        let lines = names.filter_map(|name| {
            let values = (before.values(name)?.clone(), after.values(name)?.clone());
            let shift = Shift::of(&values.1, &values.0);
            let floor = Floor::wider(before.floor, after.floor);
            let verdict = shift.map_or(Verdict::Unknown, |it| it.verdict(floor, before.better()));
            let ratios = baseline.filter(|baseline| *baseline != name).and_then(|baseline| {
                Some([before.ratio(name, baseline)?, after.ratio(name, baseline)?])
            });
            let (before, after) = values;
            Some(Line { strategy: name.to_owned(), before, after, shift, floor, verdict, ratios })
        });
        CellChange {
            title: before.title.to_string(),
            kind: before.kind,
            lines: lines.collect(),
            null,
        }
    }

    fn table(&self) -> Table {
        let mut table = Table::new(vec![
            Column::new("strategy", Align::Left, 0),
            Column::new("before", Align::Right, 1),
            Column::new("after", Align::Right, 1),
            Column::new("after / before", Align::Left, 0),
            Column::new("it is", Align::Left, 0),
            Column::new("ratio to the baseline", Align::Left, 2),
        ]);
        for line in &self.lines {
            table.push(vec![
                line.strategy.clone(),
                self.shown(&line.before),
                self.shown(&line.after),
                line.shift.map_or_else(|| "-".to_owned(), |shift| shift.to_string()),
                verdict(line.verdict).to_owned(),
                match line.agrees() {
                    None => "-".to_owned(),
                    Some(true) => "the same".to_owned(),
                    Some(false) => "differs".to_owned(),
                },
            ]);
        }
        table
    }

    fn shown(&self, values: &Blocks) -> String {
        let Some(Summary { median, .. }) = Summary::of(values) else { return "-".to_owned() };
        match self.kind {
            Kind::Latency | Kind::Cost => super::figures::duration(median),
            Kind::Throughput | Kind::Delay | Kind::Http => rate_of(median),
        }
    }

    fn caption(&self) -> String {
        let floors = self.lines.iter().map(|line| line.floor.ratio());
        let floor = percent_above_one(floors.fold(1.0, f64::max));
        match &self.null {
            Some(shift) => format!("floor {floor}; answering nothing changed by {shift}"),
            None => format!("floor {floor}"),
        }
    }
}

impl Line {
    /// Whether the two ratios are the same, as far as can be told.
    fn agrees(&self) -> Option<bool> {
        let [before, after] = self.ratios?;
        let apart = (after.median / before.median).ln().abs();
        let overlap = match (before.interval, after.interval) {
            (Some(before), Some(after)) => before.low <= after.high && after.low <= before.high,
            _ => return None,
        };
        Some(overlap || apart <= self.floor.ratio().ln())
    }

    fn is_worse_by(&self, share: f64, kind: Kind) -> bool {
        let Some(interval) = self.shift.and_then(|shift| shift.interval) else { return false };
        self.verdict == Verdict::Slower
            && match kind {
                Kind::Latency | Kind::Cost => interval.low > 1.0 + share,
                Kind::Throughput | Kind::Delay | Kind::Http => interval.high < 1.0 / (1.0 + share),
            }
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Faster => "faster",
        Verdict::Tie => "no change to tell",
        Verdict::Slower => "SLOWER",
        Verdict::Unknown => "too few blocks",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    fn run(factor: u64) -> Vec<Row> {
        let mut rows = sample::rows(12);
        for row in rows.iter_mut().filter(|row| row.strategy == "queue") {
            row.completed = row.completed * factor / 100;
        }
        rows
    }

    /// The same twice is no change; a fifth less is one, and is told with by how much.
    #[test]
    fn what_got_slower_is_found_and_what_did_not_is_not() {
        let same = Change::between(&run(100), &run(100));
        assert_eq!(same.worse_by(0.0), Vec::<String>::new());
        let (agree, all) = same.agreement();
        assert_eq!((agree, all), (3, 3));

        let slower = Change::between(&run(100), &run(70));
        let worse = slower.worse_by(0.1);
        assert_eq!(worse.len(), 1, "{worse:?}");
        assert!(worse[0].starts_with("queue on one hot row"), "{worse:?}");
        assert_eq!(slower.worse_by(0.6), Vec::<String>::new());
        assert_eq!(slower.agreement(), (2, 3));
        assert!(slower.terminal(100).contains("SLOWER"));
    }
}
