//! Whom clients ask for: which of the users, and how often.
//!
//! A row is as contended as it is asked for, so this is the axis that strategies differ on. Users
//! are told apart by rank, from 0; rank 0 is asked for the most wherever any is.
//!
//! | keys | who is asked for |
//! |---|---|
//! | `uniform` | every user as often as any other |
//! | `zipf:0.99` | rank `r` in proportion to `1 / (r + 1)^0.99`; 0 is uniform, 0.99 is what YCSB asks |
//! | `hot:10@90` | in 90 % of requests one of the first 10, in 10 % one of the others |
//!
//! Zipf is drawn by rejection-inversion, [Hörmann and Derflinger (1996)][paper], in the form that
//! Apache Commons gives it, which holds for every theta and has no special case at 1. It is exact,
//! keeps five numbers whatever the number of users, and seldom draws twice. `ln` and `exp` may differ
//! in their last bit from one system's library to another's, and then, rarely, a rank does.
//!
//! [paper]: https://doi.org/10.1145/235025.235029

use std::{error::Error, fmt, num::NonZeroU64, str::FromStr};

use fastrand::Rng;

/// The steepest Zipf: of 1,000,000 users the first then gets 96 % of all requests.
const THETA_MAX: f64 = 5.0;

/// How requests spread over the users.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Keys {
    /// Every user as often as any other.
    #[default]
    Uniform,
    /// By Zipf's law.
    Zipf {
        /// The exponent, 0 to 5.
        theta: f64,
    },
    /// The first few more often than the others; both uniformly among themselves.
    Hot {
        /// How many are hot, 1 and up. If there are no more users than that, all are hot.
        users: u64,
        /// How often one of them is asked for, 0 to 100 per cent.
        share: u8,
    },
}

impl Keys {
    /// Prepares to draw from users of rank 0 to `users - 1`.
    ///
    /// # Panics
    /// If theta, the share or the hot users are not what [`Keys`] says that they are.
    pub fn sampler(self, users: NonZeroU64) -> Sampler {
        let users = users.get();
        Sampler(match self {
            Keys::Uniform => Shape::Uniform { users },
            Keys::Zipf { theta } => Shape::Zipf(Zipf::new(theta, users)),
            Keys::Hot { users: hot, share } => {
                assert!(hot > 0 && share <= 100, "{self} has hot users and a share of 0 to 100");
                match users.checked_sub(hot) {
                    None | Some(0) => Shape::Uniform { users },
                    Some(others) => Shape::Hot { hot, others, share },
                }
            }
        })
    }
}

/// Draws ranks; it keeps nothing between two draws.
#[derive(Debug, Clone, Copy)]
pub struct Sampler(Shape);

#[derive(Debug, Clone, Copy)]
enum Shape {
    Uniform { users: u64 },
    Zipf(Zipf),
    Hot { hot: u64, others: u64, share: u8 },
}

impl Sampler {
    /// Draws the rank of a user, from 0.
    #[inline]
    pub fn draw(&self, rng: &mut Rng) -> u64 {
        match self.0 {
            Shape::Uniform { users } => rng.u64(..users),
            Shape::Zipf(zipf) => zipf.draw(rng),
            Shape::Hot { hot, others, share } => match rng.u8(..100) < share {
                true => rng.u64(..hot),
                false => hot + rng.u64(..others),
            },
        }
    }
}

/// Ranks counted from 1 under the hat `h(x) = x^-theta`, whose integral is `H`.
#[derive(Debug, Clone, Copy)]
struct Zipf {
    theta: f64,
    ranks: f64,
    /// Where the area of the first rank begins, `H(1.5) - h(1)`: that rank is never rejected.
    area_low: f64,
    /// Where that of the last ends, `H(ranks + 0.5)`.
    area_high: f64,
    /// How far below its rank a point may lie and be accepted without another look.
    squeeze: f64,
}

impl Zipf {
    fn new(theta: f64, users: u64) -> Zipf {
        assert!((0.0..=THETA_MAX).contains(&theta), "theta {theta} is in 0..={THETA_MAX}");
        let ranks = users as f64;
        let mut zipf = Zipf { theta, ranks, area_low: 0.0, area_high: 0.0, squeeze: 0.0 };
        zipf.area_low = zipf.area(1.5) - 1.0;
        zipf.area_high = zipf.area(ranks + 0.5);
        zipf.squeeze = 2.0 - zipf.area_inverse(zipf.area(2.5) - zipf.height(2.0));
        zipf
    }

