//! What is proved of everybody, what would have been seen if it were not, and what becomes of those
//! behind whom something goes wrong.

use std::collections::BTreeSet;

use super::{
    blocks::Material,
    claims::Evidence,
    planted::{Planted, victims},
    table::{Align, Column, Table},
};
use crate::record::CheckRow;

/// Properties that guard against the same kind of harm.
struct Group {
    name: &'static str,
    properties: &'static [&'static str],
}

/// Every property is in one of them.
const GROUPS: &[Group] = &[
    Group {
        name: "one caller",
        properties: &[
            "a_charge_adds_points",
            "a_use_takes_points_away",
            "a_balance_shows_what_was_done",
            "a_history_lists_what_was_done",
            "strangers_have_nothing",
            "any_id_is_served",
        ],
    },
    Group {
        name: "nothing lost",
        properties: &[
            "every_charge_is_applied",
            "a_mix_of_commands_balances",
            "no_more_is_spent_than_is_held",
            "no_more_is_held_than_is_allowed",
        ],
    },
    Group {
        name: "history",
        properties: &[
            "the_ledger_is_what_was_acknowledged",
            "a_history_shows_what_was_acknowledged",
            "a_history_is_not_behind_a_read",
            "pages_agree_with_the_whole",
        ],
    },
    Group {
        name: "one order",
        properties: &[
            "the_ledger_bears_out_every_reply",
            "callers_see_one_command_after_another",
            "a_read_shows_what_was_acknowledged",
            "reads_do_not_go_back",
        ],
    },
    Group {
        name: "turns",
        properties: &[
            "users_do_not_wait_for_each_other",
            "first_come_first_served",
            "a_crowd_past_the_bound_is_served",
            "an_idle_user_is_served_again",
            "waiting_is_bounded",
        ],
    },
    Group { name: "refusals", properties: REFUSALS },
    Group {
        name: "mishaps",
        properties: &[
            "a_dropped_command_is_applied_once_or_not",
            "who_leaves_the_line_holds_up_nobody",
            "a_panic_stays_with_its_caller",
            "a_store_fault_stays_with_its_caller",
        ],
    },
];

const REFUSALS: &[&str] = &[
    "a_rejection_changes_nothing",
    "a_rejection_reaches_only_its_caller",
    "a_rejected_command_is_never_seen",
];

/// What goes wrong, and the properties that say what then becomes of the others.
const MISHAPS: &[(&str, &[&str])] = &[
    ("a command is refused", REFUSALS),
    (
        "a caller goes away",
        &["a_dropped_command_is_applied_once_or_not", "who_leaves_the_line_holds_up_nobody"],
    ),
    ("a step panics", &["a_panic_stays_with_its_caller"]),
    ("the store fails in a step", &["a_store_fault_stays_with_its_caller"]),
];

/// What became of some properties of one strategy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    kept: usize,
    broken: usize,
    not_promised: usize,
    trials: u64,
}

impl Tally {
    fn of<'a>(rows: impl Iterator<Item = &'a CheckRow>) -> Tally {
        rows.fold(Tally::default(), |tally, row| match (row.trials, row.broken) {
            (0, _) => Tally { not_promised: tally.not_promised + 1, ..tally },
            (trials, 0) => Tally { kept: tally.kept + 1, trials: tally.trials + trials, ..tally },
            (trials, _) => {
                Tally { broken: tally.broken + 1, trials: tally.trials + trials, ..tally }
            }
        })
    }

    fn told(self) -> String {
        let Tally { kept, broken, not_promised, .. } = self;
        match (kept, broken, not_promised) {
            (0, 0, _) => "not promised".to_owned(),
            (_, 0, 0) => "kept".to_owned(),
            (_, 0, _) => format!("kept, {not_promised} not promised"),
            (..) => format!("**{broken} of {} broken**", kept + broken),
        }
    }
}

/// Who was checked, in the order of the rows.
fn subjects(checks: &[CheckRow]) -> Vec<(&str, &str)> {
    let mut subjects: Vec<(&str, &str)> = Vec::new();
    for row in checks {
        if !subjects.contains(&(&*row.strategy, &*row.store)) {
            subjects.push((&*row.strategy, &*row.store));
        }
    }
    subjects
}

