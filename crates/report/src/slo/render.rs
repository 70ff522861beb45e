//! Capacities as tables: for a terminal, a page, and other programs.

use serde_json::{Value, json};

use super::{
    Limit, SloCapacity, SloContender, chart::Position, contender::median_ns, quantile_name,
};
use crate::{
    figures::{duration, short_rate, short_ratio},
    plot,
    table::{Align, Column, Table, wrap},
};
use hotrow_results::{CapacityRow, Role, stats::Threshold};

impl SloCapacity<'_> {
    /// Renders for a terminal of `width` columns.
    pub fn terminal(&self, width: usize) -> String {
        let mut text = wrap(&self.answer(), width, "") + "\n";
        text += &self.table().terminal(width).0;
        for violation in self.violations() {
            text += &wrap(&violation, width, "  ");
        }
        text += &wrap(&self.caption(), width, "");
        if let Some(curve) = self.curve_table() {
            text +=
                &format!("\n{}\n{}", wrap(&self.curve_title(), width, ""), curve.terminal(width).0);
        }
        text
    }

    /// Renders as Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!("{}\n\n{}", self.answer(), self.table().markdown());
        for violation in self.violations() {
            text += &format!("\n{violation}\n");
        }
        text += &format!("\n{}\n", self.caption());
        if let Some(curve) = self.curve_table() {
            text += &format!("\n{}\n\n{}", self.curve_title(), curve.markdown());
        }
        text
    }

    /// Renders for other programs.
    pub fn to_json(&self) -> Value {
        let contender = |it: &SloContender<'_>| {
            let Threshold { estimate, low, high } = it.threshold;
            json!({
                "strategy": it.strategy,
                "role": it.role,
                "requests_per_s": estimate,
                "interval": [low, high],
                "stops": it.limit.to_string(),
                "violation": it.violation,
            })
        };
        json!({
            "scenario": self.row.scenario,
            "slo": self.objective(),
            "achieved_min": f64::from(self.row.achieved_min_ppm) / 1e6,
            "blocks": self.blocks,
            "excluded_blocks": self.excluded.0,
            "noise": self.noise,
            "contenders": self.contenders.iter().map(contender).collect::<Vec<_>>(),
            "noop": self.noop.as_ref().map(contender),
        })
    }

    /// Converts the table for a page of charts.
    pub(crate) fn to_plot_table(&self) -> plot::Table {
        self.table().to_plot_table(format!("{} {}", self.answer(), self.caption()))
    }

    /// Says in one sentence which contender takes the most load.
    pub fn answer(&self) -> String {
        let noisy = if self.noise.is_some() { "NOISY: " } else { "" };
        let condition = format!(
            "{} and at least {} % completed, on {}",
            self.objective(),
            f64::from(self.row.achieved_min_ppm) / 1e4,
            self.row.scenario
        );
        let rivals = self.rivals();
        match self.leader() {
            Some(leader) if leader.limit == Limit::Machine => format!(
                "{noisy}No order is known with {condition}: noop stops where {} does, so the \
                 machine or the clients are the limit.",
                leader.strategy
            ),
            Some(leader) if !rivals.is_empty() => format!(
                "{noisy}The highest capacity is not told apart with {condition}: {} has {}, 95 % \
                 interval {}, which reaches those of {}.",
                leader.strategy,
                leader.capacity().map_or_else(String::new, short_rate),
                interval(&leader.threshold),
                rivals.join(", ")
            ),
            Some(leader) => format!(
                "{noisy}{} takes the most requests a second with {condition}: {}, 95 % interval \
                 {}.",
                leader.strategy,
                leader.capacity().map_or_else(String::new, short_rate),
                interval(&leader.threshold)
            ),
            None => format!("{noisy}No capacity is known with {condition}."),
        }
    }

    /// Returns the contenders whose interval reaches that of the leader.
    fn rivals(&self) -> Vec<&str> {
        let Some(leader) = self.leader() else { return Vec::new() };
        let low = leader.threshold.low.unwrap_or(0.0);
        let reaches = |it: &&SloContender<'_>| {
            let has_bound = it.threshold != Threshold { estimate: None, low: None, high: None };
            has_bound && it.threshold.high.is_none_or(|high| high > low)
        };
        self.contenders.iter().skip(1).filter(reaches).map(|it| it.strategy).collect()
    }

    pub(super) fn table(&self) -> Table {
        let ratio = match self.leader() {
            Some(leader) => format!("vs {}", leader.strategy),
            None => "vs none".to_owned(),
        };
        let mut table = Table::new(vec![
            Column::new("strategy", Align::Left, 0),
            Column::new("requests/s", Align::Right, 0),
            Column::new("95 % interval", Align::Left, 0),
            Column::new(ratio, Align::Left, 0),
            Column::new("stops by", Align::Left, 0),
        ]);
        self.contenders.iter().for_each(|contender| table.push(self.fields(contender)));
        if let Some(noop) = &self.noop {
            table.group("reference");
            table.push(self.fields(noop));
        }
        table
    }

    fn fields(&self, contender: &SloContender<'_>) -> Vec<String> {
        let dash = || "-".to_owned();
        let is_negative = contender.role == Role::NegativeControl;
        let limit = match contender.violation {
            Some(_) if is_negative => "violation (expected)".to_owned(),
            _ => contender.limit.to_string(),
        };
        vec![
            contender.strategy.to_owned(),
            contender.capacity().map_or_else(dash, short_rate),
            interval(&contender.threshold),
            self.ratio(contender).unwrap_or_else(dash),
            limit,
        ]
    }

    /// Formats the ratio to the leader. Its interval is the widest that both intervals allow.
    fn ratio(&self, contender: &SloContender<'_>) -> Option<String> {
        let leader = self.leader()?;
        let ratio = contender.capacity()? / leader.capacity()?;
        if contender.strategy == leader.strategy {
            return Some("leader".to_owned());
        }
        let (own, lead) = (contender.threshold, leader.threshold);
        let ends = own.low.zip(lead.high).zip(own.high.zip(lead.low));
        Some(match ends {
            Some(((low, lead_high), (high, lead_low))) => {
                let [low, high] = [low / lead_high, high / lead_low].map(short_ratio);
                format!("{} [{}, {}]", short_ratio(ratio), bare(&low), bare(&high))
            }
            None => short_ratio(ratio),
        })
    }

    fn violations(&self) -> impl Iterator<Item = String> {
        self.contenders.iter().filter_map(|contender| {
            let violation = contender.violation?;
            Some(format!("{}: VIOLATION: {violation}", contender.strategy))
        })
    }

    pub(super) fn caption(&self) -> String {
        let excluded = match self.excluded {
            (0, _) => String::new(),
            (count, reason) => {
                format!(" Excluded blocks: {count} ({}).", reason.unwrap_or("stopped"))
            }
        };
        let noise = match self.noise {
            Some(noise) => format!(" NOISY, measured with --accept-noise: {noise}."),
            None => String::new(),
        };
        format!(
            "{} blocks; every probe is audited. The capacity is the offered load (Poisson) at which \
             half of the probes keep the objective. stops by: slo, the response time; achieved, the \
             completed share; machine, noop stops there too, so that the clients or the machine \
             are the limit.{excluded}{noise}",
            self.blocks
        )
    }

    fn curve_title(&self) -> String {
        let quantile = quantile_name(self.row.slo_quantile_ppm);
        format!(
            "Response time, p50 / {quantile}, by load: as a share of the closed-loop rate of each \
             strategy, and at common rates. Medians over blocks; `sat` does not complete the load."
        )
    }

    /// Returns the table of the curve, if it was measured.
    fn curve_table(&self) -> Option<Table> {
        let positions = Position::all(&self.curve);
        if positions.is_empty() {
            return None;
        }
        let mut columns = vec![Column::new("strategy", Align::Left, 0)];
        let heading = |position: &Position| Column::new(position.name(), Align::Right, 0);
        columns.extend(positions.iter().map(heading));
        let mut table = Table::new(columns);
        let names = self.contenders.iter().chain(&self.noop).map(|contender| contender.strategy);
        for name in names {
            let mut fields = vec![name.to_owned()];
            fields.extend(positions.iter().map(|position| {
                let own = |row: &&&CapacityRow| row.strategy == name && position.has(row);
                times(&self.curve.iter().filter(own).copied().collect::<Vec<_>>())
            }));
            table.push(fields);
        }
        Some(table)
    }
}

/// `2.10 us / 90.0 us`.
fn times(rows: &[&CapacityRow]) -> String {
    let rows: Vec<&CapacityRow> = rows.iter().filter(|row| row.counts()).copied().collect();
    let saturated = rows.iter().filter(|row| !row.achieves_load()).count();
    let p50 = median_ns(&rows, |row| row.response_ns_p50);
    let slo = median_ns(&rows, |row| row.response_ns_slo);
    match (p50, slo) {
        _ if 2 * saturated > rows.len() => "sat".to_owned(),
        (Some(p50), Some(slo)) => format!("{} / {}", duration(p50), duration(slo)),
        _ => "-".to_owned(),
    }
}

/// `[1.20 M, 1.32 M]`; an open end is written `below` or `above`.
fn interval(threshold: &Threshold) -> String {
    match (threshold.low, threshold.high) {
        (Some(low), Some(high)) => format!("[{}, {}]", short_rate(low), short_rate(high)),
        (Some(low), None) => format!("above {}", short_rate(low)),
        (None, Some(high)) => format!("below {}", short_rate(high)),
        (None, None) => "-".to_owned(),
    }
}

fn bare(ratio: &str) -> &str {
    ratio.trim_end_matches(" x")
}
