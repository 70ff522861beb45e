//! For each check, the smallest history that fails it and no other.

use crate::{
    audit::{Check, audit_history},
    history::{History, Ledger, Operation, Reply},
};
use hotrow::domain::{Account, Action, Amount, Command, LedgerEntry, OperationId, Policy, UserId};

pub(super) fn charge(points: u64) -> Option<Action> {
    Some(Action::Charge(Amount::new(points).unwrap()))
}

pub(super) fn account(balance: u64, version: u64) -> Account {
    Account { balance, version }
}

/// An operation of a client on user 1. The id of a command is the number of its client.
pub(super) fn operation(
    client: u64,
    called: u64,
    returned: u64,
    action: Option<Action>,
    reply: Reply,
) -> Operation {
    let id = OperationId(action.map_or(0, |_| client));
    Operation { client, id, user: UserId::new(1).unwrap(), action, called, returned, reply }
}

/// The history of `operations` on user 1, whose ledger has these charges, each by a client.
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

fn failed_check(history: &History) -> Check {
    audit_history(history).expect_err("the history is wrong").step
}

/// An acknowledged command has no entry or two entries, or two commands claim the same entry.
#[test]
fn correspondence_fails_alone() {
    let first = operation(1, 1, 2, charge(5), Reply::Applied(account(5, 1)));
    assert_eq!(audit_history(&history(vec![first], &[(1, 5)])).unwrap().operations, 1);
    assert_eq!(failed_check(&history(vec![first], &[])), Check::Correspondence);
    assert_eq!(failed_check(&history(vec![first], &[(1, 5), (1, 5)])), Check::Correspondence);
    assert_eq!(failed_check(&history(vec![], &[(1, 5)])), Check::Correspondence);
    let second = operation(2, 1, 2, charge(5), Reply::Applied(account(5, 1)));
    assert_eq!(failed_check(&history(vec![first, second], &[(1, 5)])), Check::Correspondence);
}

/// A reply does not follow from the ledger.
#[test]
fn replay_fails_alone() {
    let wrong = operation(1, 1, 2, charge(5), Reply::Applied(account(6, 1)));
    assert_eq!(failed_check(&history(vec![wrong], &[(1, 5)])), Check::Replay);
    let read = operation(1, 1, 2, None, Reply::Read(account(1, 0)));
    assert_eq!(failed_check(&history(vec![read], &[])), Check::Replay);
    let unseen = operation(1, 1, 2, None, Reply::Read(account(0, 1)));
    assert_eq!(failed_check(&history(vec![unseen], &[])), Check::Replay);
    let rejected = operation(1, 1, 2, charge(5), Reply::Refused(account(0, 0)));
    assert_eq!(failed_check(&history(vec![rejected], &[])), Check::Replay);
    let mut torn = history(vec![operation(1, 1, 2, charge(5), Reply::Indeterminate)], &[(1, 5)]);
    torn.ledgers[0].entries[0].receipt.after.balance = 6;
    assert_eq!(failed_check(&torn), Check::Replay);
}

/// The ledger has two writes in the reverse of their order in real time.
#[test]
fn real_time_fails_alone() {
    let first = |returned| operation(1, 1, returned, charge(5), Reply::Applied(account(12, 2)));
    let second = operation(2, 3, 4, charge(7), Reply::Applied(account(7, 1)));
    let ledger = [(2, 7), (1, 5)];
    assert_eq!(failed_check(&history(vec![first(2), second], &ledger)), Check::RealTime);
    assert!(audit_history(&history(vec![first(3), second], &ledger)).is_ok());
    let indeterminate = Operation { reply: Reply::Indeterminate, ..second };
    assert_eq!(failed_check(&history(vec![first(2), indeterminate], &ledger)), Check::RealTime);
    assert!(audit_history(&history(vec![first(3), indeterminate], &ledger)).is_ok());
}

