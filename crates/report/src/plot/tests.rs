//! Tests of all kinds of charts, and of the page.

use hotrow_results::golden::assert_golden;

use super::*;

/// Text of values that are not valid numbers in SVG.
const NO_NUMBERS: [&str; 4] = ["NaN", "inf", "\"-\"", "null\""];

fn heading(title: &str) -> Heading {
    let (subtitle, caption) = ("a scenario".into(), "How to read it.".into());
    Heading { title: title.into(), subtitle, caption }
}

fn axis(label: &str, scale: Scale, unit: Unit) -> Axis {
    Axis { label: label.into(), scale, unit }
}

fn row(label: &str, ratio: Option<Estimate>, note: &str, role: Role) -> ForestRow {
    let tier = (role == Role::Contender).then_some(1);
    ForestRow { label: label.into(), tier, ratio, note: note.into(), role }
}

fn forest() -> Chart {
    let rows = vec![
        row("optimistic", Some(Estimate::within(1.83, 1.71, 1.96)), "", Role::Contender),
        row("mutex", Some(Estimate::bare(1.0)), "baseline", Role::Contender),
        row("noop", Some(Estimate::within(35.0, 34.0, 36.0)), "", Role::Reference),
        row("no-lock", Some(Estimate::within(7.0, 6.0, 8.0)), "not ranked", Role::Violation),
        row("actor", None, "not measured", Role::Contender),
    ];
    Chart::Forest(Forest {
        heading: heading("One hot account"),
        axis: "requests a second, as a multiple of mutex".into(),
        equal: Some(Range { low: 0.95, high: 1.05 }),
        rows,
    })
}

fn percentile_plot(points: &[(f64, f64)]) -> Chart {
    let point = |&(x, ns): &(f64, f64)| Point { x, y: Estimate::bare(ns) };
    let series = [Times::Response, Times::Service, Times::Noop].map(|times| PercentileSeries {
        name: "mutex".into(),
        times,
        points: points.iter().map(point).collect(),
    });
    Chart::PercentilePlot(PercentilePlot {
        heading: heading("Tails"),
        axis: "time to the answer".into(),
        series: series.into(),
    })
}

fn curve(scale: Scale, points: &[(f64, Estimate)]) -> Chart {
    let points: Vec<Point> = points.iter().map(|&(x, y)| Point { x, y }).collect();
    let fit = Fit { label: "alpha 0.98".into(), points: points.clone() };
    let series = ["mutex", "queue"].map(|name| CurveSeries {
        name: name.into(),
        points: points.clone(),
        fit: (name == "queue").then(|| fit.clone()),
    });
    Chart::Curve(Curve {
        heading: heading("Scaling"),
        x: axis("clients", Scale::Log2, Unit::Plain),
        y: axis("requests a second", scale, Unit::Plain),
        series: series.into(),
    })
}

fn scatter(spots: &[(f64, f64)]) -> Chart {
    let spot = |&(x, y): &(f64, f64)| Spot {
        label: "mutex".into(),
        x: Estimate::bare(x),
        y: Estimate::within(y, 0.9 * y, 1.1 * y),
        role: Role::Contender,
    };
    Chart::Scatter(Scatter {
        heading: heading("Fairness"),
        x: axis("Jain's index", Scale::Linear, Unit::Plain),
        y: axis("rate", Scale::Log10, Unit::Multiple),
        spots: spots.iter().map(spot).collect(),
    })
}

fn timeline(blocks: &[(f64, f64)]) -> Chart {
    let block = |&(minutes, multiple): &(f64, f64)| Block {
        minutes,
        multiple,
        excluded_because: (multiple < 0.5).then(|| "foreign cpu 12 %".to_owned()),
    };
    let lane = Lane { name: "mutex".into(), blocks: blocks.iter().map(block).collect() };
    Chart::Timeline(Timeline {
        heading: heading("Drift"),
        axis: "rate as a multiple of the median".into(),
        lanes: vec![lane],
    })
}

fn one_of_each() -> [Chart; 5] {
    let rates = [(1.0, Estimate::within(2.5, 2.4, 2.6)), (64.0, Estimate::within(3.3, 3.2, 3.4))];
    [
        forest(),
        percentile_plot(&[(0.5, 120.0), (0.99, 4_000.0), (1.0, 60e6)]),
        curve(Scale::Linear, &rates),
        scatter(&[(0.99, 1.0), (0.31, 2.6)]),
        timeline(&[(0.0, 1.0), (1.0, 1.04), (2.0, 0.2)]),
    ]
}

