//! A monitor as its owner configured it.

mod error;
mod facts;
mod kinds;
mod name;
mod settings;

use crate::Timestamp;
use crate::people::{OrganisationId, id};

pub use error::MonitorError;
pub use kinds::CheckSpec;
pub use name::MonitorName;
pub use settings::Settings;

id! {
    /// Identifies a monitor.
    MonitorId
}

/// A monitor as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitor {
    /// Its id.
    pub id: MonitorId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What its owner chose.
    pub settings: Settings,
    /// Whether checks are stopped.
    pub paused: bool,
    /// Grows with every change of the settings, so that workers know when theirs are stale.
    pub revision: i32,
    /// When it was added.
    pub created_at: Timestamp,
}
