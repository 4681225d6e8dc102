use monitor_core::alerting::{Event, IncidentBrief, Severity};
use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

use super::Settings;
use crate::escape::cut_chars;
use crate::message::Post;
use crate::words;

/// Longest summary, in characters. Source: <https://developer.pagerduty.com/docs/send-alert-event>.
pub(super) const MAX_SUMMARY: usize = 1_024;

/// Longest key that an alert is found by, in characters. Source: as above.
pub(super) const MAX_DEDUP_KEY: usize = 255;

/// Longest other text, in characters: an event of this size is far below the 512 KB that are taken.
/// Source: <https://developer.pagerduty.com/docs/events-api-v2-overview>.
const MAX_TEXT: usize = 4_096;

/// What PagerDuty is sent. Source: <https://developer.pagerduty.com/docs/send-alert-event>.
#[derive(Debug, Serialize)]
pub(super) struct Payload<'a> {
    routing_key: &'a str,
    event_action: &'static str,
    pub(super) dedup_key: String,
    client: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Alert>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    links: Vec<Link>,
}

#[derive(Debug, Serialize)]
struct Alert {
    pub(super) summary: String,
    source: String,
    severity: &'static str,
    timestamp: String,
    group: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<String>,
    custom_details: Map<String, Value>,
}

#[derive(Debug, Serialize)]
struct Link {
    href: String,
    text: String,
}

pub(super) fn payload<'a>(settings: &'a Settings, post: &Post<'_>) -> Payload<'a> {
    let notification = post.notification;
    let incident = notification.incident.as_ref();
    let event_action = match notification.event {
        Event::Acknowledged => "acknowledge",
        Event::Resolved => "resolve",
        _ => "trigger",
    };
    // Only a trigger may hold more than the key.
    let trigger = event_action == "trigger";
    let key = incident.map_or_else(|| notification.key.clone(), IncidentBrief::thread_key);
    Payload {
        routing_key: settings.key.expose(),
        event_action,
        dedup_key: cut_chars(&key, MAX_DEDUP_KEY),
        client: "Watchword",
        payload: trigger.then(|| alert(post)),
        links: incident.filter(|_| trigger).map(links).unwrap_or_default(),
    }
}

fn alert(post: &Post<'_>) -> Alert {
    let incident = post.notification.incident.as_ref();
    let first = incident.and_then(|brief| brief.members.first());
    let title = words::title(post.notification);
    let summary = match words::text(post) {
        text if text.is_empty() => title,
        text => format!("{title}: {text}"),
    };
    Alert {
        summary: cut_chars(&summary, MAX_SUMMARY),
        source: cut_chars(first.map_or(post.organisation, |member| &member.target), MAX_TEXT),
        severity: severity(incident.map_or(Severity::Info, |brief| brief.severity)),
        timestamp: post.notification.at.to_string(),
        group: cut_chars(post.organisation, MAX_TEXT),
        component: first.map(|member| cut_chars(&member.name, MAX_TEXT)),
        class: incident.map(|brief| brief.reason.clone()).filter(|reason| !reason.is_empty()),
        custom_details: details(post),
    }
}

/// Those of PagerDuty, which has `error` beside them.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

fn details(post: &Post<'_>) -> Map<String, Value> {
    let mut details: Map<String, Value> =
        words::facts(post).into_iter().map(|fact| (fact.name.to_owned(), fact.value.into())).collect();
    if let Some(brief) = &post.notification.incident {
        let members: Vec<String> =
            words::members(brief, IncidentBrief::MEMBERS).iter().map(|line| cut_chars(line, MAX_TEXT)).collect();
        details.insert("Monitors".to_owned(), members.into());
    }
    details
}

/// What is watched, where that is an address from which nothing had to be hidden.
fn links(brief: &IncidentBrief) -> Vec<Link> {
    let is_address = |target: &str| {
        Url::parse(target).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) && !target.contains("***")
    };
    let members = brief.members.iter().filter(|member| member.target.len() <= MAX_TEXT && is_address(&member.target));
    members.map(|member| Link { href: member.target.clone(), text: cut_chars(&member.name, MAX_TEXT) }).collect()
}
