//! A pool that takes back only what is known to be clean.
//!
//! A connection whose transaction was aborted or left open would hand its state to the next
//! command. A common remedy is a query at each checkout, which costs every command a round trip.
//! Here a connection comes back only by [`Lease::give_back`], which is called after a complete
//! conversation: with success, or with a conflict that has ended its transaction. On every other path
//! (any other error, a time-out, a dropped future) the lease closes it, and the server rolls back
//! what was open.

use std::{fmt::Display, future::Future, sync::Arc, time::Duration};

use hotrow::domain::{CommitError, StoreError, StoreErrorKind};
use parking_lot::Mutex;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};
use tokio_postgres::{Client, Config, Error, NoTls};

use super::{
    error::{ErrorCounters, kind, message},
    statements::Statements,
};

/// A connection and its prepared statements.
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) statements: Statements,
}

/// Connections to one server, with one schema in view.
pub(super) struct Pool {
    config: Config,
    timeout: Duration,
    /// The connections that are not in use, the last used on top: its caches are warm.
    free: Mutex<Vec<Connection>>,
    permits: Semaphore,
    pub(super) errors: Arc<ErrorCounters>,
}

impl Pool {
    pub(super) fn new(config: Config, connections: usize, timeout: Duration) -> Pool {
        Pool {
            config,
            timeout,
            free: Mutex::default(),
            permits: Semaphore::new(connections.max(1)),
            errors: Arc::default(),
        }
    }

    /// Takes a connection, and makes one if none is free.
    ///
    /// # Errors
    /// [`StoreError`]; nothing has been sent then.
    pub(super) async fn lease(&self) -> Result<Lease<'_>, StoreError> {
        let permit = match timeout(self.timeout, self.permits.acquire()).await {
            Ok(Ok(permit)) => permit,
            _ => return Err(self.no_connection()),
        };
        let connection = match self.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        Ok(Lease { pool: self, connection: Some(connection), _permit: permit })
    }

    fn take(&self) -> Option<Connection> {
        let mut free = self.free.lock();
        free.retain(|connection| !connection.client.is_closed());
        free.pop()
    }

    async fn connect(&self) -> Result<Connection, StoreError> {
        let opened = async {
            let client = connect(&self.config).await?;
            let prepared = Statements::prepare(&client).await;
            let statements = prepared.map_err(|error| self.errors.store_error(&error))?;
            Ok(Connection { client, statements })
        };
        let no_answer = || self.errors.timeout(format!("no connection in {:?}", self.timeout));
        timeout(self.timeout, opened).await.unwrap_or_else(|_| Err(no_answer()))
    }

    #[cold]
    fn no_connection(&self) -> StoreError {
        let timeout = self.errors.timeout(format!(
            "no connection of the pool was free in {:?}: make the pool larger",
            self.timeout
        ));
        StoreError::new(StoreErrorKind::Busy, timeout.message().to_owned())
    }
}

/// Opens a connection, and starts the task that drives it.
///
/// # Errors
/// [`StoreError`] of kind `Refused`, or `Busy` if the server has no more connections.
pub(super) async fn connect(config: &Config) -> Result<Client, StoreError> {
    let (client, connection) = config.connect(NoTls).await.map_err(|error| {
        let kind = match kind(&error) {
            StoreErrorKind::Disconnected | StoreErrorKind::Failed => StoreErrorKind::Refused,
            kind => kind,
        };
        StoreError::new(kind, format!("{}: {}", place(config), message(&error)))
    })?;
    // An error of the connection reaches each caller that waits on the client.
    tokio::spawn(async move { connection.await.ok() });
    Ok(client)
}

/// The server in words, without the password.
fn place(config: &Config) -> impl Display {
    let hosts = config.get_hosts().iter().map(|host| match host {
        tokio_postgres::config::Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
    });
    let port = config.get_ports().first().copied().unwrap_or(5432);
    format!("PostgreSQL at {}:{port}", hosts.collect::<Vec<_>>().join(","))
}

/// A connection in the hands of one command. When it is dropped, the connection is closed.
pub(super) struct Lease<'a> {
    pool: &'a Pool,
    /// Taken only by `give_back`.
    connection: Option<Connection>,
    _permit: SemaphorePermit<'a>,
}

impl Lease<'_> {
    pub(super) fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("a lease that was given back is gone")
    }

    /// Returns the connection to the pool. Call it only when the conversation is complete: no
    /// transaction is open, and no answer is outstanding.
    pub(super) fn give_back(mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.free.lock().push(connection);
        }
    }

    /// Waits for the answer to a statement that writes nothing.
    pub(super) async fn read<T>(
        &self,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, StoreError> {
        match timeout(self.pool.timeout, answer).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.pool.errors.store_error(&error)),
            Err(_) => Err(self.no_answer()),
        }
    }

    /// Waits for the answer to a statement that writes. The driver's own error is kept where the
    /// server sent one, for callers that look at it.
    pub(super) async fn write<T>(
        &self,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, WriteError> {
        match timeout(self.pool.timeout, answer).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(WriteError::Answered(error)),
            Err(_) => Err(WriteError::Unanswered(self.no_answer())),
        }
    }

    #[cold]
    fn no_answer(&self) -> StoreError {
        self.pool.errors.timeout(format!("no answer in {:?}", self.pool.timeout))
    }
}

/// The error of a statement that writes.
pub(super) enum WriteError {
    /// The driver or the server returned an error.
    Answered(Error),
    /// No answer came in time.
    Unanswered(StoreError),
}

impl WriteError {
    pub(super) fn into_commit_error(self, errors: &ErrorCounters) -> CommitError {
        match self {
            WriteError::Answered(error) => errors.commit_error(&error),
            WriteError::Unanswered(error) => CommitError::Indeterminate(error),
        }
    }
}
