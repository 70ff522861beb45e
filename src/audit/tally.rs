//! What the clients were told in sum, for ledgers that do not say which operation made an entry.

use crate::domain::{Action, LedgerEntry, UserId};

use super::Sheet;

/// How many charges and uses, and of how many points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    pub(super) charges: u64,
    pub(super) charged: u64,
    pub(super) uses: u64,
    pub(super) used: u64,
    /// Commands of which nobody knows, which a ledger may hold or not.
    pub(super) unknown: u64,
}

impl Tally {
    /// What was acknowledged to all clients together, for each of the users 1 to `users`.
    pub(super) fn of_users(users: usize, sheets: &[Sheet]) -> Vec<Tally> {
        let mut tallies = vec![Tally::default(); users];
        for Sheet { script, log } in sheets {
            for number in 0..log.asked() {
                let request = script.request(number);
                let (Some(action), Some(tally)) =
                    (request.action, tallies.get_mut(index(request.user)))
                else {
                    continue;
                };
                if log.is_applied(number) {
                    tally.count(action);
                } else if log.is_unknown(number) {
                    tally.unknown += 1;
                }
            }
        }
        tallies
    }

    pub(super) fn count_entry(&mut self, entry: &LedgerEntry) {
        self.count(entry.receipt.command.action);
    }

    fn count(&mut self, action: Action) {
        match action {
            Action::Charge(amount) => {
                self.charges += 1;
                self.charged += amount.points();
            }
            Action::Use(amount) => {
                self.uses += 1;
                self.used += amount.points();
            }
        }
    }

    /// Whether a ledger that counts up to `ledger` can hold all this and nothing else. Where
    /// commands are unknown, it may hold as many more.
    pub(super) fn agrees_with(&self, ledger: &Tally) -> bool {
        let known = Tally { unknown: 0, ..*self };
        if self.unknown == 0 {
            return known == *ledger;
        }
        let (told, written) = (self.charges + self.uses, ledger.charges + ledger.uses);
        (told..=told + self.unknown).contains(&written)
            && self.charges <= ledger.charges
            && self.charged <= ledger.charged
            && self.uses <= ledger.uses
            && self.used <= ledger.used
    }
}

/// Where in a list of users 1, 2 and so on a user stands.
pub(super) fn index(user: UserId) -> usize {
    usize::try_from(user.value() - 1).unwrap_or(usize::MAX)
}
