//! Jepsen's bank: transfers between accounts, and reads of all balances at once.

use std::collections::BTreeMap;

use super::{
    Call, ReadError,
    edn::{Form, Value},
    event::Event,
    pairing::{Calls, Ended, Kind},
};

/// An operation on a bank. An account is its index in [`Bank::accounts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BankInput {
    /// Returns the balance of every account.
    Read,
    /// Moves an amount.
    Transfer {
        /// The account whose balance decreases.
        from: usize,
        /// The account whose balance increases.
        to: usize,
        /// The amount.
        amount: i64,
    },
}

/// The output of an operation on a bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BankOutput {
    /// The balances; `None` for an account that the read did not show. Sums of any amounts fit.
    Read(Vec<Option<i128>>),
    /// The amount was moved.
    Done,
}

/// A call on a bank.
pub type BankCall = Call<BankInput, BankOutput>;

/// A bank and its calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bank {
    /// The names of all accounts in the history.
    pub accounts: Vec<String>,
    /// The calls.
    pub calls: Vec<BankCall>,
}

/// Returns the calls of a history, and the number of operations that are left out.
pub(super) fn bank(events: &[Event]) -> Result<(Bank, usize), ReadError> {
    let mut names = Names::default();
    let mut calls = Calls::new();
    for event in events {
        let recorded = match event.kind {
            Kind::Invoke => {
                request(event, &mut names).and_then(|request| calls.begin(event.process, request))
            }
            _ => calls.end(event.process, event.kind, |begun| ended(event, *begun, &mut names)),
        };
        recorded.map_err(|reason| event.malformed(reason))?;
    }
    let (calls, left_out) = calls.all();
    let mut calls: Vec<BankCall> = calls.collect();
    // Reads before the first mention of an account did not show it.
    for call in &mut calls {
        if let Some(BankOutput::Read(balances)) =
            call.answer.as_mut().map(|answer| &mut answer.output)
        {
            balances.resize(names.all.len(), None);
        }
    }
    Ok((Bank { accounts: names.all, calls }, left_out))
}

/// The names of accounts, each with its index.
#[derive(Default)]
struct Names {
    all: Vec<String>,
    indices: BTreeMap<String, usize>,
}

impl Names {
    fn index(&mut self, name: String) -> usize {
        let next = self.all.len();
        *self.indices.entry(name).or_insert_with_key(|name| {
            self.all.push(name.clone());
            next
        })
    }
}

fn request(event: &Event, names: &mut Names) -> Result<BankInput, String> {
    match event.function.as_str() {
        ":read" => Ok(BankInput::Read),
        ":transfer" => transfer(&event.value, names),
        other => Err(format!("`{other}` is none of :transfer and :read")),
    }
}

/// `{:from 0, :to 3, :amount 5}`.
fn transfer(value: &Value, names: &mut Names) -> Result<BankInput, String> {
    let Form::Map(pairs) = &value.form else {
        return Err(format!(
            "{} is not a transfer like {{:from 0, :to 3, :amount 5}}",
            value.quoted()
        ));
    };
    let field = |name: &str| {
        let found = pairs.iter().find(|(key, _)| key.word() == Some(name));
        let (_, value) = found.ok_or_else(|| format!("a transfer needs {name}"))?;
        Ok::<&Value, String>(value)
    };
    let (from, to, amount) = (field(":from")?, field(":to")?, whole(field(":amount")?)?);
    if amount < 0 {
        return Err(format!("amount {amount} is negative: exchange :from and :to"));
    }
    Ok(BankInput::Transfer {
        from: names.index(from.to_string()),
        to: names.index(to.to_string()),
        amount,
    })
}

/// Returns how the event ends the operation that began with `begun`.
fn ended(event: &Event, begun: BankInput, names: &mut Names) -> Result<Ended<BankOutput>, String> {
    let fits = match begun {
        BankInput::Read => event.function == ":read",
        BankInput::Transfer { .. } if event.kind != Kind::Ok || event.value.is_nil() => {
            event.function == ":transfer"
        }
        BankInput::Transfer { .. } => request(event, names)? == begun,
    };
    if !fits {
        return Err(format!("process {} ends another operation than it began", event.process));
    }
    Ok(match (event.kind, begun) {
        (Kind::Ok, BankInput::Read) => {
            Ended::Answered(BankOutput::Read(balances(&event.value, names)?))
        }
        (Kind::Ok, _) => Ended::Answered(BankOutput::Done),
        (Kind::Fail, _) | (_, BankInput::Read) => Ended::LeftOut,
        (Kind::Info | Kind::Invoke, _) => Ended::Indeterminate,
    })
}

/// `{0 10, 1 90}`, or `[10 90]` for the accounts 0, 1 and so on.
fn balances(value: &Value, names: &mut Names) -> Result<Vec<Option<i128>>, String> {
    let mut balances = Vec::new();
    let mut insert = |name: String, balance: &Value| {
        let index = names.index(name);
        balances.resize(balances.len().max(index + 1), None);
        match balances[index].replace(whole(balance)?.into()) {
            Some(_) => Err("an account appears twice among the balances".to_owned()),
            None => Ok(()),
        }
    };
    match &value.form {
        Form::Map(pairs) => {
            pairs.iter().try_for_each(|(account, balance)| insert(account.to_string(), balance))?;
        }
        Form::List(values) => {
            let mut numbered = values.iter().enumerate();
            numbered.try_for_each(|(account, balance)| insert(account.to_string(), balance))?;
        }
        _ => return Err(format!("{} is not a map or a vector of balances", value.quoted())),
    }
    Ok(balances)
}

fn whole(value: &Value) -> Result<i64, String> {
    value.whole().ok_or_else(|| format!("{} is not a whole number", value.quoted()))
}
