//! The blocks that a page can have, by name.

use std::{error::Error, fmt};

use super::{
    capacity, claims, comparison::comparisons, costs, demos, environment, http, plots::plot,
    proved, ranking, response, situations::situations, slow_store, summary,
};
use crate::record::{Environment, SavedRun};

/// Columns of a terminal that nobody has made wider.
const COLUMNS: usize = 80;

/// A run to render from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Where it is, below `results`: `reference/quick`.
    pub name: &'a str,
    /// What is there.
    pub run: &'a SavedRun,
}

/// What a block is rendered from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Material<'a> {
    /// The run that it is of.
    pub(super) source: Source<'a>,
    /// All runs that there are, for what is not in that one.
    pub(super) sources: &'a [Source<'a>],
    /// What else is written behind the name of the run.
    pub(super) rest: &'a str,
}

impl<'a> Material<'a> {
    /// The rows of the run.
    pub(super) fn run(&self) -> &'a SavedRun {
        self.source.run
    }
}

/// Renders one block; what it says on failure is told with the name of the block.
type Render = fn(&Material<'_>) -> Result<String, String>;

/// The block that shows a chart.
const PLOT: &str = "plot";

/// Every block by its name.
const BLOCKS: &[(&str, Render)] = &[
    ("answer", summary::answers),
    ("choice", summary::choice),
    ("resolution", summary::resolution),
    ("family", summary::family),
    ("ranking", |material| Ok(rankings(material.run()))),
    ("first-table", |material| Ok(first_table(material.run()))),
    ("omission", |material| Ok(demos::omission(&material.run().rows)? + "\n")),
    ("order", order),
    ("capacity", |material| capacity::markdown(material.run())),
    ("response", |material| response::markdown(material.run())),
    ("slow-store", |material| slow_store::markdown(material.run())),
    (PLOT, picture),
    ("environment", |material| Ok(environment::markdown(&material.run().environment))),
    ("claims", claims::render),
    ("cite", claims::cite),
    ("correctness", proved::correctness),
    ("costs", costs::costs),
    ("mishaps", mishaps),
    ("http", http::http),
];

/// Renders the block `name [run [rest]]` from one of `sources`.
///
/// # Errors
/// [`BlockError`] if there is no such block or run, if there are several runs and none is named, or
/// if the run has nothing to render it from.
pub fn render_block(block: &str, sources: &[Source<'_>]) -> Result<String, BlockError> {
    let mut words = block.splitn(3, ' ').map(str::trim);
    let name = words.next().unwrap_or_default();
    let (wanted, rest) = (words.next(), words.next().unwrap_or_default());
    let Some((_, render)) = BLOCKS.iter().find(|(known, _)| *known == name) else {
        return Err(BlockError::Name { name: name.to_owned() });
    };
    let source = match (wanted, sources) {
        (Some(wanted), _) => {
            let named = sources.iter().find(|source| source.name == wanted);
            *named.ok_or_else(|| BlockError::Run { run: wanted.to_owned() })?
        }
        (None, []) => return Ok("Nothing has been measured yet.\n".to_owned()),
        (None, [source]) => *source,
        (None, several) => {
            let runs = several.iter().map(|source| source.name.to_owned()).collect();
            return Err(BlockError::Ambiguous { block: name.to_owned(), runs });
        }
    };
    match render(&Material { source, sources, rest }) {
        Ok(body) => Ok(headed(&source, body)),
        Err(reason) => Err(BlockError::Nothing { block: name.to_owned(), reason }),
    }
}

fn headed(source: &Source<'_>, body: String) -> String {
    let Environment { command, run, commit, partial, .. } = &source.run.environment;
    let commit = commit.as_deref().unwrap_or("not known");
    let partial = if *partial { ", PARTIAL" } else { "" };
    let name = source.name;
    format!("_`{command}`, run {run} in `results/{name}`, commit {commit}{partial}._\n\n{body}")
}

/// What becomes of the others, and what a refusal costs where that was measured.
fn mishaps(material: &Material<'_>) -> Result<String, String> {
    let told = proved::mishaps(material)?;
    let costs = costs::refusals(material).map(|costs| format!("\n{costs}"));
    Ok(told + &costs.unwrap_or_default())
}

fn rankings(run: &SavedRun) -> String {
    let tables = comparisons(&run.rows);
    tables
        .iter()
        .map(|comparison| format!("### {}\n\n{}", comparison.title, ranking::markdown(comparison)))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Of a run that was made one by one, and of the shuffled one that is named behind it.
fn order(material: &Material<'_>) -> Result<String, String> {
    let other = material.sources.iter().find(|source| source.name == material.rest);
    let other = other.ok_or_else(|| format!("there is no run in results/{}", material.rest))?;
    Ok(demos::order_of_runs(&material.run().rows, &other.run.rows)? + "\n")
}

/// The table of the cell that is asked for first, as a terminal shows it.
fn first_table(run: &SavedRun) -> String {
    let tables = comparisons(&run.rows);
    let asked = situations(&tables, run.environment.cores).first().map(|it| it.comparison);
    let first = asked.or(tables.first()).map(|one| ranking::terminal(one, COLUMNS));
    format!("```text\n{}\n```\n", first.unwrap_or_default().trim_end())
}

/// A chart of the run as a picture, and how to read it.
fn picture(material: &Material<'_>) -> Result<String, String> {
    let named = plot(material.run(), material.rest)?;
    let alt = named.alt.replace('[', "(").replace(']', ")");
    let caption = &named.chart.heading().caption;
    let file = format!("results/{}/{}", material.source.name, file_of(&named.name));
    Ok(format!("![{alt}]({file})\n\n_{caption}_\n"))
}

/// Where a chart is below its run.
fn file_of(plot: &str) -> String {
    format!("plots/{plot}.svg")
}

/// A picture that a block shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    /// The file, below `results`.
    pub file: String,
    /// What is to be in it.
    pub svg: String,
}

/// The picture that the block `name [run [rest]]` shows, if it shows one and can be rendered.
pub fn shown_plot(block: &str, sources: &[Source<'_>]) -> Option<Shown> {
    let mut words = block.splitn(3, ' ').map(str::trim);
    let (name, run, plot_name) = (words.next()?, words.next()?, words.next()?);
    let source = sources.iter().find(|source| name == PLOT && source.name == run)?;
    let named = plot(source.run, plot_name).ok()?;
    let file = format!("{}/{}", source.name, file_of(&named.name));
    Some(Shown { file, svg: named.chart.svg() })
}

/// Why a block cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockError {
    /// There is no block of that name.
    Name {
        /// The name.
        name: String,
    },
    /// There is no run there.
    Run {
        /// Where it was looked for, below `results`.
        run: String,
    },
    /// The run has not what the block is of.
    Nothing {
        /// The block.
        block: String,
        /// What is missing.
        reason: String,
    },
    /// There are several runs to choose from.
    Ambiguous {
        /// The block.
        block: String,
        /// The runs.
        runs: Vec<String>,
    },
}

impl fmt::Display for BlockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BlockError::Name { name } => {
                let known: Vec<&str> = BLOCKS.iter().map(|(known, _)| *known).collect();
                write!(f, "no block is named `{name}`: there are {}", known.join(", "))
            }
            BlockError::Nothing { block, reason } => write!(f, "block {block}: {reason}"),
            BlockError::Run { run } => write!(f, "there is no run in results/{run}"),
            BlockError::Ambiguous { block, runs } => {
                let runs = runs.join(", ");
                write!(f, "name the run: `generated:{block} RUN`, where RUN is one of {runs}")
            }
        }
    }
}

