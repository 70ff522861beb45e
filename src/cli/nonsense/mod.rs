//! Arguments and files that no person would write, by the thousand: none of them may be a panic.
//!
//! What is drawn goes through the same functions as what is typed, up to where measuring would begin.
//! `tests/command_line/nonsense.rs` sends fewer lists through the program itself.

mod arguments;
mod contents;

use std::{ffi::OsString, os::unix::ffi::OsStringExt};

use super::failure::Failure;

/// A panic names the case, which is drawn from its number alone.
fn drawn_from(number: u64) -> fastrand::Rng {
    fastrand::Rng::with_seed(number)
}

/// Bytes that are no text, more often than not.
fn garbage(rng: &mut fastrand::Rng) -> Vec<u8> {
    let length = match rng.u8(..) {
        0..=200 => rng.usize(..12),
        201..=253 => rng.usize(..400),
        _ => 100_000,
    };
    let mut byte = || if rng.bool() { rng.u8(1..) } else { rng.u8(32..127) };
    // Without a semicolon: one in a refusal is then the program's own.
    (0..length).map(|_| byte()).filter(|byte| *byte != b';').collect()
}

fn word(bytes: Vec<u8>) -> OsString {
    OsString::from_vec(bytes)
}

/// A refusal is one line, whatever was typed or read.
fn check_line(failure: &Failure, case: &dyn std::fmt::Debug) {
    let line = failure.line();
    assert!(!line.is_empty() && !line.contains(char::is_control), "{case:?}: {line:?}");
    assert!(!line.contains(":;"), "{case:?}: {line:?}");
}
