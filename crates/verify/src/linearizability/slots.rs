//! Sets of slots: the pending operations that are already linearized.
//!
//! An operation has a slot from its call to its return. So there are as many slots as operations
//! that are pending at once, and not as many as operations. Up to 64 slots are one word, which
//! takes a few instructions to copy, compare and search. More slots take as many words as they
//! need.

use std::{hash::Hash, iter};

/// A set of slots.
pub(super) trait Slots: Clone + Eq + Hash {
    /// The empty set, with room for this number of slots.
    fn none(slots: usize) -> Self;
    /// Adds a slot, which may be in the set already.
    fn insert(&mut self, slot: usize);
    /// Removes a slot, which need not be in the set.
    fn remove(&mut self, slot: usize);
    /// Whether the slot is in the set.
    fn contains(&self, slot: usize) -> bool;
    /// Bytes that the set takes on the heap.
    fn heap_bytes(&self) -> usize;
    /// The first slot at or after `from` that is in this set and not in the other.
    fn next_not_in(&self, other: &Self, from: usize) -> Option<usize>;
}

const WORD_BITS: usize = u64::BITS as usize;

impl Slots for u64 {
    fn none(slots: usize) -> u64 {
        debug_assert!(slots <= WORD_BITS);
        0
    }

    #[inline]
    fn insert(&mut self, slot: usize) {
        *self |= 1 << slot;
    }

    #[inline]
    fn remove(&mut self, slot: usize) {
        *self &= !(1 << slot);
    }

    #[inline]
    fn contains(&self, slot: usize) -> bool {
        *self >> slot & 1 == 1
    }

    #[inline]
    fn heap_bytes(&self) -> usize {
        0
    }

    #[inline]
    fn next_not_in(&self, other: &u64, from: usize) -> Option<usize> {
        if from >= WORD_BITS {
            return None;
        }
        let rest = self & !other & (u64::MAX << from);
        (rest != 0).then_some(rest.trailing_zeros() as usize)
    }
}

impl Slots for Box<[u64]> {
    fn none(slots: usize) -> Box<[u64]> {
        iter::repeat_n(0, slots.div_ceil(WORD_BITS)).collect()
    }

    fn insert(&mut self, slot: usize) {
        self[slot / WORD_BITS].insert(slot % WORD_BITS);
    }

    fn remove(&mut self, slot: usize) {
        self[slot / WORD_BITS].remove(slot % WORD_BITS);
    }

    fn contains(&self, slot: usize) -> bool {
        self[slot / WORD_BITS].contains(slot % WORD_BITS)
    }

    fn heap_bytes(&self) -> usize {
        size_of_val(&**self)
    }

    fn next_not_in(&self, other: &Box<[u64]>, from: usize) -> Option<usize> {
        let first = from / WORD_BITS;
        (first..self.len()).find_map(|word| {
            let from = if word == first { from % WORD_BITS } else { 0 };
            Some(word * WORD_BITS + self[word].next_not_in(&other[word], from)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk<S: Slots>(set: &S, without: &S) -> Vec<usize> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(slot) = set.next_not_in(without, from) {
            found.push(slot);
            from = slot + 1;
        }
        found
    }

    fn assert_is_a_set<S: Slots>(members: &[usize]) {
        let slots = members.iter().max().unwrap() + 1;
        let (mut set, mut without) = (S::none(slots), S::none(slots));
        members.iter().for_each(|&slot| set.insert(slot));
        assert_eq!(walk(&set, &without), members);
        without.insert(members[1]);
        assert!(!walk(&set, &without).contains(&members[1]));
        set.remove(members[0]);
        assert!(!set.contains(members[0]) && set.contains(members[1]));
        assert_eq!(walk(&set, &without), members[2..]);
    }

    /// Shifts are most likely wrong at the boundaries of words.
    #[test]
    fn a_set_is_walked_in_order_across_word_boundaries() {
        assert_is_a_set::<u64>(&[0, 1, 31, 62, 63]);
        assert_is_a_set::<Box<[u64]>>(&[0, 1, 63]);
        assert_is_a_set::<Box<[u64]>>(&[5, 63, 64, 127, 128, 300]);
    }
}
