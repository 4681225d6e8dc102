use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;

use futures_util::{SinkExt, StreamExt};
use test_support::targets::misbehaving::never_connects;
use test_support::targets::{Answer, Misbehaviour, answering, misbehaving};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_tungstenite::tungstenite::Message;

use super::*;
use crate::connect::tests::{Counting, Rebinding, config};

/// A proxy, and a connection of a browser to it.
struct Asked {
    proxy: ForwardProxy,
    stream: DuplexStream,
}

fn limits() -> ForwardLimits {
    let connect = Duration::from_secs(10);
    ForwardLimits { bytes: 50_000_000, connections: 4, connect, forbidden: Vec::new() }
}

fn lenient() -> Outbound {
    Outbound::new(&config(true)).unwrap()
}

impl Asked {
    fn new(outbound: &Outbound, limits: ForwardLimits) -> Self {
        let proxy = ForwardProxy::new(outbound, limits);
        let stream = connected(&proxy);
        Self { proxy, stream }
    }

    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// An answer with its body, as far as its length is announced; empty when the connection was closed instead.
    async fn answer(&mut self) -> String {
        let mut text = Vec::new();
        while !text.ends_with(b"\r\n\r\n") {
            match self.stream.read_u8().await {
                Ok(byte) => text.push(byte),
                Err(_) => return String::from_utf8(text).unwrap(),
            }
        }
        let head = String::from_utf8(text).unwrap();
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        self.stream.read_exact(&mut body).await.unwrap();
        head + std::str::from_utf8(&body).unwrap()
    }

    async fn ask(&mut self, text: &str) -> String {
        self.send(text).await;
        self.answer().await
    }

    async fn get(&mut self, url: &str) -> String {
        let host = url::Url::parse(url).unwrap().host_str().unwrap().to_owned();
        self.ask(&format!("GET {url} HTTP/1.1\r\nHost: {host}\r\nProxy-Connection: keep-alive\r\n\r\n")).await
    }

