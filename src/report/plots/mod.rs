//! The charts that a run has, by name. A chart whose data are missing is left out.
//!
//! ```text
//! forest-hot-row  forest-hot-row-tasks  forest-many-rows   ratios to the baseline
//! capacity-clients  capacity-oversubscribed                rates over threads on one row
//! capacity-users  capacity-skew                            rates over rows, and how uneven
//! response-ARRIVALS-RATE-CLIENTS                           tails under a promised rate
//! slow-store  slow-store-rows                              X(N) on a slow store, fitted
//! fairness-threads  -oversubscribed  -tasks                what speed costs the slowest client
//! drift                                                    the headline's blocks in time order
//! ```

mod capacity;
mod drift;
mod fairness;
mod forest;
mod response;
mod slow_store;

pub(super) use self::{forest::forest, response::spectrum};

use super::{
    cells::{Cell, Cells},
    figures::percent_above_one,
};
use crate::{
    plot::{Chart, Estimate},
    record::SavedRun,
    stats::{BLOCKS_MIN, Interval, Ratio, Summary, median},
};

/// A chart that a page can show.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedChart {
    /// By which it is asked for; also the name of its file, without `.svg`.
    pub name: String,
    /// What it shows, in a few words, for those who do not see it.
    pub alt: String,
    /// The chart.
    pub chart: Chart,
}

/// Draws one chart from the cells of a run, if they have what it is of.
type Draw<'c> = Box<dyn Fn() -> Option<Chart> + 'c>;

/// Every chart that the run has the data of.
pub fn plots(run: &SavedRun) -> Vec<NamedChart> {
    all_of(&Cells::of(run))
}

