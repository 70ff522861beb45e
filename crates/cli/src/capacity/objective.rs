//! The objective: `p99<1ms`, its parser, and the choice of one that the machine can resolve.

use std::time::Duration;

use crate::plan::builder::duration;
use hotrow_engine::LatencyHistogram;
use hotrow_report::objective;

/// A quantile of the response time and its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Objective {
    /// The quantile in millionths.
    pub(super) quantile_ppm: u32,
    /// The bound in nanoseconds, which the quantile must stay below.
    pub(super) bound_ns: u64,
}

/// The default of `--achieved`, in millionths.
pub(super) const ACHIEVED_PPM: u32 = 990_000;

/// The quantiles that an objective may fall back to, the highest first.
const QUANTILES_PPM: [u32; 6] = [999_000, 990_000, 950_000, 900_000, 750_000, 500_000];

/// The quantile that is tried first if the user gives no objective.
const QUANTILE_WANTED_PPM: u32 = 990_000;

/// The bounds that are tried if the user gives no objective.
const BOUNDS: [Duration; 4] = [
    Duration::from_micros(10),
    Duration::from_micros(100),
    Duration::from_millis(1),
    Duration::from_millis(10),
];

/// How far `noop` must stay below a bound that is chosen, as a divisor of the bound.
const SPARE: u64 = 2;

impl std::fmt::Display for Objective {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&objective(self.quantile_ppm, self.bound_ns))
    }
}

/// Parses `p99<1ms`.
pub(super) fn parse(text: &str) -> Result<Objective, String> {
    const FORM: &str = "write it as 'p99<1ms'";
    let (quantile, bound) =
        text.split_once('<').ok_or_else(|| format!("it has no bound: {FORM}"))?;
    let percent = quantile.trim().strip_prefix('p').and_then(|digits| digits.parse::<f64>().ok());
    let percent = percent.ok_or_else(|| format!("{quantile:?} is no quantile: {FORM}"))?;
    if !(50.0..=99.99).contains(&percent) {
        return Err("give a quantile from p50 to p99.99".to_owned());
    }
    if bound.trim().is_empty() {
        return Err(format!("it has no bound after <: {FORM}"));
    }
    let time = duration(bound.trim()).ok().filter(|time| !time.is_zero());
    let time = time.ok_or_else(|| format!("give a bound above zero with its unit: {FORM}"))?;
    let bound_ns = u64::try_from(time.as_nanos()).ok().filter(|ns| *ns <= BOUND_MAX_NS);
    let bound_ns = bound_ns.ok_or_else(|| "give a bound of at most an hour".to_owned())?;
    Ok(Objective { quantile_ppm: rounded(percent * 1e4), bound_ns })
}

/// The longest bound: an hour.
const BOUND_MAX_NS: u64 = 3_600_000_000_000;

/// Parses the share of `--achieved`, into millionths.
pub(super) fn achieved(text: &str) -> Result<u32, String> {
    let share = crate::values::share(text).map_err(|_| "write it as 99% or 0.99".to_owned())?;
    match share > 0.0 && share <= 1.0 {
        true => Ok(rounded(share * 1e6)),
        false => Err("give a share above 0 % and up to 100 %".to_owned()),
    }
}

/// Chooses the objective, given the response times of `noop` in several probes. A wanted one keeps
/// its bound and may lose its quantile. The sentence says which was chosen and why.
pub(super) fn choose(
    wanted: Option<Objective>,
    noop: &[LatencyHistogram],
    samples: u64,
) -> (Objective, String) {
    let first = wanted.map_or(QUANTILE_WANTED_PPM, |wanted| wanted.quantile_ppm);
    let mut quantiles = vec![first];
    quantiles.extend(QUANTILES_PPM.into_iter().filter(|ppm| *ppm < first));
    let enough = |ppm: &u32| samples >= requests_needed(*ppm);
    let resolved: Vec<u32> = quantiles.iter().copied().filter(enough).collect();
    let bounds: Vec<u64> = match wanted {
        Some(wanted) => vec![wanted.bound_ns],
        None => BOUNDS.map(nanos).to_vec(),
    };
    let spare = if wanted.is_some() { 1 } else { SPARE };
    for &quantile_ppm in &resolved {
        let bound = bounds.iter().find(|bound| keeps(noop, quantile_ppm, **bound / spare));
        if let Some(&bound_ns) = bound {
            let chosen = Objective { quantile_ppm, bound_ns };
            return (chosen, reason(wanted, chosen, noop, resolved.first() != Some(&first)));
        }
    }
    let last = Objective {
        quantile_ppm: resolved.last().copied().unwrap_or(500_000),
        bound_ns: bounds.last().copied().unwrap_or(BOUND_MAX_NS),
    };
    (last, format!("objective {last}: noop breaks it too, so this machine cannot resolve it now"))
}

fn reason(
    wanted: Option<Objective>,
    chosen: Objective,
    noop: &[LatencyHistogram],
    lacks_samples: bool,
) -> String {
    let times: Vec<f64> =
        noop.iter().map(|times| times.quantile_ns(share(chosen.quantile_ppm)) as f64).collect();
    let own = hotrow_results::stats::median(&times).unwrap_or(0.0) / 1e3;
    match wanted {
        Some(wanted) if wanted == chosen => {
            format!("objective {chosen}: noop has {own:.1} us there")
        }
        Some(wanted) if lacks_samples => {
            format!("objective {chosen} and not {wanted}: a probe has too few requests for it")
        }
        Some(wanted) => {
            format!("objective {chosen} and not {wanted}: noop itself breaks that here")
        }
        None => format!(
            "objective {chosen}: the highest quantile and the shortest bound that this machine \
             resolves now (noop has {own:.1} us there)"
        ),
    }
}

/// Returns whether all probes but one keep the bound: one may meet a stall of the machine.
fn keeps(noop: &[LatencyHistogram], quantile_ppm: u32, bound_ns: u64) -> bool {
    let broken = noop.iter().filter(|times| times.quantile_ns(share(quantile_ppm)) >= bound_ns);
    broken.count() <= 1
}

/// Returns the requests of a probe that leave ten beyond the quantile.
pub(super) fn requests_needed(quantile_ppm: u32) -> u64 {
    let beyond = u64::from(1_000_000 - quantile_ppm).max(1);
    (hotrow_results::stats::SAMPLES_BEYOND_MIN * 1_000_000).div_ceil(beyond)
}

pub(super) fn share(ppm: u32) -> f64 {
    f64::from(ppm) / 1e6
}

pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in 0..=1e6")]
fn rounded(number: f64) -> u32 {
    number.round() as u32
}
