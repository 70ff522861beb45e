//! Earlier results and existing files are not lost.

use std::os::unix::{
    fs::{MetadataExt, PermissionsExt, chown, symlink},
    process::CommandExt,
};

use nix::{
    sys::{
        signal::{Signal, kill},
        stat::Mode,
    },
    unistd::{Pid, geteuid, mkfifo},
};

use super::*;

/// The command of a short measurement, with more arguments.
fn short(more: &[&str]) -> Command {
    let mut command = hotrow();
    command.args(["run", "mutex", "--blocks", "1"]).args(more);
    command
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(has_ended(&output), "{}", stderr(&output));
}

fn saved(directory: &Path) -> StoredRun {
    StoredRun::load(directory).unwrap()
}

/// Expects that a command does not replace an existing run, with an error that ends with `advice`.
fn assert_rejected(command: &mut Command, advice: &str) {
    let output = command.output().unwrap();
    let line = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.contains("the folder has a"), "{line}");
    assert!(line.trim_end().ends_with(advice), "{line}");
}

/// A second run in the same folder is rejected with two options, and each of them works.
#[test]
fn a_run_is_not_overwritten_unless_the_user_says_so() {
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().join("box/run");
    let results = directory.to_str().unwrap();
    succeed(&mut short(&["--results", results]));
    let earlier = saved(&directory);
    assert_rejected(
        &mut short(&["--results", results]),
        "--resume continues it, --overwrite replaces it",
    );
    let overwrite = "--overwrite replaces it";
    let commands =
        [&["verify", "mutex", "--schedules", "1"][..], &["demo", "coordinated-omission"]];
    for command in commands {
        assert_rejected(hotrow().args(command).args(["--results", results]), overwrite);
    }
    assert_eq!(saved(&directory), earlier);
    succeed(&mut short(&["--results", results, "--resume"]));
    assert_eq!(saved(&directory).environment.run, earlier.environment.run);
    succeed(&mut short(&["--results", results, "--overwrite"]));
    assert_ne!(saved(&directory).environment.run, earlier.environment.run);
    rejected(&["run", "--results", results, "--overwrite", "--resume"], "cannot be used with");
    rejected(&["run", "--overwrite"], "--results");
    rejected(&["run", "--results", "-"], "write it as ./-");

    // Another sub-command also removes the tables of the earlier run.
    let mut check = hotrow();
    check.args(["verify", "mutex", "--store", "memory", "--schedules", "1", "--overwrite"]);
    succeed(check.args(["--results", results]));
    let run = saved(&directory);
    assert!(run.rows.is_empty() && !run.checks.is_empty());
}

/// The folders of both halves of a pair are checked before anything is measured.
#[test]
fn a_half_of_a_pair_is_not_overwritten() {
    let scratch = tempfile::tempdir().unwrap();
    let half = scratch.path().join("order-shuffled");
    succeed(&mut short(&["--results", half.to_str().unwrap()]));
    assert_rejected(
        hotrow().args(["demo", "run-order", "--results"]).arg(scratch.path().join("order")),
        "--overwrite replaces it",
    );
    rejected(&["demo", "run-order", "--results", ".."], "has no folder name: add one");
}

/// A run that was stopped after a second must not replace one of an hour: it is kept beside it, and
/// can be resumed.
#[test]
fn a_stopped_run_does_not_replace_a_complete_one() {
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().join("box/run");
    let results = directory.to_str().unwrap();
    succeed(&mut short(&["--results", results]));
    let earlier = saved(&directory);
    let long = ["run", "mutex", "cas", "--blocks", "9", "--results", results];
    let mut child = hotrow()
        .args(long)
        .arg("--overwrite")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let unfinished = directory.join("unfinished/measurements.csv");
    while fs::metadata(&unfinished).map_or(0, |file| file.len()) < 2_000 {
        thread::sleep(Duration::from_millis(10));
    }
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let mut notes = String::new();
    child.stderr.take().unwrap().read_to_string(&mut notes).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{notes}");
    assert!(notes.contains("keeps its complete run; the partial run is in "), "{notes}");
    assert_eq!(saved(&directory), earlier);
    assert!(saved(&directory.join("unfinished")).environment.partial);
    assert_rejected(&mut short(&["--results", results]), "--overwrite replaces it");
    let resumed = hotrow().args(long).arg("--resume").output().unwrap();
    assert!(has_ended(&resumed), "{}", stderr(&resumed));
    let run = saved(&directory);
    assert!(!run.environment.partial && run.environment.resumed == 1);
    assert!(!directory.join("unfinished").exists());
}

