//! A chart of blocks in time order, one lane for each contender, which shows drift.

use super::{
    axis_scale::{Axis, AxisScale, Scale, extent},
    style::Mark,
    svg_builder::{Anchor, Entry, MARGIN, Sample, SvgBuilder, WIDTH, cut, width_of},
    unit::Unit,
    value::Heading,
    view::View,
};

/// The rate of each contender over the time of a run, as multiples of its own median.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// The text around the chart.
    pub heading: Heading,
    /// The quantity of the multiples.
    pub axis: String,
    /// The lanes, from top to bottom.
    pub lanes: Vec<Lane>,
}

/// The blocks of one contender.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// The name of the contender.
    pub name: String,
    /// The blocks, in any order.
    pub blocks: Vec<Block>,
}

/// One measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// The start, in minutes since the start of the run.
    pub minutes: f64,
    /// The rate as a multiple of the contender's median.
    pub multiple: f64,
    /// The reason why it is excluded; `None` if it is valid.
    pub excluded_because: Option<String>,
}

/// The height of a lane, and its height if there are many lanes.
const LANE: f64 = 40.0;
const LANE_OF_MANY: f64 = 24.0;
const LANES_MANY: usize = 12;
/// The distance between lanes.
const GAP: f64 = 12.0;
const NAME_MAX: f64 = 160.0;

/// The limits of the scale, which all lanes share. It covers the valid blocks, but one block that
/// was stopped for a second must not flatten all others.
const NARROWEST: (f64, f64) = (0.9, 1.1);
const WIDEST: (f64, f64) = (0.25, 4.0);

impl Timeline {
    pub(super) fn draw(&self, view: View) -> SvgBuilder {
        let mut drawing = SvgBuilder::headed(&self.heading, view);
        let lanes: Vec<&Lane> = self.lanes.iter().collect();
        let shown =
            || lanes.iter().flat_map(|lane| &lane.blocks).filter(|block| block.has_position());
        let is_any_valid = shown().any(|block| block.excluded_because.is_none());
        let scaled = || shown().filter(|block| block.excluded_because.is_none() || !is_any_valid);
        let (Some((first, last)), Some((low, high))) = (
            extent(shown().map(|block| block.minutes)),
            extent(scaled().map(|block| block.multiple)),
        ) else {
            return drawing.nothing().with_caption([&*self.heading.caption].into_iter());
        };
        drawing.describe(self.summary());
        let low = low.clamp(WIDEST.0, NARROWEST.0) / 1.02;
        let high = high.clamp(NARROWEST.1, WIDEST.1) * 1.02;
        let y = AxisScale { scale: view.y(Scale::Log10), low, high, start: 0.0, end: 1.0 };
        let last = if first < last { last } else { first + 1.0 };
        let names = lanes.iter().map(|lane| width_of(&lane.name, 12.0)).fold(0.0, f64::max);
        let left = MARGIN + names.min(NAME_MAX) + 56.0;
        let x = AxisScale { scale: Scale::Linear, low: first, high: last, start: left, end: 1.0 };
        let x = x.laid(left, WIDTH - MARGIN - 6.0);

        drawing.text(MARGIN, drawing.y + 12.0, Anchor::Start, "soft", &self.axis);
        let top = drawing.y + 26.0;
        let height = if lanes.len() > LANES_MANY { LANE_OF_MANY } else { LANE };
        let bottom = top + (height + GAP) * lanes.len() as f64;
        draw_minutes(&mut drawing, &x, top, bottom);
        let mut is_beyond = false;
        for (index, lane) in lanes.iter().enumerate() {
            let top = top + (height + GAP) * index as f64;
            is_beyond |= lane.draw(&mut drawing, &x, &y.laid(top + height, top));
        }
        drawing.y = bottom + 46.0;
        self.draw_key(&mut drawing, is_beyond);
        drawing.with_caption([&*self.heading.caption].into_iter())
    }

    fn draw_key(&self, drawing: &mut SvgBuilder, is_beyond: bool) {
        let mut entries = Vec::new();
        let mut entry = |colour, mark, text| {
            entries.push(Entry { colour, sample: Sample::Mark(mark, false), text });
        };
        entry("s0", Mark::Circle, "block");
        if self
            .lanes
            .iter()
            .flat_map(|lane| &lane.blocks)
            .any(|block| block.excluded_because.is_some())
        {
            entry("violation", Mark::Cross, "excluded block, at the edge if out of range");
        }
        if is_beyond {
            entry("s0", Mark::Triangle, "block out of range");
        }
        drawing.key(&entries);
    }

