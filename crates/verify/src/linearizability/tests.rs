//! Small histories with obvious verdicts, and the limits of the search.

use super::*;
use crate::history::{
    Answer, HistoryGenerator, RegisterCall, RegisterInput, RegisterOutput, Reply,
};
use hotrow::domain::{Action, Amount, Bounds, Policy, UserId};

fn account() -> AccountModel {
    let policy = Policy::new(Bounds { balance_max: 100, ..Bounds::default() }).unwrap();
    AccountModel::new(policy, UserId::new(1).unwrap())
}

fn charge(points: u64) -> Option<Action> {
    Some(Action::Charge(Amount::new(points).unwrap()))
}

fn spend(points: u64) -> Option<Action> {
    Some(Action::Use(Amount::new(points).unwrap()))
}

/// A call by a client of its own, which returns at the second number.
fn call<I, O>((called, returned): (u64, u64), input: I, output: O) -> Call<I, O> {
    Call { client: called, input, called, answer: Some(Answer { returned, output }) }
}

fn open<I, O>(called: u64, input: I) -> Call<I, O> {
    Call { client: called, input, called, answer: None }
}

fn has_account_order(calls: &[AccountCall]) -> bool {
    let found = check(&account(), calls);
    assert_eq!(
        found == Verdict::Linearizable,
        brute_force_is_linearizable(&account(), calls),
        "{found:?}"
    );
    found == Verdict::Linearizable
}

fn has_register_order(calls: &[RegisterCall]) -> bool {
    let found = check(&RegisterModel, calls);
    assert_eq!(
        found == Verdict::Linearizable,
        brute_force_is_linearizable(&RegisterModel, calls),
        "{found:?}"
    );
    found == Verdict::Linearizable
}

use AccountOutput::{Applied, Read, Rejected};

/// A history without effects is correct.
#[test]
fn an_empty_history_has_an_order() {
    assert!(has_account_order(&[]));
    assert!(has_account_order(&[open(0, charge(1))]));
}

/// A read after an acknowledged charge must see it. A concurrent read may or may not see it.
#[test]
fn a_stale_read_is_a_violation_only_after_the_return() {
    let charged = call((0, 10), charge(5), Applied(5));
    assert!(has_account_order(&[charged, call((11, 12), None, Read(5))]));
    assert!(!has_account_order(&[charged, call((11, 12), None, Read(0))]));
    assert!(has_account_order(&[charged, call((9, 12), None, Read(0))]));
    assert!(has_account_order(&[charged, call((10, 12), None, Read(0))]), "equal times overlap");
}

/// Two commands start from the same balance: the lost update.
#[test]
fn a_lost_update_is_a_violation() {
    let both = [call((0, 10), charge(5), Applied(5)), call((1, 9), charge(7), Applied(7))];
    assert!(!has_account_order(&both));
    let after = call((1, 9), charge(7), Applied(12));
    assert!(has_account_order(&[both[0], after]));
}

/// A rejection has the balance that it was decided on.
#[test]
fn a_rejection_needs_a_rule_that_rejects() {
    assert!(has_account_order(&[call((0, 1), spend(5), Rejected(0))]));
    assert!(!has_account_order(&[call((0, 1), charge(5), Rejected(0))]));
    let charged = call((0, 10), charge(100), Applied(100));
    assert!(has_account_order(&[charged, call((2, 3), charge(1), Rejected(100))]));
    assert!(!has_account_order(&[charged, call((11, 12), spend(1), Rejected(0))]));
}

/// An indeterminate operation takes effect at most once, at any time after its call.
#[test]
fn an_indeterminate_operation_explains_one_later_change() {
    let indeterminate = open(5, charge(3));
    let read = |at, seen| call((at, at + 1), None, Read(seen));
    assert!(has_account_order(&[indeterminate, read(10, 0), read(20, 3), read(30, 3)]));
    assert!(has_account_order(&[indeterminate, read(10, 0), read(20, 0)]));
    assert!(!has_account_order(&[indeterminate, read(10, 3), read(20, 0)]));
    assert!(!has_account_order(&[indeterminate, read(10, 6)]));
    assert!(!has_account_order(&[indeterminate, read(1, 3)]));
    assert!(has_account_order(&[indeterminate, open(6, charge(3)), read(10, 3), read(20, 6)]));
}

/// A write that changes nothing now may have to come later. Only operations that never change
/// anything may be linearized at once.
#[test]
fn a_write_of_the_current_value_is_not_linearized_too_early() {
    let write = |time, value| call(time, RegisterInput::Write(value), RegisterOutput::Done);
    let read = |time, seen| call(time, RegisterInput::Read, RegisterOutput::Read(Some(seen)));
    let late = write((3, 100), 5);
    let others = [write((0, 1), 5), write((10, 20), 3), read((30, 40), 3), read((50, 60), 5)];
    assert!(has_register_order(&[&others[..], &[late]].concat()));
    assert!(!has_register_order(&others));
}

