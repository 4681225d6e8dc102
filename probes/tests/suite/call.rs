//! Requests and connections of the program's own.

use std::time::Duration;

use http::{HeaderMap, Method};
use monitor_core::Timestamp;
use monitor_core::checks::{Endpoint, Security};
use monitor_core::outcome::Reason;
use probes::{Call, CallAnswer, CallError, Outbound};
use test_support::targets::{Answer, answering, misbehaving};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::{Host, Url};

use crate::{AMPLE, SHORT, config, outbound};

const NOW: Timestamp = Timestamp::from_millis(7);

async fn call(outbound: &Outbound, url: &str, body: &'static str) -> Result<CallAnswer, CallError> {
    let headers = HeaderMap::from_iter([("x-key".parse().unwrap(), "0123".parse().unwrap())]);
    let call = Call { method: Method::PUT, url: Url::parse(url).unwrap(), headers, body: body.into() };
    outbound.call(call, NOW, AMPLE).await
}

#[tokio::test]
async fn a_call_is_sent_as_it_is_and_the_answer_given_whatever_its_status() {
    let target = answering(Answer::redirect(302, "/elsewhere").with_body("moved")).await;
    let url = target.url().replace("http://", "http://ada:secret@");
    let answer = call(&outbound(), &format!("{url}hook?a=b"), "{\"a\":1}").await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (302, b"moved".as_slice()));
    assert_eq!(answer.headers["location"], "/elsewhere");
    let request = target.last_request();
    assert_eq!(target.requests(), 1, "a redirect is not followed");
    assert_eq!(request.request_line(), "PUT /hook?a=b HTTP/1.1");
    assert_eq!(request.header("x-key"), Some("0123"));
    assert_eq!(request.header("user-agent"), Some("Watchword/test"));
    assert_eq!(request.header("authorization"), None);
    assert_eq!(request.body, b"{\"a\":1}");
}

#[tokio::test]
async fn only_the_beginning_of_a_long_answer_is_read() {
    let target = answering(Answer::ok("x".repeat(1024 * 1024))).await;
    assert_eq!(call(&outbound(), &target.url(), "").await.unwrap().body.len(), 64 * 1024);
}

#[tokio::test]
async fn calls_are_held_to_the_address_policy() {
    let target = answering(Answer::ok("")).await;
    let strict = Outbound::new(&config(false)).unwrap();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "169.254.169.254"] {
        let url = format!("http://{host}:{}/token-0123", target.addr().port());
        let error = call(&strict, &url, "").await.unwrap_err();
        assert_eq!(error.reason, Reason::AddressRefused, "{error}");
        assert!(!error.to_string().contains("token-0123"), "{error}");
    }
    assert_eq!(target.requests(), 0);
    let endpoint = Endpoint { host: Host::Ipv4([127, 0, 0, 1].into()), port: target.addr().port() };
    let error = strict.dial_mail(&endpoint, Security::None, NOW, AMPLE).await.unwrap_err();
    assert_eq!(error.reason, Reason::AddressRefused, "{error}");
}

#[tokio::test]
async fn calls_end_in_time_and_say_why() {
    let silent = misbehaving::never_answers().await;
    let call = |url: String| async move {
        let call =
            Call { method: Method::GET, url: Url::parse(&url).unwrap(), headers: HeaderMap::new(), body: "".into() };
        outbound().call(call, NOW, SHORT).await.unwrap_err().reason
    };
    assert_eq!(call(silent.url()).await, Reason::ResponseTimeout);
    assert_eq!(call(format!("http://{}/", misbehaving::nothing_listens())).await, Reason::ConnectionRefused);
    let full = misbehaving::never_connects().await;
    assert_eq!(call(format!("http://{}/", full.addr())).await, Reason::ConnectTimeout);
}

#[tokio::test]
async fn what_is_said_before_tls_is_not_taken_for_what_is_said_within() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint { host: Host::parse("127.0.0.1").unwrap(), port: listener.local_addr().unwrap().port() };
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"220 here\r\n").await.unwrap();
        let mut told = [0; 64];
        assert!(stream.read(&mut told).await.unwrap() > 0);
        stream.write_all(b"250-here\r\n250 STARTTLS\r\n").await.unwrap();
        assert!(stream.read(&mut told).await.unwrap() > 0);
        // A letter of somebody in between, behind the leave to go on.
        stream.write_all(b"220 go on\r\n250 queued\r\n").await.unwrap();
        let _ = stream.read(&mut told).await;
    });
    let error = outbound().dial_mail(&endpoint, Security::StartTls, NOW, Duration::from_secs(5)).await.unwrap_err();
    assert_eq!(error.reason, Reason::TlsHandshake, "{error}");
    server.await.unwrap();
}
