//! Compares the findings of one machine with those of others: what holds on each of them, and what
//! turns round.
//!
//! A finding is a difference between two contenders of one scenario that a machine showed by the
//! rule of the ranking: the interval excludes 1, at an error that is shared among all pairs with a
//! leader, and the median differs by at least 3 %. Two machines share no block, so no ratio is ever
//! taken across machines: each machine gives its own, and only their directions are compared.

use super::{
    comparison::{Comparison, comparisons},
    figures::with_thousands_separators,
    scenarios::named_scenarios,
    source::{RenderContext, Source},
    table::{Align, Column, Table},
};
use hotrow_results::stats::{MISS_MAX, Ratio, Verdict};

/// The most reversed findings that are listed.
const REVERSED_MAX: usize = 12;

/// A machine: its name in the tables, and the scenarios that it measured.
struct Machine {
    name: String,
    cores: usize,
    comparisons: Vec<Comparison>,
}

/// A pair of contenders of one scenario, with its ratio on every machine.
struct Pair<'a> {
    comparison: &'a Comparison,
    names: [&'a str; 2],
    /// The ratio of the first to the second, by machine.
    ratios: Vec<Ratio>,
    /// Which of them is better, by machine.
    verdicts: Vec<Verdict>,
}

/// How the findings of the machines about one pair agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Agreement {
    /// No machine told the pair apart.
    NotShown,
    /// Every machine showed a difference, all in one direction.
    Holds,
    /// Some machines showed it, and none showed the opposite.
    ShownBySome,
    /// One machine showed a difference, and another the opposite.
    Reversed,
}

/// Renders what holds on the machine of the block's run and on those of the runs in its arguments.
pub(super) fn machines(context: &RenderContext<'_>) -> Result<String, String> {
    let others = context.rest.split_whitespace().map(|name| {
        let named = context.sources.iter().find(|source| source.name == name);
        named.ok_or_else(|| format!("there is no run in results/{name}"))
    });
    let others: Vec<&Source<'_>> = others.collect::<Result<_, _>>()?;
    let sources = std::iter::once(&context.source).chain(others);
    let machines: Vec<Machine> = sources.map(Machine::new).collect();
    if machines.len() < 2 {
        return Err("name a run of each other machine".to_owned());
    }
    let pairs = pairs(&machines);
    Ok(format!(
        "{}\n{}\n{}",
        counts(&machines, &pairs),
        leaders(&machines),
        reversed(&machines, &pairs)
    ))
}

impl Machine {
    fn new(source: &Source<'_>) -> Machine {
        let environment = &source.run.environment;
        let model = environment.cpu_model.as_deref().unwrap_or("unknown processor");
        Machine {
            name: format!("{model}, {} cores", environment.cores),
            cores: environment.cores,
            comparisons: comparisons(&source.run.rows),
        }
    }

    /// Returns the comparison of the same scenario, if it counts on this machine.
    fn comparison(&self, scenario: &str) -> Option<&Comparison> {
        self.comparisons.iter().find(|it| it.scenario == scenario).filter(|it| it.is_measured())
    }
}

/// Returns every pair of contenders that all machines ranked in the same scenario.
fn pairs(machines: &[Machine]) -> Vec<Pair<'_>> {
    let mut pairs = Vec::new();
    for comparison in machines[0].comparisons.iter().filter(|it| it.is_measured()) {
        let same: Option<Vec<&Comparison>> =
            machines.iter().map(|machine| machine.comparison(&comparison.scenario)).collect();
        let Some(same) = same else { continue };
        let is_ranked = |name: &&str| {
            let rank = |it: &&Comparison| it.summary(name).and_then(|summary| summary.rank);
            same.iter().all(|it| rank(it).is_some())
        };
        let contenders = comparison.contenders.iter().map(|contender| &*contender.strategy);
        let contenders: Vec<&str> = contenders.filter(is_ranked).collect();
        for (index, first) in contenders.iter().enumerate() {
            let seconds = contenders[index + 1..].iter();
            pairs.extend(seconds.filter_map(|second| {
                Pair::new(comparison, &same, [first, second], contenders.len())
            }));
        }
    }
    pairs
}

