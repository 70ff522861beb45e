//! Many connections.

use std::time::{Duration, Instant};

use hotrow_server::Limits;

use super::{Connection, RunningServer, allow_files, in_time};
use crate::{
    account_check::{CheckResult, ensure},
    app::ExecutionMode,
    ask::Request,
};

/// Number of idle connections.
const IDLE: u64 = 2_000;

/// Number of requests for the median.
const REQUESTS: usize = 300;

/// Maximum ratio of the median with idle connections to the median without. Idle connections should
/// cost nothing; other processes may slow requests by a small factor.
const FACTOR_MAX: f64 = 8.0;

/// Smallest median that is compared; faster ones count as this.
const MEDIAN_MIN: Duration = Duration::from_micros(500);

/// Idle connections could slow each request, if the server examined all of them.
pub(crate) fn idle_connections_do_not_slow_requests() -> CheckResult {
    // Both ends of each connection are in this process.
    if !allow_files(2 * IDLE)? {
        return Ok(());
    }
    ExecutionMode::Threads.run(async {
        let server = RunningServer::in_memory(Limits::default()).await;
        let mut wire = server.connect().await;
        let alone = median(&mut wire).await;
        let mut idle = Vec::new();
        for _ in 0..IDLE {
            idle.push(Connection::open(server.address).await.map_err(|error| error.to_string())?);
        }
        wire.wait_for_metric("hotrow_connections", IDLE + 1).await?;
        let among = median(&mut wire).await;
        let most = alone.max(MEDIAN_MIN).mul_f64(FACTOR_MAX);
        ensure(among <= most, || {
            format!("alone {alone:?}, with {IDLE} idle connections {among:?}")
        })?;
        drop(idle);
        wire.wait_for_metric("hotrow_connections", 1).await
    })
}

async fn median(wire: &mut Connection) -> Duration {
    let mut times = Vec::new();
    for _ in 0..REQUESTS {
        let began = Instant::now();
        assert!(wire.call(&Request::charge(7, 1)).await.is_ok());
        times.push(began.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

/// A connection past the limit could wait in a queue, take the place of another connection, or keep
/// a place for ever. It is answered and closed, and when a connection closes the next one is
/// accepted.
pub(crate) fn a_connection_past_the_limit_gets_a_503() -> CheckResult {
    ExecutionMode::Threads.run(async {
        let server = RunningServer::in_memory(Limits { connections: 3, ..Limits::default() }).await;
        let mut accepted = Vec::new();
        for _ in 0..3 {
            let mut wire = server.connect().await;
            ensure(wire.call(&Request::balance(7)).await.is_ok(), || {
                "the connection was rejected".to_owned()
            })?;
            accepted.push(wire);
        }
        for repetition in 0..3 {
            // One client sends a request, and one only reads.
            for sends in [true, false] {
                let mut fourth = server.connect().await;
                if sends {
                    let _ = fourth.send(&Request::charge(7, 5).to_bytes()).await;
                }
                let answer = in_time("a rejection", fourth.answer()).await?;
                let answer = answer.map_err(|error| error.to_string())?.ok_or("no rejection")?;
                let is_rejection = answer.status == 503 && answer.code() == "overloaded";
                let headers = ["retry-after", "content-type", "connection"];
                let is_complete = headers.iter().all(|name| answer.headers.contains_key(*name));
                ensure(is_rejection && is_complete, || answer.describe())?;
                let _ = fourth.shutdown_write().await;
                in_time("the close", fourth.wait_for_close()).await?;
            }
            let rejected = accepted[0].metric("hotrow_connections_refused_total").await;
            ensure(rejected == 2 * (repetition + 1), || {
                format!("{rejected} rejections were counted")
            })?;

            drop(accepted.pop());
            accepted[0].wait_for_metric("hotrow_connections", 2).await?;
            let mut next = server.connect().await;
            let answer = next.call(&Request::balance(7)).await;
            ensure(answer.is_ok() && answer.point() == 0, || answer.describe())?;
            accepted.push(next);
        }
        Ok(())
    })
}
