//! A service with latency, as a client observes it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// A service on a free port, which is killed when this is dropped.
struct Served {
    child: Child,
    wire: BufReader<TcpStream>,
}

impl Served {
    fn start(arguments: &[&str]) -> Served {
        let mut child = Command::new(env!("CARGO_BIN_EXE_hotrow"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "off"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap();
        let wire = TcpStream::connect(address).unwrap();
        wire.set_nodelay(true).unwrap();
        Served { child, wire: BufReader::new(wire) }
    }

    /// Charges once, and returns how long that took.
    fn charge(&mut self) -> Duration {
        let began = Instant::now();
        let body = self.send("");
        let took = began.elapsed();
        assert!(body.contains("\"point\""), "{body}");
        took
    }

    /// Sends a charge of one point with more header lines, and returns the body of the answer.
    fn send(&mut self, headers: &str) -> String {
        let request = format!(
            "PATCH /point/1/charge HTTP/1.1\r\nhost: test\r\n{headers}content-type: \
             application/json\r\ncontent-length: 12\r\n\r\n{{\"amount\":1}}"
        );
        self.wire.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut line, mut length) = (String::new(), 0);
        while line != "\r\n" {
            line.clear();
            self.wire.read_line(&mut line).unwrap();
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.wire.read_exact(&mut body).unwrap();
        String::from_utf8(body).unwrap()
    }

    /// Returns the shortest time of `charges` charges.
    fn shortest(&mut self, charges: usize) -> Duration {
        (0..charges).map(|_| self.charge()).min().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // If the process has already ended, both calls do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A charge is three calls of the store. With a timer of one millisecond's resolution, those of
/// 100 us would take 4 ms. The other time of a request, also that of waking a client that waited
/// long, is the same for a latency and for twice that latency, so the difference is measured.
#[test]
fn a_request_takes_as_long_as_the_latency_says() {
    for (micros, charges) in [(100, 300), (1_000, 100), (5_000, 20)] {
        let took = |micros: u64| {
            let latency = format!("fixed:{micros}us");
            let arguments = ["async-mutex", "--store", "simulated", "--latency", &latency];
            let took = Served::start(&arguments).shortest(charges);
            assert!(Duration::from_micros(3 * micros) <= took, "{latency}: {took:?}");
            took
        };
        let (once, twice) = (took(micros), took(2 * micros));
        let (waited, expected) = (twice.saturating_sub(once), Duration::from_micros(3 * micros));
        let within = expected.mul_f64(0.9)..expected.mul_f64(1.1);
        assert!(within.contains(&waited), "{micros} us: {once:?}, and {twice:?} for twice as long");
    }
}

/// A client without an answer repeats its command after the service was killed and started again. The
/// account is the one of before, and holds the command once.
#[test]
fn accounts_and_keys_outlive_a_killed_service() {
    let scratch = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", scratch.path().join("points.db").display());
    let key = "idempotency-key: first\r\n";
    let first = Served::start(&["--store", &store]).send(key);
    assert!(first.contains("\"point\":1,"), "{first}");
    let mut restarted = Served::start(&["version", "--store", &store]);
    assert_eq!(restarted.send(key), first, "the answer of the first");
    let second = restarted.send("idempotency-key: second\r\n");
    assert!(second.contains("\"point\":2,"), "{second}");
}
