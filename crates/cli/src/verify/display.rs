//! The results of `hotrow verify`: a table with counter-examples, and a JSON object.

use super::*;

impl Checked {
    /// Returns a table with a line for each property and a column for each candidate, and below it
    /// a legend and counter-examples.
    pub(super) fn table(&self) -> String {
        let width = PROPERTIES.iter().map(|property| property.name.len()).max().unwrap_or_default();
        let mut text = String::new();
        for (candidate, column) in self.candidates.iter().zip(column_names()) {
            text += &format!(" {column}  {} on {}\n", candidate.strategy, candidate.store);
        }
        text += &format!("\n{:width$}", "");
        for (_, column) in self.candidates.iter().zip(column_names()) {
            text += &format!(" {column}");
        }
        for property in PROPERTIES {
            text += &format!("\n{:width$}", property.name.replace('_', " "));
            for candidate in &self.candidates {
                text += &format!(" {}", self.mark(candidate, property.name));
            }
        }
        text + &self.legend() + &self.counter_examples()
    }

    /// Returns the mark of a property of a candidate over all execution modes.
    fn mark(&self, candidate: &Candidate, property: &str) -> char {
        let of_property =
            self.results_of(candidate).filter(|(trial, _)| trial.property.name == property);
        let found: Vec<&CheckResult> = of_property.map(|(_, found)| found).collect();
        match found.iter().all(|found| found.is_ok()) {
            false => 'X',
            true if !self.is_complete(candidate, property) => '?',
            true if found.is_empty() => '.',
            true => '+',
        }
    }

    pub(super) fn violations_of<'a>(
        &'a self,
        candidate: &'a Candidate,
    ) -> impl Iterator<Item = (&'a Trial, &'a String)> {
        self.results_of(candidate).filter_map(|(trial, found)| Some((trial, found.as_ref().err()?)))
    }

    fn legend(&self) -> String {
        let SearchBudget { seed, schedules } = self.budget;
        let incomplete = if self.is_partial() { ", ? not completed" } else { "" };
        let modes = ExecutionMode::ALL.map(|mode| mode.to_string()).join(", ");
        format!(
            "\n\n+ holds, X violated, . not guaranteed{incomplete}\n\
             execution modes: {modes}\n\
             random schedules: {schedules}, from seed {seed}\n\
             {} trials, {} operations, {:.1} s\n",
            self.results.len(),
            with_thousands_separators(operations_asked()),
            self.took.as_secs_f64()
        )
    }

    fn counter_examples(&self) -> String {
        let mut text = String::new();
        for candidate in &self.candidates {
            let mut violations: Vec<_> = self.violations_of(candidate).collect();
            // Longest first: a counter-example with a diagram shows the most.
            violations.sort_by_key(|(_, found)| Reverse(found.lines().count()));
            for (trial, found) in violations.iter().take(SHOWN_MAX) {
                text += &format!("\n{trial}\n{}\n", found.trim_end());
            }
            if SHOWN_MAX < violations.len() {
                let Candidate { strategy, store, .. } = candidate;
                let more = violations.len() - SHOWN_MAX;
                text += &format!("\n{more} more of {strategy} on {store}: --json shows all\n");
            }
        }
        text
    }

    pub(super) fn object(&self) -> Value {
        let candidates: Vec<Value> =
            self.candidates.iter().map(|candidate| self.object_of(candidate)).collect();
        json!({
            "candidates": candidates,
            "partial": self.is_partial(),
            "seed": self.budget.seed,
            "schedules": self.budget.schedules,
            "operations": operations_asked(),
            "seconds": self.took.as_secs_f64(),
        })
    }

    fn object_of(&self, candidate: &Candidate) -> Value {
        let violations = self.violations_of(candidate).map(|(trial, found)| {
            json!({
                "mode": trial.case.mode.to_string(),
                "property": trial.property.name,
                "violation": found,
            })
        });
        let properties: BTreeSet<&str> =
            self.results_of(candidate).map(|(trial, _)| trial.property.name).collect();
        json!({
            "strategy": candidate.strategy,
            "store": candidate.store,
            "trials": self.results_of(candidate).count(),
            "properties": properties,
            "violations": violations.collect::<Vec<Value>>(),
        })
    }
}
