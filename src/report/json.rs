//! A run for another program: its environment and every comparison, as one JSON object.

use serde_json::{Value, json};

use super::{
    comparison::{Comparison, comparisons},
    standing::{Books, ServiceTime, Standing},
};
use crate::{
    record::SavedRun,
    stats::{Interval, Ratio},
};

/// Renders a run. Rows are not in it: those are what CSV is for.
pub fn to_json(run: &SavedRun) -> String {
    let cells: Vec<Value> = comparisons(&run.rows).iter().map(cell).collect();
    let run = json!({ "environment": run.environment, "cells": cells });
    format!("{run:#}\n")
}

fn cell(comparison: &Comparison) -> Value {
    json!({
        "cell": comparison.cell,
        "title": comparison.title.to_string(),
        "answer": super::answer(comparison),
        "kind": comparison.kind,
        "measured": comparison.is_measured(),
        "invalid_blocks": comparison.invalid.as_ref().map(|(blocks, _)| blocks),
        "blocks": comparison.blocks,
        "processes": comparison.processes,
        "baseline": comparison.baseline,
        "floor": comparison.floor.ratio(),
        "twin": comparison.twin,
        "simulated": comparison.title.is_simulated(),
        "partial": comparison.partial,
        "standings": comparison.standings().map(standing).collect::<Vec<_>>(),
    })
}

fn standing(one: &Standing) -> Value {
    let [p50, p99, p999, max] = one.service.map(service);
    json!({
        "rank": one.rank,
        "unsettled": one.unsettled,
        "strategy": one.strategy,
        "family": one.family,
        "role": one.role,
        "ops_per_s": one.rate.map(|rate| rate.median),
        "ops_per_s_interval": one.rate.and_then(|rate| rate.interval).map(interval),
        "ratio": one.ratio.map(ratio),
        "service": { "p50": p50, "p99": p99, "p999": p999, "max": max },
        "response": responses(one),
        "promise": one.promise.map(|promise| json!({
            "achieved": promise.achieved,
            "late": promise.late,
            "backlog_max": promise.backlog_max,
            "saturated": promise.is_saturated(),
        })),
        "fairness": one.fairness,
        "jain": one.jain,
        "ops_per_cpu_s": one.effort.per_cpu_second,
        "switches_per_op": one.effort.switches,
        "retries_per_command": one.effort.retries,
        "stalled_ns_max": one.effort.stalled_ns_max,
        "books": books(&one.books),
    })
}

fn responses(one: &Standing) -> Value {
    let [p50, p99, p999, max] = one.response.map(service);
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

/// `{"ns": 1250.0}`, or `"at_floor"`.
fn service(time: Option<ServiceTime>) -> Value {
    match time {
        None => Value::Null,
        Some(ServiceTime::AtFloor) => json!("at_floor"),
        Some(ServiceTime::Ns(ns)) => json!({ "ns": ns }),
    }
}

fn books(books: &Books) -> Value {
    match books {
        Books::Balanced { entries } => json!({ "verdict": "balanced", "entries": entries }),
        Books::Wrong { blocks, violation } => {
            json!({ "verdict": "wrong", "blocks": blocks, "violation": violation })
        }
        Books::NoBooks => json!({ "verdict": "no_books" }),
    }
}
