//! The errors of a store, and the one distinction that matters to a caller: is it certain that
//! nothing was written?
//!
//! The type of an error answers that question. A [`StoreError`] alone comes from a call that writes
//! nothing, so the command that made the call is certainly not applied. A call that writes returns
//! a [`CommitError`], which says which of the two is true. So `?` turns either into the right
//! [`Failure`](super::Failure), and no strategy has to decide.

use std::{borrow::Cow, collections::BTreeSet, fmt};

use parking_lot::Mutex;

/// Different messages that are kept. A database has some hundred; more come from values in them.
const MESSAGES_MAX: usize = 1_024;

/// Longest message in bytes. A longer one is cut.
const MESSAGE_BYTES_MAX: usize = 512;

/// An error of a store: its kind, and a message for people.
///
/// It is plain data, as every part of an outcome is: with an owned message, each command of a
/// combining lock would take 6 % longer, because an outcome that may own memory has to be dropped.
/// So messages are interned, each once for the whole process. At most 1,024 different ones are
/// kept, of at most 512 bytes. A further one is replaced by a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreError {
    kind: StoreErrorKind,
    message: &'static str,
}

/// The kind of a [`StoreError`], on which code decides what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// No answer came in time.
    Timeout,
    /// The store aborted the step because of a concurrent one: a serialization failure, a deadlock.
    /// The same step may succeed when it is done again from its load.
    Conflict,
    /// The connection was lost.
    Disconnected,
    /// The store accepted no connection, or not this user.
    Refused,
    /// A lock, a connection or another limited resource was not free in time.
    Busy,
    /// Any other error: a full disk, a schema of another program, data that cannot be read.
    Failed,
}

impl StoreError {
    /// Creates an error from the `message` of a driver or a server.
    pub fn new(kind: StoreErrorKind, message: impl Into<Cow<'static, str>>) -> StoreError {
        StoreError { kind, message: intern(message.into()) }
    }

    /// As [`new`](StoreError::new), in a constant.
    pub const fn constant(kind: StoreErrorKind, message: &'static str) -> StoreError {
        StoreError { kind, message }
    }

    /// Returns the kind.
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// Returns the message without the kind.
    pub const fn message(&self) -> &'static str {
        self.message
    }
}

/// Returns the one copy of `message`.
fn intern(message: Cow<'static, str>) -> &'static str {
    static MESSAGES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let message = match message {
        Cow::Borrowed(constant) => return constant,
        Cow::Owned(message) => message,
    };
    intern_in(&mut MESSAGES.lock(), &message[..message.floor_char_boundary(MESSAGE_BYTES_MAX)])
}

fn intern_in(messages: &mut BTreeSet<&'static str>, message: &str) -> &'static str {
    if let Some(known) = messages.get(message) {
        return known;
    }
    if MESSAGES_MAX <= messages.len() {
        return "(too many different messages to keep this one)";
    }
    let kept: &'static str = Box::leak(message.into());
    messages.insert(kept);
    kept
}

impl fmt::Display for StoreErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            StoreErrorKind::Timeout => "the store did not answer in time",
            StoreErrorKind::Conflict => "the store aborted a conflicting step",
            StoreErrorKind::Disconnected => "the connection to the store was lost",
            StoreErrorKind::Refused => "the store refused the connection",
            StoreErrorKind::Busy => "the store is busy",
            StoreErrorKind::Failed => "the store failed",
        })
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

impl std::error::Error for StoreError {}

/// The error of a call that writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitError {
    /// It is certain that nothing was written, and that nothing will be written later.
    NotApplied(StoreError),
    /// It is not known whether the receipt was written, or will be.
    Indeterminate(StoreError),
}

impl CommitError {
    /// Returns the error of the store.
    pub fn store_error(&self) -> &StoreError {
        let (CommitError::NotApplied(error) | CommitError::Indeterminate(error)) = self;
        error
    }
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CommitError::NotApplied(error) => write!(f, "nothing was written: {error}"),
            CommitError::Indeterminate(error) => {
                write!(f, "the write may or may not be done: {error}")
            }
        }
    }
}

impl std::error::Error for CommitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.store_error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Failure, Fault};

    /// A caller that reads "not applied" may send the command again, and one that reads
    /// "indeterminate" may not. The conversion of `?` must keep the two apart.
    #[test]
    fn the_type_of_an_error_says_whether_the_command_is_certainly_not_applied() {
        let full = || StoreError::constant(StoreErrorKind::Failed, "no space left");
        assert_eq!(Failure::from(full()), Failure::NotApplied(full()));
        assert_eq!(Failure::from(CommitError::NotApplied(full())), Failure::NotApplied(full()));
        assert_eq!(
            Failure::from(CommitError::Indeterminate(full())),
            Failure::Indeterminate(Fault::Store(full()))
        );
    }

    /// A store that fails for hours must not fill the memory with its messages.
    #[test]
    fn messages_are_kept_once_and_their_number_is_bounded() {
        let mut messages = BTreeSet::new();
        let first = intern_in(&mut messages, "deadlock detected");
        assert!(std::ptr::eq(first, intern_in(&mut messages, "deadlock detected")));
        for number in 0..2 * MESSAGES_MAX {
            intern_in(&mut messages, &format!("transaction {number}"));
        }
        assert_eq!(messages.len(), MESSAGES_MAX);
        assert_eq!(intern_in(&mut messages, "deadlock detected"), first);
        let long = StoreError::new(StoreErrorKind::Failed, "é".repeat(MESSAGE_BYTES_MAX));
        assert_eq!(long.message(), "é".repeat(MESSAGE_BYTES_MAX / 2));
    }

    /// The message of a write of unknown outcome must not suggest that nothing changed.
    #[test]
    fn an_error_names_its_kind_and_its_effect() {
        let error = StoreError::new(StoreErrorKind::Busy, format!("no connection in {} ms", 50));
        assert_eq!(error.to_string(), "the store is busy: no connection in 50 ms");
        assert_eq!(
            (error.kind(), error.message()),
            (StoreErrorKind::Busy, "no connection in 50 ms")
        );
        assert_eq!(
            CommitError::NotApplied(error).to_string(),
            "nothing was written: the store is busy: no connection in 50 ms"
        );
        assert_eq!(
            CommitError::Indeterminate(error).to_string(),
            "the write may or may not be done: the store is busy: no connection in 50 ms"
        );
    }
}
