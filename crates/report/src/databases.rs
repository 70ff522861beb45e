//! Renders what the ways to protect a row cost on a real database: a table for each database, and
//! answers to the questions that are asked about them.

use super::{
    comparison::{Comparison, comparisons},
    contender_summary::{ContenderSummary, ServiceTime},
    figures::{duration, short_rate, with_thousands_separators},
    source::RenderContext,
    table::{Align, Column, Table},
};
use hotrow_results::{
    Kind,
    stats::{Ratio, Verdict},
};

/// A question, and the two strategies whose ratio answers it.
struct Question {
    text: &'static str,
    store: &'static str,
    strategy: &'static str,
    against: &'static str,
}

const fn question(
    store: &'static str,
    strategy: &'static str,
    against: &'static str,
    text: &'static str,
) -> Question {
    Question { text, store, strategy, against }
}

/// The questions, in the order of the page.
const QUESTIONS: [Question; 9] = [
    question("postgres", "version", "row-lock", "Does a version column lose to a row lock?"),
    question(
        "postgres",
        "conditional-update",
        "row-lock",
        "Is one statement better than a transaction?",
    ),
    question(
        "postgres",
        "stored-function",
        "conditional-update",
        "Is a stored function better than one statement?",
    ),
    question("postgres", "serializable", "row-lock", "What does SERIALIZABLE cost on a hot row?"),
    question("postgres", "advisory-lock", "row-lock", "Advisory lock or row lock?"),
    question(
        "postgres",
        "batched-queue",
        "row-lock",
        "What does a queue before the database gain?",
    ),
    question(
        "postgres",
        "queue",
        "row-lock",
        "Does a queue without batches gain anything, which holds no lock of the database?",
    ),
    question("sqlite", "group-commit", "async-mutex", "What does group commit gain on SQLite?"),
    question("sqlite", "immediate", "async-mutex", "BEGIN IMMEDIATE or a mutex in the program?"),
];

/// Renders the tables and the answers.
pub(super) fn databases(context: &RenderContext<'_>) -> Result<String, String> {
    let all = comparisons(&context.run().rows);
    let on_database: Vec<&Comparison> =
        all.iter().filter(|it| it.kind == Kind::Database && it.is_measured()).collect();
    if on_database.is_empty() {
        return Err("the run has no closed loop on a database".to_owned());
    }
    let mut stores: Vec<&str> = on_database.iter().map(|it| &*it.title.row.store).collect();
    stores.sort_unstable();
    stores.dedup();
    let mut sections = Vec::new();
    for store in &stores {
        let of_store = on_database.iter().copied().filter(|it| it.title.row.store == **store);
        sections.push(format!("### {store}\n\n{}", tables(&of_store.collect::<Vec<_>>())));
    }
    let answers = QUESTIONS.iter().filter_map(|question| {
        let hot = hot_rows(&on_database, question.store);
        Some(format!("- **{}** {}\n", question.text, answer(question, &hot)?))
    });
    sections.push(format!("### Questions\n\n{}", answers.collect::<String>()));
    Ok(sections.join("\n"))
}

/// Returns the scenarios of one hot row on `store`, by number of clients.
fn hot_rows<'a>(all: &[&'a Comparison], store: &str) -> Vec<&'a Comparison> {
    let is_hot = |it: &&&Comparison| {
        it.title.row.store == store && it.title.row.users == 1 && it.title.is_usual()
    };
    let mut hot: Vec<&Comparison> = all.iter().filter(is_hot).copied().collect();
    hot.sort_by_key(|it| it.title.row.clients);
    hot
}

/// Renders a table of one hot row by clients, and a table of several rows if there is one.
fn tables(all: &[&Comparison]) -> String {
    let store = &*all[0].title.row.store;
    let mut text = table(&hot_rows(all, store), |it| clients(it.title.row.clients));
    let mut rows: Vec<&Comparison> =
        all.iter().copied().filter(|it| it.title.row.users > 1).collect();
    rows.sort_by_key(|it| it.title.row.users);
    if let Some(first) = rows.first() {
        let title = format!("\nOn several rows, {}:\n\n", clients(first.title.row.clients));
        text += &(title
            + &table(&rows, |it| {
                format!("{} rows", with_thousands_separators(it.title.row.users))
            }));
    }
    text
}

fn clients(count: u32) -> String {
    match count {
        1 => "1 client".to_owned(),
        _ => format!("{count} clients"),
    }
}

/// Renders the ratio of every strategy to the baseline in each scenario, with its rate, p99 and
/// retries in the last of them.
fn table(scenarios: &[&Comparison], heading: impl Fn(&Comparison) -> String) -> String {
    let Some(last) = scenarios.last() else { return String::new() };
    let baseline = last.baseline.as_deref().unwrap_or("the baseline");
    let mut columns = vec![
        Column::new("#", Align::Right, 0),
        Column::new("strategy", Align::Left, 0),
        Column::new("family", Align::Left, 0),
    ];
    columns.extend(scenarios.iter().map(|it| Column::new(heading(it), Align::Left, 0)));
    for name in ["commands/s", "p99", "retries a command"] {
        columns.push(Column::new(format!("{name}, {}", heading(last)), Align::Right, 0));
    }
    let mut table = Table::new(columns);
    for contender in &last.contenders {
        table.push(line(scenarios, contender));
    }
    format!("{}\nRatios are to {baseline}, at the same number of clients.\n", table.markdown())
}

