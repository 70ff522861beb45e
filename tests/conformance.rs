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
    path::Path,
    time::{Duration, Instant},
};

use hotrow::{
    history::{read_kv, read_register},
    linearizability::{KvModel, RegisterModel, Verdict, check},
};

/// What a file takes at most to be told as slow.
const QUICK: Duration = Duration::from_millis(100);

/// The histories of this repository.
#[test]
fn the_histories_kept_here_have_their_known_verdicts() {
    let (linearizable, impossible) = conforms(Path::new("tests/data/histories"));
    assert_eq!((linearizable, impossible), (7, 5));
}

/// All that there are, where somebody has them.
#[test]
fn all_histories_have_their_known_verdicts() {
    let Ok(folder) = env::var("HOTROW_HISTORIES") else {
        // Not by `println!`, which the harness keeps to itself when a test passes.
        use std::io::Write;
        let told =
            "SKIPPED: the full set of recorded histories: HOTROW_HISTORIES names no folder\n";
        return std::io::stderr().write_all(told.as_bytes()).unwrap();
    };
    let (linearizable, impossible) = conforms(Path::new(&folder));
    println!("{linearizable} linearizable and {impossible} impossible, as they should be");
}

/// Checks every history that `folder` has a verdict on, and counts both kinds.
fn conforms(folder: &Path) -> (usize, usize) {
    let verdicts = fs::read_to_string(folder.join("verdicts.txt")).unwrap();
    let (mut linearizable, mut impossible) = (0, 0);
    for line in verdicts.lines() {
        let (file, expected) = line.split_once(' ').unwrap();
        let began = Instant::now();
        let found = verdict(&folder.join(file));
        assert_eq!(found, expected, "{file}");
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

fn verdict(file: &Path) -> &'static str {
    let text = BufReader::new(File::open(file).unwrap());
    let found: Vec<Verdict> = match file.parent().unwrap().file_name().unwrap().to_str() {
        Some("register") => vec![check(&RegisterModel, &read_register(text).unwrap())],
        Some("kv") => {
            let keys = read_kv(text).unwrap();
            keys.values().map(|calls| check(&KvModel, calls)).collect()
        }
        other => panic!("{other:?} is no kind of history"),
    };
    assert!(!found.contains(&Verdict::Undecided), "{} is undecided", file.display());
    match found.iter().all(|verdict| *verdict == Verdict::Linearizable) {
        true => "linearizable",
        false => "impossible",
    }
}
