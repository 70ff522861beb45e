//! Renders one run as an HTML page that a browser can open from disk: every chart and every
//! ranking.

use super::{
    answer::answer,
    comparison::Comparison,
    confidence::aa_check,
    plots, ranking,
    scenarios::Scenarios,
    slo::{SloCapacity, slo_capacities},
    source::Source,
};
use crate::plot::{Section, page};
use hotrow_results::Kind;

/// Renders the page of a run: its environment, the charts over several scenarios, and a section for
/// each scenario.
pub fn overview(source: &Source<'_>) -> String {
    let scenarios = Scenarios::new(source.run);
    let mut sections = Vec::new();
    let shared = plots::all_of(&scenarios).into_iter().filter(|named| covers_several(&named.name));
    let charts: Vec<_> = shared.map(|named| named.chart).collect();
    if !charts.is_empty() {
        sections.push(Section { title: "All scenarios".to_owned(), charts, tables: Vec::new() });
    }
    sections.extend(capacity_section(source));
    sections.extend(scenarios.all.iter().map(|scenario| section(&scenarios, scenario)));
    page(&format!("hotrow: {}", source.name), &intro(source, &scenarios), &sections)
}

/// Whether a chart covers several scenarios. A chart of one scenario is in the section of that
/// scenario.
fn covers_several(name: &str) -> bool {
    !["forest-", "response-"].iter().any(|prefix| name.starts_with(prefix))
}

/// The section of `hotrow capacity`, if the run has its probes. Its chart is among the shared ones.
fn capacity_section(source: &Source<'_>) -> Option<Section> {
    let capacities = slo_capacities(&source.run.capacity);
    let tables: Vec<_> = capacities.iter().map(SloCapacity::to_plot_table).collect();
    let title = "The most requests a second within an SLO".to_owned();
    (!tables.is_empty()).then(|| Section { title, charts: Vec::new(), tables })
}

fn section(scenarios: &Scenarios<'_>, scenario: &Comparison) -> Section {
    let forest = plots::forest(scenarios, scenario);
    let spectrum = match scenario.title.row.kind {
        Kind::OpenLoop => plots::spectrum(scenarios, scenario, true),
        _ => None,
    };
    let caption = format!("{} {}.", answer(scenario), ranking::caption(scenario));
    let violations: String =
        ranking::violations(scenario).map(|line| format!(" {line}.")).collect();
    Section {
        title: scenario.title.to_string(),
        charts: forest.into_iter().chain(spectrum).collect(),
        tables: vec![ranking::table(scenario).to_plot_table(caption + &violations)],
    }
}

fn intro(source: &Source<'_>, scenarios: &Scenarios<'_>) -> Vec<String> {
    let environment = &source.run.environment;
    let or_unknown = |value: &Option<String>| value.clone().unwrap_or_else(|| "unknown".to_owned());
    let partial = match environment.partial {
        true => " PARTIAL: the run was stopped before its end.",
        false => "",
    };
    let hypervisor = match &environment.hypervisor {
        Some(hypervisor) => format!("virtual machine: {hypervisor}"),
        None => "no virtual machine reported".to_owned(),
    };
    let pairs = match scenarios.all.is_empty() {
        true => "Nothing was measured.".to_owned(),
        false => format!(
            "In every block, one strategy runs twice under two names. {}",
            aa_check(scenarios.all.iter())
        ),
    };
    vec![
        format!(
            "Made by `{}`, run {} at commit {}, seed {}.{partial}",
            environment.command,
            environment.run,
            or_unknown(&environment.commit),
            environment.seed
        ),
        format!(
            "{} cores, {}, {hypervisor}; {}, kernel {}; hotrow {}, {} build, {}.",
            environment.cores,
            or_unknown(&environment.cpu_model),
            environment.os,
            or_unknown(&environment.kernel),
            environment.hotrow,
            environment.profile,
            environment.rustc
        ),
        pairs,
        "Every measurement was audited after its clock had stopped. The last column of each table \
         shows the verdict. A contender with a violation is never ranked."
            .to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotrow_results::sample;

    /// A page must show the audit of each contender beside its speed.
    #[test]
    fn a_page_shows_each_scenario_with_its_audit() {
        let run = sample::run(&sample::rows(8));
        let html = overview(&Source { name: "box/quick", run: &run });
        assert!(html.contains("<h2>one hot row with 2 threads on memory</h2>"));
        assert!(html.contains("unsynchronized: violation in 8 of 8 blocks"));
        assert!(html.contains("<td>VIOLATION</td>") && html.contains("<td>pass 8.0k</td>"));
        assert_eq!(html, overview(&Source { name: "box/quick", run: &run }));
    }
}
