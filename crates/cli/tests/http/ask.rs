//! A request that a test can send through the router or a socket, and print in a transcript.

use axum::{
    body::Body,
    http::{self, HeaderValue, Method},
};

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

/// The header that declares a JSON body.
const JSON: (&str, &[u8]) = ("content-type", b"application/json");

impl Request {
    /// Creates a request without headers and body.
    pub(crate) fn new(method: &'static str, path: impl Into<String>) -> Request {
        Request { method, path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn get(path: impl Into<String>) -> Request {
        Request::new("GET", path)
    }

    pub(crate) fn balance(user: u64) -> Request {
        Request::get(format!("/point/{user}"))
    }

    pub(crate) fn charge(user: u64, points: u64) -> Request {
        Request::change(format!("/point/{user}/charge"), format!("{{\"amount\":{points}}}"))
    }

    pub(crate) fn use_points(user: u64, points: u64) -> Request {
        Request::change(format!("/point/{user}/use"), format!("{{\"amount\":{points}}}"))
    }

    /// Creates a charge or a use with any body.
    pub(crate) fn change(path: impl Into<String>, body: impl Into<Vec<u8>>) -> Request {
        Request::new("PATCH", path).header(JSON.0, JSON.1).body(body)
    }

    pub(crate) fn key(self, key: impl Into<Vec<u8>>) -> Request {
        self.header("idempotency-key", key)
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<Vec<u8>>) -> Request {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Request {
        Request { body: body.into(), ..self }
    }

    /// The request as an HTTP message for the router.
    pub(crate) fn to_http(&self) -> http::Request<Body> {
        let method = Method::from_bytes(self.method.as_bytes()).expect("the method is a token");
        let mut request =
            http::Request::builder().method(method).uri(&self.path).header("host", "test");
        for (name, value) in &self.headers {
            let value = HeaderValue::from_bytes(value).expect("the header value is valid");
            request = request.header(*name, value);
        }
        request.body(Body::from(self.body.clone())).expect("the path is valid")
    }

    /// The request as bytes for a socket.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
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
