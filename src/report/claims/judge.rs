//! Holds what a claim expects against what was measured.

use super::{
    cell::CellPattern,
    evidence::Evidence,
    expectation::{Expectation, Fit, Names, Per, Proved, Than},
    lines::lines_of,
    metric::Metric,
};
use crate::{
    record::{CheckRow, Role, Row},
    registry,
    report::{
        comparison::Measured,
        figures::{percent_above_one, three_digits},
        memory::{MemoryCost, memory_costs},
        planted::victims,
        standing::{Books, Series},
        title::Title,
    },
    stats::{Better, Blocks, Floor, Interval, Ratio, Shift, Summary, Verdict as Told, median},
};

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was shown.
    Holds,
    /// Neither it nor the opposite was shown: the two cannot be told apart.
    Tie,
    /// The opposite was shown.
    Contradicted,
    /// There is nothing to judge it by.
    NotMeasured,
}

impl Verdict {
    /// As it is printed and compared.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Tie => "tie",
            Verdict::Contradicted => "contradicted",
            Verdict::NotMeasured => "not measured",
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    /// In words and numbers.
    pub(super) measured: String,
    /// Between what; nothing where it was counted or proved.
    pub(super) interval: String,
    pub(super) verdict: Verdict,
}

/// Two numbers that are less than this apart are as good as one to whoever has to choose.
const ALIKE: f64 = 1.1;

/// What is found, or why there is nothing to judge by.
type Found = Result<Finding, String>;

/// Judges one expectation.
pub(super) fn judge(expectation: &Expectation, evidence: &Evidence<'_>) -> Finding {
    let found = match expectation {
        Expectation::Ratio { of, to, metric, is, by, cell } => {
            Cell::of(cell, evidence).and_then(|cell| cell.ratio(of, to, *metric, *is, *by))
        }
        Expectation::Across { of, metric, is, by, cell, to_cell } => {
            across(evidence, of, *metric, *is, *by, [cell, to_cell])
        }
        Expectation::Value { of, metric, is, than, cell } => {
            Cell::of(cell, evidence).and_then(|cell| cell.value(of, *metric, *is, *than))
        }
        Expectation::Proof { of, properties, is } => proof(evidence, of, properties, *is),
        Expectation::Memory { of, to, per, store, is } => {
            memory(evidence, of, to, *per, store, *is)
        }
        Expectation::Lines { of, to, is } => lines(of, to, *is),
        Expectation::Fits { of, store, is } => fits(of, store, *is),
        Expectation::Judgement { why } => Err(why.clone()),
    };
    found.unwrap_or_else(|why| Finding {
        measured: why,
        interval: String::new(),
        verdict: Verdict::NotMeasured,
    })
}

/// The rows of one cell.
struct Cell<'a> {
    title: String,
    measured: Measured<'a>,
}

impl<'a> Cell<'a> {
    fn of(pattern: &CellPattern, evidence: &Evidence<'a>) -> Result<Cell<'a>, String> {
        let rows: Vec<&Row> = pattern.rows(&evidence.run.rows, evidence.run.environment.cores)?;
        let (title, measured) = (Title::of(rows[0]).to_string(), Measured::of(&rows));
        match measured.is_measured {
            true => Ok(Cell { title, measured }),
            false => Err(format!("{title}: more than half of the blocks do not count")),
        }
    }

    /// The series of a strategy that is not a twin, if its books balance or there are none.
    fn series(&self, name: &str) -> Result<&Series<'a>, String> {
        let is_it = |series: &&Series<'_>| series.strategy == name && series.role != Role::Twin;
        let series = self.measured.series.iter().find(is_it);
        let series = series.ok_or_else(|| format!("{name} was not measured: {}", self.title))?;
        match (series.books(), series.role) {
            (Books::Wrong { .. }, Role::Contender) => {
                Err(format!("the books of {name} do not balance: {}", self.title))
            }
            _ => Ok(series),
        }
    }

    fn values(&self, name: &str, metric: Metric) -> Result<Blocks, String> {
        Ok(metric.of(self.series(name)?, self.series("null").ok()))
    }

