//! A rate over a count or a setting: measured points, and a fitted curve in its band.

use serde::Serialize;

use super::{
    chart::{Heading, Point},
    drawing::{Drawing, Mark},
    frame::{EndLabel, Frame, colour, without_place},
    ruler::{Axis, Ruler, Tick},
};

/// X(N) and its like: how a rate changes with the clients, the users, the skew.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// The words around it.
    pub heading: Heading,
    /// What is varied.
    pub x: Axis,
    /// What is measured.
    pub y: Axis,
    /// One for each subject.
    pub series: Vec<CurveSeries>,
}

/// One subject.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurveSeries {
    /// Its name.
    pub name: String,
    /// What was measured, ascending in `x`.
    pub points: Vec<Point>,
    /// What was fitted to it.
    pub fit: Option<Fit>,
}

/// A fitted curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fit {
    /// What came of it, in a few words after the name.
    pub label: String,
    /// The curve, ascending in `x`; the intervals are its band.
    pub points: Vec<Point>,
}

/// How far apart points of one `x` are set, at most.
const ASIDE_MAX: f64 = 3.5;

/// With more bands than this on one another they are drawn fainter.
pub(super) const BANDS_MANY: usize = 4;

/// Up to so many places that were measured are what is named below.
const PLACES_NAMED: usize = 9;

impl Curve {
    pub(super) fn draw(&self) -> Drawing {
        let mut drawing = Drawing::headed(&self.heading);
        let Some((x, y)) = self.rulers() else {
            return drawing.nothing().captioned([&*self.heading.caption].into_iter());
        };
        drawing.describe(self.summary());
        let label =
            |one: &CurveSeries| one.fit.as_ref().map_or(String::new(), |fit| fit.label.clone());
        let notes: Vec<String> = self.series.iter().map(label).collect();
        let names: Vec<(&str, &str)> =
            self.series.iter().zip(&notes).map(|(one, note)| (&*one.name, &**note)).collect();
        let frame = Frame::below(&drawing, x, y, &names);
        match self.places(&frame) {
            Some(ticks) => frame.draw_with(&mut drawing, &self.x.label, &ticks, &self.y),
            None => frame.draw(&mut drawing, &self.x, &self.y),
        }

        let band = if self.series.len() > BANDS_MANY { "band many" } else { "band" };
        // Bands first, so that none covers a point.
        for (index, one) in self.series.iter().enumerate() {
            drawing.open(&colour(index));
            match &one.fit {
                Some(fit) => {
                    drawing.path(band, &frame.band_of(&fit.points), true);
                    drawing.path("line", &frame.line_of(&fit.points), false);
                }
                None => drawing.path("line thin", &frame.line_of(&one.points), false),
            }
            drawing.close();
        }
        let aside = self.aside(&frame);
        let middle = (self.series.len() as f64 - 1.0) / 2.0;
        for (index, one) in self.series.iter().enumerate() {
            drawing.open(&colour(index));
            for point in &one.points {
                let aside = aside * (index as f64 - middle);
                frame.point(&mut drawing, point, Mark::of_series(index), aside);
            }
            drawing.close();
        }
        let ends: Vec<EndLabel> = self
            .series
            .iter()
            .zip(notes)
            .enumerate()
            .filter_map(|(index, (one, note))| {
                let fitted = one.fit.as_ref().map(|fit| frame.line_of(&fit.points));
                let line = fitted.filter(|line| !line.is_empty());
                let line = line.unwrap_or_else(|| frame.line_of(&one.points));
                let (x, y) = line.last().copied()?;
                // Past the marks that are set aside.
                let place = (x + aside * middle, y);
                Some(EndLabel { place, colour: colour(index), name: one.name.clone(), note })
            })
            .collect();
        frame.label_ends(&mut drawing, &ends);
        let mut notes = vec![self.heading.caption.clone()];
        if aside > 0.0 {
            notes.push("Points of one place stand side by side.".to_owned());
        }
        let measured = || self.series.iter().flat_map(|one| &one.points);
        let lost = measured().filter(|point| frame.place(point.x, point.y.mid).is_none());
        notes.push(without_place(lost.count()));
        drawing.captioned([notes.join(" ")].iter().map(String::as_str))
    }

    /// The axes hold all that was measured; a fit that leads away from it is cut off there.
    fn rulers(&self) -> Option<(Ruler, Ruler)> {
        let measured = || self.series.iter().flat_map(|one| &one.points);
        let holds = |point: &&Point| self.x.scale.holds(point.x) && self.y.scale.holds(point.y.mid);
        let fitted = self.series.iter().filter_map(|one| one.fit.as_ref());
        let fitted = fitted.flat_map(|fit| &fit.points).map(|point| (point.x, point.y.mid));
        let points: Vec<&Point> = measured().filter(holds).collect();
        if points.is_empty() {
            return None;
        }
        let xs = points.iter().map(|point| point.x).chain(fitted.clone().map(|(x, _)| x));
        let ys = points.iter().flat_map(|point| point.y.values()).chain(fitted.map(|(_, y)| y));
        Some((Ruler::around(self.x.scale, xs)?, Ruler::around(self.y.scale, ys)?))
    }

    /// The places that were measured, named: where there are few, nothing between them means
    /// anything, such as a thread and a half.
    fn places(&self, frame: &Frame) -> Option<Vec<(Tick, String)>> {
        let points = self.series.iter().flat_map(|one| &one.points);
        let placed = points.filter(|point| frame.place(point.x, point.y.mid).is_some());
        let mut places: Vec<f64> = placed.map(|point| point.x).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        let name = |value: f64| match value {
            // A count is known by its digits: 1024, and not 1.024k.
            count if count.fract() == 0.0 && count < 1e4 => format!("{count}"),
            value => self.x.unit.tick(value),
        };
        let named = |value: f64| (Tick { value, is_major: true }, name(value));
        (places.len() <= PLACES_NAMED).then(|| places.into_iter().map(named).collect())
    }

    /// How far from its neighbour the point of each series is set, so that equal ones are all seen.
    fn aside(&self, frame: &Frame) -> f64 {
        let mut places: Vec<f64> = self
            .series
            .iter()
            .flat_map(|one| &one.points)
            .filter_map(|point| frame.x.at(point.x))
            .collect();
        places.sort_by(f64::total_cmp);
        let gaps = places.windows(2).map(|pair| pair[1] - pair[0]).filter(|&gap| gap > 0.01);
        let gap = gaps.fold(f64::INFINITY, f64::min);
        let has_neighbours = self.series.len() > 1 && places.len() > 1;
        match has_neighbours {
            true => (0.7 * gap / self.series.len() as f64).min(ASIDE_MAX),
            false => 0.0,
        }
    }

    fn summary(&self) -> String {
        let last = |one: &CurveSeries| {
            let last = one.points.iter().rfind(|point| point.y.mid.is_finite())?;
            Some(format!(
                "{}: {} at {}",
                one.name,
                last.y.show(self.y.unit),
                self.x.unit.tick(last.x)
            ))
        };
        let series: Vec<String> = self.series.iter().filter_map(last).collect();
        format!("{} over {}. {}", self.y.label, self.x.label, series.join("; "))
    }
}
