//! Fuzzing of the program itself: random lists of arguments, and arguments that are not UTF-8.

use std::{
    ffi::{OsStr, OsString},
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        process::ExitStatusExt,
    },
    time::Instant,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::*;

const LISTS: u64 = 300;

/// After this time the program is taken to be measuring, and is stopped.
const LONG: Duration = Duration::from_millis(400);

const WORDS: &[&str] = &[
    "run",
    "capacity",
    "verify",
    "check-history",
    "demo",
    "compare",
    "rank",
    "report",
    "doctor",
    "list",
    "completions",
    "man",
    "help",
    "serve",
    "--results",
    "--resume",
    "--overwrite",
    "--export-csv",
    "--export-json",
    "--export-markdown",
    "--record",
    "--config",
    "--profile",
    "--workload",
    "--sweep",
    "--filter",
    "--users",
    "--clients",
    "--mix",
    "--latency",
    "--store",
    "--rate",
    "--arrivals",
    "--distribution",
    "--think",
    "--work",
    "--no-ledger",
    "--blocks",
    "--forks",
    "--seed",
    "--format",
    "--stream",
    "--schedules",
    "--with-negative-control",
    "--json",
    "--model",
    "--fail-above",
    "--across-machines",
    "--markdown",
    "--html",
    "--check",
    "--seconds",
    "--slo",
    "--achieved",
    "--curve",
    "--accept-noise",
    "p99<1ms",
    "--help",
    "--version",
    "mutex",
    "cas",
    "noop",
    "unsynchronized",
    "memory",
    "simulated",
    "1",
    "0",
    "-1",
    "2",
    "6",
    "1e999",
    "NaN",
    "",
    "-",
    "--",
    "csv",
    "json",
    "table",
    "threads:2",
    "tasks:8",
    "users=1,8",
    "kv",
    "register",
    "coordinated-omission",
    "run-order",
    "bash",
    "zsh",
    "run/memory.csv",
    "run",
    "broken",
    "broken.csv",
    "no/such",
    ".",
    "/dev/null",
    "/dev/full",
    "/dev/null/x",
    "10%",
    "none",
    "fixed:5ms",
    "20us",
    "50k",
    "zipf:0.9",
    "burst:3",
];

const VARIABLES: [&str; 9] = [
    "COLUMNS",
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "TERM",
    "RAYON_NUM_THREADS",
    "TOKIO_WORKER_THREADS",
    "HOTROW_SEED",
    "TMPDIR",
    "LANG",
];

/// Random bytes for a name, mostly not UTF-8. Without `/` and `.`, a file of that name is in the
/// current folder.
fn garbage(rng: &mut fastrand::Rng) -> OsString {
    let length = if rng.u8(..20) == 0 { 5_000 } else { rng.usize(..9) };
    let bytes = (0..length).map(|_| match rng.u8(1..) {
        b'/' | b'.' => b'x',
        byte => byte,
    });
    OsString::from_vec(bytes.collect())
}

fn list(rng: &mut fastrand::Rng) -> Vec<OsString> {
    let mut list: Vec<OsString> = vec![WORDS[rng.usize(..14)].into()];
    for _ in 0..rng.usize(..6) {
        list.push(match rng.u8(..6) {
            0 => garbage(rng),
            _ => WORDS[rng.usize(..WORDS.len())].into(),
        });
    }
    if list[0] == "serve" {
        list.extend(["--listen".into(), "127.0.0.1:0".into()]);
    }
    list
}

/// Runs a command, and sends SIGTERM after each [`LONG`]. Returns the exit code and standard error.
/// There is no code if the program had not installed its signal handler yet.
fn finish(command: &mut Command) -> (Option<i32>, String) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut errors = child.stderr.take().unwrap();
    let errors = thread::spawn(move || {
        let mut bytes = Vec::new();
        errors.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let (began, mut signals) = (Instant::now(), 0);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > LONG * (signals + 1) {
            signals += 1;
            kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
        }
        thread::sleep(Duration::from_millis(2));
    };
    let notes = errors.join().unwrap();
    let was_stopped = signals > 0 && status.signal() == Some(Signal::SIGTERM as i32);
    assert!(status.signal().is_none() || was_stopped, "{status}: {notes}");
    (status.code(), notes)
}