    fn summary(&self) -> String {
        let lane = |lane: &Lane| {
            let valid = lane.blocks.iter().filter(|block| block.excluded_because.is_none());
            let (low, high) = extent(valid.map(|block| block.multiple))?;
            let [low, high] = [low, high].map(|end| Unit::Multiple.exact(end));
            Some(format!("{}: {} blocks, {low} to {high}", lane.name, lane.blocks.len()))
        };
        let lanes: Vec<String> = self.lanes.iter().filter_map(lane).collect();
        format!("{}. {}", self.axis, lanes.join("; "))
    }
}

impl Lane {
    /// Draws the lane, and returns whether a valid block is out of range.
    fn draw(&self, drawing: &mut SvgBuilder, x: &AxisScale, y: &AxisScale) -> bool {
        drawing.open_series(&self.name, "s0");
        let (left, right) = (x.start - 8.0, x.end + 6.0);
        let middle = (y.start + y.end) / 2.0;
        drawing.text(MARGIN, middle + 4.0, Anchor::Start, "", &cut(&self.name, 12.0, NAME_MAX));
        drawing.line("grid", (left, y.start), (right, y.start));
        drawing.line("grid", (left, y.end), (right, y.end));
        let one = y.clamped(1.0);
        drawing.line("one", (left, one), (right, one));
        for (value, at) in [(y.high / 1.02, y.end + 7.0), (y.low * 1.02, y.start)] {
            let name = Unit::Multiple.tick((value * 100.0).round() / 100.0);
            drawing.text(left - 6.0, at, Anchor::End, "soft figures", &name);
        }
        let mut blocks: Vec<&Block> = self.blocks.iter().filter(|it| it.has_position()).collect();
        blocks.sort_by(|a, b| a.minutes.total_cmp(&b.minutes));
        let valid = blocks.iter().filter(|block| block.excluded_because.is_none());
        let line: Vec<(f64, f64)> =
            valid.map(|block| (x.clamped(block.minutes), y.clamped(block.multiple))).collect();
        drawing.open("s0");
        drawing.path("line thin", &line, false);
        drawing.close();
        let is_beyond = |block: &Block| {
            block.excluded_because.is_none() && !(y.low..=y.high).contains(&block.multiple)
        };
        for block in &blocks {
            let place = (x.clamped(block.minutes), y.clamped(block.multiple));
            let (colour, mark) = match &block.excluded_because {
                Some(_) => ("violation", Mark::Cross),
                None if is_beyond(block) => ("s0", Mark::Triangle),
                None => ("s0", Mark::Circle),
            };
            drawing.open(colour);
            drawing.mark(mark, place, false);
            drawing.close();
            self.target(drawing, block, place);
        }
        drawing.close_series();
        blocks.into_iter().any(is_beyond)
    }

    fn target(&self, drawing: &mut SvgBuilder, block: &Block, place: (f64, f64)) {
        let multiple = Unit::Multiple.exact(block.multiple);
        let value = format!("{multiple} after {} min", Unit::Plain.exact(block.minutes));
        let excluded = block.excluded_because.as_ref().map(|reason| format!("excluded: {reason}"));
        let lines = [&*self.name, &*value, excluded.as_deref().unwrap_or_default()];
        drawing.target(place, (14.0, 14.0), &lines);
    }
}

impl Block {
    fn has_position(&self) -> bool {
        self.minutes.is_finite() && Scale::Log10.holds(self.multiple)
    }
}

fn draw_minutes(drawing: &mut SvgBuilder, x: &AxisScale, top: f64, bottom: f64) {
    let axis =
        Axis { label: "minutes since the start".into(), scale: Scale::Linear, unit: Unit::Plain };
    for tick in x.ticks() {
        let at = x.clamped(tick.value);
        drawing.line("faint", (at, top), (at, bottom));
        let name = axis.unit.tick(tick.value);
        drawing.text(at, bottom + 15.0, Anchor::Middle, "soft figures", &name);
    }
    drawing.text((x.start + x.end) / 2.0, bottom + 34.0, Anchor::Middle, "soft", &axis.label);
}
