//! Runs models. A correct model is explored to its end in this process. A seeded bug is explored in
//! a process of its own, because loom ends the process when no thread can run.

use std::{
    env,
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use super::weakened;

/// The largest number of preemptions of a thread in mid-step in one execution. Almost every known
/// bug needs at most two; without a bound a model of three threads does not come to its end.
/// `LOOM_MAX_PREEMPTIONS` sets another bound.
const PREEMPTIONS_MAX: usize = 2;

/// The environment variable with the seeded bug that this process explores.
const FAULTY_MODEL: &str = "HOTROW_WRONG_MODEL";

/// The environment variable that makes a model print the orderings that it used.
pub(super) const PRINT_ORDERINGS: &str = "HOTROW_TELL_ORDERINGS";

/// The prefix of a line that prints an ordering.
pub(super) const ORDERING: &str = "ordering ";

/// Explores every execution of `model`, and fails with the first that panics.
pub(crate) fn explore(model: impl Fn() + Send + Sync + 'static) {
    explore_within(PREEMPTIONS_MAX, model);
}

/// As [`explore`], with another bound, for a bug that needs more preemptions.
pub(crate) fn explore_within(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let executions = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&executions);
    let mut explorer = loom::model::Builder::new();
    explorer.preemption_bound.get_or_insert(preemptions);
    let started = Instant::now();
    explorer.check(move || {
        count.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let (executions, seconds) =
        (executions.load(Ordering::Relaxed), started.elapsed().as_secs_f64());
    let thread = std::thread::current();
    eprintln!("{}: {executions} executions, {seconds:.1} s", thread.name().unwrap_or("a model"));
    if env::var_os(PRINT_ORDERINGS).is_some() {
        for (place, order) in weakened::stronger_than_relaxed() {
            eprintln!("{ORDERING}{place}={order}");
        }
    }
}

/// Passes if an execution of `model` fails, as a seeded bug must. `test` is the path of the calling
/// test.
pub(crate) fn assert_model_fails(test: &str, model: impl Fn() + Send + Sync + 'static) {
    if env::var_os(FAULTY_MODEL).is_some_and(|name| name == *test) {
        return explore(model);
    }
    let output = run_alone(test, FAULTY_MODEL, test);
    assert!(!output.status.success(), "{test}: no execution of this seeded bug fails");
}

/// Runs one test of this program in a process of its own, with an environment variable set.
pub(super) fn run_alone(test: &str, variable: &str, value: &str) -> Output {
    let program = env::current_exe().expect("a test has the path of its program");
    let output = Command::new(program)
        .args([test, "--exact", "--nocapture"])
        .env(variable, value)
        .output()
        .expect("the program of a test can be started again");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("running 1 test"), "there is no test `{test}`: {stdout}");
    output
}
