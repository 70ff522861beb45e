//! Draws the ratios of one scenario to its baseline.

use super::{capitalized, measured, ratio_estimate};
use crate::{
    comparison::Comparison,
    contender_summary::{AuditSummary, ContenderSummary},
    plot::{self, Chart, Forest, ForestRow, Heading, Range},
    scenarios::Scenarios,
};
use hotrow_results::{Kind, Role, stats::Margin};

/// Draws the contenders by rank, then the references, then the violations and negative controls.
pub(crate) fn forest(scenarios: &Scenarios<'_>, scenario: &Comparison) -> Option<Chart> {
    let baseline = scenario.baseline.as_deref()?;
    let is_baseline = |summary: &ContenderSummary| summary.strategy == baseline;
    let contender = |summary: &ContenderSummary| {
        row(summary, note(summary, is_baseline(summary)), plot::Role::Contender)
    };
    let reference = |summary: &ContenderSummary| row(summary, String::new(), plot::Role::Reference);
    let unranked =
        |summary: &ContenderSummary| row(summary, unranked_note(summary), plot::Role::Violation);
    let mut rows: Vec<ForestRow> = scenario.contenders.iter().map(contender).collect();
    rows.extend(scenario.references.iter().map(reference));
    rows.extend(scenario.unranked.iter().map(unranked));
    let margin = Margin::DIFFERENCE.ratio();
    let (axis, direction) = match scenario.kind {
        Kind::OpenLoop => {
            let quantile = scenario.quantile_name()?;
            (format!("{quantile} response time"), "left is better")
        }
        _ => ("requests a second".to_owned(), "right is better"),
    };
    Some(Chart::Forest(Forest {
        heading: Heading {
            title: capitalized(&scenario.title.to_string()),
            subtitle: measured(scenarios, scenario),
            caption: format!(
                "Each point is the median over the blocks of the ratio to {baseline} within a \
                 block, and its line is the 95 % interval; {direction}. Members of a tier are not told apart from its leader. Only \
                 contenders that pass the audit are ranked."
            ),
        },
        axis: format!("{axis}, as a multiple of that of {baseline}"),
        equal: Some(Range { low: margin.recip(), high: margin }),
        rows,
    }))
}

fn row(summary: &ContenderSummary, note: String, role: plot::Role) -> ForestRow {
    let tier = summary.rank.and_then(|rank| u32::try_from(rank).ok());
    let ratio = summary.ratio.map(ratio_estimate);
    ForestRow { label: summary.strategy.clone(), tier, ratio, note, role }
}

fn note(summary: &ContenderSummary, is_baseline: bool) -> String {
    let note = match (summary.ratio, summary.rank) {
        _ if summary.is_saturated() => "saturated: not ranked",
        _ if summary.inconclusive => "inconclusive",
        _ if is_baseline => "baseline",
        (None, _) => "not measured",
        (_, None) => "not ranked",
        _ => "",
    };
    note.to_owned()
}

fn unranked_note(summary: &ContenderSummary) -> String {
    let note = match (&summary.audit, summary.role) {
        (AuditSummary::Violation { .. }, Role::NegativeControl) => "violation (expected)",
        (AuditSummary::Violation { .. }, _) => "VIOLATION",
        _ => "no violation detected",
    };
    note.to_owned()
}
