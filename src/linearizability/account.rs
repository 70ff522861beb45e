//! A point account as a model: the rule itself, without versions and without a ledger.
//!
//! The witness of an account is its ledger. This model is for those who do not trust the witness:
//! of a reply only the balance counts.

use super::Model;
use crate::{
    domain::{Account, Action, Command, OperationId, Policy, UserId},
    history::{Answer, Call, History, Operation, Reply},
};

/// One user's account.
#[derive(Debug, Clone, Copy)]
pub struct AccountModel {
    policy: Policy,
    user: UserId,
}

/// What an account answers, with the balance that it answers from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountOutput {
    /// The command was applied and left this balance.
    Applied(u64),
    /// A rule was in the way of the command with this balance.
    Refused(u64),
    /// This was the balance.
    Read(u64),
}

/// What is asked of an account, a read where there is no action, and what came back.
pub type AccountCall = Call<Option<Action>, AccountOutput>;

impl AccountModel {
    /// The account of `user` under `policy`, with nothing on it.
    pub fn new(policy: Policy, user: UserId) -> AccountModel {
        AccountModel { policy, user }
    }

    /// Every account of a history, by user, with the calls made on it. A read that nobody got an
    /// answer to says nothing and is left out.
    pub fn all_of(history: &History) -> Vec<(AccountModel, Vec<AccountCall>)> {
        let mut sorted: Vec<&Operation> = history.operations.iter().filter(|o| tells(o)).collect();
        sorted.sort_by_key(|operation| operation.user);
        let users = sorted.chunk_by(|one, next| one.user == next.user);
        let accounts = users.map(|operations| {
            let model = AccountModel::new(history.policy, operations[0].user);
            (model, operations.iter().map(|operation| call(operation)).collect())
        });
        accounts.collect()
    }

    /// Whose account.
    pub fn user(&self) -> UserId {
        self.user
    }

    #[inline]
    fn decide(&self, balance: u64, action: Action) -> Option<u64> {
        let command = Command { id: OperationId::UNRECORDED, user: self.user, action };
        let receipt = command.decide(Account { balance, version: 0 }, &self.policy);
        Some(receipt.ok()?.after.balance)
    }
}

impl Model for AccountModel {
    type State = u64;
    type Input = Option<Action>;
    type Output = AccountOutput;

    fn initial(&self) -> u64 {
        Account::default().balance
    }

    #[inline]
    fn step(&self, held: &u64, asked: &Option<Action>, output: &AccountOutput) -> Option<u64> {
        let possible = match (*asked, *output) {
            (Some(action), AccountOutput::Applied(left)) => {
                return self.decide(*held, action).filter(|after| *after == left);
            }
            (Some(action), AccountOutput::Refused(met)) => {
                met == *held && self.decide(*held, action).is_none()
            }
            (None, AccountOutput::Read(seen)) => seen == *held,
            _ => false,
        };
        possible.then_some(*held)
    }

    fn step_unknown(&self, held: &u64, asked: &Option<Action>) -> Option<u64> {
        self.decide(*held, (*asked)?)
    }

    fn only_looks(&self, _: &Option<Action>, output: &AccountOutput) -> bool {
        !matches!(output, AccountOutput::Applied(_))
    }

    fn unproducible(&self, calls: &[AccountCall]) -> Option<usize> {
        let balances = Balances::of(calls);
        calls.iter().position(|call| match call.output() {
            Some(
                AccountOutput::Applied(seen)
                | AccountOutput::Refused(seen)
                | AccountOutput::Read(seen),
            ) => !balances.may_be(*seen),
            None => false,
        })
    }

    fn told(&self, asked: &Option<Action>, output: Option<&AccountOutput>) -> String {
        let asked = match asked {
            Some(Action::Charge(amount)) => format!("charge {amount}"),
            Some(Action::Use(amount)) => format!("use {amount}"),
            None => "read".to_owned(),
        };
        match output {
            Some(AccountOutput::Applied(left)) => format!("{asked}: {left} left"),
            Some(AccountOutput::Refused(met)) => format!("{asked}: refused at {met}"),
            Some(AccountOutput::Read(seen)) => format!("{asked}: {seen}"),
            None => asked,
        }
    }
}

