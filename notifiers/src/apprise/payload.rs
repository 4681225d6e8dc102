use monitor_core::alerting::{Severity, Stage};
use serde::Serialize;

use super::{Settings, To};
use crate::escape::cut_chars;
use crate::message::Post;
use crate::words;

/// Longest title, in characters: what most services take. Apprise cuts or joins it for those that take less.
const MAX_TITLE: usize = 250;

/// Longest body, in characters. The server's own limit is above it, and Apprise splits it for services that take less.
/// Source: <https://github.com/caronc/apprise-api/blob/master/apprise_api/api/forms.py>.
const MAX_BODY: usize = 20_000;

/// What an Apprise server is sent.
#[derive(Debug, Serialize)]
pub(super) struct Payload<'a> {
    title: String,
    body: String,
    /// Apprise's word for how it looks.
    r#type: &'static str,
    format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    urls: Option<&'a str>,
}

pub(super) fn payload<'a>(settings: &'a Settings, post: &Post<'_>) -> Payload<'a> {
    let look = words::look(post.notification);
    let title = format!("{} {}", look.symbol, words::title(post.notification));
    let urls = match &settings.to {
        To::Key(_) => None,
        To::Services(services) => Some(services.expose()),
    };
    Payload {
        title: cut_chars(&title, MAX_TITLE),
        body: cut_chars(&words::body(post), MAX_BODY),
        r#type: kind(post),
        format: "text",
        tag: settings.tag.as_deref(),
        urls,
    }
}

fn kind(post: &Post<'_>) -> &'static str {
    match post.notification.incident.as_ref().map(|brief| (brief.stage, brief.severity)) {
        None | Some((Stage::Acknowledged, _) | (Stage::Open, Severity::Info)) => "info",
        Some((Stage::Resolved, _)) => "success",
        Some((Stage::Open, Severity::Warning)) => "warning",
        Some((Stage::Open, Severity::Critical)) => "failure",
    }
}
