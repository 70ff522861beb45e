use std::time::Duration;

use fastrand::Rng;

use super::*;
use crate::{
    history::{Answer, KvCall, KvInput, KvOutput, RegisterCall, RegisterInput, RegisterOutput},
    linearizability::{KvModel, RegisterModel, brute_force_is_linearizable},
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

/// A reader sees two of many concurrent writes alternately. This is a violation, but the search
/// finds that only after it has tried every order of the other writes.
fn hard(writes: i64) -> Vec<RegisterCall> {
    let writes = (1..=writes).map(|value| write(value.unsigned_abs(), (1, Some(50)), value));
    let reads = [(60, 1), (62, 2), (64, 1)].map(|(at, value)| read(100, (at, at + 1), value));
    writes.chain(reads).collect()
}

/// A read of a value that was overwritten before the call.
fn stale() -> Vec<RegisterCall> {
    vec![write(1, (0, Some(1)), 1), write(1, (2, Some(3)), 2), read(2, (4, 5), 1)]
}

fn objects(all: &[Vec<RegisterCall>]) -> Vec<Object<RegisterModel>> {
    all.iter().map(|calls| (RegisterModel, calls.clone())).collect()
}

fn small_budget() -> Budget {
    Budget { steps: 40_000, ..Budget::default() }
}

/// If the search of one key gives up, a violation of another key must still be reported.
#[test]
fn an_unknown_object_does_not_hide_a_violation() {
    let alone = check_objects(&objects(&[hard(24)]), &small_budget());
    assert!(matches!(alone, HistoryVerdict::Unknown { .. }), "the search ended: {alone:?}");
    for (all, wrong) in [([hard(24), stale()], 1), ([stale(), hard(24)], 0)] {
        match check_objects(&objects(&all), &small_budget()) {
            HistoryVerdict::Violation { object, .. } => assert_eq!(object, wrong),
            other => panic!("{other:?}"),
        }
    }
}

/// The verdict must name the objects whose search gave up, and the limit.
#[test]
fn all_unknown_objects_are_reported() {
    let fine = vec![write(1, (0, Some(1)), 1)];
    let all = objects(&[fine.clone(), hard(24), fine, hard(25)]);
    let expected = HistoryVerdict::Unknown { objects: vec![1, 3], limit: Limit::Steps };
    assert_eq!(check_objects(&all, &small_budget()), expected);
    let no_time = Budget { time: Duration::ZERO, ..Budget::default() };
    match check_objects(&all, &no_time) {
        HistoryVerdict::Unknown { limit: Limit::Time, .. } => {}
        other => panic!("{other:?}"),
    }
}

/// Each state of a text is a copy of it. Nine appends of 20 kB in every order exceed the memory of
/// a machine.
#[test]
fn a_search_keeps_to_its_memory_limit() {
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
    let expected = HistoryVerdict::Unknown { objects: vec![0], limit: Limit::Bytes };
    assert_eq!(check_objects(&[(KvModel, calls)], &budget), expected);
}

/// The verdict must be that of brute force over all objects, in any order of the objects.
#[test]
fn the_verdict_does_not_depend_on_the_order_of_objects() {
    let mut violations = 0;
    for seed in 0..2_000 {
        let mut rng = Rng::with_seed(seed);
        let mut all: Vec<Vec<RegisterCall>> =
            (0..rng.usize(1..5)).map(|_| random_calls(&mut rng)).collect();
        let expected = all.iter().all(|calls| brute_force_is_linearizable(&RegisterModel, calls));
        for _ in 0..3 {
            rng.shuffle(&mut all);
            let found = check_objects(&objects(&all), &Budget::default());
            let same = match &found {
                HistoryVerdict::Linearizable => expected,
                HistoryVerdict::Violation { object, .. } => {
                    !expected && !brute_force_is_linearizable(&RegisterModel, &all[*object])
                }
                HistoryVerdict::Unknown { .. } => false,
            };
            assert!(same, "seed {seed}: brute force {expected}, {found:?} of {all:#?}");
        }
        violations += usize::from(!expected);
    }
    assert!((200..1_800).contains(&violations), "{violations} violations");
}

/// Up to five calls on a register, with few values, some of which are never written.
fn random_calls(rng: &mut Rng) -> Vec<RegisterCall> {
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
