//! Runs as files: written while they are measured, resumed, compared and exported.

use super::*;
use hotrow::scenario::Mix;
use hotrow_results::{MeasurementRow, write_rows};
use tempfile::TempDir;

/// A plan with short windows, for the file `hotrow.toml`.
const PLANS: &str = "[workload.tiny]\nusers = [1, 8]\n\n[plan.tiny]\nworkloads = ['tiny']\n\
    strategies = ['mutex', 'cas']\nblocks = 6\nwarm-up = '1ms'\nwindow = '4ms'\n\
    latency-window = '2ms'\n";

/// The arguments to run that plan, which is in `scratch`.
fn short(scratch: &TempDir) -> Vec<String> {
    let file = scratch.path().join("hotrow.toml");
    fs::write(&file, PLANS).unwrap();
    ["run", "--profile", "tiny", "--config", file.to_str().unwrap()].map(str::to_owned).to_vec()
}

fn run_with(command: &[String], more: &[&str]) -> Output {
    hotrow().args(command).args(more).output().unwrap()
}

fn in_directory(directory: &Path, arguments: &[&str]) -> Output {
    hotrow().current_dir(directory).args(arguments).output().unwrap()
}

/// Runs a plan of two scenarios, and returns the stored run.
fn tiny(scratch: &TempDir, results: &str) -> StoredRun {
    fs::write(scratch.path().join("hotrow.toml"), PLANS).unwrap();
    let output = in_directory(scratch.path(), &["run", "--profile", "tiny", "--results", results]);
    assert!(has_ended(&output), "{}", stderr(&output));
    StoredRun::load(&scratch.path().join(results)).unwrap()
}

/// A plan in a file is measured, and an error in the file names its line.
#[test]
fn a_plan_of_a_file_is_measured() {
    let scratch = tempfile::tempdir().unwrap();
    let run = tiny(&scratch, "box/tiny");
    let mut users: Vec<u64> = run.rows.iter().map(|row| row.users).collect();
    users.sort_unstable();
    users.dedup();
    assert_eq!(users, [1, 8]);
    assert!(run.environment.examination.len() > 10, "the machine was not examined");

    fs::write(scratch.path().join("hotrow.toml"), format!("{PLANS}blocs = 3\n")).unwrap();
    let rejected = in_directory(scratch.path(), &["run", "--profile", "tiny"]);
    assert_eq!(rejected.status.code(), Some(2));
    assert!(stderr(&rejected).contains("hotrow.toml:"), "{}", stderr(&rejected));
    let rejected =
        in_directory(scratch.path(), &["run", "--profile", "evening", "--config", "/dev/null"]);
    assert!(stderr(&rejected).contains("plan \"evening\" is not known"), "{}", stderr(&rejected));
}

/// A sweep prints a table along its axis.
#[test]
fn a_sweep_shows_its_axis() {
    let scratch = tempfile::tempdir().unwrap();
    let workload = "[workload.tiny]\nclients = 'tasks:2'\n";
    fs::write(scratch.path().join("hotrow.toml"), workload).unwrap();
    let arguments =
        ["run", "mutex", "cas", "--workload", "tiny", "--sweep", "users=1,8", "--blocks", "1"];
    let output = in_directory(scratch.path(), &arguments);
    assert!(has_ended(&output), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("\nAlong users:\n"), "{text}");
    rejected(&["run", "--sweep", "users=1"], "write it as users=1,16,256");
    rejected(&["run", "--sweep", "colour=1,2"], "is not known");
}