/// The chart of that name, or the names that there are.
///
/// # Errors
/// If the run has no such chart; what is told says which it has.
pub fn plot(run: &SavedRun, name: &str) -> Result<NamedChart, String> {
    let cells = Cells::of(run);
    let catalogue = catalogue(&cells);
    let drawn = catalogue.iter().find(|(known, _)| known == name).and_then(|(_, draw)| draw());
    drawn.map(|chart| NamedChart::of(name, chart)).ok_or_else(|| {
        let has = |(name, draw): &(String, Draw<'_>)| draw().map(|_| name.clone());
        let names: Vec<String> = catalogue.iter().filter_map(has).collect();
        match names.is_empty() {
            true => format!("the run has nothing to plot, and no `{name}`"),
            false => format!("the run has no plot `{name}`: there are {}", names.join(", ")),
        }
    })
}

pub(super) fn all_of(cells: &Cells<'_>) -> Vec<NamedChart> {
    let named = |(name, draw): (String, Draw<'_>)| Some(NamedChart::of(&name, draw()?));
    catalogue(cells).into_iter().filter_map(named).collect()
}

/// All that could be drawn.
fn catalogue<'c>(cells: &'c Cells<'_>) -> Vec<(String, Draw<'c>)> {
    let forest = |cell: Option<&'c Cell<'c>>| -> Draw<'c> {
        Box::new(move || cell.and_then(|cell| forest(cells, cell)))
    };
    let fairness = |cell: Option<&'c Cell<'c>>| -> Draw<'c> {
        Box::new(move || cell.and_then(|cell| fairness::scatter(cells, cell)))
    };
    let fixed: [(&str, Draw<'c>); 13] = [
        ("forest-hot-row", forest(cells.hot_row())),
        ("forest-hot-row-tasks", forest(cells.hot_row_tasks())),
        ("forest-many-rows", forest(cells.many_rows())),
        ("capacity-clients", Box::new(|| capacity::over_clients(cells))),
        ("capacity-oversubscribed", Box::new(|| capacity::over_too_many_clients(cells))),
        ("capacity-users", Box::new(|| capacity::over_users(cells))),
        ("capacity-skew", Box::new(|| capacity::over_skew(cells))),
        ("slow-store", Box::new(|| slow_store::curve(cells, true))),
        ("slow-store-rows", Box::new(|| slow_store::curve(cells, false))),
        ("fairness-threads", fairness(cells.hot_row())),
        ("fairness-oversubscribed", fairness(cells.hot_row_crowded())),
        ("fairness-tasks", fairness(cells.hot_row_tasks())),
        ("drift", Box::new(|| drift::timeline(cells))),
    ];
    let mut all: Vec<(String, Draw<'c>)> =
        fixed.into_iter().map(|(name, draw)| (name.to_owned(), draw)).collect();
    for cell in cells.promised() {
        all.push((response::name(cell), Box::new(move || spectrum(cells, cell, false))));
    }
    all
}

impl NamedChart {
    fn of(name: &str, chart: Chart) -> NamedChart {
        let shows = match &chart {
            Chart::Forest(_) => "Ratios with their intervals",
            Chart::Spectrum(_) => "Times over quantiles",
            Chart::Curve(_) => "Rates as lines",
            Chart::Scatter(_) => "Speed against fairness",
            Chart::Timeline(_) => "Blocks in the order of time",
        };
        let alt = format!("{shows}: {}", chart.heading().title);
        NamedChart { name: name.to_owned(), alt, chart }
    }
}

/// With a capital, as a title begins.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The machine of a run.
fn machine(cells: &Cells<'_>) -> String {
    let environment = &cells.run.environment;
    let cores = match environment.cores {
        1 => "1 core".to_owned(),
        cores => format!("{cores} cores"),
    };
    let processor = environment.cpu_model.as_deref().unwrap_or("unknown processor");
    let partial = if environment.partial { ", PARTIAL" } else { "" };
    format!("{cores}, {processor}{partial}")
}

/// How much was measured in one cell, what it can tell apart, and where.
fn measured(cells: &Cells<'_>, cell: &Cell<'_>) -> String {
    let comparison = &cell.comparison;
    let floor = percent_above_one(comparison.floor.ratio());
    let twins = match &comparison.twin {
        Some(twin) => format!("floor {floor} by twins of {twin}"),
        None => format!("floor {floor}, assumed"),
    };
    let invalid = match &comparison.invalid {
        Some((invalid, _)) => format!(" and {invalid} that do not count"),
        None => String::new(),
    };
    let is_measured = if cell.is_measured() { "" } else { "NOT MEASURED on this machine today: " };
    let blocks = comparison.blocks;
    format!("{is_measured}{blocks} blocks{invalid}; {twins}; {}", machine(cells))
}

/// The smallest and the largest number of blocks of several cells.
fn blocks_of<'c>(cells: impl Iterator<Item = &'c Cell<'c>>) -> String {
    let blocks: Vec<usize> = cells.map(|cell| cell.comparison.blocks).collect();
    match (blocks.iter().min(), blocks.iter().max()) {
        (Some(least), Some(most)) if least == most => format!("{least} blocks"),
        (Some(least), Some(most)) => format!("{least} to {most} blocks"),
        _ => "no blocks".to_owned(),
    }
}

fn estimate(mid: f64, interval: Option<Interval>) -> Estimate {
    match interval {
        Some(Interval { low, high }) => Estimate::within(mid, low, high),
        None => Estimate::bare(mid),
    }
}

fn of_ratio(ratio: Ratio) -> Estimate {
    estimate(ratio.median, ratio.interval)
}

fn of_summary(summary: Summary) -> Estimate {
    estimate(summary.median, summary.interval)
}

/// The median of values with the process of each, and its interval. Where there are processes enough
/// they are what is resampled: blocks of one process are more alike than those of two.
fn of_values(values: &[(u32, f64)]) -> Option<Estimate> {
    let mut processes: Vec<u32> = values.iter().map(|(process, _)| *process).collect();
    processes.sort_unstable();
    processes.dedup();
    let of_process = |process: u32| {
        let own = values.iter().filter(|(other, _)| *other == process);
        median(&own.map(|(_, value)| *value).collect::<Vec<_>>())
    };
    let replicates: Vec<f64> = match processes.len() >= BLOCKS_MIN {
        true => processes.into_iter().filter_map(of_process).collect(),
        false => values.iter().map(|(_, value)| *value).collect(),
    };
    Some(estimate(median(&replicates)?, Interval::of_median(&replicates)))
}
