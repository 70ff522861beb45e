//! The processes of a server: starting them, and ending those that another program has left.

use std::{
    env,
    fs::{self, File},
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Instant,
};

use hotrow::domain::StoreError;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{LOOK_EVERY, START_MAX, STOP_MAX, ServerOptions, failed, install::Account};

pub(super) fn data_of(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// A program in `folder`, with no more of this process's environment than it needs.
pub(super) fn program(path: &Path, folder: &Path, account: Option<&Account>) -> Command {
    let mut command = Command::new(path);
    command.current_dir(folder).stdin(Stdio::null());
    command.env_clear().env("LC_ALL", "C").env("PATH", env::var_os("PATH").unwrap_or_default());
    if let Some(Account { uid, gid, .. }) = account {
        command.uid(*uid).gid(*gid);
    }
    command
}

pub(super) fn free_port() -> Result<u16, StoreError> {
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    port.map(|address| address.port())
        .map_err(|error| failed(format!("no free port on 127.0.0.1: {error}")))
}

/// Starts the server without waiting until it is ready.
pub(super) fn launch(
    binaries: &Path,
    folder: &Path,
    port: u16,
    options: &ServerOptions,
    account: Option<&Account>,
) -> Result<Child, StoreError> {
    let log = File::create(folder.join("log"));
    let log = log.map_err(|error| failed(format!("{}: {error}", folder.display())))?;
    let both = log.try_clone().map_err(|error| failed(format!("{}: {error}", folder.display())))?;
    let mut command = program(&binaries.join("postgres"), folder, account);
    // A group of its own: an interrupt at the terminal is for the program, which then stops it.
    command.process_group(0).stdout(log).stderr(both);
    command.arg("-D").arg(data_of(folder)).args(["-p", &port.to_string()]);
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=200",
        "shared_buffers=128MB",
        "max_wal_size=2GB",
        "logging_collector=off",
    ] {
        command.args(["-c", setting]);
    }
    for (name, value) in &options.settings {
        command.args(["-c", &format!("{name}={value}")]);
    }
    command.spawn().map_err(|error| failed(format!("postgres did not start: {error}")))
}

/// Waits until the server says in its file that it accepts connections.
pub(super) fn wait_until_ready(server: &mut Child, folder: &Path) -> Result<(), StoreError> {
    let pid_file = data_of(folder).join("postmaster.pid");
    let end = Instant::now() + START_MAX;
    while Instant::now() < end {
        if let Ok(Some(status)) = server.try_wait() {
            let log = fs::read(folder.join("log")).unwrap_or_default();
            return Err(failed(format!("postgres ended with {status}: {}", why_it_ended(&log))));
        }
        // The first line is the process, which may still be that of a killed server, and the eighth
        // is the status.
        let text = fs::read_to_string(&pid_file).unwrap_or_default();
        let is_own = text.lines().next() == Some(&server.id().to_string());
        if is_own && text.lines().nth(7).is_some_and(|status| status.trim() == "ready") {
            return Ok(());
        }
        thread::sleep(LOOK_EVERY);
    }
    let _ = server.kill();
    let _ = server.wait();
    Err(failed(format!("postgres accepted no connection in {START_MAX:?}")))
}

/// Ends the server that a killed program has left in `folder`.
pub(super) fn end_abandoned(folder: &Path) {
    let pid_file = data_of(folder).join("postmaster.pid");
    let text = fs::read_to_string(&pid_file).unwrap_or_default();
    let Some(pid) = text.lines().next().and_then(|line| line.trim().parse().ok()) else { return };
    if !runs_in(pid, folder) {
        return;
    }
    // SIGQUIT: its data is removed anyway.
    let _ = kill(Pid::from_raw(pid), Signal::SIGQUIT);
    let end = Instant::now() + STOP_MAX;
    while runs_in(pid, folder) && Instant::now() < end {
        thread::sleep(LOOK_EVERY);
    }
}

/// Whether process `pid` is a server on the data in `folder`: the number may be another process's
/// by now. A process that has ended and that no parent has collected has no command line.
fn runs_in(pid: i32, folder: &Path) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let data = data_of(folder);
    line.split(|byte| *byte == 0).any(|argument| argument == data.as_os_str().as_encoded_bytes())
}

/// The line of the log that names the cause.
fn why_it_ended(log: &[u8]) -> String {
    let text = String::from_utf8_lossy(log);
    let cause = ["could not bind", "FATAL"]
        .iter()
        .find_map(|word| text.lines().find(|line| line.contains(word)));
    cause.map_or_else(|| last_line(log), |line| line.trim().to_owned())
}

pub(super) fn last_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no message").trim().to_owned()
}

/// The processes whose parent is process `pid`.
pub(super) fn children_of(pid: i32) -> Vec<i32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let is_child = |process: &i32| {
        // The name, in parentheses, may hold spaces: the parent is the second field after it.
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let after_name = stat.rsplit_once(')').map(|(_, fields)| fields);
        after_name.and_then(|fields| fields.split_whitespace().nth(1)?.parse().ok()) == Some(pid)
    };
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(is_child)
        .collect()
}
