//! Variables that libraries read from the environment, and end the program over.

use std::env;

use super::failure::Failure;

/// Numbers of threads: one is no use if it is not a number, and no machine has so many.
const THREADS: [&str; 2] = ["TOKIO_WORKER_THREADS", "RAYON_NUM_THREADS"];
const THREADS_MAX: u32 = 1_024;

/// Checks them, before anything is done.
pub(super) fn check() -> Result<(), Failure> {
    for name in THREADS {
        let Some(value) = env::var_os(name) else { continue };
        let threads = value.to_str().and_then(|text| text.parse().ok());
        if !threads.is_some_and(|threads| (1..=THREADS_MAX).contains(&threads)) {
            let value = value.to_string_lossy();
            return Err(Failure::usage(format!(
                "the variable {name} is {value:?}: unset it, or make it 1 to {THREADS_MAX}"
            )));
        }
    }
    Ok(())
}
