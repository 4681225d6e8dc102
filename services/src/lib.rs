//! The use cases of Watchword: add a monitor, check it now, record what checks found, build a report.
//!
//! Every entry that a person can reach takes an [`Actor`](monitor_core::people::Actor) and enforces that person's
//! rights, here and only here; adapters, commands and the API only say who acts. Entries without an actor are the
//! program's own work: recording outcomes and looking after what is stored.

mod beats;
mod checks;
mod clock;
mod conversations;
mod dependencies;
mod error;
mod heartbeats;
mod import;
mod maintenance;
mod monitors;
mod overview;
mod page;
mod pings;
mod recording;
mod reports;
mod selection;
mod sight;
pub mod view;

use std::sync::{Arc, OnceLock};

use monitor_core::Timestamp;
use monitor_core::people::{Actor, Permission};
use monitor_core::report::Retention;
use probes::{Check, Outbound};
use storage::Store;
use tokio::sync::watch;

pub use checks::LEASE_SLACK;
pub use clock::{Clock, SystemClock};
pub use error::ServiceError;
pub use import::Arrival;
pub use maintenance::BEAT_EVERY;
pub use pings::{PingAddress, PingAnswer, PingError, PingReport};
pub use recording::{Finished, Recorded};

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
    absence: std::sync::Mutex<Option<maintenance::Absence>>,
}

impl Services {
    /// Ties the parts together, without witnesses.
    #[must_use]
    pub fn new(store: Store, outbound: Outbound, clock: Arc<dyn Clock>, retention: Retention) -> Self {
        Self::with_witnesses(store, outbound, clock, retention, Vec::new())
    }

    /// Ties the parts together. When none of the witnesses answers, it is this machine that has no network.
    #[must_use]
    pub fn with_witnesses(
        store: Store,
        outbound: Outbound,
        clock: Arc<dyn Clock>,
        retention: Retention,
        witnesses: Vec<Check>,
    ) -> Self {
        let (cards_changed, _) = watch::channel(0);
        let known_details = recording::KnownDetails::default();
        let sight = sight::Sight::new(witnesses);
        let absence = std::sync::Mutex::default();
        let (inbox, ping_url) = (pings::Inbox::default(), OnceLock::new());
        let inner =
            Inner { store, outbound, clock, retention, cards_changed, known_details, inbox, ping_url, sight, absence };
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
