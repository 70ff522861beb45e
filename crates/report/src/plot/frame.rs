//! The rectangle for lines and points, with its axes and the names to the right of it.

use super::{
    axis_scale::{Axis, AxisScale, Tick},
    labels::{Area, spread},
    style::{COLOURS, Mark},
    svg_builder::{Anchor, MARGIN, SvgBuilder, WIDTH, cut, width_of},
    value::{Point, Range},
};

/// A horizontal and a vertical axis.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) x: AxisScale,
    pub(super) y: AxisScale,
    /// The left and the right edge, slightly beyond the ends of `x`.
    left: f64,
    right: f64,
}

/// A name at the end of a line.
#[derive(Debug, Clone)]
pub(super) struct EndLabel {
    pub(super) place: (f64, f64),
    pub(super) colour: String,
    pub(super) name: String,
    /// The name of its series.
    pub(super) series: String,
    /// Small print after the name.
    pub(super) note: String,
}

/// The vertical distance of names.
const LABEL_GAP: f64 = 15.0;
/// The distance from the end of a line to its name.
const LEADER: f64 = 22.0;
const HEIGHT: f64 = 300.0;
/// The distance from an edge to the first point, so that marks stay inside.
const INSET: f64 = 16.0;
const NOTE_SIZE: f64 = 11.5;

impl Frame {
    /// Places both axes below the content of `drawing`, with room for `labels` on the right.
    pub(super) fn below(
        drawing: &SvgBuilder,
        x: AxisScale,
        y: AxisScale,
        labels: &[(&str, &str)],
    ) -> Frame {
        let wide = |&(name, note): &(&str, &str)| width_of(name, 12.0) + note_width(note);
        let room = labels.iter().map(wide).fold(0.0, f64::max);
        let room = if labels.is_empty() { 0.0 } else { (room + LEADER).min(0.4 * WIDTH) };
        let height = HEIGHT.max(LABEL_GAP * labels.len() as f64);
        let top = drawing.y + 24.0;
        let (left, right) = (MARGIN + 48.0, WIDTH - MARGIN - room);
        let x = x.laid(left + INSET, right - INSET);
        Frame { x, y: y.laid(top + height, top), left, right }
    }

    pub(super) fn area(&self) -> Area {
        let [width, height] = [self.right - self.left, self.y.start - self.y.end];
        Area { x: self.left, y: self.y.end, width, height }
    }

    /// Returns the position of a value, if it has one on both axes.
    pub(super) fn place(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        Some((self.x.at(x)?, self.y.at(y)?))
    }

    /// Draws grid and axes, and moves `drawing` below them.
    pub(super) fn draw(&self, drawing: &mut SvgBuilder, x: &Axis, y: &Axis) {
        let ticks: Vec<(Tick, String)> = named(&self.x, x);
        self.draw_with(drawing, &x.label, &ticks, y);
    }

    /// Draws grid and axes like [`draw`](Frame::draw), with the given ticks of the horizontal axis.
    pub(super) fn draw_with(
        &self,
        drawing: &mut SvgBuilder,
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

    /// Writes names at the ends of lines, without overlap.
    pub(super) fn label_ends(&self, drawing: &mut SvgBuilder, labels: &[EndLabel]) {
        let wanted: Vec<f64> = labels.iter().map(|label| label.place.1).collect();
        let positions = spread(&wanted, LABEL_GAP, self.y.end + 4.0, self.y.start - 4.0);
        for (label, y) in labels.iter().zip(positions) {
            let x = self.right + LEADER;
            let from = (label.place.0 + 6.0, label.place.1);
            drawing.open_series(&label.series, &label.colour);
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
            drawing.close_series();
        }
    }

    /// Returns the positions of the points that have one.
    pub(super) fn line_of(&self, points: &[Point]) -> Vec<(f64, f64)> {
        points.iter().filter_map(|point| self.place(point.x, point.y.mid)).collect()
    }

    /// Returns the outline of the area between the lower and the upper ends of the intervals.
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

    /// Draws a measured point with its interval, moved to the right by `offset`.
    pub(super) fn point(&self, drawing: &mut SvgBuilder, point: &Point, mark: Mark, offset: f64) {
        let Some((x, y)) = self.place(point.x, point.y.mid) else { return };
        let interval = point.y.finite_interval();
        if let Some(Range { low, high }) = interval {
            let [low, high] = [low, high].map(|end| self.y.clamped(end));
            drawing.whisker((x + offset, low), (x + offset, high));
        }
        drawing.mark(mark, (x + offset, y), interval.is_none());
    }
}

/// Returns the class of the colour of a series.
pub(super) fn colour(index: usize) -> String {
    format!("s{}", index % COLOURS)
}

/// Describes how many points are not shown; empty if all are.
pub(super) fn not_shown(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "One point has no position on these axes and is not shown.".to_owned(),
        count => format!("{count} points have no position on these axes and are not shown."),
    }
}

/// Returns the ticks with their numbers; a minor tick has none.
fn named(scale: &AxisScale, axis: &Axis) -> Vec<(Tick, String)> {
    let name = |tick: &Tick| match tick.is_major {
        true => axis.unit.tick(tick.value),
        false => String::new(),
    };
    scale.ticks().into_iter().map(|tick| (tick, name(&tick))).collect()
}

fn note_width(note: &str) -> f64 {
    if note.is_empty() { 0.0 } else { 6.0 + width_of(note, NOTE_SIZE) }
}
