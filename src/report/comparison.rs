//! All strategies of one cell, ranked where that is deserved.
//!
//! A contender whose books balance is ranked. A reference is a limit and is listed below. A control,
//! and whatever else does not balance, is listed last: how fast a wrong answer comes is no merit.

use std::{collections::BTreeSet, ops::Range};

use super::{
    standing::{Books, Series, Standing},
    title::Title,
};
use crate::{
    record::{Journal, Kind, Role, Row},
    stats::{BLOCKS_MIN, Better, Blocks, Floor, Ratio, Subject, tiers},
};

/// What others are compared with, the first of these that ran in the cell and balances; else what
/// has a twin, else any.
const BASELINES: [&str; 2] = ["mutex", "async-mutex"];

/// What was found in one cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The stable name of the cell.
    pub cell: String,
    /// The same for people.
    pub title: Title,
    /// What its rows may be quoted for.
    pub kind: Kind,
    /// Blocks in which anything was measured to its end and which count.
    pub blocks: usize,
    /// Fresh processes that these blocks are of.
    pub processes: usize,
    /// Blocks that do not count, by what was seen from outside, and why the last of them does not.
    pub invalid: Option<(usize, String)>,
    /// What ratios are to.
    pub baseline: Option<String>,
    /// The strategy that ran twice, if one did and both runs share a block.
    pub twin: Option<String>,
    /// How often identical code measured, to itself.
    pub twins: Option<Ratio>,
    /// What the cell can resolve; [`Floor::MIN`] without twins.
    pub floor: Floor,
    /// Contenders that balance: ranked, best first, then those that are not.
    pub contenders: Vec<Standing>,
    /// How far the leader of each tier is ahead of the next tier's: how many times as many requests
    /// or, under a promised rate, how many times as long the next one's response takes.
    pub leads: Vec<Ratio>,
    /// References.
    pub limits: Vec<Standing>,
    /// Contenders that do not balance, and controls.
    pub unsound: Vec<Standing>,
    /// Whether a measurement was stopped before its end.
    pub partial: bool,
    /// What each contender that balances is ranked by, and what the same is of each reference, over
    /// the replicates.
    values: Vec<(String, Blocks)>,
}

/// Compares what was measured, cell by cell: memory before what takes time, few users before many.
/// Not in the order of the rows, which is shuffled.
pub fn comparisons(rows: &[Row]) -> Vec<Comparison> {
    let mut cells: Vec<Vec<&Row>> = Vec::new();
    for row in rows {
        match cells.iter_mut().find(|cell| cell[0].cell == row.cell) {
            Some(cell) => cell.push(row),
            None => cells.push(vec![row]),
        }
    }
    let mut comparisons: Vec<_> = cells.iter().map(|rows| Comparison::of(rows)).collect();
    comparisons.sort_by(|one, other| one.title.cmp(&other.title));
    comparisons
}

