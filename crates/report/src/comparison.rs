//! Compares all strategies of one scenario and ranks those whose audit passes.
//!
//! Contenders whose audit passes are ranked. References are listed below them. Negative controls
//! and contenders with a violation are listed last and have no rank: the speed of a wrong answer
//! has no value.

use std::{cmp::Ordering, collections::BTreeSet, ops::Range};

mod values;

pub(super) use self::values::RankedBy;
use self::values::{aa_control, rank};

use super::{
    contender_summary::{AuditSummary, ContenderSummary, Series},
    row_quantile::quantile_name,
    scenarios::Title,
};
use hotrow_results::{
    Kind, MeasurementRow, Role, RunWriter,
    stats::{BLOCKS_MIN, Better, Blocks, Confidence, Ratio},
};

/// The preferred baselines: the first that ran in the scenario and passed its audit. Without one,
/// the contender with an A/A control is the baseline, and without that the first contender by name.
const BASELINES: [&str; 3] = ["mutex", "row-lock", "async-mutex"];

/// The results of one scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The stable name of the scenario.
    pub scenario: String,
    /// The scenario in words.
    pub title: Title,
    /// How its rows were measured.
    pub kind: Kind,
    /// Blocks that are not excluded and have at least one complete measurement.
    pub blocks: usize,
    /// The number of forks.
    pub forks: usize,
    /// The number of blocks that are excluded because of interference, and the reason for the last
    /// of them.
    pub excluded_because: Option<(usize, String)>,
    /// The contender that ratios are taken to.
    pub baseline: Option<String>,
    /// The strategy that ran twice under two names, if both runs share a block.
    pub aa_strategy: Option<String>,
    /// The ratio of that strategy to itself.
    pub aa_ratio: Option<Ratio>,
    /// The quantile of the response time that contenders are ranked by, in millionths. `None` in a
    /// closed loop, and if the machine repeats none that has enough samples.
    pub quantile_ppm: Option<u32>,
    /// How far the ranking can be relied on; `None` if fewer than two contenders are ranked.
    pub confidence: Option<Confidence>,
    /// Contenders whose audit passes: first the ranked ones, best first, then the others.
    pub contenders: Vec<ContenderSummary>,
    /// The lead of each tier's leader over the next tier's leader: the ratio of their rates or, in
    /// an open loop, of their response times. Above 1 the leader is better.
    pub leads: Vec<Ratio>,
    /// References.
    pub references: Vec<ContenderSummary>,
    /// Contenders with a violation, and negative controls.
    pub unranked: Vec<ContenderSummary>,
    /// Whether a measurement was stopped before its end.
    pub partial: bool,
    /// The values that contenders are ranked by, over the replicates, of each contender whose audit
    /// passes and of each reference.
    values: Vec<(String, Blocks)>,
}

/// Compares the rows of each scenario.
///
/// Scenarios are sorted by title: memory before simulated time, few users before many. The order of
/// the rows has no effect, since it is shuffled.
pub fn comparisons(rows: &[MeasurementRow]) -> Vec<Comparison> {
    let mut scenarios: Vec<Vec<&MeasurementRow>> = Vec::new();
    for row in rows {
        match scenarios.iter_mut().find(|scenario| scenario[0].scenario == row.scenario) {
            Some(scenario) => scenario.push(row),
            None => scenarios.push(vec![row]),
        }
    }
    let mut comparisons: Vec<_> =
        scenarios.iter().map(|rows| Comparison::from_rows(rows)).collect();
    // Only a number that is not one could be incomparable, and no part of a scenario is one.
    comparisons.sort_by(|a, b| a.title.partial_cmp(&b.title).unwrap_or(Ordering::Equal));
    comparisons
}

impl Comparison {
    /// Compares the rows of one scenario. There is at least one.
    fn from_rows(rows: &[&MeasurementRow]) -> Comparison {
        let kind = rows[0].kind;
        let validity = Validity::from_rows(rows);
        let all_series = series(rows, &validity);
        let passes = |series: &&Series<'_>| matches!(series.audit(), AuditSummary::Pass { .. });
        let (contenders, violating): (Vec<_>, Vec<_>) =
            with_role(&all_series, Role::Contender).into_iter().partition(passes);
        let noop = all_series.iter().find(|series| series.strategy == "noop");
        let by = RankedBy::new(kind, &all_series);
        let value = |series: &Series<'_>| by.values(series);
        let (aa_strategy, aa_ratio) = aa_control(&all_series, value);
        let is_aa = |series: &&&Series<'_>| Some(series.strategy) == aa_strategy.as_deref();
        let baseline = BASELINES
            .iter()
            .find_map(|name| contenders.iter().find(|series| series.strategy == *name))
            .or_else(|| contenders.iter().find(is_aa))
            .or(contenders.first());
        let baseline_values = baseline.map(|series| value(series)).unwrap_or_default();
        let summarize = |series: &Series<'_>| {
            series.summary(noop, by.quantile_ppm()).compared(&value(series), &baseline_values, by)
        };
        let summaries = |listed: &[&Series<'_>]| -> Vec<ContenderSummary> {
            listed.iter().map(|series| summarize(series)).collect()
        };
        let named = |series: &&Series<'_>| (series.strategy.to_owned(), value(series));
        let mut values: Vec<(String, Blocks)> = contenders.iter().map(named).collect();
        let summarized = summaries(&contenders);
        let (ranked, leads, confidence) = match validity.is_measured() {
            true => rank(summarized, &values, better(kind)),
            false => (summarized, Vec::new(), None),
        };

