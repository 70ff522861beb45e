//! Many clients that charge one account at the same moment.

use std::sync::Arc;

use futures_util::future::join_all;
use hotrow::{
    database::Latency,
    domain::{BALANCE_LIMIT, Bounds, Policy},
    http::Limits,
    registry::Entry,
};
use tokio::{sync::Barrier, task};

use super::{Serving, Wire, allow_files};
use crate::{
    answer::Answer,
    app::{App, Stage},
    ask::Ask,
    books::{End, Found, Told, ensure},
};

/// Clients of each crowd.
const CROWDS: [u64; 3] = [100, 500, 1_000];

/// The most that one command may move; the largest crowd moves from 1 up to this.
const AMOUNT_MAX: u64 = 1_000_000;

/// Whether each client opens its connection for the charge, or has used it before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connections {
    Fresh,
    Kept,
}

/// A policy under which the largest crowd can charge all that it asks for.
fn roomy() -> Policy {
    let (amount_max, balance_max) = (AMOUNT_MAX, BALANCE_LIMIT);
    let bounds = Bounds { amount_min: 1, amount_max, unit: 1, balance_max };
    Policy::new(bounds).expect("the bounds agree")
}

/// The charge of one client: from 1 to the maximum, all different, evenly spread over the crowd.
fn amount(client: u64, crowd: u64) -> u64 {
    1 + client * (AMOUNT_MAX - 1) / (crowd - 1)
}

/// A bound below the size of an ordinary crowd turns clients away from a service that has nothing
/// to do. Every client of a crowd charges the same account at the same moment, over a connection of
/// its own, and every charge must be applied: no 503, and balance and history agree with the answers.
pub(crate) fn a_crowd_at_one_account_is_served_to_the_last(entry: &Entry) -> Found {
    let largest = CROWDS[CROWDS.len() - 1];
    if !allow_files(2 * largest)? {
        return Ok(());
    }
    Stage::Threads.run(async {
        for connections in [Connections::Fresh, Connections::Kept] {
            for crowd in CROWDS {
                let found = charged_at_once(entry, crowd, connections).await;
                found.map_err(|found| format!("{crowd} clients, {connections:?}: {found}"))?;
            }
        }
        Ok(())
    })
}

async fn charged_at_once(entry: &Entry, crowd: u64, connections: Connections) -> Found {
    let serving = Serving::of_policy(entry, Latency::None, roomy(), Limits::default()).await;
    let places = usize::try_from(crowd).expect("a crowd is small");
    let barrier = Arc::new(Barrier::new(places));
    let address = serving.address;
    let clients = (0..crowd).map(|client| {
        let barrier = Arc::clone(&barrier);
        task::spawn(async move {
            let mut kept = match connections {
                Connections::Fresh => None,
                Connections::Kept => Some(used(address).await?),
            };
            barrier.wait().await;
            let mut wire = match kept.take() {
                Some(wire) => wire,
                None => Wire::to(address).await.map_err(|error| format!("connecting: {error}"))?,
            };
            let change = amount(client, crowd);
            let answer = asked(&mut wire, &Ask::charge(1, change)).await?;
            ensure(answer.is_ok(), || answer.shown())?;
            Ok::<_, String>((change, answer))
        })
    });
    let mut commands = Told::default();
    for client in join_all(clients).await {
        let (change, answer) = client.map_err(|error| format!("a client died: {error}"))??;
        commands.note(change.cast_signed(), End::of(&answer));
    }
    let mut wire = serving.connect().await;
    let balance = wire.ask(&Ask::balance(1)).await.point();
    commands.agrees(1, balance, &wire.history(1).await)
}

/// A connection over which a request was answered.
async fn used(address: std::net::SocketAddr) -> Result<Wire, String> {
    let mut wire = Wire::to(address).await.map_err(|error| format!("connecting: {error}"))?;
    let answer = asked(&mut wire, &Ask::balance(1)).await?;
    ensure(answer.is_ok(), || answer.shown())?;
    Ok(wire)
}

async fn asked(wire: &mut Wire, ask: &Ask) -> Result<Answer, String> {
    wire.send(&ask.bytes()).await.map_err(|error| format!("sending: {error}"))?;
    let answer = wire.answer().await.map_err(|error| format!("reading: {error}"))?;
    answer.ok_or_else(|| "closed without an answer".to_owned())
}

/// On the store of the assignment a command takes 0.4 s, and a thousand that queue for one account
/// take minutes: a time-out that ignores this answers 503 to commands that are then applied. In
/// simulated time every client of every crowd waits for its turn and is answered.
pub(crate) fn a_crowd_outlasts_a_slow_store(entry: &Entry) -> Found {
    for crowd in CROWDS {
        Stage::Paused.run(async {
            let limits = Limits::default().on_store_with(Latency::Assignment);
            let app = App::slow(entry, Latency::Assignment, roomy(), limits);
            let clients = (0..crowd).map(|client| {
                let app = app.clone();
                let change = amount(client, crowd);
                async move { (change, app.ask(&Ask::charge(1, change)).await) }
            });
            let mut commands = Told::default();
            for (change, answer) in join_all(clients).await {
                ensure(answer.is_ok(), || format!("{crowd} clients: {}", answer.shown()))?;
                commands.note(change.cast_signed(), End::of(&answer));
            }
            commands.agrees(1, app.balance(1).await, &app.history(1).await)
        })?;
    }
    Ok(())
}
