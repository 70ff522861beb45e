//! Tests that every claim can be read, and that claims are judged correctly.

use super::*;
use hotrow_results::{CheckRow, StoredRun, sample};
use hotrow_verify::contract::PROPERTIES;

fn expectation(expect: &str) -> Expectation {
    let text = format!("id = 'a'\nsentence = 's'\nexpect = {expect}\n");
    toml::from_str::<Claim>(&text).unwrap().expect
}

fn finding(expect: &str, run: &StoredRun) -> Finding {
    let source = Source { name: "box/quick", run };
    judge(&expectation(expect), &Evidence::new(source, &[source]))
}

fn verdict(expect: &str, run: &StoredRun) -> Verdict {
    finding(expect, run).verdict
}

/// A claim with the name of another claim could not be cited.
#[test]
fn every_claim_is_valid_and_has_a_name_of_its_own() {
    let claims: Vec<Claim> = Claim::all().collect();
    for (index, claim) in claims.iter().enumerate() {
        let id = &claim.id;
        assert!(claims[index + 1..].iter().all(|other| other.id != *id), "{id} twice");
        if let Expectation::Proof { properties, .. } = &claim.expect {
            for name in properties {
                assert!(PROPERTIES.iter().any(|known| known.name == name), "{id}: {name}");
            }
        }
    }
}

/// Twice as much is more and not less. Two that are equal within 3 % contradict both, and a strategy that was not
/// measured gives no verdict.
#[test]
fn a_ratio_is_judged_by_its_interval() {
    let run = sample::run(&sample::rows(8));
    let verdict_of = |of: &str, to: &str, is: &str| {
        verdict(
            &format!(
                r#"{{ kind = "ratio", of = "{of}", to = "{to}", metric = "rate", is = "{is}" }}"#
            ),
            &run,
        )
    };
    assert_eq!(verdict_of("cas", "mutex", "more"), Verdict::Holds);
    assert_eq!(verdict_of("cas", "mutex", "less"), Verdict::Contradicted);
    assert_eq!(verdict_of("cas", "mutex", "same"), Verdict::Contradicted);
    assert_eq!(verdict_of("queue", "mutex", "more"), Verdict::Contradicted);
    assert_eq!(verdict_of("queue", "mutex", "same"), Verdict::Holds);
    assert_eq!(verdict_of("queue", "mutex", "no-less"), Verdict::Holds);
    assert_eq!(verdict_of("cas", "mutex", "no-less"), Verdict::Holds);
    assert_eq!(verdict_of("cas", "mutex", "no-more"), Verdict::Contradicted);
    assert_eq!(verdict_of("queue", "missing", "more"), Verdict::NotMeasured);
    assert_eq!(verdict_of("cas", "others", "more"), Verdict::Holds);
    assert_eq!(verdict_of("mutex", "others", "more"), Verdict::Contradicted);
    let few = sample::run(&sample::rows(3));
    let expect = r#"{ kind = "ratio", of = "cas", to = "mutex", metric = "rate", is = "more" }"#;
    assert_eq!(verdict(expect, &few), Verdict::NotMeasured);
    let twice = expect.replace(" }", ", by = 1.9 }");
    assert_eq!(verdict(&twice, &run), Verdict::Holds);
    assert_eq!(verdict(&twice.replace("1.9", "3.0"), &run), Verdict::Contradicted);
}

/// A difference that is hidden by noise does not show that two numbers are the same.
#[test]
fn noise_does_not_make_two_numbers_the_same() {
    let mut rows = sample::rows(8);
    for row in rows.iter_mut().filter(|row| row.strategy == "queue") {
        row.completed = if row.block % 2 == 0 { 1_000_000 } else { 4_000_000 };
    }
    let run = sample::run(&rows);
    for is in ["same", "more", "less", "no-less", "no-more"] {
        let expect = format!(
            r#"{{ kind = "ratio", of = "queue", to = "mutex", metric = "rate", is = "{is}" }}"#
        );
        assert_eq!(verdict(&expect, &run), Verdict::NotToldApart, "{is}");
    }
}

/// The speed of a strategy with a violation must not decide a claim.
#[test]
fn a_strategy_with_a_violation_is_not_measured() {
    let mut rows = sample::rows(8);
    rows.iter_mut().find(|row| row.strategy == "cas").unwrap().verdict =
        hotrow_results::AuditVerdict::Violation;
    let run = sample::run(&rows);
    let expect = r#"{ kind = "ratio", of = "cas", to = "mutex", metric = "rate", is = "more" }"#;
    let finding = finding(expect, &run);
    assert_eq!(finding.verdict, Verdict::NotMeasured);
    assert!(finding.measured.starts_with("the audit of cas found a violation"), "{finding:?}");
    let others =
        expect.replace("\"cas\"", "\"mutex\"").replace("to = \"mutex\"", "to = \"others\"");
    assert_eq!(
        verdict(&others, &run),
        Verdict::Contradicted,
        "the queue is the best of the others"
    );
}

