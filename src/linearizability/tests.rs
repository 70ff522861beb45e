//! Small histories whose verdict can be seen, and the bounds of the search.

use super::*;
use crate::{
    domain::{Action, Amount, Bounds, Policy, UserId},
    history::{Answer, Drawn, RegisterCall, RegisterInput, RegisterOutput, Reply},
};

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

/// A call by a client of its own, that returns at the second number.
fn call<I, O>((called, returned): (u64, u64), input: I, output: O) -> Call<I, O> {
    Call { client: called, input, called, answer: Some(Answer { returned, output }) }
}

fn open<I, O>(called: u64, input: I) -> Call<I, O> {
    Call { client: called, input, called, answer: None }
}

fn has_account_order(calls: &[AccountCall]) -> bool {
    let found = check(&account(), calls);
    assert_eq!(found == Verdict::Linearizable, has_order(&account(), calls), "{found:?}");
    found == Verdict::Linearizable
}

fn has_register_order(calls: &[RegisterCall]) -> bool {
    let found = check(&RegisterModel, calls);
    assert_eq!(found == Verdict::Linearizable, has_order(&RegisterModel, calls), "{found:?}");
    found == Verdict::Linearizable
}

use AccountOutput::{Applied, Read, Refused};

/// Nothing done is done right.
#[test]
fn an_empty_history_has_an_order() {
    assert!(has_account_order(&[]));
    assert!(has_account_order(&[open(0, charge(1))]));
}

/// A read after an acknowledgement must see it; one beside it may or may not.
#[test]
fn a_stale_read_is_impossible_only_after_the_return() {
    let charged = call((0, 10), charge(5), Applied(5));
    assert!(has_account_order(&[charged, call((11, 12), None, Read(5))]));
    assert!(!has_account_order(&[charged, call((11, 12), None, Read(0))]));
    assert!(has_account_order(&[charged, call((9, 12), None, Read(0))]));
    assert!(has_account_order(&[charged, call((10, 12), None, Read(0))]), "at one time is beside");
}

/// Two that both read the same balance: the account's oldest mistake.
#[test]
fn a_lost_update_is_impossible() {
    let both = [call((0, 10), charge(5), Applied(5)), call((1, 9), charge(7), Applied(7))];
    assert!(!has_account_order(&both));
    let after = call((1, 9), charge(7), Applied(12));
    assert!(has_account_order(&[both[0], after]));
}

/// A refusal testifies to the balance that it met.
#[test]
fn a_refusal_needs_a_rule_in_its_way() {
    assert!(has_account_order(&[call((0, 1), spend(5), Refused(0))]));
    assert!(!has_account_order(&[call((0, 1), charge(5), Refused(0))]));
    let charged = call((0, 10), charge(100), Applied(100));
    assert!(has_account_order(&[charged, call((2, 3), charge(1), Refused(100))]));
    assert!(!has_account_order(&[charged, call((11, 12), spend(1), Refused(0))]));
}

/// What nobody learnt of happens once at most, at any time after its call.
#[test]
fn an_unknown_outcome_explains_one_change_and_none_before_it() {
    let unknown = open(5, charge(3));
    let read = |at, seen| call((at, at + 1), None, Read(seen));
    assert!(has_account_order(&[unknown, read(10, 0), read(20, 3), read(30, 3)]));
    assert!(has_account_order(&[unknown, read(10, 0), read(20, 0)]));
    assert!(!has_account_order(&[unknown, read(10, 3), read(20, 0)]));
    assert!(!has_account_order(&[unknown, read(10, 6)]));
    assert!(!has_account_order(&[unknown, read(1, 3)]));
    assert!(has_account_order(&[unknown, open(6, charge(3)), read(10, 3), read(20, 6)]));
}

/// A write that changes nothing where it could stand now may have to stand later: only what never
/// changes anything is placed at once.
#[test]
fn a_write_of_what_is_written_is_not_placed_too_early() {
    let write = |time, value| call(time, RegisterInput::Write(value), RegisterOutput::Done);
    let read = |time, seen| call(time, RegisterInput::Read, RegisterOutput::Read(Some(seen)));
    let late = write((3, 100), 5);
    let others = [write((0, 1), 5), write((10, 20), 3), read((30, 40), 3), read((50, 60), 5)];
    assert!(has_register_order(&[&others[..], &[late]].concat()));
    assert!(!has_register_order(&others));
}

