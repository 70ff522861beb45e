//! What one client asks, drawn before any clock starts.
//!
//! A script is a ring: a client that comes to its end begins again. So a run of any length costs
//! the same memory, and drawing it costs the measured loop nothing. Over one turn of the ring a
//! user is charged what it is made to use, as far as the mix allows. Otherwise balances would drift
//! with each turn until a rule was in the way, sooner for the faster strategy, and the two would no
//! longer do the same work.

use std::{num::NonZeroU64, sync::Arc};

use fastrand::Rng;

use super::{Keys, Mix, Sampler, Source};
use crate::domain::{Action, Amount, UserId};

/// Requests in a ring: 96 KiB, which a core's second cache holds beside the accounts.
const REQUESTS: usize = 4_096;

/// The longest ring that clients share: 6 MiB, which they read in order.
const REQUESTS_SHARED_MAX: usize = 64 * REQUESTS;

/// The largest amount that a client asks for. Half the usual maximum is some thousand times that,
/// so a balance that starts there seldom meets a rule.
const POINTS_MAX: u64 = 100;

/// One request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// Whose account.
    pub user: UserId,
    /// What to do to it; to read it if nothing.
    pub action: Option<Action>,
}

/// A ring of requests. A copy of it is the same ring.
#[derive(Debug, Clone)]
pub struct Script {
    requests: Arc<[Request]>,
}

impl Script {
    /// Draws a script over users 1 to `users`, of whom the first has rank 0 in `keys`.
    pub fn draw(source: Source, users: NonZeroU64, keys: Keys, mix: Mix) -> Script {
        Script::draw_for(1, source, users, keys, mix)
    }

    /// Draws one script for so many clients that share it. It is as long as theirs together, up to
    /// a bound, so that many users are asked for as evenly as by scripts of their own.
    pub fn draw_for(
        clients: u32,
        source: Source,
        users: NonZeroU64,
        keys: Keys,
        mix: Mix,
    ) -> Script {
        let mut rng = source.rng();
        let sampler = keys.sampler(users);
        let length = (REQUESTS * clients.next_power_of_two() as usize).min(REQUESTS_SHARED_MAX);
        let mut requests = Vec::with_capacity(length);
        while requests.len() < length {
            requests.extend(pair(&mut rng, sampler, mix));
        }
        rng.shuffle(&mut requests);
        Script { requests: requests.into() }
    }

    /// The script of a client that made these requests of a shared one, in this order.
    pub fn dealt(&self, numbers: &[u64]) -> Script {
        let made = numbers.iter().map(|&number| self.request(number));
        let length = numbers.len().next_power_of_two();
        // What fills it up to a power of two is never asked for.
        let filling = std::iter::repeat(self.request(0));
        Script { requests: made.chain(filling).take(length).collect() }
    }

    /// The script of whoever opens the accounts: charges `amount` once to each user from 1 to
    /// `users`, in order.
    pub fn opening(users: NonZeroU64, amount: Amount) -> Script {
        let length = users.get().next_power_of_two();
        let charge = |index: u64| Request {
            user: user(1 + index % users.get()),
            action: Some(Action::Charge(amount)),
        };
        Script { requests: (0..length).map(charge).collect() }
    }

    /// The request that follows `number` others.
    #[inline]
    pub fn request(&self, number: u64) -> Request {
        // The length is a power of two, so this is the remainder.
        let place = number & (self.requests.len() as u64 - 1);
        self.requests[usize::try_from(place).expect("a place in the ring is below its length")]
    }

    /// One turn of the ring; its length is a power of two.
    #[inline]
    pub fn ring(&self) -> &[Request] {
        &self.requests
    }
}

