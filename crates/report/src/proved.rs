//! Renders the results of the property checks, the seeded bugs that each group of properties
//! detects, and the properties of failure handling.

use std::collections::BTreeSet;

use super::{
    claims::Evidence,
    seeded_bugs::{SeededBug, detected_by},
    source::RenderContext,
    table::{Align, Column, Table},
};
use hotrow_results::CheckRow;

/// Properties that exclude the same kind of failure.
struct Group {
    name: &'static str,
    properties: &'static [&'static str],
}

/// Every property is in one group.
const GROUPS: &[Group] = &[
    Group {
        name: "sequential",
        properties: &[
            "charge_adds_points",
            "use_subtracts_points",
            "balance_reflects_commands",
            "history_lists_commands",
            "unknown_user_has_zero_balance",
            "any_user_id_is_served",
        ],
    },
    Group {
        name: "no lost updates",
        properties: &[
            "no_lost_updates",
            "conservation_under_mixed_load",
            "no_overdraft",
            "no_balance_above_limit",
        ],
    },
    Group {
        name: "ledger",
        properties: &[
            "ledger_equals_acknowledged",
            "history_read_your_writes",
            "history_not_older_than_read",
            "pages_agree_with_full_history",
        ],
    },
    Group {
        name: "linearizability",
        properties: &[
            "replies_match_ledger",
            "observed_history_is_linearizable",
            "read_your_writes",
            "monotonic_reads",
        ],
    },
    Group {
        name: "progress and order",
        properties: &[
            "no_cross_user_blocking",
            "fifo_per_user",
            "queue_overflow_is_served",
            "idle_user_is_served_again",
            "waiting_is_bounded",
        ],
    },
    Group { name: "rejections", properties: REJECTIONS },
    Group {
        name: "failure handling",
        properties: &[
            "cancelled_command_is_at_most_once",
            "cancelled_waiter_does_not_block",
            "panic_is_isolated",
            "store_fault_is_isolated",
        ],
    },
];

const REJECTIONS: &[&str] =
    &["rejection_changes_nothing", "rejection_is_isolated", "no_dirty_reads"];

/// Failures, and the properties that limit their effect on other commands.
const FAILURES: &[(&str, &[&str])] = &[
    ("a command is rejected", REJECTIONS),
    (
        "a client cancels a command",
        &["cancelled_command_is_at_most_once", "cancelled_waiter_does_not_block"],
    ),
    ("a step panics", &["panic_is_isolated"]),
    ("the store fails in a step", &["store_fault_is_isolated"]),
];

/// The results of some properties of one strategy on one store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct PropertyCounts {
    holding: usize,
    violated: usize,
    not_guaranteed: usize,
}

impl PropertyCounts {
    fn from_rows<'a>(rows: impl Iterator<Item = &'a CheckRow>) -> PropertyCounts {
        let mut counts = PropertyCounts::default();
        for row in rows {
            match (row.trials, row.violations) {
                (0, _) => counts.not_guaranteed += 1,
                (_, 0) => counts.holding += 1,
                (_, _) => counts.violated += 1,
            }
        }
        counts
    }

    fn describe(self) -> String {
        let PropertyCounts { holding, violated, not_guaranteed } = self;
        match (holding, violated, not_guaranteed) {
            (0, 0, _) => "not guaranteed".to_owned(),
            (_, 0, 0) => "holds".to_owned(),
            (_, 0, _) => format!("holds, {not_guaranteed} not guaranteed"),
            (..) => format!("**{violated} of {} violated**", holding + violated),
        }
    }
}

/// A strategy on a store, by their names.
type Pair<'a> = (&'a str, &'a str);

/// Returns the pairs that were checked, in the order of the rows.
fn pairs(checks: &[CheckRow]) -> Vec<Pair<'_>> {
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    for row in checks {
        if !pairs.contains(&(&*row.strategy, &*row.store)) {
            pairs.push((&*row.strategy, &*row.store));
        }
    }
    pairs
}

fn checks<'a>(context: &RenderContext<'a>) -> Result<&'a [CheckRow], String> {
    match Evidence::from_context(context).checks() {
        [] => Err("no run has property checks: run `hotrow verify --with-negative-control \
                   --results DIR`"
            .to_owned()),
        checks => Ok(checks),
    }
}

