//! One ordering of the code weakened, to see whether a model needs it.
//!
//! An ordering that no model fails without is either not needed or not modelled. So each place that
//! asks for more than `Relaxed` is weakened alone, by the atomics of the model and not in the code,
//! and the models that pass it must fail ([`super::models`]). The place is told by the
//! environment, so that each weakening has a process of its own.

use std::{
    collections::BTreeSet,
    env, fmt,
    panic::Location,
    sync::{LazyLock, Mutex, PoisonError},
};

use super::atomic::Ordering;

/// The environment's word for what is to be weakened: a [`Place`] as it prints, `=` and the
/// weaker ordering.
pub(super) const WEAKENED: &str = "HOTROW_WEAKENED";

/// Which of the orderings of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Half {
    /// The only one, or that of success.
    Whole,
    /// That of a compare-and-set that fails.
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

/// Every ordering stronger than `Relaxed` that has been used so far.
pub(super) fn stronger_than_relaxed() -> BTreeSet<(Place, &'static str)> {
    USED.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

static USED: Mutex<BTreeSet<(Place, &'static str)>> = Mutex::new(BTreeSet::new());

/// What `HOTROW_WEAKENED` says.
static ASKED: LazyLock<Option<(String, Ordering)>> = LazyLock::new(|| {
    let asked = env::var(WEAKENED).ok()?;
    let (place, order) = asked.split_once('=').expect("a place, `=`, and the weaker ordering");
    Some((place.to_owned(), of_name(order)))
});

/// The ordering that a call which asks for `order` is given.
#[track_caller]
pub(super) fn used(order: Ordering, half: Half) -> Ordering {
    if order == Ordering::Relaxed {
        return order;
    }
    let caller = Location::caller();
    let (file, line, column) = (caller.file(), caller.line(), caller.column());
    let place = Place { file, line, column, half };
    match &*ASKED {
        Some((asked, weaker)) => match *asked == place.to_string() {
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

fn of_name(order: &str) -> Ordering {
    match order {
        "Relaxed" => Ordering::Relaxed,
        "Acquire" => Ordering::Acquire,
        "Release" => Ordering::Release,
        other => panic!("`{other}` is no ordering that anything is weakened to"),
    }
}
