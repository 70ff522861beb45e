//! Ctrl-C and SIGTERM during every sub-command that takes long: its output is marked as partial.

use std::{os::unix::process::ExitStatusExt, time::Instant};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::*;

/// The longest time to wait for a line; long enough for a busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A program whose standard error is read line by line.
struct Running {
    child: process::Child,
    lines: mpsc::Receiver<String>,
    notes: Vec<String>,
}

impl Running {
    fn start(command: &mut Command) -> Running {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let errors = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || {
            errors.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Running { child, lines, notes: Vec::new() }
    }

    /// Waits for a line that contains `text`.
    fn wait_for(&mut self, text: &str) {
        while !self.notes.iter().any(|line| line.contains(text)) {
            match self.lines.recv_timeout(TIMEOUT) {
                Ok(line) => self.notes.push(line),
                Err(error) => panic!("{text}: {error}: {:?}", self.notes),
            }
        }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// Waits for the end, and returns the exit code, standard output and standard error.
    fn finish(mut self) -> (Option<i32>, String, String) {
        let mut output = self.child.stdout.take().unwrap();
        let mut text = String::new();
        output.read_to_string(&mut text).unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(status.signal(), None, "{:?}", self.notes);
        self.notes.extend(self.lines.iter());
        (status.code(), text, self.notes.join("\n"))
    }
}

/// Sends a signal after a line that contains `start`. Expects the message of a stopped program and
/// the exit code 130. Returns standard output and standard error.
pub(crate) fn stopped(command: &mut Command, start: &str, signal: Signal) -> (String, String) {
    let mut running = Running::start(command);
    running.wait_for(start);
    thread::sleep(Duration::from_millis(300));
    running.signal(signal);
    let (code, text, notes) = running.finish();
    assert_eq!(code, Some(130), "{notes}\n{text}");
    assert!(notes.contains("stopped: partial"), "{notes}");
    (text, notes)
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = hotrow();
    command.args(arguments);
    command
}

/// A run, a sweep and a run with forks.
#[test]
fn a_stopped_run_is_partial() {
    let start = "measurements in ";
    let long = ["run", "mutex", "cas", "--blocks", "1000"];
    for (more, signal) in [
        (&[][..], Signal::SIGINT),
        (&["--sweep", "users=1,8"], Signal::SIGTERM),
        (&["--forks", "2"], Signal::SIGINT),
        (&["--forks", "2"], Signal::SIGTERM),
    ] {
        let (text, notes) = stopped(&mut command(&[&long[..], more].concat()), start, signal);
        assert!(text.starts_with("PARTIAL, stopped before its end.\n"), "{more:?}: {text}");
        assert!(notes.contains(" measurements were made"), "{more:?}: {notes}");
    }
    let simulated = ["run", "queue", "--store", "simulated", "--blocks", "1000"];
    let (text, _) = stopped(&mut command(&simulated), start, Signal::SIGINT);
    assert!(text.starts_with("PARTIAL"), "{text}");
}

/// Both demonstrations, stopped before they have anything to show.
#[test]
fn a_stopped_demonstration_is_partial() {
    let (text, _) =
        stopped(&mut command(&["demo", "coordinated-omission"]), "measurements in", Signal::SIGINT);
    assert!(text.starts_with("PARTIAL, stopped before its end.\n"), "{text}");
    // It prints nothing before its end. It installs the signal handler before it creates a folder.
    let scratch = tempfile::tempdir().unwrap();
    let mut running =
        Running::start(command(&["demo", "run-order", "--results"]).arg(scratch.path().join("o")));
    let folder = scratch.path().join("o-shuffled");
    while !folder.exists() {
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_millis(500));
    running.signal(Signal::SIGTERM);
    running.wait_for("stopped: partial");
    let (code, text, notes) = running.finish();
    assert_eq!(code, Some(130), "{notes}");
    assert!(text.starts_with("PARTIAL, stopped before its end.\n"), "{text}");
    let run = StoredRun::load(&scratch.path().join("o-one-by-one")).unwrap();
    assert!(run.environment.partial);
}

/// A verification whose trials would take hours each.
#[test]
fn a_stopped_verification_is_partial() {
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().join("box/proof");
    let arguments = ["verify", "queue", "--schedules", "1000000", "--results"];
    let running = Running::start(hotrow().args(arguments).arg(&directory));
    while !directory.exists() {
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_millis(500));
    running.signal(Signal::SIGINT);
    let (code, text, notes) = running.finish();
    assert_eq!(code, Some(130), "{notes}");
    assert!(notes.contains("stopped: partial, "), "{notes}");
    assert!(text.starts_with("PARTIAL, stopped before its end.\n"), "{text}");
    assert!(text.contains(", ? not completed\n"), "{text}");
    let run = StoredRun::load(&directory).unwrap();
    assert!(run.environment.partial);
    assert!(run.checks.iter().all(|row| row.violations == 0), "{:?}", run.checks);
}

/// A sub-command without partial results ends at once, also while it waits for its input.
#[test]
fn a_command_without_partial_results_ends_at_once() {
    let mut doctor = Running::start(&mut command(&["doctor", "--seconds", "60"]));
    thread::sleep(Duration::from_secs(2));
    doctor.signal(Signal::SIGINT);
    doctor.wait_for("stopped: partial, the examination was not completed");
    assert_eq!(doctor.finish().0, Some(130));

    let mut check = Running::start(command(&["check-history", "-"]).stdin(Stdio::piped()));
    thread::sleep(Duration::from_secs(2));
    check.signal(Signal::SIGTERM);
    check.wait_for("stopped: partial, histories without a verdict");
    assert_eq!(check.finish().0, Some(130));

    let scratch = tempfile::tempdir().unwrap();
    let fifo = scratch.path().join("rows.csv");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    for (name, message) in [("rank", "nothing was ranked"), ("compare", "nothing was compared")] {
        let mut running = Running::start(command(&[name]).args([&fifo, &fifo]));
        thread::sleep(Duration::from_secs(2));
        running.signal(Signal::SIGINT);
        running.wait_for(&format!("stopped: partial, {message}"));
        assert_eq!(running.finish().0, Some(130));
    }
}

/// A stopped run with `--record` does not overwrite earlier files.
#[test]
fn a_stopped_recording_leaves_existing_files_unchanged() {
    let scratch = tempfile::tempdir().unwrap();
    let [record, csv, fresh] =
        ["r.jsonl", "rows.csv", "new.csv"].map(|name| scratch.path().join(name));
    fs::write(&record, "recorded").unwrap();
    fs::write(&csv, "measured").unwrap();
    let mut recording = command(&["run", "mutex", "--blocks", "1000", "--record"]);
    recording.arg(&record).arg("--export-csv").arg(&csv);
    let (_, notes) = stopped(&mut recording, "measurements in ", Signal::SIGINT);
    assert!(notes.contains("rows.csv is unchanged"), "{notes}");
    assert!(notes.contains("r.jsonl is not written"), "{notes}");
    assert_eq!(fs::read_to_string(&record).unwrap(), "recorded");
    assert_eq!(fs::read_to_string(&csv).unwrap(), "measured");
    let mut export = command(&["run", "mutex", "--blocks", "1000", "--export-csv"]);
    stopped(export.arg(&fresh), "measurements in ", Signal::SIGINT);
    assert!(!read_rows(&fresh).unwrap().is_empty(), "a new file is written");
}

/// After a second signal the program waits neither for the audit nor for a blocked write.
#[test]
fn a_second_signal_ends_at_once() {
    let scratch = tempfile::tempdir().unwrap();
    let fifo = scratch.path().join("rows.csv");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let mut export = command(&["run", "mutex", "--blocks", "1000", "--export-csv"]);
    let mut running = Running::start(export.arg(&fifo));
    running.wait_for("measurements in ");
    running.signal(Signal::SIGINT);
    // Nothing reads the FIFO, so without a second signal the program would wait for ever.
    running.wait_for("a second signal ends at once");
    let signalled = Instant::now();
    running.signal(Signal::SIGINT);
    assert_eq!(running.finish().0, Some(130));
    assert!(signalled.elapsed() < Duration::from_secs(10));
}
