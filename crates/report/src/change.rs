//! Compares one run with another, scenario by scenario.
//!
//! Blocks of two runs are not pairs: they are minutes or weeks apart, and what the machine did in
//! between is in every difference. So the table shows two things for each strategy:
//!
//! - how its rate changed, with the interval of two unpaired samples. The change of `noop` in the
//!   same time shows how much of that is the machine;
//! - whether its ratio to the baseline changed. That ratio is taken within blocks in each run, and
//!   it is what a report quotes. Two ratios are not the same because their intervals overlap: the
//!   interval of their quotient must lie within 3 %, or 5 % if a run is a single process. It misses
//!   with probability 5 % over all ratios that are compared, so that a comparison of a run with
//!   itself seldom finds a difference.
//!
//! A scenario that either run could not measure is left out, with the reason.

use super::{
    comparison::{Comparison, comparisons},
    figures::{percent_above_one, rate_of},
    table::{Align, Column, Table, wrap},
};
use hotrow_results::{
    Kind, MeasurementRow,
    stats::{Better, Blocks, HodgesLehmannShift, MISS_MAX, Margin, Summary, Verdict, median},
};

/// The differences between two runs, scenario by scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    scenarios: Vec<ScenarioChange>,
    /// The scenarios that are not compared, and why.
    skipped: Vec<String>,
    /// What the ratios to the baselines may differ by and still be the same.
    margin: Margin,
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
    verdict: Verdict,
    /// The logarithms of its ratios to the baseline before and after, block by block. `None` for
    /// the baseline itself, and if a run has no ratio.
    ln_ratios: Option<[Vec<f64>; 2]>,
    /// How the ratio to the baseline changed.
    ratio_change: Option<HodgesLehmannShift>,
}

/// How many ratios to a baseline changed from one run to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Agreement {
    /// Ratios that are the same within the margin.
    pub same: usize,
    /// Ratios that differ by more than the margin.
    pub different: usize,
    /// Ratios of which neither was shown.
    pub open: usize,
}

impl Change {
    /// Compares the scenarios that both runs have and could measure.
    pub fn between(before: &[MeasurementRow], after: &[MeasurementRow]) -> Change {
        let (earlier, later) = (comparisons(before), comparisons(after));
        let find_later =
            |scenario: &str| later.iter().find(|comparison| comparison.scenario == scenario);
        let (mut scenarios, mut skipped) = (Vec::new(), Vec::new());
        let mut has_many_forks = true;
        for before in &earlier {
            match find_later(&before.scenario) {
                None => skipped.push(format!("{}: only the earlier run has it", before.title)),
                Some(after) => match not_comparable(before, after) {
                    Some(why) => skipped.push(format!("{}: {why}", before.title)),
                    None => {
                        has_many_forks &= before.forks.min(after.forks) > 1;
                        scenarios.push(ScenarioChange::between(before, after));
                    }
                },
            }
        }
        let is_new = |after: &&Comparison| !earlier.iter().any(|it| it.scenario == after.scenario);
        let only_later = later.iter().filter(is_new);
        skipped.extend(only_later.map(|it| format!("{}: only the later run has it", it.title)));
        let margin = if has_many_forks { Margin::DIFFERENCE } else { Margin::SINGLE_FORK };
        let lines = || scenarios.iter().flat_map(|scenario: &ScenarioChange| &scenario.lines);
        let ratios = lines().filter(|line| line.ln_ratios.is_some()).count();
        let miss = MISS_MAX / ratios.max(1) as f64;
        for line in scenarios.iter_mut().flat_map(|scenario| &mut scenario.lines) {
            line.ratio_change = line
                .ln_ratios
                .as_ref()
                .and_then(|[before, after]| HodgesLehmannShift::of_logs(after, before, miss));
        }
        Change { scenarios, skipped, margin }
    }

    /// Returns the number of scenarios that both runs have and could measure.
    pub fn scenarios(&self) -> usize {
        self.scenarios.len()
    }

    /// Lists the scenarios that are not compared, and why.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// Returns how many ratios to the baseline are the same in both runs, how many differ, and of
    /// how many neither was shown.
    pub fn agreement(&self) -> Agreement {
        let lines = self.scenarios.iter().flat_map(|scenario| &scenario.lines);
        let mut agreement = Agreement::default();
        for verdict in lines.filter_map(|line| line.ratio_verdict(self.margin)) {
            match verdict {
                Verdict::Equal(_) => agreement.same += 1,
                Verdict::Faster | Verdict::Slower => agreement.different += 1,
                Verdict::NotToldApart { .. } | Verdict::Unknown => agreement.open += 1,
            }
        }
        agreement
    }