        let references = with_role(&all_series, Role::Reference);
        values.extend(references.iter().map(named));
        let mut unranked = violating;
        unranked.extend(with_role(&all_series, Role::NegativeControl));
        Comparison {
            scenario: rows[0].scenario.clone(),
            title: Title::from_row(rows[0]),
            kind,
            blocks: validity.measured,
            forks: validity.forks,
            excluded_because: validity.excluded_because,
            baseline: baseline.map(|series| series.strategy.to_owned()),
            aa_strategy: aa_strategy.filter(|_| aa_ratio.is_some()),
            aa_ratio,
            quantile_ppm: by.quantile_ppm(),
            confidence,
            contenders: ranked,
            leads,
            references: summaries(&references),
            unranked: summaries(&unranked),
            partial: rows.iter().any(|row| row.truncated),
            values,
        }
    }

    /// Whether at least half of its blocks are not excluded. If not, nothing is ranked, and the
    /// numbers shown are of all blocks.
    pub fn is_measured(&self) -> bool {
        self.excluded_because.as_ref().is_none_or(|(excluded, _)| *excluded <= self.blocks)
    }

    /// Whether its numbers are shown: at least half of its blocks, and at least one, are not
    /// excluded.
    pub(super) fn is_shown(&self) -> bool {
        self.is_measured() && self.blocks > 0
    }

    /// Returns whether a higher or a lower value ranks first.
    pub fn better(&self) -> Better {
        better(self.kind)
    }

    /// Returns the ratio of the values that contenders are ranked by. Each name is a contender
    /// whose audit passes, or a reference.
    pub fn ratio(&self, strategy: &str, baseline: &str) -> Option<Ratio> {
        Ratio::of(self.values(strategy)?, self.values(baseline)?)
    }

    /// Returns the values, over the replicates, that contenders are ranked by, of a contender whose
    /// audit passes or of a reference.
    pub fn values(&self, strategy: &str) -> Option<&Blocks> {
        self.values.iter().find(|(known, _)| known == strategy).map(|(_, values)| values)
    }

    /// Returns the summary of a strategy. The A/A control has none.
    pub fn summary(&self, strategy: &str) -> Option<&ContenderSummary> {
        self.summaries().find(|summary| summary.strategy == strategy)
    }

    /// Returns the contenders of each tier, best tier first.
    pub fn tiers(&self) -> Vec<Vec<&ContenderSummary>> {
        let mut tiers: Vec<Vec<&ContenderSummary>> = Vec::new();
        for summary in &self.contenders {
            let Some(rank) = summary.rank else { continue };
            tiers.resize_with(tiers.len().max(rank), Vec::new);
            tiers[rank - 1].push(summary);
        }
        tiers
    }

    /// Returns the name of the ranked quantile, as `p90`; `None` if nothing is ranked by one.
    pub fn quantile_name(&self) -> Option<String> {
        self.quantile_ppm.map(quantile_name)
    }

    /// Returns every summary, in the order of the table.
    pub fn summaries(&self) -> impl Iterator<Item = &ContenderSummary> {
        self.contenders.iter().chain(&self.references).chain(&self.unranked)
    }
}

fn better(kind: Kind) -> Better {
    match kind {
        Kind::OpenLoop | Kind::SingleClient => Better::Lower,
        Kind::ClosedLoop | Kind::Simulated | Kind::Http | Kind::Database => Better::Higher,
    }
}

/// The blocks of a scenario: valid, excluded and complete ones.
struct Validity {
    /// The blocks that are evaluated, as fork and block: the valid ones, or all if fewer are valid
    /// than excluded. Sorted.
    evaluated: Vec<(u32, u32)>,
    /// The number of valid blocks with at least one complete measurement.
    measured: usize,
    forks: usize,
    excluded_because: Option<(usize, String)>,
}

