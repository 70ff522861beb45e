//! What one client was told, in one word for each request, and now and then the time.
//!
//! The client writes this while the clock runs, so it must cost next to nothing. Who asked for what
//! is drawn again from the script; a word holds what only the reply can say, which is the account
//! that it testifies to. The clock is read once in many requests: a stamp says that by then every
//! request before it had been answered, and none from it on had been asked. So each request has an
//! interval between two stamps that surely holds its own, and whatever is proved with it is true.
//!
//! ```text
//! word  63      62 61         32 31          0
//!       [ outcome ] [ version  ] [ balance   ]
//! ```

use std::hint::black_box;

use parking_lot::Mutex;

use crate::domain::{Account, BALANCE_LIMIT, VERSION_LIMIT};

/// Words of a page: 512 KiB.
const PAGE_WORDS: usize = 1 << 16;

/// Most pages that are kept for logs to come, whose memory has been touched already: 512 MiB.
const SPARE_PAGES_MAX: usize = 1 << 10;

/// Words in the smallest piece of memory that a machine hands out.
const TOUCH_EVERY: usize = 512;

const _: () = assert!(VERSION_LIMIT < 1 << 30 && BALANCE_LIMIT < 1 << 32, "both fit in a word");

type Page = Box<[u64; PAGE_WORDS]>;

/// Pages of logs that are gone.
static SPARE_PAGES: Mutex<Vec<Page>> = Mutex::new(Vec::new());

/// What became of the requests of one client, in the order in which it made them.
#[derive(Debug, Clone)]
pub struct Log {
    asked: u64,
    /// The page that is written to.
    page: Page,
    full: Vec<Page>,
    /// Pages to come, touched.
    blank: Vec<Page>,
    stamps: Vec<Stamp>,
    /// What stood on the page when it was written over again, where nothing is kept.
    forgotten: Option<Counts>,
}

/// Says that at a time all requests before one had been answered, and none from it on been asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) number: u64,
    pub(super) time: u64,
}

/// How many requests came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Commands that were applied.
    pub applied: u64,
    /// Commands that a rule was in the way of.
    pub refused: u64,
    /// Reads that were answered.
    pub reads: u64,
    /// Requests of which nobody knows.
    pub unknown: u64,
}

/// What a reply said was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Unknown,
    Applied,
    Refused,
    Read,
}

impl Log {
    /// An empty log with memory touched for `requests`, so that it meets no fresh page for so many.
    pub fn with_room(requests: u64) -> Log {
        let words = usize::try_from(requests).unwrap_or(0);
        let mut log = Log::default();
        log.page = touched(words.min(PAGE_WORDS));
        log.blank.extend((0..words / PAGE_WORDS).map(|_| touched(PAGE_WORDS)));
        log
    }

    /// A log that keeps its counts and no words, for a run without books.
    pub fn of_counts() -> Log {
        let mut log = Log::with_room(PAGE_WORDS as u64);
        log.forgotten = Some(Counts::default());
        log
    }

    /// Notes that the request was applied and left the account `after`.
    #[inline]
    pub fn applied(&mut self, after: Account) {
        self.note(Outcome::Applied, after);
    }

    /// Notes that a rule was in the way of the request, with the account `before`.
    #[inline]
    pub fn refused(&mut self, before: Account) {
        self.note(Outcome::Refused, before);
    }

    /// Notes that the account was read as `account`.
    #[inline]
    pub fn read(&mut self, account: Account) {
        self.note(Outcome::Read, account);
    }

    /// Notes that nobody knows what became of the request.
    #[cold]
    pub fn unknown(&mut self) {
        self.note(Outcome::Unknown, Account::default());
    }

    /// Notes the time, between two requests. All logs of a run must be of one clock.
    #[inline]
    pub fn stamp(&mut self, time: u64) {
        let stamp = Stamp { number: self.asked, time };
        if self.stamps.last() != Some(&stamp) {
            self.stamps.push(stamp);
        }
    }

