//! A private PostgreSQL server: found, started, and gone with its owner.
//!
//! The server lives in a temporary folder and listens on a free port of 127.0.0.1, with a password
//! that nothing outside this process knows. It refuses to run as root, so root starts it as another
//! user.
//!
//! It is stopped when the value is dropped. A program that is killed leaves it running. So the next
//! start looks for folders whose owner is gone, ends the server that still runs in each of them,
//! and removes the folder.

mod install;
mod process;

use std::{
    env,
    path::{Path, PathBuf},
    process::Child,
    sync::{Arc, Weak},
    thread,
    time::{Duration, Instant},
};

use hotrow::domain::{StoreError, StoreErrorKind};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::sync::Mutex;

use self::{
    install::{Account, find_binaries, init, other_account, random_password},
    process::{children_of, end_abandoned, free_port, launch, wait_until_ready},
};
use crate::scratch::{self, ScratchFolder};

const SCRATCH_KIND: &str = "postgres";
const USER: &str = "hotrow";

/// The longest wait for a server to accept connections, and for one to end.
const START_MAX: Duration = Duration::from_secs(30);
const STOP_MAX: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Attempts to start on another port, if another program takes the free one first.
const PORTS_MAX: u32 = 5;

/// What a private server is started with.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    /// Settings, as `("fsync", "off")`. They win over those of the project.
    pub settings: Vec<(String, String)>,
}

/// A private server, which is stopped and removed when it is dropped.
#[derive(Debug)]
pub struct PostgresServer {
    server: Child,
    port: u16,
    password: String,
    summary: String,
    binaries: PathBuf,
    options: ServerOptions,
    account: Option<Account>,
    /// Dropped last, when no process uses it.
    folder: ScratchFolder,
}

/// The server that stores of this process share.
static SHARED: Mutex<Weak<PostgresServer>> = Mutex::const_new(Weak::new());

impl PostgresServer {
    /// Starts a server, after clearing what killed programs have left.
    ///
    /// # Errors
    /// [`StoreError`] if the binaries are not found, or the server does not start.
    pub async fn start() -> Result<PostgresServer, StoreError> {
        PostgresServer::start_with(ServerOptions::default()).await
    }

    /// As [`start`](PostgresServer::start), with options.
    ///
    /// # Errors
    /// As for [`start`](PostgresServer::start).
    pub async fn start_with(options: ServerOptions) -> Result<PostgresServer, StoreError> {
        let started = tokio::task::spawn_blocking(move || start(options)).await;
        started.unwrap_or_else(|_| Err(failed("the start of the server panicked")))
    }

    /// Returns the server that the stores of this process share, and starts it if none is running.
    ///
    /// # Errors
    /// As for [`start`](PostgresServer::start).
    pub async fn shared() -> Result<Arc<PostgresServer>, StoreError> {
        let mut shared = SHARED.lock().await;
        if let Some(server) = shared.upgrade() {
            return Ok(server);
        }
        let server = Arc::new(PostgresServer::start().await?);
        *shared = Arc::downgrade(&server);
        Ok(server)
    }

    /// Whether the binaries of a server are installed here.
    pub fn is_installed() -> bool {
        find_binaries().is_ok()
    }

    /// Returns the URL of the server's database, with its password.
    pub fn url(&self) -> String {
        let PostgresServer { port, password, .. } = self;
        format!("postgres://{USER}:{password}@127.0.0.1:{port}/postgres")
    }

    /// Returns the port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns what was done, in one line.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// Returns the process id of the server.
    pub fn pid(&self) -> u32 {
        self.server.id()
    }

    /// Kills the server and all its processes at once, as a crash does. Nothing is flushed.
    ///
    /// # Errors
    /// [`StoreError`] if the processes do not end.
    pub fn crash(&mut self) -> Result<(), StoreError> {
        let pid = self.server.id().cast_signed();
        // Stopped, it cannot start a process that would be missed below.
        let _ = kill(Pid::from_raw(pid), Signal::SIGSTOP);
        for process in children_of(pid).into_iter().chain([pid]) {
            let _ = kill(Pid::from_raw(process), Signal::SIGKILL);
        }
        self.server.wait().map_err(|error| failed(format!("the server did not end: {error}")))?;
        Ok(())
    }

    /// Starts the server again, on the data that it has, as after a crash. The URL stays.
    ///
    /// # Errors
    /// [`StoreError`] if it does not start.
    pub fn restart(&mut self) -> Result<(), StoreError> {
        let folder = self.folder.path();
        let account = self.account.as_ref();
        let end = Instant::now() + START_MAX;
        loop {
            let mut server = launch(&self.binaries, folder, self.port, &self.options, account)?;
            match wait_until_ready(&mut server, folder) {
                Ok(()) => {
                    self.server = server;
                    return Ok(());
                }
                // Processes of the killed server may still hold its memory, or its port.
                Err(error) if Instant::now() > end => return Err(error),
                Err(_) => thread::sleep(LOOK_EVERY),
            }
        }
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // SIGINT: sessions are aborted, and what is committed is flushed.
        let pid = Pid::from_raw(self.server.id().cast_signed());
        let _ = kill(pid, Signal::SIGINT);
        let end = Instant::now() + STOP_MAX;
        while Instant::now() < end {
            match self.server.try_wait() {
                Ok(None) => thread::sleep(LOOK_EVERY),
                Ok(Some(_)) | Err(_) => return,
            }
        }
        let _ = self.crash();
    }
}

fn start(options: ServerOptions) -> Result<PostgresServer, StoreError> {
    let began = Instant::now();
    scratch::sweep(SCRATCH_KIND, end_abandoned);
    let binaries = find_binaries()?;
    let account = other_account()?;
    let folder = ScratchFolder::new(SCRATCH_KIND).map_err(|error| {
        let parent = env::temp_dir();
        failed(format!("no folder for a server in {}: {error}", parent.display()))
    })?;
    let password = random_password();
    init(&binaries, folder.path(), &password, account.as_ref())?;
    for _ in 0..PORTS_MAX {
        let port = free_port()?;
        let mut server = launch(&binaries, folder.path(), port, &options, account.as_ref())?;
        match wait_until_ready(&mut server, folder.path()) {
            Ok(()) => {
                let summary = summary(&binaries, port, &folder, account.as_ref(), began.elapsed());
                return Ok(PostgresServer {
                    server,
                    port,
                    password,
                    summary,
                    binaries,
                    options,
                    account,
                    folder,
                });
            }
            Err(error) if error.message().contains("Address already in use") => {}
            Err(error) => return Err(error),
        }
    }
    Err(failed("no free port on 127.0.0.1 stayed free: try again"))
}

fn summary(
    binaries: &Path,
    port: u16,
    folder: &ScratchFolder,
    account: Option<&Account>,
    took: Duration,
) -> String {
    let user = account.map_or(String::new(), |account| format!(" as user {}", account.name));
    format!(
        "started a private PostgreSQL from {} on 127.0.0.1:{port} in {}{user}, in {} ms",
        binaries.display(),
        folder.path().display(),
        took.as_millis()
    )
}

#[cold]
fn failed(message: impl Into<std::borrow::Cow<'static, str>>) -> StoreError {
    StoreError::new(StoreErrorKind::Failed, message)
}
