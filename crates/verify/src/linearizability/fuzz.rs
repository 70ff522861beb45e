//! A million small histories, correct ones and ones with each known mistake: the search and the
//! brute force must always agree.
//!
//! To draw a history, an object replies at a random moment of each operation. In a wrong history it
//! makes one mistake. Both checks decide whether clients could see it.

use std::{fmt::Debug, ops::Range};

use fastrand::Rng;
use rayon::prelude::*;

use super::{
    AccountCall, AccountModel, AccountOutput, KvModel, Model, OPERATIONS_MAX, RegisterModel,
    Verdict, brute_force_is_linearizable, check,
    search::{Found, search_variant},
};
use crate::history::{Answer, Call, KvInput, KvOutput, RegisterInput, RegisterOutput};
use hotrow::domain::{Action, Amount, Bounds, Policy, UserId};

/// A mistake that an account makes once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    Nothing,
    /// Decides on the balance before the last change, and writes the result.
    LostUpdate,
    /// Replies with the balance before the last change.
    StaleAnswer,
    WrongBalance,
    /// Replies with a rejection, but applies the command.
    RejectedButApplied,
    /// Rejects a command that no rule rejects.
    RejectedWithoutReason,
    AcknowledgedAndDropped,
    AppliedTwice,
    /// Replies at once, and applies the command after two others.
    AppliedLate,
    /// Adds or subtracts without a check of the bounds.
    Unchecked,
    /// Shows a read a balance that is never committed.
    Tentative,
}

const MISTAKES: [Mistake; 11] = [
    Mistake::Nothing,
    Mistake::LostUpdate,
    Mistake::StaleAnswer,
    Mistake::WrongBalance,
    Mistake::RejectedButApplied,
    Mistake::RejectedWithoutReason,
    Mistake::AcknowledgedAndDropped,
    Mistake::AppliedTwice,
    Mistake::AppliedLate,
    Mistake::Unchecked,
    Mistake::Tentative,
];

/// Small amounts and bounds, so that random mistakes often look correct.
fn policy() -> Policy {
    Policy::new(Bounds { balance_max: 5, ..Bounds::default() }).unwrap()
}

/// The call, moment of effect and return of an operation. Some operations have no return, and some
/// of those have no effect.
struct Interval {
    client: u64,
    called: u64,
    moment: Option<u64>,
    returned: Option<u64>,
}

fn intervals(rng: &mut Rng) -> Vec<Interval> {
    let mut clocks = [0; 4];
    let clients = rng.usize(2..=4);
    let mut intervals = Vec::new();
    for _ in 0..rng.usize(2..=OPERATIONS_MAX) {
        let client = rng.usize(0..clients);
        let called = clocks[client] + rng.u64(0..3);
        let is_open = rng.u32(0..8) == 0;
        let moment = called + rng.u64(0..if is_open { 10 } else { 5 });
        let returned = (!is_open).then(|| moment + rng.u64(0..4));
        clocks[client] = returned.unwrap_or(called + 1);
        let moment = (!is_open || rng.bool()).then_some(moment);
        intervals.push(Interval { client: client as u64, called, moment, returned });
    }
    rng.shuffle(&mut intervals);
    intervals.sort_by_key(|interval| interval.moment);
    intervals
}

/// An account that makes a mistake in one of its operations.
struct Account {
    model: AccountModel,
    balance: u64,
    before: u64,
    late: Option<(usize, u64)>,
}

impl Account {
    fn change(&mut self, balance: u64) {
        self.before = self.balance;
        self.balance = balance;
    }

