//! The WebSocket check: it opens, and answers what is sent.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::{FutureExt, SinkExt, StreamExt};
use http::header::{AUTHORIZATION, CONNECTION, HOST, SEC_WEBSOCKET_PROTOCOL, UPGRADE, USER_AGENT};
use http::header::{SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Uri};
use monitor_core::assertion::{FactKind, Value};
use monitor_core::checks::WebSocketSpec;
use monitor_core::http::{Auth, SpecError};
use monitor_core::outcome::Reason;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error, ProtocolError, SubProtocolError};
use tokio_tungstenite::tungstenite::handshake::client::{Response, generate_key};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use tokio_util::either::Either;
use url::{Position, Url};

use crate::connect::Stream;
use crate::failure::{Failure, clean};
use crate::outbound::Outbound;
use crate::tls::Alpn;
use crate::trace::{Phase, Trace};

/// Largest message that is read, in bytes.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// Most bytes of messages that are read while one is waited for.
const MAX_BYTES: u64 = 10 * 1024 * 1024;

/// A WebSocket check ready to run.
pub(crate) struct WebSocketProbe {
    url: Url,
    uri: Uri,
    headers: HeaderMap,
    send: Option<Utf8Bytes>,
    expect: Option<String>,
    /// Credentials as they stand in a header, when that is another form than their own.
    sent_credentials: Option<String>,
}

impl WebSocketProbe {
    pub(crate) fn compile(spec: &WebSocketSpec) -> Result<Self, SpecError> {
        let uri: Uri = spec.url.as_str().parse().map_err(|_| SpecError::Url(spec.url.to_string()))?;
        let mut headers = HeaderMap::with_capacity(8 + spec.headers.len());
        let host = &spec.url[Position::BeforeHost..Position::AfterPort];
        headers.insert(HOST, value("Host", host)?);
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        if let Some(subprotocol) = &spec.subprotocol {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, value("Sec-WebSocket-Protocol", subprotocol)?);
        }
        let mut sent_credentials = None;
        match &spec.auth {
            Some(Auth::Bearer(token)) => {
                headers.insert(AUTHORIZATION, value("Authorization", &format!("Bearer {}", token.expose()))?);
            }
            Some(Auth::Basic { user, password }) => {
                let credentials = BASE64_STANDARD.encode(format!("{user}:{}", password.expose()));
                headers.insert(AUTHORIZATION, value("Authorization", &format!("Basic {credentials}"))?);
                sent_credentials = Some(credentials);
            }
            // Refused when the monitor was saved.
            Some(_) | None => {}
        }
        let mut own = HeaderMap::with_capacity(spec.headers.len());
        for header in &spec.headers {
            let name = HeaderName::from_bytes(header.name.as_bytes());
            own.append(
                name.map_err(|_| SpecError::Header(header.name.clone()))?,
                value(&header.name, header.value.expose())?,
            );
        }
        // What the owner says replaces what we would say.
        headers.extend(own);
        let send = spec.send.as_deref().map(Utf8Bytes::from);
        Ok(Self { url: spec.url.clone(), uri, headers, send, expect: spec.expect.clone(), sent_credentials })
    }

    pub(crate) async fn probe(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        let mut socket = self.open(outbound, trace).await?;
        if let Some(text) = &self.send {
            trace.enter(Phase::Send);
            socket.send(Message::Text(text.clone())).await.map_err(|error| failed(error, trace))?;
        }
        if self.expect.is_some() || trace.wanted().body {
            trace.enter(Phase::FirstByte);
            let message = self.awaited(&mut socket, trace).await?;
            trace.facts.set(FactKind::Size, Value::Size(message.len() as u64));
            if trace.wanted().body {
                trace.facts.set_body(message);
            }
        }
        // As far as it goes at once: whether the target takes leave is not what is checked.
        let _ = socket.close(None).now_or_never();
        Ok(())
    }

    async fn open(&self, outbound: &Outbound, trace: &mut Trace) -> Result<WebSocketStream<Stream>, Failure> {
        let stream = self.connect(outbound, trace).await?;
        trace.enter(Phase::FirstByte);
        let request = self.request(outbound)?;
        let config = WebSocketConfig::default()
            .read_buffer_size(8 * 1024)
            .write_buffer_size(0)
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let opened = client_async_with_config(request, stream, Some(config)).await;
        let (socket, response) = opened.map_err(|error| failed(error, trace))?;
        trace.http_status = Some(response.status().as_u16());
        trace.details.protocol = Some("WebSocket".to_owned());
        Ok(socket)
    }

    async fn connect(&self, outbound: &Outbound, trace: &mut Trace) -> Result<Stream, Failure> {
        let (Some(host), Some(port)) = (self.url.host(), self.url.port_or_known_default()) else {
            return Err(Failure::new(Reason::ProbeFailed, "the address has no host to connect to"));
        };
        let stream = outbound.connect(&host, port, trace).await?;
        if self.url.scheme() == "ws" {
            return Ok(Either::Left(stream));
        }
        let tls = outbound.tls();
        tls.handshake(tls.plain(Alpn::Http1), &host, stream, trace).await.map(Either::Right)
    }

    fn request(&self, outbound: &Outbound) -> Result<Request<()>, Failure> {
        let broken = |_| Failure::new(Reason::ProbeFailed, "the request for a WebSocket cannot be made");
        let mut request = Request::new(());
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, outbound.user_agent().clone());
        headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_str(&generate_key()).map_err(broken)?);
        headers.extend(self.headers.clone());
        Ok(request)
    }

    /// The first message that is what is waited for. Pings are answered by the way.
    async fn awaited(&self, socket: &mut WebSocketStream<Stream>, trace: &mut Trace) -> Result<Vec<u8>, Failure> {
        loop {
            let message = match socket.next().await {
                Some(message) => message.map_err(|error| failed(error, trace))?,
                None => return Err(closed("without a word")),
            };
            trace.response_bytes += message.len() as u64;
            if trace.response_bytes > MAX_BYTES {
                let most = format!("the expected message is not among the first {} MiB", MAX_BYTES / (1024 * 1024));
                return Err(Failure::new(Reason::BodyTooLarge, most));
            }
            match message {
                Message::Text(_) | Message::Binary(_) if self.is_awaited(&message) => {
                    return Ok(message.into_data().into());
                }
                Message::Close(Some(frame)) => {
                    let (code, why) = (u16::from(frame.code), clean(frame.reason.as_str(), 100));
                    let why = if why.is_empty() { why } else { format!(" ({why})") };
                    return Err(closed(&format!("with the code {code}{why}")));
                }
                Message::Close(None) => return Err(closed("without a code")),
                _ => {}
            }
        }
    }

    fn is_awaited(&self, message: &Message) -> bool {
        match (&self.expect, message) {
            (None, _) => true,
            (Some(expect), Message::Text(text)) => text.contains(expect.as_str()),
            (Some(expect), Message::Binary(bytes)) => bytes.windows(expect.len()).any(|part| part == expect.as_bytes()),
            (Some(_), _) => false,
        }
    }

    /// Credentials as they stand in a header.
    pub(crate) fn derived_secrets(&self) -> Vec<String> {
        self.sent_credentials.iter().cloned().collect()
    }
}

