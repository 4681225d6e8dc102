use std::time::Duration;

use monitor_core::http::MAX_BODY_BYTES;
use monitor_core::outcome::{Outcome, Reason, Verdict};
use probes::{Outbound, OutboundError};
use test_support::targets::{Answer, answering, misbehaving};

use crate::{AMPLE, SHORT, config, get, outbound, run_with, spec, url_of};

fn assert_ends(outcome: &Outcome, reason: Reason, message: &str) {
    assert_eq!((outcome.reason, outcome.message.as_str()), (reason, message));
}

#[tokio::test]
async fn targets_that_fail_at_once_are_told_apart() {
    let target = misbehaving::closes().await;
    let closed = "the target closed the connection while waiting for its answer";
    assert_ends(&get(&target.url()).await, Reason::ConnectionReset, closed);
    let target = misbehaving::half_the_headers().await;
    assert_ends(&get(&target.url()).await, Reason::ConnectionReset, closed);
    let target = misbehaving::resets().await;
    assert_ends(&get(&target.url()).await, Reason::ConnectionReset, closed);
    let target = misbehaving::resets_in_headers().await;
    assert_ends(&get(&target.url()).await, Reason::ConnectionReset, closed);
    let cut = "the target closed the connection while sending its answer";
    let target = misbehaving::resets_in_body().await;
    assert_ends(&get(&target.url()).await, Reason::ConnectionReset, cut);
    let target = misbehaving::half_an_answer().await;
    assert_ends(&get(&target.url()).await, Reason::ConnectionReset, cut);

    let target = misbehaving::garbage().await;
    assert_ends(
        &get(&target.url()).await,
        Reason::HttpProtocol,
        "the answer is not valid HTTP (invalid HTTP version parsed)",
    );
    let target = misbehaving::speaks_first().await;
    assert_eq!(get(&target.url()).await.reason, Reason::HttpProtocol);
    let target = misbehaving::bad_chunk().await;
    assert_eq!(get(&target.url()).await.reason, Reason::HttpProtocol);
    let target = misbehaving::raw("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n").await;
    assert_eq!(get(&target.url()).await.reason, Reason::HttpProtocol);

    let large = "the headers of the answer are too many or too large";
    let target = misbehaving::headers(2_000).await;
    assert_ends(&get(&target.url()).await, Reason::HeadersTooLarge, large);
    let target = misbehaving::flood_of_headers().await;
    assert_ends(&get(&target.url()).await, Reason::HeadersTooLarge, large);
    let target = misbehaving::announces(MAX_BODY_BYTES + 1).await;
    let announced = "the answer announces 10485761 bytes; 10 MiB are read at most";
    assert_ends(&get(&target.url()).await, Reason::BodyTooLarge, announced);
    let target = misbehaving::flood_of_body().await;
    assert_ends(&get(&target.url()).await, Reason::BodyTooLarge, "the answer goes on; 10 MiB are read at most");
}

#[tokio::test]
async fn nothing_listening_is_a_refused_connection() {
    let addr = misbehaving::nothing_listens();
    let message = format!("the connection was refused while connecting to 127.0.0.1 port {}", addr.port());
    assert_ends(&get(&url_of(addr)).await, Reason::ConnectionRefused, &message);
}

#[tokio::test]
async fn a_target_without_end_is_left_when_the_time_is_up() {
    let (outbound, half) = (outbound(), "within 300 ms");
    let check = async |url: String| run_with(spec(&url), &outbound, SHORT).await;

    let target = misbehaving::never_connects().await;
    let outcome = check(url_of(target.addr())).await;
    assert_ends(&outcome, Reason::ConnectTimeout, &format!("the connection was not made {half}"));
    for target in [
        misbehaving::never_answers().await,
        misbehaving::endless_headers().await,
        misbehaving::flood_of_interim_answers().await,
    ] {
        let outcome = check(target.url()).await;
        assert_ends(&outcome, Reason::ResponseTimeout, &format!("the answer did not come {half}"));
        assert!(outcome.timings.tcp_connection.is_some() && outcome.timings.receive_response.is_none());
    }
    for target in [misbehaving::endless_body().await, misbehaving::announces(MAX_BODY_BYTES).await] {
        let outcome = check(target.url()).await;
        assert_ends(&outcome, Reason::BodyTimeout, &format!("the answer did not end {half}"));
        assert_eq!(outcome.http_status, Some(200));
        assert!(outcome.duration >= SHORT && outcome.timings.receive_response.is_some());
    }
}

