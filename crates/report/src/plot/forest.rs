//! A forest plot: ratios to one baseline with their intervals, one row each.

use super::{
    axis_scale::{AxisScale, Scale, extent},
    style::Mark,
    svg_builder::{Anchor, Entry, MARGIN, Sample, SvgBuilder, WIDTH, cut, width_of},
    unit::Unit,
    value::{Estimate, Heading, Range, Role},
    view::View,
};

/// Ratios to one baseline on a logarithmic axis, so that 0.5 and 2 have the same distance from 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    /// The text around the chart.
    pub heading: Heading,
    /// The quantity of the ratios.
    pub axis: String,
    /// Ratios that count as equal. The range is shaded.
    pub equal: Option<Range>,
    /// The rows, from top to bottom.
    pub rows: Vec<ForestRow>,
}

/// One contender or reference.
#[derive(Debug, Clone, PartialEq)]
pub struct ForestRow {
    /// The name.
    pub label: String,
    /// The tier.
    pub tier: Option<u32>,
    /// The ratio to the baseline; `None` if it was not measured.
    pub ratio: Option<Estimate>,
    /// A note beside the point: `baseline`, `inconclusive`, `VIOLATION`.
    pub note: String,
    /// The role, which sets colour and mark.
    pub role: Role,
}

const ROW: f64 = 24.0;
const LABEL_MAX: f64 = 190.0;
const NOTE_MAX: f64 = 150.0;
/// The distance between the end of an interval and the note beside it.
const NOTE_GAP: f64 = 10.0;

/// The left edges of the label and of the figures, and the axis between them.
struct Columns {
    label: f64,
    axis: AxisScale,
    figures: f64,
}

impl Forest {
    pub(super) fn draw(&self, view: View) -> SvgBuilder {
        let mut drawing = SvgBuilder::headed(&self.heading, view);
        let Some(scale) = self.scale(view.x(Scale::Log10)) else {
            return drawing.nothing().with_caption([&*self.heading.caption].into_iter());
        };
        drawing.describe(self.summary());
        let columns = self.columns(scale);
        let top = drawing.y + 22.0;
        self.draw_axis(&mut drawing, &columns, top);
        for (index, row) in self.rows.iter().enumerate() {
            let y = top + ROW * (index as f64 + 0.5);
            if index > 0 && row.role != self.rows[index - 1].role {
                let y = y - ROW / 2.0;
                drawing.line("grid", (MARGIN, y), (WIDTH - MARGIN, y));
            }
            row.draw(&mut drawing, &columns, y);
        }
        drawing.y = top + ROW * self.rows.len() as f64 + 46.0;
        self.draw_key(&mut drawing);
        drawing.with_caption([&*self.heading.caption].into_iter())
    }

    fn scale(&self, scale: Scale) -> Option<AxisScale> {
        let ratios: Vec<f64> =
            self.rows.iter().filter_map(ForestRow::shown).flat_map(Estimate::values).collect();
        let noise = self.equal.filter(|_| !ratios.is_empty());
        let noise = noise.into_iter().flat_map(|noise| [noise.low, noise.high]);
        let one = ratios.first().map(|_| 1.0);
        AxisScale::around(scale, ratios.iter().copied().chain(noise).chain(one))
    }

    fn columns(&self, scale: AxisScale) -> Columns {
        let widest = |texts: &mut dyn Iterator<Item = String>, size: f64| {
            texts.map(|text| width_of(&text, size)).fold(0.0, f64::max)
        };
        let has_tiers = self.rows.iter().any(|row| row.tier.is_some());
        let labels = widest(&mut self.rows.iter().map(|row| row.label.clone()), 12.0);
        let figures = widest(&mut self.rows.iter().map(ForestRow::figures), 12.0);
        let label = if has_tiers { MARGIN + 28.0 } else { MARGIN };
        let figures = WIDTH - MARGIN - figures;
        let start = label + labels.min(LABEL_MAX) + 12.0;
        Columns { label, axis: scale.laid(start, figures - 16.0), figures }
    }

    fn draw_axis(&self, drawing: &mut SvgBuilder, columns: &Columns, top: f64) {
        let axis = &columns.axis;
        let bottom = top + ROW * self.rows.len() as f64 + 2.0;
        let position = |value: f64| axis.clamped(value);
        if let Some(noise) = self.equal {
            let [low, high] = [noise.low, noise.high].map(position);
            drawing.area("noise", (low, top), (high - low, bottom - top));
        }
        for tick in axis.ticks() {
            let x = position(tick.value);
            let class = if tick.is_major { "grid" } else { "faint" };
            drawing.line(class, (x, top), (x, bottom));
            if tick.is_major {
                let name = Unit::Multiple.tick(tick.value);
                drawing.text(x, bottom + 16.0, Anchor::Middle, "soft figures", &name);
            }
        }
        drawing.line("one", (position(1.0), top), (position(1.0), bottom));
        drawing.line("axis", (axis.start, bottom), (axis.end, bottom));
        if self.rows.iter().any(|row| row.tier.is_some()) {
            drawing.text(MARGIN, top - 8.0, Anchor::Start, "soft", "tier");
        }
        drawing.text(columns.figures, top - 8.0, Anchor::Start, "soft", "ratio [interval]");
        // The label is centred below the axis, and stays inside the image.
        let half = width_of(&self.axis, 11.5) / 2.0;
        let middle = ((axis.start + axis.end) / 2.0)
            .clamp(MARGIN + half, (WIDTH - MARGIN - half).max(MARGIN + half));
        drawing.text(middle, bottom + 34.0, Anchor::Middle, "soft", &self.axis);
    }

