//! The mutants: one change in one place each. cargo-mutants generates most of them.
//!
//! It changes operators and whole functions, and no condition that is a call. So a question that a
//! call asks, such as whether a client has left, is answered here once by `true` and once by `false`.

use std::{fs, path::Path, process::Command};

use serde::Deserialize;
use syn::{ExprMethodCall, spanned::Spanned, visit::Visit};

/// One change of the source.
#[derive(Debug, Clone, Deserialize)]
pub struct Mutant {
    /// Place and change, as cargo-mutants prints them.
    pub name: String,
    /// The file, relative to the package.
    pub file: String,
    /// What is replaced.
    pub span: Span,
    /// What it is replaced by.
    pub replacement: String,
}

/// A part of a file, from its first character up to the one behind its last.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Span {
    /// The first character.
    pub start: Position,
    /// The one behind the last.
    pub end: Position,
}

/// A place in a file. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// What only tests, models and their harness are made of: a mutant there is a mutant of a test.
const EXCLUDED: &[&str] =
    &["src/**/tests.rs", "src/**/models.rs", "src/sync/explored.rs", "src/sync/weakened.rs"];

/// Every mutant of the files that match one of `globs`, in the order of `globs`.
pub fn mutants(package: &Path, globs: &[String]) -> Result<Vec<Mutant>, String> {
    let mut all: Vec<Mutant> = Vec::new();
    for glob in globs {
        let mut command = Command::new("cargo");
        command.arg("mutants").arg("--dir").arg(package).args(["--list", "--json", "--file", glob]);
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
            all.extend(questions(package, &file)?);
        }
    }
    Ok(all)
}

/// Methods that ask a question of a value.
const QUESTIONS: [&str; 5] = ["is_none", "is_some", "is_ok", "is_err", "is_empty"];

/// The mutants of every question in `file`. One in a test is never reached, and so never tried.
fn questions(package: &Path, file: &str) -> Result<Vec<Mutant>, String> {
    let path = package.join(file);
    let source = fs::read_to_string(&path).map_err(|error| format!("{file}: {error}"))?;
    let code = source.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let parsed = syn::parse_file(code).map_err(|error| format!("{file}: {error}"))?;
    let mut found = Questions { file, source: code, mutants: Vec::new() };
    found.visit_file(&parsed);
    Ok(found.mutants)
}

struct Questions<'a> {
    file: &'a str,
    source: &'a str,
    mutants: Vec<Mutant>,
}

impl<'ast> Visit<'ast> for Questions<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let method = call.method.to_string();
        if QUESTIONS.contains(&&*method) {
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
