//! A server in a process of its own: started, asked by hand, and ended whatever happens.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use hotrow::machine::Usage;
use serde_json::Value;

use crate::{
    hellos,
    subjects::{Asked, Subject},
};

/// The most that an account may hold: so that charges of 1 are never refused.
pub(crate) const BALANCE_MAX: u32 = u32::MAX;

/// How long a server may take to listen, and to answer when it is asked by hand.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a server says when it listens, before its address.
const LISTENING: &str = "listening on http://";

/// A server that listens. Dropped, it is ended and waited for.
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts the server of a subject, and waits until it listens.
    pub(crate) fn start(subject: &Subject) -> Result<Process, String> {
        let failed = |what: &str| format!("{}: {what}", subject.name());
        let cannot = |error: io::Error| failed(&format!("cannot start: {error}"));
        let mut command = hellos::command(subject).map_err(cannot)?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(cannot)?;
        let output = child.stdout.take().expect("its output was asked for");
        // From here on it is ended with this.
        let mut process = Process { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let (told, line) = mpsc::channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut first = String::new();
            let _ = output
                .read_line(&mut first)
                .and_then(|_| told.send(first).map_err(io::Error::other));
            // Whatever else it has to say is taken, so that it never waits to say it.
            let _ = io::copy(&mut output, &mut io::sink());
        });
        let first = line.recv_timeout(PATIENCE).map_err(|_| failed("does not listen"))?;
        let address = first.trim().strip_prefix(LISTENING);
        let address = address.and_then(|address| address.parse().ok());
        process.address = address.ok_or_else(|| failed("said nothing of where it listens"))?;
        Ok(process)
    }

    /// Where to ask it.
    pub(crate) fn url(&self, asked: Asked) -> String {
        format!("http://{}{}", self.address, asked.path())
    }

    /// Asks it once, and gives the balance that it tells.
    pub(crate) fn ask(&self, asked: Asked) -> Result<u64, String> {
        let answer = self.exchange(asked).map_err(|error| error.to_string())?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("the answer has no end of head")?;
        if !head.starts_with("HTTP/1.1 200 ") {
            return Err(format!("the answer is {}", head.lines().next().unwrap_or_default()));
        }
        let account: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
        account["point"].as_u64().ok_or_else(|| format!("{body} is no account"))
    }

    fn exchange(&self, asked: Asked) -> io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let body = asked.body().unwrap_or_default();
        let method = if body.is_empty() { "GET" } else { "PATCH" };
        let (path, length) = (asked.path(), body.len());
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

    /// What all its threads have used. Those that run just now are a tick behind; those of a server that
    /// nobody asks are not. Nothing where the system does not tell.
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
        // Either fails only where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The time on a processor, which comes first, in nanoseconds.
fn first_number(schedstat: &str) -> u64 {
    schedstat.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn field(status: &str, name: &str) -> u64 {
    let value = status.lines().find_map(|line| line.strip_prefix(name));
    value.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
}
