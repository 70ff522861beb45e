//! What is there already is not lost: results of earlier runs, and files that outputs are aimed at.

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

/// Runs one short measurement, and more words.
fn short(more: &[&str]) -> Command {
    let mut command = hotrow();
    command.args(["run", "mutex", "--blocks", "1"]).args(more);
    command
}

fn done(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

fn saved(directory: &Path) -> SavedRun {
    SavedRun::load(directory).unwrap()
}

/// Expects that a program refuses to run over what is there, and names `ways`.
fn kept(command: &mut Command, ways: &str) {
    let output = command.output().unwrap();
    let line = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.contains("it has a run") && line.trim_end().ends_with(ways), "{line}");
}

/// A run under the name of another is refused with both ways out, and either of them works.
#[test]
fn a_run_is_not_lost_to_another_of_its_name() {
    let scratch = Scratch::new("kept-run");
    let directory = scratch.path("box/run");
    let results = directory.to_str().unwrap();
    done(&mut short(&["--results", results]));
    let earlier = saved(&directory);
    kept(&mut short(&["--results", results]), "--resume goes on with it, --overwrite replaces it");
    let overwrite = "--overwrite replaces it";
    for verb in [&["check", "mutex", "--schedules", "1"][..], &["demo", "omission"]] {
        kept(hotrow().args(verb).args(["--results", results]), overwrite);
    }
    assert_eq!(saved(&directory), earlier);
    done(&mut short(&["--results", results, "--resume"]));
    assert_eq!(saved(&directory).environment.run, earlier.environment.run);
    done(&mut short(&["--results", results, "--overwrite"]));
    assert_ne!(saved(&directory).environment.run, earlier.environment.run);
    refused(&["run", "--results", results, "--overwrite", "--resume"], "cannot be used with");
    refused(&["run", "--overwrite"], "--results");
    refused(&["run", "--results", "-"], "write it as ./-");

    // Of another verb: nothing of the run before is left beside it.
    let mut check = hotrow();
    check.args(["check", "mutex", "--store", "slab", "--schedules", "1", "--overwrite"]);
    done(check.args(["--results", results]));
    let run = saved(&directory);
    assert!(run.rows.is_empty() && !run.checks.is_empty());
}

/// Both halves of a pair are looked for before anything is measured.
#[test]
fn a_half_of_a_pair_is_not_lost() {
    let scratch = Scratch::new("kept-pair");
    let half = scratch.path("order-shuffled");
    done(&mut short(&["--results", half.to_str().unwrap()]));
    kept(
        hotrow().args(["demo", "order", "--results"]).arg(scratch.path("order")),
        "--overwrite replaces it",
    );
    refused(&["demo", "order", "--results", ".."], "give it a name of its own");
}

/// A second of a run must not take the place of an hour: it stays beside it, and can be gone on with.
#[test]
fn a_stopped_run_takes_no_place_of_a_whole_one() {
    let scratch = Scratch::new("kept-stopped");
    let directory = scratch.path("box/run");
    let results = directory.to_str().unwrap();
    done(&mut short(&["--results", results]));
    let earlier = saved(&directory);
    let long = ["run", "mutex", "cas", "--blocks", "9", "--results", results];
    let mut child = hotrow()
        .args(long)
        .arg("--overwrite")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = directory.join("unfinished/rounds.csv");
    while fs::metadata(&begun).map_or(0, |file| file.len()) < 2_000 {
        thread::sleep(Duration::from_millis(10));
    }
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("keeps the run that it had; what was measured now is in "), "{said}");
    assert_eq!(saved(&directory), earlier);
    assert!(saved(&directory.join("unfinished")).environment.partial);
    kept(&mut short(&["--results", results]), "--overwrite replaces it");
    let resumed = hotrow().args(long).arg("--resume").output().unwrap();
    assert!(resumed.status.success(), "{}", stderr(&resumed));
    let run = saved(&directory);
    assert!(!run.environment.partial && run.environment.resumed == 1);
    assert!(!directory.join("unfinished").exists());
}

