//! What `loom` explores: the same names over its locks, atomics and threads.
//!
//! loom runs a model again and again until every order of its steps, within a bound, has been seen,
//! and every value that a weak ordering lets a load see. It knows only what goes through it. So the
//! asynchronous locks of `tokio` have no counterpart here: over them it would explore nothing and
//! find nothing wrong, and a strategy that needs them does not compile in this build.
//!
//! Three things are the standard library's still, as loom's would not fit: `Arc`, because loom's
//! cannot hold a trait object; what is inside a `OnceLock`, beside a mark that loom knows; and time,
//! which does not pass here.
//!
//! `--cfg loom` would reach the dependencies too, half of which have a loom of their own behind it:
//! `boxcar` would be explored within our models, `tokio` would lose parts. Hence `hotrow_loom`.

use std::fmt;

pub use std::sync::Arc;

pub use loom::sync::{MutexGuard, RwLockReadGuard, RwLockWriteGuard};

/// A lock in the manner of `parking_lot`: it is not poisoned.
#[derive(Debug, Default)]
pub struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    /// A lock that is free.
    pub fn new(value: T) -> Mutex<T> {
        Mutex(loom::sync::Mutex::new(value))
    }

    /// Waits for the lock.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().expect("loom ends a model that panics, so nobody meets its locks")
    }
}

/// A lock in the manner of `parking_lot`, which readers share.
#[derive(Debug, Default)]
pub struct RwLock<T>(loom::sync::RwLock<T>);

impl<T> RwLock<T> {
    /// A lock that is free.
    pub fn new(value: T) -> RwLock<T> {
        RwLock(loom::sync::RwLock::new(value))
    }

    /// Waits until nobody writes.
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().expect("loom ends a model that panics, so nobody meets its locks")
    }

    /// Waits until nobody reads or writes.
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().expect("loom ends a model that panics, so nobody meets its locks")
    }
}

/// A value that is made once, by whoever asks first.
pub struct OnceLock<T> {
    value: std::sync::OnceLock<T>,
    making: loom::sync::Mutex<()>,
    made: loom::sync::atomic::AtomicBool,
}

impl<T> Default for OnceLock<T> {
    fn default() -> OnceLock<T> {
        OnceLock::new()
    }
}

impl<T> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnceLock")
    }
}

impl<T> OnceLock<T> {
    /// A place for a value.
    pub fn new() -> OnceLock<T> {
        OnceLock {
            value: std::sync::OnceLock::new(),
            making: loom::sync::Mutex::new(()),
            made: loom::sync::atomic::AtomicBool::new(false),
        }
    }

    /// The value, if it is made.
    pub fn get(&self) -> Option<&T> {
        // Acquire, with the release below: what making it wrote is seen, as the standard
        // library promises.
        match self.made.load(atomic::Ordering::Acquire) {
            true => self.value.get(),
            false => None,
        }
    }

    /// The value, made now if it was not.
    pub fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        let _making = self.making.lock().expect("loom ends a model that panics");
        let value = self.value.get_or_init(make);
        self.made.store(true, atomic::Ordering::Release);
        value
    }
}

/// Atomic words, each of whose orderings can be weakened from outside to see whether a model fails
/// that says it needs them.
///
/// Beside each lies a word that every access writes to first. loom takes two accesses for
/// independent if both are loads, and remembers only the last one of a word: of a load here, then a
/// load and a store there, it would never try the store before the first load. Two writes are
/// never independent.
pub mod atomic {
    pub use std::sync::atomic::Ordering;

    use loom::sync::atomic::AtomicBool as Beside;

    /// So many words of zero.
    pub fn zeroes(words: usize) -> Box<[AtomicU64]> {
        (0..words).map(|_| AtomicU64::new(0)).collect()
    }

    use crate::sync::weakened::{Half, used};

    macro_rules! atomics {
        ($($(#[$doc:meta])* $name:ident($value:ty);)+) => { $(
            $(#[$doc])*
            #[derive(Debug, Default)]
            pub struct $name {
                word: loom::sync::atomic::$name,
                beside: Beside,
            }

            impl $name {
                /// A word with this value.
                pub fn new(value: $value) -> $name {
                    $name { word: loom::sync::atomic::$name::new(value), beside: Beside::new(true) }
                }

                fn accessed(&self) -> &loom::sync::atomic::$name {
                    // Relaxed: it must order nothing that the code does not.
                    self.beside.store(true, Ordering::Relaxed);
                    &self.word
                }

                /// The value of a word that nobody else has.
                pub fn into_inner(self) -> $value {
                    self.word.into_inner()
                }

                /// Reads.
                #[track_caller]
                pub fn load(&self, order: Ordering) -> $value {
                    self.accessed().load(used(order, Half::Whole))
                }

                /// Writes.
                #[track_caller]
                pub fn store(&self, value: $value, order: Ordering) {
                    self.accessed().store(value, used(order, Half::Whole));
                }

                /// Writes, and gives what was there.
                #[track_caller]
                pub fn swap(&self, value: $value, order: Ordering) -> $value {
                    self.accessed().swap(value, used(order, Half::Whole))
                }

                /// Writes `new` over `current`.
                ///
                /// # Errors
                /// What was there instead.
                #[track_caller]
                pub fn compare_exchange(
                    &self,
                    current: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    let (success, failure) =
                        (used(success, Half::Whole), used(failure, Half::Failure));
                    self.accessed().compare_exchange(current, new, success, failure)
                }

                /// As `compare_exchange`: loom does not fail for nothing.
                #[track_caller]
                pub fn compare_exchange_weak(
                    &self,
                    current: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    self.compare_exchange(current, new, success, failure)
                }
            }
        )+ };
    }

    atomics! {
        /// A word of 64 bits.
        AtomicU64(u64);
        /// A word of the machine's size.
        AtomicUsize(usize);
        /// A byte.
        AtomicU8(u8);
        /// A mark.
        AtomicBool(bool);
    }

    macro_rules! counters {
        ($($name:ident($value:ty);)+) => { $(
            impl $name {
                /// Adds, and gives what was there.
                #[track_caller]
                pub fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                    self.accessed().fetch_add(value, used(order, Half::Whole))
                }

                /// Takes away, and gives what was there.
                #[track_caller]
                pub fn fetch_sub(&self, value: $value, order: Ordering) -> $value {
                    self.accessed().fetch_sub(value, used(order, Half::Whole))
                }

                /// Keeps the larger, and gives what was there.
                #[track_caller]
                pub fn fetch_max(&self, value: $value, order: Ordering) -> $value {
                    self.accessed().fetch_max(value, used(order, Half::Whole))
                }
            }
        )+ };
    }

    counters! {
        AtomicU64(u64);
        AtomicUsize(usize);
        AtomicU8(u8);
    }
}

/// Ways to wait that give nothing away.
pub mod hint {
    pub use loom::hint::spin_loop;

