//! `hotrow doctor`: examines whether the machine is fit to measure on.

use std::time::Duration;

use clap::Args;

use super::{
    failure::{CliError, Exit},
    stdout,
    values::whole,
};
use hotrow_machine as machine;
use hotrow_machine::{Examination, Severity};
use hotrow_report::{Align, Column, Table, wrap};

/// The longest examination: interference that does not occur in a minute is too rare to matter.
const SECONDS_MAX: u64 = 60;

pub(super) const DOCTOR_HELP: &str = "\
A loop on every core detects interference by other processes. Probes measure
clock resolution, sleeping, and context switches between threads. `!!` makes
results wrong or their intervals wide, and can be mended; `!` belongs beside the
results.

Examples:
  hotrow doctor                            before a run that is to be stored
  hotrow doctor --seconds 10 --json        longer, for a program

Exit codes:
  0    the examination ended, whatever it found";

/// Examines the machine.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Seconds to examine, with all cores busy
    #[arg(long, value_name = "N", default_value_t = 2, allow_negative_numbers = true, value_parser = whole(1..=SECONDS_MAX))]
    seconds: u64,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// The indentation of further lines of advice.
const INDENT: &str = "    ";

/// Examines the machine, and prints the findings. Warnings do not change the exit code.
pub(super) fn doctor(arguments: &Doctor) -> Result<Exit, CliError> {
    let examination = machine::examine(Duration::from_secs(arguments.seconds));
    let text = match arguments.json {
        true => {
            let json = serde_json::to_string_pretty(&examination);
            json.expect("a finding contains only texts") + "\n"
        }
        false => render(&examination, stdout::width()),
    };
    stdout::print(&text).map_err(CliError::from_output)?;
    Ok(Exit::Done)
}

/// Returns a table of all findings and, below it, the advice of warnings and notes.
fn render(examination: &Examination, width: usize) -> String {
    let column = |heading| Column::new(heading, Align::Left, 0);
    let mut table = Table::new(["", "fact", "value"].map(column).to_vec());
    for finding in &examination.findings {
        let mark = mark(finding.judgement).to_owned();
        table.push(vec![mark, finding.name.to_owned(), finding.value.clone()]);
    }
    let mut text = table.terminal(width).0;
    for judgement in [Severity::Warning, Severity::Note] {
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
        Some(Severity::Warning) => "\n!! warnings: results are wrong or their intervals wide\n",
        Some(Severity::Note) => "\nno warnings; notes belong beside the results\n",
        _ => "\nno warnings\n",
    });
    text
}

fn mark(judgement: Severity) -> &'static str {
    match judgement {
        Severity::Fine => "",
        Severity::Note => "!",
        Severity::Warning => "!!",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotrow_machine::Finding;

    /// Warnings come before notes, each with its advice.
    #[test]
    fn findings_are_printed_with_advice() {
        let finding = |name: &str, judgement, advice: Option<&str>| Finding {
            name: name.to_owned(),
            value: "5 ms".to_owned(),
            judgement,
            advice: advice.map(str::to_owned),
        };
        let findings = vec![
            finding("clock", Severity::Fine, None),
            finding("governor", Severity::Note, Some("report it")),
            finding("steal", Severity::Warning, Some("measure later")),
        ];
        let expected = "    fact      value\n    clock     5 ms\n!   governor  5 ms\n\
            !!  steal     5 ms\n\n!! steal: measure later\n\n! governor: report it\n\
            \n!! warnings: results are wrong or their intervals wide\n";
        assert_eq!(render(&Examination { findings: findings.clone() }, 80), expected);
        let fine = Examination { findings: findings[..1].to_vec() };
        assert!(render(&fine, 80).ends_with("\n\nno warnings\n"));
    }
}
