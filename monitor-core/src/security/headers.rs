//! Headers by which a site tells browsers to be careful, each but the Content-Security-Policy.

use std::collections::HashSet;

use super::csp::Framing;
use super::notes::Notes;
use super::rules;
use super::site::Site;

/// Half a year, in seconds: less does not cover who comes back now and then.
const SIX_MONTHS: u64 = 15_768_000;

/// A year, in seconds: what browsers want before they preload a site.
const YEAR: u64 = 31_536_000;

pub(super) fn judge(site: &Site<'_>, notes: &mut Notes) {
    if site.is_https() {
        hsts(site, notes);
    }
    let sniffing = site.header("x-content-type-options");
    // Browsers take the first of several.
    let nosniff = sniffing.as_deref().and_then(|value| value.split(',').next()).map(str::trim);
    notes.judge(
        &rules::SNIFFING,
        (!nosniff.is_some_and(|value| value.eq_ignore_ascii_case("nosniff")))
            .then(|| absent_or("X-Content-Type-Options", sniffing)),
    );
    framing(site, notes);
    referrer(site, notes);
    let absent = |name: &str, shown: &str| site.header(name).is_none().then(|| format!("no {shown} was sent"));
    notes.judge(&rules::PERMISSIONS, absent("permissions-policy", "Permissions-Policy"));
    notes.judge(&rules::OPENER, absent("cross-origin-opener-policy", "Cross-Origin-Opener-Policy"));
}

fn absent_or(name: &str, value: Option<String>) -> String {
    value.map_or_else(|| format!("no {name} was sent"), |value| format!("{name}: {value}"))
}

/// What `Strict-Transport-Security` says.
#[derive(Debug, PartialEq, Eq)]
enum Hsts {
    Missing,
    Invalid(String),
    Policy { max_age: u64, subdomains: bool, preload: bool },
}

/// Whether browsers come back encrypted.
pub(super) fn has_hsts(site: &Site<'_>) -> bool {
    site.is_https()
        && matches!(
            read_hsts(site.answer.values("strict-transport-security").next()),
            Hsts::Policy { max_age: 1.., .. }
        )
}

fn hsts(site: &Site<'_>, notes: &mut Notes) {
    // Browsers take the first of several: RFC 6797, 8.1.
    let value = site.answer.values("strict-transport-security").next();
    let shown = || absent_or("Strict-Transport-Security", value.map(str::to_owned));
    let policy = read_hsts(value);
    let missing = matches!(policy, Hsts::Missing | Hsts::Policy { max_age: 0, .. });
    notes.judge(&rules::HSTS_MISSING, missing.then(shown));
    if missing {
        return;
    }
    let invalid = if let Hsts::Invalid(reason) = &policy { Some(format!("{}: {reason}", shown())) } else { None };
    notes.judge(&rules::HSTS_INVALID, invalid);
    if let Hsts::Policy { max_age, subdomains, preload } = policy {
        notes.judge(&rules::HSTS_SHORT, (max_age < SIX_MONTHS).then(shown));
        notes.judge(&rules::HSTS_SUBDOMAINS, (!subdomains).then(shown));
        notes.bonus(&rules::HSTS_PRELOAD, max_age >= YEAR && subdomains && preload);
    }
}

