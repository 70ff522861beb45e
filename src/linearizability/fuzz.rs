//! A million small histories, right ones and ones made wrong in each way that is known: the search and
//! the brute force must never disagree.
//!
//! Histories are drawn by letting an object answer at a random moment of each operation. In the wrong
//! ones it makes one mistake. Whether clients could see it is left open: that is what both are asked.

use std::{fmt::Debug, ops::Range};

use fastrand::Rng;
use rayon::prelude::*;

use super::{
    AccountCall, AccountModel, AccountOutput, KvModel, Model, OPERATIONS_MAX, RegisterModel,
    Verdict, check, has_order,
    search::{Found, search_otherwise},
};
use crate::{
    domain::{Action, Amount, Bounds, Policy, UserId},
    history::{Answer, Call, KvInput, KvOutput, RegisterInput, RegisterOutput},
};

/// What an account may do wrong once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    Nothing,
    /// Decides on a balance that was read before the last change, and writes what follows.
    LostUpdate,
    /// Answers with the balance before the last change.
    StaleAnswer,
    WrongBalance,
    /// Refuses and applies all the same.
    RefusedButApplied,
    /// Refuses what no rule is in the way of.
    RefusedWithoutReason,
    AcknowledgedAndDropped,
    AppliedTwice,
    /// Answers at once, and applies it when two others have been served.
    AppliedLate,
    /// Adds or takes without a look at the bounds.
    Unchecked,
    /// Shows a reader what is never to be.
    Tentative,
}

const MISTAKES: [Mistake; 11] = [
    Mistake::Nothing,
    Mistake::LostUpdate,
    Mistake::StaleAnswer,
    Mistake::WrongBalance,
    Mistake::RefusedButApplied,
    Mistake::RefusedWithoutReason,
    Mistake::AcknowledgedAndDropped,
    Mistake::AppliedTwice,
    Mistake::AppliedLate,
    Mistake::Unchecked,
    Mistake::Tentative,
];

/// Small numbers, so that what goes wrong by chance often looks right.
fn policy() -> Policy {
    Policy::new(Bounds { balance_max: 5, ..Bounds::default() }).unwrap()
}

/// When operations are called, have their effect and return; in the order of their effects. Some
/// nobody learns the outcome of, and some of those never have an effect.
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

/// An account that makes a mistake at one of its operations.
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
        let decided = self.model.step_unknown(&self.balance, &Some(action));
        let points = action.amount().points();
        let unchecked = match action {
            Action::Charge(_) => self.balance + points,
            Action::Use(_) => self.balance.saturating_sub(points),
        };
        match (mistake, decided) {
            (Mistake::LostUpdate, _) => {
                let stale = self.before;
                match self.model.step_unknown(&stale, &Some(action)) {
                    Some(after) => {
                        self.change(after);
                        AccountOutput::Applied(after)
                    }
                    None => AccountOutput::Refused(stale),
                }
            }
            (Mistake::Unchecked, _) => {
                self.change(unchecked);
                AccountOutput::Applied(unchecked)
            }
            (Mistake::RefusedButApplied, None) => {
                self.change(unchecked);
                AccountOutput::Refused(self.before)
            }
            (Mistake::StaleAnswer, None) => AccountOutput::Refused(self.before),
            (Mistake::WrongBalance, None) => AccountOutput::Refused(self.balance + rng.u64(1..3)),
            (_, None) => AccountOutput::Refused(self.balance),
            (Mistake::RefusedWithoutReason, Some(after)) => {
                self.change(after);
                AccountOutput::Refused(self.before)
            }
            (Mistake::RefusedButApplied, Some(_)) => AccountOutput::Refused(self.balance),
            (Mistake::AcknowledgedAndDropped, Some(after)) => AccountOutput::Applied(after),
            (Mistake::AppliedLate, Some(after)) => {
                self.late = Some((2, after));
                AccountOutput::Applied(after)
            }
            (Mistake::AppliedTwice, Some(after)) => {
                let twice = self.model.step_unknown(&after, &Some(action)).unwrap_or(after);
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

    fn one_more_was_served(&mut self) {
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
        account.one_more_was_served();
        let answer = returned.zip(output).map(|(returned, output)| Answer { returned, output });
        Call { client, input: action, called, answer }
    });
    calls.collect()
}

fn register_calls(rng: &mut Rng) -> Vec<Call<RegisterInput, RegisterOutput>> {
    let mut held = None;
    let calls = intervals(rng).into_iter().map(|interval| {
        let (one, other) = (rng.i64(0..3), rng.i64(0..3));
        let input = match rng.u32(0..3) {
            0 => RegisterInput::Read,
            1 => RegisterInput::Write(one),
            _ => RegisterInput::CompareAndSet { expected: one, new: other },
        };
        let Interval { client, called, moment, returned } = interval;
        let is_wrong = rng.u32(0..12) == 0;
        let output = match input {
            RegisterInput::Read if is_wrong => RegisterOutput::Read(Some(one)),
            RegisterInput::Read => RegisterOutput::Read(held),
            RegisterInput::CompareAndSet { expected, .. }
                if is_wrong ^ (held != Some(expected)) =>
            {
                RegisterOutput::Differed
            }
            _ => RegisterOutput::Done,
        };
        if let Some(after) = moment.and_then(|_| RegisterModel.step_unknown(&held, &input)) {
            held = after;
        }
        Call { client, input, called, answer: returned.map(|returned| Answer { returned, output }) }
    });
    calls.collect()
}

