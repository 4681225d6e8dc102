//! Errors of the layers below as reasons and sentences for people.

use std::error::Error;
use std::io;

use monitor_core::http::shorten;
use monitor_core::outcome::Reason;
use rustls::AlertDescription;

/// Why a check did not end well, or not as fast as it should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) reason: Reason,
    /// One sentence for a person, without a full stop.
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }

    /// What an I/O error says, while `doing` ("connecting to 192.0.2.1 port 80").
    pub(crate) fn io(error: &io::Error, doing: &str) -> Self {
        if let Some(failure) = Self::of_tls(error) {
            return failure;
        }
        use io::ErrorKind as Kind;
        let (reason, what) = match error.kind() {
            Kind::ConnectionRefused => (Reason::ConnectionRefused, "the connection was refused"),
            Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::BrokenPipe
            | Kind::UnexpectedEof
            | Kind::NotConnected => (Reason::ConnectionReset, "the target closed the connection"),
            Kind::TimedOut => (Reason::ConnectTimeout, "the target did not answer in time"),
            Kind::HostUnreachable => (Reason::HostUnreachable, "no way leads to the target"),
            Kind::NetworkUnreachable | Kind::NetworkDown => {
                (Reason::LocalNetwork, "this machine has no route to the target")
            }
            Kind::PermissionDenied => (Reason::LocalNetwork, "this machine does not permit the connection"),
            Kind::AddrNotAvailable | Kind::AddrInUse => {
                (Reason::LocalResources, "this machine has no free port or address")
            }
            Kind::OutOfMemory => (Reason::LocalResources, "this machine ran out of memory"),
            _ if is_exhausted(error) => (Reason::LocalResources, "this machine ran out of sockets or files"),
            _ => (Reason::ConnectionReset, "the connection failed"),
        };
        Self::new(reason, format!("{what} while {doing}"))
    }

    /// What a TLS error says that comes after the handshake. With TLS 1.3 a target refuses a client certificate, or misses
    /// one, only then.
    fn of_tls(error: &io::Error) -> Option<Self> {
        let inner = error.get_ref()?;
        match inner.downcast_ref::<rustls::Error>() {
            Some(rustls::Error::AlertReceived(alert)) => Some(Self::alert(*alert)),
            Some(other) => {
                let message = format!("the TLS connection broke ({})", clean(&other.to_string(), 80));
                Some(Self::new(Reason::TlsHandshake, message))
            }
            // HTTP/2 keeps nothing of an error but its text.
            None => {
                let missing = AlertDescription::CertificateRequired;
                let text = rustls::Error::AlertReceived(missing).to_string();
                (inner.to_string() == text).then(|| Self::alert(missing))
            }
        }
    }

    /// What it means that the target ended TLS with that alert.
    /// Source: <https://www.rfc-editor.org/rfc/rfc8446#section-6.2>.
    pub(crate) fn alert(alert: AlertDescription) -> Self {
        use AlertDescription as Alert;
        match alert {
            Alert::CertificateRequired | Alert::NoCertificate => {
                Self::new(Reason::TlsClientCertificate, "the target wants a client certificate, and none was shown")
            }
            Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied => {
                let message = format!("the target does not accept the client certificate (alert {alert:?})");
                Self::new(Reason::TlsClientCertificate, message)
            }
            _ => {
                let message = format!("the target ended the TLS handshake with the alert {alert:?}");
                Self::new(Reason::TlsHandshake, message)
            }
        }
    }

    /// What an HTTP error says, while `doing` ("waiting for the answer").
    pub(crate) fn http(error: &hyper::Error, doing: &str) -> Self {
        if error.is_parse_too_large() {
            return Self::new(Reason::HeadersTooLarge, "the headers of the answer are too many or too large");
        }
        if error.is_parse() {
            return Self::protocol(error);
        }
        if error.is_incomplete_message() {
            return Self::new(Reason::ConnectionReset, format!("the target closed the connection while {doing}"));
        }
        match error.source() {
            // A request that was not even sent wraps the reason of that.
            Some(source) if source.is::<hyper::Error>() => match source.downcast_ref() {
                Some(inner) => Self::http(inner, doing),
                None => Self::protocol(error),
            },
            Some(source) if source.is::<h2::Error>() => match source.downcast_ref() {
                Some(inner) => Self::http2(inner, doing),
                None => Self::protocol(error),
            },
            Some(source) => match source.downcast_ref::<io::Error>() {
                Some(inner) if Self::of_tls(inner).is_some() => Self::io(inner, doing),
                // Hyper says so of a chunk that cannot be read.
                Some(inner) if matches!(inner.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
                    Self::protocol(error)
                }
                Some(inner) => Self::io(inner, doing),
                None => Self::protocol(error),
            },
            None if error.is_canceled() || error.is_closed() => {
                Self::new(Reason::ConnectionReset, format!("the target closed the connection while {doing}"))
            }
            None => Self::protocol(error),
        }
    }

    /// What an HTTP/2 error says, while `doing`. Too large headers look the same as invalid ones.
    fn http2(error: &h2::Error, doing: &str) -> Self {
        let why = error.reason().map_or_else(|| error.to_string(), |reason| reason.description().to_owned());
        let why = clean(&why, 80);
        match error.is_remote() {
            true => Self::new(Reason::ConnectionReset, format!("the target broke off while {doing} ({why})")),
            false => {
                let message = format!("the answer is not valid HTTP/2, or its headers are too large ({why})");
                Self::new(Reason::HttpProtocol, message)
            }
        }
    }

    fn protocol(error: &hyper::Error) -> Self {
        Self::new(Reason::HttpProtocol, format!("the answer is not valid HTTP ({})", clean(&error.to_string(), 80)))
    }
}

/// Whether no more files or sockets can be had: `ENFILE`, `EMFILE` and `ENOBUFS`, for which the standard library has no kinds.
fn is_exhausted(error: &io::Error) -> bool {
    const NO_BUFFERS: i32 = if cfg!(target_os = "linux") { 105 } else { 55 };
    matches!(error.raw_os_error(), Some(23 | 24 | NO_BUFFERS))
}

/// Text that a target chose, made fit for a message: on one line, without control characters, not longer than `limit`.
pub(crate) fn clean(text: &str, limit: usize) -> String {
    let line: String = text.chars().take(limit + 1).map(|c| if c.is_control() { ' ' } else { c }).collect();
    shorten(line.trim(), limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_of_this_machine_say_nothing_of_the_target() {
        use monitor_core::outcome::Verdict;
        let mut errors: Vec<io::Error> = [23, 24].map(io::Error::from_raw_os_error).into();
        #[cfg(target_os = "linux")]
        errors.extend([12, 99, 100, 101, 105].map(io::Error::from_raw_os_error));
        for error in errors {
            assert_eq!(Failure::io(&error, "connecting").reason.verdict(), Verdict::Inconclusive, "{error}");
        }
        for kind in [io::ErrorKind::ConnectionRefused, io::ErrorKind::HostUnreachable, io::ErrorKind::BrokenPipe] {
            assert_eq!(Failure::io(&kind.into(), "connecting").reason.verdict(), Verdict::Failed, "{kind}");
        }
    }

    #[test]
    fn text_of_targets_is_shortened_and_stripped() {
        assert_eq!(clean("a\r\nb\u{1b}[31m\0", 80), "a  b [31m");
        assert_eq!(clean(&"ä".repeat(100), 3), "äää…");
    }
}
