//! The verdict on a history, as text and as JSON.

use std::time::Duration;

use hotrow_verify::linearizability::Limit;
use serde_json::{Value, json};

/// A history and its verdict.
pub(super) struct Checked {
    /// The file, and the number of the history in it.
    pub(super) name: String,
    pub(super) operations: usize,
    /// Further operations without information: they failed, or are reads without an answer.
    pub(super) left_out: usize,
    pub(super) objects: usize,
    /// The number and kind of the objects, such as ` on 2 keys`.
    pub(super) scope: String,
    pub(super) verdict: CheckVerdict,
    pub(super) took: Duration,
}

/// The verdict on all users or keys of a history.
pub(super) enum CheckVerdict {
    Linearizable,
    /// The calls of a user or key have no linearizable order.
    Violation {
        object: String,
        what: String,
        diagram: String,
    },
    /// No violation was found, and the search of these objects was given up.
    Unknown {
        objects: Vec<String>,
        limit: Limit,
    },
}

impl Checked {
    pub(super) fn text(&self) -> String {
        let Checked { name, operations, scope, took, .. } = self;
        let left_out = match self.left_out {
            0 => String::new(),
            count => format!(" ({count} left out)"),
        };
        let verdict = self.verdict.verdict();
        let millis = took.as_secs_f64() * 1e3;
        let line = format!(
            "{name}: {verdict}, {operations} operations{left_out}{scope}, {millis:.1} ms\n"
        );
        match &self.verdict {
            CheckVerdict::Linearizable => line,
            CheckVerdict::Unknown { objects, limit } => {
                let objects = objects.join(", ");
                format!("{line}{objects}: given up, out of {limit} (see --max-{})\n", flag(*limit))
            }
            CheckVerdict::Violation { object, what, diagram } => {
                format!("{line}{object}: {what}\n\n{diagram}\n")
            }
        }
    }

    pub(super) fn object(&self) -> Value {
        let contradiction = match &self.verdict {
            CheckVerdict::Linearizable | CheckVerdict::Unknown { .. } => Value::Null,
            CheckVerdict::Violation { object, what, diagram } => {
                json!({ "object": object, "what": what, "diagram": diagram })
            }
        };
        let given_up = match &self.verdict {
            CheckVerdict::Unknown { objects, limit } => {
                json!({ "objects": objects, "limit": limit.to_string() })
            }
            CheckVerdict::Linearizable | CheckVerdict::Violation { .. } => Value::Null,
        };
        json!({
            "name": self.name,
            "verdict": self.verdict.verdict(),
            "operations": self.operations,
            "left_out": self.left_out,
            "objects": self.objects,
            "seconds": self.took.as_secs_f64(),
            "contradiction": contradiction,
            "given_up": given_up,
        })
    }
}

/// Returns the flag that sets a limit, without `--max-`.
fn flag(limit: Limit) -> &'static str {
    match limit {
        Limit::Steps => "steps",
        Limit::Bytes => "mib",
        Limit::Time => "seconds",
    }
}

impl CheckVerdict {
    pub(super) fn is_linearizable(&self) -> bool {
        matches!(self, CheckVerdict::Linearizable)
    }

    pub(super) fn verdict(&self) -> &'static str {
        match self {
            CheckVerdict::Linearizable => "linearizable",
            CheckVerdict::Violation { .. } => "violation",
            CheckVerdict::Unknown { .. } => "unknown",
        }
    }
}