/// Draws two requests for one user: a charge and a use of the same amount, as often as the mix has
/// room for both; two reads; or two of the kind that the mix has more of.
fn pair(rng: &mut Rng, sampler: Sampler, mix: Mix) -> [Request; 2] {
    let user = user(1 + sampler.draw(rng));
    let amount = Amount::new(rng.u64(1..=POINTS_MAX)).expect("1 to 100 points are an amount");
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
    UserId::new(id).expect("users of a cell are numbered from 1 and fewer than 2^63")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: Source = Source { seed: 7, block: 2, client: 3 };

    fn draw(source: Source, users: u64, mix: Mix) -> Vec<Request> {
        let script = Script::draw(source, NonZeroU64::new(users).unwrap(), Keys::Uniform, mix);
        (0..REQUESTS as u64).map(|number| script.request(number)).collect()
    }

    fn place(user: UserId) -> usize {
        usize::try_from(user.value() - 1).unwrap()
    }

    /// Strategies of a block are compared on the same commands, and a failure is repeated from its
    /// seed.
    #[test]
    fn a_script_is_its_seed_its_block_and_its_client() {
        let script = draw(SOURCE, 8, Mix::WRITE_ONLY);
        assert_eq!(draw(SOURCE, 8, Mix::WRITE_ONLY), script);
        for other in [
            Source { seed: 8, ..SOURCE },
            Source { block: 3, ..SOURCE },
            Source { client: 4, ..SOURCE },
        ] {
            assert_ne!(draw(other, 8, Mix::WRITE_ONLY), script);
        }
    }

    /// A mix that is asked for and not made would be measured under a wrong name.
    #[test]
    fn kinds_come_in_the_shares_of_the_mix() {
        for (charge, use_points, read) in [(50, 50, 0), (45, 45, 10), (70, 20, 10), (0, 5, 95)] {
            let script = draw(SOURCE, 8, Mix::new(charge, use_points, read).unwrap());
            let share = |kind: fn(&Request) -> bool| {
                script.iter().filter(|request| kind(request)).count() as f64 * 100.0
                    / REQUESTS as f64
            };
            let charged = share(|request| matches!(request.action, Some(Action::Charge(_))));
            let used = share(|request| matches!(request.action, Some(Action::Use(_))));
            // Four deviations of a share that 2,048 pairs decide.
            let near = |found: f64, asked: u8| (found - f64::from(asked)).abs() < 4.5;
            assert!(near(charged, charge) && near(used, use_points), "{charged} and {used}");
            assert!(near(100.0 - charged - used, read));
        }
    }

    /// A crooked draw would make one account hotter than the cell says. Pairs are what is drawn, so
    /// they are what is counted.
    #[test]
    fn users_are_equally_likely() {
        const USERS: usize = 64;
        let mut pairs = [0.0; USERS];
        for client in 0..16 {
            for request in draw(Source { client, ..SOURCE }, USERS as u64, Mix::WRITE_ONLY) {
                pairs[place(request.user)] += 0.5;
            }
        }
        let expected = 16.0 * REQUESTS as f64 / 2.0 / USERS as f64;
        let chi_square: f64 =
            pairs.iter().map(|found: &f64| (found - expected).powi(2) / expected).sum();
        // 63 degrees of freedom: 30 to 110 leaves out one run in ten thousand.
        assert!((30.0..110.0).contains(&chi_square), "{chi_square}, {SOURCE:?}");
    }

    /// Rank 0 is user 1; a script that spread users in another way would still be called by its keys.
    #[test]
    fn users_are_asked_for_as_the_keys_say() {
        let (users, mix) = (NonZeroU64::new(8).unwrap(), Mix::WRITE_ONLY);
        let script = Script::draw(SOURCE, users, Keys::Hot { users: 1, share: 75 }, mix);
        let hot = script.ring().iter().filter(|request| request.user.value() == 1).count();
        // Four deviations of a share that 2,048 pairs decide.
        assert!((hot as f64 / REQUESTS as f64 - 0.75).abs() < 0.04, "{hot}");
    }

    /// A drift of one point a turn meets a rule after as many turns, and the faster strategy takes
    /// more turns.
    #[test]
    fn a_turn_of_the_ring_leaves_every_balance_where_it_was() {
        let mut moved = [0_i64; 8];
        for Request { user, action } in draw(SOURCE, 8, Mix::new(45, 45, 10).unwrap()) {
            let points = action.map_or(0, |action| action.amount().points()).cast_signed();
            let sign = if let Some(Action::Use(_)) = action { -1 } else { 1 };
            moved[place(user)] += sign * points;
        }
        assert_eq!(moved, [0; 8]);
    }

    /// The ring is cycled through, and the auditor looks requests up in it by their number.
    #[test]
    fn a_script_begins_again_at_its_end() {
        let script = Script::draw(
            SOURCE,
            NonZeroU64::new(8).unwrap(),
            Keys::Uniform,
            Mix::new(20, 20, 60).unwrap(),
        );
        let length = REQUESTS as u64;
        for number in [0, 1, length - 1] {
            assert_eq!(script.request(number), script.request(number + 5 * length));
        }
    }

    /// A hundred thousand accounts are not asked for by two thousand pairs, so a script for many is
    /// longer; and a balance is where it was all the same.
    #[test]
    fn a_shared_script_is_as_long_as_the_scripts_of_its_clients() {
        let users = NonZeroU64::new(8).unwrap();
        for (clients, length) in [(1, 4_096), (2, 8_192), (5, 32_768), (16_384, 262_144)] {
            let mix = Mix::new(45, 45, 10).unwrap();
            let script = Script::draw_for(clients, SOURCE, users, Keys::Uniform, mix);
            assert_eq!(script.ring().len(), length, "{clients}");
            let points = |request: &Request| match request.action {
                Some(Action::Charge(amount)) => amount.points().cast_signed(),
                Some(Action::Use(amount)) => -amount.points().cast_signed(),
                None => 0,
            };
            assert_eq!(script.ring().iter().map(points).sum::<i64>(), 0, "{clients}");
        }
    }

    /// The auditor looks a client's request up by the client's own number.
    #[test]
    fn what_a_client_was_dealt_is_its_script() {
        let users = NonZeroU64::new(8).unwrap();
        let shared = Script::draw_for(3, SOURCE, users, Keys::Uniform, Mix::WRITE_ONLY);
        for numbers in [&[7][..], &[3, 5, 70_000], &[1, 2, 3, 4]] {
            let script = shared.dealt(numbers);
            for (number, &of_shared) in (0..).zip(numbers) {
                assert_eq!(script.request(number), shared.request(of_shared));
            }
        }
    }

    /// Each account starts with a charge that stands in its books like any other.
    #[test]
    fn the_opening_charges_each_user_once() {
        let amount = Amount::new(500).unwrap();
        let script = Script::opening(NonZeroU64::new(5).unwrap(), amount);
        for number in 0..5 {
            let request = script.request(number);
            assert_eq!(request.user.value(), number + 1);
            assert_eq!(request.action, Some(Action::Charge(amount)));
        }
    }
}
