//! The headline: how many times as fast as one baseline, a row each, with intervals.

use serde::Serialize;

use super::{
    chart::{Estimate, Heading, Range, Role},
    drawing::{Anchor, Drawing, Entry, MARGIN, Mark, Sample, WIDTH, cut, width_of},
    ruler::{Ruler, Scale, extent},
    unit::Unit,
};

/// Ratios to one baseline on a logarithmic axis, so that half and twice are equally far from one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forest {
    /// The words around it.
    pub heading: Heading,
    /// What the ratios are of.
    pub axis: String,
    /// Within which a difference says nothing. Shaded.
    pub floor: Option<Range>,
    /// From top to bottom.
    pub rows: Vec<ForestRow>,
}

/// One subject.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForestRow {
    /// Its name.
    pub label: String,
    /// Its rank; equal ones cannot be told apart.
    pub tier: Option<u32>,
    /// How many times the baseline; `None` where it was not measured.
    pub ratio: Option<Estimate>,
    /// A few words beside the point: `baseline`, `too uneven`, `WRONG: not ranked`.
    pub note: String,
    /// How it is emphasised.
    pub role: Role,
}

const ROW: f64 = 24.0;
const LABEL_MAX: f64 = 190.0;
const NOTE_MAX: f64 = 150.0;
/// Between the end of an interval and the note beside it.
const NOTE_GAP: f64 = 10.0;

/// Where the columns begin, from the left.
struct Columns {
    label: f64,
    ruler: Ruler,
    figures: f64,
}

impl Forest {
    pub(super) fn draw(&self) -> Drawing {
        let mut drawing = Drawing::headed(&self.heading);
        let Some(ruler) = self.ruler() else {
            return drawing.nothing().captioned([&*self.heading.caption].into_iter());
        };
        drawing.describe(self.summary());
        let columns = self.columns(ruler);
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
        drawing.captioned([&*self.heading.caption].into_iter())
    }

    fn ruler(&self) -> Option<Ruler> {
        let ratios: Vec<f64> =
            self.rows.iter().filter_map(ForestRow::shown).flat_map(Estimate::values).collect();
        let floor = self.floor.filter(|_| !ratios.is_empty());
        let floor = floor.into_iter().flat_map(|floor| [floor.low, floor.high]);
        let one = ratios.first().map(|_| 1.0);
        Ruler::around(Scale::Log10, ratios.iter().copied().chain(floor).chain(one))
    }

    fn columns(&self, ruler: Ruler) -> Columns {
        let widest = |texts: &mut dyn Iterator<Item = String>, size: f64| {
            texts.map(|text| width_of(&text, size)).fold(0.0, f64::max)
        };
        let has_tiers = self.rows.iter().any(|row| row.tier.is_some());
        let labels = widest(&mut self.rows.iter().map(|row| row.label.clone()), 12.0);
        let figures = widest(&mut self.rows.iter().map(ForestRow::figures), 12.0);
        let label = if has_tiers { MARGIN + 28.0 } else { MARGIN };
        let figures = WIDTH - MARGIN - figures;
        let start = label + labels.min(LABEL_MAX) + 12.0;
        Columns { label, ruler: ruler.laid(start, figures - 16.0), figures }
    }

    fn draw_axis(&self, drawing: &mut Drawing, columns: &Columns, top: f64) {
        let ruler = &columns.ruler;
        let bottom = top + ROW * self.rows.len() as f64 + 2.0;
        let place = |end: f64| ruler.clamped(end);
        if let Some(floor) = self.floor {
            let [low, high] = [floor.low, floor.high].map(place);
            drawing.area("floor", (low, top), (high - low, bottom - top));
        }
        for tick in ruler.ticks() {
            let x = place(tick.value);
            let class = if tick.is_major { "grid" } else { "faint" };
            drawing.line(class, (x, top), (x, bottom));
            if tick.is_major {
                let name = Unit::Multiple.tick(tick.value);
                drawing.text(x, bottom + 16.0, Anchor::Middle, "soft figures", &name);
            }
        }
        drawing.line("one", (place(1.0), top), (place(1.0), bottom));
        drawing.line("axis", (ruler.start, bottom), (ruler.end, bottom));
        if self.rows.iter().any(|row| row.tier.is_some()) {
            drawing.text(MARGIN, top - 8.0, Anchor::Start, "soft", "tier");
        }
        drawing.text(columns.figures, top - 8.0, Anchor::Start, "soft", "ratio [interval]");
        // Under its own axis, but never out of the picture.
        let half = width_of(&self.axis, 11.5) / 2.0;
        let middle = ((ruler.start + ruler.end) / 2.0)
            .clamp(MARGIN + half, (WIDTH - MARGIN - half).max(MARGIN + half));
        drawing.text(middle, bottom + 34.0, Anchor::Middle, "soft", &self.axis);
    }

