//! What the page loads and where its forms go.

use std::collections::BTreeMap;

use url::Url;

use super::html::{Page, Tag};
use super::notes::{Notes, named};
use super::rules;
use super::site::{Site, bare};

/// The addresses of one kind that a tag names.
type Addresses = for<'t> fn(&'t Tag<'_>) -> Vec<&'t str>;

pub(super) fn judge(site: &Site<'_>, notes: &mut Notes) {
    let (base, cut) = (site.page.base(&site.url), site.cut());
    if site.is_https() {
        let upgraded = site.policies.upgrade_insecure();
        let insecure = |addresses: Addresses| {
            if upgraded { None } else { named(&insecure(&site.page, &base, addresses)) }
        };
        notes.judge_part(&rules::MIXED_ACTIVE, insecure(active), cut.filter(|_| !upgraded));
        notes.judge_part(&rules::MIXED_PASSIVE, insecure(passive), cut.filter(|_| !upgraded));
        notes.judge_part(&rules::FORM_INSECURE, insecure(forms), cut.filter(|_| !upgraded));
    }
    let foreign = foreign(site, &base);
    let unchecked: Vec<String> = foreign.iter().filter(|(_, checked)| !**checked).map(|(url, _)| bare(url)).collect();
    notes.bonus(&rules::SRI_EVERYWHERE, !foreign.is_empty() && unchecked.is_empty() && cut.is_none());
    notes.judge_part(&rules::SRI_MISSING, named(&unchecked), cut);
}

/// The addresses that are resolved to http://, each once.
fn insecure(page: &Page<'_>, base: &Url, addresses: Addresses) -> Vec<String> {
    let found = page.tags().iter().flat_map(addresses).filter_map(|address| base.join(address.trim()).ok());
    let mut found: Vec<String> = found.filter(|url| url.scheme() == "http").map(|url| bare(&url)).collect();
    found.sort();
    found.dedup();
    found
}

/// What rules the page if it is replaced.
fn active<'t>(tag: &'t Tag<'_>) -> Vec<&'t str> {
    let attribute = match tag.name.as_str() {
        "script" | "iframe" | "frame" | "embed" => "src",
        "object" => "data",
        "link" if tag.has_word("rel", "stylesheet") || tag.has_word("rel", "modulepreload") => "href",
        _ => return Vec::new(),
    };
    tag.attribute(attribute).into_iter().collect()
}

fn passive<'t>(tag: &'t Tag<'_>) -> Vec<&'t str> {
    let is_picture = matches!(tag.name.as_str(), "img" | "source");
    match tag.name.as_str() {
        "img" | "audio" | "video" | "source" | "track" | "input" => {
            let of_set = tag.attribute("srcset").filter(|_| is_picture).unwrap_or_default();
            let of_set = of_set.split(',').filter_map(|candidate| candidate.split_ascii_whitespace().next());
            tag.attribute("src").into_iter().chain(of_set).collect()
        }
        _ => Vec::new(),
    }
}

fn forms<'t>(tag: &'t Tag<'_>) -> Vec<&'t str> {
    match tag.name.as_str() {
        "form" => tag.attribute("action").into_iter().collect(),
        "button" | "input" => tag.attribute("formaction").into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Scripts and styles of others, and whether each is held against a hash wherever it stands.
fn foreign(site: &Site<'_>, base: &Url) -> BTreeMap<Url, bool> {
    let mut foreign: BTreeMap<Url, bool> = BTreeMap::new();
    for tag in site.page.tags() {
        let address = match tag.name.as_str() {
            "script" => tag.attribute("src"),
            "link" if tag.has_word("rel", "stylesheet") => tag.attribute("href"),
            _ => None,
        };
        let Some(url) = address.and_then(|address| base.join(address.trim()).ok()) else { continue };
        if matches!(url.scheme(), "http" | "https") && !site.is_own(&url) {
            let checked = tag.attribute("integrity").is_some_and(is_integrity);
            *foreign.entry(url).or_insert(true) &= checked;
        }
    }
    foreign
}

/// Hashes that browsers know; without one of them they check nothing.
fn is_integrity(value: &str) -> bool {
    value.split_ascii_whitespace().any(|hash| {
        ["sha256-", "sha384-", "sha512-"]
            .iter()
            .any(|kind| hash.strip_prefix(kind).is_some_and(|digest| !digest.is_empty()))
    })
}
