//! The indeterminate operations that a search has linearized.
//!
//! A search assumes the effect of an indeterminate operation seldom, where nothing else explains
//! the replies, but every step has the set of them. So steps share the set, and an addition copies
//! it.

use std::rc::Rc;

const WORD_BITS: usize = u64::BITS as usize;

/// A set of indices in the list of indeterminate operations. The words end with the highest member,
/// so equal sets have equal words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct LinearizedSet(Option<Rc<[u64]>>);

impl LinearizedSet {
    fn words(&self) -> &[u64] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Whether the operation is in the set.
    #[inline]
    pub(super) fn contains(&self, operation: usize) -> bool {
        let word = self.words().get(operation / WORD_BITS).copied().unwrap_or_default();
        word >> (operation % WORD_BITS) & 1 == 1
    }

    /// A copy of the set with one more operation.
    pub(super) fn with(&self, operation: usize) -> LinearizedSet {
        let mut words = self.words().to_vec();
        words.resize(words.len().max(operation / WORD_BITS + 1), 0);
        words[operation / WORD_BITS] |= 1 << (operation % WORD_BITS);
        LinearizedSet(Some(Rc::from(words)))
    }

    /// Whether the set is a subset of the other.
    #[inline]
    pub(super) fn is_subset(&self, other: &LinearizedSet) -> bool {
        let (these, those) = match (&self.0, &other.0) {
            (None, _) => return true,
            (Some(_), None) => return false,
            (Some(these), Some(those)) => (these, those),
        };
        let same = Rc::ptr_eq(these, those);
        same || these.len() <= those.len() && these.iter().zip(&**those).all(|(a, b)| a & !b == 0)
    }

    /// Bytes that the set takes on the heap. Counts it whole, although copies share it.
    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(self.words())
    }

    /// The number of operations in the set.
    pub(super) fn count(&self) -> u32 {
        self.words().iter().map(|word| word.count_ones()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// If a set wrongly counted as a subset of another, the search would prune an open branch.
    #[test]
    fn a_set_is_a_subset_of_those_that_have_all_its_members() {
        let none = LinearizedSet::default();
        let (low, high) = (none.with(3), none.with(200));
        let both = high.with(3);
        assert_eq!(both, low.with(200));
        assert_eq!(both.count(), 2);
        for set in [&none, &low, &high, &both] {
            assert!(none.is_subset(set) && set.is_subset(set) && set.is_subset(&both));
        }
        assert!(!low.is_subset(&high) && !high.is_subset(&low) && !both.is_subset(&low));
        assert!(both.contains(200) && !low.contains(200) && !none.contains(0));
    }
}