/// By the grammar of RFC 6797, 6.1: unknown directives are skipped, doubled ones make it invalid.
fn read_hsts(value: Option<&str>) -> Hsts {
    let Some(value) = value else { return Hsts::Missing };
    let mut names: HashSet<String> = HashSet::new();
    let mut max_age = None;
    for directive in value.split(';').map(str::trim).filter(|directive| !directive.is_empty()) {
        let (name, argument) =
            directive.split_once('=').map_or((directive, None), |(name, argument)| (name, Some(argument)));
        let name = name.trim().to_ascii_lowercase();
        if name == "max-age" {
            let seconds = argument.map(|seconds| seconds.trim().trim_matches('"'));
            match seconds.filter(|seconds| !seconds.is_empty() && seconds.bytes().all(|digit| digit.is_ascii_digit())) {
                // Too many digits are very long.
                Some(seconds) => max_age = Some(seconds.parse().unwrap_or(u64::MAX)),
                None => return Hsts::Invalid("max-age is no number of seconds".to_owned()),
            }
        }
        if let Some(known) = names.replace(name) {
            return Hsts::Invalid(format!("{known} stands twice"));
        }
    }
    let has = |name: &str| names.contains(name);
    match max_age {
        Some(max_age) => Hsts::Policy { max_age, subdomains: has("includesubdomains"), preload: has("preload") },
        None => Hsts::Invalid("max-age is missing".to_owned()),
    }
}

/// Browsers that know `frame-ancestors` do not look at `X-Frame-Options` when there is one.
fn framing(site: &Site<'_>, notes: &mut Notes) {
    let evidence = match site.policies.framing() {
        Framing::Restricted => None,
        Framing::Open(sources) => Some(format!("frame-ancestors {sources}")),
        Framing::Unsaid => {
            let value = site.header("x-frame-options");
            let restricts = value.as_deref().is_some_and(restricts_framing);
            (!restricts).then(|| match &value {
                Some(value) => format!("X-Frame-Options: {value}, which browsers do not know, and no frame-ancestors"),
                None => "neither frame-ancestors nor X-Frame-Options was sent".to_owned(),
            })
        }
    };
    notes.bonus(&rules::FRAMING_BY_CSP, site.policies.framing() == Framing::Restricted);
    notes.judge(&rules::FRAMING, evidence);
}

/// As HTML says it of several values: those that differ forbid it all, if any of them is known.
fn restricts_framing(value: &str) -> bool {
    let mut values: Vec<String> = value.split(',').map(|one| one.trim().to_ascii_lowercase()).collect();
    values.sort();
    values.dedup();
    let known = |one: &String| matches!(one.as_str(), "deny" | "sameorigin");
    match values.as_slice() {
        [only] => known(only),
        several => several.iter().any(|one| known(one) || one == "allowall"),
    }
}

fn referrer(site: &Site<'_>, notes: &mut Notes) {
    let header = site.header("referrer-policy");
    let metas = site.page.tags().iter().filter(|tag| tag.name == "meta" && tag.has_word("name", "referrer"));
    // What the page says comes after what the server said.
    let said: Vec<&str> =
        header.iter().map(String::as_str).chain(metas.filter_map(|tag| tag.attribute("content"))).collect();
    let said = said.join(", ");
    // The last value that a browser knows holds.
    let policy = said.split(',').map(str::trim).rfind(|one| is_referrer_policy(one)).map(str::to_ascii_lowercase);
    let shown =
        || if said.is_empty() { "no Referrer-Policy was sent".to_owned() } else { format!("Referrer-Policy: {said}") };
    let Some(policy) = policy else {
        return match site.unread() {
            Some(reason) => notes.not_looked(&[&rules::REFERRER_MISSING], reason),
            None => notes.judge(&rules::REFERRER_MISSING, Some(shown())),
        };
    };
    notes.judge(&rules::REFERRER_MISSING, None);
    let private =
        matches!(policy.as_str(), "no-referrer" | "same-origin" | "strict-origin" | "strict-origin-when-cross-origin");
    notes.judge(&rules::REFERRER_UNSAFE, (!private).then(shown));
    notes.bonus(&rules::REFERRER_PRIVATE, private);
}

fn is_referrer_policy(value: &str) -> bool {
    const POLICIES: [&str; 8] = [
        "no-referrer",
        "no-referrer-when-downgrade",
        "same-origin",
        "origin",
        "strict-origin",
        "origin-when-cross-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    ];
    POLICIES.iter().any(|known| known.eq_ignore_ascii_case(value))
}
