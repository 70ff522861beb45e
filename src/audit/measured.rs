//! The logs of a measured run as the sweep takes them: scripts, words and time stamps.
//!
//! Between two stamps a client's requests have one interval, which surely holds that of each. So a
//! client is a row of blocks, and the sweep goes from block to block of all clients in the order of
//! time. Users are dealt out to sweeps that run side by side; each of them takes of a block what is
//! of its own users, and no two have anything in common but what they read.

use std::{cmp::Reverse, collections::BinaryHeap, ops::Range};

use rayon::prelude::*;

use super::{
    Books, Examined, PAGE_ENTRIES,
    log::{Outcome, Stamp},
    sweep::{Pages, Seen, Source, Sweep, Terms},
    violation::Violation,
};
use crate::{
    domain::{Fault, LedgerEntry, OperationId, UserId},
    history::Operation,
    workload::Asked,
};

/// Requests for which threads are not worth their start.
const ALONE_MAX: u64 = 1 << 14;

/// Most users of one sweep, so that what is known of them stays within some megabytes.
const USERS_MAX: usize = 1 << 16;

/// Most entries of all ledgers that are pulled before they are needed: 16 MiB.
const PULLED_MAX: usize = 1 << 20;

/// Least entries that are asked for at once.
const PAGE_MIN: usize = 64;

impl Books<'_> {
    /// Holds the ledgers against every reply, and says how much was examined.
    ///
    /// `page` gives the entries of a user that come after a version, oldest first, at most so many,
    /// and none only at the end. It is called from several threads.
    ///
    /// # Errors
    /// [`Violation`] with the first thing in time that is wrong, which does not depend on the threads.
    pub fn audit<P>(&self, page: P) -> Result<Examined, Violation>
    where
        P: Fn(UserId, u64, usize) -> Result<Vec<LedgerEntry>, Fault> + Sync,
    {
        let page_entries = (PULLED_MAX / self.accounts.len().max(1)).clamp(PAGE_MIN, PAGE_ENTRIES);
        let ids = self.records_ids(&page)?;
        let terms = Terms { policy: self.policy, ids, ledgers: true, page: page_entries };
        let sweep = |users| Part::of(self, users).sweep(terms, &page);
        let parts = self.parts();
        let found: Vec<_> = match parts.len() {
            0 | 1 => parts.into_iter().map(sweep).collect(),
            _ => parts.into_par_iter().map(sweep).collect(),
        };
        let mut examined = Examined::default();
        let mut first: Option<(Moment, Box<Violation>)> = None;
        for part in found {
            match part {
                Ok(more) => examined.add(more),
                Err(wrong) if first.as_ref().is_none_or(|first| wrong.0 < first.0) => {
                    first = Some(wrong);
                }
                Err(_) => {}
            }
        }
        first.map_or(Ok(examined), |(_, violation)| Err(*violation))
    }

    /// Users, dealt out to as many sweeps as there are threads, or more if there are very many.
    fn parts(&self) -> Vec<Range<usize>> {
        let users = self.accounts.len();
        let requests: u64 = self.sheets.iter().map(|sheet| sheet.log.asked()).sum();
        let threads = if requests < ALONE_MAX { 1 } else { rayon::current_num_threads() };
        let parts = threads.min(users).max(users.div_ceil(USERS_MAX));
        (0..parts).map(|part| users * part / parts..users * (part + 1) / parts).collect()
    }

    /// Finds out from the first entry of all whether the ledgers record ids.
    fn records_ids<P: Pages>(&self, page: &P) -> Result<bool, Violation> {
        for row in 0..self.accounts.len() {
            let user = user(row);
            let entries = page(user, 0, 1).map_err(|fault| Violation::unread(user, fault))?;
            if let Some(first) = entries.first() {
                return Ok(first.receipt.command.id != OperationId::UNRECORDED);
            }
        }
        Ok(true)
    }
}

