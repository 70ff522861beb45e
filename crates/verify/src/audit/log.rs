//! The log of one client: one word for each request, and a time stamp every so often.
//!
//! The client writes the log while the clock runs, so a write must cost next to nothing. The
//! requests are drawn again from the request sequence later. A word holds only what the reply adds:
//! the outcome and the account that it carries. The clock is read once in many requests. A stamp
//! means that at its time every request before it had been answered and none after it had been
//! called. So the interval between two stamps contains that of every request in between, and a
//! proof that uses the longer intervals is valid.
//!
//! ```text
//! word  63      62 61         32 31          0
//!       [ outcome ] [ version  ] [ balance   ]
//!       [    0    ] [           0            ]   indeterminate
//!       [    0    ] [           1            ]   not applied
//! ```

use std::hint::black_box;

use parking_lot::Mutex;

use hotrow::domain::{self, Account, BALANCE_LIMIT, Failure, VERSION_LIMIT};

/// Words of a page: 512 KiB.
const PAGE_WORDS: usize = 1 << 16;

/// Most pages that are kept for later logs, because their memory is already mapped: 512 MiB.
const SPARE_PAGES_MAX: usize = 1 << 10;

/// Words in the smallest page of memory that a machine maps.
const TOUCH_EVERY: usize = 512;

const _: () = assert!(VERSION_LIMIT < 1 << 30 && BALANCE_LIMIT < 1 << 32, "both fit in a word");

type Page = Box<[u64; PAGE_WORDS]>;

/// Pages of dropped logs.
static SPARE_PAGES: Mutex<Vec<Page>> = Mutex::new(Vec::new());

/// The outcomes of the requests of one client, in the order of the requests.
#[derive(Debug, Clone)]
pub struct Log {
    asked: u64,
    /// The page that is being written.
    page: Page,
    full: Vec<Page>,
    /// Empty pages for later, whose memory is already mapped.
    blank: Vec<Page>,
    stamps: Vec<Stamp>,
    /// The counts of overwritten pages; `None` if the log keeps its words.
    discarded: Option<Counts>,
}

/// At `time` all requests before `number` had been answered, and none from it on had been called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) number: u64,
    pub(super) time: u64,
}

/// The number of requests of each outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Commands that were applied.
    pub applied: u64,
    /// Commands that a rule rejected.
    pub rejected: u64,
    /// Reads that were answered.
    pub reads: u64,
    /// Commands that are certainly not applied, because the store failed.
    pub not_applied: u64,
    /// Requests whose outcome is not known.
    pub indeterminate: u64,
}

/// The outcome that a reply reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Indeterminate,
    Applied,
    Rejected,
    Read,
    NotApplied,
}

impl Outcome {
    /// Whether the reply carries an account, and so has a place in the order of the ledger.
    #[inline(always)]
    pub(super) fn has_account(self) -> bool {
        !matches!(self, Outcome::Indeterminate | Outcome::NotApplied)
    }
}

/// The account in the word of a command that is not applied. That of an indeterminate one is empty.
const NOT_APPLIED: Account = Account { balance: 1, version: 0 };

impl Log {
    /// An empty log with mapped memory for `requests`, so that so many writes cause no page fault.
    pub fn with_room(requests: u64) -> Log {
        let words = usize::try_from(requests).unwrap_or(0);
        let mut log = Log::default();
        log.page = touched(words.min(PAGE_WORDS));
        log.blank.extend((0..words / PAGE_WORDS).map(|_| touched(PAGE_WORDS)));
        log
    }

    /// A log that keeps counts but no words, for a run without an audit.
    pub fn of_counts() -> Log {
        let mut log = Log::with_room(PAGE_WORDS as u64);
        log.discarded = Some(Counts::default());
        log
    }

    /// Records the outcome of a command.
    #[inline(always)]
    pub fn record(&mut self, outcome: &domain::Outcome) {
        match outcome {
            Ok(entry) => self.applied(entry.receipt.after),
            Err(Failure::Rejected(rejection)) => self.rejected(rejection.before),
            Err(Failure::NotApplied(_)) => self.not_applied(),
            Err(Failure::Indeterminate(_)) => self.indeterminate(),
        }
    }

    /// Records that the request was applied and left the account `after`.
    #[inline]
    pub fn applied(&mut self, after: Account) {
        self.push(Outcome::Applied, after);
    }

    /// Records that a rule rejected the request on the account `before`.
    #[inline]
    pub fn rejected(&mut self, before: Account) {
        self.push(Outcome::Rejected, before);
    }

    /// Records that a read returned `account`.
    #[inline]
    pub fn read(&mut self, account: Account) {
        self.push(Outcome::Read, account);
    }

    /// Records that the request is certainly not applied.
    #[cold]
    pub fn not_applied(&mut self) {
        self.push(Outcome::Indeterminate, NOT_APPLIED);
    }

    /// Records that the outcome of the request is not known.
    #[cold]
    pub fn indeterminate(&mut self) {
        self.push(Outcome::Indeterminate, Account::default());
    }

