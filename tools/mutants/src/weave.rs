//! Weaves all mutants of a file into one file: mutant schemata (Untch, Offutt and Harrold 1993).
//!
//! A function with mutants has one body for each mutant beside its own, and selects one of them at
//! run time. So all mutants of the package are built at once, and each costs only a run.
//!
//! ```text
//! fn f(..) -> R { if !is_among(17, &[17, 18]) { <the body> } else { match active() {
//!     17 => { <the body with mutant 17> }
//!     18 => { <the body with mutant 18> }
//!     _ => unreachable!() } } }
//! ```

use std::{fmt::Write as _, ops::Range};

use syn::{Block, visit::Visit};

use crate::generated::{Mutant, Position};

/// A file with its mutants woven in.
pub struct Woven {
    /// The text.
    pub text: String,
    /// The lines of each mutant, counted from 1.
    pub lines: Vec<(u32, Range<usize>)>,
}

/// The functions of a file that have mutants.
pub struct Functions {
    functions: Vec<Function>,
}

/// A function, and the mutants in it that are in no inner function.
struct Function {
    /// The text between its braces.
    body: Range<usize>,
    mutants: Vec<u32>,
}

impl Functions {
    /// Finds the function of each of `mutants`, which are numbers of `all`, in the `source` of
    /// their file. A mutant in no function, such as in a constant, needs a build of its own.
    pub fn new(source: &str, mutants: &[u32], all: &[Mutant]) -> Result<Functions, String> {
        let file = syn::parse_file(source).map_err(|error| error.to_string())?;
        let mut bodies = Bodies { source, found: Vec::new() };
        bodies.visit_file(&file);
        // An inner function comes before the one around it.
        bodies.found.sort_by_key(|body| body.len());
        let mut functions: Vec<Function> =
            bodies.found.into_iter().map(|body| Function { body, mutants: Vec::new() }).collect();
        for &number in mutants {
            let start = all[number as usize].span.start.offset(source);
            let function = functions.iter_mut().find(|function| function.body.contains(&start));
            if let Some(function) = function {
                function.mutants.push(number);
            }
        }
        functions.retain(|function| !function.mutants.is_empty());
        functions.sort_by_key(|function| function.body.start);
        Ok(Functions { functions })
    }

    /// For each function its first mutant, which identifies it, and all of its mutants.
    pub fn groups(&self) -> impl Iterator<Item = (u32, &[u32])> {
        self.functions.iter().map(|function| (function.mutants[0], &*function.mutants))
    }

    /// `source` with all mutants except those for which `dropped` is true.
    pub fn weave(&self, source: &str, all: &[Mutant], dropped: impl Fn(u32) -> bool) -> Woven {
        let mut weaver = Weaver { functions: &self.functions, source, all, dropped: &dropped };
        let mut woven = Woven { text: String::new(), lines: Vec::new() };
        weaver.weave(0..source.len(), &mut woven);
        woven
    }
}

struct Weaver<'a> {
    functions: &'a [Function],
    source: &'a str,
    all: &'a [Mutant],
    dropped: &'a dyn Fn(u32) -> bool,
}

impl Weaver<'_> {
    /// Writes a part of the source, with the functions inside it but not the part itself.
    fn weave(&mut self, part: Range<usize>, woven: &mut Woven) {
        let mut written = part.start;
        for function in self.functions {
            let body = &function.body;
            if body.start <= part.start || body.start < written || part.end <= body.start {
                continue;
            }
            woven.text.push_str(&self.source[written..body.start]);
            self.weave_function(function, woven);
            written = body.end;
        }
        woven.text.push_str(&self.source[written..part.end]);
    }

    fn weave_function(&mut self, function: &Function, woven: &mut Woven) {
        let kept: Vec<u32> =
            function.mutants.iter().copied().filter(|&number| !(self.dropped)(number)).collect();
        let first = function.mutants[0];
        write!(woven.text, " if !crate::mutant::is_among({first}, &{kept:?}) {{")
            .expect("a string is writable");
        self.weave(function.body.clone(), woven);
        woven.text.push_str("\n} else { match crate::mutant::active() {\n");
        for number in kept {
            let first = line(&woven.text);
            let mutated = self.mutated(&function.body, number);
            write!(woven.text, "{number} => {{ {mutated}\n}}\n").expect("a string is writable");
            woven.lines.push((number, first..line(&woven.text)));
        }
        woven.text.push_str("_ => unreachable!() } } ");
    }

    fn mutated(&self, body: &Range<usize>, number: u32) -> String {
        let mutant = &self.all[number as usize];
        let start = mutant.span.start.offset(self.source);
        let end = mutant.span.end.offset(self.source);
        let (before, after) = (&self.source[body.start..start], &self.source[end..body.end]);
        format!("{before}{}{after}", mutant.replacement)
    }
}

