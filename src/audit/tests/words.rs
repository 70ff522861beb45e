//! What is said of each contradiction: the right step, and who contradicts whom.

use super::steps::{account, asked, charge, history};
use crate::{
    audit::{Step, Violation, witness},
    domain::{Action, Amount, Command, LedgerEntry, OperationId, UserId},
    history::{History, Operation, Reply},
};

fn told(history: &History) -> (Step, String) {
    let Violation { step, what, .. } = witness(history).expect_err("it is wrong");
    (step, what)
}

fn applied(client: u64, called: u64, returned: u64, points: u64, left: (u64, u64)) -> Operation {
    asked(client, called, returned, charge(points), Reply::Applied(account(left.0, left.1)))
}

fn unknown(client: u64, called: u64, points: u64) -> Operation {
    asked(client, called, 0, charge(points), Reply::Unknown)
}

fn without_ids(mut history: History) -> History {
    for entry in history.ledgers.iter_mut().flat_map(|ledger| &mut ledger.entries) {
        entry.receipt.command.id = OperationId::UNRECORDED;
    }
    history
}

#[track_caller]
fn says(history: &History, step: Step, what: &str) {
    assert_eq!(told(history), (step, what.to_owned()));
}

/// An acknowledged command that stands nowhere in the ledger, or where another one stands.
#[test]
fn a_place_that_no_command_can_have_is_told() {
    says(
        &history(vec![applied(1, 1, 2, 5, (0, 0))], &[]),
        Step::Books,
        "charge 5 of operation 1 was acknowledged as version 0, which is no version of an entry",
    );
    let (first, second) = (applied(1, 1, 2, 5, (5, 1)), applied(2, 3, 4, 5, (5, 1)));
    says(
        &history(vec![first, second], &[(1, 5)]),
        Step::Books,
        "charge 5 of operation 2 was acknowledged as version 1, and charge 5 of operation 1 was \
         acknowledged as version 1",
    );
    let both = history(vec![first, Operation { called: 1, ..second }], &[(1, 5)]);
    for both in [without_ids(both.clone()), both] {
        says(
            &both,
            Step::Books,
            "charge 5 of operation 2 was acknowledged as version 1, and charge 5 of operation 1 \
             was acknowledged as version 1",
        );
    }
}

/// A write that was asked for after a read saw it stands in the wrong place, and not in the wrong
/// order of writes.
#[test]
fn a_write_that_was_seen_before_it_was_asked_is_told() {
    let read = asked(2, 1, 2, None, Reply::Read(account(5, 1)));
    says(
        &history(vec![read, applied(1, 3, 4, 5, (5, 1))], &[(1, 5)]),
        Step::Place,
        "charge 5 of operation 1 was acknowledged as version 1, and was asked after a read of \
         client 2 was told version 1",
    );
    let early = asked(2, 1, 4, None, Reply::Read(account(5, 1)));
    let later = asked(3, 5, 6, charge(7), Reply::Applied(account(5, 1)));
    says(
        &history(vec![applied(1, 1, 9, 5, (5, 1)), early, later], &[(1, 5)]),
        Step::Place,
        "charge 7 of operation 3 was acknowledged as version 1, and was asked after a read of \
         client 2 was told version 1",
    );
}

/// The ledger has another command at the version of an acknowledged one. What became of the other
/// one is told too, unless nobody knows.
#[test]
fn who_has_the_place_of_a_command_is_told() {
    let lost = applied(1, 1, 9, 5, (7, 1));
    let there = "charge 5 of operation 1 was acknowledged as version 1, and the ledger has \
                 operation 2 there";
    let other = applied(2, 3, 4, 7, (7, 2));
    let told = format!("{there}; charge 7 of operation 2 was acknowledged as version 2");
    says(&history(vec![lost, other], &[(2, 7)]), Step::Books, &told);
    says(&history(vec![lost, unknown(2, 1, 7)], &[(2, 7)]), Step::Books, there);
    let nobody = format!("{there}, which nobody asked for");
    says(&history(vec![lost], &[(2, 7)]), Step::Books, &nobody);
    says(
        &without_ids(history(vec![applied(1, 1, 9, 5, (5, 1))], &[(2, 7)])),
        Step::Books,
        "charge 5 of operation 1 was acknowledged as version 1 and balance 5, and what the ledger \
         has there left 7",
    );
    says(
        &history(vec![applied(1, 1, 2, 6, (5, 1))], &[(1, 5)]),
        Step::Books,
        "charge 6 of operation 1 was acknowledged as version 1, and the ledger has another command \
         there",
    );
}

/// What a reader or a refused caller was told is not what is written.
#[test]
fn an_account_that_was_never_so_is_told() {
    says(
        &history(vec![asked(1, 1, 2, None, Reply::Read(account(1, 0)))], &[]),
        Step::Replay,
        "a read of client 1 was told version 0 and balance 1, and the ledger has 0 there",
    );
    says(
        &without_ids(history(vec![asked(1, 1, 2, None, Reply::Read(account(1, 0)))], &[(2, 7)])),
        Step::Replay,
        "a read of client 1 was told version 0 and balance 1, and the ledger has 0 there",
    );
    says(
        &history(vec![asked(1, 1, 2, charge(5), Reply::Refused(account(0, 0)))], &[]),
        Step::Replay,
        "charge 5 of operation 1 was refused at version 0 and balance 0, where no rule is in its \
         way",
    );
    says(
        &history(vec![applied(1, 1, 2, 5, (5, 1))], &[]),
        Step::Books,
        "charge 5 of operation 1 was acknowledged as version 1, and the ledger ends at version 0",
    );
    says(
        &history(vec![asked(1, 1, 2, None, Reply::Read(account(5, 1)))], &[]),
        Step::Replay,
        "a read of client 1 was told version 1, and the ledger ends at version 0",
    );
}

