//! A thread with a connection of its own, which executes jobs in order.

use std::{
    collections::VecDeque,
    sync::mpsc,
    thread::{self, JoinHandle},
};

use hotrow::domain::{StoreError, StoreErrorKind};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{
    error::thread_ended,
    group::{self, GROUP_MAX, GroupedCommand},
};

/// Work for a thread.
pub(super) enum Job {
    /// A call by itself.
    Call(Box<dyn FnOnce(&mut Connection) + Send>),
    /// A command that may share its transaction with others that wait.
    Grouped(GroupedCommand),
}

/// A thread that owns a connection. It ends, after the jobs that it has, when it is dropped.
pub(super) struct Worker {
    /// Taken only by `drop`: the thread ends when no more jobs can come.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts a thread that owns `connection`.
    ///
    /// # Errors
    /// [`StoreError`] if the system has no thread left.
    pub(super) fn spawn(name: &str, connection: Connection) -> Result<Worker, StoreError> {
        let (jobs, queue) = mpsc::channel();
        let thread = thread::Builder::new()
            .name(format!("sqlite-{name}"))
            .spawn(move || run(connection, &queue))
            .map_err(|error| {
                StoreError::new(StoreErrorKind::Failed, format!("no thread for SQLite: {error}"))
            })?;
        Ok(Worker { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Executes `work` on the thread and returns its result. The work is done even if the caller
    /// is dropped.
    ///
    /// # Errors
    /// [`StoreError`] if the thread has ended.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, result) = oneshot::channel();
        self.send(Job::Call(Box::new(move |connection| {
            // A caller that was dropped needs no reply.
            let _ = reply.send(work(connection));
        })));
        result.await.map_err(|_| thread_ended())
    }

    /// Sends a job without waiting for it. If the thread has ended, the job is dropped, and its
    /// caller's receiver says so.
    pub(super) fn send(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(mut connection: Connection, queue: &mpsc::Receiver<Job>) {
    let mut next = VecDeque::new();
    while let Some(job) = next.pop_front().or_else(|| queue.recv().ok()) {
        match job {
            Job::Call(work) => work(&mut connection),
            Job::Grouped(first) => {
                let mut commands = vec![first];
                while commands.len() < GROUP_MAX {
                    match next.pop_front().or_else(|| queue.try_recv().ok()) {
                        Some(Job::Grouped(command)) => commands.push(command),
                        Some(call) => {
                            next.push_front(call);
                            break;
                        }
                        None => break,
                    }
                }
                group::execute(&mut connection, commands);
            }
        }
    }
}