fn line(scenarios: &[&Comparison], contender: &ContenderSummary) -> Vec<String> {
    let dash = || "-".to_owned();
    let mut line = vec![
        contender.rank.map_or_else(dash, |rank| rank.to_string()),
        contender.strategy.clone(),
        contender.family.clone(),
    ];
    line.extend(scenarios.iter().map(|it| {
        let is_baseline = it.baseline.as_deref() == Some(&*contender.strategy);
        let ratio = it.summary(&contender.strategy).and_then(|summary| summary.ratio);
        match ratio {
            _ if is_baseline => "1".to_owned(),
            Some(ratio) => ratio.to_string(),
            None => dash(),
        }
    }));
    let p99 = contender.service[1].map_or_else(dash, |time| match time {
        ServiceTime::Ns(ns) => duration(ns),
        ServiceTime::AtMostNoop => dash(),
    });
    line.push(contender.rate.map_or_else(dash, |rate| short_rate(rate.median)));
    line.push(p99);
    line.push(contender.effort.retries.map_or_else(dash, |retries| format!("{retries:.2}")));
    line
}

/// Answers a question by the ratio at each number of clients. Returns `None` if it was not
/// measured.
fn answer(question: &Question, hot: &[&Comparison]) -> Option<String> {
    let at = |it: &&Comparison| {
        let ratio = it.ratio(question.strategy, question.against)?;
        Some((it.title.row.clients, ratio, ratio.verdict(it.better())))
    };
    let points: Vec<(u32, Ratio, Verdict)> = hot.iter().filter_map(at).collect();
    points.first()?;
    let ratios: Vec<String> =
        points.iter().map(|(count, ratio, _)| format!("{ratio} at {}", clients(*count))).collect();
    let Question { strategy, against, .. } = question;
    Some(format!(
        "{} `{strategy}` answers {} the rate of `{against}`.",
        conclusion(strategy, against, &points),
        ratios.join(", ")
    ))
}

/// Concludes from the verdicts, by number of clients.
fn conclusion(strategy: &str, against: &str, points: &[(u32, Ratio, Verdict)]) -> String {
    let is = |wanted: Verdict| points.iter().filter(|(_, _, verdict)| *verdict == wanted).count();
    let first = |wanted: Verdict| points.iter().position(|(_, _, verdict)| *verdict == wanted);
    let (faster, slower) = (is(Verdict::Faster), is(Verdict::Slower));
    match (faster, slower) {
        (0, 0) => format!("`{strategy}` and `{against}` were not told apart."),
        (_, 0) if faster == points.len() => format!("`{strategy}` is faster everywhere."),
        (0, _) if slower == points.len() => format!("`{strategy}` is slower everywhere."),
        _ => {
            let mut changes =
                [("faster", first(Verdict::Faster)), ("slower", first(Verdict::Slower))];
            changes.sort_by_key(|(_, from)| *from);
            let parts: Vec<String> = changes
                .into_iter()
                .filter_map(|(word, from)| Some((word, clients(points[from?].0))))
                .enumerate()
                .map(|(number, (word, clients))| match number {
                    0 => format!("{word} at {clients}"),
                    _ => format!("{word} from {clients} on"),
                })
                .collect();
            format!("`{strategy}` is {}.", parts.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Source, render_block};
    use hotrow_results::{ClientKind, MeasurementRow, sample};

    /// Rows of a strategy on one row of PostgreSQL, at a number of clients.
    fn rows(strategy: &str, clients: u32, rate: u64) -> Vec<MeasurementRow> {
        let change = |row: MeasurementRow| MeasurementRow {
            scenario: format!("postgres/users=1/tasks={clients}/charge:50,use:50,read:0/none"),
            store: "postgres".to_owned(),
            kind: Kind::Database,
            client_kind: ClientKind::Tasks,
            clients,
            retries: (strategy == "version").then_some(row.completed / 2),
            ..row
        };
        sample::series(strategy, rate, 8).into_iter().map(change).collect()
    }

    fn rendered(rows: &[MeasurementRow]) -> String {
        let run = sample::run(rows);
        let sources = [Source { name: "box/databases", run: &run }];
        render_block("databases box/databases", &sources).unwrap()
    }

    /// The number of clients from which a strategy loses is what an engineer looks for.
    #[test]
    fn a_crossover_is_named_with_the_number_of_clients() {
        let mut all = Vec::new();
        for (clients, version) in [(1, 3_000_000), (8, 1_900_000), (32, 500_000)] {
            all.extend(rows("row-lock", clients, 2_000_000));
            all.extend(rows("version", clients, version));
        }
        let text = rendered(&all);
        let answer = "- **Does a version column lose to a row lock?** `version` is faster at 1 client, \
                      slower from 8 clients on. `version` answers 1.50 x";
        assert!(text.contains(answer), "{text}");
        assert!(text.contains("### postgres"), "{text}");
        assert!(!text.contains("group commit"), "nothing was measured on SQLite: {text}");
    }

    /// A question is answered by what was measured, and a tie is no answer.
    #[test]
    fn strategies_that_are_not_told_apart_are_said_to_be_so() {
        let mut all = rows("row-lock", 8, 2_000_000);
        all.extend(rows("advisory-lock", 8, 2_010_000));
        let text = rendered(&all);
        assert!(text.contains("`advisory-lock` and `row-lock` were not told apart."), "{text}");
    }

    /// A run in memory has nothing to say about databases.
    #[test]
    fn a_run_without_a_database_is_rejected() {
        let run = sample::run(&sample::rows(8));
        let sources = [Source { name: "box/quick", run: &run }];
        let error = render_block("databases box/quick", &sources).unwrap_err().to_string();
        assert_eq!(error, "block databases: the run has no closed loop on a database");
    }
}
