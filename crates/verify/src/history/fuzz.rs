//! Fuzzes the readers of histories. Any bytes must end with a history that can be searched, or with
//! an error that names a line.

use std::io::Write;

use fastrand::Rng;
use flate2::{Compression, write::GzEncoder};

use super::{Objects, ReadError, Reading, Recorded, open};
use crate::linearizability::{
    AccountModel, KvModel, Overdraft, RegisterModel, check_bank, check_within,
};

/// Valid files, one of each format, and one of them compressed.
fn seeds() -> Vec<Vec<u8>> {
    let page = include_str!("../../../../docs/HISTORY_FORMAT.md");
    let mut seeds: Vec<Vec<u8>> = page
        .split("```")
        .skip(1)
        .step_by(2)
        .map(|block| block.split_once('\n').expect("a block has a first line").1.into())
        .collect();
    assert!(seeds.len() >= 5, "the page has an example of each format");
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&seeds[1]).expect("a write to memory cannot fail");
    seeds.push(packed.finish().expect("a write to memory cannot fail"));
    seeds
}

/// Pieces with a meaning in some format.
const PIECES: [&str; 24] = [
    "[",
    "]",
    "(",
    "{",
    "}",
    "#",
    "#_",
    "#{",
    "\"",
    "\\",
    ";",
    ":",
    "nil",
    "\n",
    "\r",
    "\t",
    "-",
    "9999999999999999999",
    ":nemesis",
    ":info",
    "\u{feff}",
    "\u{1f}\u{8b}",
    "\0",
    "INFO",
];

fn mutated(seed: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..rng.usize(1..6) {
        let (from, to) = (rng.usize(0..=bytes.len()), rng.usize(0..=bytes.len()));
        let range = from.min(to)..from.max(to).min(from.min(to) + rng.usize(0..60));
        let range = range.start..range.end.max(range.start);
        match rng.u32(0..5) {
            0 => drop(bytes.drain(range)),
            1 => {
                let copy = bytes[range].to_vec();
                bytes.splice(to..to, copy);
            }
            2 => {
                let piece = PIECES[rng.usize(0..PIECES.len())];
                bytes.splice(from..from, piece.bytes());
            }
            3 if from < bytes.len() => bytes[from] = rng.u8(..),
            _ => bytes.truncate(from.max(to)),
        }
    }
    bytes
}

/// Reads a file and searches its histories. Returns whether it is a valid file.
fn read_and_search(bytes: &[u8]) -> bool {
    const STEPS: usize = 1_000;
    let located = |error: ReadError| match error {
        ReadError::Malformed { line, ref reason } => {
            assert!(0 < line && !reason.is_empty() && !reason.contains('\n'), "{error}");
            false
        }
        ReadError::Io(error) => panic!("a read from memory cannot fail: {error}"),
    };
    match open(bytes, Reading::default()) {
        Err(error) => located(error),
        Ok(Recorded::Accounts(recordings)) => recordings.into_iter().all(|recording| {
            recording.map_or_else(located, |recording| {
                for (model, calls) in AccountModel::all_of(&recording.history) {
                    let _verdict = check_within(&model, &calls, STEPS);
                }
                true
            })
        }),
        Ok(Recorded::Calls(calls)) => {
            match &calls.objects {
                Objects::Registers(registers) => registers.values().for_each(|calls| {
                    let _verdict = check_within(&RegisterModel, calls, STEPS);
                }),
                Objects::Kv(keys) => keys.values().for_each(|calls| {
                    let _verdict = check_within(&KvModel, calls, STEPS);
                }),
                Objects::Bank(bank) => {
                    let _verdict = check_bank(bank, Overdraft::Forbidden);
                }
            }
            true
        }
    }
}

/// A file of a user may contain anything. A panic would not name the mistake.
#[test]
fn any_bytes_end_with_a_verdict_or_a_located_error() {
    const DRAWS: u64 = 4_000;
    for (number, seed) in seeds().iter().enumerate() {
        assert!(read_and_search(seed), "example {number} is a history");
        let histories = (0..DRAWS).filter(|&draw| {
            let bytes = mutated(seed, &mut Rng::with_seed(draw));
            read_and_search(&bytes)
        });
        let histories = histories.count();
        println!("{histories} of {DRAWS} mutations of example {number} are histories");
    }
    for draw in 0..DRAWS {
        let mut rng = Rng::with_seed(draw);
        let pieces: Vec<&str> =
            (0..rng.usize(0..40)).map(|_| PIECES[rng.usize(0..PIECES.len())]).collect();
        read_and_search(pieces.concat().as_bytes());
        read_and_search(&(0..rng.usize(0..200)).map(|_| rng.u8(..)).collect::<Vec<u8>>());
    }
}
