//! Uptime Kuma: its SQLite database, versions 1 and 2, or the JSON backup of version 1.
//! Sources: <https://github.com/louislam/uptime-kuma/blob/master/db/knex_init_db.js>, the files in `db/knex_migrations`
//! beside it, and `toJSON` in `server/model/monitor.js`.

mod connections;
mod database;
mod web;

use std::collections::HashMap;

use monitor_core::checks::Family;
use monitor_core::heartbeat::{HeartbeatSpec, Schedule};
use monitor_core::monitor::CheckSpec;
use serde_json::Value;

pub(crate) use database::read_database;

use crate::draft::{Draft, Entry, Import};
use crate::record::Record;
use crate::words;

/// What is no setting, or says what other fields say too.
const STATE: &[&str] = &[
    "id",
    "user_id",
    "weight",
    "created_date",
    "dns_last_result",
    "type",
    "name",
    "active",
    "force_inactive",
    "path_name",
    "notification_id_list",
    "children_ids",
    "maintenance",
    "screenshot",
    "include_sensitive_data",
    "parent",
    "tags",
    "manual_status",
    "monitor_tls_info",
    "last_started_date",
    "save_response",
    "save_error_response",
    "response_max_length",
];

/// Options that only mean something to monitors of some types, by how they begin, with the words those types contain.
const OF_TYPES: &[(&str, &[&str])] = &[
    ("mqtt", &["mqtt"]),
    ("radius", &["radius"]),
    ("grpc", &["grpc"]),
    ("kafka", &["kafka"]),
    ("docker", &["docker"]),
    ("game", &["gamedig", "steam"]),
    ("snmp", &["snmp"]),
    ("rabbitmq", &["rabbitmq"]),
    ("smtp", &["smtp"]),
    ("database", &["sql", "postgres", "mongodb", "redis"]),
    ("dns", &["dns"]),
    ("push", &["push"]),
    ("ping", &["ping"]),
    ("packet", &["ping"]),
    ("remotebrowser", &["real-browser"]),
    ("oauth", &["http", "keyword", "json-query"]),
    ("auth", &["http", "keyword", "json-query"]),
    ("basicauth", &["http", "keyword", "json-query"]),
    ("tls", &["http", "keyword", "json-query"]),
    ("keyword", &["keyword"]),
    ("invertkeyword", &["keyword"]),
    ("json", &["json-query"]),
    ("expectedvalue", &["json-query"]),
    ("maxredirects", &["http", "keyword", "json-query"]),
    ("method", &["http", "keyword", "json-query"]),
    ("headers", &["http", "keyword", "json-query"]),
    ("body", &["http", "keyword", "json-query"]),
    ("httpbody", &["http", "keyword", "json-query"]),
    ("accepted", &["http", "keyword", "json-query", "websocket"]),
    ("expirynotification", &["http", "keyword", "json-query"]),
    ("domainexpiry", &["http", "keyword", "json-query"]),
    ("ignoretls", &["http", "keyword", "json-query", "grpc"]),
    ("url", &["http", "keyword", "json-query", "websocket", "real-browser"]),
    ("ws", &["websocket"]),
    ("hostname", &["port", "ping", "dns", "mqtt", "smtp", "steam", "gamedig", "radius", "snmp"]),
    ("port", &["port", "dns", "mqtt", "smtp", "steam", "gamedig", "radius", "snmp"]),
    ("systemservice", &["system-service"]),
    ("subtype", &["globalping"]),
    ("location", &["globalping"]),
    ("protocol", &["globalping"]),
];

/// Reads the monitors of a backup.
pub(crate) fn read_backup(items: Vec<Value>) -> Import {
    Import { format: "a backup of Uptime Kuma", ..read(items.into_iter().map(Record::new).collect()) }
}

/// Reads monitors whose tags, if any, stand in a list.
fn read(mut records: Vec<Record>) -> Import {
    let mut groups = HashMap::new();
    let mut monitors = Vec::new();
    for record in &mut records {
        let (id, kind) =
            (record.text("id").unwrap_or_default(), record.text("type").unwrap_or_default().to_lowercase());
        let name = record.text("name").unwrap_or_default();
        if kind == "group" {
            groups.insert(id.clone(), name.clone());
        }
        monitors.push((id, kind, name));
    }
    let entries = records.into_iter().zip(monitors).map(|(record, (id, kind, name))| {
        let from = if name.is_empty() { format!("monitor {id}") } else { name };
        if kind == "group" {
            return Entry::Left {
                from,
                why: "a group is no monitor here: it becomes the group of those in it".to_owned(),
            };
        }
        let draft = draft(&from, &id, &kind, record, &groups);
        Entry::of(&from, draft)
    });
    let notes = vec!["notifications, status pages, maintenances and past heartbeats".to_owned()];
    Import { format: "a database of Uptime Kuma", entries: entries.collect(), notes }
}

