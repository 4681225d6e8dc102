use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::http::{Auth, Body, MAX_BODY_BYTES, SpecError};
use monitor_core::monitor::{CheckSpec, MonitorError};
use monitor_core::outcome::{Reason, Timings, Verdict};
use monitor_core::secret::Secret;
use probes::Check;
use test_support::targets::{Answer, answering, misbehaving};

use crate::{SHORT, expecting, get, outbound, plain, run, run_settings, secret, settings, spec};

#[tokio::test]
async fn a_good_answer_is_described_in_full() {
    let target = answering(Answer::ok("hello")).await;
    let outcome = get(&target.url_as("localhost")).await;
    assert_eq!((outcome.reason, outcome.message.as_str()), (Reason::Ok, ""));
    assert_eq!((outcome.at, outcome.http_status, outcome.response_bytes), (Timestamp::from_millis(7), Some(200), 5));
    assert_eq!(outcome.details.protocol.as_deref(), Some("HTTP/1.1"));
    assert_eq!(outcome.details.peer, Some(target.addr().ip()));
    assert_eq!((outcome.details.final_url, outcome.details.certificate_not_after), (None, None));
    assert_eq!(outcome.timings.tls_handshake, None);
    let reached = Timings { tls_handshake: Some(Duration::ZERO), ..outcome.timings };
    assert!(reached.phases().iter().all(|(_, phase)| phase.is_some()), "{reached:?}");
    let sum: Duration = outcome.timings.phases().iter().filter_map(|(_, phase)| *phase).sum();
    assert!(sum <= outcome.duration && sum > Duration::ZERO, "{sum:?} of {:?}", outcome.duration);
}

#[tokio::test]
async fn an_address_without_a_name_needs_no_lookup() {
    let target = answering(Answer::ok("")).await;
    assert_eq!(get(&target.url()).await.timings.dns_lookup, None);
}

#[tokio::test]
async fn a_delay_counts_as_waiting_for_the_first_byte() {
    let delay = Duration::from_millis(50);
    let target = answering(Answer::ok("").after(delay)).await;
    let outcome = get(&target.url()).await;
    assert!(outcome.timings.time_to_first_byte.unwrap() >= delay.mul_f32(0.9), "{:?}", outcome.timings);
}

