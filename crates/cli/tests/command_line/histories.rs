//! Recorded histories: `hotrow run --record` writes them, and `hotrow check-history` judges them.

use super::*;
use hotrow_verify::{
    audit::audit_history,
    history::{Recording, Recordings},
};

/// A recorded history: one charge, and a later read that returned `seen`.
fn recorded(seen: u64) -> String {
    let policy = r#"{"amount_min":1,"amount_max":9,"unit":1,"balance_max":9}"#;
    [
        format!(r#"{{"hotrow_history":1,"strategy":"cas","store":"memory","policy":{policy},"operations":2,"ledgers":0}}"#),
        r#"{"client":1,"id":1,"user":7,"op":"charge","amount":5,"called":0,"returned":2,"outcome":"applied","balance":5,"version":1}"#.to_owned(),
        format!(r#"{{"client":2,"user":7,"op":"read","called":3,"returned":4,"outcome":"read","balance":{seen},"version":1}}"#),
    ]
    .map(|line| line + "\n")
    .concat()
}

/// The recorded file has a history of each strategy with ledgers, and the audit finds no violation
/// in it.
#[test]
fn recorded_histories_pass_the_audit() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("runs.jsonl");
    for (arguments, strategies) in [
        (&["mutex", "cas", "--users", "3", "--mix", "charge:45,use:45,read:10"][..], 2),
        (&["queue", "--store", "simulated", "--clients", "tasks:4"], 1),
    ] {
        let mut command = hotrow();
        command.arg("run").args(arguments).args(["--blocks", "1", "--record"]).arg(&file);
        let output = command.output().unwrap();
        assert!(has_ended(&output), "{}", stderr(&output));
        let text = fs::read(&file).unwrap();
        let recordings: Result<Vec<_>, _> = Recordings::of(&text[..]).collect();
        let recordings = recordings.unwrap();
        assert_eq!(recordings.len(), strategies);
        for Recording { strategy, history, .. } in recordings {
            let clients = history.operations.iter().map(|call| call.client).max().unwrap();
            assert!(clients >= 2 && history.operations.len() > 100, "{strategy}");
            let examined = audit_history(&history).unwrap();
            assert_eq!(examined.operations, history.operations.len() as u64);
            assert!(examined.entries > 50, "{strategy}");
        }
    }
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1, "no temporary file stays");
}

