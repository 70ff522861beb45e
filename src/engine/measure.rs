//! Measures one strategy once: a pilot, the run, and the audit of its books.

use std::time::Duration;

use super::{
    Load, Measurement, OpenLoop, Stop, Trial, Verdict,
    client::Pace,
    run::{Keeps, Outfit, Run, Unread},
    times::Times,
    windows::Windows,
};
use crate::{
    audit::{Books, Examined, Sheet, Violation},
    database::Latency,
    domain::{Account, Policy, UserId},
    store::{Page, Store},
    strategy::{ConcurrencyStrategy, Family},
    workload::Asked,
};

/// How long clients may take to be answered when nobody asks any more. A client that waits longer
/// waits for ever, and is reported as such.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The longest pilot.
const PILOT_MAX: Duration = Duration::from_millis(10);

/// Ledger entries that a pilot touches: 4 MiB, most of what it can fill.
const PILOT_ENTRIES: u64 = 1 << 17;

/// Most ledger entries whose memory is touched beforehand: 1 GiB at 32 bytes each.
const LEDGER_ENTRIES_MAX: u64 = 1 << 25;

/// Ledger entries for the opening of an account: its first chunk and what comes after it.
const ENTRIES_A_USER: u64 = 16;

/// Measures strategy `T` once, and audits its books when the clock has stopped.
///
/// Told to stop, it ends early and audits what there is. A strategy that never answers is given
/// up after ten seconds: its verdict says which command it kept, and the threads that wait for it
/// stay for as long as the process.
///
/// # Panics
/// If the cell has no user, or the system has no thread left for a client.
pub fn measure<T: ConcurrencyStrategy>(trial: &Trial, stop: &Stop) -> Measurement {
    measure_within::<T>(trial, stop, PATIENCE)
}

pub(super) fn measure_within<T: ConcurrencyStrategy>(
    trial: &Trial,
    stop: &Stop,
    patience: Duration,
) -> Measurement {
    let windows = Windows::of(trial);
    let policy = Policy::default();
    let (keeps, pace) = (Keeps::Replies(0), Pace::Measured);
    let outfit = Outfit { windows, policy, ledger_entries: 0, keeps, pace, patience };
    let outfit = match is_reference::<T>() {
        true => Outfit { keeps: Keeps::Counts, ..outfit },
        // These keep no ledger whose memory could be touched beforehand.
        false if windows.simulated || T::Store::SUSPENDS => outfit,
        false => foretold::<T>(trial, &outfit, stop),
    };
    let run = Run::<T>::of(trial, &outfit, stop);
    let verdict = verdict(&run, trial, &outfit);
    let measurement = summary(&run, trial, verdict);
    run.close();
    measurement
}

fn is_reference<T: ConcurrencyStrategy>() -> bool {
    T::FAMILY == Family::Reference
}

/// The outfit with room for what a ledger and the logs will get, by a short run that nobody counts.
fn foretold<T: ConcurrencyStrategy>(trial: &Trial, outfit: &Outfit, stop: &Stop) -> Outfit {
    let total = outfit.windows.total();
    let short = (total / 10).min(PILOT_MAX);
    let windows =
        Windows { warm_up: short / 4, capacity: short, latency: Duration::ZERO, ..outfit.windows };
    let pilot =
        Run::<T>::of(trial, &Outfit { windows, ledger_entries: PILOT_ENTRIES, ..*outfit }, stop);
    let completed: u64 = pilot.reports.iter().map(|report| report.completed).sum();
    let window_ns = u128::from(pilot.conducted.window_ns.max(1));
    pilot.close();
    // Half as many again, since the pilot pays for its fresh pages and the run does not.
    let commands = u128::from(completed) * total.as_nanos() / window_ns * 3 / 2;
    let opening = trial.cell.users.saturating_mul(ENTRIES_A_USER);
    let commands = u64::try_from(commands).unwrap_or(u64::MAX);
    Outfit {
        ledger_entries: commands.saturating_add(opening).min(LEDGER_ENTRIES_MAX),
        keeps: Keeps::Replies(commands.min(LEDGER_ENTRIES_MAX)),
        ..*outfit
    }
}

fn verdict<T: ConcurrencyStrategy>(run: &Run<T>, trial: &Trial, outfit: &Outfit) -> Verdict {
    if let Some(violation) = unanswered(run) {
        return Verdict::Wrong { violation };
    }
    if is_reference::<T>() {
        return Verdict::NoBooks;
    }
    match audit(run, trial, outfit) {
        Ok(Examined { operations, entries }) => Verdict::Balanced { entries, operations },
        Err(violation) => Verdict::Wrong { violation },
    }
}

