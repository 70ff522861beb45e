//! Who answers what.
//!
//! The router knows all paths, and says 404 and 405. For every request it also clones a route, boxes
//! a future twice and keeps the parts of the path in a map, in nine allocations. So the four
//! endpoints, where they are asked for as they should be, are called by the match below; everything
//! else, such as `HEAD`, finds the same handlers in the router.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tower::Service;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    api,
    desk::Desk,
    origins::Origins,
    pages,
    problem::{Code, Problem},
    reading, spec,
};

/// What is asked for, as far as it is told apart before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Balance,
    Histories,
    Charge,
    Use,
    Other,
}

impl Route {
    pub(super) const ALL: [Route; 5] =
        [Route::Balance, Route::Histories, Route::Charge, Route::Use, Route::Other];

    /// What a path asks for, whatever it asks it of.
    pub(super) fn of(path: &str, method: &Method) -> Route {
        let Some(of_user) = path.strip_prefix("/point/") else { return Route::Other };
        let (user, what) =
            of_user.split_once('/').map_or((of_user, None), |(user, what)| (user, Some(what)));
        match (what, method) {
            _ if user.is_empty() => Route::Other,
            (None, &Method::GET) => Route::Balance,
            (Some("histories"), &Method::GET) => Route::Histories,
            (Some("charge"), &Method::PATCH) => Route::Charge,
            (Some("use"), &Method::PATCH) => Route::Use,
            _ => Route::Other,
        }
    }

    /// As it is told.
    pub(super) fn name(self) -> &'static str {
        match self {
            Route::Balance => "balance",
            Route::Histories => "histories",
            Route::Charge => "charge",
            Route::Use => "use",
            Route::Other => "other",
        }
    }
}

/// All that there is to ask, and who answers it.
pub(super) struct Routes {
    pub(super) desk: Arc<Desk>,
    router: Router,
    /// The same, for requests of pages.
    router_of_pages: Router,
    origins: Origins,
}

impl Routes {
    pub(super) fn of(desk: Arc<Desk>, origins: Origins) -> Routes {
        let router = router(&desk);
        let router_of_pages = router.clone().layer(origins.clone().layer());
        Routes { router, router_of_pages, origins, desk }
    }

    /// Has a request answered by whom it is for.
    pub(super) async fn answer(&self, route: Route, request: Request) -> Response {
        if let Err(problem) = reading::host(request.version(), request.headers()) {
            return problem.into_response();
        }
        if request.headers().contains_key(header::ORIGIN) {
            return self.answer_page(request).await;
        }
        let desk = || State(Arc::clone(&self.desk));
        match route {
            Route::Balance => api::balance(desk(), request).await.into_response(),
            Route::Histories => api::histories(desk(), request).await.into_response(),
            Route::Charge => api::charge(desk(), request).await.into_response(),
            Route::Use => api::use_points(desk(), request).await.into_response(),
            Route::Other => self.answer_other(&self.router, request).await,
        }
    }

    /// Answers a browser, which says which page asks.
    async fn answer_page(&self, request: Request) -> Response {
        if !Origins::is_preflight(request.method(), request.headers()) {
            let router = match request.method() {
                &Method::OPTIONS => &self.router,
                _ => &self.router_of_pages,
            };
            return self.answer_other(router, request).await;
        }
        match self.origins.allow_page(request.headers()) {
            true => routed(&self.router_of_pages, request).await,
            false => {
                let detail = "name its origin when the service is started, with --cors-origin";
                Problem::new(Code::OriginNotAllowed, detail).into_response()
            }
        }
    }

    /// Answers what the router knows, and says of a path by which methods it can be asked.
    async fn answer_other(&self, router: &Router, request: Request) -> Response {
        let asks_for_options = request.method() == Method::OPTIONS;
        if asks_for_options && request.uri().path() == "*" {
            return options(HeaderValue::from_static("GET,HEAD,OPTIONS,PATCH"));
        }
        let mut response = routed(router, request).await;
        let Some(known) = response.headers_mut().remove(header::ALLOW) else { return response };
        let allow = with_options(&known);
        if asks_for_options {
            return options(allow);
        }
        let detail = format!("send {} to this path", allow.to_str().unwrap_or_default());
        let (head, _) = response.into_parts();
        let mut refused = Problem::new(Code::MethodNotAllowed, detail).into_response();
        // Beside what the problem has, what leave a page was given to read it.
        refused.headers_mut().extend(head.headers.into_iter().filter(|(name, _)| {
            !matches!(name, Some(header::CONTENT_TYPE | header::CONTENT_LENGTH))
        }));
        refused.headers_mut().insert(header::ALLOW, allow);
        refused
    }
}

async fn routed(router: &Router, request: Request) -> Response {
    router.clone().call(request).await.unwrap_or_else(|never| match never {})
}

