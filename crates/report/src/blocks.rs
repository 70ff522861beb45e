//! Renders the generated blocks of a page, by name.

use std::{error::Error, fmt};

use super::{
    capacity, claims,
    comparison::comparisons,
    costs, databases, demos, environment, http, machines,
    plots::plot,
    proved, ranking, response,
    scenarios::named_scenarios,
    slo, slow_store,
    source::{RenderContext, Source},
    summary,
};
use hotrow_results::{Environment, StoredRun};

/// The default width of a terminal.
const COLUMNS: usize = 80;

/// Renders one block. [`BlockError`] adds the name of the block to the error.
type Render = fn(&RenderContext<'_>) -> Result<String, String>;

/// The name of the block that shows a chart.
const PLOT: &str = "plot";

/// Every block, by name.
const BLOCKS: &[(&str, Render)] = &[
    ("answer", summary::answers),
    ("choice", summary::choice),
    ("resolution", summary::resolution),
    ("family", summary::family),
    ("ranking", |context| Ok(rankings(context.run()))),
    ("first-table", |context| Ok(first_table(context.run()))),
    ("omission", |context| Ok(demos::omission(&context.run().rows)? + "\n")),
    ("order", order),
    ("capacity", |context| capacity::markdown(context.run())),
    ("response", |context| response::markdown(context.run())),
    ("slo-capacity", |context| slo::markdown(context.run())),
    ("slow-store", |context| slow_store::markdown(context.run())),
    (PLOT, plot_image),
    ("environment", |context| Ok(environment::markdown(&context.run().environment))),
    ("claims", claims::render),
    ("cite", claims::cite),
    ("correctness", proved::correctness),
    ("costs", costs::costs),
    ("failure-handling", failure_handling),
    ("http", http::http),
    ("machines", machines::machines),
    ("databases", databases::databases),
];

/// Renders the block `name [run [rest]]` from one of `sources`.
///
/// # Errors
/// [`BlockError`] if there is no such block or run, if there are several runs and none is named, or
/// if the run does not have the data of the block.
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
    match render(&RenderContext { source, sources, rest }) {
        Ok(body) => Ok(with_heading(&source, body)),
        Err(reason) => Err(BlockError::Nothing { block: name.to_owned(), reason }),
    }
}

/// Adds the command and the run that the block was made from.
fn with_heading(source: &Source<'_>, body: String) -> String {
    let Environment { command, run, commit, partial, .. } = &source.run.environment;
    let commit = commit.as_deref().unwrap_or("unknown");
    let partial = if *partial { ", PARTIAL" } else { "" };
    let name = source.name;
    format!("_`{command}`, run {run} in `results/{name}`, commit {commit}{partial}._\n\n{body}")
}

/// Renders the properties of failure handling, and the cost of a rejection if it was measured.
fn failure_handling(context: &RenderContext<'_>) -> Result<String, String> {
    let properties = proved::failure_handling(context)?;
    let costs = costs::rejections(context).map(|costs| format!("\n{costs}"));
    Ok(properties + &costs.unwrap_or_default())
}

