//! Two judges of a recorded history, who share nothing but the rules of an account.

use super::found::Found;
use crate::{
    audit,
    history::History,
    linearizability::{AccountModel, Verdict, check},
};

/// Asks the witness: whether ledgers, replies and real time agree to the last entry.
pub fn by_the_ledger(history: &History) -> Found {
    match audit::witness(history) {
        Ok(_examined) => Ok(()),
        Err(violation) => {
            let (step, picture) = (violation.step, violation.picture());
            Err(format!("{violation} ({step})\n{picture}"))
        }
    }
}

/// Asks somebody who trusts neither versions nor ledgers: whether there is any order at all in which
/// the balances that callers were told can have come about.
pub fn by_what_callers_saw(history: &History) -> Found {
    for (account, calls) in AccountModel::all_of(history) {
        match check(&account, &calls) {
            Verdict::Linearizable => {}
            Verdict::Undecided(limit) => {
                return Err(format!("the search for an order was given up: out of {limit}"));
            }
            Verdict::Impossible(found) => {
                let (told, picture) =
                    (found.told(&account, &calls), found.picture(&account, &calls));
                return Err(format!("user {}: {told}\n{picture}", account.user()));
            }
        }
    }
    Ok(())
}