    /// Notes the times between which the last request was asked and answered.
    pub fn stamp_last(&mut self, called: u64, returned: u64) {
        let number = self.asked.saturating_sub(1);
        self.stamps.push(Stamp { number, time: called });
        self.stamp(returned);
    }

    #[inline]
    fn note(&mut self, outcome: Outcome, account: Account) {
        let place = place_on_page(self.asked);
        // A balance or version past its limit was never promised to anybody, and the word it makes
        // is not that of the ledger.
        self.page[place] = (outcome as u64) << 62 | (account.version << 32 ^ account.balance) & LOW;
        self.asked += 1;
        if place == PAGE_WORDS - 1 {
            self.turn_page();
        }
    }

    #[cold]
    #[inline(never)]
    fn turn_page(&mut self) {
        match &mut self.forgotten {
            Some(counts) => self.page.iter().for_each(|&word| counts.count(word)),
            None => {
                let blank = self.blank.pop().unwrap_or_else(|| touched(0));
                self.full.push(std::mem::replace(&mut self.page, blank));
            }
        }
    }

    /// Requests noted so far.
    #[inline]
    pub fn asked(&self) -> u64 {
        self.asked
    }

    /// How many requests came to what.
    pub fn counts(&self) -> Counts {
        let mut counts = self.forgotten.unwrap_or_default();
        let on_page = place_on_page(self.asked);
        for page in &self.full {
            page.iter().for_each(|&word| counts.count(word));
        }
        self.page[..on_page].iter().for_each(|&word| counts.count(word));
        counts
    }

    /// What the reply to request `number` said.
    #[inline]
    pub(super) fn reply(&self, number: u64) -> (Outcome, Account) {
        let index = usize::try_from(number).expect("a log fits in memory") / PAGE_WORDS;
        let page = self.full.get(index).unwrap_or(&self.page);
        decode(page[place_on_page(number)])
    }

    /// The time stamps, in order.
    pub(super) fn stamps(&self) -> &[Stamp] {
        &self.stamps
    }

    /// Makes it seem that a client was told something else.
    #[cfg(test)]
    pub(super) fn misread(&mut self, number: u64, told: (Outcome, Account)) {
        let asked = std::mem::replace(&mut self.asked, number);
        self.note(told.0, told.1);
        self.asked = asked;
    }
}

impl Default for Log {
    fn default() -> Log {
        let (full, blank, stamps) = (Vec::new(), Vec::new(), Vec::new());
        Log { asked: 0, page: touched(0), full, blank, stamps, forgotten: None }
    }
}

impl Drop for Log {
    /// Leaves the memory to the next one, which then need not touch it.
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
            Outcome::Unknown => self.unknown += 1,
            Outcome::Applied => self.applied += 1,
            Outcome::Refused => self.refused += 1,
            Outcome::Read => self.reads += 1,
        }
    }
}

/// A page whose first words are in memory; it may hold anything.
fn touched(words: usize) -> Page {
    if 0 < words
        && let Some(spare) = SPARE_PAGES.lock().pop()
    {
        return spare;
    }
    let mut page: Page =
        vec![0; PAGE_WORDS].into_boxed_slice().try_into().expect("it has the length of a page");
    page[..words].iter_mut().step_by(TOUCH_EVERY).for_each(|word| *word = 1);
    black_box(page)
}

const LOW: u64 = (1 << 62) - 1;

#[inline]
fn decode(word: u64) -> (Outcome, Account) {
    let outcome = match word >> 62 {
        0 => Outcome::Unknown,
        1 => Outcome::Applied,
        2 => Outcome::Refused,
        _ => Outcome::Read,
    };
    let account =
        Account { balance: word & u64::from(u32::MAX), version: word >> 32 & VERSION_LIMIT };
    (outcome, account)
}