/// A property that was not checked does not hold. A property that is not guaranteed neither holds
/// nor is violated.
#[test]
fn a_property_is_judged_by_its_trials() {
    let (updates, order) = ("no_lost_updates", "fifo_per_user");
    let mut run = sample::run(&[]);
    run.checks = vec![
        sample::check("queue", updates, 3, 0),
        sample::check("mutex", order, 0, 0),
        sample::check("unsynchronized", updates, 3, 2),
    ];
    let verdict_of = |of: &str, property: &str, is: &str| {
        verdict(
            &format!(
                r#"{{ kind = "proof", of = "{of}", properties = ["{property}"], is = "{is}" }}"#
            ),
            &run,
        )
    };
    assert_eq!(verdict_of("queue", updates, "kept"), Verdict::Holds);
    assert_eq!(verdict_of("queue", updates, "broken"), Verdict::Contradicted);
    assert_eq!(verdict_of("queue", order, "kept"), Verdict::NotMeasured);
    assert_eq!(verdict_of("mutex", order, "not-promised"), Verdict::Holds);
    assert_eq!(verdict_of("mutex", order, "kept"), Verdict::Contradicted);
    assert_eq!(verdict_of("unsynchronized", updates, "broken"), Verdict::Holds);
    assert_eq!(verdict_of("cas", updates, "kept"), Verdict::NotMeasured);
}

/// Checks of another machine, which may not be committed, must not change a page.
#[test]
fn checks_are_of_the_same_machine() {
    let (run, mut verified) = (sample::run(&sample::rows(8)), sample::run(&[]));
    verified.checks = vec![sample::check("queue", "no_lost_updates", 3, 0)];
    let source = Source { name: "box/quick", run: &run };
    let checks = |name| {
        let sources = [source, Source { name, run: &verified }];
        Evidence::new(source, &sources).checks().len()
    };
    assert_eq!(checks("box/proof"), 1);
    assert_eq!(checks("local/proof"), 0);
}

/// Counted bytes have no interval, and a pair that does not compile needs no measurement.
#[test]
fn bytes_and_fits_are_exact() {
    let mut run = sample::run(&[]);
    let rows = |strategy, bytes_per_user: u64| {
        [(10, 0), (90, 0), (10, 160), (10, 640)].map(|(users, receipts)| {
            sample::memory(strategy, users, receipts, bytes_per_user * users + 24 * receipts)
        })
    };
    run.memory = [rows("queue", 64), rows("mutex", 64), rows("cas", 32)].concat();
    let check = |strategy: &str, store: &str, store_type: &str| CheckRow {
        store: store.to_owned(),
        store_type: store_type.to_owned(),
        ..sample::check(strategy, "no_lost_updates", 3, 0)
    };
    run.checks = vec![
        check("queue", "memory", "Memory<..>"),
        check("queue", "simulated", "Simulated<..>"),
        check("mutex", "memory", "Memory<..>"),
        check("cas", "memory", "Memory<..>"),
        check("cas", "simulated", "Versioned<Simulated<..>>"),
    ];
    let queue_to = |to: &str, is: &str| {
        let names = format!(r#"kind = "memory", of = "queue", to = "{to}""#);
        let bytes = format!(r#"per = "idle-user", store = "memory", is = "{is}""#);
        verdict(&format!("{{ {names}, {bytes} }}"), &run)
    };
    assert_eq!(queue_to("mutex", "more"), Verdict::NotToldApart);
    assert_eq!(queue_to("mutex", "no-more"), Verdict::Holds);
    assert_eq!(queue_to("cas", "more"), Verdict::Holds);
    assert_eq!(queue_to("others", "less"), Verdict::Contradicted);
    let fits = |of: &str, is: &str| {
        verdict(
            &format!(r#"{{ kind = "fits", of = "{of}", store = "simulated", is = "{is}" }}"#),
            &run,
        )
    };
    assert_eq!(fits("cas", "versioned"), Verdict::Holds);
    assert_eq!(fits("queue", "as-it-is"), Verdict::Holds);
    assert_eq!(fits("mutex", "never"), Verdict::Holds);
    assert_eq!(fits("queue", "never"), Verdict::Contradicted);
}

/// Prose that cites a removed claim must not render.
#[test]
fn an_unknown_claim_cannot_be_cited() {
    let run = sample::run(&sample::rows(8));
    let source = Source { name: "box/quick", run: &run };
    let cited = |rest| cite(&RenderContext { source, sources: &[source], rest });
    assert_eq!(cited("no-such"), Err("no claim is named `no-such`".to_owned()));
    assert!(cited("").is_err());
    let text = cited("queue-suits-memory lock-not-on-tables").unwrap();
    assert!(text.contains("queue has 0.99 x the requests a second of mutex"), "{text}");
    assert!(text.ends_with("(*not measured*)\n"), "{text}");
}
