//! How a chart is drawn: once for a document, and with each of its scales for a page.

use super::{axis_scale::Scale, chart::Chart};

/// For a document, or for a page with a script.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct View {
    /// Whether series have names and values have tooltips, for the script of a page.
    pub(super) is_live: bool,
    /// Whether the horizontal axis has its other scale.
    is_other_x: bool,
    /// Whether the vertical axis has its other scale.
    is_other_y: bool,
}

impl View {
    /// Returns the scale of a horizontal axis that has `scale` in a document.
    pub(super) fn x(self, scale: Scale) -> Scale {
        if self.is_other_x { scale.other() } else { scale }
    }

    /// Returns the scale of a vertical axis that has `scale` in a document.
    pub(super) fn y(self, scale: Scale) -> Scale {
        if self.is_other_y { scale.other() } else { scale }
    }
}

impl Chart {
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

impl Scale {
    /// Returns the scale that a page offers instead.
    fn other(self) -> Scale {
        match self {
            Scale::Linear => Scale::Log10,
            Scale::Log2 | Scale::Log10 => Scale::Linear,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Scale::Linear => "linear",
            Scale::Log2 | Scale::Log10 => "log",
        }
    }
}
