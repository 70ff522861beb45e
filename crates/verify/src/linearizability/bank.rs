//! Jepsen's bank: transfers between accounts, and reads of all balances at once.
//!
//! A history does not record the initial balances, but any read implies them: its balances, with
//! all transfers before it undone. A transfer that returned before the read was called was before
//! it. A transfer that was called after the read returned was not. Every other transfer may have
//! been. So a history has several possible beginnings, and it is linearizable if it is so from any
//! of them ([`check_bank`]).

use std::collections::BTreeSet;

use super::{Limit, Model, STEPS_MAX, Verdict, check_within};
use crate::history::{Bank, BankCall, BankInput, BankOutput};

/// The maximum of open transfers, which may or may not have been before the read that the
/// beginnings are computed from. Each open transfer doubles the number of beginnings.
pub const OPEN_MAX: usize = 10;

/// Up to this many open transfers, the first read is used and no later one with fewer is looked
/// for. A violation is explained best from the beginning that the first reads imply.
const OPEN_FEW: usize = 4;

/// The rules of a bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdraft {
    /// No balance may ever be below zero. This is Jepsen's default.
    Forbidden,
    /// Balances may be below zero.
    Allowed,
}

/// A bank with its initial balances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankModel<'a> {
    bank: &'a Bank,
    initial: Vec<Option<i128>>,
    overdraft: Overdraft,
}

impl BankModel<'_> {
    /// A bank with the balances `initial`, which are `None` where there is no such account.
    pub fn new(bank: &Bank, initial: Vec<Option<i128>>, overdraft: Overdraft) -> BankModel<'_> {
        BankModel { bank, initial, overdraft }
    }

    /// The initial balances, for a person.
    pub fn beginning(&self) -> String {
        format!("with {}", self.named(&self.initial))
    }

    fn is_allowed(&self, balances: &[Option<i128>]) -> bool {
        self.overdraft == Overdraft::Allowed
            || balances.iter().flatten().all(|balance| 0 <= *balance)
    }

    fn moved(&self, balances: &[Option<i128>], input: BankInput) -> Option<Vec<Option<i128>>> {
        let BankInput::Transfer { from, to, amount } = input else { return None };
        let mut after = balances.to_vec();
        for (account, change) in [(from, -i128::from(amount)), (to, amount.into())] {
            let balance = after.get_mut(account)?;
            *balance = Some((*balance)? + change);
        }
        (self.is_allowed(balances) && self.is_allowed(&after)).then_some(after)
    }

    fn named(&self, balances: &[Option<i128>]) -> String {
        let mut named: Vec<_> = self.bank.accounts.iter().zip(balances).collect();
        named.sort_unstable();
        let shown =
            named.into_iter().filter_map(|(name, balance)| Some(format!("{name} {}", (*balance)?)));
        shown.collect::<Vec<_>>().join(", ")
    }
}

impl Model for BankModel<'_> {
    type State = Vec<Option<i128>>;
    type Input = BankInput;
    type Output = BankOutput;

    fn initial(&self) -> Vec<Option<i128>> {
        self.initial.clone()
    }

    fn step(
        &self,
        balances: &Vec<Option<i128>>,
        input: &BankInput,
        output: &BankOutput,
    ) -> Option<Vec<Option<i128>>> {
        match (input, output) {
            (BankInput::Read, BankOutput::Read(seen)) => {
                (seen == balances && self.is_allowed(balances)).then(|| balances.clone())
            }
            (BankInput::Transfer { .. }, BankOutput::Done) => self.moved(balances, *input),
            _ => None,
        }
    }

    fn step_indeterminate(
        &self,
        balances: &Vec<Option<i128>>,
        input: &BankInput,
    ) -> Option<Vec<Option<i128>>> {
        self.moved(balances, *input)
    }

    fn is_read_only(&self, _: &BankInput, output: &BankOutput) -> bool {
        matches!(output, BankOutput::Read(_))
    }

    fn describe(&self, input: &BankInput, output: Option<&BankOutput>) -> String {
        let operation = match input {
            BankInput::Read => "read".to_owned(),
            BankInput::Transfer { from, to, amount } => {
                let name =
                    |account: &usize| self.bank.accounts.get(*account).map_or("?", |name| name);
                format!("move {amount} from {} to {}", name(from), name(to))
            }
        };
        match output {
            Some(BankOutput::Read(seen)) => format!("{operation}: {}", self.named(seen)),
            Some(BankOutput::Done) | None => operation,
        }
    }
}