/// The methods of a path in the order of the alphabet, with `OPTIONS`, which every path knows.
fn with_options(known: &HeaderValue) -> HeaderValue {
    let known = known.to_str().unwrap_or_default();
    let mut methods: Vec<&str> = known.split(',').map(str::trim).chain(["OPTIONS"]).collect();
    methods.sort_unstable();
    HeaderValue::try_from(methods.join(",")).expect("names of methods are visible ASCII")
}

/// The answer to a question for methods.
fn options(allow: HeaderValue) -> Response {
    (StatusCode::NO_CONTENT, [(header::ALLOW, allow)]).into_response()
}

/// Every path, with its handler and its part of the document.
fn router(desk: &Arc<Desk>) -> Router {
    let (router, api) = OpenApiRouter::with_openapi(spec::Document::openapi())
        .routes(routes!(api::balance))
        .routes(routes!(api::histories))
        .routes(routes!(api::charge))
        .routes(routes!(api::use_points))
        .routes(routes!(pages::service))
        .routes(routes!(pages::healthz))
        .routes(routes!(pages::readyz))
        .routes(routes!(pages::metrics))
        .split_for_parts();
    let document = spec::complete(api, &desk.about.policy);
    let document = move || async move { ([(header::CONTENT_TYPE, "application/json")], document) };
    router
        .route("/openapi.json", get(document))
        .route("/docs", get(pages::docs))
        .route("/", get(pages::live))
        .fallback(pages::nothing)
        .method_not_allowed_fallback(pages::not_allowed)
        .with_state(Arc::clone(desk))
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};

    use super::*;
    use crate::{
        database::Latency,
        domain::Policy,
        http::{About, Limits},
        registry,
        store::Setup,
    };

    fn route(method: Method, path: &str) -> Route {
        Route::of(path, &method)
    }

    /// What is taken for an endpoint is never seen by the router, which would have said 404 or 405.
    #[test]
    fn only_what_the_router_knows_is_taken_for_an_endpoint() {
        assert_eq!(route(Method::GET, "/point/1"), Route::Balance);
        assert_eq!(route(Method::GET, "/point/x/histories"), Route::Histories);
        assert_eq!(route(Method::PATCH, "/point/1/charge"), Route::Charge);
        assert_eq!(route(Method::PATCH, "/point/1/use"), Route::Use);
        let get =
            ["/", "/point", "/point/", "/point//histories", "/point/1/", "/points/1", "//point/1"];
        let patch = ["/point/1", "/point//use", "/point/1/use/", "/point/1/2/use", "/point/1/Use"];
        for path in get {
            assert_eq!(route(Method::GET, path), Route::Other, "{path}");
        }
        for path in patch {
            assert_eq!(route(Method::PATCH, path), Route::Other, "{path}");
        }
        assert_eq!(route(Method::HEAD, "/point/1"), Route::Other);
        assert_eq!(route(Method::POST, "/point/1/use"), Route::Other);
    }

    fn routes() -> Routes {
        let entry = registry::entries().find(|entry| entry.promises.sound).expect("some are sound");
        let (setup, policy) = (Setup::default(), Policy::default());
        let about = About {
            version: "0",
            strategy: entry.strategy,
            family: entry.family.to_string(),
            sound: true,
            store: entry.store,
            latency: Latency::None.to_string(),
            policy,
        };
        let points = (entry.open)(&setup, policy);
        let desk = Desk::new(points, setup.tick, about, Limits::DEFAULT);
        Routes::of(Arc::new(desk), Origins::default())
    }

    /// A handler that could be reached in one way only would answer `HEAD`, or nobody.
    #[tokio::test]
    async fn the_router_has_the_same_handlers() {
        let asked = [
            (Method::GET, "/point/1", ""),
            (Method::GET, "/point/1/histories", ""),
            (Method::PATCH, "/point/1/charge", "0"),
            (Method::PATCH, "/point/1/use", "5"),
        ];
        for (method, path, body) in asked {
            let routes = routes();
            let answer = async |route| {
                let request = axum::http::Request::builder()
                    .method(method.clone())
                    .uri(path)
                    .header(header::CONTENT_TYPE, "application/json")
                    .header(header::HOST, "test")
                    .body(Body::from(body))
                    .unwrap();
                let (head, body) = routes.answer(route, request).await.into_parts();
                let media_type = head.headers.get(header::CONTENT_TYPE).cloned();
                (head.status, media_type, to_bytes(body, usize::MAX).await.unwrap())
            };
            let route = route(method.clone(), path);
            assert_ne!(route, Route::Other, "{path}");
            assert_eq!(answer(route).await, answer(Route::Other).await, "{path}");
        }
    }
}
