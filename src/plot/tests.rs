//! What holds of every kind of chart, and of the page of all.

use super::*;

/// A small forest whose picture is kept, so that every change of how charts look is seen.
const KEPT: &str = include_str!("../../tests/expected/forest.svg");

/// What no reader of SVG takes for a number, and what an attribute must not begin with.
const NO_NUMBERS: [&str; 4] = ["NaN", "inf", "\"-\"", "null\""];

fn heading(title: &str) -> Heading {
    Heading { title: title.into(), subtitle: "a cell".into(), caption: "How to read it.".into() }
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
        row("null", Some(Estimate::within(35.0, 34.0, 36.0)), "", Role::Limit),
        row("no-lock", Some(Estimate::within(7.0, 6.0, 8.0)), "not ranked", Role::Wrong),
        row("actor", None, "not measured", Role::Contender),
    ];
    Chart::Forest(Forest {
        heading: heading("One hot account"),
        axis: "requests a second, as a multiple of mutex".into(),
        floor: Some(Range { low: 0.95, high: 1.05 }),
        rows,
    })
}

fn spectrum(points: &[(f64, f64)]) -> Chart {
    let point = |&(x, ns): &(f64, f64)| Point { x, y: Estimate::bare(ns) };
    let series = [Times::Response, Times::Service, Times::Null].map(|times| SpectrumSeries {
        name: "mutex".into(),
        times,
        points: points.iter().map(point).collect(),
    });
    Chart::Spectrum(Spectrum {
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
        invalid: (multiple < 0.5).then(|| "foreign cpu 12 %".to_owned()),
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
        spectrum(&[(0.5, 120.0), (0.99, 4_000.0), (1.0, 60e6)]),
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
    let forest = |rows: Vec<ForestRow>, floor: Option<Range>| {
        Chart::Forest(Forest { heading: heading("Ratios"), axis: "ratio".into(), floor, rows })
    };
    let floor = Range { low: f64::NAN, high: f64::INFINITY };
    [
        forest(Vec::new(), None),
        forest(rows.into(), Some(floor)),
        spectrum(&[]),
        spectrum(&pairs),
        curve(Scale::Log10, &[]),
        curve(Scale::Linear, &rates),
        scatter(&[]),
        scatter(&pairs),
        timeline(&[]),
        timeline(&pairs),
    ]
}

fn assert_is_a_picture(svg: &str) {
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{svg}");
    assert_eq!(svg.matches("<g ").count(), svg.matches("</g>").count(), "groups are closed");
    assert!(svg.contains("role=\"img\"") && svg.contains("<title>"), "it says what it is");
    let drawn = svg.rsplit("</style>").next().unwrap_or_default();
    for wrong in NO_NUMBERS {
        let drawn = drawn.replace("class=\"null\"", "");
        assert!(!drawn.contains(wrong), "{wrong} in {drawn}");
    }
    // But for the name of its format, it names no address.
    assert_eq!(svg.matches("http").count(), 1, "{svg}");
    assert!(!svg.contains("href") && !svg.contains("url("), "{svg}");
}

/// A run of which nothing came must not give a page that a browser refuses, nor an empty frame that
/// looks as if all were zero.
#[test]
fn what_was_not_measured_is_said_in_words() {
    for chart in without_numbers() {
        let svg = chart.svg();
        assert_is_a_picture(&svg);
        assert!(svg.contains("nothing was measured"), "{chart:?}");
        assert!(svg.contains("How to read it."), "{chart:?}");
    }
}

/// One value that is no number, among others, must neither hide them nor be drawn.
#[test]
fn what_is_no_number_is_left_out_of_the_rest() {
    let open = Estimate { mid: 2.0, interval: Some(Range { low: 1.0, high: f64::INFINITY }) };
    let charts = [
        spectrum(&[(0.5, f64::NAN), (0.9, 100.0), (0.99, 200.0), (2.0, 1.0)]),
        curve(Scale::Linear, &[(1.0, open), (f64::NAN, open), (4.0, open)]),
        scatter(&[(0.5, f64::INFINITY), (0.9, 1.0)]),
        timeline(&[(0.0, 1.0), (f64::NAN, 1.0)]),
    ];
    for chart in charts {
        let svg = chart.svg();
        assert_is_a_picture(&svg);
        assert!(!svg.contains("nothing was measured"), "{chart:?}");
    }
}

/// Zero has no logarithm: a rate of zero is told of and not drawn somewhere, and an interval down
/// to zero ends at the edge.
#[test]
fn zero_on_a_log_axis_is_told_of() {
    let rates = [
        (1.0, Estimate::bare(0.0)),
        (2.0, Estimate::within(10.0, 0.0, 20.0)),
        (4.0, Estimate::bare(40.0)),
    ];
    let svg = curve(Scale::Log10, &rates).svg();
    assert_is_a_picture(&svg);
    assert!(svg.contains("2 points have no place on these axes"), "{svg}");
    let svg = curve(Scale::Linear, &rates).svg();
    assert!(!svg.contains("no place"), "{svg}");
}

/// Kept pictures are compared by their bytes.
#[test]
fn equal_charts_give_equal_bytes() {
    for (one, other) in one_of_each().iter().zip(one_of_each()) {
        assert_is_a_picture(&one.svg());
        assert_eq!(one.svg(), other.svg());
    }
    // The order in which two things are added changes the last bits of a sum, and no coordinate.
    let [noisy, clean] = [0.1 + 0.2, 0.3].map(|y| scatter(&[(0.9, y), (0.5, 1.0)]).svg());
    assert_eq!(noisy, clean);
}

/// A change that nobody meant shows in the kept picture. To keep a new one, write what this test
/// prints.
#[test]
fn a_small_forest_looks_as_it_did() {
    let svg = forest().svg();
    assert!(svg == KEPT, "the picture is not the kept one:\n{svg}");
}

/// What is said to lie within the floor, to be a limit, or to have no interval, must be seen to.
#[test]
fn a_forest_says_what_its_marks_mean() {
    let svg = forest().svg();
    let said = [
        "1.83 x [1.71, 1.96]",
        "floor: 0.95 to 1.05 is a tie",
        "a limit, not a contender",
        "wrong: not ranked",
        "hollow: no interval",
        "not measured",
    ];
    for words in said {
        assert!(svg.contains(&format!(">{words}<")), "{words} in {svg}");
    }
}

/// Twelve strategies that are equally fast end in one place, and every name must be read.
#[test]
fn names_at_the_ends_of_lines_do_not_overlap() {
    let name = |index: usize| format!("strategy-{index}");
    let points: Vec<Point> =
        [1.0, 64.0].map(|x| Point { x, y: Estimate::within(2.51, 2.5, 2.52) }).into();
    let one = |index| CurveSeries { name: name(index), points: points.clone(), fit: None };
    let svg = Chart::Curve(Curve {
        heading: heading("Ties"),
        x: axis("clients", Scale::Log2, Unit::Plain),
        y: axis("rate", Scale::Linear, Unit::Plain),
        series: (0..12).map(one).collect(),
    })
    .svg();
    let mut places: Vec<f64> = (0..12)
        .map(|index| {
            let (before, _) = svg.split_once(&format!(">{}<", name(index))).unwrap();
            let (_, y) = before.rsplit_once(" y=\"").unwrap();
            y.trim_end_matches('"').parse().unwrap()
        })
        .collect();
    places.sort_by(f64::total_cmp);
    assert!(places.windows(2).all(|pair| pair[1] - pair[0] > 14.0), "{places:?}");
}

/// A strategy's name could end an element, or the script that holds the data, and run as code.
#[test]
fn names_stay_text() {
    let name = "</script><script>alert(1)</script>&\"{{data}}";
    let chart = Chart::Forest(Forest {
        heading: heading(name),
        axis: name.into(),
        floor: None,
        rows: vec![row(name, Some(Estimate::bare(2.0)), name, Role::Contender)],
    });
    let svg = chart.svg();
    assert_is_a_picture(&svg);
    assert!(!svg.contains("<script"), "{svg}");
    let table =
        Table { caption: name.into(), headings: vec![name.into()], rows: vec![vec![name.into()]] };
    let section = Section { title: name.into(), charts: vec![chart], tables: vec![table] };
    let page = page(name, &[name.to_owned()], &[section]);
    assert!(!page.contains("alert(1)</script>"), "{page}");
    let scripts = page.matches("<script").count();
    assert_eq!([scripts, page.matches("</script>").count()], [2, 2]);
    assert!(page.contains("{{data}}"), "what is put in is not looked into");
}

/// Whoever opens the page without a script, or years later without a network, sees every chart.
#[test]
fn a_page_holds_all_it_shows() {
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
    assert_eq!(page.matches("<figure data-chart=").count(), 10);
    assert!(page.contains("<figure data-chart=\"9\">\n<svg"));
    assert_eq!(page.matches("<svg ").count(), 10);
    assert!(page.contains("<td class=\"figures\">1,024</td><td>1.00 x [0.99, 1.01]</td>"));
    let addresses = page.replace("http://www.w3.org/2000/svg", "");
    for outside in ["http:", "https:", "src=", "href=", "@import", "url("] {
        assert!(!addresses.contains(outside), "{outside}");
    }
    assert!(!page.replace("{{data}}", "").contains("{{"), "every part has been put in");
}

/// The script reads the fields by these names, and a renamed one would leave its chart empty.
#[test]
fn the_script_is_given_what_it_reads() {
    let json = serde_json::to_value(one_of_each()).unwrap();
    let kinds: Vec<&str> =
        json.as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["forest", "spectrum", "curve", "scatter", "timeline"]);
    assert_eq!(json[0]["rows"][0]["ratio"]["interval"]["high"], 1.96);
    assert_eq!(json[0]["rows"][2]["role"], "limit");
    assert_eq!(json[1]["series"][1]["times"], "service");
    assert_eq!(json[2]["x"]["scale"], "log2");
    assert_eq!(json[2]["series"][1]["fit"]["points"][0]["y"]["mid"], 2.5);
    assert_eq!(json[3]["y"]["unit"], "multiple");
    assert_eq!(json[4]["lanes"][0]["blocks"][2]["invalid"], "foreign cpu 12 %");
}
