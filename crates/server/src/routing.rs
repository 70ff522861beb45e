//! Routing of requests to handlers.
//!
//! The axum router knows all paths, and answers 404 and 405. For each request it clones a route,
//! boxes a future twice and stores the parts of the path in a map, in nine allocations. So valid
//! requests for the four endpoints bypass the router; a `match` calls their handlers. All other
//! requests, such as `HEAD`, reach the same handlers through the router.

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
    app_state::AppState,
    extract,
    origins::Origins,
    pages,
    problem::{Code, Problem},
    route::Route,
    spec,
};

/// All routes of the service.
pub(super) struct Routes {
    pub(super) state: Arc<AppState>,
    router: Router,
    /// The same routes with the CORS layer, for requests of browsers.
    cors_router: Router,
    origins: Origins,
}

impl Routes {
    pub(super) fn new(state: Arc<AppState>, origins: Origins) -> Routes {
        let router = router(&state);
        let cors_router = router.clone().layer(origins.clone().layer());
        Routes { router, cors_router, origins, state }
    }

    /// Handles a request.
    pub(super) async fn handle(&self, route: Route, request: Request) -> Response {
        if let Err(problem) = extract::check_host(request.version(), request.headers()) {
            return problem.into_response();
        }
        if request.headers().contains_key(header::ORIGIN) {
            return self.handle_cross_origin(request).await;
        }
        let state = || State(Arc::clone(&self.state));
        match route {
            Route::Balance => api::balance(state(), request).await.into_response(),
            Route::Histories => api::histories(state(), request).await.into_response(),
            Route::Charge => api::charge(state(), request).await.into_response(),
            Route::Use => api::use_points(state(), request).await.into_response(),
            Route::Other => self.call_router(&self.router, request).await,
        }
    }

    /// Handles a request with an `Origin` header, which browsers send.
    async fn handle_cross_origin(&self, request: Request) -> Response {
        if !Origins::is_preflight(request.method(), request.headers()) {
            let router = match request.method() {
                &Method::OPTIONS => &self.router,
                _ => &self.cors_router,
            };
            return self.call_router(router, request).await;
        }
        match self.origins.allow_page(request.headers()) {
            true => call(&self.cors_router, request).await,
            false => {
                let detail = "start the service with --cors-origin to allow this origin";
                Problem::new(Code::OriginNotAllowed, detail).into_response()
            }
        }
    }

    /// Calls the router. Answers `OPTIONS`, and replaces its 405 by a problem that lists the
    /// methods.
    async fn call_router(&self, router: &Router, request: Request) -> Response {
        let is_options = request.method() == Method::OPTIONS;
        if is_options && request.uri().path() == "*" {
            return options(HeaderValue::from_static("GET,HEAD,OPTIONS,PATCH"));
        }
        let mut response = call(router, request).await;
        let Some(known) = response.headers_mut().remove(header::ALLOW) else { return response };
        let allow = with_options(&known);
        if is_options {
            return options(allow);
        }
        let detail = format!("send {} to this path", allow.to_str().unwrap_or_default());
        let (head, _) = response.into_parts();
        let mut problem = Problem::new(Code::MethodNotAllowed, detail).into_response();
        // The CORS headers of the first answer let a page read the problem.
        problem.headers_mut().extend(head.headers.into_iter().filter(|(name, _)| {
            !matches!(name, Some(header::CONTENT_TYPE | header::CONTENT_LENGTH))
        }));
        problem.headers_mut().insert(header::ALLOW, allow);
        problem
    }
}

async fn call(router: &Router, request: Request) -> Response {
    router.clone().call(request).await.unwrap_or_else(|never| match never {})
}

/// Returns the methods of a path in alphabetical order, with `OPTIONS`, which every path supports.
fn with_options(known: &HeaderValue) -> HeaderValue {
    let known = known.to_str().unwrap_or_default();
    let mut methods: Vec<&str> = known.split(',').map(str::trim).chain(["OPTIONS"]).collect();
    methods.sort_unstable();
    HeaderValue::try_from(methods.join(",")).expect("names of methods are visible ASCII")
}

/// The answer to an `OPTIONS` request.
fn options(allow: HeaderValue) -> Response {
    (StatusCode::NO_CONTENT, [(header::ALLOW, allow)]).into_response()
}

/// Builds the router of all paths, and the OpenAPI document.
fn router(state: &Arc<AppState>) -> Router {
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
    let document = spec::complete(api, &state.info.policy);
    let document = move || async move { ([(header::CONTENT_TYPE, "application/json")], document) };
    router
        .route("/openapi.json", get(document))
        .route("/docs", get(pages::docs))
        .route("/", get(pages::live))
        .fallback(pages::not_found)
        .method_not_allowed_fallback(pages::not_allowed)
        .with_state(Arc::clone(state))
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};

    use super::*;
    use crate::{Limits, ServiceInfo};
    use hotrow::{
        domain::Policy,
        scenario::Latency,
        service::PointService,
        store::{Memory, StoreConfig},
        strategy::{CombiningLock, Queue},
    };

    fn routes() -> Routes {
        let (setup, policy) = (StoreConfig::default(), Policy::default());
        let info = ServiceInfo {
            version: "0",
            strategy: "queue",
            family: "queue".to_owned(),
            linearizable: true,
            store: "memory",
            latency: Latency::None.to_string(),
            policy,
        };
        let points = PointService::<Queue<Memory<CombiningLock>>>::open_sync(&setup, policy);
        let state = AppState::new(Arc::new(points.unwrap()), setup.tick, info, Limits::DEFAULT);
        Routes::new(Arc::new(state), Origins::default())
    }

    /// A handler must give the same answer on both ways: directly, and through the router.
    #[tokio::test]
    async fn a_handler_answers_the_same_directly_and_through_the_router() {
        let requests = [
            (Method::GET, "/point/1", ""),
            (Method::GET, "/point/1/histories", ""),
            (Method::PATCH, "/point/1/charge", "0"),
            (Method::PATCH, "/point/1/use", "5"),
        ];
        for (method, path, body) in requests {
            let routes = routes();
            let answer = async |route| {
                let request = axum::http::Request::builder()
                    .method(method.clone())
                    .uri(path)
                    .header(header::CONTENT_TYPE, "application/json")
                    .header(header::HOST, "test")
                    .body(Body::from(body))
                    .unwrap();
                let (head, body) = routes.handle(route, request).await.into_parts();
                let media_type = head.headers.get(header::CONTENT_TYPE).cloned();
                (head.status, media_type, to_bytes(body, usize::MAX).await.unwrap())
            };
            let route = Route::from_path(path, &method);
            assert_ne!(route, Route::Other, "{path}");
            assert_eq!(answer(route).await, answer(Route::Other).await, "{path}");
        }
    }
}
