//! Finds Chromium on this machine.

use std::{env, path::PathBuf};

/// Names of the program, in search order.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Returns the program that `CHROMIUM` names, or else the first one on `PATH`.
pub(crate) fn found() -> Option<PathBuf> {
    if let Some(program) = env::var_os("CHROMIUM") {
        return Some(program.into());
    }
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
    let all = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.into_iter().find(|program| program.is_file())
}
