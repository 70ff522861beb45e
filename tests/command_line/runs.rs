//! Runs as files: kept while they are measured, taken up again, and set beside each other.

use super::*;
use hotrow::record::{Row, write_rows};

/// A plan of short windows, in a file of the usual name.
const PLANS: &str = "[workload.tiny]\nusers = [1, 8]\n\n[plan.tiny]\nworkloads = ['tiny']\n\
    strategies = ['mutex', 'cas']\nblocks = 6\nwarm-up = '1ms'\nwindow = '4ms'\n\
    latency-window = '2ms'\n";

/// What runs that plan, kept in `scratch`.
fn short(scratch: &Scratch) -> Vec<String> {
    let file = scratch.path("hotrow.toml");
    fs::write(&file, PLANS).unwrap();
    ["run", "--profile", "tiny", "--config", file.to_str().unwrap()].map(str::to_owned).to_vec()
}

fn run_with(command: &[String], more: &[&str]) -> Output {
    hotrow().args(command).args(more).output().unwrap()
}

fn in_directory(directory: &Path, arguments: &[&str]) -> Output {
    hotrow().current_dir(directory).args(arguments).output().unwrap()
}

/// A short run in `directory`, with a plan of two cells.
fn tiny(scratch: &Scratch, results: &str) -> SavedRun {
    fs::write(scratch.path("hotrow.toml"), PLANS).unwrap();
    let output =
        in_directory(&scratch.path(""), &["run", "--profile", "tiny", "--results", results]);
    assert!(output.status.success(), "{}", stderr(&output));
    SavedRun::load(&scratch.path(results)).unwrap()
}

/// A plan that is written down is measured as it says, and what is wrong in it is told by its line.
#[test]
fn a_plan_of_a_file_is_measured() {
    let scratch = Scratch::new("plan-cli");
    let run = tiny(&scratch, "box/tiny");
    let mut users: Vec<u64> = run.rows.iter().map(|row| row.users).collect();
    users.sort_unstable();
    users.dedup();
    assert_eq!(users, [1, 8]);
    assert!(run.environment.examination.len() > 10, "the machine was looked at");

    fs::write(scratch.path("hotrow.toml"), format!("{PLANS}blocs = 3\n")).unwrap();
    let refused = in_directory(&scratch.path(""), &["run", "--profile", "tiny"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("hotrow.toml:"), "{}", stderr(&refused));
    let refused =
        in_directory(&scratch.path(""), &["run", "--profile", "evening", "--config", "/dev/null"]);
    assert!(stderr(&refused).contains("plan \"evening\" is not known"), "{}", stderr(&refused));
}

/// The axis of a sweep is told with its leaders, and whether anybody passes anybody.
#[test]
fn a_sweep_goes_along_its_axis() {
    let scratch = Scratch::new("sweep-cli");
    let workload = "[workload.tiny]\nclients = 'tasks:2'\n";
    fs::write(scratch.path("hotrow.toml"), workload).unwrap();
    let asked =
        ["run", "mutex", "cas", "--workload", "tiny", "--sweep", "users=1,8", "--blocks", "1"];
    let output = in_directory(&scratch.path(""), &asked);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("\nAlong users:\n"), "{text}");
    refused(&["run", "--sweep", "users=1"], "write it as users=1,16,256");
    refused(&["run", "--sweep", "colour=1,2"], "is not known");
}

