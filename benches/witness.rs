//! Measures how many operations a core audits in a second, and the memory of an audit beside the
//! logs.
//!
//! One thread generates each run: its clients make requests in random order, with the stamps that
//! measured clients make. Only the audit is timed, by the processor time of its single thread.
//!
//! `cargo bench --bench witness` takes some two minutes and 3 GB, most of it for a run of 100
//! million operations on one user. `-- --quick` omits that run, and `-- --test` makes all runs
//! small, to see that everything works. `-- --list` prints the names of the runs, and `-- WORD`
//! selects those with the word in their names.

#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use std::{env, fs, num::NonZeroU64, time::Instant};

use hotrow::{
    domain::{Account, Amount, Bounds, Command, LedgerEntry, OperationId, Policy, Receipt, UserId},
    scenario::{KeyDistribution, Mix},
    workload::{OperationKey, RequestSequence, RngStream},
};
use hotrow_verify::audit::{Audited, ClientLog, Log, RunRecord};

/// Clients of every run.
const CLIENTS: u32 = 8;

/// Requests of a client between two of its stamps, as in a measured run.
const STAMP_EVERY: u64 = 128;

/// A run to generate and audit.
struct Case {
    name: &'static str,
    users: u64,
    mix: (u8, u8, u8),
    /// The maximum of a balance. The lower it is, the more commands are rejected.
    balance_max: u64,
    operations: u64,
}

/// Operations of most runs.
const MANY: u64 = 10_000_000;

/// Operations of the run that `--quick` omits.
const LONGEST: u64 = 100_000_000;

#[rustfmt::skip]
const CASES: &[Case] = &[
    Case { name: "1 user", users: 1, mix: (50, 50, 0), balance_max: 1_000_000, operations: MANY },
    Case { name: "1 user, half reads", users: 1, mix: (25, 25, 50), balance_max: 1_000_000, operations: MANY },
    Case { name: "1 user, reads and rejections", users: 1, mix: (40, 30, 30), balance_max: 200, operations: MANY },
    Case { name: "1,024 users", users: 1_024, mix: (50, 50, 0), balance_max: 1_000_000, operations: MANY },
    Case { name: "1,024 users, reads and rejections", users: 1_024, mix: (40, 30, 30), balance_max: 200, operations: MANY },
    Case { name: "1 user, 100 million operations", users: 1, mix: (40, 40, 20), balance_max: 1_000_000, operations: LONGEST },
];

fn main() {
    let arguments: Vec<String> =
        env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let word =
        arguments.iter().find(|argument| !argument.starts_with("--")).cloned().unwrap_or_default();
    let cases = CASES.iter().filter(|case| case.name.contains(&word));
    if has("--list") {
        return cases.for_each(|case| println!("{}: benchmark", case.name));
    }
    // Cargo passes `--bench` only to a measurement. Without it, as under `cargo test`, small runs
    // are enough.
    let (is_test, is_quick) = (has("--test") || !has("--bench"), has("--quick"));
    println!("{:<34} {:>12} {:>12} {:>12}", "run", "operations", "million/s", "extra MiB");
    for case in cases.filter(|case| !is_quick || case.operations < LONGEST) {
        let operations = if is_test { case.operations / 1_000 } else { case.operations };
        measure(case, operations);
    }
}

fn measure(case: &Case, operations: u64) {
    let run = Run::new(case, operations);
    let one_core = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let one_core = one_core.expect("the system can start a thread");
    let (examined, seconds, extra) = one_core.install(|| {
        let (before, began) = (resident(), Clock::now());
        let examined = run.audit();
        (
            examined,
            began.seconds(),
            peak().zip(before).map(|(peak, before)| peak.saturating_sub(before)),
        )
    });
    let Audited { operations, .. } = examined;
    let rate = operations as f64 / seconds / 1e6;
    let extra = extra.map_or("-".to_owned(), |kib| format!("{:.1}", kib as f64 / 1024.0));
    println!("{:<34} {operations:>12} {rate:>12.1} {extra:>12}", case.name);
}

/// A run without a service: its ledgers and replies are those of a correct service.
struct Run {
    policy: Policy,
    clients: Vec<(RequestSequence, Log)>,
    ledgers: Vec<Ledger>,
}

/// A ledger with twelve bytes for each entry.
#[derive(Default)]
struct Ledger {
    ids: Vec<OperationId>,
    balances: Vec<u32>,
}

