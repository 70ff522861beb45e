//! Renders a run for other programs: its environment and every comparison, as one JSON object.

use serde_json::{Value, json};

use super::{
    comparison::{Comparison, comparisons},
    contender_summary::{AuditSummary, ContenderSummary, ServiceTime},
};
use hotrow_results::{
    Kind, StoredRun,
    stats::{Interval, Ratio},
};

/// Renders a run as JSON, without its rows. The rows are in the CSV files.
pub fn to_json(run: &StoredRun) -> String {
    let scenarios: Vec<Value> = comparisons(&run.rows).iter().map(scenario).collect();
    let run = json!({ "environment": run.environment, "scenarios": scenarios });
    format!("{run:#}\n")
}

fn scenario(comparison: &Comparison) -> Value {
    json!({
        "scenario": comparison.scenario,
        "workload": comparison.title.row.workload,
        "title": comparison.title.to_string(),
        "answer": super::answer(comparison),
        "kind": comparison.kind,
        "measured": comparison.is_measured(),
        "excluded_blocks": comparison.excluded_because.as_ref().map(|(blocks, _)| blocks),
        "blocks": comparison.blocks,
        "forks": comparison.forks,
        "baseline": comparison.baseline,
        "aa_control": comparison.aa_strategy,
        "aa_ratio": comparison.aa_ratio.map(ratio),
        "ranked_by": match comparison.kind {
            Kind::OpenLoop => json!({ "response": comparison.quantile_name() }),
            _ => json!("ops_per_s"),
        },
        "confidence": comparison.confidence.map(|it| json!({
            "error_max": it.error_max,
            "detectable_ratio": it.detectable,
        })),
        "simulated": comparison.title.is_simulated(),
        "partial": comparison.partial,
        "contenders": comparison.summaries().map(contender).collect::<Vec<_>>(),
    })
}

fn contender(summary: &ContenderSummary) -> Value {
    let [p50, p99, p999, max] = summary.service.map(time);
    json!({
        "rank": summary.rank,
        "inconclusive": summary.inconclusive,
        "strategy": summary.strategy,
        "family": summary.family,
        "role": summary.role,
        "ops_per_s": summary.rate.map(|rate| rate.median),
        "ops_per_s_interval": summary.rate.and_then(|rate| rate.interval).map(interval),
        "ratio": summary.ratio.map(ratio),
        "ratio_to_best": summary.to_best.map(ratio),
        "within_tier": summary.within_tier.map(|verdict| verdict.to_string()),
        "ns_per_request": summary.ns_per_request.map(|[own, _]| own),
        "ns_more_than_baseline": summary.ns_per_request.map(|[own, baseline]| own - baseline),
        "ranked_response_ns": summary.ranked_response.map(|(ns, _)| ns),
        "excess_over_noop_ns": summary.ranked_response.and_then(|(_, excess)| excess),
        "service": { "p50": p50, "p99": p99, "p999": p999, "max": max },
        "response": response(summary),
        "load": summary.attainment.map(|attainment| json!({
            "achieved": attainment.load.pooled,
            "achieved_in_worst_block": attainment.load.smallest,
            "late_starts": attainment.late_starts,
            "backlog_max": attainment.backlog_max,
            "saturated": attainment.load.is_saturated(),
        })),
        "fairness": summary.fairness,
        "jain": summary.jain,
        "ops_per_cpu_s": summary.effort.per_cpu_second,
        "switches_per_op": summary.effort.switches,
        "retries_per_command": summary.effort.retries,
        "stalled_ns_max": summary.effort.stalled_ns_max,
        "audit": audit(&summary.audit),
    })
}

fn response(summary: &ContenderSummary) -> Value {
    let [p50, p99, p999, max] = summary.response.map(time);
    json!({ "p50": p50, "p99": p99, "p999": p999, "max": max })
}

fn ratio(ratio: Ratio) -> Value {
    json!({
        "median": ratio.median,
        "interval": ratio.interval.map(interval),
        "blocks": ratio.blocks,
    })
}

fn interval(interval: Interval) -> Value {
    json!([interval.low, interval.high])
}

/// `{"ns": 1250.0}`, or `"at_most_noop"` if the time is not above that of `noop`.
fn time(time: Option<ServiceTime>) -> Value {
    match time {
        None => Value::Null,
        Some(ServiceTime::AtMostNoop) => json!("at_most_noop"),
        Some(ServiceTime::Ns(ns)) => json!({ "ns": ns }),
    }
}

fn audit(audit: &AuditSummary) -> Value {
    match audit {
        AuditSummary::Pass { entries } => json!({ "verdict": "pass", "entries": entries }),
        AuditSummary::Violation { blocks, violation } => {
            json!({ "verdict": "violation", "blocks": blocks, "violation": violation })
        }
        AuditSummary::NotAudited => json!({ "verdict": "not_audited" }),
    }
}
