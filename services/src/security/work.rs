//! Making security checks.

use std::time::Duration;

use futures_util::FutureExt;
use monitor_core::security::observed::{Depth, Observed};
use monitor_core::security::{Finding, Review, review, zap};
use probes::security::zap::{Alerts, ZapError};
use probes::security::{LIMIT, LookError};
use storage::{Doing, SecurityCheckId, SecurityClaim, SecurityEnd, SecurityFilter, StoreError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::digest::digest;
use super::hosts::Standing;
use super::inspector::{SCAN_WITHIN, Telling};
use crate::tasks::{Halt, Job, LEASE, MOST_ATTEMPTS, Stopped, Worked, given_up, write_down};
use crate::{Result, Services};

/// Security checks that one process makes at once: no measurement, so they do not disturb each other.
pub const SECURITY_CHECKS_AT_ONCE: usize = 3;

/// Longest time that a check may take, whatever its parts allow themselves.
const LONGEST: Duration = LIMIT.saturating_add(Duration::from_secs(60));

/// How long it may take to have ZAP stop what it does for a process that was killed; the claim's lease outlives it.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// What was seen of a site, until it is judged.
struct Seen {
    observed: Observed,
    /// What ZAP found, or why it found nothing; `None`: it was not asked.
    scan: Option<std::result::Result<Scanned, String>>,
    /// What is to be known of how much was looked at.
    notes: Vec<String>,
}

/// What ZAP found, and why that may not be all.
type Scanned = (Vec<Finding>, Option<String>);

impl Services {
    /// Claims the next security check that waits; `None`: none does.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn claim_security_check(&self) -> Result<Option<SecurityClaim>> {
        let now = self.now();
        Ok(self.store().claim_security_check(now, now + LEASE).await?)
    }

    /// Makes a security check that was claimed, until it is over or the program ends.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`]: the lease runs out, and it is begun again.
    pub async fn work_on_security_check(&self, mut claim: SecurityClaim, stop: &CancellationToken) -> Result<Worked> {
        if claim.deep && claim.attempts > 1 {
            self.stop_scan_left(&claim).await;
        }
        if claim.cancelled {
            return self.end_check(&claim, SecurityEnd::Cancelled).await;
        }
        if claim.attempts > MOST_ATTEMPTS {
            return self.end_check(&claim, failed("given_up", given_up("check"))).await;
        }
        let Ok(page) = Url::parse(&claim.url) else {
            let message = "what was asked for cannot be read any more; ask for it anew".to_owned();
            return self.end_check(&claim, failed("unreadable", message)).await;
        };
        tracing::info!(check_id = %claim.id, attempt = claim.attempts, "security check begun");
        let late = || failed("deadline", "it took too long".to_owned());
        match self.make_check(&mut claim, &page, stop).await {
            Stopped::Halted(Halt::Released) => {
                self.store().hand_back(&claim).await?;
                Ok(Worked::Released)
            }
            Stopped::Halted(Halt::Lost) => {
                tracing::warn!(check_id = %claim.id, "a security check was lost: its lease ran out");
                Ok(Worked::Lost)
            }
            Stopped::Halted(Halt::Cancelled) => self.end_check(&claim, SecurityEnd::Cancelled).await,
            Stopped::Late => self.end_check(&claim, late()).await,
            Stopped::Ended(end) => self.end_check(&claim, end?).await,
        }
    }

    /// Whoever was killed while ZAP scanned for them has left that going on, which nobody else knows the number of.
    async fn stop_scan_left(&self, claim: &SecurityClaim) {
        let Ok(page) = Url::parse(&claim.url) else { return };
        match tokio::time::timeout(STOP_WITHIN, self.inspector().stop_scan(&page)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(check_id = %claim.id, %error, "an earlier scan could not be stopped in ZAP");
            }
            Err(_) => tracing::warn!(check_id = %claim.id, "an earlier scan was not stopped in ZAP in time"),
        }
    }

    /// Has a site looked at and judged while the claim is kept.
    async fn make_check(
        &self,
        claim: &mut SecurityClaim,
        page: &Url,
        stop: &CancellationToken,
    ) -> Stopped<Result<SecurityEnd>> {
        let cancel = CancellationToken::new();
        let _dropped = cancel.clone().drop_guard();
        let (told, telling) = watch::channel(Doing::default());
        let tell = move |text: &str| drop(told.send_replace(Doing { fraction: 0.0, text: text.to_owned() }));
        let asked = claim.clone();
        let work = async {
            match self.see(&asked, page, &tell, &cancel).await? {
                Ok(seen) => self.judged(&asked, seen, &cancel).await,
                Err(LookError::Cancelled) => Ok(SecurityEnd::Cancelled),
                Err(error) => Ok(failed(code(&error), error.to_string())),
            }
        }
        .boxed();
        let longest = if asked.deep { LONGEST + SCAN_WITHIN } else { LONGEST };
        self.attend(claim, Job { work, telling, cancel: &cancel, longest }, stop).await
    }

    /// Looks at a site, as deeply as its owner has shown to be that.
    async fn see(
        &self,
        claim: &SecurityClaim,
        page: &Url,
        tell: Telling<'_>,
        cancel: &CancellationToken,
    ) -> Result<std::result::Result<Seen, LookError>> {
        let standing = self.standing(claim.organisation, &claim.host).await?;
        let scanned = claim.deep && standing == Standing::Own;
        let depth = match standing {
            Standing::Own if claim.deep => Depth::Deep,
            Standing::Own => Depth::Active,
            _ => Depth::Passive,
        };
        let notes = note(&claim.host, &standing, claim.deep);
        let observed = match self.inspector().look(page, depth, self.now(), tell, cancel).await {
            Ok(observed) => observed,
            Err(error) => return Ok(Err(error)),
        };
        let mut scan = None;
        if scanned {
            match self.inspector().scan(page, tell, cancel).await {
                Err(ZapError::Cancelled) => return Ok(Err(LookError::Cancelled)),
                alerts => scan = Some(alerts.map_err(|error| error.to_string()).and_then(read)),
            }
        }
        Ok(Ok(Seen { observed, scan, notes }))
    }

    /// Judges what was seen.
    async fn judged(&self, claim: &SecurityClaim, seen: Seen, cancel: &CancellationToken) -> Result<SecurityEnd> {
        let Seen { observed, scan, notes } = seen;
        let before = self.review_before(claim).await?;
        // Some megabytes are read through, which is done beside what waits for the network.
        let judged = tokio::task::spawn_blocking(move || {
            let review = judge(&observed, scan);
            let digest = digest(&review, before.as_ref(), notes);
            SecurityEnd::Done { review: Box::new(review), digest: Box::new(digest) }
        });
        let judged = tokio::select! {
            biased;
            () = cancel.cancelled() => return Ok(SecurityEnd::Cancelled),
            judged = judged => judged,
        };
        Ok(judged.unwrap_or_else(|error| {
            tracing::error!(check_id = %claim.id, %error, "a site could not be judged");
            failed("broken", "what was seen of the site could not be judged, which is in the log".to_owned())
        }))
    }

    /// The latest review of the same page before this check.
    async fn review_before(&self, claim: &SecurityClaim) -> Result<Option<(SecurityCheckId, Review)>> {
        let (url, before) = (Some(claim.url.clone()), Some(claim.id));
        let filter = SecurityFilter { url, before, done: true, ..SecurityFilter::default() };
        let Some(row) = self.store().security_checks(claim.organisation, &filter, 0, 1).await?.1.pop() else {
            return Ok(None);
        };
        let review = self.store().security_review(claim.organisation, row.id).await?;
        Ok(review.map(|review| (row.id, review)))
    }

    async fn end_check(&self, claim: &SecurityClaim, end: SecurityEnd) -> Result<Worked> {
        let worked = match &end {
            SecurityEnd::Done { .. } => Worked::Done,
            SecurityEnd::Failed { .. } => Worked::Failed,
            SecurityEnd::Cancelled => Worked::Cancelled,
        };
        let write = || async {
            let now = self.now();
            let tx = self.store().begin().await?;
            if !tx.end_security_check(claim, &end, now).await? {
                return Ok::<_, StoreError>(false);
            }
            tx.post_task(claim.id, now).await?;
            tx.commit().await?;
            Ok(true)
        };
        if !write_down(claim.id.into(), write).await? {
            return Ok(Worked::Lost);
        }
        self.announce(true);
        tracing::info!(check_id = %claim.id, outcome = worked.as_str(), "security check ended");
        Ok(worked)
    }
}

