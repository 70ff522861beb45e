//! How long the code of a strategy is: the lines of its files that are neither blank nor a comment,
//! without their tests and without what all strategies share.
//!
//! A lock's own code is in a library and is not counted; what a strategy has to get right itself is.

/// The files of each strategy beside those that all share.
const FILES: &[(&str, &[&str])] = &[
    ("queue", &[include_str!("../../strategy/queue.rs")]),
    ("mutex", &[include_str!("../../strategy/mutex.rs")]),
    ("async-mutex", &[include_str!("../../strategy/async_mutex.rs")]),
    ("rwlock", &[include_str!("../../strategy/rwlock.rs")]),
    ("async-rwlock", &[include_str!("../../strategy/async_rwlock.rs")]),
    ("cas", &[include_str!("../../strategy/cas.rs")]),
    ("actor", &[include_str!("../../strategy/actor.rs"), DESK, MAILBOX]),
    ("sharded-actor", &[include_str!("../../strategy/sharded_actor.rs"), DESK, MAILBOX]),
    ("unguarded", &[include_str!("../../strategy/unguarded.rs")]),
];

const DESK: &str = include_str!("../../strategy/desk.rs");
const MAILBOX: &str = include_str!("../../strategy/mailbox.rs");

/// The lines of a strategy's code.
pub(in crate::report) fn lines_of(strategy: &str) -> Option<usize> {
    let (_, files) = FILES.iter().find(|(name, _)| *name == strategy)?;
    Some(files.iter().map(|text| lines(text)).sum())
}

fn lines(text: &str) -> usize {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let is_code = |line: &&str| !line.is_empty() && !line.starts_with("//");
    code.lines().map(str::trim).filter(is_code).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;

    /// A strategy that is added and not listed here would be told as one without code.
    #[test]
    fn every_strategy_has_lines() {
        for entry in registry::entries().filter(|entry| !entry.is_reference()) {
            assert!(lines_of(entry.strategy).unwrap_or(0) > 10, "{}", entry.strategy);
        }
        assert_eq!(lines("// no\n\n  code();\n#[cfg(test)]\nmod tests {}\n"), 1);
    }
}
