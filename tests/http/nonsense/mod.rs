//! What cannot be understood is refused in full, changes nothing, and is not repeated to its sender.

mod table;

use hotrow::registry::Entry;

use self::table::{KNOWN_KEY, Row, TABLE, USERS};
use crate::{
    app::{App, Stage},
    ask::Ask,
    books::{Found, ensure},
};

/// What no answer says of itself.
const MARK: &str = "xyzzy";

/// Fewest rows that the table may be cut down to.
const ROWS_MIN: usize = 150;

/// Nonsense that is taken for something is a charge that nobody meant; that is answered with a 500, a
/// way to wake somebody at night; that is repeated in the answer, a way to write into somebody's
/// page or log. Every row is sent against a user who holds points and one who holds none, with the mark
/// in every header that is nobody's business; the answer must be the whole problem of the row, have
/// no mark in it, and leave the accounts, the histories and the keys as they were, to the byte.
pub(crate) fn nonsense_is_refused_and_changes_nothing(entry: &Entry) -> Found {
    Stage::Paused.run(async {
        let app = App::open(entry);
        for ask in [Ask::charge(7, 700), Ask::use_points(7, 200), Ask::charge(9, 1).key(KNOWN_KEY)]
        {
            let answer = app.ask(&ask).await;
            ensure(answer.is_ok(), || format!("{ask:?}: {}", answer.shown()))?;
        }
        // Both have the key, and one of them points.
        let known = app.ask(&Ask::charge(7, 999_999).key(KNOWN_KEY)).await;
        known.is_problem(409, "balance-above-maximum")?;
        let emptied = app.ask(&Ask::use_points(9, 1)).await;
        ensure(emptied.is_ok(), || emptied.shown())?;

        let before = state(&app).await;
        for row in TABLE {
            let found = refused(&app, *row).await;
            found.map_err(|found| format!("{}: {found}", told(*row)))?;
            let after = state(&app).await;
            ensure(before == after, || {
                format!("{}: it was {before:?}, and is {after:?}", told(*row))
            })?;
        }
        Ok(())
    })
}

/// Sends everything that is like `row`.
async fn refused(app: &App, row: Row) -> Found {
    let (_, _, status, code) = row;
    for ask in USERS.into_iter().flat_map(|user| table::asks(row, user)) {
        let mut marked = ask.clone();
        for name in ["user-agent", "x-request-id", "referer", "origin", "cookie", "x-forwarded-for"]
        {
            marked = marked.header(name, MARK);
        }
        let answer = app.ask(&marked).await;
        let found = answer.is_problem(status, code);
        found.map_err(|found| format!("{} {}: {found}", ask.method, ask.path))?;
        let shown = format!("{:?} {}", answer.headers, answer.text()).to_lowercase();
        ensure(!shown.contains(MARK), || format!("it is repeated: {}", answer.shown()))?;
    }
    Ok(())
}

/// All that nonsense could change.
async fn state(app: &App) -> Vec<String> {
    let mut state = Vec::new();
    for user in USERS.into_iter().chain([1, 70, 77]) {
        for path in [format!("/point/{user}"), format!("/point/{user}/histories")] {
            state.push(app.ask(&Ask::get(path)).await.text());
        }
    }
    let page = app.ask(&Ask::get("/metrics")).await.text();
    let counts = ["hotrow_idempotency_keys ", "hotrow_queue_length "];
    let counted = |line: &&str| {
        let of_commands = line.starts_with("hotrow_commands_total{") && line.contains("applied");
        of_commands || counts.iter().any(|count| line.starts_with(count))
    };
    state.extend(page.lines().filter(counted).map(str::to_owned));
    state
}

fn told((at, what, status, code): Row) -> String {
    format!("{at:?} `{}` ({status} {code})", what.escape_ascii())
}

/// A user who is only asked about would be there afterwards: a stranger could fill the memory. What
/// is refused to somebody who has no account leaves none.
pub(crate) fn who_is_unknown_stays_unknown(entry: &Entry) -> Found {
    Stage::Paused.run(async {
        let app = App::open(entry);
        for row in TABLE.iter().filter(|row| row.3 != "idempotency-key-reused") {
            refused(&app, *row).await.map_err(|found| format!("{}: {found}", told(*row)))?;
        }
        for user in USERS {
            let account = app.ask(&Ask::balance(user)).await.text();
            let nothing = format!("{{\"id\":{user},\"point\":0,\"updateMillis\":0}}");
            ensure(account == nothing, || format!("there is {account}"))?;
            let lines = app.ask(&Ask::get(format!("/point/{user}/histories"))).await.text();
            ensure(lines == "[]", || format!("there is a history of {user}: {lines}"))?;
        }
        Ok(())
    })
}

/// A limit that is off by one refuses what is right.
pub(crate) fn a_body_of_the_largest_size_is_read(entry: &Entry) -> Found {
    Stage::Paused.run(async {
        let app = App::open(entry);
        let body = format!("{}5", " ".repeat(hotrow::http::BODY_MAX - 1));
        let answer = app.ask(&Ask::change("/point/7/charge", body)).await;
        ensure(answer.is_ok() && answer.point() == 5, || answer.shown())
    })
}

/// A table that is cut down, or that says one thing many times, would pass as well.
pub(crate) fn the_table_is_long_and_says_nothing_twice() -> Found {
    ensure(TABLE.len() >= ROWS_MIN, || format!("there are {} rows", TABLE.len()))?;
    let mut rows: Vec<_> = TABLE.iter().map(|(at, what, ..)| (at, what)).collect();
    rows.sort_unstable();
    match rows.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("{:?} is there twice", pair[0])),
        None => Ok(()),
    }
}
