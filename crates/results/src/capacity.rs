//! Probes of `hotrow capacity`: one row for each load that was tried.

use serde::{Deserialize, Serialize};

use super::{AuditVerdict, ClientKind, Role, stats::SAMPLES_BEYOND_MIN};

/// What a probe was made for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeKind {
    /// The closed loop: the rate without an objective.
    #[default]
    Closed,
    /// The reference `noop`, to choose an objective that the machine can resolve.
    Machine,
    /// The search, which places the loads of the ladder.
    Search,
    /// The ladder: the only probes that decide the capacity.
    Ladder,
    /// The curve of response times by load.
    Curve,
}

/// One probe of one contender at one load. `results/SCHEMA.md` documents each column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "results/SCHEMA.md documents each, and a test pins that it does")]
pub struct CapacityRow {
    pub schema: u32,
    pub run: String,
    pub block: u32,
    pub position: u32,
    pub probe: ProbeKind,
    pub scenario: String,
    pub store: String,
    pub users: u64,
    pub clients: u32,
    pub client_kind: ClientKind,
    pub mix: String,
    pub distribution: String,
    pub latency: String,
    pub work: u32,
    pub ledger: bool,
    pub strategy: String,
    pub family: String,
    pub role: Role,
    pub seed: u64,
    pub slo_quantile_ppm: u32,
    pub slo_ns: u64,
    pub achieved_min_ppm: u32,
    pub offered_per_1000_s: u64,
    pub curve_share_ppm: u32,
    pub window_ns: u64,
    pub due: u64,
    pub completed: u64,
    pub within_slo: u64,
    pub response_ns_p50: u64,
    pub response_ns_slo: u64,
    pub late_starts: u64,
    pub backlog_max: u64,
    pub verdict: AuditVerdict,
    pub violation: String,
    pub truncated: bool,
    pub excluded_because: String,
    pub noise: String,
    pub started_ms: u64,
}

const PPM: u128 = 1_000_000;

impl CapacityRow {
    /// Returns the offered load in requests a second; 0 in a closed loop.
    pub fn offered(&self) -> f64 {
        self.offered_per_1000_s as f64 / 1e3
    }

    /// Returns the completed requests a second.
    pub fn completed_per_second(&self) -> f64 {
        self.completed as f64 * 1e9 / self.window_ns.max(1) as f64
    }

    /// Returns whether the response times keep the objective: of all due requests, at least the
    /// share of the quantile was answered within the bound. A request without an answer is late.
    pub fn keeps_response(&self) -> bool {
        u128::from(self.within_slo) * PPM
            >= u128::from(self.due) * u128::from(self.slo_quantile_ppm)
    }

    /// Returns whether enough of the due requests were completed.
    pub fn achieves_load(&self) -> bool {
        u128::from(self.completed) * PPM >= u128::from(self.due) * u128::from(self.achieved_min_ppm)
    }

    /// Returns whether the probe passes.
    pub fn passes(&self) -> bool {
        self.keeps_response() && self.achieves_load()
    }

    /// Returns whether enough requests lie beyond the quantile to decide.
    pub fn resolves(&self) -> bool {
        let beyond = u128::from(self.due) * (PPM - u128::from(self.slo_quantile_ppm)) / PPM;
        beyond >= u128::from(SAMPLES_BEYOND_MIN)
    }

    /// Returns whether the probe is used: it is neither truncated nor excluded.
    pub fn counts(&self) -> bool {
        !self.truncated && self.excluded_because.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(due: u64, completed: u64, within_slo: u64) -> CapacityRow {
        CapacityRow {
            due,
            completed,
            within_slo,
            slo_quantile_ppm: 990_000,
            achieved_min_ppm: 990_000,
            ..CapacityRow::default()
        }
    }

    /// A request that was never answered must count as late, or a strategy that drops requests
    /// would have the highest capacity.
    #[test]
    fn a_missing_answer_is_late() {
        assert!(row(1_000, 1_000, 990).passes());
        assert!(!row(1_000, 1_000, 989).keeps_response());
        let dropped = row(1_000, 500, 500);
        assert!(!dropped.keeps_response() && !dropped.achieves_load());
        let slow = row(1_000, 1_000, 10);
        assert!(slow.achieves_load() && !slow.passes());
    }

    /// The 99th percentile of 999 requests rests on nine: such a probe decides nothing.
    #[test]
    fn ten_requests_lie_beyond_the_quantile() {
        assert!(row(1_000, 0, 0).resolves());
        assert!(!row(999, 0, 0).resolves());
    }
}
