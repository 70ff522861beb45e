//! The service over HTTP: what it answers, to whom, and what is left behind when it goes wrong.
//!
//! A trial is named `place::store::strategy::property`, so any part of a name runs a row or a column:
//! `cargo test --test http -- slab::queue`. In `router` requests are handed to the router of each
//! strategy on each of its stores; in `wire` they come down sockets, cut off, slow and in crowds; in
//! `binary` the program is what answers. No property knows a strategy.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod answer;
mod app;
mod ask;
mod binary;
mod books;
mod crowd;
mod interference;
mod nonsense;
mod overload;
mod panics;
mod repeats;
mod script;
mod wire;

use std::{env, process::ExitCode};

use hotrow::registry::{self, Entry};
use libtest_mimic::{Arguments, Failed, Trial};

use self::books::Found;

/// What is held against an entry.
type Property = (&'static str, fn(&Entry) -> Found);

/// What every strategy keeps, on each of its stores.
#[rustfmt::skip]
const OF_ALL: &[Property] = &[
    ("the_same_script_gives_the_same_answers", script::the_same_script_gives_the_same_answers),
    ("nonsense_is_refused_and_changes_nothing", nonsense::nonsense_is_refused_and_changes_nothing),
    ("who_is_unknown_stays_unknown", nonsense::who_is_unknown_stays_unknown),
    ("a_body_of_the_largest_size_is_read", nonsense::a_body_of_the_largest_size_is_read),
    ("a_panic_in_a_command_is_an_unknown_outcome", panics::a_panic_in_a_command_is_an_unknown_outcome),
    ("a_panic_in_a_read_is_the_fault_of_the_service", panics::a_panic_in_a_read_is_the_fault_of_the_service),
    ("a_repetition_waits_for_the_first", repeats::a_repetition_waits_for_the_first),
    ("who_goes_away_finds_the_answer_later", repeats::who_goes_away_finds_the_answer_later),
    ("a_refusal_is_repeated_as_well", repeats::a_refusal_is_repeated_as_well),
    ("a_crowd_is_turned_away_and_room_is_given_back", overload::a_crowd_is_turned_away_and_room_is_given_back),
    ("who_waits_too_long_is_told_and_finds_the_answer_later", overload::who_waits_too_long_is_told_and_finds_the_answer_later),
];

/// What those keep that promise to keep the books, and what is seen of those that do not.
const OF_SOUND: Property = ("every_book_is_kept_in_a_crowd", crowd::every_book_is_kept_in_a_crowd);
const OF_OTHERS: Property = ("whoever_loses_updates_is_seen", crowd::whoever_loses_updates_is_seen);

#[rustfmt::skip]
const CUT_OFF: Property = ("who_is_cut_off_leaves_the_account_whole", wire::cut_off::who_is_cut_off_leaves_the_account_whole);

/// What belongs to no entry.
#[rustfmt::skip]
const ALONE: &[(&str, fn() -> Found)] = &[
    ("router::the_table_is_long_and_says_nothing_twice", nonsense::the_table_is_long_and_says_nothing_twice),
    ("router::a_panic_of_the_service_itself_is_answered", panics::a_panic_of_the_service_itself_is_answered),
    ("wire::a_slow_head_is_cut_off", wire::slow::a_slow_head_is_cut_off),
    ("wire::a_slow_body_is_told_so", wire::slow::a_slow_body_is_told_so),
    ("wire::who_does_not_read_is_cut_off", wire::slow::who_does_not_read_is_cut_off),
    ("wire::requests_in_a_row_are_answered_in_their_order", wire::slow::requests_in_a_row_are_answered_in_their_order),
    ("wire::a_body_is_sent_when_it_is_asked_for", wire::framed::a_body_is_sent_when_it_is_asked_for),
    ("wire::a_body_in_chunks_is_read_and_bounded", wire::framed::a_body_in_chunks_is_read_and_bounded),
    ("wire::who_sends_far_too_much_learns_why", wire::framed::who_sends_far_too_much_learns_why),
    ("wire::what_is_no_request_does_nothing", wire::framed::what_is_no_request_does_nothing),
    ("wire::idle_connections_slow_nobody_down", wire::crowded::idle_connections_slow_nobody_down),
    ("wire::one_connection_too_many_is_told_so", wire::crowded::one_connection_too_many_is_told_so),
    ("wire::what_has_begun_is_answered_at_the_end", wire::drained::what_has_begun_is_answered_at_the_end),
    ("wire::who_cannot_be_answered_is_told_so", wire::drained::who_cannot_be_answered_is_told_so),
    ("wire::what_was_told_is_counted", wire::drained::what_was_told_is_counted),
    ("wire::who_has_gone_is_waited_for", wire::drained::who_has_gone_is_waited_for),
    ("binary::told_to_stop_it_loses_nothing", binary::told_to_stop_it_loses_nothing),
    ("binary::told_twice_it_goes_at_once", binary::told_twice_it_goes_at_once),
    ("binary::one_that_nobody_asks_goes_at_once", binary::one_that_nobody_asks_goes_at_once),
    ("binary::what_cannot_be_served_is_refused", binary::what_cannot_be_served_is_refused),
    ("binary::a_port_that_is_taken_is_told", binary::a_port_that_is_taken_is_told),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if env::var_os("HOTROW_BLESS").is_some() {
        script::bless(served().next().expect("something is served"));
    }
    let mut trials = Vec::new();
    for entry in served() {
        let of_some = if entry.promises.sound { OF_SOUND } else { OF_OTHERS };
        if entry.promises.sound {
            let name = format!("wire::{}::{}::{}", entry.store, entry.strategy, CUT_OFF.0);
            trials.push(trial(name, || (CUT_OFF.1)(entry)));
        }
        for (name, property) in OF_ALL.iter().copied().chain([of_some]) {
            let name = format!("router::{}::{}::{name}", entry.store, entry.strategy);
            trials.push(trial(name, move || property(entry)));
        }
    }
    trials.extend(ALONE.iter().map(|(name, play)| trial(*name, play)));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Everything that can be served.
fn served() -> impl Iterator<Item = &'static Entry> {
    registry::entries().filter(|entry| !entry.is_reference())
}

/// The trial that passes if nothing is found.
fn trial(name: impl Into<String>, play: impl FnOnce() -> Found + Send + 'static) -> Trial {
    Trial::test(name, || play().map_err(Failed::from))
}
