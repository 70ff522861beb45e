//! The stores on real engines: the rule in SQL, concurrent clients, lost answers and crashes.
//!
//! Every run ends with an audit of all replies against the ledger, which is read from the store over
//! a second connection after the last reply. The seeded bugs show that the audit catches the
//! mistakes that such stores invite.
//!
//! Without PostgreSQL its tests say on the standard error what they skip. With
//! `HOTROW_POSTGRES=required` that is a failure.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod clients;
mod contract;
mod crashes;
mod engines;
mod exactly_once;
mod rule;
mod seeded_bugs;
mod strategies;
