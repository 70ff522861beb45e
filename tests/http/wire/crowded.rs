//! Many connections.

use std::time::{Duration, Instant};

use hotrow::http::Limits;

use super::{Serving, Wire, allow_files, soon};
use crate::{
    app::Stage,
    ask::Ask,
    books::{Found, ensure},
};

/// Connections that do nothing.
const IDLE: u64 = 2_000;

/// Requests whose median is taken.
const REQUESTS: usize = 300;

/// How many times as long a request may take among idle connections. They should cost nothing; what else
/// the machine does at the time may cost a few times as much.
const FACTOR_MAX: f64 = 8.0;

/// Least that is told from nothing.
const FLOOR: Duration = Duration::from_micros(500);

/// Idle connections could cost each request a look at all of them.
pub(crate) fn idle_connections_slow_nobody_down() -> Found {
    // Two ends of each connection.
    if !allow_files(2 * IDLE)? {
        return Ok(());
    }
    Stage::Threads.run(async {
        let serving = Serving::quick(Limits::default()).await;
        let mut wire = serving.connect().await;
        let alone = median(&mut wire).await;
        let mut idle = Vec::new();
        for _ in 0..IDLE {
            idle.push(Wire::to(serving.address).await.map_err(|error| error.to_string())?);
        }
        wire.until("hotrow_connections", IDLE + 1).await?;
        let among = median(&mut wire).await;
        let most = alone.max(FLOOR).mul_f64(FACTOR_MAX);
        ensure(among <= most, || format!("alone {alone:?}, among {IDLE} idle ones {among:?}"))?;
        drop(idle);
        wire.until("hotrow_connections", 1).await
    })
}

async fn median(wire: &mut Wire) -> Duration {
    let mut times = Vec::new();
    for _ in 0..REQUESTS {
        let began = Instant::now();
        assert!(wire.ask(&Ask::charge(7, 1)).await.is_ok());
        times.push(began.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

/// One connection too many could be left in a line that nobody sees, take somebody else's place, or
/// keep a place for good. It is told so and closed, and when somebody leaves another is let in.
pub(crate) fn one_connection_too_many_is_told_so() -> Found {
    Stage::Threads.run(async {
        let serving = Serving::quick(Limits { connections: 3, ..Limits::default() }).await;
        let mut inside = Vec::new();
        for _ in 0..3 {
            let mut wire = serving.connect().await;
            ensure(wire.ask(&Ask::balance(7)).await.is_ok(), || "not let in".to_owned())?;
            inside.push(wire);
        }
        for round in 0..3 {
            // One that asks, and one that only listens.
            for asks in [true, false] {
                let mut fourth = serving.connect().await;
                if asks {
                    let _ = fourth.send(&Ask::charge(7, 5).bytes()).await;
                }
                let answer = soon("a refusal", fourth.answer()).await?;
                let answer = answer.map_err(|error| error.to_string())?.ok_or("no refusal")?;
                let told = answer.status == 503 && answer.code() == "overloaded";
                let headers = ["retry-after", "content-type", "connection"];
                let told = told && headers.iter().all(|name| answer.headers.contains_key(*name));
                ensure(told, || answer.shown())?;
                let _ = fourth.finish().await;
                soon("its end", fourth.closed()).await?;
            }
            let refused = inside[0].metric("hotrow_connections_refused_total").await;
            ensure(refused == 2 * (round + 1), || format!("{refused} were counted"))?;

            drop(inside.pop());
            inside[0].until("hotrow_connections", 2).await?;
            let mut next = serving.connect().await;
            let answer = next.ask(&Ask::balance(7)).await;
            ensure(answer.is_ok() && answer.point() == 0, || answer.shown())?;
            inside.push(next);
        }
        Ok(())
    })
}
