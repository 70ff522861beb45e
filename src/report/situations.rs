//! The cells that a reader asks for, found in whatever a run has: by what they are and not by how
//! many cores somebody had.

use super::{comparison::Comparison, title::Title};
use crate::record::{ClientKind, Kind};

/// A question, and the cell that answers it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation<'a> {
    /// In the words of who asks.
    pub(super) asked: &'static str,
    pub(super) comparison: &'a Comparison,
}

/// Whether a cell is meant, on a machine of so many cores.
type Fits = fn(&Title, u32) -> bool;

/// Which of the cells that fit is meant.
#[derive(Clone, Copy)]
enum Pick {
    First,
    Last,
}

/// Every question in the order of the report.
const QUESTIONS: [(&str, Pick, Fits); 16] = [
    ("one hot account, a thread for each core", Pick::Last, |it, cores| {
        it.is_plain(Kind::Throughput) && it.users == 1 && it.is_parallel(cores)
    }),
    ("one hot account, many tasks", Pick::Last, |it, _| {
        it.is_plain(Kind::Throughput) && it.users == 1 && it.client_kind == ClientKind::Tasks
    }),
    ("one hot account, more threads than cores", Pick::Last, |it, cores| {
        it.is_plain(Kind::Throughput) && it.users == 1 && it.is_crowded(cores)
    }),
    ("accounts enough to go round", Pick::Last, |it, _| {
        it.is_plain(Kind::Throughput) && (100..10_000).contains(&it.users)
    }),
    ("a hundred thousand accounts", Pick::Last, |it, _| {
        it.is_plain(Kind::Throughput) && it.users >= 10_000
    }),
    ("many accounts, asked for unevenly", Pick::Last, |it, _| {
        it.kind == Kind::Throughput && it.keys.starts_with("zipf")
    }),
    ("mostly reads", Pick::First, |it, _| {
        it.kind == Kind::Throughput && it.mix.ends_with("read:90")
    }),
    ("a rule that takes microseconds", Pick::Last, |it, _| {
        it.kind == Kind::Throughput && it.work > 0
    }),
    ("nearly everything refused", Pick::First, |it, _| {
        it.kind == Kind::Throughput && it.mix.contains("use:100")
    }),
    ("no history kept", Pick::First, |it, _| it.kind == Kind::Throughput && !it.history),
    ("a rate promised", Pick::First, |it, _| it.kind == Kind::Latency && !it.is_bursty()),
    ("a higher rate promised", Pick::Last, |it, _| {
        it.kind == Kind::Latency && !it.is_bursty() && it.client_kind == ClientKind::Tasks
    }),
    ("bursts", Pick::First, |it, _| it.kind == Kind::Latency && it.is_bursty()),
    ("a slow store, one account", Pick::Last, |it, _| {
        it.is_plain(Kind::Delay) && it.users == 1 && it.latency == "assignment"
    }),
    ("a slow store, many accounts", Pick::Last, |it, _| {
        it.is_plain(Kind::Delay) && it.users > 1 && it.latency == "assignment"
    }),
    ("a slow store, mostly reads", Pick::First, |it, _| {
        it.kind == Kind::Delay && it.mix.ends_with("read:90")
    }),
];

/// The questions that these cells of a machine of so many cores can answer, each cell once.
pub(super) fn situations(comparisons: &[Comparison], cores: usize) -> Vec<Situation<'_>> {
    let cores = u32::try_from(cores).unwrap_or(u32::MAX);
    let mut found: Vec<Situation<'_>> = Vec::new();
    for (asked, pick, fits) in QUESTIONS {
        let is_new =
            |one: &&Comparison| found.iter().all(|known| known.comparison.cell != one.cell);
        let mut fitting = comparisons.iter().filter(|one| fits(&one.title, cores)).filter(is_new);
        let picked = match pick {
            Pick::First => fitting.next(),
            Pick::Last => fitting.next_back(),
        };
        found.extend(picked.map(|comparison| Situation { asked, comparison }));
    }
    found
}

/// The answer to one question, by its words.
pub(super) fn situation<'a>(
    comparisons: &'a [Comparison],
    cores: usize,
    asked: &str,
) -> Option<&'a Comparison> {
    situations(comparisons, cores).into_iter().find(|it| it.asked == asked).map(|it| it.comparison)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        record::{Row, sample},
        report::comparisons,
    };

    /// A run of four cores must be read as one of two is, and a cell answers one question.
    #[test]
    fn questions_find_their_cells_by_what_they_are() {
        let cell = |name: &str, users: u64, clients: u32| {
            let of = |row: Row| Row { cell: name.to_owned(), users, clients, ..row };
            sample::rows(8).into_iter().map(of).collect::<Vec<_>>()
        };
        let rows = [
            cell("few", 1, 2),
            cell("hot", 1, 4),
            cell("crowded", 1, 16),
            cell("many", 100_000, 4),
        ];
        let all = comparisons(&rows.concat());
        let found: Vec<(&str, &str)> =
            situations(&all, 4).iter().map(|it| (it.asked, it.comparison.cell.as_str())).collect();
        let expected = [
            ("one hot account, a thread for each core", "hot"),
            ("one hot account, more threads than cores", "crowded"),
            ("a hundred thousand accounts", "many"),
        ];
        assert_eq!(found, expected);
        assert!(situation(&all, 4, "bursts").is_none());
    }
}
