//! Tests of the auditor as a whole.

mod all_pairs;
mod fuzz;
mod logs;
mod steps;
mod words;
