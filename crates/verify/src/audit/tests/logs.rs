//! Logs of measured runs, with one error each.

use crate::audit::{
    Check, PAGE_ENTRIES,
    examples::{Example, user},
    log::Outcome,
};
use hotrow::{
    domain::{Account, Action, Amount, Fault, OperationId, StoreError, StoreErrorKind},
    workload::OperationKey,
};

/// The message of the violation after `change` has corrupted a correct run.
fn message_after(change: impl Fn(&mut Example)) -> String {
    let mut example = Example::new(2, 50);
    change(&mut example);
    example.violation_message()
}

/// A false alarm would discredit the auditor. The size of a page must not matter.
#[test]
fn correct_runs_pass() {
    for users in [1, 3, 40] {
        let example = Example::new(users, 500);
        let entries = example.ledgers.values().map(Vec::len).sum::<usize>() as u64;
        for limit in [1, 7, PAGE_ENTRIES] {
            let examined = example.audit_in_pages(limit).unwrap();
            assert_eq!((examined.entries, examined.operations), (entries, users + 1_000));
        }
        assert_eq!(example.clone().without_ids().audit(), example.audit());
    }
}

/// A lost update: two commands read the same account, and the second overwrites the first. Ledger
/// and account agree, so only the client's reply shows the loss.
#[test]
fn a_lost_command_is_reported_with_the_command_at_its_version() {
    let mut example = Example::new(1, 50);
    let lost = example.ledger(1).remove(9).receipt.command;
    example.rebalance(1);
    let violation = example.audit().unwrap_err();
    let other = violation.entries[0].receipt;
    assert_eq!(OperationKey::of(lost.id), Some(OperationKey { client: 1, number: 5 }));
    assert_eq!(OperationKey::of(other.command.id), Some(OperationKey { client: 2, number: 5 }));
    assert_eq!(violation.step, Check::Correspondence);
    assert_eq!(violation.operations.len(), 2);
    assert_eq!(
        violation.to_string(),
        "user 1: use 29 of operation 1-6 was acknowledged as version 10, but the ledger has \
         operation 2-6 at this version; use 70 of operation 2-6 was acknowledged as version 11"
    );
}

/// A run that is cut off loses the last command, which was acknowledged but not yet written.
#[test]
fn a_lost_last_command_is_detected() {
    let mut example = Example::new(1, 50);
    while example.next(1).action.is_none() {
        example.request(1);
    }
    example.request(1);
    let last = example.ledger(1).len();
    example.ledger(1).pop();
    example.rebalance(1);
    let message = example.violation_message();
    let end =
        format!("was acknowledged as version {last}, but the ledger ends at version {}", last - 1);
    assert!(message.ends_with(&end), "{message}");
}

/// A retry that does not check whether the first attempt took effect: the command has two entries,
/// and the client received the reply of the second.
#[test]
fn a_command_that_is_applied_twice_is_detected() {
    for applied in [9, 12] {
        let mut example = Example::new(1, 50);
        let entry = example.ledger(1)[9];
        example.ledger(1).insert(applied, entry);
        example.rebalance(1);
        let violation = example.audit().unwrap_err();
        assert_eq!(violation.step, Check::Correspondence, "{violation}");
    }
}

/// A command that was applied, although its client received a rejection.
#[test]
fn a_rejected_command_in_the_ledger_is_detected() {
    let mut example = Example::new(1, 50);
    let id = example.ledger(1).last().unwrap().receipt.command.id;
    let key = OperationKey::of(id).unwrap();
    let before = example.ledger(1).last().unwrap().receipt.before;
    let client = usize::try_from(key.client).unwrap();
    example.clients[client].1.replace_reply(key.number, (Outcome::Rejected, before));
    let message = example.violation_message();
    assert!(message.contains("but no rule rejects it"), "{message}");
}

/// An indeterminate command may be in the ledger or not.
#[test]
fn an_indeterminate_command_may_be_applied_or_not() {
    for applied in [true, false] {
        let mut example = Example::new(1, 50);
        while example.next(1).action.is_none() {
            example.request(1);
        }
        if applied {
            example.take_effect(1).1.unwrap();
        }
        example.clients[1].1.indeterminate();
        assert!(example.audit().is_ok());
        assert!(example.clone().without_ids().audit().is_ok());
        (0..5).for_each(|_| example.request(2));
        assert!(example.audit().is_ok());
        assert!(example.without_ids().audit().is_ok());
    }
}

