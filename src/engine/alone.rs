//! One caller and nobody else: what a request costs where nobody contends.
//!
//! Every strategy has a way that it hopes to go, with the lock free, the line empty and nothing
//! changed in between. Here a single caller asks a single account, one request after another, so
//! that this way and no other is timed. How strategies compare when many ask is not to be had from
//! it: a lock that is cheap alone may be the one that stalls a crowd.
//!
//! The caller is a task of a runtime with one thread, since some strategies start tasks of their
//! own. It knows its strategy when it is compiled, and asks by a plain call first, as clients do.

use std::{
    fmt,
    hint::black_box,
    time::{Duration, Instant},
};

use tokio::runtime::Builder;

use crate::{
    domain::{Account, Action, Amount, Command, OperationId, Policy, UserId},
    service::PointService,
    store::Setup,
    strategy::{ConcurrencyStrategy, Family},
};

/// Requests after which the caller goes on with a fresh service: their ledger is 4 MiB, which is
/// touched beforehand and never counted, however many requests are asked for.
const ROUND_REQUESTS_MAX: u64 = 1 << 17;

/// The most that the default policy lets an account hold.
const BALANCE_MAX: Amount = amount(1_000_000);

/// What the account holds at first: enough for a use, and with room for a charge.
const BALANCE_FIRST: Amount = amount(500_000);

/// What is charged and used in turns, so that the balance goes nowhere.
const STEP: Amount = amount(1);

/// What the caller asks for, again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A charge and a use in turns, each of them a request. They cost the same, and one alone
    /// would soon meet a rule.
    Change,
    /// A use of more than there is. It is decided in full and changes nothing.
    Refused,
    /// The balance.
    Read,
}

impl Kind {
    /// Each of them.
    pub const ALL: [Kind; 3] = [Kind::Change, Kind::Refused, Kind::Read];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Change => "change",
            Kind::Refused => "refused",
            Kind::Read => "read",
        })
    }
}

/// Has one caller ask strategy `T` so many times, and gives the time that all of it took. Opening
/// services and touching memory is left out.
///
/// # Panics
/// If the account is not afterwards what the requests make of it: a time in which something else
/// was done would be the time of nothing. References have no account, and are not held to it.
pub fn alone<T: ConcurrencyStrategy>(kind: Kind, requests: u64) -> Duration {
    let runtime = Builder::new_current_thread()
        .build()
        .expect("a runtime without timers and sockets needs nothing of the system");
    let mut elapsed = Duration::ZERO;
    let mut left = requests;
    while 0 < left {
        let asked = left.min(ROUND_REQUESTS_MAX);
        // A task, since polling from the root of a runtime costs a wake-up of the thread each time.
        let task = async { tokio::spawn(round::<T>(kind, asked)).await };
        elapsed += runtime.block_on(task).expect("a caller is answered, and as it should be");
        left -= asked;
    }
    elapsed
}

async fn round<T: ConcurrencyStrategy>(kind: Kind, requests: u64) -> Duration {
    let service = opened::<T>(kind, requests).await;
    let started = Instant::now();
    match kind {
        Kind::Change => execute(&service, requests, step).await,
        Kind::Refused => execute(&service, requests, |_| Action::Use(BALANCE_MAX)).await,
        Kind::Read => read(&service, requests).await,
    }
    let elapsed = started.elapsed();
    if T::FAMILY != Family::Reference {
        check(&service, kind, requests).await;
    }
    elapsed
}

/// A service with one account, whose ledger meets no fresh page.
async fn opened<T: ConcurrencyStrategy>(kind: Kind, requests: u64) -> PointService<T> {
    let lines = applied(kind, requests);
    // Half as many again for what does not fit at the end of a block, and for headers.
    let setup =
        Setup { dense_users: 1, ledger_entries: lines + lines / 2 + 64, ..Setup::default() };
    let service = PointService::<T>::open(&setup, Policy::default());
    execute(&service, 1, |_| Action::Charge(BALANCE_FIRST)).await;
    service
}

/// The action of request `number`: every other is a use. A processor foresees that, and does not
/// foresee what real callers ask.
#[inline(always)]
fn step(number: u64) -> Action {
    if number.is_multiple_of(2) { Action::Charge(STEP) } else { Action::Use(STEP) }
}

#[inline(always)]
async fn execute<T: ConcurrencyStrategy>(
    service: &PointService<T>,
    requests: u64,
    action: impl Fn(u64) -> Action,
) {
    for number in 0..requests {
        let action = action(number);
        let command = Command { id: OperationId(number), user: black_box(USER), action };
        let outcome = match service.execute_at_once(command) {
            Some(outcome) => outcome,
            None => service.execute(command).await,
        };
        // What a caller wants to know; the rest need not be put together for nobody.
        black_box(outcome.ok().map(|receipt| receipt.after));
    }
}

#[inline(always)]
async fn read<T: ConcurrencyStrategy>(service: &PointService<T>, requests: u64) {
    for _ in 0..requests {
        let user = black_box(USER);
        let account = match service.balance_at_once(user) {
            Some(account) => Some(account),
            None => service.balance(user).await.ok(),
        };
        black_box(account);
    }
}

async fn check<T: ConcurrencyStrategy>(service: &PointService<T>, kind: Kind, requests: u64) {
    let applied = applied(kind, requests);
    let balance = BALANCE_FIRST.points() + applied % 2 * STEP.points();
    let account = service.balance(USER).await;
    let expected = Account { balance, version: 1 + applied };
    assert_eq!(account, Ok(expected), "{} after {requests} times {kind}", T::NAME);
}

/// How many of the requests change the account.
fn applied(kind: Kind, requests: u64) -> u64 {
    match kind {
        Kind::Change => requests,
        Kind::Refused | Kind::Read => 0,
    }
}

/// Whose account it is.
const USER: UserId = match UserId::new(1) {
    Ok(user) => user,
    Err(_) => panic!("ids start at 1"),
};

const fn amount(points: u64) -> Amount {
    match Amount::new(points) {
        Ok(amount) => amount,
        Err(_) => panic!("amounts start at 1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{store::Slab, strategy::Mutex};

    /// Requests past the first service must be asked as well, and of accounts that have room.
    #[test]
    fn more_requests_than_a_round_are_all_asked() {
        let time = alone::<Mutex<Slab<parking_lot::Mutex<()>>>>;
        let (few, many) = (1, 2 * ROUND_REQUESTS_MAX + 1);
        assert!(time(Kind::Change, few) < time(Kind::Change, many));
    }
}
