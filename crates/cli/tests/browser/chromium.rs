//! A headless Chromium, driven through its own pipe.
//!
//! It speaks the [DevTools protocol](https://chromedevtools.github.io/devtools-protocol/): JSON on
//! descriptors 3 and 4, each message ended by a NUL. A shell connects pipes to these descriptors,
//! so the browser needs no port and no socket, and the test needs no library. The crates for this
//! protocol, `headless_chrome` and `chromiumoxide`, have 50 to 70 dependencies and take a minute to
//! compile, because they contain the whole protocol; these tests use ten stable commands of it.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{self, Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::found::found;

/// The browser connects only to the page under test, and needs neither a screen nor a user.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
];

/// Moves standard input and output of the shell to the descriptors that Chromium uses.
const CONNECT_PIPES: &str = r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#;

/// Timeout for an answer, and for a page to reach an expected state: many times what either takes
/// on a machine that is busy with other tests.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A browser with one page.
pub(crate) struct Chromium {
    process: Child,
    profile: PathBuf,
    commands: ChildStdin,
    messages: Receiver<Value>,
    calls: u64,
    session: Option<String>,
    /// Events of the page, in order: each is a message with `method` and `params`.
    events: Vec<Value>,
    /// Number of events that were awaited or skipped.
    awaited: usize,
}

impl Chromium {
    /// Starts a browser for the test of this name; none if the machine has no Chromium. With
    /// `HOTROW_BROWSER=required` a missing Chromium is a failure.
    pub(crate) fn start(name: &str) -> Option<Chromium> {
        let Some(program) = found() else {
            let required = env::var("HOTROW_BROWSER").is_ok_and(|value| value == "required");
            assert!(!required, "Chromium is not on PATH: install it, or set CHROMIUM");
            #[expect(
                clippy::explicit_write,
                reason = "the test harness captures the output of the print macros"
            )]
            writeln!(io::stderr(), "{name} skipped: Chromium is not installed").unwrap();
            return None;
        };
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let profile = folder.join(format!("chromium-{name}-{}", process::id()));
        fs::create_dir_all(&profile).unwrap();
        let mut process = Command::new("sh")
            .args(["-c", CONNECT_PIPES, "sh"])
            .arg(program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = process.stdin.take().expect("the stream is piped");
        let messages = read(process.stdout.take().expect("the stream is piped"));
        let mut chromium = Chromium {
            process,
            profile,
            commands,
            messages,
            calls: 0,
            session: None,
            events: Vec::new(),
            awaited: 0,
        };
        chromium.attach();
        Some(chromium)
    }

    /// Creates the page and enables its events.
    fn attach(&mut self) {
        let target = self.call("Target.createTarget", json!({ "url": "about:blank" }));
        let target = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = self.call("Target.attachToTarget", target);
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
    }

    /// Opens a page and waits for its load event.
    pub(crate) fn open(&mut self, url: &str) {
        let opened = self.call("Page.navigate", json!({ "url": url }));
        assert_eq!(opened["errorText"], Value::Null, "{url}");
        self.next("Page.loadEventFired");
    }

    /// Evaluates an expression in the page.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let params =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", params);
        assert_eq!(answer["exceptionDetails"], Value::Null, "{expression}");
        answer["result"]["value"].take()
    }

    /// Waits until an expression in the page is true.
    ///
    /// # Panics
    /// After half of the timeout, with the text of the page.
    pub(crate) fn wait_until(&mut self, expression: &str) {
        let millis = TIMEOUT.as_millis() / 2;
        let became = self.value(&format!(
            "new Promise((resolve) => {{
                const end = performance.now() + {millis};
                const look = () => {{
                    if ({expression}) resolve(true);
                    else if (performance.now() > end) resolve(false);
                    else setTimeout(look, 10);
                }};
                look();
            }})"
        ));
        if became != true {
            let page = self.value("document.body.innerText");
            panic!("`{expression}` is still false; the page says:\n{}", page.as_str().unwrap());
        }
    }

    /// Replaces the text of a field with typed text.
    pub(crate) fn fill(&mut self, id: &str, text: &str) {
        let emptied = "field.focus(), field.value = ''";
        self.value(&format!("{{ const field = document.getElementById('{id}'); {emptied} }}"));
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Clicks a button with the mouse; a button that is hidden behind another element is not
    /// clicked.
    pub(crate) fn press(&mut self, id: &str) {
        let place = self.value(&format!(
            "(() => {{
                const button = document.getElementById('{id}');
                button.scrollIntoView({{ block: 'center' }});
                const {{ x, y, width, height }} = button.getBoundingClientRect();
                return {{ x: x + width / 2, y: y + height / 2 }};
            }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let mut event = json!({ "type": kind, "button": "left", "clickCount": 1 });
            (event["x"], event["y"]) = (place["x"].clone(), place["y"].clone());
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Returns the events of one kind, such as `Network.requestWillBeSent`.
    pub(crate) fn events(&self, method: &str) -> impl Iterator<Item = &Value> {
        let is_of_kind = move |event: &&Value| event["method"] == method;
        self.events.iter().filter(is_of_kind).map(|event| &event["params"])
    }

    /// Waits for the next event of one kind, after the event that was awaited last.
    pub(crate) fn next(&mut self, method: &str) -> Value {
        let end = Instant::now() + TIMEOUT;
        loop {
            while let Some(event) = self.events.get(self.awaited) {
                self.awaited += 1;
                if event["method"] == method {
                    return event["params"].clone();
                }
            }
            let message = self.receive(end, method);
            self.events.push(message);
        }
    }

    /// Sends a command and returns its result.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        self.calls += 1;
        let mut command = json!({ "id": self.calls, "method": method, "params": params });
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        write!(self.commands, "{command}\0").unwrap();
        let end = Instant::now() + TIMEOUT;
        loop {
            let mut message = self.receive(end, method);
            if message["id"] == self.calls {
                assert_eq!(message["error"], Value::Null, "{method}");
                return message["result"].take();
            }
            self.events.push(message);
        }
    }

    fn receive(&self, end: Instant, awaited: &str) -> Value {
        let left = end.saturating_duration_since(Instant::now());
        self.messages.recv_timeout(left).unwrap_or_else(|error| match error {
            RecvTimeoutError::Timeout => panic!("no {awaited} within {TIMEOUT:?}"),
            RecvTimeoutError::Disconnected => panic!("Chromium ended before {awaited}"),
        })
    }
}

/// Ends the browser with all its processes, and removes what it wrote.
impl Drop for Chromium {
    fn drop(&mut self) {
        self.session = None;
        let close = json!({ "id": 0, "method": "Browser.close" });
        // This fails if the browser has ended or no longer reads; it is killed below in any case.
        let _ = write!(self.commands, "{close}\0");
        let end = Instant::now() + Duration::from_secs(10);
        let left = || end.saturating_duration_since(Instant::now());
        while self.messages.recv_timeout(left()).is_ok() {}
        let _ = self.process.kill();
        let _ = self.process.wait();
        // The last of its processes may still write to the folder for a moment.
        while fs::remove_dir_all(&self.profile).is_err() && !left().is_zero() {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Reads messages until the browser ends.
fn read(stream: ChildStdout) -> Receiver<Value> {
    let (sender, messages) = mpsc::channel();
    thread::spawn(move || {
        for message in BufReader::new(stream).split(0) {
            let Ok(message) = message else { return };
            let message = serde_json::from_slice(&message).expect("each message is JSON");
            if sender.send(message).is_err() {
                return;
            }
        }
    });
    messages
}
