//! A chart of times by percentile, like the
//! [HdrHistogram plotter](http://hdrhistogram.github.io/HdrHistogram/plotFiles.html).

use super::{
    axis_scale::{Axis, AxisScale, Scale, Tick, extent},
    curve::BANDS_MANY,
    frame::{EndLabel, Frame, colour, not_shown},
    style::COLOURS,
    svg_builder::{Entry, Sample, SvgBuilder},
    unit::Unit,
    value::{Estimate, Heading, Point},
    view::View,
};

/// Quantiles of times. On the horizontal axis 90 %, 99 % and 99.9 % have equal distances; times are
/// on a logarithmic axis.
#[derive(Debug, Clone, PartialEq)]
pub struct PercentilePlot {
    /// The text around the chart.
    pub heading: Heading,
    /// The kind of the times, such as `from the due time to the answer`.
    pub axis: String,
    /// The series. Series with the same name have the same colour.
    pub series: Vec<PercentileSeries>,
}

/// The quantiles of one contender or reference.
#[derive(Debug, Clone, PartialEq)]
pub struct PercentileSeries {
    /// The name of the contender or reference.
    pub name: String,
    /// The kind of the times.
    pub times: Times,
    /// The points, ascending: `x` is the quantile, 1 for the maximum, and `y` is in nanoseconds.
    pub points: Vec<Point>,
}

/// The kind of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Response time, from when the request was due. The line is solid.
    Response,
    /// Service time, from when the request was sent. The line is thin and dashed.
    Service,
    /// Response time of `noop`: shorter times have no meaning. The line is grey and dotted.
    Noop,
}

/// The quantiles that have a tick.
const NAMED: [(f64, &str); 10] = [
    (0.0, "0 %"),
    (0.5, "50 %"),
    (0.9, "90 %"),
    (0.99, "99 %"),
    (0.999, "99.9 %"),
    (0.9999, "99.99 %"),
    (0.99999, "99.999 %"),
    (0.999999, "99.9999 %"),
    (0.9999999, "99.99999 %"),
    (0.99999999, "99.999999 %"),
];

/// The distance from the last quantile to the maximum, in nines.
const TO_MAXIMUM: f64 = 0.5;

impl PercentilePlot {
    pub(super) fn draw(&self, view: View) -> SvgBuilder {
        let mut drawing = SvgBuilder::headed(&self.heading, view);
        let (nines, scale) = (self.nines(), view.y(Scale::Log10));
        let series: Vec<Vec<Point>> =
            self.series.iter().map(|series| series.placed(nines, scale)).collect();
        let values = || series.iter().flatten().flat_map(|point| point.y.values());
        let (Some(y), Some((first, last))) = (
            AxisScale::around(scale, values()),
            extent(series.iter().flatten().map(|point| point.x)),
        ) else {
            return drawing.nothing().with_caption([&*self.heading.caption].into_iter());
        };
        drawing.describe(self.summary());
        self.draw_key(&mut drawing);
        let last = if first < last { last } else { first + 1.0 };
        let x = AxisScale { scale: Scale::Linear, low: first, high: last, start: 0.0, end: 1.0 };
        let named = self.named_ends();
        let names: Vec<(&str, &str)> = named.iter().map(|(_, name)| (name.as_str(), "")).collect();
        let frame = Frame::below(&drawing, x, y, &names);
        let axis = Axis { label: self.axis.clone(), scale: Scale::Log10, unit: Unit::Nanoseconds };
        let ticks = ticks(&x, self.has_maximum().then_some(nines + TO_MAXIMUM));
        frame.draw_with(&mut drawing, "percentile of commands", &ticks, &axis);

        let band = if self.series.len() > BANDS_MANY { "band many" } else { "band" };
        // Bands are drawn first, so that they do not cover lines.
        for (one_series, points) in self.series.iter().zip(&series) {
            self.open(&mut drawing, one_series);
            drawing.path(band, &frame.band_of(points), true);
            drawing.close();
            drawing.close_series();
        }
        for (one_series, points) in self.series.iter().zip(&series) {
            self.open(&mut drawing, one_series);
            drawing.path(self.class(one_series), &frame.line_of(points), false);
            one_series.add_targets(&mut drawing, &frame, nines);
            drawing.close();
            drawing.close_series();
        }
        let ends: Vec<EndLabel> = named
            .into_iter()
            .filter_map(|(index, name)| {
                let place = frame.line_of(&series[index]).last().copied()?;
                let colour = self.colour(&self.series[index]);
                let series = self.series[index].name.clone();
                Some(EndLabel { place, colour, name, series, note: String::new() })
            })
            .collect();
        frame.label_ends(&mut drawing, &ends);
        let all: usize = self.series.iter().map(|series| series.points.len()).sum();
        let shown: usize = series.iter().map(|points| frame.line_of(points).len()).sum();
        let hidden = not_shown(all - shown);
        drawing.with_caption([&*self.heading.caption, &*hidden].into_iter())
    }

    /// Returns the largest quantile below 1, in nines.
    fn nines(&self) -> f64 {
        let quantiles = self.series.iter().flat_map(|series| &series.points).map(|point| point.x);
        extent(quantiles.filter(|&x| x < 1.0).map(nines)).map_or(0.0, |(_, last)| last)
    }

    fn has_maximum(&self) -> bool {
        self.series.iter().flat_map(|series| &series.points).any(|point| point.x == 1.0)
    }

