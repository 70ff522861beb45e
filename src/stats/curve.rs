//! One curve of the Universal Scalability Law, and the one that is nearest to some points.
//!
//! ```text
//!                       gamma N
//! X(N) = -----------------------------------
//!         1 + alpha (N - 1) + beta N (N - 1)
//! ```
//!
//! It is fitted in logarithms, so that a point of a few commands a second counts as much as one of
//! many. The search starts from the solution of the linear form, `N / X`, and goes on by the steps of
//! Levenberg and Marquardt; neither alpha nor beta goes below zero. Gamma is no part of it: with the
//! others given, the best one is a mean.

/// Steps of the fit. It takes some ten; a step that would gain nothing ends it.
const STEPS_MAX: usize = 100;

/// Where the improvement of a step is lost in rounding.
const GAIN_MIN: f64 = 1e-13;

/// One curve of the law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve {
    /// The rate of one client, in the unit of the rates.
    pub gamma: f64,
    /// The share that is serialised: 0 and up, of which 1 is all.
    pub alpha: f64,
    /// What each client costs each other: 0 and up.
    pub beta: f64,
}

impl Curve {
    /// The rate at `n` clients.
    pub fn at(&self, n: f64) -> f64 {
        self.gamma * n / self.slowing(n)
    }

    /// How many clients get the most done; `None` if more always do more.
    pub fn peak(&self) -> Option<f64> {
        let best = ((1.0 - self.alpha) / self.beta).sqrt();
        match self.beta > 0.0 {
            // With alpha above one the first client is the best already.
            true => Some(if best >= 1.0 { best } else { 1.0 }),
            false => None,
        }
    }

    fn slowing(&self, n: f64) -> f64 {
        1.0 + self.alpha * (n - 1.0) + self.beta * n * (n - 1.0)
    }
}

/// The curve of least squares in logarithms.
pub(super) fn fitted(points: &[(f64, f64)]) -> Curve {
    // Rates as multiples of a common one: the linear form has no logarithms to keep it in range.
    let level = points.iter().map(|point| point.1).sum::<f64>() / points.len() as f64;
    let mut best = Trial::of(start(points, level), points);
    let mut damping = 1e-3;
    for _ in 0..STEPS_MAX {
        let next = Trial::of(best.step(points, damping), points);
        if next.error < best.error {
            let gain = best.error - next.error;
            let done = gain <= GAIN_MIN * best.error;
            best = next;
            damping /= 10.0;
            if done {
                break;
            }
        } else if damping > 1e9 {
            break;
        } else {
            damping *= 10.0;
        }
    }
    let Trial { slowing: [alpha, beta], ln_gamma, .. } = best;
    Curve { gamma: ln_gamma.exp(), alpha, beta }
}

/// An alpha and a beta, with the gamma that fits them best.
struct Trial {
    slowing: [f64; 2],
    ln_gamma: f64,
    error: f64,
}

impl Trial {
    fn of(slowing: [f64; 2], points: &[(f64, f64)]) -> Self {
        let offsets = offsets(slowing, points);
        let ln_gamma = offsets.iter().sum::<f64>() / offsets.len() as f64;
        let error = offsets.iter().map(|offset| (offset - ln_gamma).powi(2)).sum();
        Self { slowing, ln_gamma, error }
    }

