//! The program that serves, as whoever runs it meets it.

use std::{
    io::{self, BufRead, BufReader, Read},
    net::{SocketAddr, TcpListener},
    process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use futures_util::future::join_all;
use serde_json::Value;

use crate::{
    app::Stage,
    ask::Ask,
    books::{Found, ensure},
    wire::{SLACK, Wire},
};

/// The longest that it may take to go.
const GONE_WITHIN: Duration = Duration::from_secs(5);

/// A program that serves on a port that was free. Dropped, it is killed.
struct Program {
    child: Child,
    address: SocketAddr,
    log: BufReader<ChildStderr>,
}

fn hotrow(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotrow"));
    command.arg("serve").args(arguments.split_whitespace()).stdin(Stdio::null());
    command
}

impl Program {
    fn start(arguments: &str) -> Result<Program, String> {
        let mut command = hotrow(arguments);
        command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).map_err(|error| error.to_string())?;
        let address =
            line.strip_prefix("listening on http://").and_then(|rest| rest.trim().parse().ok());
        let address = address.ok_or(format!("its first line is {line:?}"))?;
        let log = BufReader::new(child.stderr.take().unwrap());
        Ok(Program { child, address, log })
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Reads its log to the line that has `text` in it.
    fn read_to(&mut self, text: &str) -> Found {
        let mut line = String::new();
        while self.log.read_line(&mut line).map_err(|error| error.to_string())? > 0 {
            if line.contains(text) {
                return Ok(());
            }
            line.clear();
        }
        Err(format!("its log ends without {text:?}"))
    }

    /// Waits for its end, which has to come in time, and gives the rest of its log.
    fn ended(&mut self) -> Result<(ExitStatus, String), String> {
        let began = Instant::now();
        let mut log = String::new();
        // The log ends with the program.
        self.log.read_to_string(&mut log).map_err(|error| error.to_string())?;
        let status = self.child.wait().map_err(|error| error.to_string())?;
        let took = began.elapsed();
        ensure(took < GONE_WITHIN + Duration::from_secs(1), || format!("it went after {took:?}"))?;
        Ok((status, log))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended, if all is well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A service that is stopped for an update could cut answers in two, forget what it has acknowledged,
/// or not stop at all. Clients charge in a row, each time with a new key, until it is gone: all that they
/// read is whole, what they were told is in the count of its last line, and it ends well and in time.
pub(crate) fn told_to_stop_it_loses_nothing() -> Found {
    for arguments in ["queue --log json", "actor --store tables --latency fixed:2ms --log json"] {
        let mut program = Program::start(arguments)?;
        let address = program.address;
        let (told, senders) = Stage::Threads.run(async {
            let clients: Vec<_> =
                (1..=4).map(|user| tokio::spawn(charges_in_a_row(address, user))).collect();
            let mut watcher = Wire::to(address).await.unwrap();
            while watcher.metric(APPLIED).await < 300 {}
            program.signal("-TERM");
            let senders = clients.len() as u64;
            let mut told = 0;
            for client in join_all(clients).await {
                told += client.map_err(|error| error.to_string())??;
            }
            Ok::<_, String>((told, senders))
        })?;
        let (status, log) = program.ended()?;
        ensure(status.code() == Some(0), || format!("{arguments}: {status}: {log}"))?;
        let last: Value = serde_json::from_str(log.lines().last().unwrap_or_default())
            .map_err(|error| format!("{arguments}: {error}: {log}"))?;
        let applied = last["applied"].as_u64().ok_or_else(|| format!("no count in {last}"))?;
        let fits = told <= applied && applied <= told + senders && last["unanswered"] == 0;
        ensure(fits, || format!("{arguments}: {told} were told, and the log ends with {last}"))?;
    }
    Ok(())
}

const APPLIED: &str = "hotrow_commands_total{action=\"charge\",outcome=\"applied\"}";

/// Charges until the connection ends, and says how many of them were applied.
async fn charges_in_a_row(address: SocketAddr, user: u64) -> Result<u64, String> {
    let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let mut wire = Wire::to(address).await.map_err(|error| error.to_string())?;
    let mut applied = 0;
    loop {
        let ask = Ask::charge(user, 1).key(format!("{user}-{applied}"));
        if wire.send(&ask.bytes()).await.is_err() {
            break;
        }
        match wire.answer().await {
            Ok(Some(answer)) if answer.is_ok() => {
                applied += 1;
                let told = answer.json();
                let is_now = told["updateMillis"].as_u64().is_some_and(|millis| {
                    // The time is told in whole milliseconds, and now and then.
                    began <= u128::from(millis) + 5 && u128::from(millis) < began + 60_000
                });
                let fits = answer.point() == applied && !answer.is_replayed() && is_now;
                ensure(fits, || format!("charge {applied} is told {}", answer.shown()))?;
            }
            Ok(Some(answer)) => return Err(format!("it is told {}", answer.shown())),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(format!("an answer is not whole: {error}"));
            }
            // Closed between two requests, or as one was on its way.
            Ok(None) | Err(_) => break,
        }
    }
    Ok(applied)
}

/// The first thing that anybody tries. What the README says to type is sent to a service as it comes.
pub(crate) fn the_lines_of_the_readme_are_answered() -> Found {
    let readme = include_str!("../../README.md").lines().map(str::trim);
    let lines: Vec<&str> = readme.filter(|line| line.starts_with("curl ")).collect();
    ensure(lines.len() == 4, || format!("there are {} lines", lines.len()))?;
    let program = Program::start("")?;
    Stage::Threads.run(async {
        let mut wire = Wire::to(program.address).await.map_err(|error| error.to_string())?;
        let mut told = Vec::new();
        for line in lines {
            let answer = wire.ask(&ask_of(line)?).await;
            ensure(answer.is_ok(), || format!("{line} is told {}", answer.shown()))?;
            told.push(answer.json());
        }
        let points: Vec<u64> =
            told.iter().filter_map(|account| account["point"].as_u64()).collect();
        let types: Vec<&str> = told[3]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|line| line["type"].as_str())
            .collect();
        let fits = points == [500, 380, 380] && types == ["CHARGE", "USE"];
        ensure(fits, || format!("they are told {told:?}"))
    })
}

/// What a line for the shell asks for, as far as the README goes.
fn ask_of(line: &str) -> Result<Ask, String> {
    // What is between quotes is one word.
    let mut words = line.split('\'').enumerate().flat_map(|(number, part)| match number % 2 {
        0 => part.split_whitespace().collect(),
        _ => vec![part],
    });
    let (mut method, mut path, mut header, mut body) = ("GET", "", "", "");
    while let Some(word) = words.next() {
        match word {
            "curl" => {}
            "-X" => method = words.next().unwrap_or_default(),
            "-H" => header = words.next().unwrap_or_default(),
            "-d" => body = words.next().unwrap_or_default(),
            url => path = url.strip_prefix("localhost:8080").ok_or(format!("{line}: {url}?"))?,
        }
    }
    match (method, header) {
        ("GET", "") => Ok(Ask::get(path)),
        ("PATCH", "Content-Type: application/json") => Ok(Ask::change(path, body)),
        _ => Err(format!("{line}: {method} with {header:?}?")),
    }
}

/// Somebody who cannot wait for what takes long could only kill it. The first signal lets a command of
/// many seconds go on, the second does not.
pub(crate) fn told_twice_it_goes_at_once() -> Found {
    let mut program = Program::start("--store tables --latency fixed:20s")?;
    let address = program.address;
    Stage::Threads.run(async {
        let mut wire = Wire::to(address).await.map_err(|error| error.to_string())?;
        let sent = wire.send(&Ask::charge(1, 5).bytes()).await;
        sent.map_err(|error| error.to_string())?;
        let mut watcher = Wire::to(address).await.map_err(|error| error.to_string())?;
        watcher.until("hotrow_queue_length", 1).await?;
        program.signal("-TERM");
        program.read_to("stopping")?;
        let told = Instant::now();
        program.signal("-INT");
        let (status, _) = program.ended()?;
        ensure(status.code() == Some(130), || format!("{status}"))?;
        let took = told.elapsed();
        ensure(took < Duration::from_secs(2), || format!("it went after {took:?}"))
    })
}

/// Somebody who looks at it on a terminal ends it with Ctrl-C: that is no failure, and connections
/// that do nothing do not hold it up.
pub(crate) fn one_that_nobody_asks_goes_at_once() -> Found {
    let mut program = Program::start("--log off")?;
    let address = program.address;
    Stage::Threads.run(async {
        let mut idle = Wire::to(address).await.map_err(|error| error.to_string())?;
        ensure(idle.ask(&Ask::get("/readyz")).await.is_ok(), || "it is not ready".to_owned())?;
        let told = Instant::now();
        program.signal("-INT");
        let (status, log) = program.ended()?;
        ensure(status.code() == Some(0) && log.is_empty(), || format!("{status}: {log}"))?;
        let took = told.elapsed();
        ensure(took < Duration::from_secs(2), || format!("it went after {took:?}"))?;
        ensure(idle.closed().await < SLACK, || "a connection outlives it".to_owned())
    })
}

/// What cannot be served could be taken for something else: nobody would know what it was that
/// answered. It is refused in one line that says what would do.
pub(crate) fn what_cannot_be_served_is_refused() -> Found {
    #[rustfmt::skip]
    let refused = [
        ("queu",                                "did you mean queue?"),
        ("--store slabb",                       "did you mean slab?"),
        ("--store disk",                        "there are slab, tables"),
        ("null",                                "keeps no accounts"),
        ("fetch-add --store tables",            "keeps no accounts"),
        ("mutex --store tables",                "mutex does not run on tables: it runs on slab"),
        ("--latency fixed:5ms",                 "slab has no latency"),
        ("--store tables --latency 5ms",        "fixed:5ms"),
        ("--policy unit=0",                     "unit"),
        ("--policy amount=0..5",                "amount"),
        ("--policy amount=5..1",                "amount"),
        ("--policy balance=4294967296",         "4294967295"),
        ("--policy amount=1..10,unit=20",       "unit"),
        ("--policy unit=1,unit=2",              "twice"),
        ("--policy price=5",                    "amount="),
        ("--listen nonsense",                   "127.0.0.1:8080"),
        ("--listen 127.0.0.1",                  "127.0.0.1:8080"),
        ("--listen 127.0.0.1:65536",            "127.0.0.1:8080"),
        ("--connections 0",                     "0"),
        ("--connections -1",                    "-1"),
        ("--in-flight 1e3",                     "1e3"),
        ("--per-account 1000001",               "1000000"),
        ("--timeout 0s",                        "30s"),
        ("--timeout 2h",                        "1h"),
        ("--timeout soon",                      "30s"),
        ("--cors-origin *",                     "https://app.example"),
        ("--cors-origin shop.example",          "https://app.example"),
        ("--cors-origin none --cors-origin any","none stands alone"),
        ("--log xml",                           "json"),
        ("--port 80",                           "--port"),
        ("queue cas",                           "cas"),
    ];
    for (arguments, told) in refused {
        is_refused(&hotrow(arguments).output().map_err(|error| error.to_string())?, 2, told)
            .map_err(|found| format!("serve {arguments}: {found}"))?;
    }
    Ok(())
}

/// A port that somebody else has is no usage error, and must not be waited for.
pub(crate) fn a_port_that_is_taken_is_told() -> Found {
    let taken = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = taken.local_addr().map_err(|error| error.to_string())?;
    let output = hotrow(&format!("--listen {address}")).output();
    let told = format!("cannot listen on {address}");
    is_refused(&output.map_err(|error| error.to_string())?, 1, &told)
}

/// Whether it ended with this code, and one line that has `told` in it.
fn is_refused(output: &Output, code: i32, told: &str) -> Found {
    let line = String::from_utf8_lossy(&output.stderr);
    let one = line.lines().count() == 1 && line.starts_with("hotrow: ") && line.contains(told);
    ensure(output.status.code() == Some(code) && one && output.stdout.is_empty(), || {
        format!("{}: {line}", output.status)
    })
}
