//! What no browser would ask for by itself, and so is only asked of hosts shown to be one's own.

use std::collections::BTreeSet;
use std::time::Duration;

use http::header::ORIGIN;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use monitor_core::outcome::Reason;
use monitor_core::security::observed::{Active, Cors, ErrorPage, Exposed, Script};
use url::{Host, Url};

use super::ask::Asker;
use super::exposed::{BAITS, START_BYTES, listing, source_map};
use super::{handshakes, shown};
use crate::http::{Answered, Visit, Visited};

/// Least time between two requests.
pub(super) const PACE: Duration = Duration::from_millis(50);

/// Longest time for one request.
const REQUEST: Duration = Duration::from_secs(5);

/// Requests that may fail before no more are sent.
const MAX_FAILURES: usize = 3;

/// How much of an error page is read: what shows that it is one of a program in debug mode may stand at its end.
const ERROR_BYTES: usize = 64 * 1024;

/// Looks at the host of `base`, which has answered that with `status`, and at the scripts of it that the page names.
pub(super) async fn look(
    base: &Url,
    status: Option<u16>,
    scripts: &[Script],
    asker: &Asker<'_>,
    progress: &(dyn Fn(&str) + Send + Sync),
) -> Active {
    let mut prober = Prober { base, status, asker, failures: 0, stopped: None, unseen: None, cors_cut: None };
    progress("looking for files that should not be there");
    // What is answered for what cannot be there is no sign of anything.
    let nothing = prober.nothing().await;
    let exposed = match &nothing {
        Some(nothing) => prober.exposed(nothing, scripts).await,
        None => Vec::new(),
    };
    let error_page = nothing.as_ref().and_then(error_page);
    let cors = prober.cors(error_page.as_ref().map(|page| page.status)).await;
    let methods = prober.methods().await;
    let Prober { stopped, unseen, cors_cut, .. } = prober;
    progress("trying old protocols and ciphers");
    // Who has had enough is left in peace. Who speaks no TLS of today could not say so yet.
    let taken = match stopped.clone().filter(|_| status.is_some()) {
        Some(why) => Err(why),
        None => handshakes::protocols(base, asker).await,
    };
    let weak_ciphers = match &taken {
        Ok((spoken, None)) => handshakes::weak_ciphers(base, spoken, asker).await,
        Ok((_, Some(why))) | Err(why) => Err(why.clone()),
    };
    let (protocols, protocols_cut) = match taken {
        Ok((spoken, cut)) => (Ok(spoken), cut),
        Err(why) => (Err(why), None),
    };
    let cut_short = stopped.or(unseen);
    Active { protocols, protocols_cut, weak_ciphers, exposed, cors, cors_cut, methods, error_page, cut_short }
}

/// Sends requests until the host has had enough.
struct Prober<'a> {
    base: &'a Url,
    /// What that was answered with before; `None`: it could not be asked for.
    status: Option<u16>,
    asker: &'a Asker<'a>,
    failures: usize,
    /// Why no more are sent.
    stopped: Option<String>,
    /// Why one was not answered.
    unseen: Option<String>,
    /// Why it is not known what the host says to an origin.
    cors_cut: Option<String>,
}

