//! Messages of violations: each has the right check and names the operations that contradict.

use super::steps::{account, charge, history, operation};
use crate::{
    audit::{Check, audit_history},
    history::{History, Operation, Reply},
};
use hotrow::domain::{Action, Amount, Command, LedgerEntry, OperationId, UserId};

fn violation(history: &History) -> (Check, String) {
    let violation = audit_history(history).expect_err("the history is wrong");
    (violation.step, violation.what)
}

fn applied(client: u64, called: u64, returned: u64, points: u64, left: (u64, u64)) -> Operation {
    operation(client, called, returned, charge(points), Reply::Applied(account(left.0, left.1)))
}

fn indeterminate(client: u64, called: u64, points: u64) -> Operation {
    operation(client, called, 0, charge(points), Reply::Indeterminate)
}

fn without_ids(mut history: History) -> History {
    for entry in history.ledgers.iter_mut().flat_map(|ledger| &mut ledger.entries) {
        entry.receipt.command.id = OperationId::UNRECORDED;
    }
    history
}

#[track_caller]
fn assert_violation(history: &History, check: Check, what: &str) {
    assert_eq!(violation(history), (check, what.to_owned()));
}

/// An acknowledged command has a version that is not in the ledger, or that another command has.
#[test]
fn a_version_that_the_command_cannot_have_is_reported() {
    assert_violation(
        &history(vec![applied(1, 1, 2, 5, (0, 0))], &[]),
        Check::Correspondence,
        "charge 5 of operation 1 was acknowledged as version 0, but entries have versions from 1",
    );
    let (first, second) = (applied(1, 1, 2, 5, (5, 1)), applied(2, 3, 4, 5, (5, 1)));
    assert_violation(
        &history(vec![first, second], &[(1, 5)]),
        Check::Correspondence,
        "charge 5 of operation 2 was acknowledged as version 1, and charge 5 of operation 1 was \
         acknowledged as version 1 as well",
    );
    let both = history(vec![first, Operation { called: 1, ..second }], &[(1, 5)]);
    for both in [without_ids(both.clone()), both] {
        assert_violation(
            &both,
            Check::Correspondence,
            "charge 5 of operation 2 was acknowledged as version 1, and charge 5 of operation 1 \
             was acknowledged as version 1 as well",
        );
    }
}

/// A client may send a command again that is answered as not applied. If the answer is a lie, the
/// command is applied twice.
#[test]
fn an_entry_of_a_command_that_is_answered_as_not_applied_is_reported() {
    let lie = operation(1, 1, 2, charge(5), Reply::NotApplied);
    let again = applied(2, 3, 4, 5, (10, 2));
    assert_violation(
        &history(vec![lie, again], &[(1, 5), (2, 5)]),
        Check::Correspondence,
        "version 1 is charge 5 of operation 1, which was answered as not applied",
    );
    assert_violation(
        &without_ids(history(vec![lie, again], &[(1, 5), (2, 5)])),
        Check::Correspondence,
        "version 1 is charge 5, but no client sent a command that explains it",
    );
    let honest = history(vec![lie, applied(2, 3, 4, 5, (5, 1))], &[(2, 5)]);
    assert!(audit_history(&honest).is_ok());
    assert!(audit_history(&without_ids(honest)).is_ok());
}

/// A write that is called after a read returned its version violates read placement, not the order
/// of writes.
#[test]
fn a_write_that_was_read_before_its_call_is_reported() {
    let read = operation(2, 1, 2, None, Reply::Read(account(5, 1)));
    assert_violation(
        &history(vec![read, applied(1, 3, 4, 5, (5, 1))], &[(1, 5)]),
        Check::ReadPlacement,
        "charge 5 of operation 1 was acknowledged as version 1, but was called after a read of \
         client 2 returned version 1",
    );
    let early = operation(2, 1, 4, None, Reply::Read(account(5, 1)));
    let later = operation(3, 5, 6, charge(7), Reply::Applied(account(5, 1)));
    assert_violation(
        &history(vec![applied(1, 1, 9, 5, (5, 1)), early, later], &[(1, 5)]),
        Check::ReadPlacement,
        "charge 7 of operation 3 was acknowledged as version 1, but was called after a read of \
         client 2 returned version 1",
    );
}

