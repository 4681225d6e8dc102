//! Cookies that answers set along redirects. They are forgotten when the check ends.
//! Source: <https://www.rfc-editor.org/rfc/rfc6265#section-5>.

use std::borrow::Cow;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use url::{Host, Url};

use super::hop::Hop;

/// Most cookies that are kept.
const MAX_COOKIES: usize = 50;

/// Longest name and value together, in bytes.
const MAX_COOKIE_BYTES: usize = 4_096;

/// The cookies of one check.
#[derive(Default)]
pub(crate) struct Jar {
    cookies: Vec<Cookie>,
    changes: usize,
}

struct Cookie {
    name: String,
    value: String,
    host: String,
    /// Whether hosts below `host` get it as well.
    below: bool,
    path: String,
    secure: bool,
}

impl Jar {
    /// How often something has changed: a redirect back to where it came from is no circle when it has.
    pub(super) fn changes(&self) -> usize {
        self.changes
    }

    /// Keeps what an answer sets.
    pub(super) fn store(&mut self, url: &Url, headers: &HeaderMap) {
        for header in headers.get_all(SET_COOKIE) {
            let Some((cookie, gone)) = header.to_str().ok().and_then(|text| Cookie::parse(text, url)) else { continue };
            let same =
                |other: &Cookie| (&other.name, &other.host, &other.path) == (&cookie.name, &cookie.host, &cookie.path);
            match self.cookies.iter().find(|other| same(other)) {
                Some(known) if !gone && known.value == cookie.value => continue,
                None if gone => continue,
                _ => {}
            }
            self.cookies.retain(|other| !same(other));
            self.changes += 1;
            if !gone && self.cookies.len() < MAX_COOKIES {
                self.cookies.push(cookie);
            }
        }
    }

    /// The request with the cookies that belong to where it goes, after those of its owner.
    pub(super) fn dress<'a>(&self, hop: &'a Hop) -> Cow<'a, Hop> {
        let fitting = self.cookies.iter().filter(|cookie| cookie.fits(&hop.url));
        let fitting: Vec<String> = fitting.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        if fitting.is_empty() {
            return Cow::Borrowed(hop);
        }
        let own = hop.header(&COOKIE).and_then(|value| value.to_str().ok().map(str::to_owned));
        let all: Vec<String> = own.into_iter().chain(fitting).collect();
        match HeaderValue::from_str(&all.join("; ")) {
            Ok(mut value) => {
                value.set_sensitive(true);
                Cow::Owned(hop.with([(COOKIE, value)]))
            }
            Err(_) => Cow::Borrowed(hop),
        }
    }
}

impl Cookie {
    /// The cookie, and whether it is taken back. `None`: it may not be set from there.
    fn parse(text: &str, url: &Url) -> Option<(Self, bool)> {
        let mut parts = text.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() || name.len() + value.len() > MAX_COOKIE_BYTES {
            return None;
        }
        let mut cookie = Self {
            name: name.to_owned(),
            value: value.to_owned(),
            host: url.host_str()?.to_owned(),
            below: false,
            path: default_path(url.path()).to_owned(),
            secure: false,
        };
        let mut gone = false;
        for part in parts {
            let (attribute, value) = part.split_once('=').unwrap_or((part, ""));
            match attribute.trim().to_ascii_lowercase().as_str() {
                "domain" if !value.is_empty() => cookie.widen(value.trim(), url)?,
                "path" if value.trim().starts_with('/') => cookie.path = value.trim().to_owned(),
                "secure" => cookie.secure = true,
                "max-age" => gone = value.trim().parse::<i64>().is_ok_and(|seconds| seconds <= 0),
                _ => {}
            }
        }
        Some((cookie, gone))
    }

