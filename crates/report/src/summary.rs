//! Renders the first page: the answer in five sentences, which strategy to use when, and the
//! resolution of the measurement.

use super::{
    answer::answer,
    claims::Evidence,
    comparison::{Comparison, comparisons},
    confidence::aa_check,
    contender_summary::ContenderSummary,
    figures::{duration, percent_above_one, with_thousands_separators},
    ranking::time,
    scenarios::{find_scenario, named_scenarios},
    source::RenderContext,
    table::{Align, Column, Table},
};
use hotrow_results::{AuditVerdict, CheckRow, Kind, MeasurementRow, Role};

/// The headings of the first four sentences, and the scenarios that they describe.
const SCENARIOS: [(&str, &str); 4] = [
    ("One hot account in memory.", "one hot account, one thread per core"),
    ("Many accounts in memory.", "10,000 accounts or more"),
    ("Open loop.", "open loop, higher offered load"),
    ("Slow store.", "slow store, one account"),
];

/// Renders the answer in five sentences.
pub(super) fn answers(context: &RenderContext<'_>) -> Result<String, String> {
    let all = comparisons(&context.run().rows);
    let environment = &context.run().environment;
    let processor = environment.cpu_model.as_deref().unwrap_or("an unknown processor");
    let mut text = format!("Measured on {processor}, {} cores.\n\n", environment.cores);
    for (number, (heading, name)) in (1..).zip(SCENARIOS) {
        let sentence = match find_scenario(&all, context.run().environment.cores, name) {
            Some(comparison) => answer(comparison),
            None => "Not measured in this run.".to_owned(),
        };
        text.push_str(&format!("{number}. **{heading}** {sentence}\n"));
    }
    text.push_str(&format!("5. **Confidence.** {}\n", confidence(&all, &context.run().rows)));
    Ok(text)
}

/// Describes what was audited, which violations were detected, the A/A pairs, and how many blocks
/// are excluded.
fn confidence(all: &[Comparison], rows: &[MeasurementRow]) -> String {
    let passed = rows.iter().filter(|row| row.verdict == AuditVerdict::Pass);
    let (passed, entries) = passed
        .filter(|row| row.role != Role::NegativeControl)
        .fold((0_u64, 0_u64), |(passed, entries), row| (passed + 1, entries + row.audited_entries));
    let violations = rows
        .iter()
        .filter(|row| row.verdict == AuditVerdict::Violation && row.role == Role::Contender)
        .count();
    let has_control = |comparison: &&Comparison| {
        comparison.unranked.iter().any(|summary| summary.role == Role::NegativeControl)
    };
    let has_detected_control = |comparison: &&Comparison| {
        let is_detected = |summary: &ContenderSummary| {
            summary.role == Role::NegativeControl
                && matches!(summary.audit, super::AuditSummary::Violation { .. })
        };
        comparison.unranked.iter().any(is_detected)
    };
    let controlled = all.iter().filter(has_control).count();
    let detected = all.iter().filter(has_detected_control).count();
    let excluded: usize = all.iter().filter_map(|it| Some(it.excluded_because.as_ref()?.0)).sum();
    let blocks: usize = all.iter().map(|comparison| comparison.blocks).sum();
    let unmeasured = all.iter().filter(|comparison| !comparison.is_measured()).count();
    let unmeasured = match unmeasured {
        0 => String::new(),
        some => format!(" {some} scenarios could not be measured on this machine that day."),
    };
    format!(
        "The audit of {} measurements passed, with {} ledger entries; {violations} measurements of \
         contenders had a violation. The violation of the negative control was detected in \
         {detected} of {controlled} scenarios. {} Of {} blocks, {excluded} are excluded because of \
         interference.{unmeasured}",
        with_thousands_separators(passed),
        with_thousands_separators(entries),
        aa_check(all),
        blocks + excluded,
    )
}

/// Renders which strategy to use in which scenario.
pub(super) fn choice(context: &RenderContext<'_>) -> Result<String, String> {
    let all = comparisons(&context.run().rows);
    let checks = Evidence::from_context(context).checks();
    let mut table = Table::new(vec![
        Column::new("scenario", Align::Left, 0),
        Column::new("tier 1", Align::Left, 0),
        Column::new("tier 2", Align::Left, 0),
        Column::new("lead over tier 2", Align::Left, 0),
        Column::new("time of the leader", Align::Right, 0),
        Column::new("if FIFO order is required", Align::Left, 0),
    ]);
    for it in named_scenarios(&all, context.run().environment.cores) {
        let tiers = it.comparison.tiers();
        let tier = |index: usize| tiers.get(index).map_or_else(String::new, |tier| names(tier));
        let lead = it.comparison.leads.first().map_or_else(|| "-".to_owned(), ToString::to_string);
        let (first, second) = match it.comparison.is_measured() {
            true => (tier(0), tier(1)),
            false => ("not measured on this machine today".to_owned(), String::new()),
        };
        table.push(vec![
            it.name.to_owned(),
            first,
            second,
            lead,
            tail(it.comparison),
            fifo(it.comparison, checks),
        ]);
    }
    let note = "No strategy of a tier was found slower than its leader, the first: use the one that \
        you understand best. The lead compares the leaders of the two tiers: the ratio of their \
        rates or, in an open loop, of their response times at the ranked quantile. Above 1, tier 1 \
        is better.";
    Ok(format!("{}\n{note}\n", table.markdown()))
}

