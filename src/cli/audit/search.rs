//! Searches what was read for an order, within the budget that was given.

use std::time::Instant;

use super::{Audited, Finding};
use crate::{
    audit::witness,
    cli::arguments::Audit,
    history::{Bank, Calls, Objects, Recording},
    linearizability::{
        self, AccountModel, Budget, HistoryVerdict, KvModel, Limit, Object, Overdraft,
        RegisterModel, Verdict, check_bank, check_objects,
    },
};

/// A user or a key: its name, its rules, and the calls that were made of it.
type Named<M> = (String, Object<M>);

/// Searches the calls of each object.
pub(super) fn calls_of(name: String, Calls { objects, left_out }: Calls, asked: &Audit) -> Audited {
    let budget = asked.budget();
    let audited = match objects {
        Objects::Registers(registers) => {
            let is_one = registers.keys().all(Option::is_none);
            let of = if is_one { String::new() } else { many(registers.len(), " on", "key") };
            let registers = registers.into_iter().map(|(key, calls)| {
                let object = key.map_or("register".to_owned(), |key| format!("key {key}"));
                (object, (RegisterModel, calls))
            });
            search(name, of, registers.collect(), &budget)
        }
        Objects::Kv(keys) => {
            let of = many(keys.len(), " on", "key");
            let keys = keys.into_iter();
            let keys = keys.map(|(key, calls)| (format!("key {key:?}"), (KvModel, calls)));
            search(name, of, keys.collect(), &budget)
        }
        Objects::Bank(bank) => search_bank(name, &bank, asked.overdraft),
    };
    Audited { left_out, ..audited }
}

/// ` on 1 key`, ` of 3 users`.
fn many(count: usize, joined: &str, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{joined} {count} {noun}{plural}")
}

/// Audits the ledgers, which know every version of every account, and then searches for an order as
/// if there were none.
pub(super) fn accounts(name: &str, number: u32, recording: &Recording, asked: &Audit) -> Audited {
    let Recording { strategy, store, history } = recording;
    let name = format!("{name}, {number}: {strategy} on {store}");
    let began = Instant::now();
    let accounts = AccountModel::all_of(history).into_iter();
    let accounts: Vec<Named<AccountModel>> =
        accounts.map(|(model, calls)| (format!("user {}", model.user()), (model, calls))).collect();
    let of = many(accounts.len(), " of", "user");
    let Err(violation) = witness(history) else {
        return search(name, of, accounts, &asked.budget());
    };
    let finding = Finding::Impossible {
        object: format!("user {}", violation.user),
        what: format!("{} ({})", violation.what, violation.step),
        picture: violation.picture(),
    };
    audited(name, of, &accounts, finding, began)
}

fn search<M>(name: String, of: String, objects: Vec<Named<M>>, budget: &Budget) -> Audited
where
    M: linearizability::Model<Input: Sync, Output: Sync> + Sync + Clone,
    Object<M>: Clone + Sync,
{
    let began = Instant::now();
    let (names, searched): (Vec<String>, Vec<Object<M>>) = objects.iter().cloned().unzip();
    let finding = match check_objects(&searched, budget) {
        HistoryVerdict::Linearizable => Finding::Linearizable,
        HistoryVerdict::Impossible { object, contradiction } => {
            let (model, calls) = &searched[object];
            Finding::Impossible {
                object: names[object].clone(),
                what: contradiction.told(model, calls),
                picture: contradiction.picture(model, calls).to_string(),
            }
        }
        HistoryVerdict::Undecided { objects, limit } => {
            let objects = objects.into_iter().map(|object| names[object].clone()).collect();
            Finding::Undecided { objects, limit }
        }
    };
    audited(name, of, &objects, finding, began)
}

fn audited<M: linearizability::Model>(
    name: String,
    of: String,
    objects: &[Named<M>],
    finding: Finding,
    began: Instant,
) -> Audited {
    Audited {
        name,
        operations: objects.iter().map(|(_, (_, calls))| calls.len()).sum(),
        left_out: 0,
        objects: objects.len(),
        of,
        finding,
        took: began.elapsed(),
    }
}

/// Searches a bank, whose accounts are one object, for an order from any of its beginnings.
fn search_bank(name: String, bank: &Bank, overdraft: bool) -> Audited {
    let overdraft = if overdraft { Overdraft::Allowed } else { Overdraft::Forbidden };
    let object = "bank".to_owned();
    let began = Instant::now();
    let finding = match check_bank(bank, overdraft) {
        (Verdict::Linearizable, _) => Finding::Linearizable,
        (Verdict::Impossible(found), Some(model)) => Finding::Impossible {
            object,
            what: format!("{}, if it began {}", found.told(&model, &bank.calls), model.beginning()),
            picture: found.picture(&model, &bank.calls).to_string(),
        },
        (Verdict::Undecided(limit), _) => Finding::Undecided { objects: vec![object], limit },
        (Verdict::Impossible(_), None) => {
            Finding::Undecided { objects: vec![object], limit: Limit::Steps }
        }
    };
    Audited {
        name,
        operations: bank.calls.len(),
        left_out: 0,
        objects: 1,
        of: many(bank.accounts.len(), " on", "account"),
        finding,
        took: began.elapsed(),
    }
}
