use serde::{Deserialize, Serialize};

use super::check_text;
use crate::http::{Body, Header, HeaderValue, HttpSpec, SpecError};

/// A GraphQL query over HTTP. Source: <https://graphql.github.io/graphql-over-http/draft/>.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphQlSpec {
    /// Where and how it is sent: address, headers, authentication. Method and body are the query's.
    pub http: HttpSpec,
    /// The query.
    pub query: String,
    /// Its variables: a JSON object.
    #[serde(default)]
    pub variables: Option<serde_json::Value>,
    /// Which of the query's operations is meant, when it has several.
    #[serde(default)]
    pub operation: Option<String>,
}

impl GraphQlSpec {
    /// The query asked when the owner gives none: every schema answers it.
    pub const DEFAULT_QUERY: &'static str = "{ __typename }";

    /// The `Accept` header unless the owner sends one: the media type of the draft, else that of older servers.
    pub const ACCEPT: &'static str = "application/graphql-response+json, application/json;q=0.9";

    /// The smallest query to that address.
    ///
    /// # Errors
    /// Like [`HttpSpec::get`].
    pub fn new(address: &str) -> Result<Self, SpecError> {
        let http = HttpSpec::get(address)?;
        Ok(Self { http, query: Self::DEFAULT_QUERY.to_owned(), variables: None, operation: None })
    }

    /// The request that asks it: a POST of JSON.
    #[must_use]
    pub fn request(&self) -> HttpSpec {
        let mut body = serde_json::Map::new();
        body.insert("query".to_owned(), self.query.clone().into());
        if let Some(variables) = &self.variables {
            body.insert("variables".to_owned(), variables.clone());
        }
        if let Some(operation) = &self.operation {
            body.insert("operationName".to_owned(), operation.clone().into());
        }
        let body = Some(Body::Json(serde_json::Value::Object(body)));
        let mut request = HttpSpec { method: "POST".to_owned(), body, ..self.http.clone() };
        if !request.headers.iter().any(|header| header.name.eq_ignore_ascii_case("accept")) {
            let value = HeaderValue::Plain(Self::ACCEPT.to_owned());
            request.headers.push(Header { name: "Accept".to_owned(), value });
        }
        request
    }

    pub(crate) fn validate(&self) -> Result<(), SpecError> {
        if self.http.body.is_some() {
            return Err(SpecError::Option("a GraphQL check sends its query; leave the body out".into()));
        }
        check_text("query", &self.query)?;
        if !matches!(self.variables, Some(serde_json::Value::Object(_)) | None) {
            return Err(SpecError::Option("variables are a JSON object, like {\"id\": 7}".into()));
        }
        if !self.operation.as_deref().is_none_or(is_name) {
            return Err(SpecError::Option(
                "an operation is named by letters, digits and underscores, like TopOrders".into(),
            ));
        }
        self.request().validate()
    }
}

/// Source: <https://spec.graphql.org/October2021/#Name>.
fn is_name(text: &str) -> bool {
    text.len() <= 200
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> GraphQlSpec {
        GraphQlSpec::new("https://shop.example/graphql").unwrap()
    }

    #[test]
    fn the_request_is_a_post_of_the_query() {
        let mut spec = spec();
        spec.query = "query Order($id: Int) { order(id: $id) { state } }".into();
        spec.variables = Some(serde_json::json!({ "id": 7 }));
        spec.operation = Some("Order".into());
        assert_eq!(spec.validate(), Ok(()));
        let request = spec.request();
        assert_eq!(request.method, "POST");
        let Some(Body::Json(body)) = request.body else { panic!("no JSON") };
        assert_eq!(body["query"], spec.query);
        assert_eq!(body["variables"], serde_json::json!({ "id": 7 }));
        assert_eq!(body["operationName"], "Order");
        assert_eq!(request.headers[0].value.expose(), GraphQlSpec::ACCEPT);
    }

    #[test]
    fn an_accept_of_the_owner_is_kept() {
        let mut spec = spec();
        spec.http.headers =
            vec![Header { name: "accept".into(), value: HeaderValue::Plain("application/json".into()) }];
        assert_eq!(spec.request().headers, spec.http.headers);
    }

    #[test]
    fn refuses_what_is_no_query() {
        let wrong: [fn(&mut GraphQlSpec); 6] = [
            |spec| spec.query.clear(),
            |spec| spec.query = "x".repeat(20_000),
            |spec| spec.variables = Some(serde_json::json!([7])),
            |spec| spec.variables = Some(serde_json::json!({ "long": "x".repeat(70_000) })),
            |spec| spec.operation = Some("two words".into()),
            |spec| spec.http.body = Some(Body::Text("mine".into())),
        ];
        for (index, spoil) in wrong.into_iter().enumerate() {
            let mut spec = spec();
            spoil(&mut spec);
            assert!(spec.validate().is_err(), "{index}");
        }
    }
}
