//! Fits the [Universal Scalability Law](https://arxiv.org/abs/0808.1431) to each strategy on the
//! slow store, and renders its parameters as tables.

use super::{
    contender_summary::ContenderSummary,
    figures::{listed, short_rate, with_thousands_separators},
    scenarios::{AxisPoint, Scenarios},
    table::{Align, Column, Table},
};
use hotrow::scenario::Workload;
use hotrow_results::{
    StoredRun,
    stats::{Blocks, Interval, Summary, Usl},
};

/// The seed of the bootstrap is fixed, so that equal rows give an equal page.
const SEED: u64 = 1;

/// The mean duration of a command with the delays of the assignment: 0 to 199 ms for its read, and
/// 0 to 299 ms for each of its two writes.
const COMMAND_MS: f64 = 99.5 + 2.0 * 149.5;

/// The scenarios of one workload on a slow store by number of clients, and the fitted curves.
pub(super) struct SlowStore<'c> {
    /// At least one, in ascending order of clients.
    pub(super) stops: Vec<AxisPoint<'c>>,
    /// The strategies whose audit passes in every scenario, in the order of the last scenario.
    pub(super) fitted: Vec<Fitted>,
}

/// The rates and the fitted curve of one strategy.
pub(super) struct Fitted {
    pub(super) strategy: String,
    /// Clients, and commands per second.
    pub(super) points: Vec<(u32, Blocks)>,
    /// `None` if there are too few numbers of clients.
    pub(super) usl: Option<Usl>,
}

impl<'c> SlowStore<'c> {
    /// Fits each strategy. Returns `None` if no such scenario was measured.
    pub(super) fn new(scenarios: &'c Scenarios<'_>, workload: Workload) -> Option<SlowStore<'c>> {
        let mut stops = scenarios.slow(workload);
        stops.retain(|stop| stop.scenario.is_shown());
        let last = stops.last()?;
        let fit = |contender: &ContenderSummary| {
            let strategy = &contender.strategy;
            let points: Option<Vec<(u32, Blocks)>> = stops
                .iter()
                .map(|stop| {
                    let is_same = |other: &&ContenderSummary| other.strategy == *strategy;
                    stop.scenario.contenders.iter().find(is_same)?;
                    let rates = stop.scenario.values(strategy)?;
                    Some((stop.scenario.title.row.clients, rates.clone()))
                })
                .collect();
            let points = points?;
            let usl = Usl::fit(&points, SEED);
            Some(Fitted { strategy: strategy.clone(), points, usl })
        };
        let fitted = last.scenario.contenders.iter().filter_map(fit).collect();
        Some(SlowStore { stops, fitted })
    }

    fn last(&self) -> &AxisPoint<'c> {
        self.stops.last().expect("SlowStore::new returns None without a scenario")
    }

    fn rows(&self) -> String {
        match self.last().scenario.title.row.users {
            1 => "one row".to_owned(),
            users => format!("{} rows", with_thousands_separators(users)),
        }
    }

    fn table(&self) -> Table {
        let clients = self.last().scenario.title.row.clients;
        let mut table = Table::new(vec![
            Column::new("#", Align::Right, 0),
            Column::new("strategy", Align::Left, 0),
            Column::new("gamma, commands/s", Align::Left, 0),
            Column::new("alpha", Align::Left, 0),
            Column::new("beta", Align::Left, 0),
            Column::new("misfit", Align::Right, 0),
            Column::new(format!("commands/s at {clients} clients"), Align::Left, 0),
        ]);
        for fitted in &self.fitted {
            let summary = self.last().scenario.summary(&fitted.strategy);
            let rank = summary.and_then(|summary| summary.rank);
            let rate = fitted.points.last().and_then(|(_, rates)| Summary::of(rates));
            let mut fields = vec![
                rank.map_or_else(|| "-".to_owned(), |rank| rank.to_string()),
                fitted.strategy.clone(),
            ];
            fields.extend(fitted.numbers());
            fields.push(
                rate.map_or_else(|| "-".to_owned(), |rate| number(rate.median, rate.interval, 2)),
            );
            table.push(fields);
        }
        table
    }

    /// Describes the ties at the largest number of clients, with their rates.
    fn sentence(&self) -> String {
        let scenario = self.last().scenario;
        let tiers = scenario.tiers();
        let tier = |tier: &Vec<&ContenderSummary>| {
            let names: Vec<&str> = tier.iter().map(|it| it.strategy.as_str()).collect();
            let rates: Vec<f64> =
                tier.iter().filter_map(|it| it.rate).map(|rate| rate.median).collect();
            let low = rates.iter().copied().fold(f64::INFINITY, f64::min);
            let high = rates.iter().copied().fold(0.0, f64::max);
            match &names[..] {
                [only] => format!("{only} answers {} commands a second", short_rate(high)),
                [_, _, ..] => {
                    let names = listed(&names);
                    let [low, high] = [low, high].map(short_rate);
                    match low == high {
                        true => format!("{names} tie at {high} commands a second"),
                        false => format!("{names} tie at {low} to {high} commands a second"),
                    }
                }
                [] => String::new(),
            }
        };
        let clients = scenario.title.row.clients;
        let rows = self.rows();
        match tiers.is_empty() {
            true => format!("On {rows} with {clients} clients, nothing is ranked."),
            false => {
                let tiers: Vec<String> = tiers.iter().map(tier).collect();
                format!("On {rows} with {clients} clients, {}.", tiers.join("; "))
            }
        }
    }
}

