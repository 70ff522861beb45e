//! Requests of common clients: a page from a development server, k6, Postman, Spring, axios. They
//! are answered, or rejected with a message that says what to send instead.

use axum::http::header;
use hotrow::{clock::CoarseClock, domain::Policy, store::StoreConfig};
use hotrow_registry::Entry;
use hotrow_server::{Limits, Origins, Server};

use crate::{
    account_check::{CheckResult, ensure},
    answer::Answer,
    app::{App, ExecutionMode, about},
    ask::Request,
    wire::entry,
};

/// Origins of pages from a development server on the same machine.
const DEV_SERVERS: [&str; 6] = [
    "http://localhost:5173",
    "http://localhost:3000",
    "http://127.0.0.1:8080",
    "http://[::1]:4200",
    "https://localhost:8443",
    "http://localhost",
];

/// Origins of other machines, and origins that only look like this machine.
const OTHER_ORIGINS: [&str; 9] = [
    "https://shop.example",
    "http://localhost.shop.example",
    "http://localhost:3000.shop.example",
    "http://127.0.0.1.shop.example",
    "http://192.168.1.5:3000",
    "http://notlocalhost:3000",
    "http://localhost@shop.example",
    "ftp://localhost",
    "null",
];

fn queue() -> &'static Entry {
    entry("queue", "memory")
}

/// Opens a service that pages of `origins` may call.
fn app(origins: &[&str]) -> App {
    let (setup, policy) = (StoreConfig::default(), Policy::default());
    let points = queue().open_sync(&setup, policy);
    let server =
        Server::new(points, CoarseClock::default(), about(queue(), policy), Limits::default());
    let origins = Origins::from_names(origins.iter().copied()).expect("the origins can be read");
    App::from_router(server.with_origins(origins).router())
}

/// The preflight request of a browser before a page charges.
fn preflight(origin: &str) -> Request {
    Request::new("OPTIONS", "/point/7/charge")
        .header("origin", origin)
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", "content-type,idempotency-key")
}

fn allowed(answer: &Answer) -> Option<&str> {
    answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN)
}

/// Whether the values of a header contain `name`, in any case.
fn lists(answer: &Answer, header: header::HeaderName, name: &str) -> bool {
    let values = answer.headers.get_all(header).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(name))
}

