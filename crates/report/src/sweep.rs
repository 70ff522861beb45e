//! Finds where the lead changes along one axis of a sweep.

use super::{
    comparison::Comparison,
    contender_summary::ContenderSummary,
    table::{Align, Column, Table, wrap},
};
use hotrow_results::stats::{Crossover, SweepPoint, Verdict, crossovers};

/// One comparison for each value of an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    axis: String,
    points: Vec<AxisPoint>,
    crossovers: Vec<NamedCrossover>,
}

/// One value of the axis, with the contenders that lead there.
#[derive(Debug, Clone, PartialEq)]
struct AxisPoint {
    value: String,
    /// The contenders of the first tier.
    leaders: Vec<String>,
    /// The lead of the first tier over the second.
    lead: String,
}

/// A crossover of two strategies.
#[derive(Debug, Clone, PartialEq)]
struct NamedCrossover {
    ahead_before: String,
    ahead_after: String,
    crossover: Crossover,
}

impl Sweep {
    /// Lists the values of the axis `part` in the given order and finds the crossovers between
    /// them.
    pub fn along(part: &str, stops: &[(String, &Comparison)]) -> Sweep {
        let points = stops.iter().map(|(value, comparison)| AxisPoint {
            value: value.clone(),
            leaders: leaders(comparison),
            lead: comparison.leads.first().map_or_else(|| "-".to_owned(), ToString::to_string),
        });
        Sweep {
            axis: part.to_owned(),
            points: points.collect(),
            crossovers: named_crossovers(stops),
        }
    }

    /// Renders for a terminal of `width` columns.
    pub fn terminal(&self, width: usize) -> String {
        let (table, _) = self.table().terminal(width);
        let sentences = self.sentences().into_iter().map(|sentence| wrap(&sentence, width, "  "));
        format!("Along {}:\n\n{table}{}", self.axis, sentences.collect::<String>())
    }

    /// Renders as Markdown.
    pub fn markdown(&self) -> String {
        let sentences = self.sentences().into_iter().map(|sentence| format!("- {sentence}\n"));
        let (table, sentences) = (self.table().markdown(), sentences.collect::<String>());
        format!("## Along {}\n\n{table}\n{sentences}", self.axis)
    }

    fn table(&self) -> Table {
        let mut table = Table::new(vec![
            Column::new(&self.axis, Align::Right, 0),
            Column::new("tier 1", Align::Left, 0),
            Column::new("lead over tier 2", Align::Left, 0),
        ]);
        for AxisPoint { value, leaders, lead } in &self.points {
            table.push(vec![value.clone(), leaders.join(", "), lead.clone()]);
        }
        table
    }

    fn sentences(&self) -> Vec<String> {
        if self.crossovers.is_empty() {
            return vec!["No crossover was found (95 % confidence).".to_owned()];
        }
        let sentence = |named: &NamedCrossover| {
            let NamedCrossover { ahead_before, ahead_after, crossover } = named;
            let Crossover { low, high, estimate, .. } = crossover;
            format!(
                "Crossover: {ahead_after} overtakes {ahead_before} between {} and {}, near {}.",
                plain(*low),
                plain(*high),
                plain(*estimate)
            )
        };
        self.crossovers.iter().map(sentence).collect()
    }
}

/// Formats a number without a fraction if it is whole or at least 100, else with two decimals.
fn plain(number: f64) -> String {
    match number {
        number if number.fract() == 0.0 || number >= 100.0 => format!("{number:.0}"),
        number => format!("{number:.2}"),
    }
}

fn leaders(comparison: &Comparison) -> Vec<String> {
    let tiers = comparison.tiers();
    let names = |tier: &Vec<&ContenderSummary>| {
        tier.iter().map(|contender| contender.strategy.clone()).collect()
    };
    tiers.first().map_or_else(Vec::new, names)
}

/// Finds the crossovers of every pair of strategies that is compared at every value.
fn named_crossovers(stops: &[(String, &Comparison)]) -> Vec<NamedCrossover> {
    let Some((_, first)) = stops.first() else { return Vec::new() };
    let names: Vec<&str> =
        first.contenders.iter().map(|contender| contender.strategy.as_str()).collect();
    let mut named = Vec::new();
    for (index, contender) in names.iter().enumerate() {
        for baseline in &names[index + 1..] {
            let points: Option<Vec<SweepPoint>> = stops
                .iter()
                .map(|(value, comparison)| {
                    let ratio = comparison.ratio(contender, baseline)?;
                    Some(SweepPoint { x: position(value)?, ratio })
                })
                .collect();
            let Some(mut points) = points else { continue };
            points.sort_by(|a, b| a.x.total_cmp(&b.x));
            for crossover in crossovers(&points, first.better()) {
                let (before, after) = match crossover.before {
                    Verdict::Faster => (contender, baseline),
                    _ => (baseline, contender),
                };
                let (ahead_before, ahead_after) = ((*before).to_owned(), (*after).to_owned());
                named.push(NamedCrossover { ahead_before, ahead_after, crossover });
            }
        }
    }
    named.sort_by(|a, b| a.crossover.estimate.total_cmp(&b.crossover.estimate));
    named
}

/// Returns the position of a value on the axis: its number, in nanoseconds if it is a time.
fn position(value: &str) -> Option<f64> {
    if value == "uniform" {
        return Some(0.0);
    }
    let number = value.rsplit([':', '@']).next()?;
    let digits = number.trim_end_matches(char::is_alphabetic);
    let factor = match &number[digits.len()..] {
        "" | "ns" => 1.0,
        "us" | "k" => 1e3,
        "ms" | "M" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    Some(digits.replace('_', "").parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparisons;
    use hotrow_results::{MeasurementRow, sample};

    /// Rows of a scenario in which cas and mutex have these rates.
    fn rows(users: u64, cas: u64, mutex: u64) -> Vec<MeasurementRow> {
        let mut rows = sample::series("cas", cas, 8);
        rows.extend(sample::series("mutex", mutex, 8));
        rows.iter_mut()
            .for_each(|row| (row.users, row.scenario) = (users, format!("users={users}")));
        rows
    }

    /// cas is slower than mutex on one row and faster on many: the crossover lies in between.
    #[test]
    fn the_sweep_names_the_crossover() {
        let all: Vec<MeasurementRow> = [(1, 100, 200), (16, 200, 200), (256, 400, 200)]
            .iter()
            .flat_map(|&(users, cas, mutex)| rows(users, cas * 10_000, mutex * 10_000))
            .collect();
        let comparisons = comparisons(&all);
        let stops: Vec<(String, &Comparison)> = ["1", "16", "256"]
            .iter()
            .zip(&comparisons)
            .map(|(value, comparison)| ((*value).to_owned(), comparison))
            .collect();
        let text = Sweep::along("users", &stops).terminal(80);
        let crossover = "Crossover: cas overtakes mutex between 1 and 256, near 16.";
        assert!(text.contains(crossover), "{text}");
        let without = Sweep::along("users", &stops[2..]).terminal(80);
        assert!(without.contains("No crossover was found (95 % confidence)."), "{without}");
    }

    /// A user can write a value in many forms. All of them must be in order on the axis.
    #[test]
    fn a_value_has_a_position_on_the_axis() {
        let values =
            ["16", "threads:8", "zipf:0.99", "uniform", "20us", "fixed:5ms", "50k", "1_024"];
        let expected = [16.0, 8.0, 0.99, 0.0, 20e3, 5e6, 50e3, 1_024.0];
        assert_eq!(values.map(|value| position(value).unwrap()), expected);
        assert_eq!(position("assignment"), None);
    }
}