    /// Returns the change of a ratio that this comparison would have found, as a ratio above one:
    /// the median over the ratios of half of their intervals, beyond the margin. `None` without an
    /// interval.
    pub fn detectable(&self) -> Option<f64> {
        let lines = self.scenarios.iter().flat_map(|scenario| &scenario.lines);
        let intervals = lines.filter_map(|line| line.ratio_change?.interval);
        let widths: Vec<f64> =
            intervals.map(|interval| (interval.high / interval.low).ln()).collect();
        median(&widths).map(|width| (width / 2.0).exp() * self.margin.ratio())
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
                let table = scenario.table(self.margin);
                let (table, hidden) = table.terminal(width);
                let hidden = match hidden.is_empty() {
                    true => String::new(),
                    false => {
                        let columns =
                            format!("(not shown at {width} columns: {})", hidden.join(", "));
                        wrap(&columns, width, "")
                    }
                };
                let caption = wrap(&scenario.caption(), width, "");
                format!("{heading}\n{table}{caption}{hidden}")
            })
            .collect();
        let skipped: String = self
            .skipped
            .iter()
            .map(|skipped| wrap(&format!("Not compared: {skipped}."), width, "  "))
            .collect();
        scenarios.join("\n") + "\n" + &skipped + &wrap(&self.summary(), width, "")
    }

    fn summary(&self) -> String {
        let Agreement { same, different, open } = self.agreement();
        let margin = self.margin;
        let found = self.detectable().map_or_else(String::new, |ratio| {
            format!(" This comparison would have found {}.", percent_above_one(ratio))
        });
        format!(
            "Of {} ratios to a baseline {same} are equal within {margin} in both runs, {different} \
             differ, and {open} are not told apart.{found}",
            same + different + open
        )
    }
}

/// Returns why a scenario cannot be compared; `None` if it can.
fn not_comparable(before: &Comparison, after: &Comparison) -> Option<String> {
    let reason = |name: &str, comparison: &Comparison| {
        if !comparison.is_measured() {
            return Some(format!("the {name} run excludes most of its blocks"));
        }
        match (comparison.kind, comparison.quantile_ppm) {
            (Kind::OpenLoop, None) => Some(format!("the {name} run has no quantile to rank by")),
            _ => None,
        }
    };
    reason("earlier", before).or_else(|| reason("later", after)).or_else(|| {
        let quantiles = [before, after].map(|it| it.quantile_name().unwrap_or_default());
        let [earlier, later] = quantiles;
        (earlier != later).then(|| format!("the runs rank by {earlier} and by {later}"))
    })
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
            let verdict = shift.map_or(Verdict::Unknown, |shift| {
                shift.verdict(Margin::SINGLE_FORK, before.better())
            });
            let ln_ratios = baseline.filter(|baseline| *baseline != name).and_then(|baseline| {
                let of =
                    |run: &Comparison| Some(run.values(name)?.ln_ratios(run.values(baseline)?));
                Some([of(before)?, of(after)?])
            });
            let (before, after) = values;
            let strategy = name.to_owned();
            Some(Line { strategy, before, after, shift, verdict, ln_ratios, ratio_change: None })
        });
        ScenarioChange {
            title: before.title.to_string(),
            kind: before.kind,
            lines: lines.collect(),
            noop,
        }
    }

    fn table(&self, margin: Margin) -> Table {
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
                verdict_name(line.verdict),
                match line.ratio_verdict(margin) {
                    None => "-".to_owned(),
                    Some(Verdict::Faster | Verdict::Slower) => "differs".to_owned(),
                    Some(verdict) => verdict.to_string(),
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
        match &self.noop {
            Some(shift) => format!("noop, after / before: {shift}"),
            None => "noop was not measured: how much the machine changed is unknown".to_owned(),
        }
    }
}

impl Line {
    /// Judges the change of the ratio to the baseline.
    fn ratio_verdict(&self, margin: Margin) -> Option<Verdict> {
        self.ratio_change.map(|change| change.verdict(margin, Better::Higher))
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

fn verdict_name(verdict: Verdict) -> String {
    match verdict {
        Verdict::Slower => "SLOWER".to_owned(),
        verdict => verdict.to_string(),
    }
}

#[cfg(test)]
mod tests;