    fn answer(&mut self, action: Option<Action>, mistake: Mistake, rng: &mut Rng) -> AccountOutput {
        let Some(action) = action else {
            return AccountOutput::Read(match mistake {
                Mistake::StaleAnswer => self.before,
                Mistake::Tentative | Mistake::WrongBalance => self.balance + rng.u64(1..3),
                _ => self.balance,
            });
        };
        let decided = self.model.step_indeterminate(&self.balance, &Some(action));
        let points = action.amount().points();
        let unchecked = match action {
            Action::Charge(_) => self.balance + points,
            Action::Use(_) => self.balance.saturating_sub(points),
        };
        match (mistake, decided) {
            (Mistake::LostUpdate, _) => {
                let stale = self.before;
                match self.model.step_indeterminate(&stale, &Some(action)) {
                    Some(after) => {
                        self.change(after);
                        AccountOutput::Applied(after)
                    }
                    None => AccountOutput::Rejected(stale),
                }
            }
            (Mistake::Unchecked, _) => {
                self.change(unchecked);
                AccountOutput::Applied(unchecked)
            }
            (Mistake::RejectedButApplied, None) => {
                self.change(unchecked);
                AccountOutput::Rejected(self.before)
            }
            (Mistake::StaleAnswer, None) => AccountOutput::Rejected(self.before),
            (Mistake::WrongBalance, None) => AccountOutput::Rejected(self.balance + rng.u64(1..3)),
            (_, None) => AccountOutput::Rejected(self.balance),
            (Mistake::RejectedWithoutReason, Some(after)) => {
                self.change(after);
                AccountOutput::Rejected(self.before)
            }
            (Mistake::RejectedButApplied, Some(_)) => AccountOutput::Rejected(self.balance),
            (Mistake::AcknowledgedAndDropped, Some(after)) => AccountOutput::Applied(after),
            (Mistake::AppliedLate, Some(after)) => {
                self.late = Some((2, after));
                AccountOutput::Applied(after)
            }
            (Mistake::AppliedTwice, Some(after)) => {
                let twice = self.model.step_indeterminate(&after, &Some(action)).unwrap_or(after);
                self.change(twice);
                AccountOutput::Applied(if rng.bool() { after } else { twice })
            }
            (Mistake::StaleAnswer, Some(after)) => {
                self.change(after);
                AccountOutput::Applied(self.before)
            }
            (Mistake::WrongBalance, Some(after)) => {
                self.change(after);
                AccountOutput::Applied(after + rng.u64(1..3))
            }
            (_, Some(after)) => {
                self.change(after);
                AccountOutput::Applied(after)
            }
        }
    }

    fn complete_operation(&mut self) {
        if let Some((wait, balance)) = self.late {
            self.late = wait.checked_sub(1).map(|wait| (wait, balance));
            if wait == 0 {
                self.change(balance);
            }
        }
    }
}

fn account_calls(model: AccountModel, mistake: Mistake, rng: &mut Rng) -> Vec<AccountCall> {
    let intervals = intervals(rng);
    let at = rng.usize(0..intervals.len());
    let mut account = Account { model, balance: 0, before: 0, late: None };
    let calls = intervals.into_iter().enumerate().map(|(number, interval)| {
        let amount = Amount::new(rng.u64(1..=3)).unwrap();
        let action = match rng.u32(0..8) {
            0..4 => Some(Action::Charge(amount)),
            4..6 => Some(Action::Use(amount)),
            _ => None,
        };
        let mistake = if number == at { mistake } else { Mistake::Nothing };
        let Interval { client, called, moment, returned } = interval;
        let output = moment.map(|_| account.answer(action, mistake, rng));
        account.complete_operation();
        let answer = returned.zip(output).map(|(returned, output)| Answer { returned, output });
        Call { client, input: action, called, answer }
    });
    calls.collect()
}

fn register_calls(rng: &mut Rng) -> Vec<Call<RegisterInput, RegisterOutput>> {
    let mut state = None;
    let calls = intervals(rng).into_iter().map(|interval| {
        let (first, second) = (rng.i64(0..3), rng.i64(0..3));
        let input = match rng.u32(0..3) {
            0 => RegisterInput::Read,
            1 => RegisterInput::Write(first),
            _ => RegisterInput::CompareAndSet { expected: first, new: second },
        };
        let Interval { client, called, moment, returned } = interval;
        let is_wrong = rng.u32(0..12) == 0;
        let output = match input {
            RegisterInput::Read if is_wrong => RegisterOutput::Read(Some(first)),
            RegisterInput::Read => RegisterOutput::Read(state),
            RegisterInput::CompareAndSet { expected, .. }
                if is_wrong ^ (state != Some(expected)) =>
            {
                RegisterOutput::Differed
            }
            _ => RegisterOutput::Done,
        };
        if let Some(after) = moment.and_then(|_| RegisterModel.step_indeterminate(&state, &input)) {
            state = after;
        }
        Call { client, input, called, answer: returned.map(|returned| Answer { returned, output }) }
    });
    calls.collect()
}

fn kv_calls(rng: &mut Rng) -> Vec<Call<KvInput, KvOutput>> {
    let mut state = KvModel.initial();
    let calls = intervals(rng).into_iter().map(|interval| {
        let text = if rng.bool() { "a" } else { "b" };
        let (input, output) = match rng.u32(0..6) {
            0 => (KvInput::Put(text.to_owned()), KvOutput::Done),
            1 | 2 => (KvInput::Append(text.to_owned()), KvOutput::Done),
            3 => (KvInput::Get, KvOutput::Got(text.to_owned())),
            _ => (KvInput::Get, KvOutput::Got(state.to_string())),
        };
        let Interval { client, called, moment, returned } = interval;
        if let Some(after) = moment.and_then(|_| KvModel.step_indeterminate(&state, &input)) {
            state = after;
        }
        Call { client, input, called, answer: returned.map(|returned| Answer { returned, output }) }
    });
    calls.collect()
}

