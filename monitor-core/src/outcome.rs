//! What one check found.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::assertion::AssertionResult;

/// How one check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The target answered as expected.
    Ok,
    /// The target answered as expected but later than its latency threshold.
    Slow,
    /// The target did not answer as expected.
    Failed,
    /// The check could not run here, so it says nothing of the target.
    Inconclusive,
}

/// Declares the reason codes once: variant, stable code, number in the database, verdict, and the sentence that explains it.
macro_rules! reasons {
    ($($variant:ident = $number:literal $code:literal $verdict:ident $about:literal;)+) => {
        /// Why a check ended as it did: a stable code that scripts, alerts and docs may rely on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Reason {
            $(#[doc = $about] $variant,)+
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code, in snake case.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The number that stands for the code in the database. Never reused.
            #[must_use]
            pub fn number(self) -> i16 {
                match self { $(Self::$variant => $number,)+ }
            }

            /// What a check with this reason says of its target.
            #[must_use]
            pub fn verdict(self) -> Verdict {
                match self { $(Self::$variant => Verdict::$verdict,)+ }
            }

            /// One sentence for the docs and for people.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)+ }
            }
        }
    };
}

reasons! {
    Ok = 0 "ok" Ok "The target answered as expected.";
    Slow = 1 "slow" Slow "The answer was right but took longer than the latency threshold.";
    Degraded = 2 "degraded" Slow "An assertion about how well the target works does not hold.";
    CertificateEnding = 3 "certificate_ending" Slow "The certificate ends soon.";
    DomainEnding = 4 "domain_ending" Slow "The domain's registration ends soon.";
    DnsNotFound = 10 "dns_not_found" Failed "The host name does not exist.";
    DnsFailure = 11 "dns_failure" Failed "The name server refused or failed to answer.";
    DnsTimeout = 12 "dns_timeout" Failed "The name server did not answer in time.";
    ConnectionRefused = 20 "connection_refused" Failed "Nothing listens on the target's port.";
    ConnectionReset = 21 "connection_reset" Failed "The target closed the connection before it answered.";
    ConnectTimeout = 22 "connect_timeout" Failed "The connection was not made in time.";
    HostUnreachable = 23 "host_unreachable" Failed "No way leads to the target's address.";
    TlsCertificateExpired = 30 "tls_certificate_expired" Failed "The certificate has expired.";
    TlsCertificateNotYetValid = 31 "tls_certificate_not_yet_valid" Failed "The certificate is not valid yet.";
    TlsNameMismatch = 32 "tls_name_mismatch" Failed "The certificate is for another name.";
    TlsUntrusted = 33 "tls_untrusted" Failed "The certificate is not signed by an authority that is trusted here.";
    TlsHandshake = 34 "tls_handshake" Failed "The TLS handshake failed.";
    TlsTimeout = 35 "tls_timeout" Failed "The TLS handshake did not end in time.";
    StarttlsMissing = 36 "starttls_missing" Failed "The target does not offer to upgrade to TLS.";
    TlsClientCertificate = 37 "tls_client_certificate" Failed "The target wants a client certificate, or another one.";
    DomainExpired = 38 "domain_expired" Failed "The domain's registration has ended, or there is none.";
    HttpProtocol = 40 "http_protocol" Failed "The answer is not valid HTTP.";
    HeadersTooLarge = 41 "headers_too_large" Failed "The answer's headers do not end or are too large.";
    ResponseTimeout = 42 "response_timeout" Failed "The target did not begin to answer in time.";
    BodyTimeout = 43 "body_timeout" Failed "The answer's body did not end in time.";
    BodyTooLarge = 44 "body_too_large" Failed "The answer's body is larger than is read.";
    TooManyRedirects = 45 "too_many_redirects" Failed "There were more redirects than are followed.";
    BadRedirect = 46 "bad_redirect" Failed "The target redirects to something that cannot be followed.";
    UnexpectedStatus = 47 "unexpected_status" Failed "The HTTP status is not one of those expected.";
    BodyMismatch = 48 "body_mismatch" Failed "The body does not contain what is expected.";
    JsonMismatch = 49 "json_mismatch" Failed "The JSON is not what is expected.";
    AssertionFailed = 50 "assertion_failed" Failed "An assertion does not hold.";
    ProtocolMismatch = 51 "protocol_mismatch" Failed "The target does not speak the protocol of the check.";
    AuthenticationFailed = 52 "authentication_failed" Failed "The target does not accept the login.";
    QueryFailed = 53 "query_failed" Failed "The target refused the query or command.";
    UnexpectedAnswer = 54 "unexpected_answer" Failed "The answer is not the one expected.";
    NotServing = 55 "not_serving" Failed "The service says that it is not serving.";
    DnssecMissing = 56 "dnssec_missing" Failed "The answer is not proven by DNSSEC.";
    NoReply = 57 "no_reply" Failed "No echo request was answered.";
    ProxyFailed = 58 "proxy_failed" Inconclusive "The proxy did not let the request through.";
    TokenFailed = 59 "token_failed" Failed "No OAuth 2 token was given for the client credentials.";
    AddressRefused = 60 "address_refused" Inconclusive "The target's address is one that this Watchword may not reach.";
    LocalResources = 61 "local_resources" Inconclusive "This machine ran out of sockets, files or memory.";
    LocalNetwork = 62 "local_network" Inconclusive "This machine has no network.";
    ProbeFailed = 63 "probe_failed" Inconclusive "The check itself failed, which is a fault of Watchword.";
    PermissionMissing = 64 "permission_missing" Inconclusive "This machine does not permit what the check needs.";
    RegistryUnavailable = 65 "registry_unavailable" Inconclusive "The domain's registry could not be asked, or does not tell when the registration ends.";
    HeartbeatMissed = 80 "heartbeat_missed" Failed "The job did not report in time.";
    HeartbeatFailed = 81 "heartbeat_failed" Failed "The job reported that it failed.";
    HeartbeatTooLong = 82 "heartbeat_too_long" Failed "The job has been running for longer than it may.";
    HeartbeatTooEarly = 83 "heartbeat_too_early" Failed "The job ran sooner after its last run than it may.";
    HeartbeatOverlap = 84 "heartbeat_overlap" Failed "A run began while another one was under way.";
    HeartbeatSlow = 85 "heartbeat_slow" Slow "The job succeeded but took longer than it may.";
}

