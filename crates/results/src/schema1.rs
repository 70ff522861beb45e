//! Translates rows of schema 1, which hotrow wrote before 0.2, to the present schema.
//!
//! The two schemas differ only in names of columns and values. So a row of schema 1 is translated
//! field by field before it is parsed, and no other module knows schema 1. A run of schema 1 can be
//! read; it is never appended to.

use csv::StringRecord;

use super::SCHEMA;

/// The version of the translated schema.
pub(super) const SCHEMA_1: u32 = 1;

/// The file with the measurements of a run of schema 1.
pub(super) const MEASUREMENTS_1: &str = "rounds.csv";

/// Columns: their old names and their present ones.
const COLUMNS: [(&str, &str); 13] = [
    ("process", "fork"),
    ("cell", "scenario"),
    ("refused", "rejected"),
    ("unknown", "indeterminate"),
    ("cut_short", "truncated"),
    ("keys", "distribution"),
    ("history", "ledger"),
    ("scheduled", "due"),
    ("late", "late_starts"),
    ("invalid", "excluded_because"),
    ("clocked", "time_kind"),
    ("sound", "linearizable"),
    ("broken", "violations"),
];

/// Values: the present name of their column, their old name and their present one.
const VALUES: [(&str, &str, &str); 14] = [
    ("kind", "throughput", "closed_loop"),
    ("kind", "latency", "open_loop"),
    ("kind", "delay", "simulated"),
    ("kind", "cost", "single_client"),
    ("role", "twin", "aa_control"),
    ("role", "control", "negative_control"),
    ("verdict", "balanced", "pass"),
    ("verdict", "wrong", "violation"),
    ("verdict", "no_books", "not_audited"),
    ("store", "slab", "memory"),
    ("store", "tables", "simulated"),
    ("strategy", "unguarded", "unsynchronized"),
    ("strategy", "null", "noop"),
    ("family", "control", "negative-control"),
];

/// Parts of scenario identifiers: their old names and their present ones.
const SCENARIO_PARTS: [(&str, &str); 2] =
    [("/keys=", "/distribution="), ("/no-history", "/no-ledger")];

/// Properties of the contract: their old names and their present ones.
const PROPERTIES: [(&str, &str); 29] = [
    ("a_charge_adds_points", "charge_adds_points"),
    ("a_use_takes_points_away", "use_subtracts_points"),
    ("a_balance_shows_what_was_done", "balance_reflects_commands"),
    ("a_history_lists_what_was_done", "history_lists_commands"),
    ("every_charge_is_applied", "no_lost_updates"),
    ("a_mix_of_commands_balances", "conservation_under_mixed_load"),
    ("no_more_is_spent_than_is_held", "no_overdraft"),
    ("no_more_is_held_than_is_allowed", "no_balance_above_limit"),
    ("the_ledger_is_what_was_acknowledged", "ledger_equals_acknowledged"),
    ("a_history_shows_what_was_acknowledged", "history_read_your_writes"),
    ("a_history_is_not_behind_a_read", "history_not_older_than_read"),
    ("pages_agree_with_the_whole", "pages_agree_with_full_history"),
    ("the_ledger_bears_out_every_reply", "replies_match_ledger"),
    ("callers_see_one_command_after_another", "observed_history_is_linearizable"),
    ("a_rejection_changes_nothing", "rejection_changes_nothing"),
    ("a_rejection_reaches_only_its_caller", "rejection_is_isolated"),
    ("a_rejected_command_is_never_seen", "no_dirty_reads"),
    ("a_read_shows_what_was_acknowledged", "read_your_writes"),
    ("reads_do_not_go_back", "monotonic_reads"),
    ("strangers_have_nothing", "unknown_user_has_zero_balance"),
    ("any_id_is_served", "any_user_id_is_served"),
    ("users_do_not_wait_for_each_other", "no_cross_user_blocking"),
    ("first_come_first_served", "fifo_per_user"),
    ("a_crowd_past_the_bound_is_served", "queue_overflow_is_served"),
    ("an_idle_user_is_served_again", "idle_user_is_served_again"),
    ("a_dropped_command_is_applied_once_or_not", "cancelled_command_is_at_most_once"),
    ("who_leaves_the_line_holds_up_nobody", "cancelled_waiter_does_not_block"),
    ("a_panic_stays_with_its_caller", "panic_is_isolated"),
    ("a_store_fault_stays_with_its_caller", "store_fault_is_isolated"),
];

