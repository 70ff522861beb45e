//! The command line: checks the arguments, measures, and shows the results.
//!
//! Results go to standard output and everything else to standard error. Wrong usage ends the
//! program with one line, before anything is measured or written.
//!
//! ```text
//! Arguments --> Plan --> measure --> rows --> report, files
//! ```

#![deny(missing_docs)]

mod arguments;
mod bench;
mod capacity;
mod check_history;
mod compare;
pub mod costs;
mod databases;
mod demo;
mod doctor;
mod environment;
mod exports;
mod failure;
mod forks;
#[cfg(test)]
mod fuzz;
mod interrupt;
mod list;
mod manual;
mod outlet;
mod output;
mod plan;
mod progress;
mod rank;
mod recording;
mod report;
mod result_sink;
mod results;
mod retired;
pub mod rows;
mod run;
mod scenario_args;
mod serve;
mod session;
mod stdout;
mod values;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use self::{
    arguments::{Arguments, Command},
    bench::BenchArguments,
    failure::{CliError, Exit},
};

/// Runs the program, and returns its exit code.
pub fn main() -> ExitCode {
    let exit = match Arguments::try_parse() {
        Ok(arguments) => dispatch(arguments).unwrap_or_else(CliError::report),
        Err(error) => failure::from_clap(&error).unwrap_or_else(CliError::report),
    };
    exit.into()
}

/// Runs the benchmark `compare` of `cargo bench`, and returns its exit code.
pub fn compare() -> ExitCode {
    let exit = match BenchArguments::try_parse() {
        Ok(arguments) => bench::compare(&arguments).unwrap_or_else(CliError::report),
        Err(error) => failure::from_clap(&error).unwrap_or_else(CliError::report),
    };
    exit.into()
}

fn dispatch(arguments: Arguments) -> Result<Exit, CliError> {
    environment::check()?;
    match arguments.command {
        None => run::run(&plan::quick(&arguments.output)?, &arguments.output, None),
        Some(Command::Run(arguments)) => {
            run::run(&plan::plan(&arguments)?, &arguments.output, arguments.record.as_deref())
        }
        Some(Command::Capacity(arguments)) => capacity::capacity(&arguments),
        Some(Command::Compare(arguments)) => {
            interrupt::end_at_once("nothing was compared")?;
            compare::compare(&arguments)
        }
        Some(Command::Rank(arguments)) => {
            interrupt::end_at_once("nothing was ranked")?;
            rank::rank(&arguments)
        }
        Some(Command::Serve(arguments)) => serve::serve(&arguments),
        Some(Command::List(arguments)) => list::list(&arguments),
        Some(Command::Doctor(arguments)) => {
            interrupt::end_at_once("the examination was not completed")?;
            doctor::doctor(&arguments)
        }
        Some(Command::Verify(arguments)) => verify::verify(&arguments),
        Some(Command::CheckHistory(arguments)) => {
            interrupt::end_at_once("histories without a verdict were not checked")?;
            check_history::check_history(&arguments)
        }
        Some(Command::Demo(arguments)) => demo::demo(&arguments),
        Some(Command::Completions(arguments)) => {
            manual::completions(&arguments, &Arguments::command())
        }
        Some(Command::Man) => manual::man(Arguments::command()),
        Some(Command::Report(arguments)) => {
            interrupt::end_at_once("only the files reported above were updated")?;
            report::report(&arguments)
        }
    }
}