    /// Nothing: a pause changes only when things happen, and here they happen in every order.
    pub fn pause(_times: u32) {}
}

/// Tasks, each of them a thread of loom's: there is no scheduler between them and the model.
pub mod task {
    pub use loom::thread::JoinHandle;

    /// Runs a task on a thread of its own.
    pub fn spawn<F>(task: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        loom::thread::spawn(move || loom::future::block_on(task))
    }

    /// Lets the other threads run. It is done at its first poll, for the task is alone on its own.
    pub async fn yield_now() {
        loom::thread::yield_now();
    }
}

/// Threads, and how one lets others run.
pub mod thread {
    use std::{io, num::NonZero};

    pub use std::thread::panicking;

    pub use loom::thread::{JoinHandle, spawn, yield_now};

    /// The fewest that can be told apart.
    ///
    /// # Errors
    /// None.
    pub fn available_parallelism() -> io::Result<NonZero<usize>> {
        Ok(NonZero::<usize>::MIN.saturating_add(1))
    }
}

/// Time, which does not pass here.
pub mod time {
    use std::time::Duration;

    /// Lets the other threads run: whatever could happen in the meantime may.
    pub async fn sleep(_duration: Duration) {
        loom::thread::yield_now();
    }
}

/// Collections of other crates, whose own synchronisation loom does not see. These have the same
/// names, make the same promises of order and are as plain as can be.
pub mod collections {
    /// What [`Directory`](crate::store) uses of `papaya`.
    pub mod papaya {
        use loom::sync::{Mutex, MutexGuard};

        /// A map that is read and written one at a time.
        #[derive(Debug)]
        pub struct HashMap<K, V>(Mutex<std::collections::HashMap<K, V>>);

        /// The map, held still.
        #[derive(Debug)]
        pub struct Pinned<'a, K, V>(MutexGuard<'a, std::collections::HashMap<K, V>>);

        impl<K: std::hash::Hash + Eq, V> HashMap<K, V> {
            /// An empty map.
            #[expect(clippy::new_without_default, reason = "the map that it stands for has it")]
            pub fn new() -> HashMap<K, V> {
                HashMap(Mutex::default())
            }

            /// Holds the map still.
            pub fn pin(&self) -> Pinned<'_, K, V> {
                Pinned(self.0.lock().expect("loom ends a model that panics"))
            }
        }

        impl<K: std::hash::Hash + Eq, V> Pinned<'_, K, V> {
            /// The value at `key`.
            pub fn get(&self, key: &K) -> Option<&V> {
                self.0.get(key)
            }

            /// Puts `value` at `key`.
            pub fn insert(mut self, key: K, value: V) {
                self.0.insert(key, value);
            }
        }
    }

    /// What [`Directory`](crate::store) uses of `boxcar`.
    pub mod boxcar {
        use std::ops::Index;

        use crate::sync::OnceLock;

        /// Values that a model can push.
        const PLACES: usize = 3;

        /// A list that only grows.
        #[derive(Debug)]
        pub struct Vec<T> {
            places: [OnceLock<T>; PLACES],
            taken: loom::sync::atomic::AtomicUsize,
        }

        impl<T> Vec<T> {
            /// An empty list.
            #[expect(clippy::new_without_default, reason = "the list that it stands for has it")]
            pub fn new() -> Vec<T> {
                Vec {
                    places: std::array::from_fn(|_| OnceLock::new()),
                    taken: loom::sync::atomic::AtomicUsize::new(0),
                }
            }

            /// Puts `value` behind all others, and says where that is.
            pub fn push(&self, value: T) -> usize {
                let place = self.taken.fetch_add(1, super::super::atomic::Ordering::Relaxed);
                self.places[place].get_or_init(|| value);
                place
            }

            /// The value at `place`.
            pub fn get(&self, place: usize) -> Option<&T> {
                self.places[place].get()
            }

            /// Places taken.
            pub fn count(&self) -> usize {
                self.taken.load(super::super::atomic::Ordering::Relaxed)
            }
        }

        impl<T> Index<usize> for Vec<T> {
            type Output = T;

            fn index(&self, place: usize) -> &T {
                self.get(place).expect("only a place that push has given is asked for")
            }
        }
    }
}
