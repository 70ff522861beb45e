//! The build that `loom` explores: the same names over loom's locks, atomics and threads.
//!
//! loom runs a model again and again until it has tried every order of its steps, within a bound,
//! and every value that a weak ordering lets a load return. It knows only what goes through it. So
//! the asynchronous locks of `tokio` have no counterpart here: loom would explore nothing and find
//! no bug, and a strategy that needs them does not compile in this build.
//!
//! Three things are still the standard library's, because loom's do not fit: `Arc`, because loom's
//! cannot hold a trait object; the value inside a `OnceLock`, beside a mark that loom knows; and
//! time, which does not pass here.
//!
//! `--cfg loom` would reach the dependencies too. Half of them have a loom build of their own
//! behind it: `boxcar` would be explored within our models, and `tokio` would lose parts. Hence
//! `hotrow_loom`.

use std::fmt;

pub use std::sync::Arc;

pub use loom::sync::{MutexGuard, RwLockReadGuard, RwLockWriteGuard};

/// A mutex with the interface of `parking_lot`: it is not poisoned.
#[derive(Debug, Default)]
pub struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    /// Creates an unlocked mutex.
    pub fn new(value: T) -> Mutex<T> {
        Mutex(loom::sync::Mutex::new(value))
    }

    /// Acquires the lock, and blocks until it is free.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().expect("loom ends a model that panics, so no lock is poisoned")
    }
}

/// A reader-writer lock with the interface of `parking_lot`: it is not poisoned.
#[derive(Debug, Default)]
pub struct RwLock<T>(loom::sync::RwLock<T>);

impl<T> RwLock<T> {
    /// Creates an unlocked reader-writer lock.
    pub fn new(value: T) -> RwLock<T> {
        RwLock(loom::sync::RwLock::new(value))
    }

    /// Acquires the lock for reading, and blocks while a writer holds it.
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().expect("loom ends a model that panics, so no lock is poisoned")
    }

    /// Acquires the lock for writing, and blocks while a reader or a writer holds it.
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().expect("loom ends a model that panics, so no lock is poisoned")
    }
}

/// A value that the first caller initializes.
pub struct OnceLock<T> {
    value: std::sync::OnceLock<T>,
    initializing: loom::sync::Mutex<()>,
    is_initialized: loom::sync::atomic::AtomicBool,
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
    /// Creates an empty cell.
    pub fn new() -> OnceLock<T> {
        OnceLock {
            value: std::sync::OnceLock::new(),
            initializing: loom::sync::Mutex::new(()),
            is_initialized: loom::sync::atomic::AtomicBool::new(false),
        }
    }

    /// Returns the value, if it is initialized.
    pub fn get(&self) -> Option<&T> {
        // Acquire, with the release below: the caller sees the writes of the initialization, as the
        // standard library guarantees.
        match self.is_initialized.load(atomic::Ordering::Acquire) {
            true => self.value.get(),
            false => None,
        }
    }

    /// Returns the value, and initializes it first if necessary.
    pub fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
        let _guard = self
            .initializing
            .lock()
            .expect("loom ends a model that panics, so no lock is poisoned");
        let value = self.value.get_or_init(init);
        self.is_initialized.store(true, atomic::Ordering::Release);
        value
    }
}

/// Atomic words. Each of their orderings can be weakened from outside, to see whether a model that
/// should need it fails.
///
/// Each word has a mark that every access writes to first. loom treats two accesses as independent
/// if both are loads, and remembers only the last access of a word. After a load in one thread,
/// then a load and a store in another, it would never try the store before the first load. Two
/// writes are never independent.
pub mod atomic {
    pub use std::sync::atomic::Ordering;

    use loom::sync::atomic::AtomicBool as AccessMark;

    /// Allocates `words` words of zero.
    pub fn zeroes(words: usize) -> Box<[AtomicU64]> {
        (0..words).map(|_| AtomicU64::new(0)).collect()
    }

    use crate::sync::weakened::{Half, effective};

