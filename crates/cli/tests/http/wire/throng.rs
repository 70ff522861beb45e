//! Many clients that charge one account at the same moment.

use std::sync::Arc;

use futures_util::future::join_all;
use hotrow::{
    domain::{BALANCE_LIMIT, Bounds, Policy},
    scenario::Latency,
};
use hotrow_registry::Entry;
use hotrow_server::Limits;
use tokio::{sync::Barrier, task};

use super::{Connection, RunningServer, allow_files};
use crate::{
    account_check::{CheckResult, CommandLog, CommandResult, ensure},
    answer::Answer,
    app::{App, ExecutionMode},
    ask::Request,
};

/// Numbers of clients.
const BURSTS: [u64; 3] = [100, 500, 1_000];

/// Maximum amount of a command; the amounts of the largest burst are from 1 to this.
const AMOUNT_MAX: u64 = 1_000_000;

/// Whether each client opens its connection for the charge, or has open_used it before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connections {
    Fresh,
    Kept,
}

/// A policy under which all charges of the largest burst can be applied.
fn large_policy() -> Policy {
    let (amount_max, balance_max) = (AMOUNT_MAX, BALANCE_LIMIT);
    let bounds = Bounds { amount_min: 1, amount_max, unit: 1, balance_max };
    Policy::new(bounds).expect("the bounds are consistent")
}

/// The charge of one client: amounts differ and are spread evenly from 1 to the maximum.
fn amount(client: u64, burst: u64) -> u64 {
    1 + client * (AMOUNT_MAX - 1) / (burst - 1)
}

/// A limit below the size of an ordinary burst would reject clients of an idle service. All clients
/// charge the same account at the same moment, over separate connections. Every charge must be
/// applied without a 503, and balance and history must agree with the answers.
pub(crate) fn every_request_of_a_burst_is_served(entry: &Entry) -> CheckResult {
    let largest = BURSTS[BURSTS.len() - 1];
    if !allow_files(2 * largest)? {
        return Ok(());
    }
    ExecutionMode::Threads.run(async {
        for connections in [Connections::Fresh, Connections::Kept] {
            for burst in BURSTS {
                let found = charge_at_once(entry, burst, connections).await;
                found.map_err(|found| format!("{burst} clients, {connections:?}: {found}"))?;
            }
        }
        Ok(())
    })
}

async fn charge_at_once(entry: &Entry, burst: u64, connections: Connections) -> CheckResult {
    let server =
        RunningServer::with_policy(entry, Latency::None, large_policy(), Limits::default()).await;
    let client_count = usize::try_from(burst).expect("the burst is small");
    let barrier = Arc::new(Barrier::new(client_count));
    let address = server.address;
    let clients = (0..burst).map(|client| {
        let barrier = Arc::clone(&barrier);
        task::spawn(async move {
            let mut kept = match connections {
                Connections::Fresh => None,
                Connections::Kept => Some(open_used(address).await?),
            };
            barrier.wait().await;
            let mut wire = match kept.take() {
                Some(wire) => wire,
                None => Connection::open(address)
                    .await
                    .map_err(|error| format!("connecting: {error}"))?,
            };
            let change = amount(client, burst);
            let answer = exchange(&mut wire, &Request::charge(1, change)).await?;
            ensure(answer.is_ok(), || answer.describe())?;
            Ok::<_, String>((change, answer))
        })
    });
    let mut log = CommandLog::default();
    for client in join_all(clients).await {
        let (change, answer) = client.map_err(|error| format!("a client panicked: {error}"))??;
        log.record(change.cast_signed(), CommandResult::from_answer(&answer));
    }
    let mut wire = server.connect().await;
    let balance = wire.call(&Request::balance(1)).await.point();
    log.check_account(1, balance, &wire.history(1).await)
}

/// Opens a connection and uses it for one request.
async fn open_used(address: std::net::SocketAddr) -> Result<Connection, String> {
    let mut wire =
        Connection::open(address).await.map_err(|error| format!("connecting: {error}"))?;
    let answer = exchange(&mut wire, &Request::balance(1)).await?;
    ensure(answer.is_ok(), || answer.describe())?;
    Ok(wire)
}

async fn exchange(wire: &mut Connection, request: &Request) -> Result<Answer, String> {
    wire.send(&request.to_bytes()).await.map_err(|error| format!("sending: {error}"))?;
    let answer = wire.answer().await.map_err(|error| format!("reading: {error}"))?;
    answer.ok_or_else(|| "closed without an answer".to_owned())
}

/// On the store with the latency of the assignment a command takes 0.4 s, and a thousand commands
/// of one account take minutes. A time-out that ignored this would answer 503 to commands that are
/// applied later. In simulated time, every client of every burst is answered.
pub(crate) fn no_request_of_a_burst_times_out_on_a_slow_store(entry: &Entry) -> CheckResult {
    for burst in BURSTS {
        ExecutionMode::Paused.run(async {
            let limits = Limits::default().on_store_with(Latency::Assignment);
            let app = App::slow(entry, Latency::Assignment, large_policy(), limits);
            let clients = (0..burst).map(|client| {
                let app = app.clone();
                let change = amount(client, burst);
                async move { (change, app.call(&Request::charge(1, change)).await) }
            });
            let mut log = CommandLog::default();
            for (change, answer) in join_all(clients).await {
                ensure(answer.is_ok(), || format!("{burst} clients: {}", answer.describe()))?;
                log.record(change.cast_signed(), CommandResult::from_answer(&answer));
            }
            log.check_account(1, app.balance(1).await, &app.history(1).await)
        })?;
    }
    Ok(())
}
