//! Why there is no result.

use monitor_core::outcome::Reason;
use probes::Unreached;

use crate::event::Reported;

/// Why a page was not audited or a document not printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    /// The page cannot be audited, which is a finding and no error of this program.
    #[error("{message}")]
    Page {
        /// Lighthouse's code, such as `NO_FCP`, or that of the reason why its host was not reached, such as `dns_not_found`.
        code: String,
        /// One line for people.
        message: String,
    },
    /// A part of the job took longer than it may.
    #[error("the page keeps the browser busy for longer than an audit may take")]
    Deadline,
    /// It was called off.
    #[error("the audit was cancelled")]
    Cancelled,
    /// The page took more memory than it may.
    #[error("the page takes more memory than an audit may")]
    Memory,
    /// The page is, or leads to, where the address policy lets nobody.
    #[error("{why}")]
    Refused {
        /// The host.
        host: String,
        /// One sentence that names it.
        why: String,
    },
    /// A worker that runs elsewhere cannot be spoken to, or not any more: why, in one line.
    #[error("{0}")]
    Away(String),
    /// The program's own fault: what went wrong, in one line.
    #[error("{0}")]
    Bridge(String),
}

/// Why a job has no result, before that is held against what its proxy knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The worker's word.
    Reported(Reported),
    /// Anything else.
    Other(AuditError),
}

impl Fault {
    pub(crate) fn away(message: impl Into<String>) -> Self {
        Self::Other(AuditError::Away(message.into()))
    }

    pub(crate) fn broken(message: impl Into<String>) -> Self {
        Self::Other(AuditError::Bridge(message.into()))
    }
}

impl From<AuditError> for Fault {
    fn from(error: AuditError) -> Self {
        Self::Other(error)
    }
}

/// What Chromium calls it when its proxy has not connected to a page's host.
const NOT_CONNECTED: [&str; 3] =
    ["net::ERR_TUNNEL_CONNECTION_FAILED", "net::ERR_EMPTY_RESPONSE", "net::ERR_PROXY_CONNECTION_FAILED"];

impl AuditError {
    /// What a fault means, given the page's host and port and what the proxy did not reach. The proxy knows why a host was
    /// not reached, of which a browser sees no more than that the proxy said no.
    pub(crate) fn explain(fault: Fault, page: Option<(&str, u16)>, unreached: &[Unreached]) -> Self {
        let reported = match fault {
            Fault::Other(error) => return error,
            Fault::Reported(reported) => reported,
        };
        let own = unreached.iter().find(|one| page == Some((&one.host, one.port)));
        let failed = reported.network_error.as_deref().is_some_and(|error| NOT_CONNECTED.contains(&error));
        // A page that redirects was let down by the host where it led last.
        match own.or(unreached.last().filter(|_| failed)) {
            Some(one) if is_page_s(&reported.code) => of_unreached(one),
            _ => of_reported(reported),
        }
    }
}

fn of_unreached(one: &Unreached) -> AuditError {
    match one.reason {
        Reason::AddressRefused => AuditError::Refused { host: one.host.clone(), why: one.why.clone() },
        reason => AuditError::Page { code: reason.code().to_owned(), message: one.why.clone() },
    }
}

fn of_reported(reported: Reported) -> AuditError {
    let Reported { code, message, .. } = reported;
    match code.as_str() {
        "CANCELLED" => AuditError::Cancelled,
        "MEMORY" => AuditError::Memory,
        _ if is_page_s(&code) => AuditError::Page { code, message },
        _ => AuditError::Bridge(message),
    }
}

/// Whether a code is about the page. What a job asks for in vain, such as a cookie that no browser takes, is told to who
/// asked.
fn is_page_s(code: &str) -> bool {
    !matches!(code, "CHROMIUM_FAILED" | "FAILED" | "CANCELLED" | "MEMORY")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: Option<(&str, u16)> = Some(("shop.example", 443));

    fn reported(code: &str, network_error: Option<&str>) -> Fault {
        let message = "as the worker says".to_owned();
        Fault::Reported(Reported { code: code.into(), message, network_error: network_error.map(str::to_owned) })
    }

    fn unreached(host: &str, reason: Reason) -> Unreached {
        Unreached { host: host.to_owned(), port: 443, reason, why: format!("as the proxy says of {host}") }
    }

    fn page(code: &str, message: &str) -> AuditError {
        AuditError::Page { code: code.into(), message: message.into() }
    }

    #[test]
    fn the_proxy_knows_better_why_the_page_s_host_was_not_reached() {
        let tunnel = || reported("CHROME_INTERSTITIAL_ERROR", Some("net::ERR_TUNNEL_CONNECTION_FAILED"));
        let missing =
            [unreached("ads.example", Reason::AddressRefused), unreached("shop.example", Reason::DnsNotFound)];
        assert_eq!(
            AuditError::explain(tunnel(), SHOP, &missing),
            page("dns_not_found", "as the proxy says of shop.example")
        );
        let refused = AuditError::Refused { host: "in.example".into(), why: "as the proxy says of in.example".into() };
        assert_eq!(AuditError::explain(tunnel(), SHOP, &[unreached("in.example", Reason::AddressRefused)]), refused);
    }

    #[test]
    fn what_a_page_s_own_host_does_is_told_as_the_worker_tells_it() {
        let other_port = Unreached { port: 8443, ..unreached("shop.example", Reason::ConnectionRefused) };
        let other = [unreached("ads.example", Reason::AddressRefused), other_port];
        for (code, network_error) in [
            ("ERRORED_DOCUMENT_REQUEST", None),
            ("INSECURE_DOCUMENT_REQUEST", Some("net::ERR_CERT_AUTHORITY_INVALID")),
            ("NO_FCP", None),
            ("BAD_JOB", None),
        ] {
            let found = AuditError::explain(reported(code, network_error), SHOP, &other);
            assert_eq!(found, page(code, "as the worker says"));
        }
    }

    #[test]
    fn what_is_the_worker_s_own_fault_is_not_the_page_s() {
        let own = [unreached("shop.example", Reason::DnsTimeout)];
        for code in ["CHROMIUM_FAILED", "FAILED"] {
            let found = AuditError::explain(reported(code, None), SHOP, &own);
            assert_eq!(found, AuditError::Bridge("as the worker says".into()));
        }
        assert_eq!(AuditError::explain(reported("CANCELLED", None), SHOP, &own), AuditError::Cancelled);
        assert_eq!(AuditError::explain(reported("MEMORY", None), SHOP, &own), AuditError::Memory);
    }
}
