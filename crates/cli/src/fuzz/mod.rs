//! Fuzzing of arguments and files: thousands of random inputs, none of which may cause a panic.
//!
//! The inputs go through the same functions as those of a user, up to the start of a measurement.
//! `tests/command_line/fuzz.rs` passes fewer lists to the program itself.

mod arguments;
mod contents;

use std::{ffi::OsString, os::unix::ffi::OsStringExt};

use super::failure::CliError;

/// Returns the random numbers of a case. A panic names the number of the case, which reproduces it.
fn rng_of(number: u64) -> fastrand::Rng {
    fastrand::Rng::with_seed(number)
}

/// Returns random bytes, mostly not UTF-8.
fn garbage(rng: &mut fastrand::Rng) -> Vec<u8> {
    let length = match rng.u8(..) {
        0..=200 => rng.usize(..12),
        201..=253 => rng.usize(..400),
        _ => 100_000,
    };
    let mut byte = || if rng.bool() { rng.u8(1..) } else { rng.u8(32..127) };
    // Without semicolons, so that a semicolon in an error is from the program itself.
    (0..length).map(|_| byte()).filter(|byte| *byte != b';').collect()
}

fn os_string(bytes: Vec<u8>) -> OsString {
    OsString::from_vec(bytes)
}

/// Checks that an error is one line, whatever the input was.
fn check_line(error: &CliError, case: &dyn std::fmt::Debug) {
    let line = error.line();
    assert!(!line.is_empty() && !line.contains(char::is_control), "{case:?}: {line:?}");
    assert!(!line.contains(":;"), "{case:?}: {line:?}");
}