impl Comparison {
    /// Compares the rows of one cell, of which there is at least one.
    fn of(rows: &[&Row]) -> Comparison {
        let kind = rows[0].kind;
        let validity = Validity::of(rows);
        let all_series = series(rows, &validity);
        let balances = |series: &&Series<'_>| matches!(series.books(), Books::Balanced { .. });
        let (contenders, wrong): (Vec<_>, Vec<_>) =
            with_role(&all_series, Role::Contender).into_iter().partition(balances);
        let null = all_series.iter().find(|series| series.strategy == "null");
        let value = |series: &Series<'_>| match kind {
            Kind::Latency => series.tails_above(null),
            _ => series.rates(),
        };
        let (twin, twins, floor) = twins(&all_series, value);
        let baseline = BASELINES
            .iter()
            .find_map(|name| contenders.iter().find(|series| series.strategy == *name))
            .or_else(|| contenders.iter().find(|series| Some(series.strategy) == twin.as_deref()))
            .or(contenders.first());
        let baseline_values = baseline.map(|series| value(series)).unwrap_or_default();
        let standing = |series: &Series<'_>| {
            series.standing(Ratio::of(&value(series), &baseline_values), null)
        };
        let standings = |listed: &[&Series<'_>]| -> Vec<Standing> {
            listed.iter().map(|series| standing(series)).collect()
        };
        let named = |series: &&Series<'_>| (series.strategy.to_owned(), value(series));
        let mut values: Vec<(String, Blocks)> = contenders.iter().map(named).collect();
        let (ranked, leads) = match validity.is_measured() {
            true => rank(standings(&contenders), &values, floor, better(kind)),
            false => (standings(&contenders), Vec::new()),
        };

        let references = with_role(&all_series, Role::Reference);
        values.extend(references.iter().map(named));
        let mut unsound = wrong;
        unsound.extend(with_role(&all_series, Role::Control));
        Comparison {
            cell: rows[0].cell.clone(),
            title: Title::of(rows[0]),
            kind,
            blocks: validity.measured,
            processes: validity.processes,
            invalid: validity.invalid,
            baseline: baseline.map(|series| series.strategy.to_owned()),
            twin: twin.filter(|_| twins.is_some()),
            twins,
            floor,
            contenders: ranked,
            leads,
            limits: standings(&references),
            unsound: standings(&unsound),
            partial: rows.iter().any(|row| row.cut_short),
            values,
        }
    }

    /// Whether half of its blocks and more count. If not, nothing is ranked, and what is shown is of
    /// all blocks.
    pub fn is_measured(&self) -> bool {
        self.invalid.as_ref().is_none_or(|(invalid, _)| *invalid <= self.blocks)
    }

    /// Which way that is good by which it is ranked.
    pub fn better(&self) -> Better {
        better(self.kind)
    }

    /// How one compares with another in what contenders are ranked by, where both are contenders that
    /// balance, or references.
    pub fn ratio(&self, subject: &str, other: &str) -> Option<Ratio> {
        Ratio::of(self.values(subject)?, self.values(other)?)
    }

    /// What a contender that balances is ranked by, or what the same is of a reference, over the
    /// replicates.
    pub fn values(&self, strategy: &str) -> Option<&Blocks> {
        self.values.iter().find(|(known, _)| known == strategy).map(|(_, values)| values)
    }

    /// The line of a strategy that is not a twin.
    pub fn standing(&self, strategy: &str) -> Option<&Standing> {
        self.standings().find(|standing| standing.strategy == strategy)
    }

    /// The contenders of each tier, best tier first.
    pub fn tiers(&self) -> Vec<Vec<&Standing>> {
        let mut tiers: Vec<Vec<&Standing>> = Vec::new();
        for standing in &self.contenders {
            let Some(rank) = standing.rank else { continue };
            tiers.resize_with(tiers.len().max(rank), Vec::new);
            tiers[rank - 1].push(standing);
        }
        tiers
    }

    /// Every line, in the order of the table.
    pub fn standings(&self) -> impl Iterator<Item = &Standing> {
        self.contenders.iter().chain(&self.limits).chain(&self.unsound)
    }
}

fn better(kind: Kind) -> Better {
    match kind {
        Kind::Latency | Kind::Cost => Better::Lower,
        Kind::Throughput | Kind::Delay | Kind::Http => Better::Higher,
    }
}

/// Which blocks of a cell count.
struct Validity {
    /// The blocks that are looked at: those that count, or all if too few do.
    counted: Vec<(u32, u32)>,
    /// Those of them that were measured to their end.
    measured: usize,
    processes: usize,
    invalid: Option<(usize, String)>,
}

impl Validity {
    fn of(rows: &[&Row]) -> Validity {
        let place = |row: &&&Row| (row.process, row.block);
        let distinct = |rows: &mut dyn Iterator<Item = &&Row>| {
            rows.map(|row| place(&row)).collect::<BTreeSet<(u32, u32)>>()
        };
        let valid = distinct(&mut rows.iter().filter(|row| row.invalid.is_empty()));
        let objected = |row: &&&Row| !row.invalid.is_empty() && row.invalid != Journal::INTERRUPTED;
        let invalid = distinct(&mut rows.iter().filter(objected));
        let reason = rows.iter().rfind(objected).map(|row| row.invalid.clone());
        let too_few = valid.len() < invalid.len();
        let counted =
            if too_few { valid.union(&invalid).copied().collect() } else { valid.clone() };
        let whole = rows.iter().filter(|row| !row.cut_short && valid.contains(&place(row)));
        let measured: BTreeSet<_> = whole.map(|row| place(&row)).collect();
        let processes: BTreeSet<u32> = rows.iter().map(|row| row.process).collect();
        Validity {
            counted: counted.into_iter().collect(),
            measured: measured.len(),
            processes: processes.len(),
            invalid: reason.map(|reason| (invalid.len(), reason)),
        }
    }

    fn is_measured(&self) -> bool {
        self.invalid.as_ref().is_none_or(|(invalid, _)| *invalid <= self.measured)
    }

