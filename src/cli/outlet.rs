//! Where files go that were asked for: `-` is standard output, as it is standard input of histories.

use std::path::Path;

use super::{
    failure::{Failure, note},
    printed,
};
use crate::record::{check_writable, replace};

/// Other names of standard output.
const OUTPUT: [&str; 4] = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// Whether a file is standard output under one of its names.
pub(super) fn is_output(file: &Path) -> bool {
    OUTPUT.iter().any(|name| file == Path::new(name))
}

/// Checks, before anything is measured, that each of these files can be written, and that no two are
/// one.
pub(super) fn check(files: &[&Path]) -> Result<(), Failure> {
    for (number, file) in files.iter().enumerate() {
        let is_same = |other: &&Path| other == file || is_output(other) && is_output(file);
        if files[..number].iter().any(is_same) && !is_sink(file) {
            let name = file.display();
            return Err(Failure::usage(match is_output(file) {
                true => format!("{name}: two outputs cannot both be standard output: name a file"),
                false => format!("{name} is named for two outputs: name another file"),
            }));
        }
        if !is_output(file) {
            check_writable(file).map_err(|error| {
                Failure::usage(format!("cannot write {}: {error}", file.display()))
            })?;
        }
    }
    Ok(())
}

/// What takes anything from anywhere, as `/dev/null`.
fn is_sink(file: &Path) -> bool {
    !is_output(file) && file.metadata().is_ok_and(|metadata| !metadata.is_file())
}

/// Writes a file, and says so.
pub(super) fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if is_output(file) {
        return printed::print_bytes(bytes).map_err(Failure::of_output);
    }
    replace(file, bytes)
        .map_err(|error| Failure::failed(format!("cannot write {}: {error}", file.display())))?;
    note(format_args!("{} is written", file.display()));
    Ok(())
}

/// Writes what came of a run that was stopped, unless that would take the place of a file.
pub(super) fn write_partial(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let is_there = file.metadata().is_ok_and(|there| there.is_file() && there.len() > 0);
    if is_there && !is_output(file) {
        note(format_args!("{} is left as it was: a part does not replace it", file.display()));
        return Ok(());
    }
    write(file, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(files: [&str; 2]) -> Option<String> {
        check(&files.map(Path::new)).err().map(|failure| failure.to_string())
    }

    /// A table in the middle of a CSV can be read by no program.
    #[test]
    fn two_outputs_are_not_one() {
        for names in [["-", "-"], ["-", "/dev/stdout"], ["/dev/fd/1", "/proc/self/fd/1"]] {
            assert!(
                refused(names).unwrap().contains("cannot both be standard output"),
                "{names:?}"
            );
        }
        let same = std::env::temp_dir().join("hotrow-same.csv");
        let same = same.to_str().unwrap();
        assert!(
            refused([same, same]).unwrap().ends_with("is named for two outputs: name another file")
        );
        assert_eq!(refused(["/dev/null", "/dev/null"]), None);
        assert_eq!(refused(["-", "/dev/null"]), None);
    }
}