/// A read misses a write that returned before its call, or sees one that was called after its
/// return.
#[test]
fn read_placement_fails_alone() {
    let write =
        |called, returned| operation(1, called, returned, charge(5), Reply::Applied(account(5, 1)));
    let stale = operation(2, 3, 4, None, Reply::Read(account(0, 0)));
    assert_eq!(failed_check(&history(vec![write(1, 2), stale], &[(1, 5)])), Check::ReadPlacement);
    assert!(audit_history(&history(vec![write(1, 3), stale], &[(1, 5)])).is_ok());
    let early = operation(2, 1, 2, None, Reply::Read(account(5, 1)));
    assert_eq!(failed_check(&history(vec![write(3, 4), early], &[(1, 5)])), Check::ReadPlacement);
    assert!(audit_history(&history(vec![write(2, 4), early], &[(1, 5)])).is_ok());
    let indeterminate = Operation { reply: Reply::Indeterminate, ..write(3, 4) };
    assert_eq!(failed_check(&history(vec![indeterminate, early], &[(1, 5)])), Check::ReadPlacement);
}

/// A slow reply with an older version does not undo an earlier reply: a call after both must see
/// the newer version.
#[test]
fn a_slow_reply_does_not_hide_an_earlier_one() {
    let write = operation(1, 1, 2, charge(5), Reply::Applied(account(5, 1)));
    let slow = operation(2, 1, 3, None, Reply::Read(account(0, 0)));
    let stale = |called| operation(3, called, 5, None, Reply::Read(account(0, 0)));
    assert_eq!(
        failed_check(&history(vec![write, slow, stale(4)], &[(1, 5)])),
        Check::ReadPlacement
    );
    assert!(audit_history(&history(vec![write, slow, stale(2)], &[(1, 5)])).is_ok());
}

/// Of two reads during a write, the second no longer sees it. The same holds for two reads of one
/// client whose times do not show which was first.
#[test]
fn read_order_fails_alone() {
    let write = operation(1, 1, 9, charge(5), Reply::Applied(account(5, 1)));
    let new = operation(2, 2, 3, None, Reply::Read(account(5, 1)));
    let old = |client, called| operation(client, called, 6, None, Reply::Read(account(0, 0)));
    let ledger = [(1, 5)];
    assert_eq!(failed_check(&history(vec![write, new, old(3, 4)], &ledger)), Check::ReadOrder);
    assert!(audit_history(&history(vec![write, new, old(3, 3)], &ledger)).is_ok());
    assert_eq!(failed_check(&history(vec![write, new, old(2, 3)], &ledger)), Check::ReadOrder);
}

/// If the clock of a client stood still, only the ledger shows the order of its operations. Their
/// order in the list must not count.
#[test]
fn operations_of_one_client_at_one_time_have_the_order_of_the_ledger() {
    let write = operation(2, 3, 3, charge(5), Reply::Applied(account(5, 1)));
    let new = operation(2, 3, 3, None, Reply::Read(account(5, 1)));
    let old = operation(2, 3, 3, None, Reply::Read(account(0, 0)));
    for operations in [[new, write, old], [old, new, write], [write, old, new]] {
        let correct = history(operations.to_vec(), &[(2, 5)]);
        assert_eq!(audit_history(&correct).map(|examined| examined.operations), Ok(3));
    }
}

/// Two callers that share a client number need not wait for each other.
#[test]
fn operations_of_one_client_that_overlap_have_no_order() {
    let write = operation(1, 1, 9, charge(5), Reply::Applied(account(5, 1)));
    let new = |returned| operation(2, 2, returned, None, Reply::Read(account(5, 1)));
    let old = operation(2, 3, 6, None, Reply::Read(account(0, 0)));
    assert!(audit_history(&history(vec![write, new(4), old], &[(1, 5)])).is_ok());
    assert_eq!(failed_check(&history(vec![write, new(3), old], &[(1, 5)])), Check::ReadOrder);
}

