use super::*;
use crate::{
    record::{ClientKind, Finding, Role, SavedRun, sample},
    report::{blocks::Source, comparison::comparisons},
    stats::Better,
};

/// A server whose request takes `cpu_ns`, by turns 1 % more and less, and which used a core throughout.
fn server(strategy: &str, role: Role, asked: &str, cores: &str, cpu_ns: u64) -> Vec<Row> {
    let row = |block: u32| {
        let swing = if block.is_multiple_of(2) { 101 } else { 99 };
        Row {
            cell: format!("http/{asked}/connections=32/cores={cores}"),
            clients: 32,
            client_kind: ClientKind::Connections,
            role,
            kind: Kind::Http,
            cpu_ns: 1_000_000_000,
            completed: 100_000_000_000 / (cpu_ns * swing),
            completed_by_slowest: 0,
            completed_by_fastest: 0,
            ..sample::row(strategy, block, 1)
        }
    };
    (0..8).map(row).collect()
}

/// A service that costs twice hyper's hello less a little, a tie of three, an actor, and twins.
fn rows() -> Vec<Row> {
    let mut rows = server("null", Role::Reference, "charge", "one", 9_500);
    rows.extend(server("hyper", Role::Reference, "charge", "one", 8_000));
    rows.extend(server("queue", Role::Contender, "read", "one", 8_000));
    rows.extend(server("hyper", Role::Reference, "charge", "each", 8_000));
    for cores in ["one", "each"] {
        rows.extend(server("hyper", Role::Reference, "hello", cores, 5_100));
        rows.extend(server("node", Role::Reference, "hello", cores, 30_000));
        rows.extend(server("node", Role::Reference, "charge", cores, 40_000));
        rows.extend(server("queue", Role::Contender, "charge", cores, 10_000));
    }
    for cores in ["one", "all"] {
        for (strategy, cpu_ns) in [("mutex", 10_010), ("cas", 9_990), ("actor", 12_000)] {
            rows.extend(server(strategy, Role::Contender, "charge", cores, cpu_ns));
        }
        rows.extend(server("queue", Role::Twin, "charge", cores, 10_300));
    }
    rows.extend(server("queue", Role::Contender, "charge", "all", 10_000));
    for row in rows.iter_mut().filter(|row| row.role == Role::Reference) {
        row.verdict = Finding::NoBooks;
    }
    rows
}

/// The same strategies with two threads, and with one.
fn process() -> SavedRun {
    let mut rows = sample::rows(8);
    let alone = rows.clone().into_iter().map(|row| Row {
        cell: "slab/users=1/threads=1/charge:50,use:50,read:0/none".to_owned(),
        clients: 1,
        cpu_ns: row.cpu_ns / 4,
        ..row
    });
    let alone: Vec<Row> = alone.collect();
    rows.extend(alone);
    sample::run(&rows)
}

fn rendered(rows: &[Row]) -> Result<String, String> {
    let (run, process) = (sample::run(rows), process());
    let sources =
        [Source { name: "box/http", run: &run }, Source { name: "box/standard", run: &process }];
    http(&Material { source: sources[0], sources: &sources, rest: "box/standard" })
}

/// The bounds are what the service was made to keep: each has to be able to come out either way.
#[test]
fn a_bound_is_judged_by_the_interval() {
    let told = http_terminal(&rows());
    let first = "A charge behind queue takes 1.96 x [1.96, 1.96] the processor time of a hello of bare \
        hyper; that it be at most 2 x holds.";
    assert!(told.contains(first), "{told}");
    assert!(
        told.contains("the same charge, and says hello, it takes 1.25 x [1.25, 1.25]."),
        "{told}"
    );
    assert!(told.contains("It is answered 3.00 x [3.00, 3.00] as often"), "{told}");
    assert!(told.contains("that it be at least 2.5 x holds."), "{told}");
    assert!(
        told.contains("sent the same charge answers 3.75 x [3.75, 3.75] as often as that hello.")
    );
    assert!(
        told.contains("The service answers 4.00 x [4.00, 4.00] as often as Node that charges an"),
        "{told}"
    );

    let mut dear = rows();
    dear.retain(|row| row.strategy != "hyper" && row.strategy != "node");
    // Where the one is asked about, the other has nothing to say.
    dear.extend(server("hyper", Role::Reference, "hello", "one", 4_900));
    dear.extend(server("hyper", Role::Reference, "hello", "each", 9_000));
    dear.extend(server("node", Role::Reference, "hello", "one", 90_000));
    dear.extend(server("node", Role::Reference, "hello", "each", 20_000));
    let told = http_terminal(&dear);
    assert_eq!(told.matches("does not hold").count(), 2, "{told}");

    // By turns above and below: no interval that has both is a verdict.
    for row in dear.iter_mut().filter(|row| row.strategy == "hyper" && row.block < 4) {
        row.completed = row.completed * 9 / 10;
    }
    assert!(http_terminal(&dear).contains("cannot be told: the interval has both"));
    dear.retain(|row| row.block < 3);
    assert!(http_terminal(&dear).contains("cannot be told by so few blocks"));
}

