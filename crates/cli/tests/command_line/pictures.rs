//! Plots as files beside their run, and on a page for a browser.

use super::*;

/// A plot that is missing, stale or left over would not show what the rows say.
#[test]
fn a_plot_is_written_and_a_stale_plot_is_detected() {
    let scratch = tempfile::tempdir().unwrap();
    let results = scratch.path().join("results");
    let saved = results.join("box/tiny");
    let output = hotrow()
        .args(["run", "mutex", "cas", "--clients", "threads:1", "--blocks", "1", "--results"])
        .arg(&saved)
        .output()
        .unwrap();
    assert!(has_ended(&output), "{}", stderr(&output));
    let page = scratch.path().join("PAGE.md");
    let block =
        "<!-- BEGIN generated:plot box/tiny forest-hot-row -->\n<!-- END generated:plot -->\n";
    fs::write(&page, block).unwrap();
    let report = |more: &[&str]| {
        let mut command = hotrow();
        command.arg("report").args(more).arg("--results").arg(&results).arg(&page);
        command.output().unwrap()
    };
    assert_eq!(report(&[]).status.code(), Some(0));
    assert_eq!(report(&["--check"]).status.code(), Some(0));

    let plot = saved.join("plots/forest-hot-row.svg");
    let svg = fs::read_to_string(&plot).unwrap();
    assert!(svg.contains(">cas<"), "{svg}");
    fs::write(&plot, "<svg/>").unwrap();
    let stale = report(&["--check"]);
    assert_eq!(stale.status.code(), Some(1));
    assert!(
        stderr(&stale).contains("forest-hot-row.svg; run `hotrow report`"),
        "{}",
        stderr(&stale)
    );
    assert_eq!(report(&[]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(&plot).unwrap(), svg);

    fs::write(saved.join("plots/old.svg"), svg).unwrap();
    let unused = report(&["--check"]);
    assert_eq!(unused.status.code(), Some(1));
    assert!(stderr(&unused).contains("shown by no page: "), "{}", stderr(&unused));
}

/// `report --html` writes one file, of the named run or of the latest.
#[test]
fn a_run_is_written_as_a_page_for_a_browser() {
    let scratch = tempfile::tempdir().unwrap();
    let html = scratch.path().join("run.html");
    let browse = |results: &str, more: &[&str]| {
        let mut command = hotrow();
        command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).args([
            "report",
            "--results",
            results,
        ]);
        command.arg("--html").arg(&html).args(more).output().unwrap()
    };
    let written = browse("results", &["reference/standard"]);
    assert!(has_ended(&written), "{}", stderr(&written));
    assert!(fs::read_to_string(&html).unwrap().contains("<h2>one hot row with"));
    let unknown = browse("results", &["no/such"]);
    assert_eq!(unknown.status.code(), Some(2));
    let message = "hotrow: there is no run no/such in results: there are ";
    assert!(stderr(&unknown).starts_with(message), "{}", stderr(&unknown));
}
