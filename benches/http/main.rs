//! What a request over HTTP costs: `hotrow serve` behind several strategies, beside the least that
//! hyper, axum and Node answer anything with.
//!
//! The generator of the load is `wrk` (`apt-get install wrk`), with one thread and 32 connections, each
//! of which asks again when it was answered: charges of 1 to one hot account, reads of it, and of the
//! hellos whatever they say. Node is also asked to charge, which it does in its way (`points.mjs`). Every block measures every server once, in a new order, each in a fresh
//! process: a second to get warm and a window of two. What is compared is
//!
//! - **the processor time of a request**: what the server's threads used from the first connection to the
//!   last answer, by the answers that arrived. It leaves out the generator, with which the server shares
//!   one core here: then none of the two ever has to wake the other on another;
//! - **requests a second**, with a core for the server and another for the generator. So one thread
//!   answers, as in Node, which has only one, and what limits is the server and not who gets a core;
//! - **both again on all cores**, of strategies alone: where only one thread answers, no two commands
//!   ever meet. (`cores.rs` says more.)
//!
//! After each window the balance must have grown by what was answered. An answer that is not one of
//! success, or a connection that fails, makes the block one that does not count, as does a neighbour who
//! takes the machine; such a block is kept and made again.
//!
//! `cargo bench --bench http` takes thirteen minutes and writes `rounds.csv` and `env.json` into
//! `results/local/http`, or into DIR after `-- --results DIR`. `-- WORD` takes servers with the word in
//! their name, `-- --list` names them, `-- --quick` takes fewer and shorter blocks, and `-- --test` one
//! second of each, which writes nothing; without wrk it only asks each once. Without `node` there is
//! no Node to compare with.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it found")]

mod blocks;
mod cores;
mod hellos;
mod load;
mod process;
mod subjects;
#[path = "../words/mod.rs"]
mod words;

use std::{
    env, io,
    path::Path,
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
};

use hotrow::{
    record::{Environment, Finding, Row, SavedRun},
    report::http_terminal,
};

use self::{
    blocks::{Extent, Machine},
    cores::Cores,
    subjects::Subject,
    words::{Effort, Words, command_line, help_of},
};

/// Where what is found goes if nobody says otherwise.
const RESULTS: &str = "results/local/http";

/// What orders are drawn from.
const SEED: u64 = 1;

/// The flag by which this program is asked to serve and not to measure.
const SERVE: &str = "--serve";

/// That somebody wants the run to end: servers are then stopped as after any measurement.
static STOP: AtomicBool = AtomicBool::new(false);

fn main() -> ExitCode {
    let mut given = env::args_os().skip(1);
    if given.next().is_some_and(|word| word == SERVE) {
        return hellos::serve(&given.next().unwrap_or_default().to_string_lossy());
    }
    let words = Words::given(RESULTS);
    if words.help {
        println!("{}", help_of(include_str!("main.rs")));
        return ExitCode::SUCCESS;
    }
    let cores = Cores::here();
    let subjects = subjects::all(&cores);
    let subjects: Vec<Subject> =
        subjects.into_iter().filter(|subject| subject.name().contains(&words.filter)).collect();
    if words.list {
        subjects.iter().for_each(|subject| println!("{}: benchmark", subject.name()));
        return ExitCode::SUCCESS;
    }
    let Some(wrk) = load::version() else {
        let install = "wrk is not there to ask with: apt-get install wrk";
        return match words.effort {
            Effort::Test => {
                println!("{install}; every server is asked once instead");
                ended(blocks::ask_each_once(&subjects).map(|()| ExitCode::SUCCESS))
            }
            Effort::Quick | Effort::Full => {
                eprintln!("{install}");
                ExitCode::from(2)
            }
        };
    };
    ended(measure(&words, &subjects, &cores, &wrk))
}

fn ended(ended: Result<ExitCode, String>) -> ExitCode {
    ended.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}

fn measure(
    words: &Words,
    subjects: &[Subject],
    cores: &Cores,
    wrk: &str,
) -> Result<ExitCode, String> {
    // Where a handler is there already, as in a harness of harnesses, that one stops us.
    let _ = ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed));
    let directory = words.results.as_deref().filter(|_| !subjects.is_empty());
    directory
        .map_or(Ok(()), |directory| SavedRun::prepare(directory, words.earlier))
        .map_err(|error| cannot_save(directory, &error))?;
    let before = Environment::before(command_line("http"), SEED);
    let extent = match words.effort {
        Effort::Test => Extent::TEST,
        Effort::Quick => Extent::QUICK,
        Effort::Full => Extent::FULL,
    };
    let environment = Environment { plan: plan(&extent, cores, wrk), ..before };
    println!("{}.", environment.plan);
    let machine = Machine { run: environment.run.clone(), seed: SEED };
    let rows = blocks::measure(subjects, &extent, &machine)?;
    println!("\n{}", http_terminal(&rows));
    let exit = exit_of(&rows);
    let partial = STOP.load(Ordering::Relaxed);
    let run = SavedRun { rows, ..SavedRun::empty(environment.after(partial)) };
    if let Some(directory) = directory {
        let place = run.save(directory).map_err(|error| cannot_save(Some(directory), &error))?;
        println!("saved in {}", place.display());
    }
    if partial {
        eprintln!("stopped: partial, not every block was measured");
        return Ok(ExitCode::from(130));
    }
    Ok(exit)
}

fn cannot_save(directory: Option<&Path>, error: &io::Error) -> String {
    let directory = directory.unwrap_or(Path::new("")).display();
    format!("cannot save in {directory}: {error}{}", words::way_out(error))
}

/// Wrong books are a failure, however fast.
fn exit_of(rows: &[Row]) -> ExitCode {
    match rows.iter().any(|row| row.verdict == Finding::Wrong) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

/// What is measured and with what, in one line.
fn plan(extent: &Extent, cores: &Cores, wrk: &str) -> String {
    let Extent { blocks, window, .. } = extent;
    let node = hellos::node_version().unwrap_or_else(|| "no node".to_owned());
    format!(
        "{wrk} with 1 thread and {} connections, node {node}; {blocks} blocks of windows of {} s; {}",
        load::CONNECTIONS,
        window.as_secs(),
        cores.told(),
    )
}