impl Prober<'_> {
    /// What is answered for a name that nothing has.
    async fn nothing(&mut self) -> Option<Visited> {
        let visit = self.visit(Method::GET, &self.at(&format!("/{}", random_name())), HeaderMap::new());
        self.send(Visit { body_bytes: ERROR_BYTES, ..visit }).await
    }

    async fn exposed(&mut self, nothing: &Visited, scripts: &[Script]) -> Vec<Exposed> {
        let own = |script: &&Script| Url::parse(&script.url).is_ok_and(|url| url.origin() == self.base.origin());
        let own: Vec<&Script> = scripts.iter().filter(own).collect();
        let mut asked: Vec<(&str, Url, Sign)> =
            BAITS.iter().map(|bait| (bait.kind, self.at(bait.path), bait.sign)).collect();
        asked.extend(maps(&own).into_iter().map(|url| ("source-map", url, source_map as Sign)));
        asked.extend(folders(&own).into_iter().map(|url| ("directory-listing", url, listing as Sign)));
        let mut found = Vec::new();
        for (kind, url, sign) in asked {
            let Some(visited) = self.get(&url).await else { continue };
            if let Some(shown) = seen(&visited, sign)
                && seen(nothing, sign).is_none()
            {
                found.push(Exposed { kind: kind.to_owned(), url: url.to_string(), sign: shown });
            }
        }
        found
    }

    /// Origins that begin or end like the host's own, and the one of pages that have none. `nothing` is the status for a name
    /// that nothing has.
    async fn cors(&mut self, nothing: Option<u16>) -> Vec<Cors> {
        let mut answered = Vec::new();
        for origin in origins(self.base) {
            let Ok(value) = HeaderValue::from_str(&origin) else { continue };
            let visit = self.visit(Method::GET, self.base, HeaderMap::from_iter([(ORIGIN, value)]));
            let Some(visited) = self.send(Visit { body_bytes: 0, ..visit }).await else { continue };
            match visited.answers.first() {
                Some(Answered { status: status @ 400.., .. }) if Some(*status) != self.status => {
                    let why = format!("asked from {origin}, the host answered with status {status}");
                    // Who says so whatever is asked for says nothing of that.
                    if Some(*status) == nothing {
                        self.unseen.get_or_insert_with(|| why.clone());
                    }
                    self.cors_cut.get_or_insert(why);
                }
                Some(answer) => answered.push(shown::cors(&origin, answer)),
                // The page is there, so to break off says nothing of it.
                None => {
                    self.unseen.get_or_insert_with(|| format!("the host broke off when it was asked from {origin}"));
                }
            }
        }
        answered
    }

    /// TRACE, if the host sends back what it was sent.
    async fn methods(&mut self) -> Vec<String> {
        let mark = random_name();
        let Ok(value) = HeaderValue::from_str(&mark) else { return Vec::new() };
        let headers = HeaderMap::from_iter([(HeaderName::from_static("x-watchword"), value)]);
        let visited = self.send(self.visit(Method::TRACE, self.base, headers)).await;
        // Error pages of debug mode repeat it too.
        let repeats = |visited: &Visited| {
            let taken = visited.answers.last().is_some_and(|answer| answer.status == 200);
            taken && String::from_utf8_lossy(&visited.body).contains(&mark)
        };
        visited.filter(repeats).map(|_| "TRACE".to_owned()).into_iter().collect()
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url.set_query(None);
        url
    }

    async fn get(&mut self, url: &Url) -> Option<Visited> {
        self.send(self.visit(Method::GET, url, HeaderMap::new())).await
    }

    fn visit(&self, method: Method, url: &Url, headers: HeaderMap) -> Visit {
        Visit { method, url: url.clone(), headers, redirects: 0, body_bytes: START_BYTES }
    }

    /// Sends a request, unless the host wants no more. Without an answer in it the host has broken off.
    async fn send(&mut self, visit: Visit) -> Option<Visited> {
        if self.stopped.is_some() {
            return None;
        }
        tokio::time::sleep(PACE).await;
        let path = visit.url.path().to_owned();
        let usual = visit.method == Method::GET && !visit.headers.contains_key(ORIGIN);
        let (visited, sent) = self.asker.send(visit, REQUEST).await;
        let said = visited.answers.last().map(|answer| (answer.status, answer.header("retry-after").is_some()));
        match (said, sent) {
            (Some((status, waits)), _) if status == 429 || waits => {
                self.stopped = Some(format!("the host wants fewer requests: it answered {path} with status {status}"));
                return None;
            }
            // 501 says that it does not know the method, and never will. With 500 some programs refuse TRACE, and origins.
            (Some((status @ 500.., _)), _) if status != 501 && (usual || status != 500) => {
                self.failed(format!("{path} was answered with status {status}"));
            }
            (Some((200, _)), Err(failure)) => {
                self.unseen.get_or_insert_with(|| format!("{path} could not be read: {}", failure.message));
            }
            (None, Err(failure)) if failure.reason != Reason::ConnectionReset => {
                self.failed(format!("{path} was not answered: {}", failure.message));
                return None;
            }
            // To break off is how some hosts say that there is nothing.
            _ => {}
        }
        Some(visited)
    }

    fn failed(&mut self, why: String) {
        self.failures += 1;
        if self.failures >= MAX_FAILURES {
            self.stopped = Some(why);
        } else {
            self.unseen.get_or_insert(why);
        }
    }
}

/// Second labels below which countries let names be registered: `shop.co.uk`.
const REGISTRIES: [&str; 8] = ["ac", "co", "com", "edu", "gov", "net", "or", "org"];

