//! The command line: checks what is asked for, has it measured, and shows what came of it.
//!
//! Results go to standard output and everything else to standard error. What was typed wrong is
//! told in one line, before anything is measured or written.
//!
//! ```text
//! Arguments --> Plan --> measure --> rows --> report, files
//! ```

mod arguments;
mod audit;
mod bench;
mod check;
mod compare;
mod demo;
mod doctor;
mod environment;
mod failure;
mod interrupt;
mod keeping;
mod list;
mod manual;
mod measuring;
#[cfg(test)]
mod nonsense;
mod outlet;
mod pages;
mod plan;
mod printed;
mod progress;
mod recording;
mod results;
mod run;
mod serve;

use std::process::ExitCode;

use clap::Parser;

use self::{
    arguments::{Arguments, Command},
    bench::Words,
    failure::{Exit, Failure},
};

/// Does what the command line says, and returns the code to exit with.
pub fn main() -> ExitCode {
    let exit = match Arguments::try_parse() {
        Ok(arguments) => dispatch(arguments).unwrap_or_else(Failure::tell),
        Err(error) => failure::of_clap(&error).unwrap_or_else(Failure::tell),
    };
    exit.into()
}

/// Runs the quick comparison as `cargo bench` asks for it, and returns the code to exit with.
pub fn compare() -> ExitCode {
    let exit = match Words::try_parse() {
        Ok(words) => bench::compare(&words).unwrap_or_else(Failure::tell),
        Err(error) => failure::of_clap(&error).unwrap_or_else(Failure::tell),
    };
    exit.into()
}

fn dispatch(arguments: Arguments) -> Result<Exit, Failure> {
    environment::check()?;
    match arguments.command {
        None => run::run(&plan::quick(&arguments.output)?, &arguments.output, None),
        Some(Command::Run(asked)) => {
            run::run(&plan::plan(&asked)?, &asked.output, asked.record.as_deref())
        }
        Some(Command::Compare(asked)) => {
            interrupt::end_at_once("nothing was compared")?;
            compare::compare(&asked)
        }
        Some(Command::Rank(asked)) => {
            interrupt::end_at_once("nothing was ranked")?;
            compare::rank(&asked)
        }
        Some(Command::Serve(asked)) => serve::serve(&asked),
        Some(Command::List(asked)) => list::list(&asked),
        Some(Command::Doctor(asked)) => {
            interrupt::end_at_once("the machine was not looked at to the end")?;
            doctor::doctor(&asked)
        }
        Some(Command::Check(asked)) => check::check(&asked),
        Some(Command::Audit(asked)) => {
            interrupt::end_at_once("histories without a verdict were not audited to the end")?;
            audit::audit(&asked)
        }
        Some(Command::Demo(asked)) => demo::demo(&asked),
        Some(Command::Completions(asked)) => manual::completions(&asked),
        Some(Command::Man) => manual::man(),
        Some(Command::Report(asked)) => {
            interrupt::end_at_once("pages that were not announced are as they were")?;
            pages::report(&asked)
        }
    }
}
