//! Compares one run with another, scenario by scenario.
//!
//! Blocks of two runs are not pairs: they are minutes or weeks apart, and what the machine did in
//! between is in every difference. So the table shows two things for each strategy:
//!
//! - how its rate changed, with the interval of two unpaired samples. The change of `noop` in the
//!   same time shows how much of that is the machine;
//! - whether its ratio to the baseline is the same in both runs. That ratio is taken within blocks
//!   in each run, and it is what a report quotes.

use super::{
    comparison::{Comparison, comparisons},
    figures::{percent_above_one, rate_of},
    table::{Align, Column, Table, wrap},
};
use hotrow_results::{
    Kind, MeasurementRow,
    stats::{Blocks, HodgesLehmannShift, NoiseFloor, Ratio, Summary, Verdict},
};

/// The differences between two runs, scenario by scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    scenarios: Vec<ScenarioChange>,
}

#[derive(Debug, Clone, PartialEq)]
struct ScenarioChange {
    title: String,
    kind: Kind,
    lines: Vec<Line>,
    /// The change of `noop`, if both runs have it.
    noop: Option<HodgesLehmannShift>,
}

/// One strategy in one scenario.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    strategy: String,
    before: Blocks,
    after: Blocks,
    shift: Option<HodgesLehmannShift>,
    noise: NoiseFloor,
    verdict: Verdict,
    /// Its ratios to the baseline before and after, if both runs have one.
    ratios: Option<[Ratio; 2]>,
}

impl Change {
    /// Compares the scenarios that both runs have.
    pub fn between(before: &[MeasurementRow], after: &[MeasurementRow]) -> Change {
        let (earlier, later) = (comparisons(before), comparisons(after));
        let find_later =
            |scenario: &str| later.iter().find(|comparison| comparison.scenario == scenario);
        let shared =
            earlier.iter().filter_map(|before| Some((before, find_later(&before.scenario)?)));
        Change {
            scenarios: shared
                .map(|(before, after)| ScenarioChange::between(before, after))
                .collect(),
        }
    }

    /// Returns the number of scenarios that both runs have.
    pub fn scenarios(&self) -> usize {
        self.scenarios.len()
    }

    /// Returns how many ratios to the baseline are the same in both runs, within their intervals
    /// and the A/A noise, and how many there are.
    pub fn agreement(&self) -> (usize, usize) {
        let lines = self.scenarios.iter().flat_map(|scenario| &scenario.lines);
        let agree: Vec<bool> = lines.filter_map(Line::agrees).collect();
        (agree.iter().filter(|agrees| **agrees).count(), agree.len())
    }

    /// Lists the contenders that got worse by more than `share`, with 95 % confidence. A share of
    /// 0.1 is 10 %.
    pub fn worse_by(&self, share: f64) -> Vec<String> {
        let mut worse = Vec::new();
        for scenario in &self.scenarios {
            for line in scenario.lines.iter().filter(|line| line.is_worse_by(share, scenario.kind))
            {
                let shift = line.shift.map_or_else(String::new, |shift| shift.to_string());
                worse.push(format!("{} on {}: {shift}", line.strategy, scenario.title));
            }
        }
        worse
    }

    /// Renders for a terminal of `width` columns.
    pub fn terminal(&self, width: usize) -> String {
        let scenarios: Vec<String> = self
            .scenarios
            .iter()
            .map(|scenario| {
                let heading = wrap(&format!("{}:", scenario.title), width, "");
                let (table, _) = scenario.table().terminal(width);
                format!("{heading}\n{table}{}", wrap(&scenario.caption(), width, ""))
            })
            .collect();
        let (agree, all) = self.agreement();
        let summary = format!(
            "{agree} of {all} ratios to a baseline are the same in both runs, within their \
             intervals and the A/A noise."
        );
        scenarios.join("\n") + "\n" + &wrap(&summary, width, "")
    }
}

