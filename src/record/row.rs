//! One measurement as one row: integers and names, with the units in the names of the columns.

use serde::{Deserialize, Serialize};

use crate::{
    engine::{Cell, Clients, Measurement, Verdict},
    strategy::Family,
};

/// The version of the columns. Within a version columns are only appended, and only where a file
/// without them can still be read.
pub const SCHEMA: u32 = 1;

/// One run of one strategy in one block. `results/SCHEMA.md` says what each column means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "results/SCHEMA.md documents each, and a test pins that it does")]
pub struct Row {
    pub schema: u32,
    pub run: String,
    pub process: u32,
    pub block: u32,
    pub position: u32,
    pub cell: String,
    pub store: String,
    pub users: u64,
    pub clients: u32,
    pub client_kind: ClientKind,
    pub mix: String,
    pub latency: String,
    pub strategy: String,
    pub family: String,
    pub role: Role,
    pub seed: u64,
    pub window_ns: u64,
    pub completed: u64,
    pub completed_by_slowest: u64,
    pub completed_by_fastest: u64,
    pub samples: u64,
    pub ns_p50: u64,
    pub ns_p99: u64,
    pub ns_p999: u64,
    pub ns_max: u64,
    pub applied: u64,
    pub refused: u64,
    pub unknown: u64,
    pub reads: u64,
    pub verdict: Finding,
    pub audited_entries: u64,
    pub violation: String,
    pub cut_short: bool,
}

/// Who asks, without how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// See [`Clients::Threads`].
    Threads,
    /// See [`Clients::Tasks`].
    Tasks,
}

/// What a subject is measured for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// To be ranked.
    Contender,
    /// A contender once more, to see how far identical code comes out from itself.
    Twin,
    /// Wrong on purpose, to see that the audit finds it.
    Control,
    /// A limit to measure the others against.
    Reference,
}

/// What the audit found, without what proves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// See [`Verdict::Balanced`].
    Balanced,
    /// See [`Verdict::Wrong`].
    Wrong,
    /// See [`Verdict::NoBooks`].
    NoBooks,
}

/// Where in a run a measurement was made.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Which run.
    pub run: &'a str,
    /// Which block, from 0.
    pub block: u32,
    /// Which turn within the block, from 0.
    pub position: u32,
    /// What the run was drawn from.
    pub seed: u64,
}

/// What was measured, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who {
    /// Name of the store.
    pub store: &'static str,
    /// Name of the strategy, also for a twin.
    pub strategy: &'static str,
    /// What kind of answer it is.
    pub family: Family,
    /// What it is measured for.
    pub role: Role,
}

impl Row {
    /// The row of a measurement made in this process.
    pub fn of(place: Place<'_>, cell: &Cell, who: Who, measured: &Measurement) -> Row {
        let (clients, client_kind) = match cell.clients {
            Clients::Threads(count) => (count, ClientKind::Threads),
            Clients::Tasks(count) => (count, ClientKind::Tasks),
        };
        let (verdict, audited_entries, violation) = match &measured.verdict {
            Verdict::Balanced { entries, .. } => (Finding::Balanced, *entries, String::new()),
            Verdict::Wrong { violation } => (Finding::Wrong, 0, violation.to_string()),
            Verdict::NoBooks => (Finding::NoBooks, 0, String::new()),
        };
        Row {
            schema: SCHEMA,
            run: place.run.to_owned(),
            process: 0,
            block: place.block,
            position: place.position,
            cell: cell_id(who.store, cell, client_kind, clients),
            store: who.store.to_owned(),
            users: cell.users,
            clients,
            client_kind,
            mix: cell.mix.to_string(),
            latency: cell.latency.to_string(),
            strategy: who.strategy.to_owned(),
            family: who.family.to_string(),
            role: who.role,
            seed: place.seed,
            window_ns: measured.window_ns,
            completed: measured.completed,
            completed_by_slowest: measured.completed_by_slowest,
            completed_by_fastest: measured.completed_by_fastest,
            samples: measured.latency.samples,
            ns_p50: measured.latency.ns_p50,
            ns_p99: measured.latency.ns_p99,
            ns_p999: measured.latency.ns_p999,
            ns_max: measured.latency.ns_max,
            applied: measured.applied,
            refused: measured.refused,
            unknown: measured.unknown,
            reads: measured.reads,
            verdict,
            audited_entries,
            violation,
            cut_short: measured.cut_short,
        }
    }
}

impl ClientKind {
    /// As it is written in a file and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            ClientKind::Threads => "threads",
            ClientKind::Tasks => "tasks",
        }
    }
}

fn cell_id(store: &str, cell: &Cell, kind: ClientKind, clients: u32) -> String {
    let Cell { users, mix, latency, .. } = cell;
    let kind = kind.name();
    format!("{store}/users={users}/{kind}={clients}/{mix}/{latency}")
}
