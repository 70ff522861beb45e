//! Tests of `hotrow serve` as a process.

use std::{
    io::{self, BufRead, BufReader, Read},
    net::{SocketAddr, TcpListener},
    process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use futures_util::future::join_all;
use serde_json::Value;

use crate::{
    account_check::{CheckResult, ensure},
    app::ExecutionMode,
    ask::Request,
    wire::{Connection, SLACK},
};

/// Maximum time from a signal to the end of the process.
const STOP_MAX: Duration = Duration::from_secs(5);

/// A server process on a free port. Dropping it kills the process.
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
        let address = address.ok_or(format!("the first line is {line:?}"))?;
        let log = BufReader::new(child.stderr.take().unwrap());
        Ok(Program { child, address, log })
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Reads the log up to the line that contains `text`.
    fn read_to(&mut self, text: &str) -> CheckResult {
        let mut line = String::new();
        while self.log.read_line(&mut line).map_err(|error| error.to_string())? > 0 {
            if line.contains(text) {
                return Ok(());
            }
            line.clear();
        }
        Err(format!("the log has no line with {text:?}"))
    }

    /// Waits for the end of the process and returns its status and the rest of its log.
    fn ended(&mut self) -> Result<(ExitStatus, String), String> {
        let began = Instant::now();
        let mut log = String::new();
        // The log ends when the process ends.
        self.log.read_to_string(&mut log).map_err(|error| error.to_string())?;
        let status = self.child.wait().map_err(|error| error.to_string())?;
        let took = began.elapsed();
        ensure(took < STOP_MAX + Duration::from_secs(1), || {
            format!("the process ended after {took:?}")
        })?;
        Ok((status, log))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // This fails if the process has ended already, as it should have.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A service that is stopped for an update could truncate answers, forget acknowledged commands, or
/// not stop at all. Clients charge one after another with new keys until the service is gone. All
/// answers are complete, the last log line counts all acknowledged commands, and the process ends
/// in time with success.
pub(crate) fn sigterm_loses_no_acknowledged_command() -> CheckResult {
    for arguments in ["queue --log json", "actor --store simulated --latency fixed:2ms --log json"]
    {
        let mut program = Program::start(arguments)?;
        let address = program.address;
        let (acknowledged, clients) = ExecutionMode::Threads.run(async {
            let clients: Vec<_> =
                (1..=4).map(|user| tokio::spawn(charge_until_closed(address, user))).collect();
            let mut watcher = Connection::open(address).await.unwrap();
            while watcher.metric(APPLIED).await < 300 {}
            program.signal("-TERM");
            let client_count = clients.len() as u64;
            let mut acknowledged = 0;
            for client in join_all(clients).await {
                acknowledged += client.map_err(|error| error.to_string())??;
            }
            Ok::<_, String>((acknowledged, client_count))
        })?;
        let (status, log) = program.ended()?;
        ensure(status.code() == Some(0), || format!("{arguments}: {status}: {log}"))?;
        let last: Value = serde_json::from_str(log.lines().last().unwrap_or_default())
            .map_err(|error| format!("{arguments}: {error}: {log}"))?;
        let applied = last["applied"].as_u64().ok_or_else(|| format!("no count in {last}"))?;
        // Each client may have one command that was applied and not acknowledged.
        let is_consistent = acknowledged <= applied && applied <= acknowledged + clients;
        ensure(is_consistent && last["unanswered"] == 0, || {
            format!("{arguments}: {acknowledged} acknowledged, and the log ends with {last}")
        })?;
    }
    Ok(())
}

const APPLIED: &str = "hotrow_commands_total{action=\"charge\",outcome=\"applied\"}";

/// Charges until the connection ends, and returns the number of applied charges.
async fn charge_until_closed(address: SocketAddr, user: u64) -> Result<u64, String> {
    let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let mut wire = Connection::open(address).await.map_err(|error| error.to_string())?;
    let mut applied = 0;
    loop {
        let request = Request::charge(user, 1).key(format!("{user}-{applied}"));
        if wire.send(&request.to_bytes()).await.is_err() {
            break;
        }
        match wire.answer().await {
            Ok(Some(answer)) if answer.is_ok() => {
                applied += 1;
                let account = answer.json();
                let is_now = account["updateMillis"].as_u64().is_some_and(|millis| {
                    // The clock of the ledgers has a resolution of milliseconds and may be late.
                    began <= u128::from(millis) + 5 && u128::from(millis) < began + 60_000
                });
                let fits = answer.point() == applied && !answer.is_replayed() && is_now;
                ensure(fits, || format!("charge {applied} is answered {}", answer.describe()))?;
            }
            Ok(Some(answer)) => return Err(format!("unexpected answer {}", answer.describe())),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(format!("an answer is incomplete: {error}"));
            }
            // The connection was closed between two requests, or while one was in transit.
            Ok(None) | Err(_) => break,
        }
    }
    Ok(applied)
}

/// Most users first try the examples. The `curl` lines of docs/SERVICE.md are sent to a service as
/// they are.
pub(crate) fn the_examples_of_the_document_work() -> CheckResult {
    let document = include_str!("../../../../docs/SERVICE.md").lines().map(str::trim);
    let lines: Vec<&str> = document.filter(|line| line.starts_with("curl ")).collect();
    ensure(lines.len() == 4, || format!("there are {} lines", lines.len()))?;
    let program = Program::start("")?;
    ExecutionMode::Threads.run(async {
        let mut wire =
            Connection::open(program.address).await.map_err(|error| error.to_string())?;
        let mut answers = Vec::new();
        for line in lines {
            let answer = wire.call(&parse_curl(line)?).await;
            ensure(answer.is_ok(), || format!("{line} is answered {}", answer.describe()))?;
            answers.push(answer.json());
        }
        let points: Vec<u64> =
            answers.iter().filter_map(|account| account["point"].as_u64()).collect();
        let types: Vec<&str> = answers[3]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|entry| entry["type"].as_str())
            .collect();
        let fits = points == [500, 380, 380] && types == ["CHARGE", "USE"];
        ensure(fits, || format!("the answers are {answers:?}"))
    })
}

