//! The flags of a scenario without its load, which `run` and `capacity` share.

use clap::Args;

use super::{
    failure::CliError,
    plan::{
        builder::{self, ScenarioBuilder, USERS_MAX, WORK_MAX},
        clients,
    },
    values::count,
};
use hotrow::scenario::{Clients, KeyDistribution, Latency, Mix};

/// The heading of these flags in the help.
pub(super) const SCENARIO: &str = "Scenario";

/// The flags of a scenario without its load.
#[derive(Debug, Args)]
pub(super) struct ScenarioArgs {
    /// Where accounts live: memory; simulated, whose
    /// calls take time; a database: sqlite, postgres,
    /// sqlite:FILE, postgres://HOST/DB [default: memory]
    #[arg(long, verbatim_doc_comment, help_heading = SCENARIO)]
    pub(super) store: Option<String>,
    /// Number of accounts, such as 1k [default: 1]
    #[arg(long, allow_negative_numbers = true, value_parser = count(1..=USERS_MAX), help_heading = SCENARIO)]
    pub(super) users: Option<u64>,
    /// Which accounts requests go to: uniform, zipf:0.99,
    /// hot:10@90 (90 % of requests to 10 accounts)
    #[arg(long, value_name = "KIND", allow_hyphen_values = true, verbatim_doc_comment, help_heading = SCENARIO)]
    distribution: Option<KeyDistribution>,
    /// Clients: threads:2, tasks:64, or 8 for threads:8
    /// [default: a thread per core; tasks:32 on a store
    /// with latency or a database]
    #[arg(long, allow_hyphen_values = true, value_name = "KIND:COUNT", value_parser = clients::parse, verbatim_doc_comment, help_heading = SCENARIO)]
    clients: Option<Clients>,
    /// Requests in per cent, or balanced, write-only,
    /// read-heavy, drain, fill
    /// [default: charge:50,use:50,read:0]
    #[arg(long, allow_hyphen_values = true, verbatim_doc_comment, help_heading = SCENARIO)]
    mix: Option<Mix>,
    /// Work inside each decision, in rounds of a hash of
    /// 1 to 2 ns
    #[arg(long, value_name = "ROUNDS", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(0..=i64::from(WORK_MAX)), verbatim_doc_comment, help_heading = SCENARIO)]
    work: Option<u32>,
    /// Keep no ledger; only replies are audited
    #[arg(long, help_heading = SCENARIO)]
    no_ledger: bool,
    /// How long a call of store simulated takes, in
    /// simulated time: none, fixed:5ms, scaled:0.1,
    /// assignment
    /// [default: assignment]
    #[arg(long, allow_hyphen_values = true, verbatim_doc_comment, help_heading = SCENARIO)]
    latency: Option<Latency>,
}

impl ScenarioArgs {
    /// Returns the scenario that the flags describe, without a load.
    pub(super) fn builder(&self) -> Result<ScenarioBuilder, CliError> {
        Ok(ScenarioBuilder {
            store: self.store.as_deref().map(builder::store).transpose()?,
            users: self.users,
            distribution: self.distribution,
            clients: self.clients,
            mix: self.mix,
            work: self.work,
            ledger: self.no_ledger.then_some(false),
            latency: self.latency,
            ..ScenarioBuilder::default()
        })
    }
}
