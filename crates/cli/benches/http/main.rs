//! The cost of a request over HTTP: `hotrow serve` with several strategies, beside minimal servers
//! on hyper, axum and Node.
//!
//! The load generator is `wrk` (`apt-get install wrk`), with one thread and 32 connections in a
//! closed loop. It sends charges of 1 to one hot account, reads of it, and requests to servers with
//! a constant answer ("hello"). Node also serves charges (`points.mjs`). Every block measures every
//! server once, in a new order, each in a fresh process: one second of warm-up and a window of two
//! seconds. The benchmark compares
//!
//! - **the processor time of a request**: the time that the threads of the server used during
//!   the load, divided by the number of answers. It excludes the generator, which shares one core
//!   with the server here, so neither has to wake the other on another core;
//! - **requests per second**, with one core for the server and another for the generator. One
//!   thread answers, as in Node, so the server is the bottleneck, and not the distribution of
//!   cores;
//! - **both again on all cores**, for strategies only: where one thread answers, commands never run
//!   concurrently. (See `cores.rs`.)
//!
//! After each window, the balance must have grown by the number of answered charges. An answer that
//! is not a success, a failed connection, or interference by other processes excludes the block; it
//! is kept in the file and measured again.
//!
//! `cargo bench --bench http` takes thirteen minutes and writes `measurements.csv` and `env.json`
//! to `results/local/http`, or to DIR after `-- --results DIR`. `-- WORD` selects servers by a part
//! of their name, `-- --list` lists the names, `-- --quick` measures fewer and shorter blocks, and
//! `-- --test` measures one second of each and writes nothing; without wrk it only sends one
//! request to each. Without `node` there is no comparison with Node.

#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

mod blocks;
mod cores;
mod hellos;
mod load;
mod process;
mod subjects;
#[path = "../../../../benches/words/mod.rs"]
mod words;

use std::{
    env, io,
    path::Path,
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
};

use hotrow_cli::rows::BUILD;
use hotrow_report::http_terminal;
use hotrow_results::{AuditVerdict, Environment, MeasurementRow, StoredRun};

use self::{
    blocks::{Extent, Machine},
    cores::Cores,
    subjects::Contender,
    words::{Effort, Words, command_line, help_of},
};

/// Default results folder.
const RESULTS: &str = "results/local/http";

/// Seed of the orders.
const SEED: u64 = 1;

/// The flag that makes this program serve instead of measure.
const SERVE: &str = "--serve";

/// Whether the run should end; servers are then stopped as after any measurement.
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
    let contenders = subjects::all(&cores);
    let contenders: Vec<Contender> = contenders
        .into_iter()
        .filter(|contender| contender.name().contains(&words.filter))
        .collect();
    if words.list {
        contenders.iter().for_each(|contender| println!("{}: benchmark", contender.name()));
        return ExitCode::SUCCESS;
    }
    let Some(wrk) = load::version() else {
        let install = "wrk is not installed: apt-get install wrk";
        return match words.effort {
            Effort::Test => {
                println!("{install}; each server gets one request instead");
                ended(blocks::call_each_once(&contenders).map(|()| ExitCode::SUCCESS))
            }
            Effort::Quick | Effort::Full => {
                eprintln!("{install}");
                ExitCode::from(2)
            }
        };
    };
    ended(measure(&words, &contenders, &cores, &wrk))
}

fn ended(ended: Result<ExitCode, String>) -> ExitCode {
    ended.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}

fn measure(
    words: &Words,
    contenders: &[Contender],
    cores: &Cores,
    wrk: &str,
) -> Result<ExitCode, String> {
    // This fails if the process has a handler already; that handler then stops the run.
    let _ = ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed));
    let directory = words.results.as_deref().filter(|_| !contenders.is_empty());
    directory
        .map_or(Ok(()), |directory| StoredRun::prepare(directory, words.earlier))
        .map_err(|error| cannot_save(directory, &error))?;
    let before = Environment::before(command_line("http"), SEED, BUILD);
    let extent = match words.effort {
        Effort::Test => Extent::TEST,
        Effort::Quick => Extent::QUICK,
        Effort::Full => Extent::FULL,
    };
    let environment = Environment { plan: plan(&extent, cores, wrk), ..before };
    println!("{}.", environment.plan);
    let machine = Machine { run: environment.run.clone(), seed: SEED };
    let rows = blocks::measure(contenders, &extent, &machine)?;
    println!("\n{}", http_terminal(&rows));
    let exit = exit_of(&rows);
    let partial = STOP.load(Ordering::Relaxed);
    let run = StoredRun { rows, ..StoredRun::empty(environment.after(partial)) };
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

/// A violation is a failure, however fast the strategy is.
fn exit_of(rows: &[MeasurementRow]) -> ExitCode {
    match rows.iter().any(|row| row.verdict == AuditVerdict::Violation) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

/// The servers, the generator and the blocks, in one line.
fn plan(extent: &Extent, cores: &Cores, wrk: &str) -> String {
    let Extent { blocks, window, .. } = extent;
    let node = hellos::node_version().unwrap_or_else(|| "not installed".to_owned());
    format!(
        "{wrk} with 1 thread and {} connections, node {node}; {blocks} blocks, windows of {} s; {}",
        load::CONNECTIONS,
        window.as_secs(),
        cores.describe(),
    )
}
