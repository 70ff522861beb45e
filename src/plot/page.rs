//! One page of HTML that holds every chart, its data and the script that draws it.
//!
//! It asks for nothing from anywhere, so that it can be opened from a disk and kept for years. The
//! static pictures stand in it: without a script they are what is seen, and with one they are
//! drawn anew from the data beside them.

use serde::Serialize;

use super::{
    chart::Chart,
    drawing::escape,
    style::{DARK, LIGHT, RULES},
};

const TEMPLATE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");

/// What belongs together on a page, such as all that is known of one cell.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Section {
    /// By which it is found.
    pub title: String,
    /// From top to bottom.
    pub charts: Vec<Chart>,
    /// Numbers to be read as such, below the charts.
    pub tables: Vec<Table>,
}

/// Lines of text in columns. A column of numbers is flush right.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Table {
    /// What it shows; may be empty.
    pub caption: String,
    /// One for each column.
    pub headings: Vec<String>,
    /// As many cells each as there are headings.
    pub rows: Vec<Vec<String>>,
}

/// Renders a page: its title, a few paragraphs of text, and its sections.
pub fn page(title: &str, intro: &[String], sections: &[Section]) -> String {
    let mut number = 0;
    let sections_html: Vec<String> =
        sections.iter().map(|section| section.html(&mut number)).collect();
    let intro: Vec<String> = intro.iter().map(|text| format!("<p>{}</p>", escape(text))).collect();
    let charts: Vec<&Chart> = sections.iter().flat_map(|section| &section.charts).collect();
    let sheet = format!(
        ":root{{{LIGHT}}}\
         @media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{DARK}}}}}\
         :root[data-theme=dark]{{{DARK}}}{RULES}"
    );
    fill(&[
        ("title", &escape(title)),
        ("sheet", &sheet),
        ("intro", &intro.join("\n")),
        ("sections", &sections_html.join("\n")),
        ("data", &json(&charts)),
        ("script", SCRIPT),
    ])
}

impl Section {
    /// As HTML; charts are counted through the page by `number`.
    fn html(&self, number: &mut usize) -> String {
        let title = escape(&self.title);
        let mut html = format!("<section data-title=\"{title}\">\n<h2>{title}</h2>\n");
        for chart in &self.charts {
            let picture = chart.drawing().inline();
            html.push_str(&format!("<figure data-chart=\"{number}\">\n{picture}</figure>\n"));
            *number += 1;
        }
        for table in &self.tables {
            html.push_str(&table.html());
        }
        html + "</section>"
    }
}

impl Table {
    fn html(&self) -> String {
        let class =
            |column: usize| if self.holds_figures(column) { " class=\"figures\"" } else { "" };
        let line = |cells: &[String], tag: &str, scope: &str| {
            let cells = cells.iter().enumerate().map(|(column, cell)| {
                format!("<{tag}{scope}{}>{}</{tag}>", class(column), escape(cell))
            });
            format!("<tr>{}</tr>\n", cells.collect::<String>())
        };
        let headings = line(&self.headings, "th", " scope=\"col\"");
        let rows: String = self.rows.iter().map(|row| line(row, "td", "")).collect();
        let caption = match self.caption.is_empty() {
            true => String::new(),
            false => format!("<caption>{}</caption>\n", escape(&self.caption)),
        };
        format!(
            "<div class=\"table\" tabindex=\"0\"><table>\n{caption}<thead>\n{headings}</thead>\n\
             <tbody>\n{rows}</tbody>\n</table></div>\n"
        )
    }

    /// Whether all cells of `column` that are not empty begin with a digit. Intervals are not
    /// figures: they are read from the left.
    fn holds_figures(&self, column: usize) -> bool {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        let mut cells = cells.filter(|cell| !["", "-"].contains(&cell.as_str())).peekable();
        let is_figure = |cell: &String| {
            cell.starts_with(|first: char| first.is_ascii_digit() || "+-<".contains(first))
                && !cell.contains('[')
        };
        cells.peek().is_some() && cells.all(is_figure)
    }
}

/// The charts as JSON that can stand in a script: no `<` is left that could end it.
fn json(charts: &[&Chart]) -> String {
    let json = serde_json::to_string(charts).expect("a chart has neither maps nor failing parts");
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// Puts each part into its place in the template. What is in a part is not looked into, so that a
/// strategy called `{{data}}` stays what it is.
fn fill(parts: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").expect("the template closes what it opens");
        let part = parts.iter().find(|(part, _)| *part == name);
        filled.push_str(before);
        filled.push_str(part.expect("the template names parts of a page").1);
        rest = after;
    }
    filled + rest
}
