//! Renders recorded rows as sentences, rankings, charts and pages. It reads nothing else.
//!
//! Rendering is pure and byte-stable: equal rows give equal text. So a page can be checked against
//! the results that it was made from, and every number in it can be traced to a file.
//!
//! ```text
//! rows --> Comparison         --> answer    one or two sentences
//!          one per scenario       Table     as text for a terminal, as Markdown for a page
//! ```

#![deny(missing_docs)]

mod across;
mod answer;
mod blocks;
mod capacity;
mod change;
mod claims;
mod comparison;
mod confidence;
mod contender_summary;
mod costs;
mod databases;
mod demos;
mod environment;
mod figures;
mod http;
mod json;
mod machines;
mod memory;
mod overview;
mod page;
pub mod plot;
mod plots;
mod proved;
mod ranking;
mod response;
mod row_quantile;
mod scenarios;
mod seeded_bugs;
mod slo;
mod slow_store;
mod source;
mod summary;
mod sweep;
mod table;

pub use self::{
    across::Across,
    answer::answer,
    blocks::{BlockError, Shown, render_block, shown_plot},
    change::Change,
    claims::{Outcome, Verdict, outcomes},
    comparison::{Comparison, comparisons},
    contender_summary::{AuditSummary, ContenderSummary, Effort, LoadAttainment, ServiceTime},
    demos::{omission, order_of_runs},
    figures::{rate_of, with_thousands_separators},
    http::http_terminal,
    json::to_json,
    memory::{MemoryCost, memory_costs},
    overview::overview,
    page::{PageError, refresh},
    plots::{NamedChart, plot, plots},
    ranking::{asciidoc, markdown, terminal},
    slo::{Limit, SHARES, SloCapacity, SloContender, capacity_chart, objective, slo_capacities},
    source::Source,
    sweep::Sweep,
    table::{Align, Column, Table, wrap},
};
