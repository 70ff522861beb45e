//! The values that contenders are ranked by, and the ranking itself.

use super::{ContenderSummary, Series};
use hotrow_results::{
    Kind, Role,
    stats::{
        Better, Blocks, Confidence, Ratio, ResponseBlock, Subject, Tiers, choose_quantile, tiers,
    },
};

/// The seed of the bootstrap is fixed, so that equal rows give an equal page.
const SEED: u64 = 1;

/// What contenders are ranked by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum RankedBy {
    /// Requests a second.
    Rate,
    /// A quantile of the response time, in millionths; `None` if none can be used.
    Response(Option<u32>),
}

impl RankedBy {
    /// Chooses the quantile of an open loop, by what the machine repeats for `noop` and for the A/A
    /// pair. A contender that is not measured in every block has no say.
    pub(super) fn new(kind: Kind, all_series: &[Series<'_>]) -> RankedBy {
        if kind != Kind::OpenLoop {
            return RankedBy::Rate;
        }
        let control = all_series.iter().find(|series| series.role == Role::AaControl);
        let is_control = |series: &&Series<'_>| {
            let is_pair = control.is_some_and(|control| control.strategy == series.strategy);
            series.strategy == "noop" || is_pair
        };
        let controls: Vec<Vec<ResponseBlock>> =
            all_series.iter().filter(is_control).map(Series::response_blocks).collect();
        let is_measured = |series: &&Series<'_>| {
            matches!(series.role, Role::Contender | Role::AaControl | Role::Reference)
        };
        let measured: Vec<Vec<ResponseBlock>> =
            all_series.iter().filter(is_measured).map(Series::response_blocks).collect();
        RankedBy::Response(choose_quantile(&measured, &controls, SEED))
    }

    /// Returns the value of each replicate.
    pub(super) fn values(self, series: &Series<'_>) -> Blocks {
        match self {
            RankedBy::Rate => series.rates(),
            RankedBy::Response(Some(ppm)) => series.responses_at(ppm),
            RankedBy::Response(None) => Blocks::default(),
        }
    }

    pub(super) fn quantile_ppm(self) -> Option<u32> {
        match self {
            RankedBy::Rate => None,
            RankedBy::Response(ppm) => ppm,
        }
    }

    /// Converts a ranked value to nanoseconds a request.
    pub(crate) fn ns(self, value: f64) -> f64 {
        match self {
            RankedBy::Rate => 1e9 / value,
            RankedBy::Response(_) => value,
        }
    }
}

/// Returns the strategy that ran twice, and its ratio to itself.
pub(super) fn aa_control(
    all_series: &[Series<'_>],
    value: impl Fn(&Series<'_>) -> Blocks,
) -> (Option<String>, Option<Ratio>) {
    let Some(control) = all_series.iter().find(|series| series.role == Role::AaControl) else {
        return (None, None);
    };
    let original = all_series
        .iter()
        .find(|series| series.role == Role::Contender && series.strategy == control.strategy);
    let ratio = original.and_then(|original| Ratio::of(&value(control), &value(original)));
    (Some(control.strategy.to_owned()), ratio)
}

/// Sorts the contenders, gives each its tier, and computes the lead of each tier over the next.
///
/// A saturated contender is not ranked: its tail grows as long as the measurement lasts.
pub(super) fn rank(
    summaries: Vec<ContenderSummary>,
    values: &[(String, Blocks)],
    better: Better,
) -> (Vec<ContenderSummary>, Vec<Ratio>, Option<Confidence>) {
    let (saturated, mut unranked): (Vec<ContenderSummary>, Vec<ContenderSummary>) =
        summaries.into_iter().partition(ContenderSummary::is_saturated);
    let is_rankable = |name: &str| unranked.iter().any(|summary| summary.strategy == name);
    let subjects: Vec<Subject<'_>> = values
        .iter()
        .filter(|(name, _)| is_rankable(name))
        .map(|(name, blocks)| Subject { name, blocks })
        .collect();
    let Tiers { placements, confidence } = tiers(&subjects, better);
    let (mut ranked, mut leaders) = (Vec::new(), Vec::new());
    for placed in placements {
        let index = unranked.iter().position(|summary| summary.strategy == placed.name);
        let summary = unranked.remove(index.expect("tiers() returns the names that it was given"));
        ranked.push(ContenderSummary {
            rank: placed.rank,
            to_best: placed.ratio,
            within_tier: placed.within_tier,
            inconclusive: placed.ratio.is_some_and(|ratio| is_inconclusive(&ratio)),
            ..summary
        });
        if placed.rank.is_some_and(|rank| rank > leaders.len()) {
            let subject = subjects.iter().find(|subject| subject.name == placed.name);
            leaders.push(subject.expect("tiers() returns the names that it was given").blocks);
        }
    }
    let lead = |pair: &[&Blocks]| match better {
        Better::Higher => Ratio::of(pair[0], pair[1]),
        Better::Lower => Ratio::of(pair[1], pair[0]),
    };
    let leads = leaders.windows(2).filter_map(lead).collect();
    ranked.extend(saturated);
    (ranked, leads, confidence)
}

/// Whether the interval of a ratio is wider than a factor of 2.
fn is_inconclusive(ratio: &Ratio) -> bool {
    const SPAN_MAX: f64 = 2.0;
    ratio.interval.is_some_and(|interval| interval.low * SPAN_MAX < interval.high)
}