/// A new value and then the old one is a violation, even where either read alone is not.
#[test]
fn two_reads_do_not_go_back_in_time() {
    let write = |time, value| call(time, RegisterInput::Write(value), RegisterOutput::Done);
    let read = |time, seen| call(time, RegisterInput::Read, RegisterOutput::Read(seen));
    let writing = write((0, 100), 1);
    assert!(has_register_order(&[writing, read((1, 2), None), read((3, 4), Some(1))]));
    assert!(!has_register_order(&[writing, read((1, 2), Some(1)), read((3, 4), None)]));
}

/// A report must name the first contradiction, its operation, and the order before it.
#[test]
fn the_contradiction_is_the_shortest_and_names_the_operation_that_returns() {
    let calls = [
        call((0, 1), charge(5), Applied(5)),
        call((2, 9), charge(7), Applied(7)),
        call((3, 4), None, Read(12)),
        call((20, 21), None, Read(5)),
    ];
    let Verdict::Violation(found) = check(&account(), &calls) else { panic!("it has an order") };
    // The read of 12 was correct, because the charge was pending at the time.
    assert_eq!(found, Contradiction { stuck_op: 1, before: vec![0, 1], is_unproducible: false });
    assert_eq!(
        found.describe(&account(), &calls),
        "`charge 7: 7 left` of client 2 has no place; before it returned there is an order, which \
         ends with `charge 5: 5 left` of client 0, then `charge 7: pending` of client 2"
    );
}

/// A reply that never comes differs from one that comes later.
#[test]
fn an_indeterminate_operation_is_not_reported_as_pending() {
    let read = |time, seen| call(time, RegisterInput::Read, RegisterOutput::Read(Some(seen)));
    let written = call((1, 2), RegisterInput::Write(2), RegisterOutput::Done);
    let calls = [open(0, RegisterInput::Write(1)), written, read((3, 4), 1), read((5, 6), 2)];
    let Verdict::Violation(found) = check(&RegisterModel, &calls) else {
        panic!("it has an order")
    };
    let text = found.describe(&RegisterModel, &calls);
    assert!(text.contains("`write 1: unknown` of client 0"), "{text}");
    assert!(found.diagram(&RegisterModel, &calls).to_string().contains("# write 1: unknown"));
}

/// A reply that no order can produce is found without a search, in histories of any size.
#[test]
fn a_reply_that_no_order_produces_is_found_without_steps() {
    let never: Vec<AccountCall> = (0..60)
        .map(|at| open(at, charge(2 << (at % 6))))
        .chain([call((100, 101), None, Read(7))])
        .collect();
    let Verdict::Violation(found) = check_within(&account(), &never, 0) else {
        panic!("an odd balance of even amounts")
    };
    assert_eq!((found.stuck_op, found.is_unproducible), (60, true));
    let text = found.describe(&account(), &never);
    assert!(text.ends_with("no order of these operations gives that answer"), "{text}");
}

/// A history that allows nearly everything must end, with a verdict that claims nothing.
#[test]
fn a_search_gives_up_after_its_maximum_of_steps() {
    let mut calls: Vec<AccountCall> = (0..30).map(|at| open(at, charge(1 << (at % 6)))).collect();
    calls.push(call((100, 101), None, Read(99)));
    calls.push(call((102, 103), None, Read(98)));
    assert_eq!(check_within(&account(), &calls, 5), Verdict::Unknown(Limit::Steps));
}

/// More concurrent operations than a word has bits.
#[test]
fn three_hundred_concurrent_operations_are_searched() {
    let mut calls: Vec<AccountCall> =
        (0..300).map(|at| call((at, 1_000 + at), charge(1), Applied(300 - at))).collect();
    let policy = Policy::default();
    let model = AccountModel::new(policy, UserId::new(1).unwrap());
    assert_eq!(check(&model, &calls), Verdict::Linearizable);
    calls[7] = call((7, 1_007), charge(1), Applied(292));
    assert!(matches!(check(&model, &calls), Verdict::Violation(_)));
}

/// A long history is linearizable like a short one, and one wrong digit in it is found.
#[test]
fn a_long_history_is_searched_completely() {
    let generator = HistoryGenerator {
        seed: 7,
        clients: 16,
        users: 2,
        operations: 20_000,
        amount_max: 1_000,
        reads_percent: 20,
        unknown_per_mille: 2,
        policy: Policy::default(),
    };
    let mut history = generator.history();
    let verdicts = |history: &_| -> Vec<Verdict> {
        AccountModel::all_of(history).iter().map(|(model, calls)| check(model, calls)).collect()
    };
    assert_eq!(verdicts(&history), [Verdict::Linearizable, Verdict::Linearizable]);
    let read =
        history.operations.iter_mut().rev().find_map(|operation| match &mut operation.reply {
            Reply::Read(account) => Some(account),
            _ => None,
        });
    read.unwrap().balance += 1_000_000;
    assert!(verdicts(&history).iter().any(|verdict| matches!(verdict, Verdict::Violation(_))));
}