/// Parses a `curl` line, as far as the document uses it.
fn parse_curl(line: &str) -> Result<Request, String> {
    // Text between quotes is one word.
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
        ("GET", "") => Ok(Request::get(path)),
        ("PATCH", "Content-Type: application/json") => Ok(Request::change(path, body)),
        _ => Err(format!("{line}: {method} with {header:?}?")),
    }
}

/// A user who cannot wait must be able to end the process. The first signal lets a command of many
/// seconds continue, the second one does not.
pub(crate) fn a_second_signal_ends_the_process_at_once() -> CheckResult {
    let mut program = Program::start("--store simulated --latency fixed:20s")?;
    let address = program.address;
    ExecutionMode::Threads.run(async {
        let mut wire = Connection::open(address).await.map_err(|error| error.to_string())?;
        let sent = wire.send(&Request::charge(1, 5).to_bytes()).await;
        sent.map_err(|error| error.to_string())?;
        let mut watcher = Connection::open(address).await.map_err(|error| error.to_string())?;
        watcher.wait_for_metric("hotrow_queue_length", 1).await?;
        program.signal("-TERM");
        program.read_to("stopping")?;
        let signalled = Instant::now();
        program.signal("-INT");
        let (status, _) = program.ended()?;
        ensure(status.code() == Some(130), || format!("{status}"))?;
        let took = signalled.elapsed();
        ensure(took < Duration::from_secs(2), || format!("the process ended after {took:?}"))
    })
}

/// Ctrl-C in a terminal is not a failure, and idle connections do not delay the end.
pub(crate) fn an_idle_server_stops_at_once() -> CheckResult {
    let mut program = Program::start("--log off")?;
    let address = program.address;
    ExecutionMode::Threads.run(async {
        let mut idle = Connection::open(address).await.map_err(|error| error.to_string())?;
        ensure(idle.call(&Request::get("/readyz")).await.is_ok(), || {
            "the service is not ready".to_owned()
        })?;
        let signalled = Instant::now();
        program.signal("-INT");
        let (status, log) = program.ended()?;
        ensure(status.code() == Some(0) && log.is_empty(), || format!("{status}: {log}"))?;
        let took = signalled.elapsed();
        ensure(took < Duration::from_secs(2), || format!("the process ended after {took:?}"))?;
        ensure(idle.wait_for_close().await < SLACK, || "a connection was not closed".to_owned())
    })
}

/// An invalid argument must not be replaced by a default: the user would not know what answers. It
/// is rejected in one line that says what to give instead.
pub(crate) fn invalid_arguments_are_rejected() -> CheckResult {
    #[rustfmt::skip]
    let invalid = [
        ("queu",                                 "did you mean queue?"),
        ("--store memoryb",                      "did you mean memory?"),
        ("--store disk",                         "there are memory, simulated"),
        ("null",                                 "noop"),
        ("noop",                                 "keeps no accounts"),
        ("fetch-add --store simulated",          "keeps no accounts"),
        ("mutex --store simulated",              "mutex does not run on simulated"),
        ("--latency fixed:5ms",                  "memory has no latency"),
        ("--store simulated --latency 5ms",      "fixed:5ms"),
        ("--policy unit=0",                      "unit"),
        ("--policy amount=0..5",                 "amount"),
        ("--policy amount=5..1",                 "amount"),
        ("--policy balance=4294967296",          "4294967295"),
        ("--policy amount=1..10,unit=20",        "unit"),
        ("--policy unit=1,unit=2",               "twice"),
        ("--policy price=5",                     "amount="),
        ("--listen nonsense",                    "127.0.0.1:8080"),
        ("--listen 127.0.0.1",                   "127.0.0.1:8080"),
        ("--listen 127.0.0.1:65536",             "127.0.0.1:8080"),
        ("--connections 0",                      "0"),
        ("--connections -1",                     "-1"),
        ("--in-flight 1e3",                      "1e3"),
        ("--per-account 1000001",                "1000000"),
        ("--timeout 0s",                         "30s"),
        ("--timeout 2h",                         "1h"),
        ("--timeout soon",                       "30s"),
        ("--cors-origin *",                      "https://app.example"),
        ("--cors-origin shop.example",           "https://app.example"),
        ("--cors-origin none --cors-origin any", "none stands alone"),
        ("--log xml",                            "json"),
        ("--port 80",                            "--port"),
        ("queue cas",                            "cas"),
    ];
    for (arguments, message) in invalid {
        is_error(&hotrow(arguments).output().map_err(|error| error.to_string())?, 2, message)
            .map_err(|found| format!("serve {arguments}: {found}"))?;
    }
    Ok(())
}

/// A port in use is not a usage error, and the program must not wait for it.
pub(crate) fn a_port_in_use_is_reported() -> CheckResult {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let output = hotrow(&format!("--listen {address}")).output();
    let message = format!("cannot listen on {address}");
    is_error(&output.map_err(|error| error.to_string())?, 1, &message)
}

/// Checks that the program ended with this code and one line that contains `message`.
fn is_error(output: &Output, code: i32, message: &str) -> CheckResult {
    let line = String::from_utf8_lossy(&output.stderr);
    let is_line = line.lines().count() == 1 && line.starts_with("hotrow: ");
    let is_message = is_line && line.contains(message);
    ensure(output.status.code() == Some(code) && is_message && output.stdout.is_empty(), || {
        format!("{}: {line}", output.status)
    })
}
