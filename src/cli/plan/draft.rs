//! One cell as it is described, part by part, and checked once it is complete.
//!
//! A part comes from a flag, from a line of a file, or from the axis of a sweep: all of them end
//! here, so that what can be asked in one way can be asked in the others, and is refused with the
//! same words.

use std::{collections::BTreeSet, time::Duration};

use super::{clients, unknown};
use crate::{
    cli::failure::Failure,
    database::Latency,
    engine::{Cell, Clients, Load},
    registry,
    workload::{ArrivalTimes, Arrivals, Keys, Mix},
};

/// The most users that can be asked for: a row each has to fit in memory.
pub(in crate::cli) const USERS_MAX: u64 = 1_000_000;

/// The most rounds of work: milliseconds.
pub(in crate::cli) const WORK_MAX: u32 = 10_000_000;

/// The longest that a client thinks: beyond it nobody asks any more.
const THINK_MAX: Duration = Duration::from_secs(10);

/// The store whose calls take a simulated time.
const SLOW_STORE: &str = "tables";

/// The store that is taken if none is named.
pub(in crate::cli) const STORE: &str = "slab";

/// Tasks that ask where a call takes so long that cores do not matter.
const TASKS_ON_SLOW_STORE: u32 = 32;

/// The parts that a cell can be described by, in the order in which combinations of them are listed.
pub(in crate::cli) const AXES: [&str; 12] = [
    "store", "users", "keys", "clients", "mix", "reads", "think", "work", "history", "latency",
    "arrivals", "rate",
];

/// What is known of a cell so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::cli) struct Draft {
    pub(in crate::cli) store: Option<&'static str>,
    pub(in crate::cli) users: Option<u64>,
    pub(in crate::cli) keys: Option<Keys>,
    pub(in crate::cli) clients: Option<Clients>,
    pub(in crate::cli) mix: Option<Mix>,
    pub(in crate::cli) think: Option<Duration>,
    pub(in crate::cli) work: Option<u32>,
    pub(in crate::cli) history: Option<bool>,
    pub(in crate::cli) latency: Option<Latency>,
    pub(in crate::cli) arrivals: Option<Arrivals>,
    pub(in crate::cli) rate: Option<f64>,
}

impl Draft {
    /// Sets one part to what it is described as.
    pub(in crate::cli) fn set(&mut self, axis: &str, text: &str) -> Result<(), Failure> {
        let refused = |why: String| Failure::usage(format!("{axis} `{text}`: {why}"));
        let number = |bounds: std::ops::RangeInclusive<u64>| match text.replace('_', "").parse() {
            Ok(number) if bounds.contains(&number) => Ok(number),
            _ => Err(refused(format!("give {} to {}", bounds.start(), bounds.end()))),
        };
        match axis {
            "store" => self.store = Some(store(text)?),
            "users" => self.users = Some(number(1..=USERS_MAX)?),
            "keys" => self.keys = Some(text.parse().map_err(|error| refused(told(&error)))?),
            "clients" => self.clients = Some(clients::parse(text).map_err(refused)?),
            "mix" => self.mix = Some(text.parse().map_err(|error| refused(told(&error)))?),
            "reads" => self.mix = Some(with_reads(number(0..=100)?)),
            "think" => self.think = Some(think(text).map_err(refused)?),
            "work" => self.work = u32::try_from(number(0..=u64::from(WORK_MAX))?).ok(),
            "history" => {
                let kept = text.parse().map_err(|_| refused("give true or false".to_owned()))?;
                self.history = Some(kept);
            }
            "latency" => self.latency = Some(text.parse().map_err(|error| refused(told(&error)))?),
            "arrivals" => {
                self.arrivals = Some(text.parse().map_err(|error| refused(told(&error)))?);
            }
            "rate" => self.rate = Some(rate(text).map_err(refused)?),
            _ => return Err(unknown("part of a cell", axis, &AXES.into_iter().collect())),
        }
        Ok(())
    }

