//! Rates as one thing is turned up, in numbers: what the capacity charts show.

use super::{
    cells::{Cell, Cells, Stop},
    figures::{grouped, short_rate, short_ratio},
    standing::Standing,
    table::{Align, Column, Table},
};
use crate::record::SavedRun;

/// A table for each axis along which something was measured.
///
/// # Errors
/// If no cell lies on any of them.
pub(super) fn markdown(run: &SavedRun) -> Result<String, String> {
    let cells = Cells::of(run);
    let threads = |stop: &Stop<'_, '_>| stop.cell.clients();
    let rows = |stop: &Stop<'_, '_>| match stop.cell.row.users {
        1 => "1 row".to_owned(),
        users => format!("{} rows", grouped(users)),
    };
    let keys = |stop: &Stop<'_, '_>| stop.cell.row.keys.clone();
    let hot = cells.hot_row().map(Cell::clients).unwrap_or_default();
    let skew = cells.skew();
    let uneven = skew.first().map_or(0, |stop| stop.cell.row.users);
    let tables = [
        (format!("Over rows, {hot}"), table(&cells.users(), rows)),
        ("Over threads on one row, up to the cores".to_owned(), table(&cells.parallel(), threads)),
        (
            "Over threads on one row, more than cores".to_owned(),
            table(&cells.oversubscribed(), threads),
        ),
        (format!("Over skew, {} rows, {hot}", grouped(uneven)), table(&skew, keys)),
    ];
    let shown = tables.into_iter().filter_map(|(title, table)| Some((title, table?)));
    let text: String =
        shown.map(|(title, table)| format!("**{title}**\n\n{}\n", table.markdown())).collect();
    match text.is_empty() {
        true => Err("the run has no cell of capacity".to_owned()),
        false => Ok(text + CAPTION),
    }
}

/// Strategies over cells, in the order of the first.
fn table(stops: &[Stop<'_, '_>], heading: impl Fn(&Stop<'_, '_>) -> String) -> Option<Table> {
    let mut names: Vec<&str> = Vec::new();
    for one in stops.iter().flat_map(|stop| stop.cell.comparison.contenders.iter()) {
        if !names.contains(&one.strategy.as_str()) {
            names.push(&one.strategy);
        }
    }
    if names.is_empty() {
        return None;
    }
    let mut columns = vec![Column::new("strategy", Align::Left, 0)];
    columns.extend(stops.iter().map(|stop| Column::new(heading(stop), Align::Right, 0)));
    let mut table = Table::new(columns);
    for name in names {
        let mut cells = vec![name.to_owned()];
        cells.extend(stops.iter().map(|stop| entry(stop.cell, name)));
        table.push(cells);
    }
    Some(table)
}

/// `41.4 M, 1.83 x (1)`.
fn entry(cell: &Cell<'_>, strategy: &str) -> String {
    let comparison = &cell.comparison;
    if !cell.is_measured() {
        return "not measured".to_owned();
    }
    if comparison.unsound.iter().any(|one| one.strategy == strategy) {
        return "WRONG".to_owned();
    }
    let contender = comparison.contenders.iter().find(|one| one.strategy == strategy);
    let Some(Standing { rate: Some(rate), rank, unsettled, ratio, .. }) = contender else {
        return "-".to_owned();
    };
    let rank = rank.map_or_else(|| "-".to_owned(), |rank| rank.to_string());
    let doubt = if *unsettled { "?" } else { "" };
    let is_baseline = comparison.baseline.as_deref() == Some(strategy);
    let ratio = match ratio {
        Some(ratio) if !is_baseline => format!(", {}", short_ratio(ratio.median)),
        _ => String::new(),
    };
    format!("{}{ratio} ({rank}{doubt})", short_rate(rate.median))
}

const CAPTION: &str = "Each entry is the median rate of requests a second, how many times that of \
    the baseline it is (none stands behind the baseline's own), and in brackets the rank in that \
    cell: equal ranks are ties, `?` is too uneven to place, `-` is not ranked. Intervals are in the \
    rankings, and ranks heed them.\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Finding, sample};

    /// A strategy that is wrong in one cell of several, or was not in it, must not look as if it were
    /// slow there.
    #[test]
    fn what_is_not_ranked_is_told_in_its_place() {
        let mut rows = sample::rows(8);
        let mut many = sample::rows(8);
        many.retain(|row| row.strategy != "actor");
        for row in &mut many {
            (row.users, row.cell) = (1_024, "many".to_owned());
            if row.strategy == "cas" {
                row.verdict = Finding::Wrong;
            }
        }
        rows.extend(many);
        let text = markdown(&sample::run(&rows)).unwrap();
        assert!(text.contains("| strategy | 1 row | 1,024 rows |"), "{text}");
        assert!(text.contains("| cas | 4.00 M, 2.00 x (1) | WRONG |"), "{text}");
        assert!(text.contains("| mutex | 2.00 M (2) | 2.00 M (1) |"), "{text}");
        assert!(text.contains("| actor | 100 k, 0.050 x (3) | - |"), "{text}");
    }

    /// Numbers of a cell of which most blocks do not count would be quoted as if they did.
    #[test]
    fn a_cell_that_was_not_measured_has_no_numbers() {
        let mut rows = sample::rows(8);
        rows.iter_mut()
            .filter(|row| row.block > 1)
            .for_each(|row| row.invalid = "steal".to_owned());
        let text = markdown(&sample::run(&rows)).unwrap();
        assert!(text.contains("| cas | not measured |"), "{text}");
    }
}
