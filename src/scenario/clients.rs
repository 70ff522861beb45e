//! The clients of a scenario: their kind and their number.

use std::{error::Error, fmt, str::FromStr};

/// The clients of a scenario: threads that block while they wait, or tasks of a runtime that yield.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clients {
    /// One operating-system thread per client; on a simulated clock, one task per client.
    Threads(u32),
    /// Tasks on a runtime with one worker per core.
    Tasks(u32),
}

impl Clients {
    /// The most threads of [`Clients::per_core`].
    const PER_CORE_MAX: usize = 64;

    /// Returns one thread for each of this many cores, but at most 64.
    pub fn per_core(cores: usize) -> Clients {
        let threads = cores.min(Clients::PER_CORE_MAX);
        Clients::Threads(u32::try_from(threads).expect("it is at most 64"))
    }

    /// Returns the number of clients.
    pub const fn count(self) -> u32 {
        let (Clients::Threads(count) | Clients::Tasks(count)) = self;
        count
    }
}

/// Displays `threads:2` or `tasks:64`.
impl fmt::Display for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Clients::Threads(count) => write!(f, "threads:{count}"),
            Clients::Tasks(count) => write!(f, "tasks:{count}"),
        }
    }
}

impl FromStr for Clients {
    type Err = ClientsError;

    fn from_str(text: &str) -> Result<Clients, ClientsError> {
        let (kind, count) = text.split_once(':').ok_or(ClientsError)?;
        let clients = match kind {
            "threads" => Clients::Threads,
            "tasks" => Clients::Tasks,
            _ => return Err(ClientsError),
        };
        count.parse().map(clients).map_err(|_| ClientsError)
    }
}

/// The text is not [`Clients`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientsError;

impl fmt::Display for ClientsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("give a kind and a count: write it as threads:2 or tasks:64")
    }
}

impl Error for ClientsError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Claims and flags name clients by this text. A number without a kind could be either.
    #[test]
    fn clients_are_parsed_as_they_are_displayed() {
        for clients in [Clients::Threads(2), Clients::Tasks(64)] {
            assert_eq!(clients.to_string().parse(), Ok(clients));
        }
        for text in ["", "2", ":2", "tasks:", "fibers:2", "threads:-1"] {
            assert_eq!(text.parse::<Clients>(), Err(ClientsError), "{text}");
        }
    }

    /// A machine of 128 cores gets 64 threads, also in the workload that its row is of.
    #[test]
    fn many_cores_get_at_most_64_threads() {
        assert_eq!([4, 64, 128].map(Clients::per_core), [4, 64, 64].map(Clients::Threads));
    }
}
