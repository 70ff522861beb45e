//! Jepsen's bank: transfers between accounts, and reads of all balances at once.
//!
//! A history does not say what the accounts held at its beginning, and what they held follows from
//! any read: its balances, with what was moved before it put back. A transfer that returned before the
//! read was called was before it, and one that was called after the read returned was not; of each
//! other one both are possible. So a history has several possible beginnings, and it is linearizable
//! if it is from any of them ([`check_bank`]).

use std::collections::BTreeSet;

use super::{Limit, Model, STEPS_MAX, Verdict, check_within};
use crate::history::{Bank, BankCall, BankInput, BankOutput};

/// The most transfers of which it may be open whether they were before the read that a beginning is
/// taken from. Their number doubles the number of beginnings.
pub const OPEN_MAX: usize = 10;

/// As many of them are tried without a look for a later read that leaves fewer open: what is wrong is
/// explained best from the beginning that the first reads saw.
const OPEN_FEW: usize = 4;

/// The rules of a bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdraft {
    /// No balance may ever be below zero, as in Jepsen unless it is asked for.
    Forbidden,
    /// Balances may be below zero.
    Allowed,
}

/// A bank with what its accounts hold at the beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankModel<'a> {
    bank: &'a Bank,
    initial: Vec<Option<i128>>,
    overdraft: Overdraft,
}

impl BankModel<'_> {
    /// A bank whose accounts hold `initial` at the beginning; nothing where there is no such account.
    pub fn new(bank: &Bank, initial: Vec<Option<i128>>, overdraft: Overdraft) -> BankModel<'_> {
        BankModel { bank, initial, overdraft }
    }

    /// What the accounts hold at the beginning, for a person.
    pub fn beginning(&self) -> String {
        format!("with {}", self.named(&self.initial))
    }

    fn is_allowed(&self, balances: &[Option<i128>]) -> bool {
        self.overdraft == Overdraft::Allowed || balances.iter().flatten().all(|held| 0 <= *held)
    }

    fn moved(&self, held: &[Option<i128>], asked: BankInput) -> Option<Vec<Option<i128>>> {
        let BankInput::Transfer { from, to, amount } = asked else { return None };
        let mut after = held.to_vec();
        for (place, change) in [(from, -i128::from(amount)), (to, amount.into())] {
            let balance = after.get_mut(place)?;
            *balance = Some((*balance)? + change);
        }
        (self.is_allowed(held) && self.is_allowed(&after)).then_some(after)
    }

    fn named(&self, balances: &[Option<i128>]) -> String {
        let mut named: Vec<_> = self.bank.accounts.iter().zip(balances).collect();
        named.sort_unstable();
        let shown =
            named.into_iter().filter_map(|(name, held)| Some(format!("{name} {}", (*held)?)));
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
        held: &Vec<Option<i128>>,
        asked: &BankInput,
        output: &BankOutput,
    ) -> Option<Vec<Option<i128>>> {
        match (asked, output) {
            (BankInput::Read, BankOutput::Read(seen)) => {
                (seen == held && self.is_allowed(held)).then(|| held.clone())
            }
            (BankInput::Transfer { .. }, BankOutput::Done) => self.moved(held, *asked),
            _ => None,
        }
    }

    fn step_unknown(
        &self,
        held: &Vec<Option<i128>>,
        asked: &BankInput,
    ) -> Option<Vec<Option<i128>>> {
        self.moved(held, *asked)
    }

    fn only_looks(&self, _: &BankInput, output: &BankOutput) -> bool {
        matches!(output, BankOutput::Read(_))
    }

    fn told(&self, asked: &BankInput, output: Option<&BankOutput>) -> String {
        let asked = match asked {
            BankInput::Read => "read".to_owned(),
            BankInput::Transfer { from, to, amount } => {
                let name = |place: &usize| self.bank.accounts.get(*place).map_or("?", |name| name);
                format!("move {amount} from {} to {}", name(from), name(to))
            }
        };
        match output {
            Some(BankOutput::Read(seen)) => format!("{asked}: {}", self.named(seen)),
            Some(BankOutput::Done) | None => asked,
        }
    }
}

