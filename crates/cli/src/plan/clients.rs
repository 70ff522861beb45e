//! Clients on the command line: `threads:2`, `tasks:64`, or `threads:cores`.

use hotrow::scenario::Clients;
use hotrow_machine as machine;

/// The most threads: with more, the measurement is one of the system's scheduler.
const THREADS_MAX: u32 = 256;

/// The most threads of `threads:cores`, on a machine with many cores.
const THREADS_OF_CORES_MAX: u32 = 64;

/// The most tasks: each has its own request sequence and log.
const TASKS_MAX: u32 = 16_384;

/// Parses a kind and a count.
pub(crate) fn parse(text: &str) -> Result<Clients, String> {
    let (kind, count) = text.split_once(':').unwrap_or(("", text));
    let (clients, most): (fn(u32) -> Clients, u32) = match kind {
        "threads" => (Clients::Threads, THREADS_MAX),
        "tasks" => (Clients::Tasks, TASKS_MAX),
        _ => return Err("give a kind and a count: write it as threads:2 or tasks:64".to_owned()),
    };
    if count == "cores" {
        return Ok(clients(cores()));
    }
    match count.parse() {
        Ok(count) if (1..=most).contains(&count) => Ok(clients(count)),
        _ => Err(format!("{kind} are 1 to {most}: write it as {kind}:2")),
    }
}

/// Returns one thread for each core that this process may use. On one core that is one thread,
/// which contends with no other; `hotrow doctor` warns of it.
pub(crate) fn threads_of_machine() -> Clients {
    Clients::Threads(cores())
}

fn cores() -> u32 {
    u32::try_from(machine::cores().usable).unwrap_or(u32::MAX).min(THREADS_OF_CORES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bare number has no kind, and a count of zero measures nothing.
    #[test]
    fn clients_have_a_kind_and_a_count() {
        assert_eq!(parse("threads:2"), Ok(Clients::Threads(2)));
        assert_eq!(parse("tasks:64"), Ok(Clients::Tasks(64)));
        assert_eq!(parse("threads:cores"), Ok(threads_of_machine()));
        for text in ["2", "", "64t", "fibers:2", ":2"] {
            assert!(parse(text).unwrap_err().ends_with("threads:2 or tasks:64"), "{text}");
        }
        for text in ["threads:0", "threads:257", "threads:", "threads:-1", "threads:99999999999"] {
            assert_eq!(parse(text).unwrap_err(), "threads are 1 to 256: write it as threads:2");
        }
    }
}
