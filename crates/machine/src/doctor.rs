//! Checks whether a machine is fit for measuring, and advises what to do if it is not.
//!
//! Probes run first. A severity is then a pure function of a number and a named limit. A warning
//! means that results will be wrong or their intervals wide. A note means that the finding belongs
//! beside the results. A fact that the system does not report has no severity above `fine`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Cores, CpuCounters, FOREIGN_MAX, Interference, STEAL_MAX, cores,
    facts::{self, LoadAverage},
    jitter_probe::{HICCUP_MIN_NS, JITTER_MIN_NS, JitterProbe},
    probes::{self, Clock, Spread},
};

/// A tenth of a block of 100 ms: more than the blocks of two strategies differ by.
const GAP_MAX_NS: u64 = 10_000_000;

/// Jitter is foreign time, measured in another way.
const JITTER_SHARE_MAX: f64 = FOREIGN_MAX;

/// Above this, something ran in the last minute. It may have been hotrow itself.
const LOAD_MAX: f64 = 0.5;

/// A share of the last ten seconds. Without tasks that wait for a processor it is zero.
const PRESSURE_MAX: f64 = 0.05;

/// Reading a clock without a system call takes 20 to 50 ns. With one it takes hundreds of
/// nanoseconds, and time stamps then measure the clock itself.
const CLOCK_COST_MAX_NS: f64 = 100.0;

/// Above this, the time of a command in memory, 3 to 100 ns, reads as 0 or as one clock step, and
/// so does each of its quantiles.
const CLOCK_RESOLUTION_MAX_NS: u64 = 100;

/// Twenty times the requested sleep. Above this, a client that paces itself by sleep is late, so it
/// has to spin.
const OVERSLEEP_50_US_MAX_NS: u64 = 1_000_000;

/// An open loop spins for the last 5 ms before each request. A client that oversleeps by more is
/// late.
const OVERSLEEP_1_MS_MAX_NS: u64 = 5_000_000;

/// Two wake-ups of some microseconds each are usual on a dedicated machine. Above this, strategies
/// that switch to another thread pay for the machine, and their ranks say little about other
/// machines.
const CONTEXT_SWITCH_MAX_NS: u64 = 30_000;

/// The share of the time that the jitter probe gets, in tenths; each of the other four probes gets
/// one.
const JITTER_TENTHS: u32 = 6;

/// All findings about a machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Examination {
    /// One finding of each kind, the most important first, always in the same order.
    pub findings: Vec<Finding>,
}

/// One checked fact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The name of the fact.
    pub name: String,
    /// Its value, with the unit.
    pub value: String,
    /// How much it affects results.
    pub judgement: Severity,
    /// What to do about it, or what to consider when reading results.
    pub advice: Option<String>,
}

/// How much a finding affects results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be, or unknown.
    Fine,
    /// The finding belongs beside the results.
    Note,
    /// The finding makes results wrong, or their intervals wide.
    Warning,
}

/// Examines the machine for about `duration`, and keeps all usable cores busy meanwhile.
pub fn examine(duration: Duration) -> Examination {
    let cores = cores();
    // Read before the probes are a load themselves.
    let (load_average, pressure) = (facts::load_average(), facts::pressure());
    let before = CpuCounters::now();
    let probe = JitterProbe::on_all_cores(duration * JITTER_TENTHS / 10);
    let interference = Interference::between(&before, &CpuCounters::now());
    let tenth = duration / 10;
    Examination {
        findings: vec![
            profile(if cfg!(debug_assertions) { "debug" } else { "release" }),
            usable_cores(&cores),
            group_limit(&cores),
            foreign(&interference),
            steal(&interference),
            jitter(&probe),
            longest_hiccup(&probe),
            load(load_average),
            waiting(pressure),
            clock_cost(probes::clock(tenth), facts::clock_source().as_deref()),
            oversleep_50_us(probes::oversleep(Duration::from_micros(50), tenth)),
            oversleep_1_ms(probes::oversleep(Duration::from_millis(1), tenth)),
            context_switch(probes::context_switch(tenth)),
            hypervisor(facts::hypervisor()),
            siblings(facts::siblings()),
            governors(&facts::governors()),
        ],
    }
}

impl Finding {
    fn fine(name: &'static str, value: impl Into<String>) -> Finding {
        let name = name.to_owned();
        Finding { name, value: value.into(), judgement: Severity::Fine, advice: None }
    }

    fn unknown(name: &'static str) -> Finding {
        Finding::fine(name, "not known")
    }

    fn note(self, condition: bool, advice: &str) -> Finding {
        self.with_severity(condition, Severity::Note, advice)
    }

    fn warning(self, condition: bool, advice: &str) -> Finding {
        self.with_severity(condition, Severity::Warning, advice)
    }

    /// Raises the severity under a condition, and never lowers it.
    fn with_severity(self, condition: bool, judgement: Severity, advice: &str) -> Finding {
        match condition && self.judgement < judgement {
            true => Finding { judgement, advice: Some(advice.to_owned()), ..self },
            false => self,
        }
    }
}

fn profile(profile: &str) -> Finding {
    Finding::fine("build", profile).warning(
        profile != "release",
        "a build without optimisation does not rank what users run: use cargo run --release",
    )
}

fn usable_cores(cores: &Cores) -> Finding {
    let usable = cores.usable;
    let value = match (cores.limited_by(), cores.online) {
        (Some(limited_by), Some(online)) => format!("{usable} of {online}, {limited_by}"),
        _ => format!("{usable} for this process"),
    };
    Finding::fine("cores", value)
        .warning(usable == 1, "one core runs nothing in parallel: compare tasks only")
}