fn names(tier: &[&ContenderSummary]) -> String {
    let name = |contender: &&ContenderSummary| match contender.inconclusive {
        true => format!("{} (inconclusive)", contender.strategy),
        false => contender.strategy.clone(),
    };
    tier.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn tail(comparison: &Comparison) -> String {
    let Some(leader) = comparison.contenders.first() else { return "-".to_owned() };
    match (comparison.quantile_name(), leader.ranked_response) {
        (Some(quantile), Some((ns, _))) => format!("{quantile} {}", duration(ns)),
        _ if comparison.kind == Kind::OpenLoop => "-".to_owned(),
        _ => format!("p99 {}", time(leader.service[1])),
    }
}

fn fifo(comparison: &Comparison, checks: &[CheckRow]) -> String {
    let is_fifo = |name: &str| {
        let mut fifo_rows = checks.iter().filter(|row| row.property == "fifo_per_user");
        fifo_rows.any(|row| row.strategy == name && row.trials > 0)
    };
    let ranked = comparison.contenders.iter().filter(|contender| contender.rank.is_some());
    let mut fifo = ranked.filter(|contender| is_fifo(&contender.strategy));
    let Some(first) = fifo.next() else { return "-".to_owned() };
    let tied = fifo.take_while(|contender| contender.rank == first.rank);
    let tied: Vec<&str> =
        std::iter::once(first).chain(tied).map(|contender| contender.strategy.as_str()).collect();
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

/// Formats the difference that a scenario finds in four of five runs.
fn detectable(comparison: &Comparison) -> String {
    let detectable = comparison.confidence.and_then(|confidence| confidence.detectable);
    detectable.map_or_else(|| "-".to_owned(), percent_above_one)
}

/// Renders the properties of the machine, and the resolution of each scenario.
pub(super) fn resolution(context: &RenderContext<'_>) -> Result<String, String> {
    let examination = &context.run().environment.examination;
    let mut machine = Table::new(vec![
        Column::new("machine", Align::Left, 0),
        Column::new("value", Align::Left, 0),
    ]);
    for finding in examination {
        machine.push(vec![finding.name.clone(), finding.value.clone()]);
    }
    let mut table = Table::new(vec![
        Column::new("scenario", Align::Left, 0),
        Column::new("blocks", Align::Right, 0),
        Column::new("excluded", Align::Right, 0),
        Column::new("A/A control", Align::Left, 0),
        Column::new("ratio to itself", Align::Left, 0),
        Column::new("found in 4 of 5 runs", Align::Right, 0),
    ]);
    for comparison in &comparisons(&context.run().rows) {
        let excluded = comparison.excluded_because.as_ref().map_or(0, |(excluded, _)| *excluded);
        table.push(vec![
            comparison.title.to_string(),
            comparison.blocks.to_string(),
            excluded.to_string(),
            comparison.aa_strategy.clone().unwrap_or_else(|| "-".to_owned()),
            comparison.aa_ratio.map_or_else(|| "-".to_owned(), |ratio| ratio.to_string()),
            detectable(comparison),
        ]);
    }
    Ok(format!("{}\n{}", machine.markdown(), table.markdown()))
}

/// Renders the results of the strategies of one family in every named scenario.
pub(super) fn family(context: &RenderContext<'_>) -> Result<String, String> {
    let family = context.rest;
    let all = comparisons(&context.run().rows);
    let is_in_family = |contender: &&ContenderSummary| contender.family == family;
    let mut strategies: Vec<&str> = all
        .iter()
        .flat_map(|comparison| comparison.contenders.iter().filter(is_in_family))
        .map(|contender| contender.strategy.as_str())
        .collect();
    strategies.sort_unstable();
    strategies.dedup();
    if strategies.is_empty() {
        return Err(format!("no strategy of family `{family}` was measured"));
    }
    let mut columns = vec![Column::new("scenario", Align::Left, 0)];
    columns.extend(strategies.iter().map(|name| Column::new(*name, Align::Left, 0)));
    let mut table = Table::new(columns);
    for it in named_scenarios(&all, context.run().environment.cores) {
        let mut fields = vec![it.name.to_owned()];
        fields.extend(strategies.iter().map(|name| entry(it.comparison, name)));
        if fields[1..].iter().any(|field| field != "-") {
            table.push(fields);
        }
    }
    let note = "Each entry is the tier, and the ratio to the baseline of that scenario with its \
        interval: the ratio of the rates or, in an open loop, of the response times at the ranked \
        quantile, where less is better. `?` is inconclusive (interval wider than a factor of 2).";
    Ok(format!("{}\n{note}\n", table.markdown()))
}

fn entry(comparison: &Comparison, strategy: &str) -> String {
    let Some(summary) = comparison.summary(strategy) else { return "-".to_owned() };
    let tier = match summary.rank {
        Some(rank) if summary.inconclusive => format!("tier {rank}?"),
        Some(rank) => format!("tier {rank}"),
        None if summary.is_saturated() => "saturated".to_owned(),
        None => "not ranked".to_owned(),
    };
    match (&comparison.baseline, summary.ratio) {
        (Some(baseline), _) if baseline == strategy => format!("{tier}, baseline"),
        (Some(baseline), Some(ratio)) => format!("{tier}, {ratio} of {baseline}"),
        _ => tier,
    }
}