fn count(checks: &[CheckRow], pair: Pair<'_>, properties: &[&str]) -> PropertyCounts {
    let is_named = |row: &&CheckRow| {
        (&*row.strategy, &*row.store) == pair && properties.contains(&&*row.property)
    };
    PropertyCounts::from_rows(checks.iter().filter(is_named))
}

/// Renders the results of the property checks, and the seeded bugs that the properties detect.
pub(super) fn correctness(context: &RenderContext<'_>) -> Result<String, String> {
    let checks = checks(context)?;
    Ok(format!("{}\n{}\n{}", results(checks), detection(), seeded_bugs()))
}

fn results(checks: &[CheckRow]) -> String {
    let trials: u64 = checks.iter().map(|row| row.trials).sum();
    let headings = ["strategy", "store"].into_iter().chain(GROUPS.iter().map(|group| group.name));
    let mut table = Table::new(headings.map(|name| Column::new(name, Align::Left, 0)).collect());
    for (strategy, store) in pairs(checks) {
        let counts = GROUPS
            .iter()
            .map(|group| count(checks, (strategy, store), group.properties).describe());
        let names = [strategy, store].map(str::to_owned).into_iter();
        table.push(names.chain(counts).collect());
    }
    let properties: usize = GROUPS.iter().map(|group| group.properties.len()).sum();
    format!("{properties} properties, {trials} trials.\n\n{}", table.markdown())
}

/// Renders how many seeded bugs each group of properties detects.
fn detection() -> String {
    let rows = SeededBug::all();
    let mut bugs: Vec<&SeededBug> = Vec::new();
    for row in &rows {
        if !bugs.iter().any(|known| known.is_same(row)) {
            bugs.push(row);
        }
    }
    // Whether the group detects the bug, and whether no other group does.
    let detects = |group: &Group, bug: &SeededBug| {
        let rows_of_bug = rows.iter().filter(|row| row.is_same(bug));
        let is_in_group = |row: &SeededBug| group.properties.contains(&&*row.property);
        let (inside, outside): (Vec<_>, Vec<_>) = rows_of_bug.partition(|row| is_in_group(row));
        (!inside.is_empty(), !inside.is_empty() && outside.is_empty())
    };
    let headings = ["group", "properties", "detects", "only this group"];
    let aligned = headings.map(|name| match name {
        "group" => Column::new(name, Align::Left, 0),
        _ => Column::new(name, Align::Right, 0),
    });
    let mut table = Table::new(aligned.to_vec());
    for group in GROUPS {
        let detected = bugs.iter().filter(|bug| detects(group, bug).0).count();
        let only_here = bugs.iter().filter(|bug| detects(group, bug).1).count();
        let counts = [group.properties.len(), detected, only_here].map(|count| count.to_string());
        table.push([group.name.to_owned()].into_iter().chain(counts).collect());
    }
    let names: BTreeSet<&str> = bugs.iter().map(|bug| bug.strategy.as_str()).collect();
    format!(
        "{} strategies with a seeded bug, in {} combinations with a store and an execution mode, \
         are checked with the same properties, and each is detected. `only this group` counts the \
         bugs that no other group detects.\n\n{}",
        names.len(),
        bugs.len(),
        table.markdown()
    )
}

/// Renders each seeded bug with the properties that detect it. The first property is the one that
/// detects the fewest bugs.
fn seeded_bugs() -> String {
    let rows = SeededBug::all();
    let columns = ["seeded bug", "detected by"].map(|name| Column::new(name, Align::Left, 0));
    let mut table = Table::new(columns.to_vec());
    for rows_of_bug in rows.chunk_by(SeededBug::is_same) {
        let rarest = rows_of_bug.iter().min_by_key(|row| detected_by(&row.property));
        let rarest = rarest.map_or_else(String::new, |row| row.property.replace('_', " "));
        let properties = match rows_of_bug.len() {
            1 => rarest,
            many => format!("{rarest}, and {} more", many - 1),
        };
        let SeededBug { mistake, store, stage, .. } = &rows_of_bug[0];
        table.push(vec![format!("{mistake} ({stage}, {store})"), properties]);
    }
    table.markdown()
}

