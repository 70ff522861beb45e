//! All strategies of one cell, ranked where that is deserved.
//!
//! A contender whose books balance is ranked. A reference is a limit and is listed below. A control,
//! and whatever else does not balance, is listed last: how fast a wrong answer comes is no merit.

use std::collections::BTreeSet;

use super::{
    standing::{Books, Series, Standing},
    title::Title,
};
use crate::{
    record::{Role, Row},
    stats::{Better, Blocks, Floor, Ratio, Subject, tiers},
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
    /// Blocks in which anything was measured to its end.
    pub blocks: usize,
    /// What ratios are to.
    pub baseline: Option<String>,
    /// The strategy that ran twice, if one did and both runs share a block.
    pub twin: Option<String>,
    /// What the cell can resolve; [`Floor::MIN`] without twins.
    pub floor: Floor,
    /// Contenders that balance: ranked, best first, then those with too few blocks to be.
    pub contenders: Vec<Standing>,
    /// How far the leader of each tier is ahead of the next tier's.
    pub leads: Vec<Ratio>,
    /// References.
    pub limits: Vec<Standing>,
    /// Contenders that do not balance, and controls.
    pub unsound: Vec<Standing>,
    /// Whether a measurement was stopped before its end.
    pub partial: bool,
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
        let all_series = series(rows);
        let balances = |series: &&Series<'_>| matches!(series.books(), Books::Balanced { .. });
        let (contenders, wrong): (Vec<_>, Vec<_>) =
            with_role(&all_series, Role::Contender).into_iter().partition(balances);
        let (twin, floor) = floor(&all_series);
        let baseline = BASELINES
            .iter()
            .find_map(|name| contenders.iter().find(|series| series.strategy == *name))
            .or_else(|| contenders.iter().find(|series| Some(series.strategy) == twin.as_deref()))
            .or(contenders.first());
        let baseline_rates = baseline.map(|series| series.rates()).unwrap_or_default();

        let null = all_series.iter().find(|series| series.strategy == "null");
        let null_ns = null.map_or([None; 4], Series::service_ns);
        let standing = |series: &Series<'_>| series.standing(&baseline_rates, null_ns);
        let standings = |listed: &[&Series<'_>]| -> Vec<Standing> {
            listed.iter().map(|series| standing(series)).collect()
        };
        let (ranked, leads) = rank(&contenders, floor.unwrap_or(Floor::MIN), standing);

        let mut unsound = wrong;
        unsound.extend(with_role(&all_series, Role::Control));
        let whole = rows.iter().filter(|row| !row.cut_short);
        Comparison {
            cell: rows[0].cell.clone(),
            title: Title::of(rows[0]),
            blocks: whole.map(|row| (row.process, row.block)).collect::<BTreeSet<_>>().len(),
            baseline: baseline.map(|series| series.strategy.to_owned()),
            twin: twin.filter(|_| floor.is_some()),
            floor: floor.unwrap_or(Floor::MIN),
            contenders: ranked,
            leads,
            limits: standings(&with_role(&all_series, Role::Reference)),
            unsound: standings(&unsound),
            partial: rows.iter().any(|row| row.cut_short),
        }
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

/// The rows of each strategy and role, in the order in which they first appear by name of role and
/// strategy: blocks are shuffled, and a table must not be.
fn series<'a>(rows: &[&'a Row]) -> Vec<Series<'a>> {
    let blocks: BTreeSet<_> = rows.iter().map(|row| (row.process, row.block)).collect();
    let index_of = |row: &Row| blocks.range(..(row.process, row.block)).count();
    let mut all_series: Vec<Series<'a>> = Vec::new();
    for row in rows {
        let known =
            |series: &Series<'_>| series.strategy == row.strategy && series.role == row.role;
        let place = all_series.iter().position(known).unwrap_or_else(|| {
            all_series.push(Series::new(row, blocks.len()));
            all_series.len() - 1
        });
        all_series[place].push(index_of(row), row);
    }
    all_series.sort_by_key(|series| series.strategy);
    all_series
}

fn with_role<'s, 'a>(all_series: &'s [Series<'a>], role: Role) -> Vec<&'s Series<'a>> {
    all_series.iter().filter(|series| series.role == role).collect()
}

/// Who ran twice, and how far apart the two came out.
fn floor(all_series: &[Series<'_>]) -> (Option<String>, Option<Floor>) {
    let Some(twin) = all_series.iter().find(|series| series.role == Role::Twin) else {
        return (None, None);
    };
    let original = all_series
        .iter()
        .find(|series| series.role == Role::Contender && series.strategy == twin.strategy);
    let floor = original.and_then(|original| Floor::of_twins(&original.rates(), &twin.rates()));
    (Some(twin.strategy.to_owned()), floor)
}

/// The contenders in order, each with its tier, and the lead of each tier over the next.
fn rank(
    contenders: &[&Series<'_>],
    floor: Floor,
    standing: impl Fn(&Series<'_>) -> Standing,
) -> (Vec<Standing>, Vec<Ratio>) {
    let rates: Vec<Blocks> = contenders.iter().map(|series| series.rates()).collect();
    let subjects: Vec<Subject<'_>> = contenders
        .iter()
        .zip(&rates)
        .map(|(series, blocks)| Subject { name: series.strategy, blocks })
        .collect();
    let index_of = |name: &str| contenders.iter().position(|series| series.strategy == name);

    let (mut ranked, mut leaders) = (Vec::new(), Vec::new());
    for place in tiers(&subjects, floor, Better::Higher) {
        let index = index_of(place.name).expect("tiers name the subjects that they were given");
        let unsettled = place.ratio.is_some_and(|ratio| spans_too_much(&ratio));
        ranked.push(Standing { rank: place.rank, unsettled, ..standing(contenders[index]) });
        if place.rank.is_some_and(|rank| rank > leaders.len()) {
            leaders.push(&rates[index]);
        }
    }
    let leads = leaders.windows(2).filter_map(|pair| Ratio::of(pair[0], pair[1])).collect();
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