/// The ledger has another command at the version of an acknowledged one. The message includes the
/// reply to the other command, if there is one.
#[test]
fn the_command_at_the_version_of_another_is_reported() {
    let lost = applied(1, 1, 9, 5, (7, 1));
    let message = "charge 5 of operation 1 was acknowledged as version 1, but the ledger has \
                   operation 2 at this version";
    let other = applied(2, 3, 4, 7, (7, 2));
    let answered = format!("{message}; charge 7 of operation 2 was acknowledged as version 2");
    assert_violation(&history(vec![lost, other], &[(2, 7)]), Check::Correspondence, &answered);
    assert_violation(
        &history(vec![lost, indeterminate(2, 1, 7)], &[(2, 7)]),
        Check::Correspondence,
        message,
    );
    let not_sent = format!("{message}, which no client sent");
    assert_violation(&history(vec![lost], &[(2, 7)]), Check::Correspondence, &not_sent);
    assert_violation(
        &without_ids(history(vec![applied(1, 1, 9, 5, (5, 1))], &[(2, 7)])),
        Check::Correspondence,
        "charge 5 of operation 1 was acknowledged as version 1 with balance 5, but the entry of \
         this version has balance 7",
    );
    assert_violation(
        &history(vec![applied(1, 1, 2, 6, (5, 1))], &[(1, 5)]),
        Check::Correspondence,
        "charge 6 of operation 1 was acknowledged as version 1, but the ledger has another command \
         at this version",
    );
}

/// The reply to a read or to a rejected command differs from the ledger.
#[test]
fn an_account_that_never_existed_is_reported() {
    assert_violation(
        &history(vec![operation(1, 1, 2, None, Reply::Read(account(1, 0)))], &[]),
        Check::Replay,
        "a read of client 1 returned version 0 with balance 1, but the ledger has balance 0 at \
         this version",
    );
    assert_violation(
        &without_ids(history(
            vec![operation(1, 1, 2, None, Reply::Read(account(1, 0)))],
            &[(2, 7)],
        )),
        Check::Replay,
        "a read of client 1 returned version 0 with balance 1, but the ledger has balance 0 at \
         this version",
    );
    assert_violation(
        &history(vec![operation(1, 1, 2, charge(5), Reply::Refused(account(0, 0)))], &[]),
        Check::Replay,
        "charge 5 of operation 1 was rejected at version 0 with balance 0, but no rule rejects it",
    );
    assert_violation(
        &history(vec![applied(1, 1, 2, 5, (5, 1))], &[]),
        Check::Correspondence,
        "charge 5 of operation 1 was acknowledged as version 1, but the ledger ends at version 0",
    );
    assert_violation(
        &history(vec![operation(1, 1, 2, None, Reply::Read(account(5, 1)))], &[]),
        Check::Replay,
        "a read of client 1 returned version 1, but the ledger ends at version 0",
    );
}

/// An entry whose command no client sent, or sent otherwise.
#[test]
fn an_entry_that_no_client_sent_is_reported() {
    assert_violation(
        &without_ids(history(vec![], &[(1, 5)])),
        Check::Correspondence,
        "version 1 is charge 5, but no client sent a command that explains it",
    );
    assert_violation(
        &history(vec![], &[(9, 5)]),
        Check::Correspondence,
        "version 1 belongs to operation 9, which no client sent",
    );
    assert_violation(
        &history(vec![indeterminate(1, 1, 5)], &[(9, 5)]),
        Check::Correspondence,
        "version 1 belongs to operation 9, which no client sent",
    );
    let read = operation(9, 1, 2, None, Reply::Read(account(0, 0)));
    let read = Operation { id: OperationId(9), ..read };
    assert_violation(
        &history(vec![read], &[(9, 5)]),
        Check::Correspondence,
        "version 1 belongs to operation 9, which no client sent",
    );
    assert_violation(
        &history(vec![indeterminate(1, 1, 7)], &[(1, 5)]),
        Check::Correspondence,
        "version 1 is charge 5 of operation 1, which was sent as charge 7 for user 1",
    );
    let spent = Some(Action::Use(Amount::new(5).unwrap()));
    assert_violation(
        &history(vec![operation(1, 1, 2, spent, Reply::Indeterminate)], &[(1, 5)]),
        Check::Correspondence,
        "version 1 is charge 5 of operation 1, which was sent as use 5 for user 1",
    );
    let elsewhere = Operation { user: UserId::new(2).unwrap(), ..indeterminate(1, 1, 5) };
    assert_violation(
        &history(vec![elsewhere], &[(1, 5)]),
        Check::Correspondence,
        "version 1 is charge 5 of operation 1, which was sent as charge 5 for user 2",
    );
    assert_violation(
        &history(vec![operation(1, 1, 2, charge(5), Reply::Refused(account(0, 0)))], &[]),
        Check::Replay,
        "charge 5 of operation 1 was rejected at version 0 with balance 0, but no rule rejects it",
    );
}