    async fn connect(&mut self, authority: &str) -> String {
        self.ask(&format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n")).await
    }

    fn why(&self) -> Vec<(Reason, String)> {
        self.proxy.unreached().into_iter().map(|one| (one.reason, one.why)).collect()
    }
}

fn connected(proxy: &ForwardProxy) -> DuplexStream {
    let (near, far) = tokio::io::duplex(1024 * 1024);
    tokio::spawn(proxy.serve(far));
    near
}

#[tokio::test]
async fn requests_are_passed_on_as_they_were_meant_for_the_target() {
    let target = answering(Answer::ok("hello").header("X-One", "1").header("Keep-Alive", "timeout=5")).await;
    let mut asked = Asked::new(&lenient(), limits());
    let (url, port) = (target.url(), target.addr().port());
    let request = format!(
        "POST {url}path?q=1 HTTP/1.1\r\nHost: other.example\r\nProxy-Connection: keep-alive\r\nConnection: X-Hop\r\n\
         X-Hop: 1\r\nX-Kept: 1\r\nContent-Length: 3\r\n\r\nabc"
    );
    insta::assert_snapshot!(asked.ask(&request).await.replace("\r\n", "\n"), @r"
    HTTP/1.1 200 Status
    Content-Length: 5
    X-One: 1

    hello
    ");
    let received = target.last_request();
    assert_eq!(received.request_line(), "POST /path?q=1 HTTP/1.1");
    assert_eq!(received.header("host"), Some(format!("127.0.0.1:{port}").as_str()));
    assert_eq!((received.header("x-kept"), received.body.as_slice()), (Some("1"), b"abc".as_slice()));
    assert_eq!((received.header("x-hop"), received.header("proxy-connection")), (None, None));
    assert_eq!(asked.why(), []);
}

#[tokio::test]
async fn the_next_request_of_a_connection_goes_where_it_says() {
    let (one, two) = (answering(Answer::ok("one")).await, answering(Answer::ok("two")).await);
    let mut asked = Asked::new(&lenient(), limits());
    for (target, text) in [(&one, "one"), (&one, "one"), (&two, "two"), (&one, "one")] {
        assert!(asked.get(&target.url()).await.ends_with(text));
    }
    assert_eq!((one.requests(), two.requests()), (3, 1));
}

#[tokio::test]
async fn private_addresses_are_refused_however_they_are_written() {
    let mut target = Counting::start(Ipv4Addr::LOCALHOST, 0).await;
    let port = target.address.port();
    let strict = Outbound::new(&config(false)).unwrap();
    for host in ["127.0.0.1", "localhost", "app.localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"] {
        let mut asked = Asked::new(&strict, limits());
        assert_eq!(asked.get(&format!("http://{host}:{port}/")).await, "", "{host}");
        let mut asked = Asked::new(&strict, limits());
        let answer = asked.connect(&format!("{host}:{port}")).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{host}: {answer}");
        assert_eq!(asked.why()[0].0, Reason::AddressRefused, "{host}");
    }
    target.assert_not_reached().await;
}

#[tokio::test]
async fn a_redirect_is_judged_like_any_request() {
    let target = answering(Answer::redirect(302, "http://169.254.169.254/latest/meta-data/")).await;
    let mut asked = Asked::new(&lenient(), limits());
    assert!(asked.get(&target.url()).await.contains("169.254.169.254"));
    assert_eq!(asked.get("http://169.254.169.254/latest/meta-data/").await, "");
    let unreached = asked.proxy.unreached();
    assert_eq!((unreached[0].host.as_str(), unreached[0].port), ("169.254.169.254", 80));
    assert_eq!(unreached[0].why, "169.254.169.254 is a cloud metadata address; such addresses are never watched");
}

#[tokio::test]
async fn a_name_is_resolved_once_a_connection_and_connected_to_as_it_was_judged() {
    let (one, two) = (Ipv4Addr::new(127, 0, 0, 1), Ipv4Addr::new(127, 0, 0, 2));
    let mut judged = Counting::start(one, 0).await;
    let mut other = Counting::start(two, judged.address.port()).await;
    let authority = format!("rebinding.example:{}", judged.address.port());
    for connections in 1..=2 {
        let names = Rebinding::start(one, two).await;
        let mut asked = Asked::new(&names.outbound(true), limits());
        if connections == 1 {
            assert!(asked.connect(&authority).await.starts_with("HTTP/1.1 200 "));
        } else {
            asked.send(&format!("GET http://{authority}/ HTTP/1.1\r\nHost: {authority}\r\n\r\n")).await;
        }
        judged.reached(connections).await;
        assert_eq!(names.questions.load(Ordering::SeqCst), 1);
    }
    other.assert_not_reached().await;
}

#[tokio::test]
async fn a_name_that_turns_private_is_refused() {
    let (public, private) = (Ipv4Addr::new(192, 31, 196, 1), Ipv4Addr::LOCALHOST);
    let mut target = Counting::start(private, 0).await;
    let names = Rebinding::start(public, private).await;
    let outbound = names.outbound(false);
    let brief = ForwardLimits { connect: Duration::from_millis(200), ..limits() };
    let authority = format!("rebinding.example:{}", target.address.port());
    let mut asked = Asked::new(&outbound, brief);
    // Nobody is there, or the network does not lead there: judged public in any case.
    assert!(asked.connect(&authority).await.starts_with("HTTP/1.1 502 "));
    assert_ne!(asked.why()[0].0, Reason::AddressRefused, "{:?}", asked.why());
    asked.stream = connected(&asked.proxy);
    assert!(asked.connect(&authority).await.starts_with("HTTP/1.1 403 "));
    assert_eq!(asked.why()[1].0, Reason::AddressRefused);
    target.assert_not_reached().await;
}

#[tokio::test]
async fn watchword_s_own_addresses_are_refused_whatever_the_policy_says() {
    let mut own = Counting::start(Ipv4Addr::LOCALHOST, 0).await;
    let port = own.address.port();
    for listen in [own.address, SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))] {
        let mut asked = Asked::new(&lenient(), ForwardLimits { forbidden: vec![listen], ..limits() });
        assert!(asked.connect(&format!("127.0.0.1:{port}")).await.starts_with("HTTP/1.1 403 "), "{listen}");
        let said = format!("127.0.0.1 port {port} is Watchword's own, which no page is led to");
        assert_eq!(asked.why(), [(Reason::AddressRefused, said)]);
    }
    own.assert_not_reached().await;
    let other = answering(Answer::ok("other")).await;
    let mut asked = Asked::new(&lenient(), ForwardLimits { forbidden: vec![own.address], ..limits() });
    assert!(asked.get(&other.url()).await.ends_with("other"));
}

#[tokio::test]
async fn websockets_are_carried_through_a_tunnel() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
        let message = socket.next().await.unwrap().unwrap();
        socket.send(message).await.unwrap();
    });
    let mut asked = Asked::new(&lenient(), limits());
    assert!(asked.connect(&address.to_string()).await.starts_with("HTTP/1.1 200 "));
    let (mut socket, _) = tokio_tungstenite::client_async(format!("ws://{address}/"), asked.stream).await.unwrap();
    socket.send(Message::text("over there")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("over there"));
    server.await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_reached_is_told_with_its_reason() {
    let (refusing, full) = (misbehaving(Misbehaviour::Refuses).await, never_connects().await);
    let brief = ForwardLimits { connect: Duration::from_millis(200), ..limits() };
    for (addr, reason) in [(refusing.addr(), Reason::ConnectionRefused), (full.addr(), Reason::ConnectTimeout)] {
        let mut asked = Asked::new(&lenient(), brief.clone());
        assert!(asked.connect(&addr.to_string()).await.starts_with("HTTP/1.1 502 "));
        assert_eq!(asked.why()[0].0, reason);
        asked.stream = connected(&asked.proxy);
        assert_eq!(asked.get(&format!("http://{addr}/")).await, "");
        assert_eq!(asked.why().len(), 1, "told once");
    }
}

