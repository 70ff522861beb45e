//! Which operations of unknown outcome were taken to have had their effect.
//!
//! They are placed seldom, and only where nothing else explains what was seen, while the set of them
//! is in every step of a search: so the set is shared, and copied when one is added.

use std::rc::Rc;

const WORD_BITS: usize = u64::BITS as usize;

/// A set of places in the list of such operations. The words end with the highest member, so that
/// equal sets are equal words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Placed(Option<Rc<[u64]>>);

impl Placed {
    fn words(&self) -> &[u64] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether it is in the set.
    #[inline]
    pub(super) fn contains(&self, open: usize) -> bool {
        let word = self.words().get(open / WORD_BITS).copied().unwrap_or_default();
        word >> (open % WORD_BITS) & 1 == 1
    }

    /// The same and one more.
    pub(super) fn with(&self, open: usize) -> Placed {
        let mut words = self.words().to_vec();
        words.resize(words.len().max(open / WORD_BITS + 1), 0);
        words[open / WORD_BITS] |= 1 << (open % WORD_BITS);
        Placed(Some(Rc::from(words)))
    }

    /// Whether every member of this set is one of the other.
    #[inline]
    pub(super) fn is_within(&self, other: &Placed) -> bool {
        let (these, those) = match (&self.0, &other.0) {
            (None, _) => return true,
            (Some(_), None) => return false,
            (Some(these), Some(those)) => (these, those),
        };
        let same = Rc::ptr_eq(these, those);
        same || these.len() <= those.len() && these.iter().zip(&**those).all(|(a, b)| a & !b == 0)
    }

    /// Bytes that the set takes beside itself, counted whole although copies share them.
    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(self.words())
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        self.words().iter().map(|word| word.count_ones()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A set that was taken for part of another would cut off a branch that is still open.
    #[test]
    fn a_set_is_within_those_that_have_all_its_members() {
        let none = Placed::default();
        let (low, high) = (none.with(3), none.with(200));
        let both = high.with(3);
        assert_eq!(both, low.with(200));
        assert_eq!(both.count(), 2);
        for set in [&none, &low, &high, &both] {
            assert!(none.is_within(set) && set.is_within(set) && set.is_within(&both));
        }
        assert!(!low.is_within(&high) && !high.is_within(&low) && !both.is_within(&low));
        assert!(both.contains(200) && !low.contains(200) && !none.contains(0));
    }
}
