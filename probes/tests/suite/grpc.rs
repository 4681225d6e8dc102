use std::net::SocketAddr;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Response};
use hyper::body::Bytes;
use monitor_core::checks::{Endpoint, GrpcSpec};
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::{Outcome, Reason};
use probes::Outbound;
use test_support::targets::Misbehaviour;
use test_support::targets::tls::{Authority, Flaw};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tonic::service::Routes;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::server::{Server, TcpIncoming};
use tonic_health::ServingStatus;
use tonic_health::server::{HealthReporter, health_reporter};

use crate::tls::trusting;
use crate::wrongs::{FLAWS, a_name_that_does_not_exist, targets_that_misbehave};
use crate::{AMPLE, SHORT, outbound, run_settings, secret, settings, told};

/// A server that stops when this is dropped.
struct Running {
    addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves every connection by `handle`.
async fn serve<H, F>(handle: H) -> Running
where
    H: Fn(TcpStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(handle(stream));
        }
    });
    Running { addr, task }
}

async fn tonic(routes: Routes) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let server = Server::builder().add_routes(routes).serve_with_incoming(TcpIncoming::from(listener));
    Running { addr, task: tokio::spawn(async move { server.await.unwrap() }) }
}

/// A real gRPC server with the health protocol, which lets in who shows the key `hunter2` or none.
async fn healthy() -> (Running, HealthReporter) {
    let (reporter, service) = health_reporter();
    let admit = |request: tonic::Request<()>| match request.metadata().get("x-key").map(|key| key.as_bytes()) {
        None | Some(b"hunter2") => Ok(request),
        Some(b"other") => Err(tonic::Status::permission_denied("not you")),
        Some(key) => Err(tonic::Status::unauthenticated(format!("no such key: {}", String::from_utf8_lossy(key)))),
    };
    let service = InterceptedService::new(service, admit);
    (tonic(Routes::new(service)).await, reporter)
}

/// The same server behind TLS, which agrees on that protocol within it.
async fn within_tls(authority: &Authority, flaw: Flaw, alpn: &[u8], behind: SocketAddr) -> Running {
    let mut config = (*authority.server_config(flaw)).clone();
    config.alpn_protocols = vec![alpn.to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    serve(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut outer) = acceptor.accept(stream).await else { return };
            #[expect(clippy::disallowed_methods, reason = "a test's own server")]
            let mut inner = TcpStream::connect(behind).await.unwrap();
            let _ended = tokio::io::copy_bidirectional(&mut outer, &mut inner).await;
        }
    })
    .await
}

/// Answers every call with these headers, this body and these trailers.
async fn answers(headers: HeaderMap, body: &'static [u8], trailers: HeaderMap) -> Running {
    serve(move |stream| {
        let (headers, trailers) = (headers.clone(), trailers.clone());
        async move {
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                let mut response = Response::new(());
                *response.headers_mut() = headers.clone();
                let mut stream = respond.send_response(response, false).unwrap();
                stream.send_data(Bytes::from_static(body), false).unwrap();
                stream.send_trailers(trailers.clone()).unwrap();
            }
        }
    })
    .await
}

fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
}

fn spec(addr: SocketAddr) -> GrpcSpec {
    GrpcSpec::new(Endpoint::parse(&addr.to_string(), None).unwrap(), false)
}

async fn run(spec: GrpcSpec, assertions: &[&str]) -> Outcome {
    run_settings(&settings(CheckSpec::Grpc(spec), assertions), &outbound(), AMPLE).await
}

#[tokio::test]
async fn a_server_that_serves_is_up() {
    let (server, _reporter) = healthy().await;
    let outcome = run(spec(server.addr), &["grpc.status == SERVING", "latency < 10s"]).await;
    assert_eq!(told(&outcome), "ok");
    assert_eq!((outcome.http_status, outcome.details.protocol.as_deref()), (Some(200), Some("HTTP/2")));
    assert!(outcome.timings.time_to_first_byte.is_some());
}