fn rankings(run: &StoredRun) -> String {
    let tables = comparisons(&run.rows);
    tables
        .iter()
        .map(|comparison| format!("### {}\n\n{}", comparison.title, ranking::markdown(comparison)))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Compares a run that measured one contender after the other with the shuffled run that the
/// argument names.
fn order(context: &RenderContext<'_>) -> Result<String, String> {
    let shuffled = context.sources.iter().find(|source| source.name == context.rest);
    let shuffled =
        shuffled.ok_or_else(|| format!("there is no run in results/{}", context.rest))?;
    Ok(demos::order_of_runs(&context.run().rows, &shuffled.run.rows)? + "\n")
}

/// Renders the table of the first named scenario, as a terminal shows it.
fn first_table(run: &StoredRun) -> String {
    let tables = comparisons(&run.rows);
    let named = named_scenarios(&tables, run.environment.cores).first().map(|it| it.comparison);
    let first = named.or(tables.first()).map(|table| ranking::terminal(table, COLUMNS));
    format!("```text\n{}\n```\n", first.unwrap_or_default().trim_end())
}

/// Renders a chart of the run as an image with its caption.
fn plot_image(context: &RenderContext<'_>) -> Result<String, String> {
    let named = plot(context.run(), context.rest)?;
    let alt = named.alt.replace('[', "(").replace(']', ")");
    let caption = &named.chart.heading().caption;
    let file = format!("results/{}/{}", context.source.name, file_of(&named.name));
    Ok(format!("![{alt}]({file})\n\n_{caption}_\n"))
}

/// Returns the path of a chart below the folder of its run.
fn file_of(plot: &str) -> String {
    format!("plots/{plot}.svg")
}

/// An image that a block shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    /// The path of the file below `results`.
    pub file: String,
    /// The content of the file.
    pub svg: String,
}

/// Renders the image that the block `name [run [rest]]` shows. Returns `None` if the block shows no
/// image, or if it cannot be rendered.
pub fn shown_plot(block: &str, sources: &[Source<'_>]) -> Option<Shown> {
    let mut words = block.splitn(3, ' ').map(str::trim);
    let (name, run, plot_name) = (words.next()?, words.next()?, words.next()?);
    let source = sources.iter().find(|source| name == PLOT && source.name == run)?;
    let named = plot(source.run, plot_name).ok()?;
    let file = format!("{}/{}", source.name, file_of(&named.name));
    Some(Shown { file, svg: named.chart.svg() })
}

/// The reason why a block cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BlockError {
    /// There is no block with that name.
    Name {
        /// The name.
        name: String,
    },
    /// There is no run at that path.
    Run {
        /// The path below `results`.
        run: String,
    },
    /// The run does not have the data of the block.
    Nothing {
        /// The block.
        block: String,
        /// The missing data.
        reason: String,
    },
    /// There are several runs, and the block names none.
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
                write!(f, "no block is named `{name}`: use one of {}", known.join(", "))
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
    use hotrow_results::sample;

    /// The first line of every block is the command and the run.
    #[test]
    fn a_block_begins_with_its_command_and_run() {
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

    /// The page must show the image from the path to which the image is written.
    #[test]
    fn a_plot_is_shown_from_the_file_that_is_written() {
        let run = sample::run(&sample::rows(8));
        let sources = [Source { name: "box/quick", run: &run }];
        let block = "plot box/quick forest-hot-row";
        let text = render_block(block, &sources).unwrap();
        let shown = shown_plot(block, &sources).unwrap();
        assert_eq!(shown.file, "box/quick/plots/forest-hot-row.svg");
        assert!(text.contains(&format!("](results/{})\n\n_Each point", shown.file)), "{text}");
        assert!(shown.svg.contains(">One hot row with 2 threads on memory<"), "{}", shown.svg);
        assert_eq!(shown_plot("ranking box/quick", &sources), None);
        let unknown = render_block("plot box/quick pie", &sources).unwrap_err().to_string();
        let message = "block plot: the run has no plot `pie`: use one of forest-hot-row, ";
        assert!(unknown.starts_with(message), "{unknown}");
    }

    /// A block whose run is missing must not be rendered from another run.
    #[test]
    fn a_block_without_its_run_is_rejected() {
        let run = sample::run(&sample::rows(8));
        let two = ["a/b", "c/d"].map(|name| Source { name, run: &run });
        let rejected = |block| render_block(block, &two).unwrap_err().to_string();
        assert!(rejected("chart").starts_with("no block is named `chart`"));
        assert_eq!(rejected("answer e/f"), "there is no run in results/e/f");
        assert!(rejected("answer").ends_with("RUN is one of a/b, c/d"));
        assert_eq!(render_block("answer", &[]).unwrap(), "Nothing has been measured yet.\n");
    }
}
