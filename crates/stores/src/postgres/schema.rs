//! The schema of the tables: created, migrated and dropped here, and no other is touched.
//!
//! A schema that belongs to a run has a mark in its comment and is dropped with its [`Schema`]. Its
//! owner holds an advisory lock on it meanwhile, on a connection of its own. If the program is
//! killed, the server releases the lock, and the next program that opens a schema of its own drops
//! every marked schema that is not locked.

use std::{fmt, sync::Arc, thread, time::Duration};

use hotrow::domain::{StoreError, StoreErrorKind, VERSION_LIMIT};
use tokio_postgres::{Client, Config};

use super::{error::ErrorCounters, pool::connect};

/// The longest wait for a connection, unless the URL has another.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// The comment on a schema that is dropped with its owner.
const MARK: &str = "hotrow: the tables of one run, dropped at its end";

/// The comment on a schema that stays, before its version.
const KEPT: &str = "hotrow: accounts, schema version ";

/// The migrations, in order. Migration n leads from version n to n + 1, and is never changed once
/// it is released.
const MIGRATIONS: [&str; 1] = [include_str!("schema_1.sql")];

/// A schema with the tables of the store.
pub struct Schema {
    name: String,
    config: Config,
    /// The connection that holds the lock. `None` if the schema is kept.
    keeper: Option<Client>,
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Schema { name, keeper, .. } = self;
        f.debug_struct("Schema").field("name", name).field("kept", &keeper.is_none()).finish()
    }
}

impl Schema {
    /// Creates a schema with a new name, which is dropped with the last owner of the value.
    ///
    /// # Errors
    /// [`StoreError`] if the server at `url` accepts no connection or no schema.
    pub async fn create(url: &str) -> Result<Arc<Schema>, StoreError> {
        let config = parse(url)?;
        let keeper = connect(&config).await?;
        drop_abandoned(&keeper).await?;
        let name = format!("hotrow_{}_{:08x}", std::process::id(), fastrand::u32(..));
        // Mark and lock come with the schema, so it is never seen without them.
        let create = format!(
            "BEGIN;
             SELECT pg_advisory_lock(hashtextextended('{name}', 0));
             CREATE SCHEMA {name};
             COMMENT ON SCHEMA {name} IS '{MARK}';
             SET LOCAL search_path = {name};
             {};
             COMMIT",
            migrations_from(0)
        );
        run(&keeper, &create).await?;
        Ok(Arc::new(Schema { name, config, keeper: Some(keeper) }))
    }

    /// Opens the schema `name`, and creates it if there is none. It stays.
    ///
    /// # Errors
    /// [`StoreError`] if a schema of this name belongs to another program or a newer version of
    /// this one.
    pub async fn keep(url: &str, name: &str) -> Result<Arc<Schema>, StoreError> {
        let is_plain = !name.is_empty()
            && !name.starts_with(|first: char| first.is_ascii_digit())
            && name
                .chars()
                .all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_');
        if !is_plain {
            let message = format!("schema name `{name}`: use only a-z, 0-9 and _");
            return Err(StoreError::new(StoreErrorKind::Failed, message));
        }
        let config = parse(url)?;
        let client = connect(&config).await?;
        // Two programs that start at once must not both migrate.
        let lock = format!("SELECT pg_advisory_lock(hashtextextended('{name}', 0))");
        run(&client, &lock).await?;
        let version = version_of(&client, name).await?;
        if version < MIGRATIONS.len() {
            let migrate = format!(
                "BEGIN;
                 CREATE SCHEMA IF NOT EXISTS {name};
                 COMMENT ON SCHEMA {name} IS '{KEPT}{}';
                 SET LOCAL search_path = {name};
                 {};
                 COMMIT",
                MIGRATIONS.len(),
                migrations_from(version)
            );
            run(&client, &migrate).await?;
        }
        Ok(Arc::new(Schema { name: name.to_owned(), config, keeper: None }))
    }

