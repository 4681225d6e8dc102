//! Telling people: what is told, how loudly, and about which monitors.
//!
//! ```text
//! rule fires for a monitor -> alert -> incident (one or many alerts) -> routes -> notifications to destinations
//! ```

mod notification;
mod on_call;
mod quiet;
mod route;
mod routing_error;
pub mod rule;
mod selector;
mod severity;
mod wall_clock;
mod window;

pub use notification::{Event, IncidentBrief, MemberBrief, Notification, Stage};
pub use on_call::{Handover, OnCall, Override, Rotation};
pub use quiet::QuietHours;
pub use route::{Route, Step, Target};
pub use routing_error::RoutingError;
pub use selector::{Breadth, Selector};
pub use severity::Severity;
pub use wall_clock::{Days, TimeOfDay, Zone, weekday, weekday_word};
pub use window::{Occurrence, Progress, Recurrence, When, WindowError};

use crate::people::id;

id! {
    /// Identifies an alert: a rule that fires for a monitor.
    AlertId
}
id! {
    /// Identifies an alert rule.
    RuleId
}
id! {
    /// Identifies a destination: a place outside that notifications go to.
    DestinationId
}
id! {
    /// Identifies a route: who is told of what.
    RouteId
}
id! {
    /// Identifies an on-call rotation.
    RotationId
}
id! {
    /// Identifies a silence.
    SilenceId
}
id! {
    /// Identifies a maintenance window.
    MaintenanceId
}
id! {
    /// Identifies a notification that was or is to be delivered to a destination.
    NotificationId
}
