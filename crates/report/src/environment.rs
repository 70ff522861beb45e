//! Renders the environment of a run as a table.

use super::table::{Align, Column, Table};
use hotrow_results::{Environment, LoadAverage};

/// Renders the environment as Markdown.
pub(super) fn markdown(environment: &Environment) -> String {
    let unknown = || "unknown".to_owned();
    let load = |load: Option<LoadAverage>| match load {
        Some(load) => {
            format!("{:.2} over 1 min, {:.2} over 5 min", load.one_minute, load.five_minutes)
        }
        None => "unknown".to_owned(),
    };
    let hypervisor = || "none reported".to_owned();
    let mut table = Table::new(vec![
        Column::new("property", Align::Left, 0),
        Column::new("value", Align::Left, 0),
    ]);
    for (property, value) in [
        ("cores", environment.cores.to_string()),
        ("processor", environment.cpu_model.clone().unwrap_or_else(unknown)),
        ("virtual machine", environment.hypervisor.clone().unwrap_or_else(hypervisor)),
        ("operating system", environment.os.clone()),
        ("kernel", environment.kernel.clone().unwrap_or_else(unknown)),
        ("load before", load(environment.load_before)),
        ("load after", load(environment.load_after)),
        ("hotrow", format!("{}, {} build", environment.hotrow, environment.profile)),
        ("compiler", environment.rustc.clone()),
        ("seed", environment.seed.to_string()),
    ] {
        table.push(vec![property.to_owned(), value]);
    }
    table.markdown()
}
