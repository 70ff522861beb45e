//! How far a slow store scales: the Universal Scalability Law for each strategy, in numbers.

use super::{
    cells::{Cells, Stop},
    figures::{grouped, short_rate},
    standing::Standing,
    table::{Align, Column, Table},
};
use crate::{
    record::SavedRun,
    stats::{Blocks, Interval, Summary, Usl},
};

/// Equal rows give an equal page.
const SEED: u64 = 1;

/// What a command costs on average with the delays of the assignment: 0 to 199 ms for its read, and
/// 0 to 299 for each of its two writes.
const COMMAND_MS: f64 = 99.5 + 2.0 * 149.5;

/// More clients of a slow store than one, on one row or on many.
pub(super) struct SlowStore<'c, 'a> {
    /// At least one; ascending.
    pub(super) stops: Vec<Stop<'c, 'a>>,
    /// Who balances at each of them, in the order of the last.
    pub(super) fitted: Vec<Fitted>,
}

/// What came of one strategy.
pub(super) struct Fitted {
    pub(super) strategy: String,
    /// Clients, and commands a second.
    pub(super) points: Vec<(u32, Blocks)>,
    /// `None` where there are too few numbers of clients.
    pub(super) usl: Option<Usl>,
}

impl<'c, 'a> SlowStore<'c, 'a> {
    /// `None` if no such cell was measured.
    pub(super) fn of(cells: &'c Cells<'a>, is_one: bool) -> Option<SlowStore<'c, 'a>> {
        let mut stops = cells.slow(is_one);
        stops.retain(|stop| stop.cell.is_measured());
        let last = stops.last()?;
        let fitted = |one: &Standing| {
            let points: Option<Vec<(u32, Blocks)>> = stops
                .iter()
                .map(|stop| {
                    let balances = |other: &&Standing| other.strategy == one.strategy;
                    stop.cell.comparison.contenders.iter().find(balances)?;
                    let rates = stop.cell.comparison.values(&one.strategy)?;
                    Some((stop.cell.row.clients, rates.clone()))
                })
                .collect();
            let points = points?;
            let usl = Usl::fit(&points, SEED);
            Some(Fitted { strategy: one.strategy.clone(), points, usl })
        };
        let fitted = last.cell.comparison.contenders.iter().filter_map(fitted).collect();
        Some(SlowStore { stops, fitted })
    }

    fn last(&self) -> &Stop<'c, 'a> {
        self.stops.last().expect("there is at least one")
    }

    fn place(&self) -> String {
        match self.last().cell.row.users {
            1 => "one row".to_owned(),
            users => format!("{} rows", grouped(users)),
        }
    }

    fn table(&self) -> Table {
        let clients = self.last().cell.row.clients;
        let mut table = Table::new(vec![
            Column::new("#", Align::Right, 0),
            Column::new("strategy", Align::Left, 0),
            Column::new("gamma, commands/s", Align::Left, 0),
            Column::new("alpha", Align::Left, 0),
            Column::new("beta", Align::Left, 0),
            Column::new("misfit", Align::Right, 0),
            Column::new(format!("commands/s at {clients} clients"), Align::Left, 0),
        ]);
        for one in &self.fitted {
            let standing = self.last().cell.comparison.standing(&one.strategy);
            let rank = standing.and_then(|standing| standing.rank);
            let rate = one.points.last().and_then(|(_, rates)| Summary::of(rates));
            let mut cells = vec![
                rank.map_or_else(|| "-".to_owned(), |rank| rank.to_string()),
                one.strategy.clone(),
            ];
            cells.extend(one.numbers());
            cells.push(
                rate.map_or_else(|| "-".to_owned(), |rate| number(rate.median, rate.interval, 2)),
            );
            table.push(cells);
        }
        table
    }

