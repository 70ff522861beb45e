//! Measures the cost of one request of a single client, for every strategy of the registry on
//! memory.
//!
//! The result is the length of the uncontended path, and the requests per second that follow from
//! it. It does not say which strategy to choose: one thread contends with no other, and charges and
//! uses alternate, which a processor predicts. Criterion compares with the last run on this disk.
//! On a shared machine it sometimes reports the same code as improved or regressed, since the two
//! runs are minutes or weeks apart and only their own spread counts. The ranking, in blocks and
//! with audits, is `compare`.
//!
//! Criterion's own files have a private format, so every sample and every warm-up is also stored as
//! a row of ours.
//!
//! `cargo bench --bench op_cost` takes under a minute. A word after `--` selects the benchmarks
//! with that word in their name, such as `change/` or `mutex`.

#![expect(clippy::print_stdout, reason = "a benchmark prints where its rows are")]

use std::{cell::RefCell, time::Duration};

use criterion::{Criterion, SamplingMode, Throughput};
use hotrow_cli::costs::{Costs, Piece};
use hotrow_engine::RequestKind;
use hotrow_verify::contract::Candidate;

/// The store that is almost free, so that the cost is that of the strategy.
const STORE: &str = "memory";

fn main() {
    let mut criterion = Criterion::default()
        .without_plots()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .sample_size(20)
        .nresamples(10_000)
        .configure_from_args();
    let costs = RefCell::new(Costs::of("op_cost"));
    for kind in RequestKind::ALL {
        time(&mut criterion, kind, &costs);
    }
    criterion.final_summary();
    match costs.into_inner().save() {
        Ok(Some(file)) => println!("rows in {}", file.display()),
        Ok(None) => {}
        Err(error) => println!("cannot save the rows: {error}"),
    }
}

fn time(criterion: &mut Criterion, kind: RequestKind, costs: &RefCell<Costs>) {
    let mut group = criterion.benchmark_group(kind.to_string());
    group.throughput(Throughput::Elements(1));
    // All samples have the same length: a request does not get cheaper in a longer sample.
    group.sampling_mode(SamplingMode::Flat);
    let scenario = format!("alone/{kind}");
    for entry in hotrow_registry::entries().filter(|entry| entry.store == STORE) {
        let Candidate { strategy, family, .. } = **entry;
        group.bench_function(strategy, |bencher| {
            bencher.iter_custom(|requests| {
                let elapsed = (entry.single_client)(kind, requests);
                let family = family.to_string();
                let piece = Piece { scenario: &scenario, store: STORE, strategy, family: &family };
                costs.borrow_mut().add(piece, requests, elapsed);
                elapsed
            });
        });
    }
    group.finish();
}
