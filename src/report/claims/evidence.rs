//! What a claim is held against: the rows of one run, and what other runs say of proofs and memory.

use crate::{
    record::{CheckRow, MemoryRow, SavedRun},
    report::{Source, blocks::Material},
};

/// One run that was measured, and the latest that proves and that counts memory.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct Evidence<'a> {
    pub(in crate::report) run: &'a SavedRun,
    proofs: Option<Source<'a>>,
    memory: Option<Source<'a>>,
}

impl<'a> Evidence<'a> {
    pub(in crate::report) fn of(material: &Material<'a>) -> Evidence<'a> {
        Evidence::among(material.source, material.sources)
    }

    /// Proofs and memory are taken from the run itself if it has them, else from the latest run of the
    /// same machine that has: what lies about of other machines changes no page.
    pub(in crate::report) fn among(source: Source<'a>, sources: &[Source<'a>]) -> Evidence<'a> {
        let machine = |name: &'a str| name.split('/').next().unwrap_or(name);
        let rank = |other: &&Source<'a>| {
            (other.name == source.name, other.run.environment.started_at_unix_ms)
        };
        let best = |has: fn(&SavedRun) -> bool| {
            let of_machine = sources.iter().filter(|it| machine(it.name) == machine(source.name));
            of_machine.filter(|other| has(other.run)).max_by_key(rank).copied()
        };
        Evidence {
            run: source.run,
            proofs: best(|run| !run.checks.is_empty()),
            memory: best(|run| !run.memory.is_empty()),
        }
    }

    pub(in crate::report) fn checks(&self) -> &'a [CheckRow] {
        self.proofs.map_or(&[], |source| &source.run.checks)
    }

    pub(in crate::report) fn memory(&self) -> &'a [MemoryRow] {
        self.memory.map_or(&[], |source| &source.run.memory)
    }

    /// Where what is not of the run itself comes from.
    pub(in crate::report) fn told(&self) -> String {
        let told = |what: &str, source: Option<Source<'a>>| match source {
            None => format!("{what}: there is no run of it"),
            Some(Source { name, run }) => {
                let (command, id) = (&run.environment.command, &run.environment.run);
                format!("{what}: `{command}`, run {id} in `results/{name}`")
            }
        };
        format!("_{}; {}._\n", told("Proofs", self.proofs), told("memory", self.memory))
    }
}
