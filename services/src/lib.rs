//! The use cases of Watchword: add a monitor, check it now, record what checks found, build a report.
//!
//! Every entry that a person can reach takes an [`Actor`](monitor_core::people::Actor) and enforces that person's
//! rights, here and only here; adapters, commands and the API only say who acts. Entries without an actor are the
//! program's own work: recording outcomes and looking after what is stored.

mod checks;
mod clock;
mod conversations;
mod error;
mod maintenance;
mod monitors;
mod overview;
mod recording;
mod reports;
pub mod view;

use std::sync::Arc;

use monitor_core::Timestamp;
use monitor_core::people::{Actor, Permission};
use monitor_core::report::Retention;
use probes::Outbound;
use storage::Store;
use tokio::sync::watch;

pub use checks::LEASE_SLACK;
pub use clock::{Clock, SystemClock};
pub use error::ServiceError;
pub use maintenance::BEAT_EVERY;
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
}

impl Services {
    /// Ties the parts together.
    #[must_use]
    pub fn new(store: Store, outbound: Outbound, clock: Arc<dyn Clock>, retention: Retention) -> Self {
        let (cards_changed, _) = watch::channel(0);
        let known_details = recording::KnownDetails::default();
        Self { inner: Arc::new(Inner { store, outbound, clock, retention, cards_changed, known_details }) }
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
