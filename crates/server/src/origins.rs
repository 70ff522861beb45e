//! Cross-origin resource sharing: which origins' pages may call the service.
//!
//! A browser lets a page charge an account of another origin only if the service allows it. Pages
//! of this machine are allowed by default, because a front end under development runs on another
//! port. Pages of other machines are not: a browser on this machine could send their requests to a
//! service that only this machine can reach.

use std::{borrow::Cow, fmt, time::Duration};

use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Method, Uri,
    header::{self, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN},
    uri::Authority,
};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// Time for which a browser may cache a preflight answer.
const REMEMBERED: Duration = Duration::from_mins(10);

/// Headers of an answer that a page may read in addition to the CORS-safelisted ones.
const EXPOSED: [HeaderName; 5] = [
    header::ALLOW,
    header::LINK,
    header::RETRY_AFTER,
    HeaderName::from_static("idempotency-replayed"),
    HeaderName::from_static("x-request-id"),
];

/// The origins whose pages may call the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins {
    any: bool,
    loopback: bool,
    /// In the form in which a browser sends them.
    listed: Vec<String>,
}

/// Why a text names no origins. The message is one line and says what to give instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginError(Cow<'static, str>);

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OriginError {}

/// Allows pages of this machine.
impl Default for Origins {
    fn default() -> Origins {
        Origins { any: false, loopback: true, listed: Vec::new() }
    }
}

impl Origins {
    /// Parses names: `loopback` for this machine, `any` for all origins, `none` alone for no
    /// origin, or an origin such as `https://app.example`.
    ///
    /// # Errors
    /// [`OriginError`] if a name is no origin, or `none` is not alone.
    pub fn from_names<'a>(
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Origins, OriginError> {
        let mut origins = Origins { any: false, loopback: false, listed: Vec::new() };
        let (mut none, mut count) = (false, 0);
        for name in names {
            count += 1;
            match name {
                "any" => origins.any = true,
                "loopback" => origins.loopback = true,
                "none" => none = true,
                _ => origins.listed.push(origin(name)?),
            }
        }
        match none && count > 1 {
            true => Err(OriginError("none stands alone: remove none or the other origins".into())),
            false => Ok(origins),
        }
    }

    /// Whether pages of this origin may call the service.
    fn allow(&self, origin: &HeaderValue) -> bool {
        let Ok(text) = origin.to_str() else { return false };
        self.any
            || self.loopback && is_loopback(text)
            || self.listed.iter().any(|listed| listed == text)
    }

    /// Whether the request is a preflight request.
    pub(super) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
        method == Method::OPTIONS
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// Whether the page that sent `headers` may call the service.
    pub(super) fn allow_page(&self, headers: &HeaderMap) -> bool {
        headers.get(ORIGIN).is_some_and(|origin| self.allow(origin))
    }

    /// Returns the layer that answers preflight requests and adds the CORS headers. A page may send
    /// any header: only the documented ones have a meaning, and none is a credential.
    pub(super) fn layer(self) -> CorsLayer {
        let origin = match self.any {
            true => AllowOrigin::any(),
            false => AllowOrigin::predicate(move |origin, _| self.allow(origin)),
        };
        CorsLayer::new()
            .allow_origin(origin)
            .allow_methods([Method::GET, Method::HEAD, Method::PATCH])
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers(EXPOSED)
            .max_age(REMEMBERED)
    }
}

/// Parses an origin into the form of browsers: lower case, without the default port of its scheme.
fn origin(name: &str) -> Result<String, OriginError> {
    let invalid = || {
        OriginError(Cow::Owned(format!(
            "{name:?} is no origin: give loopback, any, none, or one such as https://app.example"
        )))
    };
    let lower = name.to_ascii_lowercase();
    let (scheme, host) = lower.split_once("://").ok_or_else(invalid)?;
    let port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return Err(invalid()),
    };
    let is_host = is_host(host.as_bytes()) && lower.parse::<Uri>().is_ok();
    match is_host && !lower.ends_with(':') {
        true => Ok(format!("{scheme}://{}", host.strip_suffix(port).unwrap_or(host))),
        false => Err(invalid()),
    }
}

/// Whether an origin is on this machine: a name that resolves only to it, with any port.
fn is_loopback(origin: &str) -> bool {
    let host = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    let Some(host) = host else { return false };
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| match host.strip_prefix(name) {
        Some("") => true,
        Some(rest) => rest.strip_prefix(':').is_some_and(is_port),
        None => false,
    })
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `text` is a host with an optional port, as in a `Host` header (RFC 9112, section 3.2).
pub(super) fn is_host(text: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
    // Most hosts are a DNS name or an IPv4 address.
    let name = text.split(|byte| *byte == b':').next().unwrap_or_default();
    let port = text.get(name.len() + 1..).unwrap_or_default();
    let is_port = port.len() <= 5 && port.iter().all(u8::is_ascii_digit);
    !name.is_empty() && name.iter().all(is_plain) && is_port || is_unusual_host(text)
}

/// An IPv6 address in brackets, or a name with other characters.
fn is_unusual_host(text: &[u8]) -> bool {
    let Ok(authority) = Authority::try_from(text) else { return false };
    let host = authority.host();
    let is_end = |end: &str| match end.strip_prefix(':') {
        Some(port) => port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit()),
        None => end.is_empty(),
    };
    // A user name before the host is not allowed in a `Host` header.
    !host.is_empty() && authority.as_str().strip_prefix(host).is_some_and(is_end)
}