/// A run is killed. The earlier run is intact, another run does not overwrite the unfinished one,
/// and it can be resumed.
#[cfg(unix)]
#[test]
fn a_killed_run_can_be_resumed() {
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().join("box/run");
    let results = directory.to_str().unwrap();
    let before = run_with(&short(&scratch), &["--results", results]);
    assert!(has_ended(&before), "{}", stderr(&before));
    let earlier = StoredRun::load(&directory).unwrap();

    let arguments = ["run", "mutex", "cas", "--blocks", "9", "--results", results];
    let mut child = hotrow()
        .args(arguments)
        .arg("--overwrite")
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let unfinished = directory.join("unfinished/measurements.csv");
    let written = || fs::metadata(&unfinished).map_or(0, |file| file.len());
    for _ in 0..6_000 {
        if written() > 2_000 {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(written() > 2_000, "blocks are not written while the run is measured");
    assert_eq!(StoredRun::load(&directory), Ok(earlier));

    let second = run(&arguments);
    assert_eq!(second.status.code(), Some(2));
    assert!(stderr(&second).contains("--resume continues it"), "{}", stderr(&second));
    let other = run(&["run", "mutex", "--results", results, "--resume"]);
    assert!(stderr(&other).contains("began with plan"), "{}", stderr(&other));
    let resumed = run(&[&arguments[..], &["--resume"]].concat());
    assert!(has_ended(&resumed), "{}", stderr(&resumed));
    let run = StoredRun::load(&directory).unwrap();
    assert_eq!(run.environment.resumed, 1);
    assert!(!run.environment.partial);
    let blocks: std::collections::BTreeSet<u32> = run.rows.iter().map(|row| row.block).collect();
    assert!(blocks.len() >= 9, "{blocks:?}");
    assert!(!directory.join("unfinished").exists());
}

/// A strategy with half the throughput is a regression. Unreadable files are errors.
#[test]
fn two_runs_are_compared() {
    let scratch = tempfile::tempdir().unwrap();
    let before = scratch.path().join("before.csv");
    let rows: Vec<MeasurementRow> = (0..12).flat_map(|block| made_up(block, 1_000_000)).collect();
    fs::write(&before, write_rows(&rows)).unwrap();
    let slower: Vec<MeasurementRow> = (0..12).flat_map(|block| made_up(block, 500_000)).collect();
    let after = scratch.path().join("after.csv");
    fs::write(&after, write_rows(&slower)).unwrap();
    let [before, after] = [&before, &after].map(|path| path.to_str().unwrap());

    let worse = run(&["compare", before, after, "--fail-above", "10%"]);
    assert_eq!(worse.status.code(), Some(4), "{}", stderr(&worse));
    assert!(stdout(&worse).contains("SLOWER"), "{}", stdout(&worse));
    assert_eq!(run(&["compare", before, before, "--fail-above", "0"]).status.code(), Some(0));
    assert_eq!(run(&["compare", before, after]).status.code(), Some(0));
    let ranked = run(&["rank", before]);
    assert!(stdout(&ranked).contains("no system"), "{}", stdout(&ranked));

    let failed = |arguments: &[&str], message: &str| {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    };
    let text = fs::read_to_string(before).unwrap();
    let broken = scratch.path().join("broken.csv");
    let broken_path = broken.to_str().unwrap();
    fs::write(&broken, &text[..text.len() - 40]).unwrap();
    failed(&["compare", before, broken_path], "broken.csv:25: the file is truncated in this line");
    fs::write(&broken, text.replace("\n2,", "\n9,")).unwrap();
    failed(&["rank", broken_path], "schema 9 is newer than 2");
    fs::write(&broken, "name,value\nx,1\n").unwrap();
    failed(&["rank", broken_path], "this is not a table of hotrow");
    fs::create_dir(scratch.path().join("empty")).unwrap();
    failed(&["rank", scratch.path().join("empty").to_str().unwrap()], "env.json: ");
    failed(&["rank", "no/such/run"], "no/such/run: ");
}

/// Rows of mutex and cas in one block, in which cas completes `cas` requests.
fn made_up(block: u32, cas: u64) -> Vec<MeasurementRow> {
    let row = |strategy: &str, completed: u64| MeasurementRow {
        schema: 2,
        run: "made-up".to_owned(),
        block,
        scenario: "hot".to_owned(),
        store: "memory".to_owned(),
        users: 1,
        clients: 2,
        mix: Some(Mix::WRITE_ONLY),
        ledger: true,
        strategy: strategy.to_owned(),
        family: strategy.to_owned(),
        window_ns: 1_000_000_000,
        completed: completed + u64::from(block % 3) * 100,
        verdict: AuditVerdict::Pass,
        audited_entries: completed,
        ..MeasurementRow::default()
    };
    vec![row("mutex", 1_000_000), row("cas", cas)]
}

/// A comparison of runs of two machines would compare the machines.
#[test]
fn runs_of_two_machines_are_compared_only_with_across_machines() {
    let scratch = tempfile::tempdir().unwrap();
    let mut run_here = tiny(&scratch, "box/here");
    run_here.environment.cores += 62;
    let there = scratch.path().join("box/there");
    run_here.save(&there).unwrap();
    let [here, there] = [scratch.path().join("box/here"), there];
    let [here, there] = [&here, &there].map(|path| path.to_str().unwrap());
    let rejected = run(&["compare", here, there]);
    assert_eq!(rejected.status.code(), Some(1));
    assert!(stderr(&rejected).contains("two machines"), "{}", stderr(&rejected));
    let shown = run(&["compare", here, there, "--across-machines"]);
    assert!(has_ended(&shown), "{}", stderr(&shown));
    assert!(stderr(&shown).contains("CAUTION"), "{}", stderr(&shown));
}

/// Each fork is a replicate with its own seed, and the rows of all forks are in one file.
#[test]
fn forks_measure_the_same_plan() {
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().join("box/run");
    let results = directory.to_str().unwrap();
    let output = run_with(&short(&scratch), &["--forks", "2", "--results", results]);
    assert!(has_ended(&output), "{}", stderr(&output));
    assert!(stdout(&output).contains("in 2 forks"), "{}", stdout(&output));
    let run = StoredRun::load(&directory).unwrap();
    let rows_of = |fork: u32| run.rows.iter().filter(move |row| row.fork == fork);
    assert!(rows_of(0).count() >= 30 && rows_of(1).count() >= 30);
    let seed_of = |fork: u32| rows_of(fork).map(|row| row.seed).max().unwrap();
    assert_ne!(seed_of(0), seed_of(1));
}

/// Other processes that use all cores are reported as interference, and nothing is ranked.
#[cfg(unix)]
#[test]
fn interference_is_reported_and_nothing_is_ranked() {
    struct BusyProcess(process::Child);
    impl Drop for BusyProcess {
        fn drop(&mut self) {
            self.0.kill().unwrap();
            self.0.wait().unwrap();
        }
    }
    let cores = thread::available_parallelism().map_or(2, usize::from);
    let spin = || Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
    let busy: Vec<BusyProcess> = (0..2 * cores).map(|_| BusyProcess(spin())).collect();
    let output = run(&["run", "mutex", "cas", "queue", "--blocks", "6"]);
    drop(busy);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert!(stderr(&output).contains("nothing counted"), "{}", stderr(&output));
    assert!(text.contains("NOT MEASURED on this machine today"), "{text}");
    assert!(text.contains("foreign cpu") || text.contains("the noop baseline"), "{text}");
    assert!(!text.lines().any(|line| line.trim_start().starts_with("1 ")), "{text}");
}

/// Rankings are exported as JSON and Markdown, in addition to the printed table.
#[test]
fn rankings_are_exported() {
    let scratch = tempfile::tempdir().unwrap();
    let [json, page] = ["run.json", "run.md"].map(|name| scratch.path().join(name));
    let exports =
        ["--export-json", json.to_str().unwrap(), "--export-markdown", page.to_str().unwrap()];
    let output = run_with(&short(&scratch), &exports);
    assert!(has_ended(&output), "{}", stderr(&output));
    let value: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    assert_eq!(value["scenarios"][0]["kind"], "closed_loop");
    assert!(fs::read_to_string(page).unwrap().contains("| # | strategy |"));
}

/// Shells read the completion scripts, and `man` reads the manual.
#[test]
fn completions_and_the_manual_are_printed() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&run(&["completions", shell]));
        assert!(script.contains("hotrow") && script.contains("doctor"), "{shell}");
    }
    let manual = stdout(&run(&["man"]));
    assert!(manual.contains(".TH hotrow 1") && manual.contains("fail\\-above"), "{manual}");
}

/// Several commands of a CI step add to one summary, and none replaces the text of another.
#[test]
fn the_summary_of_a_ci_step_is_appended_to() {
    let scratch = tempfile::tempdir().unwrap();
    let summary = scratch.path().join("summary.md");
    fs::write(&summary, "earlier\n").unwrap();
    for strategy in ["cas", "mutex"] {
        let mut command = hotrow();
        command.args(["run", strategy, "--blocks", "1", "--export-markdown"]).arg(&summary);
        let output = command.env("GITHUB_STEP_SUMMARY", &summary).output().unwrap();
        assert!(has_ended(&output), "{}", stderr(&output));
    }
    let text = fs::read_to_string(&summary).unwrap();
    assert!(text.starts_with("earlier\n"), "{text}");
    assert_eq!(text.matches("<sub>`hotrow run").count(), 2, "{text}");
}
