//! The blocks of the headline in the order in which they ran.

use super::measured;
use crate::{
    plot::{Block, Chart, Heading, Lane, Timeline},
    record::{Role, Row},
    report::cells::Cells,
    stats::median,
};

const MS_PER_MINUTE: f64 = 60_000.0;

/// A lane for each contender, and one for what answers nothing: what moves there is the machine.
pub(super) fn timeline(cells: &Cells<'_>) -> Option<Chart> {
    let cell = cells.hot_row()?;
    let limits = cell.comparison.limits.iter().filter(|one| one.strategy == "null");
    let shown = cell.comparison.contenders.iter().chain(limits);
    let of_cell =
        || cells.run.rows.iter().filter(|row| row.cell == cell.row.cell && !row.cut_short);
    let lane = |name: &str| {
        let own = of_cell().filter(|row| row.strategy == name && row.role != Role::Twin);
        Lane { name: name.to_owned(), blocks: blocks(&own.collect::<Vec<_>>()) }
    };
    Some(Chart::Timeline(Timeline {
        heading: Heading {
            title: format!("Drift: {}", cell.comparison.title),
            subtitle: measured(cells, cell),
            caption:
                "Within a block every strategy runs once, in a new order, and blocks of other \
                      cells lie between. What all lanes share is the machine; ratios within blocks \
                      do not see it."
                    .to_owned(),
        },
        axis: "requests a second, as a multiple of the strategy's own median".to_owned(),
        lanes: shown.map(|one| lane(&one.strategy)).collect(),
    }))
}

fn blocks(rows: &[&Row]) -> Vec<Block> {
    let rate =
        |row: &Row| (row.window_ns > 0).then(|| row.completed as f64 * 1e9 / row.window_ns as f64);
    let counted = rows.iter().filter(|row| row.counts()).filter_map(|row| rate(row));
    let counted: Vec<f64> = counted.collect();
    let any = || rows.iter().filter_map(|row| rate(row)).collect::<Vec<f64>>();
    let Some(level) = median(&counted).or_else(|| median(&any())) else { return Vec::new() };
    let block = |row: &&Row| {
        Some(Block {
            minutes: row.started_ms as f64 / MS_PER_MINUTE,
            multiple: rate(row)? / level,
            invalid: (!row.invalid.is_empty()).then(|| row.invalid.clone()),
        })
    };
    rows.iter().filter_map(block).collect()
}
