//! Feeds the logs of a measured run to the sweep: request sequences, log words and time stamps.
//!
//! All requests of a client between two stamps share one interval, which contains the interval of
//! each. So the requests of a client form blocks, and the sweep visits the blocks of all clients in
//! the order of time. Users are divided into partitions, whose sweeps run in parallel: a history is
//! linearizable exactly if the part of each user is ([P-compositionality, Horn and Kroening
//! 2015](https://arxiv.org/abs/1504.00204)). Sweeps share only data that they read.

use std::{cmp::Reverse, collections::BinaryHeap, ops::Range};

use rayon::prelude::*;

use super::{
    Audited, PAGE_ENTRIES, RunRecord,
    log::Stamp,
    sweep::{Event, Pages, Source, Sweep, SweepConfig},
    violation::Violation,
};
use crate::history::Operation;
use hotrow::{
    domain::{Fault, LedgerEntry, OperationId, UserId},
    workload::OperationKey,
};

/// Most requests of a run that one thread audits: below this, threads cost more than they save.
const SINGLE_THREAD_MAX: u64 = 1 << 14;

/// Most users of one partition, so that their state stays within some megabytes.
const USERS_MAX: usize = 1 << 16;

/// Most entries of all ledgers that are pulled ahead: 16 MiB.
const PULLED_MAX: usize = 1 << 20;

/// Least entries that are read at once.
const PAGE_MIN: usize = 64;

impl RunRecord<'_> {
    /// Checks the ledgers against every reply, and returns the size of the audit.
    ///
    /// `page(user, version, limit)` returns the entries of a user after a version, oldest first. It
    /// returns at most `limit` entries, and none only at the end of the ledger. Several threads
    /// call it.
    ///
    /// # Errors
    /// [`Violation`] with the earliest contradiction in time. It does not depend on the threads.
    pub fn audit<P>(&self, page: P) -> Result<Audited, Violation>
    where
        P: Fn(UserId, u64, usize) -> Result<Vec<LedgerEntry>, Fault> + Sync,
    {
        let page_entries = (PULLED_MAX / self.accounts.len().max(1)).clamp(PAGE_MIN, PAGE_ENTRIES);
        let ids = self.records_ids(&page)?;
        let config = SweepConfig { policy: self.policy, ids, ledgers: true, page: page_entries };
        let sweep = |users| Partition::new(self, users).sweep(config, &page);
        let partitions = self.partitions();
        let found: Vec<_> = match partitions.len() {
            0 | 1 => partitions.into_iter().map(sweep).collect(),
            _ => partitions.into_par_iter().map(sweep).collect(),
        };
        let mut examined = Audited::default();
        let mut first: Option<(EventOrder, Box<Violation>)> = None;
        for partition in found {
            match partition {
                Ok(more) => examined.add(more),
                Err(wrong) if first.as_ref().is_none_or(|first| wrong.0 < first.0) => {
                    first = Some(wrong);
                }
                Err(_) => {}
            }
        }
        first.map_or(Ok(examined), |(_, violation)| Err(*violation))
    }

    /// The users of each partition: one for each thread, or more if there are very many users.
    fn partitions(&self) -> Vec<Range<usize>> {
        let users = self.accounts.len();
        let requests: u64 = self.clients.iter().map(|client_log| client_log.log.asked()).sum();
        let threads = if requests < SINGLE_THREAD_MAX { 1 } else { rayon::current_num_threads() };
        let count = threads.min(users).max(users.div_ceil(USERS_MAX));
        (0..count).map(|part| users * part / count..users * (part + 1) / count).collect()
    }

    /// Finds out from the first entry of all ledgers whether they record ids.
    fn records_ids<P: Pages>(&self, page: &P) -> Result<bool, Violation> {
        for user_index in 0..self.accounts.len() {
            let user = user(user_index);
            let entries = page(user, 0, 1).map_err(|fault| Violation::unread(user, fault))?;
            if let Some(first) = entries.first() {
                return Ok(first.receipt.command.id != OperationId::UNRECORDED);
            }
        }
        Ok(true)
    }
}

/// When a sweep found a violation: the time, whether at a return, the client, the request.
type EventOrder = (u64, bool, u64, u64);

/// Some of the users, and the requests of each client for them.
struct Partition<'a> {
    record: &'a RunRecord<'a>,
    users: Range<usize>,
    client_ops: Vec<ClientOps>,
    client_user_pairs: usize,
}

