//! Operations drawn side by side: a column for each client, time downward.
//!
//! ```text
//! client 1                   client 2
//! # charge 10: 10 left
//! '                          # read: 0
//!                            '
//! ```
//!
//! A line begins with the call and ends with `'` at the return, or goes on for ever if its client
//! never learnt what became of it. What contradicts each other is drawn with `#`. A picture is to be
//! looked at, so it has bounds: columns and rows that say the least are left out and counted.

use std::{collections::BTreeMap, fmt};

/// The widest row, in characters.
pub const WIDTH_MAX: usize = 80;

/// The most rows, without those that say what is left out.
pub const ROWS_MAX: usize = 24;

/// The least that a column can be read in: more clients than fit are left out.
const COLUMN_MIN: usize = 20;

/// One operation to be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whose column.
    pub client: u64,
    /// When it was called.
    pub called: u64,
    /// When it returned, if that is known; not before it was called.
    pub returned: Option<u64>,
    /// What to write beside it.
    pub label: String,
    /// Whether it is one of those that contradict each other.
    pub marked: bool,
}

/// Operations as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    columns: Vec<u64>,
    columns_left_out: usize,
    lines: Vec<Line>,
}

/// What happens in one row: the call or the return of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    time: u64,
    /// At one and the same time calls come before returns.
    is_return: bool,
    line: usize,
}

impl Picture {
    /// Draws these lines, and at least those of the clients who have a marked one.
    pub fn of(lines: Vec<Line>) -> Picture {
        let marked_time = lines.iter().filter(|line| line.marked).map(|line| line.called).max();
        let mut clients: BTreeMap<u64, (bool, u64)> = BTreeMap::new();
        for line in &lines {
            let (marked, apart) = clients.entry(line.client).or_insert((false, u64::MAX));
            *marked |= line.marked;
            *apart = (*apart).min(marked_time.map_or(0, |time| time.abs_diff(line.called)));
        }
        // Those who contradict each other first, then who called nearest to them.
        let mut ranked: Vec<u64> = clients.keys().copied().collect();
        ranked.sort_by_key(|client| (!clients[client].0, clients[client].1));
        let columns_left_out = ranked.len().saturating_sub(WIDTH_MAX / COLUMN_MIN);
        ranked.truncate(WIDTH_MAX / COLUMN_MIN);
        ranked.sort_unstable();
        let mut lines: Vec<Line> =
            lines.into_iter().filter(|line| ranked.contains(&line.client)).collect();
        lines.sort_by_key(|line| (line.called, line.client));
        Picture { columns: ranked, columns_left_out, lines }
    }

    /// Every call and return, in the order of time.
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

    /// Which events have a row: those of marked lines, and as many of the others as there is room
    /// for, nearest to a marked one first.
    fn shown(&self, events: &[Event]) -> Vec<bool> {
        let is_marked = |event: &Event| self.lines[event.line].marked;
        let marked: Vec<usize> = (0..events.len()).filter(|&at| is_marked(&events[at])).collect();
        let apart = |at: usize| marked.iter().map(|other| at.abs_diff(*other)).min().unwrap_or(at);
        let mut nearest: Vec<usize> = (0..events.len()).collect();
        nearest.sort_by_key(|&at| apart(at));
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

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = self.columns.iter().map(|client| format!("client {client}"));
        row(f, self.width(), &heads.collect::<Vec<_>>())?;
        let events = self.events();
        let shown = self.shown(&events);
        // What is under way in each column, to be drawn through the rows of others.
        let mut under_way: Vec<Vec<usize>> = vec![Vec::new(); self.columns.len()];
        let mut left_out = 0;
        for (event, shown) in events.iter().zip(shown) {
            let line = &self.lines[event.line];
            let column = self.column(line);
            if shown {
                skipped(f, &mut left_out)?;
                let bars = under_way.iter().map(|lines| self.bar(lines).to_owned());
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
                true => under_way[column].retain(|other| *other != event.line),
                false => under_way[column].push(event.line),
            }
        }
        skipped(f, &mut left_out)?;
        match self.columns_left_out {
            0 => Ok(()),
            1 => writeln!(f, "and 1 client more"),
            more => writeln!(f, "and {more} clients more"),
        }
    }
}

impl Picture {
    fn bar(&self, under_way: &[usize]) -> &'static str {
        match under_way.iter().map(|line| self.lines[*line].marked).max() {
            Some(true) => "#",
            Some(false) => "|",
            None => "",
        }
    }
}

/// Writes cells of one width, each cut to leave a space before the next, and nothing behind them.
fn row(f: &mut fmt::Formatter<'_>, width: usize, cells: &[String]) -> fmt::Result {
    let mut text = String::new();
    for cell in cells {
        text.push_str(&format!("{:<width$}", cut(cell, width - 1)));
    }
    writeln!(f, "{}", text.trim_end())
}

/// The text, or as much of it as there is room for, with its end: what came back stands there.
fn cut(text: &str, room: usize) -> String {
    let long: Vec<char> = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if long.len() <= room {
        return long.into_iter().collect();
    }
    let (head, tail) = (room / 2, room - room / 2 - 2);
    let head = long[..head].iter();
    head.chain(&['.', '.']).chain(&long[long.len() - tail..]).collect()
}

fn skipped(f: &mut fmt::Formatter<'_>, left_out: &mut usize) -> fmt::Result {
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

    /// The order of calls and returns is what a reader must be able to see.
    #[test]
    fn calls_and_returns_are_rows_in_the_order_of_time() {
        let picture = Picture::of(vec![
            line(2, 20, Some(40), "read: 0", true),
            line(1, 0, Some(10), "charge 10: 10 left", true),
            line(1, 30, None, "use 5: unknown", false),
        ]);
        let expected = "\
client 1                                client 2
# charge 10: 10 left
'
                                        # read: 0
| use 5: unknown                        #
|                                       '
";
        assert_eq!(picture.to_string(), expected);
    }

    /// Thousands of lines must not hide the two that matter, nor run off the screen.
    #[test]
    fn a_crowd_is_cut_to_a_page_around_what_is_marked() {
        let mut lines: Vec<Line> = (0..1_000)
            .map(|at| line(at % 40, at * 10, Some(at * 10 + 395), "append \"a long text\"", false))
            .collect();
        lines[100].marked = true;
        lines[900].marked = true;
        let text = Picture::of(lines).to_string();
        assert!(text.lines().count() <= 2 * ROWS_MAX, "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH_MAX), "{text}");
        assert_eq!(text.matches("# append").count(), 2, "{text}");
        assert!(text.contains("events ..") && text.ends_with("and 36 clients more\n"), "{text}");
    }

    /// Nothing to draw is no reason to panic in the middle of a message.
    #[test]
    fn a_picture_of_nothing_is_empty() {
        assert_eq!(Picture::of(Vec::new()).to_string(), "\n");
    }

    /// A long label keeps what was asked and what came back.
    #[test]
    fn a_label_is_cut_in_its_middle() {
        assert_eq!(cut("append \"something long\": done", 16), "append \"..: done");
        assert_eq!(cut("short", 16), "short");
    }
}
