//! What speed costs the client that is served least.

use super::{measured, of_ratio, of_values};
use crate::{
    plot::{Axis, Chart, Estimate, Heading, Role, Scale, Scatter, Spot, Unit},
    record,
    report::{
        cells::{Cell, Cells},
        figures::duration,
        standing::Standing,
    },
};

/// The rate of each contender against Jain's index. One client alone is fair to nobody.
pub(super) fn scatter(cells: &Cells<'_>, cell: &Cell<'_>) -> Option<Chart> {
    let comparison = &cell.comparison;
    let baseline = comparison.baseline.as_deref()?;
    if cell.row.clients < 2 || !cell.is_measured() {
        return None;
    }
    let spot = |one: &Standing| {
        let (x, y) = (jain(cells, cell, &one.strategy)?, of_ratio(one.ratio?));
        Some(Spot { label: one.strategy.clone(), x, y, role: Role::Contender })
    };
    let clients = cell.clients();
    Some(Chart::Scatter(Scatter {
        heading: Heading {
            title: format!("Speed and fairness: {}", comparison.title),
            subtitle: measured(cells, cell),
            caption: format!(
                "Jain's index of what each of {clients} completed: 1 if all had the same, 1/{} if \
                 one had everything. Ratios are to {baseline} within a block; lines are 95 % \
                 intervals. Who got a core for more of the window of {} than others completed \
                 more: that is in it too.",
                cell.row.clients,
                duration(cell.row.window_ns as f64)
            ),
        },
        x: Axis { label: "Jain's index".to_owned(), scale: Scale::Linear, unit: Unit::Plain },
        y: Axis {
            label: format!("requests a second, as a multiple of those of {baseline}"),
            scale: Scale::Log10,
            unit: Unit::Multiple,
        },
        spots: comparison.contenders.iter().filter_map(spot).collect(),
    }))
}

fn jain(cells: &Cells<'_>, cell: &Cell<'_>, strategy: &str) -> Option<Estimate> {
    let own = cells.run.rows.iter().filter(|row| {
        row.cell == cell.row.cell && row.strategy == strategy && row.role == record::Role::Contender
    });
    let told = own.filter(|row| row.counts() && row.jain_ppm > 0);
    of_values(&told.map(|row| (row.process, row.jain_ppm as f64 / 1e6)).collect::<Vec<_>>())
}
