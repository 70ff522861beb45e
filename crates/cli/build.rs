//! Tells the program what it was built by and from, for the record beside every result.

use std::{env, process::Command};

fn main() {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = first_line(&rustc, &["--version"]).unwrap_or_else(|| "unknown".to_owned());
    let commit = first_line("git", &["describe", "--always", "--dirty", "--abbrev=12"]);
    println!("cargo:rustc-env=HOTROW_RUSTC={version}");
    println!("cargo:rustc-env=HOTROW_PROFILE={}", env::var("PROFILE").unwrap_or_default());
    println!("cargo:rustc-env=HOTROW_COMMIT={}", commit.unwrap_or_default());

    for source in ["src", "build.rs", "../../src", "../../crates", "../../Cargo.lock"] {
        println!("cargo:rerun-if-changed={source}");
    }
    // The log grows with every commit, whichever branch it is on.
    if let Some(log) = first_line("git", &["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo:rerun-if-changed={log}");
    }
}

/// What a command prints first; `None` where it is not there or fails, as without a repository.
fn first_line(command: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(command).args(arguments).output().ok()?;
    if !output.status.success() {
        return None;
    }
    Some(String::from_utf8(output.stdout).ok()?.lines().next()?.to_owned())
}
