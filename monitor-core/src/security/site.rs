//! The page that was seen, as the rules about it need it.

use url::{Host, Url};

use super::csp::Policies;
use super::html::Page;
use super::observed::{Answer, Observed};

/// Why rules were not looked at that take more than a browser would send.
pub(super) const NOT_OWNED: &str =
    "looking at it takes more than a browser would send, which is only sent to hosts shown to be yours";

/// Why rules were not looked at that need the page.
pub(super) const NO_PAGE: &str = "the page could not be had";

pub(super) struct Site<'a> {
    pub(super) seen: &'a Observed,
    /// The page's own answer.
    pub(super) answer: &'a Answer,
    pub(super) url: Url,
    pub(super) page: Page<'a>,
    pub(super) policies: Policies,
}

impl<'a> Site<'a> {
    /// `None`: the page could not be had.
    pub(super) fn of(seen: &'a Observed) -> Option<Self> {
        let answer = seen.page()?;
        let url = Url::parse(&answer.url).ok()?;
        let page = Page::read(&seen.body);
        let policies = Policies::of(answer, &page);
        Some(Self { seen, answer, url, page, policies })
    }

    pub(super) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The values of one of the page's headers as one list, as HTTP joins them.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self.answer.values(name).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// Whether the address belongs to those who run the page: it is in the domain that was asked for if the page is, else
    /// on the page's own host.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        let domain = &self.seen.dns.domain;
        is_within(url, domain) && is_within(&self.url, domain) || url.host() == self.url.host()
    }

    /// The answers on the way here that are its own, the page's too.
    pub(super) fn own_hops(&self) -> impl Iterator<Item = &'a Answer> + '_ {
        self.seen.hops.iter().filter(|hop| Url::parse(&hop.url).is_ok_and(|url| self.is_own(&url)))
    }
}

/// An address without what may carry secrets: user, password, query.
pub(super) fn bare(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Addresses without a host have neither.
    let _ = (url.set_username(""), url.set_password(None));
    url.into()
}

/// As [`bare`], of an address as it was seen.
pub(super) fn bare_text(url: &str) -> String {
    Url::parse(url).map_or_else(|_| url.to_owned(), |url| bare(&url))
}

/// Whether the address's host is the domain or under it.
pub(super) fn is_within(url: &Url, domain: &str) -> bool {
    match url.host() {
        Some(Host::Domain(host)) => {
            let above = host.strip_suffix(domain);
            !domain.is_empty() && above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
        }
        _ => url.host_str() == Some(domain),
    }
}
