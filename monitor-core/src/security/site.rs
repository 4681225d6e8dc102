//! The page that was seen, as the rules about it need it.

use url::{Host, Url};

use super::csp::Policies;
use super::html::Page;
use super::observed::{Answer, Observed, is_of_asked};

/// Why rules were not looked at that take more than a browser would send.
pub(super) const NOT_OWNED: &str =
    "looking at it takes more than a browser would send, which is only sent to hosts shown to be yours";

/// Why rules were not looked at that need the page.
pub(super) const NO_PAGE: &str = "the page could not be had";

/// Why rules that take more than a browser would send were not looked at for the page, though they were for the host that was
/// asked for; `None`: the page is there, or there is none.
pub(super) fn elsewhere(seen: &Observed) -> Option<String> {
    let (page, asked) = (Url::parse(&seen.page()?.url).ok()?, Url::parse(&seen.asked).ok()?);
    (!is_of_asked(&page, &asked)).then(|| {
        let origin = |url: &Url| url.origin().ascii_serialization();
        format!(
            "the page is at {0}, and only {1} was asked for it: verify-host {2}, and check {0} by itself",
            origin(&page),
            origin(&asked),
            origin(&page).split_once("://").map_or("", |(_, host)| host)
        )
    })
}

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

    /// Why there may be more in the page than was read.
    pub(super) fn cut(&self) -> Option<&'a str> {
        let many = self.page.is_cut().then_some("the page has more tags than are looked at");
        self.seen.body_cut.as_deref().or(many)
    }

    /// Why nothing of the page was read, in which it may say what its headers do not.
    pub(super) fn unread(&self) -> Option<&'a str> {
        self.seen.body_cut.as_deref().filter(|_| self.seen.body.is_empty())
    }

    /// Why there may be more in the page's scripts than was read.
    pub(super) fn scripts_cut(&self) -> Option<&'a str> {
        self.seen.scripts_cut.as_deref().or(self.cut())
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

    /// The answers on the way here that are its own, the page's too, and those to `http://`.
    pub(super) fn own_answers(&self) -> impl Iterator<Item = &'a Answer> + '_ {
        let plain = self.seen.plain.as_deref().unwrap_or_default();
        let all = self.seen.hops.iter().chain(plain);
        all.filter(|answer| Url::parse(&answer.url).is_ok_and(|url| self.is_own(&url)))
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
            // A dot at the end says that the name is whole.
            let above = host.trim_end_matches('.').strip_suffix(domain.trim_end_matches('.'));
            !domain.is_empty() && above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
        }
        _ => url.host_str() == Some(domain),
    }
}
