//! Atomic writes to every kind of target.

use std::{
    io::Read,
    os::unix::fs::{PermissionsExt, chown, symlink},
    thread,
};

use nix::{
    sys::stat::{Mode, SFlag, makedev, mknod},
    unistd::{geteuid, mkfifo},
};

use super::*;

/// The names in a folder: a temporary file that is left behind would show here.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn inode(file: &Path) -> u64 {
    fs::symlink_metadata(file).unwrap().ino()
}

/// A reader must never see half a file, and a folder must not fill with temporary files.
#[test]
fn a_file_is_replaced_as_a_whole_and_no_temporary_file_stays() {
    let scratch = tempfile::tempdir().unwrap();
    let target = scratch.path().join("rows.csv");
    replace(&target, b"one").unwrap();
    let first = inode(&target);
    check_writable(&target).unwrap();
    replace(&target, b"two").unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"two");
    assert_ne!(inode(&target), first, "the file was overwritten in place");
    assert_eq!(names(scratch.path()), ["rows.csv"]);
}

/// An unwritable target must be found before an hour of measuring and not after it, and the target
/// must stay as it was.
#[test]
fn an_unwritable_target_is_detected_before_any_work() {
    let scratch = tempfile::tempdir().unwrap();
    for target in [
        scratch.path().join("no/such/directory.csv"),
        scratch.path().into(),
        "..".into(),
        "".into(),
    ] {
        let found = check_writable(&target).unwrap_err();
        assert_eq!(replace(&target, b"").unwrap_err().kind(), found.kind(), "{target:?}");
        assert!(!found.to_string().contains(".tmp"), "{found}");
    }
    assert_eq!(names(scratch.path()), [""; 0]);
}

/// A link stays a link, and the file that it points to is written, also through a second link, and
/// also if the file does not exist yet.
#[test]
fn a_link_is_followed_and_kept() {
    let scratch = tempfile::tempdir().unwrap();
    fs::create_dir(scratch.path().join("there")).unwrap();
    fs::write(scratch.path().join("there/real"), "one").unwrap();
    symlink("there/real", scratch.path().join("near")).unwrap();
    symlink(scratch.path().join("near"), scratch.path().join("far")).unwrap();
    symlink("there/new", scratch.path().join("dangling")).unwrap();
    for (link, real) in [("near", "real"), ("far", "real"), ("dangling", "new")] {
        let (link, real) = (scratch.path().join(link), scratch.path().join("there").join(real));
        check_writable(&link).unwrap();
        replace(&link, b"two").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "{link:?}");
        assert_eq!(fs::read(&real).unwrap(), b"two");
        replace(&link, b"three").unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"three");
    }
    assert_eq!(names(&scratch.path().join("there")), ["new", "real"]);
}

/// A cycle of links leads to no file, and the error says so.
#[test]
fn a_cycle_of_links_is_an_error() {
    let scratch = tempfile::tempdir().unwrap();
    symlink("b", scratch.path().join("a")).unwrap();
    symlink("a", scratch.path().join("b")).unwrap();
    let rejected = replace(&scratch.path().join("a"), b"").unwrap_err().to_string();
    assert!(rejected.contains("symbolic links"), "{rejected}");
    assert!(check_writable(&scratch.path().join("a")).is_err());
}

/// Both names of a file must still show the same contents.
#[test]
fn hard_links_are_kept() {
    let scratch = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| scratch.path().join(name));
    fs::write(&first, "something longer").unwrap();
    fs::hard_link(&first, &second).unwrap();
    check_writable(&first).unwrap();
    replace(&first, b"short").unwrap();
    assert_eq!(fs::read(&second).unwrap(), b"short");
    assert_eq!(inode(&first), inode(&second));
}

/// A file that other users cannot read must stay unreadable for them.
#[test]
fn mode_is_kept() {
    let scratch = tempfile::tempdir().unwrap();
    let target = scratch.path().join("secret");
    for mode in [0o600, 0o640, 0o666] {
        fs::write(&target, "").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(mode)).unwrap();
        replace(&target, b"new").unwrap();
        assert_eq!(fs::metadata(&target).unwrap().mode() & 0o7777, mode);
    }
}

