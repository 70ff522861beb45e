//! Writes a whole file or none of it.
//!
//! The bytes go to a temporary file beside the target, which then takes its name. Whoever reads
//! the target finds what was there before or all that is new, also when this program is killed.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
};

/// Makes `bytes` the contents of the file `target`.
///
/// # Errors
/// As creating, writing or renaming fails; `target` is then as it was.
pub fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let (mut file, draft) = Draft::beside(target)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft.path, target)
}

/// Tells before any work is done whether [`replace`] can succeed, and leaves no trace.
///
/// # Errors
/// As [`replace`] would fail now.
pub fn check_writable(target: &Path) -> io::Result<()> {
    if target.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    Draft::beside(target).map(drop)
}

/// A temporary file that is gone when this is dropped, unless it was renamed.
struct Draft {
    path: PathBuf,
}

impl Draft {
    fn beside(target: &Path) -> io::Result<(File, Draft)> {
        let name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}.tmp", process::id()));
        let path = target.with_file_name(hidden);
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        Ok((file, Draft { path }))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Fails where it was renamed, as it should, and there is no one to tell otherwise.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    /// A reader must never see half a file, and a directory must not fill with drafts.
    #[test]
    fn a_file_is_replaced_whole_and_no_draft_stays() {
        let scratch = Scratch::new("replace");
        let target = scratch.path("rounds.csv");
        replace(&target, b"one").unwrap();
        check_writable(&target).unwrap();
        replace(&target, b"two").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"two");
        assert_eq!(fs::read_dir(scratch.path("")).unwrap().count(), 1);
    }

    /// An hour of measuring that cannot be written is found before and not after, and what was at
    /// the target stays.
    #[test]
    fn what_cannot_be_written_is_found_before() {
        let scratch = Scratch::new("unwritable");
        assert!(check_writable(&scratch.path("no/such/directory.csv")).is_err());
        assert!(check_writable(&scratch.path("")).is_err());
        assert!(check_writable(Path::new("..")).is_err());
        assert!(replace(&scratch.path(""), b"").is_err());
        assert_eq!(fs::read_dir(scratch.path("")).unwrap().count(), 0);
    }
}
