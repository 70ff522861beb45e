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
mod failure;
mod interrupt;
mod keeping;
mod list;
mod manual;
mod measuring;
mod pages;
mod plan;
mod printed;
mod progress;
mod recording;
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
    match arguments.command {
        None => run::run(&plan::quick(&arguments.output)?, &arguments.output),
        Some(Command::Run(asked)) => {
            let (plan, file) = (plan::plan(&asked)?, asked.record.as_deref());
            recording::check(file)?;
            let exit = run::run(&plan, &asked.output)?;
            recording::record(&plan, file, exit)
        }
        Some(Command::Compare(asked)) => compare::compare(&asked),
        Some(Command::Rank(asked)) => compare::rank(&asked),
        Some(Command::Serve(asked)) => serve::serve(&asked),
        Some(Command::List(asked)) => list::list(&asked),
        Some(Command::Doctor(asked)) => doctor::doctor(&asked),
        Some(Command::Check(asked)) => check::check(&asked),
        Some(Command::Audit(asked)) => audit::audit(&asked),
        Some(Command::Demo(asked)) => demo::demo(&asked),
        Some(Command::Completions(asked)) => manual::completions(&asked),
        Some(Command::Man) => manual::man(),
        Some(Command::Report(asked)) => pages::report(&asked),
    }
}
