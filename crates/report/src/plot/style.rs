//! The colours and fonts of all charts, as CSS classes.
//!
//! The colours of series are those of [Okabe and Ito](https://jfly.uni-koeln.de/color/), darkened
//! or lightened until each has a contrast of 3 to 1 with the background. Their yellow is left out:
//! it does not reach that contrast on white. Readers who cannot distinguish two colours can use the
//! shapes of the marks and the names at the lines.

/// The number of colours. Further series use them again, with other marks.
pub(super) const COLOURS: usize = 8;

/// The values of the variables on a white background.
pub(super) const LIGHT: &str = "--paper:#fff;--ink:#1f2328;--soft:#59636e;--grid:#e6eaef;\
    --faint:#f1f3f6;--axis:#8c959f;--noise:#e9eef5;--reference:#7d8590;--violation:#c4320a;\
    --s0:#0072b2;--s1:#d55e00;--s2:#00875f;--s3:#b4508f;--s4:#9c6b00;--s5:#2b93d1;--s6:#3d4148;\
    --s7:#7b2d8b;";

/// The values of the variables on a dark background.
pub(super) const DARK: &str = "--paper:#0d1117;--ink:#e6edf3;--soft:#9ba5b0;--grid:#262c36;\
    --faint:#1a1f27;--axis:#6e7681;--noise:#1c2530;--reference:#8b949e;--violation:#ff7b54;\
    --s0:#58a6e8;--s1:#ff8f4a;--s2:#35c79b;--s3:#eb98ca;--s4:#e3b341;--s5:#9bd8ff;--s6:#e6edf3;\
    --s7:#c78bdc;";

/// The rules of the classes.
pub(super) const RULES: &str = "\
    .plot{font-family:system-ui,sans-serif;font-size:12px}\
    .plot text{fill:var(--ink)}\
    .plot .paper{fill:var(--paper)}\
    .plot .title{font-size:16px;font-weight:600}\
    .plot .subtitle{font-size:12.5px;fill:var(--soft)}\
    .plot .soft{font-size:11.5px;fill:var(--soft)}\
    .plot .note{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}\
    .plot .figures{font-variant-numeric:tabular-nums}\
    .plot .grid{stroke:var(--grid)}\
    .plot .faint{stroke:var(--faint)}\
    .plot .axis{stroke:var(--axis)}\
    .plot .one{stroke:var(--axis);stroke-dasharray:4 3}\
    .plot .leader{stroke:var(--c,var(--axis));stroke-width:1;fill:none;opacity:.8}\
    .plot .noise{fill:var(--noise)}\
    .plot .mark{fill:var(--c);stroke:var(--c);stroke-width:1.5}\
    .plot .hollow{fill:var(--paper)}\
    .plot .cross{fill:none;stroke-width:2}\
    .plot .whisker{stroke:var(--c);stroke-width:1.75;fill:none}\
    .plot .line{stroke:var(--c);stroke-width:2;fill:none;stroke-linejoin:round}\
    .plot .thin{stroke-width:1.25;opacity:.75}\
    .plot .again{stroke-dasharray:14 3}\
    .plot .dashed{stroke-dasharray:5 3}\
    .plot .dotted{stroke-dasharray:1.5 3}\
    .plot .band{fill:var(--c);opacity:.14}\
    .plot .many{opacity:.05}\
    .plot .dim{opacity:.12}\
    .plot .reference{--c:var(--reference)}\
    .plot .violation{--c:var(--violation)}\
    .plot .s0{--c:var(--s0)}.plot .s1{--c:var(--s1)}.plot .s2{--c:var(--s2)}\
    .plot .s3{--c:var(--s3)}.plot .s4{--c:var(--s4)}.plot .s5{--c:var(--s5)}\
    .plot .s6{--c:var(--s6)}.plot .s7{--c:var(--s7)}";

/// The shape of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Circle,
    Square,
    Diamond,
    Triangle,
    Cross,
}

impl Mark {
    /// Returns the mark of a series. When the colours begin again, the marks are shifted by one.
    pub(super) fn of_series(index: usize) -> Mark {
        const MARKS: [Mark; 4] = [Mark::Circle, Mark::Square, Mark::Triangle, Mark::Diamond];
        MARKS[(index + index / COLOURS) % MARKS.len()]
    }
}

/// Returns the style sheet of a single image. The background is drawn too: the page around the
/// image may have another colour scheme than the browser, as on GitHub.
pub(super) fn sheet() -> String {
    format!(".plot{{{LIGHT}}}@media (prefers-color-scheme:dark){{.plot{{{DARK}}}}}{RULES}")
}