#[tokio::test]
async fn the_limits_themselves_are_within() {
    let target = misbehaving::headers(99).await;
    assert_eq!(get(&target.url()).await.reason, Reason::Ok);
    let target = answering(Answer::ok(vec![b'x'; usize::try_from(MAX_BODY_BYTES).unwrap()])).await;
    let outcome = get(&target.url()).await;
    assert_eq!((outcome.reason, outcome.response_bytes), (Reason::Ok, MAX_BODY_BYTES));
}

#[tokio::test]
async fn refused_addresses_are_not_connected_to() {
    let target = answering(Answer::ok("")).await;
    let strict = Outbound::new(&config(false)).unwrap();
    for (url, what) in [
        (target.url(), "127.0.0.1 is a loopback address"),
        (target.url_as("localhost"), "localhost resolves to 127.0.0.1, a loopback address"),
        (target.url_as("app.localhost"), "app.localhost resolves to 127.0.0.1, a loopback address"),
        (target.url_as("localhost."), "localhost. resolves to 127.0.0.1, a loopback address"),
        (target.url_as("[::ffff:127.0.0.1]"), "::ffff:127.0.0.1 is a loopback address"),
        (target.url_as("2130706433"), "127.0.0.1 is a loopback address"),
        (target.url_as("0x7f.1"), "127.0.0.1 is a loopback address"),
    ] {
        let outcome = run_with(spec(&url), &strict, AMPLE).await;
        let next = "allow private targets in the configuration (allow_private_targets = true) to watch it";
        assert_ends(&outcome, Reason::AddressRefused, &format!("{what}; {next}"));
        assert_eq!((outcome.verdict(), outcome.details.peer), (Verdict::Inconclusive, None));
    }
    assert_eq!(target.requests(), 0);
    for url in ["http://169.254.169.254/latest/meta-data", "http://0.0.0.0/", "http://[::]/"] {
        let outcome = run_with(spec(url), &outbound(), AMPLE).await;
        assert_eq!(outcome.reason, Reason::AddressRefused);
        assert!(outcome.message.ends_with("; such addresses are never watched"), "{}", outcome.message);
    }
}

#[tokio::test]
async fn localhost_is_loopback_without_a_name_server() {
    let target = answering(Answer::ok("")).await;
    let outcome = run_with(spec(&target.url_as("shop.localhost")), &outbound(), AMPLE).await;
    assert_eq!(outcome.reason, Reason::Ok);
    assert!(outcome.timings.dns_lookup.is_some());
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let mut agent = config(true);
    agent.user_agent = "Watch\nword".into();
    assert!(matches!(Outbound::new(&agent), Err(OutboundError::UserAgent(_))));
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("missing.pem", None),
        ("empty.pem", Some("")),
        ("text.pem", Some("hello")),
        ("broken.pem", Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")),
    ] {
        let path = dir.path().join(name);
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let mut with_ca = config(true);
        with_ca.ca_file = Some(path);
        let error = Outbound::new(&with_ca).unwrap_err();
        assert!(matches!(&error, OutboundError::CaFile { .. }), "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[tokio::test]
async fn a_timeout_of_nothing_still_gives_an_outcome() {
    let target = misbehaving::never_answers().await;
    let outcome = run_with(spec(&target.url()), &outbound(), Duration::ZERO).await;
    assert_eq!(outcome.verdict(), Verdict::Failed);
}