impl Reason {
    /// The reason of a stored number.
    #[must_use]
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.number() == number)
    }
}

/// How long each phase of a check took. `None`: the phase was not reached or not needed.
/// Over redirects each phase is the sum of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timings {
    /// From the start until the name was resolved.
    pub dns_lookup: Option<Duration>,
    /// Until the TCP connection stood.
    pub tcp_connection: Option<Duration>,
    /// Until the TLS session stood.
    pub tls_handshake: Option<Duration>,
    /// Until the request was handed to the connection.
    pub send_request: Option<Duration>,
    /// Until the answer's headers were there.
    pub time_to_first_byte: Option<Duration>,
    /// Until the body was read.
    pub receive_response: Option<Duration>,
}

impl Timings {
    /// The phases in their order, with the names that the API and the docs use.
    #[must_use]
    pub fn phases(&self) -> [(&'static str, Option<Duration>); 6] {
        [
            ("dns_lookup", self.dns_lookup),
            ("tcp_connection", self.tcp_connection),
            ("tls_handshake", self.tls_handshake),
            ("send_request", self.send_request),
            ("time_to_first_byte", self.time_to_first_byte),
            ("receive_response", self.receive_response),
        ]
    }
}

/// What a check learned of its target beside the figures.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Details {
    /// The application protocol, for example `HTTP/1.1`.
    #[serde(default)]
    pub protocol: Option<String>,
    /// The address that was connected to.
    #[serde(default)]
    pub peer: Option<IpAddr>,
    /// When the certificate ends.
    #[serde(default)]
    pub certificate_not_after: Option<Timestamp>,
    /// Where redirects led, without query and fragment, when there were any.
    #[serde(default)]
    pub final_url: Option<String>,
    /// News of what is coming, such as the end of a certificate: told once, and again when it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// What else was found, as words of assertions with short texts: 8 at most, without what differs with every check.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<(String, String)>,
    /// How long each step of a flow took, by its name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<(String, Duration)>,
    /// What became of each assertion.
    #[serde(default)]
    pub assertions: Vec<AssertionResult>,
}

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// When the check started.
    pub at: Timestamp,
    /// Why it ended as it did; the verdict follows from it.
    pub reason: Reason,
    /// What happened, for a person. Empty when all is well. Never holds a secret.
    pub message: String,
    /// From start to end; zero when that is not known, as of a heartbeat whose start was not reported.
    pub duration: Duration,
    /// The same, by phase.
    pub timings: Timings,
    /// The HTTP status, when there was one.
    pub http_status: Option<u16>,
    /// Bytes of the response body that were read.
    pub response_bytes: u64,
    /// What else was learned.
    pub details: Details,
}

impl Outcome {
    /// What the check says of its target.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.reason.verdict()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_and_numbers_are_unique_and_read_back() {
        let codes: HashSet<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for &reason in Reason::ALL {
            assert_eq!(Reason::from_number(reason.number()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
        }
    }
}
