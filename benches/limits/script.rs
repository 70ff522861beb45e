//! The commands of every probe: the same for all, drawn before any clock starts.

use std::{hint::black_box, time::Instant};

use hotrow::domain::{Action, Amount, Command, OperationId, UserId};

/// Commands of one probe.
pub(crate) const COMMANDS: usize = 1 << 17;

/// The number of drawn commands. They are reused in a ring, so that reading them costs almost
/// nothing.
const RING: usize = 1 << 12;

/// Draws charges and uses of `users` users in an order that the processor cannot predict.
pub(crate) fn commands(users: u64) -> Vec<Command> {
    let mut rng = fastrand::Rng::with_seed(users);
    let mut command = |id| {
        let amount = Amount::new(rng.u64(1..=100)).expect("1 to 100 points are a valid amount");
        let action = if rng.bool() { Action::Charge(amount) } else { Action::Use(amount) };
        let user = UserId::new(rng.u64(1..=users)).expect("an id from 1 is valid");
        Command { id: OperationId(id), user, action }
    };
    (1..=RING as u64).map(&mut command).collect()
}

/// Runs `run` on [`COMMANDS`] commands and returns the nanoseconds per command.
pub(crate) fn nanoseconds_per_command(users: u64, mut run: impl FnMut(&Command) -> u64) -> f64 {
    let ring = commands(users);
    let started = Instant::now();
    let mut sum = 0_u64;
    for _ in 0..COMMANDS / RING {
        for command in &ring {
            sum = sum.wrapping_add(run(command));
        }
    }
    black_box(sum);
    started.elapsed().as_nanos() as f64 / COMMANDS as f64
}

/// Returns a charge of half the maximum balance, so that charges and uses are not soon rejected.
pub(crate) fn opening(id: u64) -> Command {
    let half = Amount::new(500_000).expect("500,000 points are a valid amount");
    let user = UserId::new(id).expect("an id from 1 is valid");
    Command { id: OperationId(0), user, action: Action::Charge(half) }
}