/// Killed without warning: what was there before is whole, no run runs over what is half done, and
/// it can be finished.
#[cfg(unix)]
#[test]
fn a_run_that_was_killed_can_be_finished() {
    let scratch = Scratch::new("killed-cli");
    let directory = scratch.path("box/run");
    let results = directory.to_str().unwrap();
    let before = run_with(&short(&scratch), &["--results", results]);
    assert!(before.status.success(), "{}", stderr(&before));
    let earlier = SavedRun::load(&directory).unwrap();

    let asked = ["run", "mutex", "cas", "--blocks", "9", "--results", results];
    let mut child = hotrow()
        .args(asked)
        .arg("--overwrite")
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let begun = directory.join("unfinished/rounds.csv");
    let written = || fs::metadata(&begun).map_or(0, |file| file.len());
    for _ in 0..6_000 {
        if written() > 2_000 {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(written() > 2_000, "rounds are written as they are measured");
    assert_eq!(SavedRun::load(&directory), Ok(earlier));

    let over = run(&asked);
    assert_eq!(over.status.code(), Some(2));
    assert!(stderr(&over).contains("--resume goes on with it"), "{}", stderr(&over));
    let other = run(&["run", "mutex", "--results", results, "--resume"]);
    assert!(stderr(&other).contains("begun with plan"), "{}", stderr(&other));
    let resumed = run(&[&asked[..], &["--resume"]].concat());
    assert!(resumed.status.success(), "{}", stderr(&resumed));
    let run = SavedRun::load(&directory).unwrap();
    assert_eq!(run.environment.resumed, 1);
    assert!(!run.environment.partial);
    let blocks: std::collections::BTreeSet<u32> = run.rows.iter().map(|row| row.block).collect();
    assert!(blocks.len() >= 9, "{blocks:?}");
    assert!(!directory.join("unfinished").exists());
}

/// Rows in which a strategy is a half slower are a finding, and other ways to go wrong are told.
#[test]
fn two_runs_are_compared() {
    let scratch = Scratch::new("compare-cli");
    let before = scratch.path("before.csv");
    let rows: Vec<Row> = (0..12).flat_map(|block| made_up(block, 1_000_000)).collect();
    fs::write(&before, write_rows(&rows)).unwrap();
    let slower: Vec<Row> = (0..12).flat_map(|block| made_up(block, 500_000)).collect();
    let after = scratch.path("after.csv");
    fs::write(&after, write_rows(&slower)).unwrap();
    let [before, after] = [&before, &after].map(|path| path.to_str().unwrap());

    let worse = run(&["compare", before, after, "--fail-above", "10%"]);
    assert_eq!(worse.status.code(), Some(4), "{}", stderr(&worse));
    assert!(stdout(&worse).contains("SLOWER"), "{}", stdout(&worse));
    assert_eq!(run(&["compare", before, before, "--fail-above", "0"]).status.code(), Some(0));
    assert_eq!(run(&["compare", before, after]).status.code(), Some(0));
    let ranked = run(&["rank", before]);
    assert!(stdout(&ranked).contains("answers for nobody"), "{}", stdout(&ranked));

    let failed = |arguments: &[&str], told: &str| {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains(told), "{}", stderr(&output));
    };
    let text = fs::read_to_string(before).unwrap();
    let broken = scratch.path("broken.csv");
    let broken_path = broken.to_str().unwrap();
    fs::write(&broken, &text[..text.len() - 40]).unwrap();
    failed(&["compare", before, broken_path], "broken.csv:25: the file was cut off in this line");
    fs::write(&broken, text.replace("\n1,", "\n9,")).unwrap();
    failed(&["rank", broken_path], "schema 9 is newer than 1");
    fs::write(&broken, "name,value\nx,1\n").unwrap();
    failed(&["rank", broken_path], "this is no file of hotrow");
    fs::create_dir(scratch.path("empty")).unwrap();
    failed(&["rank", scratch.path("empty").to_str().unwrap()], "env.json: ");
    failed(&["rank", "no/such/run"], "no/such/run: ");
}

/// Rows of mutex and cas in one block, of which cas answers so many.
fn made_up(block: u32, cas: u64) -> Vec<Row> {
    let row = |strategy: &str, completed: u64| Row {
        schema: 1,
        run: "made-up".to_owned(),
        block,
        cell: "hot".to_owned(),
        store: "slab".to_owned(),
        users: 1,
        clients: 2,
        mix: "charge:50,use:50,read:0".to_owned(),
        latency: "none".to_owned(),
        keys: "uniform".to_owned(),
        arrivals: "closed".to_owned(),
        history: true,
        strategy: strategy.to_owned(),
        family: strategy.to_owned(),
        window_ns: 1_000_000_000,
        completed: completed + u64::from(block % 3) * 100,
        verdict: Finding::Balanced,
        audited_entries: completed,
        ..Row::default()
    };
    vec![row("mutex", 1_000_000), row("cas", cas)]
}

/// Results of two machines beside each other compare machines.
#[test]
fn runs_of_two_machines_are_not_compared_unless_that_is_asked_for() {
    let scratch = Scratch::new("machines-cli");
    let mut run_here = tiny(&scratch, "box/here");
    run_here.environment.cores += 62;
    let there = scratch.path("box/there");
    run_here.save(&there).unwrap();
    let [here, there] = [scratch.path("box/here"), there];
    let [here, there] = [&here, &there].map(|path| path.to_str().unwrap());
    let refused = run(&["compare", here, there]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("two machines"), "{}", stderr(&refused));
    let shown = run(&["compare", here, there, "--across-machines"]);
    assert!(shown.status.success());
    assert!(stderr(&shown).contains("CAUTION"), "{}", stderr(&shown));
}

/// Each process is a replicate of its own, and all of them end up in one file.
#[test]
fn fresh_processes_measure_the_same_plan() {
    let scratch = Scratch::new("processes-cli");
    let directory = scratch.path("box/run");
    let results = directory.to_str().unwrap();
    let output = run_with(&short(&scratch), &["--processes", "2", "--results", results]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("of 2 processes"), "{}", stdout(&output));
    let run = SavedRun::load(&directory).unwrap();
    let of = |process: u32| run.rows.iter().filter(move |row| row.process == process);
    assert!(of(0).count() >= 30 && of(1).count() >= 30);
    let seeds = |process: u32| of(process).map(|row| row.seed).max().unwrap();
    assert_ne!(seeds(0), seeds(1));
}

/// A neighbour that takes the cores shows as what it is, and not as a result.
#[cfg(unix)]
#[test]
fn a_busy_neighbour_is_told_and_nothing_is_ranked() {
    struct Neighbour(process::Child);
    impl Drop for Neighbour {
        fn drop(&mut self) {
            self.0.kill().unwrap();
            self.0.wait().unwrap();
        }
    }
    let cores = thread::available_parallelism().map_or(2, usize::from);
    let neighbours: Vec<Neighbour> = (0..2 * cores)
        .map(|_| Neighbour(Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap()))
        .collect();
    let output = run(&["run", "mutex", "cas", "queue", "--blocks", "6"]);
    drop(neighbours);
    let text = stdout(&output);
    assert!(text.contains("NOT MEASURED on this machine today"), "{text}");
    assert!(text.contains("foreign cpu") || text.contains("never waits"), "{text}");
    assert!(!text.lines().any(|line| line.trim_start().starts_with("1 ")), "{text}");
}

/// Rankings for other programs and for pages, beside the table that is shown.
#[test]
fn rankings_are_exported() {
    let scratch = Scratch::new("export-cli");
    let [json, page] = ["run.json", "run.md"].map(|name| scratch.path(name));
    let exports =
        ["--export-json", json.to_str().unwrap(), "--export-markdown", page.to_str().unwrap()];
    let output = run_with(&short(&scratch), &exports);
    assert!(output.status.success(), "{}", stderr(&output));
    let value: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    assert_eq!(value["cells"][0]["kind"], "throughput");
    assert!(fs::read_to_string(page).unwrap().contains("| # | strategy |"));
}

/// Shells and `man` read what the program says of itself.
#[test]
fn completions_and_the_manual_are_printed() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&run(&["completions", shell]));
        assert!(script.contains("hotrow") && script.contains("doctor"), "{shell}");
    }
    let manual = stdout(&run(&["man"]));
    assert!(manual.contains(".TH hotrow 1") && manual.contains("fail\\-above"), "{manual}");
}