/// A command has a second entry. Only about its own entry the message may say that the command was
/// called too late.
#[test]
fn a_second_entry_of_one_command_is_reported() {
    let never = "version 2 is charge 5 of operation 1 a second time: charge 5 of operation 1 was \
                 never answered";
    assert_violation(
        &history(vec![indeterminate(1, 1, 5)], &[(1, 5), (1, 5)]),
        Check::Correspondence,
        never,
    );
    let later = applied(2, 2, 3, 5, (15, 3));
    let thrice = [(1, 5), (1, 5), (2, 5)];
    for called in [1, 3] {
        assert_violation(
            &history(vec![indeterminate(1, called, 5), later], &thrice),
            Check::Correspondence,
            never,
        );
    }
    let answered = applied(1, 1, 9, 5, (5, 1));
    let again = "version 2 is charge 5 of operation 1 a second time: charge 5 of operation 1 was \
                 acknowledged as version 1";
    assert_violation(&history(vec![answered, later], &thrice), Check::Correspondence, again);
    let (first, answered) = (applied(2, 1, 2, 5, (5, 1)), applied(1, 3, 4, 5, (10, 2)));
    assert_violation(
        &history(vec![first, answered], &[(2, 5), (1, 5), (1, 5)]),
        Check::Correspondence,
        "version 3 is charge 5 of operation 1 a second time: charge 5 of operation 1 was \
         acknowledged as version 2",
    );
}

/// An entry whose command was called only after a later entry was acknowledged.
#[test]
fn an_entry_that_precedes_the_call_of_its_command_is_reported() {
    let (early, late) = (applied(1, 1, 2, 5, (12, 2)), applied(2, 3, 4, 7, (7, 1)));
    let what = "version 1 is charge 7 of operation 2, which was called after charge 5 of operation \
                1 was acknowledged as version 2";
    assert_violation(&history(vec![early, late], &[(2, 7), (1, 5)]), Check::RealTime, what);
    let what = "charge 7 of operation 2 was acknowledged as version 1, but was called after charge \
                5 of operation 1 was acknowledged as version 2";
    let unwritten = History { ledgers: Vec::new(), ..history(vec![early, late], &[]) };
    assert_violation(&unwritten, Check::RealTime, what);
}

/// A command was rejected, but the ledger has it.
#[test]
fn an_entry_of_a_rejected_command_is_reported() {
    let (spent, user) = (Action::Use(Amount::new(5).unwrap()), UserId::new(1).unwrap());
    let mut wrong = history(vec![], &[(1, 5)]);
    let command = Command { id: OperationId(2), user, action: spent };
    let receipt = command.decide(account(5, 1), &wrong.policy).unwrap();
    wrong.ledgers[0].entries.push(LedgerEntry { receipt, time_millis: 0 });
    wrong.ledgers[0].account = receipt.after;
    wrong.operations = vec![
        applied(1, 1, 9, 5, (5, 1)),
        operation(2, 1, 9, Some(spent), Reply::Refused(account(0, 0))),
    ];
    assert_violation(
        &wrong,
        Check::Correspondence,
        "version 2 is use 5 of operation 2, which was rejected",
    );
}
