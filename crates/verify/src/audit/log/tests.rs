//! Words, pages and stamps.

use super::*;

fn account(number: u64) -> Account {
    Account { balance: number % BALANCE_LIMIT, version: number % VERSION_LIMIT }
}

fn fill(log: &mut Log, requests: u64) {
    for number in 0..requests {
        match number % 5 {
            0 => log.applied(account(number)),
            1 => log.rejected(account(number)),
            2 => log.read(account(number)),
            3 => log.not_applied(),
            _ => log.indeterminate(),
        }
    }
}

/// The auditor reads replies by number, across page boundaries and on the last, unfinished
/// page. The content of reused memory must not show through.
#[test]
fn every_reply_is_read_as_it_was_recorded() {
    let page = PAGE_WORDS as u64;
    for requests in [0, 1, 64, page - 1, page, page + 1, 2 * page + 77, 1_000] {
        let mut log = Log::with_room(page + 10);
        fill(&mut log, requests);
        assert_eq!(log.asked(), requests);
        for number in 0..requests {
            let outcomes = [
                Outcome::Applied,
                Outcome::Rejected,
                Outcome::Read,
                Outcome::NotApplied,
                Outcome::Indeterminate,
            ];
            let outcome = outcomes[usize::try_from(number % 5).unwrap()];
            let expected = match outcome.has_account() {
                true => account(number),
                false => Account::default(),
            };
            assert_eq!(log.reply(number), (outcome, expected), "{number} of {requests}");
        }
        let counts = log.counts();
        assert_eq!(counts.applied, requests.div_ceil(5));
        assert_eq!(counts.indeterminate, requests / 5);
        let Counts { applied, rejected, reads, not_applied, indeterminate } = counts;
        assert_eq!(applied + rejected + reads + not_applied + indeterminate, requests);
    }
}

/// A log with too little room causes page faults while the clock runs. A log with too much
/// takes the memory of the others.
#[test]
fn a_log_has_the_requested_room() {
    let page = PAGE_WORDS as u64;
    let mut log = Log::with_room(2 * page + 10);
    assert_eq!(log.blank.len(), 2);
    fill(&mut log, 2 * page + 10);
    assert_eq!((log.blank.len(), log.full.len()), (0, 2));
}

/// A word has room for the largest account and for every outcome.
#[test]
fn the_largest_account_fits_in_a_word() {
    for account in [Account::default(), Account { balance: BALANCE_LIMIT, version: VERSION_LIMIT }]
    {
        let mut log = Log::default();
        log.rejected(account);
        log.read(account);
        assert_eq!(log.reply(0), (Outcome::Rejected, account));
        assert_eq!(log.reply(1), (Outcome::Read, account));
    }
}

/// If the bits of a balance past its limit changed those of the version, a wrong reply could
/// look right.
#[test]
fn a_balance_past_its_limit_is_not_read_as_one_within_it() {
    let mut log = Log::default();
    log.applied(Account { balance: 1 << 32 | 5, version: 1 });
    assert_ne!(log.reply(0).1, Account { balance: 5, version: 1 });
}

/// The times of all requests come from the stamps. A stamp that is lost, or recorded beside
/// another request, would hide a violation of real time.
#[test]
fn a_stamp_has_the_number_of_earlier_requests_and_the_time() {
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

/// A run without an audit may have billions of requests, whose words are never read.
#[test]
fn a_log_of_counts_keeps_no_words() {
    let mut log = Log::of_counts();
    fill(&mut log, 5 * PAGE_WORDS as u64 + 6);
    let each = PAGE_WORDS as u64 + 1;
    let counts = Counts {
        applied: each + 1,
        rejected: each,
        reads: each,
        not_applied: each,
        indeterminate: each,
    };
    assert_eq!(log.counts(), counts);
    assert!(log.full.is_empty());
}
