//! The dialogue with the mail server.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use monitor_core::Timestamp;
use monitor_core::checks::Security;
use probes::{MailStream, Outbound};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Settings, payload};
use crate::http::{Concealed, failed, said};
use crate::message::{Post, Receipt, SendError};

/// Longest time that a delivery takes: mail servers look at a mail for a while before they take it. Shorter than a claim of
/// the outbox is held.
const TIMEOUT: Duration = Duration::from_secs(25);

/// Most bytes that are read of a mail server in one dialogue.
const MAX_READ_BYTES: usize = 256 * 1024;

pub(super) async fn send(
    settings: &Settings,
    post: &Post<'_>,
    outbound: &Outbound,
    now: Timestamp,
) -> Result<Receipt, SendError> {
    let (message, id) = payload::payload(settings, post)?;
    let dialogue = async {
        let dialled = outbound.dial_mail(&settings.server, settings.security, now, TIMEOUT).await;
        let stream = dialled.map_err(|error| failed(&error))?;
        let sent = deliver(settings, &message, stream).await;
        sent.map_err(|fault| fault.told(settings))
    };
    let sent = tokio::time::timeout(TIMEOUT, dialogue).await;
    let text = sent.unwrap_or_else(|_| Err(SendError::again("the mail server did not take the mail within 25 s")))?;
    Ok(Receipt { id: Some(id), text })
}

/// What kept a mail from being delivered.
enum Fault {
    Smtp(&'static str, Error),
    Mail(&'static str),
}

impl Fault {
    /// Codes of the 400s and lost connections are worth another try, those of the 500s are not.
    /// Source: <https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1>.
    fn told(self, settings: &Settings) -> SendError {
        let (doing, error) = match self {
            Self::Mail(why) => return SendError::never(why),
            Self::Smtp(doing, error) => (doing, error),
        };
        let mut conceal = Concealed::default();
        if let Some((_, password)) = &settings.login {
            conceal.add(password.expose());
        }
        let what = match error.status() {
            Some(code) => {
                let words = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                format!("the mail server refused {doing}: {}", said(&conceal, &format!("{code} {words}")))
            }
            None => {
                format!("the dialogue with the mail server broke at {doing}: {}", said(&conceal, &error.to_string()))
            }
        };
        if error.is_permanent() || error.is_client() { SendError::never(what) } else { SendError::again(what) }
    }
}

/// Gives the mail to the server and says what it said.
async fn deliver(settings: &Settings, message: &Message, stream: MailStream) -> Result<String, Fault> {
    let at = |doing: &'static str| move |error| Fault::Smtp(doing, error);
    let hello = hello(&stream);
    let greeted = settings.security == Security::StartTls;
    let stream = Box::new(Dialogue { greeting: if greeted { GREETING } else { b"" }, stream, left: MAX_READ_BYTES });
    let mut smtp = AsyncSmtpConnection::connect_with_transport(stream, &hello).await.map_err(at("the greeting"))?;
    if let Some((user, password)) = &settings.login {
        let offered = smtp.server_info().get_auth_mechanism(&[Mechanism::Plain, Mechanism::Login]);
        let none = Fault::Mail("the mail server offers no login by PLAIN or LOGIN; leave `user` and `password` out?");
        let mechanism = offered.ok_or(none)?;
        let credentials = Credentials::new(user.clone(), password.expose().to_owned());
        smtp.auth(&[mechanism], &credentials).await.map_err(at("the login"))?;
    }
    let options = options(&smtp, message)?;
    let from = message.envelope().from().cloned();
    smtp.command(Mail::new(from, options)).await.map_err(at("the sender"))?;
    let refused = name_recipients(&mut smtp, message).await?;
    smtp.command(Data).await.map_err(at("the mail"))?;
    let taken = smtp.message(&message.formatted()).await.map_err(at("the mail"))?;
    // It is delivered, whatever becomes of the rest.
    let _ = smtp.quit().await;
    Ok(told(&taken, refused.len(), message.envelope().to().len()))
}

/// Names all recipients and gives those who will never be written to. They keep nobody else's mail back unless there is
/// nobody else. One who may be written to later does: the others would be written to once more each time.
async fn name_recipients(smtp: &mut AsyncSmtpConnection, message: &Message) -> Result<Vec<Error>, Fault> {
    let mut refused = Vec::new();
    for recipient in message.envelope().to() {
        match smtp.command(Rcpt::new(recipient.clone(), Vec::new())).await {
            Ok(_) => {}
            Err(error) if error.is_permanent() => refused.push(error),
            Err(error) => {
                smtp.abort().await;
                return Err(Fault::Smtp("a recipient", error));
            }
        }
    }
    if refused.len() == message.envelope().to().len()
        && let Some(error) = refused.pop()
    {
        smtp.abort().await;
        return Err(Fault::Smtp("all recipients", error));
    }
    Ok(refused)
}

/// What the server has to be told of a mail. It is written in ASCII, unless an address is not.
fn options(smtp: &AsyncSmtpConnection, message: &Message) -> Result<Vec<MailParameter>, Fault> {
    let addresses = message.envelope().to().iter().chain(message.envelope().from());
    if addresses.into_iter().all(|address| AsRef::<str>::as_ref(address).is_ascii()) {
        return Ok(Vec::new());
    }
    let offers = |feature| smtp.server_info().supports_feature(feature);
    if !offers(Extension::SmtpUtfEight) || !offers(Extension::EightBitMime) {
        return Err(Fault::Mail("the mail server takes only addresses of ASCII letters (it offers no SMTPUTF8)"));
    }
    Ok(vec![MailParameter::SmtpUtfEight, MailParameter::Body(MailBodyParameter::EightBitMime)])
}

/// `250 OK id=1v2x; 1 of 3 recipients refused`.
fn told(taken: &Response, refused: usize, all: usize) -> String {
    let words: Vec<&str> = taken.message().collect();
    let text = said(&Concealed::default(), &format!("{} {}", taken.code(), words.join(" ")));
    if refused == 0 { text } else { format!("{text}; {refused} of {all} recipients refused") }
}

/// Who we are, as SMTP writes addresses.
fn hello(stream: &MailStream) -> ClientId {
    match stream.local_addr().map(|address| address.ip().to_canonical()) {
        Ok(IpAddr::V4(ip)) => ClientId::Ipv4(ip),
        Ok(IpAddr::V6(ip)) => ClientId::Ipv6(ip),
        Err(_) => ClientId::default(),
    }
}

/// What lettre is greeted with after STARTTLS, before which the server has done so.
const GREETING: &[u8] = b"220 go on within TLS\r\n";

/// The stream that lettre speaks over: reads are bounded, since lettre reads lines of any length.
#[derive(Debug)]
struct Dialogue {
    greeting: &'static [u8],
    stream: MailStream,
    left: usize,
}

impl AsyncRead for Dialogue {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.greeting.is_empty() {
            let (now, later) = self.greeting.split_at(self.greeting.len().min(buf.remaining()));
            buf.put_slice(now);
            self.greeting = later;
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let read = buf.filled().len() - before;
        match self.left.checked_sub(read) {
            Some(left) => self.left = left,
            None => return Poll::Ready(Err(io::Error::other("the mail server says more than is read"))),
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Dialogue {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Dialogue {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}
