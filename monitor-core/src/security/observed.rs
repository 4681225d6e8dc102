//! What was seen of a site from outside: facts without judgement, which the probes gather.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::Timestamp;

/// How much was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Depth {
    /// What a browser would see that visits the page, and public DNS records.
    Passive,
    /// More than a browser would ask for: old protocols, files that should not be there. Only of hosts shown to be one's own.
    Active,
    /// As [`Depth::Active`], and a scan by OWASP ZAP.
    Deep,
}

/// Everything that was seen. What could not be looked at is `Err` with the reason in words, so that it is never taken for well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// The address that was asked for.
    pub asked: String,
    /// How much was looked at.
    pub depth: Depth,
    /// When.
    pub at: Timestamp,
    /// The answers on the way to the page, the page's own last. Redirects to other hosts are followed as a browser does.
    pub hops: Vec<Answer>,
    /// The page, up to 2 MB of it, as text.
    pub body: String,
    /// Why the rest of the page was not read; `None`: `body` is all of it.
    #[serde(default)]
    pub body_cut: Option<String>,
    /// What `http://` of the same host answers, and where that leads; empty: nothing listens there; `Err`: that is not known.
    pub plain: Result<Vec<Answer>, String>,
    /// The handshake with the page's host; `None`: the page is served without TLS.
    pub tls: Option<Result<Tls, String>>,
    /// Scripts that the page names, as far as they were read: 20 at most, 512 kB of each.
    pub scripts: Vec<Script>,
    /// Why not all of the scripts that the page names were read whole; `None`: they were, or are not there.
    #[serde(default)]
    pub scripts_cut: Option<String>,
    /// What the page answers to a foreign `Origin`.
    pub cors: Result<Cors, String>,
    /// `/.well-known/security.txt`; `Ok(None)`: there is none.
    pub security_txt: Result<Option<String>, String>,
    /// Public DNS records of the host and its domain.
    pub dns: Dns,
    /// What more was asked for, of a host shown to be one's own.
    pub active: Option<Active>,
}

impl Observed {
    /// The page's own answer; `None`: it could not be had, though redirects on the way to it may have been seen.
    #[must_use]
    pub fn page(&self) -> Option<&Answer> {
        if let Some(Err(_)) = self.tls { None } else { self.hops.last() }
    }
}

/// Whether an address is of the host and port that were asked for, and so of whom that was shown to belong to. From the usual
/// port of `http://` a host may lead to that of `https://`, for which it is shown; to no other port or scheme.
#[must_use]
pub fn is_of_asked(url: &Url, asked: &Url) -> bool {
    let upgraded = asked.scheme() == "http"
        && url.scheme() == "https"
        && (asked.host(), asked.port(), url.port()) == (url.host(), None, None);
    upgraded || url.origin() == asked.origin()
}

/// An answer of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The address that was asked.
    pub url: String,
    /// HTTP status.
    pub status: u16,
    /// Headers in their order, names in lower case. Values of cookies are left out: only their names and attributes are kept.
    pub headers: Vec<(String, String)>,
}

impl Answer {
    /// The values of a header, whose name is in lower case, in their order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A TLS handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    /// `TLSv1.3` or `TLSv1.2`.
    pub version: String,
    /// The suite, as IANA names it.
    pub cipher: String,
    /// Certificates in the order in which they were sent, the server's own first.
    pub chain: Vec<Certificate>,
    /// Why the chain is not trusted; `None`: it is.
    pub untrusted: Option<String>,
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Whose it is.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// From when it holds.
    pub not_before: Timestamp,
    /// Until when it holds.
    pub not_after: Timestamp,
    /// `RSA 2048`, `EC P-256`, `Ed25519`.
    pub key: String,
    /// The signature's algorithm, such as `sha256WithRSAEncryption`.
    pub signature: String,
}

/// A script that the page names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Its address.
    pub url: String,
    /// Its beginning and its end, as text: where libraries name themselves, and their source maps.
    pub text: String,
}

impl Script {
    /// The address of the source map that it names, wherever that is: in itself too. Source:
    /// <https://tc39.es/ecma426/#sec-linking-inline>.
    #[must_use]
    pub fn map(&self) -> Option<Url> {
        let named = ["# sourceMappingURL=", "@ sourceMappingURL="];
        let named = named.iter().filter_map(|sign| Some(self.text.rsplit_once(*sign)?.1));
        // The last one counts.
        let url = named.min_by_key(|after| after.len())?.split_whitespace().next()?.trim_end_matches("*/");
        Url::parse(&self.url).ok()?.join(url).ok()
    }
}

/// What is answered to another origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cors {
    /// The origin that was said.
    pub origin: String,
    /// `Access-Control-Allow-Origin`.
    pub allow_origin: Option<String>,
    /// `Access-Control-Allow-Credentials` is `true`.
    pub credentials: bool,
}

/// DNS records. `Ok` and empty: there is none; `Err`: it could not be found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dns {
    /// The domain: the apex of the zone that the host is in, or the host's last two labels where that cannot be found out.
    pub domain: String,
    /// CAA of the host or the nearest name above it that has any, as in zone files.
    pub caa: Result<Vec<String>, String>,
    /// TXT records of the domain that begin with `v=spf1`.
    pub spf: Result<Vec<String>, String>,
    /// TXT records of `_dmarc.` and the domain.
    pub dmarc: Result<Vec<String>, String>,
    /// Where the domain's mail goes.
    pub mx: Result<Vec<String>, String>,
}

/// What is only asked of one's own hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Active {
    /// Protocols that the server speaks, of `SSLv3`, `TLSv1.0`, `TLSv1.1`, `TLSv1.2`, `TLSv1.3`.
    pub protocols: Result<Vec<String>, String>,
    /// Why only some of them were offered to it, such as that it took no more connections; `None`: all were.
    #[serde(default)]
    pub protocols_cut: Option<String>,
    /// Weak suites that it takes with TLS 1.2 or less, as IANA names them.
    pub weak_ciphers: Result<Vec<String>, String>,
    /// Files that should not be there and are: the path, and what shows it (never their contents).
    pub exposed: Vec<Exposed>,
    /// What a reflecting server answers to origins made up from its own name, and to `null`.
    pub cors: Vec<Cors>,
    /// Why it is not known what it answers to some of them, such as that it did not let the request in; `None`: it is.
    #[serde(default)]
    pub cors_cut: Option<String>,
    /// Methods that the server took and should not: `TRACE`.
    pub methods: Vec<String>,
    /// What it answered for a name that nothing has; `None`: nothing.
    #[serde(default)]
    pub error_page: Option<ErrorPage>,
    /// Why not everything of `exposed`, `cors` and `methods` was asked for, such as that the server wants fewer requests;
    /// `None`: all of it was.
    #[serde(default)]
    pub cut_short: Option<String>,
}

/// What is answered for a name that nothing has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorPage {
    /// HTTP status, which is no error where a site has an answer for everything.
    pub status: u16,
    /// The page, up to 64 kB of it, as text.
    pub body: String,
    /// Whether there may be more of it.
    #[serde(default)]
    pub cut: bool,
}

/// A file that is open to everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposed {
    /// What it is: `git`, `env`, `source-map`, `backup`, `server-status`, `directory-listing`.
    pub kind: String,
    /// Its address.
    pub url: String,
    /// What shows that it is that, without any secret: `begins with "ref: refs/"`, `3 lines like NAME=value`.
    pub sign: String,
}

/// What shows that a host is somebody's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// A TXT record `watchword-verification=TOKEN` of `_watchword.HOST`.
    Dns,
    /// The token in `https://HOST/.well-known/watchword.txt`.
    File,
}
