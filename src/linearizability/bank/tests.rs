//! Banks whose verdict can be seen, and many small ones that are tried from every beginning.

use fastrand::Rng;

use super::*;
use crate::{
    history::{Answer, Call},
    linearizability::has_order,
};

fn bank(calls: Vec<BankCall>) -> Bank {
    Bank { accounts: vec!["a".to_owned(), "b".to_owned()], calls }
}

fn transfer(time: (u64, Option<u64>), from: usize, to: usize, amount: i64) -> BankCall {
    let input = BankInput::Transfer { from, to, amount };
    let answer = time.1.map(|returned| Answer { returned, output: BankOutput::Done });
    Call { client: time.0, input, called: time.0, answer }
}

fn read(time: (u64, u64), seen: &[i64]) -> BankCall {
    let output = BankOutput::Read(seen.iter().map(|held| Some(i128::from(*held))).collect());
    let answer = Some(Answer { returned: time.1, output });
    Call { client: time.0, input: BankInput::Read, called: time.0, answer }
}

fn verdict(calls: Vec<BankCall>) -> &'static str {
    match check_bank(&bank(calls), Overdraft::Forbidden).0 {
        Verdict::Linearizable => "linearizable",
        Verdict::Impossible(_) => "impossible",
        Verdict::Undecided(_) => "undecided",
    }
}

/// What a reader sees of a transfer is all of it or nothing.
#[test]
fn a_transfer_is_seen_whole() {
    let moved = |end| transfer((10, end), 0, 1, 5);
    let before = || read((0, 1), &[8, 2]);
    assert_eq!(verdict(vec![before(), moved(Some(20)), read((30, 31), &[3, 7])]), "linearizable");
    assert_eq!(verdict(vec![before(), moved(Some(20)), read((30, 31), &[8, 2])]), "impossible");
    assert_eq!(verdict(vec![before(), moved(Some(20)), read((11, 12), &[3, 2])]), "impossible");
    assert_eq!(verdict(vec![before(), moved(None), read((30, 31), &[8, 2])]), "linearizable");
    assert_eq!(verdict(vec![before(), moved(None), read((30, 31), &[3, 7])]), "linearizable");
}

/// A history need not begin with a read, nor with a quiet moment.
#[test]
fn the_beginning_is_taken_from_any_read() {
    let beside = [transfer((0, Some(20)), 0, 1, 5), transfer((1, None), 1, 0, 1)];
    let with = |reads: &[BankCall]| verdict([&beside[..], reads].concat());
    assert_eq!(with(&[]), "linearizable");
    assert_eq!(with(&[read((2, 3), &[5, 5])]), "linearizable");
    assert_eq!(with(&[read((2, 3), &[5, 5]), read((30, 31), &[0, 10])]), "linearizable");
    assert_eq!(with(&[read((2, 3), &[5, 5]), read((30, 31), &[4, 6])]), "impossible");
}

/// What is wrong is explained from what the first reads saw, and not from a later read that may
/// itself be wrong.
#[test]
fn a_contradiction_is_explained_from_the_first_reads() {
    let moved = transfer((0, Some(4)), 0, 1, 5);
    let bank = bank(vec![moved, read((1, 2), &[10, 0]), read((8, 9), &[10, 0])]);
    let (verdict, model) = check_bank(&bank, Overdraft::Forbidden);
    let Verdict::Impossible(found) = verdict else { panic!("{verdict:?}") };
    assert_eq!((found.misfit, model.unwrap().beginning().as_str()), (2, "with a 10, b 0"));
}

/// A bank that lends is wrong unless it is said to.
#[test]
fn an_overdraft_is_impossible_unless_it_is_allowed() {
    let calls = vec![read((0, 1), &[3, 2]), transfer((2, Some(3)), 0, 1, 5)];
    assert_eq!(verdict(calls.clone()), "impossible");
    let (verdict, _) = check_bank(&bank(calls), Overdraft::Allowed);
    assert_eq!(verdict, Verdict::Linearizable);
}

