//! What a whole run of `cargo test` leaves unverified, printed at its end in one line.
//!
//! A data race that only an explored schedule shows passes `cargo test`: a run that does not say so
//! is read as more than it is. Cargo runs test targets by name and this one is the last of them; only
//! an example and the documentation tests come after it, in a few lines. The line is not printed where a
//! name selects tests, since then it is plain that others do not run.

use std::{
    env, fs,
    path::Path,
    process::{Command, ExitCode},
};

use libtest_mimic::{Arguments, Failed, Trial};

#[path = "browser/found.rs"]
mod found;

/// A part of the verification that needs a command or a program of its own.
struct Part {
    /// What is verified by it.
    name: &'static str,
    /// What runs it.
    command: &'static str,
    /// Whether `cargo test` runs it here and now.
    is_run: fn() -> bool,
}

/// Every part, the most important first.
const PARTS: &[Part] = &[
    Part { name: "random schedules", command: "cargo schedules", is_run: || false },
    Part { name: "models", command: "cargo models", is_run: || false },
    Part { name: "ThreadSanitizer", command: "cargo sanitize", is_run: || false },
    Part {
        name: "the pages in a browser",
        command: "CHROMIUM=PROGRAM cargo test --test browser",
        is_run: || found::found().is_some(),
    },
    Part {
        name: "published histories",
        command: "HOTROW_HISTORIES=FOLDER cargo test --test conformance",
        is_run: || env::var_os("HOTROW_HISTORIES").is_some(),
    },
    Part { name: "the HTTP API fuzzed", command: "tests/openapi/check.sh", is_run: || false },
    Part { name: "mutants", command: "scripts/mutants", is_run: || false },
];

/// Set for a run that a test of this file starts: it must not start another.
const INNER: &str = "HOTROW_UNVERIFIED_INNER";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        Trial::test("every_command_can_be_run", every_command_can_be_run),
        Trial::test("no_test_target_comes_later", no_test_target_comes_later),
        Trial::test("documentation_tests_take_few_lines", documentation_tests_take_few_lines),
    ];
    if env::var_os(INNER).is_none() {
        trials.push(Trial::test("a_whole_run_ends_with_the_line", a_whole_run_ends_with_the_line));
        trials.push(Trial::test("a_part_that_is_run_is_not_listed", a_part_that_is_run));
        trials.push(Trial::test("a_selection_prints_no_line", a_selection_prints_no_line));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if arguments.filter.is_none() && arguments.skip.is_empty() && !arguments.list {
        print(&line());
    }
    conclusion.exit_code()
}

#[expect(clippy::print_stdout, reason = "this line is what the target is for")]
fn print(line: &str) {
    println!("{line}\n");
}

/// What is not run, with the command for each.
fn line() -> String {
    let parts = PARTS.iter().filter(|part| !(part.is_run)());
    let parts: Vec<String> =
        parts.map(|Part { name, command, .. }| format!("{name} (`{command}`)")).collect();
    format!("not verified by this run: {}", parts.join(", "))
}

/// A command that is renamed would be advice that does not work. Seen by an alias or a file that is
/// not there.
fn every_command_can_be_run() -> Result<(), Failed> {
    let aliases = read(".cargo/config.toml")?;
    for Part { command, .. } in PARTS {
        let words: Vec<&str> = command.split(' ').filter(|word| !word.contains('=')).collect();
        let is_there = match *words {
            ["cargo", "test", "--test", target] => is_target(target),
            ["cargo", alias] => aliases.contains(&format!("\n{alias} = [")),
            [file] => Path::new(file).is_file(),
            _ => false,
        };
        if !is_there {
            return Err(format!("`{command}` cannot be run").into());
        }
    }
    Ok(())
}

/// A target whose name comes later would push the line up. Seen by the names in the folder.
fn no_test_target_comes_later() -> Result<(), Failed> {
    for entry in fs::read_dir("tests").map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        if is_target(name) && env!("CARGO_CRATE_NAME") < name {
            return Err(
                format!("`{name}` runs after this target: give this one a later name").into()
            );
        }
    }
    Ok(())
}

/// Documentation tests run last, whatever a target is called. Were each printed on a line of its own,
/// the line of this target would leave the screen.
fn documentation_tests_take_few_lines() -> Result<(), Failed> {
    match read(".cargo/config.toml")?.contains("rustdocflags = [\"--test-args=--quiet\"]") {
        true => Ok(()),
        false => Err("`.cargo/config.toml` no longer runs documentation tests quietly".into()),
    }
}

/// Seen by the last line of a run of this program without arguments.
fn a_whole_run_ends_with_the_line() -> Result<(), Failed> {
    let output = run_again(&[], &[])?;
    let last = output.lines().rfind(|line| !line.is_empty()).unwrap_or_default();
    let names = ["cargo schedules", "cargo models", "cargo sanitize", "scripts/mutants"];
    match last.starts_with("not verified") && names.iter().all(|name| last.contains(name)) {
        true => Ok(()),
        false => Err(format!("the last line is `{last}`").into()),
    }
}

/// A line that never changes is not read. Seen by a part that its environment switches on.
fn a_part_that_is_run() -> Result<(), Failed> {
    let output = run_again(&[], &[("HOTROW_HISTORIES", "folder"), ("CHROMIUM", "program")])?;
    match output.contains("HOTROW_HISTORIES") || output.contains("CHROMIUM") {
        true => Err(format!("a part that is run is listed: {output}").into()),
        false => Ok(()),
    }
}

/// Seen by a run of one trial, and by a list.
fn a_selection_prints_no_line() -> Result<(), Failed> {
    for arguments in [&["every_command"][..], &["--list"]] {
        let output = run_again(arguments, &[])?;
        if output.contains("not verified") {
            return Err(format!("{arguments:?} prints the line").into());
        }
    }
    Ok(())
}

/// What this program prints if it is run again.
fn run_again(arguments: &[&str], environment: &[(&str, &str)]) -> Result<String, Failed> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(arguments).env_remove("HOTROW_HISTORIES").env_remove("CHROMIUM").env(INNER, "1");
    let output = command.envs(environment.iter().copied()).output();
    let output = output.map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether there is a test target of this name.
fn is_target(name: &str) -> bool {
    let folder = Path::new("tests");
    folder.join(name).join("main.rs").is_file() || folder.join(format!("{name}.rs")).is_file()
}

fn read(file: &str) -> Result<String, Failed> {
    fs::read_to_string(file).map_err(|error| format!("{file}: {error}").into())
}
