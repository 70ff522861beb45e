//! A comparison as a table, with its answer above and what to know about it below.

use super::{
    answer::answer,
    comparison::Comparison,
    figures::{RateUnit, duration, percent_above_one, rough},
    standing::{Books, COMPLETED_MIN, Promise, ServiceTime, Standing},
    table::{Align, Column, Table, wrap},
};
use crate::{
    record::Kind,
    stats::{BLOCKS_MIN, Summary},
};

/// Renders for a terminal of `width` columns.
pub fn terminal(comparison: &Comparison, width: usize) -> String {
    let table = table(comparison);
    let (lines, hidden) = table.terminal(width);
    let mut text = wrap(&answer(comparison), width, "");
    text.push('\n');
    text.push_str(&lines);
    for violation in violations(comparison) {
        text.push_str(&wrap(&violation, width, "  "));
    }
    text.push_str(&wrap(&caption(comparison), width, ""));
    if !hidden.is_empty() {
        let hidden = format!("(not shown at {width} columns: {})", hidden.join(", "));
        text.push_str(&wrap(&hidden, width, ""));
    }
    text
}

/// Renders for a page.
pub fn markdown(comparison: &Comparison) -> String {
    let mut text = format!("{}\n\n{}", answer(comparison), table(comparison).markdown());
    for violation in violations(comparison) {
        text.push_str(&format!("\n{violation}\n"));
    }
    text.push_str(&format!("\n{}\n", caption(comparison)));
    text
}

pub(super) fn table(comparison: &Comparison) -> Table {
    let unit = unit(comparison);
    let versus = match &comparison.baseline {
        Some(baseline) => format!("vs {baseline}"),
        None => "vs none".to_owned(),
    };
    let is_promise = comparison.kind == Kind::Latency;
    // Under a promised rate the response is what is asked for, and the rate is what was promised.
    let (rate, response, service) = if is_promise { (5, 0, 9) } else { (0, 0, 1) };
    let mut columns = vec![
        Column::new("#", Align::Right, 0),
        Column::new("strategy", Align::Left, 0),
        Column::new("family", Align::Left, 6),
    ];
    if is_promise {
        columns.extend([
            Column::new("kept", Align::Right, 1),
            Column::new("p50", Align::Right, 2),
            Column::new("p99", Align::Right, response),
            Column::new("p99.9", Align::Right, 3),
            Column::new("max", Align::Right, 7),
            Column::new("p99 ".to_owned() + &versus, Align::Left, 0),
            Column::new("late", Align::Right, 4),
            Column::new("backlog", Align::Right, 8),
            Column::new("service p50", Align::Right, service),
            Column::new("service p99", Align::Right, service),
        ]);
    } else {
        columns.extend([
            Column::new(unit.name, Align::Right, rate),
            Column::new("95 % interval", Align::Left, 5),
            Column::new(versus, Align::Left, 0),
            Column::new("p50", Align::Right, service + 1),
            Column::new("p99", Align::Right, service),
            Column::new("p99.9", Align::Right, 4),
            Column::new("max", Align::Right, 7),
            Column::new("fair", Align::Right, 3),
            Column::new("Jain", Align::Right, 8),
        ]);
    }
    columns.push(Column::new("books", Align::Left, 0));
    let mut table = Table::new(columns);
    let line = |one: &Standing| cells(one, comparison, unit);
    comparison.contenders.iter().for_each(|one| table.push(line(one)));
    let groups =
        [("limits", &comparison.limits), ("wrong or wrong on purpose", &comparison.unsound)];
    for (name, standings) in groups {
        if !standings.is_empty() {
            table.group(name);
        }
        standings.iter().for_each(|one| table.push(line(one)));
    }
    table
}

/// Fits what is ranked: a limit may be many times as much.
fn unit(comparison: &Comparison) -> RateUnit {
    let largest = |standings: &mut dyn Iterator<Item = &Standing>| {
        standings.filter_map(|one| one.rate).map(|rate| rate.median).fold(0.0, f64::max)
    };
    match largest(&mut comparison.contenders.iter()) {
        0.0 => RateUnit::for_largest(largest(&mut comparison.standings())),
        rate => RateUnit::for_largest(rate),
    }
}

fn cells(one: &Standing, comparison: &Comparison, unit: RateUnit) -> Vec<String> {
    let rate = |show: fn(&Summary, RateUnit) -> Option<String>| {
        one.rate.and_then(|rate| show(&rate, unit)).unwrap_or_else(|| "-".to_owned())
    };
    let is_baseline = comparison.baseline.as_deref() == Some(one.strategy.as_str());
    let ratio = match one.ratio {
        Some(_) if is_baseline => "baseline".to_owned(),
        Some(ratio) if ratio.interval.is_none() => format!("{:.2} x", ratio.median),
        Some(ratio) => ratio.to_string(),
        None => "-".to_owned(),
    };
    let share = |share: Option<f64>, decimals: usize| {
        share.map_or_else(|| "-".to_owned(), |share| format!("{share:.decimals$}"))
    };
    let [p50, p99, p999, max] = one.service.map(service);
    let mut cells = vec![rank(one), one.strategy.clone(), one.family.clone()];
    if comparison.kind == Kind::Latency {
        let [response_p50, response_p99, response_p999, response_max] = one.response.map(service);
        let percent = |share: fn(&Promise) -> f64| {
            let share = one.promise.as_ref().map(share);
            share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
        };
        let backlog = one.promise.map(|promise| promise.backlog_max);
        cells.extend([
            percent(|promise| promise.achieved),
            response_p50,
            response_p99,
            response_p999,
            response_max,
            ratio,
            percent(|promise| promise.late),
            share(backlog, 0),
            p50,
            p99,
        ]);
    } else {
        cells.extend([
            rate(|rate, unit| Some(unit.show(rate.median))),
            rate(|rate, unit| {
                let interval = rate.interval?;
                Some(format!("[{}, {}]", unit.show(interval.low), unit.show(interval.high)))
            }),
            ratio,
            p50,
            p99,
            p999,
            max,
            share(one.fairness, 2),
            share(one.jain, 3),
        ]);
    }
    cells.push(books(&one.books));
    cells
}