/// When in a sweep something was found: the time, whether it was a return, the client, the request.
type Moment = (u64, bool, u64, u64);

/// Some of the users, and what each client has to do with them.
struct Part<'a> {
    books: &'a Books<'a>,
    users: Range<usize>,
    columns: Vec<Column>,
    lanes: usize,
}

/// One client's requests for the users of a part, by their place in the ring.
struct Column {
    /// The first of the pairs of this client and its users.
    lane: usize,
    /// Empty if every request is for the one user of the part.
    ring: Vec<Spot>,
    /// A bit for each place in the ring, set if it is for one of the part.
    ours: Vec<u64>,
}

/// Where a request of the ring belongs.
#[derive(Clone, Copy, Default)]
struct Spot {
    row: u32,
    lane: u32,
}

/// Requests of one client that lie between two stamps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Block {
    /// When all of them were asked, or answered.
    time: u64,
    returns: bool,
    client: usize,
    /// The stamp that it follows, from 1; 0 if it follows none.
    stamp: usize,
}

impl<'a> Part<'a> {
    fn of(books: &'a Books<'a>, users: Range<usize>) -> Part<'a> {
        let mut part = Part { books, users, columns: Vec::new(), lanes: 0 };
        let mut lane_of = vec![u32::MAX; part.users.len()];
        for sheet in &books.sheets {
            let column = part.column(sheet.script.ring(), &mut lane_of);
            part.columns.push(column);
        }
        part
    }

    fn column(&mut self, ring: &[crate::workload::Request], lane_of: &mut [u32]) -> Column {
        let lane = self.lanes;
        if self.books.accounts.len() == 1 {
            self.lanes += 1;
            return Column { lane, ring: Vec::new(), ours: Vec::new() };
        }
        let mut spots = vec![Spot::default(); ring.len()];
        let mut ours = vec![0; ring.len().div_ceil(64)];
        let mut lanes = 0;
        for (place, request) in ring.iter().enumerate() {
            let Some(row) = self.row(request.user) else { continue };
            if lane_of[row] == u32::MAX {
                lane_of[row] = lanes;
                lanes += 1;
            }
            spots[place] = Spot { row: small(row), lane: lane_of[row] };
            ours[place / 64] |= 1 << (place % 64);
        }
        ring.iter()
            .filter_map(|request| self.row(request.user))
            .for_each(|row| lane_of[row] = u32::MAX);
        self.lanes += lanes as usize;
        Column { lane, ring: spots, ours }
    }

    /// The place of a user among those of this part.
    fn row(&self, user: UserId) -> Option<usize> {
        let index = usize::try_from(user.value() - 1).ok()?;
        self.users.contains(&index).then(|| index - self.users.start)
    }

    fn sweep<P: Pages>(
        &self,
        terms: Terms,
        page: &P,
    ) -> Result<Examined, (Moment, Box<Violation>)> {
        let users = self.users.clone().map(user);
        let mut sweep = Sweep::new(self, page, terms, users, self.lanes);
        let mut blocks: BinaryHeap<Reverse<Block>> = BinaryHeap::new();
        for client in 0..self.columns.len() {
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
        let account = |row: usize| self.books.accounts[self.users.start + row];
        let entries = sweep.end(account).map_err(|violation| (last, violation))?;
        Ok(Examined { operations: sweep.operations(), entries })
    }

    #[inline]
    fn take<P: Pages>(
        &self,
        sweep: &mut Sweep<'_, Self, P>,
        block: Block,
    ) -> Result<(), (Moment, Box<Violation>)> {
        let Block { time, returns, client, stamp } = block;
        let requests = self.stamp(client, stamp).number..self.stamp(client, stamp + 1).number;
        let moment = |number| move |violation| ((time, returns, client as u64, number), violation);
        if returns && self.books.accounts.len() == 1 {
            // One client's requests for one user were answered in the order of their places.
            let mut known = requests.rev().map(|number| self.seen(client, number));
            return match known.find(|seen| seen.outcome != Outcome::Unknown) {
                Some(seen) => sweep.returned(&seen).map_err(moment(seen.who)),
                None => Ok(()),
            };
        }
        match returns {
            true => self.each(client, requests, |number| {
                sweep.returned(&self.seen(client, number)).map_err(moment(number))
            }),
            false => self.each(client, requests, |number| {
                sweep.called(&self.seen(client, number)).map_err(moment(number))
            }),
        }
    }

    /// Those of a client's requests that are for users of this part.
    #[inline]
    fn each<E>(
        &self,
        client: usize,
        requests: Range<u64>,
        mut take: impl FnMut(u64) -> Result<(), E>,
    ) -> Result<(), E> {
        let Column { ring, ours, .. } = &self.columns[client];
        if ring.is_empty() {
            return requests.into_iter().try_for_each(take);
        }
        let mut from = requests.start;
        while from < requests.end {
            let place = index(from) & (ring.len() - 1);
            let length = (64 - place % 64).min(ring.len() - place).min(index(requests.end - from));
            let mut bits = ours[place / 64] >> (place % 64) & u64::MAX >> (64 - length);
            while bits != 0 {
                take(from + u64::from(bits.trailing_zeros()))?;
                bits &= bits - 1;
            }
            from += length as u64;
        }
        Ok(())
    }

    #[inline(always)]
    fn seen(&self, client: usize, number: u64) -> Seen {
        let (sheet, column) = (&self.books.sheets[client], &self.columns[client]);
        let ring = sheet.script.ring();
        let place = index(number) & (ring.len() - 1);
        let (outcome, account) = sheet.log.reply(number);
        let Spot { row, lane } = column.ring.get(place).copied().unwrap_or_default();
        let id = Asked { client: client as u64, number }.id();
        Seen {
            who: id.0,
            row: row as usize,
            lane: column.lane + lane as usize,
            id,
            action: ring[place].action,
            outcome,
            account,
        }
    }

    /// The first block of a client from a stamp on that has requests in it.
    fn block(&self, client: usize, returns: bool, from: usize) -> Option<Block> {
        let stamps = self.books.sheets[client].log.stamps().len();
        let ends = |stamp| (self.stamp(client, stamp), self.stamp(client, stamp + 1));
        (from..=stamps).find_map(|stamp| {
            let (first, second) = ends(stamp);
            let time = if returns { second.time } else { first.time };
            (first.number < second.number).then_some(Block { time, returns, client, stamp })
        })
    }

    /// A client's stamps, with one before all and one after all.
    #[inline]
    fn stamp(&self, client: usize, stamp: usize) -> Stamp {
        let log = self.books.sheets[client].log;
        match (stamp, log.stamps().get(stamp.wrapping_sub(1))) {
            (0, _) => Stamp { number: 0, time: 0 },
            (_, Some(stamp)) => *stamp,
            (_, None) => Stamp { number: log.asked(), time: u64::MAX },
        }
    }
}

impl Source for Part<'_> {
    fn operation(&self, who: u64) -> Operation {
        let asked = Asked::of(OperationId(who)).expect("requests are known by their ids");
        self.books.sheets[index(asked.client)].operation(asked)
    }

    fn find(&self, id: OperationId) -> Option<Operation> {
        let asked = Asked::of(id)?;
        let sheet = self.books.sheets.get(usize::try_from(asked.client).ok()?)?;
        (asked.number < sheet.log.asked()).then(|| sheet.operation(asked))
    }

    fn in_turn(&self, _first: u64, _second: u64) -> bool {
        true
    }
}

fn user(row: usize) -> UserId {
    UserId::new(row as u64 + 1).expect("fewer than 2^63 accounts")
}

#[inline]
fn index(number: u64) -> usize {
    usize::try_from(number).expect("a log fits in memory")
}

fn small(row: usize) -> u32 {
    u32::try_from(row).expect("a part has few users")
}

#[cfg(test)]
mod tests;
