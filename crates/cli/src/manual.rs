//! `hotrow completions` and `hotrow man`: the command line, described for shells and for `man`.

use clap::{Args, Command};

use super::{
    failure::{CliError, Exit},
    stdout,
};

/// Prints a completion script for a shell.
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// Shell: bash, zsh, fish, elvish or powershell
    #[arg(value_enum, hide_possible_values = true)]
    shell: clap_complete::Shell,
}

/// Prints the completion script of `program`.
pub(super) fn completions(arguments: &Completions, mut program: Command) -> Result<Exit, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, "hotrow", &mut script);
    print(script)
}

/// Prints the manual page: the `program` first, then each sub-command.
pub(super) fn man(mut program: Command) -> Result<Exit, CliError> {
    let mut manual = Vec::new();
    program.build();
    let shown = program.get_subcommands().filter(|page| page.get_name() != "help").cloned();
    for page in std::iter::once(program.clone()).chain(shown) {
        clap_mangen::Man::new(page).render(&mut manual).map_err(CliError::from_output)?;
    }
    print(manual)
}

fn print(text: Vec<u8>) -> Result<Exit, CliError> {
    let text = String::from_utf8(text).expect("the help is UTF-8");
    stdout::print(&text).map_err(CliError::from_output)?;
    Ok(Exit::Done)
}
