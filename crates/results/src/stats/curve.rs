//! A curve of the [Universal Scalability Law](https://arxiv.org/abs/0808.1431), and its fit.
//!
//! ```text
//!                       gamma N
//! X(N) = -----------------------------------
//!         1 + alpha (N - 1) + beta N (N - 1)
//! ```
//!
//! The fit is by least squares in logarithms, so that a point of a few commands a second counts as
//! much as one of many. It starts from the solution of the linear form `N / X` and continues with
//! [Levenberg-Marquardt](https://doi.org/10.1137/0111030) steps. Alpha and beta stay at or above
//! zero. Gamma is not searched for: with alpha and beta given, the best gamma is a mean.

/// Most steps of the fit. It usually takes about ten; a step without gain ends it.
const STEPS_MAX: usize = 100;

/// Relative improvement of a step below which the rest is rounding error.
const GAIN_MIN: f64 = 1e-13;

/// A curve of the law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve {
    /// The rate of one client, in the unit of the rates.
    pub gamma: f64,
    /// Contention: the serialised share of the work, at least 0. At 1 all of it is serialised.
    pub alpha: f64,
    /// Coherence: the cost that each client adds to each other client, at least 0.
    pub beta: f64,
}

impl Curve {
    /// Returns the rate at `n` clients.
    pub fn at(&self, n: f64) -> f64 {
        self.gamma * n / self.slowdown(n)
    }

    /// Returns the number of clients with the highest rate; `None` if the rate never falls.
    pub fn peak(&self) -> Option<f64> {
        let best = ((1.0 - self.alpha) / self.beta).sqrt();
        match self.beta > 0.0 {
            // With alpha above one the rate is highest at one client.
            true => Some(if best >= 1.0 { best } else { 1.0 }),
            false => None,
        }
    }

    fn slowdown(&self, n: f64) -> f64 {
        1.0 + self.alpha * (n - 1.0) + self.beta * n * (n - 1.0)
    }
}

