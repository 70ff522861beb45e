//! Text in columns: for a terminal, which has a width, and for Markdown, which has none.

use crate::plot;

/// What a line is filled up on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A heading and how it is kept.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// Which side it is flush with.
    pub align: Align,
    /// Which columns go first where there is no room: the highest. Columns of 0 stay.
    pub spare: u8,
}

/// Lines of as many cells as there are columns, in groups.
#[derive(Debug, Clone, Default)]
pub struct Table {
    columns: Vec<Column>,
    lines: Vec<Line>,
}

#[derive(Debug, Clone)]
enum Line {
    Cells(Vec<String>),
    /// Stands above a group, across all columns.
    Group(String),
}

/// Between two columns.
const GAP: &str = "  ";

impl Column {
    /// A column that is left out before those with a lower `spare`.
    pub fn new(heading: impl Into<String>, align: Align, spare: u8) -> Column {
        Column { heading: heading.into(), align, spare }
    }
}

impl Table {
    /// A table without lines.
    pub fn new(columns: Vec<Column>) -> Table {
        Table { columns, lines: Vec::new() }
    }

    /// Adds a line.
    pub fn push(&mut self, cells: Vec<String>) {
        assert_eq!(cells.len(), self.columns.len(), "a line has a cell for each column");
        self.lines.push(Line::Cells(cells));
    }

    /// Begins a group of lines.
    pub fn group(&mut self, name: &str) {
        self.lines.push(Line::Group(name.to_owned()));
    }

    /// The table in at most `width` columns, unless what must stay is wider, and the headings of
    /// what had to go.
    pub fn terminal(&self, width: usize) -> (String, Vec<&str>) {
        let widths = self.widths();
        let mut shown: Vec<usize> = (0..self.columns.len()).collect();
        let total = |shown: &[usize]| -> usize {
            shown.iter().map(|&index| widths[index] + GAP.len()).sum::<usize>() - GAP.len()
        };
        while total(&shown) > width {
            let spare = |&place: &usize| self.columns[shown[place]].spare;
            let Some(place) = (0..shown.len()).max_by_key(spare).filter(|place| spare(place) > 0)
            else {
                break;
            };
            shown.remove(place);
        }
        let hidden = (0..self.columns.len()).filter(|index| !shown.contains(index));
        let hidden = hidden.map(|index| self.columns[index].heading.as_str()).collect();
        (self.text(&shown, &widths), hidden)
    }

    /// The table with all its columns. Groups are lines whose name stands in the second column.
    pub fn markdown(&self) -> String {
        let headings = self.columns.iter().map(|column| column.heading.as_str());
        let rules = self.columns.iter().map(|column| match column.align {
            Align::Left => "---",
            Align::Right => "---:",
        });
        let mut text = markdown_line(headings);
        text.push_str(&markdown_line(rules));
        for line in &self.lines {
            match line {
                Line::Cells(cells) => {
                    text.push_str(&markdown_line(cells.iter().map(String::as_str)));
                }
                Line::Group(name) => {
                    let name = format!("*{name}*");
                    let cells = (0..self.columns.len()).map(|at| if at == 1 { &*name } else { "" });
                    text.push_str(&markdown_line(cells));
                }
            }
        }
        text
    }

    /// The table for a page of charts. Groups are lines whose name stands in the second column.
    pub(super) fn plotted(&self, caption: String) -> plot::Table {
        let rows = self.lines.iter().map(|line| match line {
            Line::Cells(cells) => cells.clone(),
            Line::Group(name) => {
                let mut cells = vec![String::new(); self.columns.len()];
                if let Some(cell) = cells.get_mut(1) {
                    cell.clone_from(name);
                }
                cells
            }
        });
        let headings = self.columns.iter().map(|column| column.heading.clone());
        plot::Table { caption, headings: headings.collect(), rows: rows.collect() }
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> =
            self.columns.iter().map(|column| column.heading.chars().count()).collect();
        for line in &self.lines {
            let Line::Cells(cells) = line else { continue };
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = cell.chars().count().max(*width);
            }
        }
        widths
    }

    fn text(&self, shown: &[usize], widths: &[usize]) -> String {
        let line = |cell: &dyn Fn(usize) -> String| {
            let cells: Vec<String> = shown
                .iter()
                .map(|&index| match self.columns[index].align {
                    Align::Left => format!("{:<width$}", cell(index), width = widths[index]),
                    Align::Right => format!("{:>width$}", cell(index), width = widths[index]),
                })
                .collect();
            cells.join(GAP).trim_end().to_owned() + "\n"
        };
        let mut text = line(&|index| self.columns[index].heading.clone());
        for content in &self.lines {
            match content {
                Line::Cells(cells) => text.push_str(&line(&|index| cells[index].clone())),
                Line::Group(name) => text.push_str(&format!("-- {name}\n")),
            }
        }
        text
    }
}

fn markdown_line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Breaks `text` between words into lines of at most `width` where words allow, with `indent`
/// before every line but the first.
pub fn wrap(text: &str, width: usize, indent: &str) -> String {
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            lines.push('\n');
            lines.push_str(indent);
            column = indent.len();
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
    }
    lines.push('\n');
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(vec![
            Column::new("name", Align::Left, 0),
            Column::new("rate", Align::Right, 0),
            Column::new("p50", Align::Right, 1),
            Column::new("family", Align::Left, 2),
        ]);
        table.push(["mutex", "10", "5 ns", "lock"].map(str::to_owned).to_vec());
        table.group("limits");
        table.push(["a|b", "9", "", ""].map(str::to_owned).to_vec());
        table
    }

    /// What must stay stays; what can go goes in the order of how little it is missed.
    #[test]
    fn columns_go_where_there_is_no_room() {
        let table = table();
        let (wide, hidden) = table.terminal(80);
        assert_eq!(
            wide,
            "name   rate   p50  family\nmutex    10  5 ns  lock\n-- limits\na|b       9\n"
        );
        assert!(hidden.is_empty());
        let (narrow, hidden) = table.terminal(12);
        assert_eq!(narrow, "name   rate\nmutex    10\n-- limits\na|b       9\n");
        assert_eq!(hidden, ["p50", "family"]);
        assert_eq!(table.terminal(0).0, narrow);
    }

    /// A bar in a cell would end it.
    #[test]
    fn markdown_has_every_column_and_escapes_bars() {
        let lines = "| name | rate | p50 | family |\n| --- | ---: | ---: | --- |\n\
            | mutex | 10 | 5 ns | lock |\n|  | *limits* |  |  |\n| a\\|b | 9 |  |  |\n";
        assert_eq!(table().markdown(), lines);
    }

    /// A sentence must not be cut off at the edge of the terminal, nor a word within a line.
    #[test]
    fn sentences_wrap_between_words() {
        assert_eq!(wrap("one two three", 8, "  "), "one two\n  three\n");
        assert_eq!(wrap("unbreakable", 4, ""), "unbreakable\n");
    }
}
