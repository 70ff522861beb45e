//! Answers in JSON.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// An answer with this value as its body.
///
/// `axum::Json` declares every answer as octets first and as JSON afterwards.
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let text = serde_json::to_vec(&self.0).expect("the members are numbers and strings");
        let mut response = Response::new(Body::from(text));
        let media_type = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
        response
    }
}
