//! The runs that a page is rendered from.

use hotrow_results::StoredRun;

/// A run to render from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Its path below `results`: `reference/quick`.
    pub name: &'a str,
    /// The run.
    pub run: &'a StoredRun,
}

/// The input of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct RenderContext<'a> {
    /// The run that the block names.
    pub(super) source: Source<'a>,
    /// All runs, for data that the named run does not have.
    pub(super) sources: &'a [Source<'a>],
    /// The arguments after the name of the run.
    pub(super) rest: &'a str,
}

impl<'a> RenderContext<'a> {
    pub(super) fn run(&self) -> &'a StoredRun {
        self.source.run
    }
}
