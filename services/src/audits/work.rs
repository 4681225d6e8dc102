//! Making audits: one at a time in each process that can.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::audit::spec::AuditSpec;
use monitor_core::audit::summary::Summary;
use storage::{ArtifactKind, AuditClaim, AuditEnd, Digest, Doing, NewArtifact, StoreError, Tx};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::news::{Earlier, News};
use super::report::{html, print};
use super::{AuditError, Audited, Auditor, Progress, alarm, judge, news};
use crate::tasks::{Halt, Job, Kept, LEASE, MOST_ATTEMPTS, Stopped, Worked, given_up, write_down};
use crate::{Result, ServiceError, Services};

/// Longest time that making an audit may take, whatever its own deadlines are.
const LONGEST: Duration = Duration::from_secs(1_800);

/// Cards of audits that wait which are told that they move up.
const MOVED_UP: u64 = 50;

/// What came of an audit, until it is written down.
struct Found {
    summary: Summary,
    digest: Digest,
    news: News,
    /// What Lighthouse measured in the median run.
    lhr: Vec<u8>,
    pdf: Option<Vec<u8>>,
}

impl Services {
    /// Claims the next audit that waits; `None`: none does, or none can be made here.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn claim_audit(&self) -> Result<Option<AuditClaim>> {
        if self.can_audit().is_err() {
            return Ok(None);
        }
        let now = self.now();
        Ok(self.store().claim_audit(now, now + LEASE).await?)
    }

    /// Makes an audit that was claimed, until it is over or the program ends.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`]: the lease runs out, and it is begun again.
    pub async fn work_on_audit(&self, mut claim: AuditClaim, stop: &CancellationToken) -> Result<Worked> {
        if claim.cancelled {
            return self.end(&claim, AuditEnd::Cancelled, None).await;
        }
        if claim.attempts > MOST_ATTEMPTS {
            return self.end(&claim, failed("given_up", given_up("audit")), None).await;
        }
        let Some(spec) = claim.spec.clone() else {
            let message = "what was asked for cannot be read any more; ask for it anew".to_owned();
            return self.end(&claim, failed("unreadable", message), None).await;
        };
        let Ok(auditor) = self.auditor() else {
            // It has gone away since that was claimed.
            self.store().hand_back(&claim).await?;
            return Ok(Worked::Released);
        };
        tracing::info!(audit_id = %claim.id, attempt = claim.attempts, "audit begun");
        match self.make(auditor.as_ref(), &mut claim, &spec, stop).await {
            Stopped::Halted(Halt::Released) => {
                self.store().hand_back(&claim).await?;
                Ok(Worked::Released)
            }
            Stopped::Halted(Halt::Lost) => {
                tracing::warn!(audit_id = %claim.id, "an audit was lost: its lease ran out");
                Ok(Worked::Lost)
            }
            Stopped::Halted(Halt::Cancelled) | Stopped::Ended(Err(AuditError::Cancelled)) => {
                self.end(&claim, AuditEnd::Cancelled, None).await
            }
            Stopped::Late => self.end(&claim, refused(&claim, &AuditError::Deadline), None).await,
            Stopped::Ended(Err(AuditError::Away(why))) => self.put_back(&claim, why).await,
            Stopped::Ended(Err(error)) => self.end(&claim, refused(&claim, &error), None).await,
            Stopped::Ended(Ok(audited)) => self.conclude(auditor.as_ref(), &mut claim, &spec, audited).await,
        }
    }

    /// Has an audit wait for what makes audits, which has gone away meanwhile. It may be the page that made it, so that it counts
    /// as begun.
    async fn put_back(&self, claim: &AuditClaim, why: String) -> Result<Worked> {
        tracing::warn!(audit_id = %claim.id, why, "an audit is put back: what makes audits is away");
        let waits = ServiceError::AuditsUnavailable(why).to_string();
        let tx = self.store().begin().await?;
        if !tx.put_back(claim, &waits).await? {
            return Ok(Worked::Lost);
        }
        tx.post_task(claim.id, self.now()).await?;
        tx.commit().await?;
        self.announce(true);
        Ok(Worked::Released)
    }

    /// Has the audit made while its claim is kept.
    async fn make(
        &self,
        auditor: &dyn Auditor,
        claim: &mut AuditClaim,
        spec: &AuditSpec,
        stop: &CancellationToken,
    ) -> Stopped<std::result::Result<Audited, AuditError>> {
        let cancel = CancellationToken::new();
        let _dropped = cancel.clone().drop_guard();
        let (told, telling) = watch::channel(Doing { fraction: 0.0, text: "Starting the browser".to_owned() });
        let report = move |Progress { fraction, text }| drop(told.send_replace(Doing { fraction, text }));
        let work = auditor.audit(spec, &report, &cancel);
        self.attend(claim, Job { work, telling, cancel: &cancel, longest: LONGEST }, stop).await
    }

    /// Judges what was measured, has the report printed, and writes all of it down.
    async fn conclude(
        &self,
        auditor: &dyn Auditor,
        claim: &mut AuditClaim,
        spec: &AuditSpec,
        audited: Audited,
    ) -> Result<Worked> {
        let read = match judge::read(spec, &audited) {
            Ok(summary) => summary,
            Err(error) => return self.end(claim, refused(claim, &error), None).await,
        };
        let Some(row) = self.store().audit(claim.organisation, claim.id).await? else { return Ok(Worked::Lost) };
        let past = self.past_audits(&row).await?;
        let baseline = self.audit_baseline(&row).await?;
        let last = self.comparable(&past, spec).await?;
        let digests: judge::Past<'_> = past.iter().filter_map(|row| Some((row.id, row.digest.as_ref()?))).collect();
        let whole = match (&baseline, &last) {
            (Some((baseline, _)), _) => judge::judged(&digests, baseline.id, &read),
            (None, Some((last, _))) => judge::whole(&digests, last.id, &read),
            (None, None) => None,
        };
        let whole = match whole {
            Some(id) => self.kept_audit(row.organisation, id).await?,
            None => None,
        };
        let (last, whole, lasts) = (last.as_ref(), whole.as_ref(), baseline.is_some());
        let against = baseline.as_ref().or(whole).or(last);
        let news = news::news(spec, &read, &Earlier { against, last, whole, lasts });
        let digest = judge::digest(spec, &read, against, &news.unjudged);
        let lhr = audited.lhrs.first().map(|lhr| lhr.to_string().into_bytes()).unwrap_or_default();
        let mut found = Found { summary: read, digest, news, lhr, pdf: None };
        let doing = Doing { fraction: 0.97, text: "Writing the report".to_owned() };
        match self.keep(claim, &mut Kept::default(), doing).await? {
            None => {}
            Some(Halt::Lost) => return Ok(Worked::Lost),
            Some(_) => return self.end(claim, AuditEnd::Cancelled, None).await,
        }
        match print(auditor, &html(&row, &found.summary, &past, against)).await {
            Ok(pdf) => found.pdf = Some(pdf),
            // The audit is worth telling without its report, which can be asked for later.
            Err(error) => tracing::error!(audit_id = %claim.id, %error, "the report of an audit could not be printed"),
        }
        let end = AuditEnd::Done { summary: Box::new(found.summary.clone()), digest: found.digest.clone() };
        self.end(claim, end, Some(&found)).await
    }

    /// Writes the end of an audit down, with all that comes of it, and tells it.
    async fn end(&self, claim: &AuditClaim, end: AuditEnd, found: Option<&Found>) -> Result<Worked> {
        let worked = worked(&end);
        let ended = write_down(claim.id.into(), || self.write_end(claim, &end, found)).await?;
        if !ended {
            return Ok(Worked::Lost);
        }
        self.announce(true);
        self.move_up().await;
        tracing::info!(audit_id = %claim.id, outcome = worked.as_str(), "audit ended");
        Ok(worked)
    }

    /// `false`: it is somebody else's by now, or over.
    async fn write_end(
        &self,
        claim: &AuditClaim,
        end: &AuditEnd,
        found: Option<&Found>,
    ) -> std::result::Result<bool, StoreError> {
        let now = self.now();
        let tx = self.store().begin().await?;
        if claim.schedule.is_some() {
            // Before any row of an incident, as everybody does who changes one.
            tx.lock_incidents().await?;
        }
        if !tx.end_audit(claim, end, now).await? {
            return Ok(false);
        }
        if let Some(found) = found {
            self.keep_files(&tx, claim, found, now).await?;
            alarm::judged(&tx, claim, &found.digest, &found.news, now).await?;
        }
        tx.post_task(claim.id, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Changes the cards of those that wait: fewer are before them.
    pub(super) async fn move_up(&self) {
        let now = self.now();
        let moved = async {
            let tx = self.store().begin().await?;
            for waiting in tx.waiting_audits(MOVED_UP).await? {
                tx.post_task(waiting, now).await?;
            }
            tx.commit().await
        };
        match moved.await {
            Ok(()) => self.announce(true),
            Err(error) => tracing::warn!(%error, "cards of audits that wait were not changed"),
        }
    }

    async fn keep_files(
        &self,
        tx: &Tx,
        claim: &AuditClaim,
        found: &Found,
        now: Timestamp,
    ) -> std::result::Result<(), StoreError> {
        let Some(spec) = &claim.spec else { return Ok(()) };
        let name = super::files::stem(claim.id, &spec.url);
        let files = [
            (ArtifactKind::Pdf, format!("{name}.pdf"), found.pdf.clone()),
            (ArtifactKind::Lhr, format!("{name}.lighthouse.json"), Some(found.lhr.clone())),
        ];
        for (kind, name, bytes) in files {
            let Some(bytes) = bytes.filter(|bytes| !bytes.is_empty()) else { continue };
            let (organisation, expires_at) = (claim.organisation, now + self.inner.audits.options.keep_files);
            let new = NewArtifact { organisation, audit: Some(claim.id), kind, name: &name, bytes, expires_at };
            tx.insert_artifact(new, now).await?;
        }
        Ok(())
    }
}

/// The end of an audit that was not made for this reason.
fn refused(claim: &AuditClaim, error: &AuditError) -> AuditEnd {
    if let AuditError::Broken(why) = error {
        tracing::error!(audit_id = %claim.id, why, "an audit broke");
    }
    failed(error.code(), error.to_string())
}

fn failed(code: &str, message: String) -> AuditEnd {
    AuditEnd::Failed { code: code.to_owned(), message }
}

fn worked(end: &AuditEnd) -> Worked {
    match end {
        AuditEnd::Done { .. } => Worked::Done,
        AuditEnd::Failed { .. } => Worked::Failed,
        AuditEnd::Cancelled => Worked::Cancelled,
    }
}