/// The verdict of all checks, which must agree. `name` has the seed.
fn verdict<M>(model: &M, calls: &[Call<M::Input, M::Output>], name: &str) -> bool
where
    M: Model<Input: Debug + Clone, Output: Debug + Clone>,
{
    let expected = brute_force_is_linearizable(model, calls);
    let found = check(model, calls);
    let variant = search_variant(model, calls, u64::MAX, 10_000);
    let same = match &found {
        Verdict::Linearizable => expected && matches!(variant, Found::Order(_)),
        Verdict::Violation(_) => !expected && matches!(variant, Found::NoOrder { .. }),
        Verdict::Unknown(_) => false,
    };
    assert!(same, "{name}: brute force {expected}, {found:?}, {variant:?} of {calls:#?}");
    if let Verdict::Violation(contradiction) = found
        && !contradiction.is_unproducible
    {
        assert_first(model, calls, contradiction.stuck_op, name);
    }
    expected
}

/// Checks that there is no order up to the return of the stuck operation, and one up to just
/// before.
fn assert_first<M>(model: &M, calls: &[Call<M::Input, M::Output>], stuck_op: usize, name: &str)
where
    M: Model<Input: Debug + Clone, Output: Debug + Clone>,
{
    let end = calls[stuck_op].returned().unwrap();
    let up_to = |is_in: &dyn Fn(u64) -> bool| {
        let mut begin = calls.to_vec();
        begin.retain(|call| call.called <= end);
        begin
            .iter_mut()
            .for_each(|call| call.answer = call.answer.take().filter(|a| is_in(a.returned)));
        brute_force_is_linearizable(model, &begin)
    };
    assert!(up_to(&|returned| returned < end), "{name}: no order before {stuck_op} of {calls:#?}");
    assert!(!up_to(&|returned| returned <= end), "{name}: an order with {stuck_op} of {calls:#?}");
}

/// Draws a history for each seed, and counts those that have an order.
fn count(seeds: Range<u64>, has_order: impl Fn(&mut Rng, &str) -> bool + Sync) -> u64 {
    let verdicts = seeds
        .into_par_iter()
        .map(|seed| u64::from(has_order(&mut Rng::with_seed(seed), &format!("seed {seed}"))));
    verdicts.sum()
}

/// A search with one short cut too many is wrong on some small history, so this draws a million.
#[test]
fn the_search_and_the_brute_force_agree_on_accounts() {
    const EACH: u64 = 75_000;
    let model = AccountModel::new(policy(), UserId::new(1).unwrap());
    for mistake in MISTAKES {
        let linearizable = count(0..EACH, |rng, name| {
            verdict(&model, &account_calls(model, mistake, rng), &format!("{mistake:?}, {name}"))
        });
        println!("{mistake:?}: {linearizable} of {EACH} have an order");
        match mistake {
            Mistake::Nothing => {
                assert_eq!(linearizable, EACH, "without a mistake all are linearizable")
            }
            // Visible mistakes and invisible ones must both be frequent.
            _ => assert!(
                (EACH / 50..EACH - EACH / 50).contains(&linearizable),
                "{mistake:?}: {linearizable}"
            ),
        }
    }
}

/// A register reaches the same state again, and has operations that change nothing by chance.
#[test]
fn the_search_and_the_brute_force_agree_on_registers() {
    const MANY: u64 = 150_000;
    let linearizable =
        count(0..MANY, |rng, name| verdict(&RegisterModel, &register_calls(rng), name));
    println!("{linearizable} of {MANY} have an order");
    assert!((MANY / 10..MANY - MANY / 10).contains(&linearizable), "{linearizable}");
}

/// A text depends on all its appends, so different orders seldom lead to the same state.
#[test]
fn the_search_and_the_brute_force_agree_on_texts() {
    const MANY: u64 = 50_000;
    let linearizable = count(0..MANY, |rng, name| verdict(&KvModel, &kv_calls(rng), name));
    println!("{linearizable} of {MANY} have an order");
    assert!((MANY / 10..MANY - MANY / 10).contains(&linearizable), "{linearizable}");
}