/// The origin of a name that begins as the host's does, that of one that ends as its domain does, and that of pages that have
/// none. Whoever owns the host owns neither of these names.
fn origins(base: &Url) -> Vec<String> {
    let host = base.host_str().unwrap_or_default();
    let mut origins = vec![format!("https://{host}.origin.example")];
    if let Some(Host::Domain(name)) = base.host() {
        let labels: Vec<&str> = name.trim_end_matches('.').rsplit('.').collect();
        match labels.as_slice() {
            [top, second, third, ..] if top.len() == 2 && REGISTRIES.contains(second) => {
                origins.push(format!("https://origin-{third}.{second}.{top}"));
            }
            // Before more labels it could be a name under the owner's own domain.
            [top, second, ..] => origins.push(format!("https://origin-{second}.{top}")),
            _ => {}
        }
    }
    origins.push("null".to_owned());
    origins
}

fn error_page(visited: &Visited) -> Option<ErrorPage> {
    let status = visited.answers.last()?.status;
    Some(ErrorPage { status, body: String::from_utf8_lossy(&visited.body).into_owned(), cut: visited.cut })
}

/// What shows from the beginning of an answer what it is.
type Sign = fn(&[u8]) -> Option<String>;

fn seen(visited: &Visited, sign: Sign) -> Option<String> {
    visited.answers.last().filter(|answer| answer.status == 200)?;
    sign(visited.body.get(..START_BYTES).unwrap_or(&visited.body))
}

/// The source maps that scripts name, on their own host.
fn maps(scripts: &[&Script]) -> Vec<Url> {
    let named = scripts.iter().filter_map(|script| {
        let (map, script) = (script.map()?, Url::parse(&script.url).ok()?);
        (map.origin() == script.origin()).then_some(map)
    });
    named.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The folders that scripts are in.
fn folders(scripts: &[&Script]) -> Vec<Url> {
    let folders = scripts.iter().filter_map(|script| Url::parse(&script.url).ok()?.join(".").ok());
    folders.filter(|url| url.path() != "/").collect::<BTreeSet<_>>().into_iter().collect()
}

/// A name that nothing has.
fn random_name() -> String {
    let mut bytes = [0; 12];
    // Without random numbers it is still a name that nothing has.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().fold("watchword-".to_owned(), |name, byte| format!("{name}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(url: &str, text: &str) -> Script {
        Script { url: url.into(), text: text.into() }
    }

    #[test]
    fn the_origins_are_of_names_that_somebody_else_can_have() {
        for (url, origins_of) in [
            (
                "https://shop.example/",
                &["https://shop.example.origin.example", "https://origin-shop.example", "null"][..],
            ),
            (
                "https://www.eu.shop.example/",
                &["https://www.eu.shop.example.origin.example", "https://origin-shop.example", "null"],
            ),
            (
                "https://www.shop.co.uk/",
                &["https://www.shop.co.uk.origin.example", "https://origin-shop.co.uk", "null"],
            ),
            ("https://127.0.0.1/", &["https://127.0.0.1.origin.example", "null"]),
            ("https://localhost/", &["https://localhost.origin.example", "null"]),
        ] {
            assert_eq!(origins(&Url::parse(url).unwrap()), origins_of, "{url}");
        }
    }

    #[test]
    fn maps_and_folders_are_those_of_the_scripts_own_host() {
        let scripts = [
            script(
                "https://shop.example/js/app.js?v=1",
                "//# sourceMappingURL=old.map\n...\n//# sourceMappingURL=app.js.map\n",
            ),
            script("https://shop.example/js/b.js", "/*# sourceMappingURL=/maps/b.map*/"),
            script("https://shop.example/c.js", "//# sourceMappingURL=https://other.example/c.map"),
            script("https://shop.example/d.js", "//# sourceMappingURL=data:application/json;base64,e30="),
            script("https://shop.example/e.js", "no map"),
            script("https://shop.example/f.js", "//# sourceMappingURL=old.map\n//@ sourceMappingURL=f.map"),
        ];
        let scripts: Vec<&Script> = scripts.iter().collect();
        let texts = |urls: Vec<Url>| urls.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            texts(maps(&scripts)),
            ["https://shop.example/f.map", "https://shop.example/js/app.js.map", "https://shop.example/maps/b.map"]
        );
        assert_eq!(texts(folders(&scripts)), ["https://shop.example/js/"]);
    }
}