impl<'a> Pair<'a> {
    /// Compares two of `contenders` contenders on each machine. Returns `None` if a machine has no
    /// common block of them.
    fn new(
        comparison: &'a Comparison,
        same: &[&Comparison],
        names: [&'a str; 2],
        contenders: usize,
    ) -> Option<Pair<'a>> {
        let miss = MISS_MAX / (2.0 * contenders.saturating_sub(1).max(1) as f64);
        let ratio =
            |it: &&Comparison| Ratio::missing(it.values(names[0])?, it.values(names[1])?, miss);
        let ratios: Vec<Ratio> = same.iter().map(ratio).collect::<Option<_>>()?;
        let verdicts = ratios.iter().map(|ratio| ratio.verdict(comparison.better())).collect();
        Some(Pair { comparison, names, ratios, verdicts })
    }

    fn agreement(&self) -> Agreement {
        let shows = |wanted| self.verdicts.iter().filter(|verdict| **verdict == wanted).count();
        let (faster, slower) = (shows(Verdict::Faster), shows(Verdict::Slower));
        match (faster, slower) {
            (0, 0) => Agreement::NotShown,
            (1.., 1..) => Agreement::Reversed,
            _ if faster + slower == self.verdicts.len() => Agreement::Holds,
            _ => Agreement::ShownBySome,
        }
    }
}

