//! What the clients expect that the service is used with: a page from a development server, k6,
//! Postman, Spring, axios. What they send is answered, or refused with a sentence that says what to
//! send.

use axum::http::header;
use hotrow::{
    clock::Tick,
    domain::Policy,
    http::{Limits, Origins, Server},
    registry::Entry,
    store::Setup,
};

use crate::{
    answer::Answer,
    app::{App, Stage, about},
    ask::Ask,
    books::{Found, ensure},
    wire::entry,
};

/// A page from a development server on the same machine.
const DEV_SERVERS: [&str; 6] = [
    "http://localhost:5173",
    "http://localhost:3000",
    "http://127.0.0.1:8080",
    "http://[::1]:4200",
    "https://localhost:8443",
    "http://localhost",
];

/// Pages from elsewhere, and what only looks like this machine.
const STRANGERS: [&str; 9] = [
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
    entry("queue", "slab")
}

/// A service that pages of `origins` may ask.
fn app(origins: &[&str]) -> App {
    let (setup, policy) = (Setup::default(), Policy::default());
    let points = (queue().open)(&setup, policy);
    let server = Server::new(points, Tick::default(), about(queue(), policy), Limits::default());
    let origins = Origins::from_names(origins.iter().copied()).expect("the origins can be read");
    App::of_router(server.with_origins(origins).router())
}

/// What a browser asks before it lets a page charge.
fn preflight(origin: &str) -> Ask {
    Ask::plain("OPTIONS", "/point/7/charge")
        .header("origin", origin)
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", "content-type,idempotency-key")
}

fn allowed(answer: &Answer) -> Option<&str> {
    answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN)
}

/// Whether the values of a header have `name` among them, in any case.
fn lists(answer: &Answer, header: header::HeaderName, name: &str) -> bool {
    let values = answer.headers.get_all(header).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(name))
}

/// A student's page runs on a port of its own. A browser that gets no leave for it shows an error
/// that names no cause, and a page from elsewhere that gets leave can charge accounts of the machine
/// on which it is looked at.
pub(crate) fn pages_of_this_machine_may_ask_and_others_may_not() -> Found {
    Stage::Paused.run(async {
        let app = App::open(queue());
        for origin in DEV_SERVERS {
            let before = app.ask(&preflight(origin)).await;
            let may = allowed(&before) == Some(origin)
                && lists(&before, header::ACCESS_CONTROL_ALLOW_METHODS, "PATCH")
                && lists(&before, header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type")
                && lists(&before, header::ACCESS_CONTROL_ALLOW_HEADERS, "idempotency-key")
                && (200..300).contains(&before.status);
            ensure(may, || format!("{origin}: {}", before.shown()))?;
            let answer = app.ask(&Ask::charge(7, 1).header("origin", origin)).await;
            let readable = answer.is_ok()
                && allowed(&answer) == Some(origin)
                && lists(&answer, header::VARY, "origin")
                && ["retry-after", "link", "idempotency-replayed", "x-request-id"]
                    .iter()
                    .all(|name| lists(&answer, header::ACCESS_CONTROL_EXPOSE_HEADERS, name));
            ensure(readable, || format!("{origin}: {}", answer.shown()))?;
            // A page has to read why it was refused.
            let refused = app.ask(&Ask::charge(7, 0).header("origin", origin)).await;
            refused.is_problem(422, "amount-below-minimum")?;
            ensure(allowed(&refused) == Some(origin), || refused.shown())?;
        }
        for origin in STRANGERS {
            let before = app.ask(&preflight(origin)).await;
            before.is_problem(403, "origin-not-allowed")?;
            ensure(before.text().contains("--cors-origin"), || before.shown())?;
            let answer = app.ask(&Ask::balance(7).header("origin", origin)).await;
            let silent = allowed(&before).is_none() && allowed(&answer).is_none();
            ensure(silent && answer.is_ok(), || format!("{origin}: {}", answer.shown()))?;
        }
        let charged = u64::try_from(DEV_SERVERS.len()).expect("they are few");
        ensure(app.balance(7).await == charged, || "a preflight charged".to_owned())
    })
}

/// What is configured is what holds, and no more than that.
pub(crate) fn the_origins_that_may_ask_can_be_chosen() -> Found {
    let (home, shop) = ("http://localhost:3000", "https://shop.example");
    let cases: [(&[&str], [bool; 3]); 6] = [
        (&["loopback"], [true, false, false]),
        (&["none"], [false, false, false]),
        (&["any"], [true, true, true]),
        (&["https://shop.example"], [false, true, false]),
        (&["HTTPS://Shop.Example:443"], [false, true, false]),
        (&["loopback", "https://shop.example"], [true, true, false]),
    ];
    Stage::Paused.run(async {
        for (names, expected) in cases {
            let app = app(names);
            for (origin, expected) in [home, shop, "null"].into_iter().zip(expected) {
                for ask in [preflight(origin), Ask::balance(7).header("origin", origin)] {
                    let answer = app.ask(&ask).await;
                    let may = matches!(allowed(&answer), Some(one) if one == origin || one == "*");
                    let fits = may == expected;
                    ensure(fits, || format!("{names:?}, {origin}: {}", answer.shown()))?;
                }
            }
        }
        let wrong =
            ["", "*", "shop.example", "https://", "https://shop.example/", "ftp://a", "Any"];
        for name in wrong {
            let read = Origins::from_names([name]);
            ensure(read.is_err(), || format!("{name:?} is read as an origin"))?;
        }
        ensure(Origins::from_names(["none", "any"]).is_err(), || "none and any".to_owned())
    })
}

/// Each path says by which methods it can be asked, as a list and in the sentence of a refusal.
pub(crate) fn each_path_says_its_methods() -> Found {
    let paths = [
        ("/point/7", "GET,HEAD,OPTIONS"),
        ("/point/7/histories", "GET,HEAD,OPTIONS"),
        ("/point/7/charge", "OPTIONS,PATCH"),
        ("/point/7/use", "OPTIONS,PATCH"),
        ("/service", "GET,HEAD,OPTIONS"),
        ("/metrics", "GET,HEAD,OPTIONS"),
        ("/", "GET,HEAD,OPTIONS"),
    ];
    Stage::Paused.run(async {
        let app = App::open(queue());
        for (path, methods) in paths {
            let options = app.ask(&Ask::plain("OPTIONS", path)).await;
            let fits = options.status == 204
                && options.body.is_empty()
                && options.header(header::ALLOW) == Some(methods);
            ensure(fits, || format!("{path}: {}", options.shown()))?;
            let refused = app.ask(&Ask::plain("PUT", path)).await;
            refused.is_problem(405, "method-not-allowed")?;
            let named = refused.header(header::ALLOW) == Some(methods)
                && methods.split(',').all(|method| refused.text().contains(method));
            ensure(named, || format!("{path}: {}", refused.shown()))?;
        }
        app.ask(&Ask::plain("OPTIONS", "/nothing")).await.is_problem(404, "not-found")
    })
}

/// The media types that clients write for JSON all mean JSON; of any other the refusal says what to
/// send instead of it.
pub(crate) fn media_types_are_read_as_clients_write_them() -> Found {
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
        ("application/x-www-form-urlencoded", "a form is not read"),
        ("application/x-www-form-urlencoded; charset=UTF-8", "a form is not read"),
        ("multipart/form-data; boundary=x", "a form is not read"),
        ("text/plain;charset=UTF-8", "text is not read"),
        ("application/json; charset=euc-kr", "UTF-8"),
        ("application/xml", "Content-Type: application/json"),
    ];
    Stage::Paused.run(async {
        let app = App::open(queue());
        let declared = |media_type: &str| {
            let ask = Ask::plain("PATCH", "/point/7/charge").body("{\"amount\": 2}");
            ask.header("content-type", media_type)
        };
        for media_type in json {
            let answer = app.ask(&declared(media_type)).await;
            ensure(answer.is_ok(), || format!("{media_type}: {}", answer.shown()))?;
        }
        for (media_type, sentence) in others {
            let answer = app.ask(&declared(media_type)).await;
            answer.is_problem(415, "unsupported-media-type")?;
            let says = answer.text().contains(sentence)
                && answer.text().contains("Content-Type: application/json");
            ensure(says, || format!("{media_type}: {}", answer.shown()))?;
        }
        let bare = Ask::plain("PATCH", "/point/7/charge").body("{\"amount\": 2}");
        let answer = app.ask(&bare).await;
        let says = answer.text().contains("Content-Type: application/json");
        ensure(answer.status == 415 && says, || answer.shown())?;
        let packed =
            app.ask(&declared("application/json").header("content-encoding", "gzip")).await;
        let says = packed.text().contains("without Content-Encoding");
        ensure(packed.status == 415 && says, || packed.shown())
    })
}

