//! What a browser asks for that visits a page.

use std::time::Duration;

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Method};
use monitor_core::outcome::Reason;
use monitor_core::security::html;
use monitor_core::security::observed::{Answer, Cors, Script, Tls, is_of_asked};
use url::Url;

use super::LookError;
use super::ask::Asker;
use super::shown;
use crate::failure::{Failure, clean};
use crate::http::{Answered, Visit, Visited};

/// Longest time for the page with its redirects, and for all of its scripts.
const PAGE: Duration = Duration::from_secs(15);

/// How much of a page and of a script is read.
const BYTES: usize = 2 * 1024 * 1024;

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
    /// Why the rest of the body was not read.
    pub(super) body_cut: Option<String>,
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

    /// What that address answered on the way; `None`: nothing.
    pub(super) fn status_of(&self, url: &Url) -> Option<u16> {
        self.hops.iter().rfind(|hop| hop.url == *url).map(|hop| hop.status)
    }

    /// The last address of the host and port that were asked for, which may have led to others.
    pub(super) fn of_host(&self, asked: &Url) -> Url {
        let mut own = self.hops.iter().map(|hop| &hop.url).filter(|url| is_of_asked(url, asked));
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
        body_bytes: BYTES,
    };
    let (mut visited, sent) = asker.send(visit, PAGE).await;
    if visited.arrived {
        // Of a page that goes on for too long, or breaks off, the beginning is looked at.
        let tls = visited.answers.last_mut().and_then(|page| page.tls.take()).map(Ok);
        let body = String::from_utf8_lossy(&visited.body).into_owned();
        let body_cut = cut(&visited, &sent).map(|why| format!("the page was not read to its end: {why}"));
        return Ok(Page { hops: visited.answers, body, body_cut, tls });
    }
    let Err(failure) = sent else { return Err(LookError::Unreachable("the page could not be had".to_owned())) };
    let message = match visited.answers.len() {
        0 => failure.message,
        1 => format!("after a redirect: {}", failure.message),
        count => format!("after {count} redirects: {}", failure.message),
    };
    match failure.reason {
        Reason::AddressRefused => Err(LookError::Refused(message)),
        Reason::TlsHandshake => {
            Ok(Page { hops: visited.answers, body: String::new(), body_cut: None, tls: Some(Err(message)) })
        }
        _ => Err(LookError::Unreachable(message)),
    }
}

/// Why not all of a page or a script was read.
fn cut(visited: &Visited, sent: &Result<(), Failure>) -> Option<String> {
    match sent {
        Err(failure) => Some(clean(&failure.message, 200)),
        Ok(()) => visited.cut.then(|| "2 MB are read at most".to_owned()),
    }
}

/// What `http://` of the host says, and where that leads.
pub(super) async fn plain(asked: &Url, page: &Page, asker: &Asker<'_>) -> Result<Vec<Answer>, String> {
    if asked.scheme() == "http" {
        return Ok(shown::answers(&page.hops));
    }
    let (visited, sent) = asker.get(&unencrypted(asked), REDIRECTS, 0).await;
    said_in_plain(&visited.answers, sent)
}

fn said_in_plain(answers: &[Answered], sent: Result<(), Failure>) -> Result<Vec<Answer>, String> {
    match (answers.last(), sent) {
        // Nothing listens there.
        (None, Err(failure)) if failure.reason == Reason::ConnectionRefused => Ok(Vec::new()),
        (None, Err(failure)) => Err(format!("http:// of the host was not answered: {}", clean(&failure.message, 200))),
        // What it says at other times is not known.
        (Some(Answered { url, status: status @ (429 | 500..), .. }), _) if url.scheme() == "http" => {
            Err(format!("http:// of the host answered with status {status}"))
        }
        _ => Ok(shown::answers(answers)),
    }
}

/// The same path without encryption. Not the query: it may hold a token, which everybody on the way could read.
fn unencrypted(asked: &Url) -> Url {
    let mut url = asked.clone();
    // Neither call can fail: both schemes are of the same sort.
    let _ = (url.set_scheme("http"), url.set_port(None));
    url.set_query(None);
    url
}

/// The scripts that the page names, as far as they can be had, and why that is not all of them.
pub(super) async fn scripts(page: &Page, asker: &Asker<'_>) -> (Vec<Script>, Option<String>) {
    let Ok(url) = page.url() else { return (Vec::new(), None) };
    let named = html::Page::read(&page.body).scripts(url);
    let (mut scripts, mut why) = (Vec::new(), None);
    let begun = tokio::time::Instant::now();
    for (read, url) in named.iter().enumerate() {
        if read == MAX_SCRIPTS || begun.elapsed() >= PAGE {
            why.get_or_insert_with(|| format!("{read} of the {} scripts that the page names were read", named.len()));
            break;
        }
        let (visited, sent) = asker.get(url, REDIRECTS, BYTES).await;
        if let Some(unread) = unread(&visited, &sent) {
            why.get_or_insert_with(|| format!("the script {} was not read whole: {unread}", shown_script(url)));
        }
        if visited.arrived && visited.answers.last().is_some_and(|answer| answer.status == 200) {
            scripts.push(Script { url: url.to_string(), text: both_ends(&visited.body) });
        }
    }
    (scripts, why)
}

/// Why a script was not read whole. One that is not there is read by no browser either.
fn unread(visited: &Visited, sent: &Result<(), Failure>) -> Option<String> {
    match visited.answers.last().filter(|_| visited.arrived).map(|answer| answer.status) {
        Some(status @ (429 | 500..)) => Some(format!("it was answered with status {status}")),
        Some(200) | None => cut(visited, sent).or_else(|| {
            let long = visited.body.len() > SCRIPT_START + SCRIPT_END;
            long.then(|| "512 kB of each are looked at, from its beginning and its end".to_owned())
        }),
        Some(_) => None,
    }
}

/// A script's address without its query, which may hold a token.
fn shown_script(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    clean(url.as_str(), 120)
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
    let usual = page.hops.last().map(|hop| hop.status);
    match (visited.answers.first(), sent) {
        (Some(Answered { status: status @ 400.., .. }), _) if Some(*status) != usual => {
            Err(format!("asked from another site, the page answered with status {status}"))
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_query_is_sent_without_encryption() {
        for (asked, sent) in [
            ("https://shop.example/preview?token=s3cret", "http://shop.example/preview"),
            ("https://shop.example:8443/", "http://shop.example/"),
        ] {
            assert_eq!(unencrypted(&Url::parse(asked).unwrap()).as_str(), sent);
        }
    }

    #[test]
    fn an_error_of_a_moment_says_nothing_of_where_http_leads() {
        let answer =
            |url: &str, status| Answered { url: Url::parse(url).unwrap(), status, headers: Vec::new(), tls: None };
        let told = |answers: &[Answered]| said_in_plain(answers, Ok(())).map(|answers| answers.len());
        for status in [429, 500, 503] {
            let why = format!("http:// of the host answered with status {status}");
            assert_eq!(told(&[answer("http://shop.example/", status)]), Err(why));
            let led = [answer("http://shop.example/", 301), answer("https://shop.example/", status)];
            assert_eq!(told(&led), Ok(2), "that it leads there is seen");
        }
        assert_eq!(told(&[answer("http://shop.example/", 404)]), Ok(1));
    }
}
