//! Standard output, which its reader may close: `hotrow list | head -1`.

use std::io::{self, ErrorKind, Write};

/// Columns of a terminal whose width is not known, and of what is not a terminal.
const WIDTH_UNKNOWN: usize = 80;

/// The least that a table is squeezed into, and the most that a line of prose is stretched to.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=160;

/// Prints, unless its reader is gone: then there is nothing left to do, and that is no failure.
pub(super) fn print(text: &str) -> io::Result<()> {
    print_bytes(text.as_bytes())
}

/// Prints what need not be a text.
pub(super) fn print_bytes(bytes: &[u8]) -> io::Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Prints tables, with what matters in colour where somebody sees it. `NO_COLOR` turns that off.
pub(super) fn print_tables(text: &str) -> io::Result<()> {
    match console::colors_enabled() {
        true => print(&text.lines().map(|line| painted(line) + "\n").collect::<String>()),
        false => print(text),
    }
}

/// Headings stand out, what is wrong does so more, and what is beside the point less.
fn painted(line: &str) -> String {
    let style = console::Style::new().force_styling(true);
    let first = line.trim_start();
    match first {
        _ if line.contains("WRONG") || line.contains("NOT MEASURED") => style.red().apply_to(line),
        _ if first.starts_with("# ") => style.bold().apply_to(line),
        _ if first.starts_with("1 ") => style.green().apply_to(line),
        _ if first.starts_with("-- ") || first.starts_with("(not shown") => {
            style.dim().apply_to(line)
        }
        _ => return line.to_owned(),
    }
    .to_string()
}

/// Columns to print in: those of the terminal, or of the variable `COLUMNS` where there is none.
pub(super) fn width() -> usize {
    let terminal = console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    let variable = || std::env::var("COLUMNS").ok()?.parse().ok();
    let width = terminal.or_else(variable).unwrap_or(WIDTH_UNKNOWN);
    width.clamp(*WIDTHS.start(), *WIDTHS.end())
}
