//! Commands that can be repeated without being applied twice.
//!
//! A sender who got no answer does not know whether its command was applied. With an
//! `Idempotency-Key` it need not know: the same key for the same account is applied once, and
//! whoever repeats it gets the answer of the first, a refusal as well; while that is being worked
//! out they wait for it. What makes two commands the same is what they do and to whom, and not how
//! their bodies are written. A request that cannot be read, or asks for an amount that no policy could
//! allow, is refused before its key is looked at.
//!
//! A key lives as long as what it stands for, with the accounts and their ledgers in this process:
//! [`KEEP_FOR`] after it came, and until [`KEYS_OF_ACCOUNT_MAX`] newer ones came for its account or
//! [`KEYS_MAX`] in all. One whose command has not ended is never forgotten: where there is no room
//! but theirs, a new command is turned away.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{sync::SetOnce, time::Instant};

use super::problem::{Code, Problem};
use crate::{
    domain::{Action, Failure, UserId},
    service::Statement,
};

/// How long a key is kept.
pub const KEEP_FOR: Duration = Duration::from_hours(24);

/// Most keys of one account.
pub const KEYS_OF_ACCOUNT_MAX: usize = 128;

/// Most keys of all accounts: tens of megabytes.
pub const KEYS_MAX: usize = 100_000;

/// A command's answer: the account that it left, or why there is none.
pub(super) type Answer = Result<Statement, Failure>;

/// The keys of all accounts.
#[derive(Default)]
pub(super) struct Keys(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// Of each account, oldest first. Few enough to be looked through.
    accounts: HashMap<UserId, VecDeque<Arc<Key>>>,
    /// Of all accounts, oldest first. Some that their account has forgotten are in it still.
    all: VecDeque<Arc<Key>>,
}

/// One key, and the command that it came with.
pub(super) struct Key {
    user: UserId,
    text: Box<str>,
    action: Action,
    came: Instant,
    answer: SetOnce<Answer>,
}

/// What a key turns out to be.
pub(super) enum Claim {
    /// New: the command is to be executed, and [`Key::settle`] to be called.
    First(Arc<Key>),
    /// Known: there is an answer, or there will be.
    Again(Arc<Key>),
}

impl Keys {
    /// Looks `text` up among the keys of `user`, and notes it if it is new.
    ///
    /// # Errors
    /// [`Problem`] if it came with another command, or if there is no room for a new one.
    pub(super) fn claim(&self, user: UserId, text: &str, action: Action) -> Result<Claim, Problem> {
        let now = Instant::now();
        let kept = &mut *self.0.lock();
        kept.forget_expired(now);
        let known = kept
            .accounts
            .get(&user)
            .and_then(|keys| keys.iter().find(|key| &*key.text == text && !key.is_over(now)));
        match known {
            Some(key) if key.action == action => Ok(Claim::Again(Arc::clone(key))),
            Some(_) => Err(Problem::new(
                Code::IdempotencyKeyReused,
                "this key came with another command for this account: give a new one",
            )),
            None => {
                kept.make_room(user)?;
                let answer = SetOnce::new();
                let key = Arc::new(Key { user, text: text.into(), action, came: now, answer });
                kept.accounts.entry(user).or_default().push_back(Arc::clone(&key));
                kept.all.push_back(Arc::clone(&key));
                Ok(Claim::First(key))
            }
        }
    }

    /// How many are kept.
    pub(super) fn len(&self) -> usize {
        self.0.lock().all.len()
    }
}

impl Kept {
    fn forget_expired(&mut self, now: Instant) {
        while self.all.front().is_some_and(|key| key.is_over(now)) {
            self.forget_oldest();
        }
    }

    /// Forgets the oldest of the account and of all, where there is no room for one more.
    fn make_room(&mut self, user: UserId) -> Result<(), Problem> {
        let full = || Problem::new(Code::Overloaded, "too many keys wait for their commands");
        if let Some(keys) = self.accounts.get_mut(&user)
            && KEYS_OF_ACCOUNT_MAX <= keys.len()
        {
            match keys.front() {
                Some(oldest) if oldest.is_settled() => drop(keys.pop_front()),
                _ => return Err(full()),
            }
        }
        if KEYS_MAX <= self.all.len() {
            match self.all.front() {
                Some(oldest) if oldest.is_settled() => self.forget_oldest(),
                _ => return Err(full()),
            }
        }
        Ok(())
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.all.pop_front() else { return };
        let Some(keys) = self.accounts.get_mut(&oldest.user) else { return };
        // Both lists are in the order of coming, so it is the first, or was forgotten before.
        if keys.front().is_some_and(|first| Arc::ptr_eq(first, &oldest)) {
            keys.pop_front();
        }
        if keys.is_empty() {
            self.accounts.remove(&oldest.user);
        }
    }
}