fn without_numbers() -> [Chart; 10] {
    let broken = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let pairs = broken.map(|value| (value, value));
    let rates = broken.map(|value| (value, Estimate::within(value, value, value)));
    let rows = broken.map(|value| row("mutex", Some(Estimate::bare(value)), "", Role::Contender));
    let forest = |rows: Vec<ForestRow>, noise: Option<Range>| {
        Chart::Forest(Forest {
            heading: heading("Ratios"),
            axis: "ratio".into(),
            equal: noise,
            rows,
        })
    };
    let noise = Range { low: f64::NAN, high: f64::INFINITY };
    [
        forest(Vec::new(), None),
        forest(rows.into(), Some(noise)),
        percentile_plot(&[]),
        percentile_plot(&pairs),
        curve(Scale::Log10, &[]),
        curve(Scale::Linear, &rates),
        scatter(&[]),
        scatter(&pairs),
        timeline(&[]),
        timeline(&pairs),
    ]
}

fn assert_is_valid_svg(svg: &str) {
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{svg}");
    assert_eq!(svg.matches("<g ").count(), svg.matches("</g>").count(), "groups are closed");
    assert!(svg.contains("role=\"img\"") && svg.contains("<title>"), "it has a role and a title");
    let drawn = svg.rsplit("</style>").next().unwrap_or_default();
    for text in NO_NUMBERS {
        assert!(!drawn.contains(text), "{text} in {drawn}");
    }
    // The XML namespace is the only address.
    assert_eq!(svg.matches("http").count(), 1, "{svg}");
    assert!(!svg.contains("href") && !svg.contains("url("), "{svg}");
}

/// A chart without finite values must be valid SVG, and must not be an empty frame that looks as if
/// all values were zero.
#[test]
fn a_chart_without_values_says_that_nothing_was_measured() {
    for chart in without_numbers() {
        let svg = chart.svg();
        assert_is_valid_svg(&svg);
        assert!(svg.contains("nothing was measured"), "{chart:?}");
        assert!(svg.contains("How to read it."), "{chart:?}");
    }
}

/// A value that is not finite must not be drawn, and must not hide other values.
#[test]
fn values_that_are_not_finite_are_left_out() {
    let open = Estimate { mid: 2.0, interval: Some(Range { low: 1.0, high: f64::INFINITY }) };
    let charts = [
        percentile_plot(&[(0.5, f64::NAN), (0.9, 100.0), (0.99, 200.0), (2.0, 1.0)]),
        curve(Scale::Linear, &[(1.0, open), (f64::NAN, open), (4.0, open)]),
        scatter(&[(0.5, f64::INFINITY), (0.9, 1.0)]),
        timeline(&[(0.0, 1.0), (f64::NAN, 1.0)]),
    ];
    for chart in charts {
        let svg = chart.svg();
        assert_is_valid_svg(&svg);
        assert!(!svg.contains("nothing was measured"), "{chart:?}");
    }
}

/// Zero has no logarithm: a rate of zero is counted in the caption and not drawn, and an interval
/// down to zero ends at the edge.
#[test]
fn the_caption_counts_points_that_a_log_axis_cannot_show() {
    let rates = [
        (1.0, Estimate::bare(0.0)),
        (2.0, Estimate::within(10.0, 0.0, 20.0)),
        (4.0, Estimate::bare(40.0)),
    ];
    let svg = curve(Scale::Log10, &rates).svg();
    assert_is_valid_svg(&svg);
    assert!(svg.contains("2 points have no position on these axes"), "{svg}");
    let svg = curve(Scale::Linear, &rates).svg();
    assert!(!svg.contains("no position"), "{svg}");
}

/// Stored images are compared by their bytes.
#[test]
fn equal_charts_give_equal_bytes() {
    for (first, second) in one_of_each().iter().zip(one_of_each()) {
        assert_is_valid_svg(&first.svg());
        assert_eq!(first.svg(), second.svg());
    }
    // A rounding error in the last bits of a sum does not change a coordinate.
    let [inexact, exact] = [0.1 + 0.2, 0.3].map(|y| scatter(&[(0.9, y), (0.5, 1.0)]).svg());
    assert_eq!(inexact, exact);
}

/// An unintended change of the style changes the image. `HOTROW_BLESS=1` accepts a
/// change.
#[test]
fn a_small_forest_plot_looks_as_expected() {
    assert_golden("forest.svg", &forest().svg());
}

/// The key must explain the shaded range, the references, the violations and hollow points.
#[test]
fn a_forest_plot_explains_its_marks() {
    let svg = forest().svg();
    let texts = [
        "1.83 x [1.71, 1.96]",
        "0.95 to 1.05 counts as equal",
        "reference, not a contender",
        "violation or negative control: not ranked",
        "hollow: no interval",
        "not measured",
    ];
    for text in texts {
        assert!(svg.contains(&format!(">{text}<")), "{text} in {svg}");
    }
}

