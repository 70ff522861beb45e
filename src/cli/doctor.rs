//! Looks at the machine before it is measured on, and says what is in the way.

use std::time::Duration;

use super::{
    arguments::Doctor,
    failure::{Exit, Failure},
    printed,
};
use crate::{
    machine::{self, Examination, Judgement},
    report::{Align, Column, Table, wrap},
};

/// What advice is moved in by.
const INDENT: &str = "    ";

/// Examines and tells. Whatever is found, having looked is no failure.
pub(super) fn doctor(asked: &Doctor) -> Result<Exit, Failure> {
    let examination = machine::examine(Duration::from_secs(asked.seconds));
    let text = match asked.json {
        true => {
            let json = serde_json::to_string_pretty(&examination);
            json.expect("every finding is of texts") + "\n"
        }
        false => told(&examination, printed::width()),
    };
    printed::print(&text).map_err(Failure::of_output)?;
    Ok(Exit::Done)
}

/// A table of all findings and, below it, what to do about those that are not fine.
fn told(examination: &Examination, width: usize) -> String {
    let column = |heading| Column::new(heading, Align::Left, 0);
    let mut table = Table::new(["", "what", "found"].map(column).to_vec());
    for finding in &examination.findings {
        let mark = mark(finding.judgement).to_owned();
        table.push(vec![mark, finding.name.to_owned(), finding.value.clone()]);
    }
    let mut text = table.terminal(width).0;
    for judgement in [Judgement::Warning, Judgement::Note] {
        for finding in &examination.findings {
            if let Some(advice) = finding.advice.as_ref().filter(|_| finding.judgement == judgement)
            {
                let line = format!("{} {}: {advice}", mark(judgement), finding.name);
                text.push('\n');
                text.push_str(&wrap(&line, width - INDENT.len(), INDENT));
            }
        }
    }
    text.push_str(match examination.findings.iter().map(|finding| finding.judgement).max() {
        Some(Judgement::Warning) => "\n!! warnings: what is measured here now is wrong or wide\n",
        Some(Judgement::Note) => "\nnothing to warn of; notes belong beside the results\n",
        _ => "\nnothing to warn of\n",
    });
    text
}

fn mark(judgement: Judgement) -> &'static str {
    match judgement {
        Judgement::Fine => "",
        Judgement::Note => "!",
        Judgement::Warning => "!!",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Finding;

    /// Warnings come first, each with what to do, and nothing is wider than a terminal.
    #[test]
    fn findings_are_told_with_what_to_do() {
        let finding = |name: &str, judgement, advice: Option<&str>| Finding {
            name: name.to_owned(),
            value: "5 ms".to_owned(),
            judgement,
            advice: advice.map(str::to_owned),
        };
        let findings = vec![
            finding("clock", Judgement::Fine, None),
            finding("governor", Judgement::Note, Some("bear it in mind")),
            finding("steal", Judgement::Warning, Some("come back")),
        ];
        let expected = "    what      found\n    clock     5 ms\n!   governor  5 ms\n\
            !!  steal     5 ms\n\n!! steal: come back\n\n! governor: bear it in mind\n\
            \n!! warnings: what is measured here now is wrong or wide\n";
        assert_eq!(told(&Examination { findings: findings.clone() }, 80), expected);
        let fine = Examination { findings: findings[..1].to_vec() };
        assert!(told(&fine, 80).ends_with("\n\nnothing to warn of\n"));
    }
}
