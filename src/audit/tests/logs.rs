//! Logs of measured runs, with one thing wrong in each.

use crate::{
    audit::{
        PAGE_ENTRIES, Step,
        examples::{Example, user},
        log::Outcome,
    },
    domain::{Account, Action, Amount, Fault, OperationId},
    workload::Asked,
};

/// Changes one ledger, and gives what the auditor says of it.
fn complaint(change: impl Fn(&mut Example)) -> String {
    let mut example = Example::of(2, 50);
    change(&mut example);
    example.complaint()
}

/// An auditor that cries wolf is switched off. The size of a page must not matter.
#[test]
fn right_books_balance() {
    for users in [1, 3, 40] {
        let example = Example::of(users, 500);
        let entries = example.ledgers.values().map(Vec::len).sum::<usize>() as u64;
        for limit in [1, 7, PAGE_ENTRIES] {
            let examined = example.audit_in_pages(limit).unwrap();
            assert_eq!((examined.entries, examined.operations), (entries, users + 1_000));
        }
        assert_eq!(example.clone().without_ids().audit(), example.audit());
    }
}

/// The lost update: two commands met the same account, and the second wrote over the first. The
/// ledger is whole and so is the account; only the client knows that something is missing.
#[test]
fn a_lost_command_is_named_with_what_has_its_place() {
    let mut example = Example::of(1, 50);
    let lost = example.ledger(1).remove(9).receipt.command;
    example.rebalance(1);
    let violation = example.audit().unwrap_err();
    let other = violation.entries[0].receipt;
    assert_eq!(Asked::of(lost.id), Some(Asked { client: 1, number: 5 }));
    assert_eq!(Asked::of(other.command.id), Some(Asked { client: 2, number: 5 }));
    assert_eq!(violation.step, Step::Books);
    assert_eq!(violation.operations.len(), 2);
    assert_eq!(
        violation.to_string(),
        "user 1: use 29 of operation 1-6 was acknowledged as version 10, and the ledger has \
         operation 2-6 there; use 70 of operation 2-6 was acknowledged as version 11"
    );
}

/// The newest command is lost when a run is cut off before it is written.
#[test]
fn a_lost_last_command_is_seen() {
    let mut example = Example::of(1, 50);
    while example.next(1).action.is_none() {
        example.ask(1);
    }
    example.ask(1);
    let last = example.ledger(1).len();
    example.ledger(1).pop();
    example.rebalance(1);
    let complaint = example.complaint();
    let told =
        format!("was acknowledged as version {last}, and the ledger ends at version {}", last - 1);
    assert!(complaint.ends_with(&told), "{complaint}");
}

/// A retry that does not look whether the first try went through: the entry is there twice, and
/// the client was told of the second.
#[test]
fn a_command_that_is_applied_twice_is_seen() {
    for applied in [9, 12] {
        let mut example = Example::of(1, 50);
        let entry = example.ledger(1)[9];
        example.ledger(1).insert(applied, entry);
        example.rebalance(1);
        let violation = example.audit().unwrap_err();
        assert_eq!(violation.step, Step::Books, "{violation}");
    }
}

/// A command that was refused to its caller and done all the same.
#[test]
fn a_refused_command_in_the_ledger_is_seen() {
    let mut example = Example::of(1, 50);
    let id = example.ledger(1).last().unwrap().receipt.command.id;
    let asked = Asked::of(id).unwrap();
    let before = example.ledger(1).last().unwrap().receipt.before;
    let client = usize::try_from(asked.client).unwrap();
    example.sheets[client].1.misread(asked.number, (Outcome::Refused, before));
    let complaint = example.complaint();
    assert!(complaint.contains("where no rule is in its way"), "{complaint}");
}

/// A command of which nobody knows may be in the ledger or not.
#[test]
fn an_unknown_command_may_be_applied_or_not() {
    for applied in [true, false] {
        let mut example = Example::of(1, 50);
        while example.next(1).action.is_none() {
            example.ask(1);
        }
        if applied {
            example.take_effect(1).1.unwrap();
        }
        example.sheets[1].1.unknown();
        assert!(example.audit().is_ok());
        assert!(example.clone().without_ids().audit().is_ok());
        (0..5).for_each(|_| example.ask(2));
        assert!(example.audit().is_ok());
        assert!(example.without_ids().audit().is_ok());
    }
}

