//! What a search has tried already.
//!
//! Two ways to the same layer, state and set of placed operations go on alike, so the second is not
//! gone. Nor is one that has placed more operations of unknown outcome than another: whatever follows
//! from it follows from the other too, which may place them still, or never.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasherDefault, Hash, Hasher},
};

use super::placed::Placed;

/// Where a search was.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place<T, S> {
    pub(super) layer: usize,
    pub(super) linearized: S,
    pub(super) state: T,
}

/// All places where it was, each with the smallest sets of operations of unknown outcome that had
/// been placed to come there: none of them has all the members of another.
pub(super) struct Memo<T, S> {
    sets: HashMap<Place<T, S>, Placed, BuildHasherDefault<WordHasher>>,
    more: HashMap<Place<T, S>, Vec<Placed>, BuildHasherDefault<WordHasher>>,
}

impl<T: Eq + Hash + Clone, S: Eq + Hash + Clone> Memo<T, S> {
    /// Nothing tried, and room for so many places: a history that has an order takes about one for
    /// each operation.
    pub(super) fn with_room(places: usize) -> Memo<T, S> {
        let sets = HashMap::with_capacity_and_hasher(places, BuildHasherDefault::default());
        Memo { sets, more: HashMap::default() }
    }

    /// Notes the place, and says whether it has to be tried.
    pub(super) fn is_new(&mut self, place: Place<T, S>, placed: &Placed) -> bool {
        match self.sets.entry(place) {
            Entry::Vacant(vacant) => {
                vacant.insert(placed.clone());
            }
            Entry::Occupied(mut first) => {
                if first.get().is_within(placed) {
                    return false;
                }
                if placed.is_within(first.get()) {
                    first.insert(placed.clone());
                } else {
                    let more = self.more.entry(first.key().clone()).or_default();
                    if more.iter().any(|set| set.is_within(placed)) {
                        return false;
                    }
                    more.retain(|set| !placed.is_within(set));
                    more.push(placed.clone());
                }
            }
        }
        true
    }
}

/// Hashes by words, as rustc does. Nobody chooses the keys to make them collide, and a hash that
/// withstands that would cost more than the rest of a step.
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
        // The table takes its bucket from the low bits, and a product has its best in the high ones.
        self.0 ^ self.0 >> 32
    }
}
