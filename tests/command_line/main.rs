//! The program as a user meets it: what it says, where it says it, and how it ends.

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

use hotrow::{
    audit::witness,
    history::{Recording, Recordings},
    record::{Finding, SavedRun, read_rows},
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

/// An empty directory, gone when this is dropped.
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

/// Asks for what cannot be, and expects one line that says `told`, exit code 2, and no result.
fn refused(arguments: &[&str], told: &str) {
    let output = run(arguments);
    let line = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
    assert_eq!(stdout(&output), "", "{arguments:?}");
    assert_eq!(line.lines().count(), 1, "{arguments:?}: {line}");
    assert!(line.starts_with("hotrow: ") && line.contains(told), "{arguments:?}: {line}");
}

/// A name that is nearly right, one that is not at all, and a pair that does not fit.
#[test]
fn an_unknown_name_is_refused_with_what_would_be_right() {
    refused(&["run", "mutx"], "strategy \"mutx\" is not known: did you mean mutex?");
    refused(&["run", "mutex", "zzz"], "there are actor, async-mutex, ");
    refused(&["run", "a\nb"], "strategy \"a\\nb\" is not known");
    refused(&["run", "--store", "table"], "store \"table\" is not known: did you mean tables?");
    refused(&["run", "--store", "disk"], "there are slab, tables");
    refused(
        &["run", "mutex", "--store", "tables"],
        "mutex does not run on tables: it runs on slab",
    );
    refused(&["mutex"], "to measure a strategy write `hotrow run STRATEGY`");
    refused(&["run", "--user", "3"], "'--users'");
    refused(&["run", "--format", "xml"], "table, csv, json");
}

/// A number that would measure nothing, or for ever.
#[test]
fn a_number_out_of_bounds_is_refused_with_its_bounds() {
    refused(&["run", "--users", "0"], "'0' for '--users <USERS>': give 1 to 1000000");
    refused(&["run", "--users", "99999999999999"], "give 1 to 1000000");
    refused(&["run", "--users", "-1"], "'-1'");
    refused(&["run", "--blocks", "0"], "0 is not in 1..=1000");
    refused(&["run", "--blocks", "1e9"], "'1e9'");
    refused(&["run", "--clients", "0"], "write it as threads:2 or tasks:64");
    refused(&["run", "--clients", "threads:0"], "threads are 1 to 256");
    refused(&["run", "--clients", "tasks:9999999"], "tasks are 1 to 16384");
    refused(&["--seed", "x"], "--seed");
}

/// A mix or a latency that is not one, or not one of this store.
#[test]
fn a_mix_or_latency_that_cannot_be_is_refused() {
    refused(&["run", "--mix", "charge:45,use:45"], "mix adds up to 90: make it 100");
    refused(&["run", "--mix", "half"], "write it like charge:45,use:45,read:10");
    refused(&["run", "--latency", "5ms"], "write none, assignment, scaled:0.1 or fixed:5ms");
    refused(&["run", "--latency", "fixed:5ms"], "slab has no latency");
    refused(&["run", "--store", "tables", "--clients", "threads:2"], "use --clients tasks:32");
}

/// An hour of measuring that cannot be kept is refused before it begins, and leaves no trace.
#[test]
fn an_unwritable_file_is_refused_before_anything_is_measured() {
    let scratch = Scratch::new("unwritable-cli");
    let inside = |name: &str| scratch.path(name).to_str().unwrap().to_owned();
    fs::write(scratch.path("file"), "in the way").unwrap();
    refused(&["run", "--export-csv", &inside("no/such.csv")], "cannot write");
    refused(&["run", "--export-csv", &inside("")], "cannot write");
    refused(&["--export-csv", &inside("file/rows.csv")], "cannot write");
    refused(&["run", "--results", &inside("file/run")], "cannot save in");
    refused(&["run", "--record", &inside("no/such.jsonl")], "cannot write");
    assert_eq!(fs::read_dir(scratch.path("")).unwrap().count(), 1);
}

/// Help and lists go to standard output, where they can be read, piped and cut off.
#[test]
fn help_and_lists_can_be_piped() {
    for arguments in [
        &["--help"][..],
        &["run", "--help"],
        &["list", "--help"],
        &["check", "--help"],
        &["audit", "--help"],
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
    assert_eq!(listed[0]["promises"]["sound"], true);

    let mut child =
        hotrow().arg("list").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
}

/// A program that measures every night looks first, and a person does not read beyond the edge.
#[test]
fn the_doctor_tells_what_the_machine_is_like() {
    let output = run(&["doctor", "--json", "--seconds", "1"]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = told["findings"].as_array().unwrap();
    let names: Vec<_> = findings.iter().map(|finding| finding["name"].as_str().unwrap()).collect();
    for name in ["build", "foreign cpu", "steal", "longest gap", "clock", "hand-over"] {
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
    refused(&["doctor", "--seconds", "0"], "give 1 to 60");
}

/// From a run to a page: what is saved is what is shown and what pages are checked against.
#[test]
fn a_run_is_saved_and_a_page_is_fresh_or_stale() {
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
    let rows = SavedRun::load(&saved).unwrap().rows;
    assert_eq!(rows.len(), 5, "mutex, its twin, cas, fetch-add and null");
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
    fs::write(saved.join("rounds.csv"), "schema\n2\n").unwrap();
    let newer = stderr(&report(&["--check"]));
    assert!(newer.contains("rounds.csv:2: schema 2 is newer than 1"), "{newer}");
}

/// What is recorded can be read again by whoever has another checker, with the operations of each
/// strategy that has books, and our own finds nothing in it.
#[test]
fn a_run_is_recorded_and_its_histories_are_right() {
    let scratch = Scratch::new("record-cli");
    let file = scratch.path("runs.jsonl");
    for (arguments, strategies) in [
        (&["mutex", "cas", "--users", "3", "--mix", "charge:45,use:45,read:10"][..], 2),
        (&["queue", "--store", "tables", "--clients", "tasks:4"], 1),
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
            let clients = history.operations.iter().map(|one| one.client).max().unwrap();
            assert!(clients >= 2 && history.operations.len() > 100, "{strategy}");
            let examined = witness(&history).unwrap();
            assert_eq!(examined.operations, history.operations.len() as u64);
            assert!(examined.entries > 50, "{strategy}");
        }
    }
    assert_eq!(fs::read_dir(scratch.path("")).unwrap().count(), 1, "no draft stays");
}

/// The pages of this repository are what its results say.
#[test]
fn the_pages_here_are_fresh() {
    let output =
        hotrow().args(["report", "--check"]).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

/// What a table of a check says of a property.
fn marks<'a>(table: &'a str, property: &str) -> &'a str {
    let row = table.lines().find_map(|line| line.strip_prefix(property));
    row.unwrap_or_else(|| panic!("there is no {property} in {table}")).trim()
}

/// What is proved is shown as a table, and whoever is wrong with a counter-example.
#[test]
fn a_check_shows_what_is_kept_and_how_it_is_not() {
    let output = run(&["check", "queue", "--schedules", "20"]);
    let table = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{table}{}", stderr(&output));
    assert!(table.starts_with(" a  queue on slab\n b  queue on tables\n"), "{table}");
    assert_eq!(marks(&table, "first come first served"), "+ +");
    assert!(table.lines().all(|line| line.len() <= 80), "{table}");

    let output = run(&["check", "unguarded", "--store", "slab", "--seed", "3"]);
    let table = stdout(&output);
    assert_eq!(output.status.code(), Some(3), "{table}");
    assert_eq!(marks(&table, "the ledger bears out every reply"), "X");
    assert!(table.contains("client "), "there is no picture: {table}");
    assert!(stderr(&output).ends_with(" trials are lost\n"));

    let output = run(&["check", "cas", "--store", "slab", "--schedules", "1", "--json"]);
    let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{object}");
    assert_eq!(object["entries"][0]["strategy"], "cas");
    assert_eq!(object["entries"][0]["lost"].as_array().map(Vec::len), Some(0));
    assert!(object["operations"].as_u64() > Some(10_000), "{object}");
}

/// What is proved is kept for reports, with the controls that show that the proof can fail; that they
/// are caught is no failure, and a strategy that is asked for by name stays one.
#[test]
fn a_check_is_kept_with_its_controls() {
    let scratch = Scratch::new("proof");
    let directory = scratch.path("box/proof");
    let mut command = hotrow();
    command.args(["check", "mutex", "--store", "slab", "--schedules", "5", "--with-controls"]);
    let output = command.arg("--results").arg(&directory).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let checks = SavedRun::load(&directory).unwrap().checks;
    let of = |name| checks.iter().filter(move |row| row.strategy == name);
    assert!(of("mutex").all(|row| row.sound && row.broken == 0 && row.violation.is_empty()));
    let order = of("mutex").find(|row| row.property == "first_come_first_served").unwrap();
    assert_eq!(order.trials, 0, "it is not promised");
    let caught = of("unguarded").find(|row| row.broken > 0).unwrap();
    assert!(!caught.sound && caught.violation.contains(": "), "{caught:?}");
    assert!(checks.iter().all(|row| row.violation.lines().count() < 2));

    fs::write(scratch.path("file"), "").unwrap();
    let inside = scratch.path("file/run");
    refused(&["check", "mutex", "--results", inside.to_str().unwrap()], "cannot save in");
}

/// A recorded history: one charge and a read behind it, which saw `seen`.
fn recorded(seen: u64) -> String {
    let policy = r#"{"amount_min":1,"amount_max":9,"unit":1,"balance_max":9}"#;
    [
        format!(r#"{{"hotrow_history":1,"strategy":"cas","store":"slab","policy":{policy},"operations":2,"ledgers":0}}"#),
        r#"{"client":1,"id":1,"user":7,"op":"charge","amount":5,"called":0,"returned":2,"outcome":"applied","balance":5,"version":1}"#.to_owned(),
        format!(r#"{{"client":2,"user":7,"op":"read","called":3,"returned":4,"outcome":"read","balance":{seen},"version":1}}"#),
    ]
    .map(|line| line + "\n")
    .concat()
}

/// A script looks at the code, a person at the picture, a program at the object.
#[test]
fn an_audit_tells_whether_a_history_has_an_order() {
    let scratch = Scratch::new("audit-cli");
    let (right, stale) = (scratch.path("right.jsonl"), scratch.path("stale.jsonl"));
    fs::write(&right, recorded(5)).unwrap();
    fs::write(&stale, recorded(5) + &recorded(0)).unwrap();
    let audit = |more: &[&str]| hotrow().arg("audit").args(more).output().unwrap();
    let [right, stale] = [right, stale].map(|path| path.to_str().unwrap().to_owned());

    let output = audit(&[&right]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    let told = stdout(&output);
    assert!(told.contains(", 1: cas on slab: linearizable, 2 operations of 1 user, "), "{told}");

    let output = audit(&[&right, &stale]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(3), String::new()));
    let told = stdout(&output);
    assert!(told.contains(", 2: cas on slab: impossible, 2 operations of 1 user, "), "{told}");
    assert!(told.contains("user 7: `read: 0` of client 2 has no place; "), "{told}");
    assert!(told.contains("# charge 5: 5 left"), "{told}");

    let output = audit(&["--json", &stale]);
    assert_eq!(output.status.code(), Some(3));
    let told: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(
        (&told[0]["verdict"], &told[1]["verdict"]),
        (&"linearizable".into(), &"impossible".into())
    );
    assert_eq!(told[1]["contradiction"]["object"], "user 7");

    let mut child = hotrow()
        .args(["audit", "--model", "register", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let log = "INFO  jepsen.util - 0\t:invoke\t:read\tnil\nINFO  jepsen.util - 0\t:ok\t:read\t4\n";
    child.stdin.take().unwrap().write_all(log.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(stdout(&output).starts_with("-: impossible, 1 operations, "), "{}", stdout(&output));
}

/// What a user of Jepsen has is seen from the file, and what an option says of it is done.
#[test]
fn an_audit_reads_what_jepsen_writes() {
    let audit = |more: &[&str]| {
        let output = hotrow().current_dir("tests/data/formats").arg("audit").args(more).output();
        let output = output.unwrap();
        assert_eq!(stderr(&output), "");
        (output.status.code(), stdout(&output))
    };
    let (code, found) = audit(&["mini_history.edn", "g.log.gz", "e_crlf.log", "t_reads_only.log"]);
    assert_eq!(code, Some(0), "{found}");
    assert!(found.starts_with("mini_history.edn: linearizable, 2 operations, "), "{found}");
    assert!(found.contains("t_reads_only.log: linearizable, 0 operations (2 left out), "));

    let (code, found) = audit(&["keys-stale.edn"]);
    assert_eq!(code, Some(3), "{found}");
    assert!(found.starts_with("keys-stale.edn: impossible, 5 operations on 2 keys, "), "{found}");
    assert!(found.contains("\nkey 2: `read: nil` of client 2 has no place"), "{found}");

    let (code, found) = audit(&["bank.edn"]);
    assert_eq!(code, Some(0), "{found}");
    assert!(found.contains("linearizable, 3 operations (1 left out) on 2 accounts, "));
    let (code, found) = audit(&["--model", "bank", "bank-torn.txt"]);
    assert_eq!(code, Some(3), "{found}");
    let begun = "\nbank: `read: 0 5, 1 0` of client 1 has no place; before it returned there is an \
                 order, which ends with `move 5 from 0 to 1: unknown` of client 0, if it began with \
                 0 10, 1 0\n";
    assert!(found.contains(begun), "{found}");

    assert_eq!(audit(&["bank-overdrawn.txt"]).0, Some(3));
    assert_eq!(audit(&["--overdraft", "bank-overdrawn.txt"]).0, Some(0));

    assert_eq!(audit(&["j_fail_cas.log"]).0, Some(0));
    let (code, found) = audit(&["--failed-cas", "observed", "j_fail_cas.log"]);
    assert_eq!(code, Some(3), "{found}");
    assert!(found.contains("register: `set 1 to 2: differed` of client 1 has no place"), "{found}");
    let (_, found) = audit(&["answered-called-unknown.log"]);
    assert!(found.contains("`read: 4` of client 3 has no place: no order"), "{found}");
    assert!(!found.contains("unknown of") && !found.contains(": unknown"), "{found}");
}

/// A file that cannot be read, or is no history, must hide no other's verdict, and the exit code is that
/// of the worst.
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
    let audit = |files: &[&str]| hotrow().arg("audit").args(files).output().unwrap();

    let all = [absent, &*prose, &*right, &*stale];
    let output = audit(&all);
    let (shown, errors) = (stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(3), "{shown}{errors}");
    let verdicts =
        ["absent: unreadable\n", "prose: malformed\n", ": linearizable, ", ": impossible, "];
    let places: Vec<_> = verdicts.iter().map(|verdict| shown.find(verdict)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} of {shown}");
    assert!(errors.contains("cannot read ") && errors.contains("prose:1: "), "{errors}");

    let json: serde_json::Value =
        serde_json::from_str(&stdout(&audit(&[&["--json"], &all[..]].concat()))).unwrap();
    let verdicts = json.as_array().unwrap().iter().map(|one| one["verdict"].as_str().unwrap());
    let expected = ["unreadable", "malformed", "linearizable", "impossible"];
    assert_eq!(verdicts.collect::<Vec<_>>(), expected);

    let codes = [(&[&*right, &*prose][..], 2), (&[&*prose, absent], 2), (&[absent, &*right], 1)];
    for (files, code) in codes {
        assert_eq!(audit(files).status.code(), Some(code), "{files:?}");
    }
}

/// A negative number after a flag is its value and not another flag, and the message gives the bounds.
#[test]
fn a_negative_number_is_answered_with_what_is_allowed() {
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
        ("--keys", "-1", "zipf:"),
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
        (&["check", "--schedules", "-1"], "give 1 to 1000000"),
        (&["compare", "a", "b", "--fail-above", "-10%"], "write it as 10% or 0.1"),
        (&["serve", "--timeout", "-1s"], "--timeout"),
        (&["serve", "--latency", "-1ms"], "fixed:5ms"),
    ] {
        refused(arguments, allowed);
        assert!(!stderr(&run(arguments)).contains("-- -"), "{arguments:?}");
    }
}

/// A search that is given up says what ran out, and which option gives it more.
#[test]
fn a_search_that_is_given_up_says_what_ran_out() {
    // Two of many writes that were under way at once are seen in turns: impossible, and not before
    // every order of the others was tried.
    let begun = (1..=24).map(|process| format!("{process}\t:invoke\t:write\t{process}"));
    let ended = (1..=24).map(|process| format!("{process}\t:ok\t:write\t{process}"));
    let reads = [1, 2, 1].map(|seen| format!("107\t:invoke\t:read\tnil\n107\t:ok\t:read\t{seen}"));
    let lines: Vec<String> = begun.chain(ended).chain(reads).collect();
    let lines = lines.join("\n");
    let scratch = Scratch::new("given-up-cli");
    fs::write(scratch.path("hard"), lines + "\n").unwrap();
    let path = scratch.path("hard");
    let limited = |limit: &[&str]| {
        let output = hotrow().arg("audit").args(limit).arg(&path).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        stdout(&output)
    };
    let shown = limited(&["--max-steps", "20000"]);
    assert!(shown.contains("register: given up, out of steps (see --max-steps)"), "{shown}");
    let shown = limited(&["--max-mib", "1"]);
    assert!(shown.contains("given up, out of memory (see --max-mib)"), "{shown}");
    refused(&["audit", "--max-seconds", "-1", "x"], "give 1 to 1000000");
}

/// What is not a history must not be told to be right, or wrong.
#[test]
fn a_file_that_is_no_history_is_refused_with_its_line() {
    let scratch = Scratch::new("audit-malformed-cli");
    let file = |name: &str, text: &str| {
        fs::write(scratch.path(name), text).unwrap();
        scratch.path(name).to_str().unwrap().to_owned()
    };
    refused(&["audit"], "<FILE>");
    refused(&["audit", "--model", "map", "x"], "account, register, kv, bank");
    refused(&["audit", "--failed-cas", "yes", "x"], "ignored, observed");
    let late = file("late", &recorded(5).replace("\"called\":3", "\"called\":5"));
    refused(&["audit", &late], "late:3: it returned before it was called");
    let cut = recorded(5).lines().next().unwrap().to_owned();
    refused(&["audit", &file("cut", &cut)], "cut:1: the history ends with 0 operations");
    let log = file("log", "INFO  jepsen.util - 0\t:invoke\t:read\tnil\n");
    refused(&["audit", "--model", "account", &log], "without --model any format is read");
    refused(&["audit", "--model", "kv", &log], "log:1: `:read` is none of :get, :put and :append");
    refused(
        &["audit", "--model", "bank", &late],
        "late:1: lines of JSON are a history of accounts",
    );
    refused(&["audit", &file("prose", "Dear all,\n")], "prose:1: \"Dear all,\" is no event");
    let idle = recorded(5).lines().next().unwrap().replace("\"operations\":2", "\"operations\":0");
    refused(&["audit", &file("idle", &idle)], "idle: there is no operation in history 1 of it");
    let nemesis = ":nemesis\t:info\t:start\tnil\n";
    refused(&["audit", &file("nemesis", nemesis)], "nemesis: there is no history in it");
    refused(&["audit", &file("empty", "")], "empty: there is no history in it");
    refused(&["audit", "--model", "register", &file("empty", "")], "there is no history in it");

    let absent = scratch.path("absent");
    let output = hotrow().arg("audit").arg(absent).output().unwrap();
    assert_eq!((output.status.code(), stdout(&output)), (Some(1), String::new()));
    assert!(stderr(&output).starts_with("hotrow: cannot read "), "{}", stderr(&output));
}

/// Whoever stops a long run wants what it has so far: marked, audited, whole, and soon.
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
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
    // The announcement comes after the program has begun to listen for the signal.
    let announced = told.by_ref().any(|line| line.unwrap().contains("4000 measurements"));
    assert!(announced, "the run was announced");
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
    let run = SavedRun::load(directory).unwrap();
    assert!(run.environment.partial);
    assert!(run.rows.len() < 4_000, "{} rows", run.rows.len());
    assert!(run.rows.iter().all(|row| row.verdict != Finding::Wrong));
    assert!(run.rows.iter().rev().skip(1).all(|row| !row.cut_short), "only the last is cut short");
    assert_eq!(fs::read_dir(directory).unwrap().count(), 2, "two files and no draft");
}