fn draft(
    from: &str,
    id: &str,
    kind: &str,
    mut record: Record,
    groups: &HashMap<String, String>,
) -> Result<Draft, String> {
    if record.flag("upside_down") == Some(true) {
        return Err("it is upside down, up while its check fails, which is not possible here".to_owned());
    }
    let (active, parent, tags) = (record.flag("active"), record.text("parent"), record.list("tags"));
    record.ignore(STATE);
    for (prefix, kinds) in OF_TYPES {
        if !kinds.iter().any(|word| kind.contains(word)) {
            record.ignore_all(prefix);
        }
    }
    // With its name, since another Uptime Kuma has monitors of the same numbers.
    let id = format!("{id}-{from}");
    let start = |spec| Draft::new(from, ("kuma", &id), spec);
    let mut draft = match kind {
        "http" | "keyword" | "json-query" => web::draft(kind, &mut record, start)?,
        "push" => push(&mut record, start)?,
        _ => connections::draft(kind, &mut record, start)?,
    };
    draft.paused = active == Some(false);
    pace(&mut record, &mut draft);
    if let Some(group) = parent.and_then(|parent| groups.get(&parent)) {
        draft.settings.group = words::name(group).map(|group| group.to_string());
    }
    for tag in tags {
        let mut tag = Record::new(tag);
        draft.tag(&tag.text("name").unwrap_or_default(), &tag.text("value").unwrap_or_default());
    }
    let left: Vec<String> = record.left().map(option).collect();
    left.iter().for_each(|option| draft.lose(option));
    Ok(draft)
}

/// How often, how long, and how often in a row it has to fail.
fn pace(record: &mut Record, draft: &mut Draft) {
    let (interval, retries) = (record.number("interval").unwrap_or(60.0), record.count("maxretries").unwrap_or(0));
    let (retry_interval, timeout) = (record.number("retry_interval"), record.number("timeout"));
    if matches!(draft.settings.spec, CheckSpec::Heartbeat(_)) {
        return;
    }
    words::set_interval(draft, words::seconds(interval));
    // What has no timeout is given four fifths of the interval.
    let timeout = timeout.filter(|seconds| *seconds > 0.0).unwrap_or((interval * 0.8).min(60.0));
    words::set_timeout(draft, words::seconds(timeout));
    words::set_confirmation(draft, retries.saturating_add(1));
    if retries > 0 && retry_interval.is_some_and(|seconds| seconds > 0.0 && seconds < interval) {
        draft.note("failures are confirmed at the interval of the checks, not at retry_interval");
    }
    match record.text("ip_family").as_deref() {
        Some("ipv4") => draft.settings.family = Family::V4,
        Some("ipv6") => draft.settings.family = Family::V6,
        _ => {}
    }
}

fn push(record: &mut Record, start: impl FnOnce(CheckSpec) -> Result<Draft, String>) -> Result<Draft, String> {
    let interval = record.number("interval").unwrap_or(60.0);
    let retries = record.number("maxretries").unwrap_or(0.0);
    let between = record.number("retry_interval").filter(|seconds| *seconds > 0.0).unwrap_or(interval);
    record.ignore(&["push_token", "timeout"]);
    let grace = words::seconds((retries * between).max(1.0));
    let mut draft = start(CheckSpec::Heartbeat(HeartbeatSpec::new(Schedule::Every(words::seconds(interval)), grace)))?;
    draft.note("its job has to report to the new address, which `show` tells");
    Ok(draft)
}

/// An option that is not carried over, in words.
fn option(name: &str) -> String {
    match name.to_lowercase().replace('_', "").as_str() {
        "ignoretls" => {
            format!("{name}: certificates are always looked at, so trust its authority in the configuration")
        }
        "resendinterval" => format!("{name}, a reminder while it is down"),
        "proxyid" => format!("{name}, its proxy"),
        _ => name.to_owned(),
    }
}
