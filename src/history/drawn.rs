//! Histories that a sound service could have left, drawn at random.
//!
//! Every operation is given its interval first and a moment in it second, and the commands are then
//! decided in the order of these moments: so the history is right because of how it was made, and no
//! checker had a say in it. Checkers are tried on such histories, and on what is left of them once
//! something in them was made wrong.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::{History, Ledger, Operation, Reply};
use crate::domain::{
    Account, Action, Amount, Command, LedgerEntry, OperationId, Policy, Receipt, UserId,
};

/// What to draw.
#[derive(Debug, Clone, Copy)]
pub struct Drawn {
    /// Equal seeds draw equal histories.
    pub seed: u64,
    /// How many ask at once; at least one.
    pub clients: u64,
    /// On how many accounts; at least one.
    pub users: u64,
    /// How often they ask, all together.
    pub operations: u64,
    /// Commands move 1 to this many points.
    pub amount_max: u64,
    /// Reads among a hundred operations.
    pub reads_percent: u32,
    /// Operations among a thousand whose outcome nobody learns. Half of them have an effect, some of
    /// these long after.
    pub unknown_per_mille: u32,
    /// The rules.
    pub policy: Policy,
}

/// The longest that an operation takes on either side of its moment, in ticks.
const TICKS_MAX: u64 = 1_000;

/// An operation and its moment; nothing if it has no effect.
struct Planned {
    operation: Operation,
    moment: Option<u64>,
}

impl Drawn {
    /// Draws it.
    ///
    /// # Panics
    /// Without clients, without users, or with amounts that are out of bounds.
    pub fn history(&self) -> History {
        let mut rng = Rng::with_seed(self.seed);
        let mut planned = self.plan(&mut rng);
        planned.sort_by_key(|one| one.moment);
        let mut ledgers: BTreeMap<UserId, Ledger> = BTreeMap::new();
        for Planned { operation, moment } in &mut planned {
            if let Some(moment) = *moment {
                take_effect(operation, moment, &self.policy, &mut ledgers);
            }
        }
        let mut operations: Vec<Operation> = planned.into_iter().map(|one| one.operation).collect();
        operations.sort_by_key(|operation| operation.called);
        History { policy: self.policy, operations, ledgers: ledgers.into_values().collect() }
    }

    fn plan(&self, rng: &mut Rng) -> Vec<Planned> {
        let mut clocks: Vec<u64> = (0..self.clients).map(|_| rng.u64(0..TICKS_MAX)).collect();
        let mut planned = Vec::new();
        for number in 1..=self.operations {
            let client = number % self.clients;
            let place = usize::try_from(client).expect("there is a clock for each");
            let clock = &mut clocks[place];
            let called = *clock + rng.u64(1..=TICKS_MAX / 10);
            let moment = called + rng.u64(0..TICKS_MAX);
            let returned = moment + rng.u64(0..TICKS_MAX);
            let mut one = self.ask(rng, number, client, called, returned, moment);
            if rng.u32(0..1_000) < self.unknown_per_mille {
                one.operation.reply = Reply::Unknown;
                one.moment = rng.bool().then(|| called + rng.u64(0..TICKS_MAX * 5));
            }
            *clock = returned;
            planned.push(one);
        }
        planned
    }

    fn ask(
        &self,
        rng: &mut Rng,
        number: u64,
        client: u64,
        called: u64,
        returned: u64,
        moment: u64,
    ) -> Planned {
        let is_read = rng.u32(0..100) < self.reads_percent;
        let amount = Amount::new(rng.u64(1..=self.amount_max)).expect("amounts are within bounds");
        let command = if rng.bool() { Action::Charge(amount) } else { Action::Use(amount) };
        let operation = Operation {
            client,
            id: if is_read { OperationId::UNRECORDED } else { OperationId(number) },
            user: UserId::new(rng.u64(1..=self.users)).expect("users are within bounds"),
            action: (!is_read).then_some(command),
            called,
            returned,
            reply: Reply::Read(Account::default()),
        };
        Planned { operation, moment: Some(moment) }
    }
}

/// Decides an operation, writes down what follows, and answers it unless nobody learns of it.
fn take_effect(
    operation: &mut Operation,
    moment: u64,
    policy: &Policy,
    ledgers: &mut BTreeMap<UserId, Ledger>,
) {
    let Operation { id, user, action, .. } = *operation;
    let ledger = ledgers.entry(user).or_insert_with(|| Ledger {
        user,
        account: Account::default(),
        entries: Vec::new(),
    });
    let reply = match action.map(|action| Command { id, user, action }) {
        None => Reply::Read(ledger.account),
        Some(command) => match command.decide(ledger.account, policy) {
            Ok(receipt) => ledger.enter(receipt, moment),
            Err(rejection) => Reply::Refused(rejection.before),
        },
    };
    if operation.reply != Reply::Unknown {
        operation.reply = reply;
    }
}

impl Ledger {
    fn enter(&mut self, receipt: Receipt, time_millis: u64) -> Reply {
        self.account = receipt.after;
        self.entries.push(LedgerEntry { receipt, time_millis });
        Reply::Applied(receipt.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Bounds;

    /// A checker that is tried on a history without refusals, overlaps or unknown outcomes has not
    /// been tried.
    #[test]
    fn a_drawn_history_has_everything_in_it() {
        let drawn = Drawn {
            seed: 1,
            clients: 4,
            users: 2,
            operations: 1_000,
            amount_max: 100,
            reads_percent: 20,
            unknown_per_mille: 100,
            policy: Policy::new(Bounds { balance_max: 300, ..Bounds::default() }).unwrap(),
        };
        let history = drawn.history();
        assert_eq!(history, drawn.history());
        assert_eq!(history.operations.len(), 1_000);
        let many = |is: fn(&Reply) -> bool| {
            history.operations.iter().filter(|operation| is(&operation.reply)).count()
        };
        assert!(many(|reply| matches!(reply, Reply::Applied(_))) > 300);
        assert!(many(|reply| matches!(reply, Reply::Refused(_))) > 30);
        assert!(many(|reply| matches!(reply, Reply::Read(_))) > 100);
        assert!(many(|reply| *reply == Reply::Unknown) > 50);
        let overlaps =
            history.operations.windows(2).filter(|pair| pair[1].called < pair[0].returned);
        assert!(overlaps.count() > 900);
        let entries: usize = history.ledgers.iter().map(|ledger| ledger.entries.len()).sum();
        assert!(entries > many(|reply| matches!(reply, Reply::Applied(_))), "unknown ones too");
    }
}
