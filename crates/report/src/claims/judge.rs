//! Judges claims by the evidence.

mod facts;

use self::facts::{check, fits, memory};
use super::{
    evidence::Evidence,
    expectation::{Expectation, Fit, Names, Per, Proved, Relation},
    metric::Metric,
};
use crate::{
    comparison::Measured,
    contender_summary::{AuditSummary, Series},
    figures::{percent_above_one, three_digits},
    memory::{MemoryCost, memory_costs},
    scenarios::{ScenarioPattern, Title},
    seeded_bugs::detected_by,
};
use hotrow_results::{
    CheckRow, MeasurementRow, Role,
    stats::{
        Better, Blocks, HodgesLehmannShift, Interval, NoiseFloor, Ratio, Summary,
        Verdict as RatioVerdict, median,
    },
};

/// The verdict on a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The claim was shown.
    Holds,
    /// Neither the claim nor the opposite was shown: there is no significant difference.
    Tie,
    /// The opposite was shown.
    Contradicted,
    /// There is no evidence for or against the claim.
    NotMeasured,
}

impl Verdict {
    /// Returns the name of the verdict, as it is printed and compared.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Tie => "tie",
            Verdict::Contradicted => "contradicted",
            Verdict::NotMeasured => "not measured",
        }
    }
}

/// The judgement of a claim.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    /// The measured result, in words and numbers.
    pub(super) measured: String,
    /// The interval of the result; empty for bytes and for properties, which have none.
    pub(super) interval: String,
    pub(super) verdict: Verdict,
}

/// Two numbers with a ratio of at most this count as the same.
const SAME_MAX: f64 = 1.1;

/// A finding, or the reason why the claim cannot be judged.
type FindingResult = Result<Finding, String>;

/// Judges one expectation.
pub(super) fn judge(expectation: &Expectation, evidence: &Evidence<'_>) -> Finding {
    let found = match expectation {
        Expectation::Ratio { of, to, metric, is, by, scenario } => {
            Scenario::find(scenario, evidence)
                .and_then(|scenario| scenario.ratio(of, to, *metric, *is, *by))
        }
        Expectation::Across { of, metric, is, by, scenario, to_scenario } => {
            across(evidence, of, *metric, *is, *by, [scenario, to_scenario])
        }
        Expectation::Value { of, metric, is, than, scenario } => Scenario::find(scenario, evidence)
            .and_then(|scenario| scenario.value(of, *metric, *is, *than)),
        Expectation::Proof { of, properties, is } => check(evidence, of, properties, *is),
        Expectation::Memory { of, to, per, store, is } => {
            memory(evidence, of, to, *per, store, *is)
        }
        Expectation::Fits { of, store, is } => fits(evidence.checks(), of, store, *is),
        Expectation::Judgement { why } => Err(why.clone()),
    };
    found.unwrap_or_else(|reason| Finding {
        measured: reason,
        interval: String::new(),
        verdict: Verdict::NotMeasured,
    })
}

/// The rows of one scenario.
struct Scenario<'a> {
    title: String,
    measured: Measured<'a>,
}

impl<'a> Scenario<'a> {
    fn find(pattern: &ScenarioPattern, evidence: &Evidence<'a>) -> Result<Scenario<'a>, String> {
        let rows: Vec<&MeasurementRow> =
            pattern.rows(&evidence.run.rows, evidence.run.environment.cores)?;
        let (title, measured) = (Title::from_row(rows[0]).to_string(), Measured::new(&rows));
        match measured.is_measured {
            true => Ok(Scenario { title, measured }),
            false => Err(format!("{title}: more than half of the blocks are excluded")),
        }
    }

    /// Returns the series of a strategy, but not of the A/A control. A contender with a violation
    /// is an error.
    fn series(&self, name: &str) -> Result<&Series<'a>, String> {
        let is_it =
            |series: &&Series<'_>| series.strategy == name && series.role != Role::AaControl;
        let series = self.measured.series.iter().find(is_it);
        let series = series.ok_or_else(|| format!("{name} was not measured: {}", self.title))?;
        match (series.audit(), series.role) {
            (AuditSummary::Violation { .. }, Role::Contender) => {
                Err(format!("the audit of {name} found a violation: {}", self.title))
            }
            _ => Ok(series),
        }
    }

