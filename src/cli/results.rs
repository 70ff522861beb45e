//! The folder that `--results` names: what is there is kept, or replaced by what is complete.

use std::{io::ErrorKind, path::Path};

use super::failure::{Failure, note};
use crate::record::{Earlier, SavedRun};

/// What can be done where a run is there already.
pub(super) const RESUME_OR_OVERWRITE: &str = "--resume goes on with it, --overwrite replaces it";
pub(super) const OVERWRITE: &str = "--overwrite replaces it";

/// Checks, before anything is measured, that a run can be saved in `directory` and that none is lost
/// by it; where one would be, `ways` are what can be done.
pub(super) fn prepare(directory: &Path, overwrite: bool, ways: &str) -> Result<(), Failure> {
    if directory == Path::new("-") {
        return Err(Failure::usage("--results is a folder and cannot be -: write it as ./-"));
    }
    let earlier = if overwrite { Earlier::Overwrite } else { Earlier::Keep };
    SavedRun::prepare(directory, earlier).map_err(|error| {
        let directory = directory.display();
        Failure::usage(match error.kind() {
            ErrorKind::AlreadyExists => format!("cannot save in {directory}: {error}; {ways}"),
            _ => format!("cannot save in {directory}: {error}"),
        })
    })
}

/// Says where a run lies that was to be in `directory`.
pub(super) fn tell(directory: &Path, place: &Path) {
    match place == directory {
        true => note(format_args!("saved in {}", directory.display())),
        false => note(format_args!(
            "{} keeps the run that it had; what was measured now is in {}",
            directory.display(),
            place.display()
        )),
    }
}
