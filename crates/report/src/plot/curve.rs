//! A chart of a rate by a count or a setting: measured points, and a fitted curve with its band.

use super::{
    axis_scale::{Axis, AxisScale, Tick},
    frame::{EndLabel, Frame, colour, not_shown},
    style::Mark,
    svg_builder::SvgBuilder,
    value::{Heading, Point},
    view::View,
};

/// Rates by the number of clients or users, or by skew.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// The text around the chart.
    pub heading: Heading,
    /// The varied quantity.
    pub x: Axis,
    /// The measured quantity.
    pub y: Axis,
    /// One series for each contender.
    pub series: Vec<CurveSeries>,
}

/// The points of one contender.
#[derive(Debug, Clone, PartialEq)]
pub struct CurveSeries {
    /// The name of the contender.
    pub name: String,
    /// The measured points, ascending in `x`.
    pub points: Vec<Point>,
    /// The curve that is fitted to the points.
    pub fit: Option<Fit>,
}

/// A fitted curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The result of the fit, shown after the name.
    pub label: String,
    /// The curve, ascending in `x`; the intervals are its band.
    pub points: Vec<Point>,
}

/// The largest distance between points with the same `x`.
const OFFSET_MAX: f64 = 3.5;

/// If there are more bands, they are drawn fainter.
pub(super) const BANDS_MANY: usize = 4;

/// Up to this number of measured positions, the ticks of the horizontal axis are these positions.
const TICKS_MEASURED_MAX: usize = 9;

impl Curve {
    pub(super) fn draw(&self, view: View) -> SvgBuilder {
        let mut drawing = SvgBuilder::headed(&self.heading, view);
        let Some((x, y)) = self.scales(view) else {
            return drawing.nothing().with_caption([&*self.heading.caption].into_iter());
        };
        drawing.describe(self.summary());
        let label = |series: &CurveSeries| {
            series.fit.as_ref().map_or(String::new(), |fit| fit.label.clone())
        };
        let notes: Vec<String> = self.series.iter().map(label).collect();
        let names: Vec<(&str, &str)> =
            self.series.iter().zip(&notes).map(|(series, note)| (&*series.name, &**note)).collect();
        let frame = Frame::below(&drawing, x, y, &names);
        match self.measured_ticks(&frame) {
            Some(ticks) => frame.draw_with(&mut drawing, &self.x.label, &ticks, &self.y),
            None => frame.draw(&mut drawing, &self.x, &self.y),
        }

        let band = if self.series.len() > BANDS_MANY { "band many" } else { "band" };
        // Bands are drawn first, so that they do not cover points.
        for (index, series) in self.series.iter().enumerate() {
            drawing.open_series(&series.name, &colour(index));
            drawing.open(&colour(index));
            match &series.fit {
                Some(fit) => {
                    drawing.path(band, &frame.band_of(&fit.points), true);
                    drawing.path("line", &frame.line_of(&fit.points), false);
                }
                None => drawing.path("line thin", &frame.line_of(&series.points), false),
            }
            drawing.close();
            drawing.close_series();
        }
        let offset = self.offset(&frame);
        let middle = (self.series.len() as f64 - 1.0) / 2.0;
        for (index, series) in self.series.iter().enumerate() {
            drawing.open_series(&series.name, &colour(index));
            drawing.open(&colour(index));
            let shift = offset * (index as f64 - middle);
            for point in &series.points {
                frame.point(&mut drawing, point, Mark::of_series(index), shift);
            }
            drawing.close();
            for point in &series.points {
                let Some((x, y)) = frame.place(point.x, point.y.mid) else { continue };
                let width = (2.0 * offset).max(6.0);
                self.target(&mut drawing, series, point, (x + shift, y), width);
            }
            drawing.close_series();
        }
        let ends: Vec<EndLabel> = self
            .series
            .iter()
            .zip(notes)
            .enumerate()
            .filter_map(|(index, (series, note))| {
                let fitted = series.fit.as_ref().map(|fit| frame.line_of(&fit.points));
                let line = fitted.filter(|line| !line.is_empty());
                let line = line.unwrap_or_else(|| frame.line_of(&series.points));
                let (x, y) = line.last().copied()?;
                // The name begins to the right of the marks with an offset.
                let place = (x + offset * middle, y);
                let [series, name] = [&series.name, &series.name].map(String::clone);
                Some(EndLabel { place, colour: colour(index), name, series, note })
            })
            .collect();
        frame.label_ends(&mut drawing, &ends);
        let mut notes = vec![self.heading.caption.clone()];
        if offset > 0.0 {
            notes.push("Points at one position are drawn side by side.".to_owned());
        }
        let measured = || self.series.iter().flat_map(|series| &series.points);
        let hidden = measured().filter(|point| frame.place(point.x, point.y.mid).is_none());
        notes.push(not_shown(hidden.count()));
        drawing.with_caption([notes.join(" ")].iter().map(String::as_str))
    }

