//! Deliveries whose turn comes late, in the quiet hours of their destination.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{Event, QuietHours};
use storage::{Cohort, Ending, Listener, NotificationClaim, StoreError, Tx};

use super::Attempt;
use crate::Services;

/// What is tried for the first time so soon was judged by the quiet hours when it was written.
const JUST_WRITTEN: Duration = Duration::from_secs(60);

impl Services {
    /// Puts off what comes to its turn so late that its destination has quiet hours by now; `None`: it has none that are about
    /// what is so loud.
    pub(super) async fn put_off(&self, claim: &NotificationClaim) -> Result<Option<Attempt>, StoreError> {
        let now = self.now();
        let just_written = claim.attempts <= 1 && now.since(claim.created_at) < JUST_WRITTEN;
        if claim.event == Event::Test || just_written {
            return Ok(None);
        }
        let Some(quiet) = quiet_hours(self.store().listeners(claim.organisation).await?, claim) else {
            return Ok(None);
        };
        let lasting = match claim.incident {
            Some(incident) => self.store().cohorts(incident).await?,
            None => Vec::new(),
        };
        Ok(until(&quiet, claim, &lasting, now).map(|at| {
            let why = format!("quiet hours ({quiet}) until {}", at.to_minute());
            Attempt { ending: Ending::PutOff { at, why }, hold: None }
        }))
    }
}

/// How an attempt ends that was put off, now that neither the incident nor the quiet hours change any more: what got louder
/// meanwhile, or is quiet no longer, is tried at once. `None`: it was not put off.
pub(super) async fn judged_again(
    tx: &Tx,
    claim: &NotificationClaim,
    ending: &Ending,
    now: Timestamp,
) -> Result<Option<Ending>, StoreError> {
    let Ending::PutOff { why, .. } = ending else { return Ok(None) };
    let lasting = match claim.incident {
        Some(incident) => tx.cohorts(incident, &[]).await?,
        None => Vec::new(),
    };
    let quiet = quiet_hours(tx.listeners(claim.organisation).await?, claim);
    let at = quiet.and_then(|quiet| until(&quiet, claim, &lasting, now)).unwrap_or(now);
    Ok(Some(Ending::PutOff { at, why: why.clone() }))
}

/// The quiet hours of whom it is for.
fn quiet_hours(listeners: Vec<Listener>, claim: &NotificationClaim) -> Option<QuietHours> {
    listeners.into_iter().find(|listener| listener.id == claim.destination)?.quiet
}

/// Until when quiet hours hold it back, by the loudest that lasts.
fn until(quiet: &QuietHours, claim: &NotificationClaim, lasting: &[Cohort], now: Timestamp) -> Option<Timestamp> {
    quiet.until(now, lasting.iter().map(|cohort| cohort.severity).max().unwrap_or(claim.severity))
}
