//! Which cell a claim is about, by what the cell is and not by its name: the number of cores is that
//! of the machine on which it was measured.

use serde::Deserialize;

use crate::{
    record::{ClientKind, Kind, Row},
    workload::Mix,
};

/// What is not said is as usual: one hot row in memory, commands only, as fast as they are answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub(in crate::report) struct CellPattern {
    kind: Kind,
    store: String,
    users: u64,
    keys: String,
    clients: Crowd,
    /// A name such as `read-heavy`, or shares.
    mix: String,
    /// Any, where none is named.
    latency: Option<String>,
    arrivals: Option<String>,
    offered_per_s: u64,
    work: u32,
    history: bool,
}

/// How many ask.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Crowd {
    /// As many threads as there are cores.
    Cores,
    /// So many threads for each core.
    ThreadsEach(u32),
    Threads(u32),
    Tasks(u32),
}

impl Default for CellPattern {
    fn default() -> CellPattern {
        CellPattern {
            kind: Kind::Throughput,
            store: "slab".to_owned(),
            users: 1,
            keys: "uniform".to_owned(),
            clients: Crowd::Cores,
            mix: "write-only".to_owned(),
            latency: None,
            arrivals: None,
            offered_per_s: 0,
            work: 0,
            history: true,
        }
    }
}

impl CellPattern {
    /// The usual cell, with so many threads, whatever the cores.
    pub(in crate::report) fn with_threads(threads: u32) -> CellPattern {
        CellPattern { clients: Crowd::Threads(threads), ..CellPattern::default() }
    }

    /// The usual cell, with so many tasks.
    pub(in crate::report) fn with_tasks(tasks: u32) -> CellPattern {
        CellPattern { clients: Crowd::Tasks(tasks), ..CellPattern::default() }
    }

    /// The usual cell, with accounts that are used until nothing is left.
    pub(in crate::report) fn drained() -> CellPattern {
        CellPattern { mix: "drain".to_owned(), ..CellPattern::default() }
    }

    /// The rows of the cell.
    ///
    /// # Errors
    /// Why there is not one cell and no other.
    pub(in crate::report) fn rows<'a>(
        &self,
        rows: &'a [Row],
        cores: usize,
    ) -> Result<Vec<&'a Row>, String> {
        let mix = self.mix.parse::<Mix>().map_err(|error| error.to_string())?.to_string();
        let found: Vec<&Row> = rows.iter().filter(|row| self.fits(row, &mix, cores)).collect();
        let Some(first) = found.first() else {
            return Err("the run has no such cell".to_owned());
        };
        match found.iter().find(|row| row.cell != first.cell) {
            None => Ok(found),
            Some(other) => Err(format!("both {} and {} are meant", first.cell, other.cell)),
        }
    }

    fn fits(&self, row: &Row, mix: &str, cores: usize) -> bool {
        let is_named =
            |name: &Option<String>, is: &str| name.as_ref().is_none_or(|name| name == is);
        (row.kind, row.users, row.work, row.history, row.think_ns)
            == (self.kind, self.users, self.work, self.history, 0)
            && (&row.store, &row.keys, &*row.mix) == (&self.store, &self.keys, mix)
            && row.offered_per_s == self.offered_per_s
            && is_named(&self.latency, &row.latency)
            && is_named(&self.arrivals, &row.arrivals)
            && self.clients.is_of(row, cores)
    }
}

impl Crowd {
    fn is_of(self, row: &Row, cores: usize) -> bool {
        let cores = u32::try_from(cores).unwrap_or(u32::MAX);
        let (kind, clients) = match self {
            Crowd::Cores => (ClientKind::Threads, cores),
            Crowd::ThreadsEach(each) => (ClientKind::Threads, cores.saturating_mul(each)),
            Crowd::Threads(threads) => (ClientKind::Threads, threads),
            Crowd::Tasks(tasks) => (ClientKind::Tasks, tasks),
        };
        (row.client_kind, row.clients) == (kind, clients)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    /// A claim of one hot row must not be settled by another cell that happens to be in the run, nor
    /// by the same cell of a machine with other cores.
    #[test]
    fn a_pattern_finds_its_cell_and_no_other() {
        let mut rows = sample::rows(2);
        let mut others = sample::rows(2);
        for row in &mut others {
            (row.cell, row.work) = ("slab/work=300".to_owned(), 300);
        }
        rows.extend(others);
        let usual = CellPattern::default();
        let found = usual.rows(&rows, 2).unwrap();
        assert!(!found.is_empty() && found.iter().all(|row| row.work == 0));
        assert!(usual.rows(&rows, 4).unwrap_err().contains("no such cell"));
        assert!(CellPattern { work: 300, ..CellPattern::default() }.rows(&rows, 2).is_ok());
        rows[0].cell = "slab/twice".to_owned();
        assert!(usual.rows(&rows, 2).unwrap_err().contains("are meant"));
    }
}
