//! Where the lead changes as one thing is turned up.

use super::{
    comparison::Comparison,
    standing::Standing,
    table::{Align, Column, Table, wrap},
};
use crate::stats::{Along, Crossing, Verdict, crossings};

/// One comparison for each value of an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    part: String,
    stops: Vec<Stop>,
    changes: Vec<Change>,
}

/// One value of the axis, and what was found there.
#[derive(Debug, Clone, PartialEq)]
struct Stop {
    value: String,
    /// Those who tie for first.
    leaders: Vec<String>,
    /// How far the first is ahead of the next tier.
    lead: String,
}

/// Where one strategy passes another.
#[derive(Debug, Clone, PartialEq)]
struct Change {
    ahead_before: String,
    ahead_after: String,
    crossing: Crossing,
}

impl Sweep {
    /// Goes along the values of `part`, in the order in which they are given.
    pub fn along(part: &str, stops: &[(String, &Comparison)]) -> Sweep {
        let told = stops.iter().map(|(value, comparison)| Stop {
            value: value.clone(),
            leaders: leaders(comparison),
            lead: comparison.leads.first().map_or_else(|| "-".to_owned(), ToString::to_string),
        });
        Sweep { part: part.to_owned(), stops: told.collect(), changes: changes(stops) }
    }

    /// Renders for a terminal of `width` columns.
    pub fn terminal(&self, width: usize) -> String {
        let (table, _) = self.table().terminal(width);
        let sentences = self.sentences().into_iter().map(|sentence| wrap(&sentence, width, "  "));
        format!("Along {}:\n\n{table}{}", self.part, sentences.collect::<String>())
    }

    /// Renders for a page.
    pub fn markdown(&self) -> String {
        let sentences = self.sentences().into_iter().map(|sentence| format!("- {sentence}\n"));
        let (table, sentences) = (self.table().markdown(), sentences.collect::<String>());
        format!("## Along {}\n\n{table}\n{sentences}", self.part)
    }

    fn table(&self) -> Table {
        let mut table = Table::new(vec![
            Column::new(&self.part, Align::Right, 0),
            Column::new("first", Align::Left, 0),
            Column::new("ahead of the next by", Align::Left, 0),
        ]);
        for Stop { value, leaders, lead } in &self.stops {
            table.push(vec![value.clone(), leaders.join(", "), lead.clone()]);
        }
        table
    }

    fn sentences(&self) -> Vec<String> {
        if self.changes.is_empty() {
            return vec!["No strategy passes another beyond doubt.".to_owned()];
        }
        let sentence = |change: &Change| {
            let Change { ahead_before, ahead_after, crossing } = change;
            let Crossing { low, high, estimate, .. } = crossing;
            format!(
                "{ahead_after} passes {ahead_before} between {} and {}, near {}.",
                plain(*low),
                plain(*high),
                plain(*estimate)
            )
        };
        self.changes.iter().map(sentence).collect()
    }
}

/// Three digits at most, and none that are not needed.
fn plain(number: f64) -> String {
    match number {
        number if number.fract() == 0.0 || number >= 100.0 => format!("{number:.0}"),
        number => format!("{number:.2}"),
    }
}

fn leaders(comparison: &Comparison) -> Vec<String> {
    let tiers = comparison.tiers();
    let names = |tier: &Vec<&Standing>| tier.iter().map(|one| one.strategy.clone()).collect();
    tiers.first().map_or_else(Vec::new, names)
}

/// Every pair of strategies that are compared at every value, and where one passes the other.
fn changes(stops: &[(String, &Comparison)]) -> Vec<Change> {
    let Some((_, first)) = stops.first() else { return Vec::new() };
    let names: Vec<&str> = first.contenders.iter().map(|one| one.strategy.as_str()).collect();
    let mut changes = Vec::new();
    for (index, one) in names.iter().enumerate() {
        for other in &names[index + 1..] {
            let points: Option<Vec<Along>> = stops
                .iter()
                .map(|(value, comparison)| {
                    let ratio = comparison.ratio(one, other)?;
                    Some(Along { x: place_of(value)?, ratio, floor: comparison.floor })
                })
                .collect();
            let Some(mut points) = points else { continue };
            points.sort_by(|one, other| one.x.total_cmp(&other.x));
            for crossing in crossings(&points, first.better()) {
                let (before, after) = match crossing.before {
                    Verdict::Faster => (one, other),
                    _ => (other, one),
                };
                let (ahead_before, ahead_after) = ((*before).to_owned(), (*after).to_owned());
                changes.push(Change { ahead_before, ahead_after, crossing });
            }
        }
    }
    changes.sort_by(|one, other| one.crossing.estimate.total_cmp(&other.crossing.estimate));
    changes
}

/// Where a value stands on the axis: the number in it, in nanoseconds if it is a time.
fn place_of(value: &str) -> Option<f64> {
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
    use crate::{
        record::{Row, sample},
        report::comparisons,
    };

    /// Rows of a cell in which cas and mutex have these rates.
    fn rows(users: u64, cas: u64, mutex: u64) -> Vec<Row> {
        let mut rows = sample::series("cas", cas, 8);
        rows.extend(sample::series("mutex", mutex, 8));
        rows.iter_mut().for_each(|row| (row.users, row.cell) = (users, format!("users={users}")));
        rows
    }

    /// Behind on one row and ahead on many: somewhere in between is what the reader came for.
    #[test]
    fn the_place_where_one_passes_the_other_is_told() {
        let all: Vec<Row> = [(1, 100, 200), (16, 200, 200), (256, 400, 200)]
            .iter()
            .flat_map(|&(users, cas, mutex)| rows(users, cas * 10_000, mutex * 10_000))
            .collect();
        let comparisons = comparisons(&all);
        let stops: Vec<(String, &Comparison)> = ["1", "16", "256"]
            .iter()
            .zip(&comparisons)
            .map(|(value, one)| ((*value).to_owned(), one))
            .collect();
        let text = Sweep::along("users", &stops).terminal(80);
        assert!(text.contains("cas passes mutex between 1 and 256, near 16."), "{text}");
        let level = Sweep::along("users", &stops[2..]).terminal(80);
        assert!(level.contains("No strategy passes another beyond doubt."), "{level}");
    }

    /// Values are typed in many ways, and must lie in their order on the axis.
    #[test]
    fn a_value_has_a_place_on_the_axis() {
        let places =
            ["16", "threads:8", "zipf:0.99", "uniform", "20us", "fixed:5ms", "50k", "1_024"];
        let expected = [16.0, 8.0, 0.99, 0.0, 20e3, 5e6, 50e3, 1_024.0];
        assert_eq!(places.map(|value| place_of(value).unwrap()), expected);
        assert_eq!(place_of("assignment"), None);
    }
}
