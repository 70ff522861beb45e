//! Clients that take their time.

use std::time::{Duration, Instant};

use hotrow::http::Limits;
use tokio::time::sleep;

use super::{PATIENCE, SLACK, Serving, Wire, soon};
use crate::{
    app::Stage,
    ask::Ask,
    books::{Found, ensure},
};

/// Between the bytes of a client that sends as slowly as it can.
const BETWEEN_BYTES: Duration = Duration::from_millis(20);

fn impatient() -> Limits {
    Limits { patience: PATIENCE, ..Limits::default() }
}

/// A client that says nothing, or only half of it, or a byte at a time, could keep its connection for
/// ever, and a few thousand of them the service. Each is cut off when patience is over, and not
/// before; however often a byte comes, the time is for all of them.
pub(crate) fn a_slow_head_is_cut_off() -> Found {
    Stage::Threads.run(async {
        let serving = Serving::quick(impatient()).await;
        let (silent, half, bytewise, idle) = tokio::join!(
            async { serving.connect().await.closed().await },
            async {
                let mut wire = serving.connect().await;
                wire.send(b"GET /point/7 HTTP/1.1\r\nhost").await.expect("the server reads");
                wire.closed().await
            },
            async {
                let began = Instant::now();
                let mut wire = serving.connect().await;
                // A head without an end.
                wire.send(b"GET /point/7 HTTP/1.1\r\nx: ").await.expect("the server reads");
                while began.elapsed() < SLACK && wire.send(b"x").await.is_ok() {
                    sleep(BETWEEN_BYTES).await;
                }
                began.elapsed()
            },
            async {
                let mut wire = serving.connect().await;
                assert!(wire.ask(&Ask::balance(7)).await.is_ok());
                wire.closed().await
            },
        );
        for (who, took) in
            [("silent", silent), ("half a head", half), ("bytewise", bytewise), ("idle", idle)]
        {
            let in_time = PATIENCE.mul_f64(0.9) < took && took < SLACK;
            ensure(in_time, || format!("{who}: cut off after {took:?}"))?;
        }
        let mut wire = serving.connect().await;
        ensure(wire.ask(&Ask::balance(7)).await.is_ok(), || "nobody is served".to_owned())?;
        wire.until("hotrow_connections", 1).await
    })
}

/// A body that comes a byte at a time could keep a request for ever, or have its first bytes taken
/// for all of it: `5` of `500`. Its sender is told so, and its connection is closed.
pub(crate) fn a_slow_body_is_told_so() -> Found {
    Stage::Threads.run(async {
        let serving = Serving::quick(impatient()).await;
        let mut wire = serving.connect().await;
        let began = Instant::now();
        let head = "PATCH /point/7/charge HTTP/1.1\r\nhost: test\r\n\
            content-type: application/json\r\ncontent-length: 1000\r\n\r\n";
        wire.send(head.as_bytes()).await.map_err(|error| error.to_string())?;
        while began.elapsed() < PATIENCE.mul_f64(0.8) {
            wire.send(b"5").await.map_err(|error| format!("cut off early: {error}"))?;
            sleep(BETWEEN_BYTES).await;
        }
        let answer = soon("a slow body", wire.answer()).await?;
        let answer = answer.map_err(|error| error.to_string())?.ok_or("there is no answer")?;
        answer.is_problem(408, "body-too-slow")?;
        let took = began.elapsed();
        ensure(PATIENCE <= took && took < SLACK, || format!("it was told after {took:?}"))?;
        soon("the end of its connection", wire.closed()).await?;
        let mut wire = serving.connect().await;
        let balance = wire.ask(&Ask::balance(7)).await.point();
        ensure(balance == 0, || format!("half a body charged {balance}"))
    })
}

/// A client that never reads its answers could keep them in the server's memory, and its connection
/// for ever. It asks for more than the buffers in between can take, and reads nothing.
pub(crate) fn who_does_not_read_is_cut_off() -> Found {
    Stage::Threads.run(async {
        let serving = Serving::quick(impatient()).await;
        let mut wire = serving.connect().await;
        for points in 1..=1_000 {
            let answer = wire.ask(&Ask::charge(7, points)).await;
            ensure(answer.is_ok(), || answer.shown())?;
        }
        let mut deaf = serving.connect().await;
        let ask = Ask::get("/point/7/histories").bytes();
        let began = Instant::now();
        // Some 300 megabytes of answers.
        let asked = async {
            for _ in 0..4_000 {
                if deaf.send(&ask).await.is_err() {
                    break;
                }
            }
            Ok(())
        };
        let others = async {
            wire.until("hotrow_connections", 2).await?;
            wire.until("hotrow_connections", 1).await
        };
        let (asked, others): (Found, Found) = tokio::join!(asked, others);
        asked.and(others)?;
        let took = began.elapsed();
        ensure(PATIENCE <= took, || format!("it was cut off after {took:?}"))
    })
}

/// Requests that are sent without waiting for answers could be answered in another order, or by each
/// other's answers. Each charge is told the sum so far.
pub(crate) fn requests_in_a_row_are_answered_in_their_order() -> Found {
    Stage::Threads.run(async {
        let tables = super::entry("queue", "tables");
        let latency = hotrow::database::Latency::Fixed(Duration::from_millis(1));
        for serving in
            [Serving::quick(impatient()).await, Serving::open(tables, latency, impatient()).await]
        {
            let mut wire: Wire = serving.connect().await;
            let asks: Vec<u8> =
                (1..=30).flat_map(|points| Ask::charge(7, points).bytes()).collect();
            wire.send(&asks).await.map_err(|error| error.to_string())?;
            let mut sum = 0;
            for points in 1..=30 {
                sum += points;
                let answer = soon("an answer", wire.answer()).await?;
                let answer = answer.map_err(|error| error.to_string())?.ok_or("it is closed")?;
                ensure(answer.is_ok() && answer.point() == sum, || {
                    format!("charge {points} leaves {sum}, and is told {}", answer.shown())
                })?;
            }
        }
        Ok(())
    })
}
