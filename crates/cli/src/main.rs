//! The command line of hotrow: see [`hotrow_cli`].

fn main() -> std::process::ExitCode {
    hotrow_cli::main()
}