    macro_rules! atomics {
        ($($(#[$doc:meta])* $name:ident($value:ty);)+) => { $(
            $(#[$doc])*
            #[derive(Debug, Default)]
            pub struct $name {
                word: loom::sync::atomic::$name,
                mark: AccessMark,
            }

            impl $name {
                /// Creates a word with this value.
                pub fn new(value: $value) -> $name {
                    let word = loom::sync::atomic::$name::new(value);
                    $name { word, mark: AccessMark::new(true) }
                }

                fn accessed(&self) -> &loom::sync::atomic::$name {
                    // Relaxed: the mark must not order more than the code does.
                    self.mark.store(true, Ordering::Relaxed);
                    &self.word
                }

                /// Returns the value of a word that no other thread shares.
                pub fn into_inner(self) -> $value {
                    self.word.into_inner()
                }

                /// Loads the value.
                #[track_caller]
                pub fn load(&self, order: Ordering) -> $value {
                    self.accessed().load(effective(order, Half::Whole))
                }

                /// Stores a value.
                #[track_caller]
                pub fn store(&self, value: $value, order: Ordering) {
                    self.accessed().store(value, effective(order, Half::Whole));
                }

                /// Stores a value and returns the previous one.
                #[track_caller]
                pub fn swap(&self, value: $value, order: Ordering) -> $value {
                    self.accessed().swap(value, effective(order, Half::Whole))
                }

                /// Stores `new` if the value is `current`.
                ///
                /// # Errors
                /// The actual value, if it is another one.
                #[track_caller]
                pub fn compare_exchange(
                    &self,
                    current: $value,
                    new: $value,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$value, $value> {
                    let (success, failure) =
                        (effective(success, Half::Whole), effective(failure, Half::Failure));
                    self.accessed().compare_exchange(current, new, success, failure)
                }

                /// As `compare_exchange`: loom has no spurious failures.
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
        /// A boolean.
        AtomicBool(bool);
    }

    macro_rules! counters {
        ($($name:ident($value:ty);)+) => { $(
            impl $name {
                /// Adds and returns the previous value.
                #[track_caller]
                pub fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                    self.accessed().fetch_add(value, effective(order, Half::Whole))
                }

                /// Subtracts and returns the previous value.
                #[track_caller]
                pub fn fetch_sub(&self, value: $value, order: Ordering) -> $value {
                    self.accessed().fetch_sub(value, effective(order, Half::Whole))
                }

                /// Stores the maximum and returns the previous value.
                #[track_caller]
                pub fn fetch_max(&self, value: $value, order: Ordering) -> $value {
                    self.accessed().fetch_max(value, effective(order, Half::Whole))
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

/// Ways to wait that keep the core.
pub mod hint {
    pub use loom::hint::spin_loop;

    /// Does nothing: a pause changes only the time of events, and loom tries every order of them.
    pub fn pause(_times: u32) {}
}

/// Tasks, each on a loom thread of its own: no scheduler stands between them and the model.
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

    /// Lets the other threads run. It is ready at its first poll, because the task is alone on its
    /// thread.
    pub async fn yield_now() {
        loom::thread::yield_now();
    }
}

/// Threads, and how a thread yields.
pub mod thread {
    use std::{io, num::NonZero};

    pub use std::thread::panicking;

    pub use loom::thread::{JoinHandle, spawn, yield_now};

    /// Returns two, the smallest number above one.
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

    /// Lets the other threads run: any event may happen in the meantime.
    pub async fn sleep(_duration: Duration) {
        loom::thread::yield_now();
    }
}

/// Stand-ins for collections of other crates, whose synchronization loom does not see. They have
/// the same names, guarantee the same orders and are otherwise as simple as possible.
pub mod collections {
    /// The part of `papaya` that [`Directory`](crate::store) uses.
    pub mod papaya {
        use loom::sync::{Mutex, MutexGuard};

        /// A map with one reader or writer at a time.
        #[derive(Debug)]
        pub struct HashMap<K, V>(Mutex<std::collections::HashMap<K, V>>);

        /// The locked map.
        #[derive(Debug)]
        pub struct Pinned<'a, K, V>(MutexGuard<'a, std::collections::HashMap<K, V>>);

        impl<K: std::hash::Hash + Eq, V> HashMap<K, V> {
            /// An empty map.
            #[expect(clippy::new_without_default, reason = "it has the interface of the real map")]
            pub fn new() -> HashMap<K, V> {
                HashMap(Mutex::default())
            }

            /// Locks the map.
            pub fn pin(&self) -> Pinned<'_, K, V> {
                Pinned(
                    self.0.lock().expect("loom ends a model that panics, so no lock is poisoned"),
                )
            }
        }

        impl<K: std::hash::Hash + Eq, V> Pinned<'_, K, V> {
            /// Returns the value at `key`.
            pub fn get(&self, key: &K) -> Option<&V> {
                self.0.get(key)
            }

            /// Inserts `value` at `key`.
            pub fn insert(mut self, key: K, value: V) {
                self.0.insert(key, value);
            }
        }
    }

    /// The part of `boxcar` that [`Directory`](crate::store) uses.
    pub mod boxcar {
        use std::ops::Index;

        use crate::sync::OnceLock;

        /// The number of values that a model can push.
        const CAPACITY: usize = 3;

        /// An append-only list.
        #[derive(Debug)]
        pub struct Vec<T> {
            slots: [OnceLock<T>; CAPACITY],
            length: loom::sync::atomic::AtomicUsize,
        }

        impl<T> Vec<T> {
            /// Creates an empty list.
            #[expect(clippy::new_without_default, reason = "it has the interface of the real list")]
            pub fn new() -> Vec<T> {
                Vec {
                    slots: std::array::from_fn(|_| OnceLock::new()),
                    length: loom::sync::atomic::AtomicUsize::new(0),
                }
            }

            /// Appends `value` and returns its index.
            pub fn push(&self, value: T) -> usize {
                let index = self.length.fetch_add(1, super::super::atomic::Ordering::Relaxed);
                self.slots[index].get_or_init(|| value);
                index
            }

            /// Returns the value at `index`.
            pub fn get(&self, index: usize) -> Option<&T> {
                self.slots[index].get()
            }

            /// Returns the number of values.
            pub fn count(&self) -> usize {
                self.length.load(super::super::atomic::Ordering::Relaxed)
            }
        }

        impl<T> Index<usize> for Vec<T> {
            type Output = T;

            fn index(&self, index: usize) -> &T {
                self.get(index).expect("the index comes from push")
            }
        }
    }
}