impl Error for BlockError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    /// The first line is the command and the run, whatever the block.
    #[test]
    fn a_block_begins_with_what_made_it() {
        let run = sample::run(&sample::rows(8));
        let sources = [Source { name: "box/quick", run: &run }];
        for block in ["answer", "ranking", "environment", "ranking box/quick"] {
            let text = render_block(block, &sources).unwrap();
            assert!(
                text.starts_with(
                    "_`hotrow --results results/box/quick`, run made-up in \
                     `results/box/quick`, commit abcdef123456._\n\n"
                ),
                "{text}"
            );
            assert_eq!(render_block(block, &sources).unwrap(), text);
        }
    }

    /// A picture that no file is written for, or that is written elsewhere than it is looked for,
    /// would be a hole in the page.
    #[test]
    fn a_plot_is_shown_from_the_file_that_is_written() {
        let run = sample::run(&sample::rows(8));
        let sources = [Source { name: "box/quick", run: &run }];
        let block = "plot box/quick forest-hot-row";
        let text = render_block(block, &sources).unwrap();
        let shown = shown_plot(block, &sources).unwrap();
        assert_eq!(shown.file, "box/quick/plots/forest-hot-row.svg");
        assert!(text.contains(&format!("](results/{})\n\n_Each point", shown.file)), "{text}");
        assert!(shown.svg.contains(">One hot row with 2 threads on slab<"), "{}", shown.svg);
        assert_eq!(shown_plot("ranking box/quick", &sources), None);
        let unknown = render_block("plot box/quick pie", &sources).unwrap_err().to_string();
        let has = "block plot: the run has no plot `pie`: there are forest-hot-row, ";
        assert!(unknown.starts_with(has), "{unknown}");
    }

    /// A block that cannot be rendered must not be rendered from something else.
    #[test]
    fn a_block_without_its_run_is_refused() {
        let run = sample::run(&sample::rows(8));
        let two = ["a/b", "c/d"].map(|name| Source { name, run: &run });
        let refused = |block| render_block(block, &two).unwrap_err().to_string();
        assert!(refused("chart").starts_with("no block is named `chart`"));
        assert_eq!(refused("answer e/f"), "there is no run in results/e/f");
        assert!(refused("answer").ends_with("RUN is one of a/b, c/d"));
        assert_eq!(render_block("answer", &[]).unwrap(), "Nothing has been measured yet.\n");
    }
}
