//! Claims are read, and judged as they should be.

use super::*;
use crate::{
    proof::PROPERTIES,
    record::{SavedRun, sample},
};

fn claim(expect: &str) -> Expectation {
    let text = format!(
        "[[point]]\nname = \"p\"\nheading = \"h\"\n[[claim]]\nid = \"a\"\npoint = \"p\"\nsentence = \"s\"\nexpect = {expect}\n"
    );
    toml::from_str::<Claims>(&text).unwrap().claim.remove(0).expect
}

fn found(expect: &str, run: &SavedRun) -> Finding {
    let source = Source { name: "box/quick", run };
    judge(&claim(expect), &Evidence::among(source, &[source]))
}

fn verdict(expect: &str, run: &SavedRun) -> Verdict {
    found(expect, run).verdict
}

/// A claim that nobody can read, that stands under no heading or has the name of another would be
/// left out of the report without a word.
#[test]
fn every_claim_can_be_read_and_found() {
    let Claims { claim, points } = Claims::all();
    for (index, one) in claim.iter().enumerate() {
        assert!(points.iter().any(|point| point.name == one.point), "{}", one.id);
        assert!(claim[index + 1..].iter().all(|other| other.id != one.id), "{} twice", one.id);
        if let Expectation::Proof { properties, .. } = &one.expect {
            for name in properties {
                assert!(PROPERTIES.iter().any(|known| known.name == name), "{}: {name}", one.id);
            }
        }
    }
    for point in points {
        assert!(claim.iter().any(|claim| claim.point == point.name), "{} is empty", point.name);
    }
}

/// Twice as much is more and not less; 1 % is neither, and neither is what was not measured.
#[test]
fn a_ratio_is_told_by_its_interval_and_the_floor() {
    let run = sample::run(&sample::rows(8));
    let of = |of: &str, to: &str, is: &str| {
        verdict(
            &format!(
                r#"{{ kind = "ratio", of = "{of}", to = "{to}", metric = "rate", is = "{is}" }}"#
            ),
            &run,
        )
    };
    assert_eq!(of("cas", "mutex", "more"), Verdict::Holds);
    assert_eq!(of("cas", "mutex", "less"), Verdict::Contradicted);
    assert_eq!(of("cas", "mutex", "same"), Verdict::Contradicted);
    assert_eq!(of("queue", "mutex", "more"), Verdict::Tie);
    assert_eq!(of("queue", "mutex", "same"), Verdict::Holds);
    assert_eq!(of("queue", "mutex", "no-less"), Verdict::Holds);
    assert_eq!(of("cas", "mutex", "no-less"), Verdict::Holds);
    assert_eq!(of("cas", "mutex", "no-more"), Verdict::Contradicted);
    assert_eq!(of("queue", "nobody", "more"), Verdict::NotMeasured);
    assert_eq!(of("cas", "others", "more"), Verdict::Holds);
    assert_eq!(of("mutex", "others", "more"), Verdict::Contradicted);
    let few = sample::run(&sample::rows(3));
    let expect = r#"{ kind = "ratio", of = "cas", to = "mutex", metric = "rate", is = "more" }"#;
    assert_eq!(verdict(expect, &few), Verdict::NotMeasured);
    let twice = expect.replace(" }", ", by = 1.9 }");
    assert_eq!(verdict(&twice, &run), Verdict::Holds);
    assert_eq!(verdict(&twice.replace("1.9", "3.0"), &run), Verdict::Contradicted);
}

/// Noise hides a difference. That is no reason to say that there is none.
#[test]
fn what_cannot_be_told_apart_is_not_the_same() {
    let mut rows = sample::rows(8);
    for row in rows.iter_mut().filter(|row| row.strategy == "queue") {
        row.completed = if row.block % 2 == 0 { 1_000_000 } else { 4_000_000 };
    }
    let run = sample::run(&rows);
    for is in ["same", "more", "less", "no-less", "no-more"] {
        let expect = format!(
            r#"{{ kind = "ratio", of = "queue", to = "mutex", metric = "rate", is = "{is}" }}"#
        );
        assert_eq!(verdict(&expect, &run), Verdict::Tie, "{is}");
    }
}

