//! Whether there is any use in measuring here, and what to do about it if not.
//!
//! Measuring comes first and judging after: a judgement is a pure function of a number and a limit
//! that has a name and a reason. A warning says that results will be wrong or wide. A note says what
//! belongs beside them. What the system does not tell is not judged.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Cores, Evidence, FOREIGN_MAX, STEAL_MAX, Tally, cores,
    facts::{self, LoadAverage},
    probes::{self, Clock, Spread},
    spin::{LONG_NS, LOST_NS, Spin},
};

/// A tenth of a block of 100 ms, and so more than blocks of two strategies differ by.
const GAP_MAX_NS: u64 = 10_000_000;

/// Time lost in gaps is foreign time by another name.
const LOST_MAX: f64 = FOREIGN_MAX;

/// From here on somebody was at work a minute ago: perhaps ourselves.
const LOAD_MAX: f64 = 0.5;

/// Of the last ten seconds. A machine where nothing waits shows none at all.
const PRESSURE_MAX: f64 = 0.05;

/// A clock that is read without asking the system takes 20 to 50 ns; one that asks takes hundreds,
/// which is then what time stamps measure.
const CLOCK_COST_MAX_NS: f64 = 100.0;

/// Above it a command in memory, 3 to 100 ns, and a quantile of it are both 0 or one grain.
const CLOCK_GRAIN_MAX_NS: u64 = 100;

/// Twenty times what was asked for: pacing by sleep would be late, and has to spin.
const OVERSLEEP_50_US_MAX_NS: u64 = 1_000_000;

/// An open loop spins for the last 5 ms before each request. Whoever sleeps longer is late.
const OVERSLEEP_1_MS_MAX_NS: u64 = 5_000_000;

/// Two wake-ups of some microseconds each are usual on a machine of its own. Above this, whatever
/// hands over to another thread pays for the machine, and a ranking of it says little of others.
const HAND_OVER_MAX_NS: u64 = 30_000;

/// How much of the time goes to the loop, in tenths; each of the four probes has one.
const SPIN_TENTHS: u32 = 6;

/// What was found, in the order of how much it matters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Examination {
    /// One of each kind, always in the same order.
    pub findings: Vec<Finding>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What was looked at.
    pub name: String,
    /// What it is, with its unit.
    pub value: String,
    /// What to think of it.
    pub judgement: Judgement,
    /// What to do about it, or to bear in mind.
    pub advice: Option<String>,
}

/// What to think of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Judgement {
    /// As it should be, or not known.
    Fine,
    /// Belongs beside the results.
    Note,
    /// Makes them wrong, or wide.
    Warning,
}

/// Looks at the machine for about as long as `duration`, which all of its processors are busy for.
pub fn examine(duration: Duration) -> Examination {
    let cores = cores();
    // Before we are a load ourselves.
    let (load_average, pressure) = (facts::load_average(), facts::pressure());
    let before = Tally::now();
    let spin = Spin::on_all_cores(duration * SPIN_TENTHS / 10);
    let evidence = Evidence::between(&before, &Tally::now());
    let tenth = duration / 10;
    Examination {
        findings: vec![
            profile(env!("HOTROW_PROFILE")),
            of_cores(&cores),
            group_limit(&cores),
            foreign(&evidence),
            steal(&evidence),
            lost(&spin),
            longest_gap(&spin),
            load(load_average),
            waiting(pressure),
            clock_cost(probes::clock(tenth), facts::clock_source().as_deref()),
            oversleep_50_us(probes::oversleep(Duration::from_micros(50), tenth)),
            oversleep_1_ms(probes::oversleep(Duration::from_millis(1), tenth)),
            hand_over(probes::hand_over(tenth)),
            hypervisor(facts::hypervisor()),
            siblings(facts::siblings()),
            governors(&facts::governors()),
        ],
    }
}

impl Finding {
    fn fine(name: &'static str, value: impl Into<String>) -> Finding {
        let name = name.to_owned();
        Finding { name, value: value.into(), judgement: Judgement::Fine, advice: None }
    }

    fn unknown(name: &'static str) -> Finding {
        Finding::fine(name, "not known")
    }

    fn note(self, when: bool, advice: &str) -> Finding {
        self.judged(when, Judgement::Note, advice)
    }

    fn warning(self, when: bool, advice: &str) -> Finding {
        self.judged(when, Judgement::Warning, advice)
    }

    /// The graver judgement stays.
    fn judged(self, when: bool, judgement: Judgement, advice: &str) -> Finding {
        match when && self.judgement < judgement {
            true => Finding { judgement, advice: Some(advice.to_owned()), ..self },
            false => self,
        }
    }
}

fn profile(profile: &str) -> Finding {
    Finding::fine("build", profile).warning(
        profile != "release",
        "a build without optimisation ranks what is not run: use cargo run --release",
    )
}

fn of_cores(cores: &Cores) -> Finding {
    let usable = cores.usable;
    let value = match (cores.limited_by(), cores.online) {
        (Some(limited_by), Some(online)) => format!("{usable} of {online}, {limited_by}"),
        _ => format!("{usable} for this process"),
    };
    Finding::fine("cores", value)
        .warning(usable == 1, "nothing runs in parallel on one core: only tasks can be compared")
}

/// A thread for each usable core keeps to the limit, unless the limit is less than one core, or a
/// part of one beside whole ones.
fn group_limit(cores: &Cores) -> Finding {
    let name = "control group";
    let Some(limit) = cores.quota else { return Finding::fine(name, "no limit") };
    Finding::fine(name, format!("at most {limit:.2} cores at a time")).warning(
        limit < cores.usable as f64,
        "it is stopped for the rest of each period: raise the limit, or use fewer clients",
    )
}

