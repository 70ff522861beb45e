//! Searches the calls of a history for a linearizable order, within a budget.

use std::time::Instant;

use super::{CheckVerdict, Checked};
use crate::check_history::CheckHistory;
use hotrow_verify::{
    audit::audit_history,
    history::{Bank, Calls, Objects, Recording},
    linearizability::{
        self, AccountModel, Budget, HistoryVerdict, KvModel, Limit, Object, Overdraft,
        RegisterModel, Verdict, check_bank, check_objects,
    },
};

/// A user or a key: its name, its model and its calls.
type Named<M> = (String, Object<M>);

/// Checks the calls of each object.
pub(super) fn check_calls(
    name: String,
    Calls { objects, left_out }: Calls,
    arguments: &CheckHistory,
) -> Checked {
    let budget = arguments.budget();
    let checked = match objects {
        Objects::Registers(registers) => {
            let is_one = registers.keys().all(Option::is_none);
            let scope = if is_one { String::new() } else { counted(registers.len(), " on", "key") };
            let registers = registers.into_iter().map(|(key, calls)| {
                let object = key.map_or("register".to_owned(), |key| format!("key {key}"));
                (object, (RegisterModel, calls))
            });
            search(name, scope, registers.collect(), &budget)
        }
        Objects::Kv(keys) => {
            let scope = counted(keys.len(), " on", "key");
            let keys = keys.into_iter();
            let keys = keys.map(|(key, calls)| (format!("key {key:?}"), (KvModel, calls)));
            search(name, scope, keys.collect(), &budget)
        }
        Objects::Bank(bank) => search_bank(name, &bank, arguments.overdraft),
    };
    Checked { left_out, ..checked }
}

/// Returns a number of objects such as ` on 1 key` or ` of 3 users`.
fn counted(count: usize, preposition: &str, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{preposition} {count} {noun}{plural}")
}

/// Audits the history against its ledgers, which have every version of every account. If the audit
/// passes, it also searches for an order without the ledgers.
pub(super) fn check_accounts(
    name: &str,
    number: u32,
    recording: &Recording,
    arguments: &CheckHistory,
) -> Checked {
    let Recording { strategy, store, history } = recording;
    let name = format!("{name}, {number}: {strategy} on {store}");
    let began = Instant::now();
    let accounts = AccountModel::all_of(history).into_iter();
    let accounts: Vec<Named<AccountModel>> =
        accounts.map(|(model, calls)| (format!("user {}", model.user()), (model, calls))).collect();
    let scope = counted(accounts.len(), " of", "user");
    let Err(violation) = audit_history(history) else {
        return search(name, scope, accounts, &arguments.budget());
    };
    let verdict = CheckVerdict::Violation {
        object: format!("user {}", violation.user),
        what: format!("{} ({})", violation.what, violation.step),
        diagram: violation.diagram(),
    };
    checked(name, scope, &accounts, verdict, began)
}

fn search<M>(name: String, scope: String, objects: Vec<Named<M>>, budget: &Budget) -> Checked
where
    M: linearizability::Model<Input: Sync, Output: Sync> + Sync + Clone,
    Object<M>: Clone + Sync,
{
    let began = Instant::now();
    let (names, searched): (Vec<String>, Vec<Object<M>>) = objects.iter().cloned().unzip();
    let verdict = match check_objects(&searched, budget) {
        HistoryVerdict::Linearizable => CheckVerdict::Linearizable,
        HistoryVerdict::Violation { object, contradiction } => {
            let (model, calls) = &searched[object];
            CheckVerdict::Violation {
                object: names[object].clone(),
                what: contradiction.describe(model, calls),
                diagram: contradiction.diagram(model, calls).to_string(),
            }
        }
        HistoryVerdict::Unknown { objects, limit } => {
            let objects = objects.into_iter().map(|object| names[object].clone()).collect();
            CheckVerdict::Unknown { objects, limit }
        }
    };
    checked(name, scope, &objects, verdict, began)
}

fn checked<M: linearizability::Model>(
    name: String,
    scope: String,
    objects: &[Named<M>],
    verdict: CheckVerdict,
    began: Instant,
) -> Checked {
    Checked {
        name,
        operations: objects.iter().map(|(_, (_, calls))| calls.len()).sum(),
        left_out: 0,
        objects: objects.len(),
        scope,
        verdict,
        took: began.elapsed(),
    }
}

/// Checks a bank, whose accounts form one object, from each possible initial state.
fn search_bank(name: String, bank: &Bank, overdraft: bool) -> Checked {
    let overdraft = if overdraft { Overdraft::Allowed } else { Overdraft::Forbidden };
    let object = "bank".to_owned();
    let began = Instant::now();
    let verdict = match check_bank(bank, overdraft) {
        (Verdict::Linearizable, _) => CheckVerdict::Linearizable,
        (Verdict::Violation(found), Some(model)) => CheckVerdict::Violation {
            object,
            what: format!(
                "{}, if it began {}",
                found.describe(&model, &bank.calls),
                model.beginning()
            ),
            diagram: found.diagram(&model, &bank.calls).to_string(),
        },
        (Verdict::Unknown(limit), _) => CheckVerdict::Unknown { objects: vec![object], limit },
        (Verdict::Violation(_), None) => {
            CheckVerdict::Unknown { objects: vec![object], limit: Limit::Steps }
        }
    };
    Checked {
        name,
        operations: bank.calls.len(),
        left_out: 0,
        objects: 1,
        scope: counted(bank.accounts.len(), " on", "account"),
        verdict,
        took: began.elapsed(),
    }
}