    /// Returns the scales of both axes, for all measured points and the fitted curves.
    fn scales(&self, view: View) -> Option<(AxisScale, AxisScale)> {
        let [x_scale, y_scale] = [view.x(self.x.scale), view.y(self.y.scale)];
        let measured = || self.series.iter().flat_map(|series| &series.points);
        let holds = |point: &&Point| x_scale.holds(point.x) && y_scale.holds(point.y.mid);
        let fitted = self.series.iter().filter_map(|series| series.fit.as_ref());
        let fitted = fitted.flat_map(|fit| &fit.points).map(|point| (point.x, point.y.mid));
        let points: Vec<&Point> = measured().filter(holds).collect();
        if points.is_empty() {
            return None;
        }
        let xs = points.iter().map(|point| point.x).chain(fitted.clone().map(|(x, _)| x));
        let ys = points.iter().flat_map(|point| point.y.values()).chain(fitted.map(|(_, y)| y));
        Some((AxisScale::around(x_scale, xs)?, AxisScale::around(y_scale, ys)?))
    }

    /// Returns a tick for each measured position, if there are few. Other ticks would be at values
    /// without a meaning, such as one and a half threads.
    fn measured_ticks(&self, frame: &Frame) -> Option<Vec<(Tick, String)>> {
        let points = self.series.iter().flat_map(|series| &series.points);
        let placed = points.filter(|point| frame.place(point.x, point.y.mid).is_some());
        let mut values: Vec<f64> = placed.map(|point| point.x).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        let name = |value: f64| match value {
            // A count is written in full: 1024, not 1.024k.
            count if count.fract() == 0.0 && count < 1e4 => format!("{count}"),
            value => self.x.unit.tick(value),
        };
        let named = |value: f64| (Tick { value, is_major: true }, name(value));
        (values.len() <= TICKS_MEASURED_MAX).then(|| values.into_iter().map(named).collect())
    }

    /// Returns the distance between points of neighbouring series with the same `x`, so that equal
    /// points do not cover each other.
    fn offset(&self, frame: &Frame) -> f64 {
        let mut positions: Vec<f64> = self
            .series
            .iter()
            .flat_map(|series| &series.points)
            .filter_map(|point| frame.x.at(point.x))
            .collect();
        positions.sort_by(f64::total_cmp);
        let gaps = positions.windows(2).map(|pair| pair[1] - pair[0]).filter(|&gap| gap > 0.01);
        let gap = gaps.fold(f64::INFINITY, f64::min);
        let has_neighbours = self.series.len() > 1 && positions.len() > 1;
        match has_neighbours {
            true => (0.7 * gap / self.series.len() as f64).min(OFFSET_MAX),
            false => 0.0,
        }
    }

    fn target(
        &self,
        drawing: &mut SvgBuilder,
        series: &CurveSeries,
        point: &Point,
        place: (f64, f64),
        width: f64,
    ) {
        let x = format!("{}: {}", self.x.label, self.x.unit.tick(point.x));
        let y = format!("{}: {}", self.y.label, point.y.show(self.y.unit));
        let fit = series.fit.as_ref().filter(|fit| !fit.label.is_empty());
        let fit = fit.map_or_else(String::new, |fit| format!("fit: {}", fit.label));
        drawing.target(place, (width, 14.0), &[&series.name, &x, &y, &fit]);
    }

    fn summary(&self) -> String {
        let last = |series: &CurveSeries| {
            let last = series.points.iter().rfind(|point| point.y.mid.is_finite())?;
            Some(format!(
                "{}: {} at {}",
                series.name,
                last.y.show(self.y.unit),
                self.x.unit.tick(last.x)
            ))
        };
        let series: Vec<String> = self.series.iter().filter_map(last).collect();
        format!("{} by {}. {}", self.y.label, self.x.label, series.join("; "))
    }
}
