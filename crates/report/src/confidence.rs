//! What a reader can rely on: the A/A pairs, the confidence of a ranking, and absolute effects.

use super::{
    comparison::Comparison,
    figures::{duration, percent_above_one},
};
use hotrow_results::stats::{AaCheck, BLOCKS_MIN, Confidence, Margin};

/// Describes the strategy that ran twice in a scenario, and its ratio to itself.
pub(super) fn aa_pair(comparison: &Comparison) -> String {
    match (&comparison.aa_strategy, comparison.aa_ratio) {
        (Some(strategy), Some(ratio)) => format!("A/A: {strategy} is {ratio} of itself"),
        _ => "no A/A control".to_owned(),
    }
}

/// Describes how many A/A pairs were called different, and whether chance explains it.
pub(super) fn aa_check<'c>(comparisons: impl IntoIterator<Item = &'c Comparison>) -> String {
    let measured = comparisons.into_iter().filter(|comparison| comparison.is_measured());
    let check = AaCheck::new(measured.filter_map(|comparison| comparison.aa_ratio));
    let AaCheck { pairs, different } = check;
    if pairs == 0 {
        return format!("No A/A pair has the {BLOCKS_MIN} blocks that an interval needs.");
    }
    let alarm = match check.is_alarming() {
        true => {
            " ALARM: chance alone does this in at most 1 % of runs, so the intervals of this run \
             are too narrow; measure again on a quiet machine."
        }
        false => "",
    };
    format!(
        "Identical code was called different in {different} of {pairs} A/A pairs; 5 % is expected by chance.{alarm}"
    )
}

/// Describes how far the tiers of a table can be relied on.
pub(super) fn tiers(confidence: &Confidence) -> String {
    let Confidence { error_max, detectable } = confidence;
    let finds = detectable.map_or_else(String::new, |ratio| {
        let ratio = percent_above_one(ratio);
        format!(" a difference of {ratio} is found in 4 of 5 such measurements;")
    });
    let (error, margin) = (error_max * 100.0, Margin::DIFFERENCE);
    format!(
        "Confidence: at most about {error:.0} % of tables of identical strategies are split into \
         tiers;{finds} differences below {margin} are not reported"
    )
}

/// Describes the difference of two times a request: `13 ns a request less (47 ns against 60 ns)`.
pub(super) fn effect([own, other]: [f64; 2]) -> String {
    let word = if own < other { "less" } else { "more" };
    let (difference, own, other) = (duration((own - other).abs()), duration(own), duration(other));
    format!("{difference} a request {word} ({own} against {other})")
}

/// Formats a difference in nanoseconds with its sign: `-13 ns`, `+1.25 us`.
pub(super) fn signed(ns: f64) -> String {
    let sign = if ns < 0.0 { "-" } else { "+" };
    format!("{sign}{}", duration(ns.abs()))
}

/// Returns whether the ratio of two medians differs from the median of the ratios by more than 3 %.
/// The two are different questions: a drift of the machine is in the first alone.
pub(super) fn medians_disagree(medians: [f64; 2], ratio: f64) -> bool {
    let of_medians = medians[0] / medians[1];
    let factor = (of_medians / ratio).max(ratio / of_medians);
    factor > Margin::DIFFERENCE.ratio()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparisons;
    use hotrow_results::{Role, sample};

    /// An alarm needs more than chance: the same code must differ in many scenarios.
    #[test]
    fn identical_code_that_differs_too_often_raises_an_alarm() {
        let scenario = |name: &str, differs: bool| {
            let mut rows = sample::rows(8);
            for row in &mut rows {
                row.scenario = name.to_owned();
                if row.role == Role::AaControl {
                    let factors = if differs { [110, 110] } else { [98, 102] };
                    row.completed = row.completed * factors[row.block as usize % 2] / 100;
                }
            }
            comparisons(&rows).remove(0)
        };
        let quiet = [scenario("a", false), scenario("b", false)];
        let text = aa_check(&quiet);
        assert!(text.starts_with("Identical code was called different in 0 of 2"), "{text}");
        assert!(!text.contains("ALARM"), "{text}");
        let text = aa_check(&[scenario("a", true), scenario("b", true)]);
        assert!(text.contains("2 of 2") && text.contains("ALARM"), "{text}");
        assert!(aa_check(&[]).starts_with("No A/A pair"));
    }

    /// A ratio alone does not say whether it matters: 2 x of 5 ns is not 2 x of 5 ms.
    #[test]
    fn an_effect_is_absolute() {
        assert_eq!(effect([47.0, 60.0]), "13 ns a request less (47 ns against 60 ns)");
        assert_eq!(effect([2e6, 1e3]), "2.00 ms a request more (2.00 ms against 1.00 us)");
        assert_eq!((signed(-13.0), signed(1_250.0)), ("-13 ns".into(), "+1.25 us".into()));
    }

    /// A drift between the blocks makes the two differ.
    #[test]
    fn a_ratio_of_medians_is_not_a_median_of_ratios() {
        assert!(!medians_disagree([102.0, 100.0], 1.0));
        assert!(medians_disagree([105.0, 100.0], 1.0) && medians_disagree([100.0, 105.0], 1.0));
    }
}
