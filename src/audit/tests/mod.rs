//! What the auditor must see, and what it must not.

mod all_pairs;
mod fuzz;
mod logs;
mod steps;
mod words;
