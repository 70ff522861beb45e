//! Severities on each side of their limits.

use super::*;

/// Each severity on both sides of its limit, with the value in the table.
#[test]
fn each_limit_separates_two_severities() {
    let probe = |jitter_ns, gap_ns_max| JitterProbe {
        elapsed_ns: 1_000_000_000,
        jitter_ns,
        gap_ns_max,
        hiccups: 3,
    };
    let spread = |p50_ns, p99_ns| Spread { p50_ns, p99_ns };
    let clock = |cost_ns, resolution_ns| clock_cost(Clock { cost_ns, resolution_ns }, Some("tsc"));
    let average = |one_minute| load(Some(LoadAverage { one_minute, five_minutes: 0.1 }));
    let cores = |usable, affinity, quota| Cores {
        usable,
        online: Some(2),
        affinity: Some(affinity),
        quota,
    };
    use Severity::{Fine, Note, Warning};
    for (finding, judgement, value) in [
        (profile("release"), Fine, "release"),
        (profile("debug"), Warning, "debug"),
        (usable_cores(&cores(2, 2, None)), Fine, "2 for this process"),
        (usable_cores(&cores(1, 1, None)), Warning, "1 of 2, by affinity"),
        (
            usable_cores(&cores(1, 2, Some(1.5))),
            Warning,
            "1 of 2, by a control group's quota of 1.50",
        ),
        (group_limit(&cores(2, 2, Some(2.0))), Fine, "at most 2.00 cores at a time"),
        (group_limit(&cores(1, 2, Some(0.5))), Warning, "at most 0.50 cores at a time"),
        (jitter(&probe(30_000_000, 0)), Fine, "3.0 % in gaps over 10 us"),
        (jitter(&probe(31_000_000, 0)), Warning, "3.1 % in gaps over 10 us"),
        (longest_hiccup(&probe(0, 10_000_000)), Fine, "10 ms; 3 over 1 ms"),
        (longest_hiccup(&probe(0, 12_000_000)), Warning, "12 ms; 3 over 1 ms"),
        (average(0.5), Fine, "0.50 over 1 min, 0.10 over 5"),
        (average(0.6), Note, "0.60 over 1 min, 0.10 over 5"),
        (waiting(Some(0.05)), Fine, "a task waited to run in 5.0 % of the last 10 s"),
        (waiting(Some(0.2)), Note, "a task waited to run in 20.0 % of the last 10 s"),
        (clock(31.4, 10), Fine, "31 ns a reading, resolution 10 ns (tsc)"),
        (clock(90.0, 1_000), Note, "90 ns a reading, resolution 1 us (tsc)"),
        (clock(700.0, 1_000), Warning, "700 ns a reading, resolution 1 us (tsc)"),
        (oversleep_50_us(spread(56_000, 900_000)), Fine, "56 us late, p99 900 us"),
        (oversleep_50_us(spread(56_000, 1_600_000)), Note, "56 us late, p99 1.6 ms"),
        (oversleep_1_ms(spread(56_000, 900_000)), Fine, "56 us late, p99 900 us"),
        (oversleep_1_ms(spread(56_000, 5_100_000)), Warning, "56 us late, p99 5.1 ms"),
        (context_switch(spread(9_000, 20_000)), Fine, "9 us round trip, p99 20 us"),
        (context_switch(spread(99_000, 200_000)), Note, "99 us round trip, p99 200 us"),
        (hypervisor(Some("KVM".to_owned())), Note, "KVM"),
        (siblings(Some(false)), Fine, "none"),
        (siblings(Some(true)), Note, "two or more processors share a core"),
        (governors(&["performance".to_owned()]), Fine, "performance"),
        (governors(&["powersave".to_owned()]), Note, "powersave"),
    ] {
        assert_eq!(finding.judgement, judgement, "{finding:?}");
        assert_eq!(finding.value, value);
        assert_eq!(finding.advice.is_some(), judgement != Fine, "{finding:?}");
    }
}

/// A share that exceeds the limit by less than its error gives no warning.
#[test]
fn a_share_warns_only_beyond_its_error() {
    let severities = |share, error| {
        let interference = Interference {
            foreign_share: Some(share),
            steal_share: Some(share),
            own_share: Some(1.0 - share),
            foreign_error: error,
            steal_error: error,
        };
        [foreign(&interference), steal(&interference)].map(|finding| finding.judgement)
    };
    assert_eq!(severities(0.10, 0.01), [Severity::Warning; 2]);
    assert_eq!(severities(0.10, 0.09), [Severity::Fine; 2]);
    assert_eq!(severities(0.035, 0.01), [Severity::Fine, Severity::Warning]);
}

/// On a system that reports nothing there is nothing to warn of.
#[test]
fn an_unknown_fact_is_fine() {
    let cores = Cores { usable: 2, online: None, affinity: None, quota: None };
    for finding in [
        group_limit(&cores),
        load(None),
        waiting(None),
        hypervisor(None),
        siblings(None),
        governors(&[]),
    ] {
        assert_eq!((finding.judgement, finding.advice), (Severity::Fine, None));
    }
}

/// The examination ends, has one finding of each kind, and fits a narrow table.
#[test]
fn an_examination_has_one_finding_of_each_kind() {
    let Examination { findings } = examine(Duration::from_millis(20));
    let mut names: Vec<&str> = findings.iter().map(|finding| finding.name.as_str()).collect();
    assert_eq!(names.len(), 16);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 16);
    assert!(findings.iter().all(|finding| finding.name.len() <= 15), "{findings:?}");
}
