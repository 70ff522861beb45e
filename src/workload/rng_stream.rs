//! Streams of random numbers, derived from a seed, a block and a client.

use fastrand::Rng;

/// The name of one stream of random numbers. The same name gives the same stream on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RngStream {
    /// The seed of the whole run.
    pub seed: u64,
    /// The number of the block.
    pub block: u32,
    /// The number of the client, or a number for another use.
    pub client: u32,
}

impl RngStream {
    /// Returns a generator at the beginning of the stream.
    pub fn rng(self) -> Rng {
        let position = u64::from(self.block) << 32 | u64::from(self.client);
        Rng::with_seed(splitmix64(splitmix64(self.seed).wrapping_add(position)))
    }
}

/// The last steps of [SplitMix64](https://prng.di.unimi.it/splitmix64.c). Names that differ in one
/// bit give seeds that differ in half of their bits.
fn splitmix64(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// If block and client were added up, client 1 of block 0 would equal client 0 of block 1.
    #[test]
    fn every_name_has_a_distinct_stream() {
        let mut first_draws = HashSet::new();
        for seed in 0..4 {
            for block in 0..16 {
                for client in 0..16 {
                    first_draws.insert(RngStream { seed, block, client }.rng().u64(..));
                }
            }
        }
        assert_eq!(first_draws.len(), 4 * 16 * 16);
    }
}
