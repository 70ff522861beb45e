//! References: the minimum that each kind of strategy must do, and a common implementation.

use std::{
    collections::HashMap,
    iter,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use crossbeam_utils::CachePadded;
use hotrow::domain::{Account, Command, LedgerEntry, Policy, UserId};
use parking_lot::Mutex;

use crate::script::{COMMANDS, commands, nanoseconds_per_command};

fn padded<T: Default>(users: u64) -> Vec<CachePadded<T>> {
    (0..users).map(|_| CachePadded::default()).collect()
}

fn place(command: &Command) -> usize {
    usize::try_from(command.user.value() - 1).expect("there are few users")
}

/// One atomic addition to the counter of a user.
pub(crate) fn fetch_add(users: u64) -> f64 {
    let counters = padded::<AtomicU64>(users);
    nanoseconds_per_command(users, |command| {
        let points = command.action.amount().points();
        counters[place(command)].fetch_add(points, Ordering::AcqRel)
    })
}

/// One atomic load of the counter of a user.
pub(crate) fn atomic_load(users: u64) -> f64 {
    let counters = padded::<AtomicU64>(users);
    nanoseconds_per_command(users, |command| counters[place(command)].load(Ordering::Acquire))
}

/// One lock around an addition to the balance beside it.
pub(crate) fn bare_lock(users: u64) -> f64 {
    let balances = padded::<Mutex<u64>>(users);
    nanoseconds_per_command(users, |command| {
        let mut balance = balances[place(command)].lock();
        *balance = balance.wrapping_add(command.action.amount().points());
        *balance
    })
}

/// One atomic addition, and one plain append of 32 bytes to the user's own memory, which was
/// written before. Every strategy with a ledger has to do this.
pub(crate) fn append(users: u64) -> f64 {
    let counters = padded::<AtomicU64>(users);
    let room = commands_per_user_max(users);
    let mut histories: Vec<(usize, Vec<[u64; 4]>)> =
        iter::repeat_with(|| (0, vec![[1; 4]; room])).take(counters.len()).collect();
    nanoseconds_per_command(users, |command| {
        let points = command.action.amount().points();
        let before = counters[place(command)].fetch_add(points, Ordering::AcqRel);
        let (length, lines) = &mut histories[place(command)];
        lines[*length] = [command.id.0, points, before, 1];
        *length += 1;
        before
    })
}

fn commands_per_user_max(users: u64) -> usize {
    let mut counts = vec![0; usize::try_from(users).expect("there are few users")];
    let ring = commands(users);
    ring.iter().for_each(|command| counts[place(command)] += COMMANDS / ring.len());
    counts.into_iter().max().unwrap_or(0)
}

/// A common implementation: a map from a user to a lock that protects a balance and a list.
pub(crate) fn map_of_locks(users: u64) -> f64 {
    #[derive(Default)]
    struct Protected {
        account: Account,
        history: Vec<LedgerEntry>,
    }
    let locks: Mutex<HashMap<UserId, Arc<Mutex<Protected>>>> = Mutex::default();
    for id in 1..=users {
        let user = UserId::new(id).expect("ids start at 1");
        let account = Account { balance: 500_000, version: 0 };
        let protected = Protected { account, history: Vec::new() };
        locks.lock().insert(user, Arc::new(Mutex::new(protected)));
    }
    let policy = Policy::default();
    nanoseconds_per_command(users, |command| {
        let lock = Arc::clone(locks.lock().entry(command.user).or_default());
        let mut protected = lock.lock();
        let receipt = command.decide(protected.account, &policy);
        if let Ok(receipt) = receipt {
            protected.account = receipt.after;
            let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let time_millis = u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX);
            protected.history.push(LedgerEntry { receipt, time_millis });
        }
        u64::from(receipt.is_ok())
    })
}