    /// Returns the series with a name at the end of their line. Service times have one only without
    /// response times.
    fn named_ends(&self) -> Vec<(usize, String)> {
        let has_response = |name: &str| {
            self.series.iter().any(|series| series.name == name && series.times == Times::Response)
        };
        let name = |(index, series): (usize, &PercentileSeries)| match series.times {
            Times::Service if has_response(&series.name) => None,
            Times::Service => Some((index, format!("{} (service)", series.name))),
            Times::Response | Times::Noop => Some((index, series.name.clone())),
        };
        let named = self.series.iter().enumerate().filter_map(name);
        named.filter(|&(index, _)| !self.series[index].points.is_empty()).collect()
    }

    fn open(&self, drawing: &mut SvgBuilder, series: &PercentileSeries) {
        drawing.open_series(&series.name, &self.colour(series));
        drawing.open(&self.colour(series));
    }

    fn colour(&self, series: &PercentileSeries) -> String {
        match series.times {
            Times::Noop => "reference".to_owned(),
            Times::Response | Times::Service => colour(self.index(series)),
        }
    }

    /// Returns the class of a line: dashed if another series has the same colour.
    fn class(&self, series: &PercentileSeries) -> &'static str {
        match series.times {
            Times::Response if self.index(series) >= COLOURS => "line again",
            times => times.class(),
        }
    }

    /// Returns the index of the name among the names that have a colour.
    fn index(&self, series: &PercentileSeries) -> usize {
        let mut names: Vec<&str> = Vec::new();
        for other in self.series.iter().filter(|other| other.times != Times::Noop) {
            if !names.contains(&other.name.as_str()) {
                names.push(&other.name);
            }
        }
        names.iter().position(|&name| name == series.name).unwrap_or_default()
    }

    fn draw_key(&self, drawing: &mut SvgBuilder) {
        let all = [
            (Times::Response, "s6", "response time, from the due time"),
            (Times::Service, "s6", "service time, from the actual start"),
            (Times::Noop, "reference", "noop: the time of the machine alone"),
        ];
        let is_used = |times: Times| self.series.iter().any(|series| series.times == times);
        let used = all.into_iter().filter(|&(times, ..)| is_used(times));
        let entries: Vec<Entry<'_>> = used
            .map(|(times, colour, text)| Entry {
                colour,
                sample: Sample::Line(times.class()),
                text,
            })
            .collect();
        drawing.key(&entries);
    }

    fn summary(&self) -> String {
        let last = |series: &PercentileSeries| {
            let last = series.points.iter().rfind(|point| point.y.mid.is_finite())?;
            let time = Unit::Nanoseconds.exact(last.y.mid);
            Some(format!("{} {} % within {time}", series.name, 100.0 * last.x))
        };
        let series: Vec<String> = self.series.iter().filter_map(last).collect();
        format!("{}. {}", self.axis, series.join("; "))
    }
}

impl PercentileSeries {
    /// Returns the points that have a position, with nines instead of quantiles.
    fn placed(&self, last: f64, scale: Scale) -> Vec<Point> {
        let placed = |point: &Point| {
            let x = position(point.x, last);
            let holds = x.is_finite() && scale.holds(point.y.mid);
            holds.then_some(Point { x, y: Estimate { ..point.y } })
        };
        self.points.iter().filter_map(placed).collect()
    }

    /// Adds a target for each point of a page.
    fn add_targets(&self, drawing: &mut SvgBuilder, frame: &Frame, last: f64) {
        let times = match self.times {
            Times::Response => "response",
            Times::Service => "service",
            Times::Noop => "noop",
        };
        let name = format!("{}, {times} time", self.name);
        for point in &self.points {
            let Some(place) = frame.place(position(point.x, last), point.y.mid) else { continue };
            let quantile = match point.x {
                1.0 => "maximum".to_owned(),
                // Rounded, since 100 times 0.07 is 7.000000000000001.
                quantile => format!("{} % within", (1e9 * quantile).round() / 1e7),
            };
            let value = format!("{quantile} {}", point.y.show(Unit::Nanoseconds));
            drawing.target(place, (12.0, 12.0), &[&name, &value]);
        }
    }
}

impl Times {
    fn class(self) -> &'static str {
        match self {
            Times::Response => "line",
            Times::Service => "line thin dashed",
            Times::Noop => "line dotted",
        }
    }
}

/// Returns the position of a quantile: its nines, and half a nine after the `last` for the maximum.
fn position(quantile: f64, last: f64) -> f64 {
    if quantile == 1.0 { last + TO_MAXIMUM } else { nines(quantile) }
}

/// Returns the number of nines: 1 for 0.9, 2 for 0.99; not a number for values outside 0 to 1.
fn nines(quantile: f64) -> f64 {
    if (0.0..1.0).contains(&quantile) { -(1.0 - quantile).log10() } else { f64::NAN }
}

fn ticks(x: &AxisScale, maximum: Option<f64>) -> Vec<(Tick, String)> {
    let mut ticks: Vec<(Tick, String)> = Vec::new();
    for (quantile, name) in NAMED {
        let value = nines(quantile);
        if value >= x.low - 1e-9 && value <= x.high + 1e-9 {
            ticks.push((Tick { value, is_major: true }, name.to_owned()));
        }
    }
    if let Some(value) = maximum {
        ticks.push((Tick { value, is_major: true }, "max".to_owned()));
    }
    ticks
}
