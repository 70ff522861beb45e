//! How a model is run: explored to its end if it is right, and in a process of its own if it is
//! wrong on purpose, for loom ends the process where nothing can go on.

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

/// Threads are taken off their core in mid-step at most this often in one execution. Almost every
/// known mistake shows with two; without a bound a model of three threads does not come to its end.
/// `LOOM_MAX_PREEMPTIONS` sets another.
const PREEMPTIONS_MAX: usize = 2;

/// The environment's word for the wrong model that this process is to explore.
const WRONG: &str = "HOTROW_WRONG_MODEL";

/// The environment's word for saying which orderings were used.
pub(super) const TELL_ORDERINGS: &str = "HOTROW_TELL_ORDERINGS";

/// What a line begins with that tells an ordering.
pub(super) const ORDERING: &str = "ordering ";

/// Explores every execution of `model`, and fails with the first that is wrong.
pub(crate) fn explore(model: impl Fn() + Send + Sync + 'static) {
    explore_within(PREEMPTIONS_MAX, model);
}

/// As [`explore`], with another bound, for a mistake that shows only where more threads are taken off
/// their core.
pub(crate) fn explore_within(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let executions = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&executions);
    let mut explorer = loom::model::Builder::new();
    explorer.preemption_bound.get_or_insert(preemptions);
    let begun = Instant::now();
    explorer.check(move || {
        count.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let (executions, seconds) = (executions.load(Ordering::Relaxed), begun.elapsed().as_secs_f64());
    let thread = std::thread::current();
    eprintln!("{}: {executions} executions, {seconds:.1} s", thread.name().unwrap_or("a model"));
    if env::var_os(TELL_ORDERINGS).is_some() {
        for (place, order) in weakened::stronger_than_relaxed() {
            eprintln!("{ORDERING}{place}={order}");
        }
    }
}

/// Passes if an execution of `model` is wrong, as it is on purpose. `test` is who calls.
pub(crate) fn find_wrong(test: &str, model: impl Fn() + Send + Sync + 'static) {
    if env::var_os(WRONG).is_some_and(|asked| asked == *test) {
        return explore(model);
    }
    let output = alone(test, WRONG, test);
    assert!(!output.status.success(), "{test} survives, though wrong on purpose");
}

/// Runs one test of this program in a process of its own, with `word` set in its environment.
pub(super) fn alone(test: &str, word: &str, value: &str) -> Output {
    let program = env::current_exe().expect("a test knows where its program is");
    let output = Command::new(program)
        .args([test, "--exact", "--nocapture"])
        .env(word, value)
        .output()
        .expect("a test's program can be started again");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("running 1 test"), "there is no test `{test}`: {told}");
    output
}
