//! Standard output. Its reader may close it early, as in `hotrow list | head -1`.

use std::io::{self, ErrorKind, Write};

/// Columns to print in when no terminal reports its width.
const WIDTH_UNKNOWN: usize = 80;

/// The least columns of a table, and the most of a line of prose.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=160;

/// Prints a text. That the reader has closed the pipe is no error.
pub(super) fn print(text: &str) -> io::Result<()> {
    print_bytes(text.as_bytes())
}

/// Prints bytes that need not be UTF-8.
pub(super) fn print_bytes(bytes: &[u8]) -> io::Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Prints tables, with colours on a terminal. `NO_COLOR` turns them off.
pub(super) fn print_tables(text: &str) -> io::Result<()> {
    match console::colors_enabled() {
        true => print(&text.lines().map(|line| styled(line) + "\n").collect::<String>()),
        false => print(text),
    }
}

/// Styles a line of a table: headings bold, violations red, the leader green, remarks dim.
fn styled(line: &str) -> String {
    let style = console::Style::new().force_styling(true);
    let first = line.trim_start();
    match first {
        _ if line.contains("VIOLATION") || line.contains("NOT MEASURED") => {
            style.red().apply_to(line)
        }
        _ if first.starts_with("# ") => style.bold().apply_to(line),
        _ if first.starts_with("1 ") => style.green().apply_to(line),
        _ if first.starts_with("-- ") || first.starts_with("(not shown") => {
            style.dim().apply_to(line)
        }
        _ => return line.to_owned(),
    }
    .to_string()
}

/// Returns the columns to print in: those of the terminal, or else of the variable `COLUMNS`.
pub(super) fn width() -> usize {
    let terminal = console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    let variable = || std::env::var("COLUMNS").ok()?.parse().ok();
    let width = terminal.or_else(variable).unwrap_or(WIDTH_UNKNOWN);
    width.clamp(*WIDTHS.start(), *WIDTHS.end())
}
