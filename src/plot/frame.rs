//! The rectangle in which lines and points are drawn, with its axes and the names at its right.

use super::{
    chart::{Point, Range},
    drawing::{Anchor, Drawing, MARGIN, Mark, WIDTH, cut, width_of},
    labels::{Area, apart},
    ruler::{Axis, Ruler, Tick},
    style::COLOURS,
};

/// Two axes at right angles.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) x: Ruler,
    pub(super) y: Ruler,
    /// Its edges, somewhat beyond the ends of `x`.
    left: f64,
    right: f64,
}

/// A name beside the end of a line.
#[derive(Debug, Clone)]
pub(super) struct EndLabel {
    pub(super) place: (f64, f64),
    pub(super) colour: String,
    pub(super) name: String,
    /// In small print after the name.
    pub(super) note: String,
}

/// Between one name and the next below it.
const LABEL_GAP: f64 = 15.0;
/// From the end of a line to its name.
const LEADER: f64 = 22.0;
const HEIGHT: f64 = 300.0;
/// Between an edge and the first point, so that marks stay within.
const INSET: f64 = 16.0;
const NOTE_SIZE: f64 = 11.5;

impl Frame {
    /// Lays both axes below what `drawing` has, with room for `labels` at the right.
    pub(super) fn below(drawing: &Drawing, x: Ruler, y: Ruler, labels: &[(&str, &str)]) -> Frame {
        let wide = |&(name, note): &(&str, &str)| width_of(name, 12.0) + note_width(note);
        let room = labels.iter().map(wide).fold(0.0, f64::max);
        let room = if labels.is_empty() { 0.0 } else { (room + LEADER).min(0.4 * WIDTH) };
        let height = HEIGHT.max(LABEL_GAP * labels.len() as f64);
        let top = drawing.y + 24.0;
        let (left, right) = (MARGIN + 48.0, WIDTH - MARGIN - room);
        let x = x.laid(left + INSET, right - INSET);
        Frame { x, y: y.laid(top + height, top), left, right }
    }

    /// All of it.
    pub(super) fn area(&self) -> Area {
        let [width, height] = [self.right - self.left, self.y.start - self.y.end];
        Area { x: self.left, y: self.y.end, width, height }
    }

    /// Where a value lies, if both axes have a place for it.
    pub(super) fn place(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        Some((self.x.at(x)?, self.y.at(y)?))
    }

    /// Draws grid and axes, and moves `drawing` below them.
    pub(super) fn draw(&self, drawing: &mut Drawing, x: &Axis, y: &Axis) {
        let ticks: Vec<(Tick, String)> = named(&self.x, x);
        self.draw_with(drawing, &x.label, &ticks, y);
    }

    /// As [`draw`](Frame::draw), with the names of the lower axis given.
    pub(super) fn draw_with(
        &self,
        drawing: &mut Drawing,
        label: &str,
        ticks: &[(Tick, String)],
        y: &Axis,
    ) {
        let [left, right, bottom, top] = [self.left, self.right, self.y.start, self.y.end];
        for (tick, name) in named(&self.y, y) {
            let class = if tick.is_major { "grid" } else { "faint" };
            let at = self.y.clamped(tick.value);
            drawing.line(class, (left, at), (right, at));
            drawing.text(left - 8.0, at + 4.0, Anchor::End, "soft figures", &name);
        }
        let mut free = f64::NEG_INFINITY;
        for (tick, name) in ticks {
            let at = self.x.clamped(tick.value);
            drawing.line(if tick.is_major { "grid" } else { "faint" }, (at, bottom), (at, top));
            let half = width_of(name, 11.5) / 2.0;
            if at - half >= free {
                drawing.text(at, bottom + 17.0, Anchor::Middle, "soft figures", name);
                free = at + half + 6.0;
            }
        }
        drawing.line("axis", (left, bottom), (right, bottom));
        drawing.text(MARGIN, top - 12.0, Anchor::Start, "soft", &y.label);
        drawing.text((left + right) / 2.0, bottom + 36.0, Anchor::Middle, "soft", label);
        drawing.y = bottom + 44.0;
    }

    /// Writes names beside the ends of lines, none on another.
    pub(super) fn label_ends(&self, drawing: &mut Drawing, labels: &[EndLabel]) {
        let wanted: Vec<f64> = labels.iter().map(|label| label.place.1).collect();
        let places = apart(&wanted, LABEL_GAP, self.y.end + 4.0, self.y.start - 4.0);
        for (label, y) in labels.iter().zip(places) {
            let x = self.right + LEADER;
            let from = (label.place.0 + 6.0, label.place.1);
            drawing.open(&label.colour);
            let bend = ((self.right + 4.0).max(from.0), from.1);
            drawing.path("leader", &[from, bend, (x - 6.0, y), (x - 3.0, y)], false);
            drawing.close();
            let end = WIDTH - MARGIN;
            let name = cut(&label.name, 12.0, end - x);
            drawing.text(x, y + 4.0, Anchor::Start, "", &name);
            let x = x + width_of(&name, 12.0) + 6.0;
            if !label.note.is_empty() && x + width_of(&label.note, NOTE_SIZE) < end + 1.0 {
                drawing.text(x, y + 4.0, Anchor::Start, "soft", &label.note);
            }
        }
    }

    /// The places of those points that have one, along a line.
    pub(super) fn line_of(&self, points: &[Point]) -> Vec<(f64, f64)> {
        points.iter().filter_map(|point| self.place(point.x, point.y.mid)).collect()
    }

    /// The area between the lower and the upper ends of the intervals.
    pub(super) fn band_of(&self, points: &[Point]) -> Vec<(f64, f64)> {
        let sides = points.iter().filter_map(|point| {
            let Range { low, high } = point.y.finite_interval()?;
            let x = self.x.at(point.x)?;
            Some(((x, self.y.clamped(high)), (x, self.y.clamped(low))))
        });
        let (mut upper, lower): (Vec<_>, Vec<_>) = sides.unzip();
        upper.extend(lower.into_iter().rev());
        upper
    }

    /// Draws a measured point, `aside` from its place, with its interval.
    pub(super) fn point(&self, drawing: &mut Drawing, point: &Point, mark: Mark, aside: f64) {
        let Some((x, y)) = self.place(point.x, point.y.mid) else { return };
        let interval = point.y.finite_interval();
        if let Some(Range { low, high }) = interval {
            let [low, high] = [low, high].map(|end| self.y.clamped(end));
            drawing.whisker((x + aside, low), (x + aside, high));
        }
        drawing.mark(mark, (x + aside, y), interval.is_none());
    }
}

/// The class of the colour of a series.
pub(super) fn colour(index: usize) -> String {
    format!("s{}", index % COLOURS)
}

/// Says how many points have no place, or nothing if all have.
pub(super) fn without_place(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "One point has no place on these axes and is not shown.".to_owned(),
        count => format!("{count} points have no place on these axes and are not shown."),
    }
}

fn named(ruler: &Ruler, axis: &Axis) -> Vec<(Tick, String)> {
    let name = |tick: &Tick| match tick.is_major {
        true => axis.unit.tick(tick.value),
        false => String::new(),
    };
    ruler.ticks().into_iter().map(|tick| (tick, name(&tick))).collect()
}

fn note_width(note: &str) -> f64 {
    if note.is_empty() { 0.0 } else { 6.0 + width_of(note, NOTE_SIZE) }
}
