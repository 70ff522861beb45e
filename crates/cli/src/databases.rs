//! The databases of a run: their private servers, and whether they can be opened at all.

use std::collections::BTreeSet;

use hotrow::{domain::Policy, store::StoreConfig};
use hotrow_registry::{Entry, PrivateServer};
use tokio::runtime;

use super::failure::{CliError, note};

/// Keeps the private servers of a run running until it is dropped.
pub(super) struct Databases {
    _servers: Vec<PrivateServer>,
}

impl Databases {
    /// Starts the servers that the stores need, says what it started, and opens each database once.
    /// Without that, every measurement would start a server, and report a missing one as its own.
    ///
    /// An entry of each store, and the place of its database if it is not private.
    pub(super) fn open<'a>(
        stores: impl IntoIterator<Item = (&'a Entry, Option<&'static str>)>,
    ) -> Result<Databases, CliError> {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime
            .map_err(|error| CliError::failed(format!("cannot start a runtime: {error}")))?;
        let (mut opened, mut servers) = (BTreeSet::new(), Vec::new());
        for (entry, location) in stores.into_iter().filter(|(entry, _)| entry.performs_io) {
            if !opened.insert((entry.store, location)) {
                continue;
            }
            let failed = |why: String| CliError::failed(format!("store {}: {why}", entry.store));
            if location.is_none() {
                let server = runtime.block_on(hotrow_registry::private_server(entry.store));
                let server = server.map_err(failed)?;
                server.iter().for_each(|server| note(&server.summary));
                servers.extend(server);
            }
            let location = location.map(str::to_owned);
            let config = StoreConfig { location, ..StoreConfig::default() };
            let service = runtime.block_on((entry.open)(&config, Policy::default()));
            service.map_err(|error| failed(error.to_string()))?;
        }
        Ok(Databases { _servers: servers })
    }
}
