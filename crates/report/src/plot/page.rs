//! Renders one HTML page with every chart and table.
//!
//! The page loads nothing from a network, so that it can be opened from disk years later. It
//! contains every chart with each of its scales, and needs no script to show them. A script hides
//! series on request, switches scales, and shows values under the pointer.

use super::{
    chart::Chart,
    style::{DARK, LIGHT, RULES},
    svg_builder::escape,
};

const TEMPLATE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");

/// A section of a page, such as the results of one scenario.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Section {
    /// The title, by which a user can find the section.
    pub title: String,
    /// The charts, from top to bottom.
    pub charts: Vec<Chart>,
    /// The tables, above the charts.
    pub tables: Vec<Table>,
}

/// Lines of text in columns. A column of numbers is aligned to the right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The caption; may be empty.
    pub caption: String,
    /// The headings, one for each column.
    pub headings: Vec<String>,
    /// The rows, each with one field for each column.
    pub rows: Vec<Vec<String>>,
}

/// Renders a page: its title, paragraphs of text, and its sections.
pub fn page(title: &str, intro: &[String], sections: &[Section]) -> String {
    let sections: Vec<String> = sections.iter().map(Section::html).collect();
    let intro: Vec<String> = intro.iter().map(|text| format!("<p>{}</p>", escape(text))).collect();
    let sheet = format!(
        ":root{{{LIGHT}}}\
         @media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{DARK}}}}}\
         :root[data-theme=dark]{{{DARK}}}{RULES}"
    );
    fill(&[
        ("title", &escape(title)),
        ("sheet", &sheet),
        ("intro", &intro.join("\n")),
        ("sections", &sections.join("\n")),
        ("script", SCRIPT),
    ])
}

impl Section {
    /// Renders the section. The tables are first: they have every number as text.
    fn html(&self) -> String {
        let title = escape(&self.title);
        let tables: String = self.tables.iter().map(Table::html).collect();
        let figure = |chart: &Chart| {
            format!("<figure data-kind=\"{}\">\n{}</figure>\n", chart.kind(), chart.live())
        };
        let figures: String = self.charts.iter().map(figure).collect();
        format!("<section data-title=\"{title}\">\n<h2>{title}</h2>\n{tables}{figures}</section>")
    }
}

impl Table {
    fn html(&self) -> String {
        let class =
            |column: usize| if self.holds_figures(column) { " class=\"figures\"" } else { "" };
        let line = |fields: &[String], tag: &str, scope: &str| {
            let fields = fields.iter().enumerate().map(|(column, field)| {
                format!("<{tag}{scope}{}>{}</{tag}>", class(column), escape(field))
            });
            format!("<tr>{}</tr>\n", fields.collect::<String>())
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

    /// Whether all fields of `column` are numbers, except empty fields and `-`. Intervals are not
    /// numbers here: they are aligned to the left.
    fn holds_figures(&self, column: usize) -> bool {
        let fields = self.rows.iter().filter_map(|row| row.get(column));
        let mut fields = fields.filter(|field| !["", "-"].contains(&field.as_str())).peekable();
        let is_figure = |field: &String| {
            field.starts_with(|first: char| first.is_ascii_digit() || "+-<".contains(first))
                && !field.contains('[')
        };
        fields.peek().is_some() && fields.all(is_figure)
    }
}

/// Inserts each part into the template. The content of a part is not searched for placeholders, so
/// a strategy with the name `{{data}}` is safe.
fn fill(parts: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").expect("page.html closes every `{{`");
        let part = parts.iter().find(|(part, _)| *part == name);
        filled.push_str(before);
        filled.push_str(part.expect("page.html names existing parts only").1);
        rest = after;
    }
    filled + rest
}