/// Findings of `hotrow doctor` in the environment.
const FINDINGS: [(&str, &str); 3] =
    [("hand-over", "context switch"), ("lost time", "jitter"), ("longest gap", "longest hiccup")];

/// Returns the present name of a finding.
pub(super) fn finding(name: &str) -> &str {
    renamed(&FINDINGS, name)
}

/// Translates the header of a file. A header of the present schema stays as it is.
pub(super) fn header(header: &StringRecord) -> StringRecord {
    header.iter().map(|column| renamed(&COLUMNS, column)).collect()
}

/// Translates a row of schema 1. The header is already translated.
pub(super) fn row(header: &StringRecord, row: &StringRecord) -> StringRecord {
    let mut translated = StringRecord::new();
    for (column, value) in header.iter().zip(row) {
        match column {
            "schema" => translated.push_field(&SCHEMA.to_string()),
            "scenario" => translated.push_field(&scenario(value)),
            "property" => translated.push_field(renamed(&PROPERTIES, value)),
            _ => translated.push_field(translate_value(column, value)),
        }
    }
    translated.set_position(row.position().cloned());
    translated
}

/// Translates a value of a column; other values stay as they are.
fn translate_value<'a>(column: &str, value: &'a str) -> &'a str {
    let new = VALUES.iter().find(|(of_column, old, _)| (*of_column, *old) == (column, value));
    new.map_or(value, |(_, _, new)| new)
}

/// Translates a scenario identifier, such as `slab/users=1/..` to `memory/users=1/..`.
fn scenario(name: &str) -> String {
    let (store, rest) = name.split_once('/').unwrap_or((name, ""));
    let mut name = translate_value("store", store).to_owned();
    if !rest.is_empty() {
        name.push('/');
        name.push_str(rest);
    }
    SCENARIO_PARTS.iter().fold(name, |name, (old, new)| name.replace(old, new))
}

fn renamed<'a>(names: &[(&str, &'static str)], name: &'a str) -> &'a str {
    names.iter().find(|(old, _)| *old == name).map_or(name, |(_, new)| new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(fields: &[&str]) -> StringRecord {
        fields.iter().collect()
    }

    /// A run of before must rank beside one of today: columns, values and identifiers have the names of
    /// today, and numbers stay.
    #[test]
    fn a_row_of_schema_1_has_the_words_of_today() {
        let columns = record(&["schema", "cell", "store", "strategy", "role", "verdict", "late"]);
        let header = header(&columns);
        let today = ["schema", "scenario", "store", "strategy", "role", "verdict", "late_starts"];
        assert_eq!(header, record(&today));
        let cell = "slab/users=8/threads=2/charge:50,use:50,read:0/none/keys=zipf:0.99/no-history";
        let row = row(&header, &record(&["1", cell, "slab", "null", "twin", "no_books", "7"]));
        let scenario = "memory/users=8/threads=2/charge:50,use:50,read:0/none/distribution=zipf:0.99/no-ledger";
        assert_eq!(
            row,
            record(&["2", scenario, "memory", "noop", "aa_control", "not_audited", "7"])
        );
    }

    /// A value is translated in its own column alone: a strategy may be called `wrong`.
    #[test]
    fn a_value_is_translated_in_its_own_column_alone() {
        let header = record(&["strategy", "verdict"]);
        assert_eq!(row(&header, &record(&["wrong", "wrong"])), record(&["wrong", "violation"]));
    }
}