/// A request of 10 us of which half a microsecond is beyond null: both ways to see what the strategy
/// is are told, and neither is made from the other.
#[test]
fn the_share_is_told_in_process_and_beyond_null() {
    let text = rendered(&rows()).unwrap();
    let sentence = "Of the 10.0 us of processor time that a charge behind queue takes over HTTP, \
        the strategy is 251 ns, by what a command takes in process with 1 thread on the same \
        row: 2.51 %. With 2 threads that contend it takes 1.01 us, or 10.1 %. Beside the \
        same service over a strategy that answers at once and keeps nothing it takes +500 ns more, \
        5.0 % [5.0, 5.0]: in that are the store and the ledger too.";
    assert!(text.contains(sentence), "{text}");
    assert!(text.contains("| null | 9.50 us | - | - | "), "{text}");
    assert!(text.contains("_In process: `hotrow --results results/box/quick`, run made-up in `results/box/standard`._"), "{text}");

    // Dearer than queue by chance in every other block: that is no share.
    let mut even = rows();
    for row in even.iter_mut().filter(|row| row.strategy == "null") {
        row.completed = if row.block % 4 < 2 { 95_000 } else { 105_000 };
    }
    assert!(rendered(&even).unwrap().contains("more, which may as well be nothing:"));
}

/// What differs by less than two servers of the same thing must not be ranked, and what differs by
/// more is said as well: the page is not to be made for one answer.
#[test]
fn ranks_over_http_stand_beside_those_in_process() {
    let text = rendered(&rows()).unwrap();
    let sentence = "Of actor, cas, mutex and queue, these can be told apart by their requests a \
        second: in process, 2 threads, 5 of 6 pairs, the farthest 40.00 x from one another; over \
        HTTP, one core, 3 of 6 pairs, the farthest 1.20 x from one another; over HTTP, all cores, 3 \
        of 6 pairs, the farthest 1.20 x from one another.";
    assert!(text.contains(sentence), "{text}");
    let lost = "Two servers of queue differ by up to 3.0 % in the processor time of a request, at \
        the 95th percentile of single blocks, which is 300 ns. By what a command takes in process \
        with 1 thread, within that of the cheapest: cas (125 ns), mutex (250 ns) and queue (251 ns); \
        beyond it actor (5.00 us).";
    assert!(text.contains(lost), "{text}");
    assert!(text.contains("| queue | 0.99 x ["), "{text}");
    assert!(text.contains("| mutex | baseline | baseline | baseline |"), "{text}");
    assert!(text.contains("| floor | 2.0 % | 3.0 % | 3.0 % |"), "{text}");
    assert_eq!(rendered(&rows()), Ok(text));

    let few: Vec<Row> = rows().into_iter().filter(|row| row.block < 3).collect();
    let text = rendered(&few).unwrap();
    assert!(text.contains("one core, 0 of 6 pairs (6 have too few blocks to tell), the"), "{text}");
}

/// A table that hides wrong books, idle servers or a neighbour would be believed.
#[test]
fn what_stands_against_the_table_is_said_under_it() {
    let quiet = http_terminal(&rows());
    assert!(quiet.contains("After every window the balance had grown by what was answered."));
    assert!(!quiet.contains("Not busy") && !quiet.contains("do not count"), "{quiet}");

    let mut rows = rows();
    for row in &mut rows {
        match &*row.strategy {
            "hyper" => row.cpu_ns = row.cpu_ns * 8 / 10,
            "cas" if row.block == 0 => {
                (row.verdict, row.violation) = (Finding::Wrong, "the balance is 5".to_owned());
            }
            _ => {}
        }
        if row.block == 7 {
            row.invalid = "foreign cpu 7.1 % > 3 %".to_owned();
        }
    }
    let told = http_terminal(&rows);
    assert!(told.contains("cas is wrong: the balance is 5.\n"), "{told}");
    assert!(!told.contains("After every window"), "{told}");
    assert!(
        told.contains("could have answered more: hyper hello (80 %), hyper charge (80 %).\n"),
        "{told}"
    );
    let told_of = "that do not count: 1, the last for foreign cpu 7.1 % > 3 %. They are left out.";
    assert!(told.contains(told_of), "{told}");
    rows.iter_mut().filter(|row| row.block > 2).for_each(|row| row.invalid = "steal".to_owned());
    assert!(http_terminal(&rows).contains("That is too many: nothing here is measured"));
}

/// Without the other run, or without what is served, there is no share to speak of.
#[test]
fn what_is_missing_is_named() {
    let run = sample::run(&rows());
    let source = Source { name: "box/http", run: &run };
    let alone = http(&Material { source, sources: &[source], rest: "box/standard" });
    assert!(alone.unwrap_err().ends_with("results/box/standard is none"));
    let others: Vec<Row> = rows().into_iter().filter(|row| row.strategy != "queue").collect();
    assert!(rendered(&others).unwrap_err().contains("no charge behind queue"));
    assert!(http_terminal(&others).contains("hyper"));
    assert!(http_terminal(&[]).contains("server"));
}

/// The other pages of a run list servers as they list any cell: by where they ran, and without what
/// nobody counted.
#[test]
fn a_server_is_no_cell_of_threads() {
    let rows: Vec<Row> = rows().into_iter().filter(|row| row.cell.contains("charge")).collect();
    let comparisons = comparisons(&rows);
    let titles: Vec<String> = comparisons.iter().map(|one| one.title.to_string()).collect();
    let title =
        |cores| format!("one hot row with 32 connections on slab, over HTTP, cores={cores}");
    assert_eq!(titles, ["all", "each", "one"].map(title));
    assert!(comparisons[2].contenders.iter().all(|one| one.fairness.is_none()));
    assert_eq!(comparisons[2].better(), Better::Higher);
}
