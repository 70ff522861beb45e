//! A scatter plot of two measures of each contender, such as rate and fairness.

use super::{
    axis_scale::{Axis, AxisScale, Scale, extent},
    frame::{Frame, not_shown},
    labels::{Area, beside},
    style::Mark,
    svg_builder::{Anchor, Entry, Sample, SvgBuilder, width_of},
    value::{Estimate, Heading, Range, Role},
    view::View,
};

/// Two measures of each contender, to show their trade-off.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    /// The text around the chart.
    pub heading: Heading,
    /// The horizontal axis. If all values are between 0 and 1, it ends at 1 and begins at 0 or 0.5.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// One spot for each contender.
    pub spots: Vec<Spot>,
}

/// One contender.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    /// The name.
    pub label: String,
    /// The horizontal measure.
    pub x: Estimate,
    /// The vertical measure.
    pub y: Estimate,
    /// The role, which sets colour and mark.
    pub role: Role,
}

impl Scatter {
    pub(super) fn draw(&self, view: View) -> SvgBuilder {
        let mut drawing = SvgBuilder::headed(&self.heading, view);
        let Some((x, y)) = self.scales(view) else {
            return drawing.nothing().with_caption([&*self.heading.caption].into_iter());
        };
        drawing.describe(self.summary());
        let frame = Frame::below(&drawing, x, y, &[]);
        frame.draw(&mut drawing, &self.x, &self.y);
        let placed: Vec<(&Spot, (f64, f64))> = self
            .spots
            .iter()
            .filter_map(|spot| Some((spot, frame.place(spot.x.mid, spot.y.mid)?)))
            .collect();
        let mut taken: Vec<Area> = Vec::new();
        for &(spot, place) in &placed {
            drawing.open_series(&spot.label, spot.role.look().0);
            taken.extend(spot.draw(&mut drawing, &frame, place));
            drawing.close_series();
        }
        for (spot, place) in placed {
            let size = (width_of(&spot.label, 12.0) + 4.0, 14.0);
            let area = beside(place, size, &frame.area(), &taken);
            drawing.open_series(&spot.label, spot.role.look().0);
            draw_leader(&mut drawing, place, &area);
            drawing.text(area.x + 2.0, area.y + 11.0, Anchor::Start, "", &spot.label);
            let value =
                |axis: &Axis, it: Estimate| format!("{}: {}", axis.label, it.show(axis.unit));
            let [x, y] = [value(&self.x, spot.x), value(&self.y, spot.y)];
            drawing.target(place, (14.0, 14.0), &[&spot.label, &x, &y]);
            drawing.close_series();
            taken.push(area);
        }
        self.draw_key(&mut drawing);
        let holds = |spot: &&Spot| frame.place(spot.x.mid, spot.y.mid).is_some();
        let hidden = not_shown(self.spots.len() - self.spots.iter().filter(holds).count());
        drawing.with_caption([&*self.heading.caption, &*hidden].into_iter())
    }

    fn scales(&self, view: View) -> Option<(AxisScale, AxisScale)> {
        let [x_scale, y_scale] = [view.x(self.x.scale), view.y(self.y.scale)];
        let holds = |spot: &&Spot| x_scale.holds(spot.x.mid) && y_scale.holds(spot.y.mid);
        let spots: Vec<&Spot> = self.spots.iter().filter(holds).collect();
        let xs = || spots.iter().flat_map(|spot| spot.x.values());
        let (low, high) = extent(xs())?;
        let is_share = x_scale == Scale::Linear && low >= 0.0 && high <= 1.0;
        let x = match is_share {
            true => {
                let low = if low < 0.5 { 0.0 } else { 0.5 };
                AxisScale { scale: Scale::Linear, low, high: 1.0, start: 0.0, end: 1.0 }
            }
            false => AxisScale::around(x_scale, xs())?,
        };
        Some((x, AxisScale::around(y_scale, spots.iter().flat_map(|spot| spot.y.values()))?))
    }

    fn draw_key(&self, drawing: &mut SvgBuilder) {
        let mut entries = Vec::new();
        for (role, text) in Role::KEY {
            if self.spots.iter().any(|spot| spot.role == role) {
                let (colour, mark) = role.look();
                entries.push(Entry { colour, sample: Sample::Mark(mark, false), text });
            }
        }
        if self.spots.iter().any(Spot::is_bare) {
            let sample = Sample::Mark(Mark::Circle, true);
            entries.push(Entry { colour: "s0", sample, text: "hollow: no interval" });
        }
        drawing.key(&entries);
    }

    fn summary(&self) -> String {
        let spot = |spot: &Spot| {
            let [x, y] = [spot.x.show(self.x.unit), spot.y.show(self.y.unit)];
            format!("{}: {x}, {y}", spot.label)
        };
        let is_measured = |spot: &&Spot| spot.x.mid.is_finite() && spot.y.mid.is_finite();
        let spots: Vec<String> = self.spots.iter().filter(is_measured).map(spot).collect();
        format!("{} against {}. {}", self.y.label, self.x.label, spots.join("; "))
    }
}

impl Spot {
    fn is_bare(&self) -> bool {
        self.x.finite_interval().is_none() && self.y.finite_interval().is_none()
    }

    /// Draws the spot without its name, and returns the areas that it covers.
    fn draw(&self, drawing: &mut SvgBuilder, frame: &Frame, (x, y): (f64, f64)) -> Vec<Area> {
        let mut covered = vec![Area { x: x - 5.0, y: y - 5.0, width: 10.0, height: 10.0 }];
        let (colour, mark) = self.role.look();
        drawing.open(colour);
        if let Some(Range { low, high }) = self.x.finite_interval() {
            let [low, high] = [low, high].map(|end| frame.x.clamped(end));
            drawing.whisker((low, y), (high, y));
            covered.push(Area { x: low - 3.0, y: y - 5.0, width: high - low + 6.0, height: 10.0 });
        }
        if let Some(Range { low, high }) = self.y.finite_interval() {
            let [low, high] = [low, high].map(|end| frame.y.clamped(end));
            drawing.whisker((x, low), (x, high));
            covered.push(Area { x: x - 5.0, y: high - 3.0, width: 10.0, height: low - high + 6.0 });
        }
        drawing.mark(mark, (x, y), self.is_bare());
        drawing.close();
        covered
    }
}

/// Draws a line from a point to its name, if the name is not next to it.
fn draw_leader(drawing: &mut SvgBuilder, (x, y): (f64, f64), label: &Area) {
    let near = (x.clamp(label.x, label.x + label.width), y.clamp(label.y, label.y + label.height));
    let (dx, dy) = (near.0 - x, near.1 - y);
    let far = dx.hypot(dy);
    if far > 9.0 {
        let from = (x + 6.0 * dx / far, y + 6.0 * dy / far);
        drawing.line("leader", from, (near.0 - 2.0 * dx / far, near.1 - 2.0 * dy / far));
    }
}
