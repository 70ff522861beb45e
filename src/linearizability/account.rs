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
