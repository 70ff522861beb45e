//! The quantiles of a measurement row, each with the share of samples beyond it.

use hotrow_results::{MeasurementRow, stats::QUANTILES_PPM};

/// The share of the samples beyond p99, in millionths.
pub(super) const BEYOND_P99_PPM: u64 = 10_000;

/// p50, p99, p99.9 and maximum of the service times.
pub(super) const SERVICE: [RowQuantile; 4] =
    quantiles([|row| row.ns_p50, |row| row.ns_p99, |row| row.ns_p999, |row| row.ns_max]);

/// p50, p99, p99.9 and maximum of the response times.
pub(super) const RESPONSE: [RowQuantile; 4] = quantiles([
    |row| row.response_ns_p50,
    |row| row.response_ns_p99,
    |row| row.response_ns_p999,
    |row| row.response_ns_max,
]);

/// Returns the name of a quantile in millionths: `p90`, `p99.9`.
pub(super) fn quantile_name(ppm: u32) -> String {
    format!("p{}", f64::from(ppm) / 1e4)
}

/// Returns the response time of a row at one of [`QUANTILES_PPM`]; `None` if it has none.
pub(super) fn response_ns(row: &MeasurementRow, ppm: u32) -> Option<u64> {
    let index = QUANTILES_PPM.iter().position(|known| *known == ppm)?;
    row.response_block().ns[index]
}

/// One quantile of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowQuantile {
    /// Its value, in nanoseconds.
    pub(super) ns: fn(&MeasurementRow) -> u64,
    /// The share of the samples beyond it, in millionths.
    pub(super) beyond_ppm: u64,
}

/// The maximum of a few samples is a random one of them, so it needs as many samples as p99.
const fn quantiles([p50, p99, p999, max]: [fn(&MeasurementRow) -> u64; 4]) -> [RowQuantile; 4] {
    [
        RowQuantile { ns: p50, beyond_ppm: 500_000 },
        RowQuantile { ns: p99, beyond_ppm: BEYOND_P99_PPM },
        RowQuantile { ns: p999, beyond_ppm: 1_000 },
        RowQuantile { ns: max, beyond_ppm: BEYOND_P99_PPM },
    ]
}