/// The number of the last line, which has no end yet.
fn line(text: &str) -> usize {
    text.matches('\n').count() + 1
}

/// Finds the text between the braces of every function that can select a body at run time.
struct Bodies<'a> {
    source: &'a str,
    found: Vec<Range<usize>>,
}

impl Bodies<'_> {
    fn add(&mut self, block: &Block, is_const: bool) {
        if is_const {
            return;
        }
        let braces = block.brace_token.span;
        let offset = |at: proc_macro2::LineColumn| Position::from(at).offset(self.source);
        self.found.push(offset(braces.open().end())..offset(braces.close().start()));
    }
}

impl<'ast> Visit<'ast> for Bodies<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.add(&function.block, function.sig.constness.is_some());
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.add(&function.block, function.sig.constness.is_some());
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.add(block, function.sig.constness.is_some());
        }
        syn::visit::visit_trait_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::Span;

    const SOURCE: &str = "\
const SIZE: usize = 1 + 1;
fn outer(a: u8) -> u8 {
    fn inner(b: u8) -> u8 { b + 1 }
    inner(a) - 2
}
";

    /// A mutant that replaces the only `old` of the source.
    fn mutant(old: &str, new: &str) -> Mutant {
        let at = SOURCE.find(old).expect("the source contains the text");
        let line = SOURCE[..at].matches('\n').count() + 1;
        let column = at - SOURCE[..at].rfind('\n').map_or(0, |end| end + 1) + 1;
        let start = Position { line, column };
        let end = Position { line, column: column + old.len() };
        let name = format!("replace {old} with {new}");
        let (file, replacement) = ("source.rs".to_owned(), new.to_owned());
        Mutant { name, file, span: Span { start, end }, replacement }
    }

    fn woven(mutants: &[Mutant], dropped: &[u32]) -> Woven {
        let numbers: Vec<u32> = (0..).take(mutants.len()).collect();
        let functions = Functions::new(SOURCE, &numbers, mutants).expect("the source is Rust");
        functions.weave(SOURCE, mutants, |number| dropped.contains(&number))
    }

    /// The mutants of an inner function are woven only into the original body of the outer one.
    #[test]
    fn a_function_inside_another_is_woven_once() {
        let mutants = [mutant("b + 1", "b * 1"), mutant("(a) - 2", "(a) + 2")];
        let woven = woven(&mutants, &[]).text;
        assert_eq!(woven.matches("is_among(0, &[0])").count(), 1);
        assert_eq!(woven.matches("is_among(1, &[1])").count(), 1);
        assert_eq!(woven.matches("b * 1").count(), 1);
        assert!(woven.starts_with("const SIZE: usize = 1 + 1;\nfn outer(a: u8) -> u8 {"));
        syn::parse_file(&woven).expect("the woven text is Rust");
    }

    /// The compiler reports lines, which must identify the mutant.
    #[test]
    fn the_lines_of_a_mutant_contain_its_change() {
        let woven = woven(&[mutant("b + 1", "b * 1"), mutant("(a) - 2", "(a) + 2")], &[]);
        for (number, change) in [(0, "b * 1"), (1, "(a) + 2")] {
            let (_, lines) =
                woven.lines.iter().find(|(n, _)| *n == number).expect("the mutant is woven");
            let text: Vec<&str> = woven.text.lines().collect();
            assert!(text[lines.start - 1..lines.end - 1].iter().any(|line| line.contains(change)));
        }
    }

    /// A constant cannot select at run time, and a mutant that does not compile must not be built.
    #[test]
    fn a_mutant_that_cannot_be_woven_is_left_out() {
        let mutants = [mutant("1 + 1;", "1 * 1;"), mutant("b + 1", "b * true")];
        assert!(woven(&mutants, &[]).text.contains("b * true"));
        let woven = woven(&mutants, &[1]);
        assert!(!woven.text.contains("1 * 1") && !woven.text.contains("b * true"));
        assert!(woven.lines.is_empty());
    }
}