/// An entry whose id was made up, or given to another command or another user.
#[test]
fn an_entry_that_nobody_asked_for_is_seen() {
    let stray = |of: OperationId| {
        complaint(|example| {
            let mut entry = example.ledger(2)[0];
            entry.receipt.command.id = of;
            example.ledger(2).push(entry);
            example.rebalance(2);
        })
    };
    let nobodys = stray(OperationId(9 << 40 | 1));
    assert!(nobodys.ends_with(" is of operation 9-1, which nobody asked for"), "{nobodys}");
    let not_yet = stray(Asked { client: 1, number: 50 }.id());
    assert!(not_yet.ends_with(" is of operation 1-51, which nobody asked for"), "{not_yet}");
    let another = stray(Asked { client: 0, number: 0 }.id());
    assert!(
        another.starts_with("user 2: version ") && another.ends_with(" for user 1"),
        "{another}"
    );
    let again = stray(Asked { client: 0, number: 1 }.id());
    assert!(again.contains(" again: charge 5000 of operation "), "{again}");
}

/// Right numbers in the ledger and wrong ones in the answer: the caller was lied to.
#[test]
fn an_answer_that_is_not_what_was_written_is_seen() {
    let mut example = Example::of(1, 50);
    let receipt = example.ledger(1)[9].receipt;
    let asked = Asked::of(receipt.command.id).unwrap();
    let told = Account { balance: receipt.after.balance + 1, ..receipt.after };
    let client = usize::try_from(asked.client).unwrap();
    example.sheets[client].1.misread(asked.number, (Outcome::Applied, told));
    let violation = example.audit().unwrap_err();
    assert_eq!(violation.step, Step::Replay);
    assert!(violation.what.contains(&format!("and balance {}, and the ledger has", told.balance)));
}

/// Without ids a lost command shows in the versions, and a balance written over in the account.
#[test]
fn without_ids_versions_and_balances_tell() {
    let mut example = Example::of(3, 50).without_ids();
    example.ledger(2).remove(9);
    example.rebalance(2);
    assert!(example.complaint().starts_with("user 2: "));

    let mut example = Example::of(3, 50).without_ids();
    example.account(2).balance += 7;
    let complaint = example.complaint();
    assert!(complaint.starts_with("user 2: the account holds"), "{complaint}");
}

/// A ledger that cannot be read is not one that balances.
#[test]
fn a_ledger_that_cannot_be_read_is_told() {
    let example = Example::of(2, 5);
    let fault = Fault::Store { reason: "no space left" };
    let violation = example.books().audit(|_, _, _| Err(fault)).unwrap_err();
    assert_eq!(
        violation.to_string(),
        "user 1: the ledger could not be read: the store failed: no space left"
    );
}

/// A ledger that grows once all is quiet: somebody was acknowledged before it was written.
#[test]
fn an_entry_that_comes_late_is_seen() {
    let example = Example::of(2, 50);
    let asked = std::sync::atomic::AtomicU64::new(0);
    let violation = example.books().audit(|of, after, limit| {
        let mut entries = example.ledgers[&of].clone();
        let times = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if of == user(2) && times > 5 {
            entries.push(entries[0]);
        }
        Ok(entries.into_iter().skip(usize::try_from(after).unwrap()).take(limit).collect())
    });
    let violation = violation.unwrap_err();
    assert_eq!((violation.step, violation.user), (Step::LateChange, user(2)), "{violation}");
}

/// Pages as long for a thousand ledgers as for one would take a thousand times the memory.
#[test]
fn the_more_ledgers_the_less_is_asked_of_each() {
    for (users, most) in [(1, PAGE_ENTRIES), (1_000, 1_048), (20_000, 64)] {
        let example = Example::opened(users, 1);
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let examined = example.books().audit(|of, after, limit| {
            asked.fetch_max(limit, std::sync::atomic::Ordering::Relaxed);
            let entries = example.ledgers[&of].iter().copied();
            Ok(entries.skip(usize::try_from(after).unwrap()).take(limit).collect())
        });
        assert_eq!(examined.map(|examined| examined.entries), Ok(users));
        assert_eq!(asked.into_inner(), most);
    }
}

/// The same run must be told the same way each time, whichever thread is first.
#[test]
fn the_first_violation_is_the_same_each_time() {
    let mut example = Example::of(40, 20_000);
    for id in [33, 17, 5, 20] {
        example.account(id).balance += 1;
        example.ledger(id)[30].receipt.after.balance += 1;
    }
    example.ledger(4).remove(9);
    example.rebalance(4);
    let first = example.audit().unwrap_err();
    for _ in 0..20 {
        assert_eq!(example.audit(), Err(first.clone()));
    }
}

