//! Everything that a target can be, in folders of our own.

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
use crate::scratch::Scratch;

/// Names in a folder: what is left behind would show here.
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

/// A reader must never see half a file, and a folder must not fill with drafts.
#[test]
fn a_file_is_replaced_whole_and_no_draft_stays() {
    let scratch = Scratch::new("replace");
    let target = scratch.path("rounds.csv");
    replace(&target, b"one").unwrap();
    let first = inode(&target);
    check_writable(&target).unwrap();
    replace(&target, b"two").unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"two");
    assert_ne!(inode(&target), first, "it was written over in place");
    assert_eq!(names(&scratch.path("")), ["rounds.csv"]);
}

/// An hour of measuring that cannot be written is found before and not after, and what was at
/// the target stays.
#[test]
fn what_cannot_be_written_is_found_before() {
    let scratch = Scratch::new("unwritable");
    for target in [scratch.path("no/such/directory.csv"), scratch.path(""), "..".into(), "".into()]
    {
        let found = check_writable(&target).unwrap_err();
        assert_eq!(replace(&target, b"").unwrap_err().kind(), found.kind(), "{target:?}");
        assert!(!found.to_string().contains(".tmp"), "{found}");
    }
    assert_eq!(names(&scratch.path("")), [""; 0]);
}

/// A link stays a link, also one to a link, and what it leads to is what is written, also where that
/// is not there yet.
#[test]
fn a_link_is_followed_and_stays_one() {
    let scratch = Scratch::new("links");
    fs::create_dir(scratch.path("there")).unwrap();
    fs::write(scratch.path("there/real"), "one").unwrap();
    symlink("there/real", scratch.path("near")).unwrap();
    symlink(scratch.path("near"), scratch.path("far")).unwrap();
    symlink("there/new", scratch.path("dangling")).unwrap();
    for (link, real) in [("near", "real"), ("far", "real"), ("dangling", "new")] {
        let (link, real) = (scratch.path(link), scratch.path("there").join(real));
        check_writable(&link).unwrap();
        replace(&link, b"two").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "{link:?}");
        assert_eq!(fs::read(&real).unwrap(), b"two");
        replace(&link, b"three").unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"three");
    }
    assert_eq!(names(&scratch.path("there")), ["new", "real"]);
}

/// Links in a circle lead nowhere, and the refusal says so.
#[test]
fn links_in_a_circle_are_refused() {
    let scratch = Scratch::new("circle");
    symlink("b", scratch.path("a")).unwrap();
    symlink("a", scratch.path("b")).unwrap();
    let refused = replace(&scratch.path("a"), b"").unwrap_err().to_string();
    assert!(refused.contains("symbolic links"), "{refused}");
    assert!(check_writable(&scratch.path("a")).is_err());
}

/// Both names of a file keep to show the same.
#[test]
fn hard_links_stay_together() {
    let scratch = Scratch::new("hard");
    let [one, other] = ["one", "other"].map(|name| scratch.path(name));
    fs::write(&one, "something longer").unwrap();
    fs::hard_link(&one, &other).unwrap();
    check_writable(&one).unwrap();
    replace(&one, b"short").unwrap();
    assert_eq!(fs::read(&other).unwrap(), b"short");
    assert_eq!(inode(&one), inode(&other));
}

/// What is kept from other users stays kept from them.
#[test]
fn mode_is_kept() {
    let scratch = Scratch::new("mode");
    let target = scratch.path("secret");
    for mode in [0o600, 0o640, 0o666] {
        fs::write(&target, "").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(mode)).unwrap();
        replace(&target, b"new").unwrap();
        assert_eq!(fs::metadata(&target).unwrap().mode() & 0o7777, mode);
    }
}

/// An administrator who has a file written must not take it from its owner.
#[test]
fn owner_is_kept() {
    if !geteuid().is_root() {
        println!("skipped: only root can give a file away");
        return;
    }
    let scratch = Scratch::new("owner");
    let target = scratch.path("theirs");
    fs::write(&target, "").unwrap();
    chown(&target, Some(1234), Some(4321)).unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o2750)).unwrap();
    replace(&target, b"new").unwrap();
    let there = fs::metadata(&target).unwrap();
    assert_eq!((there.uid(), there.gid(), there.mode() & 0o7777), (1234, 4321, 0o2750));
    assert_eq!(fs::read(&target).unwrap(), b"new");
}

/// A reader of a FIFO gets the bytes, all of them once, and the FIFO stays one.
#[test]
fn a_fifo_is_written_into() {
    let scratch = Scratch::new("fifo");
    let target = scratch.path("fifo");
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

/// A reader that leaves in the middle is an error of ours, and nothing more.
#[test]
fn a_fifo_whose_reader_leaves_is_an_error() {
    let scratch = Scratch::new("left");
    let target = scratch.path("fifo");
    mkfifo(&target, Mode::S_IRWXU).unwrap();
    let reader = thread::spawn({
        let target = target.clone();
        move || File::open(target).unwrap().read_exact(&mut [0]).unwrap()
    });
    let error = replace(&target, &vec![b'x'; 1 << 20]).unwrap_err();
    reader.join().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

/// A device stays a device. This one is made for the test, the same as `/dev/null` or `/dev/full`.
#[test]
fn a_device_is_written_into() {
    let scratch = Scratch::new("device");
    for (name, minor, kind) in [("null", 3, None), ("full", 7, Some(io::ErrorKind::StorageFull))] {
        let target = scratch.path(name);
        let mode = Mode::S_IRUSR | Mode::S_IWUSR;
        if mknod(&target, SFlag::S_IFCHR, mode, makedev(1, minor)).is_err()
            || open(&target).is_err()
        {
            println!("skipped: devices cannot be made here");
            return;
        }
        check_writable(&target).unwrap();
        let link = scratch.path("link");
        symlink(&target, &link).unwrap();
        for path in [&target, &link] {
            assert_eq!(replace(path, b"new").map_err(|error| error.kind()).err(), kind);
        }
        fs::remove_file(link).unwrap();
        assert!(fs::symlink_metadata(&target).unwrap().file_type().is_char_device());
    }
    assert_eq!(names(&scratch.path("")), ["full", "null"]);
}

/// A disk must never be written over. Nothing is opened here: that it is a disk is enough.
#[test]
fn a_block_device_is_refused() {
    let scratch = Scratch::new("disk");
    let target = scratch.path("disk");
    // Major 0 is no device: opened by mistake, it would be an error.
    if mknod(&target, SFlag::S_IFBLK, Mode::S_IRUSR, makedev(0, 0)).is_err() {
        println!("skipped: devices cannot be made here");
        return;
    }
    for refused in [check_writable(&target), replace(&target, b"")] {
        assert_eq!(refused.unwrap_err().to_string(), "this is a block device: name a file");
    }
}

/// A descriptor leads to a file that is open elsewhere: another in its place would not be seen.
#[test]
fn a_descriptor_is_written_into() {
    use std::os::fd::AsRawFd;
    let scratch = Scratch::new("descriptor");
    fs::write(scratch.path("file"), "before").unwrap();
    let mut open = File::open(scratch.path("file")).unwrap();
    let target = PathBuf::from(format!("/dev/fd/{}", open.as_raw_fd()));
    if !target.exists() {
        println!("skipped: this system does not name descriptors");
        return;
    }
    replace(&target, b"new").unwrap();
    let mut text = String::new();
    open.read_to_string(&mut text).unwrap();
    assert_eq!(text, "new");
    assert_eq!(names(&scratch.path("")), ["file"]);
}
