//! The use cases of Watchword: add a monitor, check it now, record what checks found, build a report.
//!
//! Every entry that a person can reach takes an [`Actor`](monitor_core::people::Actor) and enforces that person's
//! rights, here and only here; adapters, commands and the API only say who acts. Entries without an actor are the
//! program's own work: recording outcomes and looking after what is stored.

mod audits;
mod beats;
mod checks;
mod clock;
mod conversations;
mod delivery;
mod dependencies;
mod destinations;
mod error;
mod heartbeats;
mod import;
mod incidents;
mod maintenance;
mod maintenance_windows;
mod monitors;
mod on_call;
mod outbox;
mod overview;
mod page;
mod pings;
pub mod platforms;
mod recording;
mod reports;
mod routes;
mod routing;
mod rules;
mod security;
mod selection;
mod sight;
mod silences;
mod suggestions;
mod tasks;
#[cfg(feature = "testing")]
pub mod testing;
pub mod view;

use std::sync::{Arc, OnceLock};

use monitor_core::Timestamp;
use monitor_core::incident::Grouping;
use monitor_core::people::{Actor, Permission};
use monitor_core::report::Retention;
use probes::{Check, Outbound};
use storage::Store;
use tokio::sync::watch;

pub use audits::{
    AuditError, AuditOptions, AuditReport, AuditView, Audited, Auditing, Auditor, Comparison, FileError, NewSchedule,
    OpenedFile, PrintError, Progress, Sought,
};
pub use checks::LEASE_SLACK;
pub use clock::{Clock, SystemClock};
pub use delivery::{DELIVERY_LEASE, Delivered, DeliveryOutcome, SEND_TIMEOUT};
pub use destinations::{DestinationChange, DestinationView, Fields, NewDestination};
pub use error::ServiceError;
pub use import::Arrival;
pub use maintenance::BEAT_EVERY;
pub use maintenance_windows::NewWindow;
pub use on_call::{NewRotation, RotationView, Turn};
pub use pings::{PingAddress, PingAnswer, PingError, PingReport};
pub use recording::{Finished, Recorded};
pub use reports::PrintedReport;
pub use routes::{NewRoute, RouteView};
pub use rules::{AlertRuleView, LOOK_EVERY, SimulatedAlert, Simulation};
pub use security::{Inspector, Probing, SECURITY_CHECKS_AT_ONCE, SecurityOptions, SecurityView, Telling, VerifiedHost};
pub use silences::Silenced;
pub use tasks::Worked;

/// What every service answers.
pub type Result<T> = std::result::Result<T, ServiceError>;

/// All use cases over one database and one outbound client. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    outbound: Outbound,
    clock: Arc<dyn Clock>,
    retention: Retention,
    cards_changed: watch::Sender<u64>,
    known_details: recording::KnownDetails,
    inbox: pings::Inbox,
    ping_url: OnceLock<String>,
    sight: sight::Sight,
    grouping: Grouping,
    watch: Arc<rules::Watch>,
    absence: std::sync::Mutex<Option<maintenance::Absence>>,
    /// When [`Services::beat`] was called last.
    last_beat: std::sync::Mutex<Option<Timestamp>>,
    windows: maintenance_windows::Looks,
    audits: audits::Audits,
    security: security::Security,
}

/// What an operator may choose.
#[derive(Default)]
pub struct Options {
    /// How long what is kept.
    pub retention: Retention,
    /// What has to answer if this machine has a network; when none does, it is this machine that has none.
    pub witnesses: Vec<Check>,
    /// Which alerts are one incident.
    pub grouping: Grouping,
    /// Who makes audits, and how long they are kept.
    pub audits: AuditOptions,
    /// Who looks at sites.
    pub security: SecurityOptions,
}

impl Services {
    /// Ties the parts together, with the default options but for the retention.
    #[must_use]
    pub fn new(store: Store, outbound: Outbound, clock: Arc<dyn Clock>, retention: Retention) -> Self {
        Self::with_options(store, outbound, clock, Options { retention, ..Options::default() })
    }

    /// Ties the parts together.
    #[must_use]
    pub fn with_options(store: Store, outbound: Outbound, clock: Arc<dyn Clock>, options: Options) -> Self {
        let Options { retention, witnesses, grouping, audits, security } = options;
        let security = security::Security::new(security, &outbound);
        let (cards_changed, _) = watch::channel(0);
        let inner = Inner {
            store,
            outbound,
            clock,
            retention,
            grouping,
            cards_changed,
            known_details: recording::KnownDetails::default(),
            inbox: pings::Inbox::default(),
            ping_url: OnceLock::new(),
            sight: sight::Sight::new(witnesses),
            watch: Arc::default(),
            absence: std::sync::Mutex::default(),
            last_beat: std::sync::Mutex::default(),
            windows: maintenance_windows::Looks::default(),
            audits: audits::Audits::new(audits),
            security,
        };
        Self { inner: Arc::new(inner) }
    }

    /// The present time, as all services see it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// The database, for those who claim and look after work rather than act for a person.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The one outbound client.
    #[must_use]
    pub fn outbound(&self) -> &Outbound {
        &self.inner.outbound
    }

    /// The owner of the one organisation, made at the first call. Until accounts exist this is who everybody is.
    ///
    /// # Errors
    /// [`ServiceError::Internal`] when the database does not answer.
    pub async fn local_owner(&self) -> Result<Actor> {
        Ok(self.store().bootstrap(self.now()).await?)
    }
}

/// Holds an actor's role against what an entry asks.
fn require(actor: &Actor, permission: Permission) -> Result<()> {
    if actor.role.may(permission) { Ok(()) } else { Err(ServiceError::Denied { permission, role: actor.role }) }
}