/// One client's requests for the users of a partition, by their slots in the ring.
struct ClientOps {
    /// The first pair of this client and its users.
    client_user_pair: usize,
    /// Empty if every request is for the one user of the partition.
    ring: Vec<RequestRef>,
    /// A bit for each slot of the ring, set if its request is for a user of the partition.
    in_partition: Vec<u64>,
}

/// The user, and the pair of client and user, of a request in the ring.
#[derive(Clone, Copy, Default)]
struct RequestRef {
    user_index: u32,
    client_user_pair: u32,
}

/// Requests of one client that lie between two stamps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Block {
    /// When all of them were called, or returned.
    time: u64,
    returns: bool,
    client: usize,
    /// The stamp that precedes them, from 1; 0 if none does.
    stamp: usize,
}

impl<'a> Partition<'a> {
    fn new(record: &'a RunRecord<'a>, users: Range<usize>) -> Partition<'a> {
        let mut partition =
            Partition { record, users, client_ops: Vec::new(), client_user_pairs: 0 };
        let mut client_user_pair_of = vec![u32::MAX; partition.users.len()];
        for client_log in &record.clients {
            let ops = partition.client_ops(client_log.sequence.ring(), &mut client_user_pair_of);
            partition.client_ops.push(ops);
        }
        partition
    }

    fn client_ops(
        &mut self,
        ring: &[hotrow::workload::Request],
        client_user_pair_of: &mut [u32],
    ) -> ClientOps {
        let client_user_pair = self.client_user_pairs;
        if self.record.accounts.len() == 1 {
            self.client_user_pairs += 1;
            return ClientOps { client_user_pair, ring: Vec::new(), in_partition: Vec::new() };
        }
        let mut refs = vec![RequestRef::default(); ring.len()];
        let mut in_partition = vec![0; ring.len().div_ceil(64)];
        let mut client_user_pairs = 0;
        for (slot, request) in ring.iter().enumerate() {
            let Some(user_index) = self.user_index(request.user) else { continue };
            if client_user_pair_of[user_index] == u32::MAX {
                client_user_pair_of[user_index] = client_user_pairs;
                client_user_pairs += 1;
            }
            refs[slot] = RequestRef {
                user_index: to_u32(user_index),
                client_user_pair: client_user_pair_of[user_index],
            };
            in_partition[slot / 64] |= 1 << (slot % 64);
        }
        ring.iter()
            .filter_map(|request| self.user_index(request.user))
            .for_each(|user_index| client_user_pair_of[user_index] = u32::MAX);
        self.client_user_pairs += client_user_pairs as usize;
        ClientOps { client_user_pair, ring: refs, in_partition }
    }

    /// The index of a user among those of this partition.
    fn user_index(&self, user: UserId) -> Option<usize> {
        let index = usize::try_from(user.value() - 1).ok()?;
        self.users.contains(&index).then(|| index - self.users.start)
    }

    fn sweep<P: Pages>(
        &self,
        config: SweepConfig,
        page: &P,
    ) -> Result<Audited, (EventOrder, Box<Violation>)> {
        let users = self.users.clone().map(user);
        let mut sweep = Sweep::new(self, page, config, users, self.client_user_pairs);
        let mut blocks: BinaryHeap<Reverse<Block>> = BinaryHeap::new();
        for client in 0..self.client_ops.len() {
            blocks.extend(
                [false, true]
                    .map(|returns| self.block(client, returns, 0).map(Reverse))
                    .into_iter()
                    .flatten(),
            );
        }
        while let Some(mut next) = blocks.peek_mut() {
            let Reverse(block) = *next;
            match self.block(block.client, block.returns, block.stamp + 1) {
                Some(following) => *next = Reverse(following),
                None => drop(std::collections::binary_heap::PeekMut::pop(next)),
            }
            self.take(&mut sweep, block)?;
        }
        let last = (u64::MAX, true, u64::MAX, self.users.start as u64);
        let account = |user_index: usize| self.record.accounts[self.users.start + user_index];
        let entries = sweep.finish(account).map_err(|violation| (last, violation))?;
        Ok(Audited { operations: sweep.operations(), entries })
    }

    #[inline]
    fn take<P: Pages>(
        &self,
        sweep: &mut Sweep<'_, Self, P>,
        block: Block,
    ) -> Result<(), (EventOrder, Box<Violation>)> {
        let Block { time, returns, client, stamp } = block;
        let requests = self.stamp(client, stamp).number..self.stamp(client, stamp + 1).number;
        let order = |number| move |violation| ((time, returns, client as u64, number), violation);
        if returns && self.record.accounts.len() == 1 {
            // Replies to one client for one user have ascending positions: the last answers for
            // all.
            let mut events = requests.rev().map(|number| self.event(client, number));
            return match events.find(|event| event.outcome.has_account()) {
                Some(event) => sweep.returned(&event).map_err(order(event.key)),
                None => Ok(()),
            };
        }
        match returns {
            true => self.for_each_request(client, requests, |number| {
                sweep.returned(&self.event(client, number)).map_err(order(number))
            }),
            false => self.for_each_request(client, requests, |number| {
                sweep.called(&self.event(client, number)).map_err(order(number))
            }),
        }
    }

    /// Calls `take` for each of a client's requests that is for a user of this partition.
    #[inline]
    fn for_each_request<E>(
        &self,
        client: usize,
        requests: Range<u64>,
        mut take: impl FnMut(u64) -> Result<(), E>,
    ) -> Result<(), E> {
        let ClientOps { ring, in_partition, .. } = &self.client_ops[client];
        if ring.is_empty() {
            return requests.into_iter().try_for_each(take);
        }
        let mut from = requests.start;
        while from < requests.end {
            let slot = index(from) & (ring.len() - 1);
            let length = (64 - slot % 64).min(ring.len() - slot).min(index(requests.end - from));
            let mut bits = in_partition[slot / 64] >> (slot % 64) & u64::MAX >> (64 - length);
            while bits != 0 {
                take(from + u64::from(bits.trailing_zeros()))?;
                bits &= bits - 1;
            }
            from += length as u64;
        }
        Ok(())
    }

    #[inline(always)]
    fn event(&self, client: usize, number: u64) -> Event {
        let (client_log, ops) = (&self.record.clients[client], &self.client_ops[client]);
        let ring = client_log.sequence.ring();
        let slot = index(number) & (ring.len() - 1);
        let (outcome, account) = client_log.log.reply(number);
        let RequestRef { user_index, client_user_pair } =
            ops.ring.get(slot).copied().unwrap_or_default();
        let id = OperationKey { client: client as u64, number }.id();
        Event {
            key: id.0,
            user_index: user_index as usize,
            client_user_pair: ops.client_user_pair + client_user_pair as usize,
            id,
            action: ring[slot].action,
            outcome,
            account,
        }
    }

    /// The first block of a client, at or after a stamp, that has requests.
    fn block(&self, client: usize, returns: bool, from: usize) -> Option<Block> {
        let stamps = self.record.clients[client].log.stamps().len();
        let ends = |stamp| (self.stamp(client, stamp), self.stamp(client, stamp + 1));
        (from..=stamps).find_map(|stamp| {
            let (first, second) = ends(stamp);
            let time = if returns { second.time } else { first.time };
            (first.number < second.number).then_some(Block { time, returns, client, stamp })
        })
    }

    /// A client's stamps, with one added before the first and one after the last.
    #[inline]
    fn stamp(&self, client: usize, stamp: usize) -> Stamp {
        let log = self.record.clients[client].log;
        match (stamp, log.stamps().get(stamp.wrapping_sub(1))) {
            (0, _) => Stamp { number: 0, time: 0 },
            (_, Some(stamp)) => *stamp,
            (_, None) => Stamp { number: log.asked(), time: u64::MAX },
        }
    }
}

impl Source for Partition<'_> {
    fn operation(&self, key: u64) -> Operation {
        let key = OperationKey::of(OperationId(key)).expect("the key of an operation is its id");
        self.record.clients[index(key.client)].operation(key)
    }

    fn find(&self, id: OperationId) -> Option<Operation> {
        let key = OperationKey::of(id)?;
        let client_log = self.record.clients.get(usize::try_from(key.client).ok()?)?;
        (key.number < client_log.log.asked()).then(|| client_log.operation(key))
    }

    fn in_program_order(&self, _first: u64, _second: u64) -> bool {
        true
    }
}

fn user(user_index: usize) -> UserId {
    UserId::new(user_index as u64 + 1).expect("fewer than 2^63 accounts")
}

#[inline]
fn index(number: u64) -> usize {
    usize::try_from(number).expect("a log fits in memory")
}

fn to_u32(user_index: usize) -> u32 {
    u32::try_from(user_index).expect("a partition has few users")
}

#[cfg(test)]
mod tests;
