//! A directory of its own for a test that writes files.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
};

/// Gone, with all that is in it, when this is dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// An empty directory; no two tests of one process may use the same `name`.
    pub(crate) fn new(name: &str) -> Scratch {
        let path = env::temp_dir().join(format!("hotrow-{name}-{}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    /// A path inside it.
    pub(crate) fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.0.join(inside)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}
