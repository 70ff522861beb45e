//! Measures many strategies in many cells, block by block, in orders that are drawn.
//!
//! A block is every subject of a cell once. Its order is a new permutation each time, so that no
//! subject always follows the same other one, and blocks of different cells take turns, so that
//! a machine that gets slower over minutes does so in all of them. The order is drawn from the
//! seed alone: a run is repeated from it.

use std::{sync::atomic::Ordering, time::Instant};

use serde::{Deserialize, Serialize};

use super::{Cell, Measure, Measurement, Schedule, Stop, Trial};
use crate::workload::Source;

/// Somebody to measure. Who is entered twice, under two names, shows how far the same code comes
/// out from itself.
#[derive(Debug, Clone)]
pub struct Subject {
    /// In reports.
    pub name: String,
    /// Name of the store it runs on.
    pub store: &'static str,
    /// Whether it is measured only as a limit for the others.
    pub reference: bool,
    /// Measures it once.
    pub measure: Measure,
}

/// A cell, and who is compared in it.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// What is measured.
    pub cell: Cell,
    /// Of whom.
    pub subjects: Vec<Subject>,
}

/// A measurement, and where in the run it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// How many subjects of the round came before.
    pub position: usize,
    /// Which subject, by its place in the comparison.
    pub subject: usize,
    /// When it began.
    pub started: Instant,
    /// What came of it.
    pub measurement: Measurement,
}

/// One block of one comparison: every subject of it once.
#[derive(Debug, Clone, PartialEq)]
pub struct Round {
    /// Which repetition, from 0. Those from the schedule's number on stand in for others.
    pub block: u32,
    /// Which comparison, by its place in the list.
    pub cell: usize,
    /// In the order in which they were measured; fewer than all if somebody wanted to stop.
    pub placed: Vec<Placed>,
    /// Why it does not count, if it does not.
    pub objection: Option<String>,
}

/// Looks at the machine while a round is measured, and says whether the round may count. It never
/// looks at what came out.
pub trait Witness {
    /// The round begins.
    fn begin(&mut self);
    /// The round of this cell is over: says why it does not count, if it does not.
    fn objection(&mut self, cell: &Cell, subjects: &[Subject], placed: &[Placed])
    -> Option<String>;
}

/// Is told of what was measured as soon as it was.
pub trait Audience {
    /// A subject of a comparison was measured.
    fn measured(&mut self, cell: usize, placed: &Placed);
    /// A round is over. It says whether to go on.
    fn finished(&mut self, round: Round) -> bool;
}

/// A round that is there already, as of a run that is taken up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Known {
    /// Which repetition.
    pub block: u32,
    /// Which comparison.
    pub cell: usize,
    /// Whether it counts.
    pub counts: bool,
}

/// Measures every subject of every comparison once in each block. A round that does not count is
/// kept, and measured again under a new number when all others are done; unless so few count that
/// it is no use, and at most as often as there are blocks. Told to stop, it ends with the
/// measurement that was cut short.
pub fn run(
    comparisons: &[Comparison],
    schedule: &Schedule,
    known: &[Known],
    stop: &Stop,
    witness: &mut dyn Witness,
    audience: &mut dyn Audience,
) {
    let mut tallies: Vec<Tally> =
        (0..comparisons.len()).map(|cell| Tally::of(known, cell)).collect();
    for block in 0..schedule.blocks * 2 {
        for cell in order(schedule.seed, block, CELLS, comparisons.len()) {
            let is_known = known.iter().any(|one| (one.block, one.cell) == (block, cell));
            let is_again = block >= schedule.blocks;
            if is_known || is_again && !tallies[cell].is_worth_another(schedule.blocks) {
                continue;
            }
            witness.begin();
            let mut round = round(&comparisons[cell], cell, block, schedule, stop, audience);
            let Comparison { cell: asked, subjects } = &comparisons[cell];
            round.objection = witness.objection(asked, subjects, &round.placed);
            tallies[cell].add(round.objection.is_none());
            // Relaxed: it says that somebody wants the run to end, and publishes nothing.
            if !audience.finished(round) || stop.load(Ordering::Relaxed) {
                return;
            }
        }
    }
}

/// How many rounds of a cell count, and how many do not.
struct Tally {
    counting: u32,
    others: u32,
}

