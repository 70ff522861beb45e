//! Compares concurrency-control strategies on one contended row, and checks that each of them is
//! correct before it reports a speed.
//!
//! Many clients charge and use one point account at the same time. Each command reads the balance,
//! applies the rules, and writes the new balance. Without concurrency control two commands read the
//! same balance and one of the two updates is lost. Each way to prevent that is a *strategy*:
//!
//! ```text
//! Command --> strategy { load -> decide -> commit } --> Receipt | Rejection | indeterminate
//! ```
//!
//! The rule is one pure function, [`Command::decide`](domain::Command::decide). A store offers
//! single loads and single commits, and guarantees nothing about a pair of them. A strategy adds
//! exactly that guarantee. Strategies differ in nothing else: rule, store, service, load generator
//! and clock are the same for all. A [`Receipt`](domain::Receipt) is the answer to the client, the
//! entry in the ledger and the input of the audit.
//!
//! # Modules
//!
//! | module | contents | does not contain |
//! |---|---|---|
//! | [`domain`] | users, amounts, commands, policy, receipts, rejections | clocks, locks, I/O |
//! | [`scenario`] | what is measured: users, mix, load, latency | strategies, stores |
//! | [`workload`] | seeded streams of requests and due times | strategies, stores |
//! | [`clock`] | the time that goes into a ledger, set from outside | |
//! | [`timer`] | timers for simulated delays, to the nanosecond | |
//! | [`sync`] | everything that strategies and stores synchronize with | |
//! | [`store`] | where accounts live, what a store can do, decorators | rules |
//! | [`strategy`] | the trait, and one file per strategy | names of stores |
//! | [`service`] | the four functions, over any strategy | HTTP, CSV |
//!
//! Crates around this one verify strategies (`hotrow-verify`), measure them (`hotrow-engine`), store and
//! report the results (`hotrow-results`, `hotrow-report`), serve accounts over HTTP (`hotrow-server`),
//! and make the program `hotrow` (`hotrow-cli`).
//!
//! # Examples
//!
//! ```
//! use hotrow::{
//!     domain::{Amount, Policy, UserId},
//!     service::PointService,
//!     store::{Memory, StoreConfig},
//!     strategy::{CombiningLock, Queue},
//! };
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! type Service = PointService<Queue<Memory<CombiningLock>>>;
//! let service = Service::open(&StoreConfig::default(), Policy::default()).await.unwrap();
//! let user = UserId::new(1).unwrap();
//! service.charge(user, Amount::new(500).unwrap()).await.unwrap();
//! assert_eq!(service.balance(user).await.unwrap().balance, 500);
//! # });
//! ```
//!
//! # Design decisions
//!
//! - **Commands are data and not closures.** A queue stores them, an actor receives them as
//!   messages, a compare-and-set loop decides them again, and the ledger keeps their receipts.
//! - **The state that a strategy keeps for one user lies beside the account**, and one look-up
//!   finds both. So no strategy has a map of its own, none leaks one, and no measurement includes
//!   one.
//! - **Futures only where a command waits.** A client first makes a plain call
//!   ([`execute_sync`](strategy::ConcurrencyStrategy::execute_sync)), and awaits a future only if
//!   that call would have to suspend. The bookkeeping of a future that is ready at its first poll
//!   costs more than the command itself: plain calls made every strategy on memory 1.3 to 3 times
//!   as fast.
//! - **Ledger entries are found by number.** The entries of a store lie in one array of atomic
//!   words, in chunks, and the place of a receipt is its version ([`store`]). So safe code does
//!   what otherwise takes raw pointers, the winner of a compare-and-set owns the place that it
//!   writes to, and a ledger is never copied to grow.
//! - **All stores share one error type** ([`StoreError`](domain::StoreError)) instead of an
//!   associated type each. So an outcome has the same type from any strategy, and can be copied into
//!   a reply. A call that writes returns a [`CommitError`](domain::CommitError), so `?` keeps apart
//!   what is certainly not applied and what may be.
//! - **Everything that waits comes from one module.** Strategies and stores take locks, atomics and
//!   tasks from [`sync`] alone, so the same code runs on the real ones and under a scheduler that
//!   tries thousands of schedules a second (docs/PROOF.md).
//! - **Incorrect strategies are kept.** The negative control is in the registry, seeded bugs are in
//!   the test tree. A checker that has never failed proves nothing.

#![deny(missing_docs)]

pub mod clock;
pub mod domain;
pub mod scenario;
#[cfg(not(hotrow_loom))]
pub mod service;
pub mod store;
pub mod strategy;
pub mod sync;
pub mod timer;
pub mod workload;