pub(super) fn service(time: Option<ServiceTime>) -> String {
    match time {
        None => "-".to_owned(),
        Some(ServiceTime::AtFloor) => "<= floor".to_owned(),
        Some(ServiceTime::Ns(ns)) => duration(ns),
    }
}

fn books(books: &Books) -> String {
    match books {
        Books::Balanced { entries } => format!("balanced {}", rough(*entries)),
        Books::Wrong { .. } => "WRONG".to_owned(),
        Books::NoBooks => "no books".to_owned(),
    }
}

pub(super) fn violations(comparison: &Comparison) -> impl Iterator<Item = String> {
    comparison.unsound.iter().filter_map(|one| match &one.books {
        Books::Wrong { blocks, violation } => {
            let all = comparison.blocks.max(*blocks);
            Some(format!("{} is wrong in {blocks} of {all} blocks: {violation}", one.strategy))
        }
        _ => None,
    })
}

pub(super) fn caption(comparison: &Comparison) -> String {
    let blocks = match comparison.blocks {
        1 => format!("1 block, of which at least {BLOCKS_MIN} rank"),
        few if few < BLOCKS_MIN => format!("{few} blocks, of which at least {BLOCKS_MIN} rank"),
        enough => format!("{enough} blocks"),
    };
    let blocks = match comparison.processes {
        1 => blocks,
        processes => format!("{blocks} of {processes} processes"),
    };
    let invalid = match &comparison.invalid {
        Some((invalid, reason)) => {
            format!("; {invalid} more blocks do not count, the last for this: {reason}")
        }
        None => String::new(),
    };
    let floor = percent_above_one(comparison.floor.ratio());
    let floor = match &comparison.twin {
        Some(twin) => format!("floor {floor} by twins of {twin}"),
        None => format!("floor {floor}, assumed since no twins ran"),
    };
    let partial = if comparison.partial { "PARTIAL, stopped before its end; " } else { "" };
    let clock = match comparison.title.is_simulated() {
        true => "; rates and times by a simulated clock",
        false => "",
    };
    let mix = comparison.title.mix();
    let saturated = match comparison.contenders.iter().any(is_saturated) {
        true => "; sat: less than 99 % of the promise was kept, and the tail means nothing",
        false => "",
    };
    let uneven = match comparison.contenders.iter().any(|one| one.unsettled) {
        true => "; ? too uneven to place",
        false => "",
    };
    let few = match comparison.contenders.iter().any(|one| one.insufficient) {
        true => format!("; insufficient samples: fewer than {COMPLETED_MIN} requests a block"),
        false => String::new(),
    };
    format!(
        "{partial}{mix}; {blocks}{invalid}; {floor}; equal ranks are ties{uneven}{saturated}{few}; [low, high] covers 95 \
         %{clock}"
    )
}

fn is_saturated(one: &Standing) -> bool {
    one.promise.is_some_and(|promise| promise.is_saturated())
}

pub(super) fn rank(one: &Standing) -> String {
    match (one.rank, one.unsettled) {
        (None, _) if is_saturated(one) => "sat".to_owned(),
        (None, _) => "-".to_owned(),
        (Some(rank), false) => rank.to_string(),
        (Some(rank), true) => format!("{rank}?"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{record::sample, report::comparisons};

    /// The page as a newcomer sees it: a leader, a tie, limits, a control that was caught.
    #[test]
    fn a_table_fits_eighty_columns() {
        let text = terminal(&comparisons(&sample::rows(8))[0], 80);
        assert_eq!(text, include_str!("../../tests/expected/ranking_80.txt"));
        assert!(text.is_ascii());
        assert!(text.lines().all(|line| line.len() <= 80));
    }

    /// The same with more room.
    #[test]
    fn a_table_uses_the_room_there_is() {
        let text = terminal(&comparisons(&sample::rows(8))[0], 140);
        assert_eq!(text, include_str!("../../tests/expected/ranking_140.txt"));
    }

    /// Too few blocks, a measurement cut short, and a contender that is wrong, on a page.
    #[test]
    fn markdown_says_what_is_missing() {
        let mut rows = sample::rows(5);
        for row in &mut rows {
            if row.strategy == "queue" {
                row.verdict = crate::record::Finding::Wrong;
                row.violation = "user 1: lost | 5".to_owned();
            }
            row.cut_short = row.block == 4;
        }
        let text = markdown(&comparisons(&rows)[0]);
        assert_eq!(text, include_str!("../../tests/expected/ranking_partial.md"));
    }
}
