//! Why a history has no order, in words and as a picture.

use super::Model;
use crate::history::{Call, Line, Picture};

/// The first return that no order reaches: everything that returned before it can be put in order,
/// and with it nothing can. Numbers are places in the calls that were searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The operation that has no place.
    pub misfit: usize,
    /// What comes last in the order that came furthest without it, oldest first; empty if nothing
    /// could be placed before it.
    pub before: Vec<usize>,
}

impl Contradiction {
    /// What is wrong, in a line or two.
    pub fn told<M: Model>(&self, model: &M, calls: &[Call<M::Input, M::Output>]) -> String {
        let told = |&call: &usize| {
            let Call { client, input, answer, .. } = &calls[call];
            let output = answer.as_ref().map(|answer| &answer.output);
            format!("`{}` of client {client}", model.told(input, output))
        };
        let misfit = told(&self.misfit);
        let before: Vec<String> = self.before.iter().map(told).collect();
        match before.is_empty() {
            true => format!("{misfit} has no place: nothing that explains it was called in time"),
            false => format!(
                "{misfit} has no place; the order that came furthest ends with {}",
                before.join(", ")
            ),
        }
    }

    /// The operations that contradict each other, marked, among those around them.
    pub fn picture<M: Model>(&self, model: &M, calls: &[Call<M::Input, M::Output>]) -> Picture {
        let end = calls[self.misfit].answer.as_ref().map_or(u64::MAX, |answer| answer.returned);
        let marked = |call: usize| call == self.misfit || self.before.contains(&call);
        let begin = (0..calls.len()).filter(|&call| marked(call)).map(|call| calls[call].called);
        let begin = begin.min().unwrap_or(0);
        // What nobody learnt the outcome of is under way for ever: the oldest may be long forgotten.
        let is_near = |call: usize| match &calls[call].answer {
            Some(answer) => calls[call].called <= end && begin <= answer.returned,
            None => (begin..=end).contains(&calls[call].called),
        };
        let near = (0..calls.len()).filter(|&call| marked(call) || is_near(call));
        let lines = near.map(|call| {
            let Call { client, called, input, answer } = &calls[call];
            Line {
                client: *client,
                called: *called,
                returned: answer.as_ref().map(|answer| answer.returned),
                label: model.told(input, answer.as_ref().map(|answer| &answer.output)),
                marked: marked(call),
            }
        });
        Picture::of(lines.collect())
    }
}
