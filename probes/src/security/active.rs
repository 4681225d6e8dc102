//! What no browser would ask for by itself, and so is only asked of hosts shown to be one's own.

use std::collections::BTreeSet;
use std::time::Duration;

use http::header::ORIGIN;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use monitor_core::outcome::Reason;
use monitor_core::security::observed::{Active, Cors, Exposed, Script};
use url::Url;

use super::ask::Asker;
use super::exposed::{BAITS, START_BYTES, listing, source_map};
use super::{handshakes, shown};
use crate::http::{Visit, Visited};

/// Least time between two requests.
pub(super) const PACE: Duration = Duration::from_millis(50);

/// Longest time for one request.
const REQUEST: Duration = Duration::from_secs(5);

/// Requests that may fail before no more are sent.
const MAX_FAILURES: usize = 3;

/// Most source maps and folders that are asked for.
const MAX_MAPS: usize = 5;
const MAX_FOLDERS: usize = 3;

/// Looks at the host of `base`, and at the scripts of it that the page names.
pub(super) async fn look(
    base: &Url,
    scripts: &[Script],
    asker: &Asker<'_>,
    progress: &(dyn Fn(&str) + Send + Sync),
) -> Active {
    let mut prober = Prober { base, asker, failures: 0, stopped: None, unseen: None };
    progress("looking for files that should not be there");
    let exposed = prober.exposed(scripts).await;
    let cors = prober.cors().await;
    let methods = prober.methods().await;
    let cut_short = prober.stopped.or(prober.unseen);
    progress("trying old protocols and ciphers");
    let protocols = handshakes::protocols(base, asker).await;
    let weak_ciphers = match &protocols {
        Ok(spoken) => handshakes::weak_ciphers(base, spoken, asker).await,
        Err(why) => Err(why.clone()),
    };
    Active { protocols, weak_ciphers, exposed, cors, methods, cut_short }
}

/// Sends requests until the host has had enough.
struct Prober<'a> {
    base: &'a Url,
    asker: &'a Asker<'a>,
    failures: usize,
    /// Why no more are sent.
    stopped: Option<String>,
    /// Why one was not answered.
    unseen: Option<String>,
}

impl Prober<'_> {
    async fn exposed(&mut self, scripts: &[Script]) -> Vec<Exposed> {
        // What is answered for what cannot be there is no sign of anything.
        let Some(nothing) = self.get(&self.at(&format!("/{}", random_name()))).await else { return Vec::new() };
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
                && seen(&nothing, sign).is_none()
            {
                found.push(Exposed { kind: kind.to_owned(), url: url.to_string(), sign: shown });
            }
        }
        found
    }

    /// Origins that begin or end like the host's own, and the one of pages that have none.
    async fn cors(&mut self) -> Vec<Cors> {
        let host = self.base.host_str().unwrap_or_default();
        let origins = [format!("https://{host}.origin.example"), format!("https://origin-{host}"), "null".to_owned()];
        let mut answered = Vec::new();
        for origin in origins {
            let Ok(value) = HeaderValue::from_str(&origin) else { continue };
            let visit = self.visit(Method::GET, self.base, HeaderMap::from_iter([(ORIGIN, value)]));
            let Some(visited) = self.send(Visit { body_bytes: 0, ..visit }).await else { continue };
            match visited.answers.first() {
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
        let repeats = |visited: &Visited| String::from_utf8_lossy(&visited.body).contains(&mark);
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
        let (visited, sent) = self.asker.send(visit, REQUEST).await;
        match (visited.answers.last(), sent) {
            (Some(answer), _) if answer.status == 429 || answer.header("retry-after").is_some() => {
                self.stopped =
                    Some(format!("the host wants fewer requests: it answered {path} with status {}", answer.status));
                None
            }
            (None, Err(failure)) if failure.reason != Reason::ConnectionReset => {
                self.failures += 1;
                let message = format!("{path} was not answered: {}", failure.message);
                if self.failures >= MAX_FAILURES {
                    self.stopped = Some(message);
                } else {
                    self.unseen.get_or_insert(message);
                }
                None
            }
            // To break off is how some hosts say that there is nothing.
            _ => Some(visited),
        }
    }
}

/// What shows from the beginning of an answer what it is.
type Sign = fn(&[u8]) -> Option<String>;

fn seen(visited: &Visited, sign: Sign) -> Option<String> {
    let answer = visited.answers.last().filter(|answer| answer.status == 200)?;
    // What the server has packed is not what it is of.
    let packed = answer.header("content-encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"));
    if packed { None } else { sign(&visited.body) }
}

/// The source maps that scripts name, on their own host. Source: <https://tc39.es/ecma426/#sec-linking-inline>.
fn maps(scripts: &[&Script]) -> Vec<Url> {
    let named = scripts.iter().filter_map(|script| {
        let (_, after) = script.text.rsplit_once("# sourceMappingURL=")?;
        let script = Url::parse(&script.url).ok()?;
        let url = script.join(after.split_whitespace().next()?.trim_end_matches("*/")).ok()?;
        (url.origin() == script.origin()).then_some(url)
    });
    named.collect::<BTreeSet<_>>().into_iter().take(MAX_MAPS).collect()
}

/// The folders that scripts are in.
fn folders(scripts: &[&Script]) -> Vec<Url> {
    let folders = scripts.iter().filter_map(|script| Url::parse(&script.url).ok()?.join(".").ok());
    folders.filter(|url| url.path() != "/").collect::<BTreeSet<_>>().into_iter().take(MAX_FOLDERS).collect()
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
        ];
        let scripts: Vec<&Script> = scripts.iter().collect();
        let texts = |urls: Vec<Url>| urls.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(texts(maps(&scripts)), ["https://shop.example/js/app.js.map", "https://shop.example/maps/b.map"]);
        assert_eq!(texts(folders(&scripts)), ["https://shop.example/js/"]);
    }
}