/// No list of arguments and no environment variable may cause a panic or a crash.
#[test]
fn no_list_of_arguments_causes_a_panic() {
    let scratch = tempfile::tempdir().unwrap();
    fs::create_dir(scratch.path().join("run")).unwrap();
    fs::create_dir(scratch.path().join("broken")).unwrap();
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results/reference/memory");
    fs::copy(results.join("env.json"), scratch.path().join("run/env.json")).unwrap();
    fs::copy(results.join("memory.csv"), scratch.path().join("run/memory.csv")).unwrap();
    fs::write(scratch.path().join("broken/env.json"), b"{\xff").unwrap();
    fs::write(scratch.path().join("broken.csv"), b"schema,\xff\n1,2\n").unwrap();
    fs::write(scratch.path().join("hotrow.toml"), b"[plan.\xff]").unwrap();
    for number in 0..LISTS {
        let mut rng = fastrand::Rng::with_seed(number);
        let list = list(&mut rng);
        let mut command = hotrow();
        command.args(&list).current_dir(scratch.path());
        let mut variables = Vec::new();
        if rng.u8(..3) == 0 {
            let name = VARIABLES[rng.usize(..VARIABLES.len())];
            let value = match rng.bool() {
                true => garbage(&mut rng),
                false => WORDS[rng.usize(..WORDS.len())].into(),
            };
            command.env(name, &value);
            variables.push((name, value));
        }
        let (code, notes) = finish(&mut command);
        let case = format!("{number}: {list:?} {variables:?}: {notes}");
        assert!(matches!(code, None | Some(0..=5 | 130)), "{code:?} {case}");
        assert!(!notes.contains("panicked"), "{case}");
    }
}

/// File names need not be UTF-8.
#[test]
fn a_file_name_that_is_not_utf_8_is_written_and_read() {
    let scratch = tempfile::tempdir().unwrap();
    let name = |bytes: &[u8]| scratch.path().join(OsStr::from_bytes(bytes));
    let [results, csv, json, page, record] =
        [&b"bad\xff/r"[..], b"c\xff", b"j\xfe", b"m\x80", b"h\xc3"].map(name);
    let run = |more: &[&OsStr]| {
        let mut command = hotrow();
        command.args(["run", "cas", "mutex", "--blocks", "1"]).args(more).output().unwrap()
    };
    let written = run(&[
        "--results".as_ref(),
        results.as_ref(),
        "--export-csv".as_ref(),
        csv.as_ref(),
        "--export-json".as_ref(),
        json.as_ref(),
        "--export-markdown".as_ref(),
        page.as_ref(),
        "--record".as_ref(),
        record.as_ref(),
    ]);
    assert!(has_ended(&written), "{}", stderr(&written));
    let command = StoredRun::load(&results).unwrap().environment.command;
    assert!(command.contains("bad\u{fffd}/r"), "{command}");
    for file in [&csv, &json, &page, &record] {
        assert!(fs::metadata(file).unwrap().len() > 100, "{file:?}");
    }
    assert!(!read_rows(&csv).unwrap().is_empty());
    let again = run(&["--results".as_ref(), results.as_ref()]);
    assert_eq!((again.status.code(), stderr(&again).lines().count()), (Some(2), 1));
    for arguments in [
        [OsStr::new("rank"), csv.as_ref()],
        [OsStr::new("check-history"), record.as_ref()],
        [OsStr::new("rank"), results.as_ref()],
    ] {
        let read = hotrow().args(arguments).output().unwrap();
        assert!(has_ended(&read), "{arguments:?}: {}", stderr(&read));
    }
    let checked = name(b"bad\xff/p");
    let check = ["verify", "mutex", "--store", "memory", "--schedules", "1", "--results"];
    let check = hotrow().args(check).arg(&checked).output().unwrap();
    assert!(has_ended(&check), "{}", stderr(&check));
    assert!(!StoredRun::load(&checked).unwrap().checks.is_empty());
    for (variable, value) in [("TOKIO_WORKER_THREADS", "x"), ("RAYON_NUM_THREADS", "999999999")] {
        let rejected = hotrow().arg("list").env(variable, value).output().unwrap();
        assert_eq!(rejected.status.code(), Some(2));
        let line = stderr(&rejected);
        assert!(line.contains("unset it, or give 1 to 1024"), "{line}");
    }
}
