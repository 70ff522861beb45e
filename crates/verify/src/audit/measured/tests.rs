//! Correct runs, and runs with a single error.

use std::collections::BTreeMap;

use rayon::ThreadPoolBuilder;

use super::*;
use crate::audit::{ClientLog, Log, examples::Example};

/// The bounds of the partitions for a number of users and requests, with three threads.
fn partitions(users: usize, requests: u64) -> Vec<(usize, usize)> {
    let example = Example::opened(1, 1);
    let mut log = Log::default();
    (0..requests).for_each(|_| log.indeterminate());
    let mut record = example.record();
    record.accounts.resize(users, record.accounts[0]);
    record.clients = vec![ClientLog { log: &log, ..record.clients[1] }];
    let pool = ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let partitions = pool.install(|| record.partitions());
    partitions.into_iter().map(|partition| (partition.start, partition.end)).collect()
}

/// A user in no partition is not audited at all, and a user in two is audited twice.
#[test]
fn each_user_is_in_one_partition() {
    assert_eq!(partitions(7, SINGLE_THREAD_MAX), [(0, 2), (2, 4), (4, 7)]);
    assert_eq!(partitions(2, SINGLE_THREAD_MAX), [(0, 1), (1, 2)]);
    assert_eq!(partitions(7, SINGLE_THREAD_MAX - 1), [(0, 7)]);
    assert_eq!(partitions(USERS_MAX, 0), [(0, USERS_MAX)]);
    let half = USERS_MAX / 2;
    assert_eq!(partitions(USERS_MAX + 1, 0), [(0, half), (half, USERS_MAX + 1)]);
    assert_eq!(partitions(0, SINGLE_THREAD_MAX), []);
}

/// The bits of a block are read 64 at a time. No request may be skipped where the ring starts again
/// or a word of bits ends, and no request of another partition may be taken. Each request must be
/// given its own user, and a pair that only its client and user have.
#[test]
fn each_request_of_the_partition_in_a_block_is_taken_once() {
    let example = Example::opened(5, 2);
    let record = example.record();
    let partition = Partition::new(&record, 1..3);
    let ring = record.clients[1].sequence.ring().len() as u64;
    let mut pairs = BTreeMap::new();
    for (client, client_log) in record.clients.iter().enumerate() {
        for block in [0..0, 0..1, 0..64, 3..64, 3..65, 63..65, 64..128, 5..400, 130..140] {
            for from in [0, ring - 64, ring, 3 * ring - 7] {
                let block = from + block.start..from + block.end;
                let mut taken = Vec::new();
                let result = partition.for_each_request(client, block.clone(), |number| {
                    taken.push(number);
                    Ok::<(), ()>(())
                });
                let user = |number: u64| client_log.sequence.request(number).user.value();
                let expected = block.filter(|&number| [2, 3].contains(&user(number)));
                assert_eq!((result, &taken), (Ok(()), &expected.collect()), "client {client}");
                for number in taken {
                    let Event { user_index, client_user_pair, .. } =
                        partition.event(client, number);
                    assert_eq!(user_index as u64 + 2, user(number));
                    assert_eq!(
                        *pairs.entry(client_user_pair).or_insert((client, user_index)),
                        (client, user_index)
                    );
                }
            }
        }
    }
    assert_eq!(
        pairs.into_keys().collect::<Vec<_>>(),
        (0..partition.client_user_pairs).collect::<Vec<_>>()
    );
    assert_eq!(partition.client_user_pairs, 6);
}

/// Each partition stops at its first violation. The audit must return the earliest of these, not
/// that of the first or the last partition.
#[test]
fn the_earliest_violation_of_all_partitions_is_reported() {
    let correct = Example::new(2, SINGLE_THREAD_MAX / 2);
    let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    for (early, late) in [(1, 2), (2, 1)] {
        let mut example = correct.clone();
        for (id, from) in [(early, 100), (late, 5_000)] {
            example.corrupt_reply(1, id, from);
        }
        let violation = pool.install(|| example.audit()).unwrap_err();
        assert_eq!(violation.user.value(), early, "{violation}");
    }
}
