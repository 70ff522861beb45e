//! A small writer of SVG. It escapes text, writes two decimals, and writes finite numbers only.

use super::{
    style::{self, Mark},
    value::Heading,
    view::View,
};

/// The width of every chart, in its own units.
pub(super) const WIDTH: f64 = 760.0;
/// The distance from the edge of the image to its content.
pub(super) const MARGIN: f64 = 20.0;

const CAPTION_LINE: f64 = 16.0;

/// An image that grows downwards.
#[derive(Debug, Clone, Default)]
pub(super) struct SvgBuilder {
    is_live: bool,
    title: String,
    summary: String,
    body: String,
    /// The top of the next part.
    pub(super) y: f64,
}

/// The part of a text that is at its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl SvgBuilder {
    /// Begins an image with the title and the subtitle of `heading`.
    pub(super) fn headed(heading: &Heading, view: View) -> SvgBuilder {
        let (is_live, title) = (view.is_live, heading.title.clone());
        let mut drawing = SvgBuilder { is_live, title, y: 14.0, ..SvgBuilder::default() };
        for line in lines(&heading.title, TITLE_WRAP, WIDTH - 2.0 * MARGIN) {
            drawing.y += 20.0;
            drawing.text(MARGIN, drawing.y - 4.0, Anchor::Start, "title", &line);
        }
        for line in lines(&heading.subtitle, 12.5, WIDTH - 2.0 * MARGIN) {
            drawing.y += 17.0;
            drawing.text(MARGIN, drawing.y - 3.0, Anchor::Start, "subtitle", &line);
        }
        drawing.y += 8.0;
        drawing
    }

    /// Sets the description of the image for screen readers.
    pub(super) fn describe(&mut self, summary: String) {
        self.summary = summary;
    }

    /// Writes "nothing was measured" instead of a chart.
    pub(super) fn nothing(mut self) -> SvgBuilder {
        self.describe("nothing was measured".to_owned());
        self.y += 46.0;
        self.text(WIDTH / 2.0, self.y, Anchor::Middle, "subtitle", "nothing was measured");
        self.y += 40.0;
        self
    }

    /// Ends the image with paragraphs of small print.
    pub(super) fn with_caption<'a>(
        mut self,
        paragraphs: impl Iterator<Item = &'a str>,
    ) -> SvgBuilder {
        for paragraph in paragraphs {
            for line in lines(paragraph, 11.5, WIDTH - 2.0 * MARGIN) {
                self.y += CAPTION_LINE;
                self.text(MARGIN, self.y, Anchor::Start, "soft", &line);
            }
        }
        self
    }

    /// Returns the image with its style sheet.
    pub(super) fn document(&self) -> String {
        let title = escape(if self.title.is_empty() { "chart" } else { &self.title });
        let attributes = "xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" role=\"img\"";
        let sheet = format!("<style>{}</style>\n", style::sheet());
        self.wrapped(attributes, &format!("<title>{title}</title>\n"), &sheet)
    }

    /// Returns the image for a page that has the style sheet. A title would be a tooltip of the
    /// whole image, and the role `img` would hide the values from screen readers.
    pub(super) fn inline(&self, attributes: &str) -> String {
        let label = escape(&self.title);
        let label = format!("class=\"plot\" role=\"group\" aria-label=\"{label}\"{attributes}");
        self.wrapped(&label, "", "")
    }

    fn wrapped(&self, attributes: &str, title: &str, sheet: &str) -> String {
        let [width, height] = [WIDTH, (self.y + 16.0).ceil()].map(number);
        format!(
            "<svg {attributes} viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\">\n{title}<desc>{}</desc>\n{sheet}\
             <rect class=\"paper\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>\n{}</svg>\n",
            escape(&self.summary),
            self.body
        )
    }

    /// On a page, opens a group of the elements of one series, which its reader can hide. The
    /// caller must [`close_series`](SvgBuilder::close_series) it.
    pub(super) fn open_series(&mut self, name: &str, colour: &str) {
        if self.is_live {
            let name = escape(name);
            self.body.push_str(&format!("<g data-name=\"{name}\" data-colour=\"{colour}\">\n"));
        }
    }

    /// Closes the group of a series.
    pub(super) fn close_series(&mut self) {
        if self.is_live {
            self.close();
        }
    }

    /// On a page, adds an area around a position that shows a value to pointer and keyboard.
    pub(super) fn target(
        &mut self,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
        lines: &[&str],
    ) {
        if !self.is_live {
            return;
        }
        let [x, y] = [x - width / 2.0, y - height / 2.0].map(number);
        let [width, height] = [width, height].map(number);
        let lines: Vec<String> =
            lines.iter().filter(|line| !line.is_empty()).map(|line| escape(line)).collect();
        self.body.push_str(&format!(
            "<rect class=\"target\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\">\
             <title>{}</title></rect>\n",
            lines.join("\n")
        ));
    }

    /// Opens a group of elements of one `class`, such as a colour. The caller must [`close`] it.
    ///
    /// [`close`]: SvgBuilder::close
    pub(super) fn open(&mut self, class: &str) {
        self.body.push_str(&format!("<g class=\"{class}\">\n"));
    }

    /// Closes the group that was opened last.
    pub(super) fn close(&mut self) {
        self.body.push_str("</g>\n");
    }

    /// Draws a line between two positions.
    pub(super) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let [x1, y1, x2, y2] = [x1, y1, x2, y2].map(number);
        self.body.push_str(&format!(
            "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>\n"
        ));
    }

    /// Draws a line through several positions, or the area that they enclose.
    pub(super) fn path(&mut self, class: &str, positions: &[(f64, f64)], is_closed: bool) {
        if positions.len() < 2 {
            return;
        }
        let positions: Vec<String> =
            positions.iter().map(|&(x, y)| format!("{} {}", number(x), number(y))).collect();
        let end = if is_closed { "Z" } else { "" };
        let positions = positions.join("L");
        self.body.push_str(&format!("<path class=\"{class}\" d=\"M{positions}{end}\"/>\n"));
    }

    /// Draws a rectangle from its upper left corner.
    pub(super) fn area(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let [x, y, width, height] = [x, y, width, height].map(number);
        self.body.push_str(&format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>\n"
        ));
    }

    /// Draws a mark with its centre at a position, hollow if the value has no interval.
    pub(super) fn mark(&mut self, mark: Mark, (x, y): (f64, f64), is_hollow: bool) {
        let class = if is_hollow { "mark hollow" } else { "mark" };
        match mark {
            Mark::Circle => {
                let [x, y] = [x, y].map(number);
                let circle = format!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"3\"/>\n");
                self.body.push_str(&circle);
            }
            Mark::Square => self.area(class, (x - 2.8, y - 2.8), (5.6, 5.6)),
            Mark::Diamond => {
                let corners = [(x, y - 4.2), (x + 4.2, y), (x, y + 4.2), (x - 4.2, y)];
                self.path(class, &corners, true);
            }
            Mark::Triangle => {
                let corners = [(x, y - 3.8), (x + 3.8, y + 2.9), (x - 3.8, y + 2.9)];
                self.path(class, &corners, true);
            }
            Mark::Cross => {
                self.line("mark cross", (x - 3.5, y - 3.5), (x + 3.5, y + 3.5));
                self.line("mark cross", (x - 3.5, y + 3.5), (x + 3.5, y - 3.5));
            }
        }
    }

    /// Draws a vertical or horizontal interval with marked ends.
    pub(super) fn whisker(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        const END: f64 = 4.5;
        let (dx, dy) = if y1 == y2 { (0.0, END) } else { (END, 0.0) };
        self.line("whisker", (x1, y1), (x2, y2));
        self.line("whisker", (x1 - dx, y1 - dy), (x1 + dx, y1 + dy));
        self.line("whisker", (x2 - dx, y2 - dy), (x2 + dx, y2 + dy));
    }

    /// Writes one line of text.
    pub(super) fn text(&mut self, x: f64, y: f64, anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let [x, y, text] = [number(x), number(y), escape(text)];
        self.body.push_str(&format!("<text{class} x=\"{x}\" y=\"{y}\"{anchor}>{text}</text>\n"));
    }

    /// Draws the key, in as many rows as it needs.
    pub(super) fn key(&mut self, entries: &[Entry<'_>]) {
        let mut x = MARGIN;
        for entry in entries {
            let width = 30.0 + width_of(entry.text, 11.5) + 14.0;
            if x + width > WIDTH - MARGIN && x > MARGIN {
                x = MARGIN;
                self.y += 18.0;
            }
            let y = self.y + 10.0;
            self.open(entry.colour);
            match entry.sample {
                Sample::Line(class) => self.line(class, (x, y), (x + 24.0, y)),
                Sample::Area(class) => self.area(class, (x, y - 6.0), (24.0, 12.0)),
                Sample::Mark(mark, is_hollow) => self.mark(mark, (x + 12.0, y), is_hollow),
            }
            self.close();
            self.text(x + 30.0, y + 4.0, Anchor::Start, "soft", entry.text);
            x += width;
        }
        if !entries.is_empty() {
            self.y += 24.0;
        }
    }
}

