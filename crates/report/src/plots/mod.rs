//! The charts of a run, by name. A chart whose data are missing is left out.
//!
//! ```text
//! forest-hot-row  forest-hot-row-tasks  forest-many-rows   ratios to the baseline
//! capacity-clients  capacity-oversubscribed                rates by threads on one row
//! capacity-users  capacity-skew                            rates by rows, and by skew
//! response-ARRIVALS-RATE-CLIENTS                           response times in an open loop
//! slo-load                                                 response times by offered load
//! slow-store  slow-store-rows                              rates on a slow store, and the fit
//! fairness-threads  -oversubscribed  -tasks                rates against fairness
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
    comparison::Comparison, confidence::aa_pair, scenarios::Scenarios, slo::response_by_load,
};
use crate::plot::{Chart, Estimate};
use hotrow::scenario::Workload;
use hotrow_results::{
    StoredRun,
    stats::{BLOCKS_MIN, Interval, Ratio, Summary, median},
};

/// A chart that a page can show.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedChart {
    /// The name of the chart, and of its file without `.svg`.
    pub name: String,
    /// The alternative text of the image.
    pub alt: String,
    /// The chart.
    pub chart: Chart,
}

/// Draws one chart from the scenarios of a run. Returns `None` if the data are missing.
type Draw<'c> = Box<dyn Fn() -> Option<Chart> + 'c>;

/// Draws every chart of the run.
pub fn plots(run: &StoredRun) -> Vec<NamedChart> {
    all_of(&Scenarios::new(run))
}