    fn draw_key(&self, drawing: &mut Drawing) {
        let shown = || self.rows.iter().filter(|row| row.shown().is_some());
        let floor = self.floor.map(|floor| {
            let [low, high] = Unit::Multiple.ends([floor.low, floor.high], 1.0);
            format!("floor: {low} to {high} is a tie")
        });
        let mut entries = Vec::new();
        if let Some(text) = &floor {
            entries.push(Entry { colour: "s0", sample: Sample::Area("floor"), text });
        }
        let roles = [(Role::Limit, "a limit, not a contender"), (Role::Wrong, "wrong: not ranked")];
        for (role, text) in roles {
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
    /// The ratio, if it has a place on the axis.
    fn shown(&self) -> Option<Estimate> {
        self.ratio.filter(|ratio| Scale::Log10.holds(ratio.mid))
    }

    fn figures(&self) -> String {
        match self.ratio.filter(|ratio| ratio.mid.is_finite()) {
            Some(ratio) => ratio.show(Unit::Multiple),
            None => "-".to_owned(),
        }
    }

    fn draw(&self, drawing: &mut Drawing, columns: &Columns, y: f64) {
        if let Some(tier) = self.tier {
            drawing.text(MARGIN + 4.0, y + 4.0, Anchor::Start, "soft figures", &tier.to_string());
        }
        let label = cut(&self.label, 12.0, LABEL_MAX);
        drawing.text(columns.label, y + 4.0, Anchor::Start, "", &label);
        if let Some(ratio) = self.shown() {
            let (colour, mark) = self.role.look();
            let place = |value: f64| (columns.ruler.clamped(value), y);
            let interval = ratio.finite_interval();
            drawing.open(colour);
            if let Some(Range { low, high }) = interval {
                drawing.whisker(place(low), place(high));
            }
            drawing.mark(mark, place(ratio.mid), interval.is_none());
            drawing.close();
        }
        self.draw_note(drawing, &columns.ruler, y);
        drawing.text(columns.figures, y + 4.0, Anchor::Start, "figures", &self.figures());
    }

    /// Writes the note beside the interval, on the right if there is room, else on the left. No other row is in the
    /// way, and a column of its own would take the room of the axis.
    fn draw_note(&self, drawing: &mut Drawing, ruler: &Ruler, y: f64) {
        let note = cut(&self.note, 11.5, NOTE_MAX);
        if note.is_empty() {
            return;
        }
        let ends = self.shown().and_then(|ratio| extent(ratio.values()));
        let (low, high) = match ends {
            Some((low, high)) => (ruler.clamped(low), ruler.clamped(high)),
            None => (ruler.start, ruler.start - NOTE_GAP),
        };
        let width = width_of(&note, 11.5);
        let mid = self.shown().map_or(high, |ratio| ruler.clamped(ratio.mid));
        // An interval as wide as the axis has the note on it, beside its point.
        let right = [high, mid].map(|end| (end + NOTE_GAP, Anchor::Start));
        let left = [low, mid].map(|end| (end - NOTE_GAP, Anchor::End));
        let fits = |&(x, anchor): &(f64, Anchor)| match anchor {
            Anchor::Start => x + width <= ruler.end,
            _ => x - width >= ruler.start,
        };
        let places = [right[0], left[0], right[1], left[1]];
        if let Some((x, anchor)) = places.into_iter().find(fits) {
            drawing.text(x, y + 4.0, anchor, "soft note", &note);
        }
    }
}
