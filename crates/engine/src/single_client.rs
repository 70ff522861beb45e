//! Times a single client: the cost of a request without contention.
//!
//! Every strategy has a fast path, where the lock is free, the queue is empty and the account is
//! unchanged. Here a single client sends one request after another to a single account, so the
//! measurement shows that path alone. It says nothing about contention: a lock that is cheap
//! without contention may be the slowest with many clients.
//!
//! The client is a task of a runtime with one thread, since some strategies spawn tasks. It knows
//! its strategy at compile time, and tries a plain call first, as clients of a run do.

use std::{
    fmt,
    hint::black_box,
    time::{Duration, Instant},
};

use tokio::runtime::Builder;

use hotrow::{
    domain::{Account, Action, Amount, Command, OperationId, Policy, UserId},
    service::PointService,
    store::StoreConfig,
    strategy::{ConcurrencyStrategy, Family},
};

/// Requests after which the client continues with a new service. Their ledger takes 4 MiB, which is
/// touched in advance and never timed, for any number of requests.
const REQUESTS_PER_SERVICE_MAX: u64 = 1 << 17;

/// The maximum balance of the default policy.
const BALANCE_MAX: Amount = amount(1_000_000);

/// The initial balance: enough for a use, and with room for a charge.
const BALANCE_INITIAL: Amount = amount(500_000);

/// The amount of the alternating charges and uses, which leave the balance where it is.
const STEP: Amount = amount(1);

/// The kind of the client's requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// Alternating charges and uses, each of them a request. They cost the same, and one kind alone
    /// would soon reach a limit.
    Change,
    /// A use of more than the balance. It is decided in full and changes nothing.
    Rejected,
    /// A read of the balance.
    Read,
}

impl RequestKind {
    /// All kinds.
    pub const ALL: [RequestKind; 3] =
        [RequestKind::Change, RequestKind::Rejected, RequestKind::Read];
}

impl fmt::Display for RequestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            RequestKind::Change => "change",
            RequestKind::Rejected => "refused",
            RequestKind::Read => "read",
        })
    }
}

/// Sends `requests` requests from one client to strategy `T`, and returns the time that they take
/// together. That time excludes opening services and touching memory.
///
/// # Panics
/// If the account is not as the requests leave it, because the time would then be that of other
/// work. References have no account, so they are not checked.
pub fn single_client<T: ConcurrencyStrategy>(kind: RequestKind, requests: u64) -> Duration {
    let runtime = Builder::new_current_thread()
        .build()
        .expect("a runtime without timers and sockets needs no system resources");
    let mut elapsed = Duration::ZERO;
    let mut remaining = requests;
    while 0 < remaining {
        let batch = remaining.min(REQUESTS_PER_SERVICE_MAX);
        // It runs as a task: a future that the root of a runtime polls costs a wake-up of the
        // thread per poll.
        let task = async { tokio::spawn(run_batch::<T>(kind, batch)).await };
        elapsed += runtime.block_on(task).expect("every request of a single client is answered");
        remaining -= batch;
    }
    elapsed
}

async fn run_batch<T: ConcurrencyStrategy>(kind: RequestKind, requests: u64) -> Duration {
    let service = open_account::<T>(kind, requests).await;
    let started = Instant::now();
    match kind {
        RequestKind::Change => execute(&service, requests, step).await,
        RequestKind::Rejected => execute(&service, requests, |_| Action::Use(BALANCE_MAX)).await,
        RequestKind::Read => read(&service, requests).await,
    }
    let elapsed = started.elapsed();
    if T::FAMILY != Family::Reference {
        check_account(&service, kind, requests).await;
    }
    elapsed
}

/// Opens a service with one account, whose ledger causes no page fault.
async fn open_account<T: ConcurrencyStrategy>(kind: RequestKind, requests: u64) -> PointService<T> {
    let lines = applied(kind, requests);
    // Half as many again for headers, and for runs that do not fit at the end of a block.
    let config = StoreConfig {
        dense_users: 1,
        ledger_entries: lines + lines / 2 + 64,
        ..StoreConfig::default()
    };
    let service = PointService::<T>::open(&config, Policy::default()).await;
    let service = service.expect("the store of a benchmark can be opened");
    execute(&service, 1, |_| Action::Charge(BALANCE_INITIAL)).await;
    service
}

/// Returns the action of request `number`: charges and uses alternate. A processor predicts that,
/// unlike the requests of real clients.
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
        let outcome = match service.execute_sync(command) {
            Some(outcome) => outcome,
            None => service.execute(command).await,
        };
        // The caller uses only the account, so the compiler may omit the rest of the receipt.
        black_box(outcome.ok().map(|entry| entry.receipt.after));
    }
}

#[inline(always)]
async fn read<T: ConcurrencyStrategy>(service: &PointService<T>, requests: u64) {
    for _ in 0..requests {
        let user = black_box(USER);
        let account = match service.balance_sync(user) {
            Some(account) => Some(account),
            None => service.balance(user).await.ok(),
        };
        black_box(account);
    }
}

async fn check_account<T: ConcurrencyStrategy>(
    service: &PointService<T>,
    kind: RequestKind,
    requests: u64,
) {
    let applied = applied(kind, requests);
    let balance = BALANCE_INITIAL.points() + applied % 2 * STEP.points();
    let account = service.balance(USER).await;
    let expected = Account { balance, version: 1 + applied };
    assert_eq!(account, Ok(expected), "{} after {requests} times {kind}", T::NAME);
}

/// Returns the number of requests that change the account.
fn applied(kind: RequestKind, requests: u64) -> u64 {
    match kind {
        RequestKind::Change => requests,
        RequestKind::Rejected | RequestKind::Read => 0,
    }
}

/// The owner of the account.
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
    use hotrow::{store::Memory, strategy::Mutex};

    /// Requests beyond the first service must be sent as well, to an account that has room.
    #[test]
    fn requests_beyond_one_service_are_all_sent() {
        let time = single_client::<Mutex<Memory<parking_lot::Mutex<()>>>>;
        let (few, many) = (1, 2 * REQUESTS_PER_SERVICE_MAX + 1);
        assert!(time(RequestKind::Change, few) < time(RequestKind::Change, many));
    }
}
