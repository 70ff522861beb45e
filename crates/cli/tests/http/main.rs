//! Tests of the service over HTTP: its answers, and its state after failures.
//!
//! A test is named `place::store::strategy::property`, so a part of a name selects a row or a
//! column: `cargo test --test http -- memory::queue`. In `router` the requests go to the router of
//! each strategy on each of its stores. In `wire` they come over sockets: interrupted, slow, and
//! many at once. In `binary` they go to the program. No property names a strategy.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod account_check;
mod answer;
mod app;
mod ask;
mod binary;
mod clients;
mod crowd;
mod fuzz;
mod interference;
mod overload;
mod panics;
mod repeats;
mod script;
mod wire;

use std::{env, process::ExitCode};

use hotrow_registry::Entry;
use libtest_mimic::{Arguments, Failed, Trial};

use self::{
    account_check::CheckResult,
    wire::{crowded, cut_off, drained, early, framed, slow, specified, throng},
};

/// A test that runs for every entry of the registry, and one that runs once.
type EntryTest = (&'static str, fn(&Entry) -> CheckResult);
type PlainTest = (&'static str, fn() -> CheckResult);

/// Lists functions with their names, by module.
macro_rules! named {
    ($($module:ident: $($name:ident),+;)+) => {
        &[$($((stringify!($name), $module::$name)),+),+]
    };
}

/// Tests of every strategy through the router.
const ROUTER: &[EntryTest] = named! {
    script:   every_strategy_gives_the_same_answers;
    fuzz: malformed_requests_are_rejected_and_change_nothing,
              a_rejected_request_creates_no_account, a_body_of_maximum_size_is_accepted;
    panics:   a_panic_in_a_command_makes_it_indeterminate,
              a_panic_in_a_read_is_an_internal_error;
    repeats:  a_repetition_waits_for_the_first, a_disconnected_client_finds_its_answer_later,
              a_rejection_is_replayed;
    overload: requests_past_the_limits_are_rejected_and_permits_released,
              a_timed_out_command_is_applied_once_and_replayed;
};

/// Tests of the strategies that guarantee linearizability, and of those that do not.
const ROUTER_LINEARIZABLE: &[EntryTest] = named! {
    crowd:  accounts_agree_with_answers_under_load;
    throng: no_request_of_a_burst_times_out_on_a_slow_store;
};
const ROUTER_NOT_LINEARIZABLE: &[EntryTest] = named! { crowd: lost_updates_are_detected; };

/// Tests over sockets of the strategies that guarantee linearizability.
const WIRE_LINEARIZABLE: &[EntryTest] = named! {
    cut_off: interrupted_requests_leave_the_account_consistent;
    throng:  every_request_of_a_burst_is_served;
};

/// Tests of the service itself, with one strategy.
const ROUTER_ONCE: &[PlainTest] = named! {
    fuzz: the_table_is_long_and_has_no_duplicates;
    panics:   a_panic_outside_the_strategy_is_answered;
    clients:  only_pages_of_this_machine_are_allowed_by_default,
              the_allowed_origins_can_be_configured, each_path_lists_its_methods,
              media_types_are_accepted_as_clients_write_them, every_accept_header_gets_json,
              head_is_get_without_the_body, a_rejected_path_spelling_is_explained;
};

const WIRE_ONCE: &[PlainTest] = named! {
    slow:     a_slow_head_closes_the_connection, a_slow_body_gets_a_408,
              a_client_that_does_not_read_is_disconnected,
              pipelined_requests_are_answered_in_order;
    framed:   expect_100_continue_is_answered, a_chunked_body_is_read_and_bounded,
              a_client_that_sends_too_much_gets_a_413, malformed_http_does_nothing;
    early:    a_413_can_be_read_by_a_client_that_is_still_writing,
              every_early_answer_can_be_read_by_a_client_that_is_still_writing,
              a_rejected_connection_can_read_its_answer_while_writing,
              a_too_large_length_is_rejected_before_the_body,
              reading_after_a_rejection_is_bounded,
              a_small_rejected_request_keeps_its_connection;
    specified: a_request_must_name_one_host, the_keep_alive_timeout_is_stated_and_kept,
              options_asterisk_lists_the_methods;
    crowded:  idle_connections_do_not_slow_requests, a_connection_past_the_limit_gets_a_503;
    drained:  requests_in_progress_are_answered_at_shutdown,
              unanswered_requests_get_a_503_at_shutdown,
              acknowledged_commands_are_counted_at_shutdown,
              shutdown_waits_for_commands_of_disconnected_clients;
};

const BINARY: &[PlainTest] = named! {
    binary:   sigterm_loses_no_acknowledged_command, a_second_signal_ends_the_process_at_once,
              an_idle_server_stops_at_once, invalid_arguments_are_rejected,
              a_port_in_use_is_reported, the_examples_of_the_document_work;
};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if env::var_os("HOTROW_BLESS").is_some() {
        script::bless(served().next().expect("the registry has an entry"));
    }
    let mut trials = Vec::new();
    for entry in served() {
        let is_linearizable = entry.guarantees.linearizable;
        let router = if is_linearizable { ROUTER_LINEARIZABLE } else { ROUTER_NOT_LINEARIZABLE };
        let wire = if is_linearizable { WIRE_LINEARIZABLE } else { &[] };
        trials.extend(entry_trials("router", entry, ROUTER));
        trials.extend(entry_trials("router", entry, router));
        trials.extend(entry_trials("wire", entry, wire));
    }
    for (place, tests) in [("router", ROUTER_ONCE), ("wire", WIRE_ONCE), ("binary", BINARY)] {
        trials.extend(tests.iter().map(|(name, test)| trial(format!("{place}::{name}"), test)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The entries that `hotrow serve` accepts.
fn served() -> impl Iterator<Item = &'static Entry> {
    hotrow_registry::entries().filter(|entry| !entry.is_reference())
}

/// Returns the tests of one entry.
fn entry_trials(
    place: &'static str,
    entry: &'static Entry,
    tests: &'static [EntryTest],
) -> impl Iterator<Item = Trial> {
    tests.iter().map(move |(name, test)| {
        let name = format!("{place}::{}::{}::{name}", entry.store, entry.strategy);
        trial(name, || test(entry))
    })
}

/// Makes a trial that fails with the error of `test`.
fn trial(name: String, test: impl FnOnce() -> CheckResult + Send + 'static) -> Trial {
    Trial::test(name, || test().map_err(Failed::from))
}
