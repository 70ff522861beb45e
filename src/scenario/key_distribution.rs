//! The key distribution: how requests spread over the users.
//!
//! The contention on a row depends on how often it is requested, so strategies differ most along
//! this axis. Users have ranks from 0. No user is requested more often than rank 0.
//!
//! | distribution | how often a user is requested |
//! |---|---|
//! | `uniform` | every user equally often |
//! | `zipf:0.99` | rank `r` in proportion to `1 / (r + 1)^0.99`; 0 is uniform, YCSB uses 0.99 |
//! | `hot:10@90` | 90 % of requests go to the first 10 users, 10 % to the others |
//!
//! Zipf is drawn by rejection-inversion, [Hörmann and Derflinger (1996)][paper], in the form of
//! Apache Commons, which holds for every theta and has no special case at 1. It is exact, keeps
//! five numbers for any number of users, and seldom draws twice. `ln` and `exp` may differ in their
//! last bit between systems, and then, rarely, a rank differs.
//!
//! [paper]: https://doi.org/10.1145/235025.235029

use std::{error::Error, fmt, num::NonZeroU64, str::FromStr};

use fastrand::Rng;

/// The largest exponent of Zipf. Of 1,000,000 users the first then gets 96 % of all requests.
const THETA_MAX: f64 = 5.0;

/// How requests spread over the users.
#[derive(Debug, Clone, Copy, Default, PartialEq, PartialOrd)]
pub enum KeyDistribution {
    /// Every user equally often.
    #[default]
    Uniform,
    /// By Zipf's law.
    Zipf {
        /// The exponent, 0 to 5.
        theta: f64,
    },
    /// The first users more often than the others; both uniformly among themselves.
    Hot {
        /// The number of hot users, at least 1. If there are no other users, all are hot.
        users: u64,
        /// The share of requests that go to hot users, 0 to 100 percent.
        share: u8,
    },
}

impl KeyDistribution {
    /// Creates a sampler of users with ranks 0 to `users - 1`.
    ///
    /// # Panics
    /// If theta, the share or the number of hot users is out of the bounds of [`KeyDistribution`].
    pub fn sampler(self, users: NonZeroU64) -> Sampler {
        let users = users.get();
        Sampler(match self {
            KeyDistribution::Uniform => Shape::Uniform { users },
            KeyDistribution::Zipf { theta } => Shape::Zipf(Zipf::new(theta, users)),
            KeyDistribution::Hot { users: hot, share } => {
                assert!(hot > 0 && share <= 100, "{self} needs hot users and a share of 0 to 100");
                match users.checked_sub(hot) {
                    None | Some(0) => Shape::Uniform { users },
                    Some(others) => Shape::Hot { hot, others, share },
                }
            }
        })
    }
}

/// Draws ranks. It keeps no state between draws.
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

/// Ranks from 1 under the hat function `h(x) = x^-theta`, whose integral is `H`.
#[derive(Debug, Clone, Copy)]
struct Zipf {
    theta: f64,
    ranks: f64,
    /// The area where the first rank begins, `H(1.5) - h(1)`: that rank is never rejected.
    area_low: f64,
    /// The area where the last rank ends, `H(ranks + 0.5)`.
    area_high: f64,
    /// The distance of a point below its rank up to which it is accepted without another test.
    squeeze: f64,
}

