//! Where random numbers come from: a seed, a block and a client, and nothing else.

use fastrand::Rng;

/// Names one stream of random numbers. The same name gives the same stream on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The seed of the whole run.
    pub seed: u64,
    /// Which repetition.
    pub block: u32,
    /// Which client of it, or which other use.
    pub client: u32,
}

impl Source {
    /// The stream of this name, from its beginning.
    pub fn rng(self) -> Rng {
        let place = u64::from(self.block) << 32 | u64::from(self.client);
        Rng::with_seed(scattered(scattered(self.seed).wrapping_add(place)))
    }
}

/// The last steps of SplitMix64: names that differ in one bit give seeds that differ in half of
/// theirs, <https://prng.di.unimi.it/splitmix64.c>.
fn scattered(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Were block and client added up, client 1 of block 0 would ask what client 0 of block 1 does.
    #[test]
    fn every_name_has_a_stream_of_its_own() {
        let mut first_draws = HashSet::new();
        for seed in 0..4 {
            for block in 0..16 {
                for client in 0..16 {
                    first_draws.insert(Source { seed, block, client }.rng().u64(..));
                }
            }
        }
        assert_eq!(first_draws.len(), 4 * 16 * 16);
    }
}