    /// Who ties, and at how much.
    fn sentence(&self) -> String {
        let cell = self.last().cell;
        let tiers = cell.comparison.tiers();
        let tier = |tier: &Vec<&Standing>| {
            let names: Vec<&str> = tier.iter().map(|one| one.strategy.as_str()).collect();
            let rates: Vec<f64> =
                tier.iter().filter_map(|one| one.rate).map(|rate| rate.median).collect();
            let low = rates.iter().copied().fold(f64::INFINITY, f64::min);
            let high = rates.iter().copied().fold(0.0, f64::max);
            match &names[..] {
                [only] => format!("{only} answers {} commands a second", short_rate(high)),
                [init @ .., last] => {
                    let names = format!("{} and {last}", init.join(", "));
                    let [low, high] = [low, high].map(short_rate);
                    match low == high {
                        true => format!("{names} tie at {high} commands a second"),
                        false => format!("{names} tie at {low} to {high} commands a second"),
                    }
                }
                [] => String::new(),
            }
        };
        let clients = cell.row.clients;
        let place = self.place();
        match tiers.is_empty() {
            true => format!("On {place} with {clients} clients nothing is ranked."),
            false => {
                let told: Vec<String> = tiers.iter().map(tier).collect();
                format!("On {place} with {clients} clients {}.", told.join("; "))
            }
        }
    }
}

impl Fitted {
    /// Gamma, alpha, beta and the misfit.
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

/// The tables of one row and of many, and what theory says of one row.
///
/// # Errors
/// If the run has no slow store.
pub(super) fn markdown(run: &SavedRun) -> Result<String, String> {
    let cells = Cells::of(run);
    let [one, many] = [true, false].map(|is_one| SlowStore::of(&cells, is_one));
    let mut text = String::new();
    for slow in one.iter().chain(&many) {
        let theory = match slow.last().cell.row.users {
            1 => theory(),
            _ => String::new(),
        };
        text.push_str(&format!("{}{theory}\n\n{}\n", slow.sentence(), slow.table().markdown()));
    }
    if text.is_empty() {
        return Err("the run has no slow store with the latency of the assignment".to_owned());
    }
    text.push_str(CAPTION);
    Ok(text)
}

fn theory() -> String {
    let rate = 1e3 / COMMAND_MS;
    format!(
        " In theory, and not as a measurement: where a command waits until the one before has read \
         once and written twice, {COMMAND_MS:.1} ms on average, {rate:.2} a second are answered, \
         however many ask."
    )
}

const CAPTION: &str = "X(N) = gamma N / (1 + alpha (N - 1) + beta N (N - 1)) is fitted to the rates \
    over clients: gamma is the rate of one client, alpha reads as the share that waits in one line, \
    beta as what each client costs each other one. [low, high] covers 95 %, by a bootstrap over \
    blocks. The misfit is how far the worst point lies from the curve: where it is large, the law \
    does not hold. Equal ranks are ties; rates are by a simulated clock.\n";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Kind, Row, sample};

    /// A lock lets one through at a time, whoever asks; without a shared line, each client adds.
    fn rows() -> Vec<Row> {
        let mut all = Vec::new();
        for clients in [1, 4, 16, 64] {
            let mut rows = sample::series("mutex", 2_510, 8);
            rows.extend(sample::series("queue", 2_510, 8));
            for row in &mut rows {
                (row.clients, row.kind) = (clients, Kind::Delay);
                row.latency = "assignment".to_owned();
                row.window_ns = 1_000_000_000_000;
                row.cell = format!("tables/{clients}");
            }
            all.extend(rows);
        }
        all
    }

    /// The tie that the assignment's delays force is what a reader would otherwise take for a fault
    /// of the measurement.
    #[test]
    fn who_ties_on_a_slow_row_is_said_with_the_theory() {
        let text = markdown(&sample::run(&rows())).unwrap();
        let tie = "On one row with 64 clients mutex and queue tie at 2.51 commands a second.";
        assert!(text.starts_with(tie), "{text}");
        assert!(text.contains("398.5 ms on average, 2.51 a second"), "{text}");
        assert!(text.contains("| 1 | mutex | 2.51 [2.49, 2.54] | 1.000 ["), "{text}");
        assert!(markdown(&sample::run(&sample::rows(8))).is_err());
    }
}
