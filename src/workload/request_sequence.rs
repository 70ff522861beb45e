//! The requests of one client, drawn before any clock starts.
//!
//! A sequence is a ring: a client that comes to its end begins again. So a run of any length takes
//! the same memory, and the measured loop draws nothing. Over one cycle of the ring, a user is
//! charged as many points as it uses, as far as the mix allows. Otherwise balances would drift with
//! each cycle until commands are rejected, sooner for the faster strategy, and two strategies would
//! no longer do the same work.

use std::{num::NonZeroU64, sync::Arc};

use fastrand::Rng;

use super::RngStream;
use crate::{
    domain::{Action, Amount, UserId},
    scenario::{KeyDistribution, Mix, Sampler},
};

/// Requests in a ring: 96 KiB, which fit the second-level cache of a core beside the accounts.
const REQUESTS: usize = 4_096;

/// The longest ring that clients share: 6 MiB, which they read in order.
const REQUESTS_SHARED_MAX: usize = 64 * REQUESTS;

/// The largest amount of a request. Half of the default maximum balance is several thousand times
/// as much, so a balance that starts there seldom reaches a limit.
const POINTS_MAX: u64 = 100;

/// One request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// The user of the account.
    pub user: UserId,
    /// The change; `None` for a read of the balance.
    pub action: Option<Action>,
}

/// A ring of requests. A clone shares the ring.
#[derive(Debug, Clone)]
pub struct RequestSequence {
    requests: Arc<[Request]>,
}

impl RequestSequence {
    /// Draws a sequence over users 1 to `users`. User 1 has rank 0 in `distribution`.
    pub fn draw(
        source: RngStream,
        users: NonZeroU64,
        distribution: KeyDistribution,
        mix: Mix,
    ) -> RequestSequence {
        RequestSequence::draw_shared(1, source, users, distribution, mix)
    }

    /// Draws one sequence that `clients` clients share. It is as long as theirs together, up to a
    /// bound, so that many users are requested as evenly as by separate sequences.
    pub fn draw_shared(
        clients: u32,
        source: RngStream,
        users: NonZeroU64,
        distribution: KeyDistribution,
        mix: Mix,
    ) -> RequestSequence {
        let mut rng = source.rng();
        let sampler = distribution.sampler(users);
        let length = (REQUESTS * clients.next_power_of_two() as usize).min(REQUESTS_SHARED_MAX);
        let mut requests = Vec::with_capacity(length);
        while requests.len() < length {
            requests.extend(pair(&mut rng, sampler, mix));
        }
        rng.shuffle(&mut requests);
        RequestSequence { requests: requests.into() }
    }

    /// Returns the sequence of a client that made these requests of a shared one, in this order.
    pub fn select(&self, numbers: &[u64]) -> RequestSequence {
        let made = numbers.iter().map(|&number| self.request(number));
        let length = numbers.len().next_power_of_two();
        // No client reads the padding up to a power of two.
        let padding = std::iter::repeat(self.request(0));
        RequestSequence { requests: made.chain(padding).take(length).collect() }
    }

    /// Returns the sequence that opens the accounts: one charge of `amount` to each user from 1 to
    /// `users`, in order.
    pub fn opening(users: NonZeroU64, amount: Amount) -> RequestSequence {
        let length = users.get().next_power_of_two();
        let charge = |index: u64| Request {
            user: user(1 + index % users.get()),
            action: Some(Action::Charge(amount)),
        };
        RequestSequence { requests: (0..length).map(charge).collect() }
    }

    /// Returns the request that follows `number` others.
    #[inline]
    pub fn request(&self, number: u64) -> Request {
        // The length is a power of two, so this is the remainder.
        let place = number & (self.requests.len() as u64 - 1);
        self.requests[usize::try_from(place).expect("an index in the ring is below its length")]
    }

    /// Returns one cycle of the ring. Its length is a power of two.
    #[inline]
    pub fn ring(&self) -> &[Request] {
        &self.requests
    }
}