/// An entry of a key: a sample and its meaning.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) colour: &'a str,
    pub(super) sample: Sample<'a>,
    pub(super) text: &'a str,
}

/// The sample of a key entry.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sample<'a> {
    Line(&'a str),
    Area(&'a str),
    /// A mark, and whether it is hollow.
    Mark(Mark, bool),
}

/// Formats a coordinate with at most two decimals. A value that is not finite would make the file
/// invalid. The callers filter such values; if one is left, it is drawn at the edge.
fn number(value: f64) -> String {
    let value = if value.is_finite() { value.clamp(-1e6, 1e6) } else { 0.0 };
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Escapes text for an element or an attribute. Control characters, which XML does not allow,
/// become spaces.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            character if character.is_control() => escaped.push(' '),
            '\u{fffe}' | '\u{ffff}' => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}

/// Estimates the width of `text` at a font size. The estimate is for the widest common font, so
/// that text that fits by this estimate fits in every font.
pub(super) fn width_of(text: &str, size: f64) -> f64 {
    let width = |character: char| match character {
        'i' | 'j' | 'l' | 'I' | '\'' | '|' => 0.3,
        ' ' | '.' | ',' | ':' | ';' | 'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' => 0.38,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.93,
        'A'..='Z' => 0.69,
        character if character.is_ascii() => 0.62,
        _ => 0.9,
    };
    text.chars().map(width).sum::<f64>() * size
}

/// Bold text of size 16 is as wide as regular text of this size.
const TITLE_WRAP: f64 = 17.5;

/// Shortens `text` to `width`, with an ellipsis at the end.
pub(super) fn cut(text: &str, size: f64, width: f64) -> String {
    if width_of(text, size) <= width {
        return text.to_owned();
    }
    let mut kept = text.to_owned();
    while !kept.is_empty() && width_of(&kept, size) + 0.9 * size > width {
        kept.pop();
    }
    format!("{}\u{2026}", kept.trim_end())
}

/// Breaks `text` between words into lines of about `width`.
fn lines(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width_of(&format!("{line} {word}"), size) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without escapes, a name such as `a<b` would end its element, and a quote its attribute.
    #[test]
    fn text_cannot_leave_its_element() {
        assert_eq!(escape("a<b & \"c\">\u{0}"), "a&lt;b &amp; &quot;c&quot;&gt; ");
    }

    /// Rounding errors must not change the bytes of a stored image.
    #[test]
    fn coordinates_have_two_decimals_and_are_finite() {
        let shown = [0.1 + 0.2, 12.0, -0.001, 99.999, 1e300, f64::NAN, f64::INFINITY].map(number);
        assert_eq!(shown, ["0.3", "12", "0", "100", "1000000", "0", "0"]);
    }

    /// Text that is too long must not overlap its neighbour.
    #[test]
    fn long_text_is_cut_or_broken() {
        assert_eq!(cut("actor", 12.0, 100.0), "actor");
        assert_eq!(cut("a-very-long-strategy", 12.0, 60.0), "a-very-l\u{2026}");
        assert_eq!(lines("one two three", 10.0, 50.0), ["one two", "three"]);
        assert!(lines("", 10.0, 50.0).is_empty());
    }
}
