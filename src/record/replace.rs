//! Writes a whole file or none of it, and takes the place of nothing but a plain file.
//!
//! | the target is | what happens |
//! |---|---|
//! | a plain file, or not there | the bytes go to a draft beside it, which takes its name, with the mode and owner of the file that was there |
//! | a symbolic link | the same for the file at its end, whether or not that is there |
//! | a file with other hard links, one in a folder that takes no draft, or one whose owner a draft cannot have | its contents are written over, in place |
//! | standard output or standard error, under any name | written to that stream, where it is |
//! | a FIFO, a character device, another open descriptor | written straight into it |
//! | a folder or a block device | refused |
//!
//! In the first two cases a reader of the target finds what was there before or all that is new, also
//! when this program is killed. A file that is written over in place can be half old and half new
//! then: its other names, or its owner, are worth more than that. Access control lists and extended
//! attributes are not copied.

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

/// Links that are followed from one to the next: as many as Linux follows.
const LINKS_MAX: usize = 40;

/// Makes `bytes` the contents of the file `target`, or sends them to what else `target` names.
///
/// # Errors
/// As creating, writing or renaming fails; a file that is not written in place is then as it was.
pub fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    match Place::of(target)? {
        Place::Output => send(io::stdout().lock(), bytes),
        Place::Error => send(io::stderr().lock(), bytes),
        Place::Stream => send(OpenOptions::new().write(true).open(target)?, bytes),
        Place::Shared(file) => write_over(&open(&file)?, bytes),
        Place::New(file) => take_place(draft(&file, None)?, &file, bytes),
        Place::Plain(file, metadata) => {
            let earlier = open(&file)?;
            match draft(&file, Some(&metadata)) {
                Ok(draft) => take_place(draft, &file, bytes),
                Err(_) => write_over(&earlier, bytes),
            }
        }
    }
}

/// Checks, before any work is done, whether [`replace`] can succeed, and leaves no trace.
///
/// # Errors
/// As [`replace`] would fail now.
pub fn check_writable(target: &Path) -> io::Result<()> {
    match Place::of(target)? {
        Place::Output | Place::Error => Ok(()),
        // Opening a FIFO and closing it again would be the end of what its reader reads.
        Place::Stream => Ok(eaccess(target, AccessFlags::W_OK)?),
        Place::New(file) => draft(&file, None).map(drop),
        Place::Shared(file) | Place::Plain(file, _) => open(&file).map(drop),
    }
}

/// What a target names.
#[derive(Debug)]
enum Place {
    /// What standard output goes to.
    Output,
    /// What standard error goes to.
    Error,
    /// A FIFO, a character device, a socket.
    Stream,
    /// A plain file that must stay the same one: it has other names, or is open already.
    Shared(PathBuf),
    /// A plain file, under its own name.
    Plain(PathBuf, Metadata),
    /// A file that is not there.
    New(PathBuf),
}

impl Place {
    fn of(target: &Path) -> io::Result<Place> {
        let metadata = match fs::metadata(target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return end_of_links(target).map(Place::New);
            }
            there => there?,
        };
        let kind = metadata.file_type();
        if kind.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if kind.is_block_device() {
            return Err(io::Error::other("this is a block device: name a file"));
        }
        Ok(match metadata {
            _ if is_open_as(io::stdout().as_fd(), &metadata) => Place::Output,
            _ if is_open_as(io::stderr().as_fd(), &metadata) => Place::Error,
            _ if !kind.is_file() => Place::Stream,
            _ if is_descriptor(target) => Place::Shared(target.to_owned()),
            _ if metadata.nlink() > 1 => Place::Shared(fs::canonicalize(target)?),
            _ => Place::Plain(fs::canonicalize(target)?, metadata),
        })
    }
}

/// Whether a descriptor is open on the file of these metadata.
fn is_open_as(descriptor: BorrowedFd<'_>, metadata: &Metadata) -> bool {
    let open = descriptor.try_clone_to_owned().and_then(|open| File::from(open).metadata());
    open.is_ok_and(|open| (open.dev(), open.ino()) == (metadata.dev(), metadata.ino()))
}

/// Whether a path leads through a folder of open descriptors, as `/dev/fd/3` does.
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

/// Where a path leads, link by link, if the last of them leads to what is not there.
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

/// Opens a file that is there. One that may not be written must not be replaced either.
fn open(file: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).open(file)
}

/// A draft beside a file, with the owner and the mode of the one that is there, and gone when it is
/// dropped.
fn draft(file: &Path, earlier: Option<&Metadata>) -> io::Result<NamedTempFile> {
    file.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut builder = tempfile::Builder::new();
    // Made by ourselves it has the mode of any new file, and errors do not name the draft.
    let make = |path: &Path| OpenOptions::new().write(true).create_new(true).open(path);
    let draft = builder.prefix(".hotrow-").suffix(".tmp").make_in(folder_of(file), make)?;
    if let Some(earlier) = earlier {
        let made = draft.as_file().metadata()?;
        if (made.uid(), made.gid()) != (earlier.uid(), earlier.gid()) {
            fchown(draft.as_file(), Some(earlier.uid()), Some(earlier.gid()))?;
        }
        // After the owner: a change of owner takes bits of the mode away.
        draft.as_file().set_permissions(earlier.permissions())?;
    }
    Ok(draft)
}

fn take_place(mut draft: NamedTempFile, file: &Path, bytes: &[u8]) -> io::Result<()> {
    draft.write_all(bytes)?;
    draft.as_file().sync_all()?;
    draft.persist(file).map(drop).map_err(|error| error.error)
}

fn write_over(mut file: &File, bytes: &[u8]) -> io::Result<()> {
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