#[tokio::test]
async fn a_target_that_closes_without_an_answer_is_told() {
    let closing = misbehaving(Misbehaviour::Closes).await;
    let mut asked = Asked::new(&lenient(), limits());
    assert_eq!(asked.get(&format!("http://{}/", closing.addr())).await, "");
    assert_eq!(asked.why()[0].0, Reason::ConnectionReset, "{:?}", asked.why());
}

#[tokio::test]
async fn a_transfer_is_cut_at_the_limit_until_it_is_renewed() {
    let flood = misbehaving(Misbehaviour::Floods(b"0123456789abcdef")).await;
    let mut asked = Asked::new(&lenient(), ForwardLimits { bytes: 1_000_000, ..limits() });
    for _ in 0..2 {
        assert!(asked.connect(&flood.addr().to_string()).await.starts_with("HTTP/1.1 200 "));
        let mut received = Vec::new();
        asked.stream.read_to_end(&mut received).await.unwrap();
        assert!((900_000..=1_000_000).contains(&received.len()), "{}", received.len());
        let said = "it was cut off, because 1 MB had been transferred, which is the most of one run";
        assert_eq!(asked.why(), [(Reason::BodyTooLarge, said.to_owned())]);
        asked.proxy.renew();
        asked.stream = connected(&asked.proxy);
    }
}

#[tokio::test]
async fn the_limit_holds_for_answers_and_for_uploads_too() {
    let target = answering(Answer::ok("x".repeat(100_000))).await;
    let mut asked = Asked::new(&lenient(), ForwardLimits { bytes: 50_000, ..limits() });
    asked.send(&format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", target.url())).await;
    let mut received = Vec::new();
    asked.stream.read_to_end(&mut received).await.unwrap();
    assert!(received.len() < 51_000, "{}", received.len());

    let silent = misbehaving(Misbehaviour::Silent).await;
    let mut asked = Asked::new(&lenient(), ForwardLimits { bytes: 50_000, ..limits() });
    assert!(asked.connect(&silent.addr().to_string()).await.starts_with("HTTP/1.1 200 "));
    // The tunnel may be gone before all is written.
    let _ = asked.stream.write_all(&[b'x'; 100_000]).await;
    assert_eq!(asked.stream.read_to_end(&mut Vec::new()).await.unwrap(), 0);
    assert_eq!(asked.why()[0].0, Reason::BodyTooLarge);
}

#[tokio::test]
async fn one_connection_too_many_is_closed_and_an_ended_one_makes_room() {
    let target = answering(Answer::ok("fine")).await;
    let proxy = ForwardProxy::new(&lenient(), ForwardLimits { connections: 1, ..limits() });
    let (stream, far) = tokio::io::duplex(1024);
    let first = tokio::spawn(proxy.serve(far));
    let mut asked = Asked { proxy, stream };
    assert!(asked.get(&target.url()).await.ends_with("fine"));
    assert_eq!(connected(&asked.proxy).read_to_end(&mut Vec::new()).await.unwrap(), 0);
    asked.stream = tokio::io::duplex(1).0;
    first.await.unwrap();
    asked.stream = connected(&asked.proxy);
    assert!(asked.get(&target.url()).await.ends_with("fine"));
}

#[tokio::test]
async fn everything_ends_with_the_proxy() {
    let silent = misbehaving(Misbehaviour::Silent).await;
    let mut asked = Asked::new(&lenient(), limits());
    assert!(asked.connect(&silent.addr().to_string()).await.starts_with("HTTP/1.1 200 "));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proxy.sock");
    asked.proxy.listen(UnixListener::bind(&path).unwrap());
    let mut local = tokio::net::UnixStream::connect(&path).await.unwrap();
    local.write_all(format!("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", silent.addr()).as_bytes()).await.unwrap();
    let mut head = [0; 12];
    local.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    drop(asked.proxy);
    assert_eq!(asked.stream.read_to_end(&mut Vec::new()).await.unwrap(), 0);
    // The rest of the answer's head, and the end.
    local.read_to_end(&mut Vec::new()).await.unwrap();
    assert!(tokio::net::UnixStream::connect(&path).await.is_err());
}

#[tokio::test]
async fn what_is_no_request_to_a_proxy_is_answered_400() {
    for request in [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET https://shop.example/ HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET ftp://shop.example/ HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET file:///etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        "CONNECT shop.example HTTP/1.1\r\nHost: x\r\n\r\n",
        "nonsense\r\n\r\n",
    ] {
        let mut asked = Asked::new(&lenient(), limits());
        assert!(asked.ask(request).await.starts_with("HTTP/1.1 400 "), "{request}");
    }
}
