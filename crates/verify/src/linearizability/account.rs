//! A point account as a model: its rules, without versions and without a ledger.
//!
//! The audit trusts versions and ledgers. This model does not: of a reply it uses only the balance.

use super::Model;
use crate::history::{Answer, Call, History, Operation, Reply};
use hotrow::domain::{Account, Action, Command, OperationId, Policy, UserId};

/// One user's account.
#[derive(Debug, Clone, Copy)]
pub struct AccountModel {
    policy: Policy,
    user: UserId,
}

/// The reply of an account, with a balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountOutput {
    /// The command was applied and left this balance.
    Applied(u64),
    /// A rule rejected the command at this balance.
    Rejected(u64),
    /// A read returned this balance.
    Read(u64),
}

/// A call on an account. A call without an action is a read.
pub type AccountCall = Call<Option<Action>, AccountOutput>;

impl AccountModel {
    /// The account of `user` under `policy`, with a balance of 0.
    pub fn new(policy: Policy, user: UserId) -> AccountModel {
        AccountModel { policy, user }
    }

    /// All accounts of a history, by user, with their calls. Omits reads without a reply and
    /// commands that are not applied, because they prove nothing.
    pub fn all_of(history: &History) -> Vec<(AccountModel, Vec<AccountCall>)> {
        let mut sorted: Vec<&Operation> =
            history.operations.iter().filter(|operation| has_information(operation)).collect();
        sorted.sort_by_key(|operation| operation.user);
        let users = sorted.chunk_by(|operation, next| operation.user == next.user);
        let accounts = users.map(|operations| {
            let model = AccountModel::new(history.policy, operations[0].user);
            (model, operations.iter().map(|operation| call(operation)).collect())
        });
        accounts.collect()
    }

    /// The user of the account.
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
    fn step(&self, balance: &u64, input: &Option<Action>, output: &AccountOutput) -> Option<u64> {
        let possible = match (*input, *output) {
            (Some(action), AccountOutput::Applied(left)) => {
                return self.decide(*balance, action).filter(|after| *after == left);
            }
            (Some(action), AccountOutput::Rejected(seen)) => {
                seen == *balance && self.decide(*balance, action).is_none()
            }
            (None, AccountOutput::Read(seen)) => seen == *balance,
            _ => false,
        };
        possible.then_some(*balance)
    }

    fn step_indeterminate(&self, balance: &u64, input: &Option<Action>) -> Option<u64> {
        self.decide(*balance, (*input)?)
    }

    fn is_read_only(&self, _: &Option<Action>, output: &AccountOutput) -> bool {
        !matches!(output, AccountOutput::Applied(_))
    }

    fn unproducible(&self, calls: &[AccountCall]) -> Option<usize> {
        let balances = Balances::new(calls);
        calls.iter().position(|call| match call.output() {
            Some(
                AccountOutput::Applied(seen)
                | AccountOutput::Rejected(seen)
                | AccountOutput::Read(seen),
            ) => !balances.may_be(*seen),
            None => false,
        })
    }

    fn describe(&self, input: &Option<Action>, output: Option<&AccountOutput>) -> String {
        let operation = match input {
            Some(action) => action.to_string(),
            None => "read".to_owned(),
        };
        match output {
            Some(AccountOutput::Applied(left)) => format!("{operation}: {left} left"),
            Some(AccountOutput::Rejected(seen)) => format!("{operation}: rejected at {seen}"),
            Some(AccountOutput::Read(seen)) => format!("{operation}: {seen}"),
            None => operation,
        }
    }
}

/// The balances that subsets of the commands of an account add up to, in any order.
enum Balances {
    /// Bit `balance + used` is set for each. `used` is the sum of all uses, so no bit is negative.
    Listed { sums: Vec<u64>, used: u64 },
    /// Too many to list: all multiples of `unit` between zero and `charged`.
    Bounded { unit: u64, charged: u64 },
}

/// Most words of a list. Beyond this only bounds are used.
const LIST_WORDS_MAX: u64 = 1 << 16;

/// Most words that are written to fill a list.
const LIST_WORK_MAX: u64 = 1 << 26;

impl Balances {
    fn new(calls: &[AccountCall]) -> Balances {
        let is_rejected =
            |call: &&AccountCall| matches!(call.output(), Some(AccountOutput::Rejected(_)));
        let commands = calls.iter().filter(|call| !is_rejected(call));
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
        // Bit 0 is the sum of all uses and no charge. A charge that took effect moves a bit up by
        // its points, and so does a use that did not.
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

/// Sets each bit that is `shift` above a set bit.
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

/// Whether the operation restricts the order of others. A command that is not applied changes
/// nothing and shows no balance, so it fits anywhere.
fn has_information(operation: &Operation) -> bool {
    match operation.reply {
        Reply::Applied(_) | Reply::Refused(_) | Reply::Read(_) => true,
        Reply::Indeterminate => operation.action.is_some(),
        Reply::NotApplied => false,
    }
}

fn call(operation: &Operation) -> AccountCall {
    let Operation { client, action, called, returned, reply, .. } = *operation;
    let output = match reply {
        Reply::Applied(account) => Some(AccountOutput::Applied(account.balance)),
        Reply::Refused(account) => Some(AccountOutput::Rejected(account.balance)),
        Reply::Read(account) => Some(AccountOutput::Read(account.balance)),
        Reply::NotApplied | Reply::Indeterminate => None,
    };
    Call { client, input: action, called, answer: output.map(|output| Answer { returned, output }) }
}
