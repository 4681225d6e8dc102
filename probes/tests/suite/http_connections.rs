//! Versions of HTTP, client certificates, and connections that are kept.

use std::convert::Infallible;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use monitor_core::Timestamp;
use monitor_core::checks::ClientIdentity;
use monitor_core::http::{Auth, Body, HttpSpec, Version};
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::{Outcome, Reason};
use monitor_core::secret::Secret;
use probes::Check;
use test_support::services;
use test_support::targets::tls::{Authority, Flaw};
use test_support::targets::{Answer, Misbehaviour, answering, misbehaving};

use crate::scripted::{Scripted, answer, scripted, served};
use crate::tls::trusting;
use crate::{AMPLE, SHORT, outbound, run, run_settings, run_with, services_outbound, settings, spec, told};

fn in_version(url: &str, version: Version) -> HttpSpec {
    HttpSpec { version, ..spec(url) }
}

#[tokio::test]
async fn http_2_is_spoken_where_it_is_offered() {
    let outbound = services_outbound();
    for (version, protocol) in [(Version::Auto, "HTTP/2"), (Version::Http2, "HTTP/2"), (Version::Http1, "HTTP/1.1")] {
        let outcome = run_with(in_version(&services::nginx(), version), &outbound, AMPLE).await;
        assert_eq!((told(&outcome).as_str(), outcome.response_bytes), ("ok", 14));
        assert_eq!(outcome.details.protocol.as_deref(), Some(protocol));
        let phases = outcome.timings.phases();
        assert!(phases.iter().skip(1).all(|(_, phase)| phase.is_some()), "{phases:?}");
    }
    let json = settings(
        CheckSpec::Http(spec(&format!("{}/json", services::nginx()))),
        &[r#"protocol == "HTTP/2""#, "json $.data[0].id == 7", r#"header "content-type" contains json"#],
    );
    assert_eq!(told(&run_settings(&json, &outbound, AMPLE).await), "ok");
    let outcome = run_with(spec(&format!("{}/redirect", services::nginx())), &outbound, AMPLE).await;
    assert_eq!((told(&outcome).as_str(), outcome.http_status), ("ok", Some(200)));
    let mut basic = spec(&format!("{}/basic", services::nginx()));
    assert_eq!(run_with(basic.clone(), &outbound, AMPLE).await.http_status, Some(401));
    basic.auth = Some(Auth::Basic { user: services::USER.into(), password: Secret::new(services::PASSWORD) });
    assert_eq!(told(&run_with(basic, &outbound, AMPLE).await), "ok");
}

/// HTTP/2 without TLS. It answers with what it was asked, and `/large` with large headers.
async fn cleartext_http_2() -> Scripted {
    let answer = |request: Request<Incoming>| async move {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let host = request.headers().get("host").is_some();
        let mut response = Response::new(Full::new(Bytes::from(format!("{method} {uri} {host}"))));
        if uri.path() == "/large" {
            response.headers_mut().insert("x-large", "x".repeat(80 * 1024).parse().unwrap());
        }
        Ok::<_, Infallible>(response)
    };
    served(move |_, stream| async move {
        let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        let _ = builder.serve_connection(TokioIo::new(stream), service_fn(answer)).await;
    })
    .await
}

#[tokio::test]
async fn http_2_is_spoken_without_tls_when_it_is_said_so() {
    let target = cleartext_http_2().await;
    let mut request = in_version(&format!("{}a?b", target.url()), Version::Http2);
    request.method = "POST".into();
    request.body = Some(Body::Text("x".repeat(40_000)));
    let body = format!("body == \"POST {}a?b false\"", target.url());
    let asked = settings(CheckSpec::Http(request), &[&body]);
    let outcome = run_settings(&asked, &outbound(), AMPLE).await;
    assert_eq!((told(&outcome).as_str(), outcome.details.protocol.as_deref()), ("ok", Some("HTTP/2")));
    let outcome = run(in_version(&format!("{}large", target.url()), Version::Http2)).await;
    assert_eq!(outcome.reason, Reason::HttpProtocol, "{}", outcome.message);
    assert!(outcome.message.contains("or its headers are too large"), "{}", outcome.message);
}

#[tokio::test]
async fn targets_without_http_2_are_told_so() {
    let authority = Authority::new();
    let target = authority.serve(Flaw::None, Answer::ok("")).await;
    let outcome = run_with(in_version(&target.url(), Version::Http2), &trusting(&authority), AMPLE).await;
    assert_eq!(told(&outcome), "protocol_mismatch: the target does not offer HTTP/2");
    let speaks = |version| in_version("http://x", version);
    for (misbehaviour, expected) in [
        (Misbehaviour::SPEAKS_HTTP, "protocol_mismatch"),
        (Misbehaviour::SPEAKS_SSH, "protocol_mismatch"),
        (Misbehaviour::GARBAGE, "protocol_mismatch"),
        (Misbehaviour::Closes, "connection_reset"),
        (Misbehaviour::Resets, "connection_reset"),
        (Misbehaviour::Silent, "response_timeout"),
        // Its settings, and then nothing or `GOAWAY` because of too many requests.
        (Misbehaviour::Sends(b"\0\0\0\x04\0\0\0\0\0"), "connection_reset"),
        (Misbehaviour::Hangs(b"\0\0\0\x04\0\0\0\0\0"), "response_timeout"),
        (Misbehaviour::Sends(b"\0\0\0\x04\0\0\0\0\0\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0b"), "connection_reset"),
    ] {
        let target = misbehaving(misbehaviour).await;
        let mut spec = speaks(Version::Http2);
        spec.url = format!("http://{}", target.addr()).parse().unwrap();
        let timeout = if expected == "response_timeout" { SHORT } else { AMPLE };
        let outcome = run_with(spec, &outbound(), timeout).await;
        assert!(told(&outcome).starts_with(expected), "{misbehaviour:?}: {}", told(&outcome));
    }
}

fn identity() -> ClientIdentity {
    let (certificate, key) = services::client_certificate();
    let read = |path| std::fs::read_to_string(path).unwrap();
    ClientIdentity { certificate: read(certificate), key: Secret::new(read(key)) }
}

#[tokio::test]
async fn a_client_certificate_is_shown() {
    let outbound = services_outbound();
    let mut spec = spec(&services::nginx_mutual_tls());
    assert_eq!(run_with(spec.clone(), &outbound, AMPLE).await.http_status, Some(400));
    spec.identity = Some(identity());
    let known = settings(CheckSpec::Http(spec), &[r#"body starts with "nginx knows""#]);
    let check = Check::compile(&known).unwrap();
    for _ in 0..2 {
        let outcome = probes::run(&check, &outbound, Timestamp::from_millis(7), AMPLE).await;
        assert_eq!(told(&outcome), "ok");
    }
}

#[test]
fn a_client_certificate_that_cannot_be_used_is_refused() {
    let good = identity();
    let other = rcgen::KeyPair::generate().unwrap().serialize_pem();
    for (certificate, key) in [
        (good.certificate.as_str(), other.as_str()),
        (good.certificate.as_str(), "hunter2"),
        ("hunter2", good.key.expose()),
    ] {
        let identity = ClientIdentity { certificate: certificate.into(), key: Secret::new(key) };
        let spec = HttpSpec { identity: Some(identity), ..spec("https://shop.example") };
        let refused = Check::compile(&settings(CheckSpec::Http(spec), &[])).unwrap_err().to_string();
        assert!(
            refused.starts_with("the client certificate cannot be used: ") && !refused.contains("hunter2"),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_client_certificate_that_is_missing_or_wrong_is_told() {
    let authority = Authority::new();
    let target = authority.serve(Flaw::WantsClientCertificate, Answer::ok("")).await;
    let outbound = trusting(&authority);
    for identity in [None, Some(identity())] {
        let spec = HttpSpec { identity, ..spec(&target.url()) };
        let outcome = run_with(spec, &outbound, AMPLE).await;
        assert_eq!(outcome.reason, Reason::TlsClientCertificate, "{}", outcome.message);
    }
    assert_eq!(target.requests(), 0);
}

/// Runs a check several times, one after the other, as a scheduler does.
async fn several(spec: HttpSpec, outbound: &probes::Outbound, times: usize) -> Vec<Outcome> {
    let check = Check::compile(&settings(CheckSpec::Http(spec), &[])).unwrap();
    let mut outcomes = Vec::new();
    for _ in 0..times {
        outcomes.push(probes::run(&check, outbound, Timestamp::from_millis(7), AMPLE).await);
    }
    outcomes
}

fn kept(url: &str) -> HttpSpec {
    HttpSpec { keep_alive: true, ..spec(url) }
}

#[tokio::test]
async fn a_connection_is_kept_where_its_owner_wants_so() {
    let target = answering(Answer::ok("hello")).await;
    let outcomes = several(kept(&target.url_as("localhost")), &outbound(), 3).await;
    for (index, outcome) in outcomes.iter().enumerate() {
        assert_eq!((told(outcome).as_str(), outcome.response_bytes), ("ok", 5));
        assert_eq!(outcome.details.peer, Some(target.addr().ip()));
        assert_eq!(outcome.timings.tcp_connection.is_some(), index == 0);
        assert_eq!(outcome.timings.dns_lookup.is_some(), index == 0);
        assert!(outcome.timings.time_to_first_byte.is_some());
    }
    assert_eq!(target.last_request().header("connection"), None);
    for url in [services::nginx(), format!("{}/redirect", services::nginx())] {
        for version in [Version::Auto, Version::Http1] {
            let spec = HttpSpec { version, ..kept(&url) };
            let outcomes = several(spec, &services_outbound(), 3).await;
            assert!(outcomes.iter().all(|outcome| outcome.reason == Reason::Ok), "{outcomes:?}");
            assert!(outcomes[1..].iter().all(|outcome| outcome.timings.tls_handshake.is_none()), "{outcomes:?}");
            assert!(outcomes[2].details.certificate_not_after.is_some());
        }
    }
    // Who does not want so gets a new one each time.
    let outcomes = several(spec(&target.url()), &outbound(), 2).await;
    assert!(outcomes.iter().all(|outcome| outcome.timings.tcp_connection.is_some()));
}

#[tokio::test]
async fn a_kept_connection_that_fails_is_replaced_once() {
    // Closes when it is asked a second time on the same connection.
    let asked = std::sync::Mutex::new(std::collections::HashSet::new());
    let target = scripted(move |connection, _| match asked.lock().unwrap().insert(connection) {
        true => answer("200 OK", &[], "hello"),
        false => String::new(),
    })
    .await;
    let outcomes = several(kept(&target.url()), &outbound(), 3).await;
    assert!(outcomes.iter().all(|outcome| outcome.reason == Reason::Ok), "{outcomes:?}");
    assert!(outcomes[1].timings.tcp_connection.is_some());
    // What could be done twice is not sent twice.
    let mut post = kept(&target.url());
    post.method = "POST".into();
    let outcomes = several(post, &outbound(), 2).await;
    assert_eq!(outcomes[1].reason, Reason::ConnectionReset);
    // Says that it closes.
    let target = scripted(|_, _| answer("200 OK", &["Connection: close"], "hello")).await;
    let outcomes = several(kept(&target.url()), &outbound(), 2).await;
    assert!(outcomes.iter().all(|outcome| outcome.timings.tcp_connection.is_some()), "{outcomes:?}");
}

#[tokio::test]
async fn nothing_is_left_of_a_check_whose_time_is_up() {
    let (closed, mut waiting) = tokio::sync::mpsc::unbounded_channel();
    let target = served(move |_, mut stream| {
        let closed = closed.clone();
        async move {
            // Settings of HTTP/2, and then nothing.
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"\0\0\0\x04\0\0\0\0\0").await;
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            let _ = closed.send(());
        }
    })
    .await;
    let outcome = run_with(in_version(&target.url(), Version::Http2), &outbound(), SHORT).await;
    assert_eq!(outcome.reason, Reason::ResponseTimeout);
    let closed = tokio::time::timeout(Duration::from_secs(60), waiting.recv()).await;
    assert_eq!(closed, Ok(Some(())));
}

#[tokio::test]
async fn cookies_go_along_redirects_unless_they_are_not_wanted() {
    let target = scripted(|_, request| match request.header("cookie") {
        Some("own=1; session=abc") => answer("200 OK", &[], "welcome"),
        _ => answer("302 Found", &["Set-Cookie: session=abc; HttpOnly; Path=/", "Location: /"], ""),
    })
    .await;
    let mut spec = spec(&target.url());
    spec.headers = vec![crate::plain("Cookie", "own=1")];
    assert_eq!(told(&run(spec.clone()).await), "ok");
    spec.cookies = false;
    let message = format!("too_many_redirects: redirects in a circle, back to {}", target.url());
    assert_eq!(told(&run(spec).await), message);
}

#[tokio::test]
async fn a_form_is_sent_as_browsers_send_it() {
    let target = answering(Answer::ok("")).await;
    let mut spec = spec(&target.url());
    spec.method = "POST".into();
    spec.body = Some(Body::Form(vec![("q".into(), "a b&ä".into()), ("q".into(), String::new())]));
    assert_eq!(told(&run(spec).await), "ok");
    let request = target.last_request();
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(request.body, b"q=a+b%26%C3%A4&q=");
}
