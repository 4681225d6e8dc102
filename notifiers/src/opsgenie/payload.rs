use std::collections::BTreeMap;

use monitor_core::alerting::{Event, IncidentBrief, Severity};
use serde::Serialize;

use crate::escape::cut_chars;
use crate::message::Post;
use crate::words;

/// Longest message of an alert, in characters. Source for this and what follows:
/// <https://docs.opsgenie.com/docs/alert-api#create-alert>.
pub(super) const MAX_MESSAGE: usize = 130;
/// Longest alias, in characters.
pub(super) const MAX_ALIAS: usize = 512;
/// Longest description, in characters.
pub(super) const MAX_DESCRIPTION: usize = 15_000;
/// Longest domain of an alert, in characters.
const MAX_ENTITY: usize = 512;
/// Longest text of all details together, in characters.
const MAX_DETAILS: usize = 8_000;
/// Longest name of who did it, in characters.
pub(super) const MAX_USER: usize = 100;
/// Longest note, in characters.
pub(super) const MAX_NOTE: usize = 25_000;

/// What Opsgenie is asked.
#[derive(Debug, Serialize)]
pub(super) struct Payload {
    /// What the alert is found by.
    pub(super) alias: String,
    /// What is done to it; `None` creates it.
    pub(super) action: Option<&'static str>,
    pub(super) body: Body,
}

/// The body of a request.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Body {
    /// Source: <https://docs.opsgenie.com/docs/alert-api#create-alert>.
    Alert(Box<Alert>),
    /// Source: <https://docs.opsgenie.com/docs/alert-api#acknowledge-alert>, and the same for notes and closing.
    Note {
        /// Who did it.
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<String>,
        source: &'static str,
        note: String,
    },
}

#[derive(Debug, Serialize)]
pub(super) struct Alert {
    message: String,
    alias: String,
    description: String,
    priority: &'static str,
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<String>,
    tags: Vec<&'static str>,
    details: BTreeMap<&'static str, String>,
}

pub(super) fn payload(post: &Post<'_>) -> Payload {
    let notification = post.notification;
    let incident = notification.incident.as_ref();
    let alias = incident.map_or_else(|| notification.key.clone(), IncidentBrief::thread_key);
    let alias = cut_chars(&alias, MAX_ALIAS);
    let action = match notification.event {
        Event::Acknowledged => Some("acknowledge"),
        Event::Resolved => Some("close"),
        // Who has not been told of an incident before is told of a grown one as of a new one.
        Event::Grew if post.before.is_some() => Some("notes"),
        _ => None,
    };
    let body = match action {
        None => Body::Alert(Box::new(alert(post, &alias))),
        Some(_) => note(post),
    };
    Payload { alias, action, body }
}

fn alert(post: &Post<'_>, alias: &str) -> Alert {
    let incident = post.notification.incident.as_ref();
    let severity = incident.map_or(Severity::Info, |brief| brief.severity);
    let entity = incident.and_then(|brief| brief.members.first());
    let facts = words::facts(post);
    let each = MAX_DETAILS / facts.len().max(1);
    Alert {
        message: cut_chars(&words::title(post.notification), MAX_MESSAGE),
        alias: alias.to_owned(),
        description: cut_chars(&words::body(post), MAX_DESCRIPTION),
        priority: priority(severity),
        source: "Watchword",
        entity: entity.map(|member| cut_chars(&member.target, MAX_ENTITY)),
        tags: vec!["watchword", severity.as_str()],
        details: facts.into_iter().map(|fact| (fact.name, cut_chars(&fact.value, each - fact.name.len()))).collect(),
    }
}

/// P1 is the loudest, P5 the quietest.
fn priority(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "P1",
        Severity::Warning => "P3",
        Severity::Info => "P5",
    }
}

fn note(post: &Post<'_>) -> Body {
    let notification = post.notification;
    let acknowledged = notification.incident.as_ref().and_then(|brief| brief.acknowledged.as_ref());
    let who =
        acknowledged.filter(|_| notification.event == Event::Acknowledged).map(|(_, who)| cut_chars(who, MAX_USER));
    let text = format!("{}\n{}", words::title(notification), words::body(post));
    Body::Note { user: who, source: "Watchword", note: cut_chars(&text, MAX_NOTE) }
}