/// Where on its page a request has its word.
#[inline]
fn place_on_page(number: u64) -> usize {
    usize::try_from(number % PAGE_WORDS as u64).expect("a place on a page is small")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(number: u64) -> Account {
        Account { balance: number % BALANCE_LIMIT, version: number % VERSION_LIMIT }
    }

    fn fill(log: &mut Log, asked: u64) {
        for number in 0..asked {
            match number % 4 {
                0 => log.applied(account(number)),
                1 => log.refused(account(number)),
                2 => log.read(account(number)),
                _ => log.unknown(),
            }
        }
    }

    /// The auditor asks by number, across the borders of pages and on the last, unfinished one;
    /// and memory that was used before must not show through.
    #[test]
    fn every_request_is_found_as_it_was_noted() {
        let page = PAGE_WORDS as u64;
        for asked in [0, 1, 64, page - 1, page, page + 1, 2 * page + 77, 1_000] {
            let mut log = Log::with_room(page + 10);
            fill(&mut log, asked);
            assert_eq!(log.asked(), asked);
            for number in 0..asked {
                let outcomes =
                    [Outcome::Applied, Outcome::Refused, Outcome::Read, Outcome::Unknown];
                let told = if number % 4 == 3 { Account::default() } else { account(number) };
                let place = usize::try_from(number % 4).unwrap();
                assert_eq!(log.reply(number), (outcomes[place], told), "{number} of {asked}");
            }
            let counts = log.counts();
            assert_eq!(counts.applied, asked.div_ceil(4));
            assert_eq!(counts.unknown, asked / 4);
            assert_eq!(counts.applied + counts.refused + counts.reads + counts.unknown, asked);
        }
    }

    /// A log without its room meets fresh pages while the clock runs, and one with too much takes the
    /// memory of the others.
    #[test]
    fn a_log_has_the_room_that_was_asked_for() {
        let page = PAGE_WORDS as u64;
        let mut log = Log::with_room(2 * page + 10);
        assert_eq!(log.blank.len(), 2);
        fill(&mut log, 2 * page + 10);
        assert_eq!((log.blank.len(), log.full.len()), (0, 2));
    }

    /// A word has room for every account that there can be, and for what was done with it.
    #[test]
    fn an_account_survives_its_word() {
        for account in
            [Account::default(), Account { balance: BALANCE_LIMIT, version: VERSION_LIMIT }]
        {
            let mut log = Log::default();
            log.refused(account);
            log.read(account);
            assert_eq!(log.reply(0), (Outcome::Refused, account));
            assert_eq!(log.reply(1), (Outcome::Read, account));
        }
    }

    /// Bits of a balance past its limit that fell on those of the version unseen would make what a
    /// client was told look right.
    #[test]
    fn a_balance_past_its_limit_is_not_taken_for_one_within() {
        let mut log = Log::default();
        log.applied(Account { balance: 1 << 32 | 5, version: 1 });
        assert_ne!(log.reply(0).1, Account { balance: 5, version: 1 });
    }

    /// The times of all that was asked are those of the stamps: one that is lost, or stands beside
    /// another request, lets what is out of order pass.
    #[test]
    fn a_stamp_says_what_had_been_asked_and_when() {
        let mut log = Log::default();
        log.stamp(3);
        log.stamp(3);
        log.read(account(1));
        log.stamp(5);
        log.read(account(1));
        log.stamp_last(7, 9);
        let stamps: Vec<_> = log.stamps().iter().map(|stamp| (stamp.number, stamp.time)).collect();
        assert_eq!(stamps, [(0, 3), (1, 5), (1, 7), (2, 9)]);
    }

    /// A run without books may be of billions of requests, which nobody looks at again.
    #[test]
    fn a_log_of_counts_counts_and_keeps_nothing() {
        let mut log = Log::of_counts();
        fill(&mut log, 3 * PAGE_WORDS as u64 + 6);
        let quarter = 3 * PAGE_WORDS as u64 / 4;
        let counts = Counts {
            applied: quarter + 2,
            refused: quarter + 2,
            reads: quarter + 1,
            unknown: quarter + 1,
        };
        assert_eq!(log.counts(), counts);
        assert!(log.full.is_empty());
    }
}
