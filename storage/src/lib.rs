//! What Watchword remembers, in SQLite or PostgreSQL.
//!
//! [`Store`] is the open database. Reads are its methods; what has to happen together are methods of [`Tx`], a
//! transaction from [`Store::begin`]. Nothing outside this crate knows which database is used, or how.
//!
//! | module | what it keeps |
//! |---|---|
//! | `people` | organisations, people, their roles and who they are in a chat |
//! | `encounters`, `workspaces`, `codes` | who somebody on a chat platform is, which places are connected, and the codes that say so |
//! | `conversations`, `dialogs`, `following` | where Watchword talks, what it is waiting for there, and whose cards appear there |
//! | `monitors`, `overview`, `labels` | monitors as configured, and how they are |
//! | `health` | what is remembered of a monitor between two checks |
//! | `heartbeats`, `pings` | jobs that report in: where they report, what is awaited, and their latest reports |
//! | `schedule` | which monitor is due, and who is checking it |
//! | `results`, `rollups`, `flips` | what checks found, what that adds up to, and changes of status |
//! | `alerts`, `incidents`, `timeline`, `messages` | what rules fired, the incidents that makes, what happened to them, and their cards in conversations |
//! | `destinations`, `outbox` | places outside, and what they were and are to be told |
//! | `audits`, `artifacts` | audits of pages, when they are made again and again, and the files that come of them |
//! | `security`, `owned_hosts` | security checks of sites, and the hosts that are shown to be one's own |
//! | `queue` | how audits and security checks wait, and who works on them |
//! | `sign` | signatures of what may be had by whoever has the address |
//! | `maintenance` | when monitors are worked on, and which are just now |
//! | `key_check` | which key the secrets are sealed with |
//! | `retention` | forgetting what is old |
//! | `sizes` | how much room it takes |
//! | `routes`, `on_call`, `silences`, `escalations`, `routing` | who is told when, who takes turns, of what nobody is told, and what is told later |
//! | `conn`, `trips` | what a transaction is sent over; on SQLite in few trips to the thread that it runs in |
//! | `wal` | keeping SQLite's write-ahead log short |
//!
//! To add a table: a migration in `migration/` (never change one that was released), the queries in the file of
//! their topic, and a test in `tests/`, which runs on both databases.

mod alert_rules;
mod alerts;
mod artifacts;
mod audits;
mod clock;
mod codes;
mod conn;
mod connect;
mod conversations;
mod dependencies;
mod destinations;
mod dialogs;
mod encounters;
mod entity;
mod error;
mod escalations;
mod flips;
mod following;
mod health;
mod heartbeats;
mod incidents;
mod key_check;
mod labels;
mod maintenance;
mod messages;
mod migration;
mod monitors;
mod notices;
mod on_call;
mod outbox;
mod outbox_claim;
mod overview;
mod owned_hosts;
mod people;
mod pings;
mod posted;
mod queue;
mod recoveries;
mod results;
mod retention;
mod rollups;
mod routes;
mod routing;
mod rows;
mod rule_signals;
mod rule_states;
mod schedule;
mod seal;
mod security;
mod sign;
mod silences;
mod sizes;
mod sql;
mod timeline;
mod trips;
mod tx;
mod wal;
mod workspaces;

pub use alert_rules::{RuleRow, RulesMark, Subject, SubjectsMark};
pub use alerts::{EndedAlert, IncidentFilter, LooseAlert, NamedAlert, NewAlert};
pub use artifacts::{ArtifactId, ArtifactKind, ArtifactRow, NewArtifact};
pub use audits::{
    AuditClaim, AuditEnd, AuditFilter, AuditRow, AuditScheduleId, AuditScheduleRow, AuditState, Digest, NewAudit,
    NewAuditSchedule,
};
pub use codes::{CodeFor, NewCode, Redeemed};
pub use connect::{ConnectOptions, Durability, Store};
pub use dependencies::{Shelter, Withheld};
pub use destinations::{Budget, Destination, DestinationSettings};
pub use encounters::{Known, KnownConversation, Linked, NewConversation, Whereabouts, Within};
pub use error::StoreError;
pub use escalations::{Escalation, Later};
pub use heartbeats::{Awaited, HeartbeatRow, NEVER};
pub use incidents::{IncidentRow, NewIncident};
pub use maintenance::{InMaintenance, MaintenanceRow, NewMaintenance};
pub use messages::{Cards, Message};
pub use notices::{Audience, Notice};
pub use on_call::RotationRow;
pub use outbox::{Ending, NewNotification, NotificationFilter, NotificationRow, NotificationState};
pub use outbox_claim::{ClaimedNotifications, LONGEST_HOLD, NotificationClaim, Room};
pub use overview::{MonitorState, OverviewFilter, OverviewRow, OverviewSort};
pub use owned_hosts::OwnedHostRow;
pub use pings::NewPing;
pub use posted::{Backlog, PostId, Posted, Waiting};
pub use queue::{Claim as TaskClaim, Doing, Task, TaskState};
pub use recoveries::Recovery;
pub use results::{Scope, StoredResult};
pub use retention::Forgotten;
pub use routes::RouteRow;
pub use routing::{Cohort, Hushed, Listener, Standing, Told};
pub use rule_states::RuleStateRow;
pub use schedule::Claim;
pub use seal::SecretKey;
pub use security::{
    ChangesInShort, NewSecurityCheck, SecurityCheckId, SecurityClaim, SecurityDigest, SecurityEnd, SecurityFilter,
    SecurityRow,
};
pub use silences::{NewSilence, SilenceRow};
pub use sizes::TableSize;
pub use timeline::{Sorts, TimelineEntry};
pub use tx::Tx;
pub use workspaces::{Member, PlaceRow, WorkspaceRow};