/// Says how many findings hold on every machine.
fn counts(machines: &[Machine], pairs: &[Pair<'_>]) -> String {
    let of = |wanted| pairs.iter().filter(|pair| pair.agreement() == wanted).count() as u64;
    let (holds, some, reversed) =
        (of(Agreement::Holds), of(Agreement::ShownBySome), of(Agreement::Reversed));
    let names: Vec<&str> = machines.iter().map(|machine| &*machine.name).collect();
    format!(
        "Machines: {}. Of {} pairs of contenders that all of them ranked in the same scenario, at \
         least one machine told {} apart. **{} of these findings hold on every machine, {} turn \
         round, and {} were shown by some of the machines only.**\n",
        names.join("; "),
        with_thousands_separators(pairs.len() as u64),
        with_thousands_separators(holds + some + reversed),
        with_thousands_separators(holds),
        with_thousands_separators(reversed),
        with_thousands_separators(some),
    )
}

/// Renders the first tier of each named scenario on each machine.
fn leaders(machines: &[Machine]) -> String {
    let mut columns = vec![Column::new("scenario", Align::Left, 0)];
    let tier_of = |machine: &Machine| format!("tier 1 on {}", machine.name);
    columns.extend(machines.iter().map(|machine| Column::new(tier_of(machine), Align::Left, 0)));
    columns.push(Column::new("on all of them", Align::Left, 0));
    let mut table = Table::new(columns);
    for named in named_scenarios(&machines[0].comparisons, machines[0].cores) {
        let same: Option<Vec<&Comparison>> =
            machines.iter().map(|machine| machine.comparison(&named.comparison.scenario)).collect();
        let Some(same) = same else { continue };
        let tiers: Vec<Vec<&str>> = same.iter().map(|it| first_tier(it)).collect();
        let on_all: Vec<&str> = tiers[0]
            .iter()
            .copied()
            .filter(|name| tiers.iter().all(|tier| tier.contains(name)))
            .collect();
        let mut row = vec![named.name.to_owned()];
        row.extend(tiers.iter().map(|tier| tier.join(", ")));
        row.push(if on_all.is_empty() { "none".to_owned() } else { on_all.join(", ") });
        table.push(row);
    }
    table.markdown()
}

fn first_tier(comparison: &Comparison) -> Vec<&str> {
    let tiers = comparison.tiers();
    tiers
        .first()
        .map_or_else(Vec::new, |tier| tier.iter().map(|summary| &*summary.strategy).collect())
}

/// Lists the findings that turn round, those with the largest change first.
fn reversed(machines: &[Machine], pairs: &[Pair<'_>]) -> String {
    let mut reversed: Vec<&Pair<'_>> =
        pairs.iter().filter(|pair| pair.agreement() == Agreement::Reversed).collect();
    if reversed.is_empty() {
        return "No finding turns round.\n".to_owned();
    }
    reversed.sort_by(|a, b| b.change().total_cmp(&a.change()));
    let mut columns =
        vec![Column::new("scenario", Align::Left, 0), Column::new("ratio", Align::Left, 0)];
    columns
        .extend(machines.iter().map(|it| Column::new(format!("on {}", it.name), Align::Left, 0)));
    let mut table = Table::new(columns);
    for pair in reversed.iter().take(REVERSED_MAX) {
        let [first, second] = pair.names;
        let mut row = vec![pair.comparison.title.to_string(), format!("{first} / {second}")];
        row.extend(pair.ratios.iter().map(Ratio::to_string));
        table.push(row);
    }
    let more = match reversed.len().saturating_sub(REVERSED_MAX) {
        0 => String::new(),
        more => format!("\n{more} more turn round by less.\n"),
    };
    format!("Findings that turn round:\n\n{}{more}", table.markdown())
}

impl Pair<'_> {
    /// Returns the largest factor between the ratios of two machines, as a logarithm.
    fn change(&self) -> f64 {
        let logs = || self.ratios.iter().map(|ratio| ratio.median.ln());
        logs().fold(f64::MIN, f64::max) - logs().fold(f64::MAX, f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render_block;
    use hotrow_results::{MeasurementRow, StoredRun, sample};

    /// A run of 20 blocks of another processor, on which each strategy has another rate.
    fn other(rate: impl Fn(&str) -> u64) -> StoredRun {
        let mut rows: Vec<MeasurementRow> = Vec::new();
        for strategy in ["cas", "mutex", "queue", "actor"] {
            rows.extend(sample::series(strategy, rate(strategy), 20));
        }
        let mut run = sample::run(&rows);
        run.environment.cpu_model = Some("Another Processor".to_owned());
        run
    }

    fn rendered(one: &StoredRun, other: &StoredRun) -> String {
        let sources = [Source { name: "one", run: one }, Source { name: "other", run: other }];
        render_block("machines one other", &sources).unwrap()
    }

    /// `cas` leads on both and `actor` is last on both; `mutex` and `queue` are within 1 %.
    #[test]
    fn findings_that_both_machines_show_hold() {
        let one = sample::run(&sample::rows(20));
        let text = rendered(
            &one,
            &other(|strategy| match strategy {
                "cas" => 9_000_000,
                "actor" => 1_000_000,
                _ => 3_000_000,
            }),
        );
        assert!(text.contains("A Processor, 2 cores; Another Processor, 2 cores"), "{text}");
        assert!(text.contains("Of 6 pairs"), "{text}");
        assert!(text.contains("told 5 apart. **5 of these findings hold"), "{text}");
        assert!(text.contains("No finding turns round."), "{text}");
        assert!(text.contains("| cas | cas | cas |"), "{text}");
    }

    /// On the second machine `mutex` leads `cas`, and `queue` falls behind `mutex`.
    #[test]
    fn findings_that_turn_round_are_listed_with_the_ratio_on_each_machine() {
        let one = sample::run(&sample::rows(20));
        let text = rendered(
            &one,
            &other(|strategy| match strategy {
                "cas" => 3_000_000,
                "mutex" => 4_500_000,
                "queue" => 2_000_000,
                _ => 1_000_000,
            }),
        );
        let sentence = "**4 of these findings hold on every machine, 1 turn round, and 1 were \
                        shown by some of the machines only.**";
        assert!(text.contains(sentence), "{text}");
        assert!(text.contains("| cas / mutex | 2.00 x"), "{text}");
        assert!(text.contains("| 0.67 x"), "{text}");
        assert!(text.contains("| cas | mutex | none |"), "{text}");
    }

    /// One machine compares with nothing.
    #[test]
    fn a_machine_without_another_is_rejected() {
        let one = sample::run(&sample::rows(20));
        let sources = [Source { name: "one", run: &one }];
        let error = render_block("machines one", &sources).unwrap_err().to_string();
        assert_eq!(error, "block machines: name a run of each other machine");
    }
}