    /// Where a damped step of Gauss and Newton leads, at or above zero.
    fn step(&self, points: &[(f64, f64)], damping: f64) -> [f64; 2] {
        let offsets = offsets(self.slowing, points);
        let mut slopes: Vec<[f64; 2]> = points
            .iter()
            .map(|&(n, _)| features(n).map(|one| one / slowed(self.slowing, n)))
            .collect();
        // Gamma follows, so only what differs from point to point can fit anything.
        for which in [0, 1] {
            let mean = slopes.iter().map(|slope| slope[which]).sum::<f64>() / slopes.len() as f64;
            slopes.iter_mut().for_each(|slope| slope[which] -= mean);
        }
        let (mut squares, mut downhill) = ([[0.0; 2]; 2], [0.0; 2]);
        for (slope, offset) in slopes.iter().zip(&offsets) {
            for row in [0, 1] {
                downhill[row] -= slope[row] * (offset - self.ln_gamma);
                for column in [0, 1] {
                    squares[row][column] += slope[row] * slope[column];
                }
            }
        }
        // Who stands at zero and would go below stays there, and does not bend the other's way.
        for which in [0, 1] {
            if self.slowing[which] == 0.0 && downhill[which] <= 0.0 {
                (squares[0][1], squares[1][0], downhill[which]) = (0.0, 0.0, 0.0);
            }
        }
        for which in [0, 1] {
            squares[which][which] *= 1.0 + damping;
        }
        let step = solved(squares, downhill).unwrap_or([0.0; 2]);
        [0, 1].map(|which| (self.slowing[which] + step[which]).max(0.0))
    }
}

/// What alpha and beta are multiplied with.
fn features(n: f64) -> [f64; 2] {
    [n - 1.0, n * (n - 1.0)]
}

fn slowed(slowing: [f64; 2], n: f64) -> f64 {
    let [by_alpha, by_beta] = features(n);
    1.0 + slowing[0] * by_alpha + slowing[1] * by_beta
}

/// What each point says `ln gamma` is.
fn offsets(slowing: [f64; 2], points: &[(f64, f64)]) -> Vec<f64> {
    points.iter().map(|&(n, ln_rate)| ln_rate - n.ln() + slowed(slowing, n).ln()).collect()
}

/// Solves `N / X = a + b (N - 1) + c N (N - 1)` by least squares of relative errors, with none of
/// b and c below zero: alpha is `b / a` and beta `c / a`.
fn start(points: &[(f64, f64)], level: f64) -> [f64; 2] {
    let rows: Vec<[f64; 3]> = points
        .iter()
        .map(|&(n, ln_rate)| {
            let each = (ln_rate - level).exp() / n;
            [each, each * (n - 1.0), each * n * (n - 1.0)]
        })
        .collect();
    let candidates = [&[0, 1, 2][..], &[0, 1], &[0, 2]].map(|free| linear(&rows, free));
    let valid =
        candidates.into_iter().flatten().filter(|[a, b, c]| *a > 0.0 && *b >= 0.0 && *c >= 0.0);
    let error = |numbers: &[f64; 3]| -> f64 {
        let sum = |row: &[f64; 3]| row.iter().zip(numbers).map(|(one, by)| one * by).sum::<f64>();
        rows.iter().map(|row| (sum(row) - 1.0).powi(2)).sum()
    };
    let best = valid.min_by(|one, other| error(one).total_cmp(&error(other)));
    best.map_or([0.0; 2], |[a, b, c]| [b / a, c / a])
}

/// Least squares of `row . numbers = 1` with all numbers zero that are not `free`, by elimination.
fn linear(rows: &[[f64; 3]], free: &[usize]) -> Option<[f64; 3]> {
    // Columns of equal length, or large N would drown the others in rounding.
    let length = |at: usize| rows.iter().map(|row| row[at] * row[at]).sum::<f64>().sqrt();
    let lengths: Vec<f64> = free.iter().map(|&at| length(at)).collect();
    let size = free.len();
    let mut matrix = vec![vec![0.0; size + 1]; size];
    for row in rows {
        for one in 0..size {
            let left = row[free[one]] / lengths[one];
            matrix[one][size] += left;
            for other in 0..size {
                matrix[one][other] += left * row[free[other]] / lengths[other];
            }
        }
    }
    let found = eliminated(matrix)?;
    let mut numbers = [0.0; 3];
    for (place, &at) in free.iter().enumerate() {
        numbers[at] = found[place] / lengths[place];
    }
    Some(numbers)
}

