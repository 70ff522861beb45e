//! Tables of text, for a terminal with a limited width and for Markdown.

use crate::plot;

/// The alignment of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// A heading, with the alignment and the priority of its column.
#[derive(Debug, Clone)]
pub struct Column {
    /// The heading.
    pub heading: String,
    /// The alignment.
    pub align: Align,
    /// If the table is too wide, columns with the highest value are hidden first. Columns with 0
    /// are never hidden.
    pub spare: u8,
}

/// Lines of fields, one for each column, in groups.
#[derive(Debug, Clone, Default)]
pub struct Table {
    columns: Vec<Column>,
    lines: Vec<Line>,
}

#[derive(Debug, Clone)]
enum Line {
    Fields(Vec<String>),
    /// The name of a group, above its lines and across all columns.
    Group(String),
}

/// The space between two columns.
const GAP: &str = "  ";

impl Column {
    /// Creates a column. It is hidden before columns with a lower `spare`.
    pub fn new(heading: impl Into<String>, align: Align, spare: u8) -> Column {
        Column { heading: heading.into(), align, spare }
    }
}

impl Table {
    /// Creates a table without lines.
    pub fn new(columns: Vec<Column>) -> Table {
        Table { columns, lines: Vec::new() }
    }

    /// Adds a line.
    ///
    /// # Panics
    /// If the line has not one field for each column.
    pub fn push(&mut self, fields: Vec<String>) {
        assert_eq!(fields.len(), self.columns.len(), "a line has one field for each column");
        self.lines.push(Line::Fields(fields));
    }

    /// Begins a group of lines.
    pub fn group(&mut self, name: &str) {
        self.lines.push(Line::Group(name.to_owned()));
    }

    /// Renders the table for a terminal of `width` characters, and returns the headings of the
    /// hidden columns. The table is wider if the columns that are never hidden need it.
    pub fn terminal(&self, width: usize) -> (String, Vec<&str>) {
        let widths = self.widths();
        let mut shown: Vec<usize> = (0..self.columns.len()).collect();
        let total = |shown: &[usize]| -> usize {
            shown.iter().map(|&index| widths[index] + GAP.len()).sum::<usize>() - GAP.len()
        };
        while total(&shown) > width {
            let spare = |&at: &usize| self.columns[shown[at]].spare;
            let Some(at) = (0..shown.len()).max_by_key(spare).filter(|at| spare(at) > 0) else {
                break;
            };
            shown.remove(at);
        }
        let hidden = (0..self.columns.len()).filter(|index| !shown.contains(index));
        let hidden = hidden.map(|index| self.columns[index].heading.as_str()).collect();
        (self.text(&shown, &widths), hidden)
    }

