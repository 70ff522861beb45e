//! `hotrow list`: the registry, one line per strategy.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{
    failure::{CliError, Exit},
    stdout,
};
use hotrow::strategy::{Guarantees, Scope};
use hotrow_registry::Entry;
use hotrow_report::{Align, Column, Table};
use hotrow_verify::contract::Candidate;

/// Lists strategies with their stores and guarantees.
#[derive(Debug, Args)]
pub(super) struct List {
    /// What to print: table or json [default: table]
    #[arg(long, value_enum, default_value_t = ListFormat::Table)]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    format: ListFormat,
}

/// A table for readers, or an array of objects for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    Table,
    Json,
}

const LEGEND: &str = "
lin    linearizable: an operation takes effect at one moment of its call;
       yes: within one process, all: across all that share the store
fifo   commands of one user are decided in the order in which they came
fair   starvation-free: a waiter is served after a bounded number of others
user   no cross-user blocking: a user never waits for another user
idle   no idle memory: an idle user costs no memory beyond its entry
";

/// Prints the registry.
pub(super) fn list(arguments: &List) -> Result<Exit, CliError> {
    let text = match arguments.format {
        ListFormat::Table => table(),
        ListFormat::Json => {
            let all: Vec<Value> = strategies().iter().map(|entries| object(entries)).collect();
            format!("{:#}\n", Value::from(all))
        }
    };
    stdout::print(&text).map_err(CliError::from_output)?;
    Ok(Exit::Done)
}

/// Returns the entries of each strategy, in the order of the registry.
fn strategies() -> Vec<Vec<&'static Entry>> {
    let mut strategies: Vec<Vec<&Entry>> = Vec::new();
    for entry in hotrow_registry::all() {
        match strategies.iter_mut().find(|entries| entries[0].strategy == entry.strategy) {
            Some(entries) => entries.push(entry),
            None => strategies.push(vec![entry]),
        }
    }
    strategies
}

fn table() -> String {
    let headings = ["strategy", "stores", "lin", "fifo", "fair", "user", "idle"];
    let column = |heading: &str| Column::new(heading, Align::Left, 0);
    let mut table = Table::new(headings.map(column).to_vec());
    for entries in strategies() {
        let Candidate { strategy, guarantees, .. } = **entries[0];
        let mark = |given: bool| if given { "yes" } else { "-" }.to_owned();
        table.push(vec![
            (*strategy).to_owned(),
            stores(&entries).join(" "),
            linearizable(guarantees).to_owned(),
            mark(guarantees.fifo),
            mark(guarantees.starvation_free),
            mark(guarantees.no_cross_user_blocking),
            mark(guarantees.no_idle_memory),
        ]);
    }
    table.terminal(stdout::width()).0 + LEGEND
}

/// Returns for which processes the strategy is linearizable. The table has no room for a column.
fn linearizable(guarantees: Guarantees) -> &'static str {
    match (guarantees.linearizable, guarantees.scope) {
        (false, _) => "-",
        (true, Scope::Process) => "yes",
        (true, Scope::Store) => "all",
    }
}

fn object(entries: &[&Entry]) -> Value {
    let Candidate { strategy, family, guarantees, .. } = **entries[0];
    json!({
        "strategy": strategy,
        "family": family.to_string(),
        "stores": stores(entries),
        "guarantees": {
            "linearizable": guarantees.linearizable,
            "fifo": guarantees.fifo,
            "starvation_free": guarantees.starvation_free,
            "no_cross_user_blocking": guarantees.no_cross_user_blocking,
            "no_idle_memory": guarantees.no_idle_memory,
            "scope": guarantees.scope.to_string(),
        },
    })
}

fn stores(entries: &[&Entry]) -> Vec<&'static str> {
    entries.iter().map(|entry| entry.store).collect()
}
