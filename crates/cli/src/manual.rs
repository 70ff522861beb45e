//! `hotrow completions` and `hotrow man`: the command line, described for shells and for `man`.

use std::collections::BTreeSet;

use clap::{Arg, Args, Command, builder::PossibleValuesParser};

use super::{
    failure::{CliError, Exit},
    plan::Definitions,
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
pub(super) fn completions(arguments: &Completions, program: &Command) -> Result<Exit, CliError> {
    print(script(arguments.shell, program)?)
}

fn script(shell: clap_complete::Shell, program: &Command) -> Result<Vec<u8>, CliError> {
    let definitions = Definitions::load(None)?;
    let mut command = completed(program, &definitions);
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "hotrow", &mut script);
    Ok(script)
}

/// Copies what a user can type: no hidden flag, and with the names that a flag accepts. The parser
/// itself does not list them, since its own errors suggest the nearest name.
fn completed(command: &Command, definitions: &Definitions) -> Command {
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
    let subcommands = command.get_subcommands().filter(|it| !it.is_hide_set());
    let copy = Command::new(command.get_name().to_owned())
        .about(command.get_about().cloned().unwrap_or_default())
        .args(shown.map(|arg| with_names(arg.clone(), definitions)))
        .subcommands(subcommands.map(|it| completed(it, definitions)));
    match command.get_version() {
        Some(version) => copy.version(version.to_owned()),
        None => copy,
    }
}

/// Adds the names that an argument accepts, if it is one of the registry or of the plans.
fn with_names(arg: Arg, definitions: &Definitions) -> Arg {
    let entries = hotrow_registry::all;
    let names: BTreeSet<String> = match arg.get_id().as_str() {
        "strategies" | "strategy" => entries().map(|it| it.strategy.to_owned()).collect(),
        "store" => entries().map(|it| it.store.to_owned()).collect(),
        "profile" => definitions.plan_names().map(str::to_owned).collect(),
        "workload" => definitions.workload_names().map(str::to_owned).collect(),
        _ => return arg,
    };
    arg.value_parser(PossibleValuesParser::new(names))
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap_complete::Shell;

    use super::*;
    use crate::arguments::Arguments;

    /// A shell offers the names of strategies, stores and plans, and no flag of the program's own.
    #[test]
    fn completions_offer_names_and_no_hidden_flag() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = String::from_utf8(script(shell, &Arguments::command()).unwrap()).unwrap();
            // Fish completes the values of flags, and no words without a flag.
            let words: &[&str] = if shell == Shell::Fish { &[] } else { &["sharded-actor"] };
            for name in ["simulated", "thorough", "slo"].iter().chain(words) {
                assert!(script.contains(name), "{shell}: {name}");
            }
            assert!(!script.contains("stream"), "{shell} leaks a hidden flag");
        }
    }
}