/// Draws two requests for one user: a charge and a use of the same amount, as often as the mix
/// allows both; two reads; or two of the kind with the larger share.
fn pair(rng: &mut Rng, sampler: Sampler, mix: Mix) -> [Request; 2] {
    let user = user(1 + sampler.draw(rng));
    let amount = Amount::new(rng.u64(1..=POINTS_MAX)).expect("1 to 100 points are a valid amount");
    let (charge, use_points) = (Some(Action::Charge(amount)), Some(Action::Use(amount)));
    let both = 2 * mix.charge().min(mix.use_points());
    let actions = match rng.u8(..100) {
        share if share < mix.read() => [None, None],
        share if share < mix.read() + both => [charge, use_points],
        _ if mix.use_points() < mix.charge() => [charge, charge],
        _ => [use_points, use_points],
    };
    actions.map(|action| Request { user, action })
}

fn user(id: u64) -> UserId {
    UserId::new(id).expect("users of a scenario are numbered from 1 and fewer than 2^63")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: RngStream = RngStream { seed: 7, block: 2, client: 3 };

    fn draw(source: RngStream, users: u64, mix: Mix) -> Vec<Request> {
        let sequence = RequestSequence::draw(
            source,
            NonZeroU64::new(users).unwrap(),
            KeyDistribution::Uniform,
            mix,
        );
        (0..REQUESTS as u64).map(|number| sequence.request(number)).collect()
    }

    fn place(user: UserId) -> usize {
        usize::try_from(user.value() - 1).unwrap()
    }

    /// Strategies of a block are compared on the same commands, and a failure is reproduced from
    /// its seed.
    #[test]
    fn a_sequence_depends_on_its_seed_block_and_client() {
        let sequence = draw(SOURCE, 8, Mix::WRITE_ONLY);
        assert_eq!(draw(SOURCE, 8, Mix::WRITE_ONLY), sequence);
        for other in [
            RngStream { seed: 8, ..SOURCE },
            RngStream { block: 3, ..SOURCE },
            RngStream { client: 4, ..SOURCE },
        ] {
            assert_ne!(draw(other, 8, Mix::WRITE_ONLY), sequence);
        }
    }

    /// Another mix than requested would be measured under a wrong name.
    #[test]
    fn kinds_have_the_shares_of_the_mix() {
        for (charge, use_points, read) in [(50, 50, 0), (45, 45, 10), (70, 20, 10), (0, 5, 95)] {
            let sequence = draw(SOURCE, 8, Mix::new(charge, use_points, read).unwrap());
            let share = |kind: fn(&Request) -> bool| {
                sequence.iter().filter(|request| kind(request)).count() as f64 * 100.0
                    / REQUESTS as f64
            };
            let charged = share(|request| matches!(request.action, Some(Action::Charge(_))));
            let used = share(|request| matches!(request.action, Some(Action::Use(_))));
            // Four standard deviations of a share that 2,048 pairs decide.
            let is_close = |measured: f64, expected_share: u8| {
                (measured - f64::from(expected_share)).abs() < 4.5
            };
            assert!(
                is_close(charged, charge) && is_close(used, use_points),
                "{charged} and {used}"
            );
            assert!(is_close(100.0 - charged - used, read));
        }
    }

    /// A biased draw would make one account hotter than the scenario says. The draw makes pairs, so
    /// this test counts pairs.
    #[test]
    fn users_are_equally_likely() {
        const USERS: usize = 64;
        let mut pairs = [0.0; USERS];
        for client in 0..16 {
            for request in draw(RngStream { client, ..SOURCE }, USERS as u64, Mix::WRITE_ONLY) {
                pairs[place(request.user)] += 0.5;
            }
        }
        let expected = 16.0 * REQUESTS as f64 / 2.0 / USERS as f64;
        let chi_square: f64 =
            pairs.iter().map(|measured: &f64| (measured - expected).powi(2) / expected).sum();
        // 63 degrees of freedom: one run in ten thousand lies outside 30 to 110.
        assert!((30.0..110.0).contains(&chi_square), "{chi_square}, {SOURCE:?}");
    }

    /// Rank 0 is user 1. Another order would still be reported under the same distribution.
    #[test]
    fn users_are_requested_as_the_distribution_says() {
        let (users, mix) = (NonZeroU64::new(8).unwrap(), Mix::WRITE_ONLY);
        let sequence =
            RequestSequence::draw(SOURCE, users, KeyDistribution::Hot { users: 1, share: 75 }, mix);
        let hot = sequence.ring().iter().filter(|request| request.user.value() == 1).count();
        // Four standard deviations of a share that 2,048 pairs decide.
        assert!((hot as f64 / REQUESTS as f64 - 0.75).abs() < 0.04, "{hot}");
    }

    /// A drift of one point per cycle would reach a limit at some time, and the faster strategy
    /// runs more cycles.
    #[test]
    fn a_cycle_of_the_ring_leaves_every_balance_unchanged() {
        let mut moved = [0_i64; 8];
        for Request { user, action } in draw(SOURCE, 8, Mix::new(45, 45, 10).unwrap()) {
            let points = action.map_or(0, |action| action.amount().points()).cast_signed();
            let sign = if let Some(Action::Use(_)) = action { -1 } else { 1 };
            moved[place(user)] += sign * points;
        }
        assert_eq!(moved, [0; 8]);
    }

    /// The ring repeats, and the audit looks requests up in it by number.
    #[test]
    fn a_sequence_repeats_after_its_end() {
        let sequence = RequestSequence::draw(
            SOURCE,
            NonZeroU64::new(8).unwrap(),
            KeyDistribution::Uniform,
            Mix::new(20, 20, 60).unwrap(),
        );
        let length = REQUESTS as u64;
        for number in [0, 1, length - 1] {
            assert_eq!(sequence.request(number), sequence.request(number + 5 * length));
        }
    }

    /// Two thousand pairs do not reach a hundred thousand accounts, so a sequence for many clients
    /// is longer. Its cycle leaves balances unchanged all the same.
    #[test]
    fn a_shared_sequence_is_as_long_as_the_sequences_of_its_clients() {
        let users = NonZeroU64::new(8).unwrap();
        for (clients, length) in [(1, 4_096), (2, 8_192), (5, 32_768), (16_384, 262_144)] {
            let mix = Mix::new(45, 45, 10).unwrap();
            let sequence =
                RequestSequence::draw_shared(clients, SOURCE, users, KeyDistribution::Uniform, mix);
            assert_eq!(sequence.ring().len(), length, "{clients}");
            let points = |request: &Request| match request.action {
                Some(Action::Charge(amount)) => amount.points().cast_signed(),
                Some(Action::Use(amount)) => -amount.points().cast_signed(),
                None => 0,
            };
            assert_eq!(sequence.ring().iter().map(points).sum::<i64>(), 0, "{clients}");
        }
    }

    /// The audit looks a client's request up by the client's own number.
    #[test]
    fn a_selection_is_the_sequence_of_its_client() {
        let users = NonZeroU64::new(8).unwrap();
        let shared = RequestSequence::draw_shared(
            3,
            SOURCE,
            users,
            KeyDistribution::Uniform,
            Mix::WRITE_ONLY,
        );
        for numbers in [&[7][..], &[3, 5, 70_000], &[1, 2, 3, 4]] {
            let sequence = shared.select(numbers);
            for (number, &shared_number) in (0..).zip(numbers) {
                assert_eq!(sequence.request(number), shared.request(shared_number));
            }
        }
    }

    /// Each account starts with a charge that is in its ledger like any other.
    #[test]
    fn the_opening_charges_each_user_once() {
        let amount = Amount::new(500).unwrap();
        let sequence = RequestSequence::opening(NonZeroU64::new(5).unwrap(), amount);
        for number in 0..5 {
            let request = sequence.request(number);
            assert_eq!(request.user.value(), number + 1);
            assert_eq!(request.action, Some(Action::Charge(amount)));
        }
    }
}