/// An entry that belongs to nobody, or to somebody who asked for something else.
#[test]
fn whose_an_entry_is_not_is_told() {
    says(
        &without_ids(history(vec![], &[(1, 5)])),
        Step::Books,
        "nobody was told of version 1, which is to charge 5",
    );
    says(
        &history(vec![], &[(9, 5)]),
        Step::Books,
        "version 1 is of operation 9, which nobody asked for",
    );
    says(
        &history(vec![unknown(1, 1, 5)], &[(9, 5)]),
        Step::Books,
        "version 1 is of operation 9, which nobody asked for",
    );
    let read = asked(9, 1, 2, None, Reply::Read(account(0, 0)));
    let read = Operation { id: OperationId(9), ..read };
    says(
        &history(vec![read], &[(9, 5)]),
        Step::Books,
        "version 1 is of operation 9, which nobody asked for",
    );
    says(
        &history(vec![unknown(1, 1, 7)], &[(1, 5)]),
        Step::Books,
        "version 1 is to charge 5 of operation 1, which was to charge 7 for user 1",
    );
    let spent = Some(Action::Use(Amount::new(5).unwrap()));
    says(
        &history(vec![asked(1, 1, 2, spent, Reply::Unknown)], &[(1, 5)]),
        Step::Books,
        "version 1 is to charge 5 of operation 1, which was to use 5 for user 1",
    );
    let elsewhere = Operation { user: UserId::new(2).unwrap(), ..unknown(1, 1, 5) };
    says(
        &history(vec![elsewhere], &[(1, 5)]),
        Step::Books,
        "version 1 is to charge 5 of operation 1, which was to charge 5 for user 2",
    );
    says(
        &history(vec![asked(1, 1, 2, charge(5), Reply::Refused(account(0, 0)))], &[]),
        Step::Replay,
        "charge 5 of operation 1 was refused at version 0 and balance 0, where no rule is in its \
         way",
    );
}

/// A command that is in the ledger a second time: that it was asked for late is only said of its
/// own entry.
#[test]
fn a_second_entry_of_one_command_is_told() {
    let never = "version 2 is to charge 5 of operation 1 again: charge 5 of operation 1 was never \
                 answered";
    says(&history(vec![unknown(1, 1, 5)], &[(1, 5), (1, 5)]), Step::Books, never);
    let later = applied(2, 2, 3, 5, (15, 3));
    let thrice = [(1, 5), (1, 5), (2, 5)];
    for called in [1, 3] {
        says(&history(vec![unknown(1, called, 5), later], &thrice), Step::Books, never);
    }
    let answered = applied(1, 1, 9, 5, (5, 1));
    let again = "version 2 is to charge 5 of operation 1 again: charge 5 of operation 1 was \
                 acknowledged as version 1";
    says(&history(vec![answered, later], &thrice), Step::Books, again);
    let (first, answered) = (applied(2, 1, 2, 5, (5, 1)), applied(1, 3, 4, 5, (10, 2)));
    says(
        &history(vec![first, answered], &[(2, 5), (1, 5), (1, 5)]),
        Step::Books,
        "version 3 is to charge 5 of operation 1 again: charge 5 of operation 1 was acknowledged \
         as version 2",
    );
}

/// An entry whose command was asked for only after a later one was answered.
#[test]
fn an_entry_from_before_it_was_asked_is_told() {
    let (early, late) = (applied(1, 1, 2, 5, (12, 2)), applied(2, 3, 4, 7, (7, 1)));
    let what = "version 1 is to charge 7 of operation 2, which was asked after charge 5 of \
                operation 1 was acknowledged as version 2";
    says(&history(vec![early, late], &[(2, 7), (1, 5)]), Step::RealTime, what);
    let what = "charge 7 of operation 2 was acknowledged as version 1, and was asked after charge 5 \
                of operation 1 was acknowledged as version 2";
    let unwritten = History { ledgers: Vec::new(), ..history(vec![early, late], &[]) };
    says(&unwritten, Step::RealTime, what);
}

/// A refused command that was done all the same.
#[test]
fn an_entry_of_a_refused_command_is_told() {
    let (spent, user) = (Action::Use(Amount::new(5).unwrap()), UserId::new(1).unwrap());
    let mut wrong = history(vec![], &[(1, 5)]);
    let command = Command { id: OperationId(2), user, action: spent };
    let receipt = command.decide(account(5, 1), &wrong.policy).unwrap();
    wrong.ledgers[0].entries.push(LedgerEntry { receipt, time_millis: 0 });
    wrong.ledgers[0].account = receipt.after;
    wrong.operations = vec![
        applied(1, 1, 9, 5, (5, 1)),
        asked(2, 1, 9, Some(spent), Reply::Refused(account(0, 0))),
    ];
    says(&wrong, Step::Books, "version 2 is to use 5 of operation 2, which was refused");
}
