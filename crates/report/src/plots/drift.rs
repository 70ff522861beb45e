//! Draws the blocks of the headline in time order.

use super::measured;
use crate::{
    plot::{Block, Chart, Heading, Lane, Timeline},
    scenarios::Scenarios,
};
use hotrow_results::{MeasurementRow, Role, stats::median};

const MS_PER_MINUTE: f64 = 60_000.0;

/// Draws a lane for each contender, and one for `noop`: what changes there is the machine.
pub(super) fn timeline(scenarios: &Scenarios<'_>) -> Option<Chart> {
    let scenario = scenarios.hot_row()?;
    let noop = scenario.references.iter().filter(|it| it.strategy == "noop");
    let shown = scenario.contenders.iter().chain(noop);
    let complete_rows = || {
        scenarios.run.rows.iter().filter(|row| row.scenario == scenario.scenario && !row.truncated)
    };
    let lane = |name: &str| {
        let own = complete_rows().filter(|row| row.strategy == name && row.role != Role::AaControl);
        Lane { name: name.to_owned(), blocks: blocks(&own.collect::<Vec<_>>()) }
    };
    Some(Chart::Timeline(Timeline {
        heading: Heading {
            title: format!("Drift: {}", scenario.title),
            subtitle: measured(scenarios, scenario),
            caption:
                "In a block, every strategy runs once, in a new random order. Blocks of other \
                      scenarios run in between. A change that all lanes share comes from the \
                      machine; it cancels out in the ratios within blocks."
                    .to_owned(),
        },
        axis: "requests a second, as a multiple of the strategy's own median".to_owned(),
        lanes: shown.map(|summary| lane(&summary.strategy)).collect(),
    }))
}

fn blocks(rows: &[&MeasurementRow]) -> Vec<Block> {
    let rate = |row: &MeasurementRow| {
        (row.window_ns > 0).then(|| row.completed as f64 * 1e9 / row.window_ns as f64)
    };
    let valid = rows.iter().filter(|row| row.counts()).filter_map(|row| rate(row));
    let valid: Vec<f64> = valid.collect();
    let all = || rows.iter().filter_map(|row| rate(row)).collect::<Vec<f64>>();
    let Some(middle) = median(&valid).or_else(|| median(&all())) else { return Vec::new() };
    let block = |row: &&MeasurementRow| {
        Some(Block {
            minutes: row.started_ms as f64 / MS_PER_MINUTE,
            multiple: rate(row)? / middle,
            excluded_because: (!row.excluded_because.is_empty())
                .then(|| row.excluded_because.clone()),
        })
    };
    rows.iter().filter_map(block).collect()
}
