//! A fair line whose overflow gets in only when the line is empty.
//!
//! The line has a bound, and a caller that finds it full waits outside. It is woken when the line has
//! been drained. While newcomers keep taking the places that become free, the line is never empty.

use std::collections::VecDeque;

use hotrow::{
    domain::{Account, Command, Fault, Outcome, Policy, UserId},
    store::{Peek, Store},
    strategy::{ConcurrencyStrategy, Family, Promises, step},
    sync::{Mutex, asynchronous::oneshot},
};

use super::ALL_PROMISES;

/// Commands that may stand in line. More than most tests ever send at once.
const LINE_MAX: usize = 1_024;

/// A line that forgets its overflow.
pub(super) struct OverflowStarves<S> {
    store: S,
    policy: Policy,
}

#[derive(Default)]
pub(super) struct Line {
    held: bool,
    waiting: VecDeque<oneshot::Sender<()>>,
    outside: Vec<oneshot::Sender<()>>,
}

enum Place {
    /// The turn is the caller's.
    Turn,
    /// It will be when this is sent.
    InLine(oneshot::Receiver<()>),
    /// The caller comes again when this is sent.
    Outside(oneshot::Receiver<()>),
}

impl Line {
    fn enter(&mut self) -> Place {
        if !self.held {
            self.held = true;
            return Place::Turn;
        }
        let (call, called) = oneshot::channel();
        if self.waiting.len() < LINE_MAX {
            self.waiting.push_back(call);
            return Place::InLine(called);
        }
        self.outside.push(call);
        Place::Outside(called)
    }

    fn leave(&mut self) {
        while let Some(first) = self.waiting.pop_front() {
            if first.send(()).is_ok() {
                return;
            }
        }
        self.held = false;
        for call in self.outside.drain(..) {
            let _ = call.send(());
        }
    }
}

struct Turn<'a>(&'a Mutex<Line>);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().leave();
    }
}

/// A place in line. A caller that is dropped with a turn on its way to it passes that turn on.
struct InLine<'a> {
    line: &'a Mutex<Line>,
    called: oneshot::Receiver<()>,
}

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.called.close();
        if self.called.try_recv().is_ok() {
            self.line.lock().leave();
        }
    }
}

async fn take_turn(line: &Mutex<Line>) -> Turn<'_> {
    loop {
        let place = line.lock().enter();
        match place {
            Place::Turn => return Turn(line),
            Place::InLine(called) => {
                let mut place = InLine { line, called };
                let _ = (&mut place.called).await;
                return Turn(line);
            }
            Place::Outside(called) => {
                let _ = called.await;
            }
        }
    }
}

impl<S: Store<Slot = Mutex<Line>>> ConcurrencyStrategy for OverflowStarves<S> {
    type Store = S;

    const NAME: &'static str = "overflow-starves";
    const FAMILY: Family = Family::Control;
    const PROMISES: Promises = ALL_PROMISES;

    fn new(store: S, policy: Policy) -> OverflowStarves<S> {
        OverflowStarves { store, policy }
    }

    fn store(&self) -> &S {
        &self.store
    }

    async fn execute(&self, command: Command) -> Outcome {
        let row = self.store.row(command.user);
        let _turn = take_turn(&row).await;
        step(&self.store, &row, &self.policy, command).await
    }

    async fn read(&self, user: UserId) -> Result<Account, Fault> {
        match self.store.peek(user) {
            Peek::Whole(account) => Ok(account),
            Peek::TakeTurn(row) => self.store.load(&row).await,
        }
    }
}
