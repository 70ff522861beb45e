//! `hotrow serve` as a child process, and an HTTP client that is independent of the page.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

/// A running service. Dropping it ends the service.
pub(crate) struct Served {
    process: Child,
    /// Host and port.
    address: String,
}

impl Served {
    /// Starts a service with these arguments on a free port.
    pub(crate) fn start(arguments: &str) -> Served {
        let mut process = Command::new(env!("CARGO_BIN_EXE_hotrow"))
            .arg("serve")
            .args(arguments.split_whitespace())
            .args(["--listen", "127.0.0.1:0", "--log", "off"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("the stream is piped"))
            .read_line(&mut line)
            .unwrap();
        let address = line.trim_end().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("serve {arguments} printed {line:?}"));
        Served { address: address.to_owned(), process }
    }

    /// Returns the URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sends a GET request and returns the JSON of the answer.
    pub(crate) fn get(&self, path: &str) -> Value {
        self.send("GET", path, "")
    }

    /// Charges an account, as another client than the page.
    pub(crate) fn charge(&self, user: u64, amount: u64) -> Value {
        self.send("PATCH", &format!("/point/{user}/charge"), &amount.to_string())
    }

    /// Sends one request on a new connection. In HTTP/1.0 the answer ends with the connection.
    fn send(&self, method: &str, path: &str, body: &str) -> Value {
        let (host, length) = (&self.address, body.len());
        let mut stream = TcpStream::connect(host).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head and a body");
        assert!(head.split(' ').nth(1) == Some("200"), "{method} {path}: {answer}");
        serde_json::from_str(body).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // A process that has already ended must be reaped too.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
