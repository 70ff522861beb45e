//! Recorded histories with published verdicts: the search must agree with them.
//!
//! The other tests of the search use histories that were made for it. These were recorded from a
//! real store, and another checker judged them. A few are in this repository. The environment
//! variable `HOTROW_HISTORIES` may name a folder with more, whose `verdicts.txt` has lines like
//! `register/etcd_000.log impossible`.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]
#![expect(clippy::print_stdout, reason = "the output of a test names the slow files")]

use std::{
    env,
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use hotrow_verify::{
    history::{FailedCas, Objects, ReadError, Reading, Recorded, open},
    linearizability::{
        AccountModel, Budget, HistoryVerdict, KvModel, Model, Object, Overdraft, RegisterModel,
        Verdict, check_bank, check_objects,
    },
};

/// A file that takes longer is reported as slow.
const QUICK: Duration = Duration::from_millis(100);

/// The histories of this repository.
#[test]
fn the_histories_of_this_repository_have_their_published_verdicts() {
    let (linearizable, impossible) = check_folder(Path::new("tests/data/histories"));
    assert_eq!((linearizable, impossible), (7, 6));
}

/// One key or user is hard to decide, and another has an obvious violation. The violation must be
/// the verdict of the history, whatever the names are.
#[test]
fn a_hard_key_does_not_hide_a_violation() {
    assert_eq!(check_folder(Path::new("tests/data/search")), (0, 4));
}

/// All published histories, if the machine has them.
#[test]
fn all_histories_have_their_published_verdicts() {
    let Ok(folder) = env::var("HOTROW_HISTORIES") else {
        return skipped("the full set of recorded histories: set HOTROW_HISTORIES to its folder");
    };
    let (linearizable, impossible) = check_folder(Path::new(&folder));
    println!("{linearizable} linearizable and {impossible} impossible, as expected");
}

/// Example files in every format that is read. Each has its verdict, or the line with an error.
#[test]
fn every_format_of_a_history_is_read() {
    let folder = Path::new("tests/data/formats");
    let verdicts = fs::read_to_string(folder.join("verdicts.txt")).unwrap();
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
    let known = |file: &str| verdicts.lines().any(|line| line.starts_with(&format!("{file} ")));
    for file in files.map(|file| file.into_string().unwrap()) {
        let is_metadata = ["verdicts.txt", ".gitattributes"].contains(&file.as_str());
        assert!(is_metadata || known(&file), "{file} has no verdict: add it to verdicts.txt");
    }
    for line in verdicts.lines() {
        let (file, expected) = line.split_once(' ').unwrap();
        let found = verdict(&folder.join(file), FailedCas::Ignored);
        assert_eq!(found.map_or_else(|error| error.to_string(), str::to_owned), expected, "{file}");
    }
    let observed = verdict(&folder.join("j_fail_cas.log"), FailedCas::Observed).unwrap();
    assert_eq!(observed, "impossible", "the failed compare-and-set can only have succeeded");
}

/// The histories of a register that come with Knossos, if `HOTROW_KNOSSOS` names their folder.
/// Those under `good` have an order, and those under `bad` have none.
#[test]
fn the_histories_of_knossos_have_their_published_verdicts() {
    let Ok(folder) = env::var("HOTROW_KNOSSOS") else {
        return skipped("the histories of Knossos: set HOTROW_KNOSSOS to their folder");
    };
    for (kind, expected) in [("good", "linearizable"), ("bad", "impossible")] {
        let files = fs::read_dir(Path::new(&folder).join(kind)).unwrap();
        let files = files.map(|file| file.unwrap().path());
        let files: Vec<PathBuf> =
            files.filter(|file| file.extension() == Some("edn".as_ref())).collect();
        for file in &files {
            assert_eq!(verdict(file, FailedCas::Ignored).unwrap(), expected, "{}", file.display());
        }
        println!("{} of Knossos are {expected}, as expected", files.len());
    }
}

/// Checks every history that has a verdict in `folder`, and counts both verdicts.
fn check_folder(folder: &Path) -> (usize, usize) {
    let verdicts = fs::read_to_string(folder.join("verdicts.txt")).unwrap();
    let (mut linearizable, mut impossible) = (0, 0);
    for line in verdicts.lines() {
        let (file, expected) = line.split_once(' ').unwrap();
        let began = Instant::now();
        let found = verdict(&folder.join(file), FailedCas::Ignored).unwrap();
        assert_eq!(found, expected, "{file}");
        // No published verdict depends on the meaning of a failed compare-and-set.
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

/// The verdict on a file, whose format is detected from its content.
fn verdict(file: &Path, failed_cas: FailedCas) -> Result<&'static str, ReadError> {
    let text = BufReader::new(File::open(file).unwrap());
    let found = match open(text, Reading { failed_cas, ..Reading::default() })? {
        Recorded::Accounts(recordings) => {
            let histories = recordings.collect::<Result<Vec<_>, _>>()?;
            let accounts =
                histories.iter().flat_map(|recording| AccountModel::all_of(&recording.history));
            verdict_of_search(accounts.collect(), file)
        }
        Recorded::Calls(calls) => match calls.objects {
            Objects::Registers(all) => verdict_of_search(
                all.into_values().map(|calls| (RegisterModel, calls)).collect(),
                file,
            ),
            Objects::Kv(all) => {
                verdict_of_search(all.into_values().map(|calls| (KvModel, calls)).collect(), file)
            }
            Objects::Bank(bank) => match check_bank(&bank, Overdraft::Forbidden).0 {
                Verdict::Linearizable => "linearizable",
                Verdict::Violation(_) => "impossible",
                Verdict::Unknown(limit) => panic!("{}: out of {limit}", file.display()),
            },
        },
    };
    Ok(found)
}

fn verdict_of_search<M>(objects: Vec<Object<M>>, file: &Path) -> &'static str
where
    M: Model<Input: Sync, Output: Sync> + Sync,
{
    match check_objects(&objects, &Budget::default()) {
        HistoryVerdict::Linearizable => "linearizable",
        HistoryVerdict::Violation { .. } => "impossible",
        HistoryVerdict::Unknown { limit, .. } => panic!("{}: out of {limit}", file.display()),
    }
}

/// Reports a skipped test. Not with `println!`, whose output the harness hides if a test passes.
fn skipped(what: &str) {
    use std::io::Write;
    std::io::stderr().write_all(format!("SKIPPED: {what}\n").as_bytes()).unwrap();
}
