//! Temporary folders that a killed program leaves to the next one, which removes them.
//!
//! A program that is killed cannot clean up. So each folder holds a file that its owner keeps
//! locked, and the operating system unlocks it when the owner ends, in whatever way. A program that finds
//! the file unlocked may remove the folder.
//!
//! ```text
//! $TMPDIR/hotrow-postgres-4711-9c3f/    the kind, the process, and a random number
//!     owner.lock                        locked while the owner lives
//! ```

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

const LOCK_NAME: &str = "owner.lock";

/// A folder without a lock file is younger than this while its owner still makes it.
const BIRTH_MAX: Duration = Duration::from_secs(60);

/// A folder that is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct ScratchFolder {
    path: PathBuf,
    /// Locked while this process owns the folder.
    _lock: File,
}

impl ScratchFolder {
    /// Creates an empty folder of this `kind` in the system's temporary folder.
    ///
    /// # Errors
    /// The error of the file system.
    pub(crate) fn new(kind: &str) -> io::Result<ScratchFolder> {
        ScratchFolder::new_in(&std::env::temp_dir(), kind)
    }

    fn new_in(parent: &Path, kind: &str) -> io::Result<ScratchFolder> {
        let name = format!("{}{}-{:08x}", prefix(kind), std::process::id(), fastrand::u32(..));
        let path = parent.join(name);
        fs::create_dir(&path)?;
        let lock = File::create_new(path.join(LOCK_NAME))?;
        lock.lock()?;
        Ok(ScratchFolder { path, _lock: lock })
    }

    /// Returns the path of the folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next program that sweeps.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes the folders of this `kind` whose owners ended without removing them. `before` is called
/// for each folder first, to stop what still runs in it.
pub(crate) fn sweep(kind: &str, before: impl Fn(&Path)) {
    sweep_in(&std::env::temp_dir(), kind, before);
}

fn sweep_in(parent: &Path, kind: &str, before: impl Fn(&Path)) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let is_ours =
            entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix(kind)));
        let path = entry.path();
        if is_ours && is_abandoned(&path) {
            before(&path);
            // A folder of another account of the system stays, and is that account's to remove.
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn prefix(kind: &str) -> String {
    format!("hotrow-{kind}-")
}

fn is_abandoned(path: &Path) -> bool {
    match File::open(path.join(LOCK_NAME)) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(error) => error.kind() == io::ErrorKind::NotFound && is_old(path),
    }
}

fn is_old(path: &Path) -> bool {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|modified| {
        SystemTime::now().duration_since(modified).is_ok_and(|age| age > BIRTH_MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sweep that removed the folder of a live program would take its data away.
    #[test]
    fn a_sweep_removes_abandoned_folders_and_no_others() {
        let parent = ScratchFolder::new("test").unwrap();
        let live = ScratchFolder::new_in(parent.path(), "kind").unwrap();
        let dead = parent.path().join("hotrow-kind-1-dead");
        let other = parent.path().join("hotrow-other-1-dead");
        for folder in [&dead, &other] {
            fs::create_dir(folder).unwrap();
            File::create_new(folder.join(LOCK_NAME)).unwrap();
        }
        let young = parent.path().join("hotrow-kind-1-young");
        fs::create_dir(&young).unwrap();
        sweep_in(parent.path(), "kind", |path| assert_eq!(path, dead));
        assert!(!dead.exists(), "its owner is gone");
        assert!(live.path().exists(), "its owner holds the lock");
        assert!(other.exists(), "it is of another kind");
        assert!(young.exists(), "its owner may be about to lock it");
    }

    /// A folder that stayed after its owner dropped it would fill the disk, run by run.
    #[test]
    fn a_dropped_folder_is_removed_with_its_contents() {
        let folder = ScratchFolder::new("test").unwrap();
        let path = folder.path().to_owned();
        fs::write(path.join("data"), "1").unwrap();
        drop(folder);
        assert!(!path.exists());
    }
}
