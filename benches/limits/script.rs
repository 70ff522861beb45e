//! What every probe is asked: the same commands, drawn before any clock starts.

use std::{hint::black_box, time::Instant};

use hotrow::domain::{Action, Amount, Command, OperationId, UserId};

/// Commands of one probe.
pub(crate) const COMMANDS: usize = 1 << 17;

/// Commands drawn; they are asked again and again, so that reading them costs next to nothing.
const RING: usize = 1 << 12;

/// Charges and uses of `users` users in no order that could be foreseen.
pub(crate) fn commands(users: u64) -> Vec<Command> {
    let mut rng = fastrand::Rng::with_seed(users);
    let mut command = |id| {
        let amount = Amount::new(rng.u64(1..=100)).expect("amounts start at 1");
        let action = if rng.bool() { Action::Charge(amount) } else { Action::Use(amount) };
        let user = UserId::new(rng.u64(1..=users)).expect("ids start at 1");
        Command { id: OperationId(id), user, action }
    };
    (1..=RING as u64).map(&mut command).collect()
}

/// Runs `each` on [`COMMANDS`] commands and gives the nanoseconds that one took.
pub(crate) fn nanoseconds_each(users: u64, mut each: impl FnMut(&Command) -> u64) -> f64 {
    let ring = commands(users);
    let started = Instant::now();
    let mut sum = 0_u64;
    for _ in 0..COMMANDS / RING {
        for command in &ring {
            sum = sum.wrapping_add(each(command));
        }
    }
    black_box(sum);
    started.elapsed().as_nanos() as f64 / COMMANDS as f64
}

/// Half of what a user may hold, so that neither charges nor uses are soon refused.
pub(crate) fn opening(id: u64) -> Command {
    let half = Amount::new(500_000).expect("half a million is an amount");
    let user = UserId::new(id).expect("ids start at 1");
    Command { id: OperationId(0), user, action: Action::Charge(half) }
}
