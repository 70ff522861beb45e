//! What there is to compare: the registry, one line for each strategy.

use serde_json::{Value, json};

use super::{
    arguments::{List, ListFormat},
    failure::{Exit, Failure},
    printed,
};
use crate::{
    registry::{self, Entry},
    report::{Align, Column, Table},
};

const LEGEND: &str = "
sound        nothing accepted is lost, doubled or torn
fifo         commands of one user are decided in the order they came
fair         a waiter is served after a bounded number of others
independent  users do not wait for each other
idle         a user who is left alone costs nothing beyond the row
";

/// Prints it.
pub(super) fn list(asked: &List) -> Result<Exit, Failure> {
    let text = match asked.format {
        ListFormat::Table => table(),
        ListFormat::Json => {
            let all: Vec<Value> = strategies().iter().map(|entries| object(entries)).collect();
            format!("{:#}\n", Value::from(all))
        }
    };
    printed::print(&text).map_err(Failure::of_output)?;
    Ok(Exit::Done)
}

/// The entries of each strategy, in the order of the registry.
fn strategies() -> Vec<Vec<&'static Entry>> {
    let mut strategies: Vec<Vec<&Entry>> = Vec::new();
    for entry in registry::entries() {
        match strategies.iter_mut().find(|entries| entries[0].strategy == entry.strategy) {
            Some(entries) => entries.push(entry),
            None => strategies.push(vec![entry]),
        }
    }
    strategies
}

fn table() -> String {
    let headings = ["strategy", "family", "stores", "sound", "fifo", "fair", "independent", "idle"];
    let column = |heading: &str| Column::new(heading, Align::Left, 0);
    let mut table = Table::new(headings.map(column).to_vec());
    for entries in strategies() {
        let Entry { strategy, family, promises, .. } = entries[0];
        let promised = |promise: bool| if promise { "yes" } else { "-" }.to_owned();
        table.push(vec![
            (*strategy).to_owned(),
            family.to_string(),
            stores(&entries).join(", "),
            promised(promises.sound),
            promised(promises.fifo),
            promised(promises.starvation_free),
            promised(promises.independent),
            promised(promises.idle_free),
        ]);
    }
    table.terminal(printed::width()).0 + LEGEND
}

fn object(entries: &[&Entry]) -> Value {
    let Entry { strategy, family, promises, .. } = entries[0];
    json!({
        "strategy": strategy,
        "family": family.to_string(),
        "stores": stores(entries),
        "promises": {
            "sound": promises.sound,
            "fifo": promises.fifo,
            "starvation_free": promises.starvation_free,
            "independent": promises.independent,
            "idle_free": promises.idle_free,
        },
    })
}

fn stores(entries: &[&Entry]) -> Vec<&'static str> {
    entries.iter().map(|entry| entry.store).collect()
}
