//! Compares ways to make read-decide-write safe on a contended row, and proves each of them right
//! before it calls any of them fast.
//!
//! A point account is charged and used by many at once. Each command reads the balance, decides
//! whether a rule is in the way, and writes what follows. Done without control, two commands read
//! the same balance and one of them is lost. Every way to prevent that is a *strategy*:
//!
//! ```text
//! Command --> strategy { load -> Command::decide -> commit } --> Receipt | Rejection | unknown
//! ```
//!
//! The rule is one pure function, [`Command::decide`](domain::Command::decide). A store makes
//! single loads and single commits, and promises nothing about the pair. A strategy adds exactly
//! the missing promise, and that is the whole difference between two of them: rule, store, service,
//! driver and clock are the same for all. A [`Receipt`](domain::Receipt) is at once the answer to
//! the caller, the line in the history and what the audit replays.
//!
//! # Where things are
//!
//! Each module imports only from those in the rows above it, which a test checks.
//!
//! | layer | module | what it is | what is not in it |
//! |--:|---|---|---|
//! | 0 | [`domain`] | users, amounts, commands, the policy, receipts, rejections | clocks, locks, I/O |
//! | 0 | [`database`] | the two given tables, with the latency that they simulate | rules, strategies |
//! | 0 | [`clock`] | the time that goes into a ledger, told and not asked for | |
//! | 0 | [`timer`] | what simulated delays wait on, to the nanosecond | |
//! | 0 | [`sync`] | all that strategies and stores synchronise with | |
//! | 0 | [`stats`] | ratios with intervals, ties, tiers, curves, crossings | |
//! | 0 | [`machine`] | what the machine is and what it did meanwhile | verdicts on strategies |
//! | 0 | [`plot`] | charts as structs, drawn as SVG and as a page | where the numbers come from |
//! | 1 | [`history`] | what clients asked, were told, and when | verdicts |
//! | 1 | [`workload`] | seeded streams of what clients ask, of whom, and when | strategies, stores |
//! | 1 | [`audit`] | whether the books of a run balance | strategies, stores |
//! | 1 | [`linearizability`] | whether a history has an order: a search, and brute force to try it on | versions, ledgers |
//! | 1 | [`store`] | where accounts live, what a store can do, decorators | rules |
//! | 2 | [`strategy`] | the trait, and one file for each answer | names of stores |
//! | 3 | [`service`] | the four functions, whatever the strategy | HTTP, CSV |
//! | 4 | [`engine`] | clients, windows, blocks; the audit when the clock has stopped | strategy names |
//! | 5 | [`registry`] | the table strategy x store, the only place that names both | |
//! | 5 | [`record`] | a measurement as a row of CSV | |
//! | 6 | [`proof`] | what every strategy must keep, and where it is tried | names of strategies |
//! | 6 | [`report`] | rows as tables and documents | measuring |
//! | 6 | [`http`] | the four endpoints, for strangers | the registry |
//! | 7 | [`cli`] | what is typed and printed | |
//!
//! # Choices that shape everything
//!
//! - **Commands are data and not closures.** A queue keeps them, an actor is sent them, a
//!   compare-and-set loop decides them again, the history keeps what came of them.
//! - **A strategy's state for one user, its slot, lies beside the account** and is found by the same
//!   look-up. No strategy has a map of its own, none leaks one, and no map is what is measured.
//! - **Futures only for those who wait.** A strategy is asked by a plain call first
//!   ([`execute_at_once`](strategy::ConcurrencyStrategy::execute_at_once)), and by a future only if
//!   that would have to suspend. The bookkeeping of a future that is ready at its first poll costs
//!   more than the command itself: taking it off the path of a command that need not wait made
//!   every strategy on memory 1.3 to 3 times as fast.
//! - **Ledgers are found by number.** Their lines lie in one array of atomic words for each store,
//!   in chunks, and a receipt's place is its version ([`store`]). So safe code reaches what
//!   otherwise takes raw pointers, the winner of a compare-and-set owns the place it writes to, and
//!   no ledger is ever copied to grow.
//! - **A fault is one plain type for all stores** ([`Fault`](domain::Fault)), and no associated type
//!   of each: an outcome then is the same from any strategy, and can be copied into a reply.
//! - **All that waits is taken from one place.** Strategies and stores take locks, atomics and tasks
//!   from [`sync`] alone, so the same code runs on the real ones and under a scheduler that tries
//!   thousands of schedules a second (docs/PROOF.md).
//! - **Wrong strategies are kept on purpose.** One is in the registry, the others in the test tree.
//!   A checker that has never been seen to fail proves nothing.

pub mod audit;
#[cfg(not(hotrow_loom))]
pub mod cli;
pub mod clock;
pub mod database;
pub mod domain;
#[cfg(not(hotrow_loom))]
pub mod engine;
pub mod history;
#[cfg(not(hotrow_loom))]
pub mod http;
pub mod linearizability;
#[cfg(not(hotrow_loom))]
pub mod machine;
pub mod plot;
#[cfg(not(hotrow_loom))]
pub mod proof;
#[cfg(not(hotrow_loom))]
pub mod record;
#[cfg(not(hotrow_loom))]
pub mod registry;
#[cfg(not(hotrow_loom))]
pub mod report;
#[cfg(not(hotrow_loom))]
#[cfg(test)]
mod scratch;
#[cfg(not(hotrow_loom))]
pub mod service;
pub mod stats;
pub mod store;
pub mod strategy;
pub mod sync;
pub mod timer;
pub mod workload;
