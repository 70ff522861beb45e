//! Compares the differences between strategies in process and over HTTP.

use super::{
    SERVED, listed, or_none,
    servers::{Cores, ServerScenario, Servers},
    share::{Portion, Share},
};
use crate::{
    comparison::{Comparison, comparisons},
    figures::{duration, percent_above_one, short_ratio},
    table::{Align, Column, Table},
};
use hotrow_results::{
    MeasurementRow, Role,
    stats::{Better, Verdict},
};

/// The same strategies ranked in process and over HTTP.
pub(super) struct Ranks {
    process: Comparison,
    over_http: Vec<(Cores, Comparison)>,
}

impl Ranks {
    /// Compares the rows of all servers, and those of one scenario in process.
    pub(super) fn new(servers: &[&MeasurementRow], process: &[&MeasurementRow]) -> Option<Ranks> {
        let owned = |rows: &mut dyn Iterator<Item = &&MeasurementRow>| -> Vec<MeasurementRow> {
            rows.map(|row| (*row).clone()).collect()
        };
        let is_charge =
            |row: &&&MeasurementRow| ServerScenario::parse(&row.scenario).request == "charge";
        let charges = owned(&mut servers.iter().filter(is_charge));
        let process = comparisons(&owned(&mut process.iter())).pop()?;
        // A single strategy has no rank.
        let has_several =
            |comparison: &Comparison| comparison.contenders.len() + comparison.unranked.len() > 1;
        let over_http = comparisons(&charges).into_iter().filter(has_several);
        let mut over_http: Vec<(Cores, Comparison)> = over_http
            .map(|comparison| (ServerScenario::parse(&comparison.scenario).cores, comparison))
            .collect();
        over_http.sort_by_key(|(cores, _)| *cores);
        Some(Ranks { process, over_http })
    }

    /// Returns the strategies that were compared over HTTP, by name.
    fn strategies(&self) -> Vec<&str> {
        let Some((_, first)) = self.over_http.first() else { return Vec::new() };
        let mut names: Vec<&str> =
            first.contenders.iter().map(|contender| &*contender.strategy).collect();
        names.sort_unstable();
        names
    }

    /// Returns the comparisons with their names, in process first.
    fn columns(&self) -> Vec<(String, &Comparison)> {
        let process =
            (format!("in process, {} threads", self.process.title.clients), &self.process);
        let over_http = self.over_http.iter().map(|(cores, comparison)| {
            let cores = match cores {
                Cores::One => "one core",
                Cores::Each => "one core each",
                Cores::All => "all cores",
            };
            (format!("over HTTP, {cores}"), comparison)
        });
        [process].into_iter().chain(over_http).collect()
    }

    pub(super) fn table(&self) -> Table {
        let columns = self.columns();
        let headings = columns.iter().map(|(name, _)| Column::new(name.clone(), Align::Left, 0));
        let first = Column::new("requests a second", Align::Left, 0);
        let mut table = Table::new([first].into_iter().chain(headings).collect());
        for strategy in self.strategies() {
            let field = |(_, comparison): &(String, &Comparison)| {
                let baseline = comparison.baseline.as_deref().unwrap_or_default();
                match comparison.ratio(strategy, baseline) {
                    _ if strategy == baseline => "baseline".to_owned(),
                    ratio => or_none(ratio, |ratio| ratio.to_string()),
                }
            };
            let fields = columns.iter().map(field);
            table.push([strategy.to_owned()].into_iter().chain(fields).collect());
        }
        let controls = columns.iter().map(|(_, comparison)| {
            or_none(comparison.aa_ratio.zip(comparison.aa_strategy.as_ref()), |(ratio, name)| {
                format!("{name}, {ratio}")
            })
        });
        table.push(["A/A control".to_owned()].into_iter().chain(controls).collect());
        let noises =
            columns.iter().map(|(_, comparison)| percent_above_one(comparison.noise.ratio()));
        table.push(["A/A noise".to_owned()].into_iter().chain(noises).collect());
        table
    }

    /// Describes how many pairs differ significantly in each comparison, and which differences are
    /// smaller than the A/A noise.
    pub(super) fn sentences(&self, servers: &Servers<'_>, share: &Share) -> Vec<String> {
        let strategies = self.strategies();
        let counts = self.columns().into_iter().map(|(name, comparison)| {
            let Pairs { all, different, unknown, largest } = Pairs::new(&strategies, comparison);
            let largest = or_none(largest, short_ratio);
            let unknown = match unknown {
                0 => String::new(),
                _ => format!(" ({unknown} with insufficient samples)"),
            };
            format!("{name}: {different} of {all} pairs{unknown}, the largest ratio is {largest}")
        });
        let counts: Vec<String> = counts.collect();
        let mut sentences = vec![format!(
            "Pairs of {} that differ significantly in requests a second: {}.",
            listed(&strategies),
            counts.join("; ")
        )];
        sentences.extend(self.hidden_by_noise(servers, share));
        sentences
    }

    fn hidden_by_noise(&self, servers: &Servers<'_>, share: &Share) -> Option<String> {
        let noise = servers.noise()?.ratio();
        let charge = servers.find(SERVED, Role::Contender, "charge")?.cpu_ns()?;
        let noise_ns = (noise - 1.0) * charge;
        let [within, beyond] = share.within(noise_ns)?;
        let names = |lines: &[&Portion]| {
            let names: Vec<String> = lines
                .iter()
                .map(|line| format!("{} ({})", line.strategy, duration(line.single_ns)))
                .collect();
            listed(&names.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let beyond = match beyond.is_empty() {
            true => String::new(),
            false => format!("; farther from it: {}", names(&beyond)),
        };
        Some(format!(
            "A/A noise: two servers with {SERVED} differ by up to {} in the processor time per \
             request, at the 95th percentile of single blocks. That is {}. By the time of a \
             command in process with 1 thread, these are no farther than that from the cheapest: \
             {}{beyond}.",
            percent_above_one(noise),
            duration(noise_ns),
            names(&within),
        ))
    }
}

/// The pairs of some strategies that differ significantly and by more than the A/A noise.
struct Pairs {
    all: usize,
    different: usize,
    /// Pairs with insufficient samples.
    unknown: usize,
    /// The largest ratio of any pair, also if it is not significant.
    largest: Option<f64>,
}

impl Pairs {
    fn new(strategies: &[&str], comparison: &Comparison) -> Pairs {
        let mut pairs = Pairs { all: 0, different: 0, unknown: 0, largest: None };
        for (index, strategy) in strategies.iter().enumerate() {
            for baseline in &strategies[index + 1..] {
                let Some(ratio) = comparison.ratio(strategy, baseline) else { continue };
                let verdict = ratio.verdict(comparison.noise, Better::Higher);
                let is_different = matches!(verdict, Verdict::Faster | Verdict::Slower);
                pairs.all += 1;
                pairs.different += usize::from(is_different);
                pairs.unknown += usize::from(verdict == Verdict::Unknown);
                let factor = ratio.median.max(ratio.median.recip());
                pairs.largest = Some(pairs.largest.map_or(factor, |known| known.max(factor)));
            }
        }
        pairs
    }
}