/// Fits a curve to points of `(N, ln rate)`, by least squares in logarithms.
pub(super) fn fitted(points: &[(f64, f64)]) -> Curve {
    // Rates are scaled by their mean: the linear form has no logarithms to keep it in range.
    let level = points.iter().map(|point| point.1).sum::<f64>() / points.len() as f64;
    let mut best = Candidate::new(linear_fit(points, level), points);
    let mut damping = 1e-3;
    for _ in 0..STEPS_MAX {
        let next = Candidate::new(best.step(points, damping), points);
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
    let Candidate { coefficients: [alpha, beta], ln_gamma, .. } = best;
    Curve { gamma: ln_gamma.exp(), alpha, beta }
}

/// An alpha and a beta, with the gamma that fits best to them.
struct Candidate {
    coefficients: [f64; 2],
    ln_gamma: f64,
    error: f64,
}

impl Candidate {
    fn new(coefficients: [f64; 2], points: &[(f64, f64)]) -> Self {
        let offsets = offsets(coefficients, points);
        let ln_gamma = offsets.iter().sum::<f64>() / offsets.len() as f64;
        let error = offsets.iter().map(|offset| (offset - ln_gamma).powi(2)).sum();
        Self { coefficients, ln_gamma, error }
    }

    /// Returns the coefficients after a damped Gauss-Newton step, at or above zero.
    fn step(&self, points: &[(f64, f64)], damping: f64) -> [f64; 2] {
        let offsets = offsets(self.coefficients, points);
        let mut slopes: Vec<[f64; 2]> = points
            .iter()
            .map(|&(n, _)| features(n).map(|feature| feature / slowdown(self.coefficients, n)))
            .collect();
        // Gamma absorbs the mean, so only the differences between points can improve the fit.
        for index in [0, 1] {
            let mean = slopes.iter().map(|slope| slope[index]).sum::<f64>() / slopes.len() as f64;
            slopes.iter_mut().for_each(|slope| slope[index] -= mean);
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
        // A coefficient at zero that would become negative stays zero, and must not affect the
        // step of the other one.
        for index in [0, 1] {
            if self.coefficients[index] == 0.0 && downhill[index] <= 0.0 {
                (squares[0][1], squares[1][0], downhill[index]) = (0.0, 0.0, 0.0);
            }
        }
        for index in [0, 1] {
            squares[index][index] *= 1.0 + damping;
        }
        let step = solve_pair(squares, downhill).unwrap_or([0.0; 2]);
        [0, 1].map(|index| (self.coefficients[index] + step[index]).max(0.0))
    }
}

/// The factors of alpha and beta at `n` clients.
fn features(n: f64) -> [f64; 2] {
    [n - 1.0, n * (n - 1.0)]
}

fn slowdown(coefficients: [f64; 2], n: f64) -> f64 {
    let [by_alpha, by_beta] = features(n);
    1.0 + coefficients[0] * by_alpha + coefficients[1] * by_beta
}

/// The `ln gamma` with which the curve goes exactly through each point.
fn offsets(coefficients: [f64; 2], points: &[(f64, f64)]) -> Vec<f64> {
    points.iter().map(|&(n, ln_rate)| ln_rate - n.ln() + slowdown(coefficients, n).ln()).collect()
}

/// Solves `N / X = a + b (N - 1) + c N (N - 1)` by least squares of relative errors, with b and c
/// at or above zero. Alpha is `b / a` and beta is `c / a`.
fn linear_fit(points: &[(f64, f64)], level: f64) -> [f64; 2] {
    let rows: Vec<[f64; 3]> = points
        .iter()
        .map(|&(n, ln_rate)| {
            let each = (ln_rate - level).exp() / n;
            [each, each * (n - 1.0), each * n * (n - 1.0)]
        })
        .collect();
    let candidates = [&[0, 1, 2][..], &[0, 1], &[0, 2]].map(|free| least_squares(&rows, free));
    let valid =
        candidates.into_iter().flatten().filter(|[a, b, c]| *a > 0.0 && *b >= 0.0 && *c >= 0.0);
    let error = |numbers: &[f64; 3]| -> f64 {
        let sum = |row: &[f64; 3]| row.iter().zip(numbers).map(|(a, b)| a * b).sum::<f64>();
        rows.iter().map(|row| (sum(row) - 1.0).powi(2)).sum()
    };
    let best = valid.min_by(|one, other| error(one).total_cmp(&error(other)));
    best.map_or([0.0; 2], |[a, b, c]| [b / a, c / a])
}

/// Solves `row . numbers = 1` by least squares, with all numbers zero that are not `free`.
fn least_squares(rows: &[[f64; 3]], free: &[usize]) -> Option<[f64; 3]> {
    // Columns are scaled to equal length: otherwise large N would lose the others in rounding.
    let length = |at: usize| rows.iter().map(|row| row[at] * row[at]).sum::<f64>().sqrt();
    let lengths: Vec<f64> = free.iter().map(|&at| length(at)).collect();
    let size = free.len();
    let mut matrix = vec![vec![0.0; size + 1]; size];
    for row in rows {
        for i in 0..size {
            let left = row[free[i]] / lengths[i];
            matrix[i][size] += left;
            for j in 0..size {
                matrix[i][j] += left * row[free[j]] / lengths[j];
            }
        }
    }
    let found = eliminate(matrix)?;
    let mut numbers = [0.0; 3];
    for (place, &at) in free.iter().enumerate() {
        numbers[at] = found[place] / lengths[place];
    }
    Some(numbers)
}

fn solve_pair(matrix: [[f64; 2]; 2], right: [f64; 2]) -> Option<[f64; 2]> {
    // Scaled, because beta is smaller than alpha by a factor of the number of clients.
    let scale = [0, 1].map(|at: usize| matrix[at][at].sqrt().max(f64::MIN_POSITIVE));
    let row = |at: usize| {
        let scaled = |other: usize| matrix[at][other] / scale[at] / scale[other];
        vec![scaled(0), scaled(1), right[at] / scale[at]]
    };
    let found = eliminate(vec![row(0), row(1)])?;
    Some([0, 1].map(|at| found[at] / scale[at]))
}

/// Solves a system by Gaussian elimination, with the right side in the last column of the matrix.
/// `None` if the matrix is not positive definite within rounding error.
fn eliminate(mut matrix: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let size = matrix.len();
    for at in 0..size {
        if matrix[at][at] <= 1e-14 {
            return None;
        }
        let pivot = matrix[at].clone();
        for row in (0..size).filter(|&row| row != at) {
            let factor = matrix[row][at] / pivot[at];
            matrix[row].iter_mut().zip(&pivot).for_each(|(value, by)| *value -= factor * by);
        }
    }
    Some((0..size).map(|at| matrix[at][size] / matrix[at][at]).collect())
}

/// Curves with known parameters.
#[cfg(test)]
pub(super) mod examples {
    use super::Curve;

    pub(in crate::stats) const CLIENTS: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];

    /// One global lock, one lock for each user, nothing shared, a mixture, and two curves whose
    /// rate falls with more clients.
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

    /// The fit must be a minimum: curves with slightly changed parameters must not fit better.
    #[test]
    fn no_neighbouring_curve_fits_better() {
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

    /// The peak by hand: `sqrt((1 - 0.19) / 0.01)`.
    #[test]
    fn the_peak_is_the_client_count_with_the_highest_rate() {
        let curve = |alpha, beta| Curve { gamma: 1.0, alpha, beta };
        assert!((curve(0.19, 0.01).peak().unwrap() - 9.0).abs() < 1e-12);
        assert_eq!(curve(0.19, 0.0).peak(), None);
        assert_eq!(curve(1.5, 0.01).peak(), Some(1.0));
    }
}