    fn values(&self, name: &str, metric: Metric) -> Result<Blocks, String> {
        Ok(metric.values(self.series(name)?, self.series("noop").ok()))
    }

    /// Returns the strategy with the best median, with its values.
    fn best<'n>(
        &self,
        names: impl Iterator<Item = &'n str>,
        metric: Metric,
        is: Relation,
    ) -> Result<(&'n str, Blocks), String> {
        let mut best: Option<(&str, Blocks, f64)> = None;
        let mut reason = "no strategy was measured".to_owned();
        for name in names {
            let values = match self.values(name, metric) {
                Ok(values) => values,
                Err(error) => {
                    reason = error;
                    continue;
                }
            };
            let Some(middle) = median(&values.measured()) else { continue };
            let is_better = best.as_ref().is_none_or(|(_, _, known)| match is.is_downward() {
                true => middle < *known,
                false => middle > *known,
            });
            if is_better {
                best = Some((name, values, middle));
            }
        }
        best.map(|(name, values, _)| (name, values)).ok_or(reason)
    }

    /// Returns the contenders whose audit passes, without those in `excluded`.
    fn others(&self, excluded: &[&str]) -> Vec<&'a str> {
        let is_other = |series: &&Series<'a>| {
            let passes = matches!(series.audit(), AuditSummary::Pass { .. });
            series.role == Role::Contender && passes && !excluded.contains(&series.strategy)
        };
        self.measured.series.iter().filter(is_other).map(|series| series.strategy).collect()
    }

    /// Returns the A/A noise of this metric.
    fn noise(&self, metric: Metric) -> NoiseFloor {
        let noop = self.series("noop").ok();
        let control = self.measured.series.iter().find(|series| series.role == Role::AaControl);
        let noise = control.and_then(|control| {
            let original = self.series(control.strategy).ok()?;
            NoiseFloor::from_aa_pairs(&metric.values(original, noop), &metric.values(control, noop))
        });
        noise.unwrap_or(NoiseFloor::MIN)
    }

    fn ratio(
        &self,
        of: &Names,
        to: &Names,
        metric: Metric,
        is: Relation,
        by: f64,
    ) -> FindingResult {
        let of = of.list();
        let to = if to.is_others() { self.others(&of) } else { to.list() };
        let (contender, ours) = self.best(of.into_iter(), metric, is)?;
        let (baseline, theirs) = self.best(to.into_iter(), metric, is)?;
        let ratio = Ratio::of(&ours, &theirs)
            .ok_or_else(|| format!("{contender} and {baseline} share no block: {}", self.title))?;
        let noise = self.noise(metric);
        let scaled = divided(ratio, by);
        let verdict = to_verdict(scaled.verdict(noise, Better::Higher), scaled.interval, is)
            .ok_or_else(|| format!("insufficient samples: {}", self.title))?;
        let (name, title) = (metric.name(), &self.title);
        let (middle, interval) = split_interval(&ratio.to_string(), noise);
        let measured = format!("{contender} has {middle} the {name} of {baseline}; {title}");
        Ok(Finding { measured, interval, verdict })
    }

    fn value(&self, of: &str, metric: Metric, is: Relation, than: f64) -> FindingResult {
        let values = self.values(of, metric)?;
        let summary = Summary::of(&values)
            .ok_or_else(|| format!("{of} has no {}: {}", metric.name(), self.title))?;
        let interval =
            summary.interval.ok_or_else(|| format!("insufficient samples: {}", self.title))?;
        let comparison = match (interval.low > than, interval.high < than) {
            (true, _) => RatioVerdict::Faster,
            (_, true) => RatioVerdict::Slower,
            _ => RatioVerdict::Tie,
        };
        let scaled = interval.map(|end| end / than);
        let verdict = to_verdict(comparison, Some(scaled), is)
            .expect("to_verdict returns None only without an interval or for Unknown");
        let (name, shown) = (metric.name(), metric.show(summary.median));
        let measured = format!("{of}: {name} {shown}; {}", self.title);
        let [low, high] = [interval.low, interval.high].map(|end| metric.show(end));
        Ok(Finding { measured, interval: format!("[{low}, {high}]"), verdict })
    }
}

