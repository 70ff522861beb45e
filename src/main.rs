//! Compares ways to make read-decide-write safe on a contended row: see [`hotrow::cli`].

fn main() -> std::process::ExitCode {
    hotrow::cli::main()
}
