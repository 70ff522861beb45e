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
//! It loses a round trip against a single statement at one client: each batch loads the account.
//! With several processes, each has a queue of its own, and a batch fails whole if another process
//! wrote in between.
//!
//! It guarantees:
//! - Order: first in, first out within the process, so no request starves there.
//! - Cancellation: a request whose future is dropped before it is taken is not executed.
//! - Rejection: a value for its own caller. It is decided on an account that the store confirmed:
//!   by the commit of the batch, or by a load.
//! - Panic, and any other end of an owner: each command of its batch has an indeterminate outcome,
//!   and the next caller owns the account.
//! - Indeterminate writes: the outcome of the whole batch is indeterminate.
//! - Memory: a queue while requests wait.
//! - Scope: every process, on a store that refuses a batch whose first receipt is out of date.

use super::{
    Base, ConcurrencyStrategy, Family, Guarantees, Scope,
    back_off::BackOff,
    mailbox::Envelope,
    queue::{CombiningLock, Grant, LockGuard, Request},
    step::catch_panic,
};
use crate::{
    domain::{
        Account, Command, Failure, Fault, LedgerEntry, Outcome, Receipt, Rejection, StoreError,
        StoreErrorKind,
    },
    store::BatchStore,
    sync::atomic::{AtomicU64, Ordering},
};

/// The largest number of commands in one batch. The bound limits how long the first of them waits
/// for the write of the others.
pub const BATCH_MAX: usize = 64;

/// A queue for each account, whose waiting commands are committed together.
pub struct BatchedQueue<S> {
    base: Base<S>,
    retries: AtomicU64,
}

impl<S: BatchStore<PerUserState = CombiningLock>> ConcurrencyStrategy for BatchedQueue<S> {
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
        let _guard = match entry.lock_or_enqueue::<S>(Request::Execute(command)).await {
            Grant::Executed(outcome) => return outcome,
            Grant::LockHeld => LockGuard(&entry),
        };
        let (commands, mut replies) = take_batch(&entry, command);
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
    /// The account changed between the load and the commit: decide again.
    Changed(StoreError),
    /// Anything else: the failure of each of its commands.
    Failed(Failure),
}

impl<S: BatchStore<PerUserState = CombiningLock>> BatchedQueue<S> {
    /// Executes `commands` in order, in one batch if possible. One outcome each.
    async fn execute_all(&self, entry: &S::Entry<'_>, commands: &[Command]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(commands.len());
        let (mut size, mut attempts) = (BATCH_MAX, BackOff::default());
        while outcomes.len() < commands.len() {
            let waiting = &commands[outcomes.len()..];
            let batch = &waiting[..size.min(waiting.len())];
            match self.execute_batch(entry, batch).await {
                Ok(executed) => {
                    outcomes.extend(executed);
                    (size, attempts) = (BATCH_MAX, BackOff::default());
                }
                // Another process has written, or the batch holds a command that was applied
                // before. Such a command fails every batch until it is alone.
                Err(Unwritten::Changed(_))
                    if attempts.retries_after_conflict(&self.retries).await =>
                {
                    size = batch.len().div_ceil(2);
                }
                Err(Unwritten::Changed(error)) => {
                    outcomes.extend(batch.iter().map(|_| Err(error.into())));
                }
                Err(Unwritten::Failed(failure)) => {
                    outcomes.extend(batch.iter().map(|_| Err(failure)));
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
        let before = self.load(entry).await?;
        let decisions = self.decide_all(before, batch);
        let receipts: Vec<Receipt> = decisions.iter().flatten().copied().collect();
        if receipts.is_empty() {
            return Ok(outcomes(decisions, Vec::new()));
        }
        let written = self.commit(entry, &receipts).await?;
        let is_as_decided = written.iter().map(|entry| entry.receipt).eq(receipts);
        if batch.len() > 1 && !is_as_decided {
            // The store has one of the operations already, so the decisions after it are on an
            // account that never was. Nothing of this batch is written.
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
        let loaded = async { Ok(self.base.store.load(entry).await?) };
        catch_panic(loaded).await.map_err(Unwritten::Failed)
    }

    async fn commit(
        &self,
        entry: &S::Entry<'_>,
        receipts: &[Receipt],
    ) -> Result<Vec<LedgerEntry>, Unwritten> {
        let written = async { Ok(self.base.store.commit_all(entry, receipts).await?) };
        catch_panic(written).await.map_err(|failure| match failure {
            Failure::NotApplied(error) if error.kind() == StoreErrorKind::Conflict => {
                Unwritten::Changed(error)
            }
            failure => Unwritten::Failed(failure),
        })
    }
}

const CHANGED: StoreError =
    StoreError::constant(StoreErrorKind::Conflict, "a command of the batch was applied before");

/// Pairs each receipt with its ledger entry.
fn outcomes(decisions: Decisions, written: Vec<LedgerEntry>) -> Vec<Outcome> {
    let mut written = written.into_iter();
    let outcome = |decision| match decision {
        Ok(_) => Ok(written.next().expect("the store returns an entry for each receipt")),
        Err(rejection) => Err(Failure::Rejected(rejection)),
    };
    decisions.into_iter().map(outcome).collect()
}