    /// Of several strategies the one that does best, with its numbers.
    fn best<'n>(
        &self,
        names: impl Iterator<Item = &'n str>,
        metric: Metric,
        is: Than,
    ) -> Result<(&'n str, Blocks), String> {
        let mut best: Option<(&str, Blocks, f64)> = None;
        let mut missing = "nobody was measured".to_owned();
        for name in names {
            let values = match self.values(name, metric) {
                Ok(values) => values,
                Err(why) => {
                    missing = why;
                    continue;
                }
            };
            let Some(middle) = median(&values.measured()) else { continue };
            let is_better = best.as_ref().is_none_or(|(_, _, known)| match is.is_downward() {
                true => middle < *known,
                false => middle > *known,
            });
            if is_better {
                best = Some((name, values, middle));
            }
        }
        best.map(|(name, values, _)| (name, values)).ok_or(missing)
    }

    fn others(&self, of: &[&str]) -> Vec<&'a str> {
        let is_other = |series: &&Series<'a>| {
            let is_sound = matches!(series.books(), Books::Balanced { .. });
            series.role == Role::Contender && is_sound && !of.contains(&series.strategy)
        };
        self.measured.series.iter().filter(is_other).map(|series| series.strategy).collect()
    }

    /// What twins differ in, by this number.
    fn floor(&self, metric: Metric) -> Floor {
        let null = self.series("null").ok();
        let twin = self.measured.series.iter().find(|series| series.role == Role::Twin);
        let floor = twin.and_then(|twin| {
            let original = self.series(twin.strategy).ok()?;
            Floor::of_twins(&metric.of(original, null), &metric.of(twin, null))
        });
        floor.unwrap_or(Floor::MIN)
    }

    fn ratio(&self, of: &Names, to: &Names, metric: Metric, is: Than, by: f64) -> Found {
        let of = of.list();
        let to = if to.is_others() { self.others(&of) } else { to.list() };
        let (one, ours) = self.best(of.into_iter(), metric, is)?;
        let (other, theirs) = self.best(to.into_iter(), metric, is)?;
        let ratio = Ratio::of(&ours, &theirs)
            .ok_or_else(|| format!("{one} and {other} share no block: {}", self.title))?;
        let floor = self.floor(metric);
        let scaled = divided(ratio, by);
        let verdict = told(scaled.verdict(floor, Better::Higher), scaled.interval, is)
            .ok_or_else(|| format!("too few blocks: {}", self.title))?;
        let (name, title) = (metric.name(), &self.title);
        let (middle, interval) = apart(&ratio.to_string(), floor);
        let measured = format!("{one} has {middle} the {name} of {other}; {title}");
        Ok(Finding { measured, interval, verdict })
    }

    fn value(&self, of: &str, metric: Metric, is: Than, than: f64) -> Found {
        let values = self.values(of, metric)?;
        let summary = Summary::of(&values)
            .ok_or_else(|| format!("{of} has no {}: {}", metric.name(), self.title))?;
        let interval = summary.interval.ok_or_else(|| format!("too few blocks: {}", self.title))?;
        let against = match (interval.low > than, interval.high < than) {
            (true, _) => Told::Faster,
            (_, true) => Told::Slower,
            _ => Told::Tie,
        };
        let scaled = interval.map(|end| end / than);
        let verdict = told(against, Some(scaled), is).expect("with an interval something is known");
        let (name, shown) = (metric.name(), metric.show(summary.median));
        let measured = format!("{of}: {name} {shown}; {}", self.title);
        let [low, high] = [interval.low, interval.high].map(|end| metric.show(end));
        Ok(Finding { measured, interval: format!("[{low}, {high}]"), verdict })
    }
}

