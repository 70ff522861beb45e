//! Claims about facts that do not vary: properties that were checked, bytes, and pairs that compile.

use super::*;

pub(super) fn check(
    evidence: &Evidence<'_>,
    of: &Names,
    properties: &[String],
    is: Proved,
) -> FindingResult {
    let of = of.list();
    let is_named = |row: &&CheckRow| {
        of.contains(&&*row.strategy)
            && (properties.is_empty() || properties.contains(&row.property))
    };
    let rows: Vec<&CheckRow> = evidence.checks().iter().filter(is_named).collect();
    if let Some(unchecked) =
        properties.iter().find(|name| rows.iter().all(|row| row.property != **name))
    {
        let property = unchecked.replace('_', " ");
        return Err(format!("{} was not checked for {property}", of.join(", ")));
    }
    let undetected = rows.iter().find(|row| row.trials > 0 && detected_by(&row.property) == 0);
    if let Some(row) = undetected {
        return Err(format!("no seeded bug shows that {} can fail", row.property));
    }
    let (trials, violations): (u64, u64) = rows.iter().fold((0, 0), |(trials, violations), row| {
        (trials + row.trials, violations + row.violations)
    });
    let is_unchecked = rows.iter().all(|row| row.trials == 0);
    let is_complete = properties.is_empty() || rows.iter().all(|row| row.trials > 0);
    let found = match (rows.is_empty(), is_unchecked, violations, is_complete) {
        (true, ..) => return Err(format!("{} was not checked", of.join(", "))),
        (_, true, ..) => Proved::NotPromised,
        (_, _, 1.., _) => Proved::Broken,
        (_, _, 0, true) => Proved::Kept,
        (_, _, 0, false) => Proved::NotPromised,
    };
    let of = of.join(" and ");
    let measured = match (found, rows.iter().find(|row| row.violations > 0)) {
        (Proved::NotPromised, _) => format!("{of}: not guaranteed"),
        (_, Some(first)) => {
            let violation = &first.violation;
            format!("{of}: {violations} violations in {trials} trials, the first: {violation}")
        }
        (_, None) => format!("{of}: no violation in {trials} trials"),
    };
    let verdict = if found == is { Verdict::Holds } else { Verdict::Contradicted };
    Ok(Finding { measured, interval: String::new(), verdict })
}

pub(super) fn memory(
    evidence: &Evidence<'_>,
    of: &str,
    to: &Names,
    per: Per,
    store: &str,
    is: Relation,
) -> FindingResult {
    let costs = memory_costs(evidence.memory());
    let bytes = |name: &str| {
        let is_it = |cost: &&MemoryCost| cost.store == store && cost.strategy == name;
        let cost = costs.iter().find(is_it);
        cost.map(|cost| match per {
            Per::IdleUser => cost.bytes_per_user,
            Per::Receipt => cost.bytes_per_receipt,
        })
    };
    let is_linearizable =
        |name: &str| evidence.checks().iter().any(|row| row.strategy == name && row.linearizable);
    let is_other = |cost: &&MemoryCost| {
        cost.store == store && cost.strategy != of && is_linearizable(&cost.strategy)
    };
    let others = costs.iter().filter(is_other).map(|cost| cost.strategy.as_str());
    let to: Vec<&str> = if to.is_others() { others.collect() } else { to.list() };
    let ours = bytes(of).ok_or_else(|| format!("no bytes of {of} on {store} were counted"))?;
    let theirs = to.into_iter().filter_map(|name| Some((name, bytes(name)?)));
    let (other, theirs) = match is.is_downward() {
        true => theirs.min_by(|a, b| a.1.total_cmp(&b.1)),
        false => theirs.max_by(|a, b| a.1.total_cmp(&b.1)),
    }
    .ok_or_else(|| format!("no bytes of other strategies on {store} were counted"))?;
    let unit = match per {
        Per::IdleUser => "idle user",
        Per::Receipt => "receipt",
    };
    let verdict = exact_verdict(ours, theirs, is);
    let [ours, theirs] = [ours, theirs].map(three_digits);
    Ok(Finding {
        measured: format!("{of} has {ours} bytes per {unit} on {store}, {other} has {theirs}"),
        interval: String::new(),
        verdict,
    })
}

pub(super) fn fits(checks: &[CheckRow], of: &str, store: &str, is: Fit) -> FindingResult {
    if checks.is_empty() {
        return Err("no strategy was verified".to_owned());
    }
    let found = match checks.iter().find(|row| row.strategy == of && row.store == store) {
        None => Fit::Never,
        Some(row) if row.store_type.contains("Versioned<") => Fit::Versioned,
        Some(_) => Fit::AsItIs,
    };
    let measured = match found {
        Fit::Never => format!("{of} on {store} does not compile"),
        Fit::Versioned => format!("{of} runs on {store} only with a version word beside each row"),
        Fit::AsItIs => format!("{of} runs on {store} without a change"),
    };
    let verdict = if found == is { Verdict::Holds } else { Verdict::Contradicted };
    Ok(Finding { measured, interval: String::new(), verdict })
}
