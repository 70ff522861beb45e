//! Request ids, which connect an answer with its line in the log.
//!
//! The server generates them and never takes them from a request: a client could choose the id of
//! another request, or text that forges a log line.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    sync::atomic::{AtomicU64, Ordering},
};

use axum::http::HeaderValue;

/// Generates ids that are unique in this process, and almost certainly differ from those of others.
pub(super) struct RequestIds {
    /// Random offset of all ids of this process.
    process: u64,
    next: AtomicU64,
}

/// One id, in 16 hexadecimal digits.
pub(super) struct RequestId([u8; 16]);

impl RequestIds {
    pub(super) fn new() -> RequestIds {
        // `RandomState` is seeded from the system.
        RequestIds { process: RandomState::new().hash_one("hotrow"), next: AtomicU64::new(0) }
    }

    pub(super) fn next(&self) -> RequestId {
        // Relaxed: ids must differ; they need no order.
        let id = self.process.wrapping_add(self.next.fetch_add(1, Ordering::Relaxed));
        RequestId(std::array::from_fn(|place| {
            let digit = id >> (60 - 4 * place) & 0xf;
            b"0123456789abcdef"[usize::try_from(digit).expect("four bits are below 16")]
        }))
    }
}

impl RequestId {
    /// The id as text, for the log.
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hexadecimal digits are ASCII")
    }

    /// The id as a header value.
    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_bytes(&self.0).expect("hexadecimal digits are visible")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two answers with the same id could not be distinguished in the log.
    #[test]
    fn ids_differ_and_have_the_same_length() {
        let ids = RequestIds { process: u64::MAX, next: AtomicU64::new(0) };
        let first = [ids.next(), ids.next(), ids.next()];
        let texts = first.each_ref().map(RequestId::as_str);
        assert_eq!(texts, ["ffffffffffffffff", "0000000000000000", "0000000000000001"]);
    }
}