    /// The place of a block among those that are looked at.
    fn index_of(&self, row: &Row) -> Option<usize> {
        self.counted.binary_search(&(row.process, row.block)).ok()
    }

    /// The blocks of each process, where there are enough to be the replicates.
    fn replicates(&self) -> Option<Vec<Range<usize>>> {
        let chunks = self.counted.chunk_by(|one, other| one.0 == other.0);
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

/// The rows of one cell, or of several that are measured in the same blocks, for what looks at them
/// otherwise than a ranking does.
pub(super) struct Measured<'a> {
    /// By cell, strategy and role, all over the same blocks.
    pub(super) series: Vec<Series<'a>>,
    /// Whether half of its blocks and more count.
    pub(super) is_measured: bool,
    /// Blocks that do not count, by what was seen from outside, and why the last of them does not.
    pub(super) invalid: Option<(usize, String)>,
}

impl<'a> Measured<'a> {
    /// Takes the rows.
    pub(super) fn of(rows: &[&'a Row]) -> Measured<'a> {
        let validity = Validity::of(rows);
        let (series, is_measured) = (series(rows, &validity), validity.is_measured());
        Measured { series, is_measured, invalid: validity.invalid }
    }
}

/// The rows of each cell, strategy and role, by the name of the strategy: blocks are shuffled, and a table
/// must not be.
fn series<'a>(rows: &[&'a Row], validity: &Validity) -> Vec<Series<'a>> {
    let mut all_series: Vec<Series<'a>> = Vec::new();
    for row in rows {
        let known = |series: &Series<'_>| {
            (series.cell, series.strategy, series.role) == (&row.cell, &row.strategy, row.role)
        };
        let place = all_series.iter().position(known).unwrap_or_else(|| {
            let blocks = validity.counted.len();
            all_series.push(Series::new(row, blocks, validity.replicates()));
            all_series.len() - 1
        });
        let counts = row.invalid.is_empty() || !validity.is_measured();
        all_series[place].push(validity.index_of(row).filter(|_| counts), row);
    }
    all_series.sort_by_key(|series| series.strategy);
    all_series
}

fn with_role<'s, 'a>(all_series: &'s [Series<'a>], role: Role) -> Vec<&'s Series<'a>> {
    all_series.iter().filter(|series| series.role == role).collect()
}

