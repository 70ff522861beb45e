//! Standard output, which somebody may close: `hotrow list | head -1`.

use std::io::{self, ErrorKind, Write};

/// Columns of a terminal whose width is not known, and of what is not a terminal.
const WIDTH_UNKNOWN: usize = 80;

/// The least that a table is squeezed into, and the most that a line of prose is stretched to.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=160;

/// Prints, unless nobody reads any more: then there is nothing left to do, and that is no failure.
pub(super) fn print(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Columns to print in: those of the terminal, or of the variable `COLUMNS` where there is none.
pub(super) fn width() -> usize {
    let terminal = console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    let variable = || std::env::var("COLUMNS").ok()?.parse().ok();
    let width = terminal.or_else(variable).unwrap_or(WIDTH_UNKNOWN);
    width.clamp(*WIDTHS.start(), *WIDTHS.end())
}