#[tokio::test]
async fn the_status_decides_first() {
    let target = answering(Answer::status(503)).await;
    let outcome = expecting(&target.url(), &[r#"body contains "ok""#]).await;
    assert_eq!(outcome.reason, Reason::UnexpectedStatus);
    assert_eq!(outcome.message, "answered 503 Service Unavailable, expected 200..299");
    assert_eq!(outcome.http_status, Some(503));
    target.set_status(299);
    assert_eq!(get(&target.url()).await.reason, Reason::Ok);
    target.set_status(599);
    assert_eq!(get(&target.url()).await.message, "answered 599, expected 200..299");
    assert_eq!(expecting(&target.url(), &["status in 200, 599"]).await.reason, Reason::Ok);
}

#[tokio::test]
async fn the_body_of_a_wrong_status_is_counted_and_changes_no_reason() {
    let target = answering(Answer::ok("twelve bytes")).await;
    let outcome = expecting(&target.url(), &["status == 404"]).await;
    assert_eq!((outcome.reason, outcome.response_bytes), (Reason::UnexpectedStatus, 12));
    assert!(outcome.timings.receive_response.is_some());
    let outbound = outbound();
    for target in [
        misbehaving::endless_body().await,
        misbehaving::flood_of_body().await,
        misbehaving::resets_in_body().await,
        misbehaving::announces(MAX_BODY_BYTES + 1).await,
    ] {
        let settings = settings(CheckSpec::Http(spec(&target.url())), &["status == 404"]);
        let outcome = run_settings(&settings, &outbound, SHORT).await;
        assert_eq!(
            (outcome.reason, outcome.message.as_str()),
            (Reason::UnexpectedStatus, "answered 200 OK, expected 404")
        );
    }
}

#[tokio::test]
async fn the_first_assertion_that_fails_is_told_and_all_are_listed() {
    let target = answering(Answer::ok(r#"{"status":"degraded"}"#)).await;
    let (contains, json, matches) = (r#"body contains "status""#, r#"json $.status == "ok""#, "body matches /^ok$/");
    let outcome = expecting(&target.url(), &[contains, json, matches]).await;
    assert_eq!(outcome.reason, Reason::JsonMismatch);
    assert_eq!(outcome.message, r#"expected json $.status == "ok", saw "degraded""#);
    let passed: Vec<bool> = outcome.details.assertions.iter().map(|result| result.passed).collect();
    assert_eq!(passed, [true, false, false]);
    let outcome = expecting(&target.url(), &[contains, matches]).await;
    assert_eq!(outcome.reason, Reason::BodyMismatch);
    assert_eq!(outcome.message, r#"expected body matches /^ok$/, saw “{"status":"degraded"}”"#);
}

#[tokio::test]
async fn large_bodies_are_judged_too() {
    let target = answering(Answer::ok(format!("{}needle", "hay ".repeat(200_000)))).await;
    assert_eq!(expecting(&target.url(), &["body matches /needle$/"]).await.reason, Reason::Ok);
    assert_eq!(expecting(&target.url(), &["body contains thread"]).await.reason, Reason::BodyMismatch);
    let json = format!(r#"[{}{{"last":true}}]"#, "[],".repeat(20_000));
    target.set(Answer::ok(json));
    assert_eq!(expecting(&target.url(), &["json $..last == true"]).await.reason, Reason::Ok);
    assert_eq!(expecting(&target.url(), &["json $..first exists"]).await.reason, Reason::JsonMismatch);
}

#[tokio::test]
async fn a_right_answer_can_be_slow() {
    let target = answering(Answer::ok("").after(Duration::from_millis(30))).await;
    let slow = &["latency < 5ms as degraded"];
    let outcome = expecting(&target.url(), slow).await;
    assert_eq!((outcome.reason, outcome.verdict()), (Reason::Slow, Verdict::Slow));
    assert!(outcome.message.starts_with("took ") && outcome.message.contains("5 ms"), "{}", outcome.message);
    target.set_status(500);
    assert_eq!(expecting(&target.url(), slow).await.reason, Reason::UnexpectedStatus);
    target.set_status(200);
    assert_eq!(expecting(&target.url(), &["latency < 60s as degraded"]).await.reason, Reason::Ok);
}

#[tokio::test]
async fn headers_size_and_protocol_can_be_expected() {
    let target = answering(Answer::ok("hello").header("Content-Type", "application/json")).await;
    let good = [r#"header "content-type" contains json"#, "size == 5", r#"protocol == "HTTP/1.1""#, "latency < 1m"];
    assert_eq!(expecting(&target.url(), &good).await.reason, Reason::Ok);
    assert_ne!(expecting(&target.url(), &["size < 5"]).await.reason, Reason::Ok);
    assert_ne!(expecting(&target.url(), &[r#"header "etag" exists"#]).await.reason, Reason::Ok);
}

#[tokio::test]
async fn a_plain_request_says_who_asks_and_for_which_host() {
    let target = answering(Answer::ok("")).await;
    get(&format!("{}health%20x?a=1&b=ä#top", target.url_as("localhost"))).await;
    let head = target.last_request().head.replace(&target.addr().port().to_string(), "PORT");
    insta::assert_snapshot!(head, @r"
    GET /health%20x?a=1&b=%C3%A4 HTTP/1.1
    host: localhost:PORT
    user-agent: Watchword/test
    accept: */*
    accept-encoding: identity
    connection: close
    ");
}

#[tokio::test]
async fn a_request_carries_what_its_owner_asked_for() {
    let target = answering(Answer::ok("")).await;
    let mut spec = spec(&target.url());
    spec.method = "POST".into();
    spec.body = Some(Body::Json(serde_json::json!({"q": [1, "ä"]})));
    spec.auth = Some(Auth::Basic { user: "ada".into(), password: Secret::new("p@ss") });
    spec.headers = vec![plain("user-agent", "probe"), plain("X-A", "1"), plain("X-A", "2"), secret("X-Key", "k")];
    spec.headers.push(plain("Host", "shop.example"));
    assert_eq!(run(spec.clone()).await.reason, Reason::Ok);
    let request = target.last_request();
    assert_eq!(request.request_line(), "POST / HTTP/1.1");
    assert_eq!(request.body, r#"{"q":[1,"ä"]}"#.as_bytes());
    for (name, value) in [
        ("Content-Type", "application/json"),
        ("Content-Length", "14"),
        ("Authorization", "Basic YWRhOnBAc3M="),
        ("User-Agent", "probe"),
        ("X-Key", "k"),
        ("Host", "shop.example"),
    ] {
        assert_eq!(request.header(name), Some(value), "{name}");
    }
    assert_eq!(request.head.matches("user-agent").count(), 1);
    assert_eq!(request.head.matches("x-a: ").count(), 2);

    spec.body = Some(Body::Text("hé".into()));
    spec.auth = Some(Auth::Bearer(Secret::new("tok")));
    run(spec.clone()).await;
    let request = target.last_request();
    assert_eq!(request.header("Authorization"), Some("Bearer tok"));
    assert_eq!(request.header("Content-Type"), Some("text/plain; charset=utf-8"));
    spec.headers = vec![plain("content-type", "text/csv")];
    run(spec).await;
    assert_eq!(target.last_request().header("Content-Type"), Some("text/csv"));
    assert_eq!(target.last_request().head.matches("content-type").count(), 1);
}

#[tokio::test]
async fn answers_without_a_body_end_at_their_headers() {
    let target = answering(Answer::ok("not sent")).await;
    let mut spec = spec(&target.url());
    spec.method = "HEAD".into();
    let outcome = run(spec).await;
    assert_eq!((outcome.reason, outcome.response_bytes), (Reason::Ok, 0));
    target.set_status(204);
    assert_eq!(get(&target.url()).await.reason, Reason::Ok);
}

#[tokio::test]
async fn old_and_chunked_answers_are_read() {
    let target = misbehaving::raw("HTTP/1.0 200 OK\r\n\r\nuntil the end").await;
    let outcome = get(&target.url()).await;
    assert_eq!((outcome.reason, outcome.response_bytes), (Reason::Ok, 13));
    assert_eq!(outcome.details.protocol.as_deref(), Some("HTTP/1.0"));
    let target =
        misbehaving::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").await;
    let outcome = expecting(&target.url(), &["body matches /^abcde$/"]).await;
    assert_eq!((outcome.reason, outcome.response_bytes), (Reason::Ok, 5));
}

#[test]
fn a_spec_that_cannot_be_sent_is_refused_when_it_is_compiled() {
    let mut tunnel = spec("http://shop.example");
    tunnel.method = "CONNECT".into();
    let compiled = Check::compile(&settings(CheckSpec::Http(tunnel), &[]));
    assert!(matches!(compiled, Err(MonitorError::Spec(SpecError::Method(_)))));
    let rows = settings(CheckSpec::Http(spec("http://shop.example")), &["rows > 1"]);
    assert!(matches!(Check::compile(&rows), Err(MonitorError::Assertion(_))));
}
