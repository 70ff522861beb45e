//! Times over the share of commands that took no longer: where the tail begins, and how far it
//! goes.

use serde::Serialize;

use super::{
    chart::{Estimate, Heading, Point},
    curve::BANDS_MANY,
    drawing::{Drawing, Entry, Sample},
    frame::{EndLabel, Frame, colour, without_place},
    ruler::{Axis, Ruler, Scale, Tick, extent},
    style::COLOURS,
    unit::Unit,
};

/// Quantiles of times. Along the lower axis every nine of a quantile takes as much room as the one
/// before; times are on a logarithmic axis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spectrum {
    /// The words around it.
    pub heading: Heading,
    /// What the times are, such as `from the intended start to the answer`.
    pub axis: String,
    /// Those of one name have one colour.
    pub series: Vec<SpectrumSeries>,
}

/// The quantiles of one subject.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpectrumSeries {
    /// Whose times they are.
    pub name: String,
    /// From when to when.
    pub times: Times,
    /// Ascending: `x` is the quantile, 1 for the largest, and `y` is in nanoseconds.
    pub points: Vec<Point>,
}

/// What a time is measured from, and of whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Times {
    /// From when the command was to start. Drawn solid.
    Response,
    /// From when it did start. Drawn thin and dashed.
    Service,
    /// Response of what answers at once: no time below it says anything. Drawn grey and dotted.
    Null,
}

/// The quantiles that are named.
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

/// From the last quantile to the largest time of all.
const TO_MAXIMUM: f64 = 0.5;

impl Spectrum {
    pub(super) fn draw(&self) -> Drawing {
        let mut drawing = Drawing::headed(&self.heading);
        let nines = self.nines();
        let series: Vec<Vec<Point>> = self.series.iter().map(|one| one.placed(nines)).collect();
        let values = || series.iter().flatten().flat_map(|point| point.y.values());
        let (Some(y), Some((first, last))) = (
            Ruler::around(Scale::Log10, values()),
            extent(series.iter().flatten().map(|point| point.x)),
        ) else {
            return drawing.nothing().captioned([&*self.heading.caption].into_iter());
        };
        drawing.describe(self.summary());
        self.draw_key(&mut drawing);
        let last = if first < last { last } else { first + 1.0 };
        let x = Ruler { scale: Scale::Linear, low: first, high: last, start: 0.0, end: 1.0 };
        let named = self.named_ends();
        let names: Vec<(&str, &str)> = named.iter().map(|(_, name)| (name.as_str(), "")).collect();
        let frame = Frame::below(&drawing, x, y, &names);
        let axis = Axis { label: self.axis.clone(), scale: Scale::Log10, unit: Unit::Nanoseconds };
        let ticks = ticks(&x, self.has_maximum().then_some(nines + TO_MAXIMUM));
        frame.draw_with(&mut drawing, "share of commands that took no longer", &ticks, &axis);

        let band = if self.series.len() > BANDS_MANY { "band many" } else { "band" };
        // Bands first, so that none covers a line.
        for (one, points) in self.series.iter().zip(&series) {
            drawing.open(&self.colour(one));
            drawing.path(band, &frame.band_of(points), true);
            drawing.close();
        }
        for (one, points) in self.series.iter().zip(&series) {
            drawing.open(&self.colour(one));
            drawing.path(self.class(one), &frame.line_of(points), false);
            drawing.close();
        }
        let ends: Vec<EndLabel> = named
            .into_iter()
            .filter_map(|(index, name)| {
                let place = frame.line_of(&series[index]).last().copied()?;
                let colour = self.colour(&self.series[index]);
                Some(EndLabel { place, colour, name, note: String::new() })
            })
            .collect();
        frame.label_ends(&mut drawing, &ends);
        let given: usize = self.series.iter().map(|one| one.points.len()).sum();
        let shown: usize = series.iter().map(|points| frame.line_of(points).len()).sum();
        let lost = without_place(given - shown);
        drawing.captioned([&*self.heading.caption, &*lost].into_iter())
    }

