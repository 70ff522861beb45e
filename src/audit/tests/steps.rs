//! For each step the smallest history in which that step fails and no other.

use crate::{
    audit::{Step, witness},
    domain::{Account, Action, Amount, Command, LedgerEntry, OperationId, Policy, UserId},
    history::{History, Ledger, Operation, Reply},
};

pub(super) fn charge(points: u64) -> Option<Action> {
    Some(Action::Charge(Amount::new(points).unwrap()))
}

pub(super) fn account(balance: u64, version: u64) -> Account {
    Account { balance, version }
}

/// What client `client` asked between two times, of user 1; the id is the client's.
pub(super) fn asked(
    client: u64,
    called: u64,
    returned: u64,
    action: Option<Action>,
    reply: Reply,
) -> Operation {
    let id = OperationId(action.map_or(0, |_| client));
    Operation { client, id, user: UserId::new(1).unwrap(), action, called, returned, reply }
}

/// The history of `operations` on user 1, whose ledger has the charges of these clients.
pub(super) fn history(operations: Vec<Operation>, charges: &[(u64, u64)]) -> History {
    let (user, policy) = (UserId::new(1).unwrap(), Policy::default());
    let mut account = Account::default();
    let mut entries = Vec::new();
    for &(client, points) in charges {
        let command = Command { id: OperationId(client), user, action: charge(points).unwrap() };
        let receipt = command.decide(account, &policy).unwrap();
        account = receipt.after;
        entries.push(LedgerEntry { receipt, time_millis: 0 });
    }
    History { policy, operations, ledgers: vec![Ledger { user, account, entries }] }
}

fn step(history: &History) -> Step {
    witness(history).expect_err("it is wrong").step
}

/// A command that was acknowledged and is nowhere; one that has two entries; two that claim one.
#[test]
fn books_fail_alone() {
    let one = asked(1, 1, 2, charge(5), Reply::Applied(account(5, 1)));
    assert_eq!(witness(&history(vec![one], &[(1, 5)])).unwrap().operations, 1);
    assert_eq!(step(&history(vec![one], &[])), Step::Books);
    assert_eq!(step(&history(vec![one], &[(1, 5), (1, 5)])), Step::Books);
    assert_eq!(step(&history(vec![], &[(1, 5)])), Step::Books);
    let two = asked(2, 1, 2, charge(5), Reply::Applied(account(5, 1)));
    assert_eq!(step(&history(vec![one, two], &[(1, 5)])), Step::Books);
}

/// A reply that does not follow from what is written.
#[test]
fn a_replay_fails_alone() {
    let told = asked(1, 1, 2, charge(5), Reply::Applied(account(6, 1)));
    assert_eq!(step(&history(vec![told], &[(1, 5)])), Step::Replay);
    let read = asked(1, 1, 2, None, Reply::Read(account(1, 0)));
    assert_eq!(step(&history(vec![read], &[])), Step::Replay);
    let unseen = asked(1, 1, 2, None, Reply::Read(account(0, 1)));
    assert_eq!(step(&history(vec![unseen], &[])), Step::Replay);
    let refused = asked(1, 1, 2, charge(5), Reply::Refused(account(0, 0)));
    assert_eq!(step(&history(vec![refused], &[])), Step::Replay);
    let mut torn = history(vec![asked(1, 1, 2, charge(5), Reply::Unknown)], &[(1, 5)]);
    torn.ledgers[0].entries[0].receipt.after.balance = 6;
    assert_eq!(step(&torn), Step::Replay);
}

/// Two writes one after the other, and the ledger has them the other way round.
#[test]
fn real_time_fails_alone() {
    let first = |returned| asked(1, 1, returned, charge(5), Reply::Applied(account(12, 2)));
    let second = asked(2, 3, 4, charge(7), Reply::Applied(account(7, 1)));
    let ledger = [(2, 7), (1, 5)];
    assert_eq!(step(&history(vec![first(2), second], &ledger)), Step::RealTime);
    assert!(witness(&history(vec![first(3), second], &ledger)).is_ok());
    let unknown = Operation { reply: Reply::Unknown, ..second };
    assert_eq!(step(&history(vec![first(2), unknown], &ledger)), Step::RealTime);
    assert!(witness(&history(vec![first(3), unknown], &ledger)).is_ok());
}

