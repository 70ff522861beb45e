//! Tests of objectives and exit codes. What a whole run does is in the tests of the command line.

use super::{
    objective::{Objective, achieved, choose, parse, requests_needed},
    outputs,
    setup::Setup,
};
use crate::{
    arguments::{Arguments, Command},
    failure::Exit,
};
use clap::Parser;
use hotrow_engine::LatencyHistogram;
use hotrow_report::slo_capacities;
use hotrow_results::{AuditVerdict, StoredRun, sample};

fn setup(words: &[&str]) -> Result<Setup, String> {
    let words = ["hotrow", "capacity"].into_iter().chain(words.iter().copied());
    match Arguments::try_parse_from(words).map_err(|error| error.to_string())?.command {
        Some(Command::Capacity(arguments)) => {
            Setup::new(&arguments).map_err(|error| error.to_string())
        }
        other => panic!("{other:?}"),
    }
}

fn slo(text: &str) -> Objective {
    parse(text).unwrap()
}

/// Each nonsense gets one line that says what to write.
#[test]
fn nonsense_is_rejected_with_advice() {
    let rejected = [
        ("p99", "it has no bound: write it as 'p99<1ms'"),
        ("p99<", "it has no bound after <: write it as 'p99<1ms'"),
        ("p0<1ms", "give a quantile from p50 to p99.99"),
        ("p100<1ms", "give a quantile from p50 to p99.99"),
        ("pNaN<1ms", "give a quantile from p50 to p99.99"),
        ("p99<0", "give a bound above zero with its unit: write it as 'p99<1ms'"),
        ("p99<0ms", "give a bound above zero with its unit: write it as 'p99<1ms'"),
        ("p99<-1ms", "give a bound above zero with its unit: write it as 'p99<1ms'"),
        ("p99<1day", "give a bound of at most an hour"),
        ("99<1ms", "\"99\" is no quantile: write it as 'p99<1ms'"),
        ("", "it has no bound: write it as 'p99<1ms'"),
    ];
    for (text, message) in rejected {
        assert_eq!(parse(text).unwrap_err(), message, "{text}");
    }
    for text in ["150%", "0", "0%", "1.01"] {
        assert_eq!(achieved(text).unwrap_err(), "give a share above 0 % and up to 100 %", "{text}");
    }
    assert_eq!(achieved("much").unwrap_err(), "write it as 99% or 0.99");
    assert_eq!(achieved("99.9%"), Ok(999_000));
    assert_eq!(slo("p99.9<1.5ms"), Objective { quantile_ppm: 999_000, bound_ns: 1_500_000 });
    assert_eq!(slo("p99<1ms").to_string(), "p99<1ms");
}

fn times(ns: &[u64]) -> LatencyHistogram {
    let mut times = LatencyHistogram::default();
    (0..100).for_each(|_| ns.iter().for_each(|ns| times.record(*ns)));
    times
}

/// Without an objective, the one that is chosen must lie clear of what noop itself takes; a bound
/// that noop breaks loses its quantile, and the sentence says so.
#[test]
fn the_objective_is_what_the_machine_resolves() {
    // One request in twenty meets a stall of 3 ms; the others take 20 us.
    let mut stalls = vec![20_000; 19];
    stalls.push(3_000_000);
    let noop = vec![times(&stalls); 8];
    let plenty = u64::MAX;
    let (chosen, sentence) = choose(None, &noop, plenty);
    assert_eq!(chosen, slo("p99<10ms"), "{sentence}");
    let quiet = vec![times(&[20_000]); 8];
    let (chosen, sentence) = choose(None, &quiet, plenty);
    assert_eq!(chosen, slo("p99<100us"));
    assert!(sentence.contains("noop has 20.0 us there"), "{sentence}");
    let (chosen, sentence) = choose(Some(slo("p99<1ms")), &noop, plenty);
    assert_eq!(chosen, slo("p95<1ms"));
    assert_eq!(sentence, "objective p95<1ms and not p99<1ms: noop itself breaks that here");
    let (chosen, sentence) = choose(Some(slo("p99.9<1ms")), &quiet, 9_999);
    assert_eq!(chosen, slo("p99<1ms"));
    assert!(sentence.ends_with("a probe has too few requests for it"), "{sentence}");
    assert_eq!(choose(Some(slo("p99<1ms")), &quiet, plenty).0, slo("p99<1ms"));
    let (_, sentence) = choose(Some(slo("p99<10us")), &quiet, plenty);
    assert!(sentence.contains("cannot resolve"), "{sentence}");
}

/// Ten requests must lie beyond the quantile.
#[test]
fn a_higher_quantile_needs_more_requests() {
    assert_eq!([500_000, 990_000, 999_000].map(requests_needed), [20, 1_000, 10_000]);
}

/// The scenario flags are those of `run`, and a load is no part of them.
#[test]
fn the_flags_of_a_scenario_are_those_of_run() {
    let all = setup(&["--users", "16", "--clients", "tasks:8"]).unwrap();
    assert_eq!(all.scenario.id("memory"), "memory/users=16/tasks=8/charge:50,use:50,read:0/none");
    assert!(all.contenders.len() > 6 && all.noop.is_some());
    let names = |setup: &Setup| -> Vec<&str> {
        setup.contenders.iter().map(|contender| contender.entry.strategy).collect()
    };
    assert!(!names(&all).contains(&"unsynchronized"));
    let named = setup(&["cas", "unsynchronized"]).unwrap();
    assert_eq!(names(&named), ["cas", "unsynchronized"]);
    assert!(setup(&["queue", "--store", "simulated"]).unwrap().noop.is_none());
    assert!(setup(&["noop"]).err().unwrap().starts_with("there is no strategy to measure"));
    assert!(setup(&["--rate", "5"]).err().unwrap().contains("unexpected argument '--rate'"));
    assert!(setup(&["muter"]).err().unwrap().contains("did you mean mutex?"));
}

/// A violation of a strategy that claims linearizability decides the exit code, also of a stopped
/// run; that of a negative control is expected.
#[test]
fn the_exit_code_is_that_of_the_worst_finding() {
    let setup = setup(&["cas", "mutex", "unsynchronized"]).unwrap();
    let exit_of = |change: &dyn Fn(&mut StoredRun)| {
        let mut run = sample::run(&[]);
        for block in 0..6 {
            let names = ["cas", "unsynchronized"];
            run.capacity.extend(names.map(|name| sample::probe(name, block, 1e5, true)));
        }
        change(&mut run);
        outputs::exit(&setup, &run, &slo_capacities(&run.capacity))
    };
    let violated = |name: &'static str| {
        move |run: &mut StoredRun| {
            run.environment.partial = true;
            let row = run.capacity.iter_mut().find(|row| row.strategy == name).unwrap();
            row.verdict = AuditVerdict::Violation;
        }
    };
    assert_eq!(exit_of(&|_| ()), Exit::Done);
    assert_eq!(exit_of(&|run| run.environment.partial = true), Exit::Interrupted);
    assert_eq!(exit_of(&violated("cas")), Exit::Violation);
    assert_eq!(exit_of(&violated("unsynchronized")), Exit::Interrupted);
    let busy = |run: &mut StoredRun| {
        run.capacity.iter_mut().for_each(|row| row.excluded_because = "steal 9 %".to_owned());
    };
    assert_eq!(exit_of(&busy), Exit::Failed);
}
