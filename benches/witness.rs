//! How many operations a core audits in a second, and how much memory that takes beside the logs.
//!
//! Runs are made up by one thread that has clients ask in an order that is drawn, with the stamps
//! that measured clients make; then the audit alone is timed, by the processor time of the one
//! thread that it has.
//!
//! `cargo bench --bench witness` takes some two minutes and 3 GB, most of it for a run of 100
//! million operations on one user; `-- --quick` leaves that out, `-- --test` makes all runs small, to
//! see that everything works; `-- --list` names the runs, `-- WORD` takes those with the word in
//! their name.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it found")]

use std::{env, fs, num::NonZeroU64, time::Instant};

use hotrow::{
    audit::{Books, Examined, Log, Sheet},
    domain::{Account, Amount, Bounds, Command, LedgerEntry, OperationId, Policy, Receipt, UserId},
    workload::{Asked, Keys, Mix, Script, Source},
};

/// Clients of every run.
const CLIENTS: u32 = 8;

/// Requests of a client between two of its stamps, as in a measured run.
const STAMP_EVERY: u64 = 128;

/// What is made up and audited.
struct Case {
    name: &'static str,
    users: u64,
    mix: (u8, u8, u8),
    /// The most that an account may hold: the less, the more commands are refused.
    balance_max: u64,
    operations: u64,
}

/// So many operations by default.
const MANY: u64 = 10_000_000;

/// What is left out of a quick look.
const LONGEST: u64 = 100_000_000;

#[rustfmt::skip]
const CASES: &[Case] = &[
    Case { name: "1 user", users: 1, mix: (50, 50, 0), balance_max: 1_000_000, operations: MANY },
    Case { name: "1 user, half of it reads", users: 1, mix: (25, 25, 50), balance_max: 1_000_000, operations: MANY },
    Case { name: "1 user, reads and refusals", users: 1, mix: (40, 30, 30), balance_max: 200, operations: MANY },
    Case { name: "1,024 users", users: 1_024, mix: (50, 50, 0), balance_max: 1_000_000, operations: MANY },
    Case { name: "1,024 users, reads and refusals", users: 1_024, mix: (40, 30, 30), balance_max: 200, operations: MANY },
    Case { name: "1 user, 100 million operations", users: 1, mix: (40, 40, 20), balance_max: 1_000_000, operations: LONGEST },
];

fn main() {
    let given: Vec<String> =
        env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let has = |flag: &str| given.iter().any(|given| given == flag);
    let word = given.iter().find(|given| !given.starts_with("--")).cloned().unwrap_or_default();
    let cases = CASES.iter().filter(|case| case.name.contains(&word));
    if has("--list") {
        return cases.for_each(|case| println!("{}: benchmark", case.name));
    }
    // Cargo says so when it is to be measured; without that, as under `cargo test`, one look will do.
    let (tiny, quick) = (has("--test") || !has("--bench"), has("--quick"));
    println!("{:<34} {:>12} {:>12} {:>12}", "run", "operations", "million/s", "extra MiB");
    for case in cases.filter(|case| !quick || case.operations < LONGEST) {
        let operations = if tiny { case.operations / 1_000 } else { case.operations };
        measure(case, operations);
    }
}

fn measure(case: &Case, operations: u64) {
    let run = Run::of(case, operations);
    let one_core = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let one_core = one_core.expect("the system has a thread to spare");
    let (examined, seconds, extra) = one_core.install(|| {
        let (before, began) = (resident(), Clock::now());
        let examined = run.audit();
        (
            examined,
            began.seconds(),
            peak().zip(before).map(|(peak, before)| peak.saturating_sub(before)),
        )
    });
    let Examined { operations, .. } = examined;
    let rate = operations as f64 / seconds / 1e6;
    let extra = extra.map_or("-".to_owned(), |kib| format!("{:.1}", kib as f64 / 1024.0));
    println!("{:<34} {operations:>12} {rate:>12.1} {extra:>12}", case.name);
}