impl Validity {
    fn from_rows(rows: &[&MeasurementRow]) -> Validity {
        let block_of = |row: &&&MeasurementRow| (row.fork, row.block);
        let distinct = |rows: &mut dyn Iterator<Item = &&MeasurementRow>| {
            rows.map(|row| block_of(&row)).collect::<BTreeSet<(u32, u32)>>()
        };
        let valid = distinct(&mut rows.iter().filter(|row| row.excluded_because.is_empty()));
        let is_excluded = |row: &&&MeasurementRow| {
            !row.excluded_because.is_empty() && row.excluded_because != RunWriter::INTERRUPTED
        };
        let excluded = distinct(&mut rows.iter().filter(is_excluded));
        let reason = rows.iter().rfind(is_excluded).map(|row| row.excluded_because.clone());
        let too_few = valid.len() < excluded.len();
        let evaluated =
            if too_few { valid.union(&excluded).copied().collect() } else { valid.clone() };
        let complete = rows.iter().filter(|row| !row.truncated && valid.contains(&block_of(row)));
        let measured: BTreeSet<_> = complete.map(|row| block_of(&row)).collect();
        let forks: BTreeSet<u32> = rows.iter().map(|row| row.fork).collect();
        Validity {
            evaluated: evaluated.into_iter().collect(),
            measured: measured.len(),
            forks: forks.len(),
            excluded_because: reason.map(|reason| (excluded.len(), reason)),
        }
    }

    fn is_measured(&self) -> bool {
        self.excluded_because.as_ref().is_none_or(|(excluded, _)| *excluded <= self.measured)
    }

    /// Returns the index of the row's block among the evaluated blocks.
    fn index_of(&self, row: &MeasurementRow) -> Option<usize> {
        self.evaluated.binary_search(&(row.fork, row.block)).ok()
    }

    /// Returns the blocks of each fork, if there are enough forks to use them as replicates.
    fn replicates(&self) -> Option<Vec<Range<usize>>> {
        let chunks = self.evaluated.chunk_by(|a, b| a.0 == b.0);
        let mut end = 0;
        let ranges: Vec<Range<usize>> = chunks
            .map(|chunk| {
                end += chunk.len();
                end - chunk.len()..end
            })
            .collect();
        (ranges.len() >= BLOCKS_MIN).then_some(ranges)
    }
}

/// The rows of one scenario, or of several that are measured in the same blocks, without a ranking.
pub(super) struct Measured<'a> {
    /// One for each scenario, strategy and role, all over the same blocks.
    pub(super) series: Vec<Series<'a>>,
    /// The quantile of the response time that an open loop is ranked by, in millionths.
    pub(super) quantile_ppm: Option<u32>,
    /// Whether at least half of the blocks are not excluded.
    pub(super) is_measured: bool,
    /// The number of blocks that are excluded because of interference, and the reason for the last
    /// of them.
    pub(super) excluded_because: Option<(usize, String)>,
}

impl<'a> Measured<'a> {
    pub(super) fn new(rows: &[&'a MeasurementRow]) -> Measured<'a> {
        let validity = Validity::from_rows(rows);
        let (series, is_measured) = (series(rows, &validity), validity.is_measured());
        let kind = rows.first().map_or(Kind::ClosedLoop, |row| row.kind);
        let quantile_ppm = RankedBy::new(kind, &series).quantile_ppm();
        let excluded_because = validity.excluded_because;
        Measured { series, quantile_ppm, is_measured, excluded_because }
    }
}

/// Groups the rows by scenario, strategy and role, sorted by strategy: the order of blocks is
/// shuffled, and a table must not depend on it.
fn series<'a>(rows: &[&'a MeasurementRow], validity: &Validity) -> Vec<Series<'a>> {
    let mut all_series: Vec<Series<'a>> = Vec::new();
    for row in rows {
        let known = |series: &Series<'_>| {
            (series.scenario, series.strategy, series.role)
                == (&row.scenario, &row.strategy, row.role)
        };
        let index = all_series.iter().position(known).unwrap_or_else(|| {
            let blocks = validity.evaluated.len();
            all_series.push(Series::new(row, blocks, validity.replicates()));
            all_series.len() - 1
        });
        let is_evaluated = row.excluded_because.is_empty() || !validity.is_measured();
        all_series[index].push(validity.index_of(row).filter(|_| is_evaluated), row);
    }
    all_series.sort_by_key(|series| series.strategy);
    all_series
}

fn with_role<'s, 'a>(all_series: &'s [Series<'a>], role: Role) -> Vec<&'s Series<'a>> {
    all_series.iter().filter(|series| series.role == role).collect()
}

#[cfg(test)]
mod tests;