fn checks<'a>(material: &Material<'a>) -> Result<&'a [CheckRow], String> {
    match Evidence::of(material).checks() {
        [] => Err("nothing is proved yet: `hotrow check --with-controls --results DIR`".to_owned()),
        checks => Ok(checks),
    }
}

fn tally(checks: &[CheckRow], subject: (&str, &str), properties: &[&str]) -> Tally {
    let is_meant = |row: &&CheckRow| {
        (&*row.strategy, &*row.store) == subject && properties.contains(&&*row.property)
    };
    Tally::of(checks.iter().filter(is_meant))
}

/// Who keeps what, and what of the mistakes that are planted each property catches.
pub(super) fn correctness(material: &Material<'_>) -> Result<String, String> {
    let checks = checks(material)?;
    Ok(format!("{}\n{}\n{}", matrix(checks), sight(), mistakes()))
}

fn matrix(checks: &[CheckRow]) -> String {
    let trials: u64 = checks.iter().map(|row| row.trials).sum();
    let headings = ["strategy", "store"].into_iter().chain(GROUPS.iter().map(|group| group.name));
    let mut table = Table::new(headings.map(|name| Column::new(name, Align::Left, 0)).collect());
    for (strategy, store) in subjects(checks) {
        let told =
            GROUPS.iter().map(|group| tally(checks, (strategy, store), group.properties).told());
        let subject = [strategy, store].map(str::to_owned).into_iter();
        table.push(subject.chain(told).collect());
    }
    let properties: usize = GROUPS.iter().map(|group| group.properties.len()).sum();
    format!("{properties} properties, {trials} trials.\n\n{}", table.markdown())
}

/// What each group of properties catches of what is wrong on purpose.
fn sight() -> String {
    let planted = Planted::all();
    let mut wrong: Vec<&Planted> = Vec::new();
    for one in &planted {
        if !wrong.iter().any(|known| known.is_same(one)) {
            wrong.push(one);
        }
    }
    let caught = |group: &Group, wrong: &Planted| {
        let of_wrong = planted.iter().filter(|one| one.is_same(wrong));
        let by_group = |one: &Planted| group.properties.contains(&&*one.property);
        let (by, not): (Vec<_>, Vec<_>) = of_wrong.partition(|one| by_group(one));
        (!by.is_empty(), !by.is_empty() && not.is_empty())
    };
    let headings = ["properties", "how many", "catch", "alone"];
    let aligned = headings.map(|name| match name {
        "properties" => Column::new(name, Align::Left, 0),
        _ => Column::new(name, Align::Right, 0),
    });
    let mut table = Table::new(aligned.to_vec());
    for group in GROUPS {
        let all = wrong.iter().filter(|wrong| caught(group, wrong).0).count();
        let alone = wrong.iter().filter(|wrong| caught(group, wrong).1).count();
        let counts = [group.properties.len(), all, alone].map(|count| count.to_string());
        table.push([group.name.to_owned()].into_iter().chain(counts).collect());
    }
    let names: BTreeSet<&str> = wrong.iter().map(|one| one.strategy.as_str()).collect();
    format!(
        "{} strategies that are wrong on purpose, in {} places, are held to the same properties, and \
         each is caught. `alone` are those that no other group of properties catches.\n\n{}",
        names.len(),
        wrong.len(),
        table.markdown()
    )
}

/// Each mistake, and by what it is caught: the property first that catches the fewest others.
fn mistakes() -> String {
    let planted = Planted::all();
    let columns = ["mistake", "caught by"].map(|name| Column::new(name, Align::Left, 0));
    let mut table = Table::new(columns.to_vec());
    for killers in planted.chunk_by(Planted::is_same) {
        let rarest = killers.iter().min_by_key(|one| victims(&one.property));
        let rarest = rarest.map_or_else(String::new, |one| one.property.replace('_', " "));
        let told = match killers.len() {
            1 => rarest,
            many => format!("{rarest}, and {} more", many - 1),
        };
        let Planted { mistake, store, stage, .. } = &killers[0];
        table.push(vec![format!("{mistake} ({stage}, {store})"), told]);
    }
    table.markdown()
}

