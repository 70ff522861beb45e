//! Runs that are right, each made wrong in one place.

use std::collections::BTreeMap;

use rayon::ThreadPoolBuilder;

use super::*;
use crate::audit::{Log, Sheet, examples::Example};

/// Where the parts begin and end for so many users, so many requests and three threads.
fn dealt(users: usize, requests: u64) -> Vec<(usize, usize)> {
    let example = Example::opened(1, 1);
    let mut log = Log::default();
    (0..requests).for_each(|_| log.unknown());
    let mut books = example.books();
    books.accounts.resize(users, books.accounts[0]);
    books.sheets = vec![Sheet { log: &log, ..books.sheets[1] }];
    let pool = ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let parts = pool.install(|| books.parts());
    parts.into_iter().map(|part| (part.start, part.end)).collect()
}

/// A user of no part is not audited at all, and one of two parts twice.
#[test]
fn each_user_is_of_one_part() {
    assert_eq!(dealt(7, ALONE_MAX), [(0, 2), (2, 4), (4, 7)]);
    assert_eq!(dealt(2, ALONE_MAX), [(0, 1), (1, 2)]);
    assert_eq!(dealt(7, ALONE_MAX - 1), [(0, 7)]);
    assert_eq!(dealt(USERS_MAX, 0), [(0, USERS_MAX)]);
    let half = USERS_MAX / 2;
    assert_eq!(dealt(USERS_MAX + 1, 0), [(0, half), (half, USERS_MAX + 1)]);
    assert_eq!(dealt(0, ALONE_MAX), []);
}

/// Requests of a block are found 64 at a time: none may be passed over where the ring begins again
/// or a word of bits ends, and none of another part be taken. What is taken must belong to its
/// user, and to the pair of its client and user alone.
#[test]
fn of_a_block_what_is_for_the_part_is_taken_once() {
    let example = Example::opened(5, 2);
    let books = example.books();
    let part = Part::of(&books, 1..3);
    let ring = books.sheets[1].script.ring().len() as u64;
    let mut pairs = BTreeMap::new();
    for (client, sheet) in books.sheets.iter().enumerate() {
        for block in [0..0, 0..1, 0..64, 3..64, 3..65, 63..65, 64..128, 5..400, 130..140] {
            for from in [0, ring - 64, ring, 3 * ring - 7] {
                let block = from + block.start..from + block.end;
                let mut taken = Vec::new();
                let all = part.each(client, block.clone(), |number| {
                    taken.push(number);
                    Ok::<(), ()>(())
                });
                let user = |number: u64| sheet.script.request(number).user.value();
                let right = block.filter(|&number| [2, 3].contains(&user(number)));
                assert_eq!((all, &taken), (Ok(()), &right.collect()), "client {client}");
                for number in taken {
                    let Seen { row, lane, .. } = part.seen(client, number);
                    assert_eq!(row as u64 + 2, user(number));
                    assert_eq!(*pairs.entry(lane).or_insert((client, row)), (client, row));
                }
            }
        }
    }
    assert_eq!(pairs.into_keys().collect::<Vec<_>>(), (0..part.lanes).collect::<Vec<_>>());
    assert_eq!(part.lanes, 6);
}

/// Each part stops at the first thing that it finds: what is told must be the earliest of all,
/// and not that of the part which comes first or last.
#[test]
fn the_first_violation_in_time_is_told_whichever_part_finds_it() {
    let right = Example::of(2, ALONE_MAX / 2);
    let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    for (early, late) in [(1, 2), (2, 1)] {
        let mut example = right.clone();
        for (id, from) in [(early, 100), (late, 5_000)] {
            example.mislead(1, id, from);
        }
        let violation = pool.install(|| example.audit()).unwrap_err();
        assert_eq!(violation.user.value(), early, "{violation}");
    }
}
