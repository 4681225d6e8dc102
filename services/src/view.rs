//! What services answer with, beside the types of monitor-core.

pub use crate::incidents::{IncidentView, Why, words};
pub use crate::routing::UNROUTED;
use monitor_core::Timestamp;
use monitor_core::health::Status;
use monitor_core::monitor::Monitor;
use monitor_core::report::{Report, Span, Window};
pub use storage::{
    ArtifactRow, AuditFilter, AuditRow, AuditScheduleRow, AuditState, Budget, Digest, InMaintenance, IncidentFilter,
    IncidentRow, MaintenanceRow, MonitorState, NamedAlert, NotificationFilter, NotificationRow, NotificationState,
    OverviewFilter, OverviewRow, OverviewSort, SilenceRow, StoredResult, TimelineEntry, Withheld,
};

/// One monitor in full.
#[derive(Debug, Clone)]
pub struct MonitorView {
    /// Its settings.
    pub monitor: Monitor,
    /// How it stands.
    pub state: MonitorState,
    /// Until when it is in maintenance, and why.
    pub maintenance: Option<InMaintenance>,
    /// Its latest results, the newest first, 10 at most.
    pub results: Vec<StoredResult>,
    /// The time of being down that lasts.
    pub outage: Option<NamedAlert>,
    /// Its last 24 hours.
    pub day: ReportView,
}

/// Something posted in a conversation, as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// Its id, the same through all its changes.
    pub id: String,
    /// Its place in the conversation: that of its latest change.
    pub seq: i64,
    /// 1 when it is new, and one more with every change.
    pub revision: i32,
    /// What it shows.
    pub content: Content,
    /// When it was posted.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl Post {
    /// The incident that it shows.
    #[must_use]
    pub fn incident(&self) -> Option<&IncidentRow> {
        match &self.content {
            Content::Incident(incident) => Some(incident),
            Content::Audit(_) | Content::Notice(_) => None,
        }
    }
}

/// What a post shows.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// An incident.
    Incident(Box<IncidentRow>),
    /// An audit.
    Audit(Box<AuditRow>),
    /// A notice in words.
    Notice(String),
}

/// How everything stands.
#[derive(Debug, Clone)]
pub struct StatusView {
    /// How many monitors have which status.
    pub counts: Vec<(Status, u64)>,
    /// The monitors that are neither up, paused nor in maintenance, the worst first, 20 at most.
    pub troubled: Vec<OverviewRow>,
    /// The maintenance that is on.
    pub maintenance: Vec<MaintenanceRow>,
}

/// A report and what it is about.
#[derive(Debug, Clone)]
pub struct ReportView {
    /// The figures.
    pub report: Report,
    /// The period that was asked for, without the future. That of the report is as exact as results are kept.
    pub asked: Window,
    /// The monitor; `None`: all of the organisation.
    pub monitor: Option<Monitor>,
    /// How many monitors the figures are about.
    pub monitors: u64,
    /// The statuses of the one monitor over the period; empty for all.
    pub timeline: Vec<Span>,
    /// The times of being down of the period with the names of their monitors, the latest first.
    pub incidents: Vec<NamedAlert>,
}
