//! Puts clients to work, as threads or as tasks, and collects what they have to tell.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use parking_lot::Mutex;
use tokio::runtime::Handle;

use super::client::{Client, Report};
use crate::strategy::ConcurrencyStrategy;

/// Where clients leave their reports. Those of clients that were never answered are missing.
#[derive(Default)]
pub(super) struct Desk(Mutex<Vec<Report>>);

impl Desk {
    pub(super) fn reports(&self) -> usize {
        self.0.lock().len()
    }

    /// Takes the reports that are there, in the order of the clients.
    pub(super) fn take(&self) -> Vec<Report> {
        let mut reports = std::mem::take(&mut *self.0.lock());
        reports.sort_unstable_by_key(|report| report.index);
        reports
    }
}

/// Starts each client on a thread of its own, from which strategies can start tasks.
///
/// A thread whose client is never answered stays for as long as the process: there is no way to
/// take a thread away.
pub(super) fn start_threads<T>(clients: Vec<Client<T>>, desk: &Arc<Desk>)
where
    T: ConcurrencyStrategy,
{
    for client in clients {
        let (desk, handle) = (Arc::clone(desk), Handle::current());
        thread::spawn(move || {
            let _runtime = handle.enter();
            let report = block_on(client.live());
            desk.0.lock().push(report);
        });
    }
}

/// Starts each client as a task of the runtime.
pub(super) fn start_tasks<T: ConcurrencyStrategy>(clients: Vec<Client<T>>, desk: &Arc<Desk>) {
    for client in clients {
        let desk = Arc::clone(desk);
        tokio::spawn(async move {
            let report = client.live().await;
            desk.0.lock().push(report);
        });
    }
}

/// Runs `work` on this thread, which sleeps while it waits. One waker lasts for the whole of it:
/// one for each command would be an allocation for each command.
fn block_on<F: Future>(work: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut work = pin!(work);
    loop {
        match work.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}