/// One thread for each usable core stays within the limit, unless the limit is below one core.
/// A limit above one core is rounded down to whole cores.
fn group_limit(cores: &Cores) -> Finding {
    let name = "control group";
    let Some(limit) = cores.quota else { return Finding::fine(name, "no limit") };
    Finding::fine(name, format!("at most {limit:.2} cores at a time")).warning(
        limit < cores.usable as f64,
        "each period the process is throttled: raise the limit, or use fewer clients",
    )
}

fn foreign(interference: &Interference) -> Finding {
    let name = "foreign cpu";
    let Some(share) = interference.foreign_share else { return Finding::unknown(name) };
    Finding::fine(name, share_and_error(share, interference.foreign_error)).warning(
        share - interference.foreign_error > FOREIGN_MAX,
        "other programs are running: stop them, or blocks are excluded and repeated",
    )
}

fn steal(interference: &Interference) -> Finding {
    let name = "steal";
    let Some(share) = interference.steal_share else { return Finding::unknown(name) };
    Finding::fine(name, share_and_error(share, interference.steal_error)).warning(
        share - interference.steal_error > STEAL_MAX,
        "the host runs other virtual machines: measure later, or on a dedicated machine",
    )
}

fn jitter(probe: &JitterProbe) -> Finding {
    let value = format!("{} in gaps over {}", percent(probe.jitter_share()), time(JITTER_MIN_NS));
    Finding::fine("jitter", value).warning(
        probe.jitter_share() > JITTER_SHARE_MAX,
        "the processors run something else meanwhile: stop it, or measure more blocks",
    )
}

fn longest_hiccup(probe: &JitterProbe) -> Finding {
    let JitterProbe { gap_ns_max, hiccups, .. } = *probe;
    let value = format!("{}; {hiccups} over {}", time(gap_ns_max), time(HICCUP_MIN_NS));
    Finding::fine("longest hiccup", value).warning(
        gap_ns_max > GAP_MAX_NS,
        "tails above p99 are due to this machine: compare them only with those of noop",
    )
}

fn load(load: Option<LoadAverage>) -> Finding {
    let name = "load average";
    let Some(LoadAverage { one_minute, five_minutes }) = load else {
        return Finding::unknown(name);
    };
    Finding::fine(name, format!("{one_minute:.2} over 1 min, {five_minutes:.2} over 5")).note(
        one_minute > LOAD_MAX,
        "something ran in the last minute: if you did not start it, find out what it is",
    )
}

fn waiting(pressure: Option<f64>) -> Finding {
    let name = "pressure";
    let Some(share) = pressure else { return Finding::unknown(name) };
    Finding::fine(name, format!("a task waited to run in {} of the last 10 s", percent(share)))
        .note(
            share > PRESSURE_MAX,
            "more tasks are runnable than there are processors: wait until they end",
        )
}

fn clock_cost(clock: Clock, source: Option<&str>) -> Finding {
    let Clock { cost_ns, resolution_ns } = clock;
    let source = source.map_or_else(String::new, |source| format!(" ({source})"));
    let resolution = time(resolution_ns);
    Finding::fine("clock", format!("{cost_ns:.0} ns a reading, resolution {resolution}{source}"))
        .note(
            resolution_ns > CLOCK_RESOLUTION_MAX_NS,
            "do not quote latencies below the clock resolution",
        )
        .warning(
            cost_ns > CLOCK_COST_MAX_NS,
            "each reading is a system call, so time stamps measure the clock: use tsc or kvm-clock",
        )
}

fn oversleep_50_us(spread: Spread) -> Finding {
    Finding::fine("sleep of 50 us", late(spread)).note(
        spread.p99_ns > OVERSLEEP_50_US_MAX_NS,
        "clients must spin to be on time here, which takes one core each",
    )
}

fn oversleep_1_ms(spread: Spread) -> Finding {
    Finding::fine("sleep of 1 ms", late(spread)).warning(
        spread.p99_ns > OVERSLEEP_1_MS_MAX_NS,
        "clients of an open loop wake up too late: offer a lower rate, or use fewer clients",
    )
}

fn context_switch(spread: Spread) -> Finding {
    let value = format!("{} round trip, p99 {}", time(spread.p50_ns), time(spread.p99_ns));
    Finding::fine("context switch", value).note(
        spread.p50_ns > CONTEXT_SWITCH_MAX_NS,
        "waking another thread is slow here, which slows queues and actors: report it",
    )
}

fn hypervisor(hypervisor: Option<String>) -> Finding {
    let name = "virtual machine";
    let Some(hypervisor) = hypervisor else {
        return Finding::fine(name, "none reported");
    };
    Finding::fine(name, hypervisor)
        .note(true, "its cores may be halves of the host's cores, and steal is not always reported")
}

fn siblings(siblings: Option<bool>) -> Finding {
    let name = "shared cores";
    let Some(siblings) = siblings else { return Finding::unknown(name) };
    Finding::fine(name, if siblings { "two or more processors share a core" } else { "none" })
        .note(siblings, "two clients may run on one core: throughput then grows less with threads")
}

fn governors(governors: &[String]) -> Finding {
    let name = "governor";
    if governors.is_empty() {
        return Finding::unknown(name);
    }
    Finding::fine(name, governors.join(", ")).note(
        governors.iter().any(|governor| governor != "performance"),
        "the frequency follows the load: run cpupower frequency-set -g performance",
    )
}

fn late(spread: Spread) -> String {
    format!("{} late, p99 {}", time(spread.p50_ns), time(spread.p99_ns))
}

fn share_and_error(share: f64, error: f64) -> String {
    format!("{} +- {}", percent(share), percent(error))
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
