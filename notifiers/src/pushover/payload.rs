use monitor_core::alerting::{Event, MemberBrief, Severity};
use url::Url;

use super::{Emergency, Settings};
use crate::escape::cut_chars;
use crate::message::Post;
use crate::words;

/// Longest message, in characters of up to four bytes. Source: <https://pushover.net/api#limits>.
pub(super) const MAX_MESSAGE: usize = 1_024;
/// Longest title, in the same. Source: as above.
pub(super) const MAX_TITLE: usize = 250;
/// Longest address that goes with a message, in the same. Source: as above.
pub(super) const MAX_URL: usize = 512;
/// Longest title of that address, in the same. Source: as above.
pub(super) const MAX_URL_TITLE: usize = 100;

/// The priority that rings until somebody confirms. Source: <https://pushover.net/api#priority>.
const EMERGENCY: i8 = 2;

/// The fields of the form that Pushover is sent. Source: <https://pushover.net/api#messages>.
pub(super) fn payload(settings: &Settings, post: &Post<'_>) -> Vec<(&'static str, String)> {
    let notification = post.notification;
    let incident = notification.incident.as_ref();
    let priority = priority(settings, post);
    let mut form = vec![
        ("token", settings.token.expose().to_owned()),
        ("user", settings.user.expose().to_owned()),
        ("title", cut_chars(&words::title(notification), MAX_TITLE)),
        ("message", cut_chars(&words::body(post), MAX_MESSAGE)),
        ("timestamp", notification.at.as_millis().div_euclid(1_000).to_string()),
        ("priority", priority.to_string()),
    ];
    form.extend(settings.device.clone().map(|device| ("device", device)));
    if let Some(member) = incident.and_then(|brief| brief.members.first()).filter(|member| is_link(member)) {
        form.push(("url", member.target.clone()));
        form.push(("url_title", cut_chars(&member.name, MAX_URL_TITLE)));
    }
    if let Some(Emergency { retry_s, expire_s }) = settings.emergency.filter(|_| priority == EMERGENCY) {
        form.push(("retry", retry_s.to_string()));
        form.push(("expire", expire_s.to_string()));
        // By this the emergencies of an incident are silenced when somebody acknowledges it elsewhere.
        form.extend(incident.map(|brief| ("tags", brief.thread_key())));
    }
    form
}

/// 1 rings through quiet hours, 0 is the default, -1 makes no sound. Source: <https://pushover.net/api#priority>.
fn priority(settings: &Settings, post: &Post<'_>) -> i8 {
    let notification = post.notification;
    match &notification.incident {
        _ if !notification.event.is_loud() => -1,
        Some(brief) if notification.event != Event::Resolved => match brief.severity {
            Severity::Critical if settings.emergency.is_some() => EMERGENCY,
            Severity::Critical => 1,
            Severity::Warning => 0,
            Severity::Info => -1,
        },
        _ => 0,
    }
}

fn is_link(member: &MemberBrief) -> bool {
    let target = member.target.as_str();
    let is_address = Url::parse(target).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    is_address && !target.contains("***") && target.chars().count() <= MAX_URL
}
