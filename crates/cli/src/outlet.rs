//! Output files that the user names. `-` is standard output.

use std::{
    env,
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
};

use super::{
    failure::{CliError, note},
    stdout,
};
use hotrow_results::{check_writable, replace};

/// Other names of standard output.
const OUTPUT: [&str; 4] = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// Returns whether `file` is a name of standard output.
pub(super) fn is_output(file: &Path) -> bool {
    OUTPUT.iter().any(|name| file == Path::new(name))
}

/// Checks, before anything is measured, that each file can be written and that no two files are the
/// same.
pub(super) fn check(files: &[&Path]) -> Result<(), CliError> {
    for (number, file) in files.iter().enumerate() {
        let is_same = |other: &&Path| other == file || is_output(other) && is_output(file);
        if files[..number].iter().any(is_same) && !is_sink(file) {
            let name = file.display();
            return Err(CliError::usage(match is_output(file) {
                true => format!("{name}: two outputs cannot both be standard output: name a file"),
                false => format!("{name} is given for two outputs: name another file"),
            }));
        }
        if !is_output(file) {
            check_writable(file).map_err(|error| {
                CliError::usage(format!("cannot write {}: {error}", file.display()))
            })?;
        }
    }
    Ok(())
}

/// Returns whether a file accepts several outputs, such as `/dev/null`.
fn is_sink(file: &Path) -> bool {
    !is_output(file) && file.metadata().is_ok_and(|metadata| !metadata.is_file())
}

/// The variable in which a CI service names the file of a step's summary.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Whether `file` is the summary of a CI step. Several commands of a step add to it, so it is
/// appended to and never replaced.
fn is_step_summary(file: &Path) -> bool {
    env::var_os(STEP_SUMMARY)
        .is_some_and(|summary| !summary.is_empty() && file == Path::new(&summary))
}

fn append(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut summary = OpenOptions::new().create(true).append(true).open(file)?;
    summary.write_all(bytes)?;
    summary.write_all(b"\n")
}

/// Writes a file, and reports it on standard error. The summary of a CI step is appended to.
pub(super) fn write(file: &Path, bytes: &[u8]) -> Result<(), CliError> {
    if is_output(file) {
        return stdout::print_bytes(bytes).map_err(CliError::from_output);
    }
    let written = if is_step_summary(file) { append(file, bytes) } else { replace(file, bytes) };
    written
        .map_err(|error| CliError::failed(format!("cannot write {}: {error}", file.display())))?;
    note(format_args!("{} is written", file.display()));
    Ok(())
}

/// Writes the results of a stopped run, unless that would replace a file.
pub(super) fn write_partial(file: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let exists = file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() > 0);
    if exists && !is_output(file) && !is_step_summary(file) {
        let file = file.display();
        note(format_args!("{file} is unchanged: a partial result does not replace it"));
        return Ok(());
    }
    write(file, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejected(files: [&str; 2]) -> Option<String> {
        check(&files.map(Path::new)).err().map(|error| error.to_string())
    }

    /// No program can read a table in the middle of a CSV.
    #[test]
    fn two_outputs_cannot_be_the_same_file() {
        for names in [["-", "-"], ["-", "/dev/stdout"], ["/dev/fd/1", "/proc/self/fd/1"]] {
            let message = rejected(names).unwrap();
            assert!(message.contains("cannot both be standard output"), "{names:?}: {message}");
        }
        let same = std::env::temp_dir().join("hotrow-same.csv");
        let same = same.to_str().unwrap();
        let message = rejected([same, same]).unwrap();
        assert!(message.ends_with("is given for two outputs: name another file"), "{message}");
        assert_eq!(rejected(["/dev/null", "/dev/null"]), None);
        assert_eq!(rejected(["-", "/dev/null"]), None);
    }
}