/// All possible beginnings of a history of this bank; `None` if there are too many.
///
/// Without a read no balance is known. The accounts then begin with enough for all transfers.
pub fn beginnings(bank: &Bank) -> Option<Vec<Vec<Option<i128>>>> {
    let Some((seen, before, open)) =
        anchors(bank).min_by_key(|(_, _, open)| open.len().max(OPEN_FEW))
    else {
        let moved = bank.calls.iter().map(|call| match call.input {
            BankInput::Transfer { amount, .. } => amount,
            BankInput::Read => 0,
        });
        let enough = moved.map(i128::from).sum();
        return Some(vec![vec![Some(enough); bank.accounts.len()]]);
    };
    if OPEN_MAX < open.len() {
        return None;
    }
    let all = (0..1_u32 << open.len()).map(|chosen| {
        let chosen = (0..open.len()).filter(|at| chosen >> at & 1 == 1).map(|at| open[at]);
        undo(seen, before.iter().copied().chain(chosen))
    });
    Some(all.collect::<BTreeSet<_>>().into_iter().collect())
}

/// The balances of a read, the transfers before it, and the open transfers.
type Anchor<'a> = (&'a [Option<i128>], Vec<BankInput>, Vec<BankInput>);

/// The answered reads, each with its transfers. Of many reads only the first, which have the fewest
/// indeterminate transfers before them.
fn anchors(bank: &Bank) -> impl Iterator<Item = Anchor<'_>> {
    const READS_MAX: usize = 64;
    let reads = bank.calls.iter().filter_map(|call| match call.output() {
        Some(BankOutput::Read(seen)) => Some((call, seen.as_slice())),
        _ => None,
    });
    reads.take(READS_MAX).map(|(read, seen)| {
        let moves = bank.calls.iter().filter(|call| call.input != BankInput::Read);
        let not_after = moves.filter(|call| Some(call.called) <= read.returned());
        let is_before = |call: &&BankCall| call.returned().is_some_and(|end| end < read.called);
        let (before, open): (Vec<&BankCall>, Vec<&BankCall>) = not_after.partition(is_before);
        let inputs = |calls: Vec<&BankCall>| calls.into_iter().map(|call| call.input).collect();
        (seen, inputs(before), inputs(open))
    })
}

/// The balances before these transfers, from the balances after them.
fn undo(after: &[Option<i128>], moves: impl Iterator<Item = BankInput>) -> Vec<Option<i128>> {
    let mut balances = after.to_vec();
    for transfer in moves {
        let BankInput::Transfer { from, to, amount } = transfer else { continue };
        for (account, change) in [(from, i128::from(amount)), (to, -i128::from(amount))] {
            let balance = balances.get_mut(account).and_then(Option::as_mut);
            balance.into_iter().for_each(|balance| *balance += change);
        }
    }
    balances
}

/// Searches for an order of the calls of a bank, from all possible beginnings. Returns the verdict
/// with its beginning: one that has an order, or the one whose orders come furthest. Without a
/// beginning the search gave up.
pub fn check_bank(bank: &Bank, overdraft: Overdraft) -> (Verdict, Option<BankModel<'_>>) {
    let Some(beginnings) = beginnings(bank) else {
        return (Verdict::Unknown(Limit::Steps), None);
    };
    let mut furthest: Option<(u64, Verdict, BankModel<'_>)> = None;
    let mut unknown = None;
    let steps_max = (STEPS_MAX / beginnings.len().max(1)).saturating_add(bank.calls.len());
    for initial in beginnings {
        let model = BankModel::new(bank, initial, overdraft);
        match check_within(&model, &bank.calls, steps_max) {
            Verdict::Linearizable => return (Verdict::Linearizable, Some(model)),
            Verdict::Unknown(_) => unknown = Some(model),
            Verdict::Violation(found) => {
                let end = bank.calls[found.stuck_op].returned().unwrap_or(u64::MAX);
                if furthest.as_ref().is_none_or(|(before, _, _)| *before < end) {
                    furthest = Some((end, Verdict::Violation(found), model));
                }
            }
        }
    }
    match (unknown, furthest) {
        (None, Some((_, verdict, model))) => (verdict, Some(model)),
        (model, _) => (Verdict::Unknown(Limit::Steps), model),
    }
}

#[cfg(test)]
mod tests;