/// A run that happened in no service: what a sound one would have left.
struct Run {
    policy: Policy,
    sheets: Vec<(Script, Log)>,
    ledgers: Vec<Ledger>,
}

/// A ledger in twelve bytes an entry.
#[derive(Default)]
struct Ledger {
    ids: Vec<OperationId>,
    balances: Vec<u32>,
}

impl Run {
    fn of(case: &Case, operations: u64) -> Run {
        let Case { mix: (charge, use_points, read), balance_max, .. } = *case;
        let users = NonZeroU64::new(case.users).expect("every case has a user");
        let mix = Mix::new(charge, use_points, read).expect("the shares of a case add up");
        let bounds = Bounds { balance_max, ..Bounds::default() };
        let policy = Policy::new(bounds).expect("the bounds of a case agree");
        let half = Amount::new(balance_max / 2).expect("half of a balance is an amount");
        let drawn = (1..=CLIENTS).map(|client| {
            Script::draw(Source { seed: 1, block: 0, client }, users, Keys::Uniform, mix)
        });
        let scripts = [Script::opening(users, half)].into_iter().chain(drawn);
        let sheets = scripts.map(|script| (script, Log::default())).collect();
        let ledgers = (0..case.users).map(|_| Ledger::default()).collect();
        let mut run = Run { policy, sheets, ledgers };
        (0..case.users).for_each(|_| run.ask(0));
        run.sheets[0].1.stamp(0);
        let mut rng = fastrand::Rng::with_seed(1);
        for now in 1..=operations {
            let client = rng.usize(1..=CLIENTS as usize);
            if run.sheets[client].1.asked().is_multiple_of(STAMP_EVERY) {
                run.sheets[client].1.stamp(now);
            }
            run.ask(client);
        }
        run
    }

    fn ask(&mut self, client: usize) {
        let (script, log) = &mut self.sheets[client];
        let number = log.asked();
        let request = script.request(number);
        let ledger = &mut self.ledgers[index(request.user)];
        let account = ledger.account();
        let Some(action) = request.action else { return log.read(account) };
        let id = Asked { client: client as u64, number }.id();
        match (Command { id, user: request.user, action }).decide(account, &self.policy) {
            Ok(Receipt { after, .. }) => {
                log.applied(after);
                ledger.ids.push(id);
                ledger.balances.push(u32::try_from(after.balance).expect("a balance has 32 bits"));
            }
            Err(_) => log.refused(account),
        }
    }

    fn audit(&self) -> Examined {
        let accounts = self.ledgers.iter().map(Ledger::account).collect();
        let sheets = self.sheets.iter().map(|(script, log)| Sheet { script, log }).collect();
        let books = Books { policy: self.policy, accounts, sheets };
        let examined = books.audit(|user, after, limit| Ok(self.page(user, after, limit)));
        examined.expect("what was made up is right")
    }

    fn page(&self, user: UserId, after: u64, limit: usize) -> Vec<LedgerEntry> {
        let ledger = &self.ledgers[index(user)];
        let from = usize::try_from(after).expect("a ledger fits in memory");
        let to = from.saturating_add(limit).min(ledger.ids.len());
        (from..to).map(|at| self.entry(user, ledger, at)).collect()
    }

    fn entry(&self, user: UserId, ledger: &Ledger, at: usize) -> LedgerEntry {
        let id = ledger.ids[at];
        let asked = Asked::of(id).expect("ids are those of requests");
        let (script, _) = &self.sheets[usize::try_from(asked.client).expect("clients are few")];
        let action = script.request(asked.number).action.expect("only commands are written");
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

/// The time that this thread had a processor for; the wall's where the system does not tell.
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
            Clock::Thread(began) => (thread_ns().expect("it was told before") - began) as f64 / 1e9,
        }
    }
}

fn thread_ns() -> Option<u64> {
    let times = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    times.split_whitespace().next()?.parse().ok()
}

/// Memory of this process in KiB, from which the peak is counted from now on.
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