    /// Completes what was left open, and checks what was said.
    pub(in crate::cli) fn finish(self) -> Result<(&'static str, Cell), Failure> {
        let store = self.store.unwrap_or(STORE);
        let latency = latency(store, self.latency)?;
        let clients = self.clients.unwrap_or_else(|| default_clients(latency));
        if latency != Latency::None && matches!(clients, Clients::Threads(_)) {
            return Err(Failure::usage(format!(
                "threads cannot wait for a simulated clock: use --clients \
                 tasks:{TASKS_ON_SLOW_STORE}, or --latency none"
            )));
        }
        let history = self.history.unwrap_or(true);
        if !history && store == SLOW_STORE {
            return Err(Failure::usage(format!(
                "{store} count versions by their history: use --store {STORE} to do without one"
            )));
        }
        let cell = Cell {
            users: self.users.unwrap_or(1),
            keys: self.keys.unwrap_or_default(),
            clients,
            mix: self.mix.unwrap_or_default(),
            load: self.load()?,
            work: self.work.unwrap_or(0),
            history,
            latency,
        };
        Ok((store, cell))
    }

    fn load(&self) -> Result<Load, Failure> {
        let think = self.think.unwrap_or_default();
        let Some(per_second) = self.rate else {
            return match self.arrivals {
                None => Ok(Load::Closed { think }),
                Some(arrivals) => Err(Failure::usage(format!(
                    "arrivals {arrivals} of how many requests a second? give --rate"
                ))),
            };
        };
        if !think.is_zero() {
            let why = "clients that keep appointments do not think: leave --rate or --think out";
            return Err(Failure::usage(why));
        }
        let (low, high) = (ArrivalTimes::RATE_MIN, ArrivalTimes::RATE_MAX);
        if !(low..=high).contains(&per_second) {
            return Err(Failure::usage(format!(
                "rate {per_second} cannot be kept: give {low} to {high} requests a second"
            )));
        }
        if !is_to_a_thousandth(per_second) {
            return Err(Failure::usage(format!(
                "rate {per_second} is too fine: give at most three digits after the point"
            )));
        }
        Ok(Load::Open { arrivals: self.arrivals.unwrap_or_default(), per_second })
    }
}

/// Whether rows keep this rate as it was given.
fn is_to_a_thousandth(per_second: f64) -> bool {
    /// Far above the error of the product, far below a digit that is typed.
    const ERROR_MAX: f64 = 1e-5;
    let thousandths = per_second * 1e3;
    (thousandths - thousandths.round()).abs() < ERROR_MAX
}

/// The store of this name.
pub(in crate::cli) fn store(name: &str) -> Result<&'static str, Failure> {
    let stores: BTreeSet<_> = registry::entries().map(|entry| entry.store).collect();
    match stores.get(name) {
        Some(store) => Ok(store),
        None => Err(unknown("store", name, &stores)),
    }
}

/// The latency of a store's calls, as asked for or as the store has it.
pub(in crate::cli) fn latency(store: &str, asked: Option<Latency>) -> Result<Latency, Failure> {
    // Of no length is the same as none, which needs no simulated clock.
    let no_length = |latency: &Latency| {
        matches!(latency, Latency::Scaled(0.0) | Latency::Fixed(Duration::ZERO))
    };
    match (store, asked) {
        (SLOW_STORE, Some(latency)) if no_length(&latency) => Ok(Latency::None),
        (SLOW_STORE, asked) => Ok(asked.unwrap_or(Latency::Assignment)),
        (_, None | Some(Latency::None)) => Ok(Latency::None),
        (_, Some(latency)) => Err(Failure::usage(format!(
            "{store} has no latency, so it cannot be {latency}: use --store {SLOW_STORE}"
        ))),
    }
}

fn default_clients(latency: Latency) -> Clients {
    match latency {
        Latency::None => clients::threads_of_machine(),
        _ => Clients::Tasks(TASKS_ON_SLOW_STORE),
    }
}

