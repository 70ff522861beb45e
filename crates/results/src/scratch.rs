//! A temporary directory for a test that writes files.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
};

/// A temporary directory. Dropping it removes the directory with its contents.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Creates an empty directory. Each test of a process needs its own `name`.
    pub fn new(name: &str) -> Scratch {
        let path = env::temp_dir().join(format!("hotrow-{name}-{}", process::id()));
        fs::create_dir_all(&path).expect("the folder of temporary files is writable");
        Scratch(path)
    }

    /// Returns the path of `inside` in the directory.
    pub fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.0.join(inside)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("only the test writes to its folder");
    }
}