/// How fast a wrong answer comes must not settle a claim.
#[test]
fn whose_books_do_not_balance_is_not_measured() {
    let mut rows = sample::rows(8);
    rows.iter_mut().find(|row| row.strategy == "cas").unwrap().verdict =
        crate::record::Finding::Wrong;
    let run = sample::run(&rows);
    let expect = r#"{ kind = "ratio", of = "cas", to = "mutex", metric = "rate", is = "more" }"#;
    let finding = found(expect, &run);
    assert_eq!(finding.verdict, Verdict::NotMeasured);
    assert!(finding.measured.starts_with("the books of cas do not balance"), "{finding:?}");
    let others =
        expect.replace("\"cas\"", "\"mutex\"").replace("to = \"mutex\"", "to = \"others\"");
    assert_eq!(verdict(&others, &run), Verdict::Tie, "the queue is the best of the others");
}

/// What was not tried is not kept, and what is not promised is neither kept nor broken.
#[test]
fn a_proof_is_told_by_its_trials() {
    let (kept, order) = ("every_charge_is_applied", "first_come_first_served");
    let mut run = sample::run(&[]);
    run.checks = vec![
        sample::check("queue", kept, 3, 0),
        sample::check("mutex", order, 0, 0),
        sample::check("unguarded", kept, 3, 2),
    ];
    let of = |of: &str, property: &str, is: &str| {
        verdict(
            &format!(
                r#"{{ kind = "proof", of = "{of}", properties = ["{property}"], is = "{is}" }}"#
            ),
            &run,
        )
    };
    assert_eq!(of("queue", kept, "kept"), Verdict::Holds);
    assert_eq!(of("queue", kept, "broken"), Verdict::Contradicted);
    assert_eq!(of("queue", order, "kept"), Verdict::NotMeasured);
    assert_eq!(of("mutex", order, "not-promised"), Verdict::Holds);
    assert_eq!(of("mutex", order, "kept"), Verdict::Contradicted);
    assert_eq!(of("unguarded", kept, "broken"), Verdict::Holds);
    assert_eq!(of("cas", kept, "kept"), Verdict::NotMeasured);
}

/// A proof that somebody made on another machine, and never committed, must not change a page.
#[test]
fn proofs_are_of_the_same_machine() {
    let (run, mut proof) = (sample::run(&sample::rows(8)), sample::run(&[]));
    proof.checks = vec![sample::check("queue", "every_charge_is_applied", 3, 0)];
    let source = Source { name: "box/quick", run: &run };
    let checks = |name| {
        let sources = [source, Source { name, run: &proof }];
        Evidence::among(source, &sources).checks().len()
    };
    assert_eq!(checks("box/proof"), 1);
    assert_eq!(checks("local/proof"), 0);
}

/// What is counted has no interval, and what the compiler refuses is known without measuring.
#[test]
fn bytes_and_fits_are_facts() {
    let mut run = sample::run(&[]);
    let rows = |strategy, each: u64| {
        [(10, 0), (90, 0), (10, 160), (10, 640)].map(|(users, receipts)| {
            sample::memory(strategy, users, receipts, each * users + 24 * receipts)
        })
    };
    run.memory = [rows("queue", 64), rows("mutex", 64), rows("cas", 32)].concat();
    let of = |to: &str, is: &str| {
        verdict(
            &format!(
                r#"{{ kind = "memory", of = "queue", to = "{to}", per = "idle-user", store = "slab", is = "{is}" }}"#
            ),
            &run,
        )
    };
    assert_eq!(of("mutex", "more"), Verdict::Tie);
    assert_eq!(of("mutex", "no-more"), Verdict::Holds);
    assert_eq!(of("cas", "more"), Verdict::Holds);
    assert_eq!(of("others", "less"), Verdict::Contradicted);
    let fits = |of: &str, is: &str| {
        verdict(
            &format!(r#"{{ kind = "fits", of = "{of}", store = "tables", is = "{is}" }}"#),
            &run,
        )
    };
    assert_eq!(fits("cas", "versioned"), Verdict::Holds);
    assert_eq!(fits("queue", "as-it-is"), Verdict::Holds);
    assert_eq!(fits("mutex", "never"), Verdict::Holds);
    assert_eq!(fits("queue", "never"), Verdict::Contradicted);
}

/// Prose that cites a claim which is no more must not go on as if it were.
#[test]
fn a_claim_that_is_not_there_cannot_be_cited() {
    let run = sample::run(&sample::rows(8));
    let source = Source { name: "box/quick", run: &run };
    let cited = |rest| cite(&Material { source, sources: &[source], rest });
    assert_eq!(cited("no-such"), Err("no claim is named `no-such`".to_owned()));
    assert!(cited("").is_err());
    let text = cited("queue-suits-memory lock-not-on-tables").unwrap();
    assert!(text.contains("queue has 0.99 x the requests a second of mutex"), "{text}");
    assert!(text.ends_with("(*holds*)\n"), "{text}");
}