impl ScenarioChange {
    fn between(before: &Comparison, after: &Comparison) -> ScenarioChange {
        let noops = before.values("noop").zip(after.values("noop"));
        let noop = noops.and_then(|(before, after)| HodgesLehmannShift::of(after, before));
        let baseline = before.baseline.as_deref().filter(|_| before.baseline == after.baseline);
        let names = before.contenders.iter().map(|contender| contender.strategy.as_str());
        let lines = names.filter_map(|name| {
            let values = (before.values(name)?.clone(), after.values(name)?.clone());
            let shift = HodgesLehmannShift::of(&values.1, &values.0);
            let noise = NoiseFloor::wider(before.noise, after.noise);
            let verdict = shift.map_or(Verdict::Unknown, |it| it.verdict(noise, before.better()));
            let ratios = baseline.filter(|baseline| *baseline != name).and_then(|baseline| {
                Some([before.ratio(name, baseline)?, after.ratio(name, baseline)?])
            });
            let (before, after) = values;
            Some(Line { strategy: name.to_owned(), before, after, shift, noise, verdict, ratios })
        });
        ScenarioChange {
            title: before.title.to_string(),
            kind: before.kind,
            lines: lines.collect(),
            noop,
        }
    }

    fn table(&self) -> Table {
        let mut table = Table::new(vec![
            Column::new("strategy", Align::Left, 0),
            Column::new("before", Align::Right, 1),
            Column::new("after", Align::Right, 1),
            Column::new("after / before", Align::Left, 0),
            Column::new("verdict", Align::Left, 0),
            Column::new("ratio to the baseline", Align::Left, 2),
        ]);
        for line in &self.lines {
            table.push(vec![
                line.strategy.clone(),
                self.format_median(&line.before),
                self.format_median(&line.after),
                line.shift.map_or_else(|| "-".to_owned(), |shift| shift.to_string()),
                verdict_name(line.verdict).to_owned(),
                match line.agrees() {
                    None => "-".to_owned(),
                    Some(true) => "the same".to_owned(),
                    Some(false) => "differs".to_owned(),
                },
            ]);
        }
        table
    }

    fn format_median(&self, values: &Blocks) -> String {
        let Some(Summary { median, .. }) = Summary::of(values) else { return "-".to_owned() };
        match self.kind {
            Kind::OpenLoop | Kind::SingleClient => super::figures::duration(median),
            Kind::ClosedLoop | Kind::Simulated | Kind::Http | Kind::Database => rate_of(median),
        }
    }

    fn caption(&self) -> String {
        let noises = self.lines.iter().map(|line| line.noise.ratio());
        let noise = percent_above_one(noises.fold(1.0, f64::max));
        match &self.noop {
            Some(shift) => format!("A/A noise {noise}; noop, after / before: {shift}"),
            None => format!("A/A noise {noise}"),
        }
    }
}

impl Line {
    /// Whether the two ratios are the same: their intervals overlap, or their medians differ by no
    /// more than the A/A noise. `None` if a ratio or an interval is missing.
    fn agrees(&self) -> Option<bool> {
        let [before, after] = self.ratios?;
        let difference = (after.median / before.median).ln().abs();
        let overlap = match (before.interval, after.interval) {
            (Some(before), Some(after)) => before.low <= after.high && after.low <= before.high,
            _ => return None,
        };
        Some(overlap || difference <= self.noise.ratio().ln())
    }

    fn is_worse_by(&self, share: f64, kind: Kind) -> bool {
        let Some(interval) = self.shift.and_then(|shift| shift.interval) else { return false };
        self.verdict == Verdict::Slower
            && match kind {
                Kind::OpenLoop | Kind::SingleClient => interval.low > 1.0 + share,
                Kind::ClosedLoop | Kind::Simulated | Kind::Http | Kind::Database => {
                    interval.high < 1.0 / (1.0 + share)
                }
            }
    }
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Faster => "faster",
        Verdict::Tie => "no significant difference",
        Verdict::Slower => "SLOWER",
        Verdict::Unknown => "insufficient samples",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotrow_results::sample;

    fn run(factor: u64) -> Vec<MeasurementRow> {
        let mut rows = sample::rows(12);
        for row in rows.iter_mut().filter(|row| row.strategy == "queue") {
            row.completed = row.completed * factor / 100;
        }
        rows
    }

    /// A run compared with itself shows no change. A rate that falls by 30 % is reported with its
    /// ratio.
    #[test]
    fn only_a_strategy_that_got_slower_is_reported() {
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
