//! What is asked, in a form that goes through the router, down a socket, and into a transcript.

use axum::{
    body::Body,
    http::{HeaderValue, Method, Request},
};

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ask {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

/// A body of JSON, as it has to be declared.
const JSON: (&str, &[u8]) = ("content-type", b"application/json");

impl Ask {
    /// A request without headers or a body.
    pub(crate) fn plain(method: &'static str, path: impl Into<String>) -> Ask {
        Ask { method, path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn get(path: impl Into<String>) -> Ask {
        Ask::plain("GET", path)
    }

    pub(crate) fn balance(user: u64) -> Ask {
        Ask::get(format!("/point/{user}"))
    }

    pub(crate) fn charge(user: u64, points: u64) -> Ask {
        Ask::change(format!("/point/{user}/charge"), format!("{{\"amount\":{points}}}"))
    }

    pub(crate) fn use_points(user: u64, points: u64) -> Ask {
        Ask::change(format!("/point/{user}/use"), format!("{{\"amount\":{points}}}"))
    }

    /// A change of an account, whatever the body.
    pub(crate) fn change(path: impl Into<String>, body: impl Into<Vec<u8>>) -> Ask {
        Ask::plain("PATCH", path).header(JSON.0, JSON.1).body(body)
    }

    pub(crate) fn key(self, key: impl Into<Vec<u8>>) -> Ask {
        self.header("idempotency-key", key)
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<Vec<u8>>) -> Ask {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Ask {
        Ask { body: body.into(), ..self }
    }

    /// For the router.
    pub(crate) fn request(&self) -> Request<Body> {
        let method = Method::from_bytes(self.method.as_bytes()).expect("a method is a word");
        let mut request = Request::builder().method(method).uri(&self.path).header("host", "test");
        for (name, value) in &self.headers {
            let value = HeaderValue::from_bytes(value).expect("the value can be sent");
            request = request.header(*name, value);
        }
        request.body(Body::from(self.body.clone())).expect("the path can be sent")
    }

    /// For a socket.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\nhost: test\r\n", self.method, self.path);
        if !self.body.is_empty() {
            bytes += &format!("content-length: {}\r\n", self.body.len());
        }
        let mut bytes = bytes.into_bytes();
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}
