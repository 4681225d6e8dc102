//! What Healthchecks answers to `GET /api/v3/checks/`. Source: <https://healthchecks.io/docs/api/>.

use std::time::Duration;

use monitor_core::heartbeat::{HeartbeatSpec, Schedule, Uuid};
use monitor_core::monitor::CheckSpec;
use serde_json::Value;

use crate::draft::{Draft, Entry, Import};
use crate::record::Record;
use crate::words;

/// The period of a check that has neither timeout nor schedule, in seconds.
const DEFAULT_TIMEOUT: f64 = 86_400.0;

/// The grace time of a check that has none, in seconds.
const DEFAULT_GRACE: f64 = 3_600.0;

/// What is no setting.
const STATE: &[&str] = &[
    "n_pings",
    "last_ping",
    "next_ping",
    "last_duration",
    "started",
    "update_url",
    "pause_url",
    "resume_url",
    "badge_url",
    "unique_key",
    "uuid",
    "slug",
];

/// Reads the checks.
pub(crate) fn read(items: Vec<Value>) -> Import {
    let entries = items.into_iter().map(|item| {
        let mut record = Record::new(item);
        let (name, slug) = (record.text("name"), record.text("slug"));
        // Scripts that ping by slug go on doing so.
        let from = slug.clone().or(name.clone()).unwrap_or_default();
        let draft = draft(&from, name.filter(|name| slug.is_some() && words::word(name, 60) != from), record);
        Entry::of(&from, draft)
    });
    let notes = vec!["where alerts go (channels): the conversation that imports is told".to_owned()];
    Import { format: "checks of Healthchecks", entries: entries.collect(), notes }
}

fn draft(from: &str, title: Option<String>, mut record: Record) -> Result<Draft, String> {
    let ping_url = record.text("ping_url");
    let address = ping_url.as_deref().and_then(|url| url.trim_end_matches('/').rsplit('/').next()).map(str::to_owned);
    let address: Option<Uuid> = record.text("uuid").or(address).and_then(|text| text.parse().ok());
    let id = address.map(|uuid| uuid.to_string()).or_else(|| record.text("unique_key"));
    let from = if from.is_empty() { id.as_deref().ok_or("it has no name")? } else { from };
    let zone = record.text("tz").unwrap_or_else(|| "UTC".to_owned());
    let schedule = match record.text("schedule") {
        // Five fields are cron, as Healthchecks tells them apart itself.
        Some(expression) if expression.split_whitespace().count() == 5 && !expression.contains(':') => {
            Schedule::Cron { expression, zone }
        }
        Some(expression) => Schedule::OnCalendar { expression, zone },
        None => Schedule::Every(words::seconds(record.number("timeout").unwrap_or(DEFAULT_TIMEOUT))),
    };
    record.ignore(&["timeout", "channels"]);
    let grace = words::seconds(record.number("grace").unwrap_or(DEFAULT_GRACE)).max(Duration::from_secs(1));
    let spec = CheckSpec::Heartbeat(HeartbeatSpec::new(schedule, grace));
    let mut draft = Draft::new(from, ("healthchecks", id.as_deref().unwrap_or(from)), spec)?;
    draft.address = address;
    if address.is_none() {
        draft.note("it gets a new address: a read-only API key does not show the one it has");
    }
    title.iter().for_each(|title| draft.lose(&format!("its title “{title}”")));
    draft.paused = record.text("status").as_deref() == Some("paused");
    for tag in record.text("tags").unwrap_or_default().split_whitespace() {
        draft.tag(tag, "");
    }
    record.ignore(STATE);
    let left: Vec<String> = record.left().map(option).collect();
    left.iter().for_each(|option| draft.lose(option));
    Ok(draft)
}

/// An option that is not carried over, in words.
fn option(name: &str) -> String {
    match name {
        "desc" => "its description (desc)".to_owned(),
        "methods" => "POST only (methods): HEAD and GET are taken too".to_owned(),
        "manual_resume" => "staying paused when pinged (manual_resume)".to_owned(),
        name if name.ends_with("_kw") || name.starts_with("filter_") => format!("looking for words ({name})"),
        name => name.to_owned(),
    }
}
