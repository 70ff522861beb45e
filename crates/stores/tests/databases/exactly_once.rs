//! Exactly once: answers are lost, and each command still has one final outcome.

use std::{sync::Arc, time::Instant};

use hotrow::{
    domain::{Failure, Outcome},
    store::{ConditionalUpdate, Store},
    strategy::{BatchedQueue, CombiningLock, ConcurrencyStrategy, InStore, settle},
};
use hotrow_stores::{
    Run,
    postgres::{Location, Postgres, PostgresConfig, PostgresServer, ServerOptions},
    proxy::{Proxy, ProxyOptions},
};
use hotrow_verify::history::{Operation, Reply};

use crate::{clients, engines};

const CLIENTS: u64 = 16;
const COMMANDS: u64 = 10_000;

/// The outcomes of a command: what the store answered at first, and in the end.
struct Outcomes {
    first: Outcome,
    last: Operation,
}

async fn run_clients<T>(strategy: &Arc<T>, commands: u64) -> Vec<Outcomes>
where
    T: ConcurrencyStrategy<Store: hotrow::store::ResolvingStore>,
{
    let start = Instant::now();
    let client = |client: u64| {
        let strategy = Arc::clone(strategy);
        tokio::spawn(async move {
            let mut random = fastrand::Rng::with_seed(client);
            let mut all = Vec::new();
            for number in 0..commands {
                let command = clients::command(client, number, &mut random);
                let called = clients::now(start);
                let first = strategy.execute(command).await;
                let last = settle(strategy.store(), command, first).await;
                let returned = clients::now(start);
                let last = clients::operation(client, command, called, returned, &last);
                all.push(Outcomes { first, last });
            }
            all
        })
    };
    let running: Vec<_> = (1..=CLIENTS).map(client).collect();
    let mut all = Vec::new();
    for client in running {
        all.extend(client.await.unwrap());
    }
    all
}

async fn check<T>(server: &PostgresServer, commands: u64)
where
    T: ConcurrencyStrategy<Store: Store<Config = PostgresConfig> + hotrow::store::ResolvingStore>,
{
    let home = Postgres::<()>::open(&engines::postgres_config(server)).await.unwrap();
    let address = ([127, 0, 0, 1], server.port()).into();
    let proxy =
        Proxy::start(address, ProxyOptions { seed: 3, ..Default::default() }).await.unwrap();
    let port = |port: u16| format!(":{port}/");
    let url = server.url().replace(&port(server.port()), &port(proxy.address().port()));
    let config = PostgresConfig {
        schema: Some(home.schema().through(&url).unwrap()),
        run: Run::Join(home.run()),
        location: Location::Url(url),
        ..engines::postgres_config(server)
    };
    let policy = engines::tight_policy();
    let strategy = Arc::new(T::new(T::Store::open(&config).await.unwrap(), policy));
    proxy.swallow_one_in(20);
    let all = run_clients(&strategy, commands / CLIENTS).await;
    proxy.swallow_one_in(0);

    let unclear = all.iter().filter(|it| matches!(it.first, Err(Failure::Indeterminate(_))));
    let unclear: Vec<_> = unclear.collect();
    let applied = |it: &&&Outcomes| matches!(it.last.reply, Reply::Applied(_));
    let settled_applied = unclear.iter().filter(applied).count();
    let not_applied = all.iter().filter(|it| it.last.reply == Reply::NotApplied).count();
    eprintln!(
        "{}: {} commands, {} answers swallowed, {} outcomes indeterminate at first, of which {} \
         had been applied; {not_applied} not applied",
        T::NAME,
        all.len(),
        proxy.swallowed(),
        unclear.len(),
        settled_applied
    );
    assert!(unclear.len() > 20 && settled_applied > 10, "the faults hit commands");
    let operations: Vec<Operation> = all.iter().map(|it| it.last).collect();
    let unresolved = clients::count(&operations, |reply| *reply == Reply::Indeterminate);
    assert_eq!(unresolved, 0, "each outcome is final");
    if let Err(violation) = clients::audit(policy, operations, &home).await {
        panic!("{}: {violation}\n{}", T::NAME, violation.diagram());
    }
}

#[test]
fn no_command_is_doubled_lost_or_unresolved_when_answers_are_swallowed() {
    engines::run(async {
        if engines::postgres("lost answers").await.is_none() {
            return;
        }
        // Durability has no part in it.
        let settings = vec![("fsync".into(), "off".into())];
        let server = PostgresServer::start_with(ServerOptions { settings }).await.unwrap();
        check::<InStore<Postgres<()>, ConditionalUpdate>>(&server, COMMANDS).await;
        check::<BatchedQueue<Postgres<CombiningLock>>>(&server, COMMANDS).await;
    });
}
