//! Renders a comparison as a table, with the answer above it and a caption below.

use super::{
    answer::answer,
    comparison::Comparison,
    confidence::{aa_pair, medians_disagree, tiers},
    contender_summary::{
        AuditSummary, COMPLETED_MIN, ContenderSummary, LoadAttainment, ServiceTime,
    },
    figures::{RateUnit, duration, rough, three_digits},
    response::excess,
    table::{Align, Column, Table, wrap},
};
use hotrow_results::{
    Kind,
    stats::{BLOCKS_MIN, Better, Summary},
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

/// Renders as Markdown.
pub fn markdown(comparison: &Comparison) -> String {
    let mut text = format!("{}\n\n{}", answer(comparison), table(comparison).markdown());
    for violation in violations(comparison) {
        text.push_str(&format!("\n{violation}\n"));
    }
    text.push_str(&format!("\n{}\n", caption(comparison)));
    text
}

/// Renders as AsciiDoc.
pub fn asciidoc(comparison: &Comparison) -> String {
    let mut text = format!("{}\n\n{}", answer(comparison), table(comparison).asciidoc());
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
    let ranked = comparison.quantile_name().unwrap_or_else(|| "no quantile".to_owned());
    let to_best = match comparison.contenders.first() {
        Some(best) => format!("vs {}", best.strategy),
        None => "vs best".to_owned(),
    };
    let is_open_loop = comparison.kind == Kind::OpenLoop;
    // An open loop fixes the rate, so its result is the response time.
    let (rate, response, service) = if is_open_loop { (5, 0, 9) } else { (0, 0, 1) };
    let mut columns = vec![
        Column::new("#", Align::Right, 0),
        Column::new("strategy", Align::Left, 0),
        Column::new("family", Align::Left, 6),
    ];
    if is_open_loop {
        columns.extend([
            Column::new("achieved", Align::Right, 1),
            Column::new("p50", Align::Right, 2),
            Column::new(format!("ranked {ranked}"), Align::Right, response),
            Column::new("above noop", Align::Right, 3),
            Column::new("p99", Align::Right, 4),
            Column::new("p99.9", Align::Right, 6),
            Column::new("max", Align::Right, 7),
            Column::new(format!("{ranked} {versus}"), Align::Left, 0),
            Column::new("in its tier", Align::Left, 5),
            Column::new("sent late", Align::Right, 4),
            Column::new("backlog", Align::Right, 8),
            Column::new("service p50", Align::Right, service),
            Column::new("service p99", Align::Right, service),
        ]);
    } else {
        columns.extend([
            Column::new(unit.name, Align::Right, rate),
            Column::new("95 % interval", Align::Left, 5),
            Column::new(versus, Align::Left, 0),
            Column::new("in its tier", Align::Left, 2),
            Column::new("ns/request", Align::Right, 3),
            Column::new(to_best, Align::Left, 6),
            Column::new("p50", Align::Right, service + 1),
            Column::new("p99", Align::Right, service),
            Column::new("p99.9", Align::Right, 4),
            Column::new("max", Align::Right, 7),
            Column::new("fair", Align::Right, 3),
            Column::new("Jain", Align::Right, 8),
        ]);
    }
    columns.push(Column::new("audit", Align::Left, 0));
    let mut table = Table::new(columns);
    let line = |summary: &ContenderSummary| fields(summary, comparison, unit);
    comparison.contenders.iter().for_each(|summary| table.push(line(summary)));
    let groups = [
        ("references", &comparison.references),
        ("violations and negative controls", &comparison.unranked),
    ];
    for (name, summaries) in groups {
        if !summaries.is_empty() {
            table.group(name);
        }
        summaries.iter().for_each(|summary| table.push(line(summary)));
    }
    table
}

/// Chooses the unit by the ranked contenders: the rate of a reference can be many times higher.
fn unit(comparison: &Comparison) -> RateUnit {
    let largest = |summaries: &mut dyn Iterator<Item = &ContenderSummary>| {
        summaries.filter_map(|summary| summary.rate).map(|rate| rate.median).fold(0.0, f64::max)
    };
    match largest(&mut comparison.contenders.iter()) {
        0.0 => RateUnit::for_largest(largest(&mut comparison.summaries())),
        rate => RateUnit::for_largest(rate),
    }
}

/// Returns the fields of one line of the table.
fn fields(summary: &ContenderSummary, comparison: &Comparison, unit: RateUnit) -> Vec<String> {
    let rate = |show: fn(&Summary, RateUnit) -> Option<String>| {
        summary.rate.and_then(|rate| show(&rate, unit)).unwrap_or_else(|| "-".to_owned())
    };
    let is_baseline = comparison.baseline.as_deref() == Some(summary.strategy.as_str());
    let ratio = match summary.ratio {
        Some(_) if is_baseline => "baseline".to_owned(),
        Some(ratio) if ratio.interval.is_none() => format!("{:.2} x", ratio.median),
        Some(ratio) => ratio.to_string(),
        None => "-".to_owned(),
    };
    let share = |share: Option<f64>, decimals: usize| {
        share.map_or_else(|| "-".to_owned(), |share| format!("{share:.decimals$}"))
    };
    let [p50, p99, p999, max] = summary.service.map(time);
    let mut fields = vec![rank(summary), summary.strategy.clone(), summary.family.clone()];
    if comparison.kind == Kind::OpenLoop {
        let [response_p50, response_p99, response_p999, response_max] = summary.response.map(time);
        let percent = |share: fn(&LoadAttainment) -> f64| {
            let share = summary.attainment.as_ref().map(share);
            share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
        };
        let backlog = summary.attainment.map(|attainment| attainment.backlog_max);
        fields.extend([
            percent(|attainment| attainment.load.pooled),
            response_p50,
            summary.ranked_response.map_or_else(|| "-".to_owned(), |(ns, _)| duration(ns)),
            excess(summary),
            response_p99,
            response_p999,
            response_max,
            ratio,
            within_tier(summary),
            percent(|attainment| attainment.late_starts),
            share(backlog, 0),
            p50,
            p99,
        ]);
    } else {
        fields.extend([
            rate(|rate, unit| Some(unit.show(rate.median))),
            rate(|rate, unit| {
                let interval = rate.interval?;
                Some(format!("[{}, {}]", unit.show(interval.low), unit.show(interval.high)))
            }),
            ratio,
            within_tier(summary),
            summary.ns_per_request.map_or_else(|| "-".to_owned(), |[own, _]| three_digits(own)),
            match summary.to_best {
                Some(ratio) if ratio.interval.is_some() => ratio.to_string(),
                _ => "-".to_owned(),
            },
            p50,
            p99,
            p999,
            max,
            share(summary.fairness, 2),
            share(summary.jain, 3),
        ]);
    }
    fields.push(audit(&summary.audit));
    fields
}

/// Describes how a contender compares with the leader of its tier.
fn within_tier(summary: &ContenderSummary) -> String {
    match (summary.rank, summary.within_tier) {
        (None, _) => "-".to_owned(),
        (Some(_), None) => "leader".to_owned(),
        (Some(_), Some(verdict)) => verdict.to_string(),
    }
}

/// Formats a service or response time.
pub(super) fn time(time: Option<ServiceTime>) -> String {
    match time {
        None => "-".to_owned(),
        Some(ServiceTime::AtMostNoop) => "<= noop".to_owned(),
        Some(ServiceTime::Ns(ns)) => duration(ns),
    }
}

fn audit(audit: &AuditSummary) -> String {
    match audit {
        AuditSummary::Pass { entries } => format!("pass {}", rough(*entries)),
        AuditSummary::Violation { .. } => "VIOLATION".to_owned(),
        AuditSummary::NotAudited => "not audited".to_owned(),
    }
}

/// Describes the violation of each contender and negative control that has one.
pub(super) fn violations(comparison: &Comparison) -> impl Iterator<Item = String> {
    comparison.unranked.iter().filter_map(|summary| match &summary.audit {
        AuditSummary::Violation { blocks, violation } => {
            let all = comparison.blocks.max(*blocks);
            let strategy = &summary.strategy;
            Some(format!("{strategy}: violation in {blocks} of {all} blocks: {violation}"))
        }
        _ => None,
    })
}

/// Describes how the table was measured, and how to read it.
pub(super) fn caption(comparison: &Comparison) -> String {
    let blocks = match comparison.blocks {
        1 => format!("1 block (a rank needs at least {BLOCKS_MIN})"),
        few if few < BLOCKS_MIN => format!("{few} blocks (a rank needs at least {BLOCKS_MIN})"),
        enough => format!("{enough} blocks"),
    };
    let blocks = match comparison.forks {
        1 => blocks,
        forks => format!("{blocks} in {forks} forks"),
    };
    let excluded = match &comparison.excluded_because {
        Some((1, reason)) => format!("; 1 more block excluded, because of {reason}"),
        Some((excluded, reason)) => {
            format!("; {excluded} more blocks excluded, the last because of {reason}")
        }
        None => String::new(),
    };
    let aa = aa_pair(comparison);
    let partial = if comparison.partial { "PARTIAL, stopped before its end; " } else { "" };
    let clock = match comparison.title.is_simulated() {
        true => "; rates and times in simulated time",
        false => "",
    };
    let mix = comparison.title.mix();
    let saturated = match comparison.contenders.iter().any(ContenderSummary::is_saturated) {
        true => {
            "; sat: saturated, achieved less than 99 % of the offered load or less than 95 % in a \
             block, not ranked"
        }
        false => "",
    };
    let inconclusive = match comparison.contenders.iter().any(|summary| summary.inconclusive) {
        true => "; ?: inconclusive (interval wider than a factor of 2)",
        false => "",
    };
    let insufficient = match comparison.contenders.iter().any(|summary| summary.insufficient) {
        true => format!("; insufficient samples: fewer than {COMPLETED_MIN} requests a block"),
        false => String::new(),
    };
    let tiers = match &comparison.confidence {
        Some(confidence) => format!(". {}", tiers(confidence)),
        None => String::new(),
    };
    let disagree = footnote(comparison);
    format!(
        "{partial}{mix}; {blocks}{excluded}; {aa}; contenders of equal rank were not found slower \
         than the first of them{inconclusive}{saturated}{insufficient}; [low, high] covers \
         95 %{clock}{disagree}{tiers}"
    )
}

/// Names the contenders whose ratio of medians is not the median of their ratios.
fn footnote(comparison: &Comparison) -> String {
    let disagrees = |summary: &&ContenderSummary| {
        let Some((own, ratio)) = summary.ns_per_request.zip(summary.ratio) else { return false };
        let ratio = match comparison.better() {
            Better::Higher => ratio.median.recip(),
            Better::Lower => ratio.median,
        };
        medians_disagree(own, ratio)
    };
    let names: Vec<&str> = comparison
        .contenders
        .iter()
        .filter(disagrees)
        .map(|summary| summary.strategy.as_str())
        .collect();
    match names.is_empty() {
        true => String::new(),
        false => format!(
            "; the machine drifted: of {} the ratio of the medians differs from the median of the \
             ratios, which is shown",
            names.join(", ")
        ),
    }
}

/// Formats the rank: the tier, `?` if it is inconclusive, `sat` if the contender is saturated.
pub(super) fn rank(summary: &ContenderSummary) -> String {
    match (summary.rank, summary.inconclusive) {
        (None, _) if summary.is_saturated() => "sat".to_owned(),
        (None, _) => "-".to_owned(),
        (Some(rank), false) => rank.to_string(),
        (Some(rank), true) => format!("{rank}?"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparisons;
    use hotrow_results::{golden::assert_golden, sample};

    /// A table with a leader, a tie, references, and a negative control whose violation is
    /// detected.
    #[test]
    fn a_table_fits_eighty_columns() {
        let text = terminal(&comparisons(&sample::rows(8))[0], 80);
        assert_golden("ranking_80.txt", &text);
        assert!(text.is_ascii());
        assert!(text.lines().all(|line| line.len() <= 80));
    }

    /// A wider terminal shows more columns.
    #[test]
    fn a_wide_terminal_shows_more_columns() {
        let text = terminal(&comparisons(&sample::rows(8))[0], 140);
        assert_golden("ranking_140.txt", &text);
    }

    /// Markdown of a scenario with too few blocks, a truncated measurement, and a contender with a
    /// violation.
    #[test]
    fn markdown_reports_what_is_missing() {
        let mut rows = sample::rows(5);
        for row in &mut rows {
            if row.strategy == "queue" {
                row.verdict = hotrow_results::AuditVerdict::Violation;
                row.violation = "user 1: lost | 5".to_owned();
            }
            row.truncated = row.block == 4;
        }
        let text = markdown(&comparisons(&rows)[0]);
        assert_golden("ranking_partial.md", &text);
    }
}