impl Key {
    /// Says what became of the command. Everybody who waits is told.
    pub(super) fn settle(&self, answer: Answer) {
        // Only the first claim settles, so that there is nothing here that could be lost.
        let _ = self.answer.set(answer);
    }

    /// Waits for what became of it.
    pub(super) async fn answer(&self) -> Answer {
        *self.answer.wait().await
    }

    /// Whether it has been kept for as long as it is to be.
    fn is_over(&self, now: Instant) -> bool {
        self.is_settled() && self.came + KEEP_FOR <= now
    }

    fn is_settled(&self) -> bool {
        self.answer.initialized()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Account, Amount};

    fn user(id: u64) -> UserId {
        UserId::new(id).unwrap()
    }

    fn charge(points: u64) -> Action {
        Action::Charge(Amount::new(points).unwrap())
    }

    const DONE: Answer =
        Ok(Statement { account: Account { balance: 5, version: 1 }, time_millis: 7 });

    /// Notes a key that has to be new, and settles it.
    fn note(keys: &Keys, id: u64, text: &str) {
        match keys.claim(user(id), text, charge(1)) {
            Ok(Claim::First(key)) => key.settle(DONE),
            _ => panic!("{text} of {id} is not new"),
        }
    }

    fn is_known(keys: &Keys, id: u64, text: &str) -> bool {
        let same = keys.claim(user(id), text, charge(2));
        matches!(same, Err(problem) if problem != keys.full())
    }

    impl Keys {
        fn full(&self) -> Problem {
            Problem::new(Code::Overloaded, "too many keys wait for their commands")
        }
    }

    /// Applied twice would be charged twice; and another command under the same key would be
    /// answered with what it did not do.
    #[tokio::test]
    async fn a_key_is_first_once_and_belongs_to_one_command() {
        let keys = Keys::default();
        let Ok(Claim::First(key)) = keys.claim(user(1), "a", charge(1)) else { panic!("new") };
        let Ok(Claim::Again(again)) = keys.claim(user(1), "a", charge(1)) else { panic!("known") };
        key.settle(DONE);
        assert_eq!(again.answer().await, DONE);
        let use_of_same = Action::Use(Amount::new(1).unwrap());
        for other in [charge(2), use_of_same] {
            assert!(keys.claim(user(1), "a", other).is_err());
        }
        assert!(matches!(keys.claim(user(2), "a", charge(2)), Ok(Claim::First(_))));
    }

    /// A key that was never forgotten would cost memory for ever; one forgotten too soon, a charge.
    #[tokio::test(start_paused = true)]
    async fn a_key_expires_and_no_sooner() {
        let keys = Keys::default();
        note(&keys, 1, "a");
        tokio::time::advance(KEEP_FOR - Duration::from_secs(1)).await;
        assert!(is_known(&keys, 1, "a"));
        tokio::time::advance(Duration::from_secs(1)).await;
        note(&keys, 1, "a");
        assert_eq!(keys.len(), 1);
    }

    /// One account with many keys must not cost the others theirs.
    #[tokio::test]
    async fn an_account_keeps_its_newest_keys() {
        let keys = Keys::default();
        note(&keys, 2, "other");
        for number in 0..=KEYS_OF_ACCOUNT_MAX {
            note(&keys, 1, &number.to_string());
        }
        assert!(is_known(&keys, 2, "other") && is_known(&keys, 1, "1"));
        note(&keys, 1, "0");
    }

    /// Many accounts with a key each must not take all memory.
    #[tokio::test]
    async fn so_many_keys_are_kept_and_no_more() {
        let keys = Keys::default();
        for id in 1..=KEYS_MAX as u64 + 10 {
            note(&keys, id, "a");
        }
        assert_eq!(keys.len(), KEYS_MAX);
        assert_eq!(keys.0.lock().accounts.len(), KEYS_MAX);
        assert!(is_known(&keys, 11, "a"));
        note(&keys, 10, "a");
    }

    /// A command that has not ended, and whose key was forgotten, would be applied again.
    #[tokio::test(start_paused = true)]
    async fn a_key_whose_command_has_not_ended_is_never_forgotten() {
        let keys = Keys::default();
        let Ok(Claim::First(first)) = keys.claim(user(1), "a", charge(1)) else { panic!("new") };
        (1..KEYS_OF_ACCOUNT_MAX).for_each(|number| note(&keys, 1, &number.to_string()));
        assert_eq!(keys.claim(user(1), "more", charge(1)).err(), Some(keys.full()));
        first.settle(DONE);
        note(&keys, 1, "more");
    }
}
