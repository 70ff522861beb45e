//! The command line described for others: for shells, and for `man`.

use clap::CommandFactory;

use super::{
    arguments::{Arguments, Completions},
    failure::{Exit, Failure},
    printed,
};

/// Prints a script that completes commands in a shell.
pub(super) fn completions(asked: &Completions) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(asked.shell, &mut Arguments::command(), "hotrow", &mut script);
    print(script)
}

/// Prints the manual: the program first, then each of its commands.
pub(super) fn man() -> Result<Exit, Failure> {
    let mut manual = Vec::new();
    let mut command = Arguments::command();
    command.build();
    let shown = command.get_subcommands().filter(|one| one.get_name() != "help").cloned();
    for page in std::iter::once(command.clone()).chain(shown) {
        clap_mangen::Man::new(page).render(&mut manual).map_err(Failure::of_output)?;
    }
    print(manual)
}

fn print(text: Vec<u8>) -> Result<Exit, Failure> {
    let text = String::from_utf8(text).expect("the help is a text");
    printed::print(&text).map_err(Failure::of_output)?;
    Ok(Exit::Done)
}
