use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use monitor_core::checks::{Endpoint, WebSocketSpec};
use monitor_core::http::Auth;
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::{Outcome, Reason};
use monitor_core::secret::Secret;
use test_support::targets::tls::{Authority, Flaw};
use test_support::targets::upgrade::Upgrade;
use test_support::targets::{Answer, Misbehaviour, answering, misbehaving};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::tls::trusting;
use crate::wrongs::{a_name_that_does_not_exist, bad_certificates, targets_that_misbehave};
use crate::{AMPLE, SHORT, outbound, plain, run_settings, secret, settings, told};

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

/// A real WebSocket server, which knows these messages: `ping me` (pings, and answers once the pong came), `many`,
/// `binary`, `bye`, `huge`, `silence`; it says the others back. It lets in who knows `hunter2`.
async fn server(tls: Option<TlsAcceptor>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let tls = tls.clone();
            connections.spawn(async move {
                match tls {
                    Some(tls) => serve(tls.accept(stream).await?).await,
                    None => serve(stream).await,
                }
            });
        }
    });
    Server { addr, task }
}

#[expect(clippy::result_large_err, reason = "the callback's type")]
fn admit(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    if request.uri().path() == "/private" && header("authorization").as_deref() != Some("Basic YWRhOmh1bnRlcjI=") {
        return Err(http::Response::builder().status(401).body(None).unwrap());
    }
    if header("sec-websocket-protocol").as_deref() == Some("chat") {
        response.headers_mut().insert("sec-websocket-protocol", "chat".parse().unwrap());
    }
    if let Some(key) = header("x-key") {
        response.headers_mut().insert("x-key", key.parse().unwrap());
    }
    Ok(response)
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> Result<(), Error> {
    let mut socket = accept_hdr_async(stream, admit).await?;
    while let Some(message) = socket.next().await {
        let Message::Text(text) = message? else { continue };
        match text.as_str() {
            "ping me" => {
                socket.send(Message::Ping("42".into())).await?;
                while !matches!(socket.next().await, Some(Ok(Message::Pong(_)))) {}
                socket.send("thank you".into()).await?;
            }
            "many" => {
                for number in 0..100 {
                    socket.send(format!("number {number}").into()).await?;
                }
            }
            "binary" => socket.send(Message::Binary(b"\x00\xffpong\x00".as_slice().into())).await?,
            "bye" => {
                let frame = CloseFrame { code: CloseCode::Restart, reason: "back\nsoon".into() };
                socket.close(Some(frame)).await?;
            }
            "huge" => socket.send("x".repeat(2 * 1024 * 1024).into()).await?,
            "silence" => {}
            other => socket.send(format!("{{\"said\": \"{other}\"}}").into()).await?,
        }
    }
    Ok(())
}

fn spec(server: &Server, send: Option<&str>, expect: Option<&str>) -> WebSocketSpec {
    let spec = WebSocketSpec::new(&format!("ws://{}/", server.addr)).unwrap();
    WebSocketSpec { send: send.map(str::to_owned), expect: expect.map(str::to_owned), ..spec }
}

async fn run(spec: WebSocketSpec, assertions: &[&str]) -> Outcome {
    run_settings(&settings(CheckSpec::WebSocket(spec), assertions), &outbound(), AMPLE).await
}

#[tokio::test]
async fn it_opens_and_answers() {
    let server = server(None).await;
    for (send, expect, assertions) in [
        (None, None, &[][..]),
        (Some("hello"), Some("hello"), &["json $.said == hello", "size > 10"]),
        // Without an expectation an assertion about the message waits for the first one.
        (Some("hello"), None, &["body contains said"]),
        (Some("ping me"), Some("thank"), &[]),
        (Some("many"), Some("number 97"), &["body == \"number 97\""]),
        (Some("binary"), Some("pong"), &[]),
    ] {
        let outcome = run(spec(&server, send, expect), assertions).await;
        assert_eq!(told(&outcome), "ok", "{send:?}");
        assert_eq!(outcome.http_status, Some(101));
        assert_eq!(outcome.details.protocol.as_deref(), Some("WebSocket"));
    }
}

#[tokio::test]
async fn it_opens_within_tls() {
    let authority = Authority::new();
    let server = server(Some(TlsAcceptor::from(Arc::clone(&authority.server_config(Flaw::None))))).await;
    let mut spec = WebSocketSpec::new(&format!("localhost:{}", server.addr.port())).unwrap();
    spec.send = Some("hello".into());
    spec.expect = Some("hello".into());
    let settings = settings(CheckSpec::WebSocket(spec), &["certificate.days > 14"]);
    let outcome = run_settings(&settings, &trusting(&authority), AMPLE).await;
    assert_eq!(told(&outcome), "ok");
    assert!(outcome.timings.tls_handshake.is_some());
}

#[tokio::test]
async fn credentials_headers_and_subprotocol_are_sent() {
    let server = server(None).await;
    let mut private = WebSocketSpec::new(&format!("ws://ada:hunter2@{}/private", server.addr)).unwrap();
    assert_eq!(told(&run(private.clone(), &[]).await), "ok");
    private.headers = vec![plain("X-Kind", "check"), secret("X-Key", "s3cret")];
    private.subprotocol = Some("chat".into());
    assert_eq!(told(&run(private.clone(), &[]).await), "ok");
    private.subprotocol = Some("other".into());
    let outcome = run(private.clone(), &[]).await;
    assert_eq!(told(&outcome), "unexpected_answer: the target does not speak the subprotocol that is asked for");
    private.auth = Some(Auth::Bearer(Secret::new("hunter2")));
    let outcome = run(private, &[]).await;
    assert_eq!(told(&outcome), "authentication_failed: the target does not let us in (answered 401 Unauthorized)");
    assert_eq!(outcome.http_status, Some(401));
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_told() {
    let server = server(None).await;
    let settings = settings(CheckSpec::WebSocket(spec(&server, Some("silence"), Some("x"))), &[]);
    let outcome = run_settings(&settings, &outbound(), SHORT).await;
    assert_eq!(told(&outcome), "response_timeout: the answer did not come within 300 ms");
    let outcome = run(spec(&server, Some("bye"), Some("x")), &[]).await;
    let closed = "the target closed the WebSocket with the code 1012 (back soon) before the expected message came";
    assert_eq!(told(&outcome), format!("unexpected_answer: {closed}"));
    let outcome = run(spec(&server, Some("huge"), Some("x")), &[]).await;
    assert_eq!(told(&outcome), "body_too_large: a message of 2097152 bytes came; 1024 KiB are read at most");
}

#[tokio::test]
async fn what_is_no_websocket_is_told_by_its_status() {
    for (answer, expected) in [
        (
            Answer::ok("<html>"),
            "protocol_mismatch: the target answered 200 OK instead of opening a WebSocket; is the path right?",
        ),
        (
            Answer::redirect(301, "/there"),
            "unexpected_status: the target answered 301 Moved Permanently instead of opening a WebSocket",
        ),
        (Answer::status(404), "unexpected_status: the target answered 404 Not Found instead of opening a WebSocket"),
        (Answer::status(403), "authentication_failed: the target does not let us in (answered 403 Forbidden)"),
        (
            Answer::status(101),
            "protocol_mismatch: the target does not speak WebSocket (WebSocket protocol error: No \"Upgrade: websocket\" header)",
        ),
    ] {
        let target = answering(answer).await;
        let spec = WebSocketSpec::new(&target.url()).unwrap();
        assert_eq!(told(&run(spec, &[]).await), expected);
    }
}

#[tokio::test]
async fn targets_that_are_no_websockets_fail_with_their_reason() {
    let spec = |endpoint: Endpoint| CheckSpec::WebSocket(WebSocketSpec::new(&format!("ws://{endpoint}")).unwrap());
    targets_that_misbehave(
        spec,
        &[
            (Misbehaviour::SPEAKS_HTTP, Reason::UnexpectedStatus),
            (Misbehaviour::Sends(b"HTTP/1.1 101 Switching"), Reason::ConnectionReset),
            (Misbehaviour::Hangs(b"HTTP/1.1 101 Switching"), Reason::ResponseTimeout),
            (Misbehaviour::Floods(b"x"), Reason::ProtocolMismatch),
        ],
    )
    .await;
    a_name_that_does_not_exist(spec).await;
}

#[tokio::test]
async fn headers_without_end_are_not_read() {
    let target = misbehaving(Misbehaviour::Floods(b"HTTP/1.1 101 Switching Protocols\r\nX-More: and more\r\n")).await;
    let spec = WebSocketSpec::new(&format!("ws://{}", target.addr())).unwrap();
    let outcome = run(spec, &[]).await;
    assert!([Reason::HeadersTooLarge, Reason::ProtocolMismatch].contains(&outcome.reason), "{}", told(&outcome));
}

#[tokio::test]
async fn certificates_are_judged() {
    let spec = |endpoint: Endpoint| CheckSpec::WebSocket(WebSocketSpec::new(&format!("wss://{endpoint}")).unwrap());
    bad_certificates(spec, Upgrade::Immediate).await;
}
