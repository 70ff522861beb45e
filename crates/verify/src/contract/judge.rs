//! Two checkers of a recorded history. They share nothing but the rules of an account.

use super::check_result::CheckResult;
use crate::{
    audit,
    history::History,
    linearizability::{AccountModel, Verdict, check},
};

/// Checks with the audit that ledgers, replies and real time agree in every entry.
pub fn by_the_ledger(history: &History) -> CheckResult {
    match audit::audit_history(history) {
        Ok(_summary) => Ok(()),
        Err(violation) => {
            let (step, diagram) = (violation.step, violation.diagram());
            Err(format!("{violation} ({step})\n{diagram}"))
        }
    }
}

/// Searches for an order of the operations that explains the balances that clients saw. The search
/// uses neither versions nor ledgers.
pub fn by_what_callers_saw(history: &History) -> CheckResult {
    for (account, calls) in AccountModel::all_of(history) {
        match check(&account, &calls) {
            Verdict::Linearizable => {}
            Verdict::Unknown(limit) => {
                return Err(format!("the search for an order stopped: out of {limit}"));
            }
            Verdict::Violation(violation) => {
                let (what, diagram) =
                    (violation.describe(&account, &calls), violation.diagram(&account, &calls));
                return Err(format!("user {}: {what}\n{diagram}", account.user()));
            }
        }
    }
    Ok(())
}
