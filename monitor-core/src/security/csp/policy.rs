//! Content-Security-Policies: reading them, and what they let through. <https://www.w3.org/TR/CSP3/>

use std::collections::BTreeMap;

/// One policy: directives with their sources, by their names in lower case. A stranger can write hundreds of thousands of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Policy {
    directives: BTreeMap<String, Vec<String>>,
}

/// Directives that browsers ignore in a page: CSP 3, 3.3.
const NOT_IN_PAGE: [&str; 3] = ["frame-ancestors", "report-uri", "sandbox"];

/// Directives that rule what is fetched.
const FETCHING: [&str; 17] = [
    "default-src",
    "script-src",
    "script-src-elem",
    "script-src-attr",
    "style-src",
    "style-src-elem",
    "style-src-attr",
    "img-src",
    "font-src",
    "connect-src",
    "media-src",
    "object-src",
    "frame-src",
    "child-src",
    "worker-src",
    "manifest-src",
    "prefetch-src",
];

/// Those of them that rule nothing but scripts.
const ONLY_SCRIPTS: [&str; 3] = ["script-src", "script-src-elem", "script-src-attr"];

/// What kind of inline code is asked about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Inline {
    Script,
    ScriptAttribute,
    Style,
    StyleAttribute,
}

impl Inline {
    /// The directives that rule it: the first that there is counts.
    const fn directives(self) -> &'static [&'static str] {
        match self {
            Self::Script => SCRIPTS,
            Self::ScriptAttribute => &["script-src-attr", "script-src", "default-src"],
            Self::Style => &["style-src-elem", "style-src", "default-src"],
            Self::StyleAttribute => &["style-src-attr", "style-src", "default-src"],
        }
    }
}

const SCRIPTS: &[&str] = &["script-src-elem", "script-src", "default-src"];

impl Policy {
    /// Reads a header's value or, `in_page`, a `meta` tag's content. Commas part policies; those without a directive are none.
    pub(super) fn read(value: &str, in_page: bool) -> Vec<Self> {
        let policies = value.split(',').map(|one| Self::read_one(one, in_page));
        policies.filter(|policy| !policy.directives.is_empty()).collect()
    }

    fn read_one(text: &str, in_page: bool) -> Self {
        let mut policy = Self::default();
        for directive in text.split(';') {
            let mut words = directive.split_ascii_whitespace();
            let Some(name) = words.next().map(str::to_ascii_lowercase) else { continue };
            if !(in_page && NOT_IN_PAGE.contains(&name.as_str())) {
                // Of a doubled directive the first counts.
                policy.directives.entry(name).or_insert_with(|| words.map(str::to_owned).collect());
            }
        }
        policy
    }

    /// A directive's sources; `None`: it does not stand there.
    fn only(&self, name: &str) -> Option<&[String]> {
        self.directives.get(name).map(Vec::as_slice)
    }

    /// The sources of the first of these directives that stands there.
    fn first(&self, names: &[&str]) -> Option<&[String]> {
        names.iter().find_map(|name| self.only(name))
    }

    fn script_sources(&self) -> Option<&[String]> {
        self.first(SCRIPTS)
    }

    /// "Does a source list allow all inline behavior for type?", CSP 3, 6.7.3.2; without a list everything is allowed.
    pub(super) fn allows_inline(&self, kind: Inline) -> bool {
        let Some(sources) = self.first(kind.directives()) else { return true };
        let is_script = matches!(kind, Inline::Script | Inline::ScriptAttribute);
        let neutralised =
            sources.iter().any(|source| is_nonce_or_hash(source)) || is_script && has(sources, "'strict-dynamic'");
        has(sources, "'unsafe-inline'") && !neutralised
    }

    /// What lets scripts come from anywhere; `None`: nothing does. With 'strict-dynamic' hosts and schemes do not count.
    pub(super) fn any_script_source(&self) -> Option<String> {
        let Some(sources) = self.script_sources() else { return Some("neither script-src nor default-src".to_owned()) };
        if has(sources, "'strict-dynamic'") {
            return None;
        }
        let anywhere: Vec<&str> = sources.iter().map(String::as_str).filter(|source| is_anywhere(source)).collect();
        (!anywhere.is_empty()).then(|| anywhere.join(" "))
    }

    pub(super) fn allows_eval(&self) -> bool {
        self.first(&["script-src", "default-src"]).is_some_and(|sources| has(sources, "'unsafe-eval'"))
    }

    pub(super) fn allows_objects(&self) -> bool {
        self.first(&["object-src", "default-src"])
            .is_none_or(|sources| sources.iter().any(|source| is_anywhere(source)))
    }

    pub(super) fn leaves_base_open(&self) -> bool {
        self.only("base-uri").is_none_or(|sources| sources.iter().any(|source| is_anywhere(source)))
    }

    /// A source that is fetched over http://. With 'strict-dynamic' hosts and schemes of scripts do not count.
    pub(super) fn insecure_source(&self) -> Option<String> {
        if self.upgrades_insecure() {
            return None;
        }
        FETCHING.iter().find_map(|name| {
            let sources = self.only(name)?;
            if ONLY_SCRIPTS.contains(name) && has(sources, "'strict-dynamic'") {
                return None;
            }
            let source = sources.iter().find(|source| starts(source, "http:") || starts(source, "ws:"))?;
            Some(format!("{name} {source}"))
        })
    }

    /// Which sites may show the page in a frame; `None`: it is not said. A second value tells whether any may.
    pub(super) fn frame_ancestors(&self) -> Option<(String, bool)> {
        let sources = self.only("frame-ancestors")?;
        Some((sources.join(" "), sources.iter().any(|source| is_anywhere(source))))
    }

    /// Whether what the page names with http:// is fetched with https:// all the same, or not at all.
    pub(super) fn upgrades_insecure(&self) -> bool {
        self.only("upgrade-insecure-requests").is_some()
    }

    /// Whether everything is forbidden that is not allowed by name, or scripts need a nonce or a hash.
    pub(super) fn is_narrow(&self) -> bool {
        self.only("default-src").is_some_and(is_none)
            || self
                .script_sources()
                .is_some_and(|sources| is_none(sources) || sources.iter().any(|s| is_nonce_or_hash(s)))
    }
}

fn starts(source: &str, prefix: &str) -> bool {
    source.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn has(sources: &[String], keyword: &str) -> bool {
    sources.iter().any(|source| source.eq_ignore_ascii_case(keyword))
}

/// `'none'` counts when it stands alone; no source at all is the same.
fn is_none(sources: &[String]) -> bool {
    match sources {
        [] => true,
        [only] => only.eq_ignore_ascii_case("'none'"),
        _ => false,
    }
}

fn is_nonce_or_hash(source: &str) -> bool {
    ["'nonce-", "'sha256-", "'sha384-", "'sha512-"]
        .iter()
        .any(|kind| starts(source, kind) && source.len() > kind.len() + 1)
}

/// A scheme alone or every host: `https:`, `*`, `https://*`. `data:` carries the script itself. `blob:` and `filesystem:`
/// addresses are made by scripts that run already.
fn is_anywhere(source: &str) -> bool {
    let source = source.to_ascii_lowercase();
    if matches!(source.as_str(), "http:" | "https:" | "data:" | "ws:" | "wss:") {
        return true;
    }
    let host = source.split_once("://").map_or(source.as_str(), |(_, host)| host);
    let host = host.split('/').next().unwrap_or_default();
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    host == "*"
}