impl Zipf {
    fn new(theta: f64, users: u64) -> Zipf {
        assert!((0.0..=THETA_MAX).contains(&theta), "theta {theta} is not in 0..={THETA_MAX}");
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

    /// `(x^(1 - theta) - 1) / (1 - theta)`, whose limit is `ln x` as theta approaches 1.
    fn area(&self, x: f64) -> f64 {
        let ln = x.ln();
        exp_m1_over((1.0 - self.theta) * ln) * ln
    }

    fn area_inverse(&self, area: f64) -> f64 {
        // Only rounding makes it smaller than -1, where `ln_1p` is undefined.
        let scaled = (area * (1.0 - self.theta)).max(-1.0);
        (ln_1p_over(scaled) * area).exp()
    }
}

/// Below this a Taylor series of three terms is more exact than the quotient.
const SERIES_BELOW: f64 = 1e-8;

/// Returns `(e^x - 1) / x`, and 1 at 0.
fn exp_m1_over(x: f64) -> f64 {
    match x.abs() > SERIES_BELOW {
        true => x.exp_m1() / x,
        false => 1.0 + x / 2.0 * (1.0 + x / 3.0),
    }
}

/// Returns `ln(1 + x) / x`, and 1 at 0.
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
impl fmt::Display for KeyDistribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyDistribution::Uniform => write!(f, "uniform"),
            KeyDistribution::Zipf { theta } => write!(f, "zipf:{theta}"),
            KeyDistribution::Hot { users, share } => write!(f, "hot:{users}@{share}"),
        }
    }
}

impl FromStr for KeyDistribution {
    type Err = KeyDistributionError;

    fn from_str(text: &str) -> Result<KeyDistribution, KeyDistributionError> {
        let form = || KeyDistributionError::Form { distribution: text.to_owned() };
        match text.trim().split_once(':') {
            None if text.trim() == "uniform" => Ok(KeyDistribution::Uniform),
            Some(("zipf", theta)) => {
                let number: f64 = theta.parse().map_err(|_| form())?;
                match (0.0..=THETA_MAX).contains(&number) {
                    true => Ok(KeyDistribution::Zipf { theta: number }),
                    false => Err(KeyDistributionError::Theta { theta: theta.to_owned() }),
                }
            }
            Some(("hot", hot)) => {
                let (users, share) = hot.split_once('@').ok_or_else(form)?;
                let users: u64 = users.parse().map_err(|_| form())?;
                match share.parse().map_err(|_| form())? {
                    share @ 0..=100 if users > 0 => Ok(KeyDistribution::Hot { users, share }),
                    _ => Err(KeyDistributionError::Hot { hot: hot.to_owned() }),
                }
            }
            _ => Err(form()),
        }
    }
}

/// The reason why a text is not a [`KeyDistribution`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyDistributionError {
    /// It has none of the three forms.
    Form {
        /// The text.
        distribution: String,
    },
    /// The exponent is out of bounds.
    Theta {
        /// The exponent as text.
        theta: String,
    },
    /// The number of hot users is 0, or their share exceeds 100 percent.
    Hot {
        /// Users and share as text.
        hot: String,
    },
}

impl fmt::Display for KeyDistributionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyDistributionError::Form { distribution } => {
                write!(
                    f,
                    "unknown distribution `{distribution}`: \
                     write uniform, zipf:0.99 or hot:10@90"
                )
            }
            KeyDistributionError::Theta { theta } => {
                write!(f, "theta {theta} is not in 0..={THETA_MAX}: write it like zipf:0.99")
            }
            KeyDistributionError::Hot { hot } => {
                write!(
                    f,
                    "hot users `{hot}` are not at least 1 user at 0 to 100 percent: \
                     write it like hot:10@90"
                )
            }
        }
    }
}