/// Every writer, through a link, leaves the link and writes what it leads to.
#[test]
fn every_writer_follows_links_and_keeps_modes() {
    let scratch = Scratch::new("kept-links");
    fs::create_dir(scratch.path("there")).unwrap();
    let names =
        ["rows.csv", "run.json", "run.md", "record.jsonl", "run.html", "PAGE.md", "env.json"];
    let real = |name: &str| scratch.path("there").join(name);
    fs::create_dir_all(scratch.path("results/box/run")).unwrap();
    for name in names {
        let link = match name {
            "env.json" => scratch.path("results/box/run/env.json"),
            _ => scratch.path(name),
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
        command.current_dir(scratch.path(""));
        command
    };
    let run = program()
        .args(["run", "mutex", "--blocks", "1", "--results", "results/box/run"])
        .args(["--export-csv", "rows.csv", "--export-json", "run.json"])
        .args(["--export-markdown", "run.md", "--record", "record.jsonl"])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", stderr(&run));
    for arguments in [&["report", "PAGE.md"][..], &["report", "--html", "run.html"]] {
        let report = program().args(arguments).output().unwrap();
        assert!(report.status.success(), "{}", stderr(&report));
    }
    for name in names {
        let text = fs::read_to_string(real(name)).unwrap();
        assert!(text.len() > 100, "{name}: {text}");
        if name != "env.json" {
            let metadata = fs::metadata(real(name)).unwrap();
            assert!(fs::symlink_metadata(scratch.path(name)).unwrap().is_symlink(), "{name}");
            assert_eq!(metadata.mode() & 0o777, 0o600, "{name}");
            let owner = if geteuid().is_root() { 1234 } else { geteuid().as_raw() };
            assert_eq!(metadata.uid(), owner, "{name}");
        }
    }
    let environment = scratch.path("results/box/run/env.json");
    assert!(fs::symlink_metadata(environment).unwrap().is_symlink());
    assert_eq!(fs::read_dir(scratch.path("there")).unwrap().count(), names.len(), "no draft stays");
}

/// A FIFO's reader gets every byte, and a reader that is gone is one line and no signal.
#[test]
fn a_fifo_is_written_into() {
    let scratch = Scratch::new("kept-fifo");
    let fifo = scratch.path("rows");
    mkfifo(&fifo, Mode::S_IRWXU).unwrap();
    let reader = thread::spawn({
        let fifo = fifo.clone();
        move || fs::read_to_string(fifo).unwrap()
    });
    let run = short(&["--format", "csv", "--export-csv"]).arg(&fifo).output().unwrap();
    assert!(run.status.success(), "{}", stderr(&run));
    assert_eq!(reader.join().unwrap(), stdout(&run));

    let reader = thread::spawn({
        let fifo = fifo.clone();
        move || fs::File::open(fifo).unwrap().read_exact(&mut [0]).unwrap()
    });
    // More than a pipe holds.
    let mut command = hotrow();
    let run = command.args(["run", "mutex", "--blocks", "1", "--record"]).arg(&fifo).output();
    let run = run.unwrap();
    reader.join().unwrap();
    let said = stderr(&run);
    assert_eq!(run.status.code(), Some(1), "{said}");
    let last = said.lines().last().unwrap();
    assert!(last.contains("cannot write ") && last.contains("Broken pipe"), "{said}");
}

/// Standard output takes one output under any of its names, and the table gives way to it.
#[test]
fn an_output_can_be_standard_output() {
    for name in ["-", "/dev/stdout", "/proc/self/fd/1"] {
        let run = short(&["--export-csv", name]).output().unwrap();
        assert!(run.status.success(), "{}", stderr(&run));
        let text = stdout(&run);
        assert!(text.starts_with("schema,run,") && !text.contains("vs mutex"), "{name}: {text}");
    }
    refused(&["run", "--export-csv", "-", "--export-json", "-"], "cannot both be standard output");
    refused(&["run", "--export-csv", "-", "--record", "/dev/stdout"], "cannot both be standard");
    refused(&["run", "--export-csv", "-", "--format", "json"], "cannot both be standard output");
    refused(&["run", "--export-csv", "a", "--export-json", "a"], "a is named for two outputs");

    // Redirected to the file that is also named: one must not replace the other.
    let scratch = Scratch::new("kept-output");
    let file = scratch.path("both");
    let output = fs::File::create(&file).unwrap();
    let run = short(&["--export-csv"]).arg(&file).stdout(output).output().unwrap();
    assert!(run.status.success(), "{}", stderr(&run));
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("schema,run,") && text.contains("vs mutex"), "{text}");
}

/// A folder that takes no new file can have one that is there written over, and no other.
#[test]
fn a_folder_that_is_read_only_keeps_its_files() {
    let scratch = Scratch::new("kept-folder");
    let folder = scratch.path("there");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("rows.csv"), "before").unwrap();
    for path in [scratch.path(""), folder.join("rows.csv")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    // For root no folder is read-only.
    let as_user = |command: &mut Command| {
        if geteuid().is_root() {
            command.uid(65_534).gid(65_534);
        }
        command.current_dir(scratch.path("")).output()
    };
    let program = scratch.path("hotrow");
    fs::copy(env!("CARGO_BIN_EXE_hotrow"), &program).unwrap();
    let short = |file: &str| {
        let mut command = Command::new(&program);
        command.args(["run", "mutex", "--blocks", "1", "--export-csv"]).arg(folder.join(file));
        as_user(&mut command).unwrap()
    };
    let over = short("rows.csv");
    assert!(over.status.success(), "{}", stderr(&over));
    assert!(!read_rows(&folder.join("rows.csv")).unwrap().is_empty());
    let new = short("new.csv");
    assert_eq!((new.status.code(), stderr(&new).lines().count()), (Some(2), 1));
    assert!(stderr(&new).contains("new.csv: Permission denied"), "{}", stderr(&new));
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
}