/// The verdict shows in the exit code, in the diagram and in the JSON.
#[test]
fn check_history_reports_whether_a_history_is_linearizable() {
    let scratch = tempfile::tempdir().unwrap();
    let (right, stale) = (scratch.path().join("right.jsonl"), scratch.path().join("stale.jsonl"));
    fs::write(&right, recorded(5)).unwrap();
    fs::write(&stale, recorded(5) + &recorded(0)).unwrap();
    let check = |more: &[&str]| hotrow().arg("check-history").args(more).output().unwrap();
    let [right, stale] = [right, stale].map(|path| path.to_str().unwrap().to_owned());

    let output = check(&[&right]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    let text = stdout(&output);
    assert!(text.contains(", 1: cas on memory: linearizable, 2 operations of 1 user, "), "{text}");

    let output = check(&[&right, &stale]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(3), String::new()));
    let text = stdout(&output);
    assert!(text.contains(", 2: cas on memory: violation, 2 operations of 1 user, "), "{text}");
    assert!(text.contains("user 7: `read: 0` of client 2 has no place; "), "{text}");
    assert!(text.contains("# charge 5: 5 left"), "{text}");

    let output = check(&["--json", &stale]);
    assert_eq!(output.status.code(), Some(3));
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(
        (&json[0]["verdict"], &json[1]["verdict"]),
        (&"linearizable".into(), &"violation".into())
    );
    assert_eq!(json[1]["contradiction"]["object"], "user 7");

    let mut child = hotrow()
        .args(["check-history", "--model", "register", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let log = "INFO  jepsen.util - 0\t:invoke\t:read\tnil\nINFO  jepsen.util - 0\t:ok\t:read\t4\n";
    child.stdin.take().unwrap().write_all(log.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(stdout(&output).starts_with("-: violation, 1 operations, "), "{}", stdout(&output));
}

/// The format of a file is detected, and the options change how it is read.
#[test]
fn check_history_reads_files_of_jepsen() {
    let check = |more: &[&str]| {
        let output = hotrow()
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/formats"))
            .arg("check-history")
            .args(more)
            .output();
        let output = output.unwrap();
        assert_eq!(stderr(&output), "");
        (output.status.code(), stdout(&output))
    };
    let (code, found) = check(&["mini_history.edn", "g.log.gz", "e_crlf.log", "t_reads_only.log"]);
    assert_eq!(code, Some(0), "{found}");
    assert!(found.starts_with("mini_history.edn: linearizable, 2 operations, "), "{found}");
    assert!(found.contains("t_reads_only.log: linearizable, 0 operations (2 left out), "));

    let (code, found) = check(&["keys-stale.edn"]);
    assert_eq!(code, Some(3), "{found}");
    assert!(found.starts_with("keys-stale.edn: violation, 5 operations on 2 keys, "), "{found}");
    assert!(found.contains("\nkey 2: `read: nil` of client 2 has no place"), "{found}");

    let (code, found) = check(&["bank.edn"]);
    assert_eq!(code, Some(0), "{found}");
    assert!(found.contains("linearizable, 3 operations (1 left out) on 2 accounts, "));
    let (code, found) = check(&["--model", "bank", "bank-torn.txt"]);
    assert_eq!(code, Some(3), "{found}");
    let shown = "\nbank: `read: 0 5, 1 0` of client 1 has no place; before it returned there is an \
                 order, which ends with `move 5 from 0 to 1: unknown` of client 0, if it began \
                 with 0 10, 1 0\n";
    assert!(found.contains(shown), "{found}");

    assert_eq!(check(&["bank-overdrawn.txt"]).0, Some(3));
    assert_eq!(check(&["--overdraft", "bank-overdrawn.txt"]).0, Some(0));

    assert_eq!(check(&["j_fail_cas.log"]).0, Some(0));
    let (code, found) = check(&["--failed-cas", "observed", "j_fail_cas.log"]);
    assert_eq!(code, Some(3), "{found}");
    assert!(found.contains("register: `set 1 to 2: differed` of client 1 has no place"), "{found}");
    let (_, found) = check(&["answered-called-unknown.log"]);
    assert!(found.contains("`read: 4` of client 3 has no place: no order"), "{found}");
    assert!(!found.contains("unknown of") && !found.contains(": unknown"), "{found}");
}

/// A file that cannot be read or is malformed must not hide the verdict of another file. The exit
/// code is that of the worst verdict.
#[test]
fn every_file_gets_its_verdict() {
    let scratch = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        fs::write(scratch.path().join(name), text).unwrap();
        scratch.path().join(name).to_str().unwrap().to_owned()
    };
    let (right, stale) = (file("right", &recorded(5)), file("stale", &recorded(0)));
    let (prose, absent) = (file("prose", "Dear all,\n"), scratch.path().join("absent"));
    let absent = absent.to_str().unwrap();
    let check = |files: &[&str]| hotrow().arg("check-history").args(files).output().unwrap();

    let all = [absent, &*prose, &*right, &*stale];
    let output = check(&all);
    let (shown, errors) = (stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(3), "{shown}{errors}");
    let verdicts =
        ["absent: unreadable\n", "prose: malformed\n", ": linearizable, ", ": violation, "];
    let positions: Vec<_> = verdicts.iter().map(|verdict| shown.find(verdict)).collect();
    let in_order = positions.iter().all(Option::is_some) && positions.is_sorted();
    assert!(in_order, "{positions:?} of {shown}");
    assert!(errors.contains("cannot read ") && errors.contains("prose:1: "), "{errors}");

    let json: serde_json::Value =
        serde_json::from_str(&stdout(&check(&[&["--json"], &all[..]].concat()))).unwrap();
    let files = json.as_array().unwrap().iter();
    let verdicts = files.map(|file| file["verdict"].as_str().unwrap());
    let expected = ["unreadable", "malformed", "linearizable", "violation"];
    assert_eq!(verdicts.collect::<Vec<_>>(), expected);

    let codes = [(&[&*right, &*prose][..], 2), (&[&*prose, absent], 2), (&[absent, &*right], 1)];
    for (files, code) in codes {
        assert_eq!(check(files).status.code(), Some(code), "{files:?}");
    }
}

/// A search that gives up names the limit that it reached, and the option that raises it.
#[test]
fn a_search_that_gives_up_names_the_limit() {
    // Reads see two of many concurrent writes alternate. That is a violation, but the search has to
    // try every order of the other writes.
    let invoked = (1..=24).map(|process| format!("{process}\t:invoke\t:write\t{process}"));
    let returned = (1..=24).map(|process| format!("{process}\t:ok\t:write\t{process}"));
    let reads = [1, 2, 1].map(|seen| format!("107\t:invoke\t:read\tnil\n107\t:ok\t:read\t{seen}"));
    let lines: Vec<String> = invoked.chain(returned).chain(reads).collect();
    let lines = lines.join("\n");
    let scratch = tempfile::tempdir().unwrap();
    fs::write(scratch.path().join("hard"), lines + "\n").unwrap();
    let path = scratch.path().join("hard");
    let limited = |limit: &[&str]| {
        let output = hotrow().arg("check-history").args(limit).arg(&path).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        stdout(&output)
    };
    let shown = limited(&["--max-steps", "20000"]);
    assert!(shown.contains("register: given up, out of steps (see --max-steps)"), "{shown}");
    let shown = limited(&["--max-mib", "1"]);
    assert!(shown.contains("given up, out of memory (see --max-mib)"), "{shown}");
    rejected(&["check-history", "--max-seconds", "-1", "x"], "give 1 to 1000000");
}

/// A file that is not a history must not get a verdict.
#[test]
fn a_file_that_is_no_history_is_rejected_with_its_line() {
    let scratch = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        fs::write(scratch.path().join(name), text).unwrap();
        scratch.path().join(name).to_str().unwrap().to_owned()
    };
    rejected(&["check-history"], "<FILE>");
    rejected(&["check-history", "--model", "map", "x"], "account, register, kv, bank");
    rejected(&["check-history", "--failed-cas", "yes", "x"], "ignored, observed");
    let late = file("late", &recorded(5).replace("\"called\":3", "\"called\":5"));
    rejected(&["check-history", &late], "late:3: it returned before it was called");
    let cut = recorded(5).lines().next().unwrap().to_owned();
    rejected(&["check-history", &file("cut", &cut)], "cut:1: the history ends with 0 operations");
    let log = file("log", "INFO  jepsen.util - 0\t:invoke\t:read\tnil\n");
    rejected(
        &["check-history", "--model", "account", &log],
        "without --model every format is read",
    );
    rejected(
        &["check-history", "--model", "kv", &log],
        "log:1: `:read` is none of :get, :put and :append",
    );
    rejected(
        &["check-history", "--model", "bank", &late],
        "late:1: lines of JSON are a history of accounts",
    );
    rejected(
        &["check-history", &file("prose", "Dear all,\n")],
        "prose:1: \"Dear all,\" is no event",
    );
    let idle = recorded(5).lines().next().unwrap().replace("\"operations\":2", "\"operations\":0");
    rejected(&["check-history", &file("idle", &idle)], "idle: history 1 has no operation");
    let nemesis = ":nemesis\t:info\t:start\tnil\n";
    rejected(&["check-history", &file("nemesis", nemesis)], "nemesis: the file has no history");
    rejected(&["check-history", &file("empty", "")], "empty: the file has no history");
    rejected(
        &["check-history", "--model", "register", &file("empty", "")],
        "the file has no history",
    );

    let absent = scratch.path().join("absent");
    let output = hotrow().arg("check-history").arg(absent).output().unwrap();
    assert_eq!((output.status.code(), stdout(&output)), (Some(1), String::new()));
    assert!(stderr(&output).starts_with("hotrow: cannot read "), "{}", stderr(&output));
}