/// Who ran twice, how the two came out, and what that leaves to be told apart.
fn twins(
    all_series: &[Series<'_>],
    value: impl Fn(&Series<'_>) -> Blocks,
) -> (Option<String>, Option<Ratio>, Floor) {
    let Some(twin) = all_series.iter().find(|series| series.role == Role::Twin) else {
        return (None, None, Floor::MIN);
    };
    let original = all_series
        .iter()
        .find(|series| series.role == Role::Contender && series.strategy == twin.strategy);
    let values = original.map(|original| (value(twin), value(original)));
    let twins = values.as_ref().and_then(|(twin, original)| Ratio::of(twin, original));
    let floor = values.as_ref().and_then(|(twin, original)| Floor::of_twins(original, twin));
    (Some(twin.strategy.to_owned()), twins, floor.unwrap_or(Floor::MIN))
}

/// The contenders in order, each with its tier, and the lead of each tier over the next. Who did not
/// keep a promised rate is not ranked: the longer it is measured, the longer its tail gets.
fn rank(
    standings: Vec<Standing>,
    values: &[(String, Blocks)],
    floor: Floor,
    better: Better,
) -> (Vec<Standing>, Vec<Ratio>) {
    let saturated = |standing: &Standing| standing.promise.is_some_and(|it| it.is_saturated());
    let (saturated, mut waiting): (Vec<Standing>, Vec<Standing>) =
        standings.into_iter().partition(saturated);
    let kept = |name: &str| waiting.iter().any(|standing| standing.strategy == name);
    let subjects: Vec<Subject<'_>> = values
        .iter()
        .filter(|(name, _)| kept(name))
        .map(|(name, blocks)| Subject { name, blocks })
        .collect();
    let (mut ranked, mut leaders) = (Vec::new(), Vec::new());
    for place in tiers(&subjects, floor, better) {
        let index = waiting.iter().position(|standing| standing.strategy == place.name);
        let standing = waiting.remove(index.expect("tiers name the subjects that they were given"));
        let unsettled = place.ratio.is_some_and(|ratio| spans_too_much(&ratio));
        ranked.push(Standing { rank: place.rank, unsettled, ..standing });
        if place.rank.is_some_and(|rank| rank > leaders.len()) {
            let subject = subjects.iter().find(|subject| subject.name == place.name);
            leaders.push(subject.expect("tiers name the subjects that they were given").blocks);
        }
    }
    let lead = |pair: &[&Blocks]| match better {
        Better::Higher => Ratio::of(pair[0], pair[1]),
        Better::Lower => Ratio::of(pair[1], pair[0]),
    };
    let leads = leaders.windows(2).filter_map(lead).collect();
    ranked.extend(saturated);
    (ranked, leads)
}

/// Whether a ratio may as well be another, twice as large or as small.
fn spans_too_much(ratio: &Ratio) -> bool {
    const SPAN_MAX: f64 = 2.0;
    ratio.interval.is_some_and(|interval| interval.low * SPAN_MAX < interval.high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Finding, sample};

    fn names(standings: &[Standing]) -> Vec<(&str, Option<usize>)> {
        standings.iter().map(|one| (one.strategy.as_str(), one.rank)).collect()
    }

    /// Fast in one block and slow in the next, it is not slower than the leader beyond doubt; but to
    /// call that a tie would say that it is as fast.
    #[test]
    fn an_uneven_contender_is_told_from_a_tie() {
        let mut rows = sample::rows(8);
        let mut fickle = sample::series("fickle", 5_000_000, 8);
        fickle.iter_mut().step_by(2).for_each(|row| row.completed /= 50);
        rows.extend(fickle);
        let comparison = &comparisons(&rows)[0];
        let unsettled = |one: &&Standing| one.unsettled;
        let uneven: Vec<&Standing> = comparison.contenders.iter().filter(unsettled).collect();
        assert_eq!(uneven.len(), 1);
        assert_eq!(uneven[0].strategy, "fickle");
    }

    /// The quickest of all is wrong in one block of eight. Ranked first, it would be the result.
    #[test]
    fn a_wrong_contender_is_not_ranked_however_fast() {
        let mut rows = sample::rows(8);
        rows.extend(sample::series("lucky", 9_000_000, 8));
        let last = rows.last_mut().unwrap();
        (last.verdict, last.violation) = (Finding::Wrong, "user 1: lost 5".to_owned());

        let comparison = &comparisons(&rows)[0];
        let ranked = [("cas", Some(1)), ("mutex", Some(2)), ("queue", Some(2)), ("actor", Some(3))];
        assert_eq!(names(&comparison.contenders), ranked);
        assert_eq!(names(&comparison.unsound), [("lucky", None), ("unguarded", None)]);
        let Books::Wrong { blocks: 1, violation } = &comparison.unsound[0].books else { panic!() };
        assert_eq!(violation, "user 1: lost 5");
    }

    /// A measurement that was stopped half-way has a rate over half a window. It must not count,
    /// and what its audit found must.
    #[test]
    fn a_cut_short_row_is_audited_and_never_ranked() {
        let mut rows = sample::rows(8);
        for row in rows.iter_mut().filter(|row| row.strategy == "queue" && row.block > 4) {
            row.cut_short = true;
        }
        let comparison = &comparisons(&rows)[0];
        let last = comparison.contenders.last().unwrap();
        assert_eq!((last.strategy.as_str(), last.rank), ("queue", None));
        assert_eq!(last.rate.unwrap().blocks, 5);
        assert_eq!(last.books, Books::Balanced { entries: 8_000 });
        assert!(comparison.partial);
    }

    /// Rows come in a shuffled order. A table that follows it would differ from run to run.
    #[test]
    fn the_order_of_rows_does_not_matter() {
        let mut rows = sample::rows(8);
        let before = comparisons(&rows);
        rows.reverse();
        assert_eq!(comparisons(&rows), before);
    }

    /// Without the declared baseline another takes its place, and never one that is wrong.
    #[test]
    fn the_baseline_is_one_that_balances() {
        let without = |gone: &[&str]| {
            let mut rows = sample::rows(8);
            rows.retain(|row| !gone.contains(&row.strategy.as_str()));
            comparisons(&rows)[0].baseline.clone()
        };
        assert_eq!(without(&[]).as_deref(), Some("mutex"));
        assert_eq!(without(&["mutex"]).as_deref(), Some("actor"));
        assert_eq!(without(&["mutex", "cas", "queue", "actor"]), None);
        let mut rows = sample::rows(8);
        rows.iter_mut().find(|row| row.strategy == "mutex").unwrap().verdict = Finding::Wrong;
        assert_eq!(comparisons(&rows)[0].baseline.as_deref(), Some("actor"));
    }
}