impl Tally {
    fn of(known: &[Known], cell: usize) -> Tally {
        let mut tally = Tally { counting: 0, others: 0 };
        known.iter().filter(|one| one.cell == cell).for_each(|one| tally.add(one.counts));
        tally
    }

    fn add(&mut self, counts: bool) {
        match counts {
            true => self.counting += 1,
            false => self.others += 1,
        }
    }

    /// Whether rounds are missing, and it has not shown that nothing can be measured now.
    fn is_worth_another(&self, blocks: u32) -> bool {
        self.counting < blocks && self.others <= self.counting + blocks / 2
    }
}

fn round(
    comparison: &Comparison,
    cell: usize,
    block: u32,
    schedule: &Schedule,
    stop: &Stop,
    audience: &mut dyn Audience,
) -> Round {
    let Comparison { cell: asked, subjects } = comparison;
    let trial = Trial { cell: *asked, schedule: *schedule, block };
    let order = order(schedule.seed, trial.block, SUBJECTS + number(cell), subjects.len());
    let mut round = Round { block, cell, placed: Vec::new(), objection: None };
    for (position, subject) in order.into_iter().enumerate() {
        // Relaxed, as above.
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let started = Instant::now();
        let measurement = (subjects[subject].measure)(&trial, stop);
        let placed = Placed { position, subject, started, measurement };
        audience.measured(cell, &placed);
        round.placed.push(placed);
    }
    round
}

/// The stream of random numbers that cells are put in order by. Clients count from 1 up, and their
/// gaps from half of the numbers up; orders lie between.
const CELLS: u32 = 1 << 30;

/// The first of the streams that subjects are put in order by, one for each cell.
const SUBJECTS: u32 = CELLS + 1;

/// The numbers below `length` in an order that is drawn.
fn order(seed: u64, block: u32, stream: u32, length: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..length).collect();
    Source { seed, block, client: stream }.rng().shuffle(&mut order);
    order
}

