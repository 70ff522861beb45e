//! Records one short run of one strategy: every request with its own times, and the ledgers.
//!
//! Nothing is measured. Any checker can check the history again, also one that shares no code with
//! the audit. Its length is bounded so that such a checker can process it.

use std::{collections::BTreeSet, time::Duration};

use super::{
    Iteration, Stop,
    client::TimestampMode,
    measure::{DRAIN_TIMEOUT, not_opened, unanswered, unreadable},
    phases::Phases,
    run::{LogMode, Run, RunConfig},
};
use hotrow::{
    domain::{Policy, UserId},
    store::Page,
    strategy::ConcurrencyStrategy,
};
use hotrow_verify::{
    audit::{ClientLog, Violation},
    history::{History, Ledger, Operation},
};

/// The time that clients have for their requests; longer on a simulated clock, in proportion to its
/// commands.
const WINDOW: Duration = Duration::from_millis(50);

/// Runs clients with at most `limit` requests each, as far as time allows, and returns the history.
///
/// The history contains the charge that opened an account only if a client requested that account.
///
/// # Errors
/// [`Violation`] if a client was not answered, or an account or a ledger could not be read.
pub fn record<T: ConcurrencyStrategy>(
    iteration: &Iteration,
    limit: u64,
    stop: &Stop,
) -> Result<History, Violation> {
    let windows = Phases::new(&Iteration {
        schedule: super::Schedule { capacity_window: WINDOW, ..iteration.schedule },
        ..*iteration
    });
    let windows = Phases { warm_up: Duration::ZERO, latency: Duration::ZERO, ..windows };
    let (log_mode, timestamps) = (LogMode::Replies(0), TimestampMode::Recorded { limit });
    let policy = Policy::default();
    let config = RunConfig {
        windows,
        policy,
        ledger_entries: 0,
        log_mode,
        timestamps,
        drain_timeout: DRAIN_TIMEOUT,
    };
    let run = Run::<T>::execute(iteration, &config, stop).map_err(not_opened)?;
    let history = match unanswered(&run) {
        Some(violation) => Err(violation),
        None => history(&run, policy),
    };
    run.close();
    history
}

fn history<T: ConcurrencyStrategy>(run: &Run<T>, policy: Policy) -> Result<History, Violation> {
    let accounts = run.accounts().map_err(|failure| unreadable(&failure))?;
    let mut operations = Vec::new();
    for (report, client) in run.reports.iter().zip(1..) {
        let client_log = ClientLog { sequence: &run.sequences[report.index + 1], log: &report.log };
        operations.extend(client_log.operations(client));
    }
    let users: BTreeSet<UserId> =
        operations.iter().map(|operation: &Operation| operation.user).collect();
    let opening = run.opening.iter().flat_map(|log| {
        ClientLog { sequence: &run.sequences[0], log }.operations(0).collect::<Vec<_>>()
    });
    operations.extend(opening.filter(|operation| users.contains(&operation.user)));
    let mut ledgers = Vec::new();
    for (user, account) in (1..).zip(accounts) {
        let user = UserId::new(user).expect("users of a scenario are numbered from 1 and are few");
        if users.contains(&user) {
            let entries = run.block_on(run.service.history(user, Page::ALL));
            let entries = entries.map_err(|fault| Violation::unread(user, fault))?;
            ledgers.push(Ledger { user, account, entries });
        }
    }
    Ok(History { policy, operations, ledgers })
}