/// Holds what clients were told against accounts and ledgers, and asks for the accounts again.
fn audit<T: ConcurrencyStrategy>(
    run: &Run<T>,
    trial: &Trial,
    outfit: &Outfit,
) -> Result<Examined, Violation> {
    let accounts = run.accounts().map_err(|unread| unreadable(&unread))?;
    let logs = run.opening.iter().chain(run.reports.iter().map(|report| &report.log));
    let sheets = run.scripts.iter().zip(logs).map(|(script, log)| Sheet { script, log });
    let books = Books { policy: outfit.policy, accounts, sheets: sheets.collect() };
    let examined = match trial.cell.history {
        true => books.audit(|user, after, limit| {
            run.block_on(run.service.history(user, Page { after, limit }))
        }),
        false => books.audit_replies(),
    }?;
    let again = run.accounts().map_err(|unread| unreadable(&unread))?;
    let mut pairs = (1..).zip(books.accounts.iter().zip(&again));
    match pairs.find(|(_, (before, after))| before != after) {
        Some((id, (before, after))) => Err(changed(id, *before, *after)),
        None => Ok(examined),
    }
}

fn changed(id: u64, before: Account, after: Account) -> Violation {
    let user = UserId::new(id).expect("users of a cell are numbered from 1 and fewer than 2^63");
    let what = format!(
        "the account held {} at version {} when all was quiet, and {} at version {} when it was \
         asked again",
        before.balance, before.version, after.balance, after.version
    );
    Violation::late(user, what)
}

/// A client that still waits for an answer when everybody has had time to be answered.
pub(super) fn unanswered<T: ConcurrencyStrategy>(run: &Run<T>) -> Option<Violation> {
    if run.opening.is_none() {
        let user = run.scripts[0].request(0).user;
        let what = "the charges that open the accounts were never answered".to_owned();
        return Some(Violation::unanswered(user, what));
    }
    let (client, number) = run.first_unanswered()?;
    let user = run.scripts[client + 1].request(number).user;
    let asked = Asked { client: client as u64 + 1, number };
    let what = format!(
        "operation {asked} was never answered, long after clients had stopped asking: {} of {} \
         clients still wait",
        run.scripts.len() - 1 - run.reports.len(),
        run.scripts.len() - 1
    );
    Some(Violation::unanswered(user, what))
}

pub(super) fn unreadable(unread: &Unread) -> Violation {
    let why = match unread.fault {
        Some(fault) => format!("the account could not be read after the run: {fault}"),
        None => "the accounts could not be read after the run: nobody answered".to_owned(),
    };
    Violation::unanswered(unread.user, why)
}

fn summary<T: ConcurrencyStrategy>(run: &Run<T>, trial: &Trial, verdict: Verdict) -> Measurement {
    // Of a simulated clock's window nobody knows how long it was.
    let usage = run.conducted.usage.filter(|_| trial.cell.latency == Latency::None);
    let usage = usage.unwrap_or_default();
    let is_watched = trial.cell.load == Load::CLOSED;
    let mut measurement = Measurement {
        completed_by: vec![0; run.scripts.len() - 1],
        window_ns: run.conducted.window_ns,
        service: Times::default(),
        open: None,
        stalled_ns_max: if is_watched { run.conducted.stalled_ns_max } else { 0 },
        cpu_ns: usage.cpu_ns,
        switches_voluntary: usage.switches_voluntary,
        switches_forced: usage.switches_forced,
        retries: run.service.retries(),
        applied: 0,
        refused: 0,
        unknown: 0,
        reads: 0,
        verdict,
        cut_short: run.conducted.cut_short,
    };
    for report in &run.reports {
        measurement.completed_by[report.index] = report.completed;
        measurement.service.add(&report.service);
        if let Some(open) = &report.open {
            measurement.open.get_or_insert_default().add(open);
        }
    }
    if let Some(open) = &mut measurement.open {
        open.scheduled = run.due_in_window();
    }
    for log in run.opening.iter().chain(run.reports.iter().map(|report| &report.log)) {
        let counts = log.counts();
        measurement.applied += counts.applied;
        measurement.refused += counts.refused;
        measurement.unknown += counts.unknown;
        measurement.reads += counts.reads;
    }
    measurement
}

impl OpenLoop {
    /// Adds what another client has to tell.
    fn add(&mut self, other: &OpenLoop) {
        self.late += other.late;
        self.backlog_max = self.backlog_max.max(other.backlog_max);
        self.response.add(&other.response);
    }
}
