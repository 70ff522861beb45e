//! Histories that others recorded and judged: the search must come to the same verdicts.
//!
//! What it is held against elsewhere was made for it, by the people who made it. These were recorded
//! against a real store, and judged by another checker. A few are kept here; the environment variable
//! `HOTROW_HISTORIES` may name a folder with more, which has a `verdicts.txt` of lines like
//! `register/etcd_000.log impossible`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]
#![expect(clippy::print_stdout, reason = "what is slow is told beside the test")]

use std::{
    env,
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use hotrow::{
    history::{FailedCas, Objects, ReadError, Reading, Recorded, open},
    linearizability::{
        AccountModel, Budget, HistoryVerdict, KvModel, Model, Object, Overdraft, RegisterModel,
        Verdict, check_bank, check_objects,
    },
};

/// What a file takes at most to be told as slow.
const QUICK: Duration = Duration::from_millis(100);

/// The histories of this repository.
#[test]
fn the_histories_kept_here_have_their_known_verdicts() {
    let (linearizable, impossible) = conforms(Path::new("tests/data/histories"));
    assert_eq!((linearizable, impossible), (7, 6));
}

/// One key or user is hard to decide, and another is impossible at a glance: its verdict is that of the
/// history, under whichever names.
#[test]
fn a_hard_key_hides_no_impossible_one() {
    assert_eq!(conforms(Path::new("tests/data/search")), (0, 4));
}

/// All that there are, where somebody has them.
#[test]
fn all_histories_have_their_known_verdicts() {
    let Ok(folder) = env::var("HOTROW_HISTORIES") else {
        return skipped("the full set of recorded histories: HOTROW_HISTORIES names no folder");
    };
    let (linearizable, impossible) = conforms(Path::new(&folder));
    println!("{linearizable} linearizable and {impossible} impossible, as they should be");
}

/// What users had, in every format that is read: each has its verdict, or the line that is wrong.
#[test]
fn every_way_to_write_a_history_is_read() {
    let folder = Path::new("tests/data/formats");
    let verdicts = fs::read_to_string(folder.join("verdicts.txt")).unwrap();
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
    let known = |file: &str| verdicts.lines().any(|line| line.starts_with(&format!("{file} ")));
    for file in files.map(|file| file.into_string().unwrap()) {
        let is_about = ["verdicts.txt", ".gitattributes"].contains(&file.as_str());
        assert!(is_about || known(&file), "{file} has no verdict");
    }
    for line in verdicts.lines() {
        let (file, expected) = line.split_once(' ').unwrap();
        let found = verdict(&folder.join(file), FailedCas::Ignored);
        assert_eq!(found.map_or_else(|error| error.to_string(), str::to_owned), expected, "{file}");
    }
    let observed = verdict(&folder.join("j_fail_cas.log"), FailedCas::Observed).unwrap();
    assert_eq!(observed, "impossible", "a set failed that could only have been done");
}

/// Knossos' own histories of a register, where `HOTROW_KNOSSOS` names its folder of them: those under
/// `good` have an order, and those under `bad` have none.
#[test]
fn the_histories_of_knossos_have_their_known_verdicts() {
    let Ok(folder) = env::var("HOTROW_KNOSSOS") else {
        return skipped("the histories of Knossos: HOTROW_KNOSSOS names no folder");
    };
    for (kind, expected) in [("good", "linearizable"), ("bad", "impossible")] {
        let files = fs::read_dir(Path::new(&folder).join(kind)).unwrap();
        let files = files.map(|file| file.unwrap().path());
        let files: Vec<PathBuf> =
            files.filter(|file| file.extension() == Some("edn".as_ref())).collect();
        for file in &files {
            assert_eq!(verdict(file, FailedCas::Ignored).unwrap(), expected, "{}", file.display());
        }
        println!("{} of Knossos are {expected}, as they should be", files.len());
    }
}

/// Checks every history that `folder` has a verdict on, and counts both kinds.
fn conforms(folder: &Path) -> (usize, usize) {
    let verdicts = fs::read_to_string(folder.join("verdicts.txt")).unwrap();
    let (mut linearizable, mut impossible) = (0, 0);
    for line in verdicts.lines() {
        let (file, expected) = line.split_once(' ').unwrap();
        let began = Instant::now();
        let found = verdict(&folder.join(file), FailedCas::Ignored).unwrap();
        assert_eq!(found, expected, "{file}");
        // No published verdict depends on what a failed compare-and-set is taken to say.
        let observed = verdict(&folder.join(file), FailedCas::Observed).unwrap();
        assert_eq!(observed, expected, "{file}");
        if QUICK < began.elapsed() {
            println!("{file} took {:?}", began.elapsed());
        }
        match found {
            "linearizable" => linearizable += 1,
            _ => impossible += 1,
        }
    }
    (linearizable, impossible)
}

/// What is found of a file, seen from its content alone.
fn verdict(file: &Path, failed_cas: FailedCas) -> Result<&'static str, ReadError> {
    let text = BufReader::new(File::open(file).unwrap());
    let found = match open(text, Reading { failed_cas, ..Reading::default() })? {
        Recorded::Accounts(recordings) => {
            let histories = recordings.collect::<Result<Vec<_>, _>>()?;
            let accounts = histories.iter().flat_map(|one| AccountModel::all_of(&one.history));
            searched(accounts.collect(), file)
        }
        Recorded::Calls(calls) => match calls.objects {
            Objects::Registers(all) => {
                searched(all.into_values().map(|calls| (RegisterModel, calls)).collect(), file)
            }
            Objects::Kv(all) => {
                searched(all.into_values().map(|calls| (KvModel, calls)).collect(), file)
            }
            Objects::Bank(bank) => match check_bank(&bank, Overdraft::Forbidden).0 {
                Verdict::Linearizable => "linearizable",
                Verdict::Impossible(_) => "impossible",
                Verdict::Undecided(limit) => panic!("{}: out of {limit}", file.display()),
            },
        },
    };
    Ok(found)
}

fn searched<M>(objects: Vec<Object<M>>, file: &Path) -> &'static str
where
    M: Model<Input: Sync, Output: Sync> + Sync,
{
    match check_objects(&objects, &Budget::default()) {
        HistoryVerdict::Linearizable => "linearizable",
        HistoryVerdict::Impossible { .. } => "impossible",
        HistoryVerdict::Undecided { limit, .. } => panic!("{}: out of {limit}", file.display()),
    }
}

/// Says that something was left out. Not by `println!`, which the harness keeps to itself when a
/// test passes.
fn skipped(what: &str) {
    use std::io::Write;
    std::io::stderr().write_all(format!("SKIPPED: {what}\n").as_bytes()).unwrap();
}
