//! What one client was told, in a bit for each request.
//!
//! The client writes this while the clock runs, so it must cost next to nothing: one bit says
//! whether a request was answered as applied, and one word sums up what the answers said. Everything
//! else, who asked for what, is drawn again from the script. A second bit is kept only from the
//! first request on of which nobody knows.

use crate::domain::{Account, OperationId};

const WORD_BITS: u64 = u64::BITS as u64;

/// What became of the requests of one client, in the order in which it made them.
#[derive(Debug, Clone, Default)]
pub struct Log {
    asked: u64,
    /// The bits of the last requests, not yet a whole word.
    last: u64,
    applied: Vec<u64>,
    /// Empty until the first unknown outcome, and no longer than up to the last one.
    unknown: Vec<u64>,
    replies: u64,
}

impl Log {
    /// An empty log with room for `requests`, so that it seldom grows while a clock runs.
    pub fn with_room(requests: u64) -> Log {
        let words = usize::try_from(requests / WORD_BITS + 1).unwrap_or(0);
        Log { applied: Vec::with_capacity(words), ..Log::default() }
    }

    /// Notes that the request was answered as applied, leaving the account `after`.
    #[inline]
    pub fn applied(&mut self, id: OperationId, after: Account) {
        self.replies = self.replies.wrapping_add(reply(id, after));
        self.note(1);
    }

    /// Notes that the request was refused, or was a read.
    #[inline]
    pub fn unchanged(&mut self) {
        self.note(0);
    }

    /// Notes that nobody knows what became of the request.
    #[cold]
    pub fn unknown(&mut self) {
        let (word, bit) = place(self.asked);
        self.unknown.resize(word + 1, 0);
        self.unknown[word] |= bit;
        self.note(0);
    }

    #[inline]
    fn note(&mut self, bit: u64) {
        self.last |= bit << (self.asked % WORD_BITS);
        self.asked += 1;
        if self.asked.is_multiple_of(WORD_BITS) {
            self.applied.push(self.last);
            self.last = 0;
        }
    }

    /// Requests noted so far.
    #[inline]
    pub fn asked(&self) -> u64 {
        self.asked
    }

    /// Requests that were answered as applied.
    pub fn applied_count(&self) -> u64 {
        self.words().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Requests of which nobody knows.
    pub fn unknown_count(&self) -> u64 {
        self.unknown.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// The numbers of the requests of which nobody knows, in order.
    pub fn unknown_numbers(&self) -> impl Iterator<Item = u64> {
        let end = self.unknown.len() as u64 * WORD_BITS;
        (0..end).filter(|&number| self.is_unknown(number))
    }

    /// Whether request `number` was answered as applied.
    #[inline]
    pub(super) fn is_applied(&self, number: u64) -> bool {
        let (word, bit) = place(number);
        self.applied.get(word).unwrap_or(&self.last) & bit != 0
    }

    /// Whether nobody knows what became of request `number`.
    #[inline]
    pub(super) fn is_unknown(&self, number: u64) -> bool {
        let (word, bit) = place(number);
        self.unknown.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// A bit for each request, set if it was answered as applied, the first in the lowest.
    pub(super) fn words(&self) -> impl Iterator<Item = u64> {
        self.applied.iter().copied().chain([self.last])
    }

    /// The sum over all answers of what they said, as [`reply`] puts it.
    pub(super) fn replies(&self) -> u64 {
        self.replies
    }

    /// Makes it seem that a client was told `wrong` where it was told `right`.
    #[cfg(test)]
    pub(super) fn misread(&mut self, right: u64, wrong: u64) {
        self.replies = self.replies.wrapping_sub(right).wrapping_add(wrong);
    }
}

/// A word that another answer, or the same answer to another request, would hardly give: sums of
/// them agree by chance once in 2^64, and two answers that were swapped do not cancel out.
#[inline]
pub(super) fn reply(id: OperationId, after: Account) -> u64 {
    (after.version << 32 ^ after.balance).wrapping_mul(id.0 << 1 | 1)
}

/// In which word a request has its bit, and which bit.
#[inline]
pub(super) fn place(number: u64) -> (usize, u64) {
    let word = usize::try_from(number / WORD_BITS).unwrap_or(usize::MAX);
    (word, 1 << (number % WORD_BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The auditor asks by number, across the borders of words and in the last, unfinished one.
    #[test]
    fn every_request_is_found_as_it_was_noted() {
        for asked in [0, 1, 63, 64, 65, 1_000] {
            let mut log = Log::with_room(10);
            for number in 0..asked {
                match number % 3 {
                    0 => log.applied(OperationId(number), Account::default()),
                    1 => log.unchanged(),
                    _ => log.unknown(),
                }
            }
            assert_eq!(log.asked(), asked);
            for number in 0..asked {
                assert_eq!(log.is_applied(number), number % 3 == 0, "{number} of {asked}");
                assert_eq!(log.is_unknown(number), number % 3 == 2, "{number} of {asked}");
            }
            assert_eq!(log.applied_count(), asked.div_ceil(3));
            assert_eq!(log.unknown_count(), asked / 3);
        }
    }

    /// Two clients that get each other's answers see all the right numbers.
    #[test]
    fn answers_that_were_swapped_do_not_cancel_out() {
        let (one, two) = (OperationId(1), OperationId(2));
        let (first, second) =
            (Account { balance: 5, version: 1 }, Account { balance: 7, version: 2 });
        let right = reply(one, first).wrapping_add(reply(two, second));
        assert_ne!(right, reply(one, second).wrapping_add(reply(two, first)));
    }
}