/// Compares one strategy in two scenarios. Their blocks are not pairs.
fn across(
    evidence: &Evidence<'_>,
    of: &str,
    metric: Metric,
    is: Relation,
    by: f64,
    scenarios: [&ScenarioPattern; 2],
) -> FindingResult {
    let [here, there] =
        [Scenario::find(scenarios[0], evidence)?, Scenario::find(scenarios[1], evidence)?];
    let [ours, theirs] = [here.values(of, metric)?, there.values(of, metric)?];
    let shift = HodgesLehmannShift::of(&ours, &theirs)
        .ok_or_else(|| format!("{of} has no {}", metric.name()))?;
    let noise = NoiseFloor::wider(here.noise(metric), there.noise(metric));
    let scaled = shift.interval.map(|interval| interval.map(|end| end / by));
    let scaled = HodgesLehmannShift { ratio: shift.ratio / by, interval: scaled, ..shift };
    let verdict = to_verdict(scaled.verdict(noise, Better::Higher), scaled.interval, is);
    let verdict = verdict.ok_or_else(|| format!("insufficient samples: {}", here.title))?;
    let (middle, interval) = split_interval(&shift.to_string(), noise);
    let (name, here, there) = (metric.name(), here.title, there.title);
    Ok(Finding {
        measured: format!("{of} has {middle} the {name}; {here}, compared with {there}"),
        interval,
        verdict,
    })
}

fn divided(ratio: Ratio, by: f64) -> Ratio {
    let interval = ratio.interval.map(|interval| interval.map(|end| end / by));
    Ratio { median: ratio.median / by, interval, ..ratio }
}

/// Splits `1.83 x [1.71, 1.96]` into ratio and interval, and adds the A/A noise to the interval.
fn split_interval(text: &str, noise: NoiseFloor) -> (String, String) {
    let at = text.find(" [").unwrap_or(text.len());
    let (middle, interval) = (&text[..at], text[at..].trim());
    (middle.to_owned(), format!("{interval}, A/A noise {}", percent_above_one(noise.ratio())))
}

/// Converts the verdict on a ratio to the verdict on a claim. Returns `None` without an interval.
///
/// A tie of the ratio does not show that two numbers are the same: the interval must also be
/// narrow.
fn to_verdict(found: RatioVerdict, interval: Option<Interval>, is: Relation) -> Option<Verdict> {
    let Interval { low, high } = interval?;
    let (no_less, no_more) = (SAME_MAX.recip() <= low, high <= SAME_MAX);
    let holds = match is {
        Relation::More => found == RatioVerdict::Faster,
        Relation::Less => found == RatioVerdict::Slower,
        Relation::Same => no_less && no_more,
        Relation::NoLess => no_less || found == RatioVerdict::Faster,
        Relation::NoMore => no_more || found == RatioVerdict::Slower,
    };
    let is_opposite = match is {
        Relation::More | Relation::NoLess => found == RatioVerdict::Slower,
        Relation::Less | Relation::NoMore => found == RatioVerdict::Faster,
        Relation::Same => found == RatioVerdict::Faster || found == RatioVerdict::Slower,
    };
    match (found, holds, is_opposite) {
        (RatioVerdict::Unknown, ..) => None,
        (_, true, _) => Some(Verdict::Holds),
        (_, _, true) => Some(Verdict::Contradicted),
        _ => Some(Verdict::Tie),
    }
}

/// Converts the ratio of two exact counts to the verdict on a claim.
fn exact_verdict(ours: f64, theirs: f64, is: Relation) -> Verdict {
    let ratio = ours / theirs;
    let found = match ratio {
        ratio if ratio > SAME_MAX => RatioVerdict::Faster,
        ratio if ratio < SAME_MAX.recip() => RatioVerdict::Slower,
        _ => RatioVerdict::Tie,
    };
    to_verdict(found, Some(Interval { low: ratio, high: ratio }), is)
        .expect("to_verdict returns None only without an interval or for Unknown")
}
