use monitor_core::Timestamp;
use monitor_core::alerting::{IncidentBrief, MemberBrief};
use serde_json::{Map, Value, json};

use crate::message::Post;
use crate::words;

/// What is sent unless the owner says otherwise.
pub(super) const DEFAULT_BODY: &str = r#"{
    "key": "{{key}}",
    "event": "{{event}}",
    "at": "{{at}}",
    "organisation": "{{organisation}}",
    "title": "{{title}}",
    "text": "{{text}}",
    "incident": "{{incident}}"
}"#;

/// The names that a template may use.
pub(super) const PLACEHOLDERS: &[&str] = &[
    "key",
    "event",
    "at",
    "organisation",
    "title",
    "text",
    "summary",
    "severity",
    "stage",
    "colour",
    "incident",
    "incident_id",
    "incident_title",
    "opened_at",
    "acknowledged_at",
    "acknowledged_by",
    "resolved_at",
    "reason",
    "why",
    "members",
    "member_count",
    "failing_count",
];

/// The values of all placeholders. Times are RFC 3339 in UTC; what there is not is `null`.
pub(super) fn values(post: &Post<'_>) -> Map<String, Value> {
    let notification = post.notification;
    let mut values = Map::new();
    let mut set = |name: &str, value: Value| _ = values.insert(name.to_owned(), value);
    set("key", notification.key.as_str().into());
    set("event", notification.event.as_str().into());
    set("at", time(notification.at));
    set("organisation", post.organisation.into());
    set("title", words::title(notification).into());
    set("text", words::text(post).into());
    set("summary", words::body(post).into());
    set("colour", words::look(notification).hex().into());
    if let Some(brief) = &notification.incident {
        let incident = incident(brief);
        for (name, value) in &incident {
            let name = match name.as_str() {
                "id" => "incident_id",
                "title" => "incident_title",
                name => name,
            };
            set(name, value.clone());
        }
        set("incident", incident.into());
    }
    values
}

fn incident(brief: &IncidentBrief) -> Map<String, Value> {
    let acknowledged = brief.acknowledged.as_ref();
    let fields = [
        ("id", json!(brief.id.to_string())),
        ("title", brief.title.as_str().into()),
        ("severity", brief.severity.as_str().into()),
        ("stage", brief.stage.as_str().into()),
        ("opened_at", time(brief.opened_at)),
        ("acknowledged_at", acknowledged.map(|(at, _)| time(*at)).into()),
        ("acknowledged_by", acknowledged.map(|(_, who)| who.as_str()).into()),
        ("resolved_at", brief.resolved.map(|(at, _)| time(at)).into()),
        ("reason", brief.reason.as_str().into()),
        ("why", brief.why.as_str().into()),
        ("members", brief.members.iter().map(member).collect()),
        ("member_count", brief.member_count.into()),
        ("failing_count", brief.failing_count.into()),
    ];
    fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}

fn member(member: &MemberBrief) -> Value {
    json!({
        "name": member.name,
        "target": member.target,
        "since": time(member.since),
        "until": member.until.map(time),
        "why": member.why,
    })
}

fn time(at: Timestamp) -> Value {
    at.to_string().into()
}
