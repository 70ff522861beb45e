//! Charts as plain structs, drawn as SVG for a document and as one page for a browser.
//!
//! A chart holds what was measured and nothing of how it looks, so that the same struct is drawn
//! twice: by [`Chart::svg`], which needs no script and stands in Markdown, and by the script of a
//! [`page()`], which shows exact values under the pointer.
//!
//! ```text
//! numbers --> Chart --> svg     a document's picture: light and dark, no font, no network
//!                   --> page    one file of HTML with every chart and its data
//! ```
//!
//! Nothing is drawn as a bar from zero, since a bar hides its interval: there are points with
//! whiskers, and lines in bands. What has no interval is drawn hollow. What is not a finite number
//! is not drawn at all, and a chart of nothing else says that nothing was measured.
//!
//! The module is pure: no clock, no I/O, no randomness, nothing of the rest of the crate. Equal
//! charts give equal bytes.
//!
//! ```
//! use hotrow::plot::{Chart, Estimate, Forest, ForestRow, Heading, Role};
//!
//! let chart = Chart::Forest(Forest {
//!     heading: Heading { title: "One hot account".into(), ..Heading::default() },
//!     axis: "requests a second, as a multiple of mutex".into(),
//!     floor: None,
//!     rows: vec![ForestRow {
//!         label: "actor".into(),
//!         tier: Some(1),
//!         ratio: Some(Estimate::within(1.83, 1.71, 1.96)),
//!         note: String::new(),
//!         role: Role::Contender,
//!     }],
//! });
//! assert!(chart.svg().contains("1.83 x [1.71, 1.96]"));
//! ```

mod chart;
mod curve;
mod drawing;
mod forest;
mod frame;
mod labels;
mod page;
mod ruler;
mod scatter;
mod spectrum;
mod style;
#[cfg(test)]
mod tests;
mod timeline;
mod unit;

pub use self::{
    chart::{Chart, Estimate, Heading, Point, Range, Role},
    curve::{Curve, CurveSeries, Fit},
    forest::{Forest, ForestRow},
    page::{Section, Table, page},
    ruler::{Axis, Scale},
    scatter::{Scatter, Spot},
    spectrum::{Spectrum, SpectrumSeries, Times},
    timeline::{Block, Lane, Timeline},
    unit::Unit,
};
