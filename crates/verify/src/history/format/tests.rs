//! The documented example, a round trip, and malformed lines.

use super::*;
use crate::history::HistoryGenerator;

const PAGE: &str = include_str!("../../../../../docs/HISTORY_FORMAT.md");

fn example(kind: &str) -> &'static str {
    PAGE.split(kind).nth(1).unwrap().split("```").next().unwrap()
}

fn read(text: &str) -> Result<Vec<Recording>, ReadError> {
    Recordings::of(text.as_bytes()).collect()
}

fn written(recording: &Recording) -> String {
    let mut text = Vec::new();
    recording.write(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// Users write their histories after the documentation.
#[test]
fn the_documented_example_is_read_and_written() {
    let text = example("```json\n");
    let [recording] = &read(text).unwrap()[..] else { panic!("the example is one history") };
    assert_eq!(recording.strategy, "cas");
    let History { operations, ledgers, .. } = &recording.history;
    assert_eq!((operations.len(), ledgers[0].entries.len()), (5, 3));
    assert_eq!(operations[2].reply, Reply::Indeterminate);
    assert_eq!(written(recording), text);
}

/// A file of several histories reads back as it was written.
#[test]
fn written_histories_read_back_equal() {
    let recording = |seed| {
        let generator = HistoryGenerator {
            seed,
            clients: 5,
            users: 3,
            operations: 500,
            amount_max: 90,
            reads_percent: 20,
            unknown_per_mille: 50,
            policy: hotrow::domain::Policy::default(),
        };
        let mut history = generator.history();
        // The file does not contain the return time of an indeterminate operation.
        // Neither a rejected command nor one that is not applied changes anything.
        history.operations.iter_mut().for_each(|operation| match operation.reply {
            Reply::Indeterminate => operation.returned = operation.called,
            Reply::Refused(_) if operation.id.0 % 2 == 0 => operation.reply = Reply::NotApplied,
            _ => {}
        });
        assert!(history.operations.iter().any(|operation| operation.reply == Reply::NotApplied));
        Recording { strategy: format!("generated {seed}"), store: "none".to_owned(), history }
    };
    let all = [recording(1), Recording::default(), recording(2)];
    let text: String = all.iter().map(written).collect();
    assert_eq!(read(&text).unwrap(), all);
    assert_eq!(read("").unwrap(), []);
}

/// A command that is not applied has a return and no account.
#[test]
fn a_command_that_is_not_applied_has_a_return_and_no_account() {
    let text = example("```json\n");
    let refused = r#""returned":30,"outcome":"refused","balance":50,"version":1"#;
    let read_with = |fields: &str| read(&text.replacen(refused, fields, 1));
    let recording = &read_with(r#""returned":30,"outcome":"not_applied""#).unwrap()[0];
    let crate::history::Operation { reply, returned, .. } = recording.history.operations[1];
    assert_eq!((reply, returned), (Reply::NotApplied, 30));
    for (fields, message) in [
        (r#""returned":4,"outcome":"not_applied""#, "line 3: it returned before it was called"),
        (
            r#""outcome":"not_applied""#,
            "line 3: the outcome not_applied has returned, and no balance and version",
        ),
        (
            r#""returned":30,"outcome":"not_applied","balance":50,"version":1"#,
            "line 3: the outcome not_applied has returned, and no balance and version",
        ),
    ] {
        assert_eq!(read_with(fields).unwrap_err().to_string(), message);
    }
    let read_line = r#""returned":50,"outcome":"read","balance":30,"version":2"#;
    let wrong = text.replacen(read_line, r#""returned":50,"outcome":"not_applied""#, 1);
    let message =
        "line 5: the outcome not_applied belongs to a command: give the outcome unknown to a read";
    assert_eq!(read(&wrong).unwrap_err().to_string(), message);
}

/// Each case makes one mistake in the example. The error names the line and the reason.
#[test]
fn a_malformed_line_is_reported_with_its_number() {
    let text = example("```json\n");
    let cases: &[(&str, &str, &str)] = &[
        (
            "hotrow_history\":1",
            "hotrow_history\":2",
            "line 1: format 2 is unknown: this version reads format 1",
        ),
        ("\"unit\":1", "\"unit\":0", "line 1: unit 0 divides nothing: give 1 or more"),
        ("\"unit\":1,", "", "line 1: missing field `unit`, at column "),
        ("\"id\":2", "\"id\":1", "line 3: id 1 is in use: give each command its own id"),
        ("\"id\":2", "\"id\":0", "line 3: id 0 is reserved: give 1 or more"),
        ("\"id\":2,", "", "line 3: a command needs an id"),
        (
            "\"user\":1,\"op\":\"read\"",
            "\"id\":9,\"user\":1,\"op\":\"read\"",
            "line 5: a read has no id",
        ),
        (
            "\"client\":2,",
            "\"client\":2,\"klient\":2,",
            "line 3: unknown field `klient`, expected ",
        ),
        ("\"client\":2,", "\"client\":2,\"client\":2,", "line 3: duplicate field `client`"),
        ("\"client\":2,", "", "line 3: missing field `client`"),
        ("\"amount\":80", "\"amount\":0", "line 3: amount 0 is out of range: give 1 to 4294967295"),
        ("\"amount\":80", "\"amount\":-1", "line 3: invalid value: integer `-1`, expected u64"),
        ("\"amount\":80,", "", "line 3: a command needs an amount"),
        ("\"op\":\"read\"", "\"op\":\"read\",\"amount\":1", "line 5: a read has no amount"),
        ("\"op\":\"read\"", "\"op\":\"look\"", "line 5: unknown variant `look`, expected one of"),
        (
            "\"user\":1,\"op\":\"use\",\"amount\":80",
            "\"user\":0,\"op\":\"use\",\"amount\":80",
            "line 3: user id 0 is out of range",
        ),
        ("\"returned\":30", "\"returned\":4", "line 3: it returned before it was called"),
        (
            "\"returned\":30,",
            "",
            "line 3: returned, balance and version belong together: give all or none",
        ),
        ("\"unknown\"", "\"applied\"", "line 4: this outcome needs returned, balance and version"),
        (
            "\"refused\"",
            "\"unknown\"",
            "line 3: the outcome unknown has no returned, balance and version",
        ),
        (
            "\"refused\"",
            "\"read\"",
            "line 3: the outcome read belongs to a read, and to no other operation",
        ),
        (
            "\"called\":40",
            "\"called\":29",
            "line 5: client 2 calls before its operation in line 3 returns",
        ),
        (
            "\"operations\":5",
            "\"operations\":6",
            "line 10: the history ends with 5 operations and 1 ledgers; announced: 6 and 1",
        ),
        (
            "\"entries\":3",
            "\"entries\":2",
            "line 10: the entry is not one of the 2 entries of user 1",
        ),
        (
            "\"entries\":3",
            "\"entries\":4",
            "line 10: the ledger of user 1 has 3 entries, and announces 4",
        ),
        (
            "\"entry_of\":1,\"id\":3",
            "\"entry_of\":2,\"id\":3",
            "line 9: the entry is not one of the 3 entries of user 1",
        ),
        ("\"ledger_of\":1,", "", "line 7: "),
    ];
    for (right, wrong, expected) in cases {
        assert!(text.contains(right), "{right}");
        let error = read(&text.replacen(right, wrong, 1)).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{right} as {wrong}: {error}");
    }
    let [header, rest] = text.splitn(2, '\n').collect::<Vec<_>>()[..] else { panic!() };
    let error_of = |text: &str| read(text).unwrap_err().to_string();
    assert_eq!(error_of(rest), "line 1: a history begins with a header");
    assert!(error_of("hello").starts_with("line 1: expected value"));
    assert!(error_of(&format!("{header}\n\n[]\n")).starts_with("line 3: "));
    assert!(
        error_of(&"x".repeat(2_000_000))
            .starts_with("line 1: the line is longer than 1048576 bytes")
    );
}
