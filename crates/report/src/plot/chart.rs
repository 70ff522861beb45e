//! A chart of any kind: drawn once for a document, and with each of its scales for a page.

use super::{
    axis_scale::Scale, curve::Curve, forest::Forest, percentile_plot::PercentilePlot,
    scatter::Scatter, svg_builder::SvgBuilder, timeline::Timeline, value::Heading, view::View,
};

/// A chart of any kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Chart {
    /// Ratios to one baseline, one row each.
    Forest(Forest),
    /// Times by percentile.
    PercentilePlot(PercentilePlot),
    /// A rate by a count or a setting.
    Curve(Curve),
    /// Two measures of each contender against each other.
    Scatter(Scatter),
    /// Blocks in the order in which they ran.
    Timeline(Timeline),
}

impl Chart {
    /// Draws the chart as an SVG document, 760 units wide, for light and dark.
    pub fn svg(&self) -> String {
        self.drawing(View::default()).document()
    }

    /// Returns the text around the chart.
    pub fn heading(&self) -> &Heading {
        match self {
            Chart::Forest(chart) => &chart.heading,
            Chart::PercentilePlot(chart) => &chart.heading,
            Chart::Curve(chart) => &chart.heading,
            Chart::Scatter(chart) => &chart.heading,
            Chart::Timeline(chart) => &chart.heading,
        }
    }

    pub(super) fn drawing(&self, view: View) -> SvgBuilder {
        match self {
            Chart::Forest(chart) => chart.draw(view),
            Chart::PercentilePlot(chart) => chart.draw(view),
            Chart::Curve(chart) => chart.draw(view),
            Chart::Scatter(chart) => chart.draw(view),
            Chart::Timeline(chart) => chart.draw(view),
        }
    }

    /// Draws the chart for a page, once with each combination of its scales. All but the first, which
    /// is that of a document, are hidden.
    pub(super) fn live(&self) -> String {
        let [x, y] = self.scales();
        let choices =
            |scale: Option<Scale>| if scale.is_some() { &[false, true][..] } else { &[false] };
        let mut html = String::new();
        for &is_other_x in choices(x) {
            for &is_other_y in choices(y) {
                let view = View { is_live: true, is_other_x, is_other_y };
                let axis = |name: &str, scale: Option<Scale>| {
                    scale.map_or_else(String::new, |scale| {
                        format!(" data-{name}=\"{}\"", scale.name())
                    })
                };
                let [x, y] = [axis("x", x.map(|x| view.x(x))), axis("y", y.map(|y| view.y(y)))];
                let hidden = if is_other_x || is_other_y { " hidden" } else { "" };
                html.push_str(&self.drawing(view).inline(&format!("{x}{y}{hidden}")));
            }
        }
        html
    }

    /// Returns the scales of the axes that a page can switch, horizontal and vertical.
    fn scales(&self) -> [Option<Scale>; 2] {
        match self {
            Chart::Forest(_) => [Some(Scale::Log10), None],
            Chart::PercentilePlot(_) | Chart::Timeline(_) => [None, Some(Scale::Log10)],
            Chart::Curve(chart) => [Some(chart.x.scale), Some(chart.y.scale)],
            Chart::Scatter(chart) => [Some(chart.x.scale), Some(chart.y.scale)],
        }
    }

    /// Returns the name of the kind of chart, by which a page can filter.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Chart::Forest(_) => "ratios",
            Chart::PercentilePlot(_) => "response times",
            Chart::Curve(_) => "scaling",
            Chart::Scatter(_) => "fairness",
            Chart::Timeline(_) => "drift",
        }
    }
}