    /// As far as the quantiles go short of 1, in nines.
    fn nines(&self) -> f64 {
        let quantiles = self.series.iter().flat_map(|one| &one.points).map(|point| point.x);
        extent(quantiles.filter(|&x| x < 1.0).map(nines)).map_or(0.0, |(_, last)| last)
    }

    fn has_maximum(&self) -> bool {
        self.series.iter().flat_map(|one| &one.points).any(|point| point.x == 1.0)
    }

    /// The series whose ends are named, with their names: service only where response is not.
    fn named_ends(&self) -> Vec<(usize, String)> {
        let has_response = |name: &str| {
            self.series.iter().any(|one| one.name == name && one.times == Times::Response)
        };
        let name = |(index, one): (usize, &SpectrumSeries)| match one.times {
            Times::Service if has_response(&one.name) => None,
            Times::Service => Some((index, format!("{} (service)", one.name))),
            Times::Response | Times::Null => Some((index, one.name.clone())),
        };
        let named = self.series.iter().enumerate().filter_map(name);
        named.filter(|&(index, _)| !self.series[index].points.is_empty()).collect()
    }

    fn colour(&self, one: &SpectrumSeries) -> String {
        match one.times {
            Times::Null => "null".to_owned(),
            Times::Response | Times::Service => colour(self.index(one)),
        }
    }

    /// What its line looks like: broken where its colour is another's too.
    fn class(&self, one: &SpectrumSeries) -> &'static str {
        match one.times {
            Times::Response if self.index(one) >= COLOURS => "line again",
            times => times.class(),
        }
    }

    /// Of its name among those that have a colour.
    fn index(&self, one: &SpectrumSeries) -> usize {
        let mut names: Vec<&str> = Vec::new();
        for other in self.series.iter().filter(|other| other.times != Times::Null) {
            if !names.contains(&other.name.as_str()) {
                names.push(&other.name);
            }
        }
        names.iter().position(|&name| name == one.name).unwrap_or_default()
    }

    fn draw_key(&self, drawing: &mut Drawing) {
        let all = [
            (Times::Response, "s6", "response, from the intended start"),
            (Times::Service, "s6", "service, from the actual start"),
            (Times::Null, "null", "null: what the machine alone takes"),
        ];
        let is_used = |times: Times| self.series.iter().any(|one| one.times == times);
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
        let last = |one: &SpectrumSeries| {
            let last = one.points.iter().rfind(|point| point.y.mid.is_finite())?;
            let time = Unit::Nanoseconds.exact(last.y.mid);
            Some(format!("{} {} % within {time}", one.name, 100.0 * last.x))
        };
        let series: Vec<String> = self.series.iter().filter_map(last).collect();
        format!("{}. {}", self.axis, series.join("; "))
    }
}

impl SpectrumSeries {
    /// The points that have a place, over nines in place of quantiles.
    fn placed(&self, last: f64) -> Vec<Point> {
        let place = |point: &Point| {
            let x = match point.x {
                1.0 => last + TO_MAXIMUM,
                quantile => nines(quantile),
            };
            let holds = x.is_finite() && Scale::Log10.holds(point.y.mid);
            holds.then_some(Point { x, y: Estimate { ..point.y } })
        };
        self.points.iter().filter_map(place).collect()
    }
}

impl Times {
    fn class(self) -> &'static str {
        match self {
            Times::Response => "line",
            Times::Service => "line thin dashed",
            Times::Null => "line dotted",
        }
    }
}

/// 0.9 is one nine, 0.99 two; what is not a quantile short of 1 is not finite.
fn nines(quantile: f64) -> f64 {
    if (0.0..1.0).contains(&quantile) { -(1.0 - quantile).log10() } else { f64::NAN }
}

fn ticks(x: &Ruler, maximum: Option<f64>) -> Vec<(Tick, String)> {
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
