//! Talking in lines, as mail servers do: read and sent within bounds, upgraded to TLS in between.

use monitor_core::outcome::Reason;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio_util::either::Either;
use url::Host;

use crate::connect::Stream;
use crate::failure::{Failure, clean};
use crate::outbound::Outbound;
use crate::tls::Alpn;
use crate::trace::Trace;

/// Longest line that is read, in bytes. The longest that a mail protocol allows for is 12,288, in SASL; replies have 512.
/// Source: <https://www.rfc-editor.org/rfc/rfc4954#section-4>.
const MAX_LINE_BYTES: usize = 12 * 1024;

/// Most bytes that are read in all.
const MAX_BYTES: usize = 64 * 1024;

/// Longest line that a message shows, in characters.
const MAX_SHOWN: usize = 100;

/// A conversation in lines over a connection.
pub(crate) struct Lines {
    stream: BufReader<Stream>,
    read: usize,
}

impl Lines {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream: BufReader::with_capacity(2 * 1024, stream), read: 0 }
    }

    /// Sends a line, whose end is added.
    pub(crate) async fn send(&mut self, line: &str) -> Result<(), Failure> {
        let failed = |error| Failure::io(&error, "talking to it");
        let stream = self.stream.get_mut();
        stream.write_all(format!("{line}\r\n").as_bytes()).await.map_err(failed)?;
        stream.flush().await.map_err(failed)
    }

    /// The next line without its end. What is no UTF-8 is replaced.
    pub(crate) async fn next(&mut self) -> Result<String, Failure> {
        let limit = MAX_LINE_BYTES.min(MAX_BYTES - self.read);
        let mut line = Vec::new();
        let read = (&mut self.stream).take(limit as u64).read_until(b'\n', &mut line).await;
        read.map_err(|error| Failure::io(&error, "waiting for its answer"))?;
        self.read += line.len();
        if line.last() == Some(&b'\n') {
            return Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned());
        }
        if line.len() == limit {
            let message = format!("the target says more than is read, beginning with “{}”", shown(&line));
            return Err(Failure::new(Reason::ProtocolMismatch, message));
        }
        let message = match line.as_slice() {
            [] => "the target closed the connection while waiting for its answer".to_owned(),
            half => format!("the target closed the connection in the middle of its answer “{}”", shown(half)),
        };
        Err(Failure::new(Reason::ConnectionReset, message))
    }

    /// Goes on within TLS. What the target has said already is a fault: it could have been said by anybody.
    pub(crate) async fn upgrade(
        self,
        outbound: &Outbound,
        host: &Host<&str>,
        trace: &mut Trace,
    ) -> Result<Self, Failure> {
        if !self.stream.buffer().is_empty() {
            let message = "the target goes on in the clear after it has agreed to TLS";
            return Err(Failure::new(Reason::ProtocolMismatch, message));
        }
        let Either::Left(stream) = self.stream.into_inner() else {
            return Err(Failure::new(Reason::ProbeFailed, "the connection has TLS already"));
        };
        let tls = outbound.tls();
        let stream = tls.handshake(tls.plain(Alpn::None), host, stream, trace).await?;
        Ok(Self { stream: BufReader::with_capacity(2 * 1024, Either::Right(stream)), read: self.read })
    }

    /// Refuses to send a login that others could read on its way.
    pub(crate) fn keeps_secrets(&self) -> Result<(), Failure> {
        let kept = match self.stream.get_ref() {
            Either::Right(_) => true,
            Either::Left(stream) => stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback()),
        };
        let message = "the login was not sent, because the connection is not protected; choose STARTTLS or TLS";
        if kept { Ok(()) } else { Err(Failure::new(Reason::AuthenticationFailed, message)) }
    }

    /// Where the connection comes from, as SMTP writes addresses. Source: <https://www.rfc-editor.org/rfc/rfc5321#section-4.1.3>.
    pub(crate) fn local_literal(&self) -> String {
        let address = match self.stream.get_ref() {
            Either::Left(stream) => stream.local_addr(),
            Either::Right(stream) => stream.get_ref().0.local_addr(),
        };
        match address.map(|address| address.ip().to_canonical()) {
            Ok(std::net::IpAddr::V6(ip)) => format!("[IPv6:{ip}]"),
            Ok(std::net::IpAddr::V4(ip)) => format!("[{ip}]"),
            Err(_) => "[127.0.0.1]".to_owned(),
        }
    }
}

/// The failure of a target that speaks another protocol than `protocol`.
pub(crate) fn speaks_otherwise(protocol: &str, line: &str) -> Failure {
    let message = format!("the target does not speak {protocol}: it says “{}”", clean(line, MAX_SHOWN));
    Failure::new(Reason::ProtocolMismatch, message)
}

fn shown(bytes: &[u8]) -> String {
    clean(&String::from_utf8_lossy(bytes), MAX_SHOWN)
}
