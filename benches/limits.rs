//! prototype
use hotrow::{domain::*, service::PointService, store::*, strategy::*};
use std::{
    collections::HashMap,
    future::Future,
    hint::black_box,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Instant,
};

fn ready<F: Future>(f: F) -> F::Output {
    let mut f = pin!(f);
    match f.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(v) => v,
        Poll::Pending => unreachable!(),
    }
}
const RING: usize = 4096;
const LAPS: usize = 64;
fn cmds(n: usize, users: u64) -> Vec<Command> {
    let mut r = fastrand::Rng::with_seed(7);
    (0..n)
        .map(|i| {
            let a = Amount::new(r.u64(1..=100)).unwrap();
            Command {
                id: OperationId(i as u64 + 1),
                user: UserId::new(r.u64(1..=users)).unwrap(),
                action: if r.bool() { Action::Charge(a) } else { Action::Use(a) },
            }
        })
        .collect()
}

fn svc<T: ConcurrencyStrategy>(users: u64, n: usize) -> PointService<T> {
    let s = PointService::<T>::open(
        &Setup {
            dense_users: users,
            ledger_entries: 2 * n as u64 + users * 10,
            ..Setup::default()
        },
        Policy::default(),
    );
    for u in 1..=users {
        ready(s.charge(UserId::new(u).unwrap(), Amount::new(500_000).unwrap())).unwrap();
    }
    s
}
fn run<T: ConcurrencyStrategy>(c: &[Command], users: u64) -> f64 {
    let s = svc::<T>(users, LAPS * c.len());
    let t = Instant::now();
    let mut ok = 0u64;
    for c in (0..LAPS).flat_map(|_| c) {
        ok += u64::from(
            match s.execute_at_once(*c) {
                Some(o) => o,
                None => ready(s.execute(*c)),
            }
            .is_ok(),
        );
    }
    black_box(ok);
    t.elapsed().as_nanos() as f64 / (LAPS * c.len()) as f64
}
fn reads<T: ConcurrencyStrategy>(c: &[Command], users: u64) -> f64 {
    let s = svc::<T>(users, 1000);
    let t = Instant::now();
    let mut sum = 0u64;
    for c in (0..LAPS).flat_map(|_| c) {
        sum = sum.wrapping_add(ready(s.balance(c.user)).unwrap().balance);
    }
    black_box(sum);
    t.elapsed().as_nanos() as f64 / (LAPS * c.len()) as f64
}
#[repr(align(128))]
struct P<T>(T);
fn fetch_add(c: &[Command], users: u64) -> f64 {
    let f: Vec<P<AtomicU64>> = (0..users).map(|_| P(AtomicU64::new(1 << 30))).collect();
    let t = Instant::now();
    for c in (0..LAPS).flat_map(|_| c) {
        f[(c.user.value() - 1) as usize].0.fetch_add(c.action.amount().points(), Ordering::AcqRel);
    }
    t.elapsed().as_nanos() as f64 / (LAPS * c.len()) as f64
}
fn load(c: &[Command], users: u64) -> f64 {
    let f: Vec<P<AtomicU64>> = (0..users).map(|_| P(AtomicU64::new(1 << 30))).collect();
    let t = Instant::now();
    let mut sum = 0u64;
    for c in (0..LAPS).flat_map(|_| c) {
        sum = sum.wrapping_add(f[(c.user.value() - 1) as usize].0.load(Ordering::Acquire));
    }
    black_box(sum);
    t.elapsed().as_nanos() as f64 / (LAPS * c.len()) as f64
}
fn append(c: &[Command], users: u64) -> f64 {
    let f: Vec<P<AtomicU64>> = (0..users).map(|_| P(AtomicU64::new(1 << 30))).collect();
    let per = 20.max(RING / users as usize * 2) * LAPS + 64;
    let per = if users == 1024 { 16 * LAPS } else { per };
    let mut m: Vec<(usize, Vec<[u64; 4]>)> = (0..users).map(|_| (0, vec![[1; 4]; per])).collect();
    let t = Instant::now();
    for c in (0..LAPS).flat_map(|_| c) {
        let u = (c.user.value() - 1) as usize;
        let b = f[u].0.fetch_add(c.action.amount().points(), Ordering::AcqRel);
        let m = &mut m[u];
        m.1[m.0] = [c.id.0, c.action.amount().points(), b, 1];
        m.0 += 1;
    }
    black_box(&m);
    t.elapsed().as_nanos() as f64 / (LAPS * c.len()) as f64
}
fn lock(c: &[Command], users: u64) -> f64 {
    let a: Vec<P<parking_lot::Mutex<[u64; 7]>>> =
        (0..users).map(|_| P(parking_lot::Mutex::new([1 << 30; 7]))).collect();
    let t = Instant::now();
    for c in (0..LAPS).flat_map(|_| c) {
        let mut g = a[(c.user.value() - 1) as usize].0.lock();
        g[0] = g[0].wrapping_add(c.action.amount().points());
    }
    t.elapsed().as_nanos() as f64 / (LAPS * c.len()) as f64
}
fn map(c: &[Command], users: u64) -> f64 {
    struct A {
        balance: u64,
        history: Vec<[u64; 4]>,
    }
    let m: parking_lot::RwLock<HashMap<u64, Arc<parking_lot::Mutex<A>>>> = Default::default();
    for u in 1..=users {
        m.write().insert(
            u,
            Arc::new(parking_lot::Mutex::new(A { balance: 500_000, history: Vec::new() })),
        );
    }
    let t = Instant::now();
    for c in (0..LAPS).flat_map(|_| c) {
        let l = m.read().get(&c.user.value()).unwrap().clone();
        let mut g = l.lock();
        let b = g.balance;
        let a =
            c.decide(Account { balance: b, version: g.history.len() as u64 }, &Policy::default());
        if let Ok(r) = a {
            g.balance = r.after.balance;
            g.history.push([c.id.0, c.action.amount().points(), b, r.after.balance]);
        }
    }
    t.elapsed().as_nanos() as f64 / (LAPS * c.len()) as f64
}
fn flight<T: ConcurrencyStrategy>(tasks: u64, n: u64) -> f64 {
    let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
    rt.block_on(async {
        let s = Arc::new(PointService::<T>::open(
            &Setup { ledger_entries: 2 * n, ..Setup::default() },
            Policy::default(),
        ));
        let u = UserId::new(1).unwrap();
        let drive = tokio::spawn(async move {
            let t = Instant::now();
            let h: Vec<_> = (0..tasks)
                .map(|_| {
                    let s = s.clone();
                    tokio::spawn(async move {
                        for i in 0..n / tasks {
                            let a = Amount::new(1).unwrap();
                            let _ = black_box(
                                s.execute(Command {
                                    id: OperationId(i),
                                    user: u,
                                    action: if i & 1 == 0 {
                                        Action::Charge(a)
                                    } else {
                                        Action::Use(a)
                                    },
                                })
                                .await,
                            );
                        }
                    })
                })
                .collect();
            for h in h {
                h.await.unwrap();
            }
            t.elapsed().as_nanos() as f64 / n as f64
        });
        drive.await.unwrap()
    })
}
fn main() {
    let only = std::env::var("ONLY").ok();
    let blocks: usize = std::env::var("BLOCKS").ok().map_or(9, |b| b.parse().unwrap());
    type S<L> = Slab<L>;
    let n = RING;
    for users in [1u64, 8, 64, 256, 1024] {
        let c = cmds(n, users);
        let mut rows: Vec<(&str, Box<dyn Fn() -> f64>, Vec<f64>)> = vec![];
        macro_rules! r {
            ($n:expr, $e:expr) => {
                if only
                    .as_deref()
                    .is_none_or(|o| o.split(',').any(|o| o == format!("{users}/{}", $n)))
                {
                    rows.push(($n, Box::new(move || $e), vec![]))
                }
            };
        }
        let c: &'static [Command] = c.leak();
        r!("fetch_add", fetch_add(c, users));
        r!("append", append(c, users));
        r!("lock", lock(c, users));
        r!("load", load(c, users));
        r!("map", map(c, users));
        r!("cas", run::<Cas<S<()>>>(c, users));
        r!("mutex", run::<Mutex<S<parking_lot::Mutex<()>>>>(c, users));
        r!("queue", run::<Queue<S<Turn>>>(c, users));
        r!("rwlock", run::<RwLock<S<parking_lot::RwLock<()>>>>(c, users));
        r!("async-mutex", run::<AsyncMutex<S<tokio::sync::Mutex<()>>>>(c, users));
        r!("async-rwlock", run::<AsyncRwLock<S<tokio::sync::RwLock<()>>>>(c, users));
        r!("unguarded", run::<Unguarded<S<()>>>(c, users));
        r!("null", run::<Null<S<()>>>(c, users));
        r!("fetch-add strat", run::<FetchAdd<S<AtomicU64>>>(c, users));
        r!("read cas", reads::<Cas<S<()>>>(c, users));
        r!("read mutex", reads::<Mutex<S<parking_lot::Mutex<()>>>>(c, users));
        r!("read queue", reads::<Queue<S<Turn>>>(c, users));
        r!("read rwlock", reads::<RwLock<S<parking_lot::RwLock<()>>>>(c, users));
        if users == 1 {
            r!("sharded 64", flight::<ShardedActor<S<()>>>(64, 1 << 16));
            r!("sharded 256", flight::<ShardedActor<S<()>>>(256, 1 << 16));
            r!("actor 64", flight::<Actor<S<Desk>>>(64, 1 << 16));
            r!("actor 1", flight::<Actor<S<Desk>>>(1, 1 << 14));
        }
        for _ in 0..blocks {
            let mut order: Vec<usize> = (0..rows.len()).collect();
            fastrand::shuffle(&mut order);
            for i in order {
                let v = (rows[i].1)();
                rows[i].2.push(v);
            }
        }
        for (n, _, v) in &mut rows {
            v.sort_by(f64::total_cmp);
            println!(
                "{users:>5} {n:<16} min {:.1} med {:.1} max {:.1}",
                v[0],
                v[v.len() / 2],
                v[v.len() - 1]
            );
        }
    }
}
