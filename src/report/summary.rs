//! The first page: the answer in five sentences, which one to use when, and how far to trust it.

use super::{
    answer::answer,
    blocks::Material,
    comparison::{Comparison, comparisons},
    figures::{duration, grouped, percent_above_one},
    situations::{situation, situations},
    standing::{ServiceTime, Standing},
    table::{Align, Column, Table},
};
use crate::{
    record::{Finding, Kind, Role, Row},
    registry,
};

/// The questions that the first four sentences answer.
const ASKED: [(&str, &str); 4] = [
    ("One hot account in memory.", "one hot account, a thread for each core"),
    ("A hundred thousand accounts in memory.", "a hundred thousand accounts"),
    ("Under a promised rate.", "a higher rate promised"),
    ("Behind a slow store.", "a slow store, one account"),
];

/// The answer in five sentences.
pub(super) fn answers(material: &Material<'_>) -> Result<String, String> {
    let all = comparisons(&material.run().rows);
    let mut text = String::new();
    for (number, (heading, asked)) in (1..).zip(ASKED) {
        let told = match situation(&all, material.run().environment.cores, asked) {
            Some(comparison) => answer(comparison),
            None => "Not measured in this run.".to_owned(),
        };
        text.push_str(&format!("{number}. **{heading}** {told}\n"));
    }
    text.push_str(&format!("5. **How sure.** {}\n", certainty(&all, &material.run().rows)));
    Ok(text)
}

/// How much was audited, what was caught, what cannot be told apart, and what does not count.
fn certainty(all: &[Comparison], rows: &[Row]) -> String {
    let balanced = rows.iter().filter(|row| row.verdict == Finding::Balanced);
    let (runs, entries) = balanced
        .filter(|row| row.role != Role::Control)
        .fold((0_u64, 0_u64), |(runs, entries), row| (runs + 1, entries + row.audited_entries));
    let wrong = rows
        .iter()
        .filter(|row| row.verdict == Finding::Wrong && row.role == Role::Contender)
        .count();
    let controls =
        |comparison: &&Comparison| comparison.unsound.iter().any(|one| one.role == Role::Control);
    let caught = |comparison: &&Comparison| {
        let is_caught = |one: &Standing| {
            one.role == Role::Control && matches!(one.books, super::Books::Wrong { .. })
        };
        comparison.unsound.iter().any(is_caught)
    };
    let controlled = all.iter().filter(controls).count();
    let caught = all.iter().filter(caught).count();
    let floors: Vec<f64> =
        all.iter().filter(|one| one.twin.is_some()).map(|one| one.floor.ratio()).collect();
    let floor = |pick: fn(f64, f64) -> f64, from: f64| {
        percent_above_one(floors.iter().copied().fold(from, pick))
    };
    let invalid: usize = all.iter().filter_map(|one| Some(one.invalid.as_ref()?.0)).sum();
    let blocks: usize = all.iter().map(|one| one.blocks).sum();
    let unmeasured = all.iter().filter(|one| !one.is_measured()).count();
    let unmeasured = match unmeasured {
        0 => String::new(),
        some => format!(" {some} cells could not be measured on this machine that day."),
    };
    format!(
        "{} runs were audited to the last of {} ledger entries, and {wrong} of those that claim to \
         be sound were wrong; the strategy that is wrong on purpose was caught in {caught} of \
         {controlled} cells. Identical code differs by {} to {} at the 95th percentile of single \
         blocks, cell by cell, and what lies within that is called a tie. Of {} blocks {invalid} do \
         not count, by what else the machine did.{unmeasured}",
        grouped(runs),
        grouped(entries),
        floor(f64::min, f64::INFINITY),
        floor(f64::max, 1.0),
        blocks + invalid,
    )
}

/// Which one to use when.
pub(super) fn choice(material: &Material<'_>) -> Result<String, String> {
    let all = comparisons(&material.run().rows);
    let mut table = Table::new(vec![
        Column::new("when", Align::Left, 0),
        Column::new("use", Align::Left, 0),
        Column::new("ahead of", Align::Left, 0),
        Column::new("by", Align::Left, 0),
        Column::new("p99 of the first", Align::Right, 0),
        Column::new("if order matters", Align::Left, 0),
    ]);
    for it in situations(&all, material.run().environment.cores) {
        let tiers = it.comparison.tiers();
        let of_tier = |tier: usize| tiers.get(tier).map_or_else(String::new, |tier| names(tier));
        let lead = it.comparison.leads.first().map_or_else(|| "-".to_owned(), ToString::to_string);
        let (first, second) = match it.comparison.is_measured() {
            true => (of_tier(0), of_tier(1)),
            false => ("not measured on this machine today".to_owned(), String::new()),
        };
        table.push(vec![
            it.asked.to_owned(),
            first,
            second,
            lead,
            tail(it.comparison),
            in_order(it.comparison),
        ]);
    }
    let note = "Those who share a line of `use` tie: take the one that you understand best. `by` is \
        the first against the first of the next tier: how many times as many requests or, under a \
        promised rate, how many times as long the response of the next one takes.";
    Ok(format!("{}\n{note}\n", table.markdown()))
}