/// One strategy in two cells, whose blocks have nothing to do with each other.
fn across(
    evidence: &Evidence<'_>,
    of: &str,
    metric: Metric,
    is: Than,
    by: f64,
    cells: [&CellPattern; 2],
) -> Found {
    let [one, other] = [Cell::of(cells[0], evidence)?, Cell::of(cells[1], evidence)?];
    let [ours, theirs] = [one.values(of, metric)?, other.values(of, metric)?];
    let shift =
        Shift::of(&ours, &theirs).ok_or_else(|| format!("{of} has no {}", metric.name()))?;
    let floor = Floor::wider(one.floor(metric), other.floor(metric));
    let scaled = shift.interval.map(|interval| interval.map(|end| end / by));
    let scaled = Shift { ratio: shift.ratio / by, interval: scaled, ..shift };
    let verdict = told(scaled.verdict(floor, Better::Higher), scaled.interval, is);
    let verdict = verdict.ok_or_else(|| format!("too few blocks: {}", one.title))?;
    let (middle, interval) = apart(&shift.to_string(), floor);
    let (name, here, there) = (metric.name(), one.title, other.title);
    Ok(Finding {
        measured: format!("{of} has {middle} the {name}; {here}, to {there}"),
        interval,
        verdict,
    })
}

fn divided(ratio: Ratio, by: f64) -> Ratio {
    let interval = ratio.interval.map(|interval| interval.map(|end| end / by));
    Ratio { median: ratio.median / by, interval, ..ratio }
}

/// `1.83 x [1.71, 1.96]` in its two parts, and what the cell can resolve beside the second.
fn apart(text: &str, floor: Floor) -> (String, String) {
    let at = text.find(" [").unwrap_or(text.len());
    let (middle, interval) = (&text[..at], text[at..].trim());
    (middle.to_owned(), format!("{interval}, floor {}", percent_above_one(floor.ratio())))
}

/// What more, less or neither says to a claim; nothing where nothing is known. That two could not be
/// told apart does not make them the same: for that the interval has to be narrow.
fn told(found: Told, interval: Option<Interval>, is: Than) -> Option<Verdict> {
    let Interval { low, high } = interval?;
    let (no_less, no_more) = (ALIKE.recip() <= low, high <= ALIKE);
    let holds = match is {
        Than::More => found == Told::Faster,
        Than::Less => found == Told::Slower,
        Than::Same => no_less && no_more,
        Than::NoLess => no_less || found == Told::Faster,
        Than::NoMore => no_more || found == Told::Slower,
    };
    let is_opposite = match is {
        Than::More | Than::NoLess => found == Told::Slower,
        Than::Less | Than::NoMore => found == Told::Faster,
        Than::Same => found == Told::Faster || found == Told::Slower,
    };
    match (found, holds, is_opposite) {
        (Told::Unknown, ..) => None,
        (_, true, _) => Some(Verdict::Holds),
        (_, _, true) => Some(Verdict::Contradicted),
        _ => Some(Verdict::Tie),
    }
}

/// The same of two numbers that were counted.
fn counted(ours: f64, theirs: f64, is: Than) -> Verdict {
    let ratio = ours / theirs;
    let found = match ratio {
        ratio if ratio > ALIKE => Told::Faster,
        ratio if ratio < ALIKE.recip() => Told::Slower,
        _ => Told::Tie,
    };
    told(found, Some(Interval { low: ratio, high: ratio }), is).expect("what is counted is known")
}

fn proof(evidence: &Evidence<'_>, of: &Names, properties: &[String], is: Proved) -> Found {
    let of = of.list();
    let is_meant = |row: &&CheckRow| {
        of.contains(&&*row.strategy)
            && (properties.is_empty() || properties.contains(&row.property))
    };
    let rows: Vec<&CheckRow> = evidence.checks().iter().filter(is_meant).collect();
    if let Some(unknown) =
        properties.iter().find(|name| rows.iter().all(|row| row.property != **name))
    {
        return Err(format!("{} was not held to {}", of.join(", "), unknown.replace('_', " ")));
    }
    let unseen = rows.iter().find(|row| row.trials > 0 && victims(&row.property) == 0);
    if let Some(row) = unseen {
        return Err(format!("nothing shows that {} can be seen broken", row.property));
    }
    let (trials, broken): (u64, u64) = rows
        .iter()
        .fold((0, 0), |(trials, broken), row| (trials + row.trials, broken + row.broken));
    let not_promised = rows.iter().all(|row| row.trials == 0);
    let is_whole = properties.is_empty() || rows.iter().all(|row| row.trials > 0);
    let found = match (rows.is_empty(), not_promised, broken, is_whole) {
        (true, ..) => return Err(format!("{} was not checked", of.join(", "))),
        (_, true, ..) => Proved::NotPromised,
        (_, _, 1.., _) => Proved::Broken,
        (_, _, 0, true) => Proved::Kept,
        (_, _, 0, false) => Proved::NotPromised,
    };
    let of = of.join(" and ");
    let measured = match (found, rows.iter().find(|row| row.broken > 0)) {
        (Proved::NotPromised, _) => format!("{of}: not promised"),
        (_, Some(first)) => {
            format!("{of}: broken in {broken} of {trials} trials, first {}", first.violation)
        }
        (_, None) => format!("{of}: kept in {trials} of {trials} trials"),
    };
    let verdict = if found == is { Verdict::Holds } else { Verdict::Contradicted };
    Ok(Finding { measured, interval: String::new(), verdict })
}

