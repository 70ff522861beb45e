//! Judges claims: sentences, each with the measurement that would confirm it.
//!
//! `claims.toml` has the claims of the exercise that this service is from, about its three
//! approaches, and the claims of our own prose. A report prints each claim with its verdict. Prose
//! cites numbers only through claims, so an outdated number in a sentence is detected.
//!
//! ```text
//! claims.toml --> Claim { Expectation } --judge--> Finding { measured, interval, verdict }
//!                                      |
//! rows, checks, memory --> Evidence ---+
//! ```

mod evidence;
mod expectation;
mod judge;
mod metric;

use serde::Deserialize;

pub use self::judge::Verdict;
pub(super) use self::{evidence::Evidence, metric::Metric};
use self::{
    expectation::Expectation,
    judge::{Finding, judge},
};
use super::{
    source::{RenderContext, Source},
    table::{Align, Column, Table},
};

/// The claims, in the order in which they are printed.
const CLAIMS: &str = include_str!("claims.toml");

/// The expected verdict of each claim by the reference run: `ID: VERDICT` on each line. The test
/// suite writes it.
const EXPECTED: &str = include_str!("expected.txt");

/// The run that the expected verdicts are of.
const REFERENCE: &str = "reference/standard";

const LEGEND: &str = "A claim of a difference *holds* or is *contradicted* with 95 % confidence, \
    if the difference exceeds 3 %. It is also contradicted if the two are shown to be equal within \
    3 %. A claim of \"no fewer\", \"no more\" or \"as many\" holds only if the interval excludes a \
    difference of more than a tenth. Otherwise the two are *not told apart*: the interval contains \
    the claim and its opposite.\n";

/// One claim.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    id: String,
    sentence: String,
    expect: Expectation,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Points {
    point: Vec<Point>,
}

/// A group of claims, with its heading.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Point {
    heading: String,
    claim: Vec<Claim>,
}

impl Point {
    fn all() -> Vec<Point> {
        let points: Points = toml::from_str(CLAIMS)
            .expect("claims.toml is part of the program, and a test parses it");
        points.point
    }
}

impl Claim {
    fn all() -> impl Iterator<Item = Claim> {
        Point::all().into_iter().flat_map(|point| point.claim)
    }
}

/// Renders every claim with its finding, group by group.
pub(super) fn render(context: &RenderContext<'_>) -> Result<String, String> {
    let evidence = Evidence::from_context(context);
    let mut text = format!("{}\n{LEGEND}", evidence.describe());
    for Point { heading, claim } in Point::all() {
        text += &format!("\n### {heading}\n\n{}", table(claim, &evidence));
    }
    Ok(text)
}

fn table(claims: Vec<Claim>, evidence: &Evidence<'_>) -> String {
    let headings = ["claim", "measured", "95 % interval", "verdict"];
    let columns = headings.map(|heading| Column::new(heading, Align::Left, 0));
    let mut table = Table::new(columns.to_vec());
    for Claim { sentence, expect, .. } in claims {
        let Finding { measured, interval, verdict } = judge(&expect, evidence);
        table.push(vec![sentence, measured, interval, format!("**{}**", verdict.name())]);
    }
    table.markdown()
}

/// Renders the named claims, each with its numbers, so that prose can cite them.
pub(super) fn cite(context: &RenderContext<'_>) -> Result<String, String> {
    let claims: Vec<Claim> = Claim::all().collect();
    let evidence = Evidence::from_context(context);
    let mut text = String::new();
    for id in context.rest.split_whitespace() {
        let claim = claims.iter().find(|claim| claim.id == id);
        let claim = claim.ok_or_else(|| format!("no claim is named `{id}`"))?;
        let Finding { measured, interval, verdict } = judge(&claim.expect, &evidence);
        let gap = if interval.is_empty() { "" } else { " " };
        let (sentence, verdict) = (&claim.sentence, verdict.name());
        text += &format!("- {sentence}: {measured}{gap}{interval} (*{verdict}*)\n");
    }
    match text.is_empty() {
        true => Err("name the claims: `generated:cite RUN ID [ID ..]`".to_owned()),
        false => Ok(text),
    }
}

/// The verdict on a claim, with the expected verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The identifier of the claim.
    pub id: String,
    /// The sentence of the claim.
    pub sentence: String,
    /// The expected verdict; `None` if `expected.txt` does not have the claim.
    pub expected: Option<&'static str>,
    /// The verdict.
    pub verdict: Verdict,
    /// The measured numbers.
    pub measured: String,
}

impl Outcome {
    /// Whether the verdict is the expected one.
    pub fn is_as_expected(&self) -> bool {
        self.expected == Some(self.verdict.name())
    }
}

/// Judges every claim by the run `reference/standard`. Returns `None` if it is not among the
/// sources.
pub fn outcomes(sources: &[Source<'_>]) -> Option<Vec<Outcome>> {
    let source = sources.iter().find(|source| source.name == REFERENCE)?;
    let evidence = Evidence::new(*source, sources);
    let outcome = |claim: Claim| {
        let Finding { measured, interval, verdict } = judge(&claim.expect, &evidence);
        let measured = format!("{measured} {interval}").trim().to_owned();
        Outcome {
            expected: expected(&claim.id),
            id: claim.id,
            sentence: claim.sentence,
            verdict,
            measured,
        }
    };
    Some(Claim::all().map(outcome).collect())
}

fn expected(id: &str) -> Option<&'static str> {
    let lines = EXPECTED.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find(|(known, _)| *known == id).map(|(_, verdict)| verdict)
}

#[cfg(test)]
mod tests;