/// Where too much is open a search must not go on for ever, nor say what it does not know.
#[test]
fn too_many_beginnings_are_undecided() {
    let open = |many: usize| {
        let mut calls: Vec<BankCall> =
            (0..many).map(|at| transfer((at as u64, None), 0, 1, 1 << at)).collect();
        calls.push(read((100, 101), &[5_000, 0]));
        calls
    };
    assert_eq!(beginnings(&bank(open(OPEN_MAX))).unwrap().len(), 1 << OPEN_MAX);
    assert_eq!(verdict(open(OPEN_MAX + 1)), "undecided");
}

/// Of numbers that do not fit nothing may panic.
#[test]
fn balances_at_their_bounds_are_no_reason_to_panic() {
    let moved = transfer((2, Some(3)), 0, 1, i64::MAX);
    let calls = vec![read((0, 1), &[i64::MAX, i64::MAX]), moved.clone(), moved];
    assert_eq!(verdict(calls.clone()), "impossible");
    let late = [&calls[1..], &[read((8, 9), &[i64::MIN, i64::MAX])]].concat();
    assert_eq!(verdict(late), "impossible");
}

const ACCOUNTS: usize = 2;

/// A small history of a bank that is right but for a read that may be made up.
fn drawn(rng: &mut Rng) -> Vec<BankCall> {
    let mut held = [rng.i64(0..3), rng.i64(0..3)];
    let mut clocks = [0; 3];
    let mut calls = Vec::new();
    for _ in 0..rng.usize(2..6) {
        let client = rng.usize(0..3);
        let called = clocks[client] + rng.u64(0..3);
        let moment = called + rng.u64(0..4);
        let returned = moment + rng.u64(0..3);
        clocks[client] = returned + 1;
        calls.push((moment, client as u64, called, returned));
    }
    calls.sort_unstable();
    let calls = calls.into_iter().map(|(_, client, called, returned)| {
        let is_open = rng.u32(0..6) == 0;
        let (from, to, amount) = (rng.usize(0..ACCOUNTS), rng.usize(0..ACCOUNTS), rng.i64(1..3));
        if rng.bool() {
            let made_up = if rng.u32(0..8) == 0 { rng.i64(-1..2) } else { 0 };
            let seen = read((called, returned), &[held[0] + made_up, held[1]]);
            return Call { client, ..seen };
        }
        if amount <= held[from] && !(is_open && rng.bool()) {
            held[from] -= amount;
            held[to] += amount;
        } else if !is_open && rng.u32(0..4) > 0 {
            return Call { client, ..read((called, returned), &held) };
        }
        Call { client, ..transfer((called, (!is_open).then_some(returned)), from, to, amount) }
    });
    calls.collect()
}

/// The verdict of all beginnings that can be is that of all that there are.
#[test]
fn beginnings_and_the_brute_force_agree() {
    const MANY: u64 = 3_000;
    let mut right = 0;
    for seed in 0..MANY {
        let bank = bank(drawn(&mut Rng::with_seed(seed)));
        let balances = || -12..=16;
        let mut all = balances().flat_map(|a| balances().map(move |b| [Some(a), Some(b)]));
        let plain = all.any(|initial| {
            has_order(&BankModel::new(&bank, initial.to_vec(), Overdraft::Forbidden), &bank.calls)
        });
        let (found, _) = check_bank(&bank, Overdraft::Forbidden);
        let same = match found {
            Verdict::Linearizable => plain,
            Verdict::Impossible(_) => !plain,
            Verdict::Undecided(_) => false,
        };
        assert!(same, "seed {seed}: brute force {plain}, {found:?} of {bank:#?}");
        right += u64::from(plain);
    }
    assert!((MANY / 10..MANY - MANY / 10).contains(&right), "{right} have an order");
}
