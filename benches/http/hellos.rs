//! The servers that are compared with: the least that hyper, axum and Node answer anything with, the
//! least that Node charges with, and our own service over a strategy that answers at once.
//!
//! A hello is what its library makes easy, with nothing left out that a client would miss: connections
//! are kept open, small answers go out at once, and the body is one of ours, of the same length. Each is
//! this program run again, on the runtime that `hotrow serve` makes.

use std::{
    env,
    future::pending,
    io,
    process::{Command, ExitCode},
};

use axum::{Router, http::header, routing::get, serve::ListenerExt};
use hotrow::{
    database::Latency,
    domain::Policy,
    http::{About, Limits, Server},
    registry,
    store::Setup,
};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Body, Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, runtime};

use crate::{
    SERVE,
    process::BALANCE_MAX,
    subjects::{Asked, Subject},
};

/// What a hello says: an account as the service tells one.
const BODY: &str = r#"{"id":1,"point":71639,"updateMillis":1795379588879}"#;

/// The program of Node's hello.
const NODE_HELLO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/http/hello.mjs");

/// The program of Node's point service.
const NODE_POINTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/http/points.mjs");

/// What `node` says of itself; nothing where it is not there.
pub(crate) fn node_version() -> Option<String> {
    let told = Command::new("node").arg("--version").output().ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    Some(told.trim().to_owned()).filter(|told| !told.is_empty())
}

/// The command that runs the server of a subject.
pub(crate) fn command(subject: &Subject) -> io::Result<Command> {
    let &Subject { server, asked, placement, .. } = subject;
    let this = env::current_exe()?;
    let mut command;
    match server {
        "node" => {
            command = placement.server("node");
            match asked {
                Asked::Charge => command.arg(NODE_POINTS),
                Asked::Hello | Asked::Read => command.args([NODE_HELLO, BODY]),
            };
        }
        "hyper" | "axum" | "null" => {
            command = placement.server(&this.to_string_lossy());
            command.args([SERVE, server]);
        }
        strategy => {
            command = placement.server(env!("CARGO_BIN_EXE_hotrow"));
            let policy = format!("balance={BALANCE_MAX}");
            command.args(["serve", strategy, "--listen", "127.0.0.1:0", "--policy", &policy]);
        }
    }
    Ok(command)
}

/// Serves until the process is ended.
pub(crate) fn serve(server: &str) -> ExitCode {
    let runtime = match runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let ended = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on http://{}", listener.local_addr()?);
        match server {
            "hyper" => hyper_hello(listener).await,
            "axum" => axum_hello(listener).await,
            _ => null(listener).await,
        }
    });
    ended.map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS)
}

fn failed(error: &io::Error) -> ExitCode {
    eprintln!("cannot serve: {error}");
    ExitCode::FAILURE
}

/// One task for each connection, and one function for each request.
async fn hyper_hello(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection =
            http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(hello));
        tokio::spawn(connection);
    }
}

/// Says hello, whatever is asked. What is sent with it is read and dropped, if there is anything.
async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    if !request.body().is_end_stream() {
        request.into_body().collect().await?;
    }
    let mut response = Response::new(Full::from(BODY));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

async fn axum_hello(listener: TcpListener) -> io::Result<()> {
    let hello = || async { ([(header::CONTENT_TYPE, "application/json")], BODY) };
    let router = Router::new().route("/point/{id}", get(hello));
    let listener = listener.tap_io(|stream| {
        // One that fails was closed by the other side.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await
}

/// All of the service but for the strategy, which answers at once and keeps nothing.
async fn null(listener: TcpListener) -> io::Result<()> {
    let is_null = |entry: &&registry::Entry| (entry.strategy, entry.store) == ("null", "slab");
    let entry = registry::entries().find(is_null).expect("null is in the registry");
    let policy: Policy =
        format!("balance={BALANCE_MAX}").parse().expect("a balance may be this much");
    let setup = Setup::default();
    let about = About {
        version: env!("CARGO_PKG_VERSION"),
        strategy: entry.strategy,
        family: entry.family.to_string(),
        sound: entry.promises.sound,
        store: entry.store,
        latency: Latency::None.to_string(),
        policy,
    };
    let points = (entry.open)(&setup, policy);
    let server = Server::new(points, setup.tick, about, Limits::default());
    server.serve(listener, pending()).await;
    Ok(())
}
