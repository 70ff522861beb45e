//! What the rows say: sentences, rankings and pages, from recorded rows and nothing else.
//!
//! Rendering is pure and byte-stable: equal rows give equal text. So a page can be checked against
//! the results that it was made from, and every number in it can be traced to a file.
//!
//! ```text
//! rows --> Comparison --> answer          one or two sentences
//!          one per cell   Table           as text for a terminal, as Markdown for a page
//! ```

mod across;
mod answer;
mod blocks;
mod capacity;
mod cells;
mod change;
mod claims;
mod comparison;
mod costs;
mod demos;
mod environment;
mod figures;
mod http;
mod json;
mod memory;
mod overview;
mod page;
mod planted;
mod plots;
mod proved;
mod ranking;
mod response;
mod row_quantile;
mod situations;
mod slow_store;
mod standing;
mod summary;
mod sweep;
mod table;
mod title;

pub use self::{
    across::Across,
    answer::answer,
    blocks::{BlockError, Shown, Source, render_block, shown_plot},
    change::Change,
    claims::{Outcome, Verdict, outcomes},
    comparison::{Comparison, comparisons},
    demos::{omission, order_of_runs},
    figures::{grouped, rate_of},
    http::http_terminal,
    json::to_json,
    memory::{MemoryCost, memory_costs},
    overview::overview,
    page::{PageError, refresh},
    plots::{NamedChart, plot, plots},
    ranking::{markdown, terminal},
    standing::{Books, Effort, Promise, ServiceTime, Standing},
    sweep::Sweep,
    table::{Align, Column, Table, wrap},
};
