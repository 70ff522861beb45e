//! Charts as plain structs, drawn as SVG for a document and as one page for a browser.
//!
//! A chart holds the measured values and no styles. [`Chart::svg`] draws an image that needs no
//! script and can be shown in Markdown. A [`page()`] contains the same drawings, with exact values
//! under the pointer and with each scale of their axes.
//!
//! ```text
//! numbers --> Chart --> svg     an image for a document: light and dark, no font, no network
//!                   --> page    one file of HTML with every chart
//! ```
//!
//! There are no bars from zero, since a bar hides its interval: charts use points with whiskers,
//! and lines in bands. A point without an interval is hollow. A value that is not a finite number
//! is not drawn, and a chart without any finite value says "nothing was measured".
//!
//! The module is pure: it has no clock, no I/O and no randomness, and uses no other module of the
//! crate. Equal charts give equal bytes.
//!
//! ```
//! use hotrow_report::{plot::{Chart, Estimate, Forest, ForestRow, Heading, Role}};
//!
//! let chart = Chart::Forest(Forest {
//!     heading: Heading { title: "One hot account".into(), ..Heading::default() },
//!     axis: "requests a second, as a multiple of mutex".into(),
//!     equal: None,
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

mod axis_scale;
mod chart;
mod curve;
mod forest;
mod frame;
mod labels;
mod page;
mod percentile_plot;
mod scatter;
mod style;
mod svg_builder;
#[cfg(test)]
mod tests;
mod timeline;
mod unit;
mod value;
mod view;

pub use self::{
    axis_scale::{Axis, Scale},
    chart::Chart,
    curve::{Curve, CurveSeries, Fit},
    forest::{Forest, ForestRow},
    page::{Section, Table, page},
    percentile_plot::{PercentilePlot, PercentileSeries, Times},
    scatter::{Scatter, Spot},
    timeline::{Block, Lane, Timeline},
    unit::Unit,
    value::{Estimate, Heading, Point, Range, Role},
};