/// Why no more was looked at than was, where somebody would expect more.
fn note(host: &str, standing: &Standing, deep: bool) -> Vec<String> {
    let only = if deep {
        "so there was no deep scan, and no more was sent than a browser would"
    } else {
        "so no more was sent than a browser would"
    };
    match standing {
        Standing::Own => Vec::new(),
        Standing::Foreign if !deep => Vec::new(),
        Standing::Foreign | Standing::Lost => {
            vec![format!(
                "Nothing shows any more that {host} is yours, {only}. `verify-host {host}` says how to show it."
            )]
        }
        Standing::Unsure(why) => {
            vec![format!("It could not be seen whether {host} is still yours ({why}), {only}.")]
        }
    }
}

fn read(alerts: Alerts) -> std::result::Result<Scanned, String> {
    let findings = zap::findings(&alerts.list).map_err(|error| error.to_string())?;
    Ok((findings, alerts.cut))
}

fn judge(observed: &Observed, scan: Option<std::result::Result<Scanned, String>>) -> Review {
    match scan {
        None => review(observed, &[]),
        Some(Ok((findings, None))) => review(observed, &findings),
        Some(Ok((findings, Some(why)))) => review(observed, &findings).with_zap_cut(&why),
        Some(Err(why)) => review(observed, &[]).without_zap(&why),
    }
}

fn code(error: &LookError) -> &'static str {
    match error {
        LookError::Cancelled => "cancelled",
        LookError::Address => "address",
        LookError::Refused(_) => "address_refused",
        LookError::Unreachable(_) => "unreachable",
    }
}

fn failed(code: &'static str, message: String) -> SecurityEnd {
    SecurityEnd::Failed { code, message }
}
