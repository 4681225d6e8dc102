//! Naming many monitors at once: by label and group.

use monitor_core::labels::Label;
use services::view::OverviewFilter;

use super::MONITOR;
use crate::command::Failure;
use crate::grammar::{Argument, Given, Kind, Known};

/// Labels that all have to be there.
pub(super) const LABEL: Argument =
    Argument::new("label", Kind::Label, "All monitors with this label; of several, those that have all.")
        .words(&["label", "labels"])
        .positional()
        .repeated();

/// A group.
pub(super) const GROUP: Argument =
    Argument::new("group", Kind::Name, "All monitors of this group.").of(Known::Group).words(&["group", "in"]);

/// One monitor by name, or many by label and group.
pub(super) const SELECTION: &[Argument] = &[LABEL, MONITOR.unless(&["label", "group"]), GROUP];

/// Most names that an answer lists.
const NAMES: usize = 20;

/// The filter that was said instead of a name.
///
/// # Errors
/// A name and a filter exclude each other.
pub(super) fn filter(given: &Given) -> Result<Option<OverviewFilter>, Failure> {
    let mut filter = OverviewFilter { group: given.get("group").map(str::to_owned), ..OverviewFilter::default() };
    for text in given.all("label").flatten() {
        filter.labels.set(text.parse::<Label>()?);
    }
    if filter == OverviewFilter::default() {
        return Ok(None);
    }
    if given.get("monitor").is_some() {
        let text = "Say either a monitor's name, or labels and a group; not both.";
        return Err(Failure::new(monitor_core::code::ErrorCode::ConflictingArguments, text));
    }
    Ok(Some(filter))
}

/// How a filter is said: `env=prod group:shop`.
pub(super) fn said(filter: &OverviewFilter) -> String {
    let labels = filter.labels.iter().map(|label| label.to_string());
    let group = filter.group.iter().map(|group| format!("group:{group}"));
    labels.chain(group).collect::<Vec<_>>().join(" ")
}

/// `3 monitors (`a`, `b`, `c`)`.
pub(super) fn these(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(NAMES).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let plural = crate::present::plural(names.len() as u64, "monitor");
    format!("{plural} ({}{more})", shown.join(", "))
}

/// Nothing is like that.
pub(super) fn none(filter: &OverviewFilter) -> Failure {
    let text = format!("No monitor is `{}`. `list-monitors` shows all.", said(filter));
    Failure::new(monitor_core::code::ErrorCode::MonitorNotFound, text)
}
