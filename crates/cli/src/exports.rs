//! Results as text that people paste: into a pull request, a CI summary, or a document.

use hotrow_report::{Comparison, answer, asciidoc, markdown};
use hotrow_results::{Environment, StoredRun};

/// Renders the rankings for a comment of a pull request: the answer of each scenario is visible, and
/// with several scenarios each table is folded. The last line says where the numbers come from.
pub(super) fn comment(run: &StoredRun, tables: &[Comparison], sweep: Option<&str>) -> String {
    let is_folded = tables.len() > 1;
    let section = |table: &Comparison| match is_folded {
        false => format!("## {}\n\n{}", table.title, markdown(table)),
        true => format!(
            "## {}\n\n{}\n\n<details><summary>Table</summary>\n\n{}\n</details>\n",
            table.title,
            answer(table),
            markdown(table)
        ),
    };
    let mut sections: Vec<String> = tables.iter().map(section).collect();
    sections.extend(sweep.map(str::to_owned));
    sections.push(format!("<sub>{}</sub>\n", origin(&run.environment)));
    sections.join("\n")
}

/// Renders the rankings as AsciiDoc.
pub(super) fn document(run: &StoredRun, tables: &[Comparison]) -> String {
    let sections = tables.iter().map(|table| format!("== {}\n\n{}", table.title, asciidoc(table)));
    let mut sections: Vec<String> = sections.collect();
    sections.push(format!("{}\n", origin(&run.environment)));
    sections.join("\n")
}

/// `hotrow run`, 2 cores of A Processor, commit abcdef123456.
fn origin(environment: &Environment) -> String {
    let Environment { command, cores, cpu_model, commit, partial, .. } = environment;
    let processor = cpu_model.as_deref().unwrap_or("an unknown processor");
    let commit = commit.as_deref().unwrap_or("unknown");
    let partial = if *partial { ", PARTIAL" } else { "" };
    format!("`{command}`, usable cores: {cores}, {processor}, commit {commit}{partial}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotrow_report::comparisons;
    use hotrow_results::sample;

    /// Several tables would fill the page of a pull request: only their answers are open.
    #[test]
    fn a_comment_shows_answers_and_folds_several_tables() {
        let run = sample::run(&sample::rows(8));
        let one = comparisons(&run.rows);
        let text = comment(&run, &one, None);
        assert!(text.contains("| # | strategy |") && !text.contains("<details>"), "{text}");
        let origin = "usable cores: 2, A Processor, commit abcdef123456.</sub>\n";
        assert!(text.ends_with(origin), "{text}");
        let two = [one.clone(), one].concat();
        let text = comment(&run, &two, Some("swept\n"));
        assert_eq!(text.matches("<details>").count(), 2);
        // A table after a tag is rendered only below a blank line.
        assert!(text.contains("</summary>\n\n"), "{text}");
        assert!(text.contains("\nswept\n"), "{text}");
        let first = text.lines().nth(2).unwrap();
        assert!(first.contains("cas"), "the answer is visible: {first}");
    }

    /// AsciiDoc has its own headings and tables.
    #[test]
    fn a_document_has_headings_and_tables_of_asciidoc() {
        let run = sample::run(&sample::rows(8));
        let text = document(&run, &comparisons(&run.rows));
        assert!(text.starts_with("== "), "{text}");
        assert!(text.contains("\n|===\n|# |strategy "), "{text}");
        assert!(!text.contains("| --- |"), "{text}");
    }
}
