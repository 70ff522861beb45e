//! The formats of one history, the objects, and the errors of malformed lines.

use super::*;
use crate::history::{Answer, BankInput, BankOutput, Call, RegisterInput, RegisterOutput};

fn read_as(text: &str, failed_cas: FailedCas) -> Result<Calls, String> {
    match open(text.as_bytes(), Reading { failed_cas, ..Reading::default() }) {
        Ok(Recorded::Calls(calls)) => Ok(calls),
        Ok(Recorded::Accounts(_)) => Err("accounts".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn read(text: &str) -> Result<Calls, String> {
    read_as(text, FailedCas::Ignored)
}

fn rejected(text: &str) -> String {
    read(text).unwrap_err()
}

fn register(calls: &Calls) -> &[RegisterCall] {
    match &calls.objects {
        Objects::Registers(registers) => &registers[&None],
        other => panic!("{other:?} is no register"),
    }
}

/// The events of one history, as in Jepsen's `history.txt`.
const EVENTS: &str = "\
0\t:invoke\t:write\t3
:nemesis\t:info\t:start\tnil
1\t:invoke\t:read\tnil
0\t:info\t:write\t3\t:timeout
1\t:ok\t:read\tnil
1\t:invoke\t:read\tnil
0\t:invoke\t:cas\t[1 2]
1\t:fail\t:read\tnil\t[:unavailable \"no leader\"]
0\t:fail\t:cas\t[1 2]
2\t:invoke\t:write\t4
3\t:info\t:crash\tnil
";

/// The same events as maps of EDN.
fn maps() -> Vec<String> {
    let maps = EVENTS.lines().enumerate().map(|(index, line)| {
        let mut words = line.splitn(5, '\t');
        let mut next = |field: &str| words.next().map(|word| format!("{field} {word}, "));
        let fields = [":process", ":type", ":f", ":value", ":error"].map(&mut next);
        let fields: String = fields.into_iter().flatten().collect();
        format!("{{:index {index}, {fields}:time 1{index}.5}}")
    });
    maps.collect()
}

/// A failed operation did not happen, an indeterminate one may happen at any time, and a failed
/// compare-and-set is no observation. Every format keeps these three ends apart.
#[test]
fn one_history_reads_the_same_in_every_format() {
    let console: String =
        EVENTS.lines().map(|line| format!("INFO  jepsen.util - {line}\r\n")).collect();
    let dated = EVENTS.lines().map(|line| {
        format!("2026-11-28 04:31:00,123{{GMT}}\tINFO\t[jepsen worker 1] jepsen.util: {line}\n")
    });
    let other = "2026-11-28 04:31:00,123{GMT}\tINFO\t[main] jepsen.core: Run complete\n";
    let dated = dated.collect::<String>() + other;
    let record = |map: &String| format!("#jepsen.history.Op{map}");
    let maps = maps();
    let forms = [
        console,
        dated,
        EVENTS.replace('\t', "  "),
        format!("[{}]", maps.join("\n ")),
        format!("({})\n", maps.join(" ")),
        maps.join("\n; a comment\n"),
        maps.iter().map(record).collect::<Vec<_>>().join("\r\n"),
    ];
    let expected = read(EVENTS).unwrap();
    let call = |client, input, called, answer: Option<(u64, RegisterOutput)>| Call {
        client,
        input,
        called,
        answer: answer.map(|(returned, output)| Answer { returned, output }),
    };
    let calls = [
        call(0, RegisterInput::Write(3), 1, None),
        call(1, RegisterInput::Read, 2, Some((4, RegisterOutput::Read(None)))),
        call(2, RegisterInput::Write(4), 9, None),
    ];
    assert_eq!((register(&expected), expected.left_out), (&calls[..], 2));
    for form in forms {
        assert_eq!(read(&form), Ok(expected.clone()), "{form}");
    }
}

/// A failed compare-and-set observed another value only if the caller asks for this meaning, and
/// only if the event has no other reason.
#[test]
fn a_failed_cas_is_an_observation_only_on_request() {
    let ends = ["[1 2]", "[1 2]\t:connection-refused", ":timed-out", "nil"];
    let output = |end: &str, failed_cas| {
        let text = format!("0\t:invoke\t:cas\t[1 2]\n0\t:fail\t:cas\t{end}\n");
        let calls = read_as(&text, failed_cas).unwrap();
        register(&calls).first().and_then(|call| call.output().copied())
    };
    assert_eq!(output(ends[0], FailedCas::Observed), Some(RegisterOutput::Differed));
    for end in &ends[1..] {
        assert_eq!(output(end, FailedCas::Observed), None, "{end}");
    }
    for end in ends {
        assert_eq!(output(end, FailedCas::Ignored), None, "{end}");
    }
}

/// Jepsen writes many registers as pairs of key and value, with or without a tag before them.
#[test]
fn registers_are_separated_by_key() {
    let text = "\
        {:process 0, :type :invoke, :f :write, :value [1 3]}\n\
        {:process 1, :type :invoke, :f :read, :value [\"x\" nil]}\n\
        {:process 0, :type :ok, :f :write, :value [1 3]}\n\
        {:process 1, :type :ok, :f :read, :value [\"x\" 7]}\n\
        {:process 0, :type :invoke, :f :cas, :value [1 [3 4]]}\n\
        {:process 0, :type :fail, :f :cas, :value [1 :timed-out]}\n\
        {:process 0, :type :invoke, :f :cas, :value [1 [3 4]]}\n\
        {:process 0, :type :info, :f :cas, :value nil}\n";
    let calls = read(text).unwrap();
    let Objects::Registers(registers) = &calls.objects else { panic!("{calls:?}") };
    let keys: Vec<_> = registers.keys().flatten().collect();
    assert_eq!(keys, ["\"x\"", "1"]);
    let calls_of_1 = &registers[&Some("1".to_owned())];
    assert_eq!(
        calls_of_1.iter().map(|call| call.answer.is_some()).collect::<Vec<_>>(),
        [true, false]
    );
    for tag in ["#jepsen.independent/tuple", "#clojure.lang.MapEntry ", "#knossos.MapEntry"] {
        let tagged = text.replace(":value [", &format!(":value {tag}["));
        assert_eq!(read(&tagged), Ok(calls.clone()), "{tag}");
    }
    let lines: String =
        text.lines().map(|line| line.replace([',', '{', '}'], " ") + "\n").collect();
    let lines =
        [":process ", ":type ", ":f ", ":value "].iter().fold(lines, |l, k| l.replace(k, ""));
    assert_eq!(read(&lines), Ok(calls), "{lines}");
}

/// Each key is an object. Fields may have any order, with unused ones among them.
#[test]
fn texts_are_separated_by_key() {
    let text = r#"{:process 0, :type :invoke, :f :append, :key "4", :value "x \"0\""}
        {:time 5, :key "5", :f :get, :type :invoke, :process 1}
        {:process 0, :type :ok, :f :append, :key "4", :value "x \"0\"", :index 7}"#;
    let keys = read_kv(text.as_bytes()).unwrap();
    assert_eq!(keys.keys().collect::<Vec<_>>(), ["4", "5"]);
    let append = &keys["4"][0];
    assert_eq!(append.input, crate::history::KvInput::Append("x \"0\"".to_owned()));
    assert_eq!(append.answer.as_ref().map(|answer| answer.returned), Some(3));
    assert_eq!(keys["5"][0].answer, None);
}

/// Balances are a map or a vector. A failed transfer did not happen.
#[test]
fn a_history_with_transfers_is_a_bank() {
    let text = "\
        0\t:invoke\t:transfer\t{:from 0, :to 1, :amount 5}\n\
        1\t:invoke\t:read\tnil\n\
        0\t:ok\t:transfer\t{:from 0, :to 1, :amount 5}\n\
        1\t:ok\t:read\t{0 5, 1 15}\n\
        0\t:invoke\t:transfer\t{:from 1, :to \"x\", :amount 50}\n\
        0\t:fail\t:transfer\t[:negative 1 -35]\n\
        1\t:invoke\t:read\tnil\n\
        1\t:ok\t:read\t[5 15]\n";
    let calls = read(text).unwrap();
    let Objects::Bank(bank) = calls.objects else { panic!("{calls:?}") };
    assert_eq!((bank.accounts.len(), bank.calls.len(), calls.left_out), (3, 3, 1));
    assert_eq!(bank.calls[0].input, BankInput::Transfer { from: 0, to: 1, amount: 5 });
    let balances = BankOutput::Read(vec![Some(5), Some(15), None]);
    assert_eq!(bank.calls[1].output(), Some(&balances));
    assert_eq!(bank.calls[2].output(), Some(&balances));
}

/// A history that is truncated, mixed up or of another kind must not pass as a shorter one.
#[test]
fn a_malformed_line_is_reported_with_its_number() {
    let begun = "0 :invoke :write 3\n";
    let ends_other = "line 2: process 0 ends another operation than it began";
    let wrong = [
        (
            "hello",
            "line 1: \"hello\" is no event: an event has a process, a type, a function and a value",
        ),
        ("0\t:invoke", "line 1: \"0\\t:invoke\" is no event"),
        ("0 :ok :read nil", "line 1: process 0 has no operation that could end"),
        (
            &format!("{begun}{begun}"),
            "line 2: process 0 begins an operation before its last one ended",
        ),
        (&format!("{begun}0 :ok :write 4"), ends_other),
        (&format!("{begun}0 :ok :read 3"), ends_other),
        (&format!("{begun}0 :info :write 4"), ends_other),
        (&format!("{begun}0 :ok :write [1 3]"), ends_other),
        ("x :invoke :read nil", "line 1: process `x` is not a number"),
        (":nemesis :invoke :read nil", "line 1: process `:nemesis` is not a number"),
        ("0 :invoke :cas {1 2}", "line 1: `{1 2}` is not a pair like [1 2]"),
        ("0 :invoke :cas 1 2", "line 1: unexpected \"2\" after the value `1`"),
        ("0 :began :read nil", "line 1: `:began` is none of :invoke, :ok, :fail and :info"),
        ("\n0 :invoke :drop nil", "line 2: `:drop` is no operation of a register"),
        (&format!("{begun}1 :invoke :drop nil"), "line 2: `:drop` is none of :read, :write and"),
        ("0 :invoke :write 3 4", "line 1: unexpected \"4\" after the value `3`"),
        ("0 :invoke :write 1.5", "line 1: `1.5` is not a whole number"),
        (&format!("{begun}1 :invoke :write [1 2]"), "line 2: some operations have a key, and some"),
        ("0 :invoke :write #a [1 2]", "line 1: the tag of `#a [1 2]` is unknown"),
        ("0 :invoke :read (1", "line 1: it ends before the `)` of line 1"),
        ("[{:process 0}]", "line 1: the operation has no :type"),
        ("[{:type :ok}]", "line 1: the operation has no :process"),
        (
            "[\n[0 :invoke :read]]",
            "line 2: an operation must be a map: `[0 :invoke :read]` is not one",
        ),
        ("{:f 1 :f 2}", "line 1: `:f` appears twice in one operation"),
        (
            "{:process 0 :type :invoke :f :read :index 3}\n{:process 0 :type :ok :f :read :index 2}",
            "line 2: index 2 follows index 3: sort the operations by :index",
        ),
        ("0 :invoke :get 1", "line 1: a :get needs the value nil"),
        ("0 :invoke :get nil", "line 1: the operation has no :key"),
        (
            "{:process 0 :type :invoke :f :put :key 1 :value \"\"}",
            "line 1: the key `1` is not a text",
        ),
        ("{:process 0 :type :invoke :f :put :key \"\"}", "line 1: a :put needs a text"),
        ("0 :invoke :transfer 5", "line 1: `5` is not a transfer like {:from 0, :to 3, :amount 5}"),
        ("0 :invoke :transfer {:from 1 :to 2}", "line 1: a transfer needs :amount"),
        (
            "0 :invoke :transfer {:from 1 :to 2 :amount -1}",
            "line 1: amount -1 is negative: exchange",
        ),
        ("0 :invoke :read nil\n0 :ok :read {1 nil}", "line 2: `nil` is not a whole number"),
        ("0 :invoke :read nil\n0 :ok :read {1 2, 1 3}", "line 2: an account appears twice"),
    ];
    for (text, expected) in wrong {
        let error = rejected(text);
        assert!(error.starts_with(expected), "{text}: {error}");
    }
    let long = "a".repeat(50_000);
    for text in
        [&long, ":process"].map(|word| format!("[{{:process {word}\u{1b} }}]")).iter().chain([
            &format!("0 {long} :read nil"),
            &format!("0 :invoke :{long} nil"),
            &format!("0 :invoke :write {long}"),
            &format!("0 :invoke :read #<{long}"),
            &format!("0 :invoke :read nil {long}"),
        ])
    {
        let error = rejected(text);
        assert!(error.len() < 200 && !error.contains('\u{1b}'), "{error}");
    }
}

/// A history must have the object that the caller requires.
#[test]
fn a_history_of_another_object_is_rejected() {
    let rejected = |text: &str, object| {
        open(text.as_bytes(), Reading { object: Some(object), ..Reading::default() }).err().unwrap()
    };
    let error = rejected(EVENTS, Object::Bank).to_string();
    assert_eq!(error, "line 1: `:write` is none of :transfer and :read");
    let error = rejected("\n{ \"hotrow_history\": 1}", Object::Kv).to_string();
    assert_eq!(error, "line 1: lines of JSON are a history of accounts");
    let keyed = read_register("0 :invoke :write [1 2]".as_bytes()).unwrap_err().to_string();
    assert_eq!(keyed, "line 1: the history has registers by key: a single register is expected");
}
