//! Clients that are gone in the middle of a request.

use std::time::Duration;

use futures_util::future::join_all;
use hotrow::{database::Latency, http::Limits, registry::Entry};
use tokio::time::sleep;

use super::{SLACK, Serving, Wire, soon};
use crate::{
    app::Stage,
    ask::Ask,
    books::{End, Found, Told, ensure},
};

/// How much of its request a client sends before it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    HalfTheHead,
    Head,
    HalfTheBody,
    All,
    /// And the answer has begun to come.
    AllAndHeard,
}

/// How a client goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaves {
    WithFin,
    WithReset,
}

/// How long clients stay at the most, and how many in between: longer than a command takes.
const STAY_MAX: Duration = Duration::from_millis(6);
const STAYS: u32 = 12;

/// Most that may wait for the account. All who are cut off may at once.
const PLACES: usize = 512;

/// A client that goes away could take its command along between the balance and its line, have it
/// applied twice when it asks again, leave a place that is never given back, or a connection. Clients
/// go after every part of a request and after every time from none to more than a command takes,
/// with a FIN and with a reset; some have a key, and ask again. Then the account must agree with
/// what was told, half a request must have done nothing, and nobody may be waited for any more.
pub(crate) fn who_is_cut_off_leaves_the_account_whole(entry: &Entry) -> Found {
    Stage::Threads.run(async {
        let latency = match entry.store {
            "tables" => Latency::Fixed(Duration::from_millis(1)),
            _ => Latency::None,
        };
        let limits = Limits { per_account: PLACES, ..Limits::default() };
        let serving = Serving::open(entry, latency, limits).await;
        let mut told = Told::default();
        let mut wire = serving.connect().await;
        told.note(100_000, End::of(&wire.ask(&Ask::charge(1, 100_000)).await));

        let mut clients = Vec::new();
        for sent in [Sent::HalfTheHead, Sent::Head, Sent::HalfTheBody, Sent::All, Sent::AllAndHeard]
        {
            for leaves in [Leaves::WithFin, Leaves::WithReset] {
                for stay in 0..=STAYS {
                    let points = 1 + clients.len() as u64;
                    let stay = STAY_MAX * stay / STAYS;
                    clients.push(Client { points, sent, leaves, stay });
                }
            }
        }
        let honest = async {
            let mut told = Vec::new();
            let mut wire = serving.connect().await;
            for points in 1_001..=1_020 {
                told.push((points, End::of(&wire.ask(&Ask::charge(1, points)).await)));
            }
            told
        };
        let all = join_all(clients.iter().map(|client| client.run(&serving)));
        let (honest, _) = tokio::join!(honest, all);
        for (points, end) in honest {
            told.note(points.cast_signed(), end);
            ensure(told.is_applied(points.cast_signed()), || format!("{points}: {end:?}"))?;
        }
        wire.until("hotrow_queue_length", 0).await?;
        wire.until("hotrow_connections", 1).await?;

        let early: Vec<i64> = wire.history(1).await.iter().map(|line| line.change).collect();
        for client in &clients {
            let change = client.change();
            match client.sent {
                Sent::HalfTheHead | Sent::Head | Sent::HalfTheBody => {
                    told.note(change, End::Refused);
                }
                Sent::All | Sent::AllAndHeard if client.has_key() => {
                    told.note(change, End::of(&wire.ask(&client.ask()).await));
                    ensure(told.is_applied(change), || format!("{client:?} asks again in vain"))?;
                }
                Sent::All | Sent::AllAndHeard => told.note(change, End::Unknown),
            }
            let was_heard = client.sent == Sent::AllAndHeard;
            ensure(!was_heard || early.contains(&change), || format!("{client:?} is not applied"))?;
        }
        let balance = wire.ask(&Ask::balance(1)).await.point();
        let lines = wire.history(1).await;
        told.agrees(1, balance, &lines)?;
        drop(wire);
        let (served, _) = soon("the end", serving.stop().ended()).await?;
        let (counted, written) = (served.applied, lines.len() as u64);
        ensure(counted == written, || format!("{counted} were counted, and {written} written"))
    })
}

/// Who is cut off.
#[derive(Debug)]
struct Client {
    points: u64,
    sent: Sent,
    leaves: Leaves,
    stay: Duration,
}

impl Client {
    fn has_key(&self) -> bool {
        self.points.is_multiple_of(2)
    }

    fn change(&self) -> i64 {
        let points = self.points.cast_signed();
        if self.points.is_multiple_of(3) { -points } else { points }
    }

    fn ask(&self) -> Ask {
        let ask = match self.change() > 0 {
            true => Ask::charge(1, self.points),
            false => Ask::use_points(1, self.points),
        };
        if self.has_key() { ask.key(self.points.to_string()) } else { ask }
    }

    async fn run(&self, serving: &Serving) {
        let bytes = self.ask().bytes();
        let body = self.ask().body.len();
        let head = bytes.len() - body;
        let part = match self.sent {
            Sent::HalfTheHead => head / 2,
            Sent::Head => head,
            Sent::HalfTheBody => head + body / 2,
            Sent::All | Sent::AllAndHeard => bytes.len(),
        };
        let mut wire: Wire = serving.connect().await;
        wire.send(&bytes[..part]).await.expect("the server reads");
        if self.sent == Sent::AllAndHeard {
            wire.heard().await;
        }
        sleep(self.stay).await;
        match self.leaves {
            Leaves::WithReset => wire.reset(),
            Leaves::WithFin => {
                // It may have been answered and closed already.
                let _ = wire.finish().await;
            }
        }
    }
}

const _: () = assert!(SLACK.as_secs() > STAY_MAX.as_secs());