fn names(tier: &[&Standing]) -> String {
    let name = |one: &&Standing| match one.unsettled {
        true => format!("{} (uneven)", one.strategy),
        false => one.strategy.clone(),
    };
    tier.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn tail(comparison: &Comparison) -> String {
    let Some(first) = comparison.contenders.first() else { return "-".to_owned() };
    let times = if comparison.kind == Kind::Latency { first.response } else { first.service };
    match times[1] {
        None => "-".to_owned(),
        Some(ServiceTime::AtFloor) => "<= floor".to_owned(),
        Some(ServiceTime::Ns(ns)) => duration(ns),
    }
}

/// The best of those that promise to decide commands in the order in which they came.
fn in_order(comparison: &Comparison) -> String {
    let promises =
        |name: &str| registry::entries().any(|entry| entry.strategy == name && entry.promises.fifo);
    let ranked = comparison.contenders.iter().filter(|one| one.rank.is_some());
    let mut in_order = ranked.filter(|one| promises(&one.strategy));
    let Some(first) = in_order.next() else { return "-".to_owned() };
    let tied = in_order.take_while(|one| one.rank == first.rank);
    let tied: Vec<&str> =
        std::iter::once(first).chain(tied).map(|one| one.strategy.as_str()).collect();
    match first.rank {
        Some(1) => tied.join(", "),
        _ => {
            let leader = &comparison.contenders[0].strategy;
            let ratio = comparison.ratio(&first.strategy, leader);
            let ratio = ratio.map_or_else(String::new, |ratio| format!(", {ratio} of {leader}"));
            format!("{}{ratio}", tied.join(", "))
        }
    }
}

/// What the machine was found to be, and what each cell can tell apart.
pub(super) fn resolution(material: &Material<'_>) -> Result<String, String> {
    let examination = &material.run().environment.examination;
    let mut machine = Table::new(vec![
        Column::new("machine", Align::Left, 0),
        Column::new("found", Align::Left, 0),
    ]);
    for finding in examination {
        machine.push(vec![finding.name.clone(), finding.value.clone()]);
    }
    let mut table = Table::new(vec![
        Column::new("cell", Align::Left, 0),
        Column::new("blocks", Align::Right, 0),
        Column::new("that do not count", Align::Right, 0),
        Column::new("twins of", Align::Left, 0),
        Column::new("twin to twin", Align::Left, 0),
        Column::new("floor", Align::Right, 0),
    ]);
    for comparison in &comparisons(&material.run().rows) {
        let invalid = comparison.invalid.as_ref().map_or(0, |(invalid, _)| *invalid);
        table.push(vec![
            comparison.title.to_string(),
            comparison.blocks.to_string(),
            invalid.to_string(),
            comparison.twin.clone().unwrap_or_else(|| "-".to_owned()),
            comparison.twins.map_or_else(|| "-".to_owned(), |ratio| ratio.to_string()),
            percent_above_one(comparison.floor.ratio()),
        ]);
    }
    Ok(format!("{}\n{}", machine.markdown(), table.markdown()))
}

/// What the strategies of one family measured, situation by situation.
pub(super) fn family(material: &Material<'_>) -> Result<String, String> {
    let family = material.rest;
    let all = comparisons(&material.run().rows);
    let is_of = |one: &&Standing| one.family == family;
    let mut strategies: Vec<&str> = all
        .iter()
        .flat_map(|comparison| comparison.contenders.iter().filter(is_of))
        .map(|one| one.strategy.as_str())
        .collect();
    strategies.sort_unstable();
    strategies.dedup();
    if strategies.is_empty() {
        return Err(format!("no strategy of family `{family}` was measured"));
    }
    let mut columns = vec![Column::new("when", Align::Left, 0)];
    columns.extend(strategies.iter().map(|name| Column::new(*name, Align::Left, 0)));
    let mut table = Table::new(columns);
    for it in situations(&all, material.run().environment.cores) {
        let mut cells = vec![it.asked.to_owned()];
        cells.extend(strategies.iter().map(|name| measured(it.comparison, name)));
        if cells[1..].iter().any(|cell| cell != "-") {
            table.push(cells);
        }
    }
    let note = "Each entry is the tier, and the ratio to the baseline of that cell with its interval: of \
        the rates or, under a promised rate, of the response at p99, where less is better.";
    Ok(format!("{}\n{note}\n", table.markdown()))
}

fn measured(comparison: &Comparison, strategy: &str) -> String {
    let Some(standing) = comparison.standing(strategy) else { return "-".to_owned() };
    let tier = match standing.rank {
        Some(rank) if standing.unsettled => format!("tier {rank}?"),
        Some(rank) => format!("tier {rank}"),
        None if standing.promise.is_some_and(|it| it.is_saturated()) => "saturated".to_owned(),
        None => "not ranked".to_owned(),
    };
    match (&comparison.baseline, standing.ratio) {
        (Some(baseline), _) if baseline == strategy => format!("{tier}, baseline"),
        (Some(baseline), Some(ratio)) => format!("{tier}, {ratio} of {baseline}"),
        _ => tier,
    }
}