fn value(name: &str, text: &str) -> Result<HeaderValue, SpecError> {
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| SpecError::Header(name.to_owned()))
}

fn closed(how: &str) -> Failure {
    Failure::new(
        Reason::UnexpectedAnswer,
        format!("the target closed the WebSocket {how} before the expected message came"),
    )
}

fn failed(error: Error, trace: &mut Trace) -> Failure {
    let mismatch = |what: String| Failure::new(Reason::ProtocolMismatch, what);
    match error {
        Error::Http(response) => not_opened(&response, trace),
        Error::Io(error) => Failure::io(&error, "talking over the WebSocket"),
        Error::ConnectionClosed | Error::AlreadyClosed => closed("without a word"),
        Error::Protocol(ProtocolError::HandshakeIncomplete | ProtocolError::ResetWithoutClosingHandshake) => {
            Failure::new(Reason::ConnectionReset, "the target closed the connection without closing the WebSocket")
        }
        Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(SubProtocolError::NoSubProtocol)) => {
            Failure::new(Reason::UnexpectedAnswer, "the target does not speak the subprotocol that is asked for")
        }
        Error::Capacity(CapacityError::MessageTooLong { size, .. }) => {
            let most = format!("a message of {size} bytes came; {} KiB are read at most", MAX_MESSAGE_BYTES / 1024);
            Failure::new(Reason::BodyTooLarge, most)
        }
        Error::Capacity(CapacityError::TooManyHeaders) | Error::AttackAttempt => {
            Failure::new(Reason::HeadersTooLarge, "the headers of the answer are too many or too large")
        }
        other => mismatch(format!("the target does not speak WebSocket ({})", clean(&other.to_string(), 80))),
    }
}

/// What an answer other than 101 says.
fn not_opened(response: &Response, trace: &mut Trace) -> Failure {
    let status = response.status();
    trace.http_status = Some(status.as_u16());
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Failure::new(Reason::AuthenticationFailed, format!("the target does not let us in (answered {status})"))
        }
        _ if status.is_success() => {
            let message = format!("the target answered {status} instead of opening a WebSocket; is the path right?");
            Failure::new(Reason::ProtocolMismatch, message)
        }
        _ => {
            let message = format!("the target answered {status} instead of opening a WebSocket");
            Failure::new(Reason::UnexpectedStatus, message)
        }
    }
}