/// A file that root writes must stay the property of its owner.
#[test]
fn owner_is_kept() {
    if !geteuid().is_root() {
        println!("skipped: only root can give a file away");
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let target = scratch.path().join("theirs");
    fs::write(&target, "").unwrap();
    chown(&target, Some(1234), Some(4321)).unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o2750)).unwrap();
    replace(&target, b"new").unwrap();
    let metadata = fs::metadata(&target).unwrap();
    assert_eq!((metadata.uid(), metadata.gid(), metadata.mode() & 0o7777), (1234, 4321, 0o2750));
    assert_eq!(fs::read(&target).unwrap(), b"new");
}

/// A reader of a FIFO gets all bytes exactly once, and the FIFO stays a FIFO.
#[test]
fn a_fifo_is_written_into() {
    let scratch = tempfile::tempdir().unwrap();
    let target = scratch.path().join("fifo");
    mkfifo(&target, Mode::S_IRWXU).unwrap();
    check_writable(&target).unwrap();
    let long = vec![b'x'; 1 << 20];
    let reader = thread::spawn({
        let target = target.clone();
        move || fs::read(target).unwrap()
    });
    replace(&target, &long).unwrap();
    assert!(reader.join().unwrap() == long);
    assert!(fs::symlink_metadata(&target).unwrap().file_type().is_fifo());
}

/// A reader that closes the FIFO early must cause an error and not a signal that ends the program.
#[test]
fn a_fifo_whose_reader_closes_it_is_an_error() {
    let scratch = tempfile::tempdir().unwrap();
    let target = scratch.path().join("fifo");
    mkfifo(&target, Mode::S_IRWXU).unwrap();
    let reader = thread::spawn({
        let target = target.clone();
        move || File::open(target).unwrap().read_exact(&mut [0]).unwrap()
    });
    let error = replace(&target, &vec![b'x'; 1 << 20]).unwrap_err();
    reader.join().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

/// A device stays a device. The test creates its own `/dev/null` and `/dev/full`.
#[test]
fn a_device_is_written_into() {
    let scratch = tempfile::tempdir().unwrap();
    for (name, minor, kind) in [("null", 3, None), ("full", 7, Some(io::ErrorKind::StorageFull))] {
        let target = scratch.path().join(name);
        let mode = Mode::S_IRUSR | Mode::S_IWUSR;
        if mknod(&target, SFlag::S_IFCHR, mode, makedev(1, minor)).is_err()
            || open(&target).is_err()
        {
            println!("skipped: devices cannot be made here");
            return;
        }
        check_writable(&target).unwrap();
        let link = scratch.path().join("link");
        symlink(&target, &link).unwrap();
        for path in [&target, &link] {
            assert_eq!(replace(path, b"new").map_err(|error| error.kind()).err(), kind);
        }
        fs::remove_file(link).unwrap();
        assert!(fs::symlink_metadata(&target).unwrap().file_type().is_char_device());
    }
    assert_eq!(names(scratch.path()), ["full", "null"]);
}

/// A disk must never be overwritten. The target is rejected by its type, without opening it.
#[test]
fn a_block_device_is_rejected() {
    let scratch = tempfile::tempdir().unwrap();
    let target = scratch.path().join("disk");
    // Major 0 is no device: opening it by mistake would be another error.
    if mknod(&target, SFlag::S_IFBLK, Mode::S_IRUSR, makedev(0, 0)).is_err() {
        println!("skipped: devices cannot be made here");
        return;
    }
    for rejected in [check_writable(&target), replace(&target, b"")] {
        assert_eq!(rejected.unwrap_err().to_string(), "this is a block device: name a file");
    }
}

/// A descriptor belongs to a file that is open: a replacement of the file would not be seen there.
#[test]
fn a_descriptor_is_written_into() {
    use std::os::fd::AsRawFd;
    let scratch = tempfile::tempdir().unwrap();
    fs::write(scratch.path().join("file"), "before").unwrap();
    let mut open = File::open(scratch.path().join("file")).unwrap();
    let target = PathBuf::from(format!("/dev/fd/{}", open.as_raw_fd()));
    if !target.exists() {
        println!("skipped: this system does not name descriptors");
        return;
    }
    replace(&target, b"new").unwrap();
    let mut text = String::new();
    open.read_to_string(&mut text).unwrap();
    assert_eq!(text, "new");
    assert_eq!(names(scratch.path()), ["file"]);
}
