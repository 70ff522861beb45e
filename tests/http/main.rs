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
mod clients;
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

use self::{
    books::Found,
    wire::{crowded, cut_off, drained, early, framed, slow, specified, throng},
};

/// What is held against an entry, and what is of none.
type OfEntry = (&'static str, fn(&Entry) -> Found);
type Alone = (&'static str, fn() -> Found);

/// Functions with their names, by module.
macro_rules! named {
    ($($module:ident: $($name:ident),+;)+) => {
        &[$($((stringify!($name), $module::$name)),+),+]
    };
}

/// What every strategy keeps behind the router.
const ROUTER: &[OfEntry] = named! {
    script:   the_same_script_gives_the_same_answers;
    nonsense: nonsense_is_refused_and_changes_nothing, who_is_unknown_stays_unknown,
              a_body_of_the_largest_size_is_read;
    panics:   a_panic_in_a_command_is_an_unknown_outcome,
              a_panic_in_a_read_is_the_fault_of_the_service;
    repeats:  a_repetition_waits_for_the_first, who_goes_away_finds_the_answer_later,
              a_refusal_is_repeated_as_well;
    overload: a_crowd_is_turned_away_and_room_is_given_back,
              who_waits_too_long_is_told_and_finds_the_answer_later;
};

/// What those keep that promise to keep the books, and what is seen of those that do not.
const ROUTER_SOUND: &[OfEntry] = named! {
    crowd:  every_book_is_kept_in_a_crowd;
    throng: a_crowd_outlasts_a_slow_store;
};
const ROUTER_UNSOUND: &[OfEntry] = named! { crowd: whoever_loses_updates_is_seen; };

/// What is kept on a wire by those that promise to keep the books.
const WIRE_SOUND: &[OfEntry] = named! {
    cut_off: who_is_cut_off_leaves_the_account_whole;
    throng:  a_crowd_at_one_account_is_served_to_the_last;
};

const ROUTER_ALONE: &[Alone] = named! {
    nonsense: the_table_is_long_and_says_nothing_twice;
    panics:   a_panic_of_the_service_itself_is_answered;
    clients:  pages_of_this_machine_may_ask_and_others_may_not,
              the_origins_that_may_ask_can_be_chosen, each_path_says_its_methods,
              media_types_are_read_as_clients_write_them, whatever_is_accepted_the_answer_is_json,
              a_head_is_a_get_without_its_body, another_way_to_write_a_path_is_explained;
};

const WIRE_ALONE: &[Alone] = named! {
    slow:     a_slow_head_is_cut_off, a_slow_body_is_told_so, who_does_not_read_is_cut_off,
              requests_in_a_row_are_answered_in_their_order;
    framed:   a_body_is_sent_when_it_is_asked_for, a_body_in_chunks_is_read_and_bounded,
              who_sends_far_too_much_learns_why, what_is_no_request_does_nothing;
    early:    a_body_too_large_is_explained_to_a_client_that_still_writes,
              every_early_answer_can_be_read_by_a_client_that_still_writes,
              a_connection_too_many_can_read_why_while_it_still_writes,
              a_length_too_large_is_refused_before_the_body,
              what_is_read_after_a_refusal_is_bounded,
              a_small_request_that_is_refused_keeps_its_connection;
    specified: a_request_names_one_host, the_idle_time_is_stated_and_kept,
              the_server_itself_is_asked_for_its_options;
    crowded:  idle_connections_slow_nobody_down, one_connection_too_many_is_told_so;
    drained:  what_has_begun_is_answered_at_the_end, who_cannot_be_answered_is_told_so,
              what_was_told_is_counted, who_has_gone_is_waited_for;
};

const BINARY: &[Alone] = named! {
    binary:   told_to_stop_it_loses_nothing, told_twice_it_goes_at_once,
              one_that_nobody_asks_goes_at_once, what_cannot_be_served_is_refused,
              a_port_that_is_taken_is_told, the_lines_of_the_readme_are_answered;
};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if env::var_os("HOTROW_BLESS").is_some() {
        script::bless(served().next().expect("something is served"));
    }
    let mut trials = Vec::new();
    for entry in served() {
        let is_sound = entry.promises.sound;
        trials.extend(of_entry("router", entry, ROUTER));
        trials.extend(of_entry(
            "router",
            entry,
            if is_sound { ROUTER_SOUND } else { ROUTER_UNSOUND },
        ));
        trials.extend(of_entry("wire", entry, if is_sound { WIRE_SOUND } else { &[] }));
    }
    for (place, all) in [("router", ROUTER_ALONE), ("wire", WIRE_ALONE), ("binary", BINARY)] {
        trials.extend(all.iter().map(|(name, play)| trial(format!("{place}::{name}"), play)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Everything that can be served.
fn served() -> impl Iterator<Item = &'static Entry> {
    registry::entries().filter(|entry| !entry.is_reference())
}

/// The trials of one entry.
fn of_entry(
    place: &'static str,
    entry: &'static Entry,
    all: &'static [OfEntry],
) -> impl Iterator<Item = Trial> {
    all.iter().map(move |(name, play)| {
        let name = format!("{place}::{}::{}::{name}", entry.store, entry.strategy);
        trial(name, || play(entry))
    })
}

/// The trial that passes if nothing is found.
fn trial(name: String, play: impl FnOnce() -> Found + Send + 'static) -> Trial {
    Trial::test(name, || play().map_err(Failed::from))
}
