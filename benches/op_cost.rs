//! What one request of one caller costs, for every strategy of the registry on memory.
//!
//! It says how long the way is that a request goes when nobody is in the way, and how many of them
//! that makes in a second. It cannot say which strategy to choose: one thread contends with nobody,
//! and a charge and a use come in turns that a processor foresees. It compares with whatever run
//! was the last on this disk. On a machine that is shared the same code then is called improved or
//! regressed now and then, since the two runs are minutes or weeks apart and only their own
//! spread is reckoned with. The ranking, in blocks and with audited books, is `compare`.
//!
//! `cargo bench --bench op_cost` takes under a minute; a word after `--` picks those whose name has
//! it in it, such as `change/` or `mutex`.

use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput};
use hotrow::{
    engine::Kind,
    registry::{self, Entry},
};

/// The store that is next to free, so that what is left is the strategy's own.
const STORE: &str = "slab";

fn main() {
    let mut criterion = Criterion::default()
        .without_plots()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .sample_size(20)
        .nresamples(10_000)
        .configure_from_args();
    for kind in Kind::ALL {
        time(&mut criterion, kind);
    }
    criterion.final_summary();
}

fn time(criterion: &mut Criterion, kind: Kind) {
    let mut group = criterion.benchmark_group(kind.to_string());
    group.throughput(Throughput::Elements(1));
    // All samples of one length: a request does not cost less for being one of many.
    group.sampling_mode(SamplingMode::Flat);
    for Entry { strategy, alone, .. } in registry::entries().filter(|entry| entry.store == STORE) {
        group.bench_function(*strategy, |bencher| {
            bencher.iter_custom(|requests| alone(kind, requests));
        });
    }
    group.finish();
}
