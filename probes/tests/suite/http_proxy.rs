//! The way through a proxy.

use monitor_core::checks::Login;
use monitor_core::http::{HttpSpec, Proxy};
use monitor_core::outcome::{Reason, Verdict};
use monitor_core::secret::Secret;
use probes::Outbound;
use test_support::targets::tls::{Authority, Flaw};
use test_support::targets::{Answer, Misbehaviour, misbehaving};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::scripted::{Scripted, answer, read, scripted, served};
use crate::tls::trusting;
use crate::{AMPLE, config, outbound, run, run_with, spec, told};

fn through(proxy: &str, login: Option<&str>, url: &str) -> HttpSpec {
    let login = login.map(|password| Login { user: "ada".into(), password: Secret::new(password) });
    let mut spec = spec(url);
    spec.proxy = Some(Proxy { url: proxy.parse().unwrap(), login });
    spec
}

/// A proxy that lets `ada` with `hunter2` through to `127.0.0.1`, whatever the name of the target.
async fn tunnelling() -> Scripted {
    served(|_, mut stream| async move {
        let request = read(&mut stream).await.unwrap();
        // `ada:hunter2`
        if request.header("proxy-authorization") != Some("Basic YWRhOmh1bnRlcjI=") {
            return stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await.unwrap();
        }
        let target = request.request_line().strip_prefix("CONNECT ").unwrap().strip_suffix(" HTTP/1.1").unwrap();
        assert_eq!(request.header("host"), Some(target));
        let port = target.rsplit_once(':').unwrap().1;
        #[expect(clippy::disallowed_methods, reason = "a proxy of a test")]
        let mut to = TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n").await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut to).await;
    })
    .await
}

#[tokio::test]
async fn an_http_target_is_asked_for_by_its_whole_address() {
    let proxy = scripted(|_, request| {
        assert_eq!(request.request_line(), "GET http://does-not-resolve.invalid:8080/a?b HTTP/1.1");
        assert_eq!(request.header("host"), Some("does-not-resolve.invalid:8080"));
        match request.header("proxy-authorization") {
            Some("Basic YWRhOmh1bnRlcjI=") => answer("200 OK", &[], "hello"),
            _ => answer("407 Proxy Authentication Required", &[], ""),
        }
    })
    .await;
    let url = "http://does-not-resolve.invalid:8080/a?b";
    let outcome = run(through(&proxy.url(), Some("hunter2"), url)).await;
    assert_eq!((told(&outcome).as_str(), outcome.response_bytes), ("ok", 5));
    assert_eq!(outcome.details.peer, Some(proxy.addr().ip()));
    for login in [None, Some("wrong")] {
        let outcome = run(through(&proxy.url(), login, url)).await;
        assert_eq!(told(&outcome), "proxy_failed: the proxy does not accept the login");
        assert_eq!(outcome.verdict(), Verdict::Inconclusive);
    }
}

#[tokio::test]
async fn an_https_target_is_reached_through_a_tunnel() {
    let authority = Authority::new();
    let target = authority.serve(Flaw::None, Answer::ok("hello")).await;
    let proxy = tunnelling().await;
    let (outbound, spec) = (trusting(&authority), through(&proxy.url(), Some("hunter2"), &target.url_as("localhost")));
    let outcome = run_with(spec, &outbound, AMPLE).await;
    assert_eq!((told(&outcome).as_str(), outcome.response_bytes), ("ok", 5));
    assert!(outcome.timings.tls_handshake.is_some());
    let request = target.last_request();
    assert_eq!((request.request_line(), request.header("proxy-authorization")), ("GET / HTTP/1.1", None));
    let outcome = run(through(&proxy.url(), Some("wrong"), &target.url())).await;
    assert_eq!(told(&outcome), "proxy_failed: the proxy cannot be used: it does not accept the login");
    // The certificate is the target's own.
    let flawed = authority.serve(Flaw::Expired, Answer::ok("")).await;
    let outcome = run_with(through(&proxy.url(), Some("hunter2"), &flawed.url()), &trusting(&authority), AMPLE).await;
    assert_eq!(outcome.reason, Reason::TlsCertificateExpired);
}

#[tokio::test]
async fn a_proxy_that_fails_says_nothing_of_the_target() {
    for (misbehaviour, message) in [
        (Misbehaviour::Closes, "it closed the connection when it was asked for a tunnel"),
        (Misbehaviour::Resets, "it closed the connection while asking it for a tunnel"),
        (Misbehaviour::SPEAKS_HTTP, "it answered 400 when it was asked for a tunnel to shop.example:443"),
        (Misbehaviour::Floods(b"HTTP/1.1 200 OK "), "its answer to CONNECT does not end"),
        (Misbehaviour::Sends(b"SSH-2.0-x\r\n\r\n"), "it answered “SSH-2.0-x” to CONNECT; is it an HTTP proxy?"),
    ] {
        let proxy = misbehaving(misbehaviour).await;
        let outcome = run(through(&format!("http://{}", proxy.addr()), None, "https://shop.example/")).await;
        assert_eq!(told(&outcome), format!("proxy_failed: the proxy cannot be used: {message}"), "{misbehaviour:?}");
    }
    let refusing = misbehaving(Misbehaviour::Refuses).await;
    let outcome = run(through(&format!("http://{}", refusing.addr()), None, "http://shop.example/")).await;
    let message = format!("the connection was refused while connecting to 127.0.0.1 port {}", refusing.addr().port());
    assert_eq!(told(&outcome), format!("proxy_failed: the proxy cannot be used: {message}"));
}

#[tokio::test]
async fn the_policy_holds_for_the_proxy() {
    let proxy = scripted(|_, _| answer("200 OK", &[], "")).await;
    let strict = Outbound::new(&config(false)).unwrap();
    let outcome = run_with(through(&proxy.url(), None, "http://shop.example/"), &strict, AMPLE).await;
    assert_eq!(outcome.reason, Reason::AddressRefused);
    let outcome = run_with(through("http://169.254.169.254", None, "http://shop.example/"), &outbound(), AMPLE).await;
    assert_eq!(outcome.reason, Reason::AddressRefused);
}