impl Run {
    fn new(case: &Case, operations: u64) -> Run {
        let Case { mix: (charge, use_points, read), balance_max, .. } = *case;
        let users = NonZeroU64::new(case.users).expect("every case has a user");
        let mix = Mix::new(charge, use_points, read).expect("the shares of a case add up");
        let bounds = Bounds { balance_max, ..Bounds::default() };
        let policy = Policy::new(bounds).expect("the bounds of a case agree");
        let half = Amount::new(balance_max / 2).expect("half of a balance is an amount");
        let sequences = (1..=CLIENTS).map(|client| {
            RequestSequence::draw(
                RngStream { seed: 1, block: 0, client },
                users,
                KeyDistribution::Uniform,
                mix,
            )
        });
        let sequences = [RequestSequence::opening(users, half)].into_iter().chain(sequences);
        let clients = sequences.map(|sequence| (sequence, Log::default())).collect();
        let ledgers = (0..case.users).map(|_| Ledger::default()).collect();
        let mut run = Run { policy, clients, ledgers };
        (0..case.users).for_each(|_| run.request(0));
        run.clients[0].1.stamp(0);
        let mut rng = fastrand::Rng::with_seed(1);
        for now in 1..=operations {
            let client = rng.usize(1..=CLIENTS as usize);
            if run.clients[client].1.asked().is_multiple_of(STAMP_EVERY) {
                run.clients[client].1.stamp(now);
            }
            run.request(client);
        }
        run
    }

    fn request(&mut self, client: usize) {
        let (sequence, log) = &mut self.clients[client];
        let number = log.asked();
        let request = sequence.request(number);
        let ledger = &mut self.ledgers[index(request.user)];
        let account = ledger.account();
        let Some(action) = request.action else { return log.read(account) };
        let id = OperationKey { client: client as u64, number }.id();
        match (Command { id, user: request.user, action }).decide(account, &self.policy) {
            Ok(Receipt { after, .. }) => {
                log.applied(after);
                ledger.ids.push(id);
                ledger.balances.push(u32::try_from(after.balance).expect("a balance has 32 bits"));
            }
            Err(_) => log.rejected(account),
        }
    }

    fn audit(&self) -> Audited {
        let accounts = self.ledgers.iter().map(Ledger::account).collect();
        let clients =
            self.clients.iter().map(|(sequence, log)| ClientLog { sequence, log }).collect();
        let record = RunRecord { policy: self.policy, accounts, clients };
        let examined = record.audit(|user, after, limit| Ok(self.page(user, after, limit)));
        examined.expect("a generated run is correct")
    }

    fn page(&self, user: UserId, after: u64, limit: usize) -> Vec<LedgerEntry> {
        let ledger = &self.ledgers[index(user)];
        let from = usize::try_from(after).expect("a ledger fits in memory");
        let to = from.saturating_add(limit).min(ledger.ids.len());
        (from..to).map(|at| self.entry(user, ledger, at)).collect()
    }

    fn entry(&self, user: UserId, ledger: &Ledger, at: usize) -> LedgerEntry {
        let id = ledger.ids[at];
        let key = OperationKey::of(id).expect("ids are those of requests");
        let (sequence, _) =
            &self.clients[usize::try_from(key.client).expect("the number of clients is small")];
        let action =
            sequence.request(key.number).action.expect("only commands have ledger entries");
        let before = match at.checked_sub(1) {
            Some(last) => Account { balance: u64::from(ledger.balances[last]), version: at as u64 },
            None => Account::default(),
        };
        let after = Account { balance: u64::from(ledger.balances[at]), version: at as u64 + 1 };
        let receipt = Receipt { command: Command { id, user, action }, before, after };
        LedgerEntry { receipt, time_millis: 0 }
    }
}

impl Ledger {
    fn account(&self) -> Account {
        let balance = self.balances.last().map_or(0, |balance| u64::from(*balance));
        Account { balance, version: self.balances.len() as u64 }
    }
}

fn index(user: UserId) -> usize {
    usize::try_from(user.value() - 1).expect("users are numbered from 1")
}

/// The processor time of this thread, or wall-clock time if the system does not report it.
enum Clock {
    Thread(u64),
    Wall(Instant),
}

impl Clock {
    fn now() -> Clock {
        thread_ns().map_or_else(|| Clock::Wall(Instant::now()), Clock::Thread)
    }

    fn seconds(&self) -> f64 {
        match self {
            Clock::Wall(began) => began.elapsed().as_secs_f64(),
            Clock::Thread(began) => {
                (thread_ns().expect("the system reported it before") - began) as f64 / 1e9
            }
        }
    }
}

fn thread_ns() -> Option<u64> {
    let times = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    times.split_whitespace().next()?.parse().ok()
}

/// Returns the memory of this process in KiB, and restarts the measurement of its peak.
fn resident() -> Option<u64> {
    fs::write("/proc/self/clear_refs", "5").ok()?;
    status("VmRSS:")
}

fn peak() -> Option<u64> {
    status("VmHWM:")
}

fn status(field: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
