//! `services.json`: a list of `{name, base_url, health_path, method, headers, timeout_s, enabled}`.

use monitor_core::monitor::CheckSpec;
use serde_json::Value;

use crate::draft::{Draft, Entry, Import};
use crate::record::Record;
use crate::{request, words};

/// Reads the list.
pub(crate) fn read(items: Vec<Value>) -> Import {
    let entries = items.into_iter().enumerate().map(|(index, item)| {
        let mut record = Record::new(item);
        let from = record.text("name").unwrap_or_else(|| format!("entry {}", index + 1));
        let draft = draft(&from, record);
        Entry::of(&from, draft)
    });
    Import { format: "a list of services", entries: entries.collect(), notes: Vec::new() }
}

fn draft(from: &str, mut record: Record) -> Result<Draft, String> {
    let base = record.text("base_url").ok_or("it has no base_url")?;
    let url = match record.text("health_path") {
        Some(path) => format!("{}/{}", base.trim().trim_end_matches('/'), path.trim().trim_start_matches('/')),
        None => base,
    };
    let mut http = request::request(&url, record.text("method"))?;
    http.headers = request::headers(record.take("headers"))?;
    let mut draft = Draft::new(from, ("services", from), CheckSpec::Http(http))?;
    if let Some(timeout) = record.number("timeout_s") {
        words::set_timeout(&mut draft, words::seconds(timeout));
    }
    draft.paused = record.flag("enabled") == Some(false);
    let left: Vec<String> = record.left().map(str::to_owned).collect();
    left.iter().for_each(|option| draft.lose(option));
    Ok(draft)
}
