//! Builds a scenario part by part, and validates it when it is complete.
//!
//! A part comes from a flag, from a key of a file, or from the axis of a sweep. All three use this
//! builder, so they accept the same values and give the same errors.

use std::{collections::BTreeSet, time::Duration};

use super::{clients, unknown};
use crate::{failure::CliError, values::count};
use hotrow::{
    scenario::Latency,
    scenario::{Arrivals, KeyDistribution, Mix},
    scenario::{Clients, Load, Scenario},
    workload::ArrivalTimes,
};

/// The most users: each needs a row in memory.
pub(crate) const USERS_MAX: u64 = 1_000_000;

/// The most work of a decision, in rounds of a hash: it takes milliseconds.
pub(crate) const WORK_MAX: u32 = 10_000_000;

/// The longest think time: with a longer one, hardly any requests are sent.
const THINK_MAX: Duration = Duration::from_secs(10);

/// The store whose calls take simulated time.
const SLOW_STORE: &str = "simulated";

/// The default store.
pub(crate) const STORE: &str = "memory";

/// The default number of clients on a store with latency and on a database, where the number of
/// cores is irrelevant.
const TASKS_ON_SLOW_STORE: u32 = 32;

/// Databases, with the cargo feature that compiles each in.
const DATABASES: [(&str, &str); 2] = [("sqlite", "sqlite"), ("postgres", "postgres")];

/// A store, and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoreAt {
    pub(crate) name: &'static str,
    /// The file or the URL of a database. `None` for a private place, and in memory.
    pub(crate) location: Option<&'static str>,
}

/// The parts of a scenario, in the order in which combinations of them are listed.
pub(crate) const AXES: [&str; 12] = [
    "store",
    "users",
    "distribution",
    "clients",
    "mix",
    "reads",
    "think",
    "work",
    "ledger",
    "latency",
    "arrivals",
    "rate",
];

/// The parts of a scenario that are given so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct ScenarioBuilder {
    pub(crate) store: Option<StoreAt>,
    pub(crate) users: Option<u64>,
    pub(crate) distribution: Option<KeyDistribution>,
    pub(crate) clients: Option<Clients>,
    pub(crate) mix: Option<Mix>,
    pub(crate) think: Option<Duration>,
    pub(crate) work: Option<u32>,
    pub(crate) ledger: Option<bool>,
    pub(crate) latency: Option<Latency>,
    pub(crate) arrivals: Option<Arrivals>,
    pub(crate) rate: Option<f64>,
}

impl ScenarioBuilder {
    /// Sets one part to the value in `text`.
    pub(crate) fn set(&mut self, axis: &str, text: &str) -> Result<(), CliError> {
        let rejected = |why: String| CliError::usage(format!("{axis} `{text}`: {why}"));
        let number = |bounds| count(bounds)(text).map_err(rejected);
        match axis {
            "store" => self.store = Some(store(text)?),
            "users" => self.users = Some(number(1..=USERS_MAX)?),
            "distribution" => {
                self.distribution = Some(text.parse().map_err(|error| rejected(message(&error)))?)
            }
            "clients" => self.clients = Some(clients::parse(text).map_err(rejected)?),
            "mix" => self.mix = Some(text.parse().map_err(|error| rejected(message(&error)))?),
            "reads" => self.mix = Some(with_reads(number(0..=100)?)),
            "think" => self.think = Some(think(text).map_err(rejected)?),
            "work" => self.work = u32::try_from(number(0..=u64::from(WORK_MAX))?).ok(),
            "ledger" => {
                let ledger = text.parse().map_err(|_| rejected("give true or false".to_owned()))?;
                self.ledger = Some(ledger);
            }
            "latency" => {
                self.latency = Some(text.parse().map_err(|error| rejected(message(&error)))?)
            }
            "arrivals" => {
                self.arrivals = Some(text.parse().map_err(|error| rejected(message(&error)))?);
            }
            "rate" => self.rate = Some(rate(text).map_err(rejected)?),
            _ => return Err(unknown("part of a scenario", axis, &AXES.into_iter().collect())),
        }
        Ok(())
    }