/// Renders the properties of failure handling, and whether they hold.
pub(super) fn failure_handling(context: &RenderContext<'_>) -> Result<String, String> {
    let checks = checks(context)?;
    let mut text = String::new();
    for (failure, properties) in FAILURES {
        text += &format!("- **If {failure}**: {}.\n", consequence(checks, properties));
    }
    Ok(text)
}

fn consequence(checks: &[CheckRow], properties: &[&str]) -> String {
    let words: Vec<String> = properties.iter().map(|name| name.replace('_', " ")).collect();
    let is_linearizable = |pair: &Pair<'_>| {
        checks.iter().any(|row| row.linearizable && (&*row.strategy, &*row.store) == *pair)
    };
    let (linearizable, controls): (Vec<_>, Vec<_>) =
        pairs(checks).into_iter().partition(is_linearizable);
    let hold = |pair: &Pair<'_>| {
        let PropertyCounts { violated, not_guaranteed, .. } = count(checks, *pair, properties);
        violated + not_guaranteed == 0
    };
    let failing: Vec<Pair<'_>> = linearizable.iter().copied().filter(|pair| !hold(pair)).collect();
    let result = match failing.as_slice() {
        [] => format!("holds on all {} pairs of a strategy and a store", linearizable.len()),
        _ => format!("**does not hold on {}**, of {} pairs", listed(&failing), linearizable.len()),
    };
    let detected: Vec<Pair<'_>> = controls.into_iter().filter(|pair| !hold(pair)).collect();
    let control = match detected.as_slice() {
        [] => String::new(),
        _ => format!("; negative control, violation detected (expected): {}", listed(&detected)),
    };
    format!("{}; {result}{control}", words.join("; "))
}

fn listed(pairs: &[Pair<'_>]) -> String {
    let names = pairs.iter().map(|(strategy, store)| format!("{strategy} on {store}"));
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use hotrow_results::sample;
    use hotrow_verify::contract::PROPERTIES;

    /// A property without a group would not be reported. A property that detects no seeded bug was
    /// never shown to fail.
    #[test]
    fn every_property_is_in_one_group_and_detects_a_seeded_bug() {
        for property in PROPERTIES {
            let groups =
                GROUPS.iter().filter(|group| group.properties.contains(&property.name)).count();
            assert_eq!(groups, 1, "{}", property.name);
            assert!(detected_by(property.name) > 0, "{}", property.name);
        }
        let grouped: usize = GROUPS.iter().map(|group| group.properties.len()).sum();
        assert_eq!(grouped, PROPERTIES.len());
    }

    /// Neither a violated property nor a property without trials may be shown as one that holds.
    #[test]
    fn holds_violated_and_not_guaranteed_are_distinguished() {
        let (charge, mix) = ("no_lost_updates", "conservation_under_mixed_load");
        let mut run = sample::run(&[]);
        run.checks = vec![
            sample::check("queue", charge, 3, 0),
            sample::check("queue", mix, 3, 0),
            sample::check("mutex", charge, 3, 0),
            sample::check("mutex", mix, 0, 0),
            sample::check("unsynchronized", charge, 3, 1),
            sample::check("unsynchronized", mix, 3, 0),
            sample::check("unsynchronized", "panic_is_isolated", 3, 3),
        ];
        let described =
            |strategy| count(&run.checks, (strategy, "memory"), &[charge, mix]).describe();
        assert_eq!(described("queue"), "holds");
        assert_eq!(described("mutex"), "holds, 1 not guaranteed");
        assert_eq!(described("unsynchronized"), "**1 of 2 violated**");
        let other = count(&run.checks, ("queue", "memory"), &["other"]);
        assert_eq!(other.describe(), "not guaranteed");
        let source = Source { name: "box/proof", run: &run };
        let context = RenderContext { source, sources: &[source], rest: "" };
        assert!(correctness(&context).unwrap().contains("| unsynchronized | memory |"));
        let text = failure_handling(&context).unwrap();
        let control = "violation detected (expected): unsynchronized on memory.";
        assert!(text.contains(control), "{text}");
    }

    /// Without checks, a page must not report that all properties hold.
    #[test]
    fn without_checks_nothing_is_rendered() {
        let run = sample::run(&sample::rows(8));
        let source = Source { name: "box/quick", run: &run };
        let context = RenderContext { source, sources: &[source], rest: "" };
        assert!(correctness(&context).is_err() && failure_handling(&context).is_err());
    }
}