impl Fitted {
    /// Returns gamma, alpha, beta and the misfit.
    fn numbers(&self) -> [String; 4] {
        let Some(usl) = &self.usl else { return ["-"; 4].map(str::to_owned) };
        let intervals = usl.intervals.as_ref();
        [
            number(usl.curve.gamma, intervals.map(|all| all.gamma), 2),
            number(usl.curve.alpha, intervals.map(|all| all.alpha), 3),
            number(usl.curve.beta, intervals.map(|all| all.beta), 5),
            format!("{:.2} x", usl.misfit),
        ]
    }
}

fn number(mid: f64, interval: Option<Interval>, decimals: usize) -> String {
    match interval {
        Some(Interval { low, high }) => {
            format!("{mid:.decimals$} [{low:.decimals$}, {high:.decimals$}]")
        }
        None => format!("{mid:.decimals$}"),
    }
}

/// Renders the tables of one row and of many, and the theoretical rate on one row.
///
/// # Errors
/// If the run has no scenario with the latency of the assignment.
pub(super) fn markdown(run: &StoredRun) -> Result<String, String> {
    let scenarios = Scenarios::new(run);
    let slow = [Workload::SimulatedHot, Workload::SimulatedRows];
    let slow = slow.map(|workload| SlowStore::new(&scenarios, workload));
    let mut text = String::new();
    for slow in slow.iter().flatten() {
        let theory = match slow.last().scenario.title.row.users {
            1 => theory(),
            _ => String::new(),
        };
        text.push_str(&format!("{}{theory}\n\n{}\n", slow.sentence(), slow.table().markdown()));
    }
    if text.is_empty() {
        return Err("the run has no scenario with the latency `assignment`".to_owned());
    }
    text.push_str(CAPTION);
    Ok(text)
}

fn theory() -> String {
    let rate = 1e3 / COMMAND_MS;
    format!(
        " In theory, not measured: if a command waits until the command before it has read once \
         and written twice, which takes {COMMAND_MS:.1} ms on average, {rate:.2} commands a second \
         are answered, for any number of clients."
    )
}

const CAPTION: &str = "X(N) = gamma N / (1 + alpha (N - 1) + beta N (N - 1)) is fitted to the \
    rates by number of clients: gamma is the rate of one client, alpha is the share of the work \
    that is serialized (contention), beta is the cost that each client adds to every other client \
    (coherence). [low, high] covers 95 %, by a bootstrap over blocks. The misfit is the largest \
    distance of a point from the curve: if it is large, the law does not apply. Equal ranks are \
    ties; rates are in simulated time.\n";

#[cfg(test)]
mod tests {
    use super::*;
    use hotrow::scenario::Latency;
    use hotrow_results::{Kind, MeasurementRow, sample};

    /// Two strategies whose rate does not grow with the number of clients.
    fn rows() -> Vec<MeasurementRow> {
        let mut all = Vec::new();
        for clients in [1, 4, 16, 64] {
            let mut rows = sample::series("mutex", 2_510, 8);
            rows.extend(sample::series("queue", 2_510, 8));
            for row in &mut rows {
                (row.clients, row.kind) = (clients, Kind::Simulated);
                row.latency = Latency::Assignment;
                row.window_ns = 1_000_000_000_000;
                row.scenario = format!("simulated/{clients}");
            }
            all.extend(rows);
        }
        all
    }

    /// The delays of the assignment force a tie. Without the theory, a reader could take the tie
    /// for an error of the measurement.
    #[test]
    fn a_tie_on_a_slow_row_is_shown_with_the_theory() {
        let text = markdown(&sample::run(&rows())).unwrap();
        let tie = "On one row with 64 clients, mutex and queue tie at 2.51 commands a second.";
        assert!(text.starts_with(tie), "{text}");
        assert!(text.contains("398.5 ms on average, 2.51 commands a second"), "{text}");
        assert!(text.contains("| 1 | mutex | 2.51 [2.48, 2.54] | 1.000 ["), "{text}");
        assert!(markdown(&sample::run(&sample::rows(8))).is_err());
    }
}