fn number(cell: usize) -> u32 {
    u32::try_from(cell).expect("fewer than 2^30 cells are compared")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::{Clients, Times, Verdict};

    const SCHEDULE: Schedule = Schedule {
        blocks: 12,
        warm_up: Duration::ZERO,
        capacity_window: Duration::ZERO,
        latency_window: Duration::ZERO,
        seed: 5,
    };

    /// Measures nothing, and tells of the trial that it was given.
    fn measure(trial: &Trial, _stop: &Stop) -> Measurement {
        Measurement {
            completed_by: vec![trial.cell.users],
            window_ns: u64::from(trial.block),
            service: Times::default(),
            open: None,
            stalled_ns_max: 0,
            cpu_ns: 0,
            switches_voluntary: 0,
            switches_forced: 0,
            retries: None,
            applied: 0,
            refused: 0,
            unknown: 0,
            reads: 0,
            verdict: Verdict::NoBooks,
            cut_short: false,
        }
    }

    fn measure_and_stop(trial: &Trial, stop: &Stop) -> Measurement {
        stop.store(trial.block == 2, Ordering::Relaxed);
        Measurement { cut_short: trial.block == 2, ..measure(trial, stop) }
    }

    fn comparison(users: u64, subjects: usize, measure: Measure) -> Comparison {
        let subject = |place| Subject {
            name: format!("subject {place}"),
            store: "none",
            reference: false,
            measure,
        };
        let cell = Cell { users, ..Cell::hot_row(Clients::Threads(1)) };
        Comparison { cell, subjects: (0..subjects).map(subject).collect() }
    }

    /// Objects to the first so many rounds of cell 0 that it is shown.
    struct Objects(usize);

    impl Witness for Objects {
        fn begin(&mut self) {}

        fn objection(&mut self, cell: &Cell, _: &[Subject], _: &[Placed]) -> Option<String> {
            let objects = cell.users == 1 && self.0 > 0;
            self.0 -= usize::from(objects);
            objects.then(|| "a neighbour".to_owned())
        }
    }

    /// Keeps what it is told of.
    #[derive(Default)]
    struct Keeps {
        rounds: Vec<Round>,
        measured: usize,
    }

    impl Audience for Keeps {
        fn measured(&mut self, _cell: usize, _placed: &Placed) {
            self.measured += 1;
        }

        fn finished(&mut self, round: Round) -> bool {
            self.rounds.push(round);
            true
        }
    }

    fn run_with(comparisons: &[Comparison], known: &[Known], objections: usize) -> Vec<Round> {
        let mut keeps = Keeps::default();
        let (stop, mut witness) = (Stop::new(false), Objects(objections));
        run(comparisons, &SCHEDULE, known, &stop, &mut witness, &mut keeps);
        assert_eq!(
            keeps.rounds.iter().map(|round| round.placed.len()).sum::<usize>(),
            keeps.measured
        );
        keeps.rounds
    }

    fn order_of(round: &Round) -> Vec<usize> {
        round.placed.iter().map(|placed| placed.subject).collect()
    }

    /// A subject that is missing from a block, or there twice, is compared with nothing.
    #[test]
    fn every_block_has_every_subject_once() {
        let rounds = run_with(&[comparison(1, 7, measure), comparison(9, 5, measure)], &[], 0);
        let mut blocks: Vec<_> = rounds.iter().map(|round| (round.cell, round.block)).collect();
        blocks.sort_unstable();
        assert!(
            blocks.into_iter().eq((0..2).flat_map(|cell| (0..12).map(move |block| (cell, block))))
        );
        for round in &rounds {
            let mut order = order_of(round);
            order.sort_unstable();
            assert!(order.into_iter().eq(0..[7, 5][round.cell]));
            for placed in &round.placed {
                assert_eq!(placed.measurement.completed(), [1, 9][round.cell]);
                assert_eq!(placed.measurement.window_ns, u64::from(round.block));
            }
        }
    }

    /// Whoever always comes after the same neighbour is measured on what that one leaves behind.
    #[test]
    fn orders_differ_from_block_to_block_and_repeat_from_the_seed() {
        let comparisons = [comparison(1, 7, measure), comparison(9, 7, measure)];
        let rounds = run_with(&comparisons, &[], 0);
        let all = |rounds: &[Round]| -> Vec<_> {
            rounds.iter().map(|round| (round.cell, round.block, order_of(round))).collect()
        };
        assert_eq!(all(&run_with(&comparisons, &[], 0)), all(&rounds));
        let mut orders: Vec<_> = rounds.iter().map(order_of).collect();
        orders.sort_unstable();
        orders.dedup();
        assert!(orders.len() >= 23, "{orders:?}");
        let mut firsts: Vec<usize> = rounds.iter().map(|round| round.cell).collect();
        firsts.dedup();
        assert!(firsts.len() > 6, "blocks of both cells take turns");
    }

    /// A round that does not count is neither lost nor the last word: another takes its place, and
    /// nobody goes on for hours where all of them are disturbed.
    #[test]
    fn a_round_that_does_not_count_is_kept_and_measured_again() {
        let comparisons = [comparison(1, 3, measure), comparison(9, 3, measure)];
        let rounds = run_with(&comparisons, &[], 2);
        let of = |cell, counts| {
            let wanted =
                move |round: &&Round| round.cell == cell && round.objection.is_none() == counts;
            rounds.iter().filter(wanted).count()
        };
        assert_eq!([of(0, true), of(0, false), of(1, true), of(1, false)], [12, 2, 12, 0]);
        assert_eq!(run_with(&comparisons, &[], 6).len(), 24 + 6);
        assert_eq!(run_with(&comparisons, &[], usize::MAX).len(), 24);
    }

    /// A run that is taken up again measures what is missing: no more, and no less.
    #[test]
    fn what_is_known_is_not_measured_again() {
        let comparisons = [comparison(1, 3, measure), comparison(9, 3, measure)];
        let known = |block, cell, counts| Known { block, cell, counts };
        let begun = [known(0, 0, true), known(0, 1, true), known(1, 0, false), known(1, 1, true)];
        let rounds = run_with(&comparisons, &begun, 0);
        assert_eq!(rounds.iter().filter(|round| round.cell == 0).count(), 11);
        assert_eq!(rounds.iter().filter(|round| round.cell == 1).count(), 10);
        assert!(rounds.iter().all(|round| round.block > 1));
    }

    /// Who stops a run wants what was measured, and no more.
    #[test]
    fn a_run_that_is_stopped_tells_of_the_last_measurement_and_ends() {
        let rounds = run_with(&[comparison(1, 3, measure_and_stop)], &[], 0);
        let last = rounds.last().unwrap();
        assert_eq!((rounds.len(), last.block, last.placed.len()), (3, 2, 1));
        assert!(last.placed[0].measurement.cut_short);
    }
}