    /// Fills in defaults, validates the combination, and returns the store and the scenario.
    pub(crate) fn finish(self) -> Result<(&'static str, Scenario), CliError> {
        let store = self.store.map_or(STORE, |store| store.name);
        let latency = latency(store, self.latency)?;
        let clients = self.clients.unwrap_or_else(|| default_clients(store, latency));
        if latency != Latency::None && matches!(clients, Clients::Threads(_)) {
            return Err(CliError::usage(format!(
                "threads cannot wait for a simulated clock: use --clients \
                 tasks:{TASKS_ON_SLOW_STORE}, or --latency none"
            )));
        }
        let ledger = self.ledger.unwrap_or(true);
        if !ledger && (store == SLOW_STORE || is_database(store)) {
            return Err(CliError::usage(format!(
                "store {store} needs its ledger: remove --no-ledger, or use --store {STORE}"
            )));
        }
        let scenario = Scenario {
            users: self.users.unwrap_or(1),
            distribution: self.distribution.unwrap_or_default(),
            clients,
            mix: self.mix.unwrap_or_default(),
            load: self.load()?,
            work: self.work.unwrap_or(0),
            ledger,
            latency,
        };
        Ok((store, scenario))
    }

    fn load(&self) -> Result<Load, CliError> {
        let think = self.think.unwrap_or_default();
        let Some(per_second) = self.rate else {
            return match self.arrivals {
                None => Ok(Load::Closed { think }),
                Some(arrivals) => Err(CliError::usage(format!(
                    "arrivals {arrivals} need an open loop: give --rate"
                ))),
            };
        };
        if !think.is_zero() {
            let why = "--think needs a closed loop: remove --rate or --think";
            return Err(CliError::usage(why));
        }
        let (low, high) = (ArrivalTimes::RATE_MIN, ArrivalTimes::RATE_MAX);
        if !(low..=high).contains(&per_second) {
            return Err(CliError::usage(format!(
                "rate {per_second} is out of range: give {low} to {high} requests a second"
            )));
        }
        if !is_to_a_thousandth(per_second) {
            return Err(CliError::usage(format!(
                "rate {per_second} is too precise: give at most three decimal digits"
            )));
        }
        Ok(Load::Open { arrivals: self.arrivals.unwrap_or_default(), per_second })
    }
}

/// Returns whether rows, which have thousandths of a request a second, can hold this rate exactly.
fn is_to_a_thousandth(per_second: f64) -> bool {
    /// Far above the rounding error of the product, and far below a typed digit.
    const ERROR_MAX: f64 = 1e-5;
    let thousandths = per_second * 1e3;
    (thousandths - thousandths.round()).abs() < ERROR_MAX
}

/// Parses a store of the registry: its name, or for a database also `sqlite:FILE` or
/// `postgres://HOST/DATABASE`.
pub(crate) fn store(text: &str) -> Result<StoreAt, CliError> {
    let (name, location) = match text.split_once(':') {
        Some((name, file)) if name == "sqlite" && !file.is_empty() => (name, Some(file)),
        Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
            ("postgres", Some(text))
        }
        _ => (text, None),
    };
    let stores: BTreeSet<_> = hotrow_registry::all().map(|entry| entry.store).collect();
    if let Some(name) = stores.get(name) {
        // A scenario is copied freely, and a program has one such location.
        let location = location.map(|location| &*location.to_owned().leak());
        return Ok(StoreAt { name, location });
    }
    match DATABASES.iter().find(|(database, _)| *database == name) {
        Some((_, feature)) => Err(CliError::usage(format!(
            "store {name} is not compiled in: build with `--features hotrow-cli/{feature}`"
        ))),
        None => Err(unknown("store", name, &stores)),
    }
}

/// Whether calls of the store do I/O.
pub(crate) fn is_database(store: &str) -> bool {
    hotrow_registry::databases().any(|entry| entry.store == store)
}

/// Returns the latency of a store's calls: the given one, or the default of the store.
pub(crate) fn latency(store: &str, given: Option<Latency>) -> Result<Latency, CliError> {
    // A latency of zero is the same as none, and needs no simulated clock.
    let is_zero = |latency: &Latency| {
        matches!(latency, Latency::Scaled(0.0) | Latency::Fixed(Duration::ZERO))
    };
    match (store, given) {
        (SLOW_STORE, Some(latency)) if is_zero(&latency) => Ok(Latency::None),
        (SLOW_STORE, given) => Ok(given.unwrap_or(Latency::Assignment)),
        (_, None | Some(Latency::None)) => Ok(Latency::None),
        (_, Some(latency)) => Err(CliError::usage(format!(
            "{store} has no latency, so it cannot be {latency}: use --store {SLOW_STORE}"
        ))),
    }
}