/// The balances that some of the commands of an account add up to, in whatever order.
enum Balances {
    /// Bit `balance + used` is set for each: no balance is below what all uses together take.
    Listed { sums: Vec<u64>, used: u64 },
    /// Too many to list: those between zero and `charged` that are multiples of `unit`.
    Bounded { unit: u64, charged: u64 },
}

/// Words of such a list, beyond which only bounds are looked at.
const LIST_WORDS_MAX: u64 = 1 << 16;

/// Words that are written for all of it.
const LIST_WORK_MAX: u64 = 1 << 26;

impl Balances {
    fn of(calls: &[AccountCall]) -> Balances {
        let is_refused =
            |call: &&AccountCall| matches!(call.output(), Some(AccountOutput::Refused(_)));
        let commands = calls.iter().filter(|call| !is_refused(call));
        let commands: Vec<Action> = commands.filter_map(|call| call.input).collect();
        let sum = |is: fn(&Action) -> bool| {
            commands.iter().filter(|action| is(action)).map(|action| action.amount().points()).sum()
        };
        let charged: u64 = sum(|action| matches!(action, Action::Charge(_)));
        let used: u64 = sum(|action| matches!(action, Action::Use(_)));
        let words = (charged.saturating_add(used) / u64::from(u64::BITS)).saturating_add(1);
        if LIST_WORDS_MAX < words || LIST_WORK_MAX < words.saturating_mul(commands.len() as u64) {
            let amounts = commands.iter().map(|action| action.amount().points());
            return Balances::Bounded { unit: amounts.fold(0, gcd), charged };
        }
        // Each command may have happened or not, and one that uses takes bits down: shifted up by
        // all uses at once, to use is not to have been given back.
        let mut sums = vec![0; usize::try_from(words).expect("a list fits in memory")];
        sums[0] = 1;
        for action in &commands {
            or_shifted(&mut sums, action.amount().points());
        }
        Balances::Listed { sums, used }
    }

    fn may_be(&self, balance: u64) -> bool {
        match self {
            Balances::Listed { sums, used } => {
                let bit = balance.saturating_add(*used);
                let word = usize::try_from(bit / u64::from(u64::BITS)).ok();
                word.and_then(|word| sums.get(word)).is_some_and(|word| word >> (bit % 64) & 1 == 1)
            }
            Balances::Bounded { unit, charged } => {
                balance <= *charged && (balance == 0 || balance.is_multiple_of((*unit).max(1)))
            }
        }
    }
}

/// Sets each bit that is `shift` above one that is set.
fn or_shifted(words: &mut [u64], shift: u64) {
    let bits = u64::from(u64::BITS);
    let (by_words, by_bits) = (usize::try_from(shift / bits).unwrap_or(usize::MAX), shift % bits);
    for to in (by_words..words.len()).rev() {
        let from = to - by_words;
        let low = if by_bits > 0 && from > 0 { words[from - 1] >> (bits - by_bits) } else { 0 };
        words[to] |= words[from] << by_bits | low;
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn tells(operation: &Operation) -> bool {
    operation.action.is_some() || operation.reply != Reply::Unknown
}

fn call(operation: &Operation) -> AccountCall {
    let Operation { client, action, called, returned, reply, .. } = *operation;
    let output = match reply {
        Reply::Applied(account) => Some(AccountOutput::Applied(account.balance)),
        Reply::Refused(account) => Some(AccountOutput::Refused(account.balance)),
        Reply::Read(account) => Some(AccountOutput::Read(account.balance)),
        Reply::Unknown => None,
    };
    Call { client, input: action, called, answer: output.map(|output| Answer { returned, output }) }
}
