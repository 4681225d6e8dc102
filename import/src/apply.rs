//! Adding drafts, each whole or not at all.

use monitor_core::labels::Labels;
use monitor_core::monitor::MonitorName;
use monitor_core::people::{Actor, ConversationId};
use services::view::OverviewFilter;
use services::{Arrival, ServiceError, Services};

use crate::draft::{Draft, Entry, Import, ORIGIN};

/// The room that a number behind a name takes at most.
const NUMBER_CHARS: usize = 6;

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What it is called in the file.
    pub from: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What is not as it was, and what could not be carried over.
    pub notes: Vec<String>,
}

/// How it ended for an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was added under that name, or would be.
    Added(MonitorName),
    /// It was there already, under that name, and was left alone.
    Unchanged(MonitorName),
    /// It was not taken, for that reason.
    Left(String),
}

/// Adds what is not there yet; `dry_run` only tells what would be added. What is told of new monitors goes to `tell`.
///
/// # Errors
/// [`ServiceError::Denied`] and [`ServiceError::Internal`], which end it where it is: running it again goes on there.
pub async fn apply(
    services: &Services,
    actor: &Actor,
    import: Import,
    tell: ConversationId,
    dry_run: bool,
) -> Result<Vec<Done>, ServiceError> {
    let mut done: Vec<Done> = Vec::new();
    for entry in import.entries {
        let ended = match entry {
            Entry::Left { from, why } => Done { from, outcome: Outcome::Left(why), notes: Vec::new() },
            Entry::Taken(draft) => {
                let planned = done.iter().filter_map(|done| match &done.outcome {
                    Outcome::Added(name) if dry_run => Some(name.key()),
                    _ => None,
                });
                let planned = planned.collect::<Vec<_>>();
                one(services, actor, *draft, tell, if dry_run { Some(&planned) } else { None }).await?
            }
        };
        done.push(ended);
    }
    Ok(done)
}

/// Adds one. `planned` are the names that would have been given by now, when nothing is added.
async fn one(
    services: &Services,
    actor: &Actor,
    mut draft: Draft,
    tell: ConversationId,
    planned: Option<&[String]>,
) -> Result<Done, ServiceError> {
    let ended = |draft: Draft, outcome| Done { from: draft.from, outcome, notes: draft.notes };
    if let Some(there) = known(services, actor, &draft).await? {
        return Ok(Done { from: draft.from, outcome: Outcome::Unchanged(there), notes: Vec::new() });
    }
    let wanted = draft.settings.name.clone();
    let free = free_name(services, actor, &wanted, planned.unwrap_or_default()).await?;
    if free != wanted {
        draft.note(format!("its name is taken, it becomes {free}"));
        draft.settings.name = free;
    }
    let name = draft.settings.name.clone();
    if planned.is_some() {
        return Ok(ended(draft, Outcome::Added(name)));
    }
    let arrival = Arrival { settings: draft.settings.clone(), paused: draft.paused, address: draft.address };
    match services.import_monitor(actor, &arrival, tell).await {
        Ok(monitor) => Ok(ended(draft, Outcome::Added(monitor.settings.name))),
        Err(
            error @ (ServiceError::Denied { .. } | ServiceError::Internal { .. } | ServiceError::ConversationNotFound),
        ) => Err(error),
        Err(error) => Ok(ended(draft, Outcome::Left(error.to_string()))),
    }
}

/// The first name that neither a monitor has nor one that would have been added by now.
async fn free_name(
    services: &Services,
    actor: &Actor,
    wanted: &MonitorName,
    planned: &[String],
) -> Result<MonitorName, ServiceError> {
    let mut free = services.free_name(actor, wanted).await?;
    let start: String = wanted.as_str().chars().take(MonitorName::MAX_CHARS - NUMBER_CHARS).collect();
    for number in 2..=planned.len() + 1 {
        if !planned.contains(&free.key()) {
            break;
        }
        if let Ok(numbered) = MonitorName::new(&format!("{start}-{number}")) {
            free = services.free_name(actor, &numbered).await?;
        }
    }
    Ok(free)
}

/// The monitor that this draft became earlier, by its origin, or by its name if nothing says that it came from elsewhere.
async fn known(services: &Services, actor: &Actor, draft: &Draft) -> Result<Option<MonitorName>, ServiceError> {
    let origin = |labels: &Labels| labels.iter().find(|label| label.key == ORIGIN);
    let own = origin(&draft.settings.labels);
    if let Some(own) = own.clone() {
        let mut labels = Labels::default();
        labels.set(own);
        let there = services.select(actor, &OverviewFilter { labels, ..OverviewFilter::default() }).await?;
        if let Some(name) = there.first() {
            return Ok(MonitorName::new(name).ok());
        }
    }
    match services.monitor(actor, draft.settings.name.as_str()).await {
        Ok(monitor) => {
            let other = origin(&monitor.settings.labels);
            Ok(if other.is_none() { Some(monitor.settings.name) } else { None })
        }
        Err(ServiceError::MonitorNotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
