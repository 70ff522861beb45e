//! A headless Chromium, driven through its own pipe.
//!
//! It speaks the [DevTools protocol](https://chromedevtools.github.io/devtools-protocol/): JSON on
//! descriptors 3 and 4, each message ended by a NUL. A shell lays our pipes there, so that it takes
//! no port, no socket and no library. The crates that are made for this, `headless_chrome` and
//! `chromiumoxide`, bring 50 to 70 others and compile all of the protocol, a minute of it; what is
//! used here are ten commands of hundreds, and none of them has changed in years.

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

/// It talks to nobody but the page under test, and needs neither a screen nor a user.
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

/// Puts what is standard input and output of the shell where Chromium looks for commands.
const ONTO_ITS_PIPES: &str = r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#;

/// How long to wait for an answer, or for a page to become what is expected: many times what either
/// takes on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page.
pub(crate) struct Chromium {
    process: Child,
    profile: PathBuf,
    commands: ChildStdin,
    messages: Receiver<Value>,
    calls: u64,
    session: Option<String>,
    /// What the page did, in order: each is a message with `method` and `params`.
    events: Vec<Value>,
    /// How many of them were waited for, or passed over.
    awaited: usize,
}

impl Chromium {
    /// Starts one for the test of this name, or none on a machine that has none. With
    /// `HOTROW_BROWSER=required` it is a failure to have none.
    pub(crate) fn start(name: &str) -> Option<Chromium> {
        let Some(program) = found() else {
            let required = env::var("HOTROW_BROWSER").is_ok_and(|value| value == "required");
            assert!(!required, "no Chromium is on PATH, and CHROMIUM names none");
            #[expect(clippy::explicit_write, reason = "a macro's words are kept back by a test")]
            writeln!(io::stderr(), "{name} was not run: there is no Chromium").unwrap();
            return None;
        };
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let profile = folder.join(format!("chromium-{name}-{}", process::id()));
        fs::create_dir_all(&profile).unwrap();
        let mut process = Command::new("sh")
            .args(["-c", ONTO_ITS_PIPES, "sh"])
            .arg(program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = process.stdin.take().expect("it is piped");
        let messages = read(process.stdout.take().expect("it is piped"));
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

    /// Makes the page, and has everything told that happens to it.
    fn attach(&mut self) {
        let target = self.call("Target.createTarget", json!({ "url": "about:blank" }));
        let which = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = self.call("Target.attachToTarget", which);
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
    }

    /// Goes to a page, and returns when its code has been run once.
    pub(crate) fn open(&mut self, url: &str) {
        let opened = self.call("Page.navigate", json!({ "url": url }));
        assert_eq!(opened["errorText"], Value::Null, "{url}");
        self.next("Page.loadEventFired");
    }

    /// The value of an expression in the page.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let asked =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", asked);
        assert_eq!(answer["exceptionDetails"], Value::Null, "{expression}");
        answer["result"]["value"].take()
    }

    /// Returns once an expression in the page is true.
    ///
    /// # Panics
    /// Panics if it never is, and tells what is on the page instead.
    pub(crate) fn wait_until(&mut self, expression: &str) {
        let millis = PATIENCE.as_millis() / 2;
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
            panic!("it never came to `{expression}`; the page says:\n{}", page.as_str().unwrap());
        }
    }

    /// Replaces what is in a field, as somebody who types does.
    pub(crate) fn fill(&mut self, id: &str, text: &str) {
        let emptied = "field.focus(), field.value = ''";
        self.value(&format!("{{ const field = document.getElementById('{id}'); {emptied} }}"));
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Presses a button by the mouse: one that is hidden behind something else is not pressed.
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

    /// What happened of one kind, such as `Network.requestWillBeSent`.
    pub(crate) fn events(&self, method: &str) -> impl Iterator<Item = &Value> {
        let is_asked = move |event: &&Value| event["method"] == method;
        self.events.iter().filter(is_asked).map(|event| &event["params"])
    }

    /// Waits for the next event of one kind, after the one that was waited for last.
    pub(crate) fn next(&mut self, method: &str) -> Value {
        let end = Instant::now() + PATIENCE;
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
        let end = Instant::now() + PATIENCE;
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
            RecvTimeoutError::Timeout => panic!("{awaited} did not come in {PATIENCE:?}"),
            RecvTimeoutError::Disconnected => panic!("Chromium ended before {awaited}"),
        })
    }
}

/// Ends the browser with all its processes, and removes what it wrote.
impl Drop for Chromium {
    fn drop(&mut self) {
        self.session = None;
        let close = json!({ "id": 0, "method": "Browser.close" });
        // One that has ended already, or does not listen any more, is ended by what follows.
        let _ = write!(self.commands, "{close}\0");
        let end = Instant::now() + Duration::from_secs(10);
        let left = || end.saturating_duration_since(Instant::now());
        while self.messages.recv_timeout(left()).is_ok() {}
        let _ = self.process.kill();
        let _ = self.process.wait();
        // The last of its processes may still write there for a moment.
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
