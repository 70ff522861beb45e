//! The key of an operation: the client, and the number of its request. The id of the operation
//! encodes it.
//!
//! An audit that finds an id in a ledger decodes it and looks the request up in the sequence of its
//! client. So a log stores only the outcome of a request.
//!
//! ```text
//! id     63         40 39          0
//!        [ client    ] [ number + 1 ]      0: no id
//! ```

use std::fmt;

use crate::domain::OperationId;

const NUMBER_BITS: u32 = 40;

/// One request of one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OperationKey {
    /// The client: 1 and up, or 0 for the commands that open the accounts.
    pub client: u64,
    /// The number of requests that this client made before.
    pub number: u64,
}

impl OperationKey {
    /// Returns the id of this request. Different requests have different ids, and none has
    /// [`OperationId::UNRECORDED`].
    #[inline]
    pub const fn id(self) -> OperationId {
        OperationId(self.client << NUMBER_BITS | (self.number + 1))
    }

    /// Decodes the request with this id, if any request can have it.
    #[inline]
    pub fn of(id: OperationId) -> Option<OperationKey> {
        let number = (id.0 & ((1 << NUMBER_BITS) - 1)).checked_sub(1)?;
        Some(OperationKey { client: id.0 >> NUMBER_BITS, number })
    }
}

/// Displays `2-1187`: the 1,187th request of client 2.
impl fmt::Display for OperationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.client, self.number + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An audit decodes the client and the request from the id alone.
    #[test]
    fn an_id_encodes_the_client_and_the_request() {
        for client in [0, 1, 64, (1 << 24) - 1] {
            for number in [0, 1, 1_186, (1 << NUMBER_BITS) - 2] {
                let key = OperationKey { client, number };
                assert_eq!(OperationKey::of(key.id()), Some(key));
            }
        }
        assert_eq!(OperationKey { client: 2, number: 1_186 }.id(), OperationId(2 << 40 | 1_187));
        assert_eq!(OperationKey { client: 2, number: 1_186 }.to_string(), "2-1187");
    }

    /// A store that keeps no ids writes this id, which must not decode to a request.
    #[test]
    fn the_unrecorded_id_decodes_to_no_request() {
        assert_eq!(OperationKey::of(OperationId::UNRECORDED), None);
    }
}