/// Every output through a link keeps the link and writes the file that it points to.
#[test]
fn every_writer_follows_links_and_keeps_modes() {
    let scratch = tempfile::tempdir().unwrap();
    fs::create_dir(scratch.path().join("there")).unwrap();
    let names =
        ["rows.csv", "run.json", "run.md", "record.jsonl", "run.html", "PAGE.md", "env.json"];
    let real = |name: &str| scratch.path().join("there").join(name);
    fs::create_dir_all(scratch.path().join("results/box/run")).unwrap();
    for name in names {
        let link = match name {
            "env.json" => scratch.path().join("results/box/run/env.json"),
            _ => scratch.path().join(name),
        };
        symlink(real(name), link).unwrap();
        if name != "env.json" {
            fs::write(real(name), "before").unwrap();
            fs::set_permissions(real(name), fs::Permissions::from_mode(0o600)).unwrap();
            if geteuid().is_root() {
                chown(real(name), Some(1234), Some(4321)).unwrap();
            }
        }
    }
    fs::write(
        real("PAGE.md"),
        "<!-- BEGIN generated:ranking -->\n<!-- END generated:ranking -->\n",
    )
    .unwrap();
    let program = || {
        let mut command = hotrow();
        command.current_dir(scratch.path());
        command
    };
    let run = program()
        .args(["run", "mutex", "--blocks", "1", "--results", "results/box/run"])
        .args(["--export-csv", "rows.csv", "--export-json", "run.json"])
        .args(["--export-markdown", "run.md", "--record", "record.jsonl"])
        .output()
        .unwrap();
    assert!(has_ended(&run), "{}", stderr(&run));
    for arguments in [&["report", "PAGE.md"][..], &["report", "--html", "run.html"]] {
        let report = program().args(arguments).output().unwrap();
        assert!(has_ended(&report), "{}", stderr(&report));
    }
    for name in names {
        let text = fs::read_to_string(real(name)).unwrap();
        assert!(text.len() > 100, "{name}: {text}");
        if name != "env.json" {
            let metadata = fs::metadata(real(name)).unwrap();
            assert!(
                fs::symlink_metadata(scratch.path().join(name)).unwrap().is_symlink(),
                "{name}"
            );
            assert_eq!(metadata.mode() & 0o777, 0o600, "{name}");
            let owner = if geteuid().is_root() { 1234 } else { geteuid().as_raw() };
            assert_eq!(metadata.uid(), owner, "{name}");
        }
    }
    let environment = scratch.path().join("results/box/run/env.json");
    assert!(fs::symlink_metadata(environment).unwrap().is_symlink());
    let files = fs::read_dir(scratch.path().join("there")).unwrap().count();
    assert_eq!(files, names.len(), "no temporary file stays");
}

/// The reader of a FIFO gets every byte, and a reader that closes it causes an error of one line
/// and no signal.
#[test]
fn a_fifo_is_written_into() {
    let scratch = tempfile::tempdir().unwrap();
    let fifo = scratch.path().join("rows");
    mkfifo(&fifo, Mode::S_IRWXU).unwrap();
    let reader = thread::spawn({
        let fifo = fifo.clone();
        move || fs::read_to_string(fifo).unwrap()
    });
    let run = short(&["--format", "csv", "--export-csv"]).arg(&fifo).output().unwrap();
    assert!(has_ended(&run), "{}", stderr(&run));
    assert_eq!(reader.join().unwrap(), stdout(&run));

    let reader = thread::spawn({
        let fifo = fifo.clone();
        move || fs::File::open(fifo).unwrap().read_exact(&mut [0]).unwrap()
    });
    // The history is larger than the buffer of a pipe.
    let mut command = hotrow();
    let run = command.args(["run", "mutex", "--blocks", "1", "--record"]).arg(&fifo).output();
    let run = run.unwrap();
    reader.join().unwrap();
    let notes = stderr(&run);
    assert_eq!(run.status.code(), Some(1), "{notes}");
    let last = notes.lines().last().unwrap();
    assert!(last.contains("cannot write ") && last.contains("Broken pipe"), "{notes}");
}

/// Standard output accepts one output under any of its names, instead of the table.
#[test]
fn an_output_can_be_standard_output() {
    for name in ["-", "/dev/stdout", "/proc/self/fd/1"] {
        let run = short(&["--export-csv", name]).output().unwrap();
        assert!(has_ended(&run), "{}", stderr(&run));
        let text = stdout(&run);
        assert!(text.starts_with("schema,run,") && !text.contains("vs mutex"), "{name}: {text}");
    }
    rejected(&["run", "--export-csv", "-", "--export-json", "-"], "cannot both be standard output");
    rejected(&["run", "--export-csv", "-", "--record", "/dev/stdout"], "cannot both be standard");
    rejected(&["run", "--export-csv", "-", "--format", "json"], "cannot both be standard output");
    rejected(&["run", "--export-csv", "a", "--export-json", "a"], "a is given for two outputs");

    // Standard output is redirected to the exported file: one must not replace the other.
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("both");
    let output = fs::File::create(&file).unwrap();
    let run = short(&["--export-csv"]).arg(&file).stdout(output).output().unwrap();
    assert!(has_ended(&run), "{}", stderr(&run));
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("schema,run,") && text.contains("vs mutex"), "{text}");
}

/// In a read-only folder, existing files can be overwritten, and new ones cannot be created.
#[test]
fn a_file_in_a_read_only_folder_is_overwritten_in_place() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("there");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("rows.csv"), "before").unwrap();
    for path in [scratch.path().into(), folder.join("rows.csv")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    // Root can write to read-only folders, so the program runs as another user.
    let as_user = |command: &mut Command| {
        if geteuid().is_root() {
            command.uid(65_534).gid(65_534);
        }
        command.current_dir(scratch.path()).output()
    };
    let program = scratch.path().join("hotrow");
    fs::copy(env!("CARGO_BIN_EXE_hotrow"), &program).unwrap();
    let short = |file: &str| {
        let mut command = Command::new(&program);
        command.args(["run", "mutex", "--blocks", "1", "--export-csv"]).arg(folder.join(file));
        as_user(&mut command).unwrap()
    };
    let existing = short("rows.csv");
    assert!(has_ended(&existing), "{}", stderr(&existing));
    assert!(!read_rows(&folder.join("rows.csv")).unwrap().is_empty());
    let new = short("new.csv");
    assert_eq!((new.status.code(), stderr(&new).lines().count()), (Some(2), 1));
    assert!(stderr(&new).contains("new.csv: Permission denied"), "{}", stderr(&new));
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
}
