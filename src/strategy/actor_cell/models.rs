//! Models of the actor cell: a task that starts and ends while requests arrive.

use loom::future::block_on;

use super::ActorCell;
use crate::{
    domain::{Failure, Fault, Policy},
    store::models::{charge, config, open, poll},
    strategy::{
        Actor, Base,
        models::{AsyncBare, SyncBare, check_all_are_applied},
    },
    sync::{Arc, explored::explore, thread},
};

/// Two callers of an actor whose task ends as soon as it is idle. Each caller must be answered, by
/// the running task or by a task that it starts. A request between two tasks would wait forever,
/// and two tasks at once would lose an update.
#[test]
fn two_callers_of_an_actor_are_both_served() {
    explore(|| check_all_are_applied::<Actor<SyncBare<ActorCell>>>(2));
}

/// The task of an actor is dropped in the middle of a command, as by a runtime that shuts down. Its
/// caller gets an indeterminate outcome, whether it arrived before or after. Without that it would
/// wait forever.
#[test]
fn a_dropped_actor_task_leaves_no_caller_waiting() {
    explore(|| {
        let actor = Arc::new(ActorCell::default());
        let served = Arc::clone(&actor);
        let spawn_if_idle = move || {
            let actor = Arc::clone(&served);
            thread::spawn(move || {
                let store = open::<AsyncBare<()>>(&config());
                let base = Base { store, policy: Policy::default() };
                assert!(poll(actor.serve(&base), 1).is_none());
            });
        };
        let answer = block_on(actor.execute(charge(1), spawn_if_idle));
        assert_eq!(answer, Err(Failure::Indeterminate(Fault::Abandoned)));
    });
}