fn kv_calls(rng: &mut Rng) -> Vec<Call<KvInput, KvOutput>> {
    let mut held = KvModel.initial();
    let calls = intervals(rng).into_iter().map(|interval| {
        let letter = if rng.bool() { "a" } else { "b" };
        let (input, output) = match rng.u32(0..6) {
            0 => (KvInput::Put(letter.to_owned()), KvOutput::Done),
            1 | 2 => (KvInput::Append(letter.to_owned()), KvOutput::Done),
            3 => (KvInput::Get, KvOutput::Got(letter.to_owned())),
            _ => (KvInput::Get, KvOutput::Got(held.to_string())),
        };
        let Interval { client, called, moment, returned } = interval;
        if let Some(after) = moment.and_then(|_| KvModel.step_unknown(&held, &input)) {
            held = after;
        }
        Call { client, input, called, answer: returned.map(|returned| Answer { returned, output }) }
    });
    calls.collect()
}

/// What both say, which must be the same. A seed that fails is in `who`.
fn verdict<M>(model: &M, calls: &[Call<M::Input, M::Output>], who: &str) -> bool
where
    M: Model<Input: Debug + Clone, Output: Debug + Clone>,
{
    let plain = has_order(model, calls);
    let found = check(model, calls);
    let otherwise = search_otherwise(model, calls, u64::MAX, 10_000);
    let same = match &found {
        Verdict::Linearizable => plain && matches!(otherwise, Found::Order(_)),
        Verdict::Impossible(_) => !plain && matches!(otherwise, Found::NoOrder { .. }),
        Verdict::Undecided(_) => false,
    };
    assert!(same, "{who}: brute force {plain}, {found:?}, {otherwise:?} of {calls:#?}");
    if let Verdict::Impossible(contradiction) = found
        && !contradiction.is_unproducible
    {
        assert_first(model, calls, contradiction.misfit, who);
    }
    plain
}

/// Up to the return of the misfit there is no order, and up to just before it there is one.
fn assert_first<M>(model: &M, calls: &[Call<M::Input, M::Output>], misfit: usize, who: &str)
where
    M: Model<Input: Debug + Clone, Output: Debug + Clone>,
{
    let end = calls[misfit].returned().unwrap();
    let up_to = |is_in: &dyn Fn(u64) -> bool| {
        let mut begin = calls.to_vec();
        begin.retain(|call| call.called <= end);
        begin
            .iter_mut()
            .for_each(|call| call.answer = call.answer.take().filter(|a| is_in(a.returned)));
        has_order(model, &begin)
    };
    assert!(up_to(&|returned| returned < end), "{who}: no order before {misfit} of {calls:#?}");
    assert!(!up_to(&|returned| returned <= end), "{who}: an order with {misfit} of {calls:#?}");
}

/// Draws so many histories, and counts those that have an order.
fn count(seeds: Range<u64>, has_order: impl Fn(&mut Rng, &str) -> bool + Sync) -> u64 {
    let drawn = seeds
        .into_par_iter()
        .map(|seed| u64::from(has_order(&mut Rng::with_seed(seed), &format!("seed {seed}"))));
    drawn.sum()
}

/// A search with a short cut too many is wrong on some small history, and a million are drawn.
#[test]
fn the_search_and_the_brute_force_agree_on_accounts() {
    const EACH: u64 = 75_000;
    let model = AccountModel::new(policy(), UserId::new(1).unwrap());
    for mistake in MISTAKES {
        let right = count(0..EACH, |rng, who| {
            verdict(&model, &account_calls(model, mistake, rng), &format!("{mistake:?}, {who}"))
        });
        println!("{mistake:?}: {right} of {EACH} have an order");
        match mistake {
            Mistake::Nothing => assert_eq!(right, EACH, "an account without a mistake is right"),
            // Where it shows and where it does not, both must be met often.
            _ => assert!((EACH / 50..EACH - EACH / 50).contains(&right), "{mistake:?}: {right}"),
        }
    }
}

/// A register has states that are reached again, and operations that change nothing by chance.
#[test]
fn the_search_and_the_brute_force_agree_on_registers() {
    const MANY: u64 = 150_000;
    let right = count(0..MANY, |rng, who| verdict(&RegisterModel, &register_calls(rng), who));
    println!("{right} of {MANY} have an order");
    assert!((MANY / 10..MANY - MANY / 10).contains(&right), "{right}");
}

/// A text remembers everything, so that hardly two ways lead to one state.
#[test]
fn the_search_and_the_brute_force_agree_on_texts() {
    const MANY: u64 = 50_000;
    let right = count(0..MANY, |rng, who| verdict(&KvModel, &kv_calls(rng), who));
    println!("{right} of {MANY} have an order");
    assert!((MANY / 10..MANY - MANY / 10).contains(&right), "{right}");
}
