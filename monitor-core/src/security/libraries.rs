//! JavaScript libraries with known holes: which the page loads, and what is known of them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use super::notes::{Notes, named};
use super::rules;
use super::site::Site;
use super::version::Version;

/// The table: how libraries name themselves, and which of their versions have which holes.
static TABLE: LazyLock<Table> =
    LazyLock::new(|| serde_json::from_str(include_str!("libraries/table.json")).unwrap_or_default());

/// What a version looks like, where a pattern of the table says `§`.
const VERSION: &str = r"([0-9]+(?:\.[0-9]+){1,3}(?:-?(?:alpha|beta|rc|next)[0-9.]*)?)";

/// Most scripts whose addresses are looked at.
const MAX_SCRIPTS: usize = 1_000;

/// Libraries and their holes.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// When it was last held against its sources.
    pub(super) dated: String,
    /// What it was made from.
    pub(super) source: String,
    pub(super) libraries: Vec<Library>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Library {
    /// What its findings' ids end with.
    pub(super) name: String,
    /// Its name, for people.
    pub(super) title: String,
    /// Patterns that its addresses match, without what stands behind `?`.
    addresses: Vec<Pattern>,
    /// Patterns that its text matches.
    banners: Vec<Pattern>,
    pub(super) holes: Vec<Hole>,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Pattern(Regex);

impl TryFrom<String> for Pattern {
    type Error = regex::Error;
    fn try_from(text: String) -> Result<Self, regex::Error> {
        Regex::new(&text.replace('§', VERSION)).map(Self)
    }
}

/// A hole, and the versions that have it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hole {
    /// The first version that has it; without one all have that are lower than `below`.
    from: Option<Bound>,
    /// The first version that does not have it any more; without one it is not mended.
    below: Option<Bound>,
    /// A CVE's or an advisory's number.
    id: String,
    /// What it is.
    what: String,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Bound(Version);

impl TryFrom<String> for Bound {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Version::read(&text).map(Self).ok_or_else(|| format!("{text} is no version"))
    }
}

/// The table, for the docs.
pub(super) fn table() -> &'static Table {
    &TABLE
}

pub(super) fn judge(site: &Site<'_>, notes: &mut Notes) {
    let loaded = loaded(site);
    let mut found = false;
    for library in &TABLE.libraries {
        let versions = loaded.get(library.name.as_str()).map(Vec::as_slice).unwrap_or_default();
        let evidence: Vec<String> =
            versions.iter().filter_map(|(text, version)| library.evidence(text, version)).collect();
        if let Some(evidence) = (!evidence.is_empty()).then(|| evidence.join("; ")) {
            let mut finding = rules::LIBRARY.broken(&format!("library-{}", library.name), &evidence);
            finding.title = format!("{} has known holes", library.title);
            notes.findings.push(finding);
            found = true;
        }
    }
    match site.scripts_cut() {
        // Of a family some may be found, and others not looked at.
        Some(reason) => notes.not_looked(&[&rules::LIBRARY], reason),
        None if !found => notes.judge(&rules::LIBRARY, None),
        None => {}
    }
}

/// Versions of libraries, by their names, each version once.
fn loaded(site: &Site<'_>) -> BTreeMap<&'static str, Vec<(String, Version)>> {
    let mut loaded: BTreeMap<&str, Vec<(String, Version)>> = BTreeMap::new();
    let mut addresses = site.page.scripts(&site.url);
    addresses.truncate(MAX_SCRIPTS);
    let inline = site.page.tags().iter().filter(|tag| tag.name == "script").map(|tag| tag.text);
    let texts: Vec<&str> = site.seen.scripts.iter().map(|script| script.text.as_str()).chain(inline).collect();
    for library in &TABLE.libraries {
        let by_address =
            addresses.iter().flat_map(|url| library.addresses.iter().filter_map(|pattern| pattern.version(url.path())));
        let by_text = texts.iter().flat_map(|text| library.banners.iter().filter_map(|pattern| pattern.version(text)));
        for (text, version) in by_address.chain(by_text) {
            let versions = loaded.entry(&library.name).or_default();
            if versions.iter().all(|(_, known)| *known != version) {
                versions.push((text, version));
            }
        }
    }
    loaded
}

impl Pattern {
    fn version(&self, text: &str) -> Option<(String, Version)> {
        let version = self.0.captures(text)?.get(1)?.as_str();
        Some((version.to_owned(), Version::read(version)?))
    }
}

impl Library {
    fn evidence(&self, text: &str, version: &Version) -> Option<String> {
        let holes: Vec<String> = self.holes.iter().filter(|hole| hole.has(version)).map(Hole::said).collect();
        named(&holes).map(|holes| format!("{} {text}: {holes}", self.title))
    }
}

impl Hole {
    fn has(&self, version: &Version) -> bool {
        self.from.as_ref().is_none_or(|from| *version >= from.0)
            && self.below.as_ref().is_none_or(|below| *version < below.0)
    }

    fn said(&self) -> String {
        format!("{} ({})", self.id, self.what)
    }
}