/// Draws the chart with this name.
///
/// # Errors
/// If the run has no such chart. The error lists the charts that it has.
pub fn plot(run: &StoredRun, name: &str) -> Result<NamedChart, String> {
    let scenarios = Scenarios::new(run);
    let catalogue = catalogue(&scenarios);
    let drawn = catalogue.iter().find(|(known, _)| known == name).and_then(|(_, draw)| draw());
    drawn.map(|chart| NamedChart::new(name, chart)).ok_or_else(|| {
        let has = |(name, draw): &(String, Draw<'_>)| draw().map(|_| name.clone());
        let names: Vec<String> = catalogue.iter().filter_map(has).collect();
        match names.is_empty() {
            true => format!("the run has no plot `{name}`, because it has no data to plot"),
            false => format!("the run has no plot `{name}`: use one of {}", names.join(", ")),
        }
    })
}

pub(super) fn all_of(scenarios: &Scenarios<'_>) -> Vec<NamedChart> {
    let named = |(name, draw): (String, Draw<'_>)| Some(NamedChart::new(&name, draw()?));
    catalogue(scenarios).into_iter().filter_map(named).collect()
}

/// Returns every chart by name, whether or not the run has its data.
fn catalogue<'c>(scenarios: &'c Scenarios<'_>) -> Vec<(String, Draw<'c>)> {
    let forest = |scenario: Option<&'c Comparison>| -> Draw<'c> {
        Box::new(move || scenario.and_then(|scenario| forest(scenarios, scenario)))
    };
    let fairness = |scenario: Option<&'c Comparison>| -> Draw<'c> {
        Box::new(move || scenario.and_then(|scenario| fairness::scatter(scenarios, scenario)))
    };
    let fixed: [(&str, Draw<'c>); 14] = [
        ("forest-hot-row", forest(scenarios.hot_row())),
        ("forest-hot-row-tasks", forest(scenarios.hot_row_tasks())),
        ("forest-many-rows", forest(scenarios.many_rows())),
        ("capacity-clients", Box::new(|| capacity::over_clients(scenarios))),
        ("capacity-oversubscribed", Box::new(|| capacity::oversubscribed(scenarios))),
        ("capacity-users", Box::new(|| capacity::over_users(scenarios))),
        ("capacity-skew", Box::new(|| capacity::over_skew(scenarios))),
        ("slo-load", Box::new(|| response_by_load(scenarios.run))),
        ("slow-store", Box::new(|| slow_store::curve(scenarios, Workload::SimulatedHot))),
        ("slow-store-rows", Box::new(|| slow_store::curve(scenarios, Workload::SimulatedRows))),
        ("fairness-threads", fairness(scenarios.hot_row())),
        ("fairness-oversubscribed", fairness(scenarios.hot_row_oversubscribed())),
        ("fairness-tasks", fairness(scenarios.hot_row_tasks())),
        ("drift", Box::new(|| drift::timeline(scenarios))),
    ];
    let mut all: Vec<(String, Draw<'c>)> =
        fixed.into_iter().map(|(name, draw)| (name.to_owned(), draw)).collect();
    for scenario in scenarios.open_loop() {
        all.push((
            response::name(scenario),
            Box::new(move || spectrum(scenarios, scenario, false)),
        ));
    }
    all
}

impl NamedChart {
    fn new(name: &str, chart: Chart) -> NamedChart {
        let kind = match &chart {
            Chart::Forest(_) => "Ratios with their intervals",
            Chart::PercentilePlot(_) => "Times by percentile",
            Chart::Curve(_) if name == "slo-load" => "Response time by load",
            Chart::Curve(_) => "Rates as lines",
            Chart::Scatter(_) => "Rate against fairness",
            Chart::Timeline(_) => "Blocks in time order",
        };
        let alt = format!("{kind}: {}", chart.heading().title);
        NamedChart { name: name.to_owned(), alt, chart }
    }
}

/// Capitalizes the first character.
fn capitalized(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// Describes the machine of a run.
fn machine(scenarios: &Scenarios<'_>) -> String {
    let environment = &scenarios.run.environment;
    let cores = match environment.cores {
        1 => "1 core".to_owned(),
        cores => format!("{cores} cores"),
    };
    let processor = environment.cpu_model.as_deref().unwrap_or("unknown processor");
    let partial = if environment.partial { ", PARTIAL" } else { "" };
    format!("{cores}, {processor}{partial}")
}

/// Describes the blocks, the A/A pair and the machine of one scenario.
fn measured(scenarios: &Scenarios<'_>, scenario: &Comparison) -> String {
    let aa = aa_pair(scenario);
    let excluded = match &scenario.excluded_because {
        Some((excluded, _)) => format!(" and {excluded} excluded"),
        None => String::new(),
    };
    let prefix = if scenario.is_shown() { "" } else { "NOT MEASURED on this machine today: " };
    let blocks = scenario.blocks;
    format!("{prefix}{blocks} blocks{excluded}; {aa}; {}", machine(scenarios))
}

/// Describes the smallest and the largest number of blocks of several scenarios.
fn blocks_of<'c>(scenarios: impl Iterator<Item = &'c Comparison>) -> String {
    let blocks: Vec<usize> = scenarios.map(|scenario| scenario.blocks).collect();
    match (blocks.iter().min(), blocks.iter().max()) {
        (Some(least), Some(most)) if least == most => format!("{least} blocks"),
        (Some(least), Some(most)) => format!("{least} to {most} blocks"),
        _ => "no blocks".to_owned(),
    }
}

pub(super) fn estimate(mid: f64, interval: Option<Interval>) -> Estimate {
    match interval {
        Some(Interval { low, high }) => Estimate::within(mid, low, high),
        None => Estimate::bare(mid),
    }
}

fn ratio_estimate(ratio: Ratio) -> Estimate {
    estimate(ratio.median, ratio.interval)
}

fn summary_estimate(summary: Summary) -> Estimate {
    estimate(summary.median, summary.interval)
}

/// Returns the median of values with their forks, and its interval. If there are enough forks, the
/// replicates are the forks: blocks of one fork are more alike than blocks of two.
fn values_estimate(values: &[(u32, f64)]) -> Option<Estimate> {
    let mut forks: Vec<u32> = values.iter().map(|(fork, _)| *fork).collect();
    forks.sort_unstable();
    forks.dedup();
    let fork_median = |fork: u32| {
        let own = values.iter().filter(|(other, _)| *other == fork);
        median(&own.map(|(_, value)| *value).collect::<Vec<_>>())
    };
    let replicates: Vec<f64> = match forks.len() >= BLOCKS_MIN {
        true => forks.into_iter().filter_map(fork_median).collect(),
        false => values.iter().map(|(_, value)| *value).collect(),
    };
    Some(estimate(median(&replicates)?, Interval::of_median(&replicates)))
}
