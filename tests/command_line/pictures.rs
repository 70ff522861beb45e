//! Charts as files: beside the run that they are of, and on a page for a browser.

use super::*;

/// A picture that is missing, old, or left over beside a page would be read as what the rows say.
#[test]
fn a_picture_is_written_and_found_stale_like_its_page() {
    let scratch = Scratch::new("pictures-cli");
    let results = scratch.path("results");
    let saved = results.join("box/tiny");
    let output = hotrow()
        .args(["run", "mutex", "cas", "--clients", "threads:1", "--blocks", "1", "--results"])
        .arg(&saved)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let page = scratch.path("PAGE.md");
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

    let picture = saved.join("plots/forest-hot-row.svg");
    let drawn = fs::read_to_string(&picture).unwrap();
    assert!(drawn.contains(">cas<"), "{drawn}");
    fs::write(&picture, "<svg/>").unwrap();
    let stale = report(&["--check"]);
    assert_eq!(stale.status.code(), Some(1));
    assert!(
        stderr(&stale).contains("forest-hot-row.svg; run `hotrow report`"),
        "{}",
        stderr(&stale)
    );
    assert_eq!(report(&[]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(&picture).unwrap(), drawn);

    fs::write(saved.join("plots/old.svg"), drawn).unwrap();
    let unseen = report(&["--check"]);
    assert_eq!(unseen.status.code(), Some(1));
    assert!(stderr(&unseen).contains("shown by no page: "), "{}", stderr(&unseen));
}

/// One file of HTML, of the run that is named or of the latest.
#[test]
fn a_run_is_written_as_a_page_for_a_browser() {
    let scratch = Scratch::new("browse-cli");
    let html = scratch.path("run.html");
    let browse = |results: &str, more: &[&str]| {
        let mut command = hotrow();
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["report", "--results", results]);
        command.arg("--html").arg(&html).args(more).output().unwrap()
    };
    let written = browse("results", &["reference/standard"]);
    assert_eq!(written.status.code(), Some(0), "{}", stderr(&written));
    assert!(fs::read_to_string(&html).unwrap().contains("<h2>one hot row with"));
    let unknown = browse("results", &["no/such"]);
    assert_eq!(unknown.status.code(), Some(2));
    let told = "hotrow: there is no run no/such in results: there are ";
    assert!(stderr(&unknown).starts_with(told), "{}", stderr(&unknown));
}
