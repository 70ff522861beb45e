//! Banks with obvious verdicts, and many small banks that are searched from every beginning.

use fastrand::Rng;

use super::*;
use crate::{
    history::{Answer, Call},
    linearizability::brute_force_is_linearizable,
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
    let output = BankOutput::Read(seen.iter().map(|balance| Some(i128::from(*balance))).collect());
    let answer = Some(Answer { returned: time.1, output });
    Call { client: time.0, input: BankInput::Read, called: time.0, answer }
}

fn verdict(calls: Vec<BankCall>) -> &'static str {
    match check_bank(&bank(calls), Overdraft::Forbidden).0 {
        Verdict::Linearizable => "linearizable",
        Verdict::Violation(_) => "violation",
        Verdict::Unknown(_) => "unknown",
    }
}

/// A read must see all of a transfer or nothing of it.
#[test]
fn a_transfer_is_atomic() {
    let moved = |end| transfer((10, end), 0, 1, 5);
    let before = || read((0, 1), &[8, 2]);
    assert_eq!(verdict(vec![before(), moved(Some(20)), read((30, 31), &[3, 7])]), "linearizable");
    assert_eq!(verdict(vec![before(), moved(Some(20)), read((30, 31), &[8, 2])]), "violation");
    assert_eq!(verdict(vec![before(), moved(Some(20)), read((11, 12), &[3, 2])]), "violation");
    assert_eq!(verdict(vec![before(), moved(None), read((30, 31), &[8, 2])]), "linearizable");
    assert_eq!(verdict(vec![before(), moved(None), read((30, 31), &[3, 7])]), "linearizable");
}

/// A history need not begin with a read, nor at a time without pending transfers.
#[test]
fn the_beginning_is_computed_from_any_read() {
    let beside = [transfer((0, Some(20)), 0, 1, 5), transfer((1, None), 1, 0, 1)];
    let with = |reads: &[BankCall]| verdict([&beside[..], reads].concat());
    assert_eq!(with(&[]), "linearizable");
    assert_eq!(with(&[read((2, 3), &[5, 5])]), "linearizable");
    assert_eq!(with(&[read((2, 3), &[5, 5]), read((30, 31), &[0, 10])]), "linearizable");
    assert_eq!(with(&[read((2, 3), &[5, 5]), read((30, 31), &[4, 6])]), "violation");
}

/// A violation must be explained from the first reads, and not from a later read that may itself be
/// wrong.
#[test]
fn a_contradiction_is_explained_from_the_first_reads() {
    let moved = transfer((0, Some(4)), 0, 1, 5);
    let bank = bank(vec![moved, read((1, 2), &[10, 0]), read((8, 9), &[10, 0])]);
    let (verdict, model) = check_bank(&bank, Overdraft::Forbidden);
    let Verdict::Violation(found) = verdict else { panic!("{verdict:?}") };
    assert_eq!((found.stuck_op, model.unwrap().beginning().as_str()), (2, "with a 10, b 0"));
}

/// An overdraft is a violation unless the options allow it.
#[test]
fn an_overdraft_is_a_violation_unless_it_is_allowed() {
    let calls = vec![read((0, 1), &[3, 2]), transfer((2, Some(3)), 0, 1, 5)];
    assert_eq!(verdict(calls.clone()), "violation");
    let (verdict, _) = check_bank(&bank(calls), Overdraft::Allowed);
    assert_eq!(verdict, Verdict::Linearizable);
}

/// A history with too many beginnings must end, with a verdict that claims nothing.
#[test]
fn too_many_beginnings_have_an_unknown_verdict() {
    let open = |many: usize| {
        let mut calls: Vec<BankCall> =
            (0..many).map(|at| transfer((at as u64, None), 0, 1, 1 << at)).collect();
        calls.push(read((100, 101), &[5_000, 0]));
        calls
    };
    assert_eq!(beginnings(&bank(open(OPEN_MAX))).unwrap().len(), 1 << OPEN_MAX);
    assert_eq!(verdict(open(OPEN_MAX + 1)), "unknown");
}

/// Balances at the bounds of their type must not panic.
#[test]
fn balances_at_the_bounds_of_their_type_do_not_panic() {
    let moved = transfer((2, Some(3)), 0, 1, i64::MAX);
    let calls = vec![read((0, 1), &[i64::MAX, i64::MAX]), moved.clone(), moved];
    assert_eq!(verdict(calls.clone()), "violation");
    let late = [&calls[1..], &[read((8, 9), &[i64::MIN, i64::MAX])]].concat();
    assert_eq!(verdict(late), "violation");
}

const ACCOUNTS: usize = 2;

/// A small history of a bank that is correct, except that a read may be invented.
fn random_calls(rng: &mut Rng) -> Vec<BankCall> {
    let mut balances = [rng.i64(0..3), rng.i64(0..3)];
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
            let error = if rng.u32(0..8) == 0 { rng.i64(-1..2) } else { 0 };
            let seen = read((called, returned), &[balances[0] + error, balances[1]]);
            return Call { client, ..seen };
        }
        if amount <= balances[from] && !(is_open && rng.bool()) {
            balances[from] -= amount;
            balances[to] += amount;
        } else if !is_open && rng.u32(0..4) > 0 {
            return Call { client, ..read((called, returned), &balances) };
        }
        Call { client, ..transfer((called, (!is_open).then_some(returned)), from, to, amount) }
    });
    calls.collect()
}

/// The verdict from the computed beginnings must be that from all beginnings.
#[test]
fn beginnings_and_the_brute_force_agree() {
    const MANY: u64 = 3_000;
    let mut linearizable = 0;
    for seed in 0..MANY {
        let bank = bank(random_calls(&mut Rng::with_seed(seed)));
        let range = || -12..=16;
        let mut all = range().flat_map(|a| range().map(move |b| [Some(a), Some(b)]));
        let expected = all.any(|initial| {
            brute_force_is_linearizable(
                &BankModel::new(&bank, initial.to_vec(), Overdraft::Forbidden),
                &bank.calls,
            )
        });
        let (found, _) = check_bank(&bank, Overdraft::Forbidden);
        let same = match found {
            Verdict::Linearizable => expected,
            Verdict::Violation(_) => !expected,
            Verdict::Unknown(_) => false,
        };
        assert!(same, "seed {seed}: brute force {expected}, {found:?} of {bank:#?}");
        linearizable += u64::from(expected);
    }
    assert!((MANY / 10..MANY - MANY / 10).contains(&linearizable), "{linearizable} have an order");
}
