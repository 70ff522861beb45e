//! One run as a page that a browser opens from a disk: every chart and every ranking.

use super::{
    answer::answer,
    blocks::Source,
    cells::{Cell, Cells},
    plots, ranking,
};
use crate::{
    plot::{Section, page},
    record::Kind,
};

/// The page of a run: what it was measured on, what the cells are together, and each alone.
pub fn overview(source: &Source<'_>) -> String {
    let cells = Cells::of(source.run);
    let mut sections = Vec::new();
    let together = plots::all_of(&cells).into_iter().filter(|named| is_of_several(&named.name));
    let charts: Vec<_> = together.map(|named| named.chart).collect();
    if !charts.is_empty() {
        sections.push(Section { title: "All cells".to_owned(), charts, tables: Vec::new() });
    }
    sections.extend(cells.all.iter().map(|cell| section(&cells, cell)));
    page(&format!("hotrow: {}", source.name), &intro(source, &cells), &sections)
}

/// What is of one cell stands in its section.
fn is_of_several(name: &str) -> bool {
    !["forest-", "response-"].iter().any(|of_one| name.starts_with(of_one))
}

fn section(cells: &Cells<'_>, cell: &Cell<'_>) -> Section {
    let comparison = &cell.comparison;
    let forest = plots::forest(cells, cell);
    let spectrum = match cell.row.kind {
        Kind::Latency => plots::spectrum(cells, cell, true),
        _ => None,
    };
    let caption = format!("{} {}.", answer(comparison), ranking::caption(comparison));
    let violations: String =
        ranking::violations(comparison).map(|line| format!(" {line}.")).collect();
    Section {
        title: comparison.title.to_string(),
        charts: forest.into_iter().chain(spectrum).collect(),
        tables: vec![ranking::table(comparison).plotted(caption + &violations)],
    }
}

fn intro(source: &Source<'_>, cells: &Cells<'_>) -> Vec<String> {
    let environment = &source.run.environment;
    let known = |what: &Option<String>| what.clone().unwrap_or_else(|| "not known".to_owned());
    let partial = match environment.partial {
        true => " PARTIAL: the run was stopped before its end.",
        false => "",
    };
    let hypervisor = match &environment.hypervisor {
        Some(hypervisor) => format!("virtual ({hypervisor})"),
        None => "not virtual as far as it tells".to_owned(),
    };
    let floors = || cells.all.iter().map(|cell| (cell.comparison.floor.ratio() - 1.0) * 100.0);
    let (low, high) = (floors().fold(f64::INFINITY, f64::min), floors().fold(0.0, f64::max));
    let floor = match cells.all.is_empty() {
        true => "Nothing was measured.".to_owned(),
        false => format!(
            "In every block one strategy runs twice under two names. How far the two come out from \
             one another is the floor of a cell, and what lies within it is a tie: here \
             {low:.1} % to {high:.1} %, cell by cell."
        ),
    };
    vec![
        format!(
            "Made by `{}`, run {} at commit {}, seed {}.{partial}",
            environment.command,
            environment.run,
            known(&environment.commit),
            environment.seed
        ),
        format!(
            "{} cores, {}, {hypervisor}; {}, kernel {}; hotrow {}, {} build, {}.",
            environment.cores,
            known(&environment.cpu_model),
            environment.os,
            known(&environment.kernel),
            environment.hotrow,
            environment.profile,
            environment.rustc
        ),
        floor,
        "The books of every run were audited after its clock had stopped; the last column of each \
         table says what was found. What does not balance is never ranked."
            .to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    /// A page that shows who is fastest and not who is wrong would be worse than none.
    #[test]
    fn a_page_has_each_cell_with_its_books() {
        let run = sample::run(&sample::rows(8));
        let html = overview(&Source { name: "box/quick", run: &run });
        assert!(html.contains("<h2>one hot row with 2 threads on slab</h2>"));
        assert!(html.contains("unguarded is wrong in 8 of 8 blocks"));
        assert!(html.contains("<td>WRONG</td>") && html.contains("<td>balanced 8.0k</td>"));
        assert_eq!(html, overview(&Source { name: "box/quick", run: &run }));
    }
}