    /// Returns the same schema as it is reached at another `url`, such as that of a proxy. It is
    /// dropped as the original is, which must live as long.
    ///
    /// # Errors
    /// [`StoreError`] if the URL is not valid.
    pub fn through(&self, url: &str) -> Result<Arc<Schema>, StoreError> {
        Ok(Arc::new(Schema { name: self.name.clone(), config: parse(url)?, keeper: None }))
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The options of a connection that sees this schema and no other.
    pub(super) fn connection(&self, settings: &str) -> Config {
        let mut config = self.config.clone();
        let given = self.config.get_options().unwrap_or_default();
        config.options(format!("{given} -c search_path={} {settings}", self.name));
        config
    }
}

impl Drop for Schema {
    /// Drops a schema that is not kept. This waits for the server, so it takes a thread of its own
    /// with a runtime: the caller may be a task.
    fn drop(&mut self) {
        let Some(keeper) = self.keeper.take() else { return };
        let (config, name) = (self.config.clone(), self.name.clone());
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            // What cannot be dropped now is dropped by the next program.
            if let Ok(runtime) = runtime {
                runtime.block_on(async {
                    if let Ok(client) = connect(&config).await {
                        let drop = format!("DROP SCHEMA IF EXISTS {name} CASCADE");
                        let _ = client.batch_execute(&drop).await;
                    }
                });
            }
        });
        let _ = dropped.join();
        drop(keeper);
    }
}

/// Parses a URL.
pub(super) fn parse(url: &str) -> Result<Config, StoreError> {
    let mut config: Config = url.parse().map_err(|error| {
        let message = format!(
            "the URL of the database is not valid ({error}): write postgres://user@host/database"
        );
        StoreError::new(StoreErrorKind::Failed, message)
    })?;
    config.application_name("hotrow");
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_MAX);
    }
    Ok(config)
}

fn migrations_from(version: usize) -> String {
    MIGRATIONS[version..].join(";\n").replace("VERSION_LIMIT", &VERSION_LIMIT.to_string())
}

/// Returns the version of the schema `name`; 0 if there is none.
async fn version_of(client: &Client, name: &str) -> Result<usize, StoreError> {
    let comment = "SELECT coalesce(obj_description(oid, 'pg_namespace'), '')
                   FROM pg_namespace WHERE nspname = $1";
    let found = client.query_opt(comment, &[&name]).await;
    let Some(row) = found.map_err(|error| failed(&error))? else { return Ok(0) };
    let comment: String = row.get(0);
    let Some(version) = comment.strip_prefix(KEPT).and_then(|version| version.parse().ok()) else {
        let message = format!("schema {name} belongs to another program: give another name");
        return Err(StoreError::new(StoreErrorKind::Failed, message));
    };
    if version > MIGRATIONS.len() {
        let known = MIGRATIONS.len();
        let message = format!(
            "schema {name} has version {version}, and this program knows {known}: use a newer program"
        );
        return Err(StoreError::new(StoreErrorKind::Failed, message));
    }
    Ok(version)
}

/// Drops every marked schema whose owner is gone.
async fn drop_abandoned(client: &Client) -> Result<(), StoreError> {
    let marked = "SELECT nspname::text FROM pg_namespace
                  WHERE obj_description(oid, 'pg_namespace') = $1
                    AND pg_catalog.pg_get_userbyid(nspowner) = current_user
                    AND pg_try_advisory_lock(hashtextextended(nspname::text, 0))";
    for row in client.query(marked, &[&MARK]).await.map_err(|error| failed(&error))? {
        let name: String = row.get(0);
        // Another program may have dropped it since the query.
        let _ = client.batch_execute(&format!("DROP SCHEMA IF EXISTS {name} CASCADE")).await;
    }
    run(client, "SELECT pg_advisory_unlock_all()").await
}

async fn run(client: &Client, sql: &str) -> Result<(), StoreError> {
    client.batch_execute(sql).await.map_err(|error| failed(&error))
}

fn failed(error: &tokio_postgres::Error) -> StoreError {
    ErrorCounters::default().store_error(error)
}
