//! The record of a measured run: accounts, and the request sequence and log of each client.

use super::{
    Audited, Violation,
    log::{Log, Outcome},
};
use crate::history::{Operation, Reply};
use hotrow::{
    domain::{Account, Action, Command, LedgerEntry, OperationId, Policy, Receipt},
    workload::{OperationKey, Request, RequestSequence},
};

/// Most ledger entries that one read returns: 1.2 MB, for each core that audits.
pub const PAGE_ENTRIES: usize = 16_384;

/// The requests and replies of one client.
#[derive(Debug, Clone, Copy)]
pub struct ClientLog<'a> {
    /// Its requests, in order.
    pub sequence: &'a RequestSequence,
    /// Its replies.
    pub log: &'a Log,
}

/// Everything that must agree with the ledgers.
#[derive(Debug, Clone)]
pub struct RunRecord<'a> {
    /// The rules of the run.
    pub policy: Policy,
    /// The accounts of users 1, 2 and so on, read after every request was answered.
    pub accounts: Vec<Account>,
    /// The requests and replies of each client. The index in the list is the client of
    /// [`OperationKey`](hotrow::workload::OperationKey).
    pub clients: Vec<ClientLog<'a>>,
}

impl RunRecord<'_> {
    /// Does the same as [`audit`](RunRecord::audit) without ledgers: all replies about an account
    /// must form one ledger, with every version in exactly one reply. A command without a reply,
    /// such as an indeterminate one, leaves a gap, and a gap counts as a contradiction.
    ///
    /// # Errors
    /// As [`audit`](RunRecord::audit).
    pub fn audit_replies(&self) -> Result<Audited, Violation> {
        let ledgers = self.ledgers_from_replies();
        self.audit(|user, after, limit| {
            let ledger =
                usize::try_from(user.value() - 1).ok().and_then(|index| ledgers.get(index));
            let entries = ledger.map_or(&[][..], Vec::as_slice);
            let first = entries.partition_point(|entry| entry.receipt.after.version <= after);
            Ok(entries[first..].iter().take(limit).copied().collect())
        })
    }

    /// The ledger of each account, put together from all acknowledgements.
    fn ledgers_from_replies(&self) -> Vec<Vec<LedgerEntry>> {
        let mut ledgers = vec![Vec::new(); self.accounts.len()];
        for (client_log, client) in self.clients.iter().zip(0..) {
            for number in 0..client_log.log.asked() {
                let (Outcome::Applied, after) = client_log.log.reply(number) else { continue };
                let Request { user, action } = client_log.sequence.request(number);
                let id = OperationKey { client, number }.id();
                let action = action.expect("only commands are applied");
                let command = Command { id, user, action };
                let before = account_before(action, after);
                let receipt = Receipt { command, before, after };
                let index = usize::try_from(user.value() - 1).expect("users are numbered from 1");
                ledgers[index].push(LedgerEntry { receipt, time_millis: 0 });
            }
        }
        for ledger in &mut ledgers {
            ledger.sort_by_key(|entry: &LedgerEntry| entry.receipt.after.version);
        }
        ledgers
    }
}

impl ClientLog<'_> {
    /// All requests and replies, as the operations of a client with this number. Their times are
    /// those of the stamps before and after, and are exact where each request has its own stamps.
    pub fn operations(&self, client: u64) -> impl Iterator<Item = Operation> {
        (0..self.log.asked()).map(move |number| self.operation(OperationKey { client, number }))
    }

    pub(super) fn operation(&self, key: OperationKey) -> Operation {
        let OperationKey { client, number } = key;
        let request = self.sequence.request(number);
        let stamps = self.log.stamps();
        let next = stamps.partition_point(|stamp| stamp.number <= number);
        let (outcome, account) = self.log.reply(number);
        Operation {
            client,
            id: request.action.map_or(OperationId::UNRECORDED, |_| key.id()),
            user: request.user,
            action: request.action,
            called: next.checked_sub(1).map_or(0, |last| stamps[last].time),
            returned: stamps.get(next).map_or(u64::MAX, |stamp| stamp.time),
            reply: match outcome {
                Outcome::NotApplied => Reply::NotApplied,
                Outcome::Indeterminate => Reply::Indeterminate,
                Outcome::Applied => Reply::Applied(account),
                Outcome::Rejected => Reply::Refused(account),
                Outcome::Read => Reply::Read(account),
            },
        }
    }
}

/// The account before `action` made it `after`. Wraps if there can be none, and the audit then
/// finds the violation.
fn account_before(action: Action, after: Account) -> Account {
    let points = action.amount().points();
    let balance = match action {
        Action::Charge(_) => after.balance.wrapping_sub(points),
        Action::Use(_) => after.balance.wrapping_add(points),
    };
    Account { balance, version: after.version.wrapping_sub(1) }
}
