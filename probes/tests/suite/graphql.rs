use std::net::SocketAddr;

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use monitor_core::checks::{Endpoint, GraphQlSpec};
use monitor_core::http::Auth;
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::{Outcome, Reason};
use monitor_core::secret::Secret;
use serde_json::{Value, json};
use test_support::targets::{Answer, Misbehaviour, answering};
use tokio::task::JoinHandle;

use crate::wrongs::{a_name_that_does_not_exist, targets_that_misbehave};
use crate::{AMPLE, outbound, run_settings, settings, told};

/// A server that stops when this is dropped.
struct Server {
    addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A server by the draft of GraphQL over HTTP, whose schema has `__typename` and `order(id)`.
async fn server() -> Server {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let router = Router::new().route("/graphql", post(answer));
    let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Server { addr, task }
}

async fn answer(headers: HeaderMap, Json(request): Json<Value>) -> Response {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    if header(header::AUTHORIZATION) == "Bearer wrong" {
        return (StatusCode::UNAUTHORIZED, "who are you?").into_response();
    }
    let query = request["query"].as_str().unwrap_or_default();
    let (status, body) = if query == "{ __typename }" {
        (StatusCode::OK, json!({ "data": { "__typename": "Query" } }))
    } else if query.contains("order(id: $id)") && request["operationName"] == "Order" {
        match &request["variables"]["id"] {
            Value::Null => {
                let error = json!({ "message": "no order\nof that id", "path": ["order"] });
                (StatusCode::OK, json!({ "data": { "order": null }, "errors": [error, { "message": "more" }] }))
            }
            id => (StatusCode::OK, json!({ "data": { "order": { "id": id, "state": "sent" } } })),
        }
    } else {
        let error = json!({ "message": "Cannot query field \"nothing\" on type \"Query\"." });
        (StatusCode::BAD_REQUEST, json!({ "errors": [error] }))
    };
    // Who takes only the older media type is answered 200 whatever the query did.
    if header(header::ACCEPT).contains("application/graphql-response+json") {
        (status, [(header::CONTENT_TYPE, "application/graphql-response+json")], body.to_string()).into_response()
    } else {
        Json(body).into_response()
    }
}

fn spec(server: &Server) -> GraphQlSpec {
    GraphQlSpec::new(&format!("http://{}/graphql", server.addr)).unwrap()
}

async fn run(spec: GraphQlSpec, assertions: &[&str]) -> Outcome {
    run_settings(&settings(CheckSpec::GraphQl(spec), assertions), &outbound(), AMPLE).await
}

#[tokio::test]
async fn every_schema_answers_the_default_query() {
    let server = server().await;
    let assertions =
        ["json $.data.__typename == Query", "status == 200", "size > 10", "header content-type contains json"];
    let outcome = run(spec(&server), &assertions).await;
    assert_eq!(told(&outcome), "ok");
    assert_eq!(outcome.http_status, Some(200));
}

#[tokio::test]
async fn variables_and_operation_are_sent() {
    let server = server().await;
    let mut spec = spec(&server);
    spec.query = "query Order($id: Int) { order(id: $id) { id state } }".into();
    spec.operation = Some("Order".into());
    spec.variables = Some(json!({ "id": 7 }));
    let outcome = run(spec.clone(), &["json $.data.order.id == 7", "json $.data.order.state == sent"]).await;
    assert_eq!(told(&outcome), "ok");
    // Part of the data is no success as long as there are errors.
    spec.variables = Some(json!({ "id": null }));
    let outcome = run(spec, &[]).await;
    assert_eq!(told(&outcome), "query_failed: the query failed: no order of that id (and 1 more)");
}

#[tokio::test]
async fn a_query_that_the_schema_refuses_fails_whatever_the_status() {
    let server = server().await;
    let mut spec = spec(&server);
    spec.query = "{ nothing }".into();
    let failed = "query_failed: the query failed: Cannot query field \"nothing\" on type \"Query\".";
    let outcome = run(spec.clone(), &[]).await;
    assert_eq!((told(&outcome).as_str(), outcome.http_status), (failed, Some(400)));
    spec.http.headers = vec![crate::plain("Accept", "application/json")];
    let outcome = run(spec, &[]).await;
    assert_eq!((told(&outcome).as_str(), outcome.http_status), (failed, Some(200)));
}

#[tokio::test]
async fn a_refused_login_is_its_status() {
    let server = server().await;
    let mut spec = spec(&server);
    spec.http.auth = Some(Auth::Bearer(Secret::new("wrong")));
    assert_eq!(told(&run(spec, &[]).await), "unexpected_status: answered 401 to the query");
}

#[tokio::test]
async fn a_large_answer_is_judged_like_a_small_one() {
    let target = answering(Answer::ok(json!({ "data": "x".repeat(100_000) }).to_string())).await;
    let outcome = run(GraphQlSpec::new(&target.url()).unwrap(), &["size > 100kB", "json $.data starts with xxx"]).await;
    assert_eq!(told(&outcome), "ok");
}

#[tokio::test]
async fn answers_that_are_no_graphql_are_told() {
    for (answer, expected) in [
        (
            Answer::ok("<html>"),
            "protocol_mismatch: the answer is not JSON; is this the address of the GraphQL endpoint?",
        ),
        (Answer::ok("[1, 2]"), "protocol_mismatch: the answer is JSON, but none of GraphQL"),
        (Answer::ok("{}"), "protocol_mismatch: the answer has neither data nor errors"),
        (Answer::ok("{\"data\": null, \"errors\": []}"), "protocol_mismatch: the answer has neither data nor errors"),
        (Answer::ok("{\"errors\": \"all\"}"), "protocol_mismatch: the answer is JSON, but none of GraphQL"),
        (Answer::status(503), "unexpected_status: answered 503 to the query"),
    ] {
        let target = answering(answer).await;
        assert_eq!(told(&run(GraphQlSpec::new(&target.url()).unwrap(), &[]).await), expected);
    }
}

#[tokio::test]
async fn targets_that_are_no_servers_fail_with_their_reason() {
    let spec = |endpoint: Endpoint| CheckSpec::GraphQl(GraphQlSpec::new(&format!("http://{endpoint}/")).unwrap());
    targets_that_misbehave(
        spec,
        &[
            (Misbehaviour::GARBAGE, Reason::HttpProtocol),
            (Misbehaviour::SPEAKS_SSH, Reason::HttpProtocol),
            (Misbehaviour::SPEAKS_HTTP, Reason::UnexpectedStatus),
            (Misbehaviour::Sends(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"data\": "), Reason::ConnectionReset),
        ],
    )
    .await;
    a_name_that_does_not_exist(spec).await;
}
