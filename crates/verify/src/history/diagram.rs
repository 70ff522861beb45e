//! Operations drawn side by side: a column for each client, time downward.
//!
//! ```text
//! client 1                   client 2
//! # charge 10: 10 left
//! '                          # read: 0
//!                            '
//! ```
//!
//! A line begins at the call and ends with `'` at the return. It has no end if the operation is
//! indeterminate. Operations that contradict each other are drawn with `#`. A diagram has bounds,
//! so that it is readable: the columns and rows that matter least are left out and counted.

use std::{collections::BTreeMap, fmt};

/// Most characters of a row.
pub const WIDTH_MAX: usize = 80;

/// Most rows, without those that count the rows left out.
pub const ROWS_MAX: usize = 24;

/// Smallest readable width of a column. Clients that do not fit are left out.
const COLUMN_MIN: usize = 20;

/// Characters of a column around a label: the mark before it, and the space after it.
const AROUND_LABEL: usize = 3;

/// One operation of a diagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The client, which is the column.
    pub client: u64,
    /// When it was called.
    pub called: u64,
    /// When it returned, not before the call; `None` if it is indeterminate.
    pub returned: Option<u64>,
    /// The text beside the line.
    pub label: String,
    /// Whether the operation is part of the contradiction.
    pub marked: bool,
}

/// A diagram of operations. `Display` prints it as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagram {
    columns: Vec<u64>,
    columns_left_out: usize,
    lines: Vec<Line>,
}

/// The event of one row: the call or the return of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    time: u64,
    /// At the same time, calls come before returns.
    is_return: bool,
    line: usize,
}

impl Diagram {
    /// Creates a diagram of these lines. Clients with a marked line have priority.
    pub fn of(lines: Vec<Line>) -> Diagram {
        let marked_time = lines.iter().filter(|line| line.marked).map(|line| line.called).max();
        let mut clients: BTreeMap<u64, (bool, u64)> = BTreeMap::new();
        for line in &lines {
            let (marked, distance) = clients.entry(line.client).or_insert((false, u64::MAX));
            *marked |= line.marked;
            *distance = (*distance).min(marked_time.map_or(0, |time| time.abs_diff(line.called)));
        }
        // First the clients of the contradiction, then those with the nearest calls.
        let mut ranked: Vec<u64> = clients.keys().copied().collect();
        ranked.sort_by_key(|client| (!clients[client].0, clients[client].1));
        let most = columns_max(&lines, clients.values().filter(|(marked, _)| *marked).count());
        let columns_left_out = ranked.len().saturating_sub(most);
        ranked.truncate(most);
        ranked.sort_unstable();
        let mut lines: Vec<Line> =
            lines.into_iter().filter(|line| ranked.contains(&line.client)).collect();
        lines.sort_by_key(|line| (line.called, line.client));
        Diagram { columns: ranked, columns_left_out, lines }
    }

    /// Returns every call and return in the order of time.
    fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for (line, Line { called, returned, .. }) in self.lines.iter().enumerate() {
            events.push(Event { time: *called, is_return: false, line });
            if let Some(time) = *returned {
                events.push(Event { time, is_return: true, line });
            }
        }
        events.sort_unstable();
        events
    }

    /// Returns which events have a row: those of marked lines, then the nearest others up to the
    /// maximum.
    fn shown(&self, events: &[Event]) -> Vec<bool> {
        let is_marked = |event: &Event| self.lines[event.line].marked;
        let marked: Vec<usize> = (0..events.len()).filter(|&at| is_marked(&events[at])).collect();
        let distance =
            |at: usize| marked.iter().map(|other| at.abs_diff(*other)).min().unwrap_or(at);
        let mut nearest: Vec<usize> = (0..events.len()).collect();
        nearest.sort_by_key(|&at| distance(at));
        let mut shown = vec![false; events.len()];
        nearest.into_iter().take(ROWS_MAX).for_each(|at| shown[at] = true);
        shown
    }

    fn width(&self) -> usize {
        WIDTH_MAX / self.columns.len().max(1)
    }

    fn column(&self, line: &Line) -> usize {
        self.columns.iter().position(|client| *client == line.client).unwrap_or(0)
    }
}

/// Returns the number of columns in which the labels of the contradiction are whole. Clients of the
/// contradiction have a column even so.
fn columns_max(lines: &[Line], clients_marked: usize) -> usize {
    let longest = lines.iter().filter(|line| line.marked).map(|line| line.label.chars().count());
    let width = longest.max().unwrap_or(0) + AROUND_LABEL;
    let most = WIDTH_MAX / COLUMN_MIN;
    (WIDTH_MAX / width.max(COLUMN_MIN)).max(clients_marked).clamp(1, most)
}

