//! Random histories that are linearizable by construction.
//!
//! Every operation first gets its interval, then a moment in this interval. The commands are
//! decided in the order of these moments, so the history is correct without the help of a checker.
//! Tests of the checkers use such histories, and copies with a mistake.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::{History, Ledger, Operation, Reply};
use hotrow::domain::{
    Account, Action, Amount, Command, LedgerEntry, OperationId, Policy, Receipt, UserId,
};

/// The parameters of a random history.
#[derive(Debug, Clone, Copy)]
pub struct HistoryGenerator {
    /// The seed. Equal parameters generate equal histories.
    pub seed: u64,
    /// Number of concurrent clients, at least 1.
    pub clients: u64,
    /// Number of accounts, at least 1.
    pub users: u64,
    /// Number of operations of all clients.
    pub operations: u64,
    /// Largest amount of a command; the smallest is 1.
    pub amount_max: u64,
    /// Reads in a hundred operations.
    pub reads_percent: u32,
    /// Indeterminate operations in a thousand. Half of them take effect, some of these long after
    /// their call.
    pub unknown_per_mille: u32,
    /// The policy.
    pub policy: Policy,
}

/// Longest time of an operation before and after its moment, in ticks.
const TICKS_MAX: u64 = 1_000;

/// An operation and its moment; `None` if it takes no effect.
struct Planned {
    operation: Operation,
    moment: Option<u64>,
}

impl HistoryGenerator {
    /// Generates the history.
    ///
    /// # Panics
    /// If there are no clients or no users, or if amounts are out of bounds.
    pub fn history(&self) -> History {
        let mut rng = Rng::with_seed(self.seed);
        let mut planned = self.plan(&mut rng);
        planned.sort_by_key(|planned| planned.moment);
        let mut ledgers: BTreeMap<UserId, Ledger> = BTreeMap::new();
        for Planned { operation, moment } in &mut planned {
            if let Some(moment) = *moment {
                take_effect(operation, moment, &self.policy, &mut ledgers);
            }
        }
        let mut operations: Vec<Operation> =
            planned.into_iter().map(|planned| planned.operation).collect();
        operations.sort_by_key(|operation| operation.called);
        History { policy: self.policy, operations, ledgers: ledgers.into_values().collect() }
    }

    fn plan(&self, rng: &mut Rng) -> Vec<Planned> {
        let mut clocks: Vec<u64> = (0..self.clients).map(|_| rng.u64(0..TICKS_MAX)).collect();
        let mut planned = Vec::new();
        for number in 1..=self.operations {
            let client = number % self.clients;
            let index = usize::try_from(client).expect("each client has a clock");
            let clock = &mut clocks[index];
            let called = *clock + rng.u64(1..=TICKS_MAX / 10);
            let moment = called + rng.u64(0..TICKS_MAX);
            let returned = moment + rng.u64(0..TICKS_MAX);
            let mut next = self.plan_operation(rng, number, client, called, returned, moment);
            if rng.u32(0..1_000) < self.unknown_per_mille {
                next.operation.reply = Reply::Indeterminate;
                next.moment = rng.bool().then(|| called + rng.u64(0..TICKS_MAX * 5));
            }
            *clock = returned;
            planned.push(next);
        }
        planned
    }

    fn plan_operation(
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

/// Decides an operation, records the result in its ledger, and sets the reply unless it is
/// indeterminate.
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
            Ok(receipt) => ledger.record(receipt, moment),
            Err(rejection) => Reply::Refused(rejection.before),
        },
    };
    if operation.reply != Reply::Indeterminate {
        operation.reply = reply;
    }
}

impl Ledger {
    fn record(&mut self, receipt: Receipt, time_millis: u64) -> Reply {
        self.account = receipt.after;
        self.entries.push(LedgerEntry { receipt, time_millis });
        Reply::Applied(receipt.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotrow::domain::Bounds;

    /// A history without rejections, overlaps or indeterminate operations would not test a checker.
    #[test]
    fn a_generated_history_has_every_kind_of_operation() {
        let generator = HistoryGenerator {
            seed: 1,
            clients: 4,
            users: 2,
            operations: 1_000,
            amount_max: 100,
            reads_percent: 20,
            unknown_per_mille: 100,
            policy: Policy::new(Bounds { balance_max: 300, ..Bounds::default() }).unwrap(),
        };
        let history = generator.history();
        assert_eq!(history, generator.history());
        assert_eq!(history.operations.len(), 1_000);
        let count = |is: fn(&Reply) -> bool| {
            history.operations.iter().filter(|operation| is(&operation.reply)).count()
        };
        assert!(count(|reply| matches!(reply, Reply::Applied(_))) > 300);
        assert!(count(|reply| matches!(reply, Reply::Refused(_))) > 30);
        assert!(count(|reply| matches!(reply, Reply::Read(_))) > 100);
        assert!(count(|reply| *reply == Reply::Indeterminate) > 50);
        let overlaps =
            history.operations.windows(2).filter(|pair| pair[1].called < pair[0].returned);
        assert!(overlaps.count() > 900);
        let entries: usize = history.ledgers.iter().map(|ledger| ledger.entries.len()).sum();
        assert!(
            entries > count(|reply| matches!(reply, Reply::Applied(_))),
            "some indeterminate commands were applied"
        );
    }
}
