//! Adding drafts, each whole or not at all.

use std::collections::HashSet;

use monitor_core::labels::Labels;
use monitor_core::monitor::MonitorName;
use monitor_core::people::{Actor, ConversationId};
use services::view::OverviewFilter;
use services::{Arrival, ServiceError, Services};

use crate::draft::{Draft, Entry, Import, origin};

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
    let mut run = Run { services, actor, tell, dry_run, given: HashSet::new() };
    let mut done: Vec<Done> = Vec::new();
    for entry in import.entries {
        let ended = match entry {
            Entry::Left { from, why } => Done { from, outcome: Outcome::Left(why), notes: Vec::new() },
            Entry::Taken(draft) => run.add(*draft).await?,
        };
        if let Outcome::Added(name) | Outcome::Unchanged(name) = &ended.outcome {
            run.given.insert(name.key());
        }
        done.push(ended);
    }
    Ok(done)
}

/// An import under way.
struct Run<'a> {
    services: &'a Services,
    actor: &'a Actor,
    tell: ConversationId,
    dry_run: bool,
    /// The names of the monitors that entries have become by now, or would have.
    given: HashSet<String>,
}

impl Run<'_> {
    async fn add(&self, mut draft: Draft) -> Result<Done, ServiceError> {
        let ended = |draft: Draft, outcome| Done { from: draft.from, outcome, notes: draft.notes };
        if let Some(there) = self.known(&draft).await? {
            return Ok(Done { from: draft.from, outcome: Outcome::Unchanged(there), notes: Vec::new() });
        }
        let free = self.free_name(&draft.settings.name).await?;
        if free != draft.settings.name {
            draft.note(format!("its name is taken, it becomes {free}"));
            draft.settings.name = free;
        }
        let name = draft.settings.name.clone();
        if self.dry_run {
            return Ok(ended(draft, Outcome::Added(name)));
        }
        let arrival = Arrival { settings: draft.settings.clone(), paused: draft.paused, address: draft.address };
        match self.services.import_monitor(self.actor, &arrival, self.tell).await {
            Ok(monitor) => Ok(ended(draft, Outcome::Added(monitor.settings.name))),
            Err(
                error @ (ServiceError::Denied { .. }
                | ServiceError::Internal { .. }
                | ServiceError::ConversationNotFound),
            ) => Err(error),
            Err(error) => Ok(ended(draft, Outcome::Left(error.to_string()))),
        }
    }

    /// The first name that neither a monitor has nor one that an entry would have become by now.
    async fn free_name(&self, wanted: &MonitorName) -> Result<MonitorName, ServiceError> {
        let mut free = self.services.free_name(self.actor, wanted).await?;
        let start: String = wanted.as_str().chars().take(MonitorName::MAX_CHARS - NUMBER_CHARS).collect();
        for number in 2..=self.given.len() + 1 {
            if !self.given.contains(&free.key()) {
                break;
            }
            if let Ok(numbered) = MonitorName::new(&format!("{start}-{number}")) {
                free = self.services.free_name(self.actor, &numbered).await?;
            }
        }
        Ok(free)
    }

    /// The monitor that this draft became earlier, by its origin, or by its name if nothing says that it came from
    /// elsewhere: neither an origin of its own nor another entry that it is.
    async fn known(&self, draft: &Draft) -> Result<Option<MonitorName>, ServiceError> {
        if let Some(own) = origin(&draft.settings.labels) {
            let mut labels = Labels::default();
            labels.set(own);
            let filter = OverviewFilter { labels, ..OverviewFilter::default() };
            if let Some(name) = self.services.select(self.actor, &filter).await?.first() {
                return Ok(MonitorName::new(name).ok());
            }
        }
        if self.given.contains(&draft.settings.name.key()) {
            return Ok(None);
        }
        match self.services.monitor(self.actor, draft.settings.name.as_str()).await {
            Ok(monitor) if origin(&monitor.settings.labels).is_none() => Ok(Some(monitor.settings.name)),
            Ok(_) | Err(ServiceError::MonitorNotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
