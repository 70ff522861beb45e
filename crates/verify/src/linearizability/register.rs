//! A register with read, write and compare-and-set.

use std::collections::HashSet;

use super::Model;
use crate::history::{RegisterCall, RegisterInput, RegisterOutput};

/// One register, nil before its first write.
#[derive(Debug, Clone, Copy)]
pub struct RegisterModel;

impl Model for RegisterModel {
    type State = Option<i64>;
    type Input = RegisterInput;
    type Output = RegisterOutput;

    fn initial(&self) -> Option<i64> {
        None
    }

    fn step(
        &self,
        state: &Option<i64>,
        input: &RegisterInput,
        output: &RegisterOutput,
    ) -> Option<Option<i64>> {
        match (*input, *output) {
            (RegisterInput::Read, RegisterOutput::Read(seen)) => (seen == *state).then_some(*state),
            (RegisterInput::Write(new), RegisterOutput::Done) => Some(Some(new)),
            (RegisterInput::CompareAndSet { expected, new }, RegisterOutput::Done) => {
                (*state == Some(expected)).then_some(Some(new))
            }
            (RegisterInput::CompareAndSet { expected, .. }, RegisterOutput::Differed) => {
                (*state != Some(expected)).then_some(*state)
            }
            _ => None,
        }
    }

    fn step_indeterminate(
        &self,
        state: &Option<i64>,
        input: &RegisterInput,
    ) -> Option<Option<i64>> {
        match *input {
            RegisterInput::Read => None,
            RegisterInput::Write(new) => Some(Some(new)),
            RegisterInput::CompareAndSet { expected, new } => {
                (*state == Some(expected)).then_some(Some(new))
            }
        }
    }

    fn is_read_only(&self, _: &RegisterInput, output: &RegisterOutput) -> bool {
        !matches!(output, RegisterOutput::Done)
    }

    fn unproducible(&self, calls: &[RegisterCall]) -> Option<usize> {
        let written: HashSet<i64> = calls.iter().filter_map(written_by).collect();
        calls.iter().position(|call| match call.output() {
            Some(RegisterOutput::Read(Some(seen))) => !written.contains(seen),
            _ => false,
        })
    }

    fn describe(&self, input: &RegisterInput, output: Option<&RegisterOutput>) -> String {
        let operation = match input {
            RegisterInput::Read => "read".to_owned(),
            RegisterInput::Write(new) => format!("write {new}"),
            RegisterInput::CompareAndSet { expected, new } => format!("set {expected} to {new}"),
        };
        match output {
            Some(RegisterOutput::Read(Some(seen))) => format!("{operation}: {seen}"),
            Some(RegisterOutput::Read(None)) => format!("{operation}: nil"),
            Some(RegisterOutput::Differed) => format!("{operation}: differed"),
            Some(RegisterOutput::Done) | None => operation,
        }
    }
}

/// The value of the register after this call, if the call may have changed it.
fn written_by(call: &RegisterCall) -> Option<i64> {
    match (call.input, call.output()) {
        (_, Some(RegisterOutput::Differed)) | (RegisterInput::Read, _) => None,
        (RegisterInput::Write(new) | RegisterInput::CompareAndSet { new, .. }, _) => Some(new),
    }
}