fn default_clients(store: &str, latency: Latency) -> Clients {
    match latency {
        Latency::None if !is_database(store) => clients::threads_of_machine(),
        _ => Clients::Tasks(TASKS_ON_SLOW_STORE),
    }
}

/// Returns a mix with `reads` per cent of reads, and equal shares of charges and uses.
fn with_reads(reads: u64) -> Mix {
    let reads = u8::try_from(reads).expect("the caller checks that it is at most 100");
    let charge = (100 - reads).div_ceil(2);
    Mix::new(charge, 100 - reads - charge, reads).expect("the shares add up to 100")
}

/// Parses a time such as `20us` or `1ms`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "write it as 20us or 1ms".to_owned())
}

/// Parses a think time.
pub(crate) fn think(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        think if think <= THINK_MAX => Ok(think),
        _ => Err(format!("give at most {THINK_MAX:?}")),
    }
}

/// Parses a rate such as `50000` or `50k`.
pub(crate) fn rate(text: &str) -> Result<f64, String> {
    let (digits, factor) = match text.strip_suffix(['k', 'M']) {
        Some(digits) if text.ends_with('k') => (digits, 1e3),
        Some(digits) => (digits, 1e6),
        None => (text, 1.0),
    };
    match digits.replace('_', "").parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate * factor),
        _ => Err("give requests a second, such as 50000 or 50k".to_owned()),
    }
}

fn message(error: &dyn std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(parts: &[(&str, &str)]) -> Result<(&'static str, Scenario), String> {
        let mut builder = ScenarioBuilder::default();
        for (axis, text) in parts {
            builder.set(axis, text).map_err(|error| error.to_string())?;
        }
        builder.finish().map_err(|error| error.to_string())
    }

    /// No given part may be lost.
    #[test]
    fn each_part_is_set_in_the_scenario() {
        let parts = [
            ("users", "1_024"),
            ("distribution", "zipf:0.99"),
            ("clients", "tasks:8"),
            ("reads", "91"),
            ("work", "300"),
            ("ledger", "false"),
            ("arrivals", "burst:16"),
            ("rate", "50k"),
        ];
        let (store, scenario) = built(&parts).unwrap();
        let load = Load::Open { arrivals: Arrivals::Burst { size: 16 }, per_second: 50_000.0 };
        let mix = Mix::new(5, 4, 91).unwrap();
        let (distribution, clients) = (KeyDistribution::Zipf { theta: 0.99 }, Clients::Tasks(8));
        let expected = Scenario {
            users: 1_024,
            distribution,
            clients,
            mix,
            load,
            work: 300,
            ledger: false,
            latency: Latency::None,
        };
        assert_eq!((store, scenario), ("memory", expected));
        let (store, scenario) = built(&[("store", "simulated"), ("think", "2ms")]).unwrap();
        assert_eq!((store, scenario.latency), ("simulated", Latency::Assignment));
        assert_eq!(scenario.load, Load::Closed { think: Duration::from_millis(2) });
    }

    /// A scenario that cannot be measured is rejected, with advice.
    #[test]
    fn invalid_parts_and_combinations_are_rejected() {
        let rejected = |parts: &[(&str, &str)]| built(parts).unwrap_err();
        assert!(rejected(&[("user", "1")]).contains("did you mean users?"));
        assert_eq!(rejected(&[("users", "0")]), "users `0`: give 1 to 1000000");
        assert!(rejected(&[("distribution", "zipf:x")]).starts_with("distribution `zipf:x`: "));
        assert!(rejected(&[("arrivals", "poisson")]).ends_with("give --rate"));
        assert!(rejected(&[("rate", "-1")]).contains("requests a second"));
        let both = rejected(&[("rate", "5"), ("think", "1ms")]);
        assert_eq!(both, "--think needs a closed loop: remove --rate or --think");
        assert!(rejected(&[("rate", "1000M")]).contains("is out of range"));
        assert!(rejected(&[("rate", "0.0015")]).contains("three decimal digits"));
        for rate in ["0.001", "0.7", "333333.333", "4M"] {
            assert!(built(&[("rate", rate)]).is_ok(), "{rate}");
        }
        assert!(rejected(&[("latency", "fixed:5ms")]).contains("memory has no latency"));
        let threads = [("store", "simulated"), ("clients", "threads:2")];
        assert!(rejected(&threads).contains("simulated clock"));
        let no_ledger = [("store", "simulated"), ("ledger", "false")];
        assert!(rejected(&no_ledger).contains("simulated needs its ledger"));
    }
}
