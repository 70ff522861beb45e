//! A register that is read, written, and compared and set.

use std::collections::HashSet;

use super::Model;
use crate::history::{RegisterCall, RegisterInput, RegisterOutput};

/// One register, nil until it is written.
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
        held: &Option<i64>,
        asked: &RegisterInput,
        output: &RegisterOutput,
    ) -> Option<Option<i64>> {
        match (*asked, *output) {
            (RegisterInput::Read, RegisterOutput::Read(seen)) => (seen == *held).then_some(*held),
            (RegisterInput::Write(new), RegisterOutput::Done) => Some(Some(new)),
            (RegisterInput::CompareAndSet { expected, new }, RegisterOutput::Done) => {
                (*held == Some(expected)).then_some(Some(new))
            }
            (RegisterInput::CompareAndSet { expected, .. }, RegisterOutput::Differed) => {
                (*held != Some(expected)).then_some(*held)
            }
            _ => None,
        }
    }

    fn step_unknown(&self, held: &Option<i64>, asked: &RegisterInput) -> Option<Option<i64>> {
        match *asked {
            RegisterInput::Read => None,
            RegisterInput::Write(new) => Some(Some(new)),
            RegisterInput::CompareAndSet { expected, new } => {
                (*held == Some(expected)).then_some(Some(new))
            }
        }
    }

    fn only_looks(&self, _: &RegisterInput, output: &RegisterOutput) -> bool {
        !matches!(output, RegisterOutput::Done)
    }

    fn unproducible(&self, calls: &[RegisterCall]) -> Option<usize> {
        let written: HashSet<i64> = calls.iter().filter_map(written_by).collect();
        calls.iter().position(|call| match call.output() {
            Some(RegisterOutput::Read(Some(seen))) => !written.contains(seen),
            _ => false,
        })
    }

    fn told(&self, asked: &RegisterInput, output: Option<&RegisterOutput>) -> String {
        let asked = match asked {
            RegisterInput::Read => "read".to_owned(),
            RegisterInput::Write(new) => format!("write {new}"),
            RegisterInput::CompareAndSet { expected, new } => format!("set {expected} to {new}"),
        };
        match output {
            Some(RegisterOutput::Read(Some(seen))) => format!("{asked}: {seen}"),
            Some(RegisterOutput::Read(None)) => format!("{asked}: nil"),
            Some(RegisterOutput::Differed) => format!("{asked}: differed"),
            Some(RegisterOutput::Done) | None => asked,
        }
    }
}

/// What the register holds after this call, if the call may have changed it.
fn written_by(call: &RegisterCall) -> Option<i64> {
    match (call.input, call.output()) {
        (_, Some(RegisterOutput::Differed)) | (RegisterInput::Read, _) => None,
        (RegisterInput::Write(new) | RegisterInput::CompareAndSet { new, .. }, _) => Some(new),
    }
}