/// A read that does not see a write that was answered before, or sees one that was asked after.
#[test]
fn the_place_of_a_read_fails_alone() {
    let write =
        |called, returned| asked(1, called, returned, charge(5), Reply::Applied(account(5, 1)));
    let stale = asked(2, 3, 4, None, Reply::Read(account(0, 0)));
    assert_eq!(step(&history(vec![write(1, 2), stale], &[(1, 5)])), Step::Place);
    assert!(witness(&history(vec![write(1, 3), stale], &[(1, 5)])).is_ok());
    let foreseen = asked(2, 1, 2, None, Reply::Read(account(5, 1)));
    assert_eq!(step(&history(vec![write(3, 4), foreseen], &[(1, 5)])), Step::Place);
    assert!(witness(&history(vec![write(2, 4), foreseen], &[(1, 5)])).is_ok());
    let unknown = Operation { reply: Reply::Unknown, ..write(3, 4) };
    assert_eq!(step(&history(vec![unknown, foreseen], &[(1, 5)])), Step::Place);
}

/// A slow answer that says less than one before it takes nothing back: who asks after both must
/// see the larger.
#[test]
fn a_slow_answer_does_not_hide_what_was_seen_before_it() {
    let write = asked(1, 1, 2, charge(5), Reply::Applied(account(5, 1)));
    let slow = asked(2, 1, 3, None, Reply::Read(account(0, 0)));
    let stale = |called| asked(3, called, 5, None, Reply::Read(account(0, 0)));
    assert_eq!(step(&history(vec![write, slow, stale(4)], &[(1, 5)])), Step::Place);
    assert!(witness(&history(vec![write, slow, stale(2)], &[(1, 5)])).is_ok());
}

/// Two reads while a write is under way, of which the second no longer sees it. The same two by
/// one client, at times that do not tell which was first.
#[test]
fn the_order_of_reads_fails_alone() {
    let write = asked(1, 1, 9, charge(5), Reply::Applied(account(5, 1)));
    let new = asked(2, 2, 3, None, Reply::Read(account(5, 1)));
    let old = |client, called| asked(client, called, 6, None, Reply::Read(account(0, 0)));
    let ledger = [(1, 5)];
    assert_eq!(step(&history(vec![write, new, old(3, 4)], &ledger)), Step::ReadOrder);
    assert!(witness(&history(vec![write, new, old(3, 3)], &ledger)).is_ok());
    assert_eq!(step(&history(vec![write, new, old(2, 3)], &ledger)), Step::ReadOrder);
}

/// A client whose clock stood still did all of it in some order, and the ledger says in which: that
/// of the list is an accident.
#[test]
fn what_one_client_did_at_one_moment_has_the_order_of_the_ledger() {
    let write = asked(2, 3, 3, charge(5), Reply::Applied(account(5, 1)));
    let new = asked(2, 3, 3, None, Reply::Read(account(5, 1)));
    let old = asked(2, 3, 3, None, Reply::Read(account(0, 0)));
    for operations in [[new, write, old], [old, new, write], [write, old, new]] {
        let right = history(operations.to_vec(), &[(2, 5)]);
        assert_eq!(witness(&right).map(|examined| examined.operations), Ok(3));
    }
}

/// A number that two callers share does not make one of them wait for the other.
#[test]
fn operations_of_one_client_that_overlap_have_no_order() {
    let write = asked(1, 1, 9, charge(5), Reply::Applied(account(5, 1)));
    let new = |returned| asked(2, 2, returned, None, Reply::Read(account(5, 1)));
    let old = asked(2, 3, 6, None, Reply::Read(account(0, 0)));
    assert!(witness(&history(vec![write, new(4), old], &[(1, 5)])).is_ok());
    assert_eq!(step(&history(vec![write, new(3), old], &[(1, 5)])), Step::ReadOrder);
}

