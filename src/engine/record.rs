//! Records one short run of one strategy: every request with its own times, and the ledgers.
//!
//! Nothing of it is measured. A history is what any checker can be given to look at again, also one
//! that shares no code with the auditor, so it is bounded to what such a one can take.

use std::{collections::BTreeSet, time::Duration};

use super::{
    Stop, Trial,
    client::Pace,
    measure::{PATIENCE, unanswered, unreadable},
    run::{Keeps, Outfit, Run},
    windows::Windows,
};
use crate::{
    audit::{Sheet, Violation},
    domain::{Policy, UserId},
    history::{History, Ledger, Operation},
    store::Page,
    strategy::ConcurrencyStrategy,
};

/// How long clients may take for what they ask; on a simulated clock, as much longer as commands are.
const WINDOW: Duration = Duration::from_millis(50);

/// Has clients make `most` requests each, or as many as there is time for, and tells of all of them.
///
/// Of the charges that open the accounts it tells where somebody asked for the account.
///
/// # Errors
/// [`Violation`] if somebody was not answered, or an account or a ledger could not be read.
pub fn record<T: ConcurrencyStrategy>(
    trial: &Trial,
    most: u64,
    stop: &Stop,
) -> Result<History, Violation> {
    let windows = Windows::of(&Trial {
        schedule: super::Schedule { capacity_window: WINDOW, ..trial.schedule },
        ..*trial
    });
    let windows = Windows { warm_up: Duration::ZERO, latency: Duration::ZERO, ..windows };
    let (keeps, pace) = (Keeps::Replies(0), Pace::Recorded { most });
    let policy = Policy::default();
    let outfit = Outfit { windows, policy, ledger_entries: 0, keeps, pace, patience: PATIENCE };
    let run = Run::<T>::of(trial, &outfit, stop);
    let history = match unanswered(&run) {
        Some(violation) => Err(violation),
        None => history(&run, policy),
    };
    run.close();
    history
}

fn history<T: ConcurrencyStrategy>(run: &Run<T>, policy: Policy) -> Result<History, Violation> {
    let accounts = run.accounts().map_err(|unread| unreadable(&unread))?;
    let mut operations = Vec::new();
    for (report, client) in run.reports.iter().zip(1..) {
        let sheet = Sheet { script: &run.scripts[report.index + 1], log: &report.log };
        operations.extend(sheet.operations(client));
    }
    let users: BTreeSet<UserId> = operations.iter().map(|one: &Operation| one.user).collect();
    let opening = run
        .opening
        .iter()
        .flat_map(|log| Sheet { script: &run.scripts[0], log }.operations(0).collect::<Vec<_>>());
    operations.extend(opening.filter(|one| users.contains(&one.user)));
    let mut ledgers = Vec::new();
    for (user, account) in (1..).zip(accounts) {
        let user = UserId::new(user).expect("users of a cell are numbered from 1 and are few");
        if users.contains(&user) {
            let entries = run.block_on(run.service.history(user, Page::ALL));
            let entries = entries.map_err(|fault| Violation::unread(user, fault))?;
            ledgers.push(Ledger { user, account, entries });
        }
    }
    Ok(History { policy, operations, ledgers })
}
