//! Jepsen's bank: transfers between accounts, and reads of all balances at once.

use std::collections::BTreeMap;

use super::{
    Call, ReadError,
    edn::{Form, Value},
    event::Event,
    pairing::{Calls, Ended, Kind},
};

/// What is asked of a bank. An account is its place among [`Bank::accounts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BankInput {
    /// What does every account hold?
    Read,
    /// Move this much.
    Transfer {
        /// The account that is to have less.
        from: usize,
        /// The account that is to have more.
        to: usize,
        /// By how much.
        amount: i64,
    },
}

/// What a bank answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BankOutput {
    /// The accounts held this; nothing for an account that was not shown. Sums of any amounts fit.
    Read(Vec<Option<i128>>),
    /// The amount was moved.
    Done,
}

/// What is asked of a bank, and what came back.
pub type BankCall = Call<BankInput, BankOutput>;

/// A bank, and the calls made of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bank {
    /// The names of all accounts that the history speaks of.
    pub accounts: Vec<String>,
    /// The calls.
    pub calls: Vec<BankCall>,
}

/// The calls of a history of a bank, and how many others say nothing.
pub(super) fn bank(events: &[Event]) -> Result<(Bank, usize), ReadError> {
    let mut names = Names::default();
    let mut calls = Calls::new();
    for event in events {
        let noted = match event.kind {
            Kind::Invoke => {
                asked(event, &mut names).and_then(|asked| calls.begin(event.process, asked))
            }
            _ => calls.end(event.process, event.kind, |begun| ended(event, *begun, &mut names)),
        };
        noted.map_err(|reason| event.refused(reason))?;
    }
    let (calls, left_out) = calls.all();
    let mut calls: Vec<BankCall> = calls.collect();
    // Accounts that were first spoken of later: the reads before did not show them.
    for call in &mut calls {
        if let Some(BankOutput::Read(seen)) = call.answer.as_mut().map(|answer| &mut answer.output)
        {
            seen.resize(names.all.len(), None);
        }
    }
    Ok((Bank { accounts: names.all, calls }, left_out))
}

/// The names of accounts, each with its place.
#[derive(Default)]
struct Names {
    all: Vec<String>,
    places: BTreeMap<String, usize>,
}

impl Names {
    fn place(&mut self, name: String) -> usize {
        let next = self.all.len();
        *self.places.entry(name).or_insert_with_key(|name| {
            self.all.push(name.clone());
            next
        })
    }
}

fn asked(event: &Event, names: &mut Names) -> Result<BankInput, String> {
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
            "{} is not written like {{:from 0, :to 3, :amount 5}}",
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
        return Err(format!("{amount} cannot be moved: exchange :from and :to"));
    }
    Ok(BankInput::Transfer {
        from: names.place(from.to_string()),
        to: names.place(to.to_string()),
        amount,
    })
}

/// What became of the operation that `begun` and now ends.
fn ended(event: &Event, begun: BankInput, names: &mut Names) -> Result<Ended<BankOutput>, String> {
    let fits = match begun {
        BankInput::Read => event.function == ":read",
        BankInput::Transfer { .. } if event.kind != Kind::Ok || event.value.is_nil() => {
            event.function == ":transfer"
        }
        BankInput::Transfer { .. } => asked(event, names)? == begun,
    };
    if !fits {
        return Err(format!("process {} ends something other than it began", event.process));
    }
    Ok(match (event.kind, begun) {
        (Kind::Ok, BankInput::Read) => {
            Ended::Answered(BankOutput::Read(balances(&event.value, names)?))
        }
        (Kind::Ok, _) => Ended::Answered(BankOutput::Done),
        (Kind::Fail, _) | (_, BankInput::Read) => Ended::LeftOut,
        (Kind::Info | Kind::Invoke, _) => Ended::Unknown,
    })
}

/// `{0 10, 1 90}`, or `[10 90]`, where the accounts are 0, 1 and so on.
fn balances(value: &Value, names: &mut Names) -> Result<Vec<Option<i128>>, String> {
    let mut balances = Vec::new();
    let mut note = |name: String, balance: &Value| {
        let place = names.place(name);
        balances.resize(balances.len().max(place + 1), None);
        match balances[place].replace(whole(balance)?.into()) {
            Some(_) => Err("an account stands twice among the balances".to_owned()),
            None => Ok(()),
        }
    };
    match &value.form {
        Form::Map(pairs) => {
            pairs.iter().try_for_each(|(account, balance)| note(account.to_string(), balance))?;
        }
        Form::List(values) => {
            let mut numbered = values.iter().enumerate();
            numbered.try_for_each(|(account, balance)| note(account.to_string(), balance))?;
        }
        _ => return Err(format!("{} is no map of balances", value.quoted())),
    }
    Ok(balances)
}

fn whole(value: &Value) -> Result<i64, String> {
    value.whole().ok_or_else(|| format!("{} is not a whole number", value.quoted()))
}
