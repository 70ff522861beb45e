//! Draws the rate of each contender against its fairness.

use super::{measured, ratio_estimate, values_estimate};
use crate::{
    comparison::Comparison,
    contender_summary::ContenderSummary,
    figures::duration,
    plot::{Axis, Chart, Estimate, Heading, Role, Scale, Scatter, Spot, Unit},
    scenarios::Scenarios,
};
use hotrow_results as record;

/// Draws the rate of each contender against Jain's index. A scenario with a single client has no
/// fairness.
pub(super) fn scatter(scenarios: &Scenarios<'_>, scenario: &Comparison) -> Option<Chart> {
    let baseline = scenario.baseline.as_deref()?;
    if scenario.title.row.clients < 2 || !scenario.is_shown() {
        return None;
    }
    let spot = |contender: &ContenderSummary| {
        let x = jain(scenarios, scenario, &contender.strategy)?;
        let y = ratio_estimate(contender.ratio?);
        Some(Spot { label: contender.strategy.clone(), x, y, role: Role::Contender })
    };
    let clients = scenario.title.clients();
    Some(Chart::Scatter(Scatter {
        heading: Heading {
            title: format!("Rate and fairness: {}", scenario.title),
            subtitle: measured(scenarios, scenario),
            caption: format!(
                "Jain's index of the requests that each of {clients} completed: 1 if all completed \
                 the same number, 1/{} if one client completed all. Ratios are to {baseline} \
                 within a block; lines are 95 % intervals. The index also reflects the scheduler: \
                 a client that had a core for more of the window of {} completed more requests.",
                scenario.title.row.clients,
                duration(scenario.title.row.window_ns as f64)
            ),
        },
        x: Axis { label: "Jain's index".to_owned(), scale: Scale::Linear, unit: Unit::Plain },
        y: Axis {
            label: format!("requests a second, as a multiple of those of {baseline}"),
            scale: Scale::Log10,
            unit: Unit::Multiple,
        },
        spots: scenario.contenders.iter().filter_map(spot).collect(),
    }))
}

fn jain(scenarios: &Scenarios<'_>, scenario: &Comparison, strategy: &str) -> Option<Estimate> {
    let own = scenarios.run.rows.iter().filter(|row| {
        row.scenario == scenario.scenario
            && row.strategy == strategy
            && row.role == record::Role::Contender
    });
    let valid = own.filter(|row| row.counts() && row.jain_ppm > 0);
    values_estimate(&valid.map(|row| (row.fork, row.jain_ppm as f64 / 1e6)).collect::<Vec<_>>())
}