    /// Records the time between two requests. All logs of a run must use the same clock.
    #[inline]
    pub fn stamp(&mut self, time: u64) {
        let stamp = Stamp { number: self.asked, time };
        if self.stamps.last() != Some(&stamp) {
            self.stamps.push(stamp);
        }
    }

    /// Records the times at which the last request was called and returned.
    pub fn stamp_last(&mut self, called: u64, returned: u64) {
        let number = self.asked.saturating_sub(1);
        self.stamps.push(Stamp { number, time: called });
        self.stamp(returned);
    }

    #[inline]
    fn push(&mut self, outcome: Outcome, account: Account) {
        let index = index_on_page(self.asked);
        // No service may return a balance or version past its limit. The word of such an account
        // differs from that of any ledger entry.
        self.page[index] = (outcome as u64) << 62 | (account.version << 32 ^ account.balance) & LOW;
        self.asked += 1;
        if index == PAGE_WORDS - 1 {
            self.next_page();
        }
    }

    #[cold]
    #[inline(never)]
    fn next_page(&mut self) {
        match &mut self.discarded {
            Some(counts) => self.page.iter().for_each(|&word| counts.count(word)),
            None => {
                let blank = self.blank.pop().unwrap_or_else(|| touched(0));
                self.full.push(std::mem::replace(&mut self.page, blank));
            }
        }
    }

    /// The number of requests recorded so far.
    #[inline]
    pub fn asked(&self) -> u64 {
        self.asked
    }

    /// The number of requests of each outcome.
    pub fn counts(&self) -> Counts {
        let mut counts = self.discarded.unwrap_or_default();
        let on_page = index_on_page(self.asked);
        for page in &self.full {
            page.iter().for_each(|&word| counts.count(word));
        }
        self.page[..on_page].iter().for_each(|&word| counts.count(word));
        counts
    }

    /// The outcome and account of the reply to request `number`.
    #[inline]
    pub(super) fn reply(&self, number: u64) -> (Outcome, Account) {
        let index = usize::try_from(number).expect("a log fits in memory") / PAGE_WORDS;
        let page = self.full.get(index).unwrap_or(&self.page);
        decode(page[index_on_page(number)])
    }

    /// The time stamps, in order.
    pub(super) fn stamps(&self) -> &[Stamp] {
        &self.stamps
    }

    /// Replaces the reply to request `number`.
    #[cfg(test)]
    pub(super) fn replace_reply(&mut self, number: u64, (outcome, account): (Outcome, Account)) {
        let asked = std::mem::replace(&mut self.asked, number);
        match outcome {
            Outcome::NotApplied => self.not_applied(),
            _ => self.push(outcome, account),
        }
        self.asked = asked;
    }
}

impl Default for Log {
    fn default() -> Log {
        let (full, blank, stamps) = (Vec::new(), Vec::new(), Vec::new());
        Log { asked: 0, page: touched(0), full, blank, stamps, discarded: None }
    }
}

impl Drop for Log {
    /// Leaves its pages to later logs, which then need not map memory.
    fn drop(&mut self) {
        let mut spare = SPARE_PAGES.lock();
        let pages = self.full.drain(..).chain(self.blank.drain(..));
        let room = SPARE_PAGES_MAX.saturating_sub(spare.len());
        spare.extend(pages.take(room));
    }
}

impl Counts {
    #[inline]
    fn count(&mut self, word: u64) {
        match decode(word).0 {
            Outcome::Indeterminate => self.indeterminate += 1,
            Outcome::NotApplied => self.not_applied += 1,
            Outcome::Applied => self.applied += 1,
            Outcome::Rejected => self.rejected += 1,
            Outcome::Read => self.reads += 1,
        }
    }
}

/// A page whose first `words` are mapped. It may hold anything.
fn touched(words: usize) -> Page {
    if 0 < words
        && let Some(spare) = SPARE_PAGES.lock().pop()
    {
        return spare;
    }
    let mut page: Page = vec![0; PAGE_WORDS]
        .into_boxed_slice()
        .try_into()
        .expect("the slice has the length of a page");
    page[..words].iter_mut().step_by(TOUCH_EVERY).for_each(|word| *word = 1);
    black_box(page)
}

const LOW: u64 = (1 << 62) - 1;

#[inline]
fn decode(word: u64) -> (Outcome, Account) {
    let outcome = match word >> 62 {
        0 if word == 0 => Outcome::Indeterminate,
        0 => return (Outcome::NotApplied, Account::default()),
        1 => Outcome::Applied,
        2 => Outcome::Rejected,
        _ => Outcome::Read,
    };
    let account =
        Account { balance: word & u64::from(u32::MAX), version: word >> 32 & VERSION_LIMIT };
    (outcome, account)
}

/// The index of a request's word on its page.
#[inline]
fn index_on_page(number: u64) -> usize {
    usize::try_from(number % PAGE_WORDS as u64).expect("an index on a page is small")
}

#[cfg(test)]
mod tests;
