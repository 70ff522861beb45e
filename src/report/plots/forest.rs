//! The ratios of one cell to its baseline: the headline.

use super::{measured, of_ratio, sentence};
use crate::{
    plot::{self, Chart, Forest, ForestRow, Heading, Range},
    record::{Kind, Role},
    report::{
        cells::{Cell, Cells},
        standing::{Books, Standing},
    },
};

/// Contenders in their order, then limits, then what is wrong.
pub(in crate::report) fn forest(cells: &Cells<'_>, cell: &Cell<'_>) -> Option<Chart> {
    let comparison = &cell.comparison;
    let baseline = comparison.baseline.as_deref()?;
    let is_baseline = |one: &Standing| one.strategy == baseline;
    let contender = |one: &Standing| row(one, note(one, is_baseline(one)), plot::Role::Contender);
    let mut rows: Vec<ForestRow> = comparison.contenders.iter().map(contender).collect();
    rows.extend(comparison.limits.iter().map(|one| row(one, String::new(), plot::Role::Limit)));
    rows.extend(comparison.unsound.iter().map(|one| row(one, wrong(one), plot::Role::Wrong)));
    let floor = comparison.floor.ratio();
    let (axis, direction) = match comparison.kind {
        Kind::Latency => ("the p99 of the response", "to the left is better"),
        _ => ("requests a second", "to the right is better"),
    };
    Some(Chart::Forest(Forest {
        heading: Heading {
            title: sentence(&comparison.title.to_string()),
            subtitle: measured(cells, cell),
            caption: format!(
                "Each point is the median, over the blocks, of the ratio to {baseline} within the \
                 block, and its line the 95 % interval; {direction}. Equal tiers are ties. \
                 Only what balances its books is ranked."
            ),
        },
        axis: format!("{axis}, as a multiple of that of {baseline}"),
        floor: Some(Range { low: floor.recip(), high: floor }),
        rows,
    }))
}

fn row(one: &Standing, note: String, role: plot::Role) -> ForestRow {
    let tier = one.rank.and_then(|rank| u32::try_from(rank).ok());
    ForestRow { label: one.strategy.clone(), tier, ratio: one.ratio.map(of_ratio), note, role }
}

fn note(one: &Standing, is_baseline: bool) -> String {
    let note = match (one.ratio, one.rank) {
        _ if one.promise.is_some_and(|promise| promise.is_saturated()) => "saturated: not ranked",
        _ if one.unsettled => "too uneven to place",
        _ if is_baseline => "baseline",
        (None, _) => "not measured",
        (_, None) => "not ranked",
        _ => "",
    };
    note.to_owned()
}

fn wrong(one: &Standing) -> String {
    let note = match (&one.books, one.role) {
        (Books::Wrong { .. }, Role::Control) => "wrong on purpose",
        (Books::Wrong { .. }, _) => "WRONG",
        _ => "wrong on purpose, not caught",
    };
    note.to_owned()
}