/// An entry with an invented id, or with the id of another command or another user's command.
#[test]
fn an_entry_that_no_client_sent_is_detected() {
    let stray = |id: OperationId| {
        message_after(|example| {
            let mut entry = example.ledger(2)[0];
            entry.receipt.command.id = id;
            example.ledger(2).push(entry);
            example.rebalance(2);
        })
    };
    let unknown = stray(OperationId(9 << 40 | 1));
    assert!(unknown.ends_with(" belongs to operation 9-1, which no client sent"), "{unknown}");
    let not_yet = stray(OperationKey { client: 1, number: 50 }.id());
    assert!(not_yet.ends_with(" belongs to operation 1-51, which no client sent"), "{not_yet}");
    let another = stray(OperationKey { client: 0, number: 0 }.id());
    assert!(
        another.starts_with("user 2: version ") && another.ends_with(" for user 1"),
        "{another}"
    );
    let again = stray(OperationKey { client: 0, number: 1 }.id());
    assert!(again.contains(" a second time: charge 5000 of operation "), "{again}");
}

/// The ledger is right, but the reply has another balance.
#[test]
fn a_reply_that_differs_from_the_ledger_is_detected() {
    let mut example = Example::new(1, 50);
    let receipt = example.ledger(1)[9].receipt;
    let key = OperationKey::of(receipt.command.id).unwrap();
    let wrong = Account { balance: receipt.after.balance + 1, ..receipt.after };
    let client = usize::try_from(key.client).unwrap();
    example.clients[client].1.replace_reply(key.number, (Outcome::Applied, wrong));
    let violation = example.audit().unwrap_err();
    assert_eq!(violation.step, Check::Replay);
    let balances = format!("with balance {}, but the ledger has balance", wrong.balance);
    assert!(violation.what.contains(&balances), "{violation}");
}

/// Without ids, versions show a lost command, and the account shows an overwritten balance.
#[test]
fn without_ids_versions_and_balances_show_violations() {
    let mut example = Example::new(3, 50).without_ids();
    example.ledger(2).remove(9);
    example.rebalance(2);
    assert!(example.violation_message().starts_with("user 2: "));

    let mut example = Example::new(3, 50).without_ids();
    example.account(2).balance += 7;
    let message = example.violation_message();
    assert!(message.starts_with("user 2: the account holds"), "{message}");
}

/// A ledger that cannot be read must not count as correct.
#[test]
fn a_ledger_that_cannot_be_read_is_reported() {
    let example = Example::new(2, 5);
    let full = StoreError::constant(StoreErrorKind::Failed, "no space left");
    let violation = example.record().audit(|_, _, _| Err(Fault::Store(full))).unwrap_err();
    assert_eq!(
        violation.to_string(),
        "user 1: the ledger could not be read: the store failed: no space left"
    );
}

/// A ledger that grows after the run: a command was acknowledged before it was written.
#[test]
fn an_entry_that_is_written_late_is_detected() {
    let example = Example::new(2, 50);
    let reads = std::sync::atomic::AtomicU64::new(0);
    let violation = example.record().audit(|id, after, limit| {
        let mut entries = example.ledgers[&id].clone();
        let times = reads.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if id == user(2) && times > 5 {
            entries.push(entries[0]);
        }
        Ok(entries.into_iter().skip(usize::try_from(after).unwrap()).take(limit).collect())
    });
    let violation = violation.unwrap_err();
    assert_eq!((violation.step, violation.user), (Check::LateChange, user(2)), "{violation}");
}

/// If pages of a thousand ledgers were as long as those of one, they would take a thousand times
/// the memory.
#[test]
fn the_page_size_falls_with_the_number_of_ledgers() {
    for (users, most) in [(1, PAGE_ENTRIES), (1_000, 1_048), (20_000, 64)] {
        let example = Example::opened(users, 1);
        let limits = std::sync::atomic::AtomicUsize::new(0);
        let examined = example.record().audit(|id, after, limit| {
            limits.fetch_max(limit, std::sync::atomic::Ordering::Relaxed);
            let entries = example.ledgers[&id].iter().copied();
            Ok(entries.skip(usize::try_from(after).unwrap()).take(limit).collect())
        });
        assert_eq!(examined.map(|examined| examined.entries), Ok(users));
        assert_eq!(limits.into_inner(), most);
    }
}

