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
    figures::three_digits,
    memory::{MemoryCost, memory_costs},
    row_quantile::quantile_name,
    scenarios::{ScenarioPattern, Title},
    seeded_bugs::detected_by,
};
use hotrow_results::{
    CheckRow, MeasurementRow, Role,
    stats::{
        Better, Blocks, HodgesLehmannShift, Interval, Margin, Ratio, Saturation, Summary,
        Verdict as RatioVerdict, median,
    },
};

/// The verdict on a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The claim was shown.
    Holds,
    /// Neither the claim nor the opposite was shown.
    NotToldApart,
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
            Verdict::NotToldApart => "not told apart",
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

    /// Returns the values of a metric. The response times of a saturated strategy are an error:
    /// they only say how long the measurement lasted.
    fn values(&self, name: &str, metric: Metric) -> Result<Blocks, String> {
        let (series, title) = (self.series(name)?, &self.title);
        match (metric, self.measured.quantile_ppm) {
            (Metric::Response, None) => {
                Err(format!("this machine repeats no quantile of noop: {title}"))
            }
            (Metric::Response, Some(_)) if series.load().is_some_and(Saturation::is_saturated) => {
                Err(format!("{name} is saturated: {title}"))
            }
            (Metric::Response, Some(ppm)) => Ok(series.responses_at(ppm)),
            _ => Ok(metric.values(series)),
        }
    }

    /// Returns the name of a metric, with the quantile if it is a response time.
    fn metric_name(&self, metric: Metric) -> String {
        match (metric, self.measured.quantile_ppm) {
            (Metric::Response, Some(ppm)) => format!("{} at {}", metric.name(), quantile_name(ppm)),
            _ => metric.name().to_owned(),
        }
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
        let scaled = divided(ratio, by);
        let verdict = to_verdict(scaled.verdict(Better::Higher), scaled.interval, is)
            .ok_or_else(|| format!("insufficient samples: {}", self.title))?;
        let (name, title) = (self.metric_name(metric), &self.title);
        let (middle, interval) = split_interval(&ratio.to_string());
        let measured = format!("{contender} has {middle} the {name} of {baseline}; {title}");
        Ok(Finding { measured, interval, verdict })
    }

    fn value(&self, of: &str, metric: Metric, is: Relation, than: f64) -> FindingResult {
        let values = self.values(of, metric)?;
        let summary = Summary::of(&values)
            .ok_or_else(|| format!("{of} has no {}: {}", metric.name(), self.title))?;
        let interval =
            summary.interval.ok_or_else(|| format!("insufficient samples: {}", self.title))?;
        let scaled = interval.map(|end| end / than);
        let comparison = match (scaled.low > 1.0, scaled.high < 1.0) {
            (true, _) => RatioVerdict::Faster,
            (_, true) => RatioVerdict::Slower,
            _ => RatioVerdict::NotToldApart { at_most: scaled.high.max(scaled.low.recip()) },
        };
        let verdict = to_verdict(comparison, Some(scaled), is)
            .expect("to_verdict returns None only without an interval or for Unknown");
        let (name, shown) = (self.metric_name(metric), metric.show(summary.median));
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
    let scaled = shift.interval.map(|interval| interval.map(|end| end / by));
    let scaled = HodgesLehmannShift { ratio: shift.ratio / by, interval: scaled, ..shift };
    let verdict =
        to_verdict(scaled.verdict(Margin::DIFFERENCE, Better::Higher), scaled.interval, is);
    let verdict = verdict.ok_or_else(|| format!("insufficient samples: {}", here.title))?;
    let (middle, interval) = split_interval(&shift.to_string());
    let (name, here, there) = (here.metric_name(metric), here.title, there.title);
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

/// Splits `1.83 x [1.71, 1.96]` into ratio and interval.
fn split_interval(text: &str) -> (String, String) {
    let at = text.find(" [").unwrap_or(text.len());
    (text[..at].to_owned(), text[at..].trim().to_owned())
}

/// Converts the verdict on a ratio to the verdict on a claim. Returns `None` without an interval.
///
/// A ratio that does not differ from one does not show that two numbers are the same: a claim of "no
/// more" holds only if the interval excludes the opposite beyond a tenth. And two numbers that were
/// shown to be equal contradict a claim that one of them is more.
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
    let is_equal = matches!(found, RatioVerdict::Equal(_));
    let is_opposite = match is {
        Relation::More => found == RatioVerdict::Slower || is_equal,
        Relation::Less => found == RatioVerdict::Faster || is_equal,
        Relation::NoLess => found == RatioVerdict::Slower,
        Relation::NoMore => found == RatioVerdict::Faster,
        Relation::Same => found.is_difference(),
    };
    match (found, holds, is_opposite) {
        (RatioVerdict::Unknown, ..) => None,
        (_, true, _) => Some(Verdict::Holds),
        (_, _, true) => Some(Verdict::Contradicted),
        _ => Some(Verdict::NotToldApart),
    }
}

/// Converts the ratio of two exact counts to the verdict on a claim.
fn exact_verdict(ours: f64, theirs: f64, is: Relation) -> Verdict {
    let ratio = ours / theirs;
    let found = match ratio {
        ratio if ratio > SAME_MAX => RatioVerdict::Faster,
        ratio if ratio < SAME_MAX.recip() => RatioVerdict::Slower,
        ratio => RatioVerdict::NotToldApart { at_most: ratio.max(ratio.recip()) },
    };
    to_verdict(found, Some(Interval { low: ratio, high: ratio }), is)
        .expect("to_verdict returns None only without an interval or for Unknown")
}