fn foreign(evidence: &Evidence) -> Finding {
    let name = "foreign cpu";
    let Some(share) = evidence.foreign_share else { return Finding::unknown(name) };
    Finding::fine(name, share_and_error(share, evidence.foreign_error)).warning(
        share - evidence.foreign_error > FOREIGN_MAX,
        "something else is running: stop it, or blocks are thrown away and run again",
    )
}

fn steal(evidence: &Evidence) -> Finding {
    let name = "steal";
    let Some(share) = evidence.steal_share else { return Finding::unknown(name) };
    Finding::fine(name, share_and_error(share, evidence.steal_error)).warning(
        share - evidence.steal_error > STEAL_MAX,
        "the host has other guests at work: come back later, or take a machine of your own",
    )
}

fn lost(spin: &Spin) -> Finding {
    let value = format!("{} in gaps over {}", percent(spin.lost_share()), time(LOST_NS));
    Finding::fine("lost time", value).warning(
        spin.lost_share() > LOST_MAX,
        "the processors do something else meanwhile: stop it, or measure more blocks",
    )
}

fn longest_gap(spin: &Spin) -> Finding {
    let value = format!("{}; {} over {}", time(spin.longest_ns), spin.long, time(LONG_NS));
    Finding::fine("longest gap", value).warning(
        spin.longest_ns > GAP_MAX_NS,
        "tails above p99 are of this machine: compare them with those of `null` only",
    )
}

fn load(load: Option<LoadAverage>) -> Finding {
    let name = "load average";
    let Some(LoadAverage { one_minute, five_minutes }) = load else {
        return Finding::unknown(name);
    };
    Finding::fine(name, format!("{one_minute:.2} over 1 min, {five_minutes:.2} over 5")).note(
        one_minute > LOAD_MAX,
        "somebody was at work in the last minute: if it was not you, see what it is",
    )
}

fn waiting(pressure: Option<f64>) -> Finding {
    let name = "pressure";
    let Some(share) = pressure else { return Finding::unknown(name) };
    Finding::fine(name, format!("{} of the last 10 s something waited to run", percent(share)))
        .note(
            share > PRESSURE_MAX,
            "more wants to run than there are processors: wait until it is done",
        )
}

fn clock_cost(clock: Clock, source: Option<&str>) -> Finding {
    let Clock { cost_ns, grain_ns } = clock;
    let source = source.map_or_else(String::new, |source| format!(" ({source})"));
    Finding::fine("clock", format!("{cost_ns:.0} ns a reading, grain {}{source}", time(grain_ns)))
        .note(grain_ns > CLOCK_GRAIN_MAX_NS, "latencies below the grain are not to be quoted")
        .warning(
            cost_ns > CLOCK_COST_MAX_NS,
            "each reading asks the system: time stamps measure the clock; use tsc or kvm-clock",
        )
}

fn oversleep_50_us(spread: Spread) -> Finding {
    Finding::fine("sleep of 50 us", late(spread)).note(
        spread.p99_ns > OVERSLEEP_50_US_MAX_NS,
        "clients that are to be in time have to spin here, which takes a core each",
    )
}

fn oversleep_1_ms(spread: Spread) -> Finding {
    Finding::fine("sleep of 1 ms", late(spread)).warning(
        spread.p99_ns > OVERSLEEP_1_MS_MAX_NS,
        "clients of an open loop wake up too late to be in time: offer less, or use fewer",
    )
}

fn hand_over(spread: Spread) -> Finding {
    let value = format!("{} there and back, p99 {}", time(spread.p50_ns), time(spread.p99_ns));
    Finding::fine("hand-over", value).note(
        spread.p50_ns > HAND_OVER_MAX_NS,
        "waking another thread is dear here: queues and actors are punished, so say so",
    )
}

fn hypervisor(hypervisor: Option<String>) -> Finding {
    let name = "virtual machine";
    let Some(hypervisor) = hypervisor else {
        return Finding::fine(name, "none that the machine tells of");
    };
    Finding::fine(name, hypervisor)
        .note(true, "its cores may be halves of the host's, and steal is not always told")
}

fn siblings(siblings: Option<bool>) -> Finding {
    let name = "shared cores";
    let Some(siblings) = siblings else { return Finding::unknown(name) };
    Finding::fine(name, if siblings { "two processors or more share one" } else { "none" })
        .note(siblings, "two clients may run on one core: throughput over threads bends there")
}

fn governors(governors: &[String]) -> Finding {
    let name = "governor";
    if governors.is_empty() {
        return Finding::unknown(name);
    }
    Finding::fine(name, governors.join(", ")).note(
        governors.iter().any(|governor| governor != "performance"),
        "the frequency follows the load: cpupower frequency-set -g performance",
    )
}

fn late(spread: Spread) -> String {
    format!("{} late, p99 {}", time(spread.p50_ns), time(spread.p99_ns))
}

fn share_and_error(share: f64, error: f64) -> String {
    format!("{}, to within {}", percent(share), percent(error))
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn time(ns: u64) -> String {
    let digits = |number: f64| if number < 10.0 && number.fract() > 0.0 { 1 } else { 0 };
    let (number, unit) = match ns {
        ..1_000 => (ns as f64, "ns"),
        1_000..1_000_000 => (ns as f64 / 1e3, "us"),
        _ => (ns as f64 / 1e6, "ms"),
    };
    format!("{number:.*} {unit}", digits(number))
}

#[cfg(test)]
mod tests;