#[tokio::test]
async fn a_service_is_asked_for_by_name() {
    let (server, reporter) = healthy().await;
    let asked = || GrpcSpec { service: "shop.v1.Orders".into(), ..spec(server.addr) };
    let unknown = "unexpected_answer: the server knows nothing of the service shop.v1.Orders (NOT_FOUND";
    assert!(told(&run(asked(), &[]).await).starts_with(unknown));
    for (status, expected) in [
        (ServingStatus::Serving, "ok"),
        (ServingStatus::NotServing, "not_serving: the service shop.v1.Orders says NOT_SERVING"),
        (ServingStatus::Unknown, "not_serving: the service shop.v1.Orders says UNKNOWN"),
    ] {
        reporter.set_service_status("shop.v1.Orders", status).await;
        assert_eq!(told(&run(asked(), &[]).await), expected);
        // The server as a whole is another matter.
        assert_eq!(told(&run(spec(server.addr), &[]).await), "ok");
    }
}

#[tokio::test]
async fn metadata_is_sent_and_not_shown() {
    let (server, _reporter) = healthy().await;
    let with = |key: &str| GrpcSpec { metadata: vec![secret("X-Key", key)], ..spec(server.addr) };
    assert_eq!(told(&run(with("hunter2"), &[]).await), "ok");
    let outcome = run(with("s3cret"), &[]).await;
    let refused = "authentication_failed: the server does not let the call in (UNAUTHENTICATED: no such key: ***)";
    assert_eq!(told(&outcome), refused);
    assert_eq!(run(with("other"), &[]).await.reason, Reason::AuthenticationFailed);
}

#[tokio::test]
async fn a_server_without_the_health_protocol_is_told_so() {
    let server = tonic(Routes::default()).await;
    let outcome = run(spec(server.addr), &[]).await;
    assert_eq!(outcome.reason, Reason::ProtocolMismatch);
    let advice = "; register grpc.health.v1.Health with it";
    assert!(outcome.message.contains("UNIMPLEMENTED") && outcome.message.ends_with(advice), "{}", outcome.message);
}

/// Checks the healthy server behind TLS.
async fn run_within_tls(flaw: Flaw, alpn: &[u8], outbound: impl Fn(&Authority) -> Outbound) -> Outcome {
    let authority = Authority::new();
    let (server, _reporter) = healthy().await;
    let front = within_tls(&authority, flaw, alpn, server.addr).await;
    let endpoint = Endpoint::parse(&format!("localhost:{}", front.addr.port()), None).unwrap();
    let settings = settings(CheckSpec::Grpc(GrpcSpec::new(endpoint, true)), &["certificate.days > 14"]);
    run_settings(&settings, &outbound(&authority), AMPLE).await
}

#[tokio::test]
async fn calls_go_within_tls() {
    let outcome = run_within_tls(Flaw::None, b"h2", trusting).await;
    assert_eq!(told(&outcome), "ok");
    assert!(outcome.timings.tls_handshake.is_some() && outcome.details.certificate_not_after.is_some());
}

#[tokio::test]
async fn certificates_are_judged() {
    for (flaw, reason) in FLAWS {
        let outcome = run_within_tls(flaw, b"h2", trusting).await;
        assert_eq!(outcome.reason, reason, "{flaw:?}: {}", outcome.message);
    }
    // A web server of old.
    let outcome = run_within_tls(Flaw::None, b"http/1.1", trusting).await;
    assert!([Reason::TlsHandshake, Reason::ProtocolMismatch].contains(&outcome.reason), "{}", told(&outcome));
}

