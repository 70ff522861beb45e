//! A queue before the store: the commands of one account that wait while a batch is written become
//! the next batch.
//!
//! One caller at a time owns the account. It takes the commands that wait behind it, decides all of
//! them in order, each on the account that the one before leaves, and commits them in one write.
//! Then it delivers the outcomes and passes the account to the first caller that has come meanwhile.
//! So the price of a round trip and of a sync is shared by all callers that would have waited for
//! it, as in group commit, and a batch grows with the load.
//!
//! It wins on a hot row, the more the longer a write takes: the throughput of a lock is bounded by
//! one command in each write, and that of the queue by [`BATCH_MAX`].
//!
//! It loses nothing at one client but the look at the queue. With several processes, each has a
//! queue of its own, and a batch fails whole if another process wrote in between.
//!
//! It guarantees:
//! - Order: first in, first out within the process, so no request starves there.
//! - Cancellation: a request whose future is dropped before it is taken is not executed.
//! - Rejection: a value for its own caller. It is decided on an account that the store confirmed:
//!   by the commit of the batch, or by a load.
//! - Panic, and any other end of an owner: each command of its batch has an indeterminate outcome,
//!   and the next caller owns the account.
//! - Indeterminate writes: the outcome of the whole batch is indeterminate, and the owner forgets
//!   what it knew of the account.
//! - Memory: a queue while requests wait.
//! - Scope: every process, on a store that refuses a batch whose first receipt is out of date.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use super::{
    Base, ConcurrencyStrategy, Family, Guarantees, Scope,
    back_off::BackOff,
    mailbox::Envelope,
    queue::{CombiningLock, Grant, LockGuard, Request},
};
use crate::{
    domain::{
        Account, Command, CommitError, Failure, Fault, LedgerEntry, Outcome, Receipt, Rejection,
        StoreError, StoreErrorKind,
    },
    store::BatchStore,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// The largest number of commands in one batch. The bound limits how long the first of them waits
/// for the write of the others.
pub const BATCH_MAX: usize = 64;

/// A queue for each account, whose waiting commands are committed together.
pub struct BatchedQueue<S> {
    base: Base<S>,
    retries: AtomicU64,
}

/// The queue of one account, and the account as its last batch left it.
#[derive(Default)]
pub struct BatchQueue {
    lock: CombiningLock,
    /// `None` if another process or a failure may have changed the account since.
    newest: Mutex<Option<Account>>,
}

impl<S: BatchStore<PerUserState = BatchQueue>> ConcurrencyStrategy for BatchedQueue<S> {
    type Store = S;

    const NAME: &'static str = "batched-queue";
    const FAMILY: Family = Family::Queue;
    const GUARANTEES: Guarantees = Guarantees {
        linearizable: true,
        fifo: true,
        starvation_free: true,
        no_cross_user_blocking: true,
        no_idle_memory: true,
        scope: Scope::Store,
    };

    fn over(base: Base<S>) -> BatchedQueue<S> {
        BatchedQueue { base, retries: AtomicU64::new(0) }
    }

    fn base(&self) -> &Base<S> {
        &self.base
    }

    async fn execute(&self, command: Command) -> Outcome {
        let entry = self.base.store.entry(command.user);
        let _guard = match entry.lock.lock_or_enqueue::<S>(Request::Execute(command)).await {
            Grant::Executed(outcome) => return outcome,
            Grant::LockHeld => LockGuard(&entry.lock),
        };
        let (commands, mut replies) = take_batch(&entry.lock, command);
        let mut outcomes = self.execute_all(&entry, &commands).await.into_iter();
        let own = outcomes.next().expect("each command of a batch has an outcome");
        replies.deliver(outcomes);
        own
    }

    fn retries(&self) -> Option<u64> {
        Some(self.retries.load(Ordering::Relaxed))
    }
}

/// Takes the commands that wait behind the `first`.
fn take_batch(lock: &CombiningLock, first: Command) -> (Vec<Command>, Replies<'_>) {
    let mut waiting = Vec::new();
    lock.queue.take(BATCH_MAX - 1, &mut waiting);
    let mut commands = vec![first];
    let mut reply_slots = Vec::with_capacity(waiting.len());
    for Envelope { request, reply_slot } in waiting {
        if let Request::Execute(command) = request {
            commands.push(command);
            reply_slots.push(reply_slot);
        }
    }
    (commands, Replies { lock, reply_slots })
}

/// The callers whose commands an owner took. Each has a reply in any case: one that never came would
/// leave its caller waiting.
struct Replies<'a> {
    lock: &'a CombiningLock,
    reply_slots: Vec<usize>,
}

impl Replies<'_> {
    fn deliver(&mut self, outcomes: impl Iterator<Item = Outcome>) {
        let replies = self.reply_slots.drain(..).zip(outcomes.map(Grant::Executed));
        self.lock.queue.deliver_all(&mut replies.collect(), &mut Vec::new());
    }
}