/// A line that was never written, or written over by a later one.
#[test]
fn a_version_that_is_missing_is_seen() {
    let complaint = complaint(|example| {
        example.ledger(2).remove(6);
    });
    assert_eq!(complaint, "user 2: the ledger goes from version 6 to 8");
}

/// Two commands that met the same account and both wrote: the second starts from what the first
/// did not leave.
#[test]
fn an_entry_that_starts_from_another_balance_is_seen() {
    let complaint = complaint(|example| example.ledger(2)[6].receipt.before.balance += 9);
    assert!(complaint.starts_with("user 2: version 7 met "), "{complaint}");
    assert!(complaint.contains(" at version 6, and version 6 left "), "{complaint}");
}

/// Arithmetic of its own, where there should be the rule's.
#[test]
fn an_entry_that_adds_up_wrong_is_seen() {
    let complaint = complaint(|example| example.ledger(2)[6].receipt.after.balance += 9);
    assert!(complaint.starts_with("user 2: version 7 makes "), "{complaint}");
}

/// Points that were never there were spent, or more kept than may be.
#[test]
fn an_entry_against_the_rules_is_seen() {
    let complaint = complaint(|example| {
        let huge = Amount::new(900_000).unwrap();
        example.ledger(2)[6].receipt.command.action = Action::Use(huge);
    });
    assert!(complaint.starts_with("user 2: version 7 is against the rules: "), "{complaint}");
}

/// A ledger into which an entry of somebody else has strayed.
#[test]
fn an_entry_of_another_user_is_seen() {
    let complaint = complaint(|example| example.ledger(2)[6].receipt.command.user = user(1));
    assert_eq!(complaint, "user 2: version 7 is of user 1");
}

/// The account says one thing and its history another.
#[test]
fn an_account_that_its_ledger_does_not_explain_is_seen() {
    let complaint = complaint(|example| example.account(2).balance += 5);
    assert!(complaint.starts_with("user 2: the account holds "), "{complaint}");
}

/// Between two stamps lie requests for several users, and some of which nobody knows: whoever asks
/// after the second stamp must see what was done for each of them.
#[test]
fn what_was_done_between_two_stamps_is_seen_after_them() {
    for users in [1, 3] {
        let mut example = Example::opened(users, 2);
        let opened = example.accounts.clone();
        example.tick(1);
        (0..40).for_each(|_| example.answer(1));
        example.sheets[1].1.unknown();
        example.tick(1);
        for id in 1..=users {
            let mut example = example.clone();
            let of_user = |example: &Example| {
                let next = example.next(2);
                next.user == user(id) && next.action.is_none()
            };
            while !of_user(&example) {
                example.sheets[2].1.unknown();
            }
            example.tick(2);
            let number = example.sheets[2].1.asked();
            example.answer(2);
            assert!(example.audit().is_ok());
            let before = opened[usize::try_from(id - 1).unwrap()];
            example.sheets[2].1.misread(number, (Outcome::Read, before));
            assert_eq!(example.audit().unwrap_err().user, user(id));
        }
    }
}

/// One client is asleep with a request under way while the others come far: what it was told lies
/// further ahead, or further behind, than entries are kept.
#[test]
fn an_operation_under_way_for_very_long_has_its_place() {
    for late in [true, false] {
        let mut example = Example::opened(1, 3);
        let mut sleeper = crate::audit::Log::default();
        sleeper.stamp(example.clock);
        let told = |example: &Example| example.accounts[0];
        let early = told(&example);
        (0..90_000).for_each(|_| [1, 2].into_iter().for_each(|client| example.ask(client)));
        let seen = if late { told(&example) } else { early };
        while example.sheets[3].0.request(sleeper.asked()).action.is_some() {
            sleeper.unknown();
        }
        sleeper.read(seen);
        sleeper.stamp(example.clock);
        example.sheets[3].1 = sleeper;
        let examined = example.audit().unwrap();
        assert!(examined.entries > 1 << 16);
        let number = example.sheets[3].1.asked() - 1;
        let wrong = Account { balance: seen.balance + 1, ..seen };
        example.sheets[3].1.misread(number, (Outcome::Read, wrong));
        assert_eq!(example.audit().unwrap_err().step, Step::Replay);
    }
}
