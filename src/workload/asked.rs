//! Who asked, and which of its requests it was: what the id of an operation says.
//!
//! An auditor that finds an id in a ledger takes it apart and looks the request up in the script of
//! its client, so nothing has to be kept of a request but what became of it.
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
pub struct Asked {
    /// Who asked: 0 for whoever opens the accounts, 1 and up for clients.
    pub client: u64,
    /// How many requests that client had made before.
    pub number: u64,
}

impl Asked {
    /// The id of this request. Requests that differ have ids that differ, and none is
    /// [`OperationId::UNRECORDED`].
    #[inline]
    pub const fn id(self) -> OperationId {
        OperationId(self.client << NUMBER_BITS | (self.number + 1))
    }

    /// The request that has this id, if any can have it.
    #[inline]
    pub fn of(id: OperationId) -> Option<Asked> {
        let number = (id.0 & ((1 << NUMBER_BITS) - 1)).checked_sub(1)?;
        Some(Asked { client: id.0 >> NUMBER_BITS, number })
    }
}

/// `2-1187`: the 1,187th request of client 2.
impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.client, self.number + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The auditor has nothing but the id to find out who asked for what.
    #[test]
    fn an_id_says_who_asked_and_when() {
        for client in [0, 1, 64, (1 << 24) - 1] {
            for number in [0, 1, 1_186, (1 << NUMBER_BITS) - 2] {
                let asked = Asked { client, number };
                assert_eq!(Asked::of(asked.id()), Some(asked));
            }
        }
        assert_eq!(Asked { client: 2, number: 1_186 }.id(), OperationId(2 << 40 | 1_187));
        assert_eq!(Asked { client: 2, number: 1_186 }.to_string(), "2-1187");
    }

    /// A store that keeps no ids writes this one, and it must not look like a request.
    #[test]
    fn no_request_has_the_id_that_is_not_recorded() {
        assert_eq!(Asked::of(OperationId::UNRECORDED), None);
    }
}