#[tokio::test]
async fn answers_that_break_the_protocol_are_told() {
    const OK: &[u8] = b"\0\0\0\0\x02\x08\x01";
    let grpc = ("content-type", "application/grpc+proto");
    for (headers, body, trailers, expected) in [
        (&[grpc][..], OK, &[("grpc-status", "0")][..], "ok"),
        (
            &[grpc],
            OK,
            &[("grpc-status", "7"), ("grpc-message", "no%20%C3%A4%0Aentry %2")],
            "authentication_failed: the server does not let the call in (PERMISSION_DENIED: no ä entry %2)",
        ),
        (&[grpc], OK, &[("grpc-status", "14")], "not_serving: the server is not available (UNAVAILABLE)"),
        (&[grpc], OK, &[("grpc-status", "13")], "unexpected_answer: the call failed (INTERNAL)"),
        (&[grpc], OK, &[("grpc-status", "17")], "protocol_mismatch: the gRPC status is not a known code"),
        (
            &[grpc],
            OK,
            &[("grpc-status", "2"), ("grpc-status-details-bin", "%%% no base64")],
            "unexpected_answer: the call failed (UNKNOWN)",
        ),
        (&[grpc], OK, &[], "protocol_mismatch: the answer ends without a gRPC status"),
        (&[grpc], b"", &[("grpc-status", "0")], "protocol_mismatch: the answer has no message"),
        (
            &[grpc],
            b"\x01\0\0\0\x02\x08\x01",
            &[("grpc-status", "0")],
            "protocol_mismatch: the answer is not one gRPC message",
        ),
        (
            &[grpc],
            b"\0\xff\xff\xff\xff\x08\x01",
            &[("grpc-status", "0")],
            "protocol_mismatch: the answer is not one gRPC message",
        ),
        (&[grpc], b"\0\0\0\0\x02\x08\x07", &[("grpc-status", "0")], "not_serving: the server says 7"),
        (&[grpc], b"\0\0\0\0\x00", &[("grpc-status", "0")], "not_serving: the server says UNKNOWN"),
        (
            &[("content-type", "text/html")],
            OK,
            &[],
            "protocol_mismatch: the answer is not gRPC but 200 OK with text/html",
        ),
    ] {
        let server = answers(map(headers), body, map(trailers)).await;
        assert_eq!(told(&run(spec(server.addr), &[]).await), expected);
    }
    let server = answers(map(&[grpc]), b"\0\0\0\0\x02\xff\xff", map(&[("grpc-status", "0")])).await;
    assert_eq!(run(spec(server.addr), &[]).await.reason, Reason::ProtocolMismatch);
    static LONG: [u8; 70_000] = [0; 70_000];
    let server = answers(map(&[grpc]), &LONG, map(&[("grpc-status", "0")])).await;
    assert_eq!(run(spec(server.addr), &[]).await.reason, Reason::BodyTooLarge);
}

#[tokio::test]
async fn targets_that_are_no_grpc_servers_fail_with_their_reason() {
    let spec = |endpoint| CheckSpec::Grpc(GrpcSpec::new(endpoint, false));
    targets_that_misbehave(
        spec,
        &[
            // Settings of HTTP/2, and the head of the next frame.
            (Misbehaviour::Sends(b"\0\0\0\x04\0\0\0\0\0\0\0"), Reason::ConnectionReset),
            (Misbehaviour::Hangs(b"\0\0\0\x04\0\0\0\0\0\0\0"), Reason::ResponseTimeout),
            (Misbehaviour::Floods(b"\0\0\x08\x06\0\0\0\0\0abcdefgh"), Reason::ResponseTimeout),
        ],
    )
    .await;
    a_name_that_does_not_exist(spec).await;
}

#[tokio::test]
async fn a_call_leaves_nothing_behind() {
    let (closed, mut seen) = tokio::sync::mpsc::channel(1);
    let server = serve(move |mut stream| {
        let closed = closed.clone();
        async move {
            // Until the client closes: the check gives up, since it is never answered.
            let _read = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            closed.send(()).await.unwrap();
        }
    })
    .await;
    let settings = settings(CheckSpec::Grpc(spec(server.addr)), &[]);
    let outcome = run_settings(&settings, &outbound(), SHORT).await;
    assert_eq!(outcome.reason, Reason::ResponseTimeout);
    assert_eq!(tokio::time::timeout(AMPLE, seen.recv()).await, Ok(Some(())));
}
