use std::time::Duration;

use fastrand::Rng;

use super::*;
use crate::{
    history::{Answer, KvCall, KvInput, KvOutput, RegisterCall, RegisterInput, RegisterOutput},
    linearizability::{KvModel, RegisterModel, has_order},
};

fn write(client: u64, time: (u64, Option<u64>), value: i64) -> RegisterCall {
    let answer = time.1.map(|returned| Answer { returned, output: RegisterOutput::Done });
    Call { client, input: RegisterInput::Write(value), called: time.0, answer }
}

fn read(client: u64, time: (u64, u64), value: i64) -> RegisterCall {
    let output = RegisterOutput::Read(Some(value));
    let answer = Some(Answer { returned: time.1, output });
    Call { client, input: RegisterInput::Read, called: time.0, answer }
}

/// A reader sees two of many writes in turns, all of which were under way at once: impossible, and
/// not before every order of the others was tried.
fn hard(writes: i64) -> Vec<RegisterCall> {
    let writes = (1..=writes).map(|value| write(value.unsigned_abs(), (1, Some(50)), value));
    let reads = [(60, 1), (62, 2), (64, 1)].map(|(at, value)| read(100, (at, at + 1), value));
    writes.chain(reads).collect()
}

/// A read of what was overwritten before it was called.
fn stale() -> Vec<RegisterCall> {
    vec![write(1, (0, Some(1)), 1), write(1, (2, Some(3)), 2), read(2, (4, 5), 1)]
}

fn objects(all: &[Vec<RegisterCall>]) -> Vec<Object<RegisterModel>> {
    all.iter().map(|calls| (RegisterModel, calls.clone())).collect()
}

fn small_budget() -> Budget {
    Budget { steps: 40_000, ..Budget::default() }
}

/// A search that was given up must not hide that another key is impossible, wherever it stands.
#[test]
fn an_object_that_is_given_up_hides_no_impossible_one() {
    let alone = check_objects(&objects(&[hard(24)]), &small_budget());
    assert!(matches!(alone, HistoryVerdict::Undecided { .. }), "it is to be hard: {alone:?}");
    for (all, impossible) in [([hard(24), stale()], 1), ([stale(), hard(24)], 0)] {
        match check_objects(&objects(&all), &small_budget()) {
            HistoryVerdict::Impossible { object, .. } => assert_eq!(object, impossible),
            other => panic!("{other:?}"),
        }
    }
}

/// What is given up is named, with what ran out.
#[test]
fn all_that_was_given_up_is_named() {
    let fine = vec![write(1, (0, Some(1)), 1)];
    let all = objects(&[fine.clone(), hard(24), fine, hard(25)]);
    let expected = HistoryVerdict::Undecided { objects: vec![1, 3], limit: Limit::Steps };
    assert_eq!(check_objects(&all, &small_budget()), expected);
    let no_time = Budget { time: Duration::ZERO, ..Budget::default() };
    match check_objects(&all, &no_time) {
        HistoryVerdict::Undecided { limit: Limit::Time, .. } => {}
        other => panic!("{other:?}"),
    }
}

/// Each state of a text is a copy of it: nine appends of 20 kB in every order are more than a machine
/// has memory for.
#[test]
fn a_search_keeps_to_its_memory() {
    let append = |client: u64| {
        let text = char::from(b'a' + u8::try_from(client).unwrap()).to_string().repeat(20_000);
        let answer = Some(Answer { returned: 100, output: KvOutput::Done });
        KvCall { client, input: KvInput::Append(text), called: 0, answer }
    };
    let got = |client: u64, first: &str| KvCall {
        client,
        input: KvInput::Get,
        called: 101,
        answer: Some(Answer { returned: 102, output: KvOutput::Got(first.repeat(20_000)) }),
    };
    let calls: Vec<KvCall> = (0..9).map(append).chain([got(9, "a")]).collect();
    let budget = Budget { bytes: 32 << 20, ..Budget::default() };
    let expected = HistoryVerdict::Undecided { objects: vec![0], limit: Limit::Bytes };
    assert_eq!(check_objects(&[(KvModel, calls)], &budget), expected);
}

/// The verdict is that of brute force over all objects, in whatever order they come.
#[test]
fn the_order_of_objects_decides_nothing() {
    let mut impossible = 0;
    for seed in 0..2_000 {
        let mut rng = Rng::with_seed(seed);
        let mut all: Vec<Vec<RegisterCall>> =
            (0..rng.usize(1..5)).map(|_| drawn(&mut rng)).collect();
        let plain = all.iter().all(|calls| has_order(&RegisterModel, calls));
        for _ in 0..3 {
            rng.shuffle(&mut all);
            let found = check_objects(&objects(&all), &Budget::default());
            let same = match &found {
                HistoryVerdict::Linearizable => plain,
                HistoryVerdict::Impossible { object, .. } => {
                    !plain && !has_order(&RegisterModel, &all[*object])
                }
                HistoryVerdict::Undecided { .. } => false,
            };
            assert!(same, "seed {seed}: brute force {plain}, {found:?} of {all:#?}");
        }
        impossible += usize::from(!plain);
    }
    assert!((200..1_800).contains(&impossible), "{impossible} are impossible");
}

/// Up to five calls of a register with few values, some of which are never written.
fn drawn(rng: &mut Rng) -> Vec<RegisterCall> {
    let calls = (0..rng.u64(1..6)).map(|client| {
        let called = rng.u64(0..10);
        let returned = called + rng.u64(1..6);
        match rng.u32(0..5) {
            0 | 1 => write(client, (called, Some(returned)), rng.i64(0..3)),
            2 => write(client, (called, None), rng.i64(0..3)),
            _ => read(client, (called, returned), rng.i64(0..3)),
        }
    });
    calls.collect()
}