impl Drop for Replies<'_> {
    fn drop(&mut self) {
        self.deliver(std::iter::repeat_with(|| Err(Failure::Indeterminate(Fault::Abandoned))));
    }
}

/// The decisions on the commands of a batch, in order.
type Decisions = Vec<Result<Receipt, Rejection>>;

/// Why a batch has no outcomes.
enum Unwritten {
    /// The account is not as the batch found it: decide again.
    Changed(StoreError),
    /// Anything else.
    Failed(CommitError),
}

impl<S: BatchStore<PerUserState = BatchQueue>> BatchedQueue<S> {
    /// Executes `commands` in order, in one batch if possible. One outcome each.
    async fn execute_all(&self, entry: &S::Entry<'_>, commands: &[Command]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(commands.len());
        let mut size = commands.len();
        let mut attempts = BackOff::default();
        while outcomes.len() < commands.len() {
            let waiting = &commands[outcomes.len()..];
            let batch = &waiting[..size.min(waiting.len())];
            match self.execute_batch(entry, batch).await {
                Ok(executed) => outcomes.extend(executed),
                Err(Unwritten::Failed(error)) => {
                    outcomes.extend(batch.iter().map(|_| Err(error.clone().into())));
                }
                // Other writers hit a long batch more often. One that holds a command for the
                // second time fails until that command is alone.
                Err(Unwritten::Changed(_))
                    if attempts.retries_after_conflict(&self.retries).await =>
                {
                    size = batch.len().div_ceil(2);
                }
                Err(Unwritten::Changed(error)) => {
                    outcomes.extend(batch.iter().map(|_| Err(error.clone().into())));
                }
            }
        }
        outcomes
    }

    async fn execute_batch(
        &self,
        entry: &S::Entry<'_>,
        batch: &[Command],
    ) -> Result<Vec<Outcome>, Unwritten> {
        let known = entry.newest.lock().take();
        let before = match known {
            Some(account) => account,
            None => self.load(entry).await?,
        };
        let decisions = self.decide_all(before, batch);
        let receipts: Vec<Receipt> = decisions.iter().flatten().copied().collect();
        if receipts.is_empty() && known.is_some() {
            // No commit confirms what is known, so a load has to.
            let before = self.load(entry).await?;
            if Some(before) != known {
                return Err(Unwritten::Changed(CHANGED));
            }
        }
        let written = match receipts.is_empty() {
            true => Vec::new(),
            false => self.commit(entry, &receipts).await?,
        };
        if written.iter().map(|entry| entry.receipt).eq(receipts.iter().copied()) {
            *entry.newest.lock() = Some(receipts.last().map_or(before, |last| last.after));
        } else if batch.len() > 1 {
            // The store has an operation already, so the decisions after it are on no account.
            return Err(Unwritten::Changed(CHANGED));
        }
        Ok(outcomes(decisions, written))
    }

    fn decide_all(&self, before: Account, batch: &[Command]) -> Decisions {
        let mut account = before;
        let decide = |command: &Command| {
            let receipt = command.decide(account, &self.base.policy)?;
            account = receipt.after;
            Ok(receipt)
        };
        batch.iter().map(decide).collect()
    }

    async fn load(&self, entry: &S::Entry<'_>) -> Result<Account, Unwritten> {
        let loaded = AssertUnwindSafe(self.base.store.load(entry)).catch_unwind().await;
        match loaded {
            Ok(Ok(account)) => Ok(account),
            Ok(Err(error)) => Err(Unwritten::Failed(CommitError::NotApplied(error))),
            Err(_) => Err(Unwritten::Failed(CommitError::NotApplied(PANICKED))),
        }
    }

    async fn commit(
        &self,
        entry: &S::Entry<'_>,
        receipts: &[Receipt],
    ) -> Result<Vec<LedgerEntry>, Unwritten> {
        let work = AssertUnwindSafe(self.base.store.commit_all(entry, receipts));
        match work.catch_unwind().await {
            Ok(Ok(written)) => Ok(written),
            Ok(Err(CommitError::NotApplied(error))) if error.kind() == StoreErrorKind::Conflict => {
                Err(Unwritten::Changed(error))
            }
            Ok(Err(error)) => Err(Unwritten::Failed(error)),
            Err(_) => Err(Unwritten::Failed(CommitError::Indeterminate(PANICKED))),
        }
    }
}

const PANICKED: StoreError =
    StoreError::constant(StoreErrorKind::Failed, "the code of the store panicked");

const CHANGED: StoreError =
    StoreError::constant(StoreErrorKind::Conflict, "the account changed since the last batch");

/// Pairs each receipt with its ledger entry.
fn outcomes(decisions: Decisions, written: Vec<LedgerEntry>) -> Vec<Outcome> {
    let mut written = written.into_iter();
    let outcome = |decision| match decision {
        Ok(_) => Ok(written.next().expect("the store returns an entry for each receipt")),
        Err(rejection) => Err(Failure::Rejected(rejection)),
    };
    decisions.into_iter().map(outcome).collect()
}
