//! The endpoints by name.

use axum::http::Method;

/// The endpoint of a request, determined from its method and path before anything is parsed.
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

    /// Determines the endpoint. The user id in the path need not be valid.
    pub(super) fn from_path(path: &str, method: &Method) -> Route {
        let Some(rest) = path.strip_prefix("/point/") else { return Route::Other };
        let (user, endpoint) = match rest.split_once('/') {
            Some((user, endpoint)) => (user, Some(endpoint)),
            None => (rest, None),
        };
        match (endpoint, method) {
            _ if user.is_empty() => Route::Other,
            (None, &Method::GET) => Route::Balance,
            (Some("histories"), &Method::GET) => Route::Histories,
            (Some("charge"), &Method::PATCH) => Route::Charge,
            (Some("use"), &Method::PATCH) => Route::Use,
            _ => Route::Other,
        }
    }

    /// The name in the log and the metrics.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: Method, path: &str) -> Route {
        Route::from_path(path, &method)
    }

    /// A request that wrongly matched an endpoint would bypass the router, which would answer 404
    /// or 405.
    #[test]
    fn only_requests_that_the_router_knows_match_an_endpoint() {
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
}
