//! What a browser asks for that visits a page.

use std::time::Duration;

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Method};
use monitor_core::outcome::Reason;
use monitor_core::security::html;
use monitor_core::security::observed::{Answer, Cors, Script, Tls};
use url::Url;

use super::LookError;
use super::ask::Asker;
use super::shown;
use crate::failure::{Failure, clean};
use crate::http::{Answered, Visit};

/// Longest time for the page with its redirects, and for all of its scripts.
const PAGE: Duration = Duration::from_secs(15);

/// How much of a page and of a script is read.
const PAGE_BYTES: usize = 2 * 1024 * 1024;
const SCRIPT_BYTES: usize = 2 * 1024 * 1024;

/// How much of a script is kept: its beginning, where libraries name themselves, and its end, where its source map is named.
const SCRIPT_START: usize = 448 * 1024;
const SCRIPT_END: usize = 64 * 1024;

/// Most scripts that are read.
const MAX_SCRIPTS: usize = 20;

/// Most redirects that are followed to the page, and to anything else.
const PAGE_REDIRECTS: usize = 10;
const REDIRECTS: usize = 5;

/// How much of a security.txt is read.
const TEXT_BYTES: usize = 32 * 1024;

/// An origin that has nothing to do with any site: its name can never be registered.
pub(super) const FOREIGN: &str = "https://origin.example";

/// A page, as far as it could be had.
pub(super) struct Page {
    /// The answers on the way to it, its own last, if it could be had.
    pub(super) hops: Vec<Answered>,
    pub(super) body: String,
    /// The handshake with its host, or why there was none.
    pub(super) tls: Option<Result<Tls, String>>,
}

impl Page {
    /// The address that the page came from; why there is none, if it could not be had.
    fn url(&self) -> Result<&Url, String> {
        match (&self.tls, self.hops.last()) {
            (Some(Err(why)), _) => Err(why.clone()),
            (_, Some(hop)) => Ok(&hop.url),
            (_, None) => Err("the page could not be had".to_owned()),
        }
    }

    /// The last address of the host that was asked for, which may have led to others.
    pub(super) fn of_host(&self, asked: &Url) -> Url {
        let mut own = self.hops.iter().map(|hop| &hop.url).filter(|url| url.host() == asked.host());
        own.next_back().unwrap_or(asked).clone()
    }
}

/// Gets the page.
pub(super) async fn load(asked: &Url, asker: &Asker<'_>) -> Result<Page, LookError> {
    let accept = HeaderValue::from_static("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
    let visit = Visit {
        method: Method::GET,
        url: asked.clone(),
        headers: HeaderMap::from_iter([(ACCEPT, accept)]),
        redirects: PAGE_REDIRECTS,
        body_bytes: PAGE_BYTES,
    };
    let (mut visited, sent) = asker.send(visit, PAGE).await;
    if visited.arrived {
        // Of a page that goes on for too long, or breaks off, the beginning is looked at.
        let tls = visited.answers.last_mut().and_then(|page| page.tls.take()).map(Ok);
        let body = String::from_utf8_lossy(&visited.body).into_owned();
        return Ok(Page { hops: visited.answers, body, tls });
    }
    let Err(failure) = sent else { return Err(LookError::Unreachable("the page could not be had".to_owned())) };
    let message = match visited.answers.len() {
        0 => failure.message,
        1 => format!("after a redirect: {}", failure.message),
        count => format!("after {count} redirects: {}", failure.message),
    };
    match failure.reason {
        Reason::AddressRefused => Err(LookError::Refused(message)),
        Reason::TlsHandshake | Reason::TlsClientCertificate => {
            Ok(Page { hops: visited.answers, body: String::new(), tls: Some(Err(message)) })
        }
        _ => Err(LookError::Unreachable(message)),
    }
}

/// What `http://` of the host says, and where that leads.
pub(super) async fn plain(asked: &Url, page: &Page, asker: &Asker<'_>) -> Result<Vec<Answer>, String> {
    if asked.scheme() == "http" {
        return Ok(shown::answers(&page.hops));
    }
    let mut url = asked.clone();
    // Neither call can fail: both schemes are of the same sort.
    let _ = (url.set_scheme("http"), url.set_port(None));
    let (visited, sent) = asker.get(&url, REDIRECTS, 0).await;
    match sent {
        Err(failure) if visited.answers.is_empty() => Err(failure.message),
        _ => Ok(shown::answers(&visited.answers)),
    }
}

/// The scripts that the page names, as far as they can be had.
pub(super) async fn scripts(page: &Page, asker: &Asker<'_>) -> Vec<Script> {
    let Ok(url) = page.url() else { return Vec::new() };
    let named = html::Page::read(&page.body).scripts(url);
    let mut scripts = Vec::new();
    let begun = tokio::time::Instant::now();
    for url in named.iter().take(MAX_SCRIPTS).take_while(|_| begun.elapsed() < PAGE) {
        let (visited, _) = asker.get(url, REDIRECTS, SCRIPT_BYTES).await;
        if visited.arrived && visited.answers.last().is_some_and(|answer| answer.status == 200) {
            scripts.push(Script { url: url.to_string(), text: both_ends(&visited.body) });
        }
    }
    scripts
}

fn both_ends(body: &[u8]) -> String {
    match body.len() {
        length if length <= SCRIPT_START + SCRIPT_END => String::from_utf8_lossy(body).into_owned(),
        length => {
            let (start, end) = (&body[..SCRIPT_START], &body[length - SCRIPT_END..]);
            format!("{}\n{}", String::from_utf8_lossy(start), String::from_utf8_lossy(end))
        }
    }
}

/// What the page answers to a page of another site.
pub(super) async fn cors(page: &Page, asker: &Asker<'_>) -> Result<Cors, String> {
    let (visited, sent) = asker.get_from(FOREIGN, page.url()?).await;
    match (visited.answers.first(), sent) {
        (Some(answer), _) => Ok(shown::cors(FOREIGN, answer)),
        (None, Err(failure)) => Err(failure.message),
        (None, Ok(())) => Err("there was no answer".to_owned()),
    }
}

/// The file for who has found something. Source: <https://www.rfc-editor.org/rfc/rfc9116>.
pub(super) async fn security_txt(page: &Page, asker: &Asker<'_>) -> Result<Option<String>, String> {
    let url = page.url()?.join("/.well-known/security.txt").map_err(|error| error.to_string())?;
    let (visited, sent) = asker.get(&url, REDIRECTS, TEXT_BYTES).await;
    let broken = |failure: Failure| clean(&failure.message, 200);
    match visited.answers.last().filter(|_| visited.arrived).map(|answer| answer.status) {
        Some(200) => {
            sent.map_err(broken)?;
            let text = String::from_utf8_lossy(&visited.body).into_owned();
            Ok(Some(text).filter(|text| has_field(text)))
        }
        Some(status @ (429 | 500..)) => Err(format!("{} answered with status {status}", url.path())),
        Some(_) => Ok(None),
        None => Err(sent.err().map(broken).unwrap_or_default()),
    }
}

/// Whether it is such a file, and not a page which says that there is none.
fn has_field(text: &str) -> bool {
    const FIELDS: &[&str] = &[
        "contact",
        "expires",
        "encryption",
        "acknowledgments",
        "preferred-languages",
        "canonical",
        "policy",
        "hiring",
        "csaf",
    ];
    let field = |line: &str| line.split_once(':').map(|(name, _)| name.trim().to_ascii_lowercase());
    !text.trim_start().starts_with('<') && text.lines().filter_map(field).any(|name| FIELDS.contains(&name.as_str()))
}