impl Error for KeyDistributionError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::chi_square::{ChiSquare, DRAWS};

    fn sampler(distribution: KeyDistribution, users: u64) -> Sampler {
        distribution.sampler(NonZeroU64::new(users).unwrap())
    }

    /// Draws ranks and compares their counts with `weight`, which need not add up to 1.
    fn check_fit(distribution: KeyDistribution, users: u64, weight: impl Fn(u64) -> f64) {
        let sampler = sampler(distribution, users);
        let mut rng = Rng::with_seed(0x5eed);
        let mut observed = vec![0_u32; usize::try_from(users).unwrap()];
        for _ in 0..DRAWS {
            observed[usize::try_from(sampler.draw(&mut rng)).unwrap()] += 1;
        }
        let weights: Vec<f64> = (0..users).map(weight).collect();
        let test = ChiSquare::new(&observed, &weights);
        assert!(test.passes(), "{distribution} over {users}: {test:?}");
    }

    /// A biased draw would make one account hotter than the scenario says.
    #[test]
    fn a_uniform_distribution_is_uniform() {
        for users in [2, 64, 1_000] {
            check_fit(KeyDistribution::Uniform, users, |_| 1.0);
        }
    }

    /// Common approximations are inexact where it matters most: at the first ranks, at theta 1, and
    /// for very steep or very flat distributions.
    #[test]
    fn zipf_follows_its_law_at_every_theta() {
        for theta in [0.0, 0.2, 0.5, 0.99, 1.0, 1.0 + 1e-12, 1.2, 2.0, 5.0] {
            for users in [2, 3, 10, 1_000, 100_000] {
                let weight = |rank| (rank as f64 + 1.0).powf(-theta);
                check_fit(KeyDistribution::Zipf { theta }, users, weight);
            }
        }
    }

    /// Shares are of requests and not of users, and both parts are uniform.
    #[test]
    fn hot_users_get_their_share_and_the_others_get_the_rest() {
        for (hot, share, users) in [(1, 50, 2), (10, 90, 1_000), (10, 0, 20), (3, 100, 20)] {
            let weight = |rank| match rank < hot {
                true => f64::from(share) / hot as f64,
                false => f64::from(100 - share) / (users - hot) as f64,
            };
            check_fit(KeyDistribution::Hot { users: hot, share }, users, weight);
        }
        for users in [1, 9, 10] {
            check_fit(KeyDistribution::Hot { users: 10, share: 90 }, users, |_| 1.0);
        }
    }

    /// A chi-square test must be able to fail: it detects a theta that is off by 0.03.
    #[test]
    #[should_panic(expected = "zipf:0.99 over 1000")]
    fn a_slightly_wrong_law_is_detected() {
        check_fit(KeyDistribution::Zipf { theta: 0.99 }, 1_000, |rank| {
            (rank as f64 + 1.0).powf(-0.96)
        });
    }

    /// A single user is drawn, and the last of a million is a valid user.
    #[test]
    fn every_rank_is_below_the_users() {
        let mut rng = Rng::with_seed(1);
        for text in ["uniform", "zipf:0", "zipf:1", "zipf:5", "hot:10@90"] {
            let distribution: KeyDistribution = text.parse().unwrap();
            for users in [1, 2, 1_000_000] {
                let sampler = sampler(distribution, users);
                assert!(
                    (0..20_000).all(|_| sampler.draw(&mut rng) < users),
                    "{distribution} {users}"
                );
            }
        }
    }

    /// Users type distributions and rows contain them, so the displayed text must parse back.
    #[test]
    fn a_distribution_is_parsed_as_it_is_displayed() {
        for text in ["uniform", "zipf:0.99", "zipf:1", "hot:10@90"] {
            assert_eq!(text.parse::<KeyDistribution>().unwrap().to_string(), text);
        }
    }

    /// The message is one line and says what to write.
    #[test]
    fn an_invalid_distribution_is_reported_with_a_correct_form() {
        let rejected = |text: &str| text.parse::<KeyDistribution>().unwrap_err().to_string();
        let form = "unknown distribution `zip`: write uniform, zipf:0.99 or hot:10@90";
        assert_eq!(rejected("zip"), form);
        assert_eq!(rejected("zipf:9"), "theta 9 is not in 0..=5: write it like zipf:0.99");
        for text in ["", "uniform:1", "zipf", "zipf:", "hot:10", "hot:@90", "hot:1@x"] {
            assert!(rejected(text).starts_with("unknown distribution"), "{text}");
        }
        for text in ["zipf:-0.1", "zipf:NaN", "zipf:inf", "hot:0@90", "hot:10@101"] {
            assert!(rejected(text).contains("write it like"), "{text}");
        }
    }
}
