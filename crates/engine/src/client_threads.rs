//! Starts clients as threads or as tasks, and collects their reports.

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
use hotrow::strategy::ConcurrencyStrategy;

/// Collects the reports of clients. Clients that were never answered are missing.
#[derive(Default)]
pub(super) struct ReportCollector(Mutex<Vec<Report>>);

impl ReportCollector {
    pub(super) fn reports(&self) -> usize {
        self.0.lock().len()
    }

    /// Takes the reports so far, in the order of the clients.
    pub(super) fn take(&self) -> Vec<Report> {
        let mut reports = std::mem::take(&mut *self.0.lock());
        reports.sort_unstable_by_key(|report| report.index);
        reports
    }
}

/// Starts each client on a thread of its own, inside the runtime, so that strategies can spawn
/// tasks.
///
/// A thread whose client is never answered stays until the process ends, because a thread cannot be
/// killed.
pub(super) fn start_threads<T>(clients: Vec<Client<T>>, collector: &Arc<ReportCollector>)
where
    T: ConcurrencyStrategy,
{
    for client in clients {
        let (collector, handle) = (Arc::clone(collector), Handle::current());
        thread::spawn(move || {
            let _runtime = handle.enter();
            let report = block_on(client.run());
            collector.0.lock().push(report);
        });
    }
}

/// Starts each client as a task of the runtime.
pub(super) fn start_tasks<T: ConcurrencyStrategy>(
    clients: Vec<Client<T>>,
    collector: &Arc<ReportCollector>,
) {
    for client in clients {
        let collector = Arc::clone(collector);
        tokio::spawn(async move {
            let report = client.run().await;
            collector.0.lock().push(report);
        });
    }
}

/// Runs `work` on this thread, which parks while it waits. One waker serves the whole run: a waker
/// per command would cost an allocation per command.
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
