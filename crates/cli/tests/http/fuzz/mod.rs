//! Malformed requests: they are rejected with a problem, change nothing, and are not echoed.

mod table;

use hotrow_registry::Entry;

use self::table::{KNOWN_KEY, Row, TABLE, USERS};
use crate::{
    account_check::{CheckResult, ensure},
    app::{App, ExecutionMode},
    ask::Request,
};

/// A word that no answer contains by itself.
const MARK: &str = "xyzzy";

/// Minimum number of rows of the table.
const ROWS_MIN: usize = 150;

/// A malformed request that is accepted is an unintended charge. One that is answered with a 500
/// raises a false alarm. One that is echoed lets a client write into pages or logs. Every row is
/// sent for a user with points and for one without, with the mark in headers that the service
/// ignores. The answer must be the problem of the row and must not contain the mark; accounts,
/// histories and keys must stay the same.
pub(crate) fn malformed_requests_are_rejected_and_change_nothing(entry: &Entry) -> CheckResult {
    ExecutionMode::Paused.run(async {
        let app = App::open(entry);
        for request in [
            Request::charge(7, 700),
            Request::use_points(7, 200),
            Request::charge(9, 1).key(KNOWN_KEY),
        ] {
            let answer = app.call(&request).await;
            ensure(answer.is_ok(), || format!("{request:?}: {}", answer.describe()))?;
        }
        // Both users have the key, and one of them has points.
        let known = app.call(&Request::charge(7, 999_999).key(KNOWN_KEY)).await;
        known.check_problem(409, "balance-above-maximum")?;
        let emptied = app.call(&Request::use_points(9, 1)).await;
        ensure(emptied.is_ok(), || emptied.describe())?;

        let before = state(&app).await;
        for row in TABLE {
            let found = check_row(&app, *row).await;
            found.map_err(|found| format!("{}: {found}", describe(*row)))?;
            let after = state(&app).await;
            ensure(before == after, || {
                format!("{}: it was {before:?}, and is {after:?}", describe(*row))
            })?;
        }
        Ok(())
    })
}

/// Sends all requests of `row`.
async fn check_row(app: &App, row: Row) -> CheckResult {
    let (_, _, status, code) = row;
    for request in USERS.into_iter().flat_map(|user| table::requests(row, user)) {
        let mut marked = request.clone();
        for name in ["user-agent", "x-request-id", "referer", "origin", "cookie", "x-forwarded-for"]
        {
            marked = marked.header(name, MARK);
        }
        let answer = app.call(&marked).await;
        let found = answer.check_problem(status, code);
        found.map_err(|found| format!("{} {}: {found}", request.method, request.path))?;
        let shown = format!("{:?} {}", answer.headers, answer.text()).to_lowercase();
        ensure(!shown.contains(MARK), || format!("the mark is echoed: {}", answer.describe()))?;
    }
    Ok(())
}

/// All state that a malformed request could change.
async fn state(app: &App) -> Vec<String> {
    let mut state = Vec::new();
    for user in USERS.into_iter().chain([1, 70, 77]) {
        for path in [format!("/point/{user}"), format!("/point/{user}/histories")] {
            state.push(app.call(&Request::get(path)).await.text());
        }
    }
    let page = app.call(&Request::get("/metrics")).await.text();
    let counts = ["hotrow_idempotency_keys ", "hotrow_queue_length "];
    let counted = |line: &&str| {
        let of_commands = line.starts_with("hotrow_commands_total{") && line.contains("applied");
        of_commands || counts.iter().any(|count| line.starts_with(count))
    };
    state.extend(page.lines().filter(counted).map(str::to_owned));
    state
}

fn describe((at, what, status, code): Row) -> String {
    format!("{at:?} `{}` ({status} {code})", what.escape_ascii())
}

/// If reading an unknown user created an account, a client could fill the memory. A rejected
/// request for a user without an account creates none.
pub(crate) fn a_rejected_request_creates_no_account(entry: &Entry) -> CheckResult {
    ExecutionMode::Paused.run(async {
        let app = App::open(entry);
        for row in TABLE.iter().filter(|row| row.3 != "idempotency-key-reused") {
            check_row(&app, *row).await.map_err(|found| format!("{}: {found}", describe(*row)))?;
        }
        for user in USERS {
            let account = app.call(&Request::balance(user)).await.text();
            let nothing = format!("{{\"id\":{user},\"point\":0,\"updateMillis\":0}}");
            ensure(account == nothing, || format!("the account is {account}"))?;
            let history = app.call(&Request::get(format!("/point/{user}/histories"))).await.text();
            ensure(history == "[]", || format!("the history of {user} is {history}"))?;
        }
        Ok(())
    })
}

/// A limit that is off by one would reject a valid body.
pub(crate) fn a_body_of_maximum_size_is_accepted(entry: &Entry) -> CheckResult {
    ExecutionMode::Paused.run(async {
        let app = App::open(entry);
        let body = format!("{}5", " ".repeat(hotrow_server::BODY_MAX - 1));
        let answer = app.call(&Request::change("/point/7/charge", body)).await;
        ensure(answer.is_ok() && answer.point() == 5, || answer.describe())
    })
}

/// A table that was cut down, or that repeats rows, would pass as well.
pub(crate) fn the_table_is_long_and_has_no_duplicates() -> CheckResult {
    ensure(TABLE.len() >= ROWS_MIN, || format!("the table has {} rows", TABLE.len()))?;
    let mut rows: Vec<_> = TABLE.iter().map(|(at, what, ..)| (at, what)).collect();
    rows.sort_unstable();
    match rows.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("{:?} occurs twice", pair[0])),
        None => Ok(()),
    }
}