/// Every beginning that a history of this bank can have had; nothing if there are too many.
///
/// Without a read no balance is known, and the accounts are taken to hold enough for every transfer.
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
        let chosen = (0..open.len()).filter(|one| chosen >> one & 1 == 1).map(|one| open[one]);
        put_back(seen, before.iter().copied().chain(chosen))
    });
    Some(all.collect::<BTreeSet<_>>().into_iter().collect())
}

/// Balances that a read saw, the transfers before it, and those of which it is open whether they were.
type Anchor<'a> = (&'a [Option<i128>], Vec<BankInput>, Vec<BankInput>);

/// Each read that was answered, as something to take a beginning from; of many only the first, which
/// have the fewest transfers of unknown outcome before them.
fn anchors(bank: &Bank) -> impl Iterator<Item = Anchor<'_>> {
    const LOOKED_AT: usize = 64;
    let reads = bank.calls.iter().filter_map(|call| match call.output() {
        Some(BankOutput::Read(seen)) => Some((call, seen.as_slice())),
        _ => None,
    });
    reads.take(LOOKED_AT).map(|(read, seen)| {
        let moves = bank.calls.iter().filter(|call| call.input != BankInput::Read);
        let not_after = moves.filter(|call| Some(call.called) <= read.returned());
        let is_before = |call: &&BankCall| call.returned().is_some_and(|end| end < read.called);
        let (before, open): (Vec<&BankCall>, Vec<&BankCall>) = not_after.partition(is_before);
        let inputs = |calls: Vec<&BankCall>| calls.into_iter().map(|call| call.input).collect();
        (seen, inputs(before), inputs(open))
    })
}

/// What was held before these transfers, if it is this after them.
fn put_back(after: &[Option<i128>], moves: impl Iterator<Item = BankInput>) -> Vec<Option<i128>> {
    let mut balances = after.to_vec();
    for one in moves {
        let BankInput::Transfer { from, to, amount } = one else { continue };
        for (place, change) in [(from, i128::from(amount)), (to, -i128::from(amount))] {
            let balance = balances.get_mut(place).and_then(Option::as_mut);
            balance.into_iter().for_each(|balance| *balance += change);
        }
    }
    balances
}

/// Searches for an order of the calls of a bank, from every beginning that it can have had, and says
/// of which beginning the verdict is: one that has an order, or the one that an order comes furthest
/// from. Without a beginning the search was given up.
pub fn check_bank(bank: &Bank, overdraft: Overdraft) -> (Verdict, Option<BankModel<'_>>) {
    let Some(beginnings) = beginnings(bank) else {
        return (Verdict::Undecided(Limit::Steps), None);
    };
    let mut furthest: Option<(u64, Verdict, BankModel<'_>)> = None;
    let mut undecided = None;
    let steps_max = (STEPS_MAX / beginnings.len().max(1)).saturating_add(bank.calls.len());
    for initial in beginnings {
        let model = BankModel::new(bank, initial, overdraft);
        match check_within(&model, &bank.calls, steps_max) {
            Verdict::Linearizable => return (Verdict::Linearizable, Some(model)),
            Verdict::Undecided(_) => undecided = Some(model),
            Verdict::Impossible(found) => {
                let end = bank.calls[found.misfit].returned().unwrap_or(u64::MAX);
                if furthest.as_ref().is_none_or(|(before, _, _)| *before < end) {
                    furthest = Some((end, Verdict::Impossible(found), model));
                }
            }
        }
    }
    match (undecided, furthest) {
        (None, Some((_, verdict, model))) => (verdict, Some(model)),
        (model, _) => (Verdict::Undecided(Limit::Steps), model),
    }
}

#[cfg(test)]
mod tests;
