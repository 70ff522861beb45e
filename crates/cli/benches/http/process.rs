//! A server in a child process, which is always killed at the end.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use hotrow_machine::Usage;
use serde_json::Value;

use crate::{
    hellos,
    subjects::{Contender, Operation},
};

/// Maximum balance of an account, so that charges of 1 are never rejected.
pub(crate) const BALANCE_MAX: u32 = u32::MAX;

/// Maximum time for a server to listen, and to answer one request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The start of the line that a listening server prints, before its address.
const LISTENING: &str = "listening on http://";

/// A listening server. Dropping it kills the process.
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts the server of a contender and waits until it listens.
    pub(crate) fn start(contender: &Contender) -> Result<Process, String> {
        let failed = |what: &str| format!("{}: {what}", contender.name());
        let cannot = |error: io::Error| failed(&format!("cannot start: {error}"));
        let mut command = hellos::command(contender).map_err(cannot)?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(cannot)?;
        let output = child.stdout.take().expect("the output is piped");
        // From here on, dropping `process` kills the child.
        let mut process = Process { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let (sender, line) = mpsc::channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut first = String::new();
            let _ = output
                .read_line(&mut first)
                .and_then(|_| sender.send(first).map_err(io::Error::other));
            // Further output is drained, so that the server never blocks on a full pipe.
            let _ = io::copy(&mut output, &mut io::sink());
        });
        let first = line.recv_timeout(TIMEOUT).map_err(|_| failed("does not listen"))?;
        let address = first.trim().strip_prefix(LISTENING);
        let address = address.and_then(|address| address.parse().ok());
        process.address = address.ok_or_else(|| failed("printed no address"))?;
        Ok(process)
    }

    /// Returns the URL of an operation.
    pub(crate) fn url(&self, operation: Operation) -> String {
        format!("http://{}{}", self.address, operation.path())
    }

    /// Sends one request and returns the balance in its answer.
    pub(crate) fn call(&self, operation: Operation) -> Result<u64, String> {
        let answer = self.exchange(operation).map_err(|error| error.to_string())?;
        let (head, body) =
            answer.split_once("\r\n\r\n").ok_or("the head of the answer is incomplete")?;
        if !head.starts_with("HTTP/1.1 200 ") {
            return Err(format!("the answer is {}", head.lines().next().unwrap_or_default()));
        }
        let account: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
        account["point"].as_u64().ok_or_else(|| format!("{body} is no account"))
    }

    fn exchange(&self, operation: Operation) -> io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&self.address, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        let body = operation.body().unwrap_or_default();
        let method = if body.is_empty() { "GET" } else { "PATCH" };
        let (path, length) = (operation.path(), body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}",
            self.address
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Resources used by all threads. The counters of a running thread are late by up to a timer
    /// tick; those of an idle server are exact. Zero if the system does not provide them.
    pub(crate) fn usage(&self) -> Usage {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let threads = threads.into_iter().flatten().flatten();
        threads.fold(Usage::default(), |sum, thread| {
            let read = |file| fs::read_to_string(thread.path().join(file)).unwrap_or_default();
            sum.and(Usage {
                cpu_ns: first_number(&read("schedstat")),
                switches_voluntary: field(&read("status"), "voluntary_ctxt_switches:"),
                switches_forced: field(&read("status"), "nonvoluntary_ctxt_switches:"),
            })
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Parses the first number: the time on a processor in nanoseconds.
fn first_number(schedstat: &str) -> u64 {
    schedstat.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn field(status: &str, name: &str) -> u64 {
    let value = status.lines().find_map(|line| line.strip_prefix(name));
    value.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}
