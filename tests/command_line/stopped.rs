//! What is stopped says so: Ctrl-C and SIGTERM in the middle of every verb that takes its time.

use std::{os::unix::process::ExitStatusExt, time::Instant};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::*;

/// How long a program may take to end after it was asked to. A machine that is busy needs some of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program whose standard error is read line by line.
struct Running {
    child: process::Child,
    lines: mpsc::Receiver<String>,
    heard: Vec<String>,
}

impl Running {
    fn start(command: &mut Command) -> Running {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let errors = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || {
            errors.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Running { child, lines, heard: Vec::new() }
    }

    /// Waits until it says something with `words` in it.
    fn wait_for(&mut self, words: &str) {
        while !self.heard.iter().any(|line| line.contains(words)) {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.heard.push(line),
                Err(error) => panic!("{words}: {error}: {:?}", self.heard),
            }
        }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    /// The code, and what it printed on either side.
    fn ended(mut self) -> (Option<i32>, String, String) {
        let mut output = self.child.stdout.take().unwrap();
        let mut text = String::new();
        output.read_to_string(&mut text).unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(status.signal(), None, "{:?}", self.heard);
        self.heard.extend(self.lines.iter());
        (status.code(), text, self.heard.join("\n"))
    }
}

/// Stops a verb after it has said `begun`, and expects it to say so and to exit with 130.
fn stopped(command: &mut Command, begun: &str, signal: Signal) -> (String, String) {
    let mut running = Running::start(command);
    running.wait_for(begun);
    thread::sleep(Duration::from_millis(300));
    running.signal(signal);
    let (code, text, heard) = running.ended();
    assert_eq!(code, Some(130), "{heard}\n{text}");
    assert!(heard.contains("stopped: partial"), "{heard}");
    (text, heard)
}

fn asked(arguments: &[&str]) -> Command {
    let mut command = hotrow();
    command.args(arguments);
    command
}

/// A run, one of a sweep and one of several processes.
#[test]
fn a_run_that_is_stopped_is_partial() {
    let begun = "measurements in ";
    let long = ["run", "mutex", "cas", "--blocks", "1000"];
    for (more, signal) in [
        (&[][..], Signal::SIGINT),
        (&["--sweep", "users=1,8"], Signal::SIGTERM),
        (&["--processes", "2"], Signal::SIGINT),
        (&["--processes", "2"], Signal::SIGTERM),
    ] {
        let (text, heard) = stopped(&mut asked(&[&long[..], more].concat()), begun, signal);
        assert!(text.starts_with("PARTIAL, stopped before its end.\n"), "{more:?}: {text}");
        assert!(heard.contains(" measurements were made"), "{more:?}: {heard}");
    }
    let simulated = ["run", "queue", "--store", "tables", "--blocks", "1000"];
    let (text, _) = stopped(&mut asked(&simulated), begun, Signal::SIGINT);
    assert!(text.starts_with("PARTIAL"), "{text}");
}

/// Both demonstrations, early, when there is nothing to tell of.
#[test]
fn a_demonstration_that_is_stopped_is_partial() {
    let (text, _) = stopped(&mut asked(&["demo", "omission"]), "measurements in", Signal::SIGINT);
    assert!(text.starts_with("PARTIAL, stopped before its end.\n"), "{text}");
    // It says nothing before its end; what it does first is to listen.
    let scratch = Scratch::new("stopped-order");
    let mut running = Running::start(asked(&["demo", "order", "--results"]).arg(scratch.path("o")));
    let made = scratch.path("o-shuffled");
    while !made.exists() {
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_millis(500));
    running.signal(Signal::SIGTERM);
    running.wait_for("stopped: partial");
    let (code, text, heard) = running.ended();
    assert_eq!(code, Some(130), "{heard}");
    assert!(text.starts_with("PARTIAL, stopped before its end.\n"), "{text}");
    let run = SavedRun::load(&scratch.path("o-one-by-one")).unwrap();
    assert!(run.environment.partial);
}

/// A check, also one whose trials would take hours each.
#[test]
fn a_check_that_is_stopped_is_partial() {
    let scratch = Scratch::new("stopped-check");
    let directory = scratch.path("box/proof");
    let asked = ["check", "queue", "--schedules", "1000000", "--results"];
    let running = Running::start(hotrow().args(asked).arg(&directory));
    while !directory.exists() {
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_millis(500));
    running.signal(Signal::SIGINT);
    let (code, text, heard) = running.ended();
    assert_eq!(code, Some(130), "{heard}");
    assert!(heard.contains("stopped: partial, "), "{heard}");
    assert!(text.starts_with("PARTIAL, stopped before its end.\n"), "{text}");
    assert!(text.contains(", ? not played to the end, on each"), "{text}");
    let run = SavedRun::load(&directory).unwrap();
    assert!(run.environment.partial);
    assert!(run.checks.iter().all(|row| row.broken == 0), "{:?}", run.checks);
}

/// Looking at the machine, and what waits for its input, end at once.
#[test]
fn what_shows_nothing_before_its_end_says_so() {
    let mut doctor = Running::start(&mut asked(&["doctor", "--seconds", "60"]));
    thread::sleep(Duration::from_secs(2));
    doctor.signal(Signal::SIGINT);
    doctor.wait_for("stopped: partial, the machine was not looked at to the end");
    assert_eq!(doctor.ended().0, Some(130));

    let mut audit = Running::start(asked(&["audit", "-"]).stdin(Stdio::piped()));
    thread::sleep(Duration::from_secs(2));
    audit.signal(Signal::SIGTERM);
    audit.wait_for("stopped: partial, histories without a verdict");
    assert_eq!(audit.ended().0, Some(130));

    let scratch = Scratch::new("stopped-rank");
    let fifo = scratch.path("rows.csv");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    for (verb, said) in [("rank", "nothing was ranked"), ("compare", "nothing was compared")] {
        let mut running = Running::start(asked(&[verb]).args([&fifo, &fifo]));
        thread::sleep(Duration::from_secs(2));
        running.signal(Signal::SIGINT);
        running.wait_for(&format!("stopped: partial, {said}"));
        assert_eq!(running.ended().0, Some(130));
    }
}

/// A recording that is stopped writes nothing over what was recorded before.
#[test]
fn a_record_that_is_stopped_is_left_as_it_was() {
    let scratch = Scratch::new("stopped-record");
    let [record, csv, fresh] = ["r.jsonl", "rows.csv", "new.csv"].map(|name| scratch.path(name));
    fs::write(&record, "recorded").unwrap();
    fs::write(&csv, "measured").unwrap();
    let mut command = asked(&["run", "mutex", "--blocks", "1000", "--record"]);
    command.arg(&record).arg("--export-csv").arg(&csv);
    let (_, heard) = stopped(&mut command, "measurements in ", Signal::SIGINT);
    assert!(heard.contains("rows.csv is left as it was"), "{heard}");
    assert!(heard.contains("r.jsonl is not written"), "{heard}");
    assert_eq!(fs::read_to_string(&record).unwrap(), "recorded");
    assert_eq!(fs::read_to_string(&csv).unwrap(), "measured");
    let mut command = asked(&["run", "mutex", "--blocks", "1000", "--export-csv"]);
    stopped(command.arg(&fresh), "measurements in ", Signal::SIGINT);
    assert!(!read_rows(&fresh).unwrap().is_empty(), "what is not there is written");
}

/// A user who presses twice does not want to wait for an audit, nor for what blocks.
#[test]
fn a_second_signal_ends_at_once() {
    let scratch = Scratch::new("stopped-twice");
    let fifo = scratch.path("rows.csv");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let mut command = asked(&["run", "mutex", "--blocks", "1000", "--export-csv"]);
    let mut running = Running::start(command.arg(&fifo));
    running.wait_for("measurements in ");
    running.signal(Signal::SIGINT);
    // Nothing reads the FIFO: without a second signal it would wait for ever.
    running.wait_for("once more to stop at once");
    let asked_again = Instant::now();
    running.signal(Signal::SIGINT);
    assert_eq!(running.ended().0, Some(130));
    assert!(asked_again.elapsed() < Duration::from_secs(10));
}
