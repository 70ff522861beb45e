//! The page's example, what is written read again, and lines that cannot be.

use super::*;
use crate::history::Drawn;

const PAGE: &str = include_str!("../../../docs/HISTORY_FORMAT.md");

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

/// The page is what others write their histories by.
#[test]
fn the_example_of_the_page_is_what_is_read_and_written() {
    let text = example("```json\n");
    let [recording] = &read(text).unwrap()[..] else { panic!("it is one history") };
    assert_eq!(recording.strategy, "cas");
    let History { operations, ledgers, .. } = &recording.history;
    assert_eq!((operations.len(), ledgers[0].entries.len()), (5, 3));
    assert_eq!(operations[2].reply, Reply::Unknown);
    assert_eq!(written(recording), text);
}

/// What is written is read as it was, one history after another.
#[test]
fn what_is_written_is_read_again() {
    let recording = |seed| {
        let drawn = Drawn {
            seed,
            clients: 5,
            users: 3,
            operations: 500,
            amount_max: 90,
            reads_percent: 20,
            unknown_per_mille: 50,
            policy: crate::domain::Policy::default(),
        };
        let mut history = drawn.history();
        // When an outcome was given up is not told, and means nothing.
        history.operations.iter_mut().for_each(|operation| {
            if operation.reply == Reply::Unknown {
                operation.returned = operation.called;
            }
        });
        Recording { strategy: format!("drawn {seed}"), store: "none".to_owned(), history }
    };
    let all = [recording(1), Recording::default(), recording(2)];
    let text: String = all.iter().map(written).collect();
    assert_eq!(read(&text).unwrap(), all);
    assert_eq!(read("").unwrap(), []);
}

/// Each line of the example made wrong in one place: where it is, and what would be right.
#[test]
fn a_line_that_cannot_be_is_told_with_its_number() {
    let text = example("```json\n");
    let cases: &[(&str, &str, &str)] = &[
        ("hotrow_history\":1", "hotrow_history\":2", "line 1: format 2 is not known: this reads 1"),
        ("\"unit\":1", "\"unit\":0", "line 1: unit 0 divides nothing: give 1 or more"),
        ("\"unit\":1,", "", "line 1: missing field `unit`, at column "),
        ("\"id\":2", "\"id\":1", "line 3: id 1 was given to another operation"),
        ("\"id\":2", "\"id\":0", "line 3: id 0 names nothing: give 1 or more"),
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
        ("\"returned\":30,", "", "line 3: returned, balance and version stand together"),
        ("\"unknown\"", "\"applied\"", "line 4: an outcome has returned, balance and version"),
        (
            "\"refused\"",
            "\"unknown\"",
            "line 3: an unknown outcome has no returned, balance and version",
        ),
        ("\"refused\"", "\"read\"", "line 3: a read, and nothing else, has the outcome read"),
        (
            "\"called\":40",
            "\"called\":29",
            "line 5: client 2 had not learnt yet of its operation in line 3",
        ),
        (
            "\"operations\":5",
            "\"operations\":6",
            "line 10: the history ends with 5 operations and 1 ledgers and was to have 6 and 1",
        ),
        ("\"entries\":3", "\"entries\":2", "line 10: it is none of the 2 entries of user 1"),
        (
            "\"entries\":3",
            "\"entries\":4",
            "line 10: the ledger of user 1 has 3 entries and was to have 4",
        ),
        (
            "\"entry_of\":1,\"id\":3",
            "\"entry_of\":2,\"id\":3",
            "line 9: it is none of the 3 entries of user 1",
        ),
        ("\"ledger_of\":1,", "", "line 7: "),
    ];
    for (right, wrong, told) in cases {
        assert!(text.contains(right), "{right}");
        let error = read(&text.replacen(right, wrong, 1)).unwrap_err().to_string();
        assert!(error.starts_with(told), "{right} as {wrong}: {error}");
    }
    let [header, rest] = text.splitn(2, '\n').collect::<Vec<_>>()[..] else { panic!() };
    let told = |text: &str| read(text).unwrap_err().to_string();
    assert_eq!(told(rest), "line 1: a history begins with a header");
    assert!(told("hello").starts_with("line 1: expected value"));
    assert!(told(&format!("{header}\n\n[]\n")).starts_with("line 3: "));
    assert!(told(&"x".repeat(2_000_000)).starts_with("line 1: it is longer than 1048576 bytes"));
}