/// Whatever a client accepts, what there is to send is JSON; a refusal of the header would break
/// clients that read the answer without looking at its type.
pub(crate) fn whatever_is_accepted_the_answer_is_json() -> Found {
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
    Stage::Paused.run(async {
        let app = App::open(queue());
        for form in forms {
            for ask in [Ask::balance(7), Ask::charge(7, 1), Ask::get("/point/7/histories")] {
                let answer = app.ask(&ask.header("accept", form)).await;
                let is_json = answer.header(header::CONTENT_TYPE) == Some("application/json");
                ensure(answer.is_ok() && is_json, || format!("{form:?}: {}", answer.shown()))?;
            }
        }
        Ok(())
    })
}

/// `HEAD` gives the headers of `GET`, its length too, and no body.
pub(crate) fn a_head_is_a_get_without_its_body() -> Found {
    Stage::Paused.run(async {
        let app = App::open(queue());
        for path in ["/point/7", "/point/7/histories", "/service", "/healthz", "/", "/docs"] {
            let get = app.ask(&Ask::get(path)).await;
            let head = app.ask(&Ask::plain("HEAD", path)).await;
            let length = get.body.len().to_string();
            let same = head.status == get.status
                && head.body.is_empty()
                && head.header(header::CONTENT_TYPE) == get.header(header::CONTENT_TYPE)
                && head.header(header::CONTENT_LENGTH) == Some(&*length);
            ensure(same, || format!("{path}: {} and {}", get.shown(), head.shown()))?;
        }
        Ok(())
    })
}

/// A path is written in one way. A refusal of another way says which.
pub(crate) fn another_way_to_write_a_path_is_explained() -> Found {
    let cases = [
        ("GET", "/point/7/", 404, "no slash at the end"),
        ("PATCH", "/point/7/charge/", 404, "no slash at the end"),
        ("GET", "/service/", 404, "no slash at the end"),
        ("GET", "/point//7", 404, "one slash"),
        ("GET", "/p%6Fint/7", 404, "percent-encoding"),
        ("GET", "/point/%37", 400, "percent-encoding"),
        ("GET", "/point/7%20", 400, "percent-encoding"),
        ("GET", "/points/7", 404, "/docs"),
    ];
    Stage::Paused.run(async {
        let app = App::open(queue());
        for (method, path, status, sentence) in cases {
            let answer = app.ask(&Ask { method, ..Ask::change(path, "5") }).await;
            let says =
                answer.status == status && answer.json()["detail"].to_string().contains(sentence);
            ensure(says, || format!("{method} {path}: {}", answer.shown()))?;
        }
        Ok(())
    })
}
