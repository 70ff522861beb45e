//! Clients on the command line: `threads:2`, `tasks:64`, `threads:cores`, or `8` for `threads:8`.

use hotrow::scenario::Clients;
use hotrow_machine as machine;

/// The most threads: with more, the measurement is one of the system's scheduler.
const THREADS_MAX: u32 = 256;

/// The most tasks: each has its own request sequence and log.
const TASKS_MAX: u32 = 16_384;

/// Parses a kind and a count. A count without a kind is of threads.
pub(crate) fn parse(text: &str) -> Result<Clients, String> {
    let cores = threads_of_machine().count();
    let is_count = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let text = match is_count {
        true => format!("threads:{text}"),
        false => text.replace(":cores", &format!(":{cores}")),
    };
    let parsed = text.parse::<Clients>();
    let (kind, most) = match text.split_once(':') {
        Some((kind @ "threads", _)) => (kind, THREADS_MAX),
        Some((kind @ "tasks", _)) => (kind, TASKS_MAX),
        _ => return parsed.map_err(|error| error.to_string()),
    };
    let is_within = |clients: &Clients| (1..=most).contains(&clients.count());
    let rejected = || format!("{kind} are 1 to {most}: write it as {kind}:2");
    parsed.ok().filter(is_within).ok_or_else(rejected)
}

/// Returns one thread for each core that this process may use. On one core that is one thread,
/// which contends with no other; `hotrow doctor` warns of it.
pub(crate) fn threads_of_machine() -> Clients {
    Clients::per_core(machine::cores().usable)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bare number is of threads, and a count of zero measures nothing.
    #[test]
    fn clients_have_a_kind_and_a_count() {
        assert_eq!(parse("8"), Ok(Clients::Threads(8)));
        assert_eq!(parse("threads:2"), Ok(Clients::Threads(2)));
        assert_eq!(parse("tasks:64"), Ok(Clients::Tasks(64)));
        assert_eq!(parse("threads:cores"), Ok(threads_of_machine()));
        for text in ["", "64t", "fibers:2", ":2", "-8", "cores"] {
            assert!(parse(text).unwrap_err().ends_with("threads:2 or tasks:64"), "{text}");
        }
        for text in [
            "0",
            "257",
            "threads:0",
            "threads:257",
            "threads:",
            "threads:-1",
            "threads:99999999999",
        ] {
            assert_eq!(parse(text).unwrap_err(), "threads are 1 to 256: write it as threads:2");
        }
    }
}