    fn draw_key(&self, drawing: &mut SvgBuilder) {
        let shown = || self.rows.iter().filter(|row| row.shown().is_some());
        let noise = self.equal.map(|noise| {
            let [low, high] = Unit::Multiple.ends([noise.low, noise.high], 1.0);
            format!("{low} to {high} counts as equal")
        });
        let mut entries = Vec::new();
        if let Some(text) = &noise {
            entries.push(Entry { colour: "s0", sample: Sample::Area("noise"), text });
        }
        for (role, text) in Role::KEY {
            if shown().any(|row| row.role == role) {
                let (colour, mark) = role.look();
                entries.push(Entry { colour, sample: Sample::Mark(mark, false), text });
            }
        }
        if shown().any(|row| row.shown().is_some_and(|ratio| ratio.finite_interval().is_none())) {
            let sample = Sample::Mark(Mark::Circle, true);
            entries.push(Entry { colour: "s0", sample, text: "hollow: no interval" });
        }
        drawing.key(&entries);
    }

    fn summary(&self) -> String {
        let rows: Vec<String> =
            self.rows.iter().map(|row| format!("{}: {}", row.label, row.figures())).collect();
        format!("{}. {}", self.axis, rows.join("; "))
    }
}

impl ForestRow {
    /// Returns the ratio, if it has a position on the axis.
    fn shown(&self) -> Option<Estimate> {
        self.ratio.filter(|ratio| Scale::Log10.holds(ratio.mid))
    }

    fn figures(&self) -> String {
        match self.ratio.filter(|ratio| ratio.mid.is_finite()) {
            Some(ratio) => ratio.show(Unit::Multiple),
            None => "-".to_owned(),
        }
    }

    fn draw(&self, drawing: &mut SvgBuilder, columns: &Columns, y: f64) {
        drawing.open_series(&self.label, self.role.look().0);
        if let Some(tier) = self.tier {
            drawing.text(MARGIN + 4.0, y + 4.0, Anchor::Start, "soft figures", &tier.to_string());
        }
        let label = cut(&self.label, 12.0, LABEL_MAX);
        drawing.text(columns.label, y + 4.0, Anchor::Start, "", &label);
        if let Some(ratio) = self.shown() {
            let (colour, mark) = self.role.look();
            let position = |value: f64| (columns.axis.clamped(value), y);
            let interval = ratio.finite_interval();
            drawing.open(colour);
            if let Some(Range { low, high }) = interval {
                drawing.whisker(position(low), position(high));
            }
            drawing.mark(mark, position(ratio.mid), interval.is_none());
            drawing.close();
        }
        self.draw_note(drawing, &columns.axis, y);
        drawing.text(columns.figures, y + 4.0, Anchor::Start, "figures", &self.figures());
        let (start, end) = (columns.axis.start, columns.axis.end);
        let ratio = self.ratio.map_or("not measured".to_owned(), |_| self.figures());
        let lines = [&*self.label, &*ratio, &*self.note];
        drawing.target(((start + end) / 2.0, y), (end - start, ROW), &lines);
        drawing.close_series();
    }

    /// Writes the note beside the interval, on the right if there is room, else on the left. A
    /// column of its own would make the axis shorter.
    fn draw_note(&self, drawing: &mut SvgBuilder, axis: &AxisScale, y: f64) {
        let note = cut(&self.note, 11.5, NOTE_MAX);
        if note.is_empty() {
            return;
        }
        let ends = self.shown().and_then(|ratio| extent(ratio.values()));
        let (low, high) = match ends {
            Some((low, high)) => (axis.clamped(low), axis.clamped(high)),
            None => (axis.start, axis.start - NOTE_GAP),
        };
        let width = width_of(&note, 11.5);
        let mid = self.shown().map_or(high, |ratio| axis.clamped(ratio.mid));
        // If the interval is as wide as the axis, the note is on it, beside the point.
        let right = [high, mid].map(|end| (end + NOTE_GAP, Anchor::Start));
        let left = [low, mid].map(|end| (end - NOTE_GAP, Anchor::End));
        let fits = |&(x, anchor): &(f64, Anchor)| match anchor {
            Anchor::Start => x + width <= axis.end,
            _ => x - width >= axis.start,
        };
        let positions = [right[0], left[0], right[1], left[1]];
        if let Some((x, anchor)) = positions.into_iter().find(fits) {
            drawing.text(x, y + 4.0, anchor, "soft note", &note);
        }
    }
}