/// What becomes of the others when something goes wrong for one.
pub(super) fn mishaps(material: &Material<'_>) -> Result<String, String> {
    let checks = checks(material)?;
    let mut text = String::new();
    for (what, properties) in MISHAPS {
        text += &format!("- **Where {what}**: {}.\n", consequence(checks, properties));
    }
    Ok(text)
}

fn consequence(checks: &[CheckRow], properties: &[&str]) -> String {
    let words: Vec<String> = properties.iter().map(|name| name.replace('_', " ")).collect();
    let is_sound = |subject: &(&str, &str)| {
        checks.iter().any(|row| row.sound && (&*row.strategy, &*row.store) == *subject)
    };
    let (sound, controls): (Vec<_>, Vec<_>) = subjects(checks).into_iter().partition(is_sound);
    let keeps = |subject: &(&str, &str)| {
        let Tally { broken, not_promised, .. } = tally(checks, *subject, properties);
        broken + not_promised == 0
    };
    let fails: Vec<(&str, &str)> =
        sound.iter().copied().filter(|subject| !keeps(subject)).collect();
    let told = match fails.as_slice() {
        [] => format!("kept by all {} pairs of a strategy and a store", sound.len()),
        _ => format!("**not so with {}**, of {}", listed(&fails), sound.len()),
    };
    let caught: Vec<(&str, &str)> =
        controls.into_iter().filter(|subject| !keeps(subject)).collect();
    let without = match caught.as_slice() {
        [] => String::new(),
        _ => format!("; wrong on purpose and not kept: {}", listed(&caught)),
    };
    format!("{}; {told}{without}", words.join("; "))
}

fn listed(subjects: &[(&str, &str)]) -> String {
    let told = subjects.iter().map(|(strategy, store)| format!("{strategy} on {store}"));
    told.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{proof::PROPERTIES, record::sample, report::blocks::Source};

    /// A property that is in no group would be proved and told nowhere; one that nothing planted is
    /// caught by has not been shown to see.
    #[test]
    fn every_property_is_in_one_group_and_catches_something() {
        for property in PROPERTIES {
            let groups =
                GROUPS.iter().filter(|group| group.properties.contains(&property.name)).count();
            assert_eq!(groups, 1, "{}", property.name);
            assert!(victims(property.name) > 0, "{}", property.name);
        }
        let grouped: usize = GROUPS.iter().map(|group| group.properties.len()).sum();
        assert_eq!(grouped, PROPERTIES.len());
    }

    /// Broken must not be read as kept, nor what was never tried.
    #[test]
    fn kept_broken_and_not_promised_are_told_apart() {
        let (charge, mix) = ("every_charge_is_applied", "a_mix_of_commands_balances");
        let mut run = sample::run(&[]);
        run.checks = vec![
            sample::check("queue", charge, 3, 0),
            sample::check("queue", mix, 3, 0),
            sample::check("mutex", charge, 3, 0),
            sample::check("mutex", mix, 0, 0),
            sample::check("unguarded", charge, 3, 1),
            sample::check("unguarded", mix, 3, 0),
            sample::check("unguarded", "a_panic_stays_with_its_caller", 3, 3),
        ];
        let told = |strategy| tally(&run.checks, (strategy, "slab"), &[charge, mix]).told();
        assert_eq!(told("queue"), "kept");
        assert_eq!(told("mutex"), "kept, 1 not promised");
        assert_eq!(told("unguarded"), "**1 of 2 broken**");
        assert_eq!(tally(&run.checks, ("queue", "slab"), &["other"]).told(), "not promised");
        let source = Source { name: "box/proof", run: &run };
        let material = Material { source, sources: &[source], rest: "" };
        assert!(correctness(&material).unwrap().contains("| unguarded | slab |"));
        let text = mishaps(&material).unwrap();
        assert!(text.contains("wrong on purpose and not kept: unguarded on slab."), "{text}");
    }

    /// A page must not say that all is well where nobody looked.
    #[test]
    fn without_proofs_there_is_nothing_to_tell() {
        let run = sample::run(&sample::rows(8));
        let source = Source { name: "box/quick", run: &run };
        let material = Material { source, sources: &[source], rest: "" };
        assert!(correctness(&material).is_err() && mishaps(&material).is_err());
    }
}