fn memory(evidence: &Evidence<'_>, of: &str, to: &Names, per: Per, store: &str, is: Than) -> Found {
    let costs = memory_costs(evidence.memory());
    let bytes = |name: &str| {
        let is_it = |cost: &&MemoryCost| cost.store == store && cost.strategy == name;
        let cost = costs.iter().find(is_it);
        cost.map(|cost| match per {
            Per::IdleUser => cost.bytes_per_user,
            Per::Receipt => cost.bytes_per_receipt,
        })
    };
    let is_other = |cost: &&MemoryCost| {
        let entry = registry::entries().find(|entry| entry.strategy == cost.strategy);
        cost.store == store && cost.strategy != of && entry.is_some_and(|it| it.promises.sound)
    };
    let others = costs.iter().filter(is_other).map(|cost| cost.strategy.as_str());
    let to: Vec<&str> = if to.is_others() { others.collect() } else { to.list() };
    let ours = bytes(of).ok_or_else(|| format!("no bytes of {of} on {store} were counted"))?;
    let theirs = to.into_iter().filter_map(|name| Some((name, bytes(name)?)));
    let (other, theirs) = match is.is_downward() {
        true => theirs.min_by(|one, other| one.1.total_cmp(&other.1)),
        false => theirs.max_by(|one, other| one.1.total_cmp(&other.1)),
    }
    .ok_or_else(|| format!("no bytes of others on {store} were counted"))?;
    let each = match per {
        Per::IdleUser => "an idle user",
        Per::Receipt => "a receipt",
    };
    let [shown, beside] = [ours, theirs].map(three_digits);
    Ok(Finding {
        measured: format!("{of} has {shown} bytes for {each} on {store}, {other} {beside}"),
        interval: String::new(),
        verdict: counted(ours, theirs, is),
    })
}

fn lines(of: &str, to: &Names, is: Than) -> Found {
    let sound = registry::entries().filter(|entry| entry.promises.sound);
    let others = sound.map(|entry| entry.strategy).filter(|name| *name != of);
    let to: Vec<&str> = if to.is_others() { others.collect() } else { to.list() };
    let count = |name| lines_of(name).ok_or_else(|| format!("{name} has no file that is known"));
    let ours = count(of)?;
    let theirs = to.into_iter().filter_map(|name| Some((name, lines_of(name)?)));
    let (other, theirs) = match is.is_downward() {
        true => theirs.min_by_key(|one| one.1),
        false => theirs.max_by_key(|one| one.1),
    }
    .ok_or("nobody else has lines")?;
    Ok(Finding {
        measured: format!("{of} is {ours} lines of code beside what all share, {other} {theirs}"),
        interval: String::new(),
        verdict: counted(ours as f64, theirs as f64, is),
    })
}

fn fits(of: &str, store: &str, is: Fit) -> Found {
    let entry = registry::entries().find(|entry| (entry.strategy, entry.store) == (of, store));
    let found = match entry {
        None => Fit::Never,
        Some(entry) if (entry.store_type)().contains("Versioned<") => Fit::Versioned,
        Some(_) => Fit::AsItIs,
    };
    let measured = match found {
        Fit::Never => format!("{of} on {store} does not compile"),
        Fit::Versioned => format!("{of} runs on {store} only with a version word beside each row"),
        Fit::AsItIs => format!("{of} runs on {store} as they are"),
    };
    let verdict = if found == is { Verdict::Holds } else { Verdict::Contradicted };
    Ok(Finding { measured, interval: String::new(), verdict })
}