/// A front end under development runs on another port. A browser without permission shows an error
/// without a cause. A page of another machine with permission could charge accounts of the machine
/// on which it is displayed.
pub(crate) fn only_pages_of_this_machine_are_allowed_by_default() -> CheckResult {
    ExecutionMode::Paused.run(async {
        let app = App::open(queue());
        for origin in DEV_SERVERS {
            let before = app.call(&preflight(origin)).await;
            let may = allowed(&before) == Some(origin)
                && lists(&before, header::ACCESS_CONTROL_ALLOW_METHODS, "PATCH")
                && lists(&before, header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type")
                && lists(&before, header::ACCESS_CONTROL_ALLOW_HEADERS, "idempotency-key")
                && (200..300).contains(&before.status);
            ensure(may, || format!("{origin}: {}", before.describe()))?;
            let answer = app.call(&Request::charge(7, 1).header("origin", origin)).await;
            let readable = answer.is_ok()
                && allowed(&answer) == Some(origin)
                && lists(&answer, header::VARY, "origin")
                && ["retry-after", "link", "idempotency-replayed", "x-request-id"]
                    .iter()
                    .all(|name| lists(&answer, header::ACCESS_CONTROL_EXPOSE_HEADERS, name));
            ensure(readable, || format!("{origin}: {}", answer.describe()))?;
            // A page must be able to read why its request was rejected.
            let rejected = app.call(&Request::charge(7, 0).header("origin", origin)).await;
            rejected.check_problem(422, "amount-below-minimum")?;
            ensure(allowed(&rejected) == Some(origin), || rejected.describe())?;
        }
        for origin in OTHER_ORIGINS {
            let before = app.call(&preflight(origin)).await;
            before.check_problem(403, "origin-not-allowed")?;
            ensure(before.text().contains("--cors-origin"), || before.describe())?;
            let answer = app.call(&Request::balance(7).header("origin", origin)).await;
            let silent = allowed(&before).is_none() && allowed(&answer).is_none();
            ensure(silent && answer.is_ok(), || format!("{origin}: {}", answer.describe()))?;
        }
        let charged = u64::try_from(DEV_SERVERS.len()).expect("they are few");
        ensure(app.balance(7).await == charged, || "a preflight charged".to_owned())
    })
}

/// The configured origins are allowed, and no others.
pub(crate) fn the_allowed_origins_can_be_configured() -> CheckResult {
    let (home, shop) = ("http://localhost:3000", "https://shop.example");
    let cases: [(&[&str], [bool; 3]); 6] = [
        (&["loopback"], [true, false, false]),
        (&["none"], [false, false, false]),
        (&["any"], [true, true, true]),
        (&["https://shop.example"], [false, true, false]),
        (&["HTTPS://Shop.Example:443"], [false, true, false]),
        (&["loopback", "https://shop.example"], [true, true, false]),
    ];
    ExecutionMode::Paused.run(async {
        for (names, expected) in cases {
            let app = app(names);
            for (origin, expected) in [home, shop, "null"].into_iter().zip(expected) {
                for request in [preflight(origin), Request::balance(7).header("origin", origin)] {
                    let answer = app.call(&request).await;
                    let may = matches!(allowed(&answer), Some(one) if one == origin || one == "*");
                    let fits = may == expected;
                    ensure(fits, || format!("{names:?}, {origin}: {}", answer.describe()))?;
                }
            }
        }
        let invalid =
            ["", "*", "shop.example", "https://", "https://shop.example/", "ftp://a", "Any"];
        for name in invalid {
            let read = Origins::from_names([name]);
            ensure(read.is_err(), || format!("{name:?} is read as an origin"))?;
        }
        ensure(Origins::from_names(["none", "any"]).is_err(), || "none and any".to_owned())
    })
}

/// Each path lists its methods, in the `Allow` header and in the detail of the problem.
pub(crate) fn each_path_lists_its_methods() -> CheckResult {
    let paths = [
        ("/point/7", "GET,HEAD,OPTIONS"),
        ("/point/7/histories", "GET,HEAD,OPTIONS"),
        ("/point/7/charge", "OPTIONS,PATCH"),
        ("/point/7/use", "OPTIONS,PATCH"),
        ("/service", "GET,HEAD,OPTIONS"),
        ("/metrics", "GET,HEAD,OPTIONS"),
        ("/", "GET,HEAD,OPTIONS"),
    ];
    ExecutionMode::Paused.run(async {
        let app = App::open(queue());
        for (path, methods) in paths {
            let options = app.call(&Request::new("OPTIONS", path)).await;
            let fits = options.status == 204
                && options.body.is_empty()
                && options.header(header::ALLOW) == Some(methods);
            ensure(fits, || format!("{path}: {}", options.describe()))?;
            let rejected = app.call(&Request::new("PUT", path)).await;
            rejected.check_problem(405, "method-not-allowed")?;
            let named = rejected.header(header::ALLOW) == Some(methods)
                && methods.split(',').all(|method| rejected.text().contains(method));
            ensure(named, || format!("{path}: {}", rejected.describe()))?;
        }
        app.call(&Request::new("OPTIONS", "/nothing")).await.check_problem(404, "not-found")
    })
}

/// All common spellings of the JSON media type are accepted. The rejection of another media type
/// says what to send instead.
pub(crate) fn media_types_are_accepted_as_clients_write_them() -> CheckResult {
    let json = [
        "application/json",
        "application/json;charset=UTF-8",
        "application/json; charset=utf-8",
        "application/json ; charset=utf-8",
        "application/json;charset=\"utf-8\"",
        "application/json; charset=\"UTF-8\"",
        "Application/Json; Charset=Utf-8",
        "application/json;",
        "APPLICATION/JSON; CHARSET=\"Utf-8\";",
    ];
    let others = [
        ("application/x-www-form-urlencoded", "form bodies are not supported"),
        ("application/x-www-form-urlencoded; charset=UTF-8", "form bodies are not supported"),
        ("multipart/form-data; boundary=x", "form bodies are not supported"),
        ("text/plain;charset=UTF-8", "text bodies are not supported"),
        ("application/json; charset=euc-kr", "UTF-8"),
        ("application/xml", "Content-Type: application/json"),
    ];
    ExecutionMode::Paused.run(async {
        let app = App::open(queue());
        let declared = |media_type: &str| {
            let request = Request::new("PATCH", "/point/7/charge").body("{\"amount\": 2}");
            request.header("content-type", media_type)
        };
        for media_type in json {
            let answer = app.call(&declared(media_type)).await;
            ensure(answer.is_ok(), || format!("{media_type}: {}", answer.describe()))?;
        }
        for (media_type, sentence) in others {
            let answer = app.call(&declared(media_type)).await;
            answer.check_problem(415, "unsupported-media-type")?;
            let says = answer.text().contains(sentence)
                && answer.text().contains("Content-Type: application/json");
            ensure(says, || format!("{media_type}: {}", answer.describe()))?;
        }
        let bare = Request::new("PATCH", "/point/7/charge").body("{\"amount\": 2}");
        let answer = app.call(&bare).await;
        let says = answer.text().contains("Content-Type: application/json");
        ensure(answer.status == 415 && says, || answer.describe())?;
        let packed =
            app.call(&declared("application/json").header("content-encoding", "gzip")).await;
        let says = packed.text().contains("without Content-Encoding");
        ensure(packed.status == 415 && says, || packed.describe())
    })
}

/// The answer is JSON, whatever `Accept` says. A rejection of the header would break clients that
/// read the answer without looking at its type.
pub(crate) fn every_accept_header_gets_json() -> CheckResult {
    let forms = [
        "*/*",
        "application/json",
        "application/json, text/plain, */*",
        "application/json, application/*+json",
        "text/plain, application/json, application/*+json, */*",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "application/xml",
        "",
    ];
    ExecutionMode::Paused.run(async {
        let app = App::open(queue());
        for form in forms {
            for request in
                [Request::balance(7), Request::charge(7, 1), Request::get("/point/7/histories")]
            {
                let answer = app.call(&request.header("accept", form)).await;
                let is_json = answer.header(header::CONTENT_TYPE) == Some("application/json");
                ensure(answer.is_ok() && is_json, || format!("{form:?}: {}", answer.describe()))?;
            }
        }
        Ok(())
    })
}

/// `HEAD` returns the headers of `GET`, including the length, and no body.
pub(crate) fn head_is_get_without_the_body() -> CheckResult {
    ExecutionMode::Paused.run(async {
        let app = App::open(queue());
        for path in ["/point/7", "/point/7/histories", "/service", "/healthz", "/", "/docs"] {
            let get = app.call(&Request::get(path)).await;
            let head = app.call(&Request::new("HEAD", path)).await;
            let length = get.body.len().to_string();
            let same = head.status == get.status
                && head.body.is_empty()
                && head.header(header::CONTENT_TYPE) == get.header(header::CONTENT_TYPE)
                && head.header(header::CONTENT_LENGTH) == Some(&*length);
            ensure(same, || format!("{path}: {} and {}", get.describe(), head.describe()))?;
        }
        Ok(())
    })
}

/// A path has one spelling. The rejection of another spelling says what is wrong.
pub(crate) fn a_rejected_path_spelling_is_explained() -> CheckResult {
    let cases = [
        ("GET", "/point/7/", 404, "without a slash at the end"),
        ("PATCH", "/point/7/charge/", 404, "without a slash at the end"),
        ("GET", "/service/", 404, "without a slash at the end"),
        ("GET", "/point//7", 404, "one slash"),
        ("GET", "/p%6Fint/7", 404, "percent-encoding"),
        ("GET", "/point/%37", 400, "percent-encoding"),
        ("GET", "/point/7%20", 400, "percent-encoding"),
        ("GET", "/points/7", 404, "/docs"),
    ];
    ExecutionMode::Paused.run(async {
        let app = App::open(queue());
        for (method, path, status, sentence) in cases {
            let answer = app.call(&Request { method, ..Request::change(path, "5") }).await;
            let says =
                answer.status == status && answer.json()["detail"].to_string().contains(sentence);
            ensure(says, || format!("{method} {path}: {}", answer.describe()))?;
        }
        Ok(())
    })
}
