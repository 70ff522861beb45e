//! What a run was measured on, as a table for a page.

use super::table::{Align, Column, Table};
use crate::record::{Environment, LoadAverage};

/// The table of one environment.
pub(super) fn markdown(environment: &Environment) -> String {
    let unknown = || "not known".to_owned();
    let load = |load: Option<LoadAverage>| match load {
        Some(load) => format!("{:.2} over 1 min, {:.2} over 5", load.one_minute, load.five_minutes),
        None => "not known".to_owned(),
    };
    let hypervisor = || "none that the machine tells of".to_owned();
    let mut table =
        Table::new(vec![Column::new("what", Align::Left, 0), Column::new("value", Align::Left, 0)]);
    for (what, value) in [
        ("cores", environment.cores.to_string()),
        ("processor", environment.cpu_model.clone().unwrap_or_else(unknown)),
        ("virtual machine", environment.hypervisor.clone().unwrap_or_else(hypervisor)),
        ("system", environment.os.clone()),
        ("kernel", environment.kernel.clone().unwrap_or_else(unknown)),
        ("load before", load(environment.load_before)),
        ("load after", load(environment.load_after)),
        ("hotrow", format!("{}, {} build", environment.hotrow, environment.profile)),
        ("compiler", environment.rustc.clone()),
        ("seed", environment.seed.to_string()),
    ] {
        table.push(vec![what.to_owned(), value]);
    }
    table.markdown()
}
