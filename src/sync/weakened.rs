//! Weakens one atomic ordering of the code, to see whether a model needs it.
//!
//! An ordering without which no model fails is either not needed or not modelled. So each place
//! that asks for more than `Relaxed` is weakened alone, and a model that passes it must fail
//! ([`super::models`]). The atomics of the model weaken it, and the code has no switch for it. An
//! environment variable names the place, so each weakening has a process of its own.
use std::{
    collections::BTreeSet,
    env, fmt,
    panic::Location,
    sync::{LazyLock, Mutex, PoisonError},
};

use super::atomic::Ordering;

/// The environment variable that names the place to weaken: a [`Place`] as it displays, `=`, and
/// the weaker ordering.
pub(super) const WEAKENED: &str = "HOTROW_WEAKENED";

/// One of the orderings of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Half {
    /// The only ordering, or that of success.
    Whole,
    /// The ordering of a failed compare-and-set.
    Failure,
}

/// An ordering in the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    file: &'static str,
    line: u32,
    column: u32,
    half: Half,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:{:?}", self.file, self.line, self.column, self.half)
    }
}

/// Returns every ordering stronger than `Relaxed` that the code has used so far.
pub(super) fn stronger_than_relaxed() -> BTreeSet<(Place, &'static str)> {
    USED.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

static USED: Mutex<BTreeSet<(Place, &'static str)>> = Mutex::new(BTreeSet::new());

/// The place and the weaker ordering that `HOTROW_WEAKENED` requests.
static REQUESTED: LazyLock<Option<(String, Ordering)>> = LazyLock::new(|| {
    let requested = env::var(WEAKENED).ok()?;
    let (place, order) =
        requested.split_once('=').expect("write a place, `=`, and the weaker ordering");
    Some((place.to_owned(), from_name(order)))
});

/// Returns the ordering for a call that asks for `order`: a weaker one if this place is weakened.
#[track_caller]
pub(super) fn effective(order: Ordering, half: Half) -> Ordering {
    if order == Ordering::Relaxed {
        return order;
    }
    let caller = Location::caller();
    let (file, line, column) = (caller.file(), caller.line(), caller.column());
    let place = Place { file, line, column, half };
    match &*REQUESTED {
        Some((requested, weaker)) => match *requested == place.to_string() {
            true => *weaker,
            false => order,
        },
        None => {
            USED.lock().unwrap_or_else(PoisonError::into_inner).insert((place, name_of(order)));
            order
        }
    }
}

fn name_of(order: Ordering) -> &'static str {
    match order {
        Ordering::Relaxed => "Relaxed",
        Ordering::Acquire => "Acquire",
        Ordering::Release => "Release",
        Ordering::AcqRel => "AcqRel",
        _ => "SeqCst",
    }
}

fn from_name(order: &str) -> Ordering {
    match order {
        "Relaxed" => Ordering::Relaxed,
        "Acquire" => Ordering::Acquire,
        "Release" => Ordering::Release,
        other => panic!("`{other}` is not a weaker ordering: give Relaxed, Acquire or Release"),
    }
}
