//! What is left of the differences between strategies when they are asked over HTTP.

use super::{
    SERVED, listed, or_none,
    servers::{Cores, Place, Servers},
    share::{Portion, Share},
};
use crate::{
    record::{Role, Row},
    report::{
        comparison::{Comparison, comparisons},
        figures::{duration, percent_above_one, short_ratio},
        table::{Align, Column, Table},
    },
    stats::{Better, Verdict},
};

/// The same strategies ranked in process and over HTTP.
pub(super) struct Ranks {
    process: Comparison,
    over_http: Vec<(Cores, Comparison)>,
}

impl Ranks {
    /// Of the rows of all servers, and of those of one cell in process.
    pub(super) fn of(servers: &[&Row], process: &[&Row]) -> Option<Ranks> {
        let owned = |rows: &mut dyn Iterator<Item = &&Row>| -> Vec<Row> {
            rows.map(|row| (*row).clone()).collect()
        };
        let is_charge = |row: &&&Row| Place::of(&row.cell).asked == "charge";
        let charges = owned(&mut servers.iter().filter(is_charge));
        let process = comparisons(&owned(&mut process.iter())).pop()?;
        // Where only one strategy was asked there is nothing to rank.
        let of_several = |one: &Comparison| one.contenders.len() + one.unsound.len() > 1;
        let over_http = comparisons(&charges).into_iter().filter(of_several);
        let mut over_http: Vec<(Cores, Comparison)> =
            over_http.map(|comparison| (Place::of(&comparison.cell).cores, comparison)).collect();
        over_http.sort_by_key(|(cores, _)| *cores);
        Some(Ranks { process, over_http })
    }

    /// Those that were ranked over HTTP, by name.
    fn strategies(&self) -> Vec<&str> {
        let Some((_, first)) = self.over_http.first() else { return Vec::new() };
        let mut names: Vec<&str> = first.contenders.iter().map(|one| &*one.strategy).collect();
        names.sort_unstable();
        names
    }

    /// In process first: what each is called, and what was found.
    fn columns(&self) -> Vec<(String, &Comparison)> {
        let process =
            (format!("in process, {} threads", self.process.title.clients), &self.process);
        let over_http = self.over_http.iter().map(|(cores, comparison)| {
            let cores = match cores {
                Cores::One => "one core",
                Cores::Each => "a core each",
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
            let cell = |(_, comparison): &(String, &Comparison)| {
                let baseline = comparison.baseline.as_deref().unwrap_or_default();
                match comparison.ratio(strategy, baseline) {
                    _ if strategy == baseline => "baseline".to_owned(),
                    ratio => or_none(ratio, |ratio| ratio.to_string()),
                }
            };
            let cells = columns.iter().map(cell);
            table.push([strategy.to_owned()].into_iter().chain(cells).collect());
        }
        let twins = columns.iter().map(|(_, comparison)| {
            or_none(comparison.twins.zip(comparison.twin.as_ref()), |(ratio, of)| {
                format!("{of}, {ratio}")
            })
        });
        table.push(["twins".to_owned()].into_iter().chain(twins).collect());
        let floors =
            columns.iter().map(|(_, comparison)| percent_above_one(comparison.floor.ratio()));
        table.push(["floor".to_owned()].into_iter().chain(floors).collect());
        table
    }

    /// How many pairs can be told apart in each place, and what a difference is lost in.
    pub(super) fn sentences(&self, servers: &Servers<'_>, share: &Share) -> Vec<String> {
        let strategies = self.strategies();
        let told = self.columns().into_iter().map(|(name, comparison)| {
            let Pairs { all, apart, unknown, farthest } = Pairs::of(&strategies, comparison);
            let farthest = or_none(farthest, short_ratio);
            let unknown = match unknown {
                0 => String::new(),
                _ => format!(" ({unknown} have too few blocks to tell)"),
            };
            format!(
                "{name}, {apart} of {all} pairs{unknown}, the farthest {farthest} from one another"
            )
        });
        let told: Vec<String> = told.collect();
        let mut sentences = vec![format!(
            "Of {}, these can be told apart by their requests a second: {}.",
            listed(&strategies),
            told.join("; ")
        )];
        sentences.extend(self.lost(servers, share));
        sentences
    }

    fn lost(&self, servers: &Servers<'_>, share: &Share) -> Option<String> {
        let floor = servers.floor()?.ratio();
        let charge = servers.find(SERVED, Role::Contender, "charge")?.cpu_ns()?;
        let lost_ns = (floor - 1.0) * charge;
        let [within, beyond] = share.within(lost_ns)?;
        let names = |lines: &[&Portion]| {
            let names: Vec<String> = lines
                .iter()
                .map(|line| format!("{} ({})", line.strategy, duration(line.alone_ns)))
                .collect();
            listed(&names.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let beyond = match beyond.is_empty() {
            true => String::new(),
            false => format!("; beyond it {}", names(&beyond)),
        };
        Some(format!(
            "Two servers of {SERVED} differ by up to {} in the processor time of a request, at the \
             95th percentile of single blocks, which is {}. By what a command takes in process with \
             1 thread, within that of the cheapest: {}{beyond}.",
            percent_above_one(floor),
            duration(lost_ns),
            names(&within),
        ))
    }
}

/// How many of the pairs of some strategies differ beyond chance and the floor.
struct Pairs {
    all: usize,
    apart: usize,
    /// Of which too little was measured to say either.
    unknown: usize,
    /// The largest ratio of any, whether or not it is told apart.
    farthest: Option<f64>,
}

impl Pairs {
    fn of(strategies: &[&str], comparison: &Comparison) -> Pairs {
        let mut pairs = Pairs { all: 0, apart: 0, unknown: 0, farthest: None };
        for (at, one) in strategies.iter().enumerate() {
            for other in &strategies[at + 1..] {
                let Some(ratio) = comparison.ratio(one, other) else { continue };
                let verdict = ratio.verdict(comparison.floor, Better::Higher);
                pairs.all += 1;
                pairs.apart += usize::from(matches!(verdict, Verdict::Faster | Verdict::Slower));
                pairs.unknown += usize::from(verdict == Verdict::Unknown);
                let apart = ratio.median.max(ratio.median.recip());
                pairs.farthest = Some(pairs.farthest.map_or(apart, |known| known.max(apart)));
            }
        }
        pairs
    }
}
