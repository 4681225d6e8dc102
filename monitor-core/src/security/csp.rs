//! The Content-Security-Policy: whether it stops injected scripts.

mod policy;
#[cfg(test)]
mod tests;

use policy::{Inline, Policy};

use super::html::Page;
use super::notes::Notes;
use super::observed::Answer;
use super::rules;
use super::site::Site;

/// A page's policies. Each can only forbid more: what is let through, all let through.
#[derive(Debug)]
pub(super) struct Policies {
    enforced: Vec<Policy>,
    /// What was sent in report-only mode.
    report_only: Option<String>,
}

/// Who may show the page in a frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// The policies do not say.
    Unsaid,
    /// Everybody, by these sources.
    Open(String),
    /// Not everybody.
    Restricted,
}

impl Policies {
    pub(super) fn of(answer: &Answer, page: &Page<'_>) -> Self {
        let mut enforced: Vec<Policy> =
            answer.values("content-security-policy").flat_map(|value| Policy::read(value, false)).collect();
        let metas = page
            .tags()
            .iter()
            .filter(|tag| tag.name == "meta" && tag.has_word("http-equiv", "content-security-policy"));
        enforced.extend(metas.filter_map(|tag| tag.attribute("content")).flat_map(|value| Policy::read(value, true)));
        let report_only = answer.values("content-security-policy-report-only").next().map(str::to_owned);
        Self { enforced, report_only }
    }

    pub(super) fn framing(&self) -> Framing {
        let said: Vec<(String, bool)> = self.enforced.iter().filter_map(Policy::frame_ancestors).collect();
        match said.first() {
            None => Framing::Unsaid,
            Some((sources, _)) if said.iter().all(|(_, anybody)| *anybody) => Framing::Open(sources.clone()),
            Some(_) => Framing::Restricted,
        }
    }

    pub(super) fn upgrade_insecure(&self) -> bool {
        self.enforced.iter().any(Policy::upgrades_insecure)
    }

    /// Evidence of something that every policy lets through: that of the first.
    fn all<T>(&self, let_through: impl Fn(&Policy) -> Option<T>) -> Option<T> {
        let mut evidence: Vec<T> = self.enforced.iter().map_while(let_through).collect();
        (!evidence.is_empty() && evidence.len() == self.enforced.len()).then(|| evidence.swap_remove(0))
    }

    fn allow_inline(&self, kind: Inline) -> bool {
        self.all(|policy| policy.allows_inline(kind).then_some(())).is_some()
    }
}

pub(super) fn judge(site: &Site<'_>, notes: &mut Notes) {
    let policies = &site.policies;
    if policies.enforced.is_empty() {
        return missing(site, notes);
    }
    notes.judge(&rules::CSP_MISSING, None);
    notes.judge(&rules::CSP_REPORT_ONLY, None);
    let anywhere = policies.all(Policy::any_script_source);
    let inline = match (policies.allow_inline(Inline::Script), policies.allow_inline(Inline::ScriptAttribute)) {
        (true, _) => Some("script elements".to_owned()),
        (false, true) => Some("handlers in attributes".to_owned()),
        (false, false) => None,
    };
    let eval = policies.all(|policy| policy.allows_eval().then(|| "'unsafe-eval'".to_owned()));
    let objects = policies.all(|policy| {
        policy.allows_objects().then(|| "object-src and default-src are missing, or let everything through".to_owned())
    });
    let base = policies
        .all(|policy| policy.leaves_base_open().then(|| "base-uri is missing, or lets everything through".to_owned()));
    let insecure = policies.all(Policy::insecure_source).filter(|_| site.is_https());
    let strict = [&anywhere, &inline, &eval, &objects, &base, &insecure].iter().all(|evidence| evidence.is_none())
        && !policies.allow_inline(Inline::Style)
        && !policies.allow_inline(Inline::StyleAttribute)
        && policies.enforced.iter().any(Policy::is_narrow);
    notes.judge(&rules::CSP_ANY_SOURCE, anywhere);
    notes.judge(&rules::CSP_INLINE, inline);
    notes.judge(&rules::CSP_EVAL, eval);
    notes.judge(&rules::CSP_OBJECT, objects);
    notes.judge(&rules::CSP_BASE, base);
    notes.judge(&rules::CSP_INSECURE, insecure);
    notes.bonus(&rules::CSP_STRICT, strict);
}

/// A policy without the queries of its addresses: where reports go is often told apart by a token.
fn without_queries(policy: &str) -> String {
    let bare = |word: &str| word.split(['?', '#']).next().unwrap_or_default().to_owned();
    let directives =
        policy.split(';').map(|directive| directive.split_ascii_whitespace().map(bare).collect::<Vec<_>>().join(" "));
    directives.filter(|directive| !directive.is_empty()).collect::<Vec<_>>().join("; ")
}

/// What the policy would let through has no meaning where there is none.
fn missing(site: &Site<'_>, notes: &mut Notes) {
    match (&site.policies.report_only, site.unread()) {
        (Some(policy), _) => {
            notes.judge(&rules::CSP_MISSING, None);
            let shown = without_queries(policy);
            notes.judge(&rules::CSP_REPORT_ONLY, Some(format!("Content-Security-Policy-Report-Only: {shown}")));
        }
        (None, Some(reason)) => notes.not_looked(&[&rules::CSP_MISSING], reason),
        (None, None) => notes.judge(&rules::CSP_MISSING, Some("neither as a header nor in the page".to_owned())),
    }
}
