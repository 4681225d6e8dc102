//! Alerts of [OWASP ZAP](https://www.zaproxy.org) as findings.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::notes::{Notes, clip, clip_to, named};
use super::observed::{Depth, Observed};
use super::site::{NO_PAGE, elsewhere};
use super::{Finding, Risk, rules};

/// Most alerts that are read: ZAP raises one for each address and parameter.
const MAX_ALERTS: usize = 10_000;

/// Longest explanation taken from an alert, in characters.
const MAX_TEXT: usize = 1_000;

/// What ZAP sent are not alerts.
#[derive(Debug, thiserror::Error)]
pub enum ZapError {
    /// There is no list.
    #[error("ZAP's answer has no list of alerts")]
    NotAlerts,
    /// An alert that cannot be read.
    #[error("ZAP's alert {0} cannot be read: {1}")]
    Alert(usize, #[source] serde_json::Error),
}

/// An alert, as ZAP's view `core/view/alerts` has it: all values are strings.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    plugin_id: String,
    alert: String,
    risk: String,
    #[serde(default)]
    confidence: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    param: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    solution: String,
    #[serde(default)]
    reference: String,
}

/// Reads the alerts that ZAP's API gives (`core/view/alerts`), one finding for all alerts of the same kind. Those that
/// were marked as false positives are left out; what ZAP has little confidence in counts one risk less.
///
/// # Errors
/// When they are not alerts.
pub fn findings(alerts: &Value) -> Result<Vec<Finding>, ZapError> {
    let list = alerts.get("alerts").unwrap_or(alerts).as_array().ok_or(ZapError::NotAlerts)?;
    let mut kinds: BTreeMap<String, (Risk, Vec<Alert>)> = BTreeMap::new();
    for (n, value) in list.iter().take(MAX_ALERTS).enumerate() {
        let alert = Alert::deserialize(value).map_err(|error| ZapError::Alert(n + 1, error))?;
        let Some(risk) = risk(&alert) else { continue };
        let (worst, same) = kinds.entry(id(&alert)).or_insert((risk, Vec::new()));
        *worst = (*worst).max(risk);
        same.push(alert);
    }
    Ok(kinds.into_iter().filter_map(|(id, (risk, same))| finding(id, risk, &same)).collect())
}

fn id(alert: &Alert) -> String {
    let plugin: String = alert.plugin_id.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
    format!("zap-{plugin}")
}

/// `None`: it is a false positive, or of a risk that ZAP does not have.
fn risk(alert: &Alert) -> Option<Risk> {
    let risk = match alert.risk.as_str() {
        "High" => Risk::High,
        "Medium" => Risk::Medium,
        "Low" => Risk::Low,
        "Informational" => Risk::Info,
        _ => return None,
    };
    match alert.confidence.as_str() {
        "False Positive" => None,
        "Low" => Some(match risk {
            Risk::High => Risk::Medium,
            Risk::Medium => Risk::Low,
            Risk::Low | Risk::Info => Risk::Info,
        }),
        _ => Some(risk),
    }
}

/// The alert's evidence and attack are left out: they can be secrets.
fn finding(id: String, risk: Risk, same: &[Alert]) -> Option<Finding> {
    let first = same.first()?;
    let mut places: Vec<String> = same.iter().map(place).collect();
    places.sort();
    places.dedup();
    Some(Finding {
        id,
        risk,
        title: clip_to(&first.alert, 120),
        evidence: clip(&named(&places).unwrap_or_default()),
        why: clip_to(&first.description, MAX_TEXT),
        mend: clip_to(&first.solution, MAX_TEXT),
        reference: clip(&first.reference.split_whitespace().collect::<Vec<_>>().join(" ")),
    })
}

/// The address without its query, which may carry tokens, and the parameter.
fn place(alert: &Alert) -> String {
    let url = alert.url.split(['?', '#']).next().unwrap_or_default();
    if alert.param.is_empty() { url.to_owned() } else { format!("{url} ({})", clip_to(&alert.param, 40)) }
}

/// ZAP's passive rules that say the same as one of ours: <https://www.zaproxy.org/docs/alerts/>.
pub(super) const SAME: [(&str, &[&str]); 14] = [
    ("zap-10020", &["framing"]),
    ("zap-10021", &["content-type-sniffing"]),
    ("zap-10035", &["hsts-missing", "hsts-invalid", "hsts-short", "hsts-subdomains", "https-missing"]),
    ("zap-10036", &["version-banner"]),
    ("zap-10037", &["version-banner"]),
    ("zap-10061", &["version-banner"]),
    ("zap-10010", &["cookie-readable"]),
    ("zap-10011", &["cookie-session-insecure", "cookie-insecure", "cookie-insecure-hsts"]),
    ("zap-10054", &["cookie-samesite-missing", "cookie-samesite-invalid"]),
    ("zap-10038", &["csp-missing", "csp-report-only"]),
    (
        "zap-10055",
        &["csp-unsafe-inline", "csp-any-source", "csp-unsafe-eval", "csp-insecure-source", "csp-object", "csp-base"],
    ),
    ("zap-10063", &["permissions-missing"]),
    ("zap-90003", &["sri-missing"]),
    ("zap-10040", &["mixed-content", "mixed-content-media"]),
];

/// Takes ZAP's findings in, but those that were found already.
pub(super) fn judge(seen: &Observed, alerts: &[Finding], notes: &mut Notes) {
    if seen.depth != Depth::Deep {
        notes.not_looked(&[&rules::ZAP], "only a deep check lets ZAP scan the site");
        return;
    }
    let ours = |zap: &Finding| {
        let same = SAME.iter().find(|(id, _)| *id == zap.id).map_or(&[][..], |(_, same)| same);
        notes.findings.iter().any(|finding| same.contains(&finding.id.as_str()))
    };
    let more: Vec<Finding> = alerts.iter().filter(|alert| !ours(alert)).cloned().collect();
    // ZAP was given the host that was asked for, which does not have the page.
    let missed = elsewhere(seen).or_else(|| seen.page().is_none().then(|| NO_PAGE.to_owned()));
    match missed {
        Some(reason) => notes.not_looked(&[&rules::ZAP], &reason),
        None if alerts.is_empty() => notes.judge(&rules::ZAP, None),
        None => {}
    }
    notes.findings.extend(more);
}
