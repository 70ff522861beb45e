//! What a server needs before it starts: binaries, a user to run as, and a data folder.

use std::{
    env,
    fmt::Write as _,
    fs,
    hash::{BuildHasher, RandomState},
    io,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::Command,
};

use hotrow::domain::StoreError;
use nix::unistd::{Uid, User, geteuid};

use super::{
    USER, failed,
    process::{data_of, last_line, program},
};

/// The user id that systems keep for programs without rights.
const UNPRIVILEGED: u32 = 65_534;

/// The user of the system that the server runs as.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// Finds the folder of `initdb` and `postgres`: on the path, as `pg_config` says, or where Debian
/// has them. There the newest version wins.
pub(super) fn find_binaries() -> Result<PathBuf, StoreError> {
    let on_path = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>());
    let mut folders = on_path.unwrap_or_default();
    if let Ok(found) = Command::new("pg_config").arg("--bindir").output() {
        folders.push(PathBuf::from(String::from_utf8_lossy(&found.stdout).trim()));
    }
    let mut versions: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    versions.sort_by_key(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        std::cmp::Reverse(name.and_then(|name| name.parse::<u32>().ok()))
    });
    folders.extend(versions.into_iter().map(|version| version.join("bin")));
    let has_both =
        |folder: &PathBuf| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
    folders.into_iter().find(has_both).ok_or_else(|| {
        failed(
            "no PostgreSQL is installed here: install it (on Debian: apt-get install postgresql), \
             or give the URL of a server",
        )
    })
}

/// The user that the server runs as, if this process is root.
pub(super) fn other_account() -> Result<Option<Account>, StoreError> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    let by_name = User::from_name("postgres").ok().flatten();
    let known = by_name.or_else(|| User::from_uid(Uid::from_raw(UNPRIVILEGED)).ok().flatten());
    match known {
        Some(User { name, uid, gid, .. }) => {
            Ok(Some(Account { name, uid: uid.as_raw(), gid: gid.as_raw() }))
        }
        None => Err(failed(
            "PostgreSQL refuses to run as root, and there is no user `postgres` to run it as: run as \
             another user",
        )),
    }
}

pub(super) fn random_password() -> String {
    // Random bytes of the operating system, as the seeds of hash maps are.
    (0..4).fold(String::new(), |mut text, part: u32| {
        let _ = write!(text, "{:016x}", RandomState::new().hash_one(part));
        text
    })
}

/// Creates the data folder.
pub(super) fn init(
    binaries: &Path,
    folder: &Path,
    password: &str,
    account: Option<&Account>,
) -> Result<(), StoreError> {
    let unusable = |error: io::Error| failed(format!("{}: {error}", folder.display()));
    let (data, secret) = (data_of(folder), folder.join("password"));
    fs::create_dir(&data).map_err(unusable)?;
    fs::write(&secret, password).map_err(unusable)?;
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).map_err(unusable)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o711)).map_err(unusable)?;
    if let Some(Account { uid, gid, .. }) = account {
        for path in [&data, &secret] {
            chown(path, Some(*uid), Some(*gid)).map_err(unusable)?;
        }
    }
    let mut command = program(&binaries.join("initdb"), folder, account);
    command.args(["-U", USER, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C"]);
    command.args(["--no-sync", "--no-instructions", "--pwfile"]).arg(&secret);
    command.arg("-D").arg(&data);
    let ended =
        command.output().map_err(|error| failed(format!("initdb did not start: {error}")))?;
    if !ended.status.success() {
        return Err(failed(format!("initdb failed: {}", last_line(&ended.stderr))));
    }
    fs::remove_file(&secret).map_err(unusable)
}
