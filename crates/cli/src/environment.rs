//! Environment variables with which libraries would end the program by a panic.

use std::env;

use super::failure::CliError;

/// Variables with a number of threads.
const THREADS: [&str; 2] = ["TOKIO_WORKER_THREADS", "RAYON_NUM_THREADS"];

/// The most threads that such a variable may have.
const THREADS_MAX: u32 = 1_024;

/// Checks the variables, before any other work.
pub(super) fn check() -> Result<(), CliError> {
    for name in THREADS {
        let Some(value) = env::var_os(name) else { continue };
        let threads = value.to_str().and_then(|text| text.parse().ok());
        if !threads.is_some_and(|threads| (1..=THREADS_MAX).contains(&threads)) {
            let value = value.to_string_lossy();
            return Err(CliError::usage(format!(
                "the variable {name} is {value:?}: unset it, or give 1 to {THREADS_MAX}"
            )));
        }
    }
    Ok(())
}
