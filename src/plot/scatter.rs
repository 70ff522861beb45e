//! Two measures of each subject against one another, such as speed and fairness.

use serde::Serialize;

use super::{
    chart::{Estimate, Heading, Range, Role},
    drawing::{Anchor, Drawing, Entry, Mark, Sample, width_of},
    frame::{Frame, without_place},
    labels::{Area, beside},
    ruler::{Axis, Ruler, Scale, extent},
};

/// What is gained by one measure and lost by another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scatter {
    /// The words around it.
    pub heading: Heading,
    /// To the right. If all its values lie within 0 and 1, it ends at 1, and begins at 0 or a half.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// One for each subject.
    pub spots: Vec<Spot>,
}

/// One subject.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spot {
    /// Its name.
    pub label: String,
    /// To the right.
    pub x: Estimate,
    /// Upwards.
    pub y: Estimate,
    /// How it is emphasised.
    pub role: Role,
}

impl Scatter {
    pub(super) fn draw(&self) -> Drawing {
        let mut drawing = Drawing::headed(&self.heading);
        let Some((x, y)) = self.rulers() else {
            return drawing.nothing().captioned([&*self.heading.caption].into_iter());
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
            taken.extend(spot.draw(&mut drawing, &frame, place));
        }
        for (spot, place) in placed {
            let size = (width_of(&spot.label, 12.0) + 4.0, 14.0);
            let area = beside(place, size, &frame.area(), &taken);
            draw_leader(&mut drawing, place, &area);
            drawing.text(area.x + 2.0, area.y + 11.0, Anchor::Start, "", &spot.label);
            taken.push(area);
        }
        self.draw_key(&mut drawing);
        let holds = |spot: &&Spot| frame.place(spot.x.mid, spot.y.mid).is_some();
        let lost = without_place(self.spots.len() - self.spots.iter().filter(holds).count());
        drawing.captioned([&*self.heading.caption, &*lost].into_iter())
    }

    fn rulers(&self) -> Option<(Ruler, Ruler)> {
        let holds = |spot: &&Spot| self.x.scale.holds(spot.x.mid) && self.y.scale.holds(spot.y.mid);
        let spots: Vec<&Spot> = self.spots.iter().filter(holds).collect();
        let xs = || spots.iter().flat_map(|spot| spot.x.values());
        let (low, high) = extent(xs())?;
        let is_share = self.x.scale == Scale::Linear && low >= 0.0 && high <= 1.0;
        let x = match is_share {
            true => {
                let low = if low < 0.5 { 0.0 } else { 0.5 };
                Ruler { scale: Scale::Linear, low, high: 1.0, start: 0.0, end: 1.0 }
            }
            false => Ruler::around(self.x.scale, xs())?,
        };
        Some((x, Ruler::around(self.y.scale, spots.iter().flat_map(|spot| spot.y.values()))?))
    }

    fn draw_key(&self, drawing: &mut Drawing) {
        let mut entries = Vec::new();
        let roles = [(Role::Limit, "a limit, not a contender"), (Role::Wrong, "wrong: not ranked")];
        for (role, text) in roles {
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

    /// Draws it without its name, and says what it covers.
    fn draw(&self, drawing: &mut Drawing, frame: &Frame, (x, y): (f64, f64)) -> Vec<Area> {
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

/// Leads from a point to a name that had to be set away from it.
fn draw_leader(drawing: &mut Drawing, (x, y): (f64, f64), label: &Area) {
    let near = (x.clamp(label.x, label.x + label.width), y.clamp(label.y, label.y + label.height));
    let (dx, dy) = (near.0 - x, near.1 - y);
    let far = dx.hypot(dy);
    if far > 9.0 {
        let from = (x + 6.0 * dx / far, y + 6.0 * dy / far);
        drawing.line("leader", from, (near.0 - 2.0 * dx / far, near.1 - 2.0 * dy / far));
    }
}
