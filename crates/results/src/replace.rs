//! Atomic writes: a regular file is replaced as a whole or not at all.
//!
//! | the target is | what happens |
//! |---|---|
//! | a regular file, or missing | the bytes go to a temporary file beside it, which is renamed to the target, with the mode and owner of the earlier file |
//! | a symbolic link | the same for the file that it points to, whether or not that exists |
//! | a file with other hard links, in a folder where no temporary file can be created, or with an owner that a temporary file cannot have | its contents are overwritten in place |
//! | standard output or standard error, under any name | the bytes go to that stream |
//! | a FIFO, a character device, another open descriptor | the bytes are written into it |
//! | a folder or a block device | it is an error |
//!
//! In the first two cases a reader of the target finds either the old contents or all of the new
//! ones, even if this program is killed. A file that is overwritten in place can then be half old
//! and half new: keeping its other names or its owner is worth more than atomicity. Access control
//! lists and extended attributes are not copied.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::{FileTypeExt, MetadataExt, fchown},
    },
    path::{Path, PathBuf},
};

use nix::unistd::{AccessFlags, eaccess};
use tempfile::NamedTempFile;

/// The most symbolic links in a chain that are followed: as many as Linux follows.
const LINKS_MAX: usize = 40;

/// Makes `bytes` the contents of the file `target`, or writes them to the stream that `target`
/// names.
///
/// # Errors
/// The error of creating, writing or renaming a file. Unless the target is written in place, it is
/// then unchanged.
pub fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    match Target::from_path(target)? {
        Target::Stdout => send(io::stdout().lock(), bytes),
        Target::Stderr => send(io::stderr().lock(), bytes),
        Target::Stream => send(OpenOptions::new().write(true).open(target)?, bytes),
        Target::Shared(file) => overwrite(&open(&file)?, bytes),
        Target::Missing(file) => persist(temporary_file(&file, None)?, &file, bytes),
        Target::Regular(file, metadata) => {
            let earlier = open(&file)?;
            match temporary_file(&file, Some(&metadata)) {
                Ok(temporary) => persist(temporary, &file, bytes),
                Err(_) => overwrite(&earlier, bytes),
            }
        }
    }
}

/// Checks, before any work is done, whether [`replace`] can succeed, and leaves no trace.
///
/// # Errors
/// The error with which [`replace`] would fail now.
pub fn check_writable(target: &Path) -> io::Result<()> {
    match Target::from_path(target)? {
        Target::Stdout | Target::Stderr => Ok(()),
        // Opening and closing a FIFO would signal the end of the data to its reader.
        Target::Stream => Ok(eaccess(target, AccessFlags::W_OK)?),
        Target::Missing(file) => temporary_file(&file, None).map(drop),
        Target::Shared(file) | Target::Regular(file, _) => open(&file).map(drop),
    }
}

/// What a path names.
#[derive(Debug)]
enum Target {
    /// The file of standard output.
    Stdout,
    /// The file of standard error.
    Stderr,
    /// A FIFO, a character device or a socket.
    Stream,
    /// A regular file that must not be replaced by another: it has other names, or is open.
    Shared(PathBuf),
    /// A regular file with one name.
    Regular(PathBuf, Metadata),
    /// A file that does not exist.
    Missing(PathBuf),
}

impl Target {
    fn from_path(target: &Path) -> io::Result<Target> {
        let metadata = match fs::metadata(target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return end_of_links(target).map(Target::Missing);
            }
            metadata => metadata?,
        };
        let kind = metadata.file_type();
        if kind.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if kind.is_block_device() {
            return Err(io::Error::other("this is a block device: name a file"));
        }
        Ok(match metadata {
            _ if is_open_as(io::stdout().as_fd(), &metadata) => Target::Stdout,
            _ if is_open_as(io::stderr().as_fd(), &metadata) => Target::Stderr,
            _ if !kind.is_file() => Target::Stream,
            _ if is_descriptor(target) => Target::Shared(target.to_owned()),
            _ if metadata.nlink() > 1 => Target::Shared(fs::canonicalize(target)?),
            _ => Target::Regular(fs::canonicalize(target)?, metadata),
        })
    }
}

/// Returns whether a descriptor is open on the file with these metadata.
fn is_open_as(descriptor: BorrowedFd<'_>, metadata: &Metadata) -> bool {
    let open = descriptor.try_clone_to_owned().and_then(|open| File::from(open).metadata());
    open.is_ok_and(|open| (open.dev(), open.ino()) == (metadata.dev(), metadata.ino()))
}

/// Returns whether a path leads through a folder of open descriptors, as `/dev/fd/3` does.
fn is_descriptor(path: &Path) -> bool {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        let folder = fs::canonicalize(folder_of(&path)).unwrap_or_default();
        if folder.starts_with("/proc") && folder.file_name().is_some_and(|name| name == "fd") {
            return true;
        }
        match fs::read_link(&path) {
            Ok(next) => path = folder_of(&path).join(next),
            Err(_) => return false,
        }
    }
    false
}

/// Follows a chain of links whose last target does not exist, and returns that target.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        match fs::read_link(&path) {
            Ok(next) => path = folder_of(&path).join(next),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Opens an existing file for writing. A file without write permission must not be replaced either.
fn open(file: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).open(file)
}

/// Creates a temporary file beside `file`, with the owner and mode of the earlier file. It is
/// deleted when it is dropped.
fn temporary_file(file: &Path, earlier: Option<&Metadata>) -> io::Result<NamedTempFile> {
    file.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut builder = tempfile::Builder::new();
    // With `create_new` the file has the usual mode of a new file, and errors do not name it.
    let create = |path: &Path| OpenOptions::new().write(true).create_new(true).open(path);
    let temporary = builder.prefix(".hotrow-").suffix(".tmp").make_in(folder_of(file), create)?;
    if let Some(earlier) = earlier {
        let created = temporary.as_file().metadata()?;
        if (created.uid(), created.gid()) != (earlier.uid(), earlier.gid()) {
            fchown(temporary.as_file(), Some(earlier.uid()), Some(earlier.gid()))?;
        }
        // After the owner, because a change of the owner clears bits of the mode.
        temporary.as_file().set_permissions(earlier.permissions())?;
    }
    Ok(temporary)
}

fn persist(mut temporary: NamedTempFile, file: &Path, bytes: &[u8]) -> io::Result<()> {
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    temporary.persist(file).map(drop).map_err(|error| error.error)
}

fn overwrite(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()
}

fn send(mut stream: impl Write, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes)?;
    stream.flush()
}

#[cfg(test)]
mod tests;
