//! Sentences that somebody could believe, each with what would have to be measured for it to hold.
//!
//! They stand in `claims.toml`: what the exercise that this service is from says of its three ways,
//! line by line, and what our own prose says. A report prints each with what was found. Prose cites numbers
//! through them and in no other way, so a number in a sentence cannot grow old unnoticed.
//!
//! ```text
//! claims.toml --> Claim { Expectation } --judge--> Finding { measured, interval, verdict }
//!                                      |
//! rows, proofs, memory --> Evidence ---+
//! ```

mod cell;
mod evidence;
mod expectation;
mod judge;
mod lines;
mod metric;

use serde::Deserialize;

pub use self::judge::Verdict;
pub(super) use self::{cell::CellPattern, evidence::Evidence, lines::lines_of, metric::Metric};
use self::{
    expectation::Expectation,
    judge::{Finding, judge},
};
use super::{
    blocks::{Material, Source},
    table::{Align, Column, Table},
};

/// The claims, in the order in which they are printed.
const CLAIMS: &str = include_str!("claims.toml");

/// What becomes of each by the run that is cited: `ID: VERDICT` on each line. The suite writes it.
const EXPECTED: &str = include_str!("expected.txt");

/// The run that is cited.
const REFERENCE: &str = "reference/standard";

const LEGEND: &str = "A claim *holds* or is *contradicted* where that lies beyond the interval and \
    the floor. A *tie* is neither: no difference was shown, and for \"as many\" none smaller than a \
    tenth was excluded.\n";

/// One sentence.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    id: String,
    /// Whose it is, as `queue, for`.
    point: String,
    sentence: String,
    expect: Expectation,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    claim: Vec<Claim>,
    /// What the points are called.
    #[serde(rename = "point")]
    points: Vec<Point>,
}

/// A heading over claims.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Point {
    name: String,
    heading: String,
}

impl Claims {
    fn all() -> Claims {
        toml::from_str(CLAIMS).expect("the claims are part of the program, and a test reads them")
    }
}

/// Every claim, by point: what was measured, and what becomes of it.
pub(super) fn render(material: &Material<'_>) -> Result<String, String> {
    let Claims { claim, points } = Claims::all();
    let evidence = Evidence::of(material);
    let mut text = format!("{}\n{LEGEND}", evidence.told());
    for Point { name, heading } in &points {
        let of_point: Vec<&Claim> = claim.iter().filter(|claim| claim.point == *name).collect();
        let found: Vec<Finding> =
            of_point.iter().map(|claim| judge(&claim.expect, &evidence)).collect();
        text += &format!("\n### {heading}\n\n{}", table(&of_point, &found));
    }
    Ok(text)
}

fn table(claims: &[&Claim], found: &[Finding]) -> String {
    let headings = ["claim", "measured", "95 % interval", "verdict"];
    let columns = headings.map(|heading| Column::new(heading, Align::Left, 0));
    let mut table = Table::new(columns.to_vec());
    for (claim, found) in claims.iter().zip(found) {
        let Finding { measured, interval, verdict } = found.clone();
        let verdict = format!("**{}**", verdict.name());
        table.push(vec![claim.sentence.clone(), measured, interval, verdict]);
    }
    table.markdown()
}

/// The claims that are named, each with its number, for prose to lean on.
pub(super) fn cite(material: &Material<'_>) -> Result<String, String> {
    let claims = Claims::all().claim;
    let evidence = Evidence::of(material);
    let mut text = String::new();
    for id in material.rest.split_whitespace() {
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

/// What becomes of a claim, beside what was to be expected of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The claim.
    pub id: String,
    /// What it says.
    pub sentence: String,
    /// What is expected of it by the run that is cited; nothing if nobody has said yet.
    pub expected: Option<&'static str>,
    /// What is found.
    pub verdict: Verdict,
    /// In which numbers.
    pub measured: String,
}

impl Outcome {
    /// Whether it is what it was.
    pub fn is_as_expected(&self) -> bool {
        self.expected == Some(self.verdict.name())
    }
}

/// What becomes of every claim by the run that is cited, `reference/standard`; nothing if that is
/// not among the sources.
pub fn outcomes(sources: &[Source<'_>]) -> Option<Vec<Outcome>> {
    let source = sources.iter().find(|source| source.name == REFERENCE)?;
    let evidence = Evidence::among(*source, sources);
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
    Some(Claims::all().claim.into_iter().map(outcome).collect())
}

fn expected(id: &str) -> Option<&'static str> {
    let lines = EXPECTED.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find(|(known, _)| *known == id).map(|(_, verdict)| verdict)
}

#[cfg(test)]
mod tests;
