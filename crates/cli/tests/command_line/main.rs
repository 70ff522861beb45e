//! The program as users run it: its output, its error messages and its exit codes.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod cores;
mod kept;
mod nonsense;
mod pictures;
mod runs;
mod served;
mod stopped;

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{self, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use hotrow_results::{AuditVerdict, CheckRow, StoredRun, read_rows};
use hotrow_verify::{
    audit::audit_history,
    history::{Recording, Recordings},
};

fn hotrow() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotrow"));
    command.env("COLUMNS", "80").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    hotrow().args(arguments).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// An empty directory, which is removed when this is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = env::temp_dir().join(format!("hotrow-{name}-{}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.0.join(inside)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// Runs with invalid arguments. Expects one line that contains `message`, exit code 2, and no
/// result.
fn rejected(arguments: &[&str], message: &str) {
    let output = run(arguments);
    let line = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
    assert_eq!(stdout(&output), "", "{arguments:?}");
    assert_eq!(line.lines().count(), 1, "{arguments:?}: {line}");
    assert!(line.starts_with("hotrow: ") && line.contains(message), "{arguments:?}: {line}");
}

/// A misspelt name, an unknown one, and a pair that does not fit.
#[test]
fn an_unknown_name_is_rejected_with_valid_ones() {
    rejected(&["run", "mutx"], "strategy \"mutx\" is not known: did you mean mutex?");
    rejected(&["run", "mutex", "zzz"], "there are actor, async-mutex, ");
    rejected(&["run", "a\nb"], "strategy \"a\\nb\" is not known");
    rejected(&["run", "--store", "memry"], "store \"memry\" is not known: did you mean memory?");
    rejected(&["run", "--store", "disk"], "there are memory, simulated");
    rejected(&["run", "--store", "slab"], "store `slab` is now `memory`");
    rejected(
        &["run", "mutex", "--store", "simulated"],
        "mutex does not run on simulated: it runs on memory",
    );
    rejected(&["mutex"], "to measure a strategy write `hotrow run STRATEGY`");
    rejected(&["run", "--user", "3"], "'--users'");
    rejected(&["run", "--format", "xml"], "table, csv, json");
}

/// A number with which a run would measure nothing, or never end.
#[test]
fn a_number_out_of_bounds_is_rejected_with_the_bounds() {
    rejected(&["run", "--users", "0"], "'0' for '--users <USERS>': give 1 to 1000000");
    rejected(&["run", "--users", "99999999999999"], "give 1 to 1000000");
    rejected(&["run", "--users", "-1"], "'-1'");
    rejected(&["run", "--blocks", "0"], "0 is not in 1..=1000");
    rejected(&["run", "--blocks", "1e9"], "'1e9'");
    rejected(&["run", "--clients", "0"], "write it as threads:2 or tasks:64");
    rejected(&["run", "--clients", "threads:0"], "threads are 1 to 256");
    rejected(&["run", "--clients", "tasks:9999999"], "tasks are 1 to 16384");
    rejected(&["--seed", "x"], "--seed");
}

/// A malformed mix or latency, and a latency that the store does not have.
#[test]
fn an_invalid_mix_or_latency_is_rejected() {
    rejected(&["run", "--mix", "charge:45,use:45"], "mix adds up to 90: make it 100");
    rejected(&["run", "--mix", "half"], "write it like charge:45,use:45,read:10");
    rejected(&["run", "--latency", "5ms"], "write none, assignment, scaled:0.1 or fixed:5ms");
    rejected(&["run", "--latency", "fixed:5ms"], "memory has no latency");
    rejected(&["run", "--store", "simulated", "--clients", "threads:2"], "use --clients tasks:32");
}

/// An unwritable output is rejected before an hour of measuring, and leaves no trace.
#[test]
fn an_unwritable_file_is_rejected_before_anything_is_measured() {
    let scratch = Scratch::new("unwritable-cli");
    let inside = |name: &str| scratch.path(name).to_str().unwrap().to_owned();
    fs::write(scratch.path("file"), "not a folder").unwrap();
    rejected(&["run", "--export-csv", &inside("no/such.csv")], "cannot write");
    rejected(&["run", "--export-csv", &inside("")], "cannot write");
    rejected(&["--export-csv", &inside("file/rows.csv")], "cannot write");
    rejected(&["run", "--results", &inside("file/run")], "cannot save in");
    rejected(&["run", "--record", &inside("no/such.jsonl")], "cannot write");
    assert_eq!(fs::read_dir(scratch.path("")).unwrap().count(), 1);
}

/// Help and lists go to standard output, and a reader that closes the pipe is no error.
#[test]
fn help_and_lists_can_be_piped() {
    for arguments in [
        &["--help"][..],
        &["run", "--help"],
        &["list", "--help"],
        &["verify", "--help"],
        &["check-history", "--help"],
        &["compare", "--help"],
        &["rank", "--help"],
        &["demo", "--help"],
        &["doctor", "--help"],
        &["report", "--help"],
        &["help"],
        &["list"],
        &["--version"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert_eq!(stderr(&output), "", "{arguments:?}");
        let text = stdout(&output);
        assert!(text.is_ascii() && text.lines().all(|line| line.len() <= 80), "{text}");
    }
    let listed: serde_json::Value =
        serde_json::from_str(&stdout(&run(&["list", "--format", "json"]))).unwrap();
    assert_eq!(listed[0]["strategy"], "queue");
    assert_eq!(listed[0]["guarantees"]["linearizable"], true);

    let mut child =
        hotrow().arg("list").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
}

/// The doctor prints JSON for programs, and a table that fits a terminal.
#[test]
fn the_doctor_reports_findings_about_the_machine() {
    let output = run(&["doctor", "--json", "--seconds", "1"]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    let examination: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = examination["findings"].as_array().unwrap();
    let names: Vec<_> = findings.iter().map(|finding| finding["name"].as_str().unwrap()).collect();
    for name in ["build", "foreign cpu", "steal", "longest hiccup", "clock", "context switch"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    for finding in findings {
        let judgement = finding["judgement"].as_str().unwrap();
        assert!(["fine", "note", "warning"].contains(&judgement), "{finding}");
        assert_eq!(finding["advice"].is_string(), judgement != "fine", "{finding}");
    }

    let output = run(&["doctor", "--seconds", "1"]);
    let table = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(table.is_ascii() && table.lines().all(|line| line.len() <= 80), "{table}");
    rejected(&["doctor", "--seconds", "0"], "give 1 to 60");
}

/// A run is stored, exported and rendered into a page, and a stale page is detected.
#[test]
fn a_run_is_saved_and_a_stale_page_is_detected() {
    let scratch = Scratch::new("pages-cli");
    let results = scratch.path("results");
    let (saved, csv) = (results.join("box/tiny"), scratch.path("rows.csv"));
    let output = hotrow()
        .args(["run", "mutex", "cas", "--blocks", "1", "--format", "csv", "--results"])
        .arg(&saved)
        .arg("--export-csv")
        .arg(&csv)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let rows = StoredRun::load(&saved).unwrap().rows;
    assert_eq!(rows.len(), 5, "mutex, its A/A control, cas, fetch-add and noop");
    assert_eq!(fs::read_to_string(&csv).unwrap(), stdout(&output));
    assert_eq!(read_rows(&csv).unwrap(), rows);

    let page = scratch.path("PAGE.md");
    let prose = "prose\n<!-- BEGIN generated:ranking -->\n<!-- END generated:ranking -->\n";
    fs::write(&page, prose).unwrap();
    let report = |more: &[&str]| {
        let mut command = hotrow();
        command.arg("report").args(more).arg("--results").arg(&results).arg(&page);
        command.output().unwrap()
    };
    let stale = report(&["--check"]);
    assert_eq!(stale.status.code(), Some(1));
    assert!(stderr(&stale).contains("PAGE.md; run `hotrow report`"), "{}", stderr(&stale));
    assert_eq!(fs::read_to_string(&page).unwrap(), prose);
    assert_eq!(report(&[]).status.code(), Some(0));
    assert_eq!(report(&["--check"]).status.code(), Some(0));

    fs::write(&page, fs::read_to_string(&page).unwrap().replace("mutex", "mutant")).unwrap();
    assert_eq!(report(&["--check"]).status.code(), Some(1));
    fs::write(saved.join("measurements.csv"), "schema\n3\n").unwrap();
    let newer = stderr(&report(&["--check"]));
    assert!(newer.contains("measurements.csv:2: schema 3 is newer than 2"), "{newer}");
}

/// The recorded file has a history of each strategy with ledgers, and the audit finds no violation
/// in it.
#[test]
fn recorded_histories_pass_the_audit() {
    let scratch = Scratch::new("record-cli");
    let file = scratch.path("runs.jsonl");
    for (arguments, strategies) in [
        (&["mutex", "cas", "--users", "3", "--mix", "charge:45,use:45,read:10"][..], 2),
        (&["queue", "--store", "simulated", "--clients", "tasks:4"], 1),
    ] {
        let mut command = hotrow();
        command.arg("run").args(arguments).args(["--blocks", "1", "--record"]).arg(&file);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
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
    assert_eq!(fs::read_dir(scratch.path("")).unwrap().count(), 1, "no temporary file stays");
}

/// The pages of this repository agree with its results.
#[test]
fn the_pages_of_this_repository_are_fresh() {
    let output = hotrow()
        .args(["report", "--check"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

/// Returns the marks of a property in the table of `hotrow verify`.
fn marks<'a>(table: &'a str, property: &str) -> &'a str {
    let row = table.lines().find_map(|line| line.strip_prefix(property));
    row.unwrap_or_else(|| panic!("there is no {property} in {table}")).trim()
}

/// The table shows which properties hold, and a counter-example of each violation.
#[test]
fn verify_shows_properties_and_counter_examples() {
    let output = run(&["verify", "queue", "--schedules", "20"]);
    let table = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{table}{}", stderr(&output));
    assert!(table.starts_with(" a  queue on memory\n b  queue on simulated\n"), "{table}");
    assert_eq!(marks(&table, "fifo per user"), "+ +");
    assert!(table.lines().all(|line| line.len() <= 80), "{table}");

    let output = run(&["verify", "unsynchronized", "--store", "memory", "--seed", "3"]);
    let table = stdout(&output);
    assert_eq!(output.status.code(), Some(3), "{table}");
    assert_eq!(marks(&table, "replies match ledger"), "X");
    assert!(table.contains("client "), "there is no diagram: {table}");
    assert!(stderr(&output).ends_with(" trials violate a property\n"));

    let output = run(&["verify", "cas", "--store", "memory", "--schedules", "1", "--json"]);
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{object}");
    assert_eq!(object["candidates"][0]["strategy"], "cas");
    assert_eq!(object["candidates"][0]["violations"].as_array().map(Vec::len), Some(0));
    assert!(object["operations"].as_u64() > Some(10_000), "{object}");
}

/// The results are stored for reports, together with those of the negative control. A violation of
/// the negative control is expected and does not fail the command.
#[test]
fn verify_stores_its_results_with_the_negative_control() {
    let scratch = Scratch::new("proof");
    let directory = scratch.path("box/proof");
    let mut command = hotrow();
    command.args([
        "verify",
        "mutex",
        "--store",
        "memory",
        "--schedules",
        "5",
        "--with-negative-control",
    ]);
    let output = command.arg("--results").arg(&directory).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let checks = StoredRun::load(&directory).unwrap().checks;
    let rows_of = |name| checks.iter().filter(move |row| row.strategy == name);
    let holds = |row: &CheckRow| row.violations == 0 && row.violation.is_empty();
    assert!(rows_of("mutex").all(|row| row.linearizable && holds(row)));
    let order = rows_of("mutex").find(|row| row.property == "fifo_per_user").unwrap();
    assert_eq!(order.trials, 0, "mutex does not guarantee it");
    let violation = rows_of("unsynchronized").find(|row| row.violations > 0).unwrap();
    assert!(!violation.linearizable && violation.violation.contains(": "), "{violation:?}");
    assert!(checks.iter().all(|row| row.violation.lines().count() < 2));

    fs::write(scratch.path("file"), "").unwrap();
    let inside = scratch.path("file/run");
    rejected(&["verify", "mutex", "--results", inside.to_str().unwrap()], "cannot save in");
}

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

/// The verdict shows in the exit code, in the diagram and in the JSON.
#[test]
fn check_history_reports_whether_a_history_is_linearizable() {
    let scratch = Scratch::new("check-history-cli");
    let (right, stale) = (scratch.path("right.jsonl"), scratch.path("stale.jsonl"));
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
    let scratch = Scratch::new("several-cli");
    let file = |name: &str, text: &str| {
        fs::write(scratch.path(name), text).unwrap();
        scratch.path(name).to_str().unwrap().to_owned()
    };
    let (right, stale) = (file("right", &recorded(5)), file("stale", &recorded(0)));
    let (prose, absent) = (file("prose", "Dear all,\n"), scratch.path("absent"));
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

/// A negative number after a flag is its value and not another flag, and the error gives the valid
/// values.
#[test]
fn a_negative_number_is_rejected_with_valid_values() {
    let flags = [
        ("--rate", "-1", "give requests a second"),
        ("--rate", "-50k", "give requests a second"),
        ("--think", "-20us", "as 20us"),
        ("--users", "-1", "give 1 to 1000000"),
        ("--blocks", "-1", "1..=1000"),
        ("--work", "-5", "0..="),
        ("--seed", "-7", "give 0 to 18446744073709551615"),
        ("--clients", "-2", "threads:2 or tasks:64"),
        ("--latency", "-1ms", "fixed:5ms"),
        ("--mix", "-1", "charge:"),
        ("--distribution", "-1", "zipf:"),
        ("--arrivals", "-1", "poisson"),
    ];
    for (flag, value, allowed) in flags {
        let output = run(&["run", flag, value]);
        let line = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{flag} {value}: {line}");
        assert!(line.contains(allowed) && !line.contains("-- -"), "{flag} {value}: {line}");
    }
    for (arguments, allowed) in [
        (&["doctor", "--seconds", "-1"][..], "give 1 to 60"),
        (&["verify", "--schedules", "-1"], "give 1 to 1000000"),
        (&["compare", "a", "b", "--fail-above", "-10%"], "write it as 10% or 0.1"),
        (&["serve", "--timeout", "-1s"], "--timeout"),
        (&["serve", "--latency", "-1ms"], "fixed:5ms"),
    ] {
        rejected(arguments, allowed);
        assert!(!stderr(&run(arguments)).contains("-- -"), "{arguments:?}");
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
    let scratch = Scratch::new("given-up-cli");
    fs::write(scratch.path("hard"), lines + "\n").unwrap();
    let path = scratch.path("hard");
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
    let scratch = Scratch::new("malformed-cli");
    let file = |name: &str, text: &str| {
        fs::write(scratch.path(name), text).unwrap();
        scratch.path(name).to_str().unwrap().to_owned()
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

    let absent = scratch.path("absent");
    let output = hotrow().arg("check-history").arg(absent).output().unwrap();
    assert_eq!((output.status.code(), stdout(&output)), (Some(1), String::new()));
    assert!(stderr(&output).starts_with("hotrow: cannot read "), "{}", stderr(&output));
}

/// A stopped run soon shows and saves its measurements, audited and marked as partial.
#[cfg(unix)]
#[test]
fn an_interrupted_run_shows_and_saves_what_it_has() {
    let scratch = Scratch::new("interrupted-cli");
    let mut child = hotrow()
        .args(["run", "mutex", "--blocks", "1000", "--results"])
        .arg(scratch.path("box/run"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut notes = BufReader::new(child.stderr.take().unwrap()).lines();
    // The program prints this line after it has installed the signal handler.
    let announced = notes.by_ref().any(|line| line.unwrap().contains("4000 measurements"));
    assert!(announced, "the run was not announced");
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());

    let (ended, end) = mpsc::channel();
    let mut results = child.stdout.take().unwrap();
    let reader = thread::spawn(move || {
        let mut text = String::new();
        results.read_to_string(&mut text).unwrap();
        ended.send(text).unwrap();
    });
    let text = end.recv_timeout(Duration::from_secs(60));
    if text.is_err() {
        child.kill().unwrap();
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
    reader.join().unwrap();

    assert!(text.unwrap().starts_with("PARTIAL, stopped before its end."));
    assert_partial(&scratch.path("box/run"));
}

fn assert_partial(directory: &Path) {
    let run = StoredRun::load(directory).unwrap();
    assert!(run.environment.partial);
    assert!(run.rows.len() < 4_000, "{} rows", run.rows.len());
    assert!(run.rows.iter().all(|row| row.verdict != AuditVerdict::Violation));
    assert!(run.rows.iter().rev().skip(1).all(|row| !row.truncated), "only the last is truncated");
    assert_eq!(fs::read_dir(directory).unwrap().count(), 2, "two files and no temporary file");
}
