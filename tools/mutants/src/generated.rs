//! Generates the mutants, each a change in one place. Most come from cargo-mutants.
//!
//! cargo-mutants changes operators and whole functions, but no condition that is a call, such as
//! whether a client has left. So this module adds two mutants of each such predicate: one replaces
//! it with `true` and one with `false`.

use std::{fs, path::Path, process::Command};

use serde::Deserialize;
use syn::{ExprMethodCall, spanned::Spanned, visit::Visit};

/// A change of the source.
#[derive(Debug, Clone, Deserialize)]
pub struct Mutant {
    /// Place and change, in the format of cargo-mutants.
    pub name: String,
    /// The file, relative to the package.
    pub file: String,
    /// The replaced text.
    pub span: Span,
    /// The text that replaces it.
    pub replacement: String,
}

/// A part of a file.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Span {
    /// The first character.
    pub start: Position,
    /// The character after the last one.
    pub end: Position,
}

/// A position in a file. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Tests, models and their harness, whose mutants would be mutants of tests.
const EXCLUDED: &[&str] =
    &["**/tests.rs", "**/tests/**", "**/models.rs", "src/sync/explored.rs", "src/sync/weakened.rs"];

/// Every mutant of the files that match one of `globs`, in the order of `globs`.
pub fn mutants(package: &Path, globs: &[String]) -> Result<Vec<Mutant>, String> {
    let mut all: Vec<Mutant> = Vec::new();
    for glob in globs {
        let mut command = Command::new("cargo");
        command.arg("mutants").arg("--dir").arg(package).args(["--list", "--json", "--workspace", "--file", glob]);
        command.args(EXCLUDED.iter().flat_map(|file| ["--exclude", file]));
        let output = command.output().map_err(|error| format!("cargo mutants: {error}"))?;
        if !output.status.success() {
            return Err(format!("cargo mutants: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let found: Vec<Mutant> = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("the list of cargo mutants: {error}"))?;
        let is_new = |mutant: &Mutant| !all.iter().any(|known| known.name == mutant.name);
        let new: Vec<Mutant> = found.into_iter().filter(is_new).collect();
        let mut files: Vec<String> = new.iter().map(|mutant| mutant.file.clone()).collect();
        files.dedup();
        all.extend(new);
        for file in files {
            all.extend(predicates(package, &file)?);
        }
    }
    Ok(all)
}

/// The methods that are predicates of a value.
const PREDICATES: [&str; 5] = ["is_none", "is_some", "is_ok", "is_err", "is_empty"];

/// The mutants of every predicate in `file`. Those in tests are never reached, and so never run.
fn predicates(package: &Path, file: &str) -> Result<Vec<Mutant>, String> {
    let path = package.join(file);
    let source = fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
    let code = source.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let parsed = syn::parse_file(code).map_err(|error| format!("{file}: {error}"))?;
    let mut found = Predicates { file, source: code, mutants: Vec::new() };
    found.visit_file(&parsed);
    Ok(found.mutants)
}

struct Predicates<'a> {
    file: &'a str,
    source: &'a str,
    mutants: Vec<Mutant>,
}

impl<'ast> Visit<'ast> for Predicates<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let method = call.method.to_string();
        if PREDICATES.contains(&&*method) {
            let (start, end) = (Position::from(call.span().start()), call.span().end().into());
            let text = &self.source[start.offset(self.source)..Position::offset(end, self.source)];
            for (answer, operator) in [("true", "||"), ("false", "&&")] {
                self.mutants.push(Mutant {
                    name: format!(
                        "{}:{}:{}: answer {method}() with {answer}",
                        self.file, start.line, start.column
                    ),
                    file: self.file.to_owned(),
                    span: Span { start, end },
                    replacement: format!("({text} {operator} {answer})"),
                });
            }
        }
        syn::visit::visit_expr_method_call(self, call);
    }
}

impl From<proc_macro2::LineColumn> for Position {
    fn from(at: proc_macro2::LineColumn) -> Position {
        Position { line: at.line, column: at.column + 1 }
    }
}

impl Position {
    /// The number of bytes before it in `text`.
    pub fn offset(self, text: &str) -> usize {
        let before: usize = text.split_inclusive('\n').take(self.line - 1).map(str::len).sum();
        let line = &text[before..];
        before + line.char_indices().nth(self.column - 1).map_or(line.len(), |(at, _)| at)
    }
}

impl Mutant {
    /// `text` with this change.
    pub fn apply(&self, text: &str) -> String {
        let (start, end) = (self.span.start.offset(text), self.span.end.offset(text));
        format!("{}{}{}", &text[..start], self.replacement, &text[end..])
    }
}
