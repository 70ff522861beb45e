//! Names from before 0.2: an error of one line gives the present name.
//!
//! The old names do nothing else, so each thing has one spelling.

/// Old and present names of sub-commands, demonstrations, flags, strategies, stores, workloads, and
/// keys of `hotrow.toml` and `--sweep`.
const RETIRED: [(&str, &str); 22] = [
    ("check", "verify"),
    ("audit", "check-history"),
    ("omission", "coordinated-omission"),
    ("order", "run-order"),
    ("--keys", "--distribution"),
    ("--processes", "--forks"),
    ("--only", "--filter"),
    ("--no-history", "--no-ledger"),
    ("--with-controls", "--with-negative-control"),
    ("unguarded", "unsynchronized"),
    ("null", "noop"),
    ("slab", "memory"),
    ("tables", "simulated"),
    ("long-rule", "long-critical-section"),
    ("no-history", "no-ledger"),
    ("promised", "open-loop"),
    ("promised-threads", "open-loop-threads"),
    ("slow-row", "simulated-hot"),
    ("slow-rows", "simulated-rows"),
    ("keys", "distribution"),
    ("history", "ledger"),
    ("processes", "forks"),
];

/// Returns the present name of `word`, if it is an old name.
pub(super) fn renamed(word: &str) -> Option<&'static str> {
    RETIRED.iter().find(|(old, _)| *old == word).map(|(_, new)| *new)
}

/// Returns the message about an old name in an argument that the parser rejected, such as
/// `--keys=zipf:1`.
pub(super) fn message(argument: &str) -> Option<String> {
    let word = argument.split('=').next().unwrap_or(argument);
    let new = renamed(word)?;
    Some(format!("`{word}` is now `{new}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error that names another old name would send the user in a circle.
    #[test]
    fn no_present_name_is_an_old_name() {
        for (old, new) in RETIRED {
            assert_eq!(renamed(new), None, "{old} is called {new}");
        }
    }
}