    fn draw(&self, rng: &mut Rng) -> u64 {
        loop {
            let area = self.area_high + rng.f64() * (self.area_low - self.area_high);
            let point = self.area_inverse(area);
            let rank = point.round().clamp(1.0, self.ranks);
            let squeezed = rank - point <= self.squeeze;
            if squeezed || area >= self.area(rank + 0.5) - self.height(rank) {
                return whole(rank) - 1;
            }
        }
    }

    fn height(&self, x: f64) -> f64 {
        (-self.theta * x.ln()).exp()
    }

    /// `(x^(1 - theta) - 1) / (1 - theta)`, which goes to `ln x` where theta goes to 1.
    fn area(&self, x: f64) -> f64 {
        let ln = x.ln();
        exp_m1_over((1.0 - self.theta) * ln) * ln
    }

    fn area_inverse(&self, area: f64) -> f64 {
        // Below -1 only by rounding, where `ln_1p` has no value.
        let bent = (area * (1.0 - self.theta)).max(-1.0);
        (ln_1p_over(bent) * area).exp()
    }
}

/// Where a Taylor series of three terms is as exact as the quotient is not.
const SERIES_BELOW: f64 = 1e-8;

/// `(e^x - 1) / x`, and 1 at 0.
fn exp_m1_over(x: f64) -> f64 {
    match x.abs() > SERIES_BELOW {
        true => x.exp_m1() / x,
        false => 1.0 + x / 2.0 * (1.0 + x / 3.0),
    }
}

/// `ln(1 + x) / x`, and 1 at 0.
fn ln_1p_over(x: f64) -> f64 {
    match x.abs() > SERIES_BELOW {
        true => x.ln_1p() / x,
        false => 1.0 - x * (0.5 - x / 3.0),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank is whole, at least 1 and at most the number of users"
)]
fn whole(rank: f64) -> u64 {
    rank as u64
}

/// `uniform`, `zipf:0.99`, `hot:10@90`.
impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Keys::Uniform => write!(f, "uniform"),
            Keys::Zipf { theta } => write!(f, "zipf:{theta}"),
            Keys::Hot { users, share } => write!(f, "hot:{users}@{share}"),
        }
    }
}

impl FromStr for Keys {
    type Err = KeysError;

    fn from_str(text: &str) -> Result<Keys, KeysError> {
        let form = || KeysError::Form { keys: text.to_owned() };
        match text.trim().split_once(':') {
            None if text.trim() == "uniform" => Ok(Keys::Uniform),
            Some(("zipf", theta)) => {
                let number: f64 = theta.parse().map_err(|_| form())?;
                match (0.0..=THETA_MAX).contains(&number) {
                    true => Ok(Keys::Zipf { theta: number }),
                    false => Err(KeysError::Theta { theta: theta.to_owned() }),
                }
            }
            Some(("hot", hot)) => {
                let (users, share) = hot.split_once('@').ok_or_else(form)?;
                let users: u64 = users.parse().map_err(|_| form())?;
                match share.parse().map_err(|_| form())? {
                    share @ 0..=100 if users > 0 => Ok(Keys::Hot { users, share }),
                    _ => Err(KeysError::Hot { hot: hot.to_owned() }),
                }
            }
            _ => Err(form()),
        }
    }
}

/// Why a text is no [`Keys`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeysError {
    /// It is none of the three forms.
    Form {
        /// The text as it was given.
        keys: String,
    },
    /// The exponent is out of bounds.
    Theta {
        /// The exponent as it was given.
        theta: String,
    },
    /// Nobody is hot, or more than all requests are for them.
    Hot {
        /// Users and share as they were given.
        hot: String,
    },
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeysError::Form { keys } => {
                write!(f, "keys cannot be `{keys}`: write uniform, zipf:0.99 or hot:10@90")
            }
            KeysError::Theta { theta } => {
                write!(f, "theta {theta} is not in 0..={THETA_MAX}: write it like zipf:0.99")
            }
            KeysError::Hot { hot } => {
                write!(f, "hot users `{hot}` are not 1 and up @ 0 to 100: write it like hot:10@90")
            }
        }
    }
}