/// The lines of twelve equally fast strategies end at one position, and every name must be
/// readable.
#[test]
fn names_at_the_ends_of_lines_do_not_overlap() {
    let name = |index: usize| format!("strategy-{index}");
    let points: Vec<Point> =
        [1.0, 64.0].map(|x| Point { x, y: Estimate::within(2.51, 2.5, 2.52) }).into();
    let series = |index| CurveSeries { name: name(index), points: points.clone(), fit: None };
    let svg = Chart::Curve(Curve {
        heading: heading("Ties"),
        x: axis("clients", Scale::Log2, Unit::Plain),
        y: axis("rate", Scale::Linear, Unit::Plain),
        series: (0..12).map(series).collect(),
    })
    .svg();
    let mut positions: Vec<f64> = (0..12)
        .map(|index| {
            let (before, _) = svg.split_once(&format!(">{}<", name(index))).unwrap();
            let (_, y) = before.rsplit_once(" y=\"").unwrap();
            y.trim_end_matches('"').parse().unwrap()
        })
        .collect();
    positions.sort_by(f64::total_cmp);
    assert!(positions.windows(2).all(|pair| pair[1] - pair[0] > 14.0), "{positions:?}");
}

/// Without escapes, the name of a strategy could end an element, and run as code.
#[test]
fn names_stay_text() {
    let name = "</script><script>alert(1)</script>&\"{{script}}";
    let chart = Chart::Forest(Forest {
        heading: heading(name),
        axis: name.into(),
        equal: None,
        rows: vec![row(name, Some(Estimate::bare(2.0)), name, Role::Contender)],
    });
    let svg = chart.svg();
    assert_is_valid_svg(&svg);
    assert!(!svg.contains("<script"), "{svg}");
    let table =
        Table { caption: name.into(), headings: vec![name.into()], rows: vec![vec![name.into()]] };
    let section = Section { title: name.into(), charts: vec![chart], tables: vec![table] };
    let page = page(name, &[name.to_owned()], &[section]);
    assert!(!page.contains("alert(1)</script>"), "{page}");
    let scripts = page.matches("<script").count();
    assert_eq!([scripts, page.matches("</script>").count()], [1, 1]);
    assert!(page.contains("{{script}}"), "inserted parts are not searched for placeholders");
}

/// The page shows every chart without a script and without a network.
#[test]
fn a_page_contains_everything_that_it_shows() {
    let charts = one_of_each();
    let table = Table {
        caption: "The ranking".into(),
        headings: ["strategy", "rate", "ratio"].map(str::to_owned).into(),
        rows: vec![["mutex", "1,024", "1.00 x [0.99, 1.01]"].map(str::to_owned).into()],
    };
    let section =
        Section { title: "one hot account".into(), charts: charts.into(), tables: vec![table] };
    let sections = [section.clone(), section];
    let page = page("Results", &["First the answer.".to_owned()], &sections);
    assert_eq!(page.matches("<figure data-kind=").count(), 10);
    assert_eq!(page.matches("<svg ").count() - page.matches(" hidden viewBox").count(), 10);
    assert!(page.find("<table>") < page.find("<figure"), "a screen reader finds numbers first");
    assert!(page.contains("<td class=\"figures\">1,024</td><td>1.00 x [0.99, 1.01]</td>"));
    let addresses = page.replace("http://www.w3.org/2000/svg", "");
    for external in ["http:", "https:", "src=", "href=", "@import", "url("] {
        assert!(!addresses.contains(external), "{external}");
    }
    assert!(!page.contains("{{"), "every part is inserted");
}

/// A document has no script, so that names and tooltips would only make it larger. A page shows each
/// value in full, and hides all scales but one.
#[test]
fn a_page_shows_exact_values_and_each_scale() {
    let values = [
        "optimistic\n1.83 x [1.71, 1.96]",
        "mutex, noop time\n99 % within 4.00 us",
        "queue\nclients: 64\nrequests a second: 3.30 [3.20, 3.40]\nfit: alpha 0.98",
        "mutex\nJain&#39;s index: 0.99",
        "mutex\n0.20 x after 2.00 min\nexcluded: foreign cpu 12 %",
    ];
    let views = [2, 2, 4, 4, 2];
    for ((chart, value), views) in one_of_each().iter().zip(values).zip(views) {
        let (document, page) = (chart.svg(), chart.live());
        assert!(!document.contains("target") && !document.contains("data-name"), "{document}");
        let value = value.replace("&#39;", "'");
        assert!(page.contains(&format!("<title>{value}")), "{value} in {page}");
        assert_eq!(page.matches("<svg ").count(), views, "{page}");
        assert_eq!(page.matches(" hidden viewBox").count(), views - 1, "{page}");
        assert_eq!(page.matches("<g ").count(), page.matches("</g>").count(), "groups are closed");
    }
    let forest = forest().live();
    assert!(
        forest.contains("data-x=\"log\" viewBox") && forest.contains("data-x=\"linear\" hidden")
    );
    assert!(forest.contains("<g data-name=\"no-lock\" data-colour=\"violation\">"), "{forest}");
}
