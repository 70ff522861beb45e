//! The evidence for claims: the rows of one run, and the property checks and memory rows of other
//! runs.

use crate::source::{RenderContext, Source};
use hotrow_results::{CheckRow, MemoryRow, StoredRun};

/// A measured run, with the latest runs that have property checks and memory rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence<'a> {
    pub(crate) run: &'a StoredRun,
    checks: Option<Source<'a>>,
    memory: Option<Source<'a>>,
}

impl<'a> Evidence<'a> {
    pub(crate) fn from_context(context: &RenderContext<'a>) -> Evidence<'a> {
        Evidence::new(context.source, context.sources)
    }

    /// Takes property checks and memory rows from `source` if it has them, else from the latest run
    /// of the same machine. Runs of other machines do not change a page.
    pub(crate) fn new(source: Source<'a>, sources: &[Source<'a>]) -> Evidence<'a> {
        let machine = |name: &'a str| name.split('/').next().unwrap_or(name);
        let rank = |other: &&Source<'a>| {
            (other.name == source.name, other.run.environment.started_at_unix_ms)
        };
        let best = |has: fn(&StoredRun) -> bool| {
            let same_machine = sources.iter().filter(|it| machine(it.name) == machine(source.name));
            same_machine.filter(|other| has(other.run)).max_by_key(rank).copied()
        };
        Evidence {
            run: source.run,
            checks: best(|run| !run.checks.is_empty()),
            memory: best(|run| !run.memory.is_empty()),
        }
    }

    pub(crate) fn checks(&self) -> &'a [CheckRow] {
        self.checks.map_or(&[], |source| &source.run.checks)
    }

    pub(crate) fn memory(&self) -> &'a [MemoryRow] {
        self.memory.map_or(&[], |source| &source.run.memory)
    }

    /// Describes where the property checks and the memory rows come from.
    pub(crate) fn describe(&self) -> String {
        let origin = |kind: &str, source: Option<Source<'a>>| match source {
            None => format!("{kind}: no run has them"),
            Some(Source { name, run }) => {
                let (command, id) = (&run.environment.command, &run.environment.run);
                format!("{kind}: `{command}`, run {id} in `results/{name}`")
            }
        };
        let checks = origin("Property checks", self.checks);
        format!("_{checks}; {}._\n", origin("memory rows", self.memory))
    }
}
