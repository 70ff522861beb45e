//! Numbers for requests, by which an answer is found again in the log.
//!
//! They are made here and never taken from a request: what a stranger chose could be somebody
//! else's number, or a line of its own in the log.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    sync::atomic::{AtomicU64, Ordering},
};

use axum::http::HeaderValue;

/// Gives numbers that differ within this process, and all but surely from those of others.
pub(super) struct RequestIds {
    /// What all numbers of this process are mixed with.
    process: u64,
    next: AtomicU64,
}

/// One number, in 16 hexadecimal digits.
pub(super) struct RequestId([u8; 16]);

impl RequestIds {
    pub(super) fn new() -> RequestIds {
        // The standard library seeds its hashers from the system.
        RequestIds { process: RandomState::new().hash_one("hotrow"), next: AtomicU64::new(0) }
    }

    pub(super) fn next(&self) -> RequestId {
        // Relaxed: numbers have to differ, and need not be in any order.
        let number = self.process.wrapping_add(self.next.fetch_add(1, Ordering::Relaxed));
        RequestId(std::array::from_fn(|place| {
            let digit = number >> (60 - 4 * place) & 0xf;
            b"0123456789abcdef"[usize::try_from(digit).expect("four bits are a place among 16")]
        }))
    }
}

impl RequestId {
    /// As it is logged.
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hexadecimal digits are ASCII")
    }

    /// As it is sent.
    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_bytes(&self.0).expect("hexadecimal digits are visible")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two answers of one number could not be told apart in the log.
    #[test]
    fn numbers_differ_and_are_of_one_length() {
        let ids = RequestIds { process: u64::MAX, next: AtomicU64::new(0) };
        let first = [ids.next(), ids.next(), ids.next()];
        let texts = first.each_ref().map(RequestId::as_str);
        assert_eq!(texts, ["ffffffffffffffff", "0000000000000000", "0000000000000001"]);
    }
}
