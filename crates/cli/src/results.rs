//! The folder of `--results`: an earlier run is kept, or replaced by a complete one.

use std::{io::ErrorKind, path::Path};

use super::failure::{CliError, note};
use hotrow_results::{Earlier, StoredRun};

/// Advice for a folder that has a run, where the command can resume it.
pub(super) const RESUME_OR_OVERWRITE: &str = "--resume continues it, --overwrite replaces it";

/// Advice for a folder that has a run, where the command cannot resume it.
pub(super) const OVERWRITE: &str = "--overwrite replaces it";

/// Checks, before anything is measured, that a run can be saved in `directory` without losing an
/// earlier one. If there is an earlier run, the error ends with `advice`.
pub(super) fn prepare(directory: &Path, overwrite: bool, advice: &str) -> Result<(), CliError> {
    if directory == Path::new("-") {
        return Err(CliError::usage("--results is a folder and cannot be -: write it as ./-"));
    }
    let earlier = if overwrite { Earlier::Overwrite } else { Earlier::Keep };
    StoredRun::prepare(directory, earlier).map_err(|error| {
        let directory = directory.display();
        CliError::usage(match error.kind() {
            ErrorKind::AlreadyExists => format!("cannot save in {directory}: {error}; {advice}"),
            _ => format!("cannot save in {directory}: {error}"),
        })
    })
}

/// Reports the folder in which a run is saved: `directory`, or another one if `directory` keeps its
/// complete run.
pub(super) fn report_saved(directory: &Path, saved_in: &Path) {
    match saved_in == directory {
        true => note(format_args!("saved in {}", directory.display())),
        false => note(format_args!(
            "{} keeps its complete run; the partial run is in {}",
            directory.display(),
            saved_in.display()
        )),
    }
}
