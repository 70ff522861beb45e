//! How a chart is drawn: for a document or for a page, and with which scales.

use super::axis_scale::Scale;

/// For a document, or for a page with a script.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct View {
    /// Whether series have names and values have tooltips, for the script of a page.
    pub(super) is_live: bool,
    /// Whether the horizontal axis has its other scale.
    pub(super) is_other_x: bool,
    /// Whether the vertical axis has its other scale.
    pub(super) is_other_y: bool,
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

impl Scale {
    /// Returns the scale that a page offers instead.
    fn other(self) -> Scale {
        match self {
            Scale::Linear => Scale::Log10,
            Scale::Log2 | Scale::Log10 => Scale::Linear,
        }
    }

    /// Returns the name on the button of a page.
    pub(super) fn name(self) -> &'static str {
        match self {
            Scale::Linear => "linear",
            Scale::Log2 | Scale::Log10 => "log",
        }
    }
}
