//! Valid EDN, malformed EDN, and the bounds of depth and length.

use super::*;

fn read(text: &str) -> Result<Vec<String>, String> {
    let mut values = Values::new(text.as_bytes());
    let mut all = Vec::new();
    while let Some(value) = values.next_value().map_err(|error| error.to_string())? {
        all.push(format!("{}: {value}", value.line));
    }
    Ok(all)
}

/// A file is one vector, one list, or a sequence of values, with white space and comments between.
#[test]
fn values_are_read_with_their_lines() {
    let values = ["1: {:f :read, :value nil}", "3: [1 -2 3.5e1 4N \\( ##NaN true]"];
    let inside = "{:f :read,\n :value nil} #_ #_ a [b]\n(1 -2 3.5e1 , 4N \\( ##NaN true) ; [ \"";
    for text in [inside.to_owned(), format!("[{inside}\n]\n"), format!("({inside}\n) ;")] {
        assert_eq!(read(&text).unwrap(), values, "{text}");
    }
    let tagged = ["2: #jepsen.history.Op {:a #{1 2}}", "3: \"\\\"\\\\\\n\u{263a}\""];
    let text = ";; [\n#jepsen.history.Op{:a #{1 2}},\r\n\"\\\"\\\\\\n\\u263A\"";
    assert_eq!(read(text).unwrap(), tagged);
    assert_eq!(read(" ; nothing\n"), Ok(Vec::new()));
    assert_eq!(read("[]"), Ok(Vec::new()));
}

/// The error names the line of malformed or truncated EDN.
#[test]
fn malformed_edn_is_reported_with_its_line() {
    let wrong = [
        ("[\n{:a 1}\n", "line 3: it ends before the `]` of line 1"),
        ("[\n{:a 1", "line 2: it ends before the `}` of line 2"),
        ("[{:a 1})", "line 1: `)` closes nothing"),
        ("{:a\n:b :c}", "line 2: `:c` has no value in its map"),
        ("[{}]\n [{}]", "line 2: unexpected `[{}]` after the history of line 1"),
        ("\n\"a\nb", "line 3: the text of line 2 does not end"),
        ("\"\\q\"", "line 1: `\\q` is no escape sequence of a text"),
        ("\"\\u12\"", "line 1: `\\u` in a text needs four hexadecimal digits"),
        (
            "{:error #<Socket a>}",
            "line 1: `#<Socket` is an object printed by Clojure: it cannot be read back",
        ),
        ("#tag", "line 1: the text ends where a value is expected"),
        ("[#tag]", "line 1: `]` closes nothing"),
    ];
    for (text, expected) in wrong {
        assert_eq!(read(text), Err(expected.to_owned()), "{text}");
    }
    let not_utf8 = Values::new(&b"\n\xff"[..]).next_value().unwrap_err();
    assert_eq!(not_utf8.to_string(), "line 2: the text is not UTF-8");
}

/// Nested brackets, tags and ignored values must not overflow the stack, and a long value must not
/// fill memory.
#[test]
fn depth_and_length_have_a_maximum() {
    let deep = format!("line 1: values are nested more than {DEPTH_MAX} deep");
    for open in ["[", "({", "{:a ", "#a ", "#_", "#{[("] {
        assert_eq!(read(&open.repeat(1_000_000)), Err(deep.clone()), "{open}");
    }
    let long = "line 1: a value is longer than 1048576 bytes".to_owned();
    for open in ["{:a \"", "{", "a", ":a"] {
        assert_eq!(read(&format!("{open}{}", "1".repeat(2_000_000))), Err(long.clone()));
    }
    let many = "{:a 1} ".repeat(500_000);
    assert_eq!(read(&many).unwrap().len(), 500_000, "many short values are not one long value");
}
