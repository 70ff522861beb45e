//! Prints, as the last line of a full `cargo test`, which verification that run did not include.
//!
//! `cargo test` passes with a data race that only random schedules show. Without this line, its
//! result would seem to prove more than it does. Cargo runs crates, and the test targets of a crate, in
//! the order of their names, and this target is the last one. Only documentation tests follow, with a few
//! lines. The line is not printed if a name selects tests, because then it is clear that other
//! tests did not run.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use libtest_mimic::{Arguments, Failed, Trial};

#[path = "../../cli/tests/browser/found.rs"]
mod found;

/// A part of the verification that needs its own command or an external program.
struct Part {
    /// The name of the part.
    name: &'static str,
    /// The command that runs it.
    command: &'static str,
    /// Whether this run of `cargo test` includes it.
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
    Part { name: "the tutorial's strategy", command: "scripts/new-strategy", is_run: || false },
];

/// The folder of the workspace.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The folder of the test targets of this crate.
const TARGETS: &str = "crates/verify/tests";

/// Set for a run that a test of this file starts, so that it does not start another.
const INNER: &str = "HOTROW_UNVERIFIED_INNER";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    env::set_current_dir(ROOT).expect("the workspace is where it was compiled");
    let mut trials = vec![
        Trial::test("every_command_exists", every_command_exists),
        Trial::test("no_test_target_runs_later", no_test_target_runs_later),
        Trial::test("documentation_tests_are_quiet", documentation_tests_are_quiet),
    ];
    if env::var_os(INNER).is_none() {
        trials.push(Trial::test("a_full_run_ends_with_the_line", a_full_run_ends_with_the_line));
        trials.push(Trial::test("an_included_part_is_not_listed", an_included_part_is_not_listed));
        trials.push(Trial::test("a_selection_prints_no_line", a_selection_prints_no_line));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if arguments.filter.is_none() && arguments.skip.is_empty() && !arguments.list {
        print(&line());
    }
    conclusion.exit_code()
}

#[expect(clippy::print_stdout, reason = "this line is the purpose of the target")]
fn print(line: &str) {
    println!("{line}\n");
}

/// Lists the parts that are not included, each with its command.
fn line() -> String {
    let parts = PARTS.iter().filter(|part| !(part.is_run)());
    let parts: Vec<String> =
        parts.map(|Part { name, command, .. }| format!("{name} (`{command}`)")).collect();
    format!("not verified by this run: {}", parts.join(", "))
}

/// The line must not name a command that was renamed. Checks that each alias, target or file
/// exists.
fn every_command_exists() -> Result<(), Failed> {
    let aliases = read(".cargo/config.toml")?;
    for Part { command, .. } in PARTS {
        let words: Vec<&str> = command.split(' ').filter(|word| !word.contains('=')).collect();
        let exists = match *words {
            ["cargo", "test", "--test", target] => is_target(target),
            ["cargo", alias] => aliases.contains(&format!("\n{alias} = [")),
            [file] => Path::new(file).is_file(),
            _ => false,
        };
        if !exists {
            return Err(format!("`{command}` does not exist: correct `PARTS`").into());
        }
    }
    Ok(())
}

/// Output of a later target would follow the line. Checks the names of crates and of targets.
fn no_test_target_runs_later() -> Result<(), Failed> {
    for (folder, own) in [("crates", "verify"), (TARGETS, env!("CARGO_CRATE_NAME"))] {
        for name in names_in(folder)? {
            if own < &*name {
                return Err(format!("`{folder}/{name}` runs after this target: move it").into());
            }
        }
    }
    Ok(())
}

/// Documentation tests always run last. If each printed its own line, the line of this target would
/// scroll off the screen.
fn documentation_tests_are_quiet() -> Result<(), Failed> {
    match read(".cargo/config.toml")?.contains("rustdocflags = [\"--test-args=--quiet\"]") {
        true => Ok(()),
        false => Err("`.cargo/config.toml` must run documentation tests with `--quiet`".into()),
    }
}

/// Checks the last line of a run of this program without arguments.
fn a_full_run_ends_with_the_line() -> Result<(), Failed> {
    let output = run_again(&[], &[])?;
    let last = output.lines().rfind(|line| !line.is_empty()).unwrap_or_default();
    let names = ["cargo schedules", "cargo models", "cargo sanitize", "scripts/mutants"];
    match last.starts_with("not verified") && names.iter().all(|name| last.contains(name)) {
        true => Ok(()),
        false => Err(format!("the last line is `{last}`").into()),
    }
}

/// Users stop reading a line that never changes. Checks a part that an environment variable
/// includes.
fn an_included_part_is_not_listed() -> Result<(), Failed> {
    let output = run_again(&[], &[("HOTROW_HISTORIES", "folder"), ("CHROMIUM", "program")])?;
    match output.contains("HOTROW_HISTORIES") || output.contains("CHROMIUM") {
        true => Err(format!("an included part is listed: {output}").into()),
        false => Ok(()),
    }
}

/// Checks a run of one trial, and a list of trials.
fn a_selection_prints_no_line() -> Result<(), Failed> {
    for arguments in [&["every_command"][..], &["--list"]] {
        let output = run_again(arguments, &[])?;
        if output.contains("not verified") {
            return Err(format!("{arguments:?} prints the line").into());
        }
    }
    Ok(())
}

/// Runs this program again and returns its output.
fn run_again(arguments: &[&str], environment: &[(&str, &str)]) -> Result<String, Failed> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(arguments).env_remove("HOTROW_HISTORIES").env_remove("CHROMIUM").env(INNER, "1");
    let output = command.envs(environment.iter().copied()).output();
    let output = output.map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a test target of this name exists in some crate.
fn is_target(name: &str) -> bool {
    let crates = names_in("crates").unwrap_or_default();
    let folders = crates.iter().map(|name| format!("crates/{name}/tests"));
    folders.chain(["tests".to_owned()]).map(PathBuf::from).any(|folder| {
        folder.join(name).join("main.rs").is_file() || folder.join(format!("{name}.rs")).is_file()
    })
}

/// The names in a folder, without extensions.
fn names_in(folder: &str) -> Result<Vec<String>, Failed> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{folder}: {error}"))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        names.extend(path.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
    }
    Ok(names)
}

fn read(file: &str) -> Result<String, Failed> {
    fs::read_to_string(file).map_err(|error| format!("{file}: {error}").into())
}