    /// Renders the table as Markdown, with all columns. The name of a group is in the second column
    /// of its own line.
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
                Line::Fields(fields) => {
                    text.push_str(&markdown_line(fields.iter().map(String::as_str)));
                }
                Line::Group(name) => {
                    let name = format!("*{name}*");
                    let field = |at: usize| if at == 1 { &*name } else { "" };
                    text.push_str(&markdown_line((0..self.columns.len()).map(field)));
                }
            }
        }
        text
    }

    /// Renders the table as AsciiDoc, with all columns. The name of a group spans all of them.
    pub fn asciidoc(&self) -> String {
        let columns = self.columns.iter().map(|column| match column.align {
            Align::Left => "<",
            Align::Right => ">",
        });
        let columns: Vec<&str> = columns.collect();
        let headings = self.columns.iter().map(|column| column.heading.as_str());
        let mut text = format!("[%header,cols=\"{}\"]\n|===\n", columns.join(","));
        text += &asciidoc_line(headings);
        for line in &self.lines {
            match line {
                Line::Fields(fields) => text += &asciidoc_line(fields.iter().map(String::as_str)),
                Line::Group(name) => {
                    text += &format!("{}+|_{}_\n", self.columns.len(), name.replace('|', "\\|"));
                }
            }
        }
        text + "|===\n"
    }

    /// Converts the table for a page of charts. The name of a group is in the second column of its
    /// own line.
    pub(super) fn to_plot_table(&self, caption: String) -> plot::Table {
        let rows = self.lines.iter().map(|line| match line {
            Line::Fields(fields) => fields.clone(),
            Line::Group(name) => {
                let mut fields = vec![String::new(); self.columns.len()];
                if let Some(field) = fields.get_mut(1) {
                    field.clone_from(name);
                }
                fields
            }
        });
        let headings = self.columns.iter().map(|column| column.heading.clone());
        plot::Table { caption, headings: headings.collect(), rows: rows.collect() }
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> =
            self.columns.iter().map(|column| column.heading.chars().count()).collect();
        for line in &self.lines {
            let Line::Fields(fields) = line else { continue };
            for (width, field) in widths.iter_mut().zip(fields) {
                *width = field.chars().count().max(*width);
            }
        }
        widths
    }

    fn text(&self, shown: &[usize], widths: &[usize]) -> String {
        let line = |field: &dyn Fn(usize) -> String| {
            let fields: Vec<String> = shown
                .iter()
                .map(|&index| match self.columns[index].align {
                    Align::Left => format!("{:<width$}", field(index), width = widths[index]),
                    Align::Right => format!("{:>width$}", field(index), width = widths[index]),
                })
                .collect();
            fields.join(GAP).trim_end().to_owned() + "\n"
        };
        let mut text = line(&|index| self.columns[index].heading.clone());
        for content in &self.lines {
            match content {
                Line::Fields(fields) => text.push_str(&line(&|index| fields[index].clone())),
                Line::Group(name) => text.push_str(&format!("-- {name}\n")),
            }
        }
        text
    }
}

fn markdown_line<'a>(fields: impl Iterator<Item = &'a str>) -> String {
    let fields: Vec<String> = fields.map(|field| field.replace('|', "\\|")).collect();
    format!("| {} |\n", fields.join(" | "))
}

fn asciidoc_line<'a>(fields: impl Iterator<Item = &'a str>) -> String {
    let fields: Vec<String> =
        fields.map(|field| format!("|{}", field.replace('|', "\\|"))).collect();
    format!("{}\n", fields.join(" "))
}

/// Breaks `text` between words into lines of at most `width` characters, with `indent` before every
/// line but the first. A word that is longer than `width` is not broken.
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
        table.group("references");
        table.push(["a|b", "9", "", ""].map(str::to_owned).to_vec());
        table
    }

    /// Columns with the highest `spare` are hidden first, and columns with 0 never.
    #[test]
    fn columns_are_hidden_in_a_narrow_terminal() {
        let table = table();
        let (wide, hidden) = table.terminal(80);
        assert_eq!(
            wide,
            "name   rate   p50  family\nmutex    10  5 ns  lock\n-- references\na|b       9\n"
        );
        assert!(hidden.is_empty());
        let (narrow, hidden) = table.terminal(12);
        assert_eq!(narrow, "name   rate\nmutex    10\n-- references\na|b       9\n");
        assert_eq!(hidden, ["p50", "family"]);
        assert_eq!(table.terminal(0).0, narrow);
    }

    /// An unescaped `|` in a field would end the field.
    #[test]
    fn markdown_has_every_column_and_escapes_bars() {
        let lines = "| name | rate | p50 | family |\n| --- | ---: | ---: | --- |\n\
            | mutex | 10 | 5 ns | lock |\n|  | *references* |  |  |\n| a\\|b | 9 |  |  |\n";
        assert_eq!(table().markdown(), lines);
    }

    /// AsciiDoc reads the columns from a header, and an unescaped `|` in a field would start one.
    #[test]
    fn asciidoc_has_every_column_and_escapes_bars() {
        let lines = "[%header,cols=\"<,>,>,<\"]\n|===\n|name |rate |p50 |family\n\
            |mutex |10 |5 ns |lock\n4+|_references_\n|a\\|b |9 | |\n|===\n";
        assert_eq!(table().asciidoc(), lines);
    }

    /// A sentence continues on the next line of the terminal, and no word is broken.
    #[test]
    fn sentences_wrap_between_words() {
        assert_eq!(wrap("one two three", 8, "  "), "one two\n  three\n");
        assert_eq!(wrap("unbreakable", 4, ""), "unbreakable\n");
    }
}
