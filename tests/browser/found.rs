//! Where Chromium is on this machine.

use std::{env, path::PathBuf};

/// What it is called, in the order in which it is looked for.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Where it is on this machine: where `CHROMIUM` says, or else on `PATH`.
pub(crate) fn found() -> Option<PathBuf> {
    if let Some(program) = env::var_os("CHROMIUM") {
        return Some(program.into());
    }
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
    let all = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.into_iter().find(|program| program.is_file())
}