/// So many reads in a hundred requests, and as many charges as uses.
fn with_reads(reads: u64) -> Mix {
    let reads = u8::try_from(reads).expect("at most 100");
    let charge = (100 - reads).div_ceil(2);
    Mix::new(charge, 100 - reads - charge, reads).expect("shares of a hundred")
}

/// Reads a time such as `20us` or `1ms`.
pub(in crate::cli) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "write it as 20us or 1ms".to_owned())
}

/// Reads how long a client thinks.
pub(in crate::cli) fn think(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        think if think <= THINK_MAX => Ok(think),
        _ => Err(format!("think for at most {THINK_MAX:?}")),
    }
}

/// Reads a rate such as `50000` or `50k`.
pub(in crate::cli) fn rate(text: &str) -> Result<f64, String> {
    let (digits, factor) = match text.strip_suffix(['k', 'M']) {
        Some(digits) if text.ends_with('k') => (digits, 1e3),
        Some(digits) => (digits, 1e6),
        None => (text, 1.0),
    };
    match digits.replace('_', "").parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate * factor),
        _ => Err("give requests a second, as 50000 or 50k".to_owned()),
    }
}

fn told(error: &dyn std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drafted(parts: &[(&str, &str)]) -> Result<(&'static str, Cell), String> {
        let mut draft = Draft::default();
        for (axis, text) in parts {
            draft.set(axis, text).map_err(|failure| failure.to_string())?;
        }
        draft.finish().map_err(|failure| failure.to_string())
    }

    /// Every part can be described, and none is dropped on the way to the cell.
    #[test]
    fn each_part_reaches_the_cell() {
        let parts = [
            ("users", "1_024"),
            ("keys", "zipf:0.99"),
            ("clients", "tasks:8"),
            ("reads", "91"),
            ("work", "300"),
            ("history", "false"),
            ("arrivals", "burst:16"),
            ("rate", "50k"),
        ];
        let (store, cell) = drafted(&parts).unwrap();
        let load = Load::Open { arrivals: Arrivals::Burst { size: 16 }, per_second: 50_000.0 };
        let mix = Mix::new(5, 4, 91).unwrap();
        let (keys, clients) = (Keys::Zipf { theta: 0.99 }, Clients::Tasks(8));
        let expected = Cell {
            users: 1_024,
            keys,
            clients,
            mix,
            load,
            work: 300,
            history: false,
            latency: Latency::None,
        };
        assert_eq!((store, cell), ("slab", expected));
        let (store, cell) = drafted(&[("store", "tables"), ("think", "2ms")]).unwrap();
        assert_eq!((store, cell.latency), ("tables", Latency::Assignment));
        assert_eq!(cell.load, Load::Closed { think: Duration::from_millis(2) });
    }

    /// What cannot be measured is refused before anything is, in words that say what to do.
    #[test]
    fn what_does_not_fit_together_is_refused() {
        let refused = |parts: &[(&str, &str)]| drafted(parts).unwrap_err();
        assert!(refused(&[("user", "1")]).contains("did you mean users?"));
        assert_eq!(refused(&[("users", "0")]), "users `0`: give 1 to 1000000");
        assert!(refused(&[("keys", "zipf:x")]).starts_with("keys `zipf:x`: "));
        assert!(refused(&[("arrivals", "poisson")]).ends_with("give --rate"));
        assert!(refused(&[("rate", "-1")]).contains("requests a second"));
        assert!(refused(&[("rate", "5"), ("think", "1ms")]).contains("do not think"));
        assert!(refused(&[("rate", "1000M")]).contains("cannot be kept"));
        assert!(refused(&[("rate", "0.0015")]).contains("three digits"));
        for rate in ["0.001", "0.7", "333333.333", "4M"] {
            assert!(drafted(&[("rate", rate)]).is_ok(), "{rate}");
        }
        assert!(refused(&[("latency", "fixed:5ms")]).contains("slab has no latency"));
        let threads = [("store", "tables"), ("clients", "threads:2")];
        assert!(refused(&threads).contains("simulated clock"));
        let bare = [("store", "tables"), ("history", "false")];
        assert!(refused(&bare).contains("do without one"));
    }
}