/// A command of which nobody knows comes after what its own client was told before it, after what
/// anybody was told before it, and after nothing that was still under way.
#[test]
fn an_unknown_command_comes_after_what_was_answered_before_it() {
    let unknown = |client, called| {
        let unknown = asked(3, called, 0, charge(5), Reply::Unknown);
        Operation { client, ..unknown }
    };
    let own = |returned| asked(2, 1, returned, charge(7), Reply::Applied(account(12, 2)));
    let ledger = [(3, 5), (2, 7)];
    assert_eq!(step(&history(vec![own(3), unknown(2, 3)], &ledger)), Step::RealTime);
    assert!(witness(&history(vec![own(3), unknown(4, 3)], &ledger)).is_ok());
    assert!(witness(&history(vec![own(9), unknown(2, 3)], &ledger)).is_ok());
    let own = asked(2, 1, 2, charge(7), Reply::Applied(account(7, 1)));
    let other = |returned| asked(1, 1, returned, charge(1), Reply::Applied(account(13, 3)));
    let ledger = [(2, 7), (3, 5), (1, 1)];
    assert_eq!(step(&history(vec![own, other(2), unknown(2, 3)], &ledger)), Step::RealTime);
    assert!(witness(&history(vec![own, other(3), unknown(2, 3)], &ledger)).is_ok());
}

/// What was found when all was quiet is not what was found the second time.
#[test]
fn a_late_change_fails_alone() {
    let unknown = asked(1, 1, 2, charge(5), Reply::Unknown);
    let mut late = history(vec![unknown], &[]);
    late.ledgers.push(late.ledgers[0].clone());
    assert!(witness(&late).is_ok());
    late.ledgers[1] = history(vec![unknown], &[(1, 5)]).ledgers.remove(0);
    assert_eq!(step(&late), Step::LateChange);
}

/// Of two long ledgers that differ, the first entries that are not the same are those to look at.
#[test]
fn a_late_change_is_told_with_the_entries_that_changed() {
    let unknown = |client, points| asked(client, 1, 2, charge(points), Reply::Unknown);
    let operations = vec![unknown(1, 5), unknown(2, 6), unknown(3, 7)];
    let mut late = history(operations, &[(1, 5), (2, 6)]);
    late.ledgers.push(history(vec![], &[(1, 5), (3, 7), (2, 6)]).ledgers.remove(0));
    let violation = witness(&late).unwrap_err();
    assert_eq!(violation.entries, [late.ledgers[0].entries[1], late.ledgers[1].entries[1]]);
    assert_eq!(
        violation.what,
        "the account held 11 at version 2 after 2 entries, and when it was asked again 18 at \
         version 3 after 3"
    );
}

/// Without ledgers there is still an order of versions in real time.
#[test]
fn a_history_without_ledgers_has_an_order() {
    let new = asked(2, 2, 3, None, Reply::Read(account(5, 1)));
    let old = asked(3, 4, 6, None, Reply::Read(account(0, 0)));
    let without = |operations| History { operations, ..History::default() };
    assert_eq!(witness(&without(vec![new])).unwrap().operations, 1);
    assert_eq!(step(&without(vec![new, old])), Step::ReadOrder);
    // What is there before the first write is known without a ledger.
    let wrong = asked(2, 2, 3, None, Reply::Read(account(1, 0)));
    assert_eq!(step(&without(vec![wrong])), Step::Replay);
}

/// Whoever is told of a violation sees who contradicts whom.
#[test]
fn a_violation_is_told_in_a_line_and_drawn() {
    let write = asked(1, 1, 2, charge(5), Reply::Applied(account(5, 1)));
    let stale = asked(2, 3, 4, None, Reply::Read(account(0, 0)));
    let violation = witness(&history(vec![stale, write], &[(1, 5)])).unwrap_err();
    assert_eq!(
        violation.to_string(),
        "user 1: a read of client 2 was told version 0, and was asked after charge 5 of operation \
         1 was acknowledged as version 1"
    );
    let drawn = "\
client 1                                client 2
# charge 5: 5 at version 1
'
                                        # read: 0 at version 0
                                        '
";
    assert_eq!(violation.picture(), drawn);
}
