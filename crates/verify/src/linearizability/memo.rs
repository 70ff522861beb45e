//! The configurations that a search has already visited: [Lowe's](https://doi.org/10.1002/cpe.3928)
//! memoisation.
//!
//! Two configurations with the same layer, state and linearized pending operations continue in the
//! same way, so the second is not searched. Nor is a configuration that has linearized more
//! indeterminate operations than another: whatever follows from it follows from the other too,
//! which may linearize them later, or never.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasherDefault, Hash, Hasher},
};

use super::linearized_set::LinearizedSet;

/// A configuration without its indeterminate operations.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Configuration<T, S> {
    pub(super) layer: usize,
    pub(super) linearized: S,
    pub(super) state: T,
}

/// All visited configurations, each with the smallest sets of indeterminate operations that were
/// linearized on the way to it. None of these sets includes another.
pub(super) struct Memo<T, S> {
    sets: HashMap<Configuration<T, S>, LinearizedSet, BuildHasherDefault<WordHasher>>,
    more: HashMap<Configuration<T, S>, Vec<LinearizedSet>, BuildHasherDefault<WordHasher>>,
}

impl<T: Eq + Hash + Clone, S: Eq + Hash + Clone> Memo<T, S> {
    /// An empty memo with room for this number of configurations. A history that has an order takes
    /// about one for each operation.
    pub(super) fn with_room(configurations: usize) -> Memo<T, S> {
        let sets = HashMap::with_capacity_and_hasher(configurations, BuildHasherDefault::default());
        Memo { sets, more: HashMap::default() }
    }

    /// Records the configuration, and returns whether it must be searched.
    pub(super) fn is_new(
        &mut self,
        configuration: Configuration<T, S>,
        assumed: &LinearizedSet,
    ) -> bool {
        match self.sets.entry(configuration) {
            Entry::Vacant(vacant) => {
                vacant.insert(assumed.clone());
            }
            Entry::Occupied(mut first) => {
                if first.get().is_subset(assumed) {
                    return false;
                }
                if assumed.is_subset(first.get()) {
                    first.insert(assumed.clone());
                } else {
                    let more = self.more.entry(first.key().clone()).or_default();
                    if more.iter().any(|set| set.is_subset(assumed)) {
                        return false;
                    }
                    more.retain(|set| !assumed.is_subset(set));
                    more.push(assumed.clone());
                }
            }
        }
        true
    }
}

/// Hashes word by word, as rustc does. The keys come from the search
/// and not from an adversary, and a hash that resists collisions by choice would cost more than the
/// rest of a step.
#[derive(Default)]
pub(super) struct WordHasher(u64);

impl Hasher for WordHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    #[inline]
    fn write_u8(&mut self, word: u8) {
        self.write_u64(u64::from(word));
    }

    #[inline]
    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    #[inline]
    fn finish(&self) -> u64 {
        // The table takes its bucket from the low bits, but the high bits of a product are the
        // best.
        self.0 ^ self.0 >> 32
    }
}