impl Error for KeysError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::chi_square::{ChiSquare, DRAWS};

    fn sampler(keys: Keys, users: u64) -> Sampler {
        keys.sampler(NonZeroU64::new(users).unwrap())
    }

    /// Draws and compares with `weight`, which need not add up to anything.
    fn compare(keys: Keys, users: u64, weight: impl Fn(u64) -> f64) {
        let sampler = sampler(keys, users);
        let mut rng = Rng::with_seed(0x5eed);
        let mut found = vec![0_u32; usize::try_from(users).unwrap()];
        for _ in 0..DRAWS {
            found[usize::try_from(sampler.draw(&mut rng)).unwrap()] += 1;
        }
        let weights: Vec<f64> = (0..users).map(weight).collect();
        let test = ChiSquare::of(&found, &weights);
        assert!(test.passes(), "{keys} over {users}: {test:?}");
    }

    /// A crooked draw would make one account hotter than the cell says.
    #[test]
    fn uniform_keys_are_uniform() {
        for users in [2, 64, 1_000] {
            compare(Keys::Uniform, users, |_| 1.0);
        }
    }

    /// The approximations in use are wrong just where it counts: at the head, at theta 1, and for
    /// very steep or very flat laws.
    #[test]
    fn zipf_is_the_law_at_every_theta() {
        for theta in [0.0, 0.2, 0.5, 0.99, 1.0, 1.0 + 1e-12, 1.2, 2.0, 5.0] {
            for users in [2, 3, 10, 1_000, 100_000] {
                let weight = |rank| (rank as f64 + 1.0).powf(-theta);
                compare(Keys::Zipf { theta }, users, weight);
            }
        }
    }

    /// The shares are of requests and not of users, and each part is uniform.
    #[test]
    fn hot_users_get_their_share_and_the_others_the_rest() {
        for (hot, share, users) in [(1, 50, 2), (10, 90, 1_000), (10, 0, 20), (3, 100, 20)] {
            let weight = |rank| match rank < hot {
                true => f64::from(share) / hot as f64,
                false => f64::from(100 - share) / (users - hot) as f64,
            };
            compare(Keys::Hot { users: hot, share }, users, weight);
        }
        for users in [1, 9, 10] {
            compare(Keys::Hot { users: 10, share: 90 }, users, |_| 1.0);
        }
    }

    /// A chi-square that nothing fails proves nothing: a theta that is off by 0.03 fails.
    #[test]
    #[should_panic(expected = "zipf:0.99 over 1000")]
    fn a_law_that_is_slightly_off_is_found() {
        compare(Keys::Zipf { theta: 0.99 }, 1_000, |rank| (rank as f64 + 1.0).powf(-0.96));
    }

    /// One user is asked for, and the last of a million is a user.
    #[test]
    fn every_rank_is_below_the_users() {
        let mut rng = Rng::with_seed(1);
        for keys in ["uniform", "zipf:0", "zipf:1", "zipf:5", "hot:10@90"] {
            let keys: Keys = keys.parse().unwrap();
            for users in [1, 2, 1_000_000] {
                let sampler = sampler(keys, users);
                assert!((0..20_000).all(|_| sampler.draw(&mut rng) < users), "{keys} {users}");
            }
        }
    }

    /// Keys are typed by hand and stand in rows; what they print must be what they read.
    #[test]
    fn keys_read_what_they_print() {
        for text in ["uniform", "zipf:0.99", "zipf:1", "hot:10@90"] {
            assert_eq!(text.parse::<Keys>().unwrap().to_string(), text);
        }
    }

    /// What cannot be drawn is told in one line with what to write.
    #[test]
    fn keys_that_cannot_be_are_refused() {
        let refused = |text: &str| text.parse::<Keys>().unwrap_err().to_string();
        let form = "keys cannot be `zip`: write uniform, zipf:0.99 or hot:10@90";
        assert_eq!(refused("zip"), form);
        assert_eq!(refused("zipf:9"), "theta 9 is not in 0..=5: write it like zipf:0.99");
        for text in ["", "uniform:1", "zipf", "zipf:", "hot:10", "hot:@90", "hot:1@x"] {
            assert!(refused(text).starts_with("keys cannot be"), "{text}");
        }
        for text in ["zipf:-0.1", "zipf:NaN", "zipf:inf", "hot:0@90", "hot:10@101"] {
            assert!(refused(text).contains("write it like"), "{text}");
        }
    }
}