/// New and then old is impossible even where either alone is not.
#[test]
fn two_reads_do_not_see_time_go_backward() {
    let write = |time, value| call(time, RegisterInput::Write(value), RegisterOutput::Done);
    let read = |time, seen| call(time, RegisterInput::Read, RegisterOutput::Read(seen));
    let writing = write((0, 100), 1);
    assert!(has_register_order(&[writing, read((1, 2), None), read((3, 4), Some(1))]));
    assert!(!has_register_order(&[writing, read((1, 2), Some(1)), read((3, 4), None)]));
}

/// Whoever is told of a contradiction wants the first, the operation to blame, and what it follows.
#[test]
fn the_contradiction_is_the_shortest_and_blames_who_returns() {
    let calls = [
        call((0, 1), charge(5), Applied(5)),
        call((2, 9), charge(7), Applied(7)),
        call((3, 4), None, Read(12)),
        call((20, 21), None, Read(5)),
    ];
    let Verdict::Impossible(found) = check(&account(), &calls) else { panic!("it has no order") };
    // The reader saw 12 while the charge was under way, and that was right.
    assert_eq!(found, Contradiction { misfit: 1, before: vec![0, 1], is_unproducible: false });
    assert_eq!(
        found.told(&account(), &calls),
        "`charge 7: 7 left` of client 2 has no place; before it returned there is an order, which \
         ends with `charge 5: 5 left` of client 0, then `charge 7: under way` of client 2"
    );
}

/// An outcome that is never learnt is another thing than one that is learnt later.
#[test]
fn an_unknown_outcome_is_not_said_to_be_under_way() {
    let read = |time, seen| call(time, RegisterInput::Read, RegisterOutput::Read(Some(seen)));
    let written = call((1, 2), RegisterInput::Write(2), RegisterOutput::Done);
    let calls = [open(0, RegisterInput::Write(1)), written, read((3, 4), 1), read((5, 6), 2)];
    let Verdict::Impossible(found) = check(&RegisterModel, &calls) else { panic!("no order") };
    let words = found.told(&RegisterModel, &calls);
    assert!(words.contains("`write 1: unknown` of client 0"), "{words}");
    assert!(found.picture(&RegisterModel, &calls).to_string().contains("# write 1: unknown"));
}

/// An answer that nothing could have given is found without a search, in histories of any size.
#[test]
fn an_answer_that_no_order_gives_is_found_at_a_glance() {
    let never: Vec<AccountCall> = (0..60)
        .map(|at| open(at, charge(2 << (at % 6))))
        .chain([call((100, 101), None, Read(7))])
        .collect();
    let Verdict::Impossible(found) = check_within(&account(), &never, 0) else {
        panic!("an odd balance of even amounts")
    };
    assert_eq!((found.misfit, found.is_unproducible), (60, true));
    let words = found.told(&account(), &never);
    assert!(words.ends_with("no order of these operations gives that answer"), "{words}");
}

/// Where nearly everything is possible a search must end all the same, and not say what it does not
/// know.
#[test]
fn a_search_gives_up_after_its_steps() {
    let mut calls: Vec<AccountCall> = (0..30).map(|at| open(at, charge(1 << (at % 6)))).collect();
    calls.push(call((100, 101), None, Read(99)));
    calls.push(call((102, 103), None, Read(98)));
    assert_eq!(check_within(&account(), &calls, 5), Verdict::Undecided(Limit::Steps));
}

/// More at once than a word has bits.
#[test]
fn three_hundred_at_once_are_searched_too() {
    let mut calls: Vec<AccountCall> =
        (0..300).map(|at| call((at, 1_000 + at), charge(1), Applied(300 - at))).collect();
    let policy = Policy::default();
    let model = AccountModel::new(policy, UserId::new(1).unwrap());
    assert_eq!(check(&model, &calls), Verdict::Linearizable);
    calls[7] = call((7, 1_007), charge(1), Applied(292));
    assert!(matches!(check(&model, &calls), Verdict::Impossible(_)));
}

/// A long run is as right as a short one, and one wrong digit in it is found.
#[test]
fn a_long_history_is_searched_whole() {
    let drawn = Drawn {
        seed: 7,
        clients: 16,
        users: 2,
        operations: 20_000,
        amount_max: 1_000,
        reads_percent: 20,
        unknown_per_mille: 2,
        policy: Policy::default(),
    };
    let mut history = drawn.history();
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
    assert!(verdicts(&history).iter().any(|verdict| matches!(verdict, Verdict::Impossible(_))));
}