    /// A host may set cookies for the domains above it that are more than a word.
    fn widen(&mut self, domain: &str, url: &Url) -> Option<()> {
        let domain = domain.trim_start_matches('.').to_ascii_lowercase();
        let named = matches!(url.host(), Some(Host::Domain(_)));
        if domain == self.host {
            self.below = named;
            return Some(());
        }
        if !named || !domain.contains('.') || !is_below(&self.host, &domain) {
            return None;
        }
        (self.host, self.below) = (domain, true);
        Some(())
    }

    fn fits(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let path = url.path();
        let below_path = path.strip_prefix(self.path.as_str());
        (host == self.host || (self.below && is_below(host, &self.host)))
            && below_path.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/'))
            && (!self.secure || url.scheme() == "https")
    }
}

fn is_below(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// The folder of a path.
fn default_path(path: &str) -> &str {
    match path.rfind('/') {
        Some(end) if end > 0 => &path[..end],
        _ => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use monitor_core::http::HttpSpec;

    fn jar(from: &str, set: &[&str]) -> Jar {
        let mut headers = HeaderMap::new();
        for cookie in set {
            headers.append(SET_COOKIE, cookie.parse().unwrap());
        }
        let mut jar = Jar::default();
        jar.store(&from.parse().unwrap(), &headers);
        jar
    }

    fn sent(jar: &Jar, to: &str) -> Option<String> {
        let hop = Hop::first(&HttpSpec::get(to).unwrap()).unwrap();
        jar.dress(&hop).header(&COOKIE).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn a_cookie_goes_back_to_where_it_came_from_and_nowhere_else() {
        let from = "https://a.shop.example/app/login";
        for (set, to, expected) in [
            ("s=1", "https://a.shop.example/app/x", Some("s=1")),
            ("s=1", "https://a.shop.example:8443/app", Some("s=1")),
            ("s=1", "https://a.shop.example/application", None),
            ("s=1", "https://a.shop.example/", None),
            ("s=1; Path=/", "https://a.shop.example/", Some("s=1")),
            ("s=1; path=/app/", "https://a.shop.example/app/y", Some("s=1")),
            ("s=1; Path=/", "https://b.shop.example/", None),
            ("s=1; Path=/; Domain=shop.example", "https://b.shop.example/", Some("s=1")),
            ("s=1; Path=/; Domain=.SHOP.example", "https://shop.example/", Some("s=1")),
            ("s=1; Path=/; Domain=shop.example", "https://evilshop.example/", None),
            ("s=1; Path=/; Domain=other.example", "https://a.shop.example/", None),
            ("s=1; Path=/; Domain=example", "https://a.shop.example/", None),
            ("s=1; Path=/; Secure", "http://a.shop.example/", None),
            ("s=1; Path=/; Secure", "https://a.shop.example/", Some("s=1")),
            ("s=1; Path=/; Max-Age=0", "https://a.shop.example/", None),
            ("nothing", "https://a.shop.example/app/x", None),
            ("=1", "https://a.shop.example/app/x", None),
        ] {
            assert_eq!(sent(&jar(from, &[set]), to).as_deref(), expected, "{set} {to}");
        }
    }

    #[test]
    fn a_cookie_is_replaced_and_taken_back() {
        let from = "https://shop.example/";
        assert_eq!(sent(&jar(from, &["a=1", "b=2", "a=3"]), from).as_deref(), Some("b=2; a=3"));
        assert_eq!(sent(&jar(from, &["a=1", "a=1; Max-Age=0"]), from), None);
        assert_eq!(jar(from, &["a=1", "a=1"]).changes(), 1);
        let many: Vec<String> = (0..100).map(|n| format!("c{n}=1")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(jar(from, &many).cookies.len(), MAX_COOKIES);
    }

    #[test]
    fn an_address_has_nothing_above_or_below_it() {
        let jar = jar("http://192.0.2.1/", &["a=1; Domain=192.0.2.1", "b=1; Domain=0.2.1"]);
        assert_eq!(sent(&jar, "http://192.0.2.1/").as_deref(), Some("a=1"));
    }
}