/// An audit of the same run must report the same violation, whichever thread is first.
#[test]
fn the_reported_violation_is_always_the_same() {
    let mut example = Example::new(40, 20_000);
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

/// An entry that was never written, or was overwritten by a later one.
#[test]
fn a_missing_version_is_detected() {
    let message = message_after(|example| {
        example.ledger(2).remove(6);
    });
    assert_eq!(message, "user 2: version 8 follows version 6 in the ledger");
}

/// Two commands read the same account and both write: the second does not start from the balance
/// that the first left.
#[test]
fn an_entry_that_starts_from_another_balance_is_detected() {
    let message = message_after(|example| example.ledger(2)[6].receipt.before.balance += 9);
    assert!(message.starts_with("user 2: version 7 starts from balance "), "{message}");
    assert!(message.contains(" at version 6, but version 6 has balance "), "{message}");
}

/// A strategy computes the balance itself and not by the rule.
#[test]
fn an_entry_with_a_wrong_sum_is_detected() {
    let message = message_after(|example| example.ledger(2)[6].receipt.after.balance += 9);
    assert!(message.starts_with("user 2: version 7 changes balance "), "{message}");
}

/// A command spends more than the balance, or exceeds its maximum.
#[test]
fn an_entry_that_breaks_a_rule_is_detected() {
    let message = message_after(|example| {
        let huge = Amount::new(900_000).unwrap();
        example.ledger(2)[6].receipt.command.action = Action::Use(huge);
    });
    assert!(message.starts_with("user 2: version 7 breaks a rule: "), "{message}");
}

/// A ledger has an entry of another user.
#[test]
fn an_entry_of_another_user_is_detected() {
    let message = message_after(|example| example.ledger(2)[6].receipt.command.user = user(1));
    assert_eq!(message, "user 2: version 7 belongs to user 1");
}

/// The account differs from the end of its ledger.
#[test]
fn an_account_that_differs_from_its_ledger_is_detected() {
    let message = message_after(|example| example.account(2).balance += 5);
    assert!(message.starts_with("user 2: the account holds "), "{message}");
}

/// Between two stamps lie requests for several users, some of them indeterminate. A request that is
/// called after the second stamp must see all of their effects on its user.
#[test]
fn effects_between_two_stamps_are_visible_after_them() {
    for users in [1, 3] {
        let mut example = Example::opened(users, 2);
        let opened = example.accounts.clone();
        example.tick(1);
        (0..40).for_each(|_| example.answer(1));
        example.clients[1].1.indeterminate();
        example.tick(1);
        for id in 1..=users {
            let mut example = example.clone();
            let of_user = |example: &Example| {
                let next = example.next(2);
                next.user == user(id) && next.action.is_none()
            };
            while !of_user(&example) {
                example.clients[2].1.indeterminate();
            }
            example.tick(2);
            let number = example.clients[2].1.asked();
            example.answer(2);
            assert!(example.audit().is_ok());
            let before = opened[usize::try_from(id - 1).unwrap()];
            example.clients[2].1.replace_reply(number, (Outcome::Read, before));
            assert_eq!(example.audit().unwrap_err().user, user(id));
        }
    }
}

/// One client is descheduled with a pending request while the others go far ahead. Its reply is
/// then further ahead, or further behind, than the window of entries reaches.
#[test]
fn an_operation_that_is_pending_for_very_long_is_placed() {
    for late in [true, false] {
        let mut example = Example::opened(1, 3);
        let mut sleeper = crate::audit::Log::default();
        sleeper.stamp(example.clock);
        let account = |example: &Example| example.accounts[0];
        let early = account(&example);
        (0..90_000).for_each(|_| [1, 2].into_iter().for_each(|client| example.request(client)));
        let seen = if late { account(&example) } else { early };
        while example.clients[3].0.request(sleeper.asked()).action.is_some() {
            sleeper.indeterminate();
        }
        sleeper.read(seen);
        sleeper.stamp(example.clock);
        example.clients[3].1 = sleeper;
        let examined = example.audit().unwrap();
        assert!(examined.entries > 1 << 16);
        let number = example.clients[3].1.asked() - 1;
        let wrong = Account { balance: seen.balance + 1, ..seen };
        example.clients[3].1.replace_reply(number, (Outcome::Read, wrong));
        assert_eq!(example.audit().unwrap_err().step, Check::Replay);
    }
}