fn solved(matrix: [[f64; 2]; 2], right: [f64; 2]) -> Option<[f64; 2]> {
    // Scaled, since beta is smaller than alpha by as much as there are clients.
    let scale = [0, 1].map(|at: usize| matrix[at][at].sqrt().max(f64::MIN_POSITIVE));
    let row = |at: usize| {
        let scaled = |other: usize| matrix[at][other] / scale[at] / scale[other];
        vec![scaled(0), scaled(1), right[at] / scale[at]]
    };
    let found = eliminated(vec![row(0), row(1)])?;
    Some([0, 1].map(|at| found[at] / scale[at]))
}

/// Gauss's elimination of a positive definite matrix with its right side in the last column;
/// `None` if it is not, to rounding.
fn eliminated(mut matrix: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let size = matrix.len();
    for at in 0..size {
        if matrix[at][at] <= 1e-14 {
            return None;
        }
        let pivot = matrix[at].clone();
        for row in (0..size).filter(|&row| row != at) {
            let factor = matrix[row][at] / pivot[at];
            matrix[row].iter_mut().zip(&pivot).for_each(|(one, by)| *one -= factor * by);
        }
    }
    Some((0..size).map(|at| matrix[at][size] / matrix[at][at]).collect())
}

/// Curves whose numbers are known.
#[cfg(test)]
pub(super) mod examples {
    use super::Curve;

    pub(in crate::stats) const CLIENTS: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];

    /// One lock, a lock for each user, nothing shared, in between, and more doing less.
    pub(in crate::stats) const CURVES: [Curve; 6] = [
        Curve { gamma: 66.0, alpha: 1.0, beta: 0.0 },
        Curve { gamma: 66.0, alpha: 0.009, beta: 0.0 },
        Curve { gamma: 1e7, alpha: 0.0, beta: 0.0 },
        Curve { gamma: 3e-4, alpha: 0.11, beta: 0.0 },
        Curve { gamma: 500.0, alpha: 0.05, beta: 0.002 },
        Curve { gamma: 500.0, alpha: 0.0, beta: 0.01 },
    ];
}

#[cfg(test)]
mod tests {
    use super::{
        Curve,
        examples::{CLIENTS, CURVES},
        fitted,
    };
    use crate::stats::simulation::Simulation;

    /// No step may end above a curve that is nearer: the fit is compared with its neighbours.
    #[test]
    fn no_neighbour_fits_better() {
        let mut simulation = Simulation::with_seed(42);
        let error = |curve: Curve, points: &[(f64, f64)]| -> f64 {
            points.iter().map(|&(n, ln_rate)| (ln_rate - curve.at(n).ln()).powi(2)).sum()
        };
        for known in CURVES {
            for _ in 0..50 {
                let mut point = |n: u32| {
                    (f64::from(n), known.at(f64::from(n)).ln() + 0.3 * simulation.normal())
                };
                let points = CLIENTS.map(&mut point);
                let found = fitted(&points);
                let least = error(found, &points);
                for change in [0.999, 1.001] {
                    let Curve { gamma, alpha, beta } = found;
                    for near in [
                        Curve { gamma: gamma * change, ..found },
                        Curve { alpha: alpha * change, ..found },
                        Curve { beta: beta * change, ..found },
                        Curve { alpha: alpha + 1e-4, ..found },
                        Curve { beta: beta + 1e-6, ..found },
                    ] {
                        assert!(error(near, &points) >= least - 1e-9, "{found:?} and {near:?}");
                    }
                }
            }
        }
    }

    /// Where more clients begin to do less, by hand: `sqrt((1 - 0.19) / 0.01)`.
    #[test]
    fn the_peak_is_where_more_do_less() {
        let curve = |alpha, beta| Curve { gamma: 1.0, alpha, beta };
        assert!((curve(0.19, 0.01).peak().unwrap() - 9.0).abs() < 1e-12);
        assert_eq!(curve(0.19, 0.0).peak(), None);
        assert_eq!(curve(1.5, 0.01).peak(), Some(1.0));
    }
}
