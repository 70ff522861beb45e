//! What one request of one caller costs, for every strategy of the registry on memory.
//!
//! It says how long the way is that a request goes when nobody is in the way, and how many of them
//! that makes in a second. It cannot say which strategy to choose: one thread contends with nobody,
//! and a charge and a use come in turns that a processor foresees. It compares with whatever run
//! was the last on this disk. On a machine that is shared the same code then is called improved or
//! regressed now and then, since the two runs are minutes or weeks apart and only their own
//! spread is reckoned with. The ranking, in blocks and with audited books, is `compare`.
//!
//! Criterion's own files are private; every sample and every warm-up is a row of ours as well.
//!
//! `cargo bench --bench op_cost` takes under a minute; a word after `--` picks those whose name has
//! it in it, such as `change/` or `mutex`.

#![expect(clippy::print_stdout, reason = "a benchmark prints where its rows are")]

use std::{cell::RefCell, time::Duration};

use criterion::{Criterion, SamplingMode, Throughput};
use hotrow::{
    engine::Kind,
    record::{Costs, Piece},
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
    let costs = RefCell::new(Costs::of("op_cost"));
    for kind in Kind::ALL {
        time(&mut criterion, kind, &costs);
    }
    criterion.final_summary();
    match costs.into_inner().save() {
        Ok(Some(file)) => println!("rows in {}", file.display()),
        Ok(None) => {}
        Err(error) => println!("cannot keep the rows: {error}"),
    }
}

fn time(criterion: &mut Criterion, kind: Kind, costs: &RefCell<Costs>) {
    let mut group = criterion.benchmark_group(kind.to_string());
    group.throughput(Throughput::Elements(1));
    // All samples of one length: a request does not cost less for being one of many.
    group.sampling_mode(SamplingMode::Flat);
    let cell = format!("alone/{kind}");
    for Entry { strategy, family, alone, .. } in
        registry::entries().filter(|entry| entry.store == STORE)
    {
        group.bench_function(*strategy, |bencher| {
            bencher.iter_custom(|requests| {
                let took = alone(kind, requests);
                let family = family.to_string();
                let piece = Piece { cell: &cell, store: STORE, strategy, family: &family };
                costs.borrow_mut().add(piece, requests, took);
                took
            });
        });
    }
    group.finish();
}
