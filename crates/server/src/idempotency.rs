//! Idempotency keys: a command with an `Idempotency-Key` is applied once, however often it is sent.
//!
//! A client without an answer does not know whether its command was applied. It repeats the command
//! with the same key for the same account, and gets the answer of the first one, also if that was a
//! rejection. If the first one is certainly not applied, the repetition is executed. While the first
//! one is in progress, a repetition waits for it. Two commands are the same if they have the same
//! account and the same action; the spelling of their bodies does not matter. A request that cannot
//! be parsed, or has an amount that no policy could allow, is rejected before its key is looked up.
//!
//! The table of keys is in memory. The id of the operation follows from the key as well: a database
//! that has applied it returns its first ledger entry, also after a restart of the service, and to
//! another instance. A key is removed from the table [`KEY_LIFETIME`]
//! after it was created, or when [`KEYS_PER_ACCOUNT_MAX`] newer keys exist for its account, or
//! [`KEYS_MAX`] in all. The key of a command that has not completed is never removed: if only such
//! keys could be removed, a new command is rejected.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tokio::{sync::SetOnce, time::Instant};

use super::problem::{Code, Problem};
use hotrow::{
    domain::{Action, Failure, OperationId, UserId},
    service::Statement,
};

/// Time for which a key is kept.
pub const KEY_LIFETIME: Duration = Duration::from_hours(24);

/// Maximum number of keys of one account.
pub const KEYS_PER_ACCOUNT_MAX: usize = 128;

/// Maximum number of keys of all accounts: tens of megabytes.
pub const KEYS_MAX: usize = 100_000;

/// The answer to a command: the account after it, or why it failed.
pub(super) type Answer = Result<Statement, Failure>;

/// Returns the id of the operation that `action` with this key is. The same command has the same id
/// in every process; other commands have another one, except by a collision of 63 bits.
fn operation_id(user: UserId, key: &str, action: Action) -> OperationId {
    let is_charge = matches!(action, Action::Charge(_));
    let digest = Sha256::new()
        .chain_update(user.value().to_le_bytes())
        .chain_update([u8::from(is_charge)])
        .chain_update(action.amount().points().to_le_bytes())
        .chain_update(key)
        .finalize();
    let first = digest.first_chunk().expect("a digest has 32 bytes");
    // Databases count to 2^63, and 0 is no id.
    OperationId((u64::from_le_bytes(*first) >> 1).max(1))
}

/// The keys of all accounts.
#[derive(Default)]
pub(super) struct IdempotencyKeys(Mutex<KeyTable>);

#[derive(Default)]
struct KeyTable {
    /// The keys of each account, oldest first. A linear search is enough: they are few.
    accounts: HashMap<UserId, VecDeque<Arc<IdempotencyKey>>>,
    /// The keys of all accounts, oldest first. It may hold keys that were removed from their
    /// account.
    all: VecDeque<Arc<IdempotencyKey>>,
}

/// A key and the command that it was sent with.
pub(super) struct IdempotencyKey {
    user: UserId,
    text: Box<str>,
    action: Action,
    created: Instant,
    answer: SetOnce<Answer>,
}

/// The result of looking up a key.
pub(super) enum Claim {
    /// The key is new: the caller executes the command and calls [`IdempotencyKeys::complete`].
    New(Arc<IdempotencyKey>),
    /// The key is known: it has an answer, or will get one.
    Known(Arc<IdempotencyKey>),
}

impl IdempotencyKeys {
    /// Looks up `text` among the keys of `user`, and inserts it if it is new.
    ///
    /// # Errors
    /// [`Problem`] if the key belongs to another command, or if there is no room for a new key.
    pub(super) fn claim(&self, user: UserId, text: &str, action: Action) -> Result<Claim, Problem> {
        let now = Instant::now();
        let table = &mut *self.0.lock();
        table.remove_expired(now);
        let known = table
            .accounts
            .get(&user)
            .and_then(|keys| keys.iter().find(|key| &*key.text == text && !key.is_expired(now)));
        match known {
            Some(key) if key.action == action => Ok(Claim::Known(Arc::clone(key))),
            Some(_) => Err(Problem::new(
                Code::IdempotencyKeyReused,
                "this key was used with another command for this account: use a new key",
            )),
            None => {
                table.make_room(user)?;
                let answer = SetOnce::new();
                let key = Arc::new(IdempotencyKey {
                    user,
                    text: text.into(),
                    action,
                    created: now,
                    answer,
                });
                table.accounts.entry(user).or_default().push_back(Arc::clone(&key));
                table.all.push_back(Arc::clone(&key));
                Ok(Claim::New(key))
            }
        }
    }

    /// Stores the answer of the command and wakes the requests that wait for it. A command that is
    /// not applied leaves its key unused.
    pub(super) fn complete(&self, key: &Arc<IdempotencyKey>, answer: Answer) {
        if matches!(answer, Err(Failure::NotApplied(_))) {
            let table = &mut *self.0.lock();
            if let Some(keys) = table.accounts.get_mut(&key.user) {
                keys.retain(|kept| !Arc::ptr_eq(kept, key));
            }
        }
        // Only the request with the new key completes it, so `set` cannot fail.
        let _ = key.answer.set(answer);
    }

    /// Number of keys.
    pub(super) fn len(&self) -> usize {
        self.0.lock().all.len()
    }
}

impl KeyTable {
    fn remove_expired(&mut self, now: Instant) {
        while self.all.front().is_some_and(|key| key.is_expired(now)) {
            self.remove_oldest();
        }
    }

    /// Removes the oldest key of the account, and of all accounts, if the respective table is full.
    fn make_room(&mut self, user: UserId) -> Result<(), Problem> {
        let full = || Problem::new(Code::Overloaded, "too many commands with keys are in progress");
        if let Some(keys) = self.accounts.get_mut(&user)
            && KEYS_PER_ACCOUNT_MAX <= keys.len()
        {
            match keys.front() {
                Some(oldest) if oldest.is_complete() => drop(keys.pop_front()),
                _ => return Err(full()),
            }
        }
        if KEYS_MAX <= self.all.len() {
            match self.all.front() {
                Some(oldest) if oldest.is_complete() => self.remove_oldest(),
                _ => return Err(full()),
            }
        }
        Ok(())
    }

    fn remove_oldest(&mut self) {
        let Some(oldest) = self.all.pop_front() else { return };
        let Some(keys) = self.accounts.get_mut(&oldest.user) else { return };
        // Both lists are in order of creation: the key is the first of its account, or was removed.
        if keys.front().is_some_and(|first| Arc::ptr_eq(first, &oldest)) {
            keys.pop_front();
        }
        if keys.is_empty() {
            self.accounts.remove(&oldest.user);
        }
    }
}

impl IdempotencyKey {
    /// Returns the id of the operation that the command is.
    pub(super) fn operation_id(&self) -> OperationId {
        operation_id(self.user, &self.text, self.action)
    }

    /// Waits for the answer of the command.
    pub(super) async fn answer(&self) -> Answer {
        *self.answer.wait().await
    }

    /// Whether the command has completed and the lifetime of the key is over.
    fn is_expired(&self, now: Instant) -> bool {
        self.is_complete() && self.created + KEY_LIFETIME <= now
    }

    fn is_complete(&self) -> bool {
        self.answer.initialized()
    }
}

#[cfg(test)]
mod tests;