impl fmt::Display for Diagram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headings = self.columns.iter().map(|client| format!("client {client}"));
        row(f, self.width(), &headings.collect::<Vec<_>>())?;
        let events = self.events();
        let shown = self.shown(&events);
        // The pending operations of each column, which are drawn through the rows of others.
        let mut pending: Vec<Vec<usize>> = vec![Vec::new(); self.columns.len()];
        let mut left_out = 0;
        for (event, shown) in events.iter().zip(shown) {
            let line = &self.lines[event.line];
            let column = self.column(line);
            if shown {
                write_left_out(f, &mut left_out)?;
                let bars = pending.iter().map(|lines| self.bar(lines).to_owned());
                let mut cells: Vec<String> = bars.collect();
                let mark = if line.marked { "#" } else { "|" };
                cells[column] = match event.is_return {
                    true => "'".to_owned(),
                    false => format!("{mark} {}", line.label),
                };
                row(f, self.width(), &cells)?;
            } else {
                left_out += 1;
            }
            match event.is_return {
                true => pending[column].retain(|other| *other != event.line),
                false => pending[column].push(event.line),
            }
        }
        write_left_out(f, &mut left_out)?;
        match self.columns_left_out {
            0 => Ok(()),
            1 => writeln!(f, "and 1 more client"),
            more => writeln!(f, "and {more} more clients"),
        }
    }
}

impl Diagram {
    fn bar(&self, pending: &[usize]) -> &'static str {
        match pending.iter().map(|line| self.lines[*line].marked).max() {
            Some(true) => "#",
            Some(false) => "|",
            None => "",
        }
    }
}

/// Writes cells of the same width, each shortened to leave a space before the next, without
/// trailing spaces.
fn row(f: &mut fmt::Formatter<'_>, width: usize, cells: &[String]) -> fmt::Result {
    let mut text = String::new();
    for cell in cells {
        text.push_str(&format!("{:<width$}", shorten(cell, width - 1)));
    }
    writeln!(f, "{}", text.trim_end())
}

/// Shortens the text in its middle. The end stays, because it shows the reply.
fn shorten(text: &str, width: usize) -> String {
    let chars: Vec<char> = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if chars.len() <= width {
        return chars.into_iter().collect();
    }
    let (head, tail) = (width / 2, width - width / 2 - 2);
    let head = chars[..head].iter();
    head.chain(&['.', '.']).chain(&chars[chars.len() - tail..]).collect()
}

fn write_left_out(f: &mut fmt::Formatter<'_>, left_out: &mut usize) -> fmt::Result {
    match std::mem::take(left_out) {
        0 => Ok(()),
        1 => writeln!(f, "  .. 1 event .."),
        many => writeln!(f, "  .. {many} events .."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(client: u64, called: u64, returned: Option<u64>, label: &str, marked: bool) -> Line {
        Line { client, called, returned, label: label.to_owned(), marked }
    }

    /// The diagram shows the order of calls and returns.
    #[test]
    fn calls_and_returns_are_rows_in_the_order_of_time() {
        let diagram = Diagram::of(vec![
            line(2, 20, Some(40), "read: 0", true),
            line(1, 0, Some(10), "charge 10: 10 left", true),
            line(1, 30, None, "use 5: indeterminate", false),
        ]);
        let expected = "\
client 1                                client 2
# charge 10: 10 left
'
                                        # read: 0
| use 5: indeterminate                  #
|                                       '
";
        assert_eq!(diagram.to_string(), expected);
    }

    /// Thousands of lines must not hide the two that matter, nor exceed the screen.
    #[test]
    fn a_large_history_is_cut_to_one_page_around_marked_lines() {
        let mut lines: Vec<Line> = (0..1_000)
            .map(|at| line(at % 40, at * 10, Some(at * 10 + 395), "append \"a long text\"", false))
            .collect();
        lines[100].marked = true;
        lines[900].marked = true;
        let text = Diagram::of(lines).to_string();
        assert!(text.lines().count() <= 2 * ROWS_MAX, "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH_MAX), "{text}");
        assert_eq!(text.matches("# append").count(), 2, "{text}");
        assert!(text.contains("events ..") && text.ends_with("and 37 more clients\n"), "{text}");
    }

    /// An empty diagram must not panic in the middle of a message.
    #[test]
    fn a_diagram_without_lines_is_empty() {
        assert_eq!(Diagram::of(Vec::new()).to_string(), "\n");
    }

    /// Which operation contradicts another is what the picture is for: its label is whole, and
    /// other clients give way.
    #[test]
    fn the_operation_of_a_contradiction_is_not_shortened() {
        let label = "charge 25: refused at 6";
        let other = |client| line(client, client, Some(100), "read: 0", false);
        let mut lines: Vec<Line> = (1..=6).map(other).collect();
        lines.push(line(2, 40, Some(60), label, true));
        let text = Diagram::of(lines).to_string();
        assert!(text.contains(&format!("# {label}")), "{text}");
        assert!(text.ends_with("and 3 more clients\n"), "{text}");
    }

    /// A long label keeps the request and the reply.
    #[test]
    fn a_label_is_shortened_in_its_middle() {
        assert_eq!(shorten("append \"something long\": done", 16), "append \"..: done");
        assert_eq!(shorten("short", 16), "short");
    }
}