/// An indeterminate command comes after every operation of its own client, and of any other client,
/// that returned before its call. It does not come after pending ones.
#[test]
fn an_indeterminate_command_follows_earlier_replies() {
    let indeterminate = |client, called| {
        let indeterminate = operation(3, called, 0, charge(5), Reply::Indeterminate);
        Operation { client, ..indeterminate }
    };
    let own = |returned| operation(2, 1, returned, charge(7), Reply::Applied(account(12, 2)));
    let ledger = [(3, 5), (2, 7)];
    assert_eq!(failed_check(&history(vec![own(3), indeterminate(2, 3)], &ledger)), Check::RealTime);
    assert!(audit_history(&history(vec![own(3), indeterminate(4, 3)], &ledger)).is_ok());
    assert!(audit_history(&history(vec![own(9), indeterminate(2, 3)], &ledger)).is_ok());
    let own = operation(2, 1, 2, charge(7), Reply::Applied(account(7, 1)));
    let other = |returned| operation(1, 1, returned, charge(1), Reply::Applied(account(13, 3)));
    let ledger = [(2, 7), (3, 5), (1, 1)];
    assert_eq!(
        failed_check(&history(vec![own, other(2), indeterminate(2, 3)], &ledger)),
        Check::RealTime
    );
    assert!(audit_history(&history(vec![own, other(3), indeterminate(2, 3)], &ledger)).is_ok());
}

/// A second look at the ledger after the run finds a new entry.
#[test]
fn a_late_change_fails_alone() {
    let indeterminate = operation(1, 1, 2, charge(5), Reply::Indeterminate);
    let mut late = history(vec![indeterminate], &[]);
    late.ledgers.push(late.ledgers[0].clone());
    assert!(audit_history(&late).is_ok());
    late.ledgers[1] = history(vec![indeterminate], &[(1, 5)]).ledgers.remove(0);
    assert_eq!(failed_check(&late), Check::LateChange);
}

/// Of two long ledgers that differ, the violation has the first entries that are not the same.
#[test]
fn a_late_change_is_reported_with_the_entries_that_changed() {
    let indeterminate =
        |client, points| operation(client, 1, 2, charge(points), Reply::Indeterminate);
    let operations = vec![indeterminate(1, 5), indeterminate(2, 6), indeterminate(3, 7)];
    let mut late = history(operations, &[(1, 5), (2, 6)]);
    late.ledgers.push(history(vec![], &[(1, 5), (3, 7), (2, 6)]).ledgers.remove(0));
    let violation = audit_history(&late).unwrap_err();
    assert_eq!(violation.entries, [late.ledgers[0].entries[1], late.ledgers[1].entries[1]]);
    assert_eq!(
        violation.what,
        "the account held 11 at version 2 after 2 entries, but 18 at version 3 after 3 entries \
         when it was read again"
    );
}

/// Without ledgers the versions still have an order in real time.
#[test]
fn a_history_without_ledgers_has_an_order() {
    let new = operation(2, 2, 3, None, Reply::Read(account(5, 1)));
    let old = operation(3, 4, 6, None, Reply::Read(account(0, 0)));
    let without = |operations| History { operations, ..History::default() };
    assert_eq!(audit_history(&without(vec![new])).unwrap().operations, 1);
    assert_eq!(failed_check(&without(vec![new, old])), Check::ReadOrder);
    // Version 0 is known without a ledger.
    let wrong = operation(2, 2, 3, None, Reply::Read(account(1, 0)));
    assert_eq!(failed_check(&without(vec![wrong])), Check::Replay);
}

/// A violation names the operations that contradict each other, and draws them.
#[test]
fn a_violation_has_a_message_and_a_diagram() {
    let write = operation(1, 1, 2, charge(5), Reply::Applied(account(5, 1)));
    let stale = operation(2, 3, 4, None, Reply::Read(account(0, 0)));
    let violation = audit_history(&history(vec![stale, write], &[(1, 5)])).unwrap_err();
    assert_eq!(
        violation.to_string(),
        "user 1: a read of client 2 returned version 0, but was called after charge 5 of operation \
         1 was acknowledged as version 1"
    );
    let drawn = "\
client 1                                client 2
# charge 5: 5 at version 1
'
                                        # read: 0 at version 0
                                        '
";
    assert_eq!(violation.diagram(), drawn);
}
