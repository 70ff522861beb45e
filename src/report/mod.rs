//! What the rows say: sentences, rankings and pages, from recorded rows and nothing else.
//!
//! Rendering is pure and byte-stable: equal rows give equal text. So a page can be checked against
//! the results that it was made from, and every number in it can be traced to a file.
//!
//! ```text
//! rows --> Comparison --> answer          one or two sentences
//!          one per cell   Table           as text for a terminal, as Markdown for a page
//! ```

mod answer;
mod blocks;
mod comparison;
mod environment;
mod figures;
mod json;
mod page;
mod ranking;
mod standing;
mod table;
mod title;

pub use self::{
    answer::answer,
    blocks::{BlockError, Source, render_block},
    comparison::{Comparison, comparisons},
    figures::grouped,
    json::to_json,
    page::{PageError, refresh},
    ranking::{markdown, terminal},
    standing::{Books, ServiceTime, Standing},
    table::{Align, Column, Table, wrap},
};
